//! What opens beside its button, over all else on the page. The browser closes it, by Escape and by a press elsewhere; no
//! script is needed.

use crate::ui::prerender::{InertElement, Prerender};
use leptos::prelude::*;

/// How a script asks for what the page shows.
pub fn by_api(curl: String) -> InertElement {
    popover("by-api", "as-link", "By API", view! { <pre class="copy" tabindex="0">{curl}</pre> })
}

/// A button of this class, and what it opens; `id` is its own on the page.
pub fn popover(id: &str, class: &'static str, button: impl IntoView, content: impl IntoView) -> InertElement {
    view! {
        <button type="button" class=class popovertarget=id.to_owned()>{button.prerender()}</button>
        <div popover="auto" class="popover" id=id.to_owned()>{content.prerender()}</div>
    }
    .prerender()
}
