//! The closed set of what can be refused, as codes; sentences are chosen where they are shown.

use super::closed_list::closed_list;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

closed_list! {
    /// The codes of every interface.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Code {
        BadRequest => "BAD_REQUEST",
        Unauthorized => "UNAUTHORIZED",
        Forbidden => "FORBIDDEN",
        NotFound => "NOT_FOUND",
        Conflict => "CONFLICT",
        Invalid => "INVALID",
        TooLarge => "TOO_LARGE",
        RateLimited => "RATE_LIMITED",
        Unavailable => "UNAVAILABLE",
        Internal => "INTERNAL",
    }
}

/// One error as every interface reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub code: Code,
    /// What was expected, and where; never a value that was sent.
    pub message: String,
}

closed_list! {
    /// What is wrong with a field; never the value that was sent.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Problem {
        NotJson => "not_json",
        /// Packed in a way that is not understood.
        UnknownEncoding => "unknown_encoding",
        /// Said to be packed by gzip, and is not, or not wholly.
        NotGzip => "not_gzip",
        NotAnObject => "not_an_object",
        NotAnArray => "not_an_array",
        NotAString => "not_a_string",
        NotText => "not_text",
        NotAnInteger => "not_an_integer",
        OutOfRange => "out_of_range",
        NotAStatus => "not_a_status",
        NotAnEnvironment => "not_an_environment",
        TooLong => "too_long",
        /// A NUL or a lone surrogate in a string that would be kept.
        Unprintable => "unprintable",
        /// The same key twice in one object.
        Repeated => "repeated",
        TooManyBatches => "too_many_batches",
        NoBatch => "no_batch",
        TooManyAttributes => "too_many_attributes",
        TooLarge => "too_large",
        /// A field that must be there is not, or holds only space.
        Missing => "missing",
        NotOneOf => "not_one_of",
        /// A query parameter that means nothing here.
        UnknownParameter => "unknown_parameter",
        NotAnEmail => "not_an_email",
        NotASlug => "not_a_slug",
        NotABundleId => "not_a_bundle_id",
        Taken => "taken",
        /// Another member's, or Attest's own.
        NameOfAnother => "name_of_another",
        /// A password outside 12 to 128 characters.
        PasswordLength => "password_length",
        PasswordWeak => "password_weak",
        /// The typed name is not the workspace's.
        NotTheName => "not_the_name",
        /// An IDFA without a status or a default, where the policy requires one.
        StatusRequired => "status_required",
        NotARole => "not_a_role",
        NotATimeZone => "not_a_time_zone",
        NotADay => "not_a_day",
        /// A day before those that are kept, to come, or too long before the last one.
        DayOutOfRange => "day_out_of_range",
        /// The first day of a period, where the last one is before it.
        AfterLastDay => "after_last_day",
        /// A threshold that an alert cannot have.
        ThresholdOutOfRange => "threshold_out_of_range",
        /// An e-mail that belongs to no account.
        NobodyHasIt => "nobody_has_it",
        /// A second dimension, where units are grouped by one.
        OneDimension => "one_dimension",
        /// A value that is counted together with others, for there are more than have counters of their own.
        NoCounter => "no_counter",
        LastComplianceAdmin => "last_compliance_admin",
        LastOperator => "last_operator",
        /// Whoever was shown the link to an account's first password may have used it themselves.
        LinkWasShown => "link_was_shown",
        NotThePassword => "not_the_password",
        /// Neither the code that an authenticator app shows, nor a recovery code that was not used.
        NotTheCode => "not_the_code",
        /// A second factor that a workspace or the installation demands.
        SecondFactorDemanded => "second_factor_demanded",
        /// Whoever demands a second factor must have one.
        NoSecondFactor => "no_second_factor",
        /// Guesses that failed slow down the next one.
        TooManyAttempts => "too_many_attempts",
        /// An input has two secrets that are in use: a third would cut senders off.
        OldSecretInUse => "old_secret_in_use",
        /// As many as there may be.
        TooMany => "too_many",
        /// As many as there may be within an hour.
        TooManyForNow => "too_many_for_now",
        AlreadyMember => "already_member",
        AboveOwnRights => "above_own_rights",
        /// A rate that is no whole number from 1 to 1,000,000.
        NotARate => "not_a_rate",
        RateLimited => "rate_limited",
    }
}

/// One fault: the field, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub field: Cow<'static, str>,
    pub problem: Problem,
}

impl Fault {
    pub fn new(field: impl Into<Cow<'static, str>>, problem: Problem) -> Self {
        Self { field: field.into(), problem }
    }

    /// The text under which it is counted: the field, a space, and the problem's name.
    pub fn reason(&self) -> String {
        format!("{} {}", self.field, self.problem.as_str())
    }

    /// Reads that text; `None` for a problem that newer code counted.
    pub fn of_reason(reason: &str) -> Option<Self> {
        let (field, problem) = reason.rsplit_once(' ')?;
        Some(Self::new(field.to_owned(), Problem::parse(problem)?))
    }
}

/// Why an act or a read was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was sent cannot be read.
    BadRequest(Vec<Fault>),
    /// The token or the secret is none of our own.
    Unauthorized,
    /// Nobody is signed in any more.
    SignedOut,
    /// The role does not allow it.
    Forbidden,
    /// The person must prove that it is them once more.
    Unconfirmed,
    /// It needs a second factor, which the person has not set up.
    SecondFactorMissing,
    /// The input does not take anything at present. Senders are not told more than of a wrong secret.
    InputPaused,
    /// Only operators of the installation may.
    OperatorsOnly,
    /// A form that was not sent from a page of ours.
    FromElsewhere,
    /// It does not exist, or not for this person.
    NotFound,
    /// Somebody else changed it first.
    Conflict,
    /// The same form was taken before.
    SentAlready,
    /// It can be read and cannot be done.
    Invalid(Vec<Fault>),
    /// Of a content type that is not JSON's.
    NotJsonType,
    /// More than this many KB, of a body or of an address's query.
    TooLarge(usize),
    /// A body that did not come whole in time.
    CutOff,
    /// Too many requests of one input in this second.
    RateLimited,
    /// More within an hour than anybody may.
    TooManyForNow,
}

impl Refusal {
    pub fn code(&self) -> Code {
        match self {
            Self::BadRequest(_) | Self::NotJsonType | Self::CutOff => Code::BadRequest,
            Self::Unauthorized | Self::SignedOut => Code::Unauthorized,
            Self::Forbidden
            | Self::InputPaused
            | Self::Unconfirmed
            | Self::SecondFactorMissing
            | Self::OperatorsOnly
            | Self::FromElsewhere => Code::Forbidden,
            Self::NotFound => Code::NotFound,
            Self::Conflict | Self::SentAlready => Code::Conflict,
            Self::Invalid(_) => Code::Invalid,
            Self::TooLarge(_) => Code::TooLarge,
            Self::RateLimited | Self::TooManyForNow => Code::RateLimited,
        }
    }

    /// One field that can be read and cannot be accepted.
    pub fn invalid(field: impl Into<Cow<'static, str>>, problem: Problem) -> Self {
        Self::Invalid(vec![Fault::new(field, problem)])
    }
}
