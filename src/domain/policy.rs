//! Who may do what: the one table that pages and server share. A page hides or disables what the server would refuse,
//! and the server refuses all the same.

use super::role::{Role, TokenRole};

/// Something that a role may or may not do in a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See ATT metrics, distributions and trends.
    SeeMetrics,
    /// See the privacy settings and who the Compliance Admins are.
    SeeSettings,
    /// Change the ATT default and the IDFA policy.
    ChangeSettings,
    /// Look up single profiles and devices: personal data.
    LookUpProfiles,
    /// See the audit log.
    SeeAudit,
    /// Export the audit log.
    ExportAudit,
    /// Make, pause and rotate inputs.
    ManageInputs,
    /// See inputs: counts and reasons, no secrets.
    SeeInputs,
    /// See who the members are, and their roles.
    SeeMembers,
    /// Give, change and take away roles.
    ManageMembers,
    /// Make and revoke API tokens.
    ManageTokens,
}

/// How far a right goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    No,
    /// Counts are rounded, so that nobody single can be found by subtraction.
    Rounded,
    Yes,
}

impl Action {
    pub const ALL: [Self; 11] = [
        Self::SeeMetrics,
        Self::SeeSettings,
        Self::ChangeSettings,
        Self::LookUpProfiles,
        Self::SeeAudit,
        Self::ExportAudit,
        Self::ManageInputs,
        Self::SeeInputs,
        Self::SeeMembers,
        Self::ManageMembers,
        Self::ManageTokens,
    ];
}

/// The table of rights.
pub fn grant(role: Role, action: Action) -> Grant {
    use Role::{Admin, Analyst, Auditor, Compliance, ComplianceAdmin, ReadOnly};
    let allowed: &[Role] = match action {
        Action::SeeSettings | Action::SeeInputs => &Role::ALL,
        Action::SeeMetrics => {
            return match role {
                ComplianceAdmin | Admin | Compliance => Grant::Yes,
                Analyst | ReadOnly | Auditor => Grant::Rounded,
            };
        }
        Action::ChangeSettings => &[ComplianceAdmin],
        Action::LookUpProfiles => &[ComplianceAdmin, Admin, Compliance],
        Action::SeeAudit => &[ComplianceAdmin, Admin, Compliance, Auditor],
        Action::ExportAudit => &[ComplianceAdmin, Compliance, Auditor],
        Action::SeeMembers => &[ComplianceAdmin, Admin, Compliance, Analyst, Auditor],
        Action::ManageInputs | Action::ManageMembers | Action::ManageTokens => &[ComplianceAdmin, Admin],
    };
    if allowed.contains(&role) { Grant::Yes } else { Grant::No }
}

/// Whether the role may do it at all.
pub fn may(role: Role, action: Action) -> bool {
    grant(role, action) > Grant::No
}

/// Whether somebody may give or take away a role: an Admin everything but Compliance Admin.
pub fn may_give(giver: Role, role: Role) -> bool {
    may(giver, Action::ManageMembers) && (giver == Role::ComplianceAdmin || role != Role::ComplianceAdmin)
}

/// How far a token's right goes by its own role.
pub fn grant_token(role: TokenRole, action: Action) -> Grant {
    match role {
        TokenRole::Member(role) => grant(role, action),
        TokenRole::ProfileReader if action == Action::LookUpProfiles => Grant::Yes,
        TokenRole::ProfileReader => Grant::No,
    }
}

/// Whether a token's role goes nowhere further than its maker's.
pub fn is_within(role: TokenRole, own: Role) -> bool {
    Action::ALL.into_iter().all(|action| grant_token(role, action) <= grant(own, action))
}
