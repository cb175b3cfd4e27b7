//! The summary of a week: its page, and its mail.

use super::api;
use crate::flows::mail::MailServer;
use crate::harness::{Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR};
use attest::server::services::member::remove_member;
use attest::server::store::{Actor, WorkspaceRef};
use axum::http::StatusCode;
use serde_json::json;

on_both! {
    a_week_is_summed_up_when_it_is_over
    rounded_roles_see_of_a_week_what_its_days_say
    a_week_is_mailed_once_to_those_who_asked
}

/// Twenty of fifty devices allow it on Sunday 22 November 2026; two of them take it back on Monday.
async fn tell(world: &World) -> Cookie {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let input = world.input("acme", "Backend").await;
    let send = async |n: usize, status: &str| {
        let batch = json!({"user_identities": {"customer_id": format!("c{n}")},
            "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": format!("v{n}"), "att_authorization_status": status}});
        assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    };
    for n in 0..50 {
        send(n, if n < 20 { "authorized" } else { "denied" }).await;
    }
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let change = json!({"status": "denied", "reason": "a test", "version": 1}).to_string();
    let reply = world.ask("PUT", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), change).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    world.clock.advance(DAY);
    send(0, "denied").await;
    send(1, "denied").await;
    ada
}

async fn a_week_is_summed_up_when_it_is_over(world: World) {
    tell(&world).await;
    let ada = world.sign_in("ada@example.com").await;
    let page = world.get("/w/acme/week", &ada).await.body;
    assert!(page.contains("Week 16 Nov – 22 Nov 2026"), "{page}");
    assert!(page.contains("<b>40.0%</b>") && page.contains("20 of 50"), "as it was on Sunday: {page}");
    assert!(page.contains("Default: No default → Denied"), "{page}");
    assert!(page.contains("<dt>First answers</dt><dd class=\"n\">50</dd>"), "{page}");
    assert!(page.contains("from authorized to denied</dt><dd class=\"n\">0</dd>"), "{page}");
    assert!(page.contains("sends no mails"), "{page}");
    world.clock.advance(7 * DAY);
    let ada = world.sign_in("ada@example.com").await;
    let page = world.get("/w/acme/week", &ada).await.body;
    assert!(page.contains("Week 23 Nov – 29 Nov 2026") && page.contains("<b>36.0%</b>"), "{page}");
    assert!(page.contains("<b>▼ 4.0 points</b> in 7 days, may be chance"), "{page}");
    assert!(page.contains("from authorized to denied</dt><dd class=\"n\">2</dd>"), "{page}");
    assert!(!page.contains("No default → Denied"), "{page}");
    let overview = world.get("/w/acme/overview", &ada).await.body;
    assert!(overview.contains("href=\"week\""), "{overview}");
    assert!(page.contains("/w/acme/week?ends=2026-11-22") && !page.contains("Week after"), "{page}");
    let earlier = world.get("/w/acme/week?ends=2026-11-22", &ada).await.body;
    assert!(earlier.contains("Week 16 Nov – 22 Nov 2026") && earlier.contains("<b>40.0%</b>"), "{earlier}");
    assert!(earlier.contains("/w/acme/week?ends=2026-11-29") && !earlier.contains("The last week"), "{earlier}");
    // Not a Sunday, not over, not kept, no day.
    for ends in ["2026-11-23", "2026-12-06", "1996-12-01", "9999-12-31", "last"] {
        let reply = world.get(&format!("/w/acme/week?ends={ends}"), &ada).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{ends}: {}", reply.body);
    }
    let rea = world.sign_in(&world.member("acme", "Rea", Role::ReadOnly).await).await;
    let page = world.get("/w/acme/week", &rea).await.body;
    assert!(page.contains("fewer than 10") && !page.contains("36.0%"), "{page}");
}

