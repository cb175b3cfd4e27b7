//! What is wrong, in words: for scripts, for forms, and for the inputs' counts.

use crate::domain::data_problem::DataProblem;
use crate::domain::error::{Fault, Problem};

/// What is wrong, as it is said beside a field.
pub fn problem(problem: Problem) -> &'static str {
    match problem {
        Problem::NotJson => "expected JSON",
        Problem::UnknownEncoding => "expected gzip, or none",
        Problem::NotGzip => "expected a whole body packed by gzip, as the header says",
        Problem::NotAnObject => "expected an object",
        Problem::NotAnArray => "expected an array",
        Problem::NotAString => "expected a string",
        Problem::NotText => "expected a string or a number",
        Problem::NotAnInteger => "expected a whole number",
        Problem::OutOfRange => "expected a number of at most 64 bits",
        Problem::StatusRequired => "expected a status beside an IDFA, since the workspace requires one",
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
        Problem::NameOfAnother => "expected a name that nobody else has, nor Attest itself",
        Problem::PasswordLength => "expected 12 to 128 characters",
        Problem::PasswordWeak => "expected something harder to guess",
        Problem::NotTheName => "expected the workspace's name, exactly",
        Problem::NoCounter => NO_COUNTER,
        Problem::OneDimension => "expected one of platform, os_version, app_version and country at a time",
        Problem::NotARole => {
            "expected one of compliance_admin, admin, compliance, analyst, read_only, auditor (a token's may be profile_reader)"
        }
        Problem::NotATimeZone => "expected a time zone such as Europe/Berlin",
        Problem::NotADay => "expected a day such as 2026-11-22",
        Problem::DayOutOfRange => {
            "expected a day that is kept, not to come, and at most 1,100 days before the last one"
        }
        Problem::AfterLastDay => "expected a day that is not after the last one",
        Problem::ThresholdOutOfRange => {
            "expected a whole number within the range of this alert, or null to turn it off"
        }
        Problem::NobodyHasIt => "expected the e-mail of an account (attest user add makes one)",
        Problem::LastComplianceAdmin => "expected another Compliance Admin to remain",
        Problem::LastOperator => "expected another operator to remain",
        Problem::LinkWasShown => {
            "somebody else was shown the link to this account's first password and could have used it: make sure that the account is theirs, and confirm it (--confirm)"
        }
        Problem::NotThePassword => "expected the current password",
        Problem::NotTheCode => "expected the code that the authenticator app shows, or an unused recovery code",
        Problem::SecondFactorDemanded => "expected a second factor to remain, since it is required",
        Problem::NoSecondFactor => "expected whoever requires a second factor to have one",
        Problem::TooManyAttempts => "expected a pause after several failed attempts",
        Problem::OldSecretInUse => "expected the old secret to have ended, since both are in use",
        Problem::TooMany => "expected fewer: there are as many as there may be",
        Problem::TooManyForNow => "expected fewer for now: it was done as often as it may be",
        Problem::AlreadyMember => "expected somebody who is not yet a member",
        Problem::AboveOwnRights => "expected a role within the maker's own rights",
        Problem::NotARate => "expected a whole number from 1 to 1,000,000",
        Problem::RateLimited => "expected fewer requests per second",
    }
}

