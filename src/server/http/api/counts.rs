//! What the interfaces that return counts share: what they can be asked for, and counts by status.

use super::query::{ApiQuery, asked, bad, parsed};
use crate::domain::att::{CountedState, Status};
use crate::domain::closed_list::closed_list;
use crate::domain::count::{Counts, Dimension, Slice};
use crate::domain::environment::Environment;
use crate::domain::error::{Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::platform::Platform;
use crate::domain::rounding::{Precision, Shown};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::View;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

closed_list! {
    /// What was reported, or what applies with the default.
    #[derive(Clone, Copy, PartialEq, Eq)]
    pub enum Basis {
        /// Only what was reported.
        Explicit => "explicit",
        /// The workspace's default where nothing was reported.
        Effective => "effective",
    }
}

impl Basis {
    /// The counts on this basis, where `default` is the default in force.
    pub fn of(self, counts: Counts, default: Option<Status>) -> Counts {
        match self {
            Self::Explicit => counts,
            Self::Effective => counts.effective(default),
        }
    }
}

/// Which units are counted: on which basis, and of which app and value.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "described; read by hand, so that faults name theirs")]
pub struct CountFilter {
    /// Explicit unless set.
    #[param(inline)]
    basis: Option<Basis>,
    /// Production unless set.
    #[param(inline)]
    environment: Option<Environment>,
    /// An app's id or bundle id.
    #[param(min_length = 1)]
    app: Option<String>,
    /// One platform; of these four dimensions only one may be given.
    #[param(inline)]
    platform: Option<Platform>,
    /// Major and minor number, such as `18.1`.
    #[param(min_length = 1)]
    os_version: Option<String>,
    #[param(min_length = 1)]
    app_version: Option<String>,
    /// ISO 3166 alpha-2 in capitals.
    #[param(min_length = 1)]
    country: Option<String>,
}

/// The parameters that name a dimension, of which one may be given.
pub const DIMENSIONS: [&str; 4] = ["platform", "os_version", "app_version", "country"];

/// The basis, explicit unless asked for.
pub fn basis(query: &ApiQuery) -> Result<Basis> {
    Ok(parsed(query, "basis", Basis::parse)?.unwrap_or(Basis::Explicit))
}

/// The environment, production unless asked for.
pub fn environment(query: &ApiQuery) -> Result<Environment> {
    Ok(parsed(query, "environment", Environment::parse)?.unwrap_or_default())
}

/// The app of this workspace that is asked for, by its id or its bundle id.
pub async fn app(query: &ApiQuery, view: &mut View) -> Result<Option<AppId>> {
    let Some(text) = asked(query, "app")? else { return Ok(None) };
    let known = view.apps().await?.into_iter().find(|app| app.is_called(text)).ok_or(Refusal::NotFound)?;
    Ok(Some(known.id))
}

/// The one value of one dimension that is asked for. A value that no unit has is no fault: its counts are zero.
pub fn slice(query: &ApiQuery) -> Result<Option<Slice>> {
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
    pub fn of(counts: Counts, precision: Precision) -> Self {
        Self::of_days([counts], precision)
    }

    /// Of several days, added up as they are shown.
    pub fn of_days(days: impl IntoIterator<Item = Counts>, precision: Precision) -> Self {
        // A period without any day that counted is one of zero.
        let mut days: Vec<Counts> = days.into_iter().collect();
        days.resize(days.len().max(1), Counts::default());
        let shown = |of: &dyn Fn(&Counts) -> i64| {
            Shown::sum(days.iter().map(|day| precision.shown(of(day)))).and_then(Shown::figure)
        };
        let of = |state| shown(&|counts| counts.of(state));
        Self {
            counts: CountsAnswer {
                authorized: of(CountedState::Known(Status::Authorized)),
                denied: of(CountedState::Known(Status::Denied)),
                restricted: of(CountedState::Known(Status::Restricted)),
                not_determined: of(CountedState::Known(Status::NotDetermined)),
                unknown: of(CountedState::Unknown),
            },
            not_applicable: of(CountedState::NotApplicable),
            total: shown(&Counts::all),
        }
    }
}

/// When the counts were read, and whether they are rounded.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub struct CountsRead {
    /// Unix milliseconds.
    #[schema(value_type = i64)]
    as_of_ms: Millis,
    /// Present, and true, when the token's role sees rounded counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    rounded: Option<bool>,
}

impl CountsRead {
    pub fn of(view: &View) -> Self {
        Self { as_of_ms: view.now, rounded: view.precision.is_rounded().then_some(true) }
    }
}
