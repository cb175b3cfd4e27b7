//! Accounts, sessions, reset links and workspaces, by their pages.

use crate::harness::{Cookie, PASSWORD, World, on_both};
use attest::domain::role::Role;
use attest::domain::time::{HOUR, MINUTE};
use axum::http::StatusCode;

on_both! {
    a_password_change_ends_the_other_sessions
    sessions_are_seen_and_ended
    a_name_and_a_look_are_kept
    a_reset_link_ends_sessions_and_works_once
    an_operator_makes_a_workspace_with_its_first_admin
}

const ANOTHER: &str = "nine violet anchors 8";

async fn password(world: &World, cookie: &Cookie, present: &str, new: &str) -> StatusCode {
    let form = [("act", "password"), ("present", present), ("new", new)];
    world.post("/account", cookie, &form).await.status
}

async fn a_password_change_ends_the_other_sessions(world: World) {
    let ada = world.person("Ada").await;
    let (here, there) = (world.sign_in(&ada).await, world.sign_in(&ada).await);
    assert_eq!(password(&world, &here, "wrong", ANOTHER).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(password(&world, &here, PASSWORD, "password1234").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(password(&world, &here, PASSWORD, PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY, "not another one");
    assert_eq!(world.get("/account", &there).await.status, StatusCode::OK, "nothing was changed so far");
    assert_eq!(password(&world, &here, PASSWORD, ANOTHER).await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/account", &here).await.status, StatusCode::OK);
    assert_eq!(world.get("/account", &there).await.status, StatusCode::SEE_OTHER, "signed out");
    for _ in 0..5 {
        password(&world, &here, "a guess", PASSWORD).await;
    }
    assert_eq!(password(&world, &here, ANOTHER, PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY, "guesses slow down");
    world.clock.advance(MINUTE);
    assert_eq!(password(&world, &here, ANOTHER, PASSWORD).await, StatusCode::SEE_OTHER);
    world.assert_holds().await;
}

async fn sessions_are_seen_and_ended(world: World) {
    let ada = world.person("Ada").await;
    let (here, there) = (world.sign_in(&ada).await, world.sign_in(&ada).await);
    let eve = world.sign_in(&world.person("Eve").await).await;
    let page = world.get("/account", &here).await.body;
    assert!(page.contains("This session") && page.contains("127.0.0.1"), "{page}");
    let (_, rest) = page.split_once("name=\"session\" value=\"").expect("another session");
    let end = [("act", "end"), ("session", rest.split('"').next().expect("an id"))];
    assert_eq!(world.post("/account", &eve, &end).await.status, StatusCode::NOT_FOUND, "somebody else's");
    assert_eq!(world.post("/account", &here, &end).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/account", &there).await.status, StatusCode::SEE_OTHER);
    let (third, fourth) = (world.sign_in(&ada).await, world.sign_in(&ada).await);
    assert_eq!(world.post("/account", &here, &[("act", "end_others")]).await.status, StatusCode::SEE_OTHER);
    for ended in [third, fourth] {
        assert_eq!(world.get("/account", &ended).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(world.get("/account", &here).await.status, StatusCode::OK);
    assert_eq!(world.get("/account", &eve).await.status, StatusCode::OK);
    world.assert_holds().await;
}

async fn a_name_and_a_look_are_kept(world: World) {
    let ada = world.sign_in(&world.person("Ada").await).await;
    let send = async |form: &[(&str, &str)]| world.post("/account", &ada, form).await.status;
    for wrong in ["", "a\u{0}b", &"x".repeat(10_000)] {
        assert_eq!(send(&[("act", "name"), ("name", wrong)]).await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(send(&[("act", "name"), ("name", " Ada  Lovelace ")]).await, StatusCode::SEE_OTHER);
    assert_eq!(send(&[("act", "theme"), ("theme", "sepia")]).await, StatusCode::BAD_REQUEST);
    assert_eq!(send(&[("act", "theme"), ("theme", "dark")]).await, StatusCode::SEE_OTHER);
    let page = world.get("/account", &ada).await.body;
    assert!(page.contains("Ada Lovelace") && page.contains("data-theme=\"dark\""), "{page}");
    world.assert_holds().await;
}

async fn a_reset_link_ends_sessions_and_works_once(world: World) {
    world.workspace("Acme").await;
    let admin = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let bob = world.member("acme", "Bob", Role::Analyst).await;
    let bobs = world.sign_in(&bob).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let reset = async |cookie: &Cookie| world.post("/people", cookie, &[("email", bob.as_str())]).await;
    assert_eq!(reset(&admin).await.status, StatusCode::FORBIDDEN, "power over accounts is the operators' only");
    for own in ["olga@example.com", " OLGA@example.com "] {
        let own = world.post("/people", &olga, &[("email", own)]).await;
        assert_eq!(own.status, StatusCode::BAD_REQUEST, "one's own password is changed by who knows it");
    }
    let made = reset(&olga).await;
    let (_, rest) = made.body.split_once("/set-up?token=").expect("a link");
    let first = rest.split('<').next().expect("an end").to_owned();
    assert_eq!(world.get("/account", &bobs).await.status, StatusCode::SEE_OTHER, "his sessions have ended");
    assert!(!world.get("/people", &olga).await.body.contains("token="), "shown once");
    let audit = world.get("/w/acme/audit", &admin).await.body;
    assert!(audit.contains("Password-reset link created"), "{audit}");
    let made = reset(&olga).await;
    let (_, rest) = made.body.split_once("/set-up?token=").expect("a link");
    let second = rest.split('<').next().expect("an end").to_owned();
    let choose = async |token: &str, password: &str| {
        world.post("/set-up", &Cookie::default(), &[("token", token), ("password", password)]).await.status
    };
    assert_eq!(choose(&first, ANOTHER).await, StatusCode::NOT_FOUND, "a later link replaced it");
    let (one, other) = tokio::join!(choose(&second, ANOTHER), choose(&second, "nine violet anchors 9"));
    let mut statuses = [one, other];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND], "two at once: one is first");
    let made = reset(&olga).await;
    let (_, rest) = made.body.split_once("/set-up?token=").expect("a link");
    world.clock.advance(HOUR + 1);
    assert_eq!(
        choose(rest.split('<').next().expect("an end"), ANOTHER).await,
        StatusCode::NOT_FOUND,
        "an hour is over"
    );
    world.assert_holds().await;
}

async fn an_operator_makes_a_workspace_with_its_first_admin(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let send = async |cookie: &Cookie, name: &str, zone: &str, admin: &str, admin_name: &str| {
        let form = [
            ("name", name),
            ("slug", ""),
            ("time_zone", zone),
            ("org", ""),
            ("account", ""),
            ("admin", admin),
            ("admin_name", admin_name),
        ];
        world.post("/workspaces", cookie, &form).await
    };
    assert_eq!(send(&ada, "Other", "UTC", "ada@example.com", "").await.status, StatusCode::FORBIDDEN);
    for (name, zone, admin, admin_name) in [
        ("   ", "UTC", "ada@example.com", ""),
        (&*"x".repeat(10_000), "UTC", "ada@example.com", ""),
        ("a\u{202e}b", "UTC", "ada@example.com", ""),
        ("Other", "Mars/Olympus", "ada@example.com", ""),
        ("Other", "UTC", "no e-mail", ""),
        ("Other", "UTC", "new@example.com", ""),
    ] {
        assert_eq!(
            send(&olga, name, zone, admin, admin_name).await.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{zone} {admin}"
        );
    }
    let made = send(&olga, "<b>Other</b> & Sons", "Europe/Berlin", "ada@example.com", "").await;
    assert!(
        made.status == StatusCode::OK
            && made.body.contains("&lt;b&gt;Other&lt;/b&gt; &amp; Sons")
            && !made.body.contains("token=")
    );
    assert_eq!(world.get("/w/b-other-b-sons/privacy", &ada).await.status, StatusCode::OK);
    assert_eq!(world.get("/w/b-other-b-sons/privacy", &olga).await.status, StatusCode::NOT_FOUND, "no right inside");
    let made = send(&olga, "Third", "UTC", "nora@example.com", "Nora").await;
    let (_, rest) = made.body.split_once("/set-up?token=").expect("a link for the new account");
    let form = [("token", rest.split('<').next().expect("an end")), ("password", PASSWORD)];
    assert_eq!(world.post("/set-up", &Cookie::default(), &form).await.status, StatusCode::SEE_OTHER);
    let nora = world.sign_in("nora@example.com").await;
    assert_eq!(world.get("/w/third/members", &nora).await.status, StatusCode::OK);
    world.assert_holds().await;
}
