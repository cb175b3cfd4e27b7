//! What is wrong, in words: for scripts, for forms, and for the inputs' counts.

use crate::domain::data_problem::DataProblem;
use crate::domain::error::Problem;

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
        Problem::PasswordLength => "expected 12 to 128 characters",
        Problem::PasswordWeak => "expected something harder to guess",
        Problem::NotTheName => "expected the workspace's name, exactly",
        Problem::OneDimension => "expected one of platform, os_version, app_version and country at a time",
        Problem::NotARole => {
            "expected one of compliance_admin, admin, compliance, analyst, read_only, auditor (a token's may be profile_reader)"
        }
        Problem::NotATimeZone => "expected a time zone such as Europe/Berlin",
        Problem::NobodyHasIt => "expected the e-mail of an account (attest user add makes one)",
        Problem::LastComplianceAdmin => "expected another Compliance Admin to remain",
        Problem::NotThePassword => "expected the present password",
        Problem::TooManyAttempts => "expected a pause after several failed attempts",
        Problem::AlreadyMember => "expected somebody who is no member yet",
        Problem::AboveOwnRights => "expected a role within the maker's own rights",
        Problem::NotARate => "expected a whole number from 1 to 1,000,000",
        Problem::RateLimited => "expected fewer requests in a second",
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
        Problem::NotATimeZone => "This is not a time zone. Write it as in Europe/Berlin, or UTC.",
        Problem::Taken => "This is taken. Choose another.",
        Problem::PasswordLength => "Choose a password of 12 to 128 characters.",
        Problem::PasswordWeak => "This password is easy to guess. A few unrelated words make a good one.",
        Problem::NotTheName => "This is not the workspace's name. Type it exactly as it is shown.",
        Problem::LastComplianceAdmin => "A workspace always keeps one Compliance Admin: make somebody else one first.",
        Problem::NotThePassword => "This is not your present password.",
        Problem::TooManyAttempts => "Too many attempts that failed. Wait a minute, then try again.",
        Problem::AlreadyMember => "They are a member already. Change their role in the list.",
        Problem::NobodyHasIt => "Nobody has an account with this e-mail yet. Give their name too, and one is made.",
        Problem::NotARate => "A rate is a whole number from 1 to 1,000,000, or empty for none.",
        Problem::AboveOwnRights => "This role could do more than you can. Choose a lower one.",
        _ => "This cannot be used.",
    }
}

/// Why batches were refused, as the input's page says it; `reason` is a field and a problem.
pub fn reason(reason: &str) -> String {
    let (field, problem_name) = reason.rsplit_once(' ').unwrap_or(("", reason));
    let known = Problem::parse(problem_name);
    let said = known.map_or("refused", problem);
    if field.is_empty() { format!("The batch: {said}") } else { format!("{field}: {said}") }
}

/// What a batch contradicts, and what was made of it.
pub fn data_problem(of: DataProblem) -> &'static str {
    match of {
        DataProblem::AuthorizedWithoutIdfa => "Authorized, with a zero or missing IDFA",
        DataProblem::IdfaUnpermitted => "An IDFA that the status does not permit; kept under Observe only",
        DataProblem::StatusBeforeAtt => "A status from iOS before 14, which knows none",
        DataProblem::StatusElsewhere => "A status for a platform that has none; not stored",
        DataProblem::FlagDisagrees => "The status and limit_ad_tracking disagree",
        DataProblem::AnswerForgotten => "Not determined after an answer, from the same installation",
        DataProblem::BadTimestamp => "A timestamp was zero or below; taken as absent",
        DataProblem::SecondsTimestamp => "A timestamp was in seconds; multiplied",
        DataProblem::FutureTimestamp => "A timestamp was ahead of us; replaced by the time received",
        DataProblem::Stale => "A status came after newer news; not taken",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_become_sentences() {
        assert_eq!(reason("mpid repeated"), "mpid: expected once, found more than once");
        assert_eq!(reason(" too_large"), "The batch: expected at most 128 KB for a batch and 256 KB for a request");
        assert_eq!(reason(" rate_limited"), "The batch: expected fewer requests in a second");
    }
}
