//! Intervals of rates and of differences between them, at 95 %.

/// The 97.5 % point of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// From where to where a share may lie, from 0 to 1; of a difference, from -1 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    /// Half its width: what stands behind "±".
    pub fn half(self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether the difference may be chance: nothing lies in it.
    pub fn may_be_chance(self) -> bool {
        self.low <= 0.0 && self.high >= 0.0
    }
}

/// The Wilson score interval of `part` of `whole` (E. B. Wilson, "Probable inference, the law of succession, and statistical
/// inference", 1927): it stays within 0 and 1, and holds for few units and for shares near the ends. `None` of nothing.
pub fn wilson(part: i64, whole: i64) -> Option<Interval> {
    if whole <= 0 || part < 0 || part > whole {
        return None;
    }
    let (n, share) = (whole as f64, part as f64 / whole as f64);
    let middle = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    // At the ends it reaches them exactly, whatever the last digit of the calculation is.
    let low = if part == 0 { 0.0 } else { ((middle - spread) / scale).max(0.0) };
    let high = if part == whole { 1.0 } else { ((middle + spread) / scale).min(1.0) };
    Some(Interval { low, high })
}

/// The interval of how much a share grew, from `before` to `after`, each a part of a whole: Newcombe's of two Wilson intervals
/// (R. G. Newcombe, "Interval estimation for the difference between independent proportions", 1998, method 10). `None` where
/// one of them is of nothing.
pub fn difference(before: (i64, i64), after: (i64, i64)) -> Option<Interval> {
    let (old, new) = (wilson(before.0, before.1)?, wilson(after.0, after.1)?);
    let share = |(part, whole): (i64, i64)| part as f64 / whole as f64;
    let (from, to) = (share(before), share(after));
    let square = |x: f64| x * x;
    Some(Interval {
        low: to - from - (square(to - new.low) + square(old.high - from)).sqrt(),
        high: to - from + (square(new.high - to) + square(from - old.low)).sqrt(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(interval: Option<Interval>) -> Option<(f64, f64)> {
        let four = |x: f64| (x * 10_000.0).round() / 10_000.0;
        interval.map(|interval| (four(interval.low), four(interval.high)))
    }

    /// The worked examples of Newcombe's paper ("Two-sided confidence intervals for the single proportion", 1998, table I,
    /// method 3).
    #[test]
    fn wilson_is_as_published() {
        assert_eq!(rounded(wilson(81, 263)), Some((0.2553, 0.3662)));
        assert_eq!(rounded(wilson(15, 148)), Some((0.0624, 0.1605)));
        assert_eq!(rounded(wilson(0, 20)), Some((0.0, 0.1611)));
        assert_eq!(rounded(wilson(1, 29)), Some((0.0061, 0.1718)));
        assert_eq!((wilson(0, 0), wilson(3, 2), wilson(-1, 5)), (None, None, None));
        assert_eq!(wilson(7, 7).map(|interval| interval.high), Some(1.0));
    }

    /// The worked examples of Newcombe's paper on differences (1998, table II, method 10), which are of the first less the
    /// second.
    #[test]
    fn differences_are_as_published() {
        assert_eq!(rounded(difference((48, 80), (56, 70))), Some((0.0524, 0.3339)));
        assert_eq!(rounded(difference((3, 10), (9, 10))), Some((0.1705, 0.8090)));
        assert_eq!(rounded(difference((0, 20), (10, 10))), Some((0.6791, 1.0)));
        assert_eq!(difference((0, 0), (1, 2)), None);
    }

    #[test]
    fn a_difference_that_may_be_nothing_may_be_chance() {
        assert!(difference((50, 100), (52, 100)).is_some_and(Interval::may_be_chance));
        assert!(difference((500, 1000), (700, 1000)).is_some_and(|interval| !interval.may_be_chance()));
    }
}
