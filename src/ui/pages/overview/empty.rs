//! Overview without a figure to draw: what that means, and what to do next.

use super::{Empty, FirstStep};
use crate::domain::count::Unit;
use crate::domain::platform::Platform;
use crate::ui::parts::icon::{Icon, icon};
use crate::ui::prerender::Prerender;
use crate::ui::words;
use leptos::prelude::*;

pub fn nothing_yet(page: Empty) -> impl IntoView {
    let step = |step: FirstStep| {
        let (mark, state) = if step.is_done { (Icon::Check, "Done: ") } else { (Icon::Ring, "To do: ") };
        let words = match step.address.filter(|_| !step.is_done) {
            Some(address) => view! { <a href=address><b>{step.title}</b></a> }.prerender(),
            None => view! { <b>{step.title}</b> }.prerender(),
        };
        view! {
            <li class=step.is_done.then_some("done")>
                {icon(mark)}
                <div><span class="hidden">{state}</span>{words}<br /><span class="muted">{step.about}</span></div>
            </li>
        }
    };
    let development = page.development.map(|(seen, address)| {
        view! { <p class="notice">{seen}" "<a href=address>"Show development"</a></p> }
    });
    let steps = (!page.steps.is_empty()).then(|| {
        view! {
            <p>"Attest learns statuses from your app’s events. What is left to do:"</p>
            <ol class="steps">{page.steps.into_iter().map(step).collect_view()}</ol>
        }
    });
    view! {
        <section class="card empty">
            <h2>"Nothing has been counted here yet"</h2>
            {development}
            {steps}
        </section>
    }
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