/// Fourteen first answers on one day and fourteen on the next are twice ten, and no twenty-eight.
async fn rounded_roles_see_of_a_week_what_its_days_say(world: World) {
    world.workspace("Acme").await;
    world.member("acme", "Rea", Role::ReadOnly).await;
    let input = world.input("acme", "Backend").await;
    world.clock.advance(DAY);
    for day in 0..2 {
        for n in 0..14 {
            let name = format!("{day}-{n}");
            let batch = json!({"user_identities": {"customer_id": name},
                "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": name, "att_authorization_status": "authorized"}});
            assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
        }
        world.clock.advance(DAY);
    }
    world.clock.advance(6 * DAY);
    let rea = world.sign_in("rea@example.com").await;
    let page = world.get("/w/acme/week", &rea).await.body;
    let token = world.token("acme", Role::ReadOnly).await;
    let told = api(&world, &token, "transitions?from=2026-11-23&to=2026-11-29").await;
    assert_eq!(told["first_answers"], 20, "{told}");
    for figure in ["first_answers", "first_authorized"] {
        assert!(page.contains(&format!("<dd class=\"n\">about {} or more</dd>", told[figure])), "{figure}: {page}");
    }
    // As at the end of its last day, and not as the exact twenty-eight.
    assert!(page.contains("<dt>Apple profiles at its end</dt><dd class=\"n\">30</dd>"), "{page}");
}

async fn a_week_is_mailed_once_to_those_who_asked(world: World) {
    let mut server = MailServer::start(0).await;
    let world = world.mailing(server.port);
    world.workspace("Acme").await;
    for (name, role) in [("Ada", Role::ComplianceAdmin), ("Rea", Role::ReadOnly), ("Bob", Role::Analyst)] {
        let cookie = world.sign_in(&world.member("acme", name, role).await).await;
        world.run_jobs().await;
        assert_eq!(server.next().await.1, "Attest: Role changed");
        if name != "Bob" {
            let reply = world.post("/w/acme/week", &cookie, &[("act", "begin")]).await;
            assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
            assert!(world.get("/w/acme/week", &cookie).await.body.contains("Stop mailing me this"));
        }
    }
    let mailed = "select count(*) from weekly_mails where sent_until >= 20779";
    // Monday, before and after seven in the morning.
    world.run_jobs().await;
    world.clock.advance(DAY - 10 * HOUR);
    world.run_jobs().await;
    assert_eq!(world.rows::<(i64,)>(mailed).await, [(0,)], "not at four in the morning");
    world.clock.advance(4 * HOUR);
    world.run_jobs().await;
    assert_eq!(world.rows::<(i64,)>(mailed).await, [(2,)]);
    // What waits is sent by a job of the installation, which comes first.
    world.run_jobs().await;
    for _ in 0..2 {
        let (_, subject, text) = server.next().await;
        assert_eq!(subject, "Acme: Week 2026-11-16 to 2026-11-22");
        assert!(text.contains("Consent rate: – (fewer than 10 of fewer than 20)"), "rounded for everybody: {text}");
        assert!(text.contains("/w/acme/week?ends=2026-11-22"), "{text}");
    }
    // Once; and whoever left, or ended it, gets the next one no more.
    world.clock.advance(2 * HOUR);
    world.run_jobs().await;
    let ada = world.sign_in("ada@example.com").await;
    assert_eq!(world.post("/w/acme/week", &ada, &[("act", "end")]).await.status, StatusCode::SEE_OTHER);
    let acme = WorkspaceRef::parse("acme").expect("a workspace");
    remove_member(&world.store, &Actor::command_line(), acme, "rea@example.com").await.expect("she is removed");
    assert_eq!(world.rows::<(i64,)>("select count(*) from weekly_mails").await, [(0,)]);
    world.clock.advance(7 * DAY);
    world.run_jobs().await;
    let waiting = "select count(*) from mails";
    assert_eq!(world.rows::<(i64,)>(waiting).await, [(0,)]);
    let unknown = world.post("/w/acme/week", &world.sign_in("bob@example.com").await, &[("act", "other")]).await.status;
    assert_eq!(unknown, StatusCode::BAD_REQUEST);
}
