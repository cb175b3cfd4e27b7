//! What a page of metrics is asked for: everything is in its address.

use super::super::PageQuery;
use super::super::period::AskedPeriod;
use super::super::rate::{Against, Reading};
use crate::domain::app::{App, app_called, told_apart};
use crate::domain::closed_list::closed_list;
use crate::domain::count::{BreakdownBy, Dimension, OVERFLOW, Slice, Unit};
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem, Refusal};
use crate::domain::id::AppId;
use crate::domain::metric::{Basis, Rate};
use crate::domain::retention::Aging;
use crate::domain::rounding::Precision;
use crate::server::error::Result;
use crate::server::services::dimension_value::assert_has_counter;
use crate::server::services::kept_days::{KeptDays, kept_days};
use crate::server::services::trend::{Step, TrendQuery};
use crate::server::store::{CounterSelection, View};
use crate::ui::pages::metric::MetricView;
use crate::ui::words;

closed_list! {
    /// What the rows of a breakdown are sorted by; with a minus before it the other way round.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Sort {
        Name => "name",
        Count => "count",
        Rate => "rate",
        Change => "change",
        Unknown => "unknown",
    }
}

/// Everything that a page of metrics can be asked for; each view takes some of it.
pub const PARAMETERS: [&str; 17] = [
    "environment",
    "unit",
    "basis",
    "app",
    "compare",
    "platform",
    "os_version",
    "app_version",
    "country",
    "rate",
    "by",
    "sort",
    "step",
    "problem",
    "days",
    "from",
    "to",
];

/// What is asked for, read against what there is.
pub struct Asked {
    pub environment: Environment,
    pub unit: Unit,
    pub basis: Basis,
    pub app: Option<App>,
    /// Another app that the rate is held against, instead of the days before.
    pub compare: Option<App>,
    /// The values that are asked for, each of another dimension: at most one, but where the view has several.
    pub slices: Vec<Slice>,
    pub rate: Rate,
    pub by: BreakdownBy,
    /// What rows are sorted by, and whether the other way round than is usual.
    pub sort: Option<(Sort, bool)>,
    pub step: Step,
    /// The only kind of data problem that is asked for.
    pub problem: Option<DataProblem>,
    pub period: AskedPeriod,
    pub kept: KeptDays,
    /// All apps, by name.
    pub apps: Vec<App>,
}

