//! Rounded counts for roles without the permission to see single profiles: no published count is exact, so nothing can
//! be found by subtraction.

use crate::domain::permission::Grant;

/// Rounded counts are shown in steps of so many, and not at all below one step.
const STEP: i64 = 10;

/// Rates are shown only over at least this many.
pub const SMALLEST_DENOMINATOR: i64 = 100;

/// How exactly a reader may see counts. It is made of their grant and of nothing else, and only it makes of a number
/// what can be shown: no handler decides whether to round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    is_rounded: bool,
}

impl Precision {
    /// Of the reader's grant to see figures. Exact only for those who may see single profiles.
    pub fn of(figures: Grant) -> Self {
        Self { is_rounded: figures != Grant::Yes }
    }

    pub fn is_rounded(self) -> bool {
        self.is_rounded
    }

    /// The count as the reader may see it.
    pub fn shown(self, n: i64) -> Shown {
        match n {
            n if !self.is_rounded => Shown::Exact(n),
            n if n < STEP => Shown::FewerThanTen,
            n => Shown::Rounded((n + STEP / 2) / STEP * STEP),
        }
    }

    /// In which steps counts are shown.
    pub fn step(self) -> i64 {
        if self.is_rounded { STEP } else { 1 }
    }
}

/// A count as a role may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    Exact(i64),
    /// To the nearest ten.
    Rounded(i64),
    /// Fewer than ten; nothing more is said, not even whether there are any.
    FewerThanTen,
    /// The sum of several days, of which some had fewer than ten and add nothing.
    AtLeast(i64),
}

impl Shown {
    /// Counts of several days, added up as they are shown. A figure over many days is made so: rounded from its exact sum,
    /// those of overlapping periods could be solved for the exact counts of single days. What is fewer than ten on a day
    /// adds nothing, and the sum says so.
    pub fn sum(days: impl IntoIterator<Item = Self>) -> Option<Self> {
        days.into_iter().reduce(|sum, day| match (sum, day) {
            (Self::Exact(sum), Self::Exact(day)) => Self::Exact(sum + day),
            (Self::FewerThanTen, Self::FewerThanTen) => Self::FewerThanTen,
            (Self::FewerThanTen, Self::Exact(n) | Self::Rounded(n) | Self::AtLeast(n))
            | (Self::Exact(n) | Self::Rounded(n) | Self::AtLeast(n), Self::FewerThanTen) => Self::AtLeast(n),
            (Self::Rounded(sum) | Self::Exact(sum), Self::Rounded(day) | Self::Exact(day)) => Self::Rounded(sum + day),
            (Self::AtLeast(sum) | Self::Rounded(sum) | Self::Exact(sum), Self::AtLeast(day))
            | (Self::AtLeast(sum), Self::Rounded(day) | Self::Exact(day)) => Self::AtLeast(sum + day),
        })
    }

    /// Nobody, where that is certain and says nothing of any single person.
    pub const NOBODY: Self = Self::Exact(0);

    /// What a row of the audit log says of a count, for roles read it that see rounded counts only.
    pub fn logged(n: i64) -> serde_json::Value {
        match Precision::of(Grant::Rounded).shown(n) {
            Self::FewerThanTen => "fewer than 10".into(),
            Self::Exact(n) | Self::Rounded(n) | Self::AtLeast(n) => n.into(),
        }
    }

    /// Whether days are missing in it: a sum that says less than there may be.
    pub fn is_incomplete(self) -> bool {
        matches!(self, Self::AtLeast(_))
    }

    /// The figure as a number, such as a chart's; `None` for fewer than ten.
    pub fn figure(self) -> Option<i64> {
        match self {
            Self::Exact(n) | Self::Rounded(n) | Self::AtLeast(n) => Some(n),
            Self::FewerThanTen => None,
        }
    }
}

/// A share, from counts as they are shown; `None` where it would say too much, divide by nothing, or be wrong because days
/// of fewer than ten are missing in a count.
pub fn share(part: Shown, whole: Shown) -> Option<f64> {
    if part.is_incomplete() || whole.is_incomplete() {
        return None;
    }
    let (part, whole_figure) = (part.figure()?, whole.figure()?);
    let floor = if matches!(whole, Shown::Exact(_)) { 1 } else { SMALLEST_DENOMINATOR };
    (whole_figure >= floor).then(|| part as f64 / whole_figure as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUNDED: Precision = Precision { is_rounded: true };
    const EXACT: Precision = Precision { is_rounded: false };

    #[test]
    fn small_counts_say_nothing_and_others_are_tens() {
        assert_eq!(ROUNDED.shown(0), Shown::FewerThanTen);
        assert_eq!(ROUNDED.shown(9), Shown::FewerThanTen);
        assert_eq!(ROUNDED.shown(10), Shown::Rounded(10));
        assert_eq!(ROUNDED.shown(14), Shown::Rounded(10));
        assert_eq!(ROUNDED.shown(15), Shown::Rounded(20));
        assert_eq!(EXACT.shown(9), Shown::Exact(9));
    }

    #[test]
    fn several_days_add_up_as_they_are_shown() {
        let sum = |days: &[i64], precision: Precision| Shown::sum(days.iter().map(|n| precision.shown(*n)));
        assert_eq!(sum(&[14, 14], ROUNDED), Some(Shown::Rounded(20)));
        assert_eq!(sum(&[14, 9, 14], ROUNDED), Some(Shown::AtLeast(20)));
        assert_eq!(share(Shown::AtLeast(200), Shown::Rounded(400)), None, "too low a share would be wrong");
        assert_eq!(sum(&[9, 9, 9], ROUNDED), Some(Shown::FewerThanTen));
        assert_eq!(sum(&[14, 14, 9], EXACT), Some(Shown::Exact(37)));
        assert_eq!(sum(&[], ROUNDED), None);
    }

    #[test]
    fn rounded_rates_need_a_hundred() {
        assert_eq!(share(ROUNDED.shown(50), ROUNDED.shown(94)), None);
        assert_eq!(share(ROUNDED.shown(50), ROUNDED.shown(100)), Some(0.5));
        assert_eq!(share(EXACT.shown(1), EXACT.shown(2)), Some(0.5));
        assert_eq!(share(EXACT.shown(0), EXACT.shown(0)), None);
    }
}
