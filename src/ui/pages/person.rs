//! Everybody with an account, for operators.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct People {
    pub frame: InstallationFrame,
    pub rows: Vec<PersonRow>,
    pub pager: Pager,
    /// Whose reset link was just made, and the link.
    pub made: Option<(String, OneTimeSecret)>,
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
        let help = "Hand it over yourself, to nobody else: it chooses their password. It can be used once, within an hour. Their sessions have ended.";
        one_time_secret(format!("The password-reset link of {email}, shown this once"), help, link)
    });
    let content = view! {
        <div class="head">
            <div>
                <h1>"People"</h1>
                <p class="muted">"Everybody with an account on this installation. Their roles are given in each workspace."</p>
            </div>
        </div>
        {made}
        <section class="card"><h2 class="hidden">"Accounts"</h2>{pager(&page.pager, "accounts")}<ul class="people">{page.rows.into_iter().map(row).collect_view()}</ul></section>
    };
    installation_frame(page.frame, content)
}

fn row(row: PersonRow) -> impl IntoView {
    let operator = row.operator.then(|| view! { " "<span class="tag">"operator"</span> });
    let member = match row.workspaces {
        0 => "member of no workspace".to_owned(),
        1 => "member of one workspace".to_owned(),
        n => format!("member of {n} workspaces"),
    };
    let reset = (!row.is_self).then(|| view! {
        <details class="change">
            <summary>"Reset the password"<span class="hidden">{format!(" of {}", row.name)}</span></summary>
            <form method="post" class="line">
                <input type="hidden" name="email" value=row.email.clone() />
                <p class="muted">
                    {format!("Ends every session of {} at once, and makes a link by which they choose another password. The installation's log and that of each of their workspaces say so.", row.name)}
                </p>
                <button class="button danger">{format!("Make a reset link for {}", row.name)}</button>
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
