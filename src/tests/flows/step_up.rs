//! The password again before what would do harm if somebody else sat at the browser.

use super::second_factor::{PAGE, Phone, between};
use crate::harness::{Cookie, PASSWORD, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::MINUTE;
use axum::http::StatusCode;

on_both! {
    what_does_harm_asks_for_the_password_again
    two_browsers_are_asked_each_for_itself
    an_operator_is_asked_too
    what_was_typed_again_is_in_no_page
    guesses_in_a_stolen_session_keep_nobody_out
    tokens_and_invitations_of_whoever_lacks_it_wait
}

/// A token to be made: its maker must be asked.
const TOKEN: [(&str, &str); 5] =
    [("act", "add"), ("name", "Script"), ("role", "read_only"), ("days", "30"), ("form_id", "one")];

async fn what_does_harm_asks_for_the_password_again(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let bob = world.member("acme", "Bob", Role::Analyst).await;
    let bob_id = world.page_of(&bob).await.replace("/people/", "");
    let cookie = world.sign_in(&ada).await;
    world.clock.advance(11 * MINUTE);
    let version = |page: &str| between(page, "name=\"version\" value=\"", "\"").to_owned();
    let version = version(&world.get("/w/acme/privacy", &cookie).await.body);
    let default = |status| {
        vec![
            ("form", "default"),
            ("status", status),
            ("confirm", "Acme"),
            ("reason", "why"),
            ("version", version.as_str()),
        ]
    };
    let observe = vec![
        ("form", "policy"),
        ("idfa_policy", "observe"),
        ("policy_confirm", "Acme"),
        ("policy_reason", "why"),
        ("version", version.as_str()),
    ];
    let role = |role| vec![("act", "set"), ("sure", "yes"), ("person", bob_id.as_str()), ("role", role)];
    let asks = [
        ("/w/acme/privacy", default("authorized")),
        ("/w/acme/privacy", observe),
        ("/w/acme/tokens", TOKEN.to_vec()),
        ("/w/acme/members", role("admin")),
        ("/w/acme/members", role("compliance_admin")),
        ("/w/acme/members", vec![("act", "invite"), ("email", "eve@example.com"), ("role", "admin")]),
        ("/account", vec![("act", "end_others")]),
        (PAGE, vec![("act", "begin")]),
    ];
    // Another session, for there to be one to end.
    world.sign_in(&ada).await;
    for (path, form) in &asks {
        let reply = world.post(path, &cookie, form).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} {form:?}");
        assert!(reply.body.contains("Confirm that it is you"), "{path} {form:?}");
    }
    world.assert_holds().await;
    // What does none is not asked about.
    assert_eq!(world.post("/w/acme/members", &cookie, &role("auditor")).await.status, StatusCode::SEE_OTHER);
    // A wrong password keeps the form; the right one sends it.
    let waiting = |password| [&TOKEN[..], &[("again_to", "/w/acme/tokens"), ("again_password", password)]].concat();
    let reply = world.post("/confirm", &cookie, &waiting("a guess")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.body.contains("name=\"name\" value=\"Script\"") && !reply.body.contains("a guess"), "{}", reply.body);
    let reply = world.post("/confirm", &cookie, &waiting(PASSWORD)).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::TEMPORARY_REDIRECT, "/w/acme/tokens"));
    // As the browser follows.
    let reply = world.post("/w/acme/tokens", &cookie, &waiting(PASSWORD)).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.body.contains("shown only once"), "{}", reply.body);
    assert_eq!(
        world.post("/w/acme/members", &cookie, &role("admin")).await.status,
        StatusCode::SEE_OTHER,
        "ten minutes"
    );
    world.clock.advance(11 * MINUTE);
    assert_eq!(world.post("/w/acme/members", &cookie, &role("compliance_admin")).await.status, StatusCode::FORBIDDEN);
    for elsewhere in ["//evil.example", "https://evil.example/", ""] {
        let form = [("again_to", elsewhere), ("again_password", PASSWORD)];
        assert_eq!(world.post("/confirm", &cookie, &form).await.status, StatusCode::BAD_REQUEST, "{elsewhere}");
    }
    world.assert_holds().await;
}

