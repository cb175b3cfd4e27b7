//! The upright axis of shares: where it begins and ends, and which lines it has.

/// An axis from `low` to `high`, both shares, with a line at each of `lines`.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub low: f64,
    pub high: f64,
    pub lines: Vec<f64>,
    /// How many decimals a line's per cent need.
    decimals: usize,
}

/// The steps between two lines, in per cent.
const STEPS: [f64; 9] = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 25.0];
/// The most lines that an axis has.
const MOST_LINES: f64 = 6.0;

impl Scale {
    /// The narrowest axis of round numbers that has all of these shares. It need not begin at zero; its labels say where.
    pub fn around(shares: impl IntoIterator<Item = f64>) -> Option<Self> {
        let (low, high) = shares
            .into_iter()
            .fold((f64::MAX, f64::MIN), |(low, high), share| (low.min(share * 100.0), high.max(share * 100.0)));
        if low > high {
            return None;
        }
        let fits = |step: &&f64| (high / **step).ceil() - (low / **step).floor() < MOST_LINES;
        let step = *STEPS.iter().find(fits).unwrap_or(&STEPS[STEPS.len() - 1]);
        let first = (low / step).floor();
        // One share alone has an axis too.
        let last = (high / step).ceil().max(first + 1.0);
        // Where rounding up leaves 100 %, one step down stays below it.
        let (first, last) = if last * step > 100.0 { ((first - 1.0).max(0.0), last - 1.0) } else { (first, last) };
        let count = (last - first).round() as usize;
        let lines: Vec<f64> = (0..=count).map(|at| (first + at as f64) * step / 100.0).collect();
        let decimals = usize::from(step < 1.0);
        Some(Self { low: first * step / 100.0, high: last * step / 100.0, lines, decimals })
    }

    /// All shares there can be.
    pub fn whole() -> Self {
        Self { low: 0.0, high: 1.0, lines: (0..=4).map(|at| f64::from(at) * 0.25).collect(), decimals: 0 }
    }

    /// How far up a share lies, from 0 to 1.
    pub fn height(&self, share: f64) -> f64 {
        ((share - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// A line's label.
    pub fn label(&self, share: f64) -> String {
        format!("{:.*}%", self.decimals, share * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(shares: &[f64]) -> Vec<String> {
        let scale = Scale::around(shares.iter().copied()).expect("an axis");
        scale.lines.iter().map(|line| scale.label(*line)).collect()
    }

    #[test]
    fn an_axis_has_round_numbers_around_its_shares() {
        assert_eq!(labels(&[0.344, 0.386]), ["34%", "35%", "36%", "37%", "38%", "39%"]);
        assert_eq!(labels(&[0.0, 1.0]), ["0%", "20%", "40%", "60%", "80%", "100%"]);
        assert_eq!(labels(&[0.5]), ["50.0%", "50.1%"]);
        assert_eq!(labels(&[0.01, 0.013]), ["1.0%", "1.1%", "1.2%", "1.3%"]);
        assert_eq!(labels(&[1.0]), ["99.9%", "100.0%"]);
        assert_eq!(labels(&[0.0]), ["0.0%", "0.1%"]);
        assert_eq!(Scale::around([]), None);
    }

    #[test]
    fn a_share_lies_within_its_axis() {
        let scale = Scale::around([0.344, 0.386]).expect("an axis");
        assert!((scale.height(0.365) - 0.5).abs() < 1e-9);
        assert_eq!((scale.height(0.0), scale.height(1.0)), (0.0, 1.0));
    }
}
