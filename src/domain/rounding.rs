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
    /// Fewer than ten; it does not say whether there are any.
    FewerThanTen,
    /// A sum of counts as they are shown, each of which was rounded by up to half a step: together they are `off` by so
    /// much at most. Those that were fewer than ten add nothing, and were at most `missing` together.
    Sum {
        sum: i64,
        off: i64,
        missing: i64,
    },
}

impl Shown {
    /// Counts of several days or states, added up as they are shown. A figure over many of them is made so: rounded from its
    /// exact sum, those of overlapping ones could be solved for the exact counts of single ones, or for whether there is anybody
    /// among fewer than ten. What is fewer than ten adds nothing, and the sum says so.
    pub fn sum(counts: impl IntoIterator<Item = Self>) -> Option<Self> {
        counts.into_iter().reduce(Self::plus)
    }

    /// Two such counts, added up.
    pub fn plus(self, other: Self) -> Self {
        let (sum, missing) = (self.least() + other.least(), self.missing() + other.missing());
        match (self, other) {
            (Self::Exact(_), Self::Exact(_)) => Self::Exact(sum),
            _ => Self::Sum { sum, off: self.off() + other.off(), missing },
        }
    }

    /// What is known to be there, but for rounding.
    fn least(self) -> i64 {
        match self {
            Self::Exact(n) | Self::Rounded(n) | Self::Sum { sum: n, .. } => n,
            Self::FewerThanTen => 0,
        }
    }

    /// By how much rounding may have made it more or less.
    fn off(self) -> i64 {
        match self {
            Self::Exact(_) | Self::FewerThanTen => 0,
            Self::Rounded(_) => STEP / 2,
            Self::Sum { off, .. } => off,
        }
    }

    /// The most that it can be, but for rounding.
    pub fn most(self) -> i64 {
        self.least() + self.missing()
    }

    /// How many may be there beside.
    fn missing(self) -> i64 {
        match self {
            Self::Exact(_) | Self::Rounded(_) => 0,
            Self::FewerThanTen => STEP - 1,
            Self::Sum { missing, .. } => missing,
        }
    }

    /// Nobody, where that is certain and says nothing of any single person.
    pub const NOBODY: Self = Self::Exact(0);

    /// What a row of the audit log says of a count, for roles read it that see rounded counts only.
    pub fn logged(n: i64) -> serde_json::Value {
        match Precision::of(Grant::Rounded).shown(n) {
            Self::FewerThanTen => "fewer than 10".into(),
            other => other.least().into(),
        }
    }

    /// Whether counts of fewer than ten are missing in it: a sum that says less than there may be.
    pub fn is_incomplete(self) -> bool {
        matches!(self, Self::Sum { missing: 1.., .. })
    }

    /// The figure as a number, such as a chart's; `None` for fewer than ten, and for a sum of such.
    pub fn figure(self) -> Option<i64> {
        match self {
            Self::FewerThanTen | Self::Sum { sum: 0, .. } => None,
            other => Some(other.least()),
        }
    }
}

/// What is missing in a count of a share may be one in so many of it: as much as rounding makes of the smallest whole.
const MISSING_ONE_IN: i64 = 20;
/// What rounding added or took away may be one in so many: thirty days of 22 and 18 are shown as 600 and 600, which is no share
/// of anything.
const OFF_ONE_IN: i64 = 10;
/// As much as it makes of the five states of one moment is never too much: rates of these are shown from a hundred on.
const OFF_OF_STATES: i64 = 5 * STEP / 2;

/// A share, from counts as they are shown; `None` where it would say too much, divide by nothing, or be wrong because counts
/// of fewer than ten are missing in it or many were rounded.
pub fn share(part: Shown, whole: Shown) -> Option<f64> {
    let (part_figure, whole_figure) = (part.figure()?, whole.figure()?);
    let floor = if matches!(whole, Shown::Exact(_)) { 1 } else { SMALLEST_DENOMINATOR };
    let is_complete = [(part, part_figure), (whole, whole_figure)]
        .into_iter()
        .all(|(shown, figure)| shown.missing() * MISSING_ONE_IN <= figure);
    let off = part.off().max(whole.off());
    let is_precise = off <= OFF_OF_STATES || off * OFF_ONE_IN <= whole_figure;
    (whole_figure >= floor && is_complete && is_precise).then(|| part_figure as f64 / whole_figure as f64)
}

