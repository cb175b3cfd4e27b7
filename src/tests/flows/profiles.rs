//! Looking up profiles: the reason for each status, the gate, and the trace it leaves.

use crate::harness::{World, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, MINUTE};
use axum::http::StatusCode;
use serde_json::json;

on_both! {
    a_profile_is_found_by_each_of_its_names
    many_devices_are_shown_in_pages
    a_look_up_leaves_a_row_without_what_was_typed
    the_gate_holds_at_read_time
    a_look_up_is_seen_again_without_another_row
}

async fn a_profile_is_found_by_each_of_its_names(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Compliance).await;
    let (input, cookie) = (world.input("acme", "Backend").await, world.sign_in(&ada).await);
    world.event(&input, &json!({"mpid": "77", "user_identities": {"customer_id": "c1", "email": "U@Example.com"},
        "device_info": {"platform": "iOS", "ios_idfv": "8C6CBC0D-5F43-4765-A6E6-84DFF3D24707", "att_authorization_status": "denied"}})).await;
    for (by, value) in [
        ("mpid", "77"),
        ("customer_id", "c1"),
        ("email", "u@example.COM"),
        ("device_id", "8c6cbc0d5f434765a6e684dff3d24707"),
    ] {
        let reply = world.look_up("/w/acme/profiles", &cookie, by, value).await;
        assert_eq!(reply.status, StatusCode::OK);
        assert!(reply.body.contains("Reported through <b>Backend</b>"), "{by}: {}", reply.body);
    }
    let reply = world.look_up("/w/acme/profiles?environment=development", &cookie, "mpid", "77").await;
    assert!(reply.body.contains("No profile with this id"));
    for (by, value) in [("mpid", "x"), ("email", ""), ("shoe", "1")] {
        let reply = world.post("/w/acme/profiles", &cookie, &[("by", by), ("value", value)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{by}");
    }
}

async fn many_devices_are_shown_in_pages(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Compliance).await;
    let input = world.input("acme", "Backend").await;
    for n in 0..60 {
        let phone = json!({"mpid": 77, "device_info": {"platform": "iOS", "ios_idfv": format!("v{n}.")}});
        world.event(&input, &phone).await;
        world.clock.advance(if n == 30 { DAY } else { 1000 });
    }
    // The oldest one decides, and so explains the status on each page.
    let decides = json!({"mpid": 77, "device_info": {"platform": "iOS", "ios_idfv": "v0.", "att_authorization_status": "denied"}});
    world.event(&input, &decides).await;
    let explains = |page: &str| {
        page.find("Decides this profile").is_some_and(|at| page[at..].find("v0.") < page[at..].find("</article>"))
    };
    let cookie = world.sign_in(&ada).await;
    let first = world.look_up("/w/acme/profiles", &cookie, "mpid", "77").await.body;
    assert!(first.contains("51 of 60 devices") && first.contains("v59.") && !first.contains("v9."), "{first}");
    assert!(explains(&first), "{first}");
    let link = first.split("href=\"").find(|part| part.contains("after=")).and_then(|part| part.split('"').next());
    let link = link.expect("a link to the next page").replace("&amp;", "&");
    let second = world.get(&link, &cookie).await.body;
    assert!(second.contains("v9.") && explains(&second) && !second.contains("v59."), "{second}");
    assert!(!second.contains("after="), "it is the last page");
}

async fn a_look_up_leaves_a_row_without_what_was_typed(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (input, cookie) = (world.input("acme", "Backend").await, world.sign_in(&ada).await);
    world
        .event(&input, &json!({"user_identities": {"email": "private@example.com"}, "device_info": {"ios_idfv": "v1"}}))
        .await;
    for value in ["private@example.com", "unheard-of@example.com"] {
        world.post("/w/acme/profiles", &cookie, &[("by", "email"), ("value", value)]).await;
    }
    let audit = world.get("/w/acme/audit?action=profile.looked_up", &cookie).await.body;
    assert_eq!(audit.matches("<h2>Profile looked up</h2>").count(), 2, "{audit}");
    assert!(!audit.contains("private@") && !audit.contains("unheard-of@"));
    world.assert_holds().await;
}

async fn the_gate_holds_at_read_time(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (input, cookie) = (world.input("acme", "Backend").await, world.sign_in(&ada).await);
    let set = async |status: &str, version: &str| {
        let form =
            [("form", "default"), ("version", version), ("status", status), ("reason", "x"), ("confirm", "Acme")];
        assert_eq!(world.post("/w/acme/privacy", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    };
    let look = async || world.look_up("/w/acme/profiles", &cookie, "customer_id", "c1").await.body;
    set("authorized", "1").await;
    world
        .event(
            &input,
            &json!({"user_identities": {"customer_id": "c1"},
        "device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": "v1", "ios_advertising_id": "A1-SECRET"}}),
        )
        .await;
    assert!(look().await.contains("A1-SECRET"));
    set("denied", "2").await;
    let page = look().await;
    assert!(!page.contains("A1-SECRET") && page.contains("An advertising id is withheld"), "{page}");
}

async fn a_look_up_is_seen_again_without_another_row(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Compliance).await;
    let (input, cookie, other) =
        (world.input("acme", "Backend").await, world.sign_in(&ada).await, world.sign_in(&ada).await);
    let batch = json!({"user_identities": {"email": "zoe@example.com"}, "device_info": {"ios_idfv": "v1"}});
    world.event(&input, &batch).await;
    let sent = world.post("/w/acme/profiles", &cookie, &[("by", "email"), ("value", "zoe@example.com")]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let there = sent.location();
    assert!(there.starts_with("/w/acme/profiles?look-up=") && !there.contains("zoe"), "{there}");
    for _ in 0..2 {
        assert!(world.get(there, &cookie).await.body.contains("zoe@example.com"), "a reload shows it again");
    }
    let page = world.get(there, &other).await.body;
    assert!(!page.contains("zoe@") && page.contains("no longer shown"), "another session sees nothing: {page}");
    let audit = world.get("/w/acme/audit?action=profile.looked_up", &cookie).await.body;
    assert_eq!(audit.matches("<h2>Profile looked up</h2>").count(), 1, "{audit}");
    world.clock.advance(11 * MINUTE);
    let page = world.get(there, &cookie).await.body;
    assert!(!page.contains("zoe@") && page.contains("no longer shown"), "{page}");
    world.set_role("acme", "ada@example.com", Role::Analyst).await;
    assert_eq!(world.get(there, &cookie).await.status, StatusCode::FORBIDDEN);
}
