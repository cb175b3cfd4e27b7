//! When the database is away or read-only: a clear 503, and it recovers by itself.

use crate::harness::{Kind, World, bearer};
use attest::domain::role::Role;
use axum::http::StatusCode;
use serde_json::json;

fn batch(n: u32) -> serde_json::Value {
    json!({"device_info": {"ios_idfv": format!("v{n}"), "att_authorization_status": "denied"}})
}

/// A file that cannot be written: reads go on, writes are refused as unavailable, and work again afterwards.
#[tokio::test]
async fn a_read_only_sqlite_is_told_and_recovers() {
    let world = World::new(Kind::Sqlite).await;
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

/// All connections are cut and none is let in: 503s, then it goes on without a restart of ours.
#[tokio::test]
async fn a_postgres_that_is_away_is_told_and_recovers() {
    let world = World::new(Kind::Postgres).await;
    world.workspace("Acme").await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    assert_eq!(world.event(&input, &batch(1)).await.status, StatusCode::ACCEPTED);
    let (server, socket) = world.url.split_once('?').expect("a socket");
    let (server, name) = server.rsplit_once('/').expect("a name");
    let admin = sqlx::PgPool::connect(&format!("{server}/postgres?{socket}")).await.expect("the cluster answers");
    let run = async |sql: String| sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&admin).await.expect("done");
    run(format!("alter database {name} allow_connections false")).await;
    run(format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")).await;
    let reply = world.event(&input, &batch(2)).await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE, "{}", reply.body);
    let path = "/api/v1/workspaces/acme/att-default";
    assert_eq!(world.ask("GET", path, Some(&bearer(&token)), "").await.status, StatusCode::SERVICE_UNAVAILABLE);
    run(format!("alter database {name} allow_connections true")).await;
    assert_eq!(world.event(&input, &batch(2)).await.status, StatusCode::ACCEPTED);
    assert_eq!(world.distribution("acme", &token, "unit=devices").await["total"], 2);
    world.assert_holds().await;
}