/// By how much rounding may have made a share more or less, at most; nothing for exact counts.
pub fn share_off(part: Shown, whole: Shown) -> Option<f64> {
    let share = share(part, whole)?;
    let [of_part, of_whole] = [part, whole].map(|shown| (shown.off() + shown.missing()) as f64);
    let off = match whole {
        // The part is in the sum: what makes both more hardly changes the share.
        Shown::Sum { .. } => (1.0 - share) * of_part + share * (of_whole - of_part).max(0.0),
        _ => of_part + share * of_whole,
    };
    Some(off / whole.figure()? as f64)
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
        assert_eq!(sum(&[14, 14], ROUNDED), Some(Shown::Sum { sum: 20, off: 10, missing: 0 }));
        assert_eq!(sum(&[14, 9, 14], ROUNDED), Some(Shown::Sum { sum: 20, off: 10, missing: 9 }));
        let three = sum(&[9, 9, 9], ROUNDED);
        assert_eq!(three, Some(Shown::Sum { sum: 0, off: 0, missing: 27 }), "which may be more than nine");
        assert_eq!(three.and_then(Shown::figure), None);
        assert_eq!(sum(&[9], ROUNDED), Some(Shown::FewerThanTen));
        assert_eq!(sum(&[14, 14, 9], EXACT), Some(Shown::Exact(37)));
        assert_eq!(sum(&[], ROUNDED), None);
    }

    #[test]
    fn a_share_in_which_much_may_be_missing_is_none() {
        let of = |missing| share(Shown::Rounded(50), Shown::Sum { sum: 180, off: 0, missing });
        assert_eq!((of(9), of(18)), (Some(50.0 / 180.0), None));
        assert_eq!(share(Shown::Sum { sum: 50, off: 0, missing: 18 }, Shown::Rounded(180)), None);
        let few = Shown::Sum { sum: 20, off: 0, missing: 36 };
        assert_eq!(share(few, Shown::Rounded(1050)), None, "2 in a hundred where it may be more than 5");
    }

    #[test]
    fn a_share_of_which_rounding_made_another_is_none() {
        let days = |n: i64| Shown::sum((0..14).map(|_| ROUNDED.shown(n))).expect("days");
        let of = |authorized: i64, denied: i64| share(days(authorized), days(authorized).plus(days(denied)));
        assert_eq!(of(14, 15), None, "a third is shown where it is nearly half");
        assert_eq!(of(40, 60), Some(0.4));
        assert_eq!(share(days(18), days(22)), None, "not a hundred percent");
        let sum = |off| Shown::Sum { sum: 1000, off, missing: 0 };
        assert_eq!((share(sum(100), sum(100)), share(sum(105), sum(100))), (Some(1.0), None), "a tenth, and more");
        let few = |off| Shown::Sum { sum: 100, off, missing: 0 };
        assert_eq!((share(few(25), few(25)), share(few(30), few(25))), (Some(1.0), None), "five states, and six");
        let states = Shown::sum([20; 5].map(|n| ROUNDED.shown(n))).expect("states");
        assert_eq!(share(ROUNDED.shown(20), states), Some(0.2), "rates are shown from a hundred on");
    }

    #[test]
    fn rounded_rates_need_a_hundred() {
        assert_eq!(share(ROUNDED.shown(50), ROUNDED.shown(94)), None);
        assert_eq!(share(ROUNDED.shown(50), ROUNDED.shown(100)), Some(0.5));
        assert_eq!(share(EXACT.shown(1), EXACT.shown(2)), Some(0.5));
        assert_eq!(share(EXACT.shown(0), EXACT.shown(0)), None);
    }
}
