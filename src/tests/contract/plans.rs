//! No statement reads a whole table that grows with the devices, nor a workspace for each row it is given, except those that
//! are named here.

use super::sender::{Sender, ios, sent};
use crate::harness::{Backend, World, statements};
use attest::server::store::PLANS;
use attest::server::store::tables::growing;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqlitePool};
use std::sync::Arc;

/// What `attest check` reads whole, for that is what it is for; what a limit stops early; and a plan that is not carried out.
const WHOLE: [&str; 5] = [
    // SQLite looks through the rows that refer to an app only when a reference is broken already.
    "insert into apps (workspace_id, created_at, id",
    "select environment, unit, app_id, dimension, value, not_determined, restricted, denied, authorized, unknown, \
     not_applicable from counters where workspace_id = $1",
    "select environment, unit, app_id, dimension, value, cast(sum(not_determined) as bigint)",
    "select d.id from devices d left join transitions t",
    "select count(*) from (select 1 from devices limit $1)",
];

/// What reads all inputs of a workspace or all their samples.
const FEW: [&str; 2] = ["select i.id, i.name, i.app_id, i.paused", "update samples set idfa = null"];

/// The steps that would read a growing table from its first row to its last, at least for a workspace; nothing where the
/// statement has no plan.
async fn scanned(pool: &SqlitePool, statement: &str) -> Option<Vec<String>> {
    let steps: Vec<(i64, i64, i64, String)> =
        sqlx::query_as(AssertSqlSafe(format!("explain query plan {statement}"))).fetch_all(pool).await.ok()?;
    let words: Vec<&str> = statement.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    // A plan names a table by the alias that the statement gives it.
    let table = |named: &str| {
        let alias = words.windows(2).find(|pair| pair[1] == named && growing().contains(&pair[0])).map(|pair| pair[0]);
        growing().into_iter().find(|table| *table == alias.unwrap_or(named))
    };
    // A key that is given no further than to the environment leads to all rows of a workspace.
    let whole = |plan: &str| {
        let key = plan.split_once('(').map_or("", |(_, key)| key.trim_end_matches(')'));
        key.split(" AND ").all(|part| ["workspace_id=?", "environment=?", ""].contains(&part))
    };
    let scans = steps.iter().filter(|step| step.3.starts_with("SCAN ") || whole(&step.3));
    let growing = scans.filter(|step| step.3.split(' ').nth(1).and_then(table).is_some());
    Some(growing.map(|step| step.3.clone()).collect())
}

#[tokio::test]
async fn a_statement_finds_its_rows_by_a_key() {
    let world = World::new(Backend::Sqlite).await;
    let pool = SqlitePool::connect(&world.url).await.expect("the file opens");
    let (mut planned, mut scanning) = (0, Vec::new());
    // What has no parameter is the beginning of a statement that a macro ends.
    for statement in statements().into_iter().filter(|statement| statement.contains('$')) {
        let statement = ["::bigint", "::text", " for update", " for share"]
            .into_iter()
            .fold(statement, |statement, postgres| statement.replace(postgres, ""));
        if WHOLE.iter().any(|whole| statement.starts_with(whole) && !statement.contains("environment = $")) {
            continue;
        }
        // Pieces that code puts together, and what only Postgres is asked, have no plan here.
        if let Some(steps) = scanned(&pool, &statement).await {
            planned += 1;
            scanning.extend((!steps.is_empty()).then(|| format!("{steps:?}: {statement}")));
        }
    }
    assert!(planned > 140, "the walk over the sources finds the statements: {planned}");
    assert!(scanning.is_empty(), "{scanning:#?}");
}

#[tokio::test]
async fn postgres_learns_early_how_many_rows_there_are() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    let known =
        || async { world.rows::<(f32,)>("select reltuples from pg_class where oid = 'devices'::regclass").await };
    for devices in [0..10_i64, 10..120] {
        let n = devices.end - devices.start;
        let batches: Vec<Value> = devices.map(|n| ios(&n.to_string(), &format!("v{n}"), None)).collect();
        let sent = sent(&batches);
        world.store.accept(None, Arc::new(vec![sender.parcel(sent)])).await.expect("accepted");
        assert!(known().await[0].0 <= 0.0, "ten rows tell nothing, and nobody else looks this early");
        world.store.learn_sizes(n).await;
    }
    assert_eq!(known().await, [(120.0,)]);
    let looked_at: Vec<(String,)> =
        world.rows("select attname::text from pg_stats where tablename = 'devices' order by 1").await;
    let looked_at: Vec<&str> = looked_at.iter().map(|(column,)| column.as_str()).collect();
    assert!(looked_at.contains(&"id") && !looked_at.contains(&"os_version"), "what rows are found by: {looked_at:?}");
    // What was learnt of a hundred is learnt again of a thousand.
    let batches: Vec<Value> = (120..1020).map(|n| ios(&n.to_string(), &format!("v{n}"), None)).collect();
    let sent = sent(&batches);
    world.store.accept(None, Arc::new(vec![sender.parcel(sent)])).await.expect("accepted");
    world.store.learn_sizes(1000).await;
    assert_eq!(known().await, [(1020.0,)]);
}

/// A statement that is given rows looks for each by its key, and never through a whole workspace for each of them. Of
/// those that do not grow with the devices Postgres may know nothing when it plans that.
#[tokio::test]
async fn postgres_reads_no_workspace_for_the_rows_it_is_given() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    let batches: Vec<Value> = (0..120).map(|n| ios(&n.to_string(), &format!("v{n}"), Some("denied"))).collect();
    sender.send_unchecked(&batches).await;
    world.store.learn_sizes(120).await;
    let mut connection = PgConnection::connect(&world.url).await.expect("the database answers");
    for (setting, value) in PLANS {
        let set = AssertSqlSafe(format!("set {setting} = {value}"));
        sqlx::raw_sql(set).execute(&mut connection).await.expect("a setting");
    }
    let (mut planned, mut reading) = (0, Vec::new());
    for (at, statement) in statements().into_iter().filter(|statement| statement.contains("jsonb_each(")).enumerate() {
        let given = (1..10).take_while(|n| statement.contains(&format!("${n}"))).count();
        let prepared =
            sqlx::raw_sql(AssertSqlSafe(format!("prepare s{at} as {statement}"))).execute(&mut connection).await;
        // Pieces that code puts together, and what only SQLite is asked, have no plan here.
        let Ok(_) = prepared else { continue };
        planned += 1;
        let explain = format!("explain execute s{at}({})", vec!["null"; given].join(", "));
        let plan: Vec<(String,)> =
            sqlx::query_as(AssertSqlSafe(explain)).fetch_all(&mut connection).await.expect("a plan");
        if FEW.iter().any(|few| statement.starts_with(few)) {
            continue;
        }
        let plan: Vec<String> = plan.into_iter().map(|(line,)| line).collect();
        let is_whole = |line: &String| line.trim() == "Index Cond: (workspace_id = $1)" || line.contains("Seq Scan");
        let whole = plan.iter().any(is_whole);
        reading.extend(whole.then(|| format!("{statement}\n{}", plan.join("\n"))));
    }
    assert!(planned > 30, "the walk over the sources finds the statements: {planned}");
    assert!(reading.is_empty(), "{}", reading.join("\n\n"));
}

/// Postgres takes the end of such a range for a filter, and reads the index on to the end of the table.
#[test]
fn no_range_of_a_composite_key_has_an_end() {
    let both = |statement: &String| statement.contains(") > (") && statement.contains(") <= (");
    let ended: Vec<String> = statements().into_iter().filter(both).collect();
    assert!(ended.is_empty(), "{ended:#?}");
}
