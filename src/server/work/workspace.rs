//! Making workspaces.

use crate::domain::audit::AuditAction;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::PersonId;
use crate::domain::role::Role;
use crate::domain::text::{Email, Name, Slug};
use crate::server::error::{Error, Result};
use crate::server::store::own::Record;
use crate::server::store::{Actor, Event, Own, Store, Workspace};
use serde_json::{Value, json};

/// A new workspace as the command line asks for it.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    pub name: String,
    pub slug: Option<String>,
    pub time_zone: String,
    /// The e-mail of its first Compliance Admin.
    pub admin: Option<String>,
}

/// Adds a workspace with version 1 of its settings.
pub async fn add_workspace(store: &Store, actor: &Actor, new: NewWorkspace) -> Result<Workspace> {
    let name = Name::parse(&new.name).map_err(|problem| Refusal::invalid("name", problem))?;
    let slug = new.slug.as_deref().map(Slug::parse).transpose().map_err(|problem| Error::invalid("slug", problem))?;
    let admin =
        new.admin.as_deref().map(Email::parse).transpose().map_err(|problem| Error::invalid("admin", problem))?;
    jiff::tz::TimeZone::get(&new.time_zone).map_err(|_| Error::invalid("time_zone", Problem::NotOneOf))?;
    let actor = actor.clone();
    let work = move |mut own: Own| {
        let (name, slug, zone) = (name.clone(), slug.clone(), new.time_zone.clone());
        let (admin, actor) = (admin.clone(), actor.clone());
        async move {
            let admin = match &admin {
                Some(email) => {
                    let person = own.person_by_email(email).await?;
                    Some(person.ok_or_else(|| Error::invalid("admin", Problem::NotOneOf))?)
                }
                None => None,
            };
            let made = own.add_workspace(&name, slug.as_ref(), &zone).await?;
            if let Some(person) = &admin {
                own.add_member(made.id, person.id, Role::ComplianceAdmin).await?;
            }
            let first = admin.as_ref().map(|person| (person.id, person.name.as_str()));
            own.commit(Event::Audit(rows(&actor, &made, first))).await?;
            Ok(made)
        }
    };
    store.own(work).await
}

/// The audit rows of a new workspace: in the installation's chain, and the first rows of its own.
pub(super) fn rows(actor: &Actor, made: &Workspace, admin: Option<(PersonId, &str)>) -> Vec<Record> {
    let state = json!({
        "workspace": made.id, "slug": made.slug, "name": made.name, "time_zone": made.time_zone,
        "default_att_status": Value::Null, "idfa_policy": "withhold",
    });
    let installation = Record::installation(actor, AuditAction::WorkspaceAdded, made.slug.to_string(), state);
    let own = Record { workspace: Some(made.id), settings_version: Some(1), ..installation.clone() };
    let member = admin.map(|(person, name)| Record {
        action: AuditAction::MemberSet,
        target: person.to_string(),
        after: json!({"person": person, "name": name, "role": Role::ComplianceAdmin}),
        ..own.clone()
    });
    [Some(installation), Some(own), member].into_iter().flatten().collect()
}
