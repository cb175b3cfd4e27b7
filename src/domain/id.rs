//! Ids: 63-bit integers, shown outward as 13 letters and digits of Crockford's base 32.

use serde::{Deserialize, Serialize};
use std::fmt;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LETTERS: usize = 13;

/// The text of a 63-bit id: always 13 characters, sortable as the number is.
pub fn to_text(id: i64) -> String {
    let letters = (0..LETTERS).rev().map(|place| ALPHABET[((id as u64 >> (5 * place)) & 31) as usize] as char);
    letters.collect()
}

/// Reads what [`to_text`] wrote; `None` for anything else, so that an id has one spelling only.
pub fn from_text(text: &str) -> Option<i64> {
    if text.len() != LETTERS {
        return None;
    }
    let mut id: u64 = 0;
    for letter in text.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == letter)? as u64;
        if id >> 58 != 0 {
            return None;
        }
        id = id << 5 | digit;
    }
    i64::try_from(id).ok().filter(|id| *id > 0)
}

/// Declares id types that cannot be taken for one another.
macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl $name {
            /// Reads the text shown outward; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                from_text(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&to_text(self.0))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = String::deserialize(from)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an id"))
            }
        }
    )*};
}

ids! {
    /// A workspace: one company's view of its apps. Zero is the installation, where a chain is named.
    WorkspaceId
    /// A person who can sign in.
    PersonId
    /// An app, known by its bundle id.
    AppId
    /// A feed of events with a key and a secret.
    InputId
    /// An API token.
    TokenId
    /// An invitation into a workspace.
    InvitationId
    /// What somebody noted on a day.
    AnnotationId
    /// A name that somebody gave to a page of metrics.
    SavedViewId
    /// One exploration.
    ExplorationId
    /// An installation of one app on one device.
    DeviceId
    /// A profile: one user as the event stream names them.
    ProfileId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling_and_comes_back() {
        for id in [1, 31, 32, 1 << 40, i64::MAX] {
            assert_eq!(from_text(&to_text(id)), Some(id));
        }
        assert_eq!(to_text(1), "0000000000001");
        assert!(to_text(5) < to_text(6) && to_text(31) < to_text(32));
    }

    #[test]
    fn anything_else_is_no_id() {
        for text in ["", "0", "0000000000000", "zzzzzzzzzzzzz", "000000000000U", "00000000000001", "-000000000001"] {
            assert_eq!(from_text(text), None, "{text}");
        }
    }
}
