//! Releases and annotations, with what came before and after, for scripts.

use super::counts::{CountsRead, RateAnswer};
use super::period::{AskedDays, DaysFilter, HappenedFilter, asked_days};
use super::query::{ApiQuery, field, object, only_fields};
use super::refused::{Errors, Refused};
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::AnnotationId;
use crate::domain::json;
use crate::domain::metric::Interval;
use crate::domain::permission::Permission;
use crate::domain::retention::Aging;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::http::unread::whole;
use crate::server::services::annotation::{TypedAnnotation, annotate, remove_annotation};
use crate::server::services::release::{
    Cohort, ComparedMilestone, Milestone, MilestoneKind, compared_milestones, milestones,
};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use serde::Serialize;
use std::borrow::Cow;
use utoipa::ToSchema;

/// How many are returned: the newest ones.
const MOST: usize = 100;
/// More than any annotation is, in bytes.
const LARGEST: usize = 4 * 1024;

/// Versions that came out in a period and what was noted on its days, in one consistent read: the newest first, at most 100.
#[derive(Serialize, ToSchema)]
pub struct Releases {
    environment: Environment,
    /// Where the days begin: a name of the IANA database.
    time_zone: String,
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    milestones: Vec<MilestoneAnswer>,
    /// Whether there are older ones in the period.
    more: bool,
    #[serde(flatten)]
    read: CountsRead,
}

/// A version that came out, or an annotation.
#[derive(Serialize, ToSchema)]
#[schema(as = Milestone)]
pub struct MilestoneAnswer {
    /// Of a version the first day on which 1 % of its app's active devices had it, and at least 10.
    #[schema(format = Date)]
    day: String,
    /// An app's id; null for an annotation about all apps.
    #[schema(required)]
    app: Option<String>,
    /// The version; null for an annotation.
    #[schema(required)]
    version: Option<String>,
    /// What was noted; null for a version.
    #[schema(required)]
    annotation: Option<String>,
    /// The annotation's id; null for a version.
    #[schema(required)]
    id: Option<String>,
    /// Devices first seen in the 14 days before it; null where those days are not kept, or were not counted like this yet.
    #[schema(required)]
    before: Option<CohortAnswer>,
    /// Devices first seen on the day or in the 13 days after it, as far as these have come; null with `before`.
    #[schema(required)]
    after: Option<CohortAnswer>,
    /// Where the 95 % interval of the growth of consent at the first answer begins, as a difference of shares (Newcombe, 1998, method 10); null
    /// where too few answered.
    #[schema(required)]
    difference_low: Option<f64>,
    /// Where it ends.
    #[schema(required)]
    difference_high: Option<f64>,
}

/// Devices by the days on which they were first seen.
#[derive(Serialize, ToSchema)]
#[schema(as = Cohort)]
pub struct CohortAnswer {
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    /// First answers that authorized / first answers, whenever they were given; who changes their mind later is not counted anew,
    /// unlike in the consent rate.
    first_answer_consent: RateAnswer,
}

impl From<Cohort> for CohortAnswer {
    fn from(Cohort { days, first_answer_consent }: Cohort) -> Self {
        let (from, to) = (calendar::date(days.first), calendar::date(days.last));
        Self { from, to, first_answer_consent: first_answer_consent.into() }
    }
}

impl From<ComparedMilestone> for MilestoneAnswer {
    fn from(ComparedMilestone { milestone, cohorts }: ComparedMilestone) -> Self {
        let Milestone { day, app, kind } = milestone;
        let (version, annotation, id) = match kind {
            MilestoneKind::Release(version) => (Some(version), None, None),
            MilestoneKind::Annotation { id, name, .. } => (None, Some(name), Some(id.to_string())),
        };
        let grown =
            cohorts.and_then(|(before, after)| after.first_answer_consent.grown_since(before.first_answer_consent));
        let (before, after) = cohorts.map(|(before, after)| (before.into(), after.into())).unzip();
        Self {
            day: calendar::date(day),
            app: app.map(|app| app.id.to_string()),
            version,
            annotation,
            id,
            before,
            after,
            difference_low: grown.map(|Interval { low, .. }| low),
            difference_high: grown.map(|Interval { high, .. }| high),
        }
    }
}

