//! The words of marks, in rows above a chart.

use super::frame::{Frame, coordinate};
use leptos::prelude::*;

/// The words of a mark, where there is room for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Flag {
    words: String,
    left: f64,
    width: f64,
    row: usize,
}

/// Where the first row begins.
pub const FROM: f64 = 4.0;
/// How high a flag is, and a row of them with the room below it.
const HEIGHT: f64 = 20.0;
const ROW: f64 = HEIGHT + 3.0;
/// In how many rows they stand, at most.
const ROWS: usize = 3;
/// The width of a letter, on average, and the room left of the first one and right of the last one.
const LETTER: f64 = 7.1;
const PADDING: f64 = 6.0;
/// How many letters one has at most.
const LONGEST: usize = 32;
/// The room between two in a row.
const GAP: f64 = 4.0;
/// How far below a flag's top its words stand.
const BASELINE: f64 = 14.0;

/// The flags of marks, given by where each stands, its words, and whether it is a release, as far as there is room: first of what was
/// changed or noted here, then of releases, of each the newest first. On a phone there is no room; there they stand below the chart
/// alone.
pub fn flags<'a>(marks: impl Iterator<Item = (f64, &'a str, bool)>, frame: Frame) -> Vec<Flag> {
    if !frame.is_wide() {
        return Vec::new();
    }
    let mut marks: Vec<(f64, &str, bool)> = marks.collect();
    marks.sort_by(|one, other| one.2.cmp(&other.2).then(other.0.total_cmp(&one.0)));
    let mut flags: Vec<Flag> = Vec::new();
    for (x, words, _) in marks {
        let words = shortened(words);
        let width = words.chars().count() as f64 * LETTER + 2.0 * PADDING;
        let left = x.min(frame.right() - width);
        let meets = |flag: &Flag| left < flag.left + flag.width + GAP && flag.left < left + width + GAP;
        let is_free = |row: &usize| !flags.iter().any(|flag| flag.row == *row && meets(flag));
        if let Some(row) = (0..ROWS).find(is_free).filter(|_| left >= frame.left) {
            flags.push(Flag { words, left, width, row });
        }
    }
    // As they are read: from left to right, and from above.
    flags.sort_by(|one, other| one.left.total_cmp(&other.left).then(one.row.cmp(&other.row)));
    flags
}

/// What is longer goes on below the chart.
fn shortened(words: &str) -> String {
    if words.chars().count() <= LONGEST {
        return words.to_owned();
    }
    let begins: String = words.chars().take(LONGEST - 1).collect();
    format!("{}…", begins.trim_end())
}

/// How high their rows are together.
pub fn rows_high(flags: &[Flag]) -> f64 {
    flags.iter().map(|flag| flag.row + 1).max().unwrap_or_default() as f64 * ROW
}

impl Flag {
    pub fn drawn(&self) -> impl IntoView + use<> {
        let y = FROM + self.row as f64 * ROW;
        view! {
            <rect class="mark-words" x=coordinate(self.left) y=coordinate(y) width=coordinate(self.width) height=coordinate(HEIGHT) rx="4" />
            <text class="mark-words" x=coordinate(self.left + self.width / 2.0) y=coordinate(y + BASELINE)>{self.words.clone()}</text>
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(marks: &[(f64, &str)]) -> Vec<(String, usize)> {
        let marks = || marks.iter().map(|(x, words)| (*x, *words, true));
        let [wide, narrow] = Frame::both((46.0, 10.0), (280.0, 7), (220.0, 3));
        assert_eq!(flags(marks(), narrow), [], "there is no room on a phone");
        let flags = flags(marks(), wide);
        for (at, flag) in flags.iter().enumerate() {
            assert!(flag.left >= wide.left && flag.left + flag.width <= wide.right(), "{flag:?}");
            let beside = flags[..at].iter().filter(|other| other.row == flag.row);
            beside.for_each(|other| assert!(other.left + other.width < flag.left, "{other:?} {flag:?}"));
        }
        flags.into_iter().map(|flag| (flag.words, flag.row)).collect()
    }

    #[test]
    fn flags_stand_beside_or_below_each_other_as_far_as_there_is_room() {
        let same_day = [(100.0, "one"), (100.0, "two"), (100.0, "three"), (100.0, "four"), (300.0, "later")];
        let rows = [("one", 0), ("two", 1), ("three", 2), ("later", 0)].map(|(words, row)| (words.to_owned(), row));
        assert_eq!(placed(&same_day), rows, "a fourth one has no row");
        assert_eq!(placed(&[(990.0, "at the right edge")]).len(), 1);
        let [wide, _] = Frame::both((46.0, 10.0), (280.0, 7), (220.0, 3));
        let many = (0..9).map(|n| (100.0 + f64::from(n), "a release", true)).chain([(90.0, "the default", false)]);
        let shown: Vec<String> = flags(many, wide).into_iter().map(|flag| flag.words).collect();
        assert_eq!(shown, ["the default", "a release", "a release"], "what was changed here comes first");
        let long = "x".repeat(200);
        assert_eq!(placed(&[(500.0, long.as_str())]), [(format!("{}…", "x".repeat(31)), 0)], "it is cut off");
    }
}
