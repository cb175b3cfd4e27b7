//! Privacy settings: the default ATT status and the IDFA policy, with what a change would do before it is saved.

mod default;
mod policy;

use crate::domain::att::{CountedState, Policy, Status};
use crate::domain::count::Unit;
use crate::ui::frame::{Frame, NavPage, frame};
use crate::ui::parts::field::{Faults, moment};
use crate::ui::parts::notice::{Tone, notice};
use crate::ui::parts::status;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Conflict, Done, Moment};
use default::default_form;
use leptos::prelude::*;
use policy::{policy_form, policy_words};

/// The radio's value for no default.
pub const NONE: &str = "none";

/// The choices, in the order of the page: every status, and no default.
pub fn choices() -> impl Iterator<Item = Option<Status>> {
    Status::ALL.into_iter().map(Some).chain([None])
}

#[derive(Clone, Debug)]
pub struct PrivacySettings {
    pub frame: Frame,
    pub changed_by: String,
    pub changed_at: Moment,
    pub may_change: bool,
    /// The choice shown as taken: what is in force, or what was sent.
    pub chosen: Option<Status>,
    pub chosen_policy: Policy,
    pub reason: String,
    pub policy_reason: String,
    pub effects: Vec<ChoiceEffect>,
    pub apps: AffectedApps,
    /// How many devices have no status, in development; `None` when there are none.
    pub development: Option<String>,
    pub outcome: SettingsOutcome,
    /// The faults of the default's form, and of the policy's.
    pub faults: Faults,
    pub policy_faults: Faults,
    pub admins: Vec<String>,
    /// The API tokens that may change the settings.
    pub tokens: Vec<ChangingToken>,
    pub observed: Observed,
    pub history: Vec<HistoryRow>,
    /// Those that have not ended, or the last one.
    pub erasings: Vec<Erasing>,
}

impl Model for PrivacySettings {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !(self.faults.0.is_empty() && self.policy_faults.0.is_empty())
            || matches!(self.outcome, SettingsOutcome::Conflict(_))
    }
}

/// An API token that may change the settings.
#[derive(Clone, Debug)]
pub struct ChangingToken {
    pub name: String,
    /// Who made it; `None` for the command line.
    pub maker: Option<String>,
    pub used: Option<Moment>,
    pub expires: Moment,
}

/// Of how many devices in production Observe keeps advertising ids although no status permits it.
#[derive(Clone, Debug)]
pub struct Observed {
    /// Denied or Restricted, by their own report.
    pub refused: String,
    /// Not asked, or without a status.
    pub undecided: String,
}

/// What happens to stored advertising ids that the settings block.
#[derive(Clone, Debug)]
pub enum Erasing {
    /// From this moment on they are erased, unless the change is undone.
    From(Moment),
    /// How many were looked at and erased so far.
    Running {
        seen: String,
        erased: String,
    },
    Done {
        erased: String,
        at: Moment,
    },
}

/// What happened before this page was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsOutcome {
    Nothing,
    /// A version was just made, and is in force.
    Saved,
    /// The values were in force already.
    Same,
    /// Another change came first.
    Conflict(Conflict),
}

/// What one choice would do in production, in figures as the reader may see them.
#[derive(Clone, Debug)]
pub struct ChoiceEffect {
    pub choice: Option<Status>,
    pub profiles: String,
    pub devices: String,
    /// The states that change.
    pub states: Vec<StateEffect>,
}

/// How many profiles have a state now and after a change, and the difference.
#[derive(Clone, Debug)]
pub struct StateEffect {
    pub state: CountedState,
    pub now: String,
    pub after: String,
    pub change: String,
}

/// The apps that a change of the default would affect: the largest ones, and how many more there are.
#[derive(Clone, Debug, Default)]
pub struct AffectedApps {
    pub rows: Vec<AppEffect>,
    pub more: i64,
}

/// How many of an app's profiles and devices change.
#[derive(Clone, Debug)]
pub struct AppEffect {
    pub app: String,
    pub profiles: String,
    pub devices: String,
}

#[derive(Clone, Debug)]
pub struct HistoryRow {
    pub version: i64,
    pub at: Moment,
    pub by: String,
    pub reason: String,
    pub change: String,
    pub moved: Option<String>,
    /// Its row in the audit log, for those who may read that.
    pub row: Option<i64>,
}

pub fn privacy(page: PrivacySettings) -> impl IntoView {
    let made_by = if page.frame.version == 1 {
        "created with the workspace".to_owned()
    } else {
        format!("set by {}", page.changed_by)
    };
    let only = if page.may_change { "" } else { " Only Compliance Admins can change this page." };
    let outcome = outcome(&page);
    let forms = if page.may_change {
        view! { {default_form(&page)}{policy_form(&page)} }.prerender()
    } else {
        read_only(&page).prerender()
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
        {erasings(page.erasings.clone())}
        {forms}
        {people(&page)}
        {history(&page)}
    };
    frame(page.frame, content)
}

