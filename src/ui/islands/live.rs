//! The Overview's counts follow the server while the page is visible.

use leptos::prelude::*;
use std::time::Duration;

/// How often a visible page asks; with the answer's own time this keeps it under two seconds.
const EVERY: Duration = Duration::from_millis(1000);

/// Whether what is shown is what the server has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Following {
    /// Before the first answer, and in pages without script.
    NotYet,
    Live,
    /// The server did not answer; it is asked again.
    Away,
    /// The session is over: asking again would not help.
    SignedOut,
}

/// Asks `address` again and again, and puts the HTML it answers into the element with the id `target`.
#[island]
pub fn LiveCounts(
    /// Where the counts are served, with the page's own filters.
    address: String,
    /// The id of the element whose content they replace.
    target: String,
    /// The entity tag of what the page shows already.
    tag: String,
) -> impl IntoView {
    let following = RwSignal::new(Following::NotYet);
    let tag = StoredValue::new(tag);
    let asking = StoredValue::new(false);
    let ask = move || {
        if asking.get_value() || following.get_untracked() == Following::SignedOut || document().hidden() {
            return;
        }
        asking.set_value(true);
        let (address, target) = (address.clone(), target.clone());
        leptos::task::spawn_local(async move {
            let now = match super::fetch::changed(&address, &tag.get_value()).await {
                Ok(super::fetch::Answer::Same) => Following::Live,
                Ok(super::fetch::Answer::Changed { html, tag: new }) => {
                    super::fetch::show(&target, &html);
                    tag.set_value(new);
                    Following::Live
                }
                Ok(super::fetch::Answer::SignedOut) => {
                    // What may not be seen any more is not left standing.
                    super::fetch::show(&target, "");
                    Following::SignedOut
                }
                Err(_) => Following::Away,
            };
            if following.get_untracked() != now {
                following.set(now);
            }
            asking.set_value(false);
        });
    };
    Effect::new(move |_| {
        let ask = ask.clone();
        ask();
        set_interval(ask, EVERY);
    });
    let words = move || match following.get() {
        Following::NotYet => "",
        Following::Live => "Live",
        Following::Away => "Not reached; asking again",
        Following::SignedOut => "No longer signed in; reload the page",
    };
    let state = move || match following.get() {
        Following::NotYet => "live",
        Following::Live => "live on",
        Following::Away | Following::SignedOut => "live off",
    };
    view! { <span class=state role="status">{words}</span> }
}
