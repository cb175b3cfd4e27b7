//! Proving that what is kept twice agrees: counters equal a full count, reported statuses equal their last transition.

use super::Store;
use super::data_problem_days::ProblemDay;
use super::db::{Tx, on};
use crate::domain::count::{self, Cell, Cells};
use crate::domain::environment::Environment;
use crate::domain::flow::{self, Flow, FlowCell, FlowCells};
use crate::domain::id::{DeviceId, WorkspaceId};
use crate::domain::retention::Aging;
use crate::domain::time::{Day, Millis};
use crate::server::error::Result;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

/// What the check of one workspace found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub workspace: String,
    pub devices: usize,
    pub profiles: usize,
    /// A counter, what it says, and what a full count gives.
    pub counters: Vec<(Cell, i64, i64)>,
    /// The same for the sum of all days.
    pub daily: Vec<(Cell, i64, i64)>,
    /// What happened on a day, how often that is counted, and how often a full count finds it.
    pub flows: Vec<(FlowCell, i64, i64)>,
    /// How often a data problem came on a day, what its sum says, and what its rows add up to.
    pub data_problems: Vec<(ProblemDay, i64, i64)>,
    /// Devices whose reported status is not their last transition; at most 100.
    pub registers: Vec<DeviceId>,
    /// Profiles of which another device decides than is kept, and devices and profiles whose numbers of each other are
    /// not those that are kept, by their ids; at most 100.
    pub deciding: Vec<String>,
}

impl Checked {
    pub fn is_ok(&self) -> bool {
        self.counters.is_empty()
            && self.daily.is_empty()
            && self.flows.is_empty()
            && self.data_problems.is_empty()
            && self.registers.is_empty()
            && self.deciding.is_empty()
    }
}

/// How many ids of what differs are named.
const NAMED: usize = 100;

impl Checked {
    fn note_differing(&mut self, what: &str, found: Vec<impl Display>) {
        let room = NAMED.saturating_sub(self.deciding.len());
        self.deciding.extend(found.into_iter().take(room).map(|id| format!("{what} {id}")));
    }
}

impl Store {
    /// Checks every workspace, each in one consistent read.
    pub async fn check(&self) -> Result<Vec<Checked>> {
        let workspaces = self.system_view().await?.workspaces().await?;
        let mut found = Vec::new();
        for workspace in workspaces {
            let mut system = self.system_view().await?;
            found.push(Checked {
                workspace: workspace.slug.to_string(),
                ..system.tx.check(workspace.id, system.now).await?
            });
        }
        Ok(found)
    }
}

impl Tx {
    async fn check(&mut self, workspace: WorkspaceId, now: Millis) -> Result<Checked> {
        let mut checked = Checked::default();
        let (mut counted, mut happened) = (Cells::new(), FlowCells::new());
        for environment in Environment::ALL {
            let mut last = None;
            while let Some((page, devices)) = self.devices_after(workspace, environment, last).await? {
                last = devices.last().copied();
                checked.devices += devices.len();
                checked.note_differing("device", page.devices_that_differ());
                let seen = devices.iter().filter_map(|device| page.devices.get(device));
                seen.for_each(|device| flow::count_install(&mut happened, device));
                count::merge(&mut counted, page.cells_of_devices(devices.into_iter()), 1);
            }
            let mut last = None;
            while let Some((mut page, profiles)) = self.profiles_after(workspace, environment, last).await? {
                last = profiles.last().copied();
                checked.profiles += profiles.len();
                checked.note_differing("profile", page.decide_afresh());
                count::merge(&mut counted, page.cells_of_profiles(profiles.into_iter()), 1);
            }
        }
        let kept = self.cells(workspace).await?;
        checked.counters = differing(&kept, &counted);
        let of_days = |(cell, _): &(&Cell, &i64)| !cell.slice.as_ref().is_some_and(|slice| slice.dimension.is_of_now());
        let counted = counted.iter().filter(of_days).map(|(cell, n)| (cell.clone(), *n)).collect();
        checked.daily = differing(&self.daily_sums(workspace).await?, &counted);
        checked.flows = self.flows_that_differ(workspace, happened).await?;
        let first = self.kept_from(workspace, Aging::DataProblems).await?.unwrap_or(Day(0));
        let [kept, counted] = self.summed_data_problems(workspace, first, now).await?;
        checked.data_problems = differing(&kept, &counted);
        checked.registers = self.registers_that_differ(workspace).await?;
        Ok(checked)
    }

    /// What happened, from the first day on of which all rows are there. `happened` has the installs.
    async fn flows_that_differ(
        &mut self,
        workspace: WorkspaceId,
        mut happened: FlowCells,
    ) -> Result<Vec<(FlowCell, i64, i64)>> {
        let mut first = Day(i64::MIN);
        for what in [Aging::Flows, Aging::Transitions] {
            first = first.max(self.kept_from(workspace, what).await?.unwrap_or(first));
        }
        let mut after = None;
        while let Some((last, transitions)) = self.transitions_after(workspace, after).await? {
            after = Some(last);
            flow::count_transitions(&mut happened, &transitions);
        }
        let whole = self.install_answers_from(workspace).await?.unwrap_or(first);
        let is_proved = |cell: &FlowCell| match cell.flow {
            Flow::InstallAnswered { .. } => cell.day >= first.max(whole),
            _ => cell.day >= first,
        };
        happened.retain(|cell, _| is_proved(cell));
        // What was removed is not found any more.
        let mut kept = FlowCells::new();
        let cells = self.flow_cells(workspace, first).await?;
        for (cell, n) in cells.into_iter().filter(|(cell, _)| is_proved(cell)) {
            match cell.flow {
                Flow::InstallForgotten { limited } => {
                    count::add(&mut kept, FlowCell { flow: Flow::Installed { limited }, ..cell }, -n)
                }
                _ => count::add(&mut kept, cell, n),
            }
        }
        Ok(differing(&kept, &happened))
    }

    async fn registers_that_differ(&mut self, workspace: WorkspaceId) -> Result<Vec<DeviceId>> {
        const SQL: &str = "select d.id from devices d left join transitions t \
            on t.workspace_id = d.workspace_id and t.environment = d.environment and t.device_id = d.id \
            and t.seq = (select max(l.seq) from transitions l where l.workspace_id = $1 \
            and l.environment = d.environment and l.device_id = d.id) \
            where d.workspace_id = $1 and (d.status is distinct from t.to_status \
            or d.since is distinct from t.since \
            or (not d.answered and t.to_status in (2, 3)) \
            or d.transitions <> coalesce(t.seq, 0)) order by d.id limit 100";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(workspace).fetch_all(c).await?))
    }
}

/// The counters that do not agree, with what is kept and what was counted.
fn differing<C: Ord + Clone>(kept: &BTreeMap<C, i64>, counted: &BTreeMap<C, i64>) -> Vec<(C, i64, i64)> {
    let of = |cells: &BTreeMap<C, i64>, cell: &C| cells.get(cell).copied().unwrap_or_default();
    let both: BTreeSet<&C> = kept.keys().chain(counted.keys()).collect();
    let each = both.into_iter().map(|cell| (cell.clone(), of(kept, cell), of(counted, cell)));
    each.filter(|(_, kept, counted)| kept != counted).collect()
}
