//! Data problems by day, without their versions and inputs. Of days to which nothing can be added any more they are summed up
//! once, by app and of all apps: the rows of a month may be ten thousand, and a page shows some hundred sums of them.

use super::columns::known;
use super::counter::ALL_APPS;
use super::data_problem::in_days;
use super::db::{Tx, on};
use super::scope::Scope;
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, WorkspaceId};
use crate::domain::metric::Period;
use crate::domain::time::{Day, Millis};
use crate::server::calendar;
use crate::server::error::Result;
use std::collections::BTreeMap;

/// So many days before today nothing is added to a day any more: batches count on the day they come. What comes by a clock that
/// is behind, and months that are filled, take back the sums of their days.
const SETTLED_AFTER: i64 = 3;
/// How many days one step sums up.
const DAYS_A_STEP: i64 = 7;
/// What the first day of which no sums are there yet is noted by, beside the days from which on everything is kept.
pub(super) const UNSUMMED: &str = "data_problem_rows";

/// How often a kind came in an environment and in an app, or in all of them, on a day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct ProblemDay {
    pub environment: Environment,
    pub app_id: AppId,
    pub day: Day,
    /// Also of a kind that a newer version counted, whose sums are checked like others.
    pub kind: String,
}

/// The first day that is not settled.
fn unsettled_from(today: Day) -> Day {
    today.plus(1 - SETTLED_AFTER)
}

impl Tx {
    /// The first day whose data problems are told by their rows; those before are summed up.
    async fn unsummed_from(&mut self, workspace: WorkspaceId) -> Result<Day> {
        Ok(self.noted_day(workspace, UNSUMMED).await?.unwrap_or(Day(0)))
    }

    /// The first day that is told by its rows today: one that is not settled, whatever was summed up by a clock that was ahead.
    async fn told_by_rows_from(&mut self, workspace: WorkspaceId, today: Day) -> Result<Day> {
        Ok(self.unsummed_from(workspace).await?.min(unsettled_from(today)))
    }

    /// Sums up some of the days, from `first` on, that are settled and not yet summed up; returns whether more are left.
    pub(super) async fn sum_data_problems(&mut self, workspace: WorkspaceId, first: Day, today: Day) -> Result<bool> {
        const OF_APPS: &str = "insert into data_problem_days (workspace_id, environment, app_id, day, kind, n) \
            select workspace_id, environment, app_id, day, kind, cast(sum(n) as bigint) from data_problems \
            where workspace_id = $1 and environment in (0, 1) and day >= $2 and day < $3 \
            group by workspace_id, environment, app_id, day, kind";
        const OF_ALL: &str = "insert into data_problem_days (workspace_id, environment, app_id, day, kind, n) \
            select workspace_id, environment, cast($4 as bigint), day, kind, cast(sum(n) as bigint) from data_problems \
            where workspace_id = $1 and environment in (0, 1) and day >= $2 and day < $3 \
            group by workspace_id, environment, day, kind";
        let unsettled = unsettled_from(today);
        // A clock that was ahead had days summed up that come only now.
        let from = self.unsum_data_problems(workspace, unsettled).await?.max(first);
        if from >= unsettled {
            return Ok(false);
        }
        let to = from.plus(DAYS_A_STEP).min(unsettled);
        on!(&mut *self, c => {
            sqlx::query(OF_APPS).bind(workspace).bind(from).bind(to).execute(&mut *c).await?;
            sqlx::query(OF_ALL).bind(workspace).bind(from).bind(to).bind(ALL_APPS).execute(c).await?;
        });
        self.note_day(workspace, UNSUMMED, to).await?;
        Ok(to < unsettled)
    }

    /// Takes back the sums of the days from one on, to which something is added; returns the first day of which there are none.
    pub(super) async fn unsum_data_problems(&mut self, workspace: WorkspaceId, from: Day) -> Result<Day> {
        const REMOVE: &str =
            "delete from data_problem_days where workspace_id = $1 and environment in (0, 1) and day >= $2";
        let noted = self.unsummed_from(workspace).await?;
        if noted > from {
            on!(&mut *self, c => { sqlx::query(REMOVE).bind(workspace).bind(from).execute(c).await?; });
            self.note_day(workspace, UNSUMMED, from).await?;
        }
        Ok(noted.min(from))
    }

    /// What the sums say of the settled days from one on, and what the rows of those days add up to.
    pub(super) async fn summed_data_problems(
        &mut self,
        workspace: WorkspaceId,
        first: Day,
        now: Millis,
    ) -> Result<[BTreeMap<ProblemDay, i64>; 2]> {
        const KEPT: &str = "select environment, app_id, day, kind, n from data_problem_days where workspace_id = $1 \
            and environment in (0, 1) and day >= $2 and day < $3";
        const COUNTED: &str = "select environment, app_id, day, kind, cast(sum(n) as bigint) as n from data_problems \
            where workspace_id = $1 and environment in (0, 1) and day >= $2 and day < $3 group by environment, app_id, day, kind";
        #[derive(sqlx::FromRow)]
        struct SummedDay {
            #[sqlx(flatten)]
            of: ProblemDay,
            n: i64,
        }
        let today = self.today(workspace, now).await?;
        let before = self.told_by_rows_from(workspace, today).await?;
        let mut found = [BTreeMap::new(), BTreeMap::new()];
        for (sql, sums) in [KEPT, COUNTED].into_iter().zip(&mut found) {
            let rows: Vec<SummedDay> = on!(&mut *self, c => sqlx::query_as(sql)
                .bind(workspace)
                .bind(first)
                .bind(before)
                .fetch_all(c)
                .await?);
            sums.extend(rows.into_iter().map(|row| (row.of, row.n)));
        }
        let [_, counted] = &mut found;
        let mut of_all: BTreeMap<ProblemDay, i64> = BTreeMap::new();
        for (of, n) in counted.iter() {
            *of_all.entry(ProblemDay { app_id: ALL_APPS, ..of.clone() }).or_default() += n;
        }
        counted.append(&mut of_all);
        Ok(found)
    }
}

impl Scope {
    /// How often each kind came on each day from one to another.
    pub async fn data_problems_by_day(
        &mut self,
        environment: Environment,
        app: Option<AppId>,
        period: Period,
    ) -> Result<Vec<(DataProblem, Day, i64)>> {
        // SQLite finds by one bound at each end, and would read past the days of the other.
        const SQL: &str = "select kind, day, n from data_problem_days where workspace_id = $1 and environment = $2 \
            and app_id = $5 and day >= $3 and day <= $7 \
            union all select kind, day, cast(sum(n) as bigint) as n from data_problems where workspace_id = $1 \
            and environment = $2 and day >= $8 and day <= $4 and ($5 = $6 or app_id = $5) \
            group by kind, day order by kind, day";
        let workspace = self.workspace.id;
        let today = calendar::day(self.now, &self.workspace.time_zone);
        let rows_from = self.tx.told_by_rows_from(workspace, today).await?;
        Ok(on!(&mut self.tx, c => known(in_days!(SQL, workspace, environment, app, period)
            .bind(period.last.min(rows_from.plus(-1)))
            .bind(period.first.max(rows_from))
            .fetch_all(c)
            .await?)?))
    }
}
