//! The installation's workspaces, for operators.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::done;
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::parts::theirs::theirs;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{Done, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Workspaces {
    pub frame: InstallationFrame,
    pub rows: Vec<WorkspaceRow>,
    pub pager: Pager,
    /// Names the form, so that it is taken once.
    pub form_id: String,
    /// What was just done.
    pub done: Option<Done>,
    pub sent: NewWorkspaceFields,
    /// Who was shown the first link of the account that is asked about.
    pub shown_to: Option<String>,
    pub faults: Faults,
    pub made: Option<Made>,
}

impl Model for Workspaces {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }
}

/// What the form holds.
#[derive(Clone, Debug)]
pub struct NewWorkspaceFields {
    pub name: String,
    pub slug: String,
    pub time_zone: String,
    pub org: String,
    pub account: String,
    pub admin: String,
    pub admin_name: String,
}

#[derive(Clone, Debug)]
pub struct WorkspaceRow {
    pub name: String,
    pub slug: String,
    pub time_zone: String,
    pub labels: String,
    pub members: i64,
    pub made: Moment,
    /// Whether the reader is a member, and may open it.
    pub open: bool,
}

/// A workspace that was just made.
#[derive(Clone, Debug)]
pub struct Made {
    pub name: String,
    pub admin: String,
    /// The first password's link, when the Compliance Admin had no account.
    pub link: Option<OneTimeSecret>,
    /// Whether it is mailed instead.
    pub mailed: bool,
}

const LABELS: [(&str, &str); 7] = [
    ("name", "Name"),
    ("slug", "Address name"),
    ("time_zone", "Time zone"),
    ("admin", "E-mail of the first Compliance Admin"),
    ("admin_name", "Their name"),
    ("org", "Organization label"),
    ("account", "Account label"),
];

pub fn workspaces(page: Workspaces) -> impl IntoView {
    let made = page.made.map(made);
    let content = view! {
        <div class="head">
            <div>
                <h1>"Workspaces"</h1>
                <p class="muted">"Each workspace holds one company's apps, devices and people. Operators have no access to a workspace unless they are members."</p>
            </div>
        </div>
        {page.done.map(done)}
        {made}
        <section class="card"><h2 class="hidden">"Workspaces"</h2>{pager(&page.pager, "workspaces")}<ul class="people">{page.rows.into_iter().map(row).collect_view()}</ul></section>
        {form(page.form_id, page.sent, page.shown_to, &page.faults)}
    };
    installation_frame(page.frame, content)
}

fn made(made: Made) -> InertElement {
    let title = format!("Workspace {} created", made.name);
    match made.link {
        Some(link) => {
            let help = "Send this link to its Compliance Admin to choose a password. It works once, within an hour.";
            one_time_secret(title, help, link).prerender()
        }
        None => {
            let mailed = made.mailed.then_some(" A link to choose a password is on its way to them.");
            view! { <section class="notice done" role="status"><p><b>{title}</b>", with "{made.admin}" as its Compliance Admin."{mailed}</p></section> }.prerender()
        }
    }
}

fn row(row: WorkspaceRow) -> impl IntoView {
    let name = if row.open {
        view! { <a href=format!("/w/{}/overview", row.slug)><b>{row.name}</b></a> }.prerender()
    } else {
        view! { <b>{row.name}</b> }.prerender()
    };
    let members = if row.members == 1 { "1 member".to_owned() } else { format!("{} members", row.members) };
    view! {
        <li>
            <div class="person">{name}<span class="muted">{format!("/w/{} · {}", row.slug, row.labels)}</span></div>
            <div class="standing">{members}<span class="muted">{row.time_zone}", created "{moment(row.made)}</span></div>
        </li>
    }
}

fn form(form_id: String, sent: NewWorkspaceFields, shown_to: Option<String>, faults: &Faults) -> impl IntoView + use<> {
    let text = |name, label, value, help| Field { name, label, value, help, ..Field::default() };
    let optional = |field| Field { optional: true, ..field };
    let zone = "Daily figures start at midnight in this zone, for example Europe/Berlin. It cannot be changed later.";
    let slug = "Its name in addresses, such as acme-games. Made from the name if left empty.";
    let label = "Used in Profile API addresses. “main” if left empty.";
    let admin = "They set the default. If they have no account, a one-time link for them is made.";
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Create a workspace"</h2>
            {summary(faults, &LABELS)}
            <input type="hidden" name="form_id" value=form_id />
            {field(text("name", "Name", sent.name, Some("Usually the company's name.")), faults)}
            {field(optional(text("slug", "Address name", sent.slug, Some(slug))), faults)}
            {field(text("time_zone", "Time zone", sent.time_zone, Some(zone)), faults)}
            {field(Field { kind: Some("email"), ..text("admin", "E-mail of the first Compliance Admin", sent.admin, Some(admin)) }, faults)}
            {field(optional(text("admin_name", "Their name", sent.admin_name, Some("For a new account."))), faults)}
            {field(optional(text("org", "Organization label", sent.org, Some(label))), faults)}
            {field(optional(text("account", "Account label", sent.account, Some(label))), faults)}
            {theirs(shown_to)}
            <div><button class="button primary">"Create workspace"</button></div>
        </form>
    }
}