async fn two_browsers_are_asked_each_for_itself(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Admin).await;
    let phone = Phone::set_up(&world, &ada).await;
    world.clock.advance(MINUTE);
    let other = phone.sign_in(&world, &phone.code(&world)).await.cookie();
    world.clock.advance(11 * MINUTE);
    let again = |code: &str| {
        vec![
            ("again_to".to_owned(), "/w/acme/tokens".to_owned()),
            ("again_password".to_owned(), PASSWORD.to_owned()),
            ("again_code".to_owned(), code.to_owned()),
        ]
    };
    let confirm = async |cookie: &Cookie, code: &str| {
        let form = again(code);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        world.post("/confirm", cookie, &form).await.status
    };
    let code = phone.code(&world);
    assert_eq!(confirm(&phone.cookie, "").await, StatusCode::UNPROCESSABLE_ENTITY, "the password is half of it");
    assert_eq!(confirm(&phone.cookie, &code).await, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(confirm(&other, &code).await, StatusCode::UNPROCESSABLE_ENTITY, "a code works once");
    assert_eq!(world.post("/w/acme/tokens", &other, &TOKEN).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.post("/w/acme/tokens", &phone.cookie, &TOKEN).await.status, StatusCode::OK);
}

async fn an_operator_is_asked_too(world: World) {
    let ada = world.page_of(&world.person("Ada").await).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    world.clock.advance(11 * MINUTE);
    let workspace = [("name", "Acme"), ("time_zone", "UTC"), ("admin", "olga@example.com")];
    assert_eq!(world.post("/workspaces", &olga, &workspace).await.status, StatusCode::FORBIDDEN, "makes an admin");
    for act in ["reset", "disable", "make_operator"] {
        let reply = world.post(&ada, &olga, &[("act", act), ("sure", "yes")]).await;
        assert!(reply.status == StatusCode::FORBIDDEN && reply.body.contains("Confirm that it is you"), "{act}");
    }
    world.assert_holds().await;
}

/// The form that waited is sent with the password in it, and may be sent once more by a reload.
async fn what_was_typed_again_is_in_no_page(world: World) {
    let ada = world.person("Ada").await;
    let cookie = world.sign_in(&ada).await;
    world.clock.advance(11 * MINUTE);
    let sent =
        [("act", "begin"), ("again_to", PAGE), ("again_password", PASSWORD), ("again_code", ""), ("username", &ada)];
    let page = world.post(PAGE, &cookie, &sent).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(!page.body.contains(PASSWORD), "{}", page.body);
    assert_eq!(page.body.matches("name=\"again_to\"").count(), 1, "so that it can be sent: {}", page.body);
}

async fn guesses_in_a_stolen_session_keep_nobody_out(world: World) {
    let ada = world.person("Ada").await;
    let (stolen, own) = (world.sign_in(&ada).await, world.sign_in(&ada).await);
    let confirm = async |cookie: &Cookie, password: &str| {
        world.post("/confirm", cookie, &[("again_to", "/account"), ("again_password", password)]).await.status
    };
    for _ in 0..15 {
        assert_eq!(confirm(&stolen, "a guess").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(confirm(&stolen, PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY, "it waits");
    assert_eq!(confirm(&own, PASSWORD).await, StatusCode::TEMPORARY_REDIRECT);
}

async fn tokens_and_invitations_of_whoever_lacks_it_wait(world: World) {
    world.workspace("Acme").await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::ComplianceAdmin).await).await;
    let token = async |role, name| {
        let form = [("act", "add"), ("name", name), ("role", role), ("days", "30")];
        let page = world.post("/w/acme/tokens", &bob, &form).await.body;
        let start = page.find("attest_").expect("a token");
        page[start..].split(['<', '"', '&']).next().expect("an end").to_owned()
    };
    let (high, low) = (token("compliance_admin", "High").await, token("read_only", "Low").await);
    let form = [("act", "invite"), ("email", "eve@example.com"), ("role", "compliance_admin")];
    let made = world.post("/w/acme/members", &bob, &form).await.body;
    let invitation = between(&made, "/invitation?token=", "<").to_owned();
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let phone = Phone::set_up(&world, &ada).await;
    let demand = [("act", "demand"), ("sure", "yes"), ("required", "yes")];
    assert_eq!(world.post("/w/acme/members", &phone.cookie, &demand).await.status, StatusCode::SEE_OTHER);
    let read = async |token: &str| {
        world.ask("GET", "/api/v1/workspaces/acme/att-default", Some(&bearer(token)), "").await.status
    };
    assert_eq!((read(&high).await, read(&low).await), (StatusCode::FORBIDDEN, StatusCode::OK));
    let join = async || {
        let form = [("token", &*invitation), ("name", "Eve"), ("password", PASSWORD)];
        world.post("/invitation", &Cookie::default(), &form).await.status
    };
    assert_eq!(join().await, StatusCode::NOT_FOUND);
    Phone::set_up_in(&world, "bob@example.com", bob.clone()).await;
    assert_eq!((read(&high).await, join().await), (StatusCode::OK, StatusCode::SEE_OTHER), "once he has it");
}
