//! What the interfaces of figures share: what may be asked of them, and counts by status.

use super::question::{Asked, asked, bad, parsed};
use crate::domain::att::{CountedState, Status};
use crate::domain::count::{Counts, Dimension, Slice};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::platform::Platform;
use crate::domain::rounding::Shown;
use crate::server::error::Result;
use crate::server::store::View;
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

    /// The counts on this basis, where `default` is the default in force.
    pub fn of(self, counts: Counts, default: Option<Status>) -> Counts {
        match self {
            Self::Explicit => counts,
            Self::Effective => counts.effective(default),
        }
    }
}

/// The parameters by which units are taken apart, of which one may be given.
pub const DIMENSIONS: [&str; 4] = ["platform", "os_version", "app_version", "country"];

/// The basis, explicit unless asked for.
pub fn basis(query: &Asked) -> Result<Basis> {
    Ok(parsed(query, "basis", Basis::parse)?.unwrap_or(Basis::Explicit))
}

/// The environment, production unless asked for.
pub fn environment(query: &Asked) -> Result<Environment> {
    Ok(parsed(query, "environment", Environment::parse)?.unwrap_or_default())
}

/// The app of this workspace that is asked for, by its id or its bundle id.
pub async fn app(query: &Asked, view: &mut View) -> Result<Option<AppId>> {
    let Some(text) = asked(query, "app")? else { return Ok(None) };
    let known = view.apps().await?.into_iter().find(|app| app.is_called(text)).ok_or(Refusal::NotFound)?;
    Ok(Some(known.id))
}

/// The one value of one dimension that is asked for. A value that nobody has is no fault: nobody has it.
pub fn slice(query: &Asked) -> Result<Option<Slice>> {
    let mut found = None;
    for name in DIMENSIONS {
        let Some(value) = asked(query, name)? else { continue };
        if found.is_some() {
            return Err(bad(name, Problem::OneDimension));
        }
        let dimension = Dimension::parse(name).ok_or_else(|| bad(name, Problem::UnknownParameter))?;
        if dimension == Dimension::Platform && Platform::parse(value).is_none() {
            return Err(bad(name, Problem::NotOneOf));
        }
        found = Some(Slice { dimension, value: value.to_owned() });
    }
    Ok(found)
}

/// How many Apple units have each status. For rounded roles fewer than 10 is null.
#[derive(Serialize, ToSchema)]
#[schema(as = Counts)]
pub struct CountsAnswer {
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

/// Counts of all six states as a role may see them.
#[derive(Serialize, ToSchema)]
pub struct StatusCounts {
    counts: CountsAnswer,
    /// Units that are not on an Apple platform.
    #[schema(required)]
    not_applicable: Option<i64>,
    /// The sum of all six; for rounded roles rounded from the exact one.
    #[schema(required)]
    total: Option<i64>,
}

impl StatusCounts {
    pub fn of(counts: Counts, rounded: bool) -> Self {
        let shown = |n| Shown::of(n, rounded).figure();
        let of = |state| shown(counts.of(state));
        Self {
            counts: CountsAnswer {
                authorized: of(CountedState::Known(Status::Authorized)),
                denied: of(CountedState::Known(Status::Denied)),
                restricted: of(CountedState::Known(Status::Restricted)),
                not_determined: of(CountedState::Known(Status::NotDetermined)),
                unknown: of(CountedState::Unknown),
            },
            not_applicable: of(CountedState::NotApplicable),
            total: shown(counts.all()),
        }
    }
}
