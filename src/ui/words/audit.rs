//! The audit log's fields and values in words.

use crate::domain::att::{Policy, Status};
use crate::domain::audit::{COMMAND_LINE, SystemActor};
use crate::domain::environment::Environment;
use crate::domain::identifier::IdentifierKind;
use crate::domain::profile::LookUpBy;
use crate::domain::retention::Aging;
use crate::domain::role::TokenRole;

/// A field of what was before or after a change.
pub fn audit_field(name: &str) -> &str {
    match name {
        "account" => "Account label",
        "address" => "Address",
        "app" => "App",
        "asked_by_version" => "Settings version",
        "bundle" => "Bundle id",
        "by" => "Looked up by",
        "days" => "Days",
        "default_att_status" => "Default ATT status",
        "devices" => "Devices",
        "email" => "E-mail",
        "environment" => "Environment",
        "erased" => "Advertising ids erased",
        "expires_ms" => "Expires",
        "failures" => "Failed attempts",
        "format" => "Format",
        "found" => "Profiles found (audit references)",
        "from_ms" => "From",
        "idfa_policy" => "IDFA policy",
        "input" => "Input",
        "key" => "Key",
        "log_guarded_by" => "Log protected by",
        "minute_ms" => "Minute",
        "name" => "Name",
        "operator" => "Operator",
        "org" => "Organization label",
        "paused" => "Paused",
        "person" => "Person",
        "profiles" => "Profiles",
        "reads" => "Profiles read",
        "removed" => "Rows removed",
        "requests_per_second" => "Requests per second",
        "data_problems" => "Data problems (times a usual day)",
        "rate_change" => "Consent rate (points in a week)",
        "silence" => "No batch (hours)",
        "unknown_share" => "Unknown share (percent)",
        "role" => "Role",
        "second_factor_required" => "Two-factor authentication required",
        "recovery_code_used" => "Signed in with a recovery code",
        "rows" => "Rows",
        "samples" => "Samples",
        "secret_version" => "Secret version",
        "seed" => "Seed",
        "sessions" | "sessions_ended" => "Sessions ended",
        "silent_before_ms" => "Inactive since before",
        "since_ms" => "Since",
        "slug" => "Address name",
        "tables" => "Tables",
        "takes_placeholders" => "Placeholders are ids",
        "time_zone" => "Time zone",
        "to_ms" => "To",
        "token" => "API token",
        "typed_hmac" => "Search term (keyed hash)",
        "key_generation" => "Generation of the key",
        "values" => "Values",
        "version" => "Settings version",
        "view" => "Metrics page",
        "query" => "Filters",
        "what" => "Data",
        "workspace" => "Workspace",
        other => other,
    }
}

/// A text that one of these fields holds; what is no name of our own is shown as it is.
pub fn audit_value(field: &str, text: &str) -> String {
    let known = match field {
        "default_att_status" => Status::parse(text).map(super::status),
        "idfa_policy" => Policy::parse(text).map(super::policy),
        "role" => TokenRole::parse(text).map(super::token_role),
        "by" => LookUpBy::parse(text).map(look_up_by),
        "environment" => Environment::parse(text).map(environment),
        "what" => Aging::parse(text).map(aging),
        _ => None,
    };
    known.unwrap_or(text).to_owned()
}

/// What a field holds that is empty: the default has a meaning of its own then.
pub fn audit_nothing(field: &str) -> &'static str {
    match field {
        "default_att_status" => super::default(None),
        "requests_per_second" => "No limit",
        "data_problems" | "rate_change" | "silence" | "unknown_share" => "Off",
        _ => "–",
    }
}

/// By what somebody looks for a profile.
pub fn look_up_by(by: LookUpBy) -> &'static str {
    match by {
        LookUpBy::CustomerId => "Customer id",
        LookUpBy::Email => "E-mail",
        LookUpBy::Mpid => "MPID",
        LookUpBy::DeviceId => "Device id",
    }
}

/// Who acted: parts of Attest itself have names of their own in the log. A person is called by their name, even by one of
/// these.
pub fn actor<'a>(kind: &str, name: &'a str) -> &'a str {
    if ["person", "token"].contains(&kind) { name } else { actor_name(name) }
}

/// The same where only the name is known.
pub fn actor_name(name: &str) -> &str {
    match SystemActor::parse(name) {
        Some(SystemActor::Erasing) => "Attest (automatic erasure)",
        Some(SystemActor::Retention) => "Attest (data retention)",
        Some(SystemActor::Retirement) => "Attest (inactive devices)",
        Some(SystemActor::SignIn) => "Attest (sign-in)",
        Some(SystemActor::Visitor) => "Visitor",
        None if name == COMMAND_LINE => "Command line",
        None => name,
    }
}

/// From where somebody acted who sent no request.
pub fn no_origin(kind: &str) -> &'static str {
    match kind {
        "command_line" => "Command line",
        "system" => "Attest itself",
        _ => "–",
    }
}

/// What a row is about, where it is no id: those have names.
pub fn target(text: &str) -> &str {
    match text {
        "settings" => "Privacy settings",
        "values" => "Version and country values",
        "devices" => "Inactive devices",
        "idfas" => "Advertising ids",
        "nobody" => "No profile found",
        "unknown e-mails" => "Unknown e-mail addresses",
        other => other,
    }
}

/// An environment.
pub fn environment(of: Environment) -> &'static str {
    match of {
        Environment::Production => "Production",
        Environment::Development => "Development",
    }
}

/// What is removed once it is too old.
fn aging(what: Aging) -> &'static str {
    match what {
        Aging::Transitions => "Status changes of devices",
        Aging::Days => "Daily counts",
        Aging::Flows => "Daily changes of status",
        Aging::DataProblems => "Data problems",
        Aging::RequestIds => "Hashes of request ids",
    }
}

/// An id of a device.
pub fn identifier(kind: IdentifierKind) -> &'static str {
    match kind {
        IdentifierKind::Idfv => "IDFV",
        IdentifierKind::Idfa => "IDFA",
        IdentifierKind::MpDeviceId => "mParticle device id",
        IdentifierKind::AndroidUuid => "Android id",
        IdentifierKind::AndroidAdvertisingId => "Android advertising id",
        IdentifierKind::RokuAdvertisingId => "Roku advertising id",
        IdentifierKind::RokuPublisherId => "Roku publisher id",
        IdentifierKind::FireAdvertisingId => "Fire advertising id",
        IdentifierKind::MicrosoftAdvertisingId => "Microsoft advertising id",
        IdentifierKind::MicrosoftPublisherId => "Microsoft publisher id",
        IdentifierKind::Profile => "Profile",
    }
}

/// What a user is known by, from the name that events give it.
pub fn identity(name: &str) -> String {
    match name {
        "customer_id" => "Customer id".to_owned(),
        "email" => "E-mail".to_owned(),
        other => {
            let words = other.replace('_', " ");
            let mut letters = words.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}
