//! Everybody with an account, and each of them, for operators.

use crate::domain::role::Role;
use crate::ui::installation::{InstallationFrame, installation_frame};
use crate::ui::parts::demand::{Demand, demand_form};
use crate::ui::parts::field::moment;
use crate::ui::parts::notice::{Tone, done, notice};
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::parts::theirs::theirs;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct People {
    pub frame: InstallationFrame,
    pub rows: Vec<PersonRow>,
    pub pager: Pager,
    /// Whether operators must have a second factor.
    pub demand: Demand,
    /// What was just done.
    pub done: Option<Done>,
    /// The address of somebody who passed requests on and is not trusted to.
    pub untrusted_proxy: Option<String>,
}

impl Model for People {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }

    fn has_faults(&self) -> bool {
        self.demand.refused.is_some()
    }
}

#[derive(Clone, Debug)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    pub email: String,
    pub operator: bool,
    pub disabled: bool,
    pub has_second_factor: bool,
    pub workspaces: i64,
}

/// One account.
#[derive(Clone, Debug)]
pub struct OnePerson {
    pub frame: InstallationFrame,
    /// Whether it is the reader, who changes their own password on their account's page.
    pub is_self: bool,
    pub name: String,
    pub email: String,
    pub operator: bool,
    pub disabled: bool,
    pub has_second_factor: bool,
    /// Who was shown the link to its first password.
    pub shown_to: Option<String>,
    /// Whether that is somebody else than the reader.
    pub asks: bool,
    pub sessions: usize,
    /// When they last signed in.
    pub signed_in: Option<Moment>,
    pub workspaces: Vec<(String, Role)>,
    /// Names the form, so that it is taken once.
    pub form_id: String,
    /// What was just done.
    pub done: Option<Done>,
    /// Why nothing was.
    pub refused: Option<&'static str>,
    /// The reset link that was just made.
    pub made: Option<OneTimeSecret>,
}

impl Model for OnePerson {
    fn around(&self) -> Around<'_> {
        Around::Installation(&self.frame)
    }

    fn has_faults(&self) -> bool {
        self.refused.is_some()
    }
}

fn tags(operator: bool, disabled: bool) -> impl IntoView {
    let operator = operator.then(|| view! { " "<span class="tag">"Operator"</span> });
    let disabled = disabled.then(|| view! { " "<span class="tag">"Disabled"</span> });
    view! { {operator}{disabled} }
}

pub fn people(page: People) -> impl IntoView {
    let proxy = page.untrusted_proxy.map(|address| {
        let words = format!(
            "Requests come from {address}, which says that it passes them on for others and is not among the trusted proxies. If it is your proxy, name it in trusted_proxies: until then everybody shares its address, and one person's failed sign-ins make all wait."
        );
        notice(Tone::Mind, view! { <p>{words}</p> })
    });
    let content = view! {
        <div class="head">
            <div>
                <h1>"People"</h1>
                <p class="muted">"Everybody with an account on this installation. Roles are set in each workspace."</p>
            </div>
        </div>
        {page.done.map(done)}
        {proxy}
        <section class="card"><h2 class="hidden">"Accounts"</h2>{pager(&page.pager, "accounts")}<ul class="people">{page.rows.into_iter().map(row).collect_view()}</ul></section>
        {demand_form(page.demand, "operators", "they cannot use the pages for operators")}
    };
    installation_frame(page.frame, content)
}

fn row(row: PersonRow) -> impl IntoView {
    let member = match row.workspaces {
        0 => "No workspace".to_owned(),
        1 => "1 workspace".to_owned(),
        n => format!("{n} workspaces"),
    };
    view! {
        <li>
            <div class="person">
                <a href=format!("/people/{}", row.id)><b>{row.name}</b></a>{tags(row.operator, row.disabled)}
                <span class="muted">{row.email}</span>
            </div>
            <div class="standing"><span class="muted">{member}</span><span class="muted">{words::second_factor(row.has_second_factor)}</span></div>
        </li>
    }
}

