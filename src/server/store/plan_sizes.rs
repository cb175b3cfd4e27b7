//! What SQLite's planner is told of the tables that grow. Without it a workspace is thought to have ten rows, and worth
//! reading whole. Written down instead of measured, so that the plans of an empty database are those of a full one; and
//! written at each start, for an operator's own `analyze` would replace it for good.

use crate::server::error::Result;
use sqlx::SqlitePool;

/// Table, index, and rows: in all, and for each longer beginning of the key.
const PLAN_SIZES: &[(&str, &str, &str)] = &[
    ("devices", "devices", "10000000 10000000 10000000 1"),
    ("devices", "devices_unidentified", "1000 1000 1"),
    ("devices", "devices_retired", "1000 1000 1"),
    ("device_identifiers", "device_identifiers", "20000000 20000000 10000000 10000000 1 1"),
    ("device_identifiers", "device_identifiers_device", "20000000 20000000 2 2"),
    ("profiles", "profiles", "10000000 10000000 10000000 1"),
    ("profiles", "profiles_mpid", "10000000 10000000 1 1"),
    ("identities", "identities", "10000000 10000000 5000000 5000000 1"),
    ("identities", "identities_profile", "10000000 10000000 2 2"),
    ("uses", "uses", "12000000 12000000 2 2 1"),
    ("uses", "uses_profile", "12000000 12000000 2 2 2 1"),
    ("transitions", "transitions", "20000000 20000000 20000000 2 1"),
    ("dedup", "dedup", "10000000 10000000 5000000 1"),
    ("dedup", "dedup_expires", "10000000 10000000 10"),
    ("counters", "counters", "2000 2000 1000 400 100 20 1 1"),
    ("daily", "daily", "200000 200000 70000 20000 5000 1000 120 1 1"),
    ("flows", "flows", "1000000 1000000 500000 20000 4000 800 8 2 1"),
    ("flows", "flows_day", "1000000 1000000 1000"),
    ("audit", "audit", "1000000 1000000 1"),
    ("audit", "audit_action", "1000000 1000000 20000 1"),
    ("audit", "audit_actor", "1000000 1000000 5000 1"),
    ("audit", "audit_target", "1000000 1000000 200 1"),
    ("audit", "audit_at", "1000000 1000000 2 1"),
];

/// Writes them where others are, or none. Without them plans may be slow and are right all the same, so that a file that
/// cannot be written is served as it is.
pub async fn write_plan_sizes(writer: &SqlitePool) -> Result<()> {
    let mut wanted: Vec<WrittenSize> = PLAN_SIZES
        .iter()
        .map(|(table, index, rows)| ((*table).into(), Some((*index).into()), (*rows).into()))
        .collect();
    wanted.sort();
    if written(writer).await? == wanted {
        return Ok(());
    }
    if let Err(error) = write(writer, wanted).await {
        tracing::warn!(%error, "what the planner is told of the tables could not be written");
    }
    Ok(())
}

/// Table, index, and rows.
type WrittenSize = (String, Option<String>, String);

/// What is written, in order; nothing where there is no table for it yet.
async fn written(writer: &SqlitePool) -> Result<Vec<WrittenSize>> {
    const TABLE: &str = "select name from sqlite_schema where name = 'sqlite_stat1'";
    const WRITTEN: &str = "select tbl, idx, stat from sqlite_stat1 order by tbl, idx";
    if sqlx::query(TABLE).fetch_optional(writer).await?.is_none() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(WRITTEN).fetch_all(writer).await?)
}

async fn write(writer: &SqlitePool, sizes: Vec<WrittenSize>) -> Result<()> {
    // Makes the table where there is none, and has the connection read what is in it.
    const READ: &str = "analyze sqlite_schema";
    const DELETE: &str = "delete from sqlite_stat1";
    const INSERT: &str = "insert into sqlite_stat1 (tbl, idx, stat) values ($1, $2, $3)";
    let mut tx = writer.begin_with("begin immediate").await?;
    sqlx::query(READ).execute(&mut *tx).await?;
    sqlx::query(DELETE).execute(&mut *tx).await?;
    for (table, index, rows) in sizes {
        sqlx::query(INSERT).bind(table).bind(index).bind(rows).execute(&mut *tx).await?;
    }
    tx.commit().await?;
    sqlx::query(READ).execute(writer).await?;
    Ok(())
}
