//! What happened, or what to mind.

use crate::ui::prerender::Prerender;
use crate::ui::words::{self, Done};
use leptos::prelude::*;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Done,
    Mind,
    Danger,
}

/// A notice; what was done is announced to screen readers, and reading begins with what went wrong.
pub fn notice(tone: Tone, content: impl IntoView) -> impl IntoView {
    let (class, role) = match tone {
        Tone::Done => ("notice done", Some("status")),
        Tone::Mind => ("notice", None),
        Tone::Danger => ("notice danger", Some("alert")),
    };
    let wrong = tone == Tone::Danger;
    view! { <div class=class role=role tabindex=wrong.then_some("-1") autofocus=wrong>{content}</div> }
}

/// What was just done, or why nothing was.
pub fn done(what: Done) -> impl IntoView {
    match what {
        Done::MadeAlready(_) => notice(Tone::Mind, view! { <p role="status">{words::done(what)}</p> }).prerender(),
        _ => notice(Tone::Done, view! { <p>{words::done(what)}</p> }).prerender(),
    }
}
