//! The sentences: every status, problem and action in words, and numbers and moments as they are written.

mod action;
mod alert;
mod audit;
mod done;
mod job;
mod metric;
mod notice;
mod outcome;
mod problem;
mod week;

pub use action::action;
pub use alert::{alert, alert_found, alert_name, alert_quiet, alert_rule, alert_threshold, alert_unit};
pub use audit::{
    actor, actor_name, audit_field, audit_nothing, audit_value, environment, identifier, identity, look_up_by,
    no_origin, target,
};
pub use done::{Done, MadeOnce, done};
pub use job::{job, job_error, job_note};
pub use metric::{
    DIFFERENCE_INTERVAL, FIRST_ANSWER_CONSENT, FLOW_FIGURES, INTERVAL, LIMITED, NO_RATE, NO_SHARES, QUALITY_FIGURES,
    RELEASES, ROUNDED_RELEASES, WITHIN_ROUNDING, chance, days, dimension, dimension_value, dimension_value_alone,
    formula, grown, half, interval, part_of_whole, points, points_apart, rate, rate_in_short, release,
};
pub use notice::notice;
pub use outcome::{
    Conflict, NO_ACCESS, NOT_SAVED, NOT_SAVED_LEAD, NOTHING_CHANGED, SIGN_IN_AGAIN, SIGNED_OUT, STALE_VERSION,
    YOUR_WORKSPACES, conflict,
};
pub use problem::{
    data_problem, data_problem_help, form_problem, parameter, parameter_problem, problem, problem_place, reason,
    too_long,
};
pub use week::{grew_in_week, settings_change, week};

use crate::domain::att::{CountedState, Policy, Status};
use crate::domain::count::Unit;
use crate::domain::platform::Platform;
use crate::domain::role::{Role, TokenRole};
use crate::domain::rounding::Shown;

/// A moment as it is shown: `words` for people, `iso` for machines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    pub iso: String,
    pub words: String,
    /// What is read beside words that do not say when exactly.
    pub exact: Option<String>,
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

/// A text with its first letter as a capital.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A count as a role may see it.
pub fn count(shown: Shown) -> String {
    count_with(shown, ["fewer than ", "about ", " or more"])
}

/// The same where there is little room, such as `<10`.
pub fn short_count(shown: Shown) -> String {
    count_with(shown, ["<", "", "+"])
}

/// A count with what stands before one of which the most is known, and around one of which the least is.
fn count_with(shown: Shown, [fewer, about, or_more]: [&str; 3]) -> String {
    match shown {
        Shown::Exact(n) | Shown::Rounded(n) | Shown::Sum { sum: n, missing: 0, .. } => number(n),
        Shown::FewerThanTen => format!("{fewer}10"),
        // Several of fewer than ten each.
        Shown::Sum { sum: 0, missing, .. } => format!("{fewer}{}", number(missing / 9 * 10)),
        Shown::Sum { sum, .. } => format!("{about}{}{or_more}", number(sum)),
    }
}

/// To those who see rounded figures.
pub const ROUNDED: &str = "Your role sees figures rounded to 10, and rates only where at least 100 count. Each figure is rounded on its own, so parts may not add up to their total; a period is the sum of its rounded days.";

/// In place of a share that there is not, or that may not be shown.
pub const NO_SHARE: &str = "–";

/// A share with one decimal, such as `23.4%`.
pub fn share(share: Option<f64>) -> String {
    share.map_or_else(|| NO_SHARE.to_owned(), |share| format!("{:.1}%", share * 100.0))
}

/// A share that is not known better, such as `about 23%`.
pub fn about(share: f64) -> String {
    format!("about {:.0}%", share * 100.0)
}

pub fn status(status: Status) -> &'static str {
    match status {
        Status::Authorized => "Authorized",
        Status::Denied => "Denied",
        Status::Restricted => "Restricted",
        Status::NotDetermined => "Not determined",
    }
}

