//! What was done, in words.

use crate::domain::audit::AuditAction;

/// What was done, as the audit page says it.
pub fn action(action: AuditAction) -> &'static str {
    match action {
        AuditAction::SetUp => "Installation set up",
        AuditAction::PersonAdded => "Person added",
        AuditAction::WorkspaceAdded => "Workspace added",
        AuditAction::SignedIn => "Signed in",
        AuditAction::SignedOut => "Signed out",
        AuditAction::SignInsFailed => "Sign-ins failed",
        AuditAction::PasswordSet => "Password chosen",
        AuditAction::PasswordChanged => "Password changed",
        AuditAction::PersonRenamed => "Person renamed",
        AuditAction::SessionsEnded => "Sessions ended",
        AuditAction::ResetLinkMade => "Password-reset link made",
        AuditAction::DefaultChanged => "ATT default changed",
        AuditAction::PolicyChanged => "IDFA policy changed",
        AuditAction::MemberInvited => "Member invited",
        AuditAction::InvitationRevoked => "Invitation revoked",
        AuditAction::MemberRoleSet => "Role given",
        AuditAction::MemberRemoved => "Member removed",
        AuditAction::AppNamed => "App named",
        AuditAction::DimensionValuesReset => "Version and country values reset",
        AuditAction::InputAdded => "Input added",
        AuditAction::InputPaused => "Input paused",
        AuditAction::InputResumed => "Input resumed",
        AuditAction::SecretRotated => "Input's secret rotated",
        AuditAction::InputLimitSet => "Input's limit set",
        AuditAction::SamplesSeen => "Samples looked at",
        AuditAction::TokenAdded => "API token added",
        AuditAction::TokenRevoked => "API token revoked",
        AuditAction::ProfileLookedUp => "Profile looked up",
        AuditAction::DevicesRetired => "Silent devices left the counts",
        AuditAction::ProfilesRead => "Profiles read by a token",
        AuditAction::DatabaseDistributed => "Database spread over machines",
        AuditAction::RetentionRemoved => "Data that was too old removed",
        AuditAction::IdfasErased => "Advertising ids erased",
        AuditAction::AuditExported => "Audit log exported",
        AuditAction::DemoFilled => "Demo data filled in",
    }
}