/// What is wrong with the field `field` of a form, as a sentence for a person.
pub fn form_problem(field: &str, problem: Problem) -> &'static str {
    match problem {
        Problem::Missing => missing(field),
        Problem::Repeated => "This was sent more than once. Send the form again.",
        Problem::TooLong => match longest(field) {
            MOST_OF_A_REASON => "Use at most 1,000 characters.",
            MOST_OF_A_NAME => "Use at most 80 characters.",
            _ => "Use at most 255 characters.",
        },
        Problem::Unprintable => "This contains invisible characters. Type it again.",
        Problem::NotOneOf => "Choose one of the options.",
        Problem::NotADay => "Enter a day.",
        Problem::DayOutOfRange => {
            "There are no figures of this day. Days to come have none, and old ones are removed after a while."
        }
        Problem::AfterLastDay => "The first day is after the last one.",
        Problem::ThresholdOutOfRange => "Enter a whole number within the range of this alert.",
        Problem::NotAnEmail => "Enter a valid e-mail address.",
        Problem::NotAnInteger | Problem::OutOfRange => "Enter a whole number.",
        Problem::NotABundleId => "A bundle id has only letters, digits, dots, dashes and underscores.",
        Problem::NotASlug => "Use lower-case letters, digits and dashes, at most 40.",
        Problem::NotATimeZone => "Enter a time zone such as Europe/Berlin, or UTC.",
        Problem::Taken => "This is already in use. Choose another.",
        Problem::NameOfAnother => {
            "Somebody else has this name, or Attest itself. Add something that tells you apart, such as a middle name."
        }
        Problem::PasswordLength => "Use 12 to 128 characters.",
        Problem::PasswordWeak => "This password is easy to guess. Try a few unrelated words.",
        Problem::NotTheName => "This is not the workspace's name. Type it exactly as shown.",
        Problem::LastComplianceAdmin => {
            "A workspace needs at least one Compliance Admin. Give somebody else this role first."
        }
        Problem::LastOperator => "An installation needs at least one operator. Make somebody else one first.",
        Problem::LinkWasShown => {
            "Somebody else was shown the link to this account's first password, and could have used it. Ask the person whether they sign in with it, then confirm below."
        }
        Problem::NotThePassword => "This is not your current password.",
        Problem::NotTheCode => "That code is incorrect, or it was used already. Enter the one that your app shows now.",
        Problem::SecondFactorDemanded => {
            "A workspace of yours, or the installation, requires it of people with your rights."
        }
        Problem::NoSecondFactor => "Set up two-factor authentication for your own account first.",
        Problem::TooManyAttempts => "Too many failed attempts. Wait a minute, then try again.",
        Problem::OldSecretInUse => {
            "Senders still use the old secret, and others the current one. Wait until the old one ends, or end it first."
        }
        Problem::TooMany => "You have reached the limit. Delete one that you no longer need.",
        Problem::TooManyForNow => "That is a lot for now. Try again later.",
        Problem::AlreadyMember => "This person is already a member. Change their role in the list.",
        Problem::NobodyHasIt => "Nobody has an account with this e-mail. Enter a name to create one.",
        Problem::NotARate => {
            "Enter a whole number from 1 to 1,000,000 in digits only, such as 1000, or leave it empty for no limit."
        }
        Problem::AboveOwnRights => "This role has more rights than yours. Choose another.",
        _ => "This value cannot be used.",
    }
}

const MOST_OF_A_REASON: usize = 1_000;
const MOST_OF_A_NAME: usize = 80;

/// How many characters a form's field may have.
fn longest(field: &str) -> usize {
    match field {
        "reason" | "policy_reason" => MOST_OF_A_REASON,
        "name" | "admin_name" | "workspace" => MOST_OF_A_NAME,
        _ => 255,
    }
}

/// A text that is too long, beside the field that still has it.
pub fn too_long(field: &str, text: &str) -> String {
    let number = |n: usize| super::number(i64::try_from(n).unwrap_or(i64::MAX));
    let (most, has) = (longest(field), text.trim().chars().count());
    if has > most {
        format!("At most {} characters; this has {}.", number(most), number(has))
    } else {
        form_problem(field, Problem::TooLong).to_owned()
    }
}

fn missing(field: &str) -> &'static str {
    match field {
        "reason" | "policy_reason" => "Enter a reason.",
        "name" => "Enter a name.",
        "workspace" => "Enter a name for the workspace.",
        "email" | "admin" => "Enter an e-mail address.",
        "password" | "present" | "new" => "Enter a password.",
        "again_password" => "Enter your password.",
        "code" | "again_code" => "Enter the code.",
        "time_zone" => "Enter a time zone.",
        "confirm" => "Enter the workspace's name.",
        "value" => "Enter an id.",
        "role" => "Choose a role.",
        "status" | "idfa_policy" | "by" => "Choose one of the options.",
        _ => "Enter a value.",
    }
}

/// A parameter of a page's address, as the page's own form calls it.
pub fn parameter(name: &str) -> &str {
    match name {
        "action" => "Action",
        "app" => "App",
        "before" => "Row",
        "ends" => "The week's last day",
        "environment" => "Environment",
        "from" => "From",
        "on" => "Date",
        "platform" => "Platform",
        "to" => "To",
        "unit" => "Profiles or devices",
        "" => "The address",
        other => other,
    }
}

/// What is wrong with a parameter of an address; never the value, which somebody else may have made up.
pub fn parameter_problem(name: &str, problem: Problem) -> &'static str {
    match (name, problem) {
        (_, Problem::Unprintable) => "it has invisible characters",
        (_, Problem::TooLong) => "it is too long",
        (_, Problem::Repeated) => "it is there twice",
        (_, Problem::NoCounter) => NO_COUNTER,
        ("ends", _) => "expected the Sunday of a week that is over and still kept",
        ("from" | "to" | "on", _) => "expected a date such as 2026-11-22",
        ("before", _) => "expected a row number",
        _ => "this value does not exist",
    }
}

/// Of a value that is counted together with others.
const NO_COUNTER: &str = "it has no figures of its own: more than 1,000 values came, or it was not seen for long, so that it counts under “other”; Explore counts it by itself";

