//! The distribution of statuses: what the Overview is read from.

use crate::domain::app::App;
use crate::domain::att::CountedState;
use crate::domain::count::{Cell, Cells, Counts, Slice, Unit};
use crate::domain::environment::Environment;
use crate::domain::id::AppId;
use crate::domain::metric::{Basis, Figures};
use crate::domain::platform::Platform;
use crate::domain::privacy::Settings;
use crate::domain::rounding::{Precision, Shown};
use crate::domain::time::Millis;
use crate::server::error::Result;
use crate::server::store::View;
use std::collections::BTreeMap;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionQuery {
    pub environment: Environment,
    pub unit: Unit,
    pub app: Option<AppId>,
    pub platform: Option<Platform>,
}

impl DistributionQuery {
    /// Whether it is about the workspace as such, and neither about one app nor about testers.
    pub fn is_of_all_in_production(&self) -> bool {
        self.app.is_none() && self.environment == Environment::Production
    }
}

/// One moment of the counters, with what is needed to read them.
#[derive(Clone, Debug)]
pub struct Distribution {
    pub cells: Cells,
    pub apps: Vec<App>,
    pub settings: Settings,
    pub precision: Precision,
    /// When the last batch of each app came.
    pub last_batches: BTreeMap<AppId, Millis>,
    pub now: Millis,
}

/// Reads the counters of one unit in one environment.
pub async fn read(view: &mut View, environment: Environment, unit: Unit) -> Result<Distribution> {
    Ok(Distribution {
        cells: view.counts(environment, unit).await?,
        apps: view.apps().await?,
        settings: view.settings().await?,
        precision: view.precision,
        last_batches: view.last_batches(environment).await?,
        now: view.now,
    })
}

impl Distribution {
    /// The exact number in one state, as reported.
    pub fn explicit(&self, question: &DistributionQuery, state: CountedState) -> i64 {
        let DistributionQuery { environment, unit, app, platform } = *question;
        let slice = platform.map(Slice::from);
        self.cells.get(&Cell { environment, unit, app, slice, state }).copied().unwrap_or_default()
    }

    /// The exact numbers in all states, as reported.
    pub fn counts(&self, question: &DistributionQuery) -> Counts {
        let mut counts = Counts::default();
        CountedState::ALL.into_iter().for_each(|state| counts.add(state, self.explicit(question, state)));
        counts
    }

    /// As the reader may see them, as reported.
    pub fn figures(&self, question: &DistributionQuery) -> Figures {
        Figures::new([(self.counts(question), None)], Basis::Explicit, self.precision)
    }

    /// The exact number of Apple units.
    pub fn apple(&self, question: &DistributionQuery) -> i64 {
        CountedState::OF_APPLE.into_iter().map(|state| self.explicit(question, state)).sum()
    }

    /// The exact number of units on all platforms.
    pub fn all(&self, question: &DistributionQuery) -> i64 {
        self.apple(question) + self.explicit(question, CountedState::NotApplicable)
    }

    /// When the last batch came, of the one app or of all. To rounded roles of all in production only: a moment of an app may be
    /// one device's.
    pub fn last_batch(&self, question: &DistributionQuery) -> Option<Millis> {
        if self.precision.is_rounded() && !question.is_of_all_in_production() {
            return None;
        }
        let of_app = |(app, _): &(&AppId, &Millis)| question.app.is_none_or(|wanted| wanted == **app);
        self.last_batches.iter().filter(of_app).map(|(_, at)| *at).max()
    }

    /// A number as the reader may see it.
    pub fn shown(&self, n: i64) -> Shown {
        self.precision.shown(n)
    }
}
