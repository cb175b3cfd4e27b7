//! The audit row, and its canonical text over which the chain's hashes are taken.

use super::role::TokenRole;
use super::time::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write;

/// The `prev_hash` of a chain's first row.
pub const FIRST_PREVIOUS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The largest integer that every reader of JSON holds exactly.
const LARGEST_NUMBER: u64 = 1 << 53;

/// Which kind of chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// One for each workspace.
    Workspace,
    /// The one of the installation, for operators.
    Installation,
}

/// Everything that is ever written into a chain, by its name in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuditAction {
    SetUp,
    PersonAdded,
    WorkspaceAdded,
    SignedIn,
    SignedOut,
    SignInsFailed,
    PasswordSet,
    PasswordChanged,
    PersonRenamed,
    SessionsEnded,
    ResetLinkMade,
    DefaultChanged,
    PolicyChanged,
    MemberInvited,
    InvitationRevoked,
    MemberRoleSet,
    MemberRemoved,
    AppNamed,
    DimensionValuesReset,
    InputAdded,
    InputPaused,
    InputResumed,
    SecretRotated,
    InputLimitSet,
    SamplesSeen,
    TokenAdded,
    TokenRevoked,
    ProfileLookedUp,
    DemoFilled,
    DevicesRetired,
    AuditExported,
    ProfilesRead,
    IdfasErased,
    RetentionRemoved,
    DatabaseDistributed,
}

impl AuditAction {
    pub const ALL: [Self; 35] = [
        Self::SetUp,
        Self::PersonAdded,
        Self::WorkspaceAdded,
        Self::SignedIn,
        Self::SignedOut,
        Self::SignInsFailed,
        Self::PasswordSet,
        Self::PasswordChanged,
        Self::PersonRenamed,
        Self::SessionsEnded,
        Self::ResetLinkMade,
        Self::DefaultChanged,
        Self::PolicyChanged,
        Self::MemberInvited,
        Self::InvitationRevoked,
        Self::MemberRoleSet,
        Self::MemberRemoved,
        Self::AppNamed,
        Self::DimensionValuesReset,
        Self::InputAdded,
        Self::InputPaused,
        Self::InputResumed,
        Self::SecretRotated,
        Self::InputLimitSet,
        Self::SamplesSeen,
        Self::TokenAdded,
        Self::TokenRevoked,
        Self::ProfileLookedUp,
        Self::DemoFilled,
        Self::DevicesRetired,
        Self::AuditExported,
        Self::ProfilesRead,
        Self::IdfasErased,
        Self::RetentionRemoved,
        Self::DatabaseDistributed,
    ];

    /// The name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "installation.set_up",
            Self::PersonAdded => "person.added",
            Self::WorkspaceAdded => "workspace.added",
            Self::SignedIn => "session.signed_in",
            Self::SignedOut => "session.signed_out",
            Self::SignInsFailed => "session.sign_ins_failed",
            Self::PasswordSet => "person.password_set",
            Self::PasswordChanged => "person.password_changed",
            Self::PersonRenamed => "person.renamed",
            Self::SessionsEnded => "session.ended",
            Self::ResetLinkMade => "person.reset_link_made",
            Self::DefaultChanged => "att_default.changed",
            Self::PolicyChanged => "idfa_policy.changed",
            Self::MemberInvited => "member.invited",
            Self::InvitationRevoked => "member.invitation_revoked",
            Self::MemberRoleSet => "member.role_set",
            Self::MemberRemoved => "member.removed",
            Self::AppNamed => "app.named",
            Self::DimensionValuesReset => "dimension_values.reset",
            Self::InputAdded => "input.added",
            Self::InputPaused => "input.paused",
            Self::InputResumed => "input.resumed",
            Self::SecretRotated => "input.secret_rotated",
            Self::InputLimitSet => "input.limit_set",
            Self::SamplesSeen => "input.samples_seen",
            Self::TokenAdded => "token.added",
            Self::TokenRevoked => "token.revoked",
            Self::ProfileLookedUp => "profile.looked_up",
            Self::DemoFilled => "demo.filled",
            Self::DevicesRetired => "devices.retired",
            Self::AuditExported => "audit.exported",
            Self::ProfilesRead => "profile.read_by_token",
            Self::IdfasErased => "idfas.erased",
            Self::RetentionRemoved => "retention.removed",
            Self::DatabaseDistributed => "database.distributed",
        }
    }

    /// Whether such rows stand in this kind of chain.
    pub fn is_of(self, chain: Chain) -> bool {
        match self {
            Self::WorkspaceAdded | Self::ResetLinkMade => true,
            Self::SetUp
            | Self::PersonAdded
            | Self::SignedIn
            | Self::SignedOut
            | Self::SignInsFailed
            | Self::PasswordSet
            | Self::PasswordChanged
            | Self::PersonRenamed
            | Self::SessionsEnded
            | Self::DemoFilled
            | Self::RetentionRemoved
            | Self::DatabaseDistributed => chain == Chain::Installation,
            Self::DefaultChanged
            | Self::PolicyChanged
            | Self::MemberInvited
            | Self::InvitationRevoked
            | Self::MemberRoleSet
            | Self::MemberRemoved
            | Self::AppNamed
            | Self::DimensionValuesReset
            | Self::InputAdded
            | Self::InputPaused
            | Self::InputResumed
            | Self::SecretRotated
            | Self::InputLimitSet
            | Self::SamplesSeen
            | Self::TokenAdded
            | Self::TokenRevoked
            | Self::ProfileLookedUp
            | Self::DevicesRetired
            | Self::AuditExported
            | Self::ProfilesRead
            | Self::IdfasErased => chain == Chain::Workspace,
        }
    }

    /// Reads the name in the log.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// Who did it, as they were then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActorSnapshot {
    /// `person`, `token`, `command_line` or `system`.
    pub kind: String,
    /// The person's or token's id; `None` for the others.
    pub id: Option<String>,
    pub name: String,
    /// The role in this workspace; `None` where roles play no part.
    pub role: Option<TokenRole>,
}

