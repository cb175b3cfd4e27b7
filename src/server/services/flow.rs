//! What happened in a period, added up.

use crate::domain::att::{CountedState, Status};
use crate::domain::environment::Environment;
use crate::domain::flow::{AnswerTime, Flow};
use crate::domain::id::AppId;
use crate::domain::time::Day;
use crate::server::error::Result;
use crate::server::store::View;
use std::collections::BTreeMap;

/// What happened in some time, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowSums {
    pub first_answers: i64,
    /// Of these, those that authorized.
    pub first_authorized: i64,
    pub installs: i64,
    /// Of these, those that said that ad tracking is limited.
    pub limited_installs: i64,
}

/// What happened on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayFlows {
    /// How many devices went from one status to another.
    pub changes: BTreeMap<(CountedState, Status), i64>,
    /// How many first answers took so long.
    pub answers: BTreeMap<AnswerTime, i64>,
    pub sums: FlowSums,
}

impl FlowSums {
    fn add(&mut self, flow: Flow, n: i64) {
        match flow {
            Flow::Transition { is_first_answer: true, to, .. } => {
                self.first_answers += n;
                self.first_authorized += if to == Status::Authorized { n } else { 0 };
            }
            Flow::Installed { limited } => {
                self.installs += n;
                self.limited_installs += if limited == Some(true) { n } else { 0 };
            }
            Flow::Transition { .. } | Flow::Answered(_) | Flow::InstallForgotten { .. } => {}
        }
    }
}

/// Reads what happened on each day from one to another, in all or in one app. Figures of the whole period are made of the
/// days' as they are shown.
pub async fn flows(
    view: &mut View,
    environment: Environment,
    app: Option<AppId>,
    first: Day,
    last: Day,
) -> Result<BTreeMap<Day, DayFlows>> {
    let mut days = BTreeMap::new();
    let mut day = first;
    while day <= last {
        days.insert(day, DayFlows::default());
        day = day.plus(1);
    }
    for ((day, flow), n) in view.flows(environment, app, first, last).await? {
        let day: &mut DayFlows = days.entry(day).or_default();
        day.sums.add(flow, n);
        match flow {
            Flow::Transition { from, to, .. } => *day.changes.entry((from.into(), to)).or_default() += n,
            Flow::Answered(class) => *day.answers.entry(class).or_default() += n,
            Flow::Installed { .. } | Flow::InstallForgotten { .. } => {}
        }
    }
    Ok(days)
}
