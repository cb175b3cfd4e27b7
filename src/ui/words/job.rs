//! Jobs in words.

use crate::domain::job::{JobKind, JobNote};

pub fn job(kind: JobKind) -> &'static str {
    match kind {
        JobKind::Tidying => "Remove ended sessions, links and forms",
        JobKind::SignInFailures => "Log failed sign-ins",
        JobKind::TokenReads => "Log reads by API tokens",
        JobKind::Checkpoints => "Sign the audit log’s checkpoints and send them away",
        JobKind::Mail => "Send mails and notices",
        JobKind::Notices => "Tell of expiring tokens and old secrets",
        JobKind::Samples => "Remove old samples",
        JobKind::Retirement => "Take silent devices without ids out of the counts",
        JobKind::Transitions => "Remove old status changes",
        JobKind::Days => "Sum up old daily counts",
        JobKind::Flows => "Remove old daily changes of status",
        JobKind::DataProblems => "Sum up and remove old data problems",
        JobKind::RequestIds => "Remove old request ids",
        JobKind::Releases => "Look which app versions came out",
        JobKind::Alerts => "Look whether alerts hold",
        JobKind::WeeklyMails => "Mail weekly summaries",
        JobKind::Exploration => "Count devices for a question",
        JobKind::Erasure => "Erase withheld advertising ids",
    }
}

pub fn job_note(note: JobNote) -> &'static str {
    match note {
        JobNote::ChainNotSigned => {
            "A chain of the audit log was changed past Attest, and is not signed any more: attest audit verify says which, and where"
        }
        JobNote::MailsNotTaken => {
            "The mail server did not take some mails; they are tried again as long as they are of use. The server's log says why"
        }
        JobNote::TooManyRequestIds => {
            "More request ids came than are kept (ATTEST_KEEP_REQUEST_IDS): they are remembered for a shorter time, and a request that is repeated after it counts twice"
        }
    }
}

/// Why a job failed, as it was noted.
pub fn job_error(noted: String) -> String {
    format!("Last failure: {noted}")
}