/// Exactly what is hashed. Nulls are present, ids are their text, and there are no floats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The version of this shape: 1.
    pub v: i64,
    /// The workspace's id as text, or `installation`.
    pub chain: String,
    /// From 1, without gaps.
    pub seq: i64,
    pub at_ms: Millis,
    pub actor: ActorSnapshot,
    pub action: String,
    /// What it was done to.
    pub target: String,
    pub before: Value,
    pub after: Value,
    pub reason: Option<String>,
    pub ip: Option<String>,
    pub agent: Option<String>,
    pub request_id: Option<String>,
    /// The version of the privacy settings in force after the act; `None` in the installation's chain.
    pub settings_version: Option<i64>,
    /// The hash of the row before it, in hex.
    pub prev_hash: String,
}

impl Row {
    /// The text that is hashed.
    pub fn canonical(&self) -> Result<String, NotCanonical> {
        canonical(&serde_json::to_value(self).map_err(|_| NotCanonical)?)
    }
}

/// A float, or an integer beyond 2^53 that should have been a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotCanonical;

/// The one canonical text of a JSON value.
/// Source: RFC 8785 (JSON Canonicalization Scheme), here without floats.
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, to: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null | Value::Bool(_) => push(to, value),
        Value::Number(number) => {
            let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64()).ok_or(NotCanonical)?;
            if size > LARGEST_NUMBER { Err(NotCanonical) } else { push(to, value) }
        }
        // serde_json escapes exactly what the RFC asks for, in the same spelling.
        Value::String(_) => push(to, value),
        Value::Array(items) => {
            to.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                write(item, to)?;
            }
            to.push(']');
            Ok(())
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            to.push('{');
            for (at, (key, item)) in sorted.into_iter().enumerate() {
                if at > 0 {
                    to.push(',');
                }
                push(to, &Value::String(key.clone()))?;
                to.push(':');
                write(item, to)?;
            }
            to.push('}');
            Ok(())
        }
    }
}

fn push(to: &mut String, value: &Value) -> Result<(), NotCanonical> {
    write!(to, "{value}").map_err(|_| NotCanonical)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_are_sorted_by_utf16_and_text_is_escaped_as_the_rfc_says() {
        let value = json!({"\u{fb33}": 1, "\u{1f600}": 2, "b": [true, null, -7], "a": "\u{8}\u{1f}\"\\/é\u{7f}"});
        let text = canonical(&value).unwrap();
        assert_eq!(text, "{\"a\":\"\\b\\u001f\\\"\\\\/é\u{7f}\",\"b\":[true,null,-7],\"\u{1f600}\":2,\"\u{fb33}\":1}");
    }

    #[test]
    fn what_readers_would_not_agree_on_is_refused() {
        assert_eq!(canonical(&json!(1.5)), Err(NotCanonical));
        assert_eq!(canonical(&json!(9_007_199_254_740_993_i64)), Err(NotCanonical));
        assert_eq!(canonical(&json!(-9_007_199_254_740_992_i64)), Ok("-9007199254740992".into()));
    }

    #[test]
    fn every_action_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<_> = AuditAction::ALL.map(AuditAction::as_str).into();
        assert_eq!(names.len(), AuditAction::ALL.len());
    }
}
