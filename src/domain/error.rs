//! The closed set of what can be refused, as codes; sentences are chosen where they are shown.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The codes of every interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    Invalid,
    TooLarge,
    RateLimited,
    Unavailable,
    Internal,
}

impl Code {
    pub const ALL: [Self; 10] = [
        Self::BadRequest,
        Self::Unauthorized,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::Invalid,
        Self::TooLarge,
        Self::RateLimited,
        Self::Unavailable,
        Self::Internal,
    ];
}

/// One error as every interface reports it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub code: Code,
    /// What was expected, and where; never a value that was sent.
    pub message: String,
}

/// What is wrong with a field; never the value that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    NotJson,
    NotAnObject,
    NotAnArray,
    NotAString,
    NotText,
    NotAnInteger,
    OutOfRange,
    NotAStatus,
    NotAnEnvironment,
    TooLong,
    /// A NUL or a lone surrogate in a string that would be kept.
    Unprintable,
    /// The same key twice in one object.
    Repeated,
    TooManyBatches,
    NoBatch,
    TooManyAttributes,
    TooLarge,
    /// A field that must be there is not, or holds only space.
    Missing,
    NotOneOf,
    /// A query parameter that means nothing here.
    UnknownParameter,
    NotAnEmail,
    NotASlug,
    NotABundleId,
    Taken,
    /// A password outside 12 to 128 characters.
    PasswordLength,
    PasswordWeak,
    /// The typed name is not the workspace's.
    NotTheName,
    /// An IDFA without a status or a default, where the policy requires one.
    StatusRequired,
    NotARole,
    NotATimeZone,
    /// An e-mail that belongs to no account.
    NobodyHasIt,
    /// A second dimension, where units are taken apart by one.
    OneDimension,
    LastComplianceAdmin,
    NotThePassword,
    /// Guesses that failed slow down the next one.
    TooManyAttempts,
    AlreadyMember,
    AboveOwnRights,
    /// A rate that is no whole number from 1 to 1,000,000.
    NotARate,
    RateLimited,
}

impl Problem {
    /// The name under which it is counted and told.
    pub fn as_str(self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(name)) => name,
            _ => format!("{self:?}"),
        }
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
}

/// Why an act or a read was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was sent cannot be read.
    BadRequest(Vec<Fault>),
    /// Nobody is signed in, or the token is none of ours.
    Unauthorized,
    /// The role does not allow it.
    Forbidden,
    /// It does not exist, or not for this person.
    NotFound,
    /// Somebody else changed it first.
    Conflict,
    /// It can be read and cannot be done.
    Invalid(Vec<Fault>),
    TooLarge,
    /// Too many requests of one input in this second.
    RateLimited,
}

impl Refusal {
    pub fn code(&self) -> Code {
        match self {
            Self::BadRequest(_) => Code::BadRequest,
            Self::Unauthorized => Code::Unauthorized,
            Self::Forbidden => Code::Forbidden,
            Self::NotFound => Code::NotFound,
            Self::Conflict => Code::Conflict,
            Self::Invalid(_) => Code::Invalid,
            Self::TooLarge => Code::TooLarge,
            Self::RateLimited => Code::RateLimited,
        }
    }

    /// One field that can be read and cannot be accepted.
    pub fn invalid(field: impl Into<Cow<'static, str>>, problem: Problem) -> Self {
        Self::Invalid(vec![Fault::new(field, problem)])
    }
}
