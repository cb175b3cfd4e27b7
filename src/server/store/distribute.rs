//! Spreading a Postgres over several machines (Citus): what belongs to a workspace lies together, by `workspace_id`; the
//! rest is on every machine.

use super::actor::Actor;
use super::pools::{ByPurpose, Pools};
use super::slot::GONE;
use super::system::{Record, System, SystemTx, Trail};
use super::tables::{Spread, tables_of};
use crate::domain::audit::AuditAction;
use crate::server::error::{Error, Result};
use serde_json::json;
use sqlx::{Connection, PgConnection, PgPool};

/// For the one connection that spreads: accounts are on every machine and refer to nothing that is spread, and rows of
/// several tables are moved one after another.
const SPREADING: [&str; 2] =
    ["set citus.enable_local_reference_table_foreign_keys = off", "set citus.multi_shard_modify_mode = 'sequential'"];

/// A spread table has no triggers.
const WITHOUT_TRIGGERS: [&str; 2] =
    ["drop trigger if exists audit_no_change on audit", "drop trigger if exists audit_no_truncate on audit"];

/// In place of the triggers: rights give way, on every machine, once the table is spread.
const GUARD_THE_LOG: &str = "revoke update, delete, truncate on audit from current_user";

/// What a session sets here, for the sessions that reach the other machines.
const ON_EVERY_MACHINE: &str = "do $$ begin \
    execute format('alter role %I in database %I set lock_timeout = ''10s''', current_user, current_database()); \
    execute format('alter role %I in database %I set enable_seqscan = off', current_user, current_database()); \
    execute format('alter role %I in database %I set enable_hashjoin = off', current_user, current_database()); \
    execute format('alter role %I in database %I set enable_mergejoin = off', current_user, current_database()); \
    end $$";

/// The tables that are spread, or on every machine.
const DONE: &str = "select logicalrelid::text from pg_dist_partition where partmethod = 'h' or repmodel = 't'";
/// Those that an attempt left half-way.
const HALF_WAY: &str = "select exists (select 1 from pg_dist_partition where partmethod <> 'h' and repmodel <> 't')";

impl System {
    /// Spreads the tables; those that are spread already stay as they are. Returns how many were spread.
    ///
    /// # Errors
    /// [`Error::Internal`] with one line when this is no Postgres with the extension `citus`, when the role that is
    /// connected is a superuser, whom no revoked right keeps from the log, or when a server is running.
    pub async fn distribute(&self, actor: &Actor) -> Result<usize> {
        const COPY: &str = "select create_reference_table($1::regclass)::text";
        const SPREAD: &str = "select create_distributed_table($1::regclass, 'workspace_id', colocate_with => $2)::text";
        const ROWS_OF_JSON: &str = "select create_distributed_function('jsonb_each(text)')::text";
        const BACK: &str = "select undistribute_table('workspaces', cascade_via_foreign_keys => true)::text";
        const LEFT_HERE: &str = "select truncate_local_data_after_distributing_table($1::regclass)::text";
        let Pools::Postgres(ByPurpose { job: pool, .. }) = self.db.pools().await else {
            return Err(Error::Internal("only a Postgres can be distributed, and this is SQLite".to_owned()));
        };
        assert_spreadable(&pool).await?;
        self.assert_nobody_serves(&pool).await?;
        // Its settings end with it.
        let mut one: PgConnection = pool.acquire().await?.detach();
        for setting in SPREADING {
            sqlx::query(setting).execute(&mut one).await?;
        }
        if sqlx::query_scalar(HALF_WAY).fetch_one(&mut one).await? {
            sqlx::query(BACK).execute(&mut one).await?;
        }
        let done: Vec<String> = sqlx::query_scalar(DONE).fetch_all(&mut one).await?;
        let is_left = |table: &&str| !done.iter().any(|done| done == table);
        let everywhere: Vec<&str> = tables_of(Spread::Everywhere).into_iter().filter(is_left).collect();
        let of_workspaces = tables_of(Spread::ByWorkspace);
        let by_workspace: Vec<&str> = of_workspaces.iter().copied().filter(is_left).collect();
        let spread = everywhere.len() + by_workspace.len();
        if spread > 0 {
            sqlx::query(ROWS_OF_JSON).execute(&mut one).await?;
            sqlx::query(ON_EVERY_MACHINE).execute(&mut one).await?;
        }
        // Each by itself: what was cut off goes on where it stopped.
        for table in &everywhere {
            sqlx::query(COPY).bind(table).execute(&mut one).await?;
        }
        for table in &by_workspace {
            if *table == "audit" {
                for statement in WITHOUT_TRIGGERS {
                    sqlx::query(statement).execute(&mut one).await?;
                }
            }
            let beside = if *table == of_workspaces[0] { "none" } else { of_workspaces[0] };
            sqlx::query(SPREAD).bind(table).bind(beside).execute(&mut one).await?;
        }
        // What was spread lies here too, hidden, and would stay when it is erased.
        for table in by_workspace.iter().rev() {
            sqlx::query(LEFT_HERE).bind(table).execute(&mut one).await?;
        }
        sqlx::query(GUARD_THE_LOG).execute(&mut one).await?;
        one.close().await?;
        if spread > 0 {
            let after = json!({"tables": spread, "log_guarded_by": "revoked rights"});
            let row = Record::installation(actor, AuditAction::DatabaseDistributed, "database", after);
            self.transaction(move |tx: SystemTx| tx.commit(Trail::Audited(vec![row.clone()]))).await?;
        }
        Ok(spread)
    }

    /// Refuses while a server runs: its commits and the moving of rows would wait for each other.
    async fn assert_nobody_serves(&self, pool: &PgPool) -> Result<()> {
        const SERVING: &str = "select exists (select 1 from slots where seen_at > $1)";
        let since = self.clock.now().minus(GONE);
        if sqlx::query_scalar(SERVING).bind(since).fetch_one(pool).await? {
            let help = "a server is running on this database: stop every server first, and spread it while none runs";
            return Err(Error::Internal(help.to_owned()));
        }
        Ok(())
    }
}

/// Whether the tables of workspaces are spread here.
pub(super) async fn is_spread(pools: &Pools) -> Result<bool> {
    const CITUS: &str = "select to_regclass('pg_dist_partition') is not null";
    let Pools::Postgres(pools) = pools else { return Ok(false) };
    if !sqlx::query_scalar::<_, bool>(CITUS).fetch_one(&pools.job).await? {
        return Ok(false);
    }
    let done: Vec<String> = sqlx::query_scalar(DONE).fetch_all(&pools.job).await?;
    Ok(done.iter().any(|table| table == "audit"))
}

/// Takes the rights to the log again where it is spread: a machine that was added, or a part that moved, brings them
/// back.
pub(super) async fn guard_again(pools: &Pools) -> Result<()> {
    if let Pools::Postgres(pools) = pools {
        sqlx::query(GUARD_THE_LOG).execute(&pools.job).await?;
    }
    Ok(())
}

/// Refuses settings of the other machines under which an answered request could be lost.
pub(super) async fn assert_durable_everywhere(pools: &Pools) -> Result<()> {
    const OFF: &str = "select result from run_command_on_workers($1) where result = 'off' limit 1";
    let Pools::Postgres(pools) = pools else { return Ok(()) };
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let asked = format!("show {setting}");
        let off: Option<String> = sqlx::query_scalar(OFF).bind(asked).fetch_optional(&pools.job).await?;
        if off.is_some() {
            return Err(Error::Internal(format!("a worker has {setting} off: what was answered could be lost")));
        }
    }
    Ok(())
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
