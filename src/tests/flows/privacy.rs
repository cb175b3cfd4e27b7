//! The default is changed, and everything shows it.

use crate::harness::{World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use attest::server::calendar;
use attest::server::clock::Clock;
use axum::http::StatusCode;
use serde_json::json;

on_both! {
    the_default_changes_everywhere_at_once
    authorized_asks_for_the_name
    a_stale_version_shows_the_other_change
    an_analyst_sees_and_cannot_change
    the_policy_has_a_form_of_its_own
    nobody_changes_it_without_end
    a_trend_reads_the_settings_of_its_days
}

fn ios(n: usize, status: Option<&str>) -> serde_json::Value {
    json!({"user_identities": {"customer_id": format!("c{n}")}, "application_info": {"package": "com.acme.app"},
        "device_info": {"platform": "iOS", "ios_idfv": format!("v{n}"), "att_authorization_status": status}})
}

async fn the_default_changes_everywhere_at_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let (input, token) = (world.input("acme", "Backend").await, world.token("acme", Role::Compliance).await);
    for n in 0..5 {
        world.event(&input, &ios(n, [None, None, None, Some("authorized"), Some("denied")][n])).await;
    }
    let cookie = world.sign_in(&ada).await;
    let page = world.get("/w/acme/privacy", &cookie).await;
    assert!(page.body.contains("3 profiles on 3 devices that never answered would count as Denied"), "{}", page.body);
    let form = [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", "LR-1"), ("confirm", "")];
    let reply = world.post("/w/acme/privacy", &cookie, &form).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/w/acme/privacy"));
    let saved = world.get("/w/acme/privacy", &cookie).await.body;
    assert!(saved.contains("No default → Denied") && saved.contains("3 profiles changed"), "{saved}");
    let read = world.distribution("acme", &token, "basis=effective").await;
    assert_eq!(
        read["counts"],
        json!({"authorized": 1, "denied": 4, "restricted": 0, "not_determined": 0, "unknown": 0})
    );
    assert_eq!((&read["default"], &read["version"], &read["total"]), (&json!("denied"), &json!(2), &json!(5)));
    let explicit =
        world.distribution("acme", &token, "basis=explicit&app=com.acme.app&platform=iOS&unit=devices").await;
    assert_eq!(explicit["counts"]["unknown"], 3);
    let overview = world.get("/w/acme/overview", &cookie).await.body;
    assert!(overview.contains("<b>3</b> profiles (60.0%) have only the default"), "{overview}");
    let (_, link) = saved.split_once("/w/acme/audit?before=").expect("a link to the row");
    let (before, row) = link.split_once("#").expect("the row's place");
    let audit = world.get(&format!("/w/acme/audit?before={before}"), &cookie).await.body;
    let first = audit.find("id=\"row-").map(|at| &audit[at + 4..]).expect("a row");
    assert_eq!(first.split('"').next(), row.split('"').next(), "the page begins with that row");
    assert!(audit.contains("ATT default changed") && audit.contains("LR-1"));
    let reply = world.look_up("/w/acme/profiles", &cookie, "customer_id", "c0").await;
    assert!(reply.body.contains("Default of settings version <b>2</b>"), "{}", reply.body);
    world.assert_holds().await;
}

/// Each change is kept for ever, and read by whoever shows figures of those days.
async fn nobody_changes_it_without_end(world: World) {
    world.workspace("Acme").await;
    let (token, other) =
        (world.token("acme", Role::ComplianceAdmin).await, world.token("acme", Role::ComplianceAdmin).await);
    let change = async |token: &str, version: i64| {
        let status = ["denied", "restricted"][(version % 2) as usize];
        let body = json!({"status": status, "reason": "a test", "version": version}).to_string();
        let path = "/api/v1/workspaces/acme/att-default";
        world.ask("PUT", path, Some(&bearer(token)), body).await.status
    };
    for version in 1..=100 {
        assert_eq!(change(&token, version).await, StatusCode::OK, "{version}");
    }
    assert_eq!(change(&token, 101).await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(change(&other, 101).await, StatusCode::OK, "somebody else still can");
    world.clock.advance(DAY + 1);
    assert_eq!(change(&token, 102).await, StatusCode::OK);
    // The policy is counted by itself, and the page says so beside its reason.
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let set = async |form: &str, version: i64| {
        let (version, policy) = (version.to_string(), ["withhold", "require_status"][(version % 2) as usize]);
        let fields = match form {
            "policy" => vec![("idfa_policy", policy), ("policy_reason", "a test"), ("policy_confirm", "")],
            _ => vec![("status", "none"), ("reason", "a test"), ("confirm", "")],
        };
        let form: Vec<_> = [("form", form), ("version", &*version)].into_iter().chain(fields).collect();
        world.post("/w/acme/privacy", &ada, &form).await
    };
    for version in 103..203 {
        let reply = set("policy", version).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{version}: {}", reply.body);
    }
    let refused = set("policy", 203).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    assert!(refused.body.contains("That is a lot for now"), "{}", refused.body);
    assert_eq!(set("default", 203).await.status, StatusCode::SEE_OTHER);
    world.assert_holds().await;
}

/// What was in force on a day is found, however many changes there were before and after it, and where a clock was set back.
async fn a_trend_reads_the_settings_of_its_days(world: World) {
    world.workspace("Acme").await;
    let token = world.token("acme", Role::Compliance).await;
    let start = world.clock.now();
    for (version, (status, days)) in
        [("denied", 0), ("restricted", 2), ("denied", 2), ("authorized", 4)].iter().enumerate()
    {
        const ADD: &str = "insert into settings_versions (workspace_id, version, default_status, idfa_policy, changed_at, \
            changed_by, reason, moved_profiles) select workspace_id, $1, $2, idfa_policy, $3, changed_by, 'a test', 0 \
            from settings_versions where version = 1";
        let code = ["not_determined", "restricted", "denied", "authorized"].iter().position(|known| known == status);
        let add = ADD
            .replace("$1", &(version + 2).to_string())
            .replace("$2", &code.expect("a status").to_string())
            // The third was stamped before the second, by a clock that was set back.
            .replace("$3", &(start.0 + days * DAY - if version == 2 { DAY / 2 } else { 0 }).to_string());
        world.execute_any(sqlx::AssertSqlSafe(add)).await;
    }
    world.clock.advance(5 * DAY);
    let ask = async |from: i64, to: i64| {
        let day = |days: i64| calendar::date(calendar::day(start, "UTC").plus(days));
        let path = format!("/api/v1/workspaces/acme/trend?from={}&to={}", day(from), day(to));
        let reply = world.ask("GET", &path, Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let points = reply.json()["points"].as_array().expect("points").clone();
        points.iter().map(|point| point["default"].as_str().unwrap_or("none").to_owned()).collect::<Vec<_>>()
    };
    let all = ask(0, 5).await;
    // The same is told of each day by itself.
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    for (days, default) in all.iter().enumerate() {
        let day = calendar::date(calendar::day(start, "UTC").plus(days as i64));
        let page = world.get(&format!("/w/acme/audit?on={day}"), &ada).await.body;
        let name = match default.as_str() {
            "denied" => "Denied",
            "restricted" => "Restricted",
            _ => "Authorized",
        };
        assert!(page.contains(&format!("{name}</span></b>, version ")), "{day} {default}: {page}");
    }
    for (from, to) in [(0, 0), (1, 1), (2, 2), (2, 4), (3, 3), (5, 5), (1, 5)] {
        assert_eq!(ask(from, to).await, all[from as usize..=to as usize], "{from} to {to}");
    }
    assert_eq!(all[4..], ["authorized", "authorized"]);
    assert_eq!(all[3], "denied", "the third came after the second");
}

async fn authorized_asks_for_the_name(world: World) {
    world.workspace("Acme Games").await;
    let ada = world.member("acme-games", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let send = async |typed: &str| {
        let form = [
            ("form", "default"),
            ("version", "1"),
            ("status", "authorized"),
            ("reason", "board said so"),
            ("confirm", typed),
        ];
        world.post("/w/acme-games/privacy", &cookie, &form).await
    };
    for typed in ["", "acme games", "Acme"] {
        let reply = send(typed).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            reply.body.contains("This is not the workspace&#x27;s name")
                || reply.body.contains("This is not the workspace's name"),
            "{}",
            reply.body
        );
        assert!(reply.body.contains("board said so"), "what was typed is kept");
    }
    assert_eq!(send("Acme Games").await.status, StatusCode::SEE_OTHER);
}

async fn a_stale_version_shows_the_other_change(world: World) {
    world.workspace("Acme").await;
    let (ada, bob) = (
        world.member("acme", "Ada", Role::ComplianceAdmin).await,
        world.member("acme", "Bob", Role::ComplianceAdmin).await,
    );
    let (ada, bob) = (world.sign_in(&ada).await, world.sign_in(&bob).await);
    let form = |status, reason| {
        [("form", "default"), ("version", "1"), ("status", status), ("reason", reason), ("confirm", "")]
    };
    assert_eq!(
        world.post("/w/acme/privacy", &ada, &form("denied", "mine came first")).await.status,
        StatusCode::SEE_OTHER
    );
    let reply = world.post("/w/acme/privacy", &bob, &form("restricted", "mine was second")).await;
    assert_eq!(reply.status, StatusCode::CONFLICT);
    assert!(
        reply.body.contains("mine came first")
            && reply.body.contains("mine was second")
            && reply.body.contains("No default → Denied"),
        "{}",
        reply.body
    );
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let body = json!({"status": "restricted", "reason": "third", "version": 1}).to_string();
    let reply = world.ask("PUT", "/api/v1/workspaces/acme/att-default", Some(&bearer(&token)), body).await;
    assert_eq!((reply.status, &reply.json()["errors"][0]["code"]), (StatusCode::CONFLICT, &json!("CONFLICT")));
    world.assert_holds().await;
}

async fn an_analyst_sees_and_cannot_change(world: World) {
    world.workspace("Acme").await;
    let ann = world.member("acme", "Ann", Role::Analyst).await;
    let (input, cookie) = (world.input("acme", "Backend").await, world.sign_in(&ann).await);
    for n in 0..14 {
        world.event(&input, &ios(n, Some("denied"))).await;
    }
    let page = world.get("/w/acme/privacy", &cookie).await;
    assert!(!page.body.contains("<form method=\"post\" class=\"card"), "no form for whoever may not change");
    let overview = world.get("/w/acme/overview", &cookie).await.body;
    assert!(
        overview.contains("rounded to 10") && overview.contains("10 Apple profiles") && !overview.contains(">14<"),
        "{overview}"
    );
    let token = world.token("acme", Role::Analyst).await;
    let read = world.distribution("acme", &token, "").await;
    assert_eq!(
        (&read["counts"]["denied"], &read["counts"]["authorized"], &read["rounded"]),
        (&json!(10), &json!(null), &json!(true))
    );
    let form = [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", "mine"), ("confirm", "")];
    assert_eq!(world.post("/w/acme/privacy", &cookie, &form).await.status, StatusCode::FORBIDDEN);
}

async fn the_policy_has_a_form_of_its_own(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let send = async |policy: &str, version: &str, reason: &str, typed: &str| {
        let form = [
            ("form", "policy"),
            ("version", version),
            ("idfa_policy", policy),
            ("policy_reason", reason),
            ("policy_confirm", typed),
        ];
        world.post("/w/acme/privacy", &cookie, &form).await
    };
    assert_eq!(send("observe", "1", "", "Acme").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(send("require_everything", "1", "x", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    // Observe keeps what people refused: it asks as Authorized does.
    for typed in ["", "acme"] {
        let reply = send("observe", "1", "an audit", typed).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(reply.body.contains("This is not the workspace"), "{}", reply.body);
    }
    assert_eq!(send("observe", "1", "an audit", "Acme").await.status, StatusCode::SEE_OTHER);
    let page = world.get("/w/acme/privacy", &cookie).await.body;
    assert!(page.contains("IDFA policy Withhold → Observe"), "{page}");
    // The default is as old as it was: only the policy changed.
    let since = |page: &str| {
        page.split("Default in force").nth(1).and_then(|rest| rest.split("</time>").next().map(str::to_owned))
    };
    world.clock.advance(attest::domain::time::MINUTE);
    let before = since(&page);
    assert_eq!(send("withhold", "2", "again", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(since(&world.get("/w/acme/privacy", &cookie).await.body), before);
}
