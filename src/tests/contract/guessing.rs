//! Guessing is slow, however it is spread, and keeps nobody out who signed in by their browser before.

use crate::harness::{Cookie, PASSWORD, World, on_both};
use attest::domain::role::Role;
use attest::domain::time::{MINUTE, SECOND};
use axum::http::StatusCode;

on_both! {
    strangers_of_however_many_addresses_keep_no_known_browser_out
    an_account_takes_at_most_a_hundred_guesses_in_an_hour
    a_network_is_slowed_over_all_accounts
    a_mark_that_was_stolen_gives_few_guesses
    a_wrong_present_password_is_in_the_log
    honest_mistakes_do_not_add_up
}

async fn attempt(world: &World, (email, password): (&str, &str), marks: &Cookie, from: &str) -> StatusCode {
    let fields = [("email", email), ("password", password), ("next", "/")];
    world.post_from("/sign-in", marks, &fields, from).await.status
}

/// Addresses of networks of their own.
fn elsewhere(n: u32) -> String {
    format!("10.{}.{}.1", n / 256, n % 256)
}

/// Signs in; returns by what the browser is known from then on.
async fn marks(world: &World, email: &str) -> Cookie {
    let fields = [("email", email), ("password", PASSWORD), ("next", "/")];
    let reply = world.post("/sign-in", &Cookie::default(), &fields).await;
    let set: Vec<_> = reply.headers.get_all("set-cookie").iter().filter_map(|set| set.to_str().ok()).collect();
    let marks = set.iter().find(|set| set.starts_with("attest_known=")).expect("marks");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/sign-in", "Max-Age=34560000"] {
        assert!(marks.contains(part), "{marks}");
    }
    reply.cookie_named("attest_known")
}

async fn strangers_of_however_many_addresses_keep_no_known_browser_out(world: World) {
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    let known = marks(&world, &ada).await;
    for n in 0..40 {
        attempt(&world, (&ada, "wrong password"), &Cookie::default(), &elsewhere(n)).await;
    }
    let right = async |email: &str, marks: &Cookie, from: &str| attempt(&world, (email, PASSWORD), marks, from).await;
    assert_eq!(right(&ada, &Cookie::default(), "10.9.9.9").await, StatusCode::TOO_MANY_REQUESTS, "nobody knows it");
    assert_eq!(right(&ada, &known, "10.9.9.9").await, StatusCode::SEE_OTHER);
    assert_eq!(right(&ada, &known, &elsewhere(3)).await, StatusCode::SEE_OTHER, "also from where somebody failed");
    assert_eq!(right(&bob, &Cookie::default(), "10.9.9.9").await, StatusCode::SEE_OTHER, "another account");
    // The mark is one account's, and somebody's who has it only.
    for n in 0..40 {
        attempt(&world, (&bob, "wrong password"), &Cookie::default(), &elsewhere(100 + n)).await;
    }
    assert_eq!(right(&bob, &known, "10.9.9.9").await, StatusCode::TOO_MANY_REQUESTS);
    // Not the last letter, which may stand for less than a whole one.
    let (before, rest) = known.0.split_at(known.0.len() - 5);
    let other = if rest.starts_with('A') { 'B' } else { 'A' };
    let forged = Cookie(format!("{before}{other}{}", &rest[1..]));
    assert_eq!(right(&ada, &forged, "10.9.9.9").await, StatusCode::TOO_MANY_REQUESTS);
    world.clock.advance(MINUTE);
    assert_eq!(right(&bob, &Cookie::default(), "10.9.9.9").await, StatusCode::SEE_OTHER, "for a minute");
}

/// Source: OWASP ASVS 4.0.3, 2.2.1.
async fn an_account_takes_at_most_a_hundred_guesses_in_an_hour(world: World) {
    let ada = world.person("Ada").await;
    let mut tried = 0;
    for n in 0..720 {
        let status = attempt(&world, (&ada, "wrong password"), &Cookie::default(), &elsewhere(n)).await;
        tried += u32::from(status == StatusCode::UNPROCESSABLE_ENTITY);
        world.clock.advance(5 * SECOND);
    }
    assert!((80..=100).contains(&tried), "{tried}");
}

async fn a_network_is_slowed_over_all_accounts(world: World) {
    let ada = world.person("Ada").await;
    let mut tried = 0;
    for n in 0..60 {
        let email = format!("somebody{n}@example.com");
        let from = format!("10.1.1.{}", n + 1);
        let status = attempt(&world, (&email, "wrong password"), &Cookie::default(), &from).await;
        tried += u32::from(status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(tried, 31);
    let right = async |from: &str| attempt(&world, (&ada, PASSWORD), &Cookie::default(), from).await;
    assert_eq!(right("10.1.1.200").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(right("10.1.2.1").await, StatusCode::SEE_OTHER);
    world.clock.advance(2 * SECOND);
    assert_eq!(right("10.1.1.200").await, StatusCode::SEE_OTHER, "for a second");
}

async fn a_mark_that_was_stolen_gives_few_guesses(world: World) {
    let ada = world.person("Ada").await;
    let (stolen, own) = (marks(&world, &ada).await, marks(&world, &ada).await);
    let mut tried = 0;
    for n in 0..20 {
        let status = attempt(&world, (&ada, "wrong password"), &stolen, &elsewhere(n)).await;
        tried += u32::from(status == StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(tried, 11);
    assert_eq!(attempt(&world, (&ada, PASSWORD), &own, "10.9.9.9").await, StatusCode::SEE_OTHER);
}

async fn a_wrong_present_password_is_in_the_log(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Analyst).await).await;
    let fields = [("act", "password"), ("present", "not the password"), ("new", "plum orbit cactus 41")];
    let refused = world.post("/account", &ada, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    world.clock.advance(20 * MINUTE);
    world.run_jobs().await;
    let rows: Vec<(String, String)> =
        world.rows("select action, after_json from audit where action = 'session.sign_ins_failed' order by seq").await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(rows[0].1.contains("\"failures\":1"), "{rows:?}");
}

/// What people mistype in the long run is no guessing, and one who succeeds makes nobody wait.
async fn honest_mistakes_do_not_add_up(world: World) {
    let (ada, bob) = (world.person("Ada").await, world.person("Bob").await);
    for n in 0..60 {
        let email = format!("somebody{n}@example.com");
        attempt(&world, (&email, "wrong password"), &Cookie::default(), "10.1.1.7").await;
        world.clock.advance(10 * MINUTE);
    }
    let right = async |email: &str| attempt(&world, (email, PASSWORD), &Cookie::default(), "10.1.1.8").await.as_u16();
    assert_eq!((right(&ada).await, right(&bob).await), (303, 303));
    for n in 0..36 {
        let email = format!("somebody{n}@example.com");
        attempt(&world, (&email, "wrong password"), &Cookie::default(), "10.1.1.7").await;
        world.clock.advance(MINUTE / 2);
    }
    world.clock.advance(MINUTE);
    assert_eq!((right(&ada).await, right(&bob).await, right(&ada).await), (303, 303, 303), "one right after another");
}
