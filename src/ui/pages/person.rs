//! Everybody with an account, for operators.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::notice::done;
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::Done;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct People {
    pub frame: InstallationFrame,
    pub rows: Vec<PersonRow>,
    pub pager: Pager,
    /// Names the forms, so that each is taken once.
    pub form_id: String,
    /// What was just done.
    pub done: Option<Done>,
    /// Whose reset link was just made, and the link.
    pub made: Option<(String, OneTimeSecret)>,
}

impl Model for People {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }
}

#[derive(Clone, Debug)]
pub struct PersonRow {
    pub name: String,
    pub email: String,
    pub operator: bool,
    pub workspaces: i64,
    /// Whether it is the reader, who changes their own password on their account's page.
    pub is_self: bool,
}

pub fn people(page: People) -> impl IntoView {
    let made = page.made.map(|(email, link)| {
        let help =
            "Send it only to them: it sets their password. It works once, within an hour. Their sessions have ended.";
        one_time_secret(format!("Password-reset link for {email}, shown only once"), help, link)
    });
    let content = view! {
        <div class="head">
            <div>
                <h1>"People"</h1>
                <p class="muted">"Everybody with an account on this installation. Roles are set in each workspace."</p>
            </div>
        </div>
        {page.done.map(done)}
        {made}
        <section class="card"><h2 class="hidden">"Accounts"</h2>{pager(&page.pager, "accounts")}<ul class="people">{page.rows.into_iter().map(|person| row(person, &page.form_id)).collect_view()}</ul></section>
    };
    installation_frame(page.frame, content)
}

fn row(row: PersonRow, form_id: &str) -> impl IntoView + use<> {
    let operator = row.operator.then(|| view! { " "<span class="tag">"Operator"</span> });
    let member = match row.workspaces {
        0 => "No workspace".to_owned(),
        1 => "1 workspace".to_owned(),
        n => format!("{n} workspaces"),
    };
    let reset = (!row.is_self).then(|| view! {
        <details class="change">
            <summary>"Reset password"<span class="hidden">{format!(" of {}", row.name)}</span></summary>
            <form method="post" class="line">
                <input type="hidden" name="email" value=row.email.clone() />
                <input type="hidden" name="form_id" value=form_id.to_owned() />
                <p class="muted">
                    {format!("Signs {} out everywhere and creates a link to choose a new password. This is recorded in the installation log and in the log of each of their workspaces.", row.name)}
                </p>
                <button class="button danger">{format!("Create reset link for {}", row.name)}</button>
            </form>
        </details>
    });
    view! {
        <li>
            <div class="person"><b>{row.name.clone()}</b>{operator}<span class="muted">{row.email.clone()}</span></div>
            <div class="standing"><span class="muted">{member}</span></div>
            {reset}
        </li>
    }
}
