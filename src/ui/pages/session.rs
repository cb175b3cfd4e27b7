//! Sign in.

use crate::ui::frame::bare;
use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::field::{Faults, Field, field, one_time_code};
use crate::ui::parts::notice::{Tone, done, notice};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::Done;
use leptos::prelude::*;

/// Why the form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Unknown e-mail or wrong password, one and the same words; or a wrong code.
    NotRight,
    /// Nothing was typed.
    Empty,
    /// Try again in so many seconds.
    Wait(i64),
}

#[derive(Clone, Debug, Default)]
pub struct SignIn {
    pub email: String,
    /// Where to go afterwards, a path of our own.
    pub next: String,
    pub refusal: Option<Refusal>,
    pub signed_out: bool,
    /// What was just done.
    pub done: Option<Done>,
    /// There is no account yet.
    pub needs_set_up: bool,
}

impl Model for SignIn {
    fn around(&self) -> Around<'_> {
        Around::Nothing
    }

    fn own_title(&self) -> Option<String> {
        Some("Sign in".to_owned())
    }

    fn has_faults(&self) -> bool {
        self.refusal.is_some()
    }

    fn asks_password(&self) -> bool {
        true
    }
}

fn refused(refusal: Refusal, not_right: &'static str) -> impl IntoView {
    let words = match refusal {
        Refusal::NotRight => not_right.to_owned(),
        Refusal::Empty => "Enter the code.".to_owned(),
        Refusal::Wait(seconds) => {
            let seconds = seconds.max(1);
            let s = if seconds == 1 { "" } else { "s" };
            format!("Too many failed attempts. Try again in {seconds} second{s}.")
        }
    };
    notice(Tone::Danger, view! { <p>{words}</p> })
}

pub fn sign_in(page: SignIn) -> impl IntoView {
    let refusal = page.refusal.map(|refusal| refused(refusal, "E-mail and password do not match an account."));
    let signed_out = page.signed_out.then(|| notice(Tone::Done, view! { <p>"You are signed out."</p> }));
    let needs_set_up = page.needs_set_up.then(|| {
        notice(
            Tone::Mind,
            view! { <p>"There is no account yet. Open the one-time set-up link that the server printed when it started."</p> },
        )
    });
    let none = Faults::default();
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: Some("email"),
        autocomplete: Some("username"),
        autofocus: page.email.is_empty(),
        value: page.email,
        ..Field::default()
    };
    let password = Field {
        name: "password",
        label: "Password",
        kind: Some("password"),
        autocomplete: Some("current-password"),
        ..Field::default()
    };
    bare(view! {
        <section class="card narrow">
            <h1>"Sign in"</h1>
            {needs_set_up}
            {signed_out}
            {page.done.map(done)}
            {refusal}
            <form method="post" action="/sign-in" novalidate>
                <input type="hidden" name="next" value=page.next />
                {field(email, &none)}
                {field(password, &none)}
                <button class="button primary">"Sign in"</button>
            </form>
        </section>
    })
}

/// The code of the second factor, once the password was right.
#[derive(Clone, Debug, Default)]
pub struct SignInCode {
    /// Where to go afterwards, a path of our own.
    pub next: String,
    pub refusal: Option<Refusal>,
}

impl Model for SignInCode {
    fn around(&self) -> Around<'_> {
        Around::Nothing
    }

    fn own_title(&self) -> Option<String> {
        Some("Two-factor authentication".to_owned())
    }

    fn has_faults(&self) -> bool {
        self.refusal.is_some()
    }
}

pub fn sign_in_code(page: SignInCode) -> impl IntoView {
    let code = Field {
        autofocus: page.refusal.is_none(),
        help: Some("From your authenticator app. Without your phone, use a recovery code."),
        ..one_time_code("code")
    };
    let not_right = "That code is incorrect, or it was used already. Codes change every 30 seconds.";
    bare(view! {
        <section class="card narrow">
            <h1>"Two-factor authentication"</h1>
            {page.refusal.map(|refusal| refused(refusal, not_right))}
            <form method="post" action="/sign-in/code" novalidate>
                <input type="hidden" name="next" value=page.next />
                {field(code, &Faults::default())}
                <button class="button primary">"Sign in"</button>
            </form>
            <p class="muted">
                "Lost your phone and your recovery codes? An operator of this installation can turn two-factor authentication off for you. "
                <a href="/sign-in">"Start again"</a>
            </p>
        </section>
    })
}

#[derive(Clone, Debug)]
pub struct NoWorkspace {
    pub frame: InstallationFrame,
}

impl Model for NoWorkspace {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }

    fn own_title(&self) -> Option<String> {
        Some("No workspace".to_owned())
    }
}

/// For a person who is a member of nothing.
pub fn no_workspace(page: NoWorkspace) -> impl IntoView {
    let person = page.frame.person.clone();
    let content = view! {
        <section class="card narrow">
            <h1>"No workspace yet"</h1>
            <p>{person}", you are signed in but not a member of any workspace. Ask a Compliance Admin to invite you."</p>
        </section>
    };
    installation_frame(page.frame, content)
}
