//! When the database is away or read-only: a clear 503, and it recovers by itself.

use crate::harness::{Backend, Cluster, Cookie, World, bearer};
use attest::domain::role::Role;
use axum::http::StatusCode;
use serde_json::json;

fn batch(n: u32) -> serde_json::Value {
    json!({"device_info": {"ios_idfv": format!("v{n}"), "att_authorization_status": "denied"}})
}

/// A file that cannot be written is refused as unavailable, and works again afterwards.
#[tokio::test]
async fn a_sqlite_that_cannot_be_written_is_told_and_recovers() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    world.distribution("acme", &token, "").await;
    let pool = sqlx::SqlitePool::connect(&world.url).await.expect("the file opens");
    let mut other = pool.acquire().await.expect("a connection");
    // As another program would that holds the file for itself.
    sqlx::raw_sql("begin exclusive").execute(&mut *other).await.expect("held");
    let reply = world.event(&input, &batch(1)).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.body);
    assert_eq!(reply.header("retry-after"), "2");
    sqlx::raw_sql("rollback").execute(&mut *other).await.expect("let go");
    assert_eq!(world.event(&input, &batch(1)).await.status, StatusCode::ACCEPTED);
    assert_eq!(
        world.distribution("acme", &token, "unit=devices").await["total"],
        1,
        "nothing of the refused one was stored"
    );
    world.assert_holds().await;
}

/// Postgres goes away with all its connections: 503s, then it goes on without a restart of our own.
#[tokio::test]
async fn a_postgres_that_is_away_is_told_and_recovers() {
    let cluster = Cluster::start();
    let world = World::at(cluster.database().await, tempfile::tempdir().expect("a folder")).await;
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    assert_eq!(world.event(&input, &batch(1)).await.status, StatusCode::ACCEPTED);
    cluster.stop();
    let reply = world.event(&input, &batch(2)).await;
    assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "2"), "{}", reply.body);
    let path = "/api/v1/workspaces/acme/att-default";
    assert_eq!(world.ask("GET", path, Some(&bearer(&token)), "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.get("/readyz", &Cookie::default()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let page = world.get("/sign-in", &Cookie::default()).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("Attest cannot answer now") && page.body.contains("Incident"), "{}", page.body);
    cluster.resume();
    assert_eq!(world.event(&input, &batch(2)).await.status, StatusCode::ACCEPTED);
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["total"], 2);
    world.assert_holds().await;
}

/// A standby, or a Postgres set read-only by its keeper: reads go on, writes are told, and work again afterwards.
#[tokio::test]
async fn a_read_only_postgres_is_told_and_recovers() {
    let world = World::new(Backend::Postgres).await;
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    world.distribution("acme", &token, "").await;
    let pool = sqlx::PgPool::connect(&world.url).await.expect("the database answers");
    let set = async |to: &str| {
        // For new transactions of whoever connects from now on.
        let sql = format!(
            "begin read write; do $$ begin execute format('alter database %I set default_transaction_read_only = {to}', \
             current_database()); end $$; commit"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.expect("set");
    };
    set("on").await;
    const AWAY: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
        where datname = current_database() and pid <> pg_backend_pid()";
    sqlx::raw_sql(AWAY).execute(&pool).await.expect("the others are sent away");
    assert_eq!(world.event(&input, &batch(1)).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["total"], 0, "reads go on");
    set("off").await;
    assert_eq!(world.event(&input, &batch(1)).await.status, StatusCode::ACCEPTED);
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["total"], 1);
    world.assert_holds().await;
}
