//! Jobs: what the server does by itself.

use super::closed_list::closed_list;
use super::retention::Aging;
use super::time::{DAY, HOUR, MINUTE};

/// A job that was due so many milliseconds ago is late. A process that has just begun lets some wait for ten minutes.
pub const LATE: i64 = 15 * MINUTE;
/// How many milliseconds a process has a job without a sign of life, and a step may take.
pub const LEASE: i64 = 2 * MINUTE;

closed_list! {
    /// The kinds of jobs. Those of the installation are there once, the others in each workspace.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum JobKind {
        /// Removes sessions, links, forms and failures that are over.
        Tidying => "tidying",
        /// Writes failed sign-ins into the log, once their quarter of an hour has closed.
        SignInFailures => "sign_in_failures",
        /// Writes how often tokens read profiles into the log, once the minute has closed.
        TokenReads => "token_reads",
        /// Signs where the chains of the log end, and sends that away.
        Checkpoints => "checkpoints",
        /// Sends mails that wait, and notices.
        Mail => "mail",
        /// Tells people of tokens that end and secrets that are old.
        Notices => "notices",
        /// Removes samples that are too old, and answers of explorations.
        Samples => "samples",
        /// Takes silent devices without an id out of the counts.
        Retirement => "retirement",
        /// Removes old changes of statuses.
        Transitions => "transitions",
        /// Adds old days up.
        Days => "days",
        /// Removes what happened on old days.
        Flows => "flows",
        /// Removes old data problems, and sums up those of days that are over.
        DataProblems => "data_problems",
        /// Removes old ids of requests, and those that are too many.
        RequestIds => "request_ids",
        /// Looks which versions of apps came out.
        Releases => "releases",
        /// Looks whether alerts hold, and tells of those that begin to.
        Alerts => "alerts",
        /// Mails the summary of a week once it is over, to those who asked for it.
        WeeklyMails => "weekly_mails",
        /// Counts devices for questions that no counter answers; there only while somebody waits for an answer.
        Exploration => "exploration",
        /// Erases advertising ids that the settings withhold; there only while an erasure waits or runs.
        Erasure => "erasure",
    }
}

closed_list! {
    /// What the end of a job has to say.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum JobNote {
        /// There were more ids of requests than may be kept: they are remembered for less than they should be.
        TooManyRequestIds => "too_many_request_ids",
        /// Where a chain of the log ends was not signed, for it was changed past Attest.
        ChainNotSigned => "chain_not_signed",
        /// The mail server did not take some mails.
        MailsNotTaken => "mails_not_taken",
    }
}

/// Whether something of a job is left to do after a step of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStep {
    More,
    Done(Option<JobNote>),
}

impl JobKind {
    pub fn is_of_installation(self) -> bool {
        matches!(self, Self::Tidying | Self::SignInFailures | Self::TokenReads | Self::Checkpoints | Self::Mail)
    }

    /// Whether it removes for good what nobody could make again.
    pub fn removes(self) -> bool {
        match self {
            Self::Tidying
            | Self::SignInFailures
            | Self::TokenReads
            | Self::Checkpoints
            | Self::Mail
            | Self::Releases
            | Self::Alerts
            | Self::WeeklyMails
            | Self::Exploration
            | Self::Notices => false,
            Self::Samples
            | Self::Retirement
            | Self::Transitions
            | Self::Days
            | Self::Flows
            | Self::DataProblems
            | Self::RequestIds
            | Self::Erasure => true,
        }
    }

    /// How long after its end it begins again, in milliseconds; `None` for one that is over then.
    pub const fn every(self) -> Option<i64> {
        match self {
            Self::Tidying | Self::SignInFailures | Self::TokenReads | Self::Mail => Some(MINUTE),
            // A batch that is missing for an hour is missed by now.
            Self::Alerts => Some(5 * MINUTE),
            Self::Samples | Self::RequestIds => Some(10 * MINUTE),
            Self::Retirement | Self::Checkpoints | Self::Notices | Self::Releases | Self::WeeklyMails => Some(HOUR),
            Self::Transitions | Self::Days | Self::Flows | Self::DataProblems => Some(DAY),
            Self::Exploration | Self::Erasure => None,
        }
    }

    /// What it removes for its age.
    pub fn ages(self) -> Option<Aging> {
        Aging::ALL.into_iter().find(|aging| aging.as_str() == self.as_str())
    }

    /// How long after so many failures in a row it is tried again, in milliseconds. Links in mails last an hour.
    pub fn tried_again_after(self, failures: i64) -> i64 {
        let longest = if self == Self::Mail { 5 * MINUTE } else { HOUR };
        (MINUTE << (failures - 1).clamp(0, 6)).min(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_ages_has_a_job() {
        let aged: Vec<Aging> = JobKind::ALL.into_iter().filter_map(JobKind::ages).collect();
        assert_eq!(aged.len(), Aging::ALL.len());
    }

    #[test]
    fn what_fails_is_tried_again_ever_later_up_to_an_hour() {
        let minutes = [1, 2, 6, 7, 60].map(|failures| JobKind::Tidying.tried_again_after(failures) / MINUTE);
        assert_eq!(minutes, [1, 2, 32, 60, 60]);
        assert_eq!(JobKind::Mail.tried_again_after(60), 5 * MINUTE);
    }
}
