//! What people note on days, to be seen in charts.

use super::kept_days::MOST_DAYS;
use crate::domain::app::app_called;
use crate::domain::audit::AuditAction;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::{AnnotationId, AppId};
use crate::domain::permission::Permission;
use crate::domain::release::{Annotation, MOST_ANNOTATIONS};
use crate::domain::text::Name;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::{Error, Result};
use crate::server::store::{Act, Actor, Change, Done, Store, WorkspaceRef};
use serde::Serialize;

/// An annotation as the audit rows hold it.
#[derive(Clone, Debug, Serialize)]
pub struct AnnotationSnapshot {
    pub name: String,
    /// As ISO 8601 writes it.
    pub day: String,
    /// None for all apps.
    pub app: Option<AppId>,
}

/// Notes something.
pub struct AddAnnotation;

impl Act for AddAnnotation {
    type Snapshot = AnnotationSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::AnnotationAdded;
}

/// Takes it away.
pub struct RemoveAnnotation;

impl Act for RemoveAnnotation {
    type Snapshot = AnnotationSnapshot;
    const PERMISSION: Permission = Permission::ManageInputs;
    const AUDIT: AuditAction = AuditAction::AnnotationRemoved;
}

fn state(annotation: &Annotation) -> AnnotationSnapshot {
    let Annotation { name, day, app, .. } = annotation;
    AnnotationSnapshot { name: name.clone(), day: calendar::date(*day), app: *app }
}

/// What is to be noted, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct TypedAnnotation {
    pub name: String,
    pub day: String,
    /// An app's id or bundle id; empty for all.
    pub app: String,
}

/// Notes something on a day. The same twice is noted once.
///
/// # Errors
/// [`Refusal::Invalid`] at `name`, `day` or `app`.
pub async fn annotate(store: &Store, actor: &Actor, workspace: WorkspaceRef, typed: &TypedAnnotation) -> Result<()> {
    let mut faults = Vec::new();
    let name = Name::parse(&typed.name).map_err(|problem| faults.push(Fault::new("name", problem))).ok();
    let day = match typed.day.trim() {
        "" => Err(Problem::Missing),
        text => calendar::parse(text).ok_or(Problem::NotADay),
    };
    let day = day.map_err(|problem| faults.push(Fault::new("day", problem))).ok();
    let (Some(name), Some(day)) = (name, day) else { return Err(Refusal::Invalid(faults).into()) };
    let app = typed.app.clone();
    store.change(actor, workspace, move |change| add_once(change, name.clone(), day, app.clone())).await
}

async fn add_once(mut change: Change<AddAnnotation>, name: Name, day: Day, app: String) -> Result<Done<()>> {
    let today = calendar::day(change.now, &change.workspace.time_zone);
    if day > today || today.since(day) >= MOST_DAYS {
        return Err(Error::invalid("day", Problem::DayOutOfRange));
    }
    let app = match app.as_str() {
        "" => None,
        text => {
            let apps = change.apps().await?;
            Some(app_called(&apps, text).ok_or_else(|| Error::invalid("app", Problem::NotOneOf))?.id)
        }
    };
    // Whoever else adds one waits for the end of the chain: they are no more than so many.
    change.last_audit_row().await?;
    let known = change.all_annotations().await?;
    if known.len() >= MOST_ANNOTATIONS {
        return Err(Error::invalid("name", Problem::TooMany));
    }
    if known.iter().any(|known| (known.name.as_str(), known.day, known.app) == (name.as_str(), day, app)) {
        return Ok(change.unchanged(()));
    }
    let made_by = change.actor().name.clone();
    let annotation = change.add_annotation(app, day, &name, made_by).await?;
    change.commit(annotation.id.to_string(), None, Some(state(&annotation)), None, ()).await
}

/// Takes away what was noted.
///
/// # Errors
/// [`Refusal::NotFound`] for one that there is not, or is not any more.
pub async fn remove_annotation(store: &Store, actor: &Actor, workspace: WorkspaceRef, id: AnnotationId) -> Result<()> {
    store.change(actor, workspace, move |change| remove_once(change, id)).await
}

async fn remove_once(mut change: Change<RemoveAnnotation>, id: AnnotationId) -> Result<Done<()>> {
    let removed = change.remove_annotation(id).await?.ok_or(Refusal::NotFound)?;
    change.commit(id.to_string(), Some(state(&removed)), None, None, ()).await
}
