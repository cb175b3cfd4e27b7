//! Members: the list, and the forms that invite, change and remove.

use super::ask::{Question, ask};
use super::listing::part;
use super::person::{shown_link, shown_to, yes_or_no};
use super::remembered::{random_name, redirect_saying, take_message};
use super::{PageQuery, frame};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::{InvitationId, PersonId};
use crate::domain::permission::{Permission, may_give};
use crate::domain::role::Role;
use crate::server::error::{Error, Result};
use crate::server::http::caller::{InWorkspace, SignedInPerson};
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::invitation::{Asked, invite, revoke_invitation};
use crate::server::services::member::{remove_member, set_member};
use crate::server::services::second_factor::demand_in;
use crate::server::state::AppState;
use crate::server::store::member::Member;
use crate::server::store::{View, WorkspaceRef};
use crate::ui::frame::NavPage;
use crate::ui::pages::Page;
use crate::ui::pages::member::{InvitationRow, MemberOutcome, MemberRow, Members};
use crate::ui::parts::demand::{Demand, REQUIRED};
use crate::ui::parts::field::Faults;
use crate::ui::parts::theirs::CONFIRMED;
use crate::ui::words::{self, Done, MadeOnce};
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET members`.
pub async fn list(InWorkspace { visit, state, workspace, .. }: InWorkspace, query: RawQuery) -> Result<Response> {
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMembers).await?;
    let asked = PageQuery::new(query);
    let mut page = model(&state, &mut view, &visit, &asked).await?;
    page.outcome = take_message(&visit.session, &visit.page).await?.map(MemberOutcome::Done);
    Ok(render(&state, Page::Members(Box::new(page)), StatusCode::OK))
}

/// `POST members`: one of the page's forms, which `act` names.
pub async fn change(
    InWorkspace { visit, state, slug, workspace }: InWorkspace,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    let asked = PageQuery::new(query);
    state.store.assert_may(&visit.actor, &workspace, Permission::ManageMembers).await?;
    let done = match form.text("act").as_str() {
        "invite" => return send_invitation(&state, &visit, (&slug, workspace), &asked, form).await,
        "set" => {
            let (known, demands) = member(&state, &visit, &workspace, &form.text("person")).await?;
            let role = form.choice("role", Role::parse).ok_or(Refusal::BadRequest(vec![]))?;
            if role.is_powerful()
                && let Some(page) = ask(&state, &visit, &mut form, promotion(&known, role, demands)).await?
            {
                return Ok(page);
            }
            set_member(&state.store, &visit.actor, workspace.clone(), &known.email, (role, false))
                .await
                .map(|()| Done::RoleChanged)
        }
        "demand" => {
            let required = form.choice(REQUIRED, yes_or_no).ok_or(Refusal::BadRequest(vec![]))?;
            let has_own = visit.person.has_second_factor();
            if required
                && has_own
                && let lacking = lacking(&state, &visit, &workspace).await?
                && let Some(page) = ask(&state, &visit, &mut form, requiring(&lacking)).await?
            {
                return Ok(page);
            }
            let done = demand_in(&state.store, &visit.actor, workspace.clone(), required).await;
            done.map(|()| Done::of_demand(required))
        }
        "remove" => {
            let (known, _) = member(&state, &visit, &workspace, &form.text("person")).await?;
            if let Some(page) = ask(&state, &visit, &mut form, removal(&known.name)).await? {
                return Ok(page);
            }
            remove_member(&state.store, &visit.actor, workspace.clone(), &known.email)
                .await
                .map(|()| Done::MemberRemoved)
        }
        "revoke" => {
            let id = InvitationId::parse(&form.text("invitation")).ok_or(Refusal::NotFound)?;
            let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ManageMembers).await?;
            let open = view.invitations().await?.into_iter().find(|open| open.id == id).ok_or(Refusal::NotFound)?;
            drop(view);
            let question = Question {
                title: format!("Revoke the invitation of {}?", open.email),
                effects: vec!["Its link no longer works. You can invite them again.".to_owned()],
                button: "Revoke the invitation".to_owned(),
            };
            if let Some(page) = ask(&state, &visit, &mut form, question).await? {
                return Ok(page);
            }
            revoke_invitation(&state.store, &visit.actor, workspace.clone(), id).await.map(|()| Done::InvitationRevoked)
        }
        _ => return Err(Refusal::BadRequest(vec![]).into()),
    };
    match done {
        Ok(done) => redirect_saying(&visit.session, done, &format!("/w/{slug}/members{}", asked.with(&[]))).await,
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            let problem = faults.first().map_or(Problem::NotOneOf, |fault| fault.problem);
            let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMembers).await?;
            let mut page = model(&state, &mut view, &visit, &asked).await?;
            match &mut page.demand {
                Some(demand) if problem == Problem::NoSecondFactor => {
                    demand.refused = Some(words::form_problem("second_factor", problem));
                }
                _ => page.outcome = Some(MemberOutcome::Refused(words::form_problem("role", problem))),
            }
            Ok(render(&state, Page::Members(Box::new(page)), StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(error) => Err(error),
    }
}

/// The names of those whom the demand of a second factor would keep out.
async fn lacking(state: &AppState, visit: &SignedInPerson, workspace: &WorkspaceRef) -> Result<Vec<String>> {
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ManageMembers).await?;
    let lacking = view.members().await?.into_iter().filter(Member::lacks_demanded_factor);
    Ok(lacking.map(|member| member.name).collect())
}

fn requiring(lacking: &[String]) -> Question {
    /// More are only counted.
    const NAMED: usize = 10;
    let more = lacking.len().saturating_sub(NAMED);
    let names = lacking.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let who = match lacking {
        [] => "All Compliance Admins and Admins have set it up. Whoever becomes one must do so first.".to_owned(),
        _ => format!(
            "{names}{and_more} cannot use this workspace from now on, until they set it up. It takes a minute; they are told."
        ),
    };
    Question {
        title: "Require two-factor authentication?".to_owned(),
        effects: vec![
            who,
            "API tokens with these roles that they made, and invitations that they sent, do not work meanwhile."
                .to_owned(),
        ],
        button: "Require it".to_owned(),
    }
}

fn promotion(member: &Member, role: Role, demands: bool) -> Question {
    let name = &member.name;
    let may = match role {
        Role::ComplianceAdmin => {
            "change the ATT default and the IDFA policy, look up single users, and give and take away every role, yours too"
        }
        _ => "look up single users, make inputs and API tokens, and give and take away every role but Compliance Admin",
    };
    Question {
        title: format!("Make {name} {}?", words::role(role)),
        effects: [
            Some(format!("{name} can then {may}, at once.")),
            (demands && !member.has_second_factor).then(|| {
                format!("{name} has not set up two-factor authentication, and cannot use this workspace until they do.")
            }),
        ]
        .into_iter()
        .flatten()
        .collect(),
        button: format!("Make {name} {}", words::role(role)),
    }
}

fn removal(name: &str) -> Question {
    Question {
        title: format!("Remove {name}?"),
        effects: vec![
            format!(
                "{name} loses access to this workspace at once, and every API token that they created for it stops working."
            ),
            "Their account stays. You can invite them again.".to_owned(),
        ],
        button: format!("Remove {name}"),
    }
}

/// The member that a form names by id, and whether their workspace demands a second factor.
async fn member(
    state: &AppState,
    visit: &SignedInPerson,
    workspace: &WorkspaceRef,
    person: &str,
) -> Result<(Member, bool)> {
    let id = PersonId::parse(person).ok_or(Refusal::NotFound)?;
    let mut view = state.store.view(&visit.actor, workspace.clone(), Permission::ManageMembers).await?;
    let found = view.members().await?.into_iter().find(|member| member.person_id == id);
    Ok((found.ok_or(Refusal::NotFound)?, view.workspace.demands_second_factor))
}

async fn send_invitation(
    state: &AppState,
    visit: &SignedInPerson,
    (slug, workspace): (&str, WorkspaceRef),
    asked: &PageQuery,
    mut form: Form,
) -> Result<Response> {
    let (email, role) = (form.text("email"), form.choice("role", Role::parse));
    let confirmed = form.optional(CONFIRMED) == "yes";
    let actor = visit.sending(&mut form, &email);
    let sent = match (role, form.faults()) {
        (Some(role), None) => {
            let asked = Asked { email: email.clone(), role, confirmed };
            invite(&state.services, &actor, workspace.clone(), asked).await
        }
        _ => Err(Refusal::Invalid(Vec::new()).into()),
    };
    let mut view = state.store.view(&visit.actor, workspace, Permission::SeeMembers).await?;
    let mut page = model(state, &mut view, visit, asked).await?;
    let status = match sent {
        Ok(link) => {
            page.outcome = Some(MemberOutcome::Invited {
                email: email.trim().to_lowercase(),
                role: role.unwrap_or(page.role),
                link: shown_link(state, "/invitation", link),
            });
            StatusCode::OK
        }
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            page.faults = form.faults().unwrap_or_else(|| shown(&faults));
            page.shown_to = shown_to(state, &page.faults, "email", &email).await?;
            (page.email, page.role) = (email, role.unwrap_or(page.role));
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(Error::Refused(Refusal::SentAlready)) => {
            return redirect_saying(
                &visit.session,
                Done::MadeAlready(MadeOnce::Invitation),
                &format!("/w/{slug}/members{}", asked.with(&[("page", "")])),
            )
            .await;
        }
        Err(error) => return Err(error),
    };
    Ok(render(state, Page::Members(Box::new(page)), status))
}

async fn model(state: &AppState, view: &mut View, visit: &SignedInPerson, asked: &PageQuery) -> Result<Members> {
    let frame = frame(view, &visit.person, NavPage::Members, Environment::Production).await?;
    let manages = frame.may(Permission::ManageMembers);
    let gives = |role: Role| may_give(frame.role, role);
    let words = |member: &Member| format!("{} {}", member.name, member.email);
    let all = view.members().await?;
    let lacks = |member: &&Member| member.role.is_powerful() && !member.disabled && !member.has_second_factor;
    let demand = gives(Role::ComplianceAdmin).then(|| Demand {
        required: view.workspace.demands_second_factor,
        without: all.iter().filter(lacks).count(),
        refused: None,
    });
    let (members, pager) = part(asked, all, words);
    let rows = members.into_iter().map(|member| {
        let is_self = member.person_id == visit.person.id;
        MemberRow {
            person: member.person_id.to_string(),
            name: member.name,
            email: member.email,
            role: member.role,
            since: moment(member.since),
            may_change: !is_self && gives(member.role),
            disabled: member.disabled,
            has_second_factor: (manages || is_self).then_some(member.has_second_factor),
            is_self,
        }
    });
    let rows = rows.collect();
    let invitations = if manages { view.invitations().await? } else { Vec::new() };
    let invitations = invitations.into_iter().map(|open| InvitationRow {
        id: open.id.to_string(),
        email: open.email,
        role: open.role,
        by: open.maker_name,
        until: moment(open.expires_at),
        may_revoke: gives(open.role),
    });
    Ok(Members {
        rows,
        pager,
        invitations: invitations.collect(),
        is_mailed: state.services.mails(),
        may_give: Role::ALL.into_iter().filter(|role| gives(*role)).collect(),
        form_id: random_name(state),
        email: String::new(),
        role: Role::Analyst,
        shown_to: None,
        faults: Faults::default(),
        outcome: None,
        demand,
        frame,
    })
}
