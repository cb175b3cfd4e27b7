//! The distribution, for scripts: the same counts as the Overview's.

use super::question::{Asked, asked, only, parsed, place};
use super::refused::Refused;
use crate::domain::app::App;
use crate::domain::att::{State, Status};
use crate::domain::count::Unit;
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::AppId;
use crate::domain::platform::Platform;
use crate::domain::policy::Action;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::http::caller::Script;
use crate::server::state::State as AppState;
use crate::server::work::distribution::{self, Question};
use axum::Json;
use axum::extract::{Path, State as Shared};
use serde::Serialize;
use utoipa::ToSchema;

/// What was reported, or what holds with the default.
#[derive(Clone, Copy, Serialize, ToSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Only what was reported.
    Explicit,
    /// The workspace's default stands in where nothing was.
    Effective,
}

impl Basis {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "explicit" => Some(Self::Explicit),
            "effective" => Some(Self::Effective),
            _ => None,
        }
    }
}

/// How many Apple units have each status. For rounded roles fewer than 10 is null.
#[derive(Serialize, ToSchema)]
pub struct Counts {
    #[schema(required)]
    authorized: Option<i64>,
    #[schema(required)]
    denied: Option<i64>,
    #[schema(required)]
    restricted: Option<i64>,
    #[schema(required)]
    not_determined: Option<i64>,
    /// Never reported, and under `effective` no default either.
    #[schema(required)]
    unknown: Option<i64>,
}

/// How units are distributed over the statuses, in one consistent read.
#[derive(Serialize, ToSchema)]
pub struct Distribution {
    unit: Unit,
    basis: Basis,
    environment: Environment,
    counts: Counts,
    /// Units that are not on an Apple platform.
    #[schema(required)]
    not_applicable: Option<i64>,
    /// The sum of all six; for rounded roles rounded from the exact one.
    #[schema(required)]
    total: Option<i64>,
    /// The workspace's default.
    #[schema(required)]
    default: Option<Status>,
    /// The version of the settings in force.
    version: i64,
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    as_of_ms: Millis,
    /// There, and true, when the token's role sees rounded figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rounded: Option<bool>,
}

/// Counts by status, explicit or effective, in total or within one app, one platform or both.
#[utoipa::path(
    get,
    path = "/api/v1/workspaces/{workspace}/distribution",
    tag = "Admin API",
    security(("token" = [])),
    params(
        ("workspace" = String, Path, description = "The workspace's slug."),
        ("unit" = inline(Option<Unit>), Query, description = "What is counted; profiles unless set."),
        ("basis" = inline(Option<Basis>), Query, description = "Explicit unless set."),
        ("environment" = inline(Option<Environment>), Query, description = "Production unless set."),
        ("app" = Option<String>, Query, min_length = 1, description = "An app's id or bundle id."),
        ("platform" = inline(Option<Platform>), Query, description = "One platform."),
    ),
    responses((status = 200, description = "The counts.", body = Distribution), Refused)
)]
pub async fn distribution(
    script: Script,
    Shared(state): Shared<AppState>,
    Path(slug): Path<String>,
    query: Asked,
) -> Result<Json<Distribution>> {
    let mut view = state.store.view(&script.0, place(&slug)?, Action::SeeMetrics).await?;
    only(&query, &["unit", "basis", "environment", "app", "platform"])?;
    let unit = parsed(&query, "unit", Unit::parse)?.unwrap_or(Unit::Profiles);
    let environment = parsed(&query, "environment", Environment::parse)?.unwrap_or_default();
    let basis = parsed(&query, "basis", Basis::parse)?.unwrap_or(Basis::Explicit);
    let platform = parsed(&query, "platform", Platform::parse)?;
    let read = distribution::read(&mut view, environment, unit).await?;
    let app = match asked(&query, "app")? {
        Some(text) => Some(app_named(&read.apps, text).ok_or(Refusal::NotFound)?),
        None => None,
    };
    let question = Question { environment, unit, app, platform };
    let exact = |state| match basis {
        Basis::Explicit => read.explicit(&question, state),
        Basis::Effective => read.effective(&question, state),
    };
    let of = |state| read.shown(exact(state)).figure();
    let counts = Counts {
        authorized: of(State::Known(Status::Authorized)),
        denied: of(State::Known(Status::Denied)),
        restricted: of(State::Known(Status::Restricted)),
        not_determined: of(State::Known(Status::NotDetermined)),
        unknown: of(State::Unknown),
    };
    Ok(Json(Distribution {
        unit,
        basis,
        environment,
        counts,
        not_applicable: of(State::NotApplicable),
        total: read.shown(read.apple(&question) + exact(State::NotApplicable)).figure(),
        default: read.settings.default,
        version: read.settings.version,
        as_of_ms: read.now,
        rounded: read.rounded.then_some(true),
    }))
}

/// An app of this workspace, by its id or its bundle id.
pub fn app_named(apps: &[App], text: &str) -> Option<AppId> {
    let id = AppId::parse(text);
    apps.iter().find(|app| Some(app.id) == id || app.bundle.as_deref() == Some(text)).map(|app| app.id)
}
