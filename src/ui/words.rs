//! The sentences: every status, problem and action in words, and numbers and moments as they are written.

use crate::domain::att::{Policy, State, Status};
use crate::domain::count::Unit;
use crate::domain::error::Problem;
use crate::domain::role::{Role, TokenRole};
use crate::domain::rounding::Shown;

/// A moment as it is shown: `words` for people, `iso` for machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub iso: String,
    pub words: String,
}

/// A whole number with thousands separators.
pub fn number(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if n < 0 { format!("−{text}") } else { text }
}

/// A count as a role may see it.
pub fn count(shown: Shown) -> String {
    match shown {
        Shown::Exact(n) | Shown::Rounded(n) => number(n),
        Shown::FewerThanTen => "fewer than 10".to_owned(),
    }
}

/// A share with one decimal; a dash where there is none to give.
pub fn share(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

pub fn status(status: Status) -> &'static str {
    match status {
        Status::Authorized => "Authorized",
        Status::Denied => "Denied",
        Status::Restricted => "Restricted",
        Status::NotDetermined => "Not determined",
    }
}

pub fn state(of: State) -> &'static str {
    match of {
        State::Known(of) => status(of),
        State::Unknown => "Unknown",
        State::NotApplicable => "Not applicable",
    }
}

/// A default, or that there is none.
pub fn default(default: Option<Status>) -> &'static str {
    default.map_or("No default", status)
}

pub fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Observe => "Observe",
        Policy::Withhold => "Withhold",
        Policy::RequireStatus => "Require a status",
    }
}

pub fn role(role: Role) -> &'static str {
    match role {
        Role::ComplianceAdmin => "Compliance Admin",
        Role::Admin => "Admin",
        Role::Compliance => "Compliance",
        Role::Analyst => "Analyst",
        Role::ReadOnly => "Read Only",
        Role::Auditor => "Auditor",
    }
}

/// Beside a person's name on pages where no role counts.
pub const NO_ROLE_HERE: &str = "Signed in";

/// A browser in a few words, from what it says of itself (its user agent).
pub fn device(agent: &str) -> String {
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // The order matters: most name those that they want to be taken for.
    let browsers =
        [("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    match (first(&browsers), first(&systems)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "An unknown browser".to_owned(),
    }
}

/// A token's role, as it is called.
pub fn token_role(of: TokenRole) -> &'static str {
    of.member().map_or("Profile reader", role)
}

/// What a role is for, in a few words.
pub fn role_in_short(role: TokenRole) -> &'static str {
    let TokenRole::Member(role) = role else { return "reads single profiles by the Profile API, and nothing else" };
    match role {
        Role::ComplianceAdmin => "decides the default and the IDFA policy",
        Role::Admin => "runs inputs, apps and members",
        Role::Compliance => "sees everything, single profiles too, and decides nothing",
        Role::Analyst => "sees rounded figures",
        Role::ReadOnly => "sees rounded figures, and no members",
        Role::Auditor => "sees the audit log and rounded figures",
    }
}

/// The unit, in the plural.
pub fn units(unit: Unit) -> &'static str {
    match unit {
        Unit::Profiles => "profiles",
        Unit::Devices => "devices",
    }
}

/// The unit as it follows a count that is shown so: one profile, two profiles.
pub fn unit_after(count: &str, unit: Unit) -> &'static str {
    match (count, unit) {
        ("1", Unit::Profiles) => "profile",
        ("1", Unit::Devices) => "device",
        _ => units(unit),
    }
}

/// Such as "3 profiles on 1 device".
pub fn profiles_on_devices(profiles: &str, devices: &str) -> String {
    let (one, other) = (unit_after(profiles, Unit::Profiles), unit_after(devices, Unit::Devices));
    format!("{profiles} {one} on {devices} {other}")
}

/// What Apple means by a status, and what taking it as the default does downstream.
pub fn choice(default: Option<Status>) -> (&'static str, &'static str) {
    match default {
        Some(Status::Authorized) => (
            "Apple: the user allowed tracking.",
            "Counts as allowed to track. Advertising ids are kept and may leave for partners.",
        ),
        Some(Status::Denied) => (
            "Apple: the user refused, or does not let apps ask.",
            "Counts as refused. Under Withhold, advertising ids are not kept.",
        ),
        Some(Status::Restricted) => (
            "Apple: the user cannot be asked, as on a managed device.",
            "Same effect here as Denied; partners may tell them apart.",
        ),
        Some(Status::NotDetermined) => {
            ("Apple: the user has not been asked.", "Same effect here as Denied; partners may tell them apart.")
        }
        None => {
            ("Nothing is assumed: the status stays unknown.", "The IDFA policy alone decides about advertising ids.")
        }
    }
}

