//! The six roles of a workspace.

use super::closed_list::closed_list;
use serde::{Deserialize, Serialize};

closed_list! {
    /// A person's or token's role in one workspace.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Role {
        ComplianceAdmin => "compliance_admin",
        Admin => "admin",
        Compliance => "compliance",
        Analyst => "analyst",
        ReadOnly => "read_only",
        Auditor => "auditor",
    }
}

impl Role {
    /// Whether it changes what others rely on: a workspace can demand a second factor of such a role, and who gives it is asked
    /// first.
    pub fn is_powerful(self) -> bool {
        matches!(self, Self::ComplianceAdmin | Self::Admin)
    }
}

/// A token's role: one of the six, or the one that only tokens have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TokenRole {
    Member(Role),
    /// Reads single profiles by the Profile API, and nothing else.
    ProfileReader,
}

impl TokenRole {
    const PROFILE_READER: &str = "profile_reader";

    /// All of them, the six first.
    pub fn all() -> impl Iterator<Item = Self> {
        Role::ALL.into_iter().map(Self::Member).chain([Self::ProfileReader])
    }

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member(role) => role.as_str(),
            Self::ProfileReader => Self::PROFILE_READER,
        }
    }

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        if text == Self::PROFILE_READER { Some(Self::ProfileReader) } else { Role::parse(text).map(Self::Member) }
    }

    /// The role of the six, if it is one.
    pub fn member(self) -> Option<Role> {
        match self {
            Self::Member(role) => Some(role),
            Self::ProfileReader => None,
        }
    }
}

impl From<TokenRole> for String {
    fn from(role: TokenRole) -> Self {
        role.as_str().to_owned()
    }
}

impl TryFrom<String> for TokenRole {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a role")
    }
}