/// What is erased now, and what will be, by when each change blocked it.
fn erasings(erasings: Vec<Erasing>) -> impl IntoView {
    let waiting: Vec<Moment> = erasings.iter().filter_map(Erasing::begins).collect();
    let when = match &waiting[..] {
        [] => None,
        [at] => Some(view! { "They will be erased on "{moment(at.clone())}" unless you undo the change." }.prerender()),
        several => {
            let each = several.iter().map(|at| view! { <li>{moment(at.clone())}</li> });
            Some(view! { "Several changes blocked them. What each did will be erased, unless you undo it, on:"<ul>{each.collect_view()}</ul> }.prerender())
        }
    };
    let wait = when.map(|when| {
        notice(
            Tone::Mind,
            view! {
                <div><b>"Advertising ids that these settings block are no longer sent out. "</b>{when}</div>
            },
        )
        .prerender()
    });
    view! { {erasings.into_iter().filter_map(erasing).collect_view()}{wait} }
}

impl Erasing {
    fn begins(&self) -> Option<Moment> {
        match self {
            Self::From(at) => Some(at.clone()),
            Self::Running { .. } | Self::Done { .. } => None,
        }
    }
}

/// One that runs or is done.
fn erasing(erasing: Erasing) -> Option<InertElement> {
    match erasing {
        Erasing::From(_) => None,
        Erasing::Running { seen, erased } => Some(notice(Tone::Mind, view! {
            <p><b>"Advertising ids are being erased: "</b>{format!("{erased} so far, of {seen} checked. Erased ids must be sent again.")}</p>
        })
        .prerender()),
        Erasing::Done { erased, at } => Some(view! {
            <p class="muted">"Last erasure: "{moment(at)}{format!(", {erased} advertising ids.")}</p>
        }
        .prerender()),
    }
}

fn outcome(page: &PrivacySettings) -> Option<InertElement> {
    let latest = page.history.first().cloned();
    match (&page.outcome, latest) {
        (SettingsOutcome::Nothing, _) | (_, None) => None,
        (SettingsOutcome::Saved, Some(latest)) => Some(notice(Tone::Done, view! {
            <p>
                <b>{latest.change}</b>{format!(", version {}, in force since ", latest.version)}{moment(latest.at)}
                ". It applies everywhere now. "{latest.row.map(|seq| audit_row(page, seq, "View in the audit log"))}
            </p>
        }).prerender()),
        (SettingsOutcome::Same, _) => Some(notice(Tone::Mind, view! { <p>{words::done(Done::SettingsSame)}</p> }).prerender()),
        (SettingsOutcome::Conflict(whose), Some(latest)) => Some(notice(Tone::Danger, view! {
            <p>
                <b>{words::conflict(*whose)}</b>" "
                {latest.by.clone()}", "{moment(latest.at)}": "<b>{latest.change}</b>" – “"{latest.reason}"”. "
                "Check the effect below again, then save."
            </p>
        }).prerender()),
    }
}

/// A link to one row of the audit log, on a page that begins with it.
fn audit_row(page: &PrivacySettings, seq: i64, words: &'static str) -> impl IntoView + use<> {
    let address = format!("{}?before={}#row-{seq}", page.frame.address(NavPage::Audit), seq + 1);
    view! { <a href=address>{words}</a> }
}

fn read_only(page: &PrivacySettings) -> impl IntoView + use<> {
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

fn people(page: &PrivacySettings) -> impl IntoView + use<> {
    let names = page.admins.iter().map(|name| view! { <li>{name.clone()}</li> }).collect_view();
    let tokens = page.tokens.iter().cloned().map(|ChangingToken { name, maker, used, expires }| {
        let of = maker.map_or_else(|| "made by the command line".to_owned(), |maker| format!("made by {maker}"));
        let used = match used {
            Some(at) => view! { ", last used on "{moment(at)} }.prerender(),
            None => ", never used".prerender(),
        };
        view! { <li>{name}" "<span class="tag">"API token"</span>" "<span class="muted">{of}{used}", expires on "{moment(expires)}</span></li> }
    });
    let tokens: Vec<_> = tokens.collect();
    view! {
        <section class="card">
            <h2>"Who can change this"</h2>
            <p class="muted">"The Compliance Admins of this workspace"{if tokens.is_empty() { ":" } else { ", and the API tokens with this role:" }}</p>
            <ul class="admins">{names}{tokens}</ul>
        </section>
    }
}

fn history(page: &PrivacySettings) -> impl IntoView + use<> {
    let link = page.frame.may(NavPage::Audit.permission()).then(|| {
        view! { <a href=page.frame.address(NavPage::Audit)>"Audit log"</a> }
    });
    let rows = page.history.iter().cloned().map(|row| {
        let said = if row.reason.is_empty() { String::new() } else { format!(": “{}”", row.reason) };
        let by = if row.version == 1 { "Created with the workspace".to_owned() } else { row.by };
        let moved = row.moved.map(|moved| format!(" {moved} {} changed.", words::unit_after(&moved, Unit::Profiles)));
        let link = row.row.map(|seq| view! { " "{audit_row(page, seq, "View in the audit log")} });
        view! {
            <li>
                <span class="muted">{moment(row.at)}</span>
                <div>
                    <b>{row.change}</b>" "<span class="tag">{format!("Version {}", row.version)}</span>
                    <p class="muted">{by}{said}{moved}{link}</p>
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
