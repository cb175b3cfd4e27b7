//! What can be written into the audit log: each act by its name, and the chains in which its rows are.

use crate::domain::closed_list::closed_list;

/// Which kind of chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// One for each workspace.
    Workspace,
    /// The one of the installation, for operators.
    Installation,
}

/// Declares the acts from the one list of them.
macro_rules! audit_actions {
    ($($action:ident => $name:literal in [$($chain:ident),+],)+) => {
        closed_list! {
            /// Everything that is ever written into a chain, by its name in the log.
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum AuditAction {
                $($action => $name),+
            }
        }

        impl AuditAction {
            /// Whether this kind of chain has such rows.
            pub fn is_of(self, chain: Chain) -> bool {
                match self {
                    $(Self::$action => [$(Chain::$chain),+].contains(&chain),)+
                }
            }
        }
    };
}

audit_actions! {
    SetUp => "installation.set_up" in [Installation],
    PersonAdded => "person.added" in [Installation],
    WorkspaceAdded => "workspace.added" in [Workspace, Installation],
    SignedIn => "session.signed_in" in [Installation],
    SignedOut => "session.signed_out" in [Installation],
    SignInsFailed => "session.sign_ins_failed" in [Installation],
    PasswordSet => "person.password_set" in [Installation],
    PasswordChanged => "person.password_changed" in [Installation],
    SecondFactorSetUp => "person.second_factor_set_up" in [Installation],
    SecondFactorRemoved => "person.second_factor_removed" in [Workspace, Installation],
    RecoveryCodesMade => "person.recovery_codes_made" in [Installation],
    RecoveryCodeUsed => "person.recovery_code_used" in [Installation],
    SecondFactorDemandSet => "second_factor.demand_set" in [Workspace, Installation],
    PersonRenamed => "person.renamed" in [Installation],
    SessionsEnded => "session.ended" in [Installation],
    PersonDisabled => "person.disabled" in [Workspace, Installation],
    PersonEnabled => "person.enabled" in [Workspace, Installation],
    OperatorMade => "operator.made" in [Installation],
    OperatorUnmade => "operator.unmade" in [Installation],
    ResetLinkMade => "person.reset_link_made" in [Workspace, Installation],
    DefaultChanged => "att_default.changed" in [Workspace],
    PolicyChanged => "idfa_policy.changed" in [Workspace],
    MemberInvited => "member.invited" in [Workspace],
    InvitationRevoked => "member.invitation_revoked" in [Workspace],
    MemberRoleSet => "member.role_set" in [Workspace],
    MemberRemoved => "member.removed" in [Workspace],
    AppNamed => "app.named" in [Workspace],
    AnnotationAdded => "annotation.added" in [Workspace],
    AnnotationRemoved => "annotation.removed" in [Workspace],
    ViewSaved => "saved_view.added" in [Workspace],
    ViewRemoved => "saved_view.removed" in [Workspace],
    AlertsSet => "alerts.set" in [Workspace],
    DimensionValuesReset => "dimension_values.reset" in [Workspace],
    InputAdded => "input.added" in [Workspace],
    InputPaused => "input.paused" in [Workspace],
    InputResumed => "input.resumed" in [Workspace],
    SecretRotated => "input.secret_rotated" in [Workspace],
    OldSecretEnded => "input.old_secret_ended" in [Workspace],
    InputLimitSet => "input.limit_set" in [Workspace],
    InputPlaceholdersSet => "input.placeholders_set" in [Workspace],
    SamplesSeen => "input.samples_seen" in [Workspace],
    TokenAdded => "token.added" in [Workspace],
    TokenRevoked => "token.revoked" in [Workspace],
    ProfileLookedUp => "profile.looked_up" in [Workspace],
    DemoFilled => "demo.filled" in [Installation],
    DevicesRetired => "devices.retired" in [Workspace],
    AuditExported => "audit.exported" in [Workspace],
    MetricsExported => "metrics.exported" in [Workspace],
    ProfilesRead => "profile.read_by_token" in [Workspace],
    IdfasErased => "idfas.erased" in [Workspace],
    RetentionRemoved => "retention.removed" in [Installation],
    DatabaseDistributed => "database.distributed" in [Installation],
    KeysRotated => "installation.keys_rotated" in [Installation],
}