/// Returns the versions that came out in a period and what was noted on its days, each with consent at the first answer before and after.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/releases",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        DaysFilter,
        HappenedFilter,
    ),
    responses((status = 200, description = "Releases and annotations.", body = Releases), Refused)
)]
pub async fn releases(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Releases>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    let keep_days = state.config.retention.keep_daily_days;
    let AskedDays { environment, app, period, kept } = asked_days(&query, &mut view, Aging::Flows, keep_days).await?;
    let apps = view.apps().await?;
    let mut all = milestones(&mut view, &apps, environment, app, period, MOST + 1).await?;
    let more = all.len() > MOST;
    all.truncate(MOST);
    let compared = compared_milestones(&mut view, environment, app, all, kept).await?;
    Ok(Json(Releases {
        environment,
        time_zone: view.workspace.time_zone.clone(),
        from: calendar::date(period.first),
        to: calendar::date(period.last),
        milestones: compared.into_iter().map(MilestoneAnswer::from).collect(),
        more,
        read: CountsRead::of(&view),
    }))
}

/// What is to be noted.
#[derive(ToSchema)]
#[expect(dead_code, reason = "read field by field, so that all faults are reported at once")]
pub struct NewAnnotation {
    /// What happened.
    #[schema(min_length = 1, max_length = 80)]
    name: String,
    /// On which day of the workspace; none that is still to come.
    #[schema(format = Date)]
    day: String,
    /// An app's id or bundle id; all apps unless set.
    #[schema(nullable = false)]
    app: Option<String>,
}

/// Notes something on a day, such as a step of a deployment. The same twice is noted once.
#[utoipa::path(
    post,
    path = "/api/v1/workspaces/{workspace}/annotations",
    tag = "Admin API",
    security(("token" = [])),
    params(("workspace" = String, Path, description = "The workspace's slug.")),
    request_body = NewAnnotation,
    responses(
        (status = 204, description = "It is noted."),
        Refused,
        (status = 408, description = "The body did not come whole within 30 seconds.", body = Errors),
        (status = 413, description = "More than 4 KB.", body = Errors),
        (status = 422, description = "The name or the day is missing or not possible, or there are 500 annotations.", body = Errors),
    )
)]
pub async fn add_annotation(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    request: Request,
) -> Result<StatusCode> {
    let workspace = WorkspaceRef::parse(&slug)?;
    state.store.assert_may(&actor, &workspace, Permission::ManageInputs).await?;
    let body = whole(request.into_body(), LARGEST).await?;
    annotate(&state.store, &actor, workspace, &read_annotation(&body)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What is left out is empty, and so missing.
fn read_annotation(body: &Bytes) -> Result<TypedAnnotation> {
    let object = object(body)?;
    let mut faults = Vec::new();
    only_fields(&object, &["name", "day", "app"], &mut faults);
    let mut text = |name: &'static str| {
        let raw = field(&object, name, &mut faults)?;
        json::text(raw).map_err(|problem| faults.push(Fault::new(name, problem))).ok().map(Cow::into_owned)
    };
    let (name, day, app) = (text("name").unwrap_or_default(), text("day").unwrap_or_default(), text("app"));
    // It was not filled in: whoever means all apps leaves it out.
    if app.as_deref() == Some("") {
        faults.push(Fault::new("app", Problem::Missing));
    }
    let typed = TypedAnnotation { name, day, app: app.unwrap_or_default() };
    if faults.is_empty() { Ok(typed) } else { Err(Refusal::BadRequest(faults).into()) }
}

/// Removes an annotation.
#[utoipa::path(
    delete,
    path = "/api/v1/workspaces/{workspace}/annotations/{annotation}",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("annotation" = String, Path, description = "The annotation's id."),
    ),
    responses((status = 204, description = "It is removed."), Refused)
)]
pub async fn delete_annotation(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path((slug, annotation)): Path<(String, String)>,
) -> Result<StatusCode> {
    let id = AnnotationId::parse(&annotation).ok_or(Refusal::NotFound)?;
    remove_annotation(&state.store, &actor, WorkspaceRef::parse(&slug)?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
