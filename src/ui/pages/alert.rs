//! Alerts: which rules are on, and whether they hold.

use crate::domain::alert::AlertKind;
use crate::domain::job::JobKind;
use crate::domain::time::MINUTE;
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::field::{Faults, moment, summary};
use crate::ui::parts::notice::done;
use crate::ui::parts::popover::by_api;
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
    /// The threshold as the page shows it to be set; empty while the rule is off.
    pub before: String,
    pub now: AlertNow,
}

/// What a rule found last.
#[derive(Clone, Debug)]
pub enum AlertNow {
    Off,
    /// Nobody looked yet.
    NotLooked,
    Quiet {
        why: String,
        looked_at: Moment,
    },
    /// First seen to hold then.
    Holds {
        found: String,
        since: Moment,
        looked_at: Moment,
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

/// The name of the hidden field with what was set when the page was shown.
pub fn before_name(kind: AlertKind) -> &'static str {
    match kind {
        AlertKind::UnknownShare => "unknown_share_before",
        AlertKind::RateChange => "rate_change_before",
        AlertKind::DataProblems => "data_problems_before",
        AlertKind::Silence => "silence_before",
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
                    {format!("Everybody here sees an alert that holds on the Overview. Compliance Admins and Admins are also told by a notice, at most once a day for each. Figures are looked at every {EVERY} minutes, rounded as everybody may see them.")}
                </p>
            </div>
        </div>
        {page.done.map(done)}
        {rules}
        <div>{by_api(page.curl)}</div>
    };
    frame(page.frame, content)
}

/// How often the figures are looked at, in minutes.
const EVERY: i64 = match JobKind::Alerts.every() {
    Some(every) => every / MINUTE,
    None => 0,
};

fn rule(row: AlertRow, may_manage: bool, faults: &Faults) -> impl IntoView + use<> {
    let (kind, name) = (row.kind, row.kind.as_str());
    let seen = |at: Moment| view! { <small class="muted">" Looked at "{moment(at)}"."</small> };
    let (class, now) = match row.now {
        AlertNow::Off => ("muted", "This alert is off.".prerender()),
        AlertNow::NotLooked => ("muted", format!("On. It is looked at within {EVERY} minutes.").prerender()),
        AlertNow::Holds { found, since, looked_at } => {
            ("holds", view! { <b>{found}</b>", since "{moment(since)}"."{seen(looked_at)} }.prerender())
        }
        AlertNow::Quiet { why, looked_at } => ("muted", view! { "Quiet. "{why}"."{seen(looked_at)} }.prerender()),
    };
    let form = may_manage.then(|| {
        let (least, most) = (*kind.thresholds().start(), *kind.thresholds().end());
        let problem = faults.of(name);
        let fault = format!("{name}-fault");
        let described = problem.map(|_| fault.clone());
        view! {
            <div class="line">
                <label class="check">
                    <input type="checkbox" name=switch_name(kind) value="yes" checked=row.is_on />
                    <span><span class="hidden">{words::alert_name(kind)}": "</span>"Tell us"</span>
                </label>
                <div class="field">
                    <label for=name>
                        <span class="hidden">{words::alert_name(kind)}": "</span>
                        {format!("{}, from {least} to {most}", words::alert_unit(kind))}
                    </label>
                    <input id=name name=name value=row.threshold.clone() autocomplete="off" inputmode="numeric"
                        aria-invalid=problem.map(|_| "true") aria-describedby=described />
                    {problem.map(|problem| view! { <p class="fault" id=fault>{words::form_problem(name, problem)}</p> })}
                </div>
                <input type="hidden" name=before_name(kind) value=row.before.clone() />
            </div>
        }
    });
    let set = row.threshold.parse().ok().filter(|_| !may_manage && row.is_on);
    let set = set.map(|set| view! { <p class="muted">{format!("From {} on.", words::alert_threshold(kind, set))}</p> });
    view! {
        <section class="card alert" aria-labelledby=format!("{name}-title")>
            <h2 id=format!("{name}-title")>{words::alert_name(kind)}</h2>
            <p class="muted">{words::alert_rule(kind, &row.threshold)}</p>
            {form}
            {set}
            <p class=class>{now}</p>
        </section>
    }
}
