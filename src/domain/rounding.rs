//! Rounded counts for roles without the permission to see single profiles: no published count is exact, so nothing can
//! be found by subtraction.

/// Rounded counts are shown in steps of so many, and not at all below one step.
const STEP: i64 = 10;

/// Rates are shown only over at least this many.
pub const SMALLEST_DENOMINATOR: i64 = 100;

/// A count as a role may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Exact(i64),
    /// To the nearest ten.
    Rounded(i64),
    /// Fewer than ten; nothing more is said, not even whether there are any.
    FewerThanTen,
}

impl Shown {
    /// The exact count, or the rounded one.
    pub fn of(n: i64, rounded: bool) -> Self {
        match n {
            n if !rounded => Self::Exact(n),
            n if n < STEP => Self::FewerThanTen,
            n => Self::Rounded((n + STEP / 2) / STEP * STEP),
        }
    }

    /// Counts of several days, added up as they are shown. A figure over many days is made so: rounded from its exact sum,
    /// those of overlapping periods could be solved for the exact counts of single days. What is fewer than ten on a day
    /// adds nothing.
    pub fn sum(days: impl IntoIterator<Item = Self>) -> Option<Self> {
        days.into_iter().reduce(|sum, day| match (sum, day) {
            (Self::Exact(sum), Self::Exact(day)) => Self::Exact(sum + day),
            (Self::FewerThanTen, other) | (other, Self::FewerThanTen) => other,
            (Self::Rounded(sum) | Self::Exact(sum), Self::Rounded(day) | Self::Exact(day)) => Self::Rounded(sum + day),
        })
    }

    /// In which steps counts are shown.
    pub fn step(rounded: bool) -> i64 {
        if rounded { STEP } else { 1 }
    }

    /// What a row of the audit log says of a count, for roles read it that see rounded counts only.
    pub fn logged(n: i64) -> serde_json::Value {
        match Self::of(n, true) {
            Self::FewerThanTen => "fewer than 10".into(),
            Self::Exact(n) | Self::Rounded(n) => n.into(),
        }
    }

    /// The figure to calculate rates with; `None` for fewer than ten.
    pub fn figure(self) -> Option<i64> {
        match self {
            Self::Exact(n) | Self::Rounded(n) => Some(n),
            Self::FewerThanTen => None,
        }
    }
}

/// A share, from counts as they are shown; `None` where it would say too much or divide by nothing.
pub fn share(part: Shown, whole: Shown) -> Option<f64> {
    let (part, whole_figure) = (part.figure()?, whole.figure()?);
    let floor = if matches!(whole, Shown::Exact(_)) { 1 } else { SMALLEST_DENOMINATOR };
    (whole_figure >= floor).then(|| part as f64 / whole_figure as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_counts_say_nothing_and_others_are_tens() {
        assert_eq!(Shown::of(0, true), Shown::FewerThanTen);
        assert_eq!(Shown::of(9, true), Shown::FewerThanTen);
        assert_eq!(Shown::of(10, true), Shown::Rounded(10));
        assert_eq!(Shown::of(14, true), Shown::Rounded(10));
        assert_eq!(Shown::of(15, true), Shown::Rounded(20));
        assert_eq!(Shown::of(9, false), Shown::Exact(9));
    }

    #[test]
    fn several_days_add_up_as_they_are_shown() {
        let sum = |days: &[i64], rounded| Shown::sum(days.iter().map(|n| Shown::of(*n, rounded)));
        assert_eq!(sum(&[14, 14, 9], true), Some(Shown::Rounded(20)));
        assert_eq!(sum(&[9, 9, 9], true), Some(Shown::FewerThanTen));
        assert_eq!(sum(&[14, 14, 9], false), Some(Shown::Exact(37)));
        assert_eq!(sum(&[], true), None);
    }

    #[test]
    fn rounded_rates_need_a_hundred() {
        assert_eq!(share(Shown::of(50, true), Shown::of(94, true)), None);
        assert_eq!(share(Shown::of(50, true), Shown::of(100, true)), Some(0.5));
        assert_eq!(share(Shown::of(1, false), Shown::of(2, false)), Some(0.5));
        assert_eq!(share(Shown::of(0, false), Shown::of(0, false)), None);
    }
}
