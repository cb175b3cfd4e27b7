//! Jobs: what the server does by itself, for operators.

use crate::domain::job::LATE;
use crate::domain::time::MINUTE;
use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::field::moment;
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::Moment;
use leptos::prelude::*;

/// How the installation's own jobs are named where others have a workspace.
pub const INSTALLATION: &str = "Installation";

#[derive(Clone, Debug)]
pub struct Jobs {
    pub frame: InstallationFrame,
    pub rows: Vec<JobRow>,
    pub pager: Pager,
    /// How many jobs failed the last time.
    pub failing: i64,
    /// How many are late.
    pub late: i64,
    /// How many ended with a note.
    pub noted: i64,
}

impl Model for Jobs {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }
}

#[derive(Clone, Debug)]
pub struct JobRow {
    pub name: &'static str,
    /// `None`: the installation's.
    pub workspace: Option<String>,
    pub state: JobState,
    /// When it runs next.
    pub due: Moment,
    pub is_due: bool,
    pub ended: Option<Moment>,
    /// Why it failed, or what its last run has to say.
    pub said: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    Waiting,
    /// Until it is due again; its last run has something to say.
    Noted,
    /// After so many failures in a row.
    Running(i64),
    Late,
    /// How often in a row.
    Failing(i64),
}

pub fn jobs(page: Jobs) -> impl IntoView {
    let lead = match page.failing {
        0 => "No job is failing.".to_owned(),
        1 => "1 job is failing. It is tried again by itself; the cause is in the log under its incident number."
            .to_owned(),
        n => format!(
            "{n} jobs are failing. They are tried again by themselves; the causes are in the log under their incident numbers."
        ),
    };
    let late = match page.late {
        0 => String::new(),
        1 => format!(" 1 job is more than {} minutes late: the server may be overloaded.", LATE / MINUTE),
        n => format!(" {n} jobs are more than {} minutes late: the server may be overloaded.", LATE / MINUTE),
    };
    let noted = match page.noted {
        0 => String::new(),
        1 => " 1 job has a note.".to_owned(),
        n => format!(" {n} jobs have a note."),
    };
    let rows = page.rows.into_iter().map(row).collect_view();
    let content = view! {
        <div class="head">
            <div>
                <h1>"Jobs"</h1>
                <p class="muted">"What Attest does by itself in the background. "{lead}{late}{noted}</p>
            </div>
        </div>
        <section class="card">
            <h2 class="hidden">"All jobs"</h2>
            {pager(&page.pager, "jobs")}
            <div class="scroll" tabindex="0" role="group" aria-label="Jobs">
                <table>
                    <thead>
                        <tr>
                            <th scope="col">"Job"</th>
                            <th scope="col">"State"</th>
                            <th scope="col">"Workspace"</th>
                            <th scope="col">"Next run"</th>
                            <th scope="col">"Last completed"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    };
    installation_frame(page.frame, content)
}

fn row(row: JobRow) -> impl IntoView {
    let state = match row.state {
        JobState::Noted => view! { <span class="tag warn">"Waiting, with a note"</span> }.prerender(),
        JobState::Waiting => view! { <span class="tag">"Waiting"</span> }.prerender(),
        JobState::Running(0) => view! { <span class="tag">"Running"</span> }.prerender(),
        JobState::Running(n) => {
            view! { <span class="tag warn">{format!("Running again after {n} failures")}</span> }.prerender()
        }
        JobState::Late => view! { <span class="tag warn">"Late"</span> }.prerender(),
        JobState::Failing(1) => view! { <span class="tag warn">"Failed once"</span> }.prerender(),
        JobState::Failing(n) => view! { <span class="tag warn">{format!("Failed {n} times")}</span> }.prerender(),
    };
    let due = match row.state {
        JobState::Running(_) => "Now".prerender(),
        JobState::Late => view! { "Was due "{moment(row.due)} }.prerender(),
        _ if row.is_due => "Waits for its turn".prerender(),
        JobState::Waiting | JobState::Noted | JobState::Failing(_) => moment(row.due).prerender(),
    };
    let said = row.said.map(|said| view! { <br /><span class="muted">{said}</span> });
    let ended = row.ended.map_or_else(|| "Never".prerender(), |at| moment(at).prerender());
    view! {
        <tr>
            <th scope="row">{row.name}{said}</th>
            <td>{state}</td>
            <td>{row.workspace.unwrap_or_else(|| INSTALLATION.to_owned())}</td>
            <td class="moment">{due}</td>
            <td class="moment">{ended}</td>
        </tr>
    }
}
