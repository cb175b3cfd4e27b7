//! Notices: what a person is told of their account and their workspaces, on their page and by mail.

use super::alert::AlertKind;
use super::closed_list::closed_list;
use super::time::{DAY, MINUTE, Millis};
use serde::{Deserialize, Serialize};

closed_list! {
    /// What somebody is told.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum NoticeKind {
        /// Somebody signed in by a browser that was not known for the account.
        NewBrowser => "new_browser",
        PasswordChanged => "password_changed",
        /// An operator made a link for another password.
        ResetMade => "reset_made",
        SecondFactorSetUp => "second_factor_set_up",
        SecondFactorRemoved => "second_factor_removed",
        /// A second factor is demanded, and they have none.
        SecondFactorDemanded => "second_factor_demanded",
        /// Several wrong codes after the right password.
        WrongCodes => "wrong_codes",
        /// A code of the app was given a second time.
        CodeRepeated => "code_repeated",
        /// Other recovery codes were made.
        RecoveryCodesMade => "recovery_codes_made",
        /// A recovery code was used.
        RecoveryCodeUsed => "recovery_code_used",
        RoleChanged => "role_changed",
        /// An API token is near its end.
        TokenExpires => "token_expires",
        /// An input's secret is old.
        SecretOld => "secret_old",
        /// An alert began to hold.
        Alert => "alert",
        /// One person was refused often.
        ManyRefusals => "many_refusals",
        /// One address sent many wrong keys or tokens.
        ManyBadKeys => "many_bad_keys",
    }
}

/// What a notice says beside its kind; what does not belong to the kind is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NoticeState {
    /// Who did it, or who was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// The role as it is called in the interfaces; none where it was taken away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// The name of a token or an input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing: Option<String>,
    /// When a token ends, or since when a secret is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
    /// The browser as it names itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertTold>,
}

/// What is told of an alert that began to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertTold {
    pub kind: AlertKind,
    /// In the unit of the kind.
    pub threshold: i64,
    /// What was found, in tenths of it.
    pub found: i64,
}

/// So many wrong codes of late are told to their person.
pub const MANY_WRONG_CODES: i64 = 3;
/// So many refusals of one person within [`REFUSED_WITHIN`] are told to operators.
pub const MANY_REFUSALS: u32 = 20;
/// And so many wrong keys and tokens from one address.
pub const MANY_BAD_KEYS: u32 = 100;
/// Within how long refusals add up, in milliseconds.
pub const REFUSED_WITHIN: i64 = 10 * MINUTE;
/// How long a notice is kept, in milliseconds.
pub const KEPT_NOTICES: i64 = 90 * DAY;
/// An input's secret is old after this.
pub const SECRET_OLD: i64 = 365 * DAY;
/// How long before a token's end its people are told, and told again.
pub const TOKEN_EXPIRES: [i64; 2] = [14 * DAY, 3 * DAY];
