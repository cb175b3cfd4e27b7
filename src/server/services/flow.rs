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
    pub installs: i64,
    /// Of these, those that said that ad tracking is limited.
    pub limited_installs: i64,
}

/// What happened in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flows {
    /// How many devices went from one status to another.
    pub changes: BTreeMap<(CountedState, Status), i64>,
    /// How many first answers took so long.
    pub answers: BTreeMap<AnswerTime, i64>,
    pub sums: FlowSums,
    /// Of each day of the period.
    pub days: BTreeMap<Day, FlowSums>,
}

impl FlowSums {
    fn add(&mut self, flow: Flow, n: i64) {
        match flow {
            Flow::Transition { is_first_answer: true, .. } => self.first_answers += n,
            Flow::Installed { limited } => {
                self.installs += n;
                self.limited_installs += if limited == Some(true) { n } else { 0 };
            }
            Flow::Transition { .. } | Flow::Answered(_) | Flow::InstallForgotten { .. } => {}
        }
    }
}

/// Reads what happened on the days from one to another, in all or in one app.
pub async fn flows(
    view: &mut View,
    environment: Environment,
    app: Option<AppId>,
    first: Day,
    last: Day,
) -> Result<Flows> {
    let mut flows = Flows::default();
    let mut day = first;
    while day <= last {
        flows.days.insert(day, FlowSums::default());
        day = day.plus(1);
    }
    for ((day, flow), n) in view.flows(environment, app, first, last).await? {
        flows.sums.add(flow, n);
        flows.days.entry(day).or_default().add(flow, n);
        match flow {
            Flow::Transition { from, to, .. } => *flows.changes.entry((from.into(), to)).or_default() += n,
            Flow::Answered(class) => *flows.answers.entry(class).or_default() += n,
            Flow::Installed { .. } | Flow::InstallForgotten { .. } => {}
        }
    }
    Ok(flows)
}
