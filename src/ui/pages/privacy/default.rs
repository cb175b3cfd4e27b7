//! The form of the default ATT status, with the effect of each choice in numbers.

use super::{AppEffect, ChoiceEffect, NONE, PrivacySettings, StateEffect, choices as every_choice};
use crate::domain::att::Status;
use crate::ui::parts::field::{Field, field, summary};
use crate::ui::parts::status;
use crate::ui::prerender::Prerender;
use crate::ui::words;
use leptos::prelude::*;

const LABELS: [(&str, &str); 3] = [("status", "Default"), ("reason", "Reason"), ("confirm", "Workspace name")];

fn value(choice: Option<Status>) -> &'static str {
    choice.map_or(NONE, Status::as_str)
}

pub(super) fn default_form(page: &PrivacySettings) -> impl IntoView + use<> {
    let (in_force, chosen) = (page.frame.default, page.chosen);
    let choices = every_choice().map(|choice| {
        let (apple, effect) = words::choice(choice);
        let current = (choice == in_force).then(|| view! { <span class="tag">"In force"</span> });
        view! {
            <label class=format!("choice {}", status::class(choice.into()))>
                <input type="radio" name="status" id=format!("choice-{}", value(choice)) value=value(choice) checked=choice == chosen />
                <b>{status::default(choice)}{current}</b>
                <span>{apple}</span>
                <span>{effect}</span>
            </label>
        }
    });
    let effects = page.effects.iter().map(|effect| effect_of(effect, in_force)).collect_view();
    let labels = every_choice().map(|choice| {
        let class = format!("for-{}", value(choice));
        let words = match choice {
            Some(status) => format!("Set default to {}", words::status(status)),
            None => "Set no default".to_owned(),
        };
        view! { <span class=class>{words}</span> }
    });
    let reason = Field {
        name: "reason",
        label: "Reason",
        help: Some("Who decided this, and where it is documented. Recorded in the audit log with your name."),
        rows: Some(3),
        value: page.reason.clone(),
        ..Field::default()
    };
    let confirm = Field {
        name: "confirm",
        label: "Type the workspace's name to confirm",
        help: Some("With Authorized, advertising ids are kept and sent out although the user never answered."),
        ..Field::default()
    };
    let workspace = page.frame.workspace.clone();
    view! {
        <form method="post" class="card default-form" novalidate>
            <header>
                <h2>"Status for Apple devices that never reported one"</h2>
                <p class="muted">"A reported status always takes precedence."</p>
            </header>
            {summary(&page.faults, &LABELS)}
            <input type="hidden" name="form" value="default" />
            <input type="hidden" name="version" value=page.frame.version.to_string() />
            <fieldset class="choices" id="status"><legend class="hidden">"Default ATT status"</legend>{choices.collect_view()}</fieldset>
            <div class="two">
                <section class="stack" aria-label="What this change would do">{effects}{affected(page)}</section>
                <div class="stack">
                    {field(reason, &page.faults)}
                    <div class="for-authorized-only">
                        <p class="muted">"The workspace's name is "<b>{workspace}</b>"."</p>
                        {field(confirm, &page.faults)}
                    </div>
                    <button class="button primary submit-default">{labels.collect_view()}</button>
                </div>
            </div>
        </form>
    }
}

fn effect_of(effect: &ChoiceEffect, in_force: Option<Status>) -> impl IntoView + use<> {
    let class = format!("effect for-{}", value(effect.choice));
    if effect.choice == in_force {
        let nothing =
            view! { <h3>"What this change would do"</h3><p class="muted">"Nothing: this is already in force."</p> };
        return view! { <div class=class>{nothing}</div> }.prerender();
    }
    let becomes = match effect.choice {
        Some(status) => format!("would count as {}", words::status(status)),
        None => "would count as Unknown".to_owned(),
    };
    let consequence = match effect.choice {
        Some(Status::Authorized) => {
            "Their advertising ids would be kept and could be sent to partners, although none of these users ever allowed it. Apple can remove an app from the App Store for that."
        }
        Some(_) => "Under Withhold, advertising ids they send would be removed before they are stored.",
        None => "Under Withhold, their advertising ids would be kept below iOS 14.5 and removed from 14.5 on.",
    };
    let tone = if effect.choice == Some(Status::Authorized) { "notice danger" } else { "notice" };
    let states = effect.states.iter().cloned().map(|StateEffect { state, now, after, change }| {
        view! {
            <tr>
                <th scope="row">{status::status(state)}</th>
                <td class="n">{now}</td><td class="n">{after}</td><td class="n">{change}</td>
            </tr>
        }
    });
    view! {
        <div class=class>
            <h3>"What this change would do"</h3>
            <p class=tone>
                <b>{format!("{} that never answered {becomes}. ", words::profiles_on_devices(&effect.profiles, &effect.devices))}</b>
                {consequence}
            </p>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Effective, production profiles"</th>
                        <th scope="col" class="n">"Now"</th><th scope="col" class="n">"After"</th><th scope="col" class="n">"Change"</th>
                    </tr>
                </thead>
                <tbody>{states.collect_view()}</tbody>
            </table>
        </div>
    }
    .prerender()
}

/// Whom every choice but the one in force would change, which is the same for all of these.
fn affected(page: &PrivacySettings) -> impl IntoView + use<> {
    let choices = every_choice().filter(|choice| *choice != page.frame.default);
    let class = choices.fold("effect".to_owned(), |class, choice| format!("{class} for-{}", value(choice)));
    let apps = page.apps.rows.iter().cloned().map(|AppEffect { app, profiles, devices }| {
        view! { <tr><th scope="row">{app}</th><td class="n">{profiles}</td><td class="n">{devices}</td></tr> }
    });
    let more = (page.apps.more > 0)
        .then(|| view! { <p class="muted">{format!("And {} smaller apps.", words::number(page.apps.more))}</p> });
    let apps = (!page.apps.rows.is_empty()).then(|| view! {
        <table>
            <thead><tr><th scope="col">"Affected, by app"</th><th scope="col" class="n">"Profiles"</th><th scope="col" class="n">"Devices"</th></tr></thead>
            <tbody>{apps.collect_view()}</tbody>
        </table>
    });
    let development = page.development.clone().map(|words| view! { <p class="muted">{words}</p> });
    let has_any = apps.is_some() || development.is_some();
    has_any.then(|| view! { <div class=class>{apps}{more}{development}</div> })
}