impl Asked {
    /// # Errors
    /// [`Refusal::BadRequest`] for a value that is not understood and for what the view does not have: passed over, the figures
    /// would be others. [`Refusal::NotFound`] for an app that there is not. Days that cannot be shown are told beside their
    /// fields instead.
    pub async fn read(view: &mut View, query: &PageQuery, shown: MetricView, keep_days: u32) -> Result<Self> {
        if let Some(name) = PARAMETERS.into_iter().find(|name| query.of(name).is_some() && !shown.takes(name)) {
            return Err(Refusal::BadRequest(vec![Fault::new(name, Problem::UnknownParameter)]).into());
        }
        let unit = query.parsed("unit", |text| Unit::parse(text).filter(|unit| shown.has_unit(*unit)))?;
        let values = Dimension::ASKED.into_iter().filter_map(|of| Some((of, query.of(of.as_str())?)));
        let slices: Result<Vec<Slice>, Fault> = if shown.has_slices() {
            values.filter_map(|value| Slice::asked([value]).transpose()).collect()
        } else {
            Slice::asked(values).map(|slice| slice.into_iter().collect())
        };
        let slices = slices.map_err(|fault| Refusal::BadRequest(vec![fault]))?;
        // What is counted together has no value of its own that devices could be looked through for.
        let others = slices.iter().find(|slice| shown.has_slices() && slice.value == OVERFLOW);
        if let Some(slice) = others {
            return Err(Refusal::BadRequest(vec![Fault::new(slice.dimension.as_str(), Problem::NotOneOf)]).into());
        }
        let apps = told_apart(view.apps().await?);
        let app_of = |name: &str| match query.of(name) {
            Some(text) => app_called(&apps, text).cloned().ok_or(Refusal::NotFound).map(Some),
            None => Ok(None),
        };
        let app = app_of("app")?;
        // An app is not held against itself.
        let compare = app_of("compare")?.filter(|other| app.as_ref().is_none_or(|app| app.id != other.id));
        let what = match shown {
            MetricView::Flow | MetricView::Releases => Aging::Flows,
            MetricView::Quality => Aging::DataProblems,
            _ => Aging::Days,
        };
        let kept = kept_days(view, what, keep_days).await?;
        let period = AskedPeriod::of(query, kept);
        // Within one app there is no breakdown by app.
        let has_by = |by: &BreakdownBy| app.is_none() || *by != BreakdownBy::App;
        let by = query.parsed("by", |text| BreakdownBy::parse(text).filter(has_by))?;
        // What is asked for one value of is not grouped by itself.
        let is_chosen = |by: BreakdownBy| slices.iter().any(|slice| by.dimension() == Some(slice.dimension));
        let rest = [BreakdownBy::AppVersion, BreakdownBy::OsVersion, BreakdownBy::Country, BreakdownBy::Platform];
        let rest = rest.into_iter().find(|by| !is_chosen(*by)).unwrap_or(BreakdownBy::AppVersion);
        let usual_by = if app.is_some() { rest } else { BreakdownBy::App };
        let (environment, unit) = (query.environment()?, unit.unwrap_or(Unit::Profiles));
        if !shown.has_slices() {
            let selection =
                CounterSelection { environment, unit, app: app.as_ref().map(|app| app.id), slice: slices.first() };
            assert_has_counter(view, selection).await?;
        }
        Ok(Self {
            environment,
            unit,
            basis: query.parsed("basis", Basis::parse)?.unwrap_or_default(),
            compare,
            slices,
            rate: query.parsed("rate", Rate::parse)?.unwrap_or_default(),
            by: by.unwrap_or(usual_by),
            sort: query.parsed("sort", sort)?,
            step: query.parsed("step", Step::parse)?.unwrap_or(period.usual_step()),
            problem: query.parsed("problem", DataProblem::parse)?,
            app,
            period,
            kept,
            apps,
        })
    }

    pub fn app_id(&self) -> Option<AppId> {
        self.app.as_ref().map(|app| app.id)
    }

    /// What an app is called here.
    pub fn name_of_app(&self, id: AppId) -> Option<&str> {
        self.apps.iter().find(|app| app.id == id).map(|app| app.name.as_str())
    }

    /// Whether this kind of data problem is asked for.
    pub fn asks_for(&self, problem: DataProblem) -> bool {
        self.problem.is_none_or(|only| only == problem)
    }

    /// The counters that are asked for.
    pub fn selection(&self) -> CounterSelection<'_> {
        let Self { environment, unit, .. } = *self;
        CounterSelection { environment, unit, app: self.app_id(), slice: self.slices.first() }
    }

    /// The trend that is asked for, in these steps.
    pub fn trend(&self, step: Step) -> TrendQuery {
        TrendQuery {
            environment: self.environment,
            unit: self.unit,
            app: self.app_id(),
            slice: self.slices.first().cloned(),
            first: self.period.period.first,
            last: self.period.period.last,
            step,
        }
    }

    /// How its figures are read.
    pub fn reading(&self, precision: Precision) -> Reading<'_> {
        let days = Against::Before(self.period.length());
        Reading {
            basis: self.basis,
            precision,
            units: words::units(self.unit),
            adds_up: !self.unit.of_now(),
            against: self
                .compare
                .as_ref()
                .map_or(days, |app| Against::App { name: &app.name, is_apart: self.app.is_some() }),
        }
    }
}

fn sort(text: &str) -> Option<(Sort, bool)> {
    let name = text.strip_prefix('-');
    Some((Sort::parse(name.unwrap_or(text))?, name.is_some()))
}
