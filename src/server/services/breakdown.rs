//! Units taken apart by app or by the values of a dimension.

use crate::domain::app::App;
use crate::domain::count::{Counts, Dimension, OVERFLOW, UNKNOWN, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::View;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What units are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    App,
    Platform,
    OsVersion,
    AppVersion,
    Country,
}

impl By {
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "app" => Self::App,
            "platform" => Self::Platform,
            "os_version" => Self::OsVersion,
            "app_version" => Self::AppVersion,
            "country" => Self::Country,
            _ => return None,
        })
    }

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
pub struct Part {
    /// The value, or the app's id; `None` for units that have none.
    pub value: Option<String>,
    pub app: Option<App>,
    pub counts: Counts,
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The biggest first.
    pub parts: Vec<Part>,
    /// Values in the overflow bucket, together.
    pub other: Option<Counts>,
}

/// Reads the counters by app or by the values of a dimension, within one app or in all.
pub async fn breakdown(
    view: &mut View,
    by: By,
    environment: Environment,
    unit: Unit,
    app: Option<AppId>,
) -> Result<Parts> {
    let Some(dimension) = by.dimension() else {
        let counts = view.counts_by_app(environment, unit).await?;
        let mut apps: BTreeMap<AppId, App> = view.apps().await?.into_iter().map(|app| (app.id, app)).collect();
        let part = |(id, counts): (AppId, Counts)| Part { value: Some(id.to_string()), app: apps.remove(&id), counts };
        return Ok(Parts { parts: sorted(counts.into_iter().map(part)), other: None });
    };
    let counts = view.counts_by(environment, unit, app, dimension).await?;
    let today = calendar::day(view.now, &view.workspace.time_zone);
    let admitted: BTreeSet<String> = match by {
        // There are only so many platforms.
        By::Platform => counts.keys().cloned().collect(),
        _ => view.admitted_values(app, dimension, today).await?,
    };
    let mut other = Counts::default();
    let mut parts = Vec::new();
    for (value, counts) in counts {
        if value == UNKNOWN {
            parts.push(Part { value: None, app: None, counts });
        } else if value != OVERFLOW && admitted.contains(&value) {
            parts.push(Part { value: Some(value), app: None, counts });
        } else {
            other = other.plus(counts);
        }
    }
    Ok(Parts { parts: sorted(parts), other: (other.all() > 0).then_some(other) })
}

fn sorted(parts: impl IntoIterator<Item = Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = parts.into_iter().filter(|part| part.counts.all() > 0).collect();
    parts.sort_by_key(|part| Reverse(part.counts.all()));
    parts
}
