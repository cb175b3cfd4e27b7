//! What the interfaces that return counts share: what they can be asked for, and counts by status.

use super::query::{ApiQuery, asked, parsed};
use crate::domain::app::app_called;
use crate::domain::att::{CountedState, Status};
use crate::domain::count::{Dimension, Slice};
use crate::domain::environment::Environment;
use crate::domain::error::Refusal;
use crate::domain::id::AppId;
use crate::domain::metric::{Basis, Figures, Fraction, Rate};
use crate::domain::platform::Platform;
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::View;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

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
    let apps = view.apps().await?;
    Ok(Some(app_called(&apps, text).ok_or(Refusal::NotFound)?.id))
}

/// The one value of one dimension that is asked for.
pub fn slice(query: &ApiQuery) -> Result<Option<Slice>> {
    let mut values = Vec::new();
    for dimension in Dimension::ASKED {
        values.extend(asked(query, dimension.as_str())?.map(|value| (dimension, value)));
    }
    Ok(Slice::asked(values).map_err(|fault| Refusal::BadRequest(vec![fault]))?)
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
    /// Present, and true, when counts of fewer than 10 are missing in a sum of rounded ones, of days or of states: such a count
    /// may be too small, and a rate in which more than a twentieth may be missing is null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    incomplete: Option<bool>,
    rates: RatesAnswer,
}

/// The five rates. U stands for units of unknown status.
#[derive(Serialize, ToSchema)]
#[schema(as = Rates)]
pub struct RatesAnswer {
    /// A / (A + D): authorized of those who answered the prompt.
    consent_rate: RateAnswer,
    /// A / (A + D + R + N + U): authorized of all Apple units.
    addressable_rate: RateAnswer,
    /// (A + D) / (A + D + N): those who answered of those who can be asked.
    prompt_coverage: RateAnswer,
    /// R / (A + D + R + N): restricted of those with a status.
    restricted_rate: RateAnswer,
    /// (A + D + R + N) / (A + D + R + N + U), as reported whatever the basis: how little rests on the default.
    reported_share: RateAnswer,
}

/// A rate, with its two counts. For rounded roles it is calculated from rounded counts, and null below 100 units, where more than a twentieth may be missing, or where rounding adds up to more than a tenth and to more than 25, as it does over many days.
#[derive(Serialize, ToSchema)]
#[schema(as = Rate)]
pub struct RateAnswer {
    /// From 0 to 1; null of nothing.
    #[schema(required)]
    value: Option<f64>,
    /// Where its 95 % Wilson score interval begins: what a sample of this size could hide.
    #[schema(required)]
    low: Option<f64>,
    /// Where its interval ends.
    #[schema(required)]
    high: Option<f64>,
    /// The count above the line.
    #[schema(required)]
    part: Option<i64>,
    /// The count below the line.
    #[schema(required)]
    whole: Option<i64>,
}

impl From<Fraction> for RateAnswer {
    fn from(fraction: Fraction) -> Self {
        let interval = fraction.interval();
        Self {
            value: fraction.share(),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            part: fraction.part.figure(),
            whole: fraction.whole.figure(),
        }
    }
}

impl From<&Figures> for StatusCounts {
    fn from(figures: &Figures) -> Self {
        let of = |state| figures.of(state).figure();
        Self {
            counts: CountsAnswer {
                authorized: of(CountedState::Known(Status::Authorized)),
                denied: of(CountedState::Known(Status::Denied)),
                restricted: of(CountedState::Known(Status::Restricted)),
                not_determined: of(CountedState::Known(Status::NotDetermined)),
                unknown: of(CountedState::Unknown),
            },
            not_applicable: of(CountedState::NotApplicable),
            total: figures.all().figure(),
            incomplete: figures.is_incomplete().then_some(true),
            rates: RatesAnswer {
                consent_rate: figures.fraction(Rate::Consent).into(),
                addressable_rate: figures.fraction(Rate::Addressable).into(),
                prompt_coverage: figures.fraction(Rate::PromptCoverage).into(),
                restricted_rate: figures.fraction(Rate::Restricted).into(),
                reported_share: figures.fraction(Rate::ReportedShare).into(),
            },
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
