//! The account of the person who is signed in.

use crate::domain::theme::Theme;
use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::pages::second_factor::SECOND_FACTOR;
use crate::ui::parts::field::{Faults, Field, field, moment, new_password, one_time_code, summary};
use crate::ui::parts::notice::done;
use crate::ui::prerender::Prerender;
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{Done, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Account {
    pub frame: InstallationFrame,
    pub email: String,
    pub name: String,
    pub sessions: Vec<SessionRow>,
    pub notices: Vec<NoticeRow>,
    /// How many recovery codes are left, where there is a second factor.
    pub second_factor: Option<i64>,
    pub name_faults: Faults,
    pub password_faults: Faults,
    /// What was just done.
    pub done: Option<Done>,
}

impl Model for Account {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }

    fn has_faults(&self) -> bool {
        !(self.name_faults.0.is_empty() && self.password_faults.0.is_empty())
    }

    fn asks_password(&self) -> bool {
        true
    }
}

/// What the person was told.
#[derive(Clone, Debug)]
pub struct NoticeRow {
    pub title: &'static str,
    pub text: String,
    pub at: Moment,
    pub is_read: bool,
}

#[derive(Clone, Debug)]
pub struct SessionRow {
    pub id: String,
    /// The browser, as it named itself.
    pub device: String,
    pub address: String,
    pub since: Moment,
    pub last_used: Moment,
    /// Whether it is the one that asks.
    pub is_current: bool,
}

const NAME: [(&str, &str); 1] = [("name", "Your name")];
const PASSWORD: [(&str, &str); 3] = [("present", "Current password"), ("code", "Code"), ("new", "New password")];

pub fn account(page: Account) -> impl IntoView {
    let theme = page.frame.theme;
    let content = view! {
        <div class="head">
            <div>
                <h1>"Account"</h1>
                <p class="muted">"You sign in as "<b>{page.email.clone()}</b>"."</p>
            </div>
        </div>
        {page.done.map(done)}
        {notices(page.notices)}
        {name_form(page.name, &page.name_faults)}
        {password_form(page.email, page.second_factor.is_some(), &page.password_faults)}
        {second_factor(page.second_factor)}
        {sessions(page.sessions)}
        {theme_form(theme)}
    };
    installation_frame(page.frame, content)
}

fn notices(rows: Vec<NoticeRow>) -> Option<impl IntoView> {
    if rows.is_empty() {
        return None;
    }
    let are_new = rows.iter().any(|row| !row.is_read);
    let rows = rows.into_iter().map(|row| {
        let new = (!row.is_read).then(|| view! { " "<span class="tag">"New"</span> });
        view! {
            <li>
                <p><b>{row.title}</b>{new}<span class="muted">" · "{moment(row.at)}</span></p>
                <p>{row.text}</p>
            </li>
        }
    });
    let read = are_new.then(|| {
        view! {
            <form method="post">
                <input type="hidden" name="act" value="read" />
                <button class="button">"Mark all as read"</button>
            </form>
        }
    });
    Some(view! {
        <section class="card" id="notices">
            <h2>"Notices"</h2>
            <ul class="notices">{rows.collect_view()}</ul>
            {read}
        </section>
    })
}

fn name_form(name: String, faults: &Faults) -> impl IntoView + use<> {
    let name = Field {
        name: "name",
        label: "Your name",
        value: name,
        autocomplete: Some("name"),
        help: Some("New audit rows show this name; existing rows keep the old one."),
        ..Field::default()
    };
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Name"</h2>
            {summary(faults, &NAME)}
            <input type="hidden" name="act" value="name" />
            {field(name, faults)}
            <div><button class="button">"Save"</button></div>
        </form>
    }
}

fn password_form(email: String, has_second_factor: bool, faults: &Faults) -> impl IntoView + use<> {
    let code = has_second_factor.then(|| field(one_time_code("code"), faults));
    let present = Field {
        name: "present",
        label: "Current password",
        kind: Some("password"),
        autocomplete: Some("current-password"),
        ..Field::default()
    };
    let help =
        "12 to 128 characters that are hard to guess, such as a few unrelated words. Your other sessions will end.";
    let new = Field { name: "new", label: "New password", help: Some(help), ..new_password() };
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Password"</h2>
            {summary(faults, &PASSWORD)}
            <input type="hidden" name="act" value="password" />
            <input type="hidden" name="username" autocomplete="username" value=email />
            {field(present, faults)}
            {code}
            {field(new, faults)}
            <div><button class="button">"Change password"</button></div>
        </form>
    }
}

fn second_factor(codes_left: Option<i64>) -> impl IntoView {
    let (now, button) = match codes_left {
        None => ("Off. Signing in takes only your password.".to_owned(), "Set up"),
        Some(0) => ("On. No recovery codes left.".to_owned(), "Manage"),
        Some(1) => ("On, with 1 recovery code left.".to_owned(), "Manage"),
        Some(n) => (format!("On, with {n} recovery codes left."), "Manage"),
    };
    view! {
        <section class="card narrow">
            <h2>"Two-factor authentication"</h2>
            <p>{now}</p>
            <div>
                <a class="button" href=SECOND_FACTOR>{button}<span class="hidden">" two-factor authentication"</span></a>
            </div>
        </section>
    }
}

fn sessions(rows: Vec<SessionRow>) -> impl IntoView {
    let others = rows.iter().any(|row| !row.is_current);
    let rows = rows.into_iter().map(|row| {
        let end = if row.is_current {
            view! { <span class="tag">"This session"</span> }.prerender()
        } else {
            view! {
                <form method="post">
                    <input type="hidden" name="act" value="end" />
                    <input type="hidden" name="session" value=row.id />
                    <button class="button">"End"<span class="hidden">{format!(" the session of {}", row.device)}</span></button>
                </form>
            }
            .prerender()
        };
        view! {
            <li>
                <div class="person"><b>{row.device}</b><span class="muted">{row.address}</span></div>
                <div class="standing">
                    "Last used "{moment(row.last_used)}
                    <span class="muted">"Signed in "{moment(row.since)}</span>
                </div>
                {end}
            </li>
        }
    });
    let all = others.then(|| {
        view! {
            <form method="post">
                <input type="hidden" name="act" value="end_others" />
                <button class="button danger">"End all other sessions"</button>
            </form>
        }
    });
    view! {
        <section class="card">
            <header>
                <h2>"Where you are signed in"</h2>
                <p class="muted">"A session ends after 30 minutes without use, and after 12 hours at the latest."</p>
            </header>
            <ul class="people">{rows.collect_view()}</ul>
            {all}
        </section>
    }
}

fn theme_form(chosen: Theme) -> impl IntoView {
    let choices = Theme::ALL.map(|theme| {
        let words = match theme {
            Theme::System => "System",
            Theme::Light => "Light",
            Theme::Dark => "Dark",
        };
        view! {
            <label><input type="radio" name="theme" value=theme.as_str() checked=theme == chosen />{words}</label>
        }
    });
    view! {
        <form method="post" class="card narrow">
            <h2>"Appearance"</h2>
            <input type="hidden" name="act" value="theme" />
            <fieldset class="segments"><legend class="hidden">"Appearance"</legend>{choices.collect_view()}</fieldset>
            <div><button class="button">"Save"</button></div>
        </form>
    }
}
