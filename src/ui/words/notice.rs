//! Notices in words, on the page and in mails.

use crate::domain::input::OLD_SECRET_LASTS;
use crate::domain::notice::{MANY_BAD_KEYS, MANY_REFUSALS, MANY_WRONG_CODES, NoticeKind, NoticeState, REFUSED_WITHIN};
use crate::domain::role::Role;
use crate::domain::time::{HOUR, MINUTE};

/// What is told, as a title and a sentence or two; `when` is the day that it is about.
pub fn notice(kind: NoticeKind, state: &NoticeState, when: &str) -> (&'static str, String) {
    let told = |text: &Option<String>| text.clone().unwrap_or_else(|| "somebody".to_owned());
    let who = state.who.clone().unwrap_or_else(|| "Somebody".to_owned());
    let thing = state.thing.clone().unwrap_or_default();
    let workspace = state.workspace.clone().unwrap_or_default();
    match kind {
        NoticeKind::NewBrowser => {
            let browser = super::device(state.browser.as_deref().unwrap_or_default());
            let address = told(&state.address);
            (
                "New sign-in",
                format!(
                    "Somebody signed in to your account from a browser that was not used for it before: {browser}, from {address}. If it was not you, change your password and end the other sessions."
                ),
            )
        }
        NoticeKind::PasswordChanged => {
            ("Password changed", "Your password was changed. If it was not you, contact your Attest operator.".to_owned())
        }
        NoticeKind::ResetMade => (
            "Password reset",
            format!("{who} took your password away and made a link by which you choose another. Your sessions have ended."),
        ),
        NoticeKind::SecondFactorSetUp => (
            "Two-factor authentication on",
            "An authenticator app was set up for your account. If it was not you, contact your Attest operator.".to_owned(),
        ),
        NoticeKind::SecondFactorRemoved => (
            "Two-factor authentication off",
            format!("{who} turned the two-factor authentication of your account off: your password alone is enough."),
        ),
        NoticeKind::SecondFactorDemanded => {
            let of = match &state.workspace {
                Some(workspace) => format!("of the Compliance Admins and Admins of the workspace {workspace}"),
                None => "of the operators of this installation".to_owned(),
            };
            (
                "Two-factor authentication required",
                format!("{who} requires two-factor authentication {of}. You have not set it up: until you do, on your account's page, you cannot go on there."),
            )
        }
        NoticeKind::WrongCodes => (
            "Wrong codes",
            format!("Somebody who knew your password gave {MANY_WRONG_CODES} or more wrong codes within a day. If it was not you, change your password."),
        ),
        NoticeKind::CodeRepeated => (
            "Code used twice",
            "Somebody who knew your password gave a code of your authenticator app that was used before. If it was not you, change your password.".to_owned(),
        ),
        NoticeKind::RecoveryCodesMade => (
            "New recovery codes",
            "New recovery codes were made for your account, and the old ones no longer work. If it was not you, change your password and create others.".to_owned(),
        ),
        NoticeKind::RecoveryCodeUsed => {
            let from = match (&state.browser, &state.address) {
                (Some(browser), Some(address)) => format!(" to sign in, by {} from {address}", super::device(browser)),
                _ => String::new(),
            };
            (
                "Recovery code used",
                format!(
                    "One of your recovery codes was used{from}. If it was not you, change your password and create new codes."
                ),
            )
        }
        NoticeKind::RoleChanged => ("Role changed", role_changed(&who, state)),
        NoticeKind::TokenExpires => (
            "API token expires",
            format!(
                "The API token {thing} of the workspace {workspace} expires on {when} (UTC). Whatever uses it stops working then: create another before."
            ),
        ),
        NoticeKind::SecretOld => (
            "Input secret is old",
            format!(
                "The secret of the input {thing} in the workspace {workspace} has been in use since {when} (UTC). Rotate it: both secrets work for {} hours.",
                OLD_SECRET_LASTS / HOUR
            ),
        ),
        NoticeKind::Alert => {
            let found = state.alert.map(|told| super::alert(told.kind, told.threshold, told.found)).unwrap_or_default();
            ("Alert", format!("In the workspace {workspace}: {found}. See its page Alerts."))
        }
        NoticeKind::ManyRefusals => (
            "Many refusals",
            format!("{who} was refused {MANY_REFUSALS} times within {} minutes. The log of the server names the addresses of the pages.", REFUSED_WITHIN / MINUTE),
        ),
        NoticeKind::ManyBadKeys => {
            let address = told(&state.address);
            ("Many wrong keys", format!("{address} sent {MANY_BAD_KEYS} wrong keys or tokens within {} minutes. The server's log has each.", REFUSED_WITHIN / MINUTE))
        }
    }
}

fn role_changed(who: &str, state: &NoticeState) -> String {
    let role = state.role.as_deref().map(|role| Role::parse(role).map_or("operator", super::role));
    match (&state.workspace, role) {
        (Some(workspace), Some(role)) => format!("{who} made you {role} in the workspace {workspace}."),
        (Some(workspace), None) => format!("{who} removed you from the workspace {workspace}."),
        (None, Some(_)) => format!("{who} made you an operator of this installation."),
        (None, None) => format!("You are no longer an operator of this installation, by {who}."),
    }
}
