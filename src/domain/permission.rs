//! Who may do what: the one table that pages and server share. A page hides or disables what the server would refuse,
//! and the server refuses it in any case.

use super::closed_list::closed_list;
use super::role::{Role, TokenRole};

closed_list! {
    /// Something that a role may or may not do in a workspace.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Permission {
        /// See ATT metrics, distributions and trends.
        SeeMetrics,
        /// Export figures as files.
        ExportMetrics,
        /// See the privacy settings and who the Compliance Admins are.
        SeePrivacySettings,
        /// Change the ATT default and the IDFA policy.
        ChangePrivacySettings,
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
}

/// How far a permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    No,
    /// Counts are rounded, so that nobody single can be found by subtraction.
    Rounded,
    Yes,
}

/// The table of permissions.
pub fn grant(role: Role, permission: Permission) -> Grant {
    use Role::{Admin, Analyst, Auditor, Compliance, ComplianceAdmin, ReadOnly};
    let allowed: &[Role] = match permission {
        Permission::SeePrivacySettings | Permission::SeeInputs => &Role::ALL,
        Permission::SeeMetrics => {
            return match role {
                ComplianceAdmin | Admin | Compliance => Grant::Yes,
                Analyst | ReadOnly | Auditor => Grant::Rounded,
            };
        }
        Permission::ExportMetrics => {
            return match role {
                ComplianceAdmin | Admin | Compliance => Grant::Yes,
                Analyst | Auditor => Grant::Rounded,
                ReadOnly => Grant::No,
            };
        }
        Permission::ChangePrivacySettings => &[ComplianceAdmin],
        Permission::LookUpProfiles => &[ComplianceAdmin, Admin, Compliance],
        Permission::SeeAudit => &[ComplianceAdmin, Admin, Compliance, Auditor],
        Permission::ExportAudit => &[ComplianceAdmin, Compliance, Auditor],
        Permission::SeeMembers => &[ComplianceAdmin, Admin, Compliance, Analyst, Auditor],
        Permission::ManageInputs | Permission::ManageMembers | Permission::ManageTokens => &[ComplianceAdmin, Admin],
    };
    if allowed.contains(&role) { Grant::Yes } else { Grant::No }
}

/// Whether the role may do it at all.
pub fn may(role: Role, permission: Permission) -> bool {
    grant(role, permission) > Grant::No
}

/// Whether somebody may give or take away a role: an Admin everything but Compliance Admin.
pub fn may_give(giver: Role, role: Role) -> bool {
    may(giver, Permission::ManageMembers) && (giver == Role::ComplianceAdmin || role != Role::ComplianceAdmin)
}

/// How far a permission goes for a token's own role.
pub fn grant_token(role: TokenRole, permission: Permission) -> Grant {
    match role {
        TokenRole::Member(role) => grant(role, permission),
        TokenRole::ProfileReader if permission == Permission::LookUpProfiles => Grant::Yes,
        TokenRole::ProfileReader => Grant::No,
    }
}

/// Whether a token's role may do no more than its maker's.
pub fn is_within(role: TokenRole, maker: Role) -> bool {
    Permission::ALL.into_iter().all(|permission| grant_token(role, permission) <= grant(maker, permission))
}
