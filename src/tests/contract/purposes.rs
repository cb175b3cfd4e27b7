//! Connections by purpose: pages that hang take nobody else's.

use super::sender::ios;
use crate::harness::{Backend, World, basic};
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::server::store::{PAUSE, Purpose, WorkspaceRef};
use axum::http::StatusCode;
use futures::future::join_all;
use sqlx::Connection;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Forty readers of the audit log wait for a lock: events are taken meanwhile, sessions are found, and the readers are
/// told to try again.
#[tokio::test]
async fn pages_that_hang_hold_up_nobody_else() {
    let world = World::new(Backend::Postgres).await;
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let (key, secret) = world.input("acme", "Backend").await;
    let mut holder = sqlx::PgConnection::connect(&world.url).await.expect("a connection");
    sqlx::raw_sql("begin; lock table audit in access exclusive mode").execute(&mut holder).await.expect("locked");
    let began = Instant::now();
    let readers = join_all((0..40).map(|_| world.get("/w/acme/audit", &ada)));
    let others = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let credentials = basic(&key, &secret);
        let event = world.ask("POST", "/v2/events", Some(&credentials), ios("ada", "v1", None).to_string());
        let event = timeout(Duration::from_secs(3), event).await.expect("the event stream has connections of its own");
        assert_eq!(event.status, StatusCode::ACCEPTED);
        let ready = timeout(Duration::from_secs(3), world.ask("GET", "/readyz", None, "")).await.expect("so has this");
        assert_eq!(ready.status, StatusCode::OK, "{}", ready.body);
    };
    let (readers, ()) = tokio::join!(readers, others);
    assert!(readers.iter().all(|reply| reply.status == StatusCode::SERVICE_UNAVAILABLE), "{:?}", readers[0].status);
    assert!(began.elapsed() < Duration::from_secs(20), "they were cut off: {:?}", began.elapsed());

    // Searches wait for each other only, and not even pages for them.
    let began = Instant::now();
    let searches = join_all((0..40).map(|_| world.get("/w/acme/audit?actor=Ada&text=it", &ada)));
    let page = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let page = timeout(Duration::from_secs(3), world.get("/w/acme/overview", &ada)).await.expect("a page");
        assert_eq!(page.status, StatusCode::OK);
    };
    let (searches, ()) = tokio::join!(searches, page);
    assert!(searches.iter().all(|reply| reply.status == StatusCode::SERVICE_UNAVAILABLE), "{:?}", searches[0].status);
    assert!(began.elapsed() < Duration::from_secs(20), "they were cut off: {:?}", began.elapsed());
    sqlx::raw_sql("rollback").execute(&mut holder).await.expect("released");
    for page in ["/w/acme/audit", "/w/acme/audit?actor=Ada&text=it"] {
        assert_eq!(world.get(page, &ada).await.status, StatusCode::OK, "{page}");
    }
}

/// Many searches of one person keep another one from theirs for as long as one takes.
#[tokio::test]
async fn many_searches_of_one_hold_up_nobody_elses() {
    let world = World::new(Backend::Postgres).await;
    world.workspace("Acme").await;
    let ada = world.operator("Ada").await;
    world.set_role("acme", &ada, Role::ComplianceAdmin).await;
    let ada = world.sign_in(&ada).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::ComplianceAdmin).await).await;
    let mut holder = sqlx::PgConnection::connect(&world.url).await.expect("a connection");
    sqlx::raw_sql("begin; lock table audit in access exclusive mode").execute(&mut holder).await.expect("locked");
    let answered = Arc::new(AtomicUsize::new(0));
    let search = |path, cookie| {
        let (world, answered) = (&world, answered.clone());
        async move {
            let reply = world.get(path, cookie).await;
            assert_eq!(reply.status, StatusCode::OK);
            answered.fetch_add(1, Ordering::Relaxed)
        }
    };
    let bobs = async {
        // By now all of Ada's wait, one of them for the lock.
        const WAITS: &str = "select count(*) from pg_locks where not granted and relation = 'audit'::regclass";
        while sqlx::query_scalar::<_, i64>(WAITS).fetch_one(&mut holder).await.expect("a count") == 0 {
            tokio::task::yield_now().await;
        }
        let release = async { sqlx::raw_sql("rollback").execute(&mut holder).await.expect("released") };
        tokio::join!(search("/w/acme/audit?actor=Ada&text=it", &bob), release).0
    };
    let adas = join_all((0..40).map(|n| search(["/log?text=it", "/w/acme/audit?actor=Ada&text=it"][n % 2], &ada)));
    let (_, before) = tokio::join!(adas, bobs);
    assert!(before < 20, "{before} of 40 searches of Ada's came before Bob's");
}

/// On Postgres each statement of a page gives way, for a commit has many steps and shares the processor with them.
#[tokio::test]
async fn a_page_gives_way_between_its_statements() {
    let world = World::new(Backend::Postgres).await;
    let workspace = WorkspaceRef::Id(world.workspace("Acme").await);
    let view = world.store.for_purpose(Purpose::Page).view(&World::actor(), workspace, Permission::SeeMetrics).await;
    let mut view = view.expect("a view");
    let ahead = world.store.precedence().take();
    let (waited, began) = (PAUSE / 2, Instant::now());
    view.settings().await.expect("settings");
    assert!(began.elapsed() >= waited, "it waited for what is stored: {:?}", began.elapsed());
    // Under load without an end it goes on all the same.
    timeout(Duration::from_secs(60), view.settings()).await.expect("it waits no more").expect("settings");
    drop(ahead);
}

#[tokio::test]
async fn pages_are_drawn_in_turn() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let turns = u32::try_from(world.state.drawing.available_permits()).expect("a few");
    let all = world.state.drawing.acquire_many(turns).await.expect("turns");
    let page = world.get("/w/acme/overview", &ada);
    tokio::pin!(page);
    assert!(timeout(Duration::from_millis(300), &mut page).await.is_err(), "it waits for its turn");
    drop(all);
    assert_eq!(page.await.status, StatusCode::OK);
}
