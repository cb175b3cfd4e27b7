//! What happened, or what to mind.

use leptos::prelude::*;

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Done,
    Mind,
    Danger,
}

/// A notice; what was done is announced to screen readers.
pub fn notice(tone: Tone, content: impl IntoView) -> impl IntoView {
    let (class, role) = match tone {
        Tone::Done => ("notice done", Some("status")),
        Tone::Mind => ("notice", None),
        Tone::Danger => ("notice danger", Some("alert")),
    };
    view! { <div class=class role=role>{content}</div> }
}
