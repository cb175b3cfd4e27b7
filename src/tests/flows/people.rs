//! Accounts, sessions, reset links and workspaces, by their pages.

use crate::harness::{Cookie, PASSWORD, World, bearer, on_both, workspace_ref};
use attest::domain::error::Refusal;
use attest::domain::role::Role;
use attest::domain::text::Email;
use attest::domain::time::{HOUR, MINUTE};
use attest::server::error::Error;
use attest::server::services::member::set_member;
use attest::server::services::person::make_reset_link;
use attest::server::services::session::{SignedIn, record_sign_in, sign_in as check_password};
use attest::server::services::standing::{Standing, set_standing};
use axum::http::StatusCode;

on_both! {
    a_password_change_ends_the_other_sessions
    sessions_are_seen_and_ended
    a_name_and_a_look_are_kept
    nobody_takes_the_name_of_somebody_else
    a_reset_link_ends_sessions_and_works_once
    an_operator_makes_a_workspace_with_its_first_admin
    a_password_that_was_taken_away_meanwhile_signs_nobody_in
    a_disabled_account_can_do_nothing
    somebody_is_left_who_can_act
    an_account_that_somebody_else_could_have_made_is_asked_about
}

async fn sign_in(world: &World, email: &str, password: &str) -> StatusCode {
    let fields = [("email", email), ("password", password), ("next", "/")];
    world.post("/sign-in", &Cookie::default(), &fields).await.status
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
    for _ in 0..11 {
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

/// The log shows names: whoever acts must not look like somebody else there.
async fn nobody_takes_the_name_of_somebody_else(world: World) {
    world.workspace("Acme").await;
    let (ada, bob) = (world.member("acme", "Ada", Role::Admin).await, world.member("acme", "Bob", Role::Analyst).await);
    let (ada, bob) = (world.sign_in(&ada).await, world.sign_in(&bob).await);
    for taken in ["Ada", "ADA", "command line", "Command Line", "erasing", "Attest", "attest (sign-in)", "visitor"] {
        let reply = world.post("/account", &bob, &[("act", "name"), ("name", taken)]).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{taken}");
        assert!(reply.body.contains("Somebody else has this name"), "{taken}");
        // Of a token the log says that it is one.
        let fields = [("act", "add"), ("name", taken), ("role", "analyst"), ("days", "30")];
        let reply = world.post("/w/acme/tokens", &ada, &fields).await;
        let is_persons = taken.eq_ignore_ascii_case("ada");
        assert_eq!(reply.status == StatusCode::UNPROCESSABLE_ENTITY, !is_persons, "a token {taken}: {}", reply.body);
    }
    for own in ["BOB", "Attestor", "Ada L"] {
        assert_eq!(world.post("/account", &bob, &[("act", "name"), ("name", own)]).await.status, StatusCode::SEE_OTHER);
    }
    // By the end of an id, what one did under several names is told to be one's.
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let log = world.get("/log", &olga).await.body;
    let id: Vec<(i64,)> = world.rows("select id from people where name = 'Ada L'").await;
    let id = attest::domain::id::PersonId(id[0].0).to_string();
    assert!(log.contains(&format!("…{}", &id[id.len() - 5..])), "{log}");
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
    let page = world.page_of(&bob).await;
    let reset = async |cookie: &Cookie| world.post(&page, cookie, &[("act", "reset"), ("sure", "yes")]).await;
    assert_eq!(reset(&admin).await.status, StatusCode::FORBIDDEN, "power over accounts is the operators' only");
    let own = world.page_of("olga@example.com").await;
    for act in ["reset", "disable", "unmake_operator"] {
        let sent = world.post(&own, &olga, &[("act", act)]).await;
        assert_eq!(sent.status, StatusCode::BAD_REQUEST, "one's own password is changed by who knows it");
    }
    let made = reset(&olga).await;
    let (_, rest) = made.body.split_once("/set-up?token=").expect("a link");
    let first = rest.split('<').next().expect("an end").to_owned();
    assert_eq!(world.get("/account", &bobs).await.status, StatusCode::SEE_OTHER, "his sessions have ended");
    assert!(!world.get(&page, &olga).await.body.contains("token="), "shown once");
    assert_eq!(sign_in(&world, &bob, PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY, "the old password is gone");
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

/// Found right before the reset, and used after it.
async fn a_password_that_was_taken_away_meanwhile_signs_nobody_in(world: World) {
    let ada = world.person("Ada").await;
    let (services, actor) = (&world.state.services, World::actor());
    let SignedIn::Yes(person, proof) =
        check_password(services, &actor, (&ada, PASSWORD.into()), "").await.expect("a check")
    else {
        panic!("the password is right");
    };
    make_reset_link(services, &actor, &ada).await.expect("a link");
    let recorded = record_sign_in(services, &actor, &person, proof).await;
    assert!(matches!(recorded, Err(Error::Refused(Refusal::SignedOut))), "{recorded:?}");
    world.assert_holds().await;
}

async fn a_disabled_account_can_do_nothing(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let eve = world.member("acme", "Eve", Role::ComplianceAdmin).await;
    let (adas, eves) = (world.sign_in(&ada).await, world.sign_in(&eve).await);
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let form = [("act", "add"), ("name", "Report"), ("role", "analyst"), ("days", "30")];
    let made = world.post("/w/acme/tokens", &eves, &form).await.body;
    let start = made.find("attest_").expect("a token");
    let token = made[start..].split(['<', '"', '&']).next().expect("an end").to_owned();
    let ask = async || world.ask("GET", "/api/v1/workspaces/acme/distribution", Some(&bearer(&token)), "").await.status;
    assert_eq!(ask().await, StatusCode::OK);
    let form = [("act", "invite"), ("email", "kim@example.com"), ("role", "analyst")];
    let made = world.post("/w/acme/members", &eves, &form).await.body;
    let (_, rest) = made.split_once("/invitation?token=").expect("a link");
    let invitation = rest.split('<').next().expect("an end").to_owned();
    let join = async || {
        let form = [("token", &*invitation), ("name", "Kim"), ("password", ANOTHER)];
        world.post("/invitation", &Cookie::default(), &form).await.status
    };
    let page = world.page_of(&eve).await;
    assert_eq!(
        world.post(&page, &adas, &[("act", "disable"), ("sure", "yes")]).await.status,
        StatusCode::FORBIDDEN,
        "operators only"
    );
    let before = world.get(&page, &olga).await.body;
    assert!(before.contains("Disable Eve") && before.contains("Acme: Compliance Admin"), "{before}");
    let sent = world.post(&page, &olga, &[("act", "disable"), ("sure", "yes")]).await;
    assert_eq!((sent.status, sent.location()), (StatusCode::SEE_OTHER, &*page));
    assert!(world.get(&page, &olga).await.body.contains("Account disabled."));
    assert_eq!(world.get("/w/acme/overview", &eves).await.status, StatusCode::SEE_OTHER, "signed out");
    assert_eq!(sign_in(&world, &eve, PASSWORD).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ask().await, StatusCode::NOT_FOUND, "her token");
    assert_eq!(join().await, StatusCode::NOT_FOUND, "her invitation");
    assert!(world.get("/w/acme/members", &adas).await.body.contains("Disabled"));
    let audit = world.get("/w/acme/audit", &adas).await.body;
    assert!(audit.contains("Account disabled"), "{audit}");
    assert_eq!(world.post(&page, &olga, &[("act", "enable")]).await.status, StatusCode::SEE_OTHER);
    assert_eq!((ask().await, join().await), (StatusCode::OK, StatusCode::SEE_OTHER));
    let eves = world.sign_in(&eve).await;
    assert_eq!(world.get("/w/acme/privacy", &eves).await.status, StatusCode::OK, "with the role that she had");
    world.assert_holds().await;
}

async fn somebody_is_left_who_can_act(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (olga, otto) = (world.operator("Olga").await, world.operator("Otto").await);
    let set = async |email: &str, standing: Standing| {
        let email = Email::parse(email).expect("an e-mail");
        let person = world.store.system_view().await.expect("a view").person_by_email(&email).await;
        let id = person.expect("a read").expect("a person").id;
        set_standing(&world.state.services, &World::actor(), id, (standing, false))
            .await
            .map_err(|error| format!("{error:?}"))
    };
    assert!(set(&ada, Standing::Disabled).await.is_err_and(|error| error.contains("LastComplianceAdmin")));
    let eve = world.member("acme", "Eve", Role::ComplianceAdmin).await;
    set(&ada, Standing::Disabled).await.expect("Eve is left");
    assert!(set(&eve, Standing::Disabled).await.is_err_and(|error| error.contains("LastComplianceAdmin")));
    let demoted = set_member(&world.store, &World::actor(), workspace_ref("acme"), &eve, (Role::Analyst, false)).await;
    assert!(demoted.is_err(), "a disabled one is none");
    // Two at once: one of the two is left.
    let both = tokio::join!(set(&olga, Standing::Disabled), set(&otto, Standing::NoOperator));
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    assert!(both.0.err().or(both.1.err()).is_some_and(|error| error.contains("LastOperator")));
    world.assert_holds().await;
}

/// Whoever invites somebody is shown their link, and could join in their place.
async fn an_account_that_somebody_else_could_have_made_is_asked_about(world: World) {
    world.workspace("Acme").await;
    world.workspace("Other").await;
    let mallory = world.sign_in(&world.member("acme", "Mallory", Role::Admin).await).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    let other = world.sign_in(&world.member("other", "Otto", Role::ComplianceAdmin).await).await;
    let form = [("act", "invite"), ("email", "boss@example.com"), ("role", "analyst")];
    let made = world.post("/w/acme/members", &mallory, &form).await.body;
    let (_, rest) = made.split_once("/invitation?token=").expect("a link");
    let token = rest.split('<').next().expect("an end");
    let form = [("token", token), ("name", "Boss"), ("password", ANOTHER)];
    assert_eq!(world.post("/invitation", &Cookie::default(), &form).await.status, StatusCode::SEE_OTHER);
    let page = world.page_of("boss@example.com").await;
    let about = world.get(&page, &olga).await.body;
    assert!(about.contains("First link shown to") && about.contains("Mallory"), "{about}");
    let workspace =
        |confirmed| [("name", "Third"), ("time_zone", "UTC"), ("admin", "boss@example.com"), ("confirmed", confirmed)];
    for (path, cookie, form) in [
        ("/workspaces", &olga, &workspace("")[..]),
        ("/w/other/members", &other, &[("act", "invite"), ("email", "boss@example.com"), ("role", "compliance_admin")]),
        (&page, &olga, &[("act", "make_operator"), ("sure", "yes")]),
    ] {
        let sent = world.post(path, cookie, form).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(sent.body.contains("was shown to Mallory"), "{path}: {}", sent.body);
    }
    let set =
        set_member(&world.store, &World::actor(), workspace_ref("other"), "boss@example.com", (Role::Analyst, false))
            .await;
    assert!(format!("{set:?}").contains("LinkWasShown"));
    assert_eq!(world.post("/workspaces", &olga, &workspace("yes")).await.status, StatusCode::OK);
    let confirmed = [("act", "make_operator"), ("sure", "yes"), ("confirmed", "yes")];
    assert_eq!(world.post(&page, &olga, &confirmed).await.status, StatusCode::SEE_OTHER);
    world.assert_holds().await;
}
