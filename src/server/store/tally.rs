//! What is counted of inputs: batches by what became of them, and when the last ones came.

use super::columns::known;
use super::db::{given, on};
use super::row::rows;
use super::scope::Scope;
use super::system::{System, Trail};
use super::writes::Writes;
use crate::domain::environment::Environment;
use crate::domain::error::{Fault, Problem};
use crate::domain::id::{AppId, InputId, WorkspaceId};
use crate::domain::input::Counted;
use crate::domain::time::Millis;
use crate::server::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// What was counted of an input under one reason.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Tally {
    pub input_id: InputId,
    pub counted: Counted,
    pub reason: String,
    pub n: i64,
    pub last_at: Millis,
}

/// How much was counted of an input, whatever the reason.
pub fn total(tallies: &[Tally], input: InputId, counted: Counted) -> i64 {
    tallies.iter().filter(|tally| tally.input_id == input && tally.counted == counted).map(|tally| tally.n).sum()
}

rows! {
    /// A tally, with what is added to it.
    input_counts: InputCountRow {
        key {
            input_id: InputId as bigint,
            counted: Counted as text,
            reason: String as text,
        }
        fixed {}
        changing {
            n: i64 as bigint,
        }
    }
}

rows! {
    /// That batches of an app came through an input.
    arrivals: ArrivalRow {
        key {
            input_id: InputId as bigint,
            environment: Environment as bigint,
            app_id: AppId as bigint,
        }
        fixed {}
        changing {}
    }
}

/// Differences to add, by input, kind and reason.
pub type Tallies = BTreeMap<(InputId, Counted, String), i64>;

impl Scope {
    /// All tallies of the workspace's inputs, the largest first.
    pub async fn tallies(&mut self) -> Result<Vec<Tally>> {
        const SQL: &str = "select input_id, counted, reason, n, last_at from input_counts where workspace_id = $1 \
            order by n desc, reason";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => known(sqlx::query(SQL).bind(workspace).fetch_all(c).await?)?))
    }

    /// When the last batch of each app came in one environment.
    pub async fn last_batches(&mut self, environment: Environment) -> Result<BTreeMap<AppId, Millis>> {
        const SQL: &str = "select app_id, max(last_at) from arrivals where workspace_id = $1 and environment = $2 \
            group by app_id";
        let workspace = self.workspace.id;
        let rows: Vec<(AppId, Millis)> =
            on!(&mut self.tx, c => sqlx::query_as(SQL).bind(workspace).bind(environment).fetch_all(c).await?);
        Ok(rows.into_iter().collect())
    }
}

impl System {
    /// Counts requests that an input sent beyond its rate.
    pub async fn count_rate_limited(&self, workspace: WorkspaceId, input: InputId, n: i64) -> Result<()> {
        let is_spread = self.is_spread();
        self.transaction(move |mut tx| async move {
            let reason = Fault::new("", Problem::RateLimited).reason();
            let mut writes = Writes::new(workspace);
            writes.tallies(&Tallies::from([((input, Counted::Refused, reason), n)]), tx.now);
            writes.write(&mut tx.tx, is_spread).await?;
            tx.commit(Trail::Unaudited("requests beyond the rate")).await
        })
        .await
    }
}

impl Writes {
    /// Adds to the tallies.
    pub fn tallies<'t>(
        &mut self,
        tallies: impl IntoIterator<Item = (&'t (InputId, Counted, String), &'t i64)>,
        now: Millis,
    ) {
        const SQL: &str = concat!(
            "insert into input_counts as kept (workspace_id, last_at, ",
            input_counts!(columns),
            ") select $1, $3, ",
            input_counts!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            input_counts!(key),
            ") do update set n = kept.n + excluded.n, last_at = excluded.last_at"
        );
        let row = |((input, counted, reason), n): (&(InputId, Counted, String), &i64)| InputCountRow {
            input_id: *input,
            counted: *counted,
            reason: reason.clone(),
            n: *n,
        };
        self.rows_and(SQL, given(tallies.into_iter().map(row)), &[now.0]);
    }

    /// Notes that batches of these apps came.
    pub fn arrivals(&mut self, arrivals: &BTreeSet<(InputId, Environment, AppId)>, now: Millis) {
        const SQL: &str = concat!(
            "insert into arrivals (workspace_id, last_at, ",
            arrivals!(columns),
            ") select $1, $3, ",
            arrivals!(given),
            " from jsonb_each($2) as given where true on conflict (workspace_id, ",
            arrivals!(key),
            ") do update set last_at = excluded.last_at"
        );
        let row = |(input_id, environment, app_id): &(InputId, Environment, AppId)| ArrivalRow {
            input_id: *input_id,
            environment: *environment,
            app_id: *app_id,
        };
        self.rows_and(SQL, given(arrivals.iter().map(row)), &[now.0]);
    }
}