pub fn state(of: CountedState) -> &'static str {
    match of {
        CountedState::Known(of) => status(of),
        CountedState::Unknown => "Unknown",
        CountedState::NotApplicable => "Not applicable",
    }
}

/// The same where there is little room.
pub fn short_state(of: CountedState) -> &'static str {
    match of {
        CountedState::Known(Status::Authorized) => "Auth.",
        CountedState::Known(Status::Restricted) => "Restr.",
        CountedState::Known(Status::NotDetermined) => "Not det.",
        of => state(of),
    }
}

/// A default, or that there is none.
pub fn default(default: Option<Status>) -> &'static str {
    default.map_or("No default", status)
}

/// A platform, as its makers write it.
pub fn platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Ios => "iOS",
        Platform::Tvos => "tvOS",
        Platform::Android => "Android",
        Platform::Web => "Web",
        Platform::Desktop => "Desktop",
        Platform::Roku => "Roku",
        Platform::FireTv => "Fire TV",
        Platform::SmartTv => "Smart TV",
        Platform::Xbox => "Xbox",
        Platform::Alexa => "Alexa",
        Platform::Visionos => "visionOS",
        Platform::Watchos => "watchOS",
        Platform::Macos => "macOS",
        Platform::Other => "Other platforms",
        Platform::Unknown => "Unknown platform",
    }
}

pub fn policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Observe => "Observe",
        Policy::Withhold => "Withhold",
        Policy::RequireStatus => "Require a status",
    }
}

/// Whether somebody has a second factor.
pub fn second_factor(has: bool) -> &'static str {
    if has { "Two-factor on" } else { "Two-factor off" }
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
        (None, None) => "Unknown browser".to_owned(),
    }
}

/// A token's role, as it is called.
pub fn token_role(of: TokenRole) -> &'static str {
    of.member().map_or("Profile reader", role)
}

/// What a role is for, in a few words.
pub fn role_in_short(role: TokenRole) -> &'static str {
    let TokenRole::Member(role) = role else { return "reads single profiles with the Profile API, nothing else" };
    match role {
        Role::ComplianceAdmin => "sets the default and the IDFA policy; full access",
        Role::Admin => "manages inputs, apps, members and tokens; sees single profiles and exact figures",
        Role::Compliance => "sees everything, including single profiles; changes nothing",
        Role::Analyst => "sees rounded figures",
        Role::ReadOnly => "sees rounded figures, but no members",
        Role::Auditor => "sees the audit log and rounded figures",
    }
}

/// The unit, in the plural.
pub fn units(unit: Unit) -> &'static str {
    match unit {
        Unit::Profiles => "profiles",
        Unit::Devices => "devices",
        Unit::ActiveDevices => "active devices",
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
            "Counts as allowed to track. Advertising ids are kept and may be sent to partners.",
        ),
        Some(Status::Denied) => (
            "Apple: the user refused, or has turned off tracking requests.",
            "Counts as refused. Under Withhold, advertising ids are not kept.",
        ),
        Some(Status::Restricted) => (
            "Apple: the user cannot be asked, for example on a managed device.",
            "Same effect here as Denied; partners may tell them apart.",
        ),
        Some(Status::NotDetermined) => {
            ("Apple: the user has not been asked.", "Same effect here as Denied; partners may tell them apart.")
        }
        None => {
            ("Nothing is assumed: the status stays Unknown.", "Only the IDFA policy decides about advertising ids.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Grant;
    use crate::domain::rounding::{Precision, SMALLEST_DENOMINATOR};

    /// What readers are told of rounding is what is done.
    #[test]
    fn the_words_of_rounding_have_its_numbers() {
        let said = ROUNDED.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<i64>().ok());
        let step = Precision::of(Grant::Rounded).step();
        assert_eq!(said.collect::<Vec<_>>(), [step, SMALLEST_DENOMINATOR]);
        assert_eq!(count(Shown::FewerThanTen), format!("fewer than {step}"));
    }

    #[test]
    fn numbers_have_separators() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(48_210), "48,210");
        assert_eq!(number(-1_234_567), "−1,234,567");
    }
}
