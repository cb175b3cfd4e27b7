//! Words that senders put into an id when they have none.

/// In any case. Source: what feeds were seen to send, which is why an input may take them for ids all the same.
const WORDS: [&str; 14] = [
    "null",
    "undefined",
    "none",
    "nil",
    "nan",
    "unknown",
    "anonymous",
    "guest",
    "test",
    "0",
    "-1",
    "true",
    "false",
    "[object object]",
];

/// Whether an id is no id but a word for its absence.
pub fn is_placeholder(id: &str) -> bool {
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(id.trim()))
}

/// What an input makes of placeholders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Placeholders {
    /// They are absent.
    #[default]
    Absent,
    /// They are ids like any others.
    Ids,
}

impl Placeholders {
    /// Whether an id that was sent is absent.
    pub fn hide(self, id: &str) -> bool {
        self == Self::Absent && is_placeholder(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_lists_these_words_and_no_others() {
        let readme = include_str!("../../README.md");
        let listed = readme.split_once("Placeholders (").and_then(|(_, rest)| rest.split_once(')')).expect("a list").0;
        let listed: Vec<String> = listed.split('`').skip(1).step_by(2).map(str::to_ascii_lowercase).collect();
        assert_eq!(listed, WORDS);
    }
}