/// What is wrong, as it is said beside a field.
pub fn problem(problem: Problem) -> &'static str {
    match problem {
        Problem::NotJson => "expected JSON",
        Problem::NotAnObject => "expected an object",
        Problem::NotAnArray => "expected an array",
        Problem::NotAString => "expected a string",
        Problem::NotText => "expected a string or a number",
        Problem::NotAnInteger => "expected a whole number",
        Problem::OutOfRange => "expected a number of at most 64 bits",
        Problem::NotAStatus => "expected one of authorized, denied, restricted, not_determined",
        Problem::NotAnEnvironment => "expected one of production, development, unknown",
        Problem::TooLong => "expected fewer characters (at most 255, names 80, reasons 1,000)",
        Problem::Unprintable => "expected text without NUL, lone surrogates or hidden characters",
        Problem::Repeated => "expected once, found more than once",
        Problem::TooManyBatches => "expected at most 100 batches",
        Problem::NoBatch => "expected at least one batch",
        Problem::TooManyAttributes => "expected at most 100 attributes",
        Problem::TooLarge => "expected at most 128 KB for a batch and 256 KB for a request",
        Problem::Missing => "expected a value",
        Problem::NotOneOf => "expected one of the documented values",
        Problem::UnknownParameter => "expected only the documented parameters",
        Problem::NotAnEmail => "expected an e-mail address",
        Problem::NotASlug => "expected lower case letters, digits and dashes, at most 40",
        Problem::NotABundleId => "expected a bundle id: letters, digits, dots, dashes and underscores",
        Problem::Taken => "expected a value that is not taken yet",
        Problem::PasswordLength => "expected 12 to 128 characters",
        Problem::PasswordWeak => "expected something harder to guess",
        Problem::NotTheName => "expected the workspace's name, exactly",
        Problem::NotOffered => "expected observe or withhold; require_status is not offered yet",
        Problem::NotARole => "expected one of the six roles",
        Problem::LastComplianceAdmin => "expected another Compliance Admin to remain",
        Problem::NotThePassword => "expected the present password",
        Problem::TooManyAttempts => "expected a pause after several failed attempts",
        Problem::AlreadyMember => "expected somebody who is no member yet",
        Problem::AboveOwnRights => "expected a role within the maker's own rights",
    }
}

/// What is wrong with a form's field, as a sentence for a person.
pub fn form_problem(problem: Problem) -> &'static str {
    match problem {
        Problem::Missing => "Fill this in.",
        Problem::Repeated => "This came more than once. Send the form again.",
        Problem::TooLong => "This is too long: names have at most 80 characters, reasons at most 1,000.",
        Problem::Unprintable => "This has characters that cannot be seen. Type it again.",
        Problem::NotOneOf => "Choose one of the values offered.",
        Problem::NotAnEmail => "This is not an e-mail address.",
        Problem::NotAnInteger | Problem::OutOfRange => "This must be a whole number.",
        Problem::NotABundleId => "A bundle id has letters, digits, dots, dashes and underscores only.",
        Problem::Taken => "This is taken. Choose another.",
        Problem::PasswordLength => "Choose a password of 12 to 128 characters.",
        Problem::PasswordWeak => "This password is easy to guess. A few unrelated words make a good one.",
        Problem::NotTheName => "This is not the workspace's name. Type it exactly as it is shown.",
        Problem::NotOffered => "This is not offered yet.",
        Problem::LastComplianceAdmin => "A workspace always keeps one Compliance Admin: make somebody else one first.",
        Problem::NotThePassword => "This is not your present password.",
        Problem::TooManyAttempts => "Too many attempts that failed. Wait a minute, then try again.",
        Problem::AlreadyMember => "They are a member already. Change their role in the list.",
        Problem::AboveOwnRights => "This role could do more than you can. Choose a lower one.",
        _ => "This cannot be used.",
    }
}

/// Why batches were refused or noted, as the input's page says it; `reason` is a field and a problem, or a note.
pub fn reason(reason: &str) -> String {
    match reason {
        "bad_timestamp" => "A timestamp was zero or below; taken as absent".to_owned(),
        "seconds_timestamp" => "A timestamp was in seconds; multiplied".to_owned(),
        "future_timestamp" => "A timestamp was ahead of us; replaced by the time received".to_owned(),
        "stale" => "A status came after newer news; not taken".to_owned(),
        "status_on_other_platform" => "A status for a platform that has none; not stored".to_owned(),
        "idfa_not_permitted" => "An IDFA that the status does not permit; kept under Observe".to_owned(),
        "names_nobody" => "Named neither a device nor a person; nothing stored".to_owned(),
        _ => {
            let (field, problem_name) = reason.rsplit_once(' ').unwrap_or(("", reason));
            let known = serde_json::from_value::<Problem>(problem_name.into()).ok();
            let said = known.map_or("refused", problem);
            if field.is_empty() { format!("The batch: {said}") } else { format!("{field}: {said}") }
        }
    }
}

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
        "audit.exported" => "Audit log exported",
        "demo.filled" => "Demo data filled in",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_separators() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(48_210), "48,210");
        assert_eq!(number(-1_234_567), "−1,234,567");
    }

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(reason("mpid repeated"), "mpid: expected once, found more than once");
        assert_eq!(reason(" too_large"), "The batch: expected at most 128 KB for a batch and 256 KB for a request");
        assert!(reason("stale").starts_with("A status came"));
    }
}