/// Why batches were refused, as the input's page says it; `reason` is a field and a problem.
pub fn reason(reason: &str) -> String {
    match Fault::of_reason(reason) {
        Some(fault) if fault.field.is_empty() => format!("{}: {}", whole(fault.problem), problem(fault.problem)),
        Some(fault) => format!("{}: {}", fault.field, problem(fault.problem)),
        None => format!("{reason}: refused"),
    }
}

/// What is wrong as a whole.
fn whole(of: Problem) -> &'static str {
    match of {
        Problem::NotJson | Problem::NotAnArray | Problem::NoBatch | Problem::TooManyBatches | Problem::RateLimited => {
            "The request"
        }
        _ => "The batch",
    }
}

/// What a batch contradicts, and what was made of it.
pub fn data_problem(of: DataProblem) -> &'static str {
    match of {
        DataProblem::AuthorizedWithoutIdfa => "Authorized, but with a zero or missing IDFA",
        DataProblem::IdfaUnpermitted => "IDFA sent although the status forbids it (kept only under Observe)",
        DataProblem::StatusBeforeAtt => "Status from an iOS version before 14, which has none",
        DataProblem::StatusElsewhere => "Status for a platform that has none (not stored)",
        DataProblem::FlagDisagrees => "Status and LAT flag disagree",
        DataProblem::AnswerForgotten => "Not determined after an answer, from the same installation",
        DataProblem::BadTimestamp => "Timestamp zero or negative; ignored",
        DataProblem::SecondsTimestamp => "Timestamp in seconds; converted to milliseconds",
        DataProblem::FutureTimestamp => "Timestamp in the future; replaced by arrival time",
        DataProblem::Stale => "Status older than the one already known; ignored",
        DataProblem::PlaceholderId => "Placeholder id such as “null” or “guest”; ignored",
        DataProblem::IdfaAsIdentity => "An identity of the user repeats an IDFA that is withheld; it was dropped",
        DataProblem::SharedId => "Id, user or device shared too widely (over 50 in a day); joined to nothing further",
    }
}

/// An app with its version, where a data problem came from.
pub fn problem_place(app: Option<&str>, version: &str) -> String {
    let version = if version.is_empty() { "without a version" } else { version };
    format!("{} {version}", app.unwrap_or("an app"))
}

/// What a data problem usually means, and how to fix it in the app.
pub fn data_problem_help(of: DataProblem) -> &'static str {
    match of {
        DataProblem::AuthorizedWithoutIdfa => {
            "The app reads the advertising id before the prompt is answered, or a parental control withholds it. Read ASIdentifierManager again after the answer."
        }
        DataProblem::IdfaUnpermitted => {
            "The app sends an id that it stored while tracking was allowed, or the status that it sends is old. Send both as they are at the moment of the batch."
        }
        DataProblem::StatusBeforeAtt => {
            "App Tracking Transparency came with iOS 14. The app sends a made-up status for older systems: leave it out there."
        }
        DataProblem::StatusElsewhere => {
            "Only Apple platforms have a status. A shared code path or a server sends one for all: leave it out elsewhere."
        }
        DataProblem::FlagDisagrees => {
            "limit_ad_tracking is set from another source than the status. From iOS 14.5 on derive both from the status, or send the status alone."
        }
        DataProblem::AnswerForgotten => {
            "The app sends “not determined” before it asked the system, for example at launch. Read trackingAuthorizationStatus first."
        }
        DataProblem::BadTimestamp => {
            "The time of the status was never set. Send the moment at which it was read, or leave it out."
        }
        DataProblem::SecondsTimestamp => {
            "The time is sent in seconds. Multiply by 1,000: the field takes milliseconds."
        }
        DataProblem::FutureTimestamp => {
            "The device's clock is ahead, or the time is counted twice. Nothing is lost: the arrival counts."
        }
        DataProblem::Stale => {
            "News that waited on the device or in a queue and came after newer ones. A few are usual; many mean that uploads are held back or repeated."
        }
        DataProblem::PlaceholderId => {
            "A missing id is written as a word. Leave the field out, or send null, when there is no id."
        }
        DataProblem::IdfaAsIdentity => {
            "The app copies the advertising id into an identity of the user. Remove that mapping."
        }
        DataProblem::SharedId => {
            "One id stands for many users or devices: a kiosk, a test account, a constant instead of an id. Send an id of each user, or none."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(reason("mpid repeated"), "mpid: expected once, found more than once");
        assert_eq!(reason(" too_large"), "The batch: expected at most 128 KB for a batch and 256 KB for a request");
        assert_eq!(reason(" rate_limited"), "The request: expected fewer requests per second");
    }

    #[test]
    fn a_text_that_is_too_long_says_by_how_much() {
        assert_eq!(too_long("name", &"x".repeat(90)), "At most 80 characters; this has 90.");
        assert_eq!(too_long("reason", &"x".repeat(1_200)), "At most 1,000 characters; this has 1,200.");
    }
}
