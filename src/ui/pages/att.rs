//! Privacy settings: the default ATT status and the IDFA policy, with what a change would do before it is saved.

use crate::domain::att::{Policy, State, Status};
use crate::ui::frame::{Frame, Place, frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::{Tone, notice};
use crate::ui::parts::status;
use crate::ui::words::{self, Moment};
use leptos::prelude::*;

/// The radio's value for no default.
pub const NONE: &str = "none";

/// The five choices, in the order of the page.
pub const CHOICES: [Option<Status>; 5] =
    [Some(Status::Authorized), Some(Status::Denied), Some(Status::Restricted), Some(Status::NotDetermined), None];

#[derive(Clone, Debug)]
pub struct AttSettings {
    pub frame: Frame,
    pub changed_by: String,
    pub changed_at: Moment,
    pub may_change: bool,
    /// The choice shown as taken: what is in force, or what was sent.
    pub chosen: Option<Status>,
    pub chosen_policy: Policy,
    pub reason: String,
    pub policy_reason: String,
    pub effects: Vec<Effect>,
    /// How many devices have no status, in development.
    pub development: String,
    pub outcome: Outcome,
    /// The faults of the form that was sent, and which of the two it was.
    pub faults: Faults,
    pub policy_faults: Faults,
    pub admins: Vec<String>,
    pub history: Vec<HistoryRow>,
}

/// What happened before this page was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Nothing,
    /// The version now in force, which was just made.
    Saved,
    /// The values were in force already.
    Same,
    /// Somebody else's change, which came first.
    Conflict,
}

/// What one choice would do in production, in figures as the reader may see them.
#[derive(Clone, Debug)]
pub struct Effect {
    pub choice: Option<Status>,
    pub profiles: String,
    pub devices: String,
    /// The states that change: words, now, after, change.
    pub states: Vec<(State, String, String, String)>,
    /// Each app, and how many of its profiles and devices change.
    pub apps: Vec<(String, String, String)>,
}

#[derive(Clone, Debug)]
pub struct HistoryRow {
    pub version: i64,
    pub at: Moment,
    pub by: String,
    pub reason: String,
    pub change: String,
    pub moved: Option<String>,
}

const LABELS: [(&str, &str); 4] =
    [("reason", "Reason"), ("confirm", "The workspace's name"), ("status", "Default"), ("idfa_policy", "IDFA policy")];

pub fn att(page: AttSettings) -> impl IntoView {
    let made_by = if page.frame.version == 1 {
        "made with the workspace".to_owned()
    } else {
        format!("set by {}", page.changed_by)
    };
    let only = if page.may_change { "" } else { " Only Compliance Admins can change this page." };
    let outcome = outcome(&page);
    let forms = if page.may_change {
        view! { {default_form(&page)}{policy_form(&page)} }.into_any()
    } else {
        read_only(&page).into_any()
    };
    let content = view! {
        <div class="head">
            <div>
                <h1>"Privacy settings"</h1>
                <p class="muted">
                    {format!("Version {}, {made_by} on ", page.frame.version)}{moment(page.changed_at.clone())}"."{only}
                </p>
            </div>
        </div>
        {outcome}
        {forms}
        {people(&page)}
        {history(&page)}
    };
    frame(page.frame, content)
}

fn outcome(page: &AttSettings) -> Option<AnyView> {
    let audit = page.frame.address(Place::Audit);
    let latest = page.history.first().cloned();
    match (&page.outcome, latest) {
        (Outcome::Nothing, _) | (_, None) => None,
        (Outcome::Saved, Some(latest)) => Some(notice(Tone::Done, view! {
            <p>
                <b>{latest.change}</b>{format!(", version {}, in force since ", latest.version)}{moment(latest.at)}
                ". Every read shows it now. "<a href=audit>"See the audit log"</a>
            </p>
        }).into_any()),
        (Outcome::Same, _) => Some(notice(Tone::Mind, view! { <p>"This was in force already; nothing was changed."</p> }).into_any()),
        (Outcome::Conflict, Some(latest)) => Some(notice(Tone::Danger, view! {
            <p>
                <b>"Somebody else changed the settings first; yours were not saved."</b>" "
                {latest.by.clone()}", "{moment(latest.at)}": "<b>{latest.change}</b>" – “"{latest.reason}"”. "
                "Look at the effect below again, then decide."
            </p>
        }).into_any()),
    }
}

