//! Signing in: throttles, sessions and links, kept in the store.

use crate::harness::{Cookie, PASSWORD, World, on_both};
use attest::domain::role::Role;
use attest::domain::time::{HOUR, MINUTE, SECOND};
use axum::http::StatusCode;

on_both! {
    failures_slow_down_their_own_address_only
    many_guesses_at_once_are_no_way_round
    a_session_ends_by_idleness_by_age_and_by_sign_out
    polling_does_not_renew_a_session
    a_link_works_once_and_for_an_hour
}

async fn attempt(world: &World, email: &str, password: &str, from: &str) -> StatusCode {
    let fields = [("email", email), ("password", password), ("next", "/")];
    world.post_from("/sign-in", &Cookie::default(), &fields, from).await.status
}

async fn failures_slow_down_their_own_address_only(world: World) {
    let ada = world.person("Ada").await;
    for email in [ada.as_str(), "nobody@example.com"] {
        for _ in 0..5 {
            assert_eq!(attempt(&world, email, "wrong password", "127.0.0.9").await, StatusCode::UNPROCESSABLE_ENTITY);
        }
        assert_eq!(attempt(&world, email, PASSWORD, "127.0.0.9").await, StatusCode::TOO_MANY_REQUESTS, "known or not");
    }
    assert_eq!(
        attempt(&world, &ada, PASSWORD, "127.0.0.1").await,
        StatusCode::SEE_OTHER,
        "a stranger locks nobody out"
    );
    world.clock.advance(2 * SECOND);
    assert_eq!(attempt(&world, &ada, PASSWORD, "127.0.0.9").await, StatusCode::SEE_OTHER);
}

async fn many_guesses_at_once_are_no_way_round(world: World) {
    let ada = world.person("Ada").await;
    let attempts: Vec<_> = (0..20).map(|_| attempt(&world, &ada, "wrong password", "127.0.0.9")).collect();
    let mut tried = 0;
    let mut attempts: Vec<_> = attempts.into_iter().map(Box::pin).collect();
    let mut statuses = Vec::new();
    std::future::poll_fn(|context| {
        attempts.retain_mut(|attempt| match attempt.as_mut().poll(context) {
            std::task::Poll::Ready(status) => {
                statuses.push(status);
                false
            }
            std::task::Poll::Pending => true,
        });
        if attempts.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    tried += statuses.iter().filter(|status| **status == StatusCode::UNPROCESSABLE_ENTITY).count();
    assert_eq!((tried, statuses.len()), (5, 20), "{statuses:?}");
}

async fn a_session_ends_by_idleness_by_age_and_by_sign_out(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Analyst).await;
    let status = async |cookie: &Cookie| world.get("/w/acme/overview", cookie).await.status;
    let cookie = world.sign_in(&ada).await;
    world.clock.advance(29 * MINUTE);
    assert_eq!(status(&cookie).await, StatusCode::OK);
    world.clock.advance(29 * MINUTE);
    assert_eq!(status(&cookie).await, StatusCode::OK, "used meanwhile");
    world.clock.advance(31 * MINUTE);
    assert_eq!(status(&cookie).await, StatusCode::SEE_OTHER, "idle");
    let cookie = world.sign_in(&ada).await;
    for _ in 0..35 {
        world.clock.advance(20 * MINUTE);
        assert_eq!(status(&cookie).await, StatusCode::OK);
    }
    world.clock.advance(21 * MINUTE);
    assert_eq!(status(&cookie).await, StatusCode::SEE_OTHER, "12 hours are the most");
    let cookie = world.sign_in(&ada).await;
    assert_eq!(world.post("/sign-out", &cookie, &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(status(&cookie).await, StatusCode::SEE_OTHER, "a cookie from before sign-out is worth nothing");
}

async fn polling_does_not_renew_a_session(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Analyst).await;
    let cookie = world.sign_in(&ada).await;
    for _ in 0..3 {
        world.clock.advance(9 * MINUTE);
        assert_eq!(world.get("/live/overview?workspace=acme", &cookie).await.status, StatusCode::OK);
    }
    world.clock.advance(4 * MINUTE);
    assert_eq!(world.get("/live/overview?workspace=acme", &cookie).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(world.get("/w/acme/overview", &cookie).await.status, StatusCode::SEE_OTHER);
}

async fn a_link_works_once_and_for_an_hour(world: World) {
    use attest::server::services::set_up::set_up_link;
    let old = set_up_link(&world.state.services).await.expect("made").expect("a link");
    world.clock.advance(HOUR);
    let fields = |token: &str| {
        [
            ("token", token.to_owned()),
            ("name", "Ada".into()),
            ("email", "ada@example.com".into()),
            ("password", PASSWORD.into()),
            ("workspace", "Acme".into()),
            ("time_zone", "Europe/Berlin".into()),
        ]
    };
    let send = async |token: &str| {
        let fields = fields(token);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.post("/set-up", &Cookie::default(), &fields).await.status
    };
    assert_eq!(send(&old).await, StatusCode::NOT_FOUND, "after an hour");
    let (first, second) = (
        set_up_link(&world.state.services).await.expect("made").expect("a link"),
        set_up_link(&world.state.services).await.expect("made").expect("a link"),
    );
    assert_eq!(
        world.get(&format!("/set-up?token={first}"), &Cookie::default()).await.status,
        StatusCode::OK,
        "opening uses nothing up"
    );
    let mut elsewhere = fields(&first);
    elsewhere[5].1 = "Mars/Olympus".into();
    let elsewhere: Vec<(&str, &str)> = elsewhere.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = world.post("/set-up", &Cookie::default(), &elsewhere).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "the days of its figures are fixed for good");
    assert!(refused.body.contains("Enter a time zone such as Europe/Berlin"), "{}", refused.body);
    let (one, two) = tokio::join!(send(&first), send(&second));
    let mut ended = [one.as_u16(), two.as_u16()];
    ended.sort_unstable();
    assert_eq!(ended, [303, 404], "of two people at once one is first");
    assert_eq!(send(&first).await, StatusCode::NOT_FOUND);
    assert!(set_up_link(&world.state.services).await.expect("asked").is_none(), "there is an account now");
    let made = world.store.system_view().await.expect("a view").workspaces().await.expect("read");
    assert_eq!(made.iter().map(|made| made.time_zone.as_str()).collect::<Vec<_>>(), ["Europe/Berlin"]);
    world.assert_holds().await;
}
