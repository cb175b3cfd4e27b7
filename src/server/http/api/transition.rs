//! What happened in a period: changes of status, first answers, installs; for scripts.

use super::counts::{CountsRead, app, environment};
use super::period::period;
use super::query::{ApiQuery, only};
use super::refused::Refused;
use crate::domain::att::{CountedState, Status};
use crate::domain::environment::Environment;
use crate::domain::flow::{ANSWER_TIMES, AnswerTime};
use crate::domain::permission::Permission;
use crate::domain::retention::Aging;
use crate::domain::rounding::Shown;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::services::flow::{DayFlows, FlowSums, flows};
use crate::server::state::AppState;
use crate::server::store::WorkspaceRef;
use axum::Json;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

/// What happened to devices in a period, in one consistent read. From its beginning to its end the devices of a status grow by
/// the transitions to it less those from it, and unknown ones by the installs less the transitions from unknown; devices
/// that leave the counts are not among them. For rounded roles fewer than 10 is null, and a sum is that of
/// the rounded days.
#[derive(Serialize, ToSchema)]
pub struct Transitions {
    environment: Environment,
    /// Where the days begin: a name of the IANA database.
    time_zone: String,
    /// The first day.
    #[schema(format = Date)]
    from: String,
    /// The last day.
    #[schema(format = Date)]
    to: String,
    /// How often devices went from each status to each other one.
    transitions: Vec<Change>,
    #[serde(flatten)]
    sums: Sums,
    /// How long first answers took since the device was first seen.
    time_to_first_answer: Vec<TimeClass>,
    days: Vec<DaySums>,
    #[serde(flatten)]
    read: CountsRead,
}

/// Devices that went from one status to another.
#[derive(Serialize, ToSchema)]
pub struct Change {
    /// A status, or `unknown` for a device that had never reported one.
    from: &'static str,
    to: Status,
    #[schema(required)]
    count: Option<i64>,
}

/// First answers that took so long.
#[derive(Serialize, ToSchema)]
pub struct TimeClass {
    from_ms: i64,
    /// Null for the last class.
    #[schema(required)]
    below_ms: Option<i64>,
    #[schema(required)]
    count: Option<i64>,
}

/// What happened, in numbers.
#[derive(Serialize, ToSchema)]
pub struct Sums {
    /// Devices whose user answered for the first time: authorized or denied.
    #[schema(required)]
    first_answers: Option<i64>,
    /// Of these, those that authorized.
    #[schema(required)]
    first_authorized: Option<i64>,
    /// Apple devices that sent their first batch.
    #[schema(required)]
    installs: Option<i64>,
    /// Of these, those that said that ad tracking is limited (LAT): by a status that does not permit it, which from iOS 14.5 on
    /// is so before the user has answered, by `limit_ad_tracking`, or by the zero IDFA.
    #[schema(required)]
    limited_installs: Option<i64>,
}

/// One day.
#[derive(Serialize, ToSchema)]
pub struct DaySums {
    #[schema(format = Date)]
    day: String,
    #[serde(flatten)]
    sums: Sums,
}

impl Sums {
    fn of(shown: impl Fn(&dyn Fn(&FlowSums) -> i64) -> Option<i64>) -> Self {
        Self {
            first_answers: shown(&|sums| sums.first_answers),
            first_authorized: shown(&|sums| sums.first_authorized),
            installs: shown(&|sums| sums.installs),
            limited_installs: shown(&|sums| sums.limited_installs),
        }
    }
}

/// Returns how statuses changed in a period, first answers and how long they took, and installs.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/transitions",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("from" = Option<String>, Query, format = Date, description = "The first day; 89 days before the last one unless set. How far back days go is a setting of the installation."),
        ("to" = Option<String>, Query, format = Date, description = "The last day; today unless set. At most 1,100 days can be asked for."),
        ("environment" = inline(Option<Environment>), Query, description = "Production unless set."),
        ("app" = Option<String>, Query, min_length = 1, description = "An app's id or bundle id."),
    ),
    responses((status = 200, description = "What happened.", body = Transitions), Refused)
)]
pub async fn transitions(
    TokenCaller(actor): TokenCaller,
    State(state): State<AppState>,
    Path(slug): Path<String>,
    query: ApiQuery,
) -> Result<Json<Transitions>> {
    let mut view = state.store.view(&actor, WorkspaceRef::parse(&slug)?, Permission::SeeMetrics).await?;
    only(&query, &["from", "to", "environment", "app"])?;
    let environment = environment(&query)?;
    let keep_days = state.config.retention.keep_daily_days;
    let (first, last) = period(&query, &mut view, Aging::Flows, keep_days).await?;
    let app = app(&query, &mut view).await?;
    let days = flows(&mut view, environment, app, first, last).await?;
    let counts_read = CountsRead::of(&view);
    let shown = |n: i64| view.precision.shown(n);
    let over_days = |of: &dyn Fn(&DayFlows) -> i64| Shown::sum(days.values().map(|day| shown(of(day))))?.figure();
    let pairs = CountedState::OF_APPLE.into_iter().flat_map(|from| Status::ALL.map(|to| (from, to)));
    let change = |(from, to): (CountedState, Status)| {
        let count = over_days(&|day| day.changes.get(&(from, to)).copied().unwrap_or_default());
        Change { from: from.as_str(), to, count }
    };
    let class = |ms: &i64| {
        let class = AnswerTime::of(*ms);
        let (from_ms, below_ms) = class.bounds();
        let count = over_days(&|day| day.answers.get(&class).copied().unwrap_or_default());
        TimeClass { from_ms, below_ms, count }
    };
    Ok(Json(Transitions {
        environment,
        time_zone: view.workspace.time_zone.clone(),
        from: calendar::date(first),
        to: calendar::date(last),
        transitions: pairs.filter(|(from, to)| *from != CountedState::Known(*to)).map(change).collect(),
        sums: Sums::of(|of| over_days(&|day| of(&day.sums))),
        time_to_first_answer: ANSWER_TIMES.iter().map(class).collect(),
        days: days
            .iter()
            .map(|(day, flows)| DaySums {
                day: calendar::date(*day),
                sums: Sums::of(|of| shown(of(&flows.sums)).figure()),
            })
            .collect(),
        read: counts_read,
    }))
}
