//! What was done, in words.

/// What was done, as the audit page says it.
pub fn action(name: &str) -> &str {
    match name {
        "installation.set_up" => "Installation set up",
        "person.added" => "Person added",
        "workspace.added" => "Workspace added",
        "session.signed_in" => "Signed in",
        "session.signed_out" => "Signed out",
        "session.sign_ins_failed" => "Sign-ins failed",
        "person.password_set" => "Password chosen",
        "person.password_changed" => "Password changed",
        "person.renamed" => "Person renamed",
        "session.ended" => "Sessions ended",
        "person.reset_link_made" => "Password-reset link made",
        "att_default.changed" => "ATT default changed",
        "idfa_policy.changed" => "IDFA policy changed",
        "member.invited" => "Member invited",
        "member.invitation_revoked" => "Invitation revoked",
        "member.set" => "Role given",
        "member.removed" => "Member removed",
        "app.named" => "App named",
        "input.added" => "Input added",
        "input.paused" => "Input paused",
        "input.resumed" => "Input resumed",
        "input.secret_rotated" => "Input's secret rotated",
        "token.added" => "API token added",
        "token.revoked" => "API token revoked",
        "profile.looked_up" => "Profile looked up",
        "devices.retired" => "Silent devices left the counts",
        "profile.read_by_token" => "Profiles read by a token",
        "idfas.erased" => "Advertising ids erased",
        "audit.exported" => "Audit log exported",
        "demo.filled" => "Demo data filled in",
        other => other,
    }
}
