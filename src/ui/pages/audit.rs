//! The audit log: newest first, filters in the address, before and after side by side.

use crate::domain::att::Status;
use crate::domain::audit::LOOKED_THROUGH;
use crate::ui::parts::field::{Faults, moment};
use crate::ui::parts::status;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model, Surroundings};
use crate::ui::words::{self, Moment, number};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct AuditLog {
    /// The workspace whose log it is; otherwise it is the installation's, for operators.
    pub around: Surroundings,
    pub filter: AuditLogFilter,
    pub rows: Vec<AuditLogRow>,
    /// The address of the next page.
    pub older: Option<String>,
    /// The address of the first page, on later ones.
    pub newest: Option<String>,
    pub faults: Faults,
    pub default_on: Option<DefaultOn>,
    pub signed: Option<SignedPlace>,
}

/// Up to where the chain is signed.
#[derive(Clone, Debug)]
pub struct SignedPlace {
    pub seq: i64,
    pub at: Moment,
    /// The checkpoint as a file: its name, and its one line of JSON as a `data:` address.
    pub file: (String, String),
}

impl Model for AuditLog {
    fn around(&self) -> Around<'_> {
        (&self.around).into()
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }
}

/// What the default was on a day that was asked for.
#[derive(Clone, Debug)]
pub struct DefaultOn {
    pub day: String,
    pub found: DefaultFound,
}

/// What was found of a day.
#[derive(Clone, Debug)]
pub enum DefaultFound {
    NoWorkspace,
    ToCome,
    /// The default at the day's end, or now if it is not over, and the version that set it.
    Is {
        default: Option<Status>,
        version: i64,
        is_over: bool,
    },
}

#[derive(Clone, Debug, Default)]
pub struct AuditLogFilter {
    pub actions: Vec<Choice>,
    pub actors: Vec<Choice>,
    /// Days as `2026-11-22`.
    pub from: String,
    pub to: String,
    /// Whose days they are: a time zone.
    pub zone: String,
    pub target: String,
    pub text: String,
}

/// A value of a filter: as the address has it, and in words.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub words: String,
    pub chosen: bool,
}

#[derive(Clone, Debug)]
pub struct AuditLogRow {
    pub seq: i64,
    pub at: Moment,
    pub actor: String,
    /// A person's or token's id, of which the end is shown: names change.
    pub actor_id: Option<String>,
    pub role: Option<String>,
    /// In words, and as the log has it.
    pub action: (String, String),
    pub target: Cell,
    /// The address of the rows of the same target.
    pub same_target: String,
    pub reason: Option<String>,
    pub origin: String,
    /// What was before and is after, field by field.
    pub fields: Fields,
    pub hash: String,
}

/// A value as people read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    /// The name of what an id stands for, and the id.
    Named(String, String),
    At(Moment),
}

/// The states of a row, with the fields' names in words.
#[derive(Clone, Debug)]
pub enum Fields {
    /// Field and value, of something new or gone.
    Only(Vec<(String, Cell)>),
    /// Field, before and after.
    Both(Vec<(String, Cell, Cell)>),
}

pub fn audit(page: AuditLog) -> impl IntoView {
    let list = if page.rows.is_empty() && page.older.is_some() {
        view! { <section class="card empty"><h2>"No matching rows so far"</h2><p>{words::number(LOOKED_THROUGH)}" rows were searched. Go on with “Older”, or narrow the filter."</p></section> }.prerender()
    } else if page.rows.is_empty() {
        view! { <section class="card empty"><h2>"No matching rows"</h2><p>"Change the filter, or "<a href="?">"show all rows"</a>"."</p></section> }.prerender()
    } else {
        view! { <ol class="audit">{page.rows.into_iter().map(row).collect_view()}</ol> }.prerender()
    };
    let newest = page.newest.map(|address| view! { <a class="button" href=address>"Newest"</a> });
    let older = page.older.map(|address| view! { <a class="button" href=address rel="next">"Older"</a> });
    let of_workspace = matches!(page.around, Surroundings::Workspace(_));
    let (title, of) = if of_workspace {
        ("Audit log", "Every change in this workspace")
    } else {
        ("Installation log", "Accounts, workspaces, sign-ins and operators' actions")
    };
    let day = of_workspace.then(|| default_on(page.default_on, &page.filter.zone));
    page.around.around(view! {
        <div class="head">
            <div>
                <h1>{title}</h1>
                <p class="muted">{of}", newest first. Rows are linked by hashes, so none can be changed or removed unnoticed."</p>
                {signed_up_to(page.signed)}
            </div>
        </div>
        {filters(page.filter, &page.faults)}
        {day}
        {list}
        <nav class="paging" aria-label="Pages of the log">{newest}{older}</nav>
    })
}

/// What somebody can keep who wants to prove later that nothing was rewritten.
fn signed_up_to(place: Option<SignedPlace>) -> InertElement {
    match place {
        Some(SignedPlace { seq, at, file: (name, address) }) => view! {
            <p class="muted">"Signed up to row "{number(seq)}" on "{moment(at)}". "<a href=address download=name>"Download the checkpoint"</a>" and keep it outside Attest: it proves that no row up to there was rewritten or removed."</p>
        }
        .prerender(),
        None => view! { <p class="muted">"The first signed checkpoint is made within the hour."</p> }.prerender(),
    }
}

