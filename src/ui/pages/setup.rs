//! The first account, or a person's first password, by a one-time link.

use crate::ui::frame::bare;
use crate::ui::parts::field::{Faults, Field, field, new_password, summary};
use crate::ui::prerender::Prerender;
use leptos::prelude::*;

/// What the link is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum For {
    FirstAccount,
    /// The e-mail of the person who chooses.
    Password(String),
    /// Used, expired or never made.
    Nothing,
}

#[derive(Clone, Debug)]
pub struct SetUp {
    pub token: String,
    pub made_for: For,
    pub sent: Sent,
    pub faults: Faults,
}

/// What the form of the first account holds.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pub name: String,
    pub email: String,
    pub workspace: String,
    pub time_zone: String,
}

const LABELS: [(&str, &str); 5] = [
    ("name", "Your name"),
    ("email", "E-mail"),
    ("password", "Password"),
    ("workspace", "Name of the workspace"),
    ("time_zone", "Its time zone"),
];

pub fn set_up(page: SetUp) -> impl IntoView {
    let content = match page.made_for.clone() {
        For::FirstAccount => first_account(page).prerender(),
        For::Password(email) => password(page, email).prerender(),
        For::Nothing => view! {
            <h1>"This link cannot be used"</h1>
            <p>"It was used already, or it is more than an hour old. Start the server again for a new set-up link, or ask whoever sent it for another one."</p>
            <p><a class="button" href="/sign-in">"Sign in"</a></p>
        }
        .prerender(),
    };
    bare(view! { <section class="card narrow">{content}</section> })
}

fn first_account(page: SetUp) -> impl IntoView {
    let text = |name, label, value, help| Field { name, label, value, help, ..Field::default() };
    let name = Field { autocomplete: Some("name"), autofocus: true, ..text("name", "Your name", page.sent.name, None) };
    let email = Field {
        kind: Some("email"),
        autocomplete: Some("username"),
        ..text("email", "E-mail", page.sent.email, Some("What you sign in with. Nothing is ever sent to it."))
    };
    let help = "Usually your company. It holds your apps, their devices and your colleagues' roles.";
    let workspace = text("workspace", "Name of the workspace", page.sent.workspace, Some(help));
    let help = "Whose days its figures are counted by, such as Europe/Berlin. It is fixed for good.";
    let time_zone = text("time_zone", "Its time zone", page.sent.time_zone, Some(help));
    let faults = page.faults;
    view! {
        <h1>"Set up Attest"</h1>
        <p class="muted">"This makes the first account, the operator of this installation, and a workspace whose Compliance Admin you are."</p>
        {summary(&faults, &LABELS)}
        <form method="post" action="/set-up" novalidate>
            <input type="hidden" name="token" value=page.token />
            {field(name, &faults)}
            {field(email, &faults)}
            {field(new_password(), &faults)}
            {field(workspace, &faults)}
            {field(time_zone, &faults)}
            <button class="button primary">"Make the account and the workspace"</button>
        </form>
    }
}

fn password(page: SetUp, email: String) -> impl IntoView {
    view! {
        <h1>"Choose your password"</h1>
        <p>"For "<b>{email.clone()}</b>"."</p>
        {summary(&page.faults, &LABELS)}
        <form method="post" action="/set-up" novalidate>
            <input type="hidden" name="token" value=page.token />
            <input type="hidden" name="username" autocomplete="username" value=email />
            {field(new_password(), &page.faults)}
            <button class="button primary">"Choose this password"</button>
        </form>
    }
}
