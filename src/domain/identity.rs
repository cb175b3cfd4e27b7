//! Identities: the ids by which senders identify a person, each of which leads to one profile.

use super::environment::Environment;
use super::identifier::normalized;

/// The kinds of identity, in the order in which they decide which profile a batch is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdentityKind(usize);

/// `user_identities` of mParticle's JSON reference; their order is their rank.
const IDENTITIES: [&str; 22] = [
    "customer_id",
    "email",
    "other",
    "facebook",
    "twitter",
    "google",
    "microsoft",
    "yahoo",
    "alias",
    "facebook_custom_audience_id",
    "other_id_2",
    "other_id_3",
    "other_id_4",
    "other_id_5",
    "other_id_6",
    "other_id_7",
    "other_id_8",
    "other_id_9",
    "other_id_10",
    "mobile_number",
    "phone_number_2",
    "phone_number_3",
];

impl IdentityKind {
    pub const CUSTOMER_ID: Self = Self(0);
    pub const EMAIL: Self = Self(1);

    pub fn all() -> impl Iterator<Item = Self> {
        (0..IDENTITIES.len()).map(Self)
    }

    /// The key on the wire.
    pub fn as_str(self) -> &'static str {
        IDENTITIES[self.0]
    }

    /// Reads the key on the wire; three official clients send `customerid`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = if text == "customerid" { "customer_id" } else { text };
        IDENTITIES.iter().position(|known| *known == text).map(Self)
    }

    /// The value as it is compared: e-mail addresses without regard to case.
    pub fn normalized(self, value: &str) -> Option<String> {
        let value = value.trim();
        let value = if self == Self::EMAIL { value.to_lowercase() } else { value.to_owned() };
        (!value.is_empty() && normalized(&value).is_some()).then_some(value)
    }
}

/// An identity names one profile of an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub environment: Environment,
    pub kind: IdentityKind,
    pub value: String,
}
