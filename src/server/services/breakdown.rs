//! Units grouped by app or by the values of a dimension.

use crate::domain::app::App;
use crate::domain::closed_list::closed_list;
use crate::domain::count::{Counts, Dimension, OVERFLOW, UNKNOWN, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::rounding::Precision;
use crate::domain::time::Day;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::View;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

closed_list! {
    /// What units are grouped by.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum BreakdownBy {
        App => "app",
        Platform => "platform",
        OsVersion => "os_version",
        AppVersion => "app_version",
        Country => "country",
    }
}

impl BreakdownBy {
    /// `None` for apps, which are no dimension within themselves.
    fn dimension(self) -> Option<Dimension> {
        match self {
            Self::App => None,
            Self::Platform => Some(Dimension::Platform),
            Self::OsVersion => Some(Dimension::OsVersion),
            Self::AppVersion => Some(Dimension::AppVersion),
            Self::Country => Some(Dimension::Country),
        }
    }
}

/// The units of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreakdownPart {
    /// The value, or the app's id; `None` for units that have none.
    pub value: Option<String>,
    pub app: Option<App>,
    pub counts: Counts,
    /// What days since the one that was asked for added to them.
    pub added: Counts,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The biggest first, by their counts as shown: an order by exact ones would tell rounded roles what rounding hides.
    pub parts: Vec<BreakdownPart>,
    /// Values in the overflow bucket, together; where counts are rounded also when there are none, which is not told.
    pub other: Option<(Counts, Counts)>,
}

/// Reads the counters by app or by the values of a dimension, within one app or in all; where `since` is a day, with what it
/// and later ones added.
pub async fn breakdown(
    view: &mut View,
    by: BreakdownBy,
    environment: Environment,
    unit: Unit,
    app: Option<AppId>,
    since: Option<Day>,
) -> Result<Parts> {
    let precision = view.precision;
    let Some(dimension) = by.dimension() else {
        let counts = view.counts_by_app(environment, unit).await?;
        let mut added = match since {
            Some(day) => view.added_by_app(environment, unit, day).await?,
            None => BTreeMap::new(),
        };
        let mut apps: BTreeMap<AppId, App> = view.apps().await?.into_iter().map(|app| (app.id, app)).collect();
        let part = |(id, counts): (AppId, Counts)| BreakdownPart {
            value: Some(id.to_string()),
            app: apps.remove(&id),
            counts,
            added: added.remove(&id).unwrap_or_default(),
        };
        return Ok(Parts { parts: sorted(counts.into_iter().map(part), precision), other: None });
    };
    let counts = view.counts_by(environment, unit, app, dimension).await?;
    let mut added = match since {
        Some(day) => view.added_by(environment, unit, app, dimension, day).await?,
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
    for (value, counts) in counts {
        let added = added.remove(&value).unwrap_or_default();
        if value == UNKNOWN {
            parts.push(BreakdownPart { value: None, app: None, counts, added });
        } else if value != OVERFLOW && admitted.contains(&value) {
            parts.push(BreakdownPart { value: Some(value), app: None, counts, added });
        } else {
            other = (other.0.plus(counts), other.1.plus(added));
        }
    }
    let has_other = other.0.all() > 0 || (precision.is_rounded() && by != BreakdownBy::Platform);
    Ok(Parts { parts: sorted(parts, precision), other: has_other.then_some(other) })
}

fn sorted(parts: impl IntoIterator<Item = BreakdownPart>, precision: Precision) -> Vec<BreakdownPart> {
    let mut parts: Vec<BreakdownPart> = parts.into_iter().filter(|part| part.counts.all() > 0).collect();
    let name = |part: &BreakdownPart| part.app.as_ref().map(|app| app.name.clone()).or(part.value.clone());
    parts.sort_by_cached_key(|part| (Reverse(precision.shown(part.counts.all()).figure()), name(part)));
    parts
}