pub fn one_person(page: OnePerson) -> impl IntoView {
    let made = page.made.clone().map(|link| {
        let help = "Send it only to them: it sets their password. It works once, within an hour. Their old password no longer works, and their sessions have ended.";
        one_time_secret(format!("Password-reset link for {}, shown only once", page.email), help, link)
    });
    let refused =
        page.refused.map(|words| notice(Tone::Danger, view! { <p><b>{words::NOTHING_CHANGED}</b>" "{words}</p> }));
    let acts = if page.is_self {
        let words = "This is your account. Change its password on the page Account; what else becomes of it is up to another operator.";
        view! { <section class="card"><p class="muted">{words}</p></section> }.prerender()
    } else {
        acts(&page)
    };
    let content = view! {
        <div class="head">
            <div>
                <p class="muted"><a href="/people">"People"</a></p>
                <h1>{page.name.clone()}{tags(page.operator, page.disabled)}</h1>
                <p class="muted">{page.email.clone()}</p>
            </div>
        </div>
        {page.done.map(done)}
        {refused}
        {made}
        {known(&page)}
        {acts}
    };
    installation_frame(page.frame, content)
}

/// What there is to know before anything is done.
fn known(page: &OnePerson) -> impl IntoView + use<> {
    let roles = page.workspaces.iter().map(|(name, role)| format!("{name}: {}", words::role(*role)));
    let roles = match page.workspaces.len() {
        0 => "none".to_owned(),
        _ => roles.collect::<Vec<_>>().join(", "),
    };
    let signed_in = match page.signed_in.clone() {
        Some(at) => moment(at).prerender(),
        None => view! { "Never" }.prerender(),
    };
    let shown = page.shown_to.as_ref().map(|name| {
        view! { <dt>"First link shown to"</dt><dd>{name.clone()}</dd> }
    });
    view! {
        <section class="card">
            <h2 class="hidden">"About"</h2>
            <dl class="facts">
                <dt>"Workspaces"</dt>
                <dd>{roles}</dd>
                <dt>"Two-factor authentication"</dt>
                <dd>{if page.has_second_factor { "On" } else { "Off" }}</dd>
                <dt>"Last sign-in"</dt>
                <dd>{signed_in}</dd>
                <dt>"Open sessions"</dt>
                <dd>{page.sessions}</dd>
                {shown}
            </dl>
        </section>
    }
}

fn acts(page: &OnePerson) -> InertElement {
    let name = &page.name;
    let reset = act(page, "reset", Look::Danger, "Reset the password".to_owned(), None);
    let factor = page.has_second_factor.then(|| {
        act(page, "remove_second_factor", Look::Danger, "Turn off two-factor authentication".to_owned(), None)
    });
    let disable = if page.disabled {
        act(page, "enable", Look::Plain, format!("Enable {name}"), None)
    } else {
        act(page, "disable", Look::Danger, format!("Disable {name}"), None)
    };
    let operator = if page.operator {
        act(page, "unmake_operator", Look::Danger, format!("Remove {name} as operator"), None)
    } else {
        let shown_to = page.shown_to.clone().filter(|_| page.asks);
        act(page, "make_operator", Look::Danger, format!("Make {name} an operator"), shown_to)
    };
    view! {
        <section class="card actions">
            <h2>"Change"</h2>
            <p class="muted">"You confirm each change before it happens."</p>
            {reset}{factor}{disable}{operator}
        </section>
    }
    .prerender()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Plain,
    Danger,
}

fn act(
    page: &OnePerson,
    act: &'static str,
    look: Look,
    button: String,
    shown_to: Option<String>,
) -> impl IntoView + use<> {
    let class = if look == Look::Danger { "button danger" } else { "button" };
    view! {
        <form method="post">
            <input type="hidden" name="act" value=act />
            <input type="hidden" name="form_id" value=page.form_id.clone() />
            {theirs(shown_to)}
            <button class=class>{button}</button>
        </form>
    }
}
