//! Profiles: look one up, and see for each device the effective status with the reason for it.

use crate::domain::att::{CountedState, Origin, Status};
use crate::domain::environment::Environment;
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::field::{Faults, Field, field, moment};
use crate::ui::parts::notice::{Tone, notice};
use crate::ui::parts::status;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Profiles {
    pub frame: Frame,
    /// The form's choices: value, words, and whether it is chosen.
    pub by: Vec<(&'static str, &'static str, bool)>,
    pub value: String,
    pub faults: Faults,
    pub found: Looked,
    /// How many profiles are found at most.
    pub most: i64,
}

impl Model for Profiles {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }
}

/// What there is to show of a look-up.
#[derive(Clone, Debug)]
pub enum Looked {
    /// Nothing was looked up.
    NotYet,
    /// It was, too long ago or in another session.
    Over,
    Found(Vec<ProfileCard>),
}

#[derive(Clone, Debug)]
pub struct ProfileCard {
    pub mpid: String,
    pub anonymous: bool,
    pub first_seen: Moment,
    pub last_seen: Moment,
    /// Kind and value.
    pub identities: Vec<(String, String)>,
    /// A page of them, the newest first.
    pub devices: Vec<DeviceCard>,
    /// How many it has in all.
    pub all_devices: String,
    /// The address of the next page.
    pub more_devices: Option<String>,
    /// What the profile counts as.
    pub state: CountedState,
}

#[derive(Clone, Debug)]
pub struct DeviceCard {
    pub app: String,
    pub platform: &'static str,
    pub os_version: Option<String>,
    pub app_version: Option<String>,
    pub effective: CountedState,
    pub origin: Origin,
    pub explicit: Option<Explicit>,
    pub version: i64,
    pub default: Option<Status>,
    /// Whether this is the device that decides the profile's status.
    pub decides: bool,
    /// Kind and value; an advertising id that the gate holds back is not among them.
    pub identifiers: Vec<(String, String)>,
    pub withheld: bool,
    pub first_seen: Moment,
    pub last_seen: Moment,
}

/// What the device reported.
#[derive(Clone, Debug)]
pub struct Explicit {
    pub status: Status,
    pub input: String,
    pub since: Moment,
    pub confirmed: Option<Moment>,
}

pub fn profiles(page: Profiles) -> impl IntoView {
    let options =
        page.by.iter().map(|(value, words, chosen)| view! { <option value=*value selected=*chosen>{*words}</option> });
    let value = Field {
        name: "value",
        label: "Id",
        value: page.value,
        help: Some("As your app sends it. The look-up is recorded in the audit log, without the id you enter."),
        autofocus: !matches!(page.found, Looked::Found(_)),
        ..Field::default()
    };
    let found = match page.found {
        Looked::NotYet => None,
        Looked::Over => Some(
            notice(Tone::Mind, view! { <p role="status">"This look-up is no longer shown. Look it up again."</p> })
                .prerender(),
        ),
        Looked::Found(found) if found.is_empty() => Some(
            notice(Tone::Mind, view! { <p role="status">"No profile with this id in this environment."</p> })
                .prerender(),
        ),
        Looked::Found(found) => {
            let is_cut = found.len() as i64 == page.most;
            let cut = is_cut.then(|| {
                let words = format!("The first {} profiles. There may be more that use this device.", page.most);
                notice(Tone::Mind, view! { <p role="status">{words}</p> })
            });
            Some(view! { {cut}{found.into_iter().map(one).collect_view()} }.prerender())
        }
    };
    let fault = page
        .faults
        .0
        .first()
        .map(|(field, problem)| notice(Tone::Danger, view! { <p>{words::form_problem(field, *problem)}</p> }));
    let elsewhere = match page.frame.environment {
        Environment::Production => ("?environment=development", "Search development"),
        Environment::Development => ("?", "Search production"),
    };
    let content = view! {
        <div class="head">
            <div>
                <h1>"Profiles"</h1>
                <p class="muted">"Look up one user of your apps, and see the status of each of their devices and why. "<a href=elsewhere.0>{elsewhere.1}</a></p>
            </div>
        </div>
        <form method="post" class="card look-up" novalidate>
            {fault}
            <div class="field">
                <label for="by">"Kind"</label>
                <select id="by" name="by">{options.collect_view()}</select>
            </div>
            {field(value, &page.faults)}
            <button class="button primary">"Look up"</button>
        </form>
        {found}
    };
    frame(page.frame, content)
}

fn facts(rows: Vec<(String, String)>) -> impl IntoView {
    rows.into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd><code>{value}</code></dd> }).collect_view()
}

fn one(found: ProfileCard) -> impl IntoView {
    let kind = if found.anonymous { "Anonymous: no event has named this user yet." } else { "" };
    let none = (found.all_devices == "0").then(|| view! { <p class="muted">"This profile has no known device."</p> });
    let of_all = format!(
        "{} of {} devices: the one that decides the status, then the newest. ",
        found.devices.len(),
        found.all_devices
    );
    let more =
        found.more_devices.map(|address| view! { <p class="muted">{of_all}<a href=address>"Show older ones"</a></p> });
    let devices = found.devices.into_iter().map(device).collect_view();
    view! {
        <section class="card profile">
            <header>
                <h2>"Profile "<code>{found.mpid}</code></h2>
                {status::status(found.state)}
            </header>
            <p class="muted">
                {kind}" First seen "{moment(found.first_seen)}", last seen "{moment(found.last_seen)}"."
            </p>
            <dl class="facts">{facts(found.identities)}</dl>
            {none}
            <div class="devices">{devices}</div>
            {more}
        </section>
    }
}

fn device(device: DeviceCard) -> impl IntoView {
    let words = [device.os_version.as_ref().map(|version| format!("{} {version}", device.platform))];
    let platform = words.into_iter().flatten().next().unwrap_or_else(|| device.platform.to_owned());
    let version = device.app_version.clone().map(|version| format!(", app version {version}"));
    let decides = device.decides.then(|| view! { <span class="tag">"Decides this profile's status"</span> });
    let withheld = device.withheld.then(
        || view! { <p class="muted">"An advertising id is withheld: the effective status does not permit it."</p> },
    );
    view! {
        <article class="device">
            <header>
                <h3>{device.app.clone()}</h3>
                {decides}
            </header>
            <p class="muted">{platform}{version}</p>
            <p class="effective">{status::status(device.effective)}</p>
            <p class="why">{why(&device)}</p>
            {withheld}
            <dl class="facts">
                {facts(device.identifiers)}
                <dt>"First seen"</dt><dd>{moment(device.first_seen)}</dd>
                <dt>"Last seen"</dt><dd>{moment(device.last_seen)}</dd>
            </dl>
        </article>
    }
}

/// The reason for the effective status, in words.
fn why(device: &DeviceCard) -> InertElement {
    match (device.origin, device.explicit.clone()) {
        (Origin::Explicit, Some(explicit)) => view! {
            "Reported through "<b>{explicit.input}</b>" since "{moment(explicit.since)}{explicit.confirmed.map(|at| view! { ", last confirmed on "{moment(at)} })}"."
        }
        .prerender(),
        (Origin::Default, _) => view! {
            "Default of settings version "<b>{device.version}</b>": this device never reported a status, and the workspace's default is "
            <b>{words::default(device.default)}</b>"."
        }
        .prerender(),
        (Origin::NotApplicable, _) => "Not an Apple platform: App Tracking Transparency does not apply.".prerender(),
        _ => "Unknown: this device never reported a status, and the workspace has no default.".prerender(),
    }
}
