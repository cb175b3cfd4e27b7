//! Everybody with an account, and what becomes of it: for operators.

use super::PageQuery;
use super::ask::{Question, ask};
use super::installation::{installation_frame, operators_only};
use super::listing::part;
use super::remembered::{random_name, redirect_saying, take_message};
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::text::Email;
use crate::server::error::{Error, Result};
use crate::server::http::caller::SignedInPerson;
use crate::server::http::form::Form;
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::mail::LinkFor;
use crate::server::services::person::make_reset_link;
use crate::server::services::second_factor::{demand_of_operators, remove_factor_of};
use crate::server::services::standing::{Standing, set_standing};
use crate::server::state::AppState;
use crate::server::store::person::Person;
use crate::server::store::{Actor, SystemView};
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::person::{OnePerson, People, PersonRow};
use crate::ui::parts::demand::{Demand, REQUIRED};
use crate::ui::parts::field::Faults;
use crate::ui::parts::one_time_secret::OneTimeSecret;
use crate::ui::parts::theirs::CONFIRMED;
use crate::ui::words::{self, Done, MadeOnce};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /people`.
pub async fn list(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let mut page = people(&state, &visit, query).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::People(Box::new(page)), StatusCode::OK))
}

/// `POST /people`: demands a second factor of operators, or no longer.
pub async fn demand(
    visit: SignedInPerson,
    State(state): State<AppState>,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    operators_only(&visit)?;
    let required = form.choice(REQUIRED, yes_or_no).ok_or(Refusal::BadRequest(vec![]))?;
    match demand_of_operators(&state.services, &visit.actor, required).await {
        Ok(()) => redirect_saying(&visit.session, Done::of_demand(required), "/people").await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let mut page = people(&state, &visit, query).await?;
            page.demand.refused = faults.first().map(|fault| words::form_problem("second_factor", fault.problem));
            Ok(render(&state, Page::People(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// What a form says of whether something is required.
pub fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

async fn people(state: &AppState, visit: &SignedInPerson, query: RawQuery) -> Result<People> {
    let mut system = state.store.system_view().await?;
    let all = system.people().await?;
    let lacks = |(person, _): &&(Person, i64)| person.operator && !person.disabled && !person.has_second_factor();
    let without = all.iter().filter(lacks).count();
    let words = |(person, _): &(Person, i64)| format!("{} {}", person.name, person.email);
    let (people, pager) = part(&PageQuery::new(query), all, words);
    let rows = people.into_iter().map(|(person, workspaces)| PersonRow {
        has_second_factor: person.has_second_factor(),
        id: person.id.to_string(),
        name: person.name,
        email: person.email,
        operator: person.operator,
        disabled: person.disabled,
        workspaces,
    });
    let rows = rows.collect();
    Ok(People {
        demand: Demand { required: system.operators_need_second_factor().await?, without, refused: None },
        done: None,
        frame: installation_frame(&mut system, &visit.person, InstallationPage::People).await?,
        rows,
        pager,
        untrusted_proxy: state.untrusted_proxy.get().map(ToString::to_string),
    })
}

/// `GET /people/{person}`.
pub async fn one(visit: SignedInPerson, State(state): State<AppState>, Path(person): Path<String>) -> Result<Response> {
    operators_only(&visit)?;
    let mut page = model(&state, &visit, &person).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::OnePerson(Box::new(page)), StatusCode::OK))
}

/// `POST /people/{person}`: what `act` names.
pub async fn change(
    visit: SignedInPerson,
    State(state): State<AppState>,
    Path(person): Path<String>,
    mut form: Form,
) -> Result<Response> {
    operators_only(&visit)?;
    let mut page = model(&state, &visit, &person).await?;
    let id = PersonId::parse(&person).ok_or(Refusal::NotFound)?;
    let (act, confirmed) = (form.text("act"), form.optional(CONFIRMED) == "yes");
    let actor = visit.sending(&mut form, &page.email);
    // One's own password is changed by who knows it, and one's standing by another operator.
    if form.faults().is_some() || page.is_self {
        return Err(Refusal::BadRequest(vec![]).into());
    }
    let back = format!("/people/{person}");
    if let Some(question) = question(&act, &page)
        && let Some(asked) = ask(&state, &visit, &mut form, question).await?
    {
        return Ok(asked);
    }
    let (standing, done) = match act.as_str() {
        "reset" => return reset(&state, &visit, page, &actor, &back).await,
        "remove_second_factor" => {
            remove_factor_of(&state.services, &actor, id).await?;
            return redirect_saying(&visit.session, Done::SecondFactorRemoved, &back).await;
        }
        "disable" => (Standing::Disabled, Done::AccountDisabled),
        "enable" => (Standing::Enabled, Done::AccountEnabled),
        "make_operator" => (Standing::Operator, Done::OperatorMade),
        "unmake_operator" => (Standing::NoOperator, Done::OperatorUnmade),
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    match set_standing(&state.services, &actor, id, (standing, confirmed)).await {
        Ok(()) => redirect_saying(&visit.session, done, &back).await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let problem = faults.first().map_or(Problem::NotOneOf, |fault| fault.problem);
            page.refused = Some(words::form_problem("person", problem));
            Ok(render(&state, Page::OnePerson(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// What is asked before an act on an account.
fn question(act: &str, page: &OnePerson) -> Option<Question> {
    let name = &page.name;
    let sessions = match page.sessions {
        0 => "They have no open session.".to_owned(),
        1 => "Their open session ends.".to_owned(),
        n => format!("Their {n} open sessions end."),
    };
    let logged = "This is recorded in the installation log and in the log of each of their workspaces.".to_owned();
    let (title, effects, button) = match act {
        "reset" => (
            format!("Reset the password of {name}?"),
            vec!["The present password stops working at once. They choose another one within an hour, by a one-time link.".to_owned(), sessions, logged],
            format!("Reset the password of {name}"),
        ),
        "remove_second_factor" => (
            format!("Turn off two-factor authentication for {name}?"),
            vec![
                format!("For somebody who lost both their phone and their recovery codes. Make sure that it is {name} who asks: their password alone will be enough to sign in."),
                sessions,
                logged,
            ],
            format!("Turn it off for {name}"),
        ),
        "disable" => (
            format!("Disable the account of {name}?"),
            vec![
                format!("{name} can no longer sign in. {sessions}"),
                "API tokens that they made stop working, and invitations that they sent are void. Their roles stay, for the day on which the account is enabled again.".to_owned(),
                logged,
            ],
            format!("Disable {name}"),
        ),
        "make_operator" => (
            format!("Make {name} an operator?"),
            vec![format!("Operators create workspaces, reset passwords, and change accounts: {name} would have power over every account of this installation.")],
            format!("Make {name} an operator"),
        ),
        "unmake_operator" => (
            format!("Remove {name} as an operator?"),
            vec![format!("{name} can no longer create workspaces, reset passwords, or change accounts. Their roles in workspaces stay.")],
            format!("Remove {name} as operator"),
        ),
        _ => return None,
    };
    Some(Question { title, effects, button })
}

/// Makes a reset link and shows it this once.
async fn reset(
    state: &AppState,
    visit: &SignedInPerson,
    mut page: OnePerson,
    actor: &Actor,
    back: &str,
) -> Result<Response> {
    let link = match make_reset_link(&state.services, actor, &page.email).await {
        Ok(link) => link,
        Err(Error::Refused(Refusal::SentAlready)) => {
            return redirect_saying(&visit.session, Done::MadeAlready(MadeOnce::ResetLink), back).await;
        }
        Err(error) => return Err(error),
    };
    page.made = shown_link(state, "/set-up", link);
    page.done = page.made.is_none().then_some(Done::ResetMailed);
    Ok(render(state, Page::OnePerson(Box::new(page)), StatusCode::OK))
}

async fn model(state: &AppState, visit: &SignedInPerson, person: &str) -> Result<OnePerson> {
    let mut system = state.store.system_view().await?;
    let id = PersonId::parse(person).ok_or(Refusal::NotFound)?;
    let found = system.person(id).await?.ok_or(Refusal::NotFound)?;
    let sessions = system.sessions_of(id).await?.len();
    let workspaces = system.memberships(id).await?.into_iter().map(|member| (member.name, member.role)).collect();
    Ok(OnePerson {
        has_second_factor: found.has_second_factor(),
        frame: installation_frame(&mut system, &visit.person, InstallationPage::People).await?,
        is_self: id == visit.person.id,
        name: found.name,
        email: found.email,
        operator: found.operator,
        disabled: found.disabled,
        shown_to: named(&mut system, found.first_link_shown_to).await?,
        asks: found.first_link_shown_to != Some(visit.person.id),
        sessions,
        signed_in: found.signed_in_at.map(moment),
        workspaces,
        form_id: random_name(state),
        done: None,
        refused: None,
        made: None,
    })
}

/// A link as its maker sees it, where they get it.
pub fn shown_link(state: &AppState, path: &str, link: LinkFor) -> Option<OneTimeSecret> {
    link.shown(&state.config.public_url(), path).map(OneTimeSecret)
}

/// Who was shown the first link of the account of this e-mail, where this field asks for a confirmation of it.
pub async fn shown_to(state: &AppState, faults: &Faults, field: &str, email: &str) -> Result<Option<String>> {
    let (Some(Problem::LinkWasShown), Ok(email)) = (faults.of(field), Email::parse(email)) else { return Ok(None) };
    let mut system = state.store.system_view().await?;
    let person = system.person_by_email(&email).await?;
    named(&mut system, person.and_then(|person| person.first_link_shown_to)).await
}

async fn named(system: &mut SystemView, person: Option<PersonId>) -> Result<Option<String>> {
    let Some(id) = person else { return Ok(None) };
    Ok(system.person(id).await?.map(|person| person.name))
}
