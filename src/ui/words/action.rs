//! What was done, in words.

use crate::domain::audit::AuditAction;

/// What was done, as the audit page says it.
pub fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SetUp => "Installation set up",
        AuditAction::PersonAdded => "Person added",
        AuditAction::WorkspaceAdded => "Workspace created",
        AuditAction::SignedIn => "Signed in",
        AuditAction::SignedOut => "Signed out",
        AuditAction::SignInsFailed => "Failed sign-ins",
        AuditAction::PasswordSet => "Password set",
        AuditAction::PasswordChanged => "Password changed",
        AuditAction::PersonRenamed => "Person renamed",
        AuditAction::SessionsEnded => "Sessions ended",
        AuditAction::PersonDisabled => "Account disabled",
        AuditAction::PersonEnabled => "Account enabled",
        AuditAction::OperatorMade => "Operator added",
        AuditAction::OperatorUnmade => "Operator removed",
        AuditAction::ResetLinkMade => "Password-reset link created",
        AuditAction::DefaultChanged => "ATT default changed",
        AuditAction::PolicyChanged => "IDFA policy changed",
        AuditAction::MemberInvited => "Member invited",
        AuditAction::InvitationRevoked => "Invitation revoked",
        AuditAction::MemberRoleSet => "Role changed",
        AuditAction::MemberRemoved => "Member removed",
        AuditAction::AppNamed => "App renamed",
        AuditAction::DimensionValuesReset => "Version and country values reset",
        AuditAction::InputAdded => "Input created",
        AuditAction::InputPaused => "Input paused",
        AuditAction::InputResumed => "Input resumed",
        AuditAction::SecretRotated => "Input secret rotated",
        AuditAction::InputLimitSet => "Input rate limit changed",
        AuditAction::InputPlaceholdersSet => "Use of placeholder ids changed",
        AuditAction::SamplesSeen => "Samples viewed",
        AuditAction::TokenAdded => "API token created",
        AuditAction::TokenRevoked => "API token revoked",
        AuditAction::ProfileLookedUp => "Profile looked up",
        AuditAction::DevicesRetired => "Inactive devices removed from counts",
        AuditAction::ProfilesRead => "Profiles read with an API token",
        AuditAction::DatabaseDistributed => "Database distributed",
        AuditAction::RetentionRemoved => "Expired data removed",
        AuditAction::IdfasErased => "Advertising ids erased",
        AuditAction::AuditExported => "Audit log exported",
        AuditAction::DemoFilled => "Demo data added",
    }
}
