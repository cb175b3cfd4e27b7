//! API tokens and apps, by their pages.

use crate::harness::{World, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use axum::http::StatusCode;
use futures::future::join_all;
use serde_json::json;

on_both! {
    a_token_is_shown_once_and_revoked
    of_equal_names_at_once_one_is_taken
    a_token_stays_within_its_makers_rights
    an_app_gets_a_name
}

async fn of_equal_names_at_once_one_is_taken(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let form = [("act", "add"), ("name", "Nightly report"), ("role", "analyst"), ("days", "30")];
    let sent = join_all((0..8).map(|_| world.post("/w/acme/tokens", &ada, &form))).await;
    assert_eq!(sent.iter().filter(|reply| reply.body.contains("attest_")).count(), 1, "one name, one token");
    let refused = sent.iter().filter(|reply| reply.status == StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.count(), 7, "the others read that the name is in use");
    world.assert_holds().await;
}

async fn a_token_is_shown_once_and_revoked(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let form = [("act", "add"), ("name", "Nightly report"), ("role", "analyst"), ("days", "30")];
    let made = world.post("/w/acme/tokens", &ada, &form).await;
    let (_, rest) = made.body.split_once("attest_").expect("a token");
    let token = format!("Bearer attest_{}", rest.split('<').next().expect("an end"));
    let twice = world.post("/w/acme/tokens", &ada, &form).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY, "the form sent twice makes one token");
    let read = async || world.ask("GET", "/api/v1/workspaces/acme/att-default", Some(&token), "").await.status;
    assert_eq!(read().await, StatusCode::OK);
    let page = world.get("/w/acme/tokens", &ada).await.body;
    assert!(!page.contains("attest_") && page.contains("Last used") && page.contains("Created by Ada"), "{page}");
    let (_, rest) = page.split_once("name=\"token\" value=\"").expect("a form");
    let revoke = [("act", "revoke"), ("sure", "yes"), ("token", rest.split('"').next().expect("an id"))];
    assert_eq!(world.post("/w/acme/tokens", &ada, &revoke).await.location(), "/w/acme/tokens");
    assert_eq!(read().await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.post("/w/acme/tokens", &ada, &revoke).await.status, StatusCode::NOT_FOUND);
    let audit = world.get("/w/acme/audit?action=token.revoked", &ada).await.body;
    assert!(audit.contains("Nightly report"), "{audit}");
    for (name, role, days) in
        [("", "analyst", "30"), ("x", "owner", "30"), ("x", "analyst", "366"), ("x", "analyst", "0")]
    {
        let form = [("act", "add"), ("name", name), ("role", role), ("days", days)];
        assert_eq!(world.post("/w/acme/tokens", &ada, &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let form = [("act", "add"), ("name", "Short"), ("role", "analyst"), ("days", "30")];
    world.post("/w/acme/tokens", &ada, &form).await;
    world.clock.advance(30 * DAY);
    let ada = world.sign_in("ada@example.com").await;
    assert!(world.get("/w/acme/tokens", &ada).await.body.contains("Expired"));
    world.assert_holds().await;
}

async fn a_token_stays_within_its_makers_rights(world: World) {
    world.workspace("Acme").await;
    let grace = world.sign_in(&world.member("acme", "Grace", Role::Admin).await).await;
    let page = world.get("/w/acme/tokens", &grace).await.body;
    assert!(!page.contains("value=\"compliance_admin\"") && page.contains("value=\"admin\""), "{page}");
    let form = [("act", "add"), ("name", "Power"), ("role", "compliance_admin"), ("days", "30")];
    let refused = world.post("/w/acme/tokens", &grace, &form).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("more rights than yours"));
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    assert_eq!(world.post("/w/acme/tokens", &ada, &form).await.status, StatusCode::OK);
    let page = world.get("/w/acme/tokens", &grace).await.body;
    assert!(page.contains("Power") && !page.contains("value=\"revoke\""), "what is above her she does not revoke");
    world.assert_holds().await;
}

async fn an_app_gets_a_name(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    for bundle in ["com.acme.one", "com.acme.two"] {
        world.event(&input, &json!({"mpid": 7, "application_info": {"package": bundle}})).await;
    }
    let grace = world.sign_in(&world.member("acme", "Grace", Role::Admin).await).await;
    let page = world.get("/w/acme/apps", &grace).await.body;
    let (_, rest) = page.split_once("name=\"app\" value=\"").expect("a form");
    let app = rest.split('"').next().expect("an id");
    let name = async |name: &str| world.post("/w/acme/apps", &grace, &[("app", app), ("name", name)]).await;
    assert_eq!(name("Racer").await.location(), "/w/acme/apps");
    assert!(world.get("/w/acme/overview", &grace).await.body.contains("Racer"));
    for wrong in ["", "com.acme.two", "a\u{0}b"] {
        let refused = name(wrong).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("class=\"fault\""));
    }
    let reader = world.sign_in(&world.member("acme", "Rea", Role::ReadOnly).await).await;
    let page = world.get("/w/acme/apps", &reader).await.body;
    assert!(page.contains("Racer") && !page.contains(">Save</button>"), "{page}");
    world.assert_holds().await;
}
