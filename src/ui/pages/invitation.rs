//! Accepting an invitation.

use crate::domain::role::{Role, TokenRole};
use crate::ui::frame::bare;
use crate::ui::parts::field::{Faults, Field, field, new_password, summary};
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words;
use leptos::prelude::*;

/// What an invitation offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub workspace: String,
    pub email: String,
    pub role: Role,
    pub by: String,
}

/// How the reader stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Signed in with its e-mail.
    Accept(Offered),
    /// Its e-mail has an account: sign in first. The address leads back.
    SignIn(Offered, String),
    /// Signed in as somebody else.
    SomebodyElse(Offered),
    /// Its e-mail has no account yet.
    Join(Offered),
    /// Used, expired, revoked or never made.
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Invitation {
    pub token: String,
    pub standing: Standing,
    pub name: String,
    pub faults: Faults,
}

impl Model for Invitation {
    fn around(&self) -> Around<'_> {
        Around::Nothing
    }

    fn own_title(&self) -> Option<String> {
        Some("Invitation".to_owned())
    }

    fn has_faults(&self) -> bool {
        !self.faults.0.is_empty()
    }

    fn asks_password(&self) -> bool {
        matches!(self.standing, Standing::Join(_))
    }
}

const LABELS: [(&str, &str); 2] = [("name", "Your name"), ("password", "Password")];

pub fn invitation(page: Invitation) -> impl IntoView {
    let content = match page.standing.clone() {
        Standing::Accept(offered) => view! {
            {head(&offered)}
            <form method="post" action="/invitation">
                <input type="hidden" name="token" value=page.token />
                <button class="button primary">{format!("Join {}", offered.workspace)}</button>
            </form>
        }
        .prerender(),
        Standing::SignIn(offered, address) => view! {
            {head(&offered)}
            <p>"This e-mail already has an account. Sign in to accept; you will return to this page."</p>
            <p><a class="button primary" href=address>"Sign in"</a></p>
        }
        .prerender(),
        Standing::SomebodyElse(offered) => view! {
            {head(&offered)}
            <p>"You are signed in with another account. Sign out, then open this link again."</p>
            <form method="post" action="/sign-out"><button class="button">"Sign out"</button></form>
        }
        .prerender(),
        Standing::Join(offered) => join(page, &offered).prerender(),
        Standing::Nothing => view! {
            <h1>"This invitation cannot be used"</h1>
            <p>"It has been used or revoked, or it is more than an hour old. Ask the person who sent it for a new one."</p>
            <p><a class="button" href="/">"Go to Attest"</a></p>
        }
        .prerender(),
    };
    bare(view! { <section class="card narrow">{content}</section> })
}

fn head(offered: &Offered) -> impl IntoView + use<> {
    let Offered { workspace, email, role, by } = offered.clone();
    view! {
        <h1>{format!("Join {workspace}")}</h1>
        <p><b>{by}</b>" invited "<b>{email}</b>" as "<b>{words::role(role)}</b>": "{words::role_in_short(TokenRole::Member(role))}"."</p>
    }
}

fn join(page: Invitation, offered: &Offered) -> impl IntoView + use<> {
    let name = Field {
        name: "name",
        label: "Your name",
        value: page.name,
        autocomplete: Some("name"),
        autofocus: true,
        ..Field::default()
    };
    view! {
        {head(offered)}
        {summary(&page.faults, &LABELS)}
        <form method="post" action="/invitation" novalidate>
            <input type="hidden" name="token" value=page.token />
            <input type="hidden" name="username" autocomplete="username" value=offered.email.clone() />
            {field(name, &page.faults)}
            {field(new_password(), &page.faults)}
            <button class="button primary">{format!("Create account and join {}", offered.workspace)}</button>
        </form>
    }
}
