//! Spreading a Postgres over several machines (Citus): what belongs to a workspace lies together, by `workspace_id`; the
//! rest is on every machine.

use super::actor::Actor;
use super::pools::{ByPurpose, Pools};
use super::system::{Record, System, SystemTx, Trail};
use super::tables::{Spread, tables_of};
use crate::domain::audit::AuditAction;
use crate::server::error::{Error, Result};
use serde_json::json;
use sqlx::PgPool;

/// The log's triggers give way to rights, for a spread table has no triggers.
const GUARD_THE_LOG: [&str; 3] = [
    "drop trigger if exists audit_no_change on audit",
    "drop trigger if exists audit_no_truncate on audit",
    "revoke update, delete, truncate on audit from current_user",
];

impl System {
    /// Spreads the tables; those that are spread already stay as they are. Returns how many were spread.
    ///
    /// # Errors
    /// [`Error::Internal`] with one line when this is no Postgres with the extension `citus`, or when the role that is
    /// connected is a superuser, whom no revoked right keeps from the log.
    pub async fn distribute(&self, actor: &Actor) -> Result<usize> {
        const DONE: &str = "select logicalrelid::text from pg_dist_partition";
        const COPY: &str = "select create_reference_table($1::regclass)::text";
        const SPREAD: &str = "select create_distributed_table($1::regclass, 'workspace_id', colocate_with => $2)::text";
        let Pools::Postgres(ByPurpose { job: pool, .. }) = self.db.pools().await else {
            return Err(Error::Internal("only a Postgres can be distributed, and this is SQLite".to_owned()));
        };
        assert_spreadable(&pool).await?;
        let done: Vec<String> = sqlx::query_scalar(DONE).fetch_all(&pool).await?;
        let is_left = |table: &&str| !done.iter().any(|done| done == table);
        let everywhere: Vec<&str> = tables_of(Spread::Everywhere).into_iter().filter(is_left).collect();
        let of_workspaces = tables_of(Spread::ByWorkspace);
        let by_workspace: Vec<&str> = of_workspaces.iter().copied().filter(is_left).collect();
        // Each by itself: what was cut off goes on where it stopped.
        for table in &everywhere {
            sqlx::query(COPY).bind(table).execute(&pool).await?;
        }
        for statement in GUARD_THE_LOG {
            sqlx::query(statement).execute(&pool).await?;
        }
        for table in &by_workspace {
            let beside = if *table == of_workspaces[0] { "none" } else { of_workspaces[0] };
            sqlx::query(SPREAD).bind(table).bind(beside).execute(&pool).await?;
        }
        let spread = everywhere.len() + by_workspace.len();
        if spread > 0 {
            let after = json!({"tables": spread, "log_guarded_by": "revoked rights"});
            let row = Record::installation(actor, AuditAction::DatabaseDistributed, "database", after);
            self.transaction(move |tx: SystemTx| tx.commit(Trail::Audited(vec![row.clone()]))).await?;
        }
        Ok(spread)
    }
}

async fn assert_spreadable(pool: &PgPool) -> Result<()> {
    const CITUS: &str = "select exists (select 1 from pg_extension where extname = 'citus')";
    const SUPERUSER: &str = "select rolsuper from pg_roles where rolname = current_user";
    if !sqlx::query_scalar::<_, bool>(CITUS).fetch_one(pool).await? {
        let help = "this Postgres has no Citus: install it and run `create extension citus` in this database first";
        return Err(Error::Internal(help.to_owned()));
    }
    if sqlx::query_scalar::<_, bool>(SUPERUSER).fetch_one(pool).await? {
        let help = "connect as a role that is no superuser: no revoked right keeps a superuser from the audit log";
        return Err(Error::Internal(help.to_owned()));
    }
    Ok(())
}
