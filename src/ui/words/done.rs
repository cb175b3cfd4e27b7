//! What was just done, as the page that follows says it.

use serde::{Deserialize, Serialize};

/// An act that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    AccountMade,
    SetUp,
    PasswordSet,
    NameSaved,
    PasswordChanged,
    SessionEnded,
    ResetMailed,
    NoticesRead,
    SecondFactorRemoved,
    SecondFactorDemanded,
    SecondFactorNotDemanded,
    OtherSessionsEnded,
    ThemeSaved,
    AppNamed,
    AnnotationAdded,
    AnnotationRemoved,
    AlertsSaved,
    WeeklyMailOn,
    WeeklyMailOff,
    ViewSaved,
    ViewRemoved,
    RoleChanged,
    MemberRemoved,
    AccountDisabled,
    AccountEnabled,
    OperatorMade,
    OperatorUnmade,
    InvitationRevoked,
    TokenRevoked,
    LimitSaved,
    PlaceholdersSaved,
    OldSecretEnded,
    InputPaused,
    InputResumed,
    SettingsSaved,
    SettingsSame,
    /// Nothing this time: the form was sent before, and that made it.
    MadeAlready(MadeOnce),
}

/// What a form makes once, with a link or a secret that is shown once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MadeOnce {
    Input,
    Token,
    Invitation,
    ResetLink,
    RecoveryCodes,
    Workspace,
}

impl Done {
    /// A second factor is required, or no longer.
    pub fn of_demand(required: bool) -> Self {
        if required { Self::SecondFactorDemanded } else { Self::SecondFactorNotDemanded }
    }
}

/// What was done, in a sentence or two.
pub fn done(what: Done) -> &'static str {
    match what {
        Done::AccountMade => "Your account was created. Sign in with it.",
        Done::SetUp => "Your account and the workspace were created. Sign in to continue.",
        Done::PasswordSet => "Your password was set. Sign in with it.",
        Done::NameSaved => "Name saved.",
        Done::PasswordChanged => "Password changed. Your other sessions have ended.",
        Done::ResetMailed => {
            "The password was taken away, and their sessions have ended. A link by which they choose another is on its way to their e-mail. It works once, within an hour."
        }
        Done::NoticesRead => "Marked as read.",
        Done::SecondFactorRemoved => "Two-factor authentication is off.",
        Done::SecondFactorDemanded => "Two-factor authentication is required from now on.",
        Done::SecondFactorNotDemanded => "Two-factor authentication is no longer required.",
        Done::SessionEnded => "Session ended. That browser is signed out.",
        Done::OtherSessionsEnded => "All other sessions ended.",
        Done::ThemeSaved => "Appearance saved.",
        Done::AppNamed => "Name saved.",
        Done::AnnotationAdded => "Annotation added.",
        Done::AnnotationRemoved => "Annotation removed.",
        Done::ViewSaved => "View saved. Find it under Saved views on each page of metrics.",
        Done::ViewRemoved => "Saved view removed.",
        Done::WeeklyMailOn => "You get this summary by mail each Monday.",
        Done::WeeklyMailOff => "You get no more summaries by mail.",
        Done::AlertsSaved => "Alerts saved.",
        Done::RoleChanged => "Role changed.",
        Done::AccountDisabled => "Account disabled. Its sessions have ended, and its API tokens stopped working.",
        Done::AccountEnabled => "Account enabled. The person can sign in again.",
        Done::OperatorMade => "This person is an operator now.",
        Done::OperatorUnmade => "This person is no longer an operator.",
        Done::MemberRemoved => "Member removed.",
        Done::InvitationRevoked => "Invitation revoked. Its link no longer works.",
        Done::TokenRevoked => "Token revoked. It no longer works.",
        Done::LimitSaved => "Rate limit saved.",
        Done::PlaceholdersSaved => "Use of placeholder ids changed.",
        Done::OldSecretEnded => "The old secret no longer works.",
        Done::InputPaused => "Input paused. Its batches now get error 403.",
        Done::InputResumed => "Input resumed. Its batches are accepted again.",
        Done::SettingsSaved => "Settings saved.",
        Done::SettingsSame => "These settings were already in force. Nothing was changed.",
        Done::MadeAlready(made) => made_already(made),
    }
}

fn made_already(made: MadeOnce) -> &'static str {
    match made {
        MadeOnce::Input => {
            "This form was sent already, and the input was created. Its secret is shown only once. If you did not see it, open the input and rotate the secret."
        }
        MadeOnce::Token => {
            "This form was sent already, and the token was created. It is shown only once. If you did not see it, revoke it and create another."
        }
        MadeOnce::Invitation => {
            "This form was sent already, and the invitation was created. Its link is shown only once. If you did not see it, revoke the invitation and invite again."
        }
        MadeOnce::ResetLink => {
            "This form was sent already, and the link was created. It is shown only once. If you did not see it, create another: the earlier one stops working."
        }
        MadeOnce::RecoveryCodes => {
            "This form was sent already, and the recovery codes were created. They are shown only once. If you did not see them, create new ones."
        }
        MadeOnce::Workspace => {
            "This form was sent already, and the workspace was created. If its Compliance Admin had no account, a link for them was created too, which is shown only once. If you did not see it, create another on the People page."
        }
    }
}
