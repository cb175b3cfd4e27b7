//! Members: who has which role here, who is invited, and the forms that change it.

use crate::domain::role::{Role, TokenRole};
use crate::ui::frame::{Frame, frame};
use crate::ui::parts::demand::{Demand, demand_form};
use crate::ui::parts::field::{Faults, Field, field, moment, summary};
use crate::ui::parts::notice::{Tone, done, notice};
use crate::ui::parts::one_time_secret::{OneTimeSecret, one_time_secret};
use crate::ui::parts::pager::{Pager, pager};
use crate::ui::parts::role::role_field;
use crate::ui::parts::theirs::theirs;
use crate::ui::prerender::{InertElement, Prerender};
use crate::ui::surroundings::{Around, Model};
use crate::ui::words::{self, Done, Moment};
use leptos::prelude::*;

#[derive(Clone, Debug)]
pub struct Members {
    pub frame: Frame,
    pub rows: Vec<MemberRow>,
    pub pager: Pager,
    pub invitations: Vec<InvitationRow>,
    /// Whether invitations are mailed.
    pub is_mailed: bool,
    /// The roles that the reader may give; none for those who only read.
    pub may_give: Vec<Role>,
    /// Names the form, so that it is taken once.
    pub form_id: String,
    pub email: String,
    pub role: Role,
    /// Who was shown the first link of the account that is asked about.
    pub shown_to: Option<String>,
    pub faults: Faults,
    /// Whether a second factor is required of Compliance Admins and Admins; for those who may change it.
    pub demand: Option<Demand>,
    /// What was just done.
    pub outcome: Option<MemberOutcome>,
}

impl Model for Members {
    fn around(&self) -> Around<'_> {
        Around::Workspace(&self.frame)
    }

    fn has_faults(&self) -> bool {
        let is_refused = self.demand.as_ref().is_some_and(|demand| demand.refused.is_some());
        is_refused || !self.faults.0.is_empty() || matches!(self.outcome, Some(MemberOutcome::Refused(_)))
    }
}

#[derive(Clone, Debug)]
pub struct MemberRow {
    pub person: String,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub since: Moment,
    pub disabled: bool,
    /// `None` for those who do not manage members and are another: it says whose account is easier to take.
    pub has_second_factor: Option<bool>,
    /// Whether it is the reader.
    pub is_self: bool,
    pub may_change: bool,
}

#[derive(Clone, Debug)]
pub struct InvitationRow {
    pub id: String,
    pub email: String,
    pub role: Role,
    pub by: String,
    pub until: Moment,
    pub may_revoke: bool,
}