/// The question that auditors ask most.
fn default_on(asked: Option<DefaultOn>, zone: &str) -> impl IntoView + use<> {
    let day = asked.as_ref().map(|asked| asked.day.clone()).unwrap_or_default();
    let answer = asked.map(|DefaultOn { day, found }| {
        let said = match found {
            DefaultFound::Is { default, version, is_over } => {
                let until = if is_over {
                    format!("At the end of {day} ({zone}): ")
                } else {
                    format!("On {day} ({zone}) so far: ")
                };
                view! { {until}<b>{status::default(default)}</b>{format!(", version {}.", number(version))} }
                    .prerender()
            }
            DefaultFound::NoWorkspace => format!("This workspace did not exist on {day}.").prerender(),
            DefaultFound::ToCome => format!("{day} is still to come.").prerender(),
        };
        view! { <section class="card"><p role="status">{said}</p></section> }
    });
    view! {
        <form method="get" class="card filters-card">
            <div class="field">
                <label for="on">"What was the default on"</label>
                <input id="on" name="on" type="date" value=day />
            </div>
            <button class="button">"Show"</button>
        </form>
        {answer}
    }
}

fn filters(filter: AuditLogFilter, faults: &Faults) -> impl IntoView + use<> {
    let options = |choices: Vec<Choice>| {
        let option = |Choice { value, words, chosen }| view! { <option value=value selected=chosen>{words}</option> };
        choices.into_iter().map(option).collect_view()
    };
    let faults = faults.0.iter().map(|(name, problem)| {
        let said = format!("{}: {}. It was ignored.", words::parameter(name), words::parameter_problem(name, *problem));
        view! { <p class="fault" role="alert">{said}</p> }
    });
    view! {
        <form method="get" class="card filters-card">
            <div class="field wide">
                <label for="action">"Action"</label>
                <select id="action" name="action"><option value="">"All actions"</option>{options(filter.actions)}</select>
            </div>
            <div class="field">
                <label for="actor">"Person"</label>
                <select id="actor" name="actor"><option value="">"Everybody"</option>{options(filter.actors)}</select>
            </div>
            <div class="field">
                <label for="from">{format!("From ({})", filter.zone)}</label>
                <input id="from" name="from" type="date" value=filter.from />
            </div>
            <div class="field">
                <label for="to">{format!("To ({})", filter.zone)}</label>
                <input id="to" name="to" type="date" value=filter.to />
            </div>
            <div class="field">
                <label for="target">"About (id)"</label>
                <input id="target" name="target" value=filter.target autocomplete="off" />
            </div>
            <div class="field">
                <label for="text">"Text"</label>
                <input id="text" name="text" type="search" maxlength="200" value=filter.text autocomplete="off" />
            </div>
            <button class="button">"Show"</button>
            {faults.collect_view()}
        </form>
    }
}

fn row(row: AuditLogRow) -> impl IntoView {
    let reason = row.reason.map(|reason| view! { <p class="reason">"“"{reason}"”"</p> });
    let fields = match row.fields {
        Fields::Only(fields) if fields.is_empty() => ().prerender(),
        Fields::Only(fields) => only(fields).prerender(),
        Fields::Both(fields) => both(row.seq, fields).prerender(),
    };
    let role = row.role.map(|role| view! { <span class="muted">{format!(", {role}")}</span> });
    let short = row.actor_id.as_deref().map(|id| view! { " "<code class="id">{short(id)}</code> });
    let by = row.actor_id.clone().map(|id| view! { <dt>"By"</dt><dd><code class="id">{id}</code></dd> });
    let (action, name) = row.action;
    view! {
        <li class="card" id=format!("row-{}", row.seq)>
            <header>
                <h2>{action}</h2>
                <span class="muted">{moment(row.at)}</span>
            </header>
            <p><b>{row.actor}</b>{short}{role}</p>
            {reason}
            {fields}
            <details>
                <summary>{format!("Row {}", row.seq)}</summary>
                <dl class="facts">
                    <dt>"Action"</dt><dd><code>{name}</code></dd>
                    <dt>"About"</dt><dd>{cell(row.target)}" "<a href=row.same_target>"All rows about this"</a></dd>
                    {by}<dt>"From"</dt><dd>{row.origin}</dd>
                    <dt>"Hash"</dt><dd><code>{row.hash}</code></dd>
                </dl>
            </details>
        </li>
    }
}

/// The end of an id, by which people of one name are told apart.
fn short(id: &str) -> String {
    format!("…{}", id.get(id.len().saturating_sub(5)..).unwrap_or_default())
}

fn cell(cell: Cell) -> impl IntoView {
    match cell {
        Cell::Text(text) => text.prerender(),
        Cell::Named(name, id) => view! { {name}" "<code class="id">{id}</code> }.prerender(),
        Cell::At(at) => moment(at).prerender(),
    }
}

fn only(fields: Vec<(String, Cell)>) -> impl IntoView {
    let fields = fields.into_iter().map(|(name, value)| view! { <div><dt>{name}</dt><dd>{cell(value)}</dd></div> });
    view! { <dl class="only">{fields.collect_view()}</dl> }
}

fn both(seq: i64, fields: Vec<(String, Cell, Cell)>) -> impl IntoView {
    let rows = fields.into_iter().map(|(name, before, after)| {
        let differs = before != after;
        let (before, after) = (cell(before), cell(after));
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
