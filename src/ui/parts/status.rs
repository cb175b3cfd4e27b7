//! A status is never shown by its colour alone: an icon and a word go with it.

use super::icon::{Icon, icon};
use crate::domain::att::{State, Status};
use crate::ui::words;
use leptos::prelude::*;

/// The class that carries a state's colour.
pub fn class(state: State) -> &'static str {
    match state {
        State::Known(Status::Authorized) => "authorized",
        State::Known(Status::Denied) => "denied",
        State::Known(Status::Restricted) => "restricted",
        State::Known(Status::NotDetermined) => "not-determined",
        State::Unknown => "unknown",
        State::NotApplicable => "not-applicable",
    }
}

fn sign(state: State) -> Icon {
    match state {
        State::Known(Status::Authorized) => Icon::Check,
        State::Known(Status::Denied) => Icon::Cross,
        State::Known(Status::Restricted) => Icon::Lock,
        State::Known(Status::NotDetermined) => Icon::Ring,
        State::Unknown | State::NotApplicable => Icon::Question,
    }
}

/// The sign in its colour, without words.
pub fn mark(state: State) -> impl IntoView {
    view! { <span class=format!("mark {}", class(state))>{icon(sign(state))}</span> }
}

/// The sign and the word.
pub fn status(state: State) -> impl IntoView {
    view! { <span class="status">{mark(state)}{words::state(state)}</span> }
}

/// A default: a status, or that nothing is assumed.
pub fn default(default: Option<Status>) -> impl IntoView {
    view! { <span class="status">{mark(default.into())}{words::default(default)}</span> }
}
