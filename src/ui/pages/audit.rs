//! The audit log: newest first, filters in the address, before and after side by side.

use crate::domain::att::Status;
use crate::domain::audit::AuditAction;
use crate::domain::theme::Theme;
use crate::ui::frame::{Frame, frame};
use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::field::{Faults, moment};
use crate::ui::parts::status;
use crate::ui::prerender::Prerender;
use crate::ui::words::{self, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct AuditLog {
    pub around: Around,
    pub filter: Filter,
    pub rows: Vec<Row>,
    /// The address of the next page.
    pub older: Option<String>,
    /// The address of the first page, on later ones.
    pub newest: Option<String>,
    pub faults: Faults,
    pub default_on: Option<DefaultOn>,
}

/// Whose log it is.
#[derive(Clone, Debug)]
pub enum Around {
    Workspace(Box<Frame>),
    /// The installation's, for operators.
    Installation(InstallationFrame),
}

impl Around {
    pub fn theme(&self) -> Theme {
        match self {
            Self::Workspace(frame) => frame.theme,
            Self::Installation(frame) => frame.theme,
        }
    }
}

/// What the default was on a day that was asked for.
#[derive(Clone, Debug)]
pub struct DefaultOn {
    pub day: String,
    /// The default at the day's end and the version that set it; `None` before the workspace was there.
    pub found: Option<(Option<Status>, i64)>,
}

#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Each, and whether it is chosen.
    pub actions: Vec<(AuditAction, bool)>,
    pub actors: Vec<(String, bool)>,
    /// Days as `2026-11-22`, of UTC.
    pub from: String,
    pub to: String,
    pub target: String,
    pub text: String,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub seq: i64,
    pub at: Moment,
    pub actor: String,
    pub role: Option<String>,
    pub action: String,
    pub target: String,
    /// The address of the rows of the same target.
    pub same_target: String,
    pub reason: Option<String>,
    pub origin: String,
    /// What was before and is after, field by field.
    pub fields: Fields,
    pub hash: String,
}

/// The states of a row.
#[derive(Clone, Debug)]
pub enum Fields {
    /// Field and value, of something new or gone.
    Only(Vec<(String, String)>),
    /// Field, before, after, and whether they differ.
    Both(Vec<(String, String, String, bool)>),
}

pub fn audit(page: AuditLog) -> impl IntoView {
    let is_empty = page.rows.is_empty();
    let rows = page.rows.into_iter().map(row).collect_view();
    let list = if is_empty {
        view! { <section class="card empty"><h2>"No row matches"</h2><p>"Widen the filter, or "<a href="?">"show everything"</a>"."</p></section> }.prerender()
    } else {
        view! { <ol class="audit">{rows}</ol> }.prerender()
    };
    let newest = page.newest.map(|address| view! { <a class="button" href=address>"Newest"</a> });
    let older = page.older.map(|address| view! { <a class="button" href=address rel="next">"Older"</a> });
    let (title, of) = match &page.around {
        Around::Workspace(_) => ("Audit log", "Every change of this workspace"),
        Around::Installation(_) => ("Installation log", "Accounts, workspaces, sign-ins and operators' acts"),
    };
    let of_workspace = matches!(page.around, Around::Workspace(_));
    let day = of_workspace.then(|| default_on(page.default_on));
    let content = view! {
        <div class="head">
            <div>
                <h1>{title}</h1>
                <p class="muted">{of}", newest first. Rows are chained by their hashes: none can be changed or left out unnoticed."</p>
            </div>
        </div>
        {filters(page.filter, &page.faults)}
        {day}
        {list}
        <nav class="paging" aria-label="Pages of the log">{newest}{older}</nav>
    };
    match page.around {
        Around::Workspace(around) => frame(*around, content).prerender(),
        Around::Installation(around) => installation_frame(around, content).prerender(),
    }
}

