//! Text that people type, read once into types that keep its rules.

use super::error::Problem;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name of a person, workspace, input or token, in characters.
pub const LONGEST_NAME: usize = 80;
/// The longest reason, in characters.
pub const LONGEST_REASON: usize = 1000;

macro_rules! texts {
    ($($(#[$meta:meta])* $name:ident)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

texts! {
    /// A name that people see: 1 to 80 characters, no control characters, single spaces.
    Name
    /// The part of an address that names a workspace: lower case letters, digits and dashes.
    Slug
    /// An e-mail address in lower case; only its shape is checked, a message would be the proof.
    Email
    /// Why something was changed: 1 to 1,000 characters.
    Reason
}

impl Name {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match text.chars().count() {
            0 => Err(Problem::Missing),
            n if n > LONGEST_NAME => Err(Problem::TooLong),
            _ if text.chars().any(is_invisible) => Err(Problem::Unprintable),
            _ => Ok(Self(text)),
        }
    }
}

impl Reason {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim().replace("\r\n", "\n");
        match text.chars().count() {
            0 => Err(Problem::Missing),
            n if n > LONGEST_REASON => Err(Problem::TooLong),
            _ if text.chars().any(|c| is_invisible(c) && c != '\n' && c != '\t') => Err(Problem::Unprintable),
            _ => Ok(Self(text)),
        }
    }
}

impl Slug {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let shaped = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        match text.len() {
            0 => Err(Problem::Missing),
            1..=40 if text.chars().all(shaped) && !text.starts_with('-') && !text.ends_with('-') => {
                Ok(Self(text.to_owned()))
            }
            _ => Err(Problem::NotASlug),
        }
    }

    /// A slug made from a name; `workspace` when nothing of the name can be used in an address.
    pub fn of(name: &Name) -> Self {
        let mut slug = String::new();
        for c in name.as_str().to_lowercase().chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(32);
        let slug = slug.trim_matches('-');
        Self(if slug.is_empty() { "workspace" } else { slug }.to_owned())
    }

    /// The same slug with a number behind it, for when it is taken.
    pub fn numbered(&self, n: u32) -> Self {
        Self(format!("{}-{n}", self.0))
    }
}

impl Email {
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return Err(Problem::Missing);
        }
        let shaped = text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && host.contains('.')
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
        let printable = !text.chars().any(|c| c.is_whitespace() || is_invisible(c));
        if text.len() <= 254 && shaped && printable { Ok(Self(text)) } else { Err(Problem::NotAnEmail) }
    }
}

/// How many characters of a text that was sent stand in a line of a mail, at most.
const LINE: usize = 200;

/// A text that was sent, as a part of one line of plain text: no longer than a line, without ends of lines, and with
/// characters that nobody sees made visible. Whoever sends it can write no lines of their own.
pub fn in_line(text: &str) -> String {
    visible(text.split_whitespace().collect::<Vec<_>>().join(" ")).chars().take(LINE).collect()
}

/// The text with characters that nobody sees made visible, such as `[U+202E]`: by them what was sent from outside could look
/// like something else. Line ends and tabs stay.
pub fn visible(text: String) -> String {
    let is_hidden = |c: char| is_invisible(c) && !matches!(c, '\n' | '\t' | '\r');
    if !text.contains(is_hidden) {
        return text;
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            shown.push_str(&format!("[U+{:04X}]", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Control characters, separators of lines, and what Unicode shows nothing for (Default_Ignorable_Code_Point of version 15.1): they
/// turn or hide the text around them, or make two names look alike. Not those that belong to how a sign is written: what joins
/// letters or keeps them apart (U+200C, U+200D), and variation selectors (U+180B to 180D, 180F, FE00 to FE0F, E0100 to E01EF). U+FFFE and
/// U+FFFF are no characters, and XML has no place for them.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        )
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
        || matches!(c, '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_no_line_of_its_own() {
        assert_eq!(in_line("6.6\n\nSign in at\r\u{2028}https://evil\u{202e}"), "6.6 Sign in at https://evil[U+202E]");
        assert_eq!(in_line("a\u{b}b\u{85}c\u{c}d\u{2029}e"), "a b c d e", "whatever ends a line");
        assert_eq!(["x", "\u{202e}"].map(|of| in_line(&of.repeat(5000)).len()), [LINE, LINE]);
    }

    #[test]
    fn names_are_tidied_and_bounded() {
        assert_eq!(Name::parse("  Northwind \t Games ").unwrap().as_str(), "Northwind Games");
        assert_eq!(Name::parse("   "), Err(Problem::Missing));
        assert_eq!(Name::parse(&"x".repeat(81)), Err(Problem::TooLong));
        assert!(Name::parse(&"é".repeat(80)).is_ok());
        assert_eq!(Name::parse("a\u{0}b"), Err(Problem::Unprintable));
        for hidden in ["a\u{202e}b", "a\u{61c}b", "Ada\u{ad}", "\u{3164}a", "a\u{e0041}"] {
            assert_eq!(Name::parse(hidden), Err(Problem::Unprintable), "{hidden:?}");
        }
        // What joins letters, and how a sign is drawn, is part of names.
        for written in ["نیم\u{200c}فاصله", "👩\u{200d}💻", "葛\u{e0100}城", "❤\u{fe0f}"] {
            assert!(Name::parse(written).is_ok(), "{written:?}");
        }
    }

    #[test]
    fn reasons_have_lines_and_nothing_hidden() {
        assert_eq!(Reason::parse(" a\r\n\tb ").unwrap().as_str(), "a\n\tb");
        assert_eq!(Reason::parse("\n"), Err(Problem::Missing));
        assert!(Reason::parse(&"é".repeat(1000)).is_ok());
        assert_eq!(Reason::parse(&"x".repeat(1001)), Err(Problem::TooLong));
        for hidden in ["a\u{0}b", "a\u{202e}b", "a\nb\u{7}"] {
            assert_eq!(Reason::parse(hidden), Err(Problem::Unprintable), "{hidden:?}");
        }
    }

    #[test]
    fn slugs_come_from_names() {
        assert_eq!(Slug::of(&Name::parse("Northwind Games, Inc.").unwrap()).as_str(), "northwind-games-inc");
        assert_eq!(Slug::of(&Name::parse("ゲーム").unwrap()).as_str(), "workspace");
        assert_eq!(Slug::of(&Name::parse(&"x".repeat(80)).unwrap()).as_str(), "x".repeat(32));
        assert_eq!(Slug::parse(""), Err(Problem::Missing));
        for wrong in ["-a", "a-", "a!b", "A", "é"] {
            assert_eq!(Slug::parse(wrong), Err(Problem::NotASlug), "{wrong}");
        }
    }

    #[test]
    fn emails_need_only_their_shape() {
        assert_eq!(Email::parse(" Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
        let long = |n: usize| format!("{}@example.com", "x".repeat(n - "@example.com".len()));
        assert!(Email::parse(&long(254)).is_ok() && Email::parse(&long(255)).is_err());
        for wrong in ["a", "a@b", "@b.c", "a@b.c@d", "a b@c.d", "a@.c"] {
            assert!(Email::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_nobody_sees_is_made_visible() {
        let visible = |text: &str| visible(text.to_owned());
        assert_eq!(visible("Zoë 👩\u{200d}👧\n\tb"), "Zoë 👩\u{200d}👧\n\tb");
        assert_eq!(visible("a\u{202e}b\u{1b}[31m\u{0}"), "a[U+202E]b[U+001B][31m[U+0000]");
    }
}
