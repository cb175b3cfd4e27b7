//! Making workspaces.

use super::reset::operators_only;
use super::sign_up::person_added;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::role::Role;
use crate::domain::text::{Email, Name, Slug};
use crate::server::auth::key::{LINK_LASTS, link_token};
use crate::server::error::{Error, Result};
use crate::server::store::link::LinkKind;
use crate::server::store::system::Record;
use crate::server::store::workspace::Marks;
use crate::server::store::{Actor, Event, Store, SystemTx, Workspace};
use serde_json::{Value, json};

/// Where a label of the Profile API's addresses is not set.
const LABEL: &str = "main";

/// A new workspace as it is asked for.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    pub name: String,
    pub slug: Option<String>,
    pub time_zone: String,
    pub org: Option<String>,
    pub account: Option<String>,
    pub admin: Option<FirstAdmin>,
}

/// Its first Compliance Admin. With a name, an account is made where there is none.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    pub email: String,
    pub name: Option<String>,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Added {
    pub workspace: Workspace,
    /// The token of the link by which a new Compliance Admin chooses their password.
    pub link: Option<String>,
}

/// Adds a workspace with version 1 of its settings: operators and the command line may.
pub async fn add_workspace(store: &Store, actor: &Actor, new: NewWorkspace) -> Result<Added> {
    let mut faults = Vec::new();
    let mut fault = |field: &'static str, problem| faults.push(Fault::new(field, problem));
    let name = Name::parse(&new.name).map_err(|problem| fault("name", problem)).ok();
    let mut slug = |field, text: Option<&String>| {
        text.and_then(|text| Slug::parse(text).map_err(|problem| fault(field, problem)).ok())
    };
    let (wanted, org, account) =
        (slug("slug", new.slug.as_ref()), slug("org", new.org.as_ref()), slug("account", new.account.as_ref()));
    let admin = new.admin.as_ref().and_then(|admin| {
        let email = Email::parse(&admin.email).map_err(|problem| fault("admin", problem)).ok()?;
        let name = admin.name.as_ref().map(|name| Name::parse(name)).transpose();
        Some((email, name.map_err(|problem| fault("admin_name", problem)).ok()?))
    });
    if let Err(problem) = known_zone(&new.time_zone) {
        fault("time_zone", problem);
    }
    let (Some(name), true) = (name, faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
    let marks = Marks { time_zone: new.time_zone, org: label(org)?, account: label(account)? };
    let (token, token_hash) = link_token(store.ids());
    let actor = actor.clone();
    let work = move |mut system: SystemTx| {
        let (name, slug, marks) = (name.clone(), wanted.clone(), marks.clone());
        let (admin, actor, token_hash) = (admin.clone(), actor.clone(), token_hash.clone());
        async move {
            operators_only(&mut system, &actor).await?;
            let admin = match admin {
                Some((email, name)) => {
                    Some(first_admin(&mut system, &actor, &email, name.as_ref(), &token_hash).await?)
                }
                None => None,
            };
            let made = system.add_workspace(&name, slug.as_ref(), &marks).await?;
            if let Some((person, ..)) = &admin {
                system.add_member(made.id, *person, Role::ComplianceAdmin).await?;
            }
            let first = admin.as_ref().map(|(person, name, _)| (*person, name.as_str()));
            let workspace = rows(&actor, &made, first);
            let account = admin.and_then(|(_, _, row)| row);
            let needs_link = account.is_some();
            system.commit(Event::Audit(account.into_iter().chain(workspace).collect())).await?;
            Ok((made, needs_link))
        }
    };
    let (workspace, needs_link) = store.system(work).await?;
    Ok(Added { workspace, link: needs_link.then_some(token) })
}

/// A label as it was given, else `main`.
pub(super) fn label(given: Option<Slug>) -> Result<Slug> {
    given.map_or_else(|| Slug::parse(LABEL), Ok).map_err(|problem| Error::invalid("label", problem))
}

/// A time zone must be one of the IANA database.
pub(super) fn known_zone(name: &str) -> Result<(), Problem> {
    jiff::tz::TimeZone::get(name).map(|_| ()).map_err(|_| Problem::NotATimeZone)
}

/// The person of this e-mail; a new one with a link for their first password, and its row, where there is none.
async fn first_admin(
    system: &mut SystemTx,
    actor: &Actor,
    email: &Email,
    name: Option<&Name>,
    token_hash: &[u8],
) -> Result<(PersonId, String, Option<Record>)> {
    if let Some(person) = system.person_by_email(email).await? {
        return Ok((person.id, person.name, None));
    }
    let Some(name) = name else { return Err(Error::invalid("admin", Problem::NobodyHasIt)) };
    let person = system.add_person(email, name, None, false).await?;
    let expires = system.now.plus(LINK_LASTS);
    system.add_link(token_hash, LinkKind::Password, Some(person), expires).await?;
    Ok((person, name.to_string(), Some(person_added(actor, person, name, false))))
}

/// The audit rows of a new workspace: in the installation's chain, and the first rows of its own.
pub(super) fn rows(actor: &Actor, made: &Workspace, admin: Option<(PersonId, &str)>) -> Vec<Record> {
    let state = json!({
        "workspace": made.id, "slug": made.slug, "name": made.name, "time_zone": made.time_zone,
        "org": made.org, "account": made.account,
        "default_att_status": Value::Null, "idfa_policy": "withhold",
    });
    let installation = Record::installation(actor, AuditAction::WorkspaceAdded, made.slug.to_string(), state);
    let of_workspace = Record { workspace: Some(made.id), settings_version: Some(1), ..installation.clone() };
    let member = admin.map(|(person, name)| Record {
        action: AuditAction::MemberRoleSet,
        target: person.to_string(),
        after: json!({"person": person, "name": name, "role": Role::ComplianceAdmin}),
        ..of_workspace.clone()
    });
    [Some(installation), Some(of_workspace), member].into_iter().flatten().collect()
}