fn value(choice: Option<Status>) -> &'static str {
    choice.map_or(NONE, Status::as_str)
}

fn default_form(page: &AttSettings) -> impl IntoView + use<> {
    let (in_force, chosen) = (page.frame.default, page.chosen);
    let choices = CHOICES.map(|choice| {
        let (apple, effect) = words::choice(choice);
        let current = (choice == in_force).then(|| view! { <span class="tag">"in force"</span> });
        view! {
            <label class=format!("choice {}", status::class(choice.into()))>
                <input type="radio" name="status" id=format!("choice-{}", value(choice)) value=value(choice) checked=choice == chosen />
                <b>{status::default(choice)}{current}</b>
                <span>{apple}</span>
                <span>{effect}</span>
            </label>
        }
    });
    let effects = page.effects.iter().map(|effect| effect_of(effect, in_force, &page.development)).collect_view();
    let labels = CHOICES.map(|choice| {
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
        help: Some("Who decided it, and where that is written down. Kept in the audit log with your name."),
        rows: Some(3),
        value: page.reason.clone(),
        ..Field::default()
    };
    let confirm = Field {
        name: "confirm",
        label: "Type the workspace's name to confirm",
        help: Some("Authorized is the one choice that lets advertising ids through without anybody's answer."),
        ..Field::default()
    };
    let workspace = page.frame.workspace.clone();
    view! {
        <form method="post" class="card default-form" novalidate>
            <header>
                <h2>"Status for Apple devices that never reported one"</h2>
                <p class="muted">"A reported status always wins."</p>
            </header>
            {summary(&page.faults, &LABELS)}
            <input type="hidden" name="form" value="default" />
            <input type="hidden" name="version" value=page.frame.version.to_string() />
            <fieldset class="choices" id="status"><legend class="hidden">"Default ATT status"</legend>{choices.collect_view()}</fieldset>
            <div class="two">
                <section class="effects" aria-label="What this change would do">{effects}</section>
                <div class="stack">
                    {field(reason, &page.faults)}
                    <div class="for-authorized-only">
                        <p class="muted">"The workspace is called "<b>{workspace}</b>"."</p>
                        {field(confirm, &page.faults)}
                    </div>
                    <button class="button primary submit-default">{labels.collect_view()}</button>
                </div>
            </div>
        </form>
    }
}

fn effect_of(effect: &Effect, in_force: Option<Status>, development: &str) -> impl IntoView + use<> {
    let class = format!("effect for-{}", value(effect.choice));
    if effect.choice == in_force {
        let nothing = view! { <h3>"What this change would do"</h3><p class="muted">"Nothing: this is in force."</p> };
        return view! { <div class=class>{nothing}</div> }.into_any();
    }
    let becomes = match effect.choice {
        Some(status) => format!("would count as {}", words::status(status)),
        None => "would be unknown again".to_owned(),
    };
    let consequence = match effect.choice {
        Some(Status::Authorized) => {
            "From then on their advertising ids would be kept and could leave for partners, though none of these users ever allowed it. Apple can remove an app from the App Store for that."
        }
        Some(_) => "Under Withhold, advertising ids they send would be removed before they are stored.",
        None => "Under Withhold, their advertising ids would be kept below iOS 14.5 and removed from 14.5 on.",
    };
    let tone = if effect.choice == Some(Status::Authorized) { "notice danger" } else { "notice" };
    let states = effect.states.iter().cloned().map(|(state, now, after, change)| {
        view! {
            <tr>
                <th scope="row">{status::status(state)}</th>
                <td class="n">{now}</td><td class="n">{after}</td><td class="n">{change}</td>
            </tr>
        }
    });
    let apps = effect.apps.iter().cloned().map(|(app, profiles, devices)| {
        view! { <tr><th scope="row">{app}</th><td class="n">{profiles}</td><td class="n">{devices}</td></tr> }
    });
    let apps = (!effect.apps.is_empty()).then(|| view! {
        <table>
            <thead><tr><th scope="col">"Changing, by app"</th><th scope="col" class="n">"profiles"</th><th scope="col" class="n">"devices"</th></tr></thead>
            <tbody>{apps.collect_view()}</tbody>
        </table>
    });
    view! {
        <div class=class>
            <h3>"What this change would do"</h3>
            <p class=tone>
                <b>{format!("{} profiles on {} devices that never answered {becomes}. ", effect.profiles, effect.devices)}</b>
                {consequence}
            </p>
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Effective, production profiles"</th>
                        <th scope="col" class="n">"now"</th><th scope="col" class="n">"after"</th><th scope="col" class="n">"change"</th>
                    </tr>
                </thead>
                <tbody>{states.collect_view()}</tbody>
            </table>
            {apps}
            <p class="muted">{development.to_owned()}</p>
        </div>
    }
    .into_any()
}

fn policy_words(policy: Policy) -> &'static str {
    match policy {
        Policy::Observe => "Keeps every advertising id and only counts those that the status does not permit.",
        Policy::Withhold => {
            "Removes an advertising id before it is stored unless the effective status is Authorized. Unknown devices keep theirs below iOS 14.5."
        }
        Policy::RequireStatus => "",
    }
}

