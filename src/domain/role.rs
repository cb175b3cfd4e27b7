//! The six roles of a workspace.

use serde::{Deserialize, Serialize};

/// A person's or token's role in one workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    ComplianceAdmin,
    Admin,
    Compliance,
    Analyst,
    ReadOnly,
    Auditor,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::ComplianceAdmin, Self::Admin, Self::Compliance, Self::Analyst, Self::ReadOnly, Self::Auditor];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ComplianceAdmin => "compliance_admin",
            Self::Admin => "admin",
            Self::Compliance => "compliance",
            Self::Analyst => "analyst",
            Self::ReadOnly => "read_only",
            Self::Auditor => "auditor",
        }
    }

    /// Reads the name on the wire.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}
