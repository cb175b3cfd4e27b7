//! Who gets the summary of each week by mail.

use super::SystemTx;
use super::db::on;
use super::scope::Scope;
use crate::domain::id::{PersonId, WorkspaceId};
use crate::domain::time::Day;
use crate::server::error::Result;

/// How many summaries are mailed in one transaction.
const MOST_AT_ONCE: i64 = 100;

impl Scope {
    /// Whether somebody gets it.
    pub async fn gets_weekly_mail(&mut self, person: PersonId) -> Result<bool> {
        const SQL: &str = "select 1 from weekly_mails where workspace_id = $1 and person_id = $2";
        let workspace = self.workspace.id;
        let found: Option<i32> =
            on!(&mut self.tx, c => sqlx::query_scalar(SQL).bind(workspace).bind(person).fetch_optional(c).await?);
        Ok(found.is_some())
    }

    /// Members who did not get the week that ends so, by id and e-mail, at most a part of them.
    pub async fn waiting_for_week(&mut self, until: Day) -> Result<Vec<(PersonId, String)>> {
        const SQL: &str = "select p.id, p.email from weekly_mails w join members m on m.workspace_id = w.workspace_id \
            and m.person_id = w.person_id join people p on p.id = w.person_id where w.workspace_id = $1 \
            and w.sent_until < $2 and p.disabled_at is null order by p.id limit $3";
        let workspace = self.workspace.id;
        Ok(on!(&mut self.tx, c => sqlx::query_as(SQL)
            .bind(workspace)
            .bind(until)
            .bind(MOST_AT_ONCE)
            .fetch_all(c)
            .await?))
    }
}

impl SystemTx {
    /// Has the weeks after this one mailed to somebody; whoever gets them already is left as they are.
    pub async fn begin_weekly_mail(&mut self, workspace: WorkspaceId, person: PersonId, until: Day) -> Result<()> {
        const SQL: &str = "insert into weekly_mails (workspace_id, person_id, sent_until) values ($1, $2, $3) \
            on conflict do nothing";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(person).bind(until).execute(c).await?; });
        Ok(())
    }

    pub async fn end_weekly_mail(&mut self, workspace: WorkspaceId, person: PersonId) -> Result<()> {
        const SQL: &str = "delete from weekly_mails where workspace_id = $1 and person_id = $2";
        on!(&mut self.tx, c => { sqlx::query(SQL).bind(workspace).bind(person).execute(c).await?; });
        Ok(())
    }

    /// Notes that somebody got the week that ends so; whether they did not have it yet.
    pub async fn note_week_mailed(&mut self, workspace: WorkspaceId, person: PersonId, until: Day) -> Result<bool> {
        const SQL: &str = "update weekly_mails set sent_until = $3 where workspace_id = $1 and person_id = $2 \
            and sent_until < $3";
        let noted = on!(&mut self.tx, c => sqlx::query(SQL)
            .bind(workspace)
            .bind(person)
            .bind(until)
            .execute(c)
            .await?
            .rows_affected());
        Ok(noted == 1)
    }
}
