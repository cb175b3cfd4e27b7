//! How many there may be of what people make.

use crate::harness::{Backend, World, workspace_ref};
use attest::domain::role::{Role, TokenRole};
use attest::domain::time::{HOUR, MINUTE};
use attest::server::services::input::{NewInput, add_input};
use attest::server::services::token::{NewToken, add_token};
use axum::http::StatusCode;

#[tokio::test]
async fn a_workspace_has_two_hundred_tokens_and_inputs_at_most() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let token = async |n: i64| {
        let new = NewToken { name: format!("Script {n}"), role: TokenRole::Member(Role::ReadOnly), days: 1 };
        add_token(&world.store, &World::actor(), workspace_ref("acme"), new).await.map(drop)
    };
    let input = async |n: i64| {
        let new = NewInput { name: format!("Feed {n}"), bundle: String::new() };
        add_input(&world.store, &World::actor(), workspace_ref("acme"), new).await.map(drop)
    };
    for n in 0..200 {
        token(n).await.expect("made");
        input(n).await.expect("made");
    }
    let refused = [token(200).await, input(200).await];
    assert!(refused.iter().all(|refused| format!("{refused:?}").contains("TooMany")), "{refused:?}");
}

#[tokio::test]
async fn nobody_is_flooded_with_invitations() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let invite = async |email: &str| {
        let form = [("act", "invite"), ("email", email), ("role", "analyst")];
        world.post("/w/acme/members", &cookie, &form).await
    };
    for _ in 0..5 {
        assert_eq!(invite("bob@example.com").await.status, StatusCode::OK);
    }
    let refused = invite("bob@example.com").await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("Try again later"));
    for n in 5..200 {
        assert_eq!(invite(&format!("person{n}@example.com")).await.status, StatusCode::OK, "{n}");
    }
    assert_eq!(invite("one-too-many@example.com").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.clock.advance(HOUR + MINUTE);
    let cookie = world.sign_in(&ada).await;
    let form = [("act", "invite"), ("email", "bob@example.com"), ("role", "analyst")];
    assert_eq!(world.post("/w/acme/members", &cookie, &form).await.status, StatusCode::OK, "an hour later");
}

#[tokio::test]
async fn a_person_has_fifty_sessions_at_most() {
    let world = World::new(Backend::Sqlite).await;
    let ada = world.person("Ada").await;
    let first = world.sign_in(&ada).await;
    world.clock.advance(MINUTE);
    let second = world.sign_in(&ada).await;
    for _ in 0..49 {
        world.clock.advance(1);
        world.sign_in(&ada).await;
    }
    assert_eq!(world.get("/account", &first).await.status, StatusCode::SEE_OTHER, "used longest ago");
    assert_eq!(world.get("/account", &second).await.status, StatusCode::OK);
    assert_eq!(world.rows::<(i64,)>("select count(*) from sessions where person_id is not null").await, [(50,)]);
}
