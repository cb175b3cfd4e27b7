//! Alerts: which rules are on, and whether they hold.

use crate::domain::alert::AlertKind;
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::done;
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Alerts {
    pub frame: Frame,
    /// All of them, in the order of their kinds.
    pub rows: Vec<AlertRow>,
    pub may_manage: bool,
    /// How a script asks for the same.
    pub curl: String,
    pub faults: Faults,
    pub done: Option<Done>,
}

impl Model for Alerts {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }
}

/// A rule, as it is or as it was typed.
#[derive(Clone, Debug)]
pub struct AlertRow {
    pub kind: AlertKind,
    pub is_on: bool,
    /// The one that is set, or one to begin with.
    pub threshold: String,
    pub now: AlertNow,
}

/// What a rule found last.
#[derive(Clone, Debug)]
pub enum AlertNow {
    Off,
    /// Nobody looked yet.
    NotLooked,
    /// It holds, since when.
    Holds {
        found: String,
        since: Moment,
    },
    Quiet {
        found: Option<String>,
    },
}

/// The name of the box that turns a rule on.
pub fn switch_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::UnknownShare => "unknown_share_on",
        AlertKind::RateChange => "rate_change_on",
        AlertKind::DataProblems => "data_problems_on",
        AlertKind::Silence => "silence_on",
    }
}

pub fn alerts(page: Alerts) -> impl IntoView {
    let labels = AlertKind::ALL.map(|kind| (kind.as_str(), words::alert_name(kind)));
    let may_manage = page.may_manage;
    let rules = page.rows.into_iter().map(|row| rule(row, may_manage, &page.faults)).collect_view();
    let rules = if may_manage {
        view! {
            <form method="post" class="stack" novalidate>
                {summary(&page.faults, &labels)}
                {rules}
                <div><button class="button primary">"Save alerts"</button></div>
            </form>
        }
        .prerender()
    } else {
        view! {
            <div class="stack">
                {rules}
                <p class="muted">"Compliance Admins and Admins set these alerts and are told of them."</p>
            </div>
        }
        .prerender()
    };
    let content = view! {
        <div class="head">
            <div>
                <h1>"Alerts"</h1>
                <p class="muted">
                    "An alert that holds stands on the Overview of everybody here. Compliance Admins and Admins are also told by a notice, at most once a day for each. Figures are looked at every five minutes, rounded as everybody may see them."
                </p>
            </div>
        </div>
        {page.done.map(done)}
        {rules}
        <details class="by-api"><summary>"By API"</summary><pre class="copy" tabindex="0">{page.curl}</pre></details>
    };
    frame(page.frame, content)
}

fn rule(row: AlertRow, may_manage: bool, faults: &Faults) -> impl IntoView + use<> {
    let kind = row.kind;
    let (class, now) = match row.now {
        AlertNow::Off => ("muted", "Off.".prerender()),
        AlertNow::NotLooked => ("muted", "On. It is looked at within a minute.".prerender()),
        AlertNow::Holds { found, since } => ("holds", view! { <b>{found}</b>", since "{moment(since)}"." }.prerender()),
        AlertNow::Quiet { found: Some(found) } => ("muted", format!("Quiet. {found}.").prerender()),
        AlertNow::Quiet { found: None } => ("muted", "Quiet. There is too little to tell.".prerender()),
    };
    let form = may_manage.then(|| {
        let threshold = Field {
            name: kind.as_str(),
            label: match kind {
                AlertKind::UnknownShare => "Percent, from 1 to 99",
                AlertKind::RateChange => "Points, from 1 to 50",
                AlertKind::DataProblems => "Times a usual day, from 2 to 100",
                AlertKind::Silence => "Hours, from 1 to 168",
            },
            value: row.threshold.clone(),
            inputmode: Some("numeric"),
            ..Field::default()
        };
        view! {
            <div class="line">
                <label class="check"><input type="checkbox" name=switch_name(kind) value="yes" checked=row.is_on />"On"</label>
                {field(threshold, faults)}
            </div>
        }
    });
    let set = (!may_manage && row.is_on)
        .then(|| view! { <p class="muted">{format!("Set to {} {}.", row.threshold, words::alert_unit(kind))}</p> });
    view! {
        <section class="card alert">
            <h2>{words::alert_name(kind)}</h2>
            <p class="muted">{words::alert_rule(kind)}</p>
            {form}
            {set}
            <p class=class>{now}</p>
        </section>
    }
}
