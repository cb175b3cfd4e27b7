//! Data problems, counted by day, app and app version.

use super::columns::known;
use super::counter::ALL_APPS;
use super::db::{Tx, given, on};
use super::handle::View;
use super::row::rows;
use super::scope::Scope;
use super::writes::Writes;
use crate::domain::count::{OVERFLOW, UNKNOWN};
use crate::domain::data_problem::DataProblem;
use crate::domain::environment::Environment;
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::metric::Period;
use crate::domain::time::{Day, Millis};
use crate::server::error::Result;
use std::collections::{BTreeMap, BTreeSet};

rows! {
    pub(super) data_problems: DataProblemRow {
        key {
            environment: Environment as bigint,
            day: Day as bigint,
            app_id: AppId as bigint,
            app_version: String as text,
            input_id: InputId as bigint,
            kind: DataProblem as text,
        }
        fixed {}
        changing {
            n: i64 as bigint,
            last_at: Millis as bigint,
        }
    }
}

/// How many rows an input's data problems have on a day, before those of versions that have none yet are counted together.
pub const MOST_ROWS_A_DAY: i64 = 300;

/// Data problems to be counted: how many of each, and when the last one came.
pub(super) type DataProblems = BTreeMap<DataProblemKey, (i64, Millis)>;

/// Counts data problems of these keys under the overflow bucket's version.
pub(super) fn fold_versions(problems: &mut DataProblems, is_folded: impl Fn(&DataProblemKey) -> bool) {
    for (mut key, (n, last)) in std::mem::take(problems) {
        if key.app_version != UNKNOWN && is_folded(&key) {
            key.app_version = OVERFLOW.to_owned();
        }
        let (folded, latest) = problems.entry(key).or_default();
        (*folded, *latest) = (*folded + n, last.max(*latest));
    }
}

impl Tx {
    /// Counts together what would be one row too many of an input's on a day.
    pub(super) async fn fold_data_problems(
        &mut self,
        workspace: WorkspaceId,
        problems: &mut DataProblems,
    ) -> Result<()> {
        const ROWS: &str = "select count(*) from (select 1 from data_problems where workspace_id = $1 and input_id = $2 \
            and day = $3 limit $4) as first";
        // A question of its own for each, which goes by the key: see `Tx::apps_by_bundle`.
        const KNOWN: &str = concat!(
            "select ",
            data_problems!(columns),
            ", (select known.n from data_problems known where known.workspace_id = $1 \
            and known.environment = asked.environment and known.day = asked.day and known.app_id = asked.app_id \
            and known.app_version = asked.app_version and known.input_id = asked.input_id and known.kind = asked.kind) \
            as known from (select ",
            data_problems!(given),
            " from jsonb_each($2) as given) as asked"
        );
        #[derive(sqlx::FromRow)]
        struct AskedRow {
            #[sqlx(flatten)]
            asked: DataProblemRow,
            /// How many were counted there, if any.
            known: Option<i64>,
        }
        let mut of: BTreeMap<(InputId, Day), i64> = BTreeMap::new();
        let of_versions = |key: &&DataProblemKey| ![UNKNOWN, OVERFLOW].contains(&&*key.app_version);
        for key in problems.keys().filter(of_versions) {
            *of.entry((key.input, key.day)).or_default() += 1;
        }
        for ((input, day), more) in of {
            let rows: i64 = on!(&mut *self, c => sqlx::query_scalar(ROWS)
                .bind(workspace)
                .bind(input)
                .bind(day)
                .bind(MOST_ROWS_A_DAY)
                .fetch_one(c)
                .await?);
            if rows + more <= MOST_ROWS_A_DAY {
                continue;
            }
            let its = problems.iter().filter(|(key, _)| (key.input, key.day) == (input, day) && of_versions(key));
            let asked = given(its.map(DataProblemRow::from));
            let asked: Vec<AskedRow> =
                on!(&mut *self, c => sqlx::query_as(KNOWN).bind(workspace).bind(asked).fetch_all(c).await?);
            let (known, new): (Vec<_>, Vec<_>) = asked.into_iter().partition(|row| row.known.is_some());
            let room = usize::try_from(MOST_ROWS_A_DAY - rows).unwrap_or_default();
            let own = known.into_iter().chain(new.into_iter().take(room));
            let own: BTreeSet<DataProblemKey> = own.map(|row| row.asked.into()).collect();
            fold_versions(problems, |key| (key.input, key.day) == (input, day) && !own.contains(key));
        }
        Ok(())
    }
}

impl From<(&DataProblemKey, &(i64, Millis))> for DataProblemRow {
    fn from((key, (n, last_at)): (&DataProblemKey, &(i64, Millis))) -> Self {
        let DataProblemKey { environment, day, app, app_version, input, kind } = key.clone();
        Self { environment, day, app_id: app, app_version, input_id: input, kind, n: *n, last_at: *last_at }
    }
}

