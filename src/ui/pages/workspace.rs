//! The installation's workspaces, for operators.

use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::words::Moment;
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Workspaces {
    pub frame: InstallationFrame,
    pub rows: Vec<WorkspaceRow>,
    pub pager: Pager,
    pub sent: Sent,
    pub faults: Faults,
    pub made: Option<Made>,
}

/// What the form holds.
#[derive(Clone, Debug)]
pub struct Sent {
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
}

const LABELS: [(&str, &str); 7] = [
    ("name", "Name"),
    ("slug", "Address"),
    ("time_zone", "Time zone"),
    ("org", "Organisation label"),
    ("account", "Account label"),
    ("admin", "E-mail of the first Compliance Admin"),
    ("admin_name", "Their name"),
];

pub fn workspaces(page: Workspaces) -> impl IntoView {
    let made = page.made.map(made);
    let content = view! {
        <div class="head">
            <div>
                <h1>"Workspaces"</h1>
                <p class="muted">"One company's apps, devices and people each. Being operator gives no right inside one."</p>
            </div>
        </div>
        {made}
        <section class="card"><h2 class="hidden">"Workspaces"</h2>{pager(&page.pager, "workspaces")}<ul class="people">{page.rows.into_iter().map(row).collect_view()}</ul></section>
        {form(page.sent, &page.faults)}
    };
    installation_frame(page.frame, content)
}

fn made(made: Made) -> InertElement {
    let title = format!("The workspace {} was made", made.name);
    match made.link {
        Some(link) => {
            let help = "Hand this link to its Compliance Admin: by it they choose their password, once, within an hour.";
            one_time_secret(title, help, link).prerender()
        }
        None => view! { <section class="notice done" role="status"><p><b>{title}</b>", with "{made.admin}" as its Compliance Admin."</p></section> }.prerender(),
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
            <div class="standing">{members}<span class="muted">{row.time_zone}", made "{moment(row.made)}</span></div>
        </li>
    }
}

fn form(sent: Sent, faults: &Faults) -> impl IntoView + use<> {
    let text = |name, label, value, help| Field { name, label, value, help, ..Field::default() };
    let optional = |field| Field { optional: true, ..field };
    let zone = "Whose days its figures are counted by, such as Europe/Berlin. It is fixed for good.";
    let slug = "The part of addresses that names it; made from the name unless given.";
    let label = "What the Profile API calls it in its addresses; “main” unless set.";
    let admin = "Who decides its default. Somebody without an account gets a one-time link, which is shown here.";
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Create a workspace"</h2>
            {summary(faults, &LABELS)}
            {field(text("name", "Name", sent.name, Some("Usually the company's.")), faults)}
            {field(optional(text("slug", "Address", sent.slug, Some(slug))), faults)}
            {field(text("time_zone", "Time zone", sent.time_zone, Some(zone)), faults)}
            {field(Field { kind: Some("email"), ..text("admin", "E-mail of the first Compliance Admin", sent.admin, Some(admin)) }, faults)}
            {field(optional(text("admin_name", "Their name", sent.admin_name, Some("For a new account."))), faults)}
            {field(optional(text("org", "Organisation label", sent.org, Some(label))), faults)}
            {field(optional(text("account", "Account label", sent.account, Some(label))), faults)}
            <div><button class="button primary">"Create the workspace"</button></div>
        </form>
    }
}
