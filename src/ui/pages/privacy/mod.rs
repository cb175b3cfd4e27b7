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
use crate::ui::words::{self, Moment};
use default::default_form;
use leptos::prelude::*;
use policy::{policy_form, policy_words};

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
    pub erasing: Option<Erasing>,
}

/// What happens to stored advertising ids that the settings hold back.
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
    pub states: Vec<(CountedState, String, String, String)>,
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
    /// The row that tells of it in the audit log, for those who may read that.
    pub row: Option<i64>,
}

pub fn att(page: AttSettings) -> impl IntoView {
    let made_by = if page.frame.version == 1 {
        "made with the workspace".to_owned()
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
        {page.erasing.clone().map(erasing)}
        {forms}
        {people(&page)}
        {history(&page)}
    };
    frame(page.frame, content)
}

fn erasing(erasing: Erasing) -> InertElement {
    match erasing {
        Erasing::From(at) => notice(Tone::Mind, view! {
            <p>
                <b>"Stored advertising ids that these settings hold back no longer leave. "</b>
                "From "{moment(at)}" on they are erased. Undoing the change before then cancels that."
            </p>
        })
        .prerender(),
        Erasing::Running { seen, erased } => notice(Tone::Mind, view! {
            <p><b>"Advertising ids are being erased: "</b>{format!("{erased} so far, of {seen} looked at. What is erased must be sent again.")}</p>
        })
        .prerender(),
        Erasing::Done { erased, at } => view! {
            <p class="muted">{format!("{erased} stored advertising ids that these settings hold back were erased on ")}{moment(at)}"."</p>
        }
        .prerender(),
    }
}

fn outcome(page: &AttSettings) -> Option<InertElement> {
    let latest = page.history.first().cloned();
    match (&page.outcome, latest) {
        (Outcome::Nothing, _) | (_, None) => None,
        (Outcome::Saved, Some(latest)) => Some(notice(Tone::Done, view! {
            <p>
                <b>{latest.change}</b>{format!(", version {}, in force since ", latest.version)}{moment(latest.at)}
                ". Every read shows it now. "{latest.row.map(|seq| audit_row(page, seq, "See it in the audit log"))}
            </p>
        }).prerender()),
        (Outcome::Same, _) => Some(notice(Tone::Mind, view! { <p>"This was in force already; nothing was changed."</p> }).prerender()),
        (Outcome::Conflict, Some(latest)) => Some(notice(Tone::Danger, view! {
            <p>
                <b>"Somebody else changed the settings first; yours were not saved."</b>" "
                {latest.by.clone()}", "{moment(latest.at)}": "<b>{latest.change}</b>" – “"{latest.reason}"”. "
                "Look at the effect below again, then decide."
            </p>
        }).prerender()),
    }
}

/// A link to one row of the audit log, on a page that begins with it.
fn audit_row(page: &AttSettings, seq: i64, words: &'static str) -> impl IntoView + use<> {
    let address = format!("{}?before={}#row-{seq}", page.frame.address(NavPage::Audit), seq + 1);
    view! { <a href=address>{words}</a> }
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
    let link = page.frame.may(NavPage::Audit.permission()).then(|| {
        view! { <a href=page.frame.address(NavPage::Audit)>"Audit log"</a> }
    });
    let rows = page.history.iter().cloned().map(|row| {
        let said = if row.reason.is_empty() { String::new() } else { format!(": “{}”", row.reason) };
        let moved = row.moved.map(|moved| format!(" Moved {moved} {}.", words::unit_after(&moved, Unit::Profiles)));
        let link = row.row.map(|seq| view! { " "{audit_row(page, seq, "Audit row")} });
        view! {
            <li>
                <span class="muted">{moment(row.at)}</span>
                <div>
                    <b>{row.change}</b>" "<span class="tag">{format!("version {}", row.version)}</span>
                    <p class="muted">{row.by}{said}{moved}{link}</p>
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
