//! Making workspaces.

use super::Services;
use super::mail::LinkFor;
use super::person::{FirstCredential, add_person, assert_theirs, operators_only};
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::role::Role;
use crate::domain::text::{Email, Name, Slug};
use crate::server::auth::key::link_token;
use crate::server::error::{Error, Result};
use crate::server::store::audit::Entry;
use crate::server::store::workspace::Marks;
use crate::server::store::{Actor, Record, SystemTx, Trail, Workspace};
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
    /// That an account of this e-mail is theirs, though somebody else was shown its first link.
    pub confirmed: bool,
}

/// The same, read.
#[derive(Clone)]
struct ReadWorkspace {
    name: Name,
    slug: Option<Slug>,
    marks: Marks,
    admin: Option<(Email, Option<Name>, bool)>,
    credential: FirstCredential,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Added {
    pub workspace: Workspace,
    /// Who gets the link by which a new Compliance Admin chooses their password.
    pub link: Option<LinkFor>,
}

/// Adds a workspace with version 1 of its settings: operators and the command line may.
pub async fn add_workspace(services: &Services, actor: &Actor, new: NewWorkspace) -> Result<Added> {
    let mut faults = Vec::new();
    let mut fault = |field: &'static str, problem| faults.push(Fault::new(field, problem));
    let name = Name::parse(&new.name).map_err(|problem| fault("name", problem)).ok();
    let mut slug = |field, text: Option<&String>| {
        text.and_then(|text| Slug::parse(text).map_err(|problem| fault(field, problem)).ok())
    };
    let (slug, org, account) =
        (slug("slug", new.slug.as_ref()), slug("org", new.org.as_ref()), slug("account", new.account.as_ref()));
    let admin = new.admin.as_ref().and_then(|admin| {
        let email = Email::parse(&admin.email).map_err(|problem| fault("admin", problem)).ok()?;
        let name = admin.name.as_ref().map(|name| Name::parse(name)).transpose();
        Some((email, name.map_err(|problem| fault("admin_name", problem)).ok()?, admin.confirmed))
    });
    let time_zone = known_zone(&new.time_zone).map_err(|problem| fault("time_zone", problem)).unwrap_or_default();
    // Among the addresses of profiles it is a word of its own.
    if org.as_ref().is_some_and(|org| org.as_str() == "resolve") {
        fault("org", Problem::Taken);
    }
    let (Some(name), true) = (name, faults.is_empty()) else { return Err(Refusal::Invalid(faults).into()) };
    let marks = Marks { time_zone, org: label(org)?, account: label(account)? };
    let (token, token_hash) = link_token(services.system.ids());
    let mailed = services.mailed("/set-up", &token);
    let read = ReadWorkspace { name, slug, marks, admin, credential: FirstCredential::Link { token_hash, mailed } };
    let actor = actor.clone();
    let work = move |tx| add_workspace_once(tx, actor.clone(), read.clone());
    let (workspace, needs_link) = services.system.transaction(work).await?;
    Ok(Added { workspace, link: needs_link.then(|| services.link_for(token)) })
}

/// Returns whether the Compliance Admin is a new person, who needs the link.
async fn add_workspace_once(mut tx: SystemTx, actor: Actor, new: ReadWorkspace) -> Result<(Workspace, bool)> {
    operators_only(&mut tx, &actor).await?;
    actor.assert_confirmed(tx.now)?;
    tx.take_form(&actor).await?;
    let (admin, account) = match &new.admin {
        Some((email, name, confirmed)) => {
            let name = (name.as_ref(), *confirmed);
            let (person, name, row) = first_admin(&mut tx, &actor, email, name, &new.credential).await?;
            (Some((person, name)), row)
        }
        None => (None, None),
    };
    let made = tx.add_workspace(&new.name, new.slug.as_ref(), &new.marks).await?;
    if let Some((person, _)) = &admin {
        tx.add_member(made.id, *person, Role::ComplianceAdmin).await?;
    }
    let needs_link = account.is_some();
    let admin = admin.as_ref().map(|(person, name)| (*person, name.as_str()));
    let rows = account.into_iter().chain(workspace_added(&actor, &made, admin));
    tx.commit(Trail::Audited(rows.collect())).await?;
    Ok((made, needs_link))
}

/// A label as it was given, else `main`.
pub(super) fn label(given: Option<Slug>) -> Result<Slug> {
    given.map_or_else(|| Slug::parse(LABEL), Ok).map_err(|problem| Error::invalid("label", problem))
}

/// A time zone must be one of the IANA database; it is kept in that one's spelling.
pub(super) fn known_zone(name: &str) -> Result<String, Problem> {
    let zone = jiff::tz::TimeZone::get(name).map_err(|_| Problem::NotATimeZone)?;
    zone.iana_name().map(str::to_owned).ok_or(Problem::NotATimeZone)
}

/// Refuses to go on where the system has forgotten a workspace's time zone: its days would be counted as UTC's, for good.
pub async fn assert_zones_known(services: &Services) -> Result<()> {
    let workspaces = services.system.system_view().await?.workspaces().await?;
    match workspaces.into_iter().find(|workspace| known_zone(&workspace.time_zone).is_err()) {
        Some(Workspace { slug, time_zone, .. }) => Err(Error::Internal(format!(
            "the time zone {time_zone} of the workspace {slug} is not in this system's database of time zones: its days could not be told"
        ))),
        None => Ok(()),
    }
}

/// The person of this e-mail; a new one, and their row, where there is none.
async fn first_admin(
    tx: &mut SystemTx,
    actor: &Actor,
    email: &Email,
    (name, confirmed): (Option<&Name>, bool),
    credential: &FirstCredential,
) -> Result<(PersonId, String, Option<Record>)> {
    if let Some(person) = tx.person_by_email(email).await? {
        assert_theirs(actor.person(), &person, confirmed, "admin")?;
        return Ok((person.id, person.name, None));
    }
    let Some(name) = name else { return Err(Error::invalid("admin", Problem::NobodyHasIt)) };
    let (person, row) = add_person(tx, actor, email, name, false, credential).await?;
    Ok((person, name.to_string(), Some(row)))
}

/// The audit rows of a new workspace: in the installation's chain, and the first rows of its own.
pub(super) fn workspace_added(actor: &Actor, made: &Workspace, admin: Option<(PersonId, &str)>) -> Vec<Record> {
    let state = json!({
        "workspace": made.id, "slug": made.slug, "name": made.name, "time_zone": made.time_zone,
        "org": made.org, "account": made.account,
        "default_att_status": Value::Null, "idfa_policy": "withhold",
    });
    let installation = Record::installation(actor, AuditAction::WorkspaceAdded, made.slug.to_string(), state);
    let of_workspace = Record {
        workspace: Some(made.id),
        entry: Entry { settings_version: Some(1), ..installation.entry.clone() },
        ..installation.clone()
    };
    let member = admin.map(|(person, name)| Record {
        entry: Entry {
            action: AuditAction::MemberRoleSet,
            target: person.to_string(),
            after: json!({"person": person, "name": name, "role": Role::ComplianceAdmin}),
            ..of_workspace.entry.clone()
        },
        ..of_workspace.clone()
    });
    [Some(installation), Some(of_workspace), member].into_iter().flatten().collect()
}
