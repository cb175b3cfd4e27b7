//! Overview without a figure to draw: what that means, and what to do next.

use super::Empty;
use crate::domain::count::Unit;
use crate::domain::platform::Platform;
use crate::ui::prerender::Prerender;
use crate::ui::words;
use leptos::prelude::*;

pub fn nothing_yet(page: Empty) -> impl IntoView {
    let advice = match (page.has_input, page.may_add_input) {
        (true, _) => view! {
            <p>"Send the first event with the curl on an input's page. It appears here within two seconds."</p>
            <p><a class="button primary" href=page.inputs>"Open the inputs"</a></p>
        }
        .prerender(),
        (false, true) => view! {
            <p>"Attest learns statuses from your app's events. Create an input to get a key, a secret and a curl that is ready to run."</p>
            <p><a class="button primary" href=page.inputs>"Create input"</a></p>
        }
        .prerender(),
        (false, false) => view! { <p>"Attest learns statuses from your app's events. Ask an Admin to create an input first."</p> }.prerender(),
    };
    let development = page.development.map(|(seen, address)| {
        view! { <p class="notice">{seen}" "<a href=address>"Show development"</a></p> }
    });
    view! { <section class="card empty"><h2>"Nothing has been counted here yet"</h2>{development}{advice}</section> }
}

pub fn no_apple(platform: Option<Platform>, unit: Unit) -> impl IntoView {
    let units = words::units(unit);
    let (title, text) = match platform {
        Some(platform) => (
            format!("App Tracking Transparency does not apply to {}", words::platform(platform)),
            format!("These {units} have no ATT status, and the default does not apply to them."),
        ),
        None => (
            format!("No Apple {units} yet"),
            format!(
                "App Tracking Transparency applies to iOS and tvOS only. The {units} seen so far are on other platforms and have no ATT status."
            ),
        ),
    };
    view! { <section class="card empty"><h2>{title}</h2><p>{text}</p></section> }
}
