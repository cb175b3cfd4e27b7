//! The logs as people read them: filters, the default on a day, the installation's chain, failed sign-ins.

use crate::harness::{Cookie, PASSWORD, World, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, MINUTE};
use axum::http::StatusCode;

on_both! {
    rows_are_found_by_target_and_text
    the_default_on_a_day_is_told
    failed_sign_ins_become_one_row_a_quarter
    operators_read_the_installations_log
}

async fn rows_are_found_by_target_and_text(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    world.input("acme", "Backend").await;
    world.input("acme", "Partner feed").await;
    let rows = async |query: &str| {
        let page = world.get(&format!("/w/acme/audit?{query}"), &ada).await;
        assert_eq!(page.status, StatusCode::OK);
        (page.body.matches("id=\"row-").count(), page.body)
    };
    let (all, page) = rows("").await;
    assert_eq!(all, 4, "{page}");
    let (found, page) = rows("text=partner%20FEED").await;
    assert!(found == 1 && page.contains("Partner feed"), "{page}");
    let (_, rest) = page.split_once("href=\"?target=").expect("a link to the target's rows");
    let target = rest.split('"').next().expect("an end").to_owned();
    assert_eq!(rows(&format!("target={target}")).await.0, 1);
    assert_eq!(rows("text=%25").await.0, 0, "no sign stands for others");
    assert_eq!(rows("text=nothing-like-it").await.0, 0);
}

async fn the_default_on_a_day_is_told(world: World) {
    use attest::domain::att::Status;
    use attest::server::services::privacy::{NewSettings, change_settings};
    use attest::server::store::WorkspaceRef;
    let workspace = world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    world.clock.advance(2 * DAY);
    let wanted = NewSettings {
        default: Some(Some(Status::Denied)),
        policy: None,
        reason: "r".into(),
        version: 1,
        typed_name: None,
    };
    change_settings(&world.store, &World::actor(), WorkspaceRef::Id(workspace), wanted).await.expect("changed");
    let ada = world.sign_in(&ada).await;
    for (day, told) in [
        ("2026-11-21", "This workspace did not exist on 2026-11-21."),
        ("2026-11-23", "No default</span></b>, version 1."),
        ("2026-11-24", "Denied</span></b>, version 2."),
        ("2026-11-23", "At the end of 2026-11-23 (UTC): "),
        ("2026-11-24", "On 2026-11-24 (UTC) so far: "),
        ("2026-11-25", "2026-11-25 is still to come."),
    ] {
        let page = world.get(&format!("/w/acme/audit?on={day}"), &ada).await.body;
        assert!(page.contains(told), "{day}: {page}");
    }
    assert_eq!(world.get("/w/acme/audit?on=yesterday", &ada).await.status, StatusCode::BAD_REQUEST);
}

async fn failed_sign_ins_become_one_row_a_quarter(world: World) {
    let ada = world.person("Ada").await;
    let olga = world.operator("Olga").await;
    let attempt = async |email: &str, from: &str| {
        let fields = [("email", email), ("password", "wrong password"), ("next", "/")];
        world.post_from("/sign-in", &Cookie::default(), &fields, from).await
    };
    for from in ["127.0.0.8", "127.0.0.8", "127.0.0.9"] {
        attempt(&ada, from).await;
    }
    for n in 0..3 {
        attempt(&format!("nobody-{n}@example.com"), "127.0.0.7").await;
    }
    let log = async || {
        let olga = world.sign_in(&olga).await;
        world.get("/log?action=session.sign_ins_failed", &olga).await.body
    };
    world.run_jobs().await;
    assert!(!log().await.contains("id=\"row-"), "the quarter is still open");
    world.clock.advance(15 * MINUTE);
    for _ in 0..2 {
        world.run_jobs().await;
    }
    let page = log().await;
    assert_eq!(page.matches("id=\"row-").count(), 3, "{page}");
    assert!(
        page.contains("127.0.0.8") && page.contains("127.0.0.9") && page.contains("Unknown e-mail addresses"),
        "{page}"
    );
    assert!(!page.contains("127.0.0.7") && !page.contains("nobody-"), "of unknown e-mails only the number: {page}");
    world.assert_holds().await;
}

async fn operators_read_the_installations_log(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let reply =
        world.post("/sign-in", &Cookie::default(), &[("email", &ada), ("password", PASSWORD), ("next", "/")]).await;
    assert_eq!(world.get("/log", &reply.cookie()).await.status, StatusCode::FORBIDDEN);
    let page = world.get("/log", &olga).await.body;
    assert!(
        page.contains("Installation log") && page.contains("Workspace created") && page.contains("Person added"),
        "{page}"
    );
    let page = world.get("/log?actor=Ada", &olga).await.body;
    assert!(page.contains("Signed in") && !page.contains("<h2>Person added</h2>"), "{page}");
}
