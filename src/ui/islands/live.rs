//! The Overview's counts follow the server while the page is visible.

use super::counts::{Fragment, Over, counts_since};
use super::replace::replace;
use crate::ui::words;
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
    /// Asking again would not help.
    Ended(Over),
}

/// Asks for the counts again and again, and puts the HTML of the answer into the element with the id `target`.
#[island]
pub fn LiveCounts(
    /// The workspace's slug.
    workspace: String,
    /// The page's own filters, as the query of its address.
    filters: String,
    /// Whether the page has its filter among the counts.
    with_filter: bool,
    /// The id of the element whose content they replace.
    target: String,
    /// The tag of what the page shows already.
    tag: String,
) -> impl IntoView {
    let page = format!("/w/{workspace}/overview{filters}");
    let following = RwSignal::new(Following::NotYet);
    let tag = StoredValue::new(tag);
    let asking = StoredValue::new(false);
    let ask = move || {
        if asking.get_value() || matches!(following.get_untracked(), Following::Ended(_)) || document().hidden() {
            return;
        }
        asking.set_value(true);
        let (workspace, filters, target) = (workspace.clone(), filters.clone(), target.clone());
        leptos::task::spawn_local(async move {
            let now = match counts_since(workspace, filters, with_filter, tag.get_value()).await {
                Ok(None) => Following::Live,
                Ok(Some(Fragment { html, tag: new })) => {
                    replace(&target, &html);
                    tag.set_value(new);
                    Following::Live
                }
                Err(refused) => match refused.over() {
                    Some(over) => {
                        // What may not be seen any more does not stay on the page.
                        replace(&target, "");
                        Following::Ended(over)
                    }
                    None => Following::Away,
                },
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
    let said = move || match following.get() {
        Following::NotYet | Following::Ended(_) => "",
        Following::Live => "Live",
        Following::Away => "Server not reachable; retrying",
    };
    let state = move || match following.get() {
        Following::NotYet => "live",
        Following::Live => "live on",
        Following::Away | Following::Ended(_) => "live off",
    };
    let ended = move || {
        let (said, leads, link) = match following.get() {
            // The page itself leads to the sign-in page, and that one back to it.
            Following::Ended(Over::Session) => (words::SIGNED_OUT, page.clone(), words::SIGN_IN_AGAIN),
            Following::Ended(Over::Access) => (words::NO_ACCESS, "/".to_owned(), words::YOUR_WORKSPACES),
            _ => return None,
        };
        Some(view! { {said}" "<a href=leads>{link}</a> })
    };
    view! { <span class=state role="status">{said}{ended}</span> }
}
