//! The first account, or a person's first password, by a one-time link.

use crate::ui::frame::bare;
use crate::ui::parts::field::{Faults, Field, field, new_password, summary};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
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
    pub sent: SetUpFields,
    pub faults: Faults,
}

impl Model for SetUp {
    fn around(&self) -> Around<'_> {
        Around::Nothing
    }

    fn own_title(&self) -> Option<String> {
        Some("Set-up".to_owned())
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }

    fn asks_password(&self) -> bool {
        self.made_for != For::Nothing
    }
}

/// What the form of the first account holds.
#[derive(Clone, Debug, Default)]
pub struct SetUpFields {
    pub name: String,
    pub email: String,
    pub workspace: String,
    pub time_zone: String,
}

const LABELS: [(&str, &str); 5] = [
    ("name", "Your name"),
    ("email", "E-mail"),
    ("password", "Password"),
    ("workspace", "Workspace name"),
    ("time_zone", "Time zone"),
];

pub fn set_up(page: SetUp) -> impl IntoView {
    let content = match page.made_for.clone() {
        For::FirstAccount => first_account(page).prerender(),
        For::Password(email) => password(page, email).prerender(),
        For::Nothing => view! {
            <h1>"This link cannot be used"</h1>
            <p>"It has been used, or it is more than an hour old. If you have chosen your password with it, sign in; otherwise ask the person who sent it for a new one. While the installation has no account yet, restarting the server makes a new set-up link."</p>
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
        ..text("email", "E-mail", page.sent.email, Some("You sign in with it. No e-mail is ever sent to it."))
    };
    let help = "Usually your company's name. The workspace holds your apps, their devices and your colleagues' roles.";
    let workspace = text("workspace", "Workspace name", page.sent.workspace, Some(help));
    let help = "Daily figures start at midnight in this zone, for example Europe/Berlin. It cannot be changed later.";
    let time_zone = text("time_zone", "Time zone", page.sent.time_zone, Some(help));
    let faults = page.faults;
    view! {
        <h1>"Set up Attest"</h1>
        <p class="muted">"This creates the first account, which operates this installation, and a workspace. You become its Compliance Admin."</p>
        {summary(&faults, &LABELS)}
        <form method="post" action="/set-up" novalidate>
            <input type="hidden" name="token" value=page.token />
            {field(name, &faults)}
            {field(email, &faults)}
            {field(new_password(), &faults)}
            {field(workspace, &faults)}
            {field(time_zone, &faults)}
            <button class="button primary">"Create account and workspace"</button>
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
            <button class="button primary">"Set password"</button>
        </form>
    }
}
