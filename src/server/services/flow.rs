//! What happened in a period, added up.

use crate::domain::att::{CountedState, Status};
use crate::domain::environment::Environment;
use crate::domain::flow::{ANSWER_TIMES, AnswerTime, Flow};
use crate::domain::id::AppId;
use crate::domain::metric::Period;
use crate::domain::rounding::{Precision, Shown};
use crate::domain::time::Day;
use crate::server::error::Result;
use crate::server::store::View;
use std::collections::BTreeMap;
use std::ops::Range;

/// What happened in some time, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlowSums {
    pub first_answers: i64,
    /// Of these, those that authorized.
    pub first_authorized: i64,
    pub installs: i64,
    /// Of these, those that said that ad tracking is limited.
    pub limited_installs: i64,
    /// Of the installs, those whose user answered for the first time, then or on a later day.
    pub installs_answered: i64,
    /// Of these, those that authorized.
    pub installs_authorized: i64,
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
            Flow::InstallAnswered { to } => {
                self.installs_answered += n;
                self.installs_authorized += if to == Status::Authorized { n } else { 0 };
            }
            Flow::Transition { .. } | Flow::Answered(_) | Flow::InstallForgotten { .. } => {}
        }
    }
}

/// What happened in a period, as its reader may see it: each figure of it is the sum of its days' as they are shown.
#[derive(Clone, Debug)]
pub struct Happened {
    pub days: BTreeMap<Day, DayFlows>,
    precision: Precision,
}

impl Happened {
    /// Reads it, in all or in one app.
    pub async fn read(view: &mut View, environment: Environment, app: Option<AppId>, period: Period) -> Result<Self> {
        Self::read_of(view, environment, app, period, Flow::ALL).await
    }

    /// Reads first answers by the day of the install, and nothing else: of each day a tenth of the rows.
    pub async fn read_install_answers(
        view: &mut View,
        environment: Environment,
        app: Option<AppId>,
        period: Period,
    ) -> Result<Self> {
        Self::read_of(view, environment, app, period, Flow::INSTALL_ANSWERS).await
    }

    /// Reads what has a number of these.
    async fn read_of(
        view: &mut View,
        environment: Environment,
        app: Option<AppId>,
        period: Period,
        codes: Range<i64>,
    ) -> Result<Self> {
        let Period { first, last } = period;
        let mut days = BTreeMap::new();
        let mut day = first;
        while day <= last {
            days.insert(day, DayFlows::default());
            day = day.plus(1);
        }
        for ((day, flow), n) in view.flows(environment, app, period, codes).await? {
            let day: &mut DayFlows = days.entry(day).or_default();
            day.sums.add(flow, n);
            match flow {
                Flow::Transition { from, to, .. } => *day.changes.entry((from.into(), to)).or_default() += n,
                Flow::Answered(class) => *day.answers.entry(class).or_default() += n,
                Flow::Installed { .. } | Flow::InstallForgotten { .. } | Flow::InstallAnswered { .. } => {}
            }
        }
        Ok(Self { days, precision: view.precision })
    }

    /// The days on which anything happened.
    pub fn days_with_something(&self) -> impl Iterator<Item = Day> {
        self.days.iter().filter(|(_, flows)| **flows != DayFlows::default()).map(|(day, _)| *day)
    }

    /// A day's figure.
    pub fn shown(&self, n: i64) -> Shown {
        self.precision.shown(n)
    }

    /// A figure of the whole period.
    pub fn sum(&self, of: impl Fn(&DayFlows) -> i64) -> Shown {
        self.added(self.days.values(), of)
    }

    /// A figure of some of its days.
    pub fn sum_within(&self, days: Period, of: impl Fn(&DayFlows) -> i64) -> Shown {
        self.added(self.days.range(days.first..=days.last).map(|(_, day)| day), of)
    }

    fn added<'a>(&self, days: impl Iterator<Item = &'a DayFlows>, of: impl Fn(&DayFlows) -> i64) -> Shown {
        Shown::sum(days.map(|day| self.shown(of(day)))).unwrap_or(self.shown(0))
    }

    /// How often devices went from each status to each other one.
    pub fn changes(&self) -> impl Iterator<Item = (CountedState, Status, Shown)> {
        let pairs = CountedState::OF_APPLE.into_iter().flat_map(|from| Status::ALL.map(|to| (from, to)));
        let others = pairs.filter(|(from, to)| *from != CountedState::Known(*to));
        others.map(|(from, to)| (from, to, self.sum(|day| day.changes.get(&(from, to)).copied().unwrap_or_default())))
    }

    /// How many devices left a status.
    pub fn left(&self, from: CountedState) -> Shown {
        self.sum(|day| day.changes.iter().filter(|((known, _), _)| *known == from).map(|(_, n)| n).sum())
    }

    /// How many first answers took so long, for each class.
    pub fn answers(&self) -> [(AnswerTime, Shown); ANSWER_TIMES.len()] {
        ANSWER_TIMES.map(|begins| {
            let class = AnswerTime::of(begins);
            (class, self.sum(|day| day.answers.get(&class).copied().unwrap_or_default()))
        })
    }
}

impl DayFlows {
    /// How many devices went from authorized to denied.
    pub fn withdrawals(&self) -> i64 {
        let key = (CountedState::Known(Status::Authorized), Status::Denied);
        self.changes.get(&key).copied().unwrap_or_default()
    }
}
