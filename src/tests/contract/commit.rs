//! What a transaction on Postgres relies on, and what is said when nobody knows how it ended.

use super::sender::{Sender, ios, sent};
use crate::harness::{Backend, World, fresh_database};
use attest::server::error::Error;
use axum::http::StatusCode;
use sqlx::{AssertSqlSafe, PgPool};
use std::sync::Arc;
use std::time::Duration;

/// A database of the test's own: its address, a way into it and its name.
async fn own_database() -> (String, PgPool, String) {
    let url = fresh_database().await;
    let admin = PgPool::connect(&url).await.expect("the database answers");
    let (name,): (String,) = sqlx::query_as("select current_database()::text").fetch_one(&admin).await.expect("a name");
    (url, admin, name)
}

/// Writes see what others have committed by each statement, whatever the database's own default is.
#[tokio::test]
async fn the_isolation_of_writes_is_said_and_not_taken_for_granted() {
    let (url, admin, name) = own_database().await;
    let set = format!("alter database {name} set default_transaction_isolation to 'repeatable read'");
    sqlx::raw_sql(AssertSqlSafe(set)).execute(&admin).await.expect("set");
    let world = World::at(url, tempfile::tempdir().expect("a folder")).await;
    const PROBE: &str = "create table probe (isolation text); create function probed() returns trigger language plpgsql as \
        $$ begin insert into probe values (current_setting('transaction_isolation')); return new; end $$; \
        create trigger probing after insert on devices for each row execute function probed()";
    sqlx::raw_sql(PROBE).execute(&admin).await.expect("a probe");
    let sender = Sender::new(&world).await;
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    assert_eq!(world.rows::<(String,)>("select isolation from probe").await, [("read committed".to_owned(),)]);
}

/// Waits until somebody sleeps in their commit, and ends their connection.
async fn cut_a_commit_off(url: &str) {
    const CUT: &str = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() \
        and wait_event = 'PgSleep' and query ilike 'commit%'";
    let pool = PgPool::connect(url).await.expect("the database answers");
    let cut = async {
        while sqlx::query(CUT).execute(&pool).await.expect("asked").rows_affected() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), cut).await.expect("somebody commits");
}

#[tokio::test]
async fn a_commit_that_was_cut_off_is_told_as_not_known() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    // The app is made first, for the trigger is for devices.
    sender.send(&[ios("first", "v0", None)]).await;
    const SLOW: &str = "create function slowly() returns trigger language plpgsql as \
        $$ begin perform pg_sleep(30); return null; end $$; \
        create constraint trigger slow after insert on devices deferrable initially deferred for each row execute function slowly()";
    let admin = PgPool::connect(&world.url).await.expect("the database answers");
    sqlx::raw_sql(SLOW).execute(&admin).await.expect("a trigger");
    let parcels = Arc::new(vec![sender.parcel(sent(&[ios("ada", "v1", Some("denied"))]))]);
    let (outcome, ()) = tokio::join!(sender.store.accept(None, parcels), cut_a_commit_off(&world.url));
    assert!(matches!(outcome, Err(Error::Unknown(_))), "{outcome:?}");
    // The sender is told, and neither that nothing was stored nor to send it again at once.
    let (input, batch) = (world.input("acme", "Another").await, ios("bob", "v2", None));
    let (reply, ()) = tokio::join!(world.event(&input, &batch), cut_a_commit_off(&world.url));
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!reply.headers.contains_key("retry-after"));
    assert!(reply.body.contains("it is not known whether this was stored"), "{}", reply.body);
    sqlx::raw_sql("drop trigger slow on devices").execute(&admin).await.expect("dropped");
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
}

/// What cannot hold all texts is refused at the start.
#[tokio::test]
async fn a_database_of_another_encoding_is_refused() {
    let (url, admin, name) = own_database().await;
    let make = format!("create database {name}_latin encoding 'LATIN1' locale 'C' template template0");
    sqlx::raw_sql(AssertSqlSafe(make)).execute(&admin).await.expect("made");
    let latin = crate::harness::Binary { url: url.replace(&format!("/{name}?"), &format!("/{name}_latin?")) };
    assert_ne!(latin.url, url);
    let output = latin.run(&["migrate"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("LATIN1") && said.contains("UTF8"), "{said}");
}

/// Days of a zone that the system does not know would be counted as others, for good.
#[tokio::test]
async fn a_time_zone_that_the_system_has_forgotten_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = crate::harness::sqlite_in(folder.path());
    let world = World::at(url.clone(), folder).await;
    world.workspace("Acme").await;
    world.execute("update workspaces set time_zone = 'Mars/Olympus_Mons' where slug = 'acme'").await;
    let output = crate::harness::Binary { url }.run(&["serve"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("Mars/Olympus_Mons") && said.contains("acme"), "{said}");
}