impl From<DataProblemRow> for DataProblemKey {
    fn from(row: DataProblemRow) -> Self {
        let DataProblemRow { environment, day, app_id, app_version, input_id, kind, .. } = row;
        Self { environment, day, app: app_id, app_version, input: input_id, kind }
    }
}

/// Of how many apps and versions each kind is shown.
pub const MOST_SHOWN: i64 = 20;

/// What data problems are counted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DataProblemKey {
    pub environment: Environment,
    pub day: Day,
    pub app: AppId,
    /// Empty when nobody said.
    pub app_version: String,
    pub input: InputId,
    pub kind: DataProblem,
}

/// How often each kind came through an input from one version of an app.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DataProblemCount {
    pub kind: DataProblem,
    pub environment: Environment,
    pub app_id: AppId,
    pub app_version: String,
    pub n: i64,
    /// How often its kind came in all, when that was last, and from how many versions of apps.
    pub of_kind: i64,
    pub last_of_kind: Millis,
    pub places: i64,
}

impl Writes {
    /// Adds data problems where they belong: how many, and when the last one came.
    pub fn data_problems(&mut self, found: &DataProblems) {
        const SQL: &str = concat!(
            "insert into data_problems as kept (workspace_id, ",
            data_problems!(columns),
            ") select $1, ",
            data_problems!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            data_problems!(key),
            ") do update set n = kept.n + excluded.n, last_at = excluded.last_at"
        );
        self.rows(SQL, given(found.iter().map(DataProblemRow::from)));
    }
}

/// How often a kind came from one version of an app.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProblemPlace {
    pub kind: DataProblem,
    pub app_id: AppId,
    pub app_version: String,
    pub n: i64,
    /// From how many versions of apps its kind came.
    pub places: i64,
}

/// Of how many apps and versions each kind is told in files and to scripts.
pub const MOST_PLACES_TOLD: i64 = 1000;

/// A question for what came in some days, in all or in one app: the parameters `$1` to `$6`.
macro_rules! in_days {
    ($sql:ident, $workspace:ident, $environment:ident, $app:ident, $period:ident) => {
        sqlx::query($sql)
            .bind($workspace)
            .bind($environment)
            .bind($period.first)
            .bind($period.last)
            .bind($app.unwrap_or(ALL_APPS))
            .bind(ALL_APPS)
    };
}
pub(super) use in_days;

impl View {
    /// How often each kind, or one of them, came from each version of each app in those days: of each kind the most frequent, these
    /// first. Nothing for those who see rounded figures: many batches may come from one device, whose version would be named, and
    /// sums of several days would tell of single ones.
    pub async fn data_problem_places(
        &mut self,
        environment: Environment,
        app: Option<AppId>,
        period: Period,
        (kind, most): (Option<DataProblem>, i64),
    ) -> Result<Vec<ProblemPlace>> {
        const SQL: &str = "select kind, app_id, app_version, n, places from (select kind, app_id, app_version, n, \
            count(*) over (partition by kind) as places, row_number() over (partition by kind order by n desc, app_id, app_version) \
            as place from (select kind, app_id, app_version, cast(sum(n) as bigint) as n from data_problems \
            where workspace_id = $1 and environment = $2 and day >= $3 and day <= $4 and ($5 = $6 or app_id = $5) \
            and ($7 = '' or kind = $7) group by kind, app_id, app_version) as each) as ranked where place <= $8 \
            order by kind, place";
        if self.precision.is_rounded() {
            return Ok(Vec::new());
        }
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => known(in_days!(SQL, workspace, environment, app, period)
            .bind(kind.map_or("", DataProblem::as_str))
            .bind(most)
            .fetch_all(c)
            .await?)?))
    }
}

impl Scope {
    /// What came through an input since a day, by kind; of each the [`MOST_SHOWN`] most frequent, these first.
    pub async fn data_problems(&mut self, input: InputId, since: Day) -> Result<Vec<DataProblemCount>> {
        const SQL: &str = "select kind, environment, app_id, app_version, n, of_kind, last_of_kind, places from \
            (select kind, environment, app_id, app_version, n, cast(sum(n) over (partition by kind) as bigint) as of_kind, \
            max(last_at) over (partition by kind) as last_of_kind, count(*) over (partition by kind) as places, \
            row_number() over (partition by kind order by n desc, environment, app_id, app_version) as place from \
            (select kind, environment, app_id, app_version, cast(sum(n) as bigint) as n, max(last_at) as last_at \
            from data_problems where workspace_id = $1 and input_id = $2 and day >= $3 \
            group by kind, environment, app_id, app_version) as each) as ranked where place <= $4 order by kind, place";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => known(sqlx::query(SQL)
            .bind(workspace)
            .bind(input)
            .bind(since)
            .bind(MOST_SHOWN)
            .fetch_all(c)
            .await?)?))
    }
}
