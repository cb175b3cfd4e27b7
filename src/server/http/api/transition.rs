//! What happened in a period: changes of status, first answers, installs; for scripts.

use super::counts::CountsRead;
use super::period::{AskedDays, DaysFilter, HappenedFilter, asked_days};
use super::query::ApiQuery;
use super::refused::Refused;
use crate::domain::att::{CountedState, Status};
use crate::domain::environment::Environment;
use crate::domain::flow::AnswerTime;
use crate::domain::permission::Permission;
use crate::domain::retention::Aging;
use crate::domain::rounding::Shown;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::http::caller::TokenCaller;
use crate::server::services::flow::{DayFlows, Happened};
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
    /// Present, and true, when days of fewer than 10 are missing in the count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    incomplete: Option<bool>,
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
    /// Present, and true, when days of fewer than 10 are missing in the count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    incomplete: Option<bool>,
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
    /// Devices that went from authorized to denied.
    #[schema(required)]
    withdrawals: Option<i64>,
    /// Present, and true, when days of fewer than 10 are missing in any of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    incomplete: Option<bool>,
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
    fn of(shown: impl Fn(&dyn Fn(&DayFlows) -> i64) -> Shown) -> Self {
        let first_answers = shown(&|day| day.sums.first_answers);
        let first_authorized = shown(&|day| day.sums.first_authorized);
        let installs = shown(&|day| day.sums.installs);
        let limited_installs = shown(&|day| day.sums.limited_installs);
        let withdrawals = shown(&DayFlows::withdrawals);
        let all = [first_answers, first_authorized, installs, limited_installs, withdrawals];
        Self {
            first_answers: first_answers.figure(),
            first_authorized: first_authorized.figure(),
            installs: installs.figure(),
            limited_installs: limited_installs.figure(),
            withdrawals: withdrawals.figure(),
            incomplete: incomplete(all),
        }
    }
}

fn incomplete(counts: impl IntoIterator<Item = Shown>) -> Option<bool> {
    counts.into_iter().any(Shown::is_incomplete).then_some(true)
}

/// Returns how statuses changed in a period, first answers and how long they took, and installs.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/transitions",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        DaysFilter,
        HappenedFilter,
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
    let keep_days = state.config.retention.keep_daily_days;
    let AskedDays { environment, app, period, .. } = asked_days(&query, &mut view, Aging::Flows, keep_days).await?;
    let happened = Happened::read(&mut view, environment, app, period).await?;
    let change = |(from, to, n): (CountedState, Status, Shown)| Change {
        from: from.as_str(),
        to,
        count: n.figure(),
        incomplete: incomplete([n]),
    };
    let class = |(class, n): (AnswerTime, Shown)| {
        let (from_ms, below_ms) = class.bounds();
        TimeClass { from_ms, below_ms, count: n.figure(), incomplete: incomplete([n]) }
    };
    Ok(Json(Transitions {
        environment,
        time_zone: view.workspace.time_zone.clone(),
        from: calendar::date(period.first),
        to: calendar::date(period.last),
        transitions: happened.changes().map(change).collect(),
        sums: Sums::of(|of| happened.sum(|day| of(day))),
        time_to_first_answer: happened.answers().map(class).into(),
        days: happened
            .days
            .iter()
            .map(|(day, flows)| DaySums { day: calendar::date(*day), sums: Sums::of(|of| happened.shown(of(flows))) })
            .collect(),
        read: CountsRead::of(&view),
    }))
}