fn policy_form(page: &AttSettings) -> impl IntoView + use<> {
    let (in_force, chosen) = (page.frame.policy, page.chosen_policy);
    let choices = [Policy::Withhold, Policy::Observe].map(|policy| {
        let current = (policy == in_force).then(|| view! { <span class="tag">"in force"</span> });
        view! {
            <label class="choice">
                <input type="radio" name="idfa_policy" id=format!("policy-{}", policy.as_str()) value=policy.as_str() checked=policy == chosen />
                <b>{words::policy(policy)}{current}</b>
                <span>{policy_words(policy)}</span>
            </label>
        }
    });
    let reason = Field {
        name: "policy_reason",
        label: "Reason",
        help: Some("Kept in the audit log with your name."),
        rows: Some(2),
        value: page.policy_reason.clone(),
        ..Field::default()
    };
    view! {
        <form method="post" class="card policy-form" novalidate>
            <header>
                <h2>"IDFA policy"</h2>
                <p class="muted">"What happens to an advertising id that the status does not permit."</p>
            </header>
            {summary(&page.policy_faults, &[("policy_reason", "Reason"), ("idfa_policy", "IDFA policy")])}
            <input type="hidden" name="form" value="policy" />
            <input type="hidden" name="version" value=page.frame.version.to_string() />
            <fieldset class="choices" id="idfa_policy"><legend class="hidden">"IDFA policy"</legend>{choices.collect_view()}</fieldset>
            {field(reason, &page.policy_faults)}
            <div>
                <button class="button primary submit-policy">
                    <span class="for-withhold">"Set policy to Withhold"</span>
                    <span class="for-observe">"Set policy to Observe"</span>
                </button>
            </div>
        </form>
    }
}

fn read_only(page: &AttSettings) -> impl IntoView + use<> {
    let (apple, effect) = words::choice(page.frame.default);
    view! {
        <section class="card">
            <h2>"Status for Apple devices that never reported one"</h2>
            <p class="big">{status::default(page.frame.default)}</p>
            <p>{apple}" "{effect}</p>
            <h2>"IDFA policy"</h2>
            <p class="big">{words::policy(page.frame.policy)}</p>
            <p>{policy_words(page.frame.policy)}</p>
        </section>
    }
}

fn people(page: &AttSettings) -> impl IntoView + use<> {
    let names = page.admins.iter().map(|name| view! { <li>{name.clone()}</li> }).collect_view();
    view! {
        <section class="card">
            <h2>"Who can change this"</h2>
            <p class="muted">"The Compliance Admins of this workspace:"</p>
            <ul class="names">{names}</ul>
        </section>
    }
}

fn history(page: &AttSettings) -> impl IntoView + use<> {
    let link = page.frame.may(Place::Audit.action()).then(|| {
        view! { <a href=page.frame.address(Place::Audit)>"Audit log"</a> }
    });
    let rows = page.history.iter().cloned().map(|row| {
        let said = if row.reason.is_empty() { String::new() } else { format!(": “{}”", row.reason) };
        let moved = row.moved.map(|moved| format!(" Moved {moved} profiles."));
        view! {
            <li>
                <span class="muted">{moment(row.at)}</span>
                <div>
                    <b>{row.change}</b>" "<span class="tag">{format!("version {}", row.version)}</span>
                    <p class="muted">{row.by}{said}{moved}</p>
                </div>
            </li>
        }
    });
    view! {
        <section class="card">
            <header><h2>"History"</h2>{link}</header>
            <ol class="history">{rows.collect_view()}</ol>
        </section>
    }
}
