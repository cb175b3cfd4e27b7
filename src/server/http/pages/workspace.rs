//! The installation's workspaces, and the form that makes one: for operators.

use super::PageQuery;
use super::installation::{installation_frame, operators_only};
use super::listing::part;
use super::person::{shown_link, shown_to};
use super::remembered::{random_name, redirect_saying, take_message};
use crate::domain::error::Refusal;
use crate::server::calendar::UTC;
use crate::server::error::{Error, Result};
use crate::server::http::caller::SignedInPerson;
use crate::server::http::form::{Form, shown};
use crate::server::http::moment::moment;
use crate::server::http::render::render;
use crate::server::services::mail::LinkFor;
use crate::server::services::workspace::{FirstAdmin, NewWorkspace, add_workspace};
use crate::server::state::AppState;
use crate::server::store::Workspace;
use crate::ui::installation::InstallationPage;
use crate::ui::pages::Page;
use crate::ui::pages::workspace::{Made, NewWorkspaceFields, WorkspaceRow, Workspaces};
use crate::ui::parts::field::Faults;
use crate::ui::parts::theirs::CONFIRMED;
use crate::ui::words::{Done, MadeOnce};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /workspaces`.
pub async fn list(visit: SignedInPerson, State(state): State<AppState>, query: RawQuery) -> Result<Response> {
    operators_only(&visit)?;
    let mut page = model(&state, &visit, &PageQuery::new(query)).await?;
    page.done = take_message(&visit.session, &visit.page).await?;
    Ok(render(&state, Page::Workspaces(Box::new(page)), StatusCode::OK))
}

/// `POST /workspaces`: makes one.
pub async fn add(
    visit: SignedInPerson,
    State(state): State<AppState>,
    query: RawQuery,
    mut form: Form,
) -> Result<Response> {
    operators_only(&visit)?;
    let sent = NewWorkspaceFields {
        name: form.text("name"),
        slug: form.optional("slug"),
        time_zone: form.text("time_zone"),
        org: form.optional("org"),
        account: form.optional("account"),
        admin: form.text("admin"),
        admin_name: form.optional("admin_name"),
    };
    let confirmed = form.optional(CONFIRMED) == "yes";
    let actor = visit.sending(&mut form, &sent.name);
    let made = match form.faults() {
        Some(_) => Err(Refusal::Invalid(Vec::new()).into()),
        None => {
            let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            let new = NewWorkspace {
                name: sent.name.clone(),
                slug: given(&sent.slug),
                time_zone: sent.time_zone.trim().to_owned(),
                org: given(&sent.org),
                account: given(&sent.account),
                admin: Some(FirstAdmin { email: sent.admin.clone(), name: given(&sent.admin_name), confirmed }),
            };
            add_workspace(&state.services, &actor, new).await
        }
    };
    let mut page = model(&state, &visit, &PageQuery::new(query)).await?;
    let status = match made {
        Ok(added) => {
            let mailed = added.link == Some(LinkFor::Mailed);
            let link = added.link.and_then(|link| shown_link(&state, "/set-up", link));
            page.made = Some(Made { name: added.workspace.name, admin: sent.admin, link, mailed });
            StatusCode::OK
        }
        Err(Error::Refused(Refusal::Invalid(faults))) => {
            page.faults = form.faults().unwrap_or_else(|| shown(&faults));
            page.shown_to = shown_to(&state, &page.faults, "admin", &sent.admin).await?;
            page.sent = sent;
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Err(Error::Refused(Refusal::SentAlready)) => {
            return redirect_saying(&visit.session, Done::MadeAlready(MadeOnce::Workspace), "/workspaces").await;
        }
        Err(error) => return Err(error),
    };
    Ok(render(&state, Page::Workspaces(Box::new(page)), status))
}

async fn model(state: &AppState, visit: &SignedInPerson, asked: &PageQuery) -> Result<Workspaces> {
    let mut system = state.store.system_view().await?;
    let frame = installation_frame(&mut system, &visit.person, InstallationPage::Workspaces).await?;
    let all = system.workspaces_with_members().await?;
    let words = |(workspace, _): &(Workspace, i64)| format!("{} {}", workspace.name, workspace.slug);
    let (all, pager) = part(asked, all, words);
    let rows = all.into_iter().map(|(workspace, members)| WorkspaceRow {
        open: frame.workspaces.iter().any(|known| known.slug == workspace.slug.as_str()),
        labels: format!("{}/{}", workspace.org, workspace.account),
        name: workspace.name,
        slug: workspace.slug.to_string(),
        time_zone: workspace.time_zone,
        members,
        made: moment(workspace.created_at),
    });
    let empty = String::new;
    let sent = NewWorkspaceFields {
        name: empty(),
        slug: empty(),
        time_zone: UTC.to_owned(),
        org: empty(),
        account: empty(),
        admin: empty(),
        admin_name: empty(),
    };
    Ok(Workspaces {
        rows: rows.collect(),
        pager,
        frame,
        form_id: random_name(state),
        done: None,
        sent,
        shown_to: None,
        faults: Faults::default(),
        made: None,
    })
}
