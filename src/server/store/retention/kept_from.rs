//! From which day on everything is there of what is removed for its age.

use crate::domain::id::WorkspaceId;
use crate::domain::retention::Aging;
use crate::domain::time::{Day, HOUR, Millis};
use crate::server::calendar;
use crate::server::error::Result;
use crate::server::store::db::{Tx, on};
use crate::server::store::scope::Scope;

/// The first day of which nothing is removed by taking away what was received before a moment; what came late on a day may
/// be counted on the next.
pub fn first_whole_day(received_before: Millis, zone: &str) -> Day {
    calendar::day(received_before.plus(HOUR), zone).plus(1)
}

/// What of flows was not counted from the beginning: first answers by the day of the install.
const INSTALL_ANSWERS: &str = "install_answers";

impl Tx {
    /// From which day on first answers are whole by the day of the install; `None` where they always were.
    pub async fn install_answers_from(&mut self, workspace: WorkspaceId) -> Result<Option<Day>> {
        self.noted_day(workspace, INSTALL_ANSWERS).await
    }

    /// From which day on everything is there of what is removed for its age; `None` when nothing was removed yet.
    pub async fn kept_from(&mut self, workspace: WorkspaceId, what: Aging) -> Result<Option<Day>> {
        self.noted_day(workspace, what.as_str()).await
    }

    /// The day that is noted under a name.
    pub(in crate::server::store) async fn noted_day(
        &mut self,
        workspace: WorkspaceId,
        what: &'static str,
    ) -> Result<Option<Day>> {
        const SQL: &str = "select day from kept_from where workspace_id = $1 and what = $2";
        Ok(on!(self, c => sqlx::query_scalar(SQL).bind(workspace).bind(what).fetch_optional(c).await?))
    }

    /// Notes a day under a name, whatever was noted before.
    pub(in crate::server::store) async fn note_day(
        &mut self,
        workspace: WorkspaceId,
        what: &'static str,
        day: Day,
    ) -> Result<()> {
        const SQL: &str = "insert into kept_from (workspace_id, what, day) values ($1, $2, $3) \
            on conflict (workspace_id, what) do update set day = excluded.day";
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(what).bind(day).execute(c).await?; });
        Ok(())
    }

    /// Notes that of the days before one something may be gone. A setting that keeps longer brings nothing back.
    pub async fn note_kept_from(&mut self, workspace: WorkspaceId, what: Aging, day: Day) -> Result<()> {
        const SQL: &str = "insert into kept_from as kept (workspace_id, what, day) values ($1, $2, $3) \
            on conflict (workspace_id, what) do update set day = excluded.day where kept.day < excluded.day";
        on!(self, c => { sqlx::query(SQL).bind(workspace).bind(what.as_str()).bind(day).execute(c).await?; });
        Ok(())
    }
}

impl Scope {
    /// From which day on first answers are whole by the day of the install; `None` where they always were.
    pub async fn install_answers_from(&mut self) -> Result<Option<Day>> {
        let workspace = self.workspace.id;
        self.tx.install_answers_from(workspace).await
    }

    /// From which day on everything is there of what is removed for its age; `None` when nothing was removed yet.
    pub async fn kept_from(&mut self, what: Aging) -> Result<Option<Day>> {
        let workspace = self.workspace.id;
        self.tx.kept_from(workspace, what).await
    }
}
