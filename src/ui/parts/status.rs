//! A status is never shown by its colour alone: an icon and a word go with it.

use super::icon::{Icon, icon};
use crate::domain::att::{CountedState, Status};
use crate::ui::words;
use leptos::prelude::*;

/// The class that carries a state's colour.
pub fn class(state: CountedState) -> &'static str {
    match state {
        CountedState::Known(Status::Authorized) => "authorized",
        CountedState::Known(Status::Denied) => "denied",
        CountedState::Known(Status::Restricted) => "restricted",
        CountedState::Known(Status::NotDetermined) => "not-determined",
        CountedState::Unknown => "unknown",
        CountedState::NotApplicable => "not-applicable",
    }
}

fn sign(state: CountedState) -> Icon {
    match state {
        CountedState::Known(Status::Authorized) => Icon::Check,
        CountedState::Known(Status::Denied) => Icon::Cross,
        CountedState::Known(Status::Restricted) => Icon::Lock,
        CountedState::Known(Status::NotDetermined) => Icon::Ring,
        CountedState::Unknown | CountedState::NotApplicable => Icon::Question,
    }
}

/// The sign in its colour, without words.
pub fn mark(state: CountedState) -> impl IntoView {
    view! { <span class=format!("mark {}", class(state))>{icon(sign(state))}</span> }
}

/// The sign and the word.
pub fn status(state: CountedState) -> impl IntoView {
    view! { <span class="status">{mark(state)}{words::state(state)}</span> }
}

/// Its name, on a phone a shorter one.
pub fn name(state: CountedState) -> impl IntoView {
    let full = words::state(state);
    view! { <span class="wide-only">{full}</span><abbr class="narrow-only" title=full>{words::short_state(state)}</abbr> }
}

/// A default: a status, or that nothing is assumed.
pub fn default(default: Option<Status>) -> impl IntoView {
    view! { <span class="status">{mark(default.into())}{words::default(default)}</span> }
}
