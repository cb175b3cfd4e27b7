//! Units grouped by app or by the values of a dimension.

use crate::domain::app::App;
use crate::domain::att::Status;
use crate::domain::count::{BreakdownBy, Counts, OVERFLOW, UNKNOWN, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::metric::Period;
use crate::domain::rounding::Precision;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::{Added, View};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The units of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakdownPart {
    /// The value, or the app's id; `None` for units that have none.
    pub value: Option<String>,
    pub app: Option<App>,
    /// At the end of the period, or now.
    pub counts: Counts,
    /// Before the period began; the same where none was asked for.
    pub before: Counts,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The biggest first, by their counts as shown: an order by exact ones would tell rounded roles what rounding hides. Those
    /// of fewer than are shown at all are left out: a value that few have would show single units.
    pub parts: Vec<BreakdownPart>,
    /// Values in the overflow bucket, together; where counts are rounded also when there are none, which is not told.
    pub other: Option<(Counts, Counts)>,
}

/// The default in force at the end of a day.
pub async fn default_at_end(view: &mut View, day: Day) -> Result<Option<Status>> {
    let over = calendar::begins(day.plus(1), &view.workspace.time_zone);
    Ok(view.settings_before(over).await?.and_then(|version| version.default))
}

/// Reads the counters by app or by the values of a dimension, within one app or in all: now, or at the end of a period and
/// before it.
pub async fn breakdown(
    view: &mut View,
    by: BreakdownBy,
    environment: Environment,
    unit: Unit,
    app: Option<AppId>,
    period: Option<Period>,
) -> Result<Parts> {
    let precision = view.precision;
    let Some(dimension) = by.dimension() else {
        let counts = view.counts_by_app(environment, unit).await?;
        let mut added = match period {
            Some(period) => view.added_by_app(environment, unit, period).await?,
            None => BTreeMap::new(),
        };
        let mut apps: BTreeMap<AppId, App> = view.apps().await?.into_iter().map(|app| (app.id, app)).collect();
        let part = |(id, now): (AppId, Counts)| {
            let (counts, before) = then(now, added.remove(&id).unwrap_or_default());
            BreakdownPart { value: Some(id.to_string()), app: apps.remove(&id), counts, before }
        };
        return Ok(Parts { parts: sorted(counts.into_iter().map(part), precision), other: None });
    };
    let counts = view.counts_by(environment, unit, app, dimension).await?;
    let mut added = match period {
        Some(period) => view.added_by(environment, unit, app, dimension, period).await?,
        None => BTreeMap::new(),
    };
    let today = calendar::day(view.now, &view.workspace.time_zone);
    let admitted: BTreeSet<String> = match by {
        // There are only so many platforms.
        BreakdownBy::Platform => counts.keys().cloned().collect(),
        _ => view.admitted_values(app, dimension, today).await?,
    };
    let mut other = (Counts::default(), Counts::default());
    let mut parts = Vec::new();
    for (value, now) in counts {
        let (counts, before) = then(now, added.remove(&value).unwrap_or_default());
        if value == UNKNOWN {
            parts.push(BreakdownPart { value: None, app: None, counts, before });
        } else if value != OVERFLOW && admitted.contains(&value) {
            parts.push(BreakdownPart { value: Some(value), app: None, counts, before });
        } else {
            other = (other.0.plus(counts), other.1.plus(before));
        }
    }
    let has_other = other.0.all() > 0 || (precision.is_rounded() && by != BreakdownBy::Platform);
    Ok(Parts { parts: sorted(parts, precision), other: has_other.then_some(other) })
}

/// The counts at the end of a period and before it, from those of now and what the period and later days added.
fn then(now: Counts, Added { within, after }: Added) -> (Counts, Counts) {
    let at_end = now.minus(after);
    (at_end, at_end.minus(within))
}

fn sorted(parts: impl IntoIterator<Item = BreakdownPart>, precision: Precision) -> Vec<BreakdownPart> {
    let is_shown = |part: &BreakdownPart| part.counts.all() >= precision.step();
    let mut parts: Vec<BreakdownPart> = parts.into_iter().filter(is_shown).collect();
    let name = |part: &BreakdownPart| part.app.as_ref().map(|app| app.name.clone()).or(part.value.clone());
    parts.sort_by_cached_key(|part| (Reverse(precision.shown(part.counts.all()).figure()), name(part)));
    parts
}