/// The question that auditors ask most.
fn default_on(asked: Option<DefaultOn>) -> impl IntoView {
    let day = asked.as_ref().map(|asked| asked.day.clone()).unwrap_or_default();
    let answer = asked.map(|DefaultOn { day, found }| match found {
        Some((default, version)) => view! {
            <p role="status">"At the end of "{day}" (UTC): "<b>{status::default(default)}</b>{format!(", version {version}.")}</p>
        }
        .prerender(),
        None => view! { <p role="status">{format!("On {day} this workspace was not there yet.")}</p> }.prerender(),
    });
    view! {
        <form method="get" class="card filters-card">
            <div class="field">
                <label for="on">"What was the default on"</label>
                <input id="on" name="on" type="date" value=day />
            </div>
            <button class="button">"Tell"</button>
            {answer}
        </form>
    }
}

fn filters(filter: Filter, faults: &Faults) -> impl IntoView + use<> {
    let actions = filter.actions.into_iter().map(|(action, chosen)| {
        view! { <option value=action.as_str() selected=chosen>{words::action(action)}</option> }
    });
    let actors = filter.actors.into_iter().map(|(name, chosen)| {
        view! { <option value=name.clone() selected=chosen>{name.clone()}</option> }
    });
    let fault = (!faults.0.is_empty())
        .then(|| view! { <p class="fault" role="alert">"A day must be written like 2026-11-22. It was left out."</p> });
    view! {
        <form method="get" class="card filters-card">
            <div class="field">
                <label for="action">"Action"</label>
                <select id="action" name="action"><option value="">"All actions"</option>{actions.collect_view()}</select>
            </div>
            <div class="field">
                <label for="actor">"Person"</label>
                <select id="actor" name="actor"><option value="">"Everybody"</option>{actors.collect_view()}</select>
            </div>
            <div class="field">
                <label for="from">"From"</label>
                <input id="from" name="from" type="date" value=filter.from />
            </div>
            <div class="field">
                <label for="to">"To"</label>
                <input id="to" name="to" type="date" value=filter.to />
            </div>
            <div class="field">
                <label for="target">"Target"</label>
                <input id="target" name="target" value=filter.target autocomplete="off" />
            </div>
            <div class="field">
                <label for="text">"Text"</label>
                <input id="text" name="text" type="search" value=filter.text autocomplete="off" />
            </div>
            <button class="button">"Show"</button>
            {fault}
        </form>
    }
}

fn row(row: Row) -> impl IntoView {
    // A row that newer code wrote may have an action that is unknown here.
    let action =
        AuditAction::parse(&row.action).map_or_else(|| row.action.clone(), |action| words::action(action).into());
    let reason = row.reason.map(|reason| view! { <p class="reason">"“"{reason}"”"</p> });
    let fields = match row.fields {
        Fields::Only(fields) => only(fields).prerender(),
        Fields::Both(fields) => both(row.seq, fields).prerender(),
    };
    let role = row.role.map(|role| view! { <span class="muted">{format!(", {role}")}</span> });
    view! {
        <li class="card" id=format!("row-{}", row.seq)>
            <header>
                <h2>{action}</h2>
                <span class="muted">{moment(row.at)}</span>
            </header>
            <p><b>{row.actor}</b>{role}</p>
            {reason}
            {fields}
            <details>
                <summary>{format!("Row {}", row.seq)}</summary>
                <dl class="facts">
                    <dt>"Action"</dt><dd><code>{row.action}</code></dd>
                    <dt>"Target"</dt><dd><code>{row.target}</code>" "<a href=row.same_target>"all rows of it"</a></dd>
                    <dt>"From"</dt><dd>{row.origin}</dd>
                    <dt>"Hash"</dt><dd><code>{row.hash}</code></dd>
                </dl>
            </details>
        </li>
    }
}

fn only(fields: Vec<(String, String)>) -> impl IntoView {
    let fields = fields.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> });
    view! { <dl class="only">{fields.collect_view()}</dl> }
}

fn both(seq: i64, fields: Vec<(String, String, String, bool)>) -> impl IntoView {
    let rows = fields.into_iter().map(|(name, before, after, differs)| {
        let after = if differs { view! { <mark>{after}</mark> }.prerender() } else { after.prerender() };
        view! { <tr><th scope="row">{name}</th><td>{before}</td><td>{after}</td></tr> }
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label=format!("Before and after of row {seq}")>
            <table class="before-after">
                <thead><tr><th scope="col">"Field"</th><th scope="col">"Before"</th><th scope="col">"After"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
}