#[derive(Clone, Debug)]
pub enum MemberOutcome {
    /// A new invitation with its link, which is shown this once; without one it is mailed.
    Invited {
        email: String,
        role: Role,
        link: Option<OneTimeSecret>,
    },
    Done(Done),
    Refused(&'static str),
}

const LABELS: [(&str, &str); 2] = [("email", "E-mail"), ("role", "Role")];

pub fn members(page: Members) -> impl IntoView {
    let outcome = page.outcome.map(outcome);
    let may_give = page.may_give.clone();
    let rows = page.rows.into_iter().map(|row| member(row, &may_give)).collect_view();
    let pager = pager(&page.pager, "members");
    let open = (!page.invitations.is_empty()).then(|| invitations(page.invitations));
    let form = (!may_give.is_empty())
        .then(|| form((page.form_id, page.is_mailed), (page.email, page.role, page.shown_to), &may_give, &page.faults));
    let content = view! {
        <div class="head">
            <div>
                <h1>"Members"</h1>
                <p class="muted">"Who can do what in this workspace. Changes apply immediately."</p>
            </div>
        </div>
        {outcome}
        <section class="card">
            <h2 class="hidden">"Members"</h2>
            {pager}
            <ul class="people">{rows}</ul>
        </section>
        {open}
        {form}
        {page.demand.map(|demand| demand_form(demand, "Compliance Admins and Admins", "they cannot use this workspace"))}
    };
    frame(page.frame, content)
}

fn outcome(outcome: MemberOutcome) -> InertElement {
    match outcome {
        MemberOutcome::Invited { email, role, link } => {
            let Some(link) = link else {
                let mailed = format!(
                    "An invitation is on its way to {email} ({}). Its link works once, within an hour.",
                    words::role(role)
                );
                return notice(Tone::Done, view! { <p>{mailed}</p> }).prerender();
            };
            let title = format!("Invitation for {email} ({}), shown only once", words::role(role));
            let help = "Send them this link yourself: Attest sends no e-mail here. It works once, within an hour.";
            one_time_secret(title, help, link).prerender()
        }
        MemberOutcome::Done(what) => done(what).prerender(),
        MemberOutcome::Refused(words) => {
            notice(Tone::Danger, view! { <p><b>{words::NOTHING_CHANGED}</b>" "{words}</p> }).prerender()
        }
    }
}

fn member(row: MemberRow, may_give: &[Role]) -> impl IntoView + use<> {
    let you = row.is_self.then(|| view! { " "<span class="tag">"You"</span> });
    let change = row.may_change.then(|| change(&row, may_give));
    let factor = row.has_second_factor.map(|has| view! { <span class="muted">{words::second_factor(has)}</span> });
    view! {
        <li>
            <div class="person">
                <b>{row.name.clone()}</b>{you}{row.disabled.then(|| view! { " "<span class="tag">"Disabled"</span> })}
                <span class="muted">{row.email.clone()}</span>
            </div>
            <div class="standing">
                <b>{words::role(row.role)}</b>
                <span class="muted">"since "{moment(row.since.clone())}</span>
                {factor}
            </div>
            {change}
        </li>
    }
}

/// The roles that may be given, as the field takes them.
fn offered(may_give: &[Role]) -> Vec<TokenRole> {
    may_give.iter().copied().map(TokenRole::Member).collect()
}

/// Folded away: a role is changed seldom, and never by accident.
fn change(row: &MemberRow, may_give: &[Role]) -> impl IntoView + use<> {
    let id = format!("role-of-{}", row.person);
    view! {
        <details class="change">
            <summary>"Change"<span class="hidden">{format!(" the role of {}", row.name)}</span></summary>
            <form method="post" class="line">
                <input type="hidden" name="act" value="set" />
                <input type="hidden" name="person" value=row.person.clone() />
                {role_field(id, "role", TokenRole::Member(row.role), &offered(may_give))}
                <button class="button">"Change role"</button>
            </form>
            <form method="post" class="line">
                <input type="hidden" name="act" value="remove" />
                <input type="hidden" name="person" value=row.person.clone() />
                <button class="button danger">{format!("Remove {}", row.name)}</button>
            </form>
        </details>
    }
}

fn invitations(rows: Vec<InvitationRow>) -> impl IntoView {
    let rows = rows.into_iter().map(|row| {
        let revoke = row.may_revoke.then(|| view! {
            <form method="post">
                <input type="hidden" name="act" value="revoke" />
                <input type="hidden" name="invitation" value=row.id />
                <button class="button danger">"Revoke"<span class="hidden">{format!(" the invitation of {}", row.email)}</span></button>
            </form>
        });
        view! {
            <li>
                <div class="person"><b>{row.email.clone()}</b><span class="muted">{format!("invited by {}", row.by)}</span></div>
                <div class="standing"><b>{words::role(row.role)}</b><span class="muted">"valid until "{moment(row.until)}</span></div>
                {revoke}
            </li>
        }
    });
    view! {
        <section class="card">
            <h2>"Pending invitations"</h2>
            <ul class="people">{rows.collect_view()}</ul>
        </section>
    }
}

fn form(
    (form_id, is_mailed): (String, bool),
    (email, role, shown_to): (String, Role, Option<String>),
    may_give: &[Role],
    faults: &Faults,
) -> impl IntoView + use<> {
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: Some("email"),
        value: email,
        help: Some(if is_mailed {
            "They get an e-mail with a link. People with an account sign in; others create one."
        } else {
            "People with an account sign in; others create one from the link."
        }),
        ..Field::default()
    };
    let button = if is_mailed { "Send invitation" } else { "Create invitation link" };
    view! {
        <form method="post" class="card narrow" novalidate>
            <h2>"Invite a member"</h2>
            {summary(faults, &LABELS)}
            <input type="hidden" name="act" value="invite" />
            <input type="hidden" name="form_id" value=form_id />
            {field(email, faults)}
            {role_field("role".to_owned(), "role", TokenRole::Member(role), &offered(may_give))}
            {theirs(shown_to)}
            <div><button class="button primary">{button}</button></div>
        </form>
    }
}
