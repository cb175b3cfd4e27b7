//! What happened on each day, counted as it happens and proved by a full count.

use super::sender::{DENIED, Sender, ios};
use crate::harness::{World, bearer, on_both};
use attest::domain::retention::Keep;
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::services::jobs::run_due_jobs;
use axum::http::StatusCode;
use serde_json::{Value, json};

on_both! {
    changes_first_answers_and_installs_are_counted_by_day
    the_check_finds_a_counter_that_is_wrong
    changes_are_counted_as_the_device_was_then
    old_news_are_of_no_day
    what_is_removed_for_its_age_leaves_the_rest_proved
    a_device_that_nothing_leads_to_is_removed_in_the_end
    what_is_removed_with_a_device_is_not_missed
    what_was_noted_while_a_clock_was_ahead_is_removed_with_its_device
    days_that_a_setting_had_removed_are_not_invented
    rounded_roles_see_rounded_changes
}

async fn transitions(world: &World, token: &str, query: &str) -> Value {
    let path = format!("/api/v1/workspaces/acme/transitions?{query}");
    let reply = world.ask("GET", &path, Some(&bearer(token)), "").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

fn change<'a>(read: &'a Value, from: &str, to: &str) -> &'a Value {
    let changes = read["transitions"].as_array().expect("a list");
    &changes.iter().find(|change| change["from"] == from && change["to"] == to).expect("a pair")["count"]
}

async fn changes_first_answers_and_installs_are_counted_by_day(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    sender
        .send(&[ios("ada", "v1", Some("not_determined")), ios("bob", "v2", None), ios("cleo", "v3", Some("denied"))])
        .await;
    world.clock.advance(3 * MINUTE);
    sender.send(&[ios("ada", "v1", Some("authorized")), ios("bob", "v2", Some("denied"))]).await;
    world.clock.advance(DAY);
    // Reinstalled and asked again: no first answer any more.
    sender.send(&[ios("ada", "v1", Some("not_determined"))]).await;
    world.clock.advance(MINUTE);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    sender
        .send(&[
            json!({"device_info": {"platform": "iOS", "os_version": "13.7", "ios_idfv": "v4",
        "ios_advertising_id": "00000000-0000-0000-0000-000000000000"}}),
            json!({"device_info": {"android_uuid": "a1"}}),
        ])
        .await;
    let read = transitions(&world, &token, "").await;
    for (from, to, n) in [
        ("unknown", "not_determined", 1),
        ("unknown", "denied", 2),
        ("not_determined", "authorized", 1),
        ("authorized", "not_determined", 1),
        ("not_determined", "denied", 1),
        ("authorized", "denied", 0),
    ] {
        assert_eq!(*change(&read, from, to), n, "{from} to {to}");
    }
    assert_eq!(read["transitions"].as_array().map(Vec::len), Some(16));
    assert_eq!(
        (&read["first_answers"], &read["installs"], &read["limited_installs"]),
        (&json!(3), &json!(4), &json!(3))
    );
    let took = |ms: i64| {
        let classes = read["time_to_first_answer"].as_array().expect("classes").iter();
        classes.clone().find(|class| class["from_ms"] == ms).expect("a class")["count"].clone()
    };
    assert_eq!((took(0), took(2 * MINUTE)), (json!(1), json!(2)));
    let days = read["days"].as_array().expect("days");
    let today = &days[days.len() - 1];
    assert_eq!(
        (&today["day"], &today["first_answers"], &today["installs"]),
        (&json!("2026-11-23"), &json!(0), &json!(1))
    );
    assert_eq!(days[days.len() - 2]["first_answers"], 3);
    // Within a period, and within an app.
    let first_day = transitions(&world, &token, "from=2026-11-22&to=2026-11-22").await;
    assert_eq!((*change(&first_day, "not_determined", "denied") == 0, &first_day["installs"]), (true, &json!(3)));
    let apps: Vec<(i64,)> = world.rows("select id from apps").await;
    let app = attest::domain::id::AppId(apps[0].0).to_string();
    assert_eq!(transitions(&world, &token, &format!("app={app}")).await["first_answers"], 3);
    world.assert_holds().await;
}

async fn the_check_finds_a_counter_that_is_wrong(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world.execute("update flows set n = n + 1 where dimension = 'country' and app_id = 0 and flow < 1000").await;
    let checked = world.store.check().await.expect("the check");
    assert_eq!(checked[0].flows.iter().map(|(_, kept, counted)| (*kept, *counted)).collect::<Vec<_>>(), [(2, 1)]);
}

async fn changes_are_counted_as_the_device_was_then(world: World) {
    let sender = Sender::new(&world).await;
    let with = |version: &str, status: &str| {
        let mut batch = ios("ada", "v1", Some(status));
        batch["application_info"] = json!({"application_version": version});
        batch
    };
    sender.send(&[with("1.0", "denied")]).await;
    world.clock.advance(HOUR);
    sender.send(&[with("2.0", "authorized")]).await;
    let counted: Vec<(String, i64)> = world
        .rows("select value, cast(sum(n) as bigint) from flows where dimension = 'app_version' and app_id = 0 group by value order by value")
        .await;
    assert_eq!(counted, [("1.0".to_owned(), 1), ("2.0".to_owned(), 1)]);
    world.assert_holds().await;
}

async fn old_news_are_of_no_day(world: World) {
    let sender = Sender::new(&world).await;
    let mut old = ios("ada", "v1", Some("denied"));
    old["device_info"]["att_timestamp_unixtime_ms"] = (world.store.clock().now().0 - 300 * DAY).into();
    sender.send_historical(&[old]).await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from flows").await, [(0,)]);
    assert_eq!(sender.devices(DENIED).await, 1);
    world.clock.advance(HOUR);
    sender.send(&[ios("ada", "v1", Some("authorized"))]).await;
    let token = world.token("acme", Role::Compliance).await;
    let read = transitions(&world, &token, "").await;
    assert_eq!((&read["first_answers"], change(&read, "denied", "authorized")), (&json!(0), &json!(1)));
}

async fn what_is_removed_for_its_age_leaves_the_rest_proved(world: World) {
    let sender = Sender::new(&world).await;
    let status = ["denied", "authorized"];
    let oldest = async |sql: &'static str| world.rows::<(i64,)>(sql).await[0].0;
    let began = oldest_day(&world);
    for n in 0..14 {
        sender
            .send(&[ios("ada", "v1", Some(status[n % 2])), ios(&format!("u{n}"), &format!("w{n}"), Some("denied"))])
            .await;
        world.clock.advance(100 * DAY);
        world.run_jobs().await;
        world.assert_holds().await;
    }
    let now = began + 1400;
    assert!(oldest("select min(day) from transitions where seq > 1").await > now - 730 - 101);
    let flows = oldest("select min(day) from flows").await;
    assert!(flows > now - 1100 - 101 && flows > began, "{flows}");
    assert_eq!(oldest("select count(*) from kept_from where day > 0 and what <> 'data_problem_rows'").await, 4);
}

fn oldest_day(world: &World) -> i64 {
    world.store.clock().now().0 / DAY
}

async fn a_device_that_nothing_leads_to_is_removed_in_the_end(world: World) {
    let sender = Sender::new(&world).await;
    // Known by its IDFA alone, which the refusal erases; its user is known, and another one's is not.
    let with = |who: Option<&str>, idfa: &str, status: &str| {
        json!({"user_identities": {"customer_id": who},
        "device_info": {"ios_advertising_id": idfa, "os_version": "17.5", "att_authorization_status": status}})
    };
    for status in ["authorized", "denied"] {
        sender.send(&[with(Some("ada"), "A1", status), with(None, "A2", status)]).await;
        world.clock.advance(1000);
    }
    let rows = async || -> (i64, i64, i64, i64) {
        const SQL: &str = "select (select count(*) from devices), (select count(*) from profiles), \
            (select count(*) from uses), (select count(*) from transitions)";
        world.rows(SQL).await[0]
    };
    assert_eq!(rows().await, (2, 2, 2, 4));
    for _ in 0..30 {
        world.clock.advance(31 * DAY);
        world.run_jobs().await;
        world.assert_holds().await;
    }
    assert_eq!(rows().await, (1, 1, 1, 1), "ada's stays, for she counts the same as if her id had never been kept");
}

async fn days_that_a_setting_had_removed_are_not_invented(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    let ask = async |what: &str| {
        let path = format!("/api/v1/workspaces/acme/{what}?from=2026-11-20");
        world.ask("GET", &path, Some(&bearer(&token)), "").await.status
    };
    for what in ["trend", "transitions"] {
        assert_eq!(ask(what).await, StatusCode::OK);
    }
    // As if days had been kept for less time before.
    world
        .execute(
            "insert into kept_from (workspace_id, what, day) select id, 'days', 20779 from workspaces where id <> 0",
        )
        .await;
    world
        .execute(
            "insert into kept_from (workspace_id, what, day) select id, 'flows', 20779 from workspaces where id <> 0",
        )
        .await;
    for what in ["trend", "transitions"] {
        assert_eq!(ask(what).await, StatusCode::BAD_REQUEST);
    }
}

async fn rounded_roles_see_rounded_changes(world: World) {
    let sender = Sender::new(&world).await;
    let batches: Vec<Value> = (0..14).map(|n| ios(&n.to_string(), &format!("v{n}"), Some("denied"))).collect();
    sender.send(&batches).await;
    sender.send(&[ios("x", "w", Some("authorized"))]).await;
    let token = world.token("acme", Role::ReadOnly).await;
    let read = transitions(&world, &token, "").await;
    assert_eq!(
        (change(&read, "unknown", "denied"), change(&read, "unknown", "authorized")),
        (&json!(10), &Value::Null)
    );
    assert_eq!((&read["rounded"], &read["first_answers"], &read["installs"]), (&json!(true), &json!(20), &json!(20)));
}

/// A device goes when its time is over, whenever the job that removes old changes of status comes by, and whatever times
/// its reports had.
async fn what_is_removed_with_a_device_is_not_missed(world: World) {
    let sender = Sender::new(&world).await;
    let keep = Keep { transitions_days: 30, daily_days: 1100, request_ids_hours: 72, request_ids: 1000 };
    let run = async || run_due_jobs(&world.state.services, keep).await.expect("the jobs run");
    let with = |idfa: &str, status: &str, at: i64| {
        json!({"timestamp_unixtime_ms": at, "device_info": {
        "ios_advertising_id": idfa, "os_version": "17.5", "att_authorization_status": status}})
    };
    let began = world.store.clock().now().0;
    for (n, status) in ["authorized", "denied"].into_iter().enumerate() {
        sender.send(&[with("A1", status, began + n as i64)]).await;
    }
    run().await;
    world.clock.advance(20 * DAY);
    for (n, status) in ["authorized", "denied"].into_iter().enumerate() {
        sender.send(&[with("A2", status, began + n as i64)]).await;
    }
    for _ in 0..20 {
        world.clock.advance(21 * HOUR);
        run().await;
        world.assert_holds().await;
        sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    }
    assert!(world.rows::<(i64,)>("select count(*) from devices").await[0].0 < 3, "one of them is gone");
}

async fn what_was_noted_while_a_clock_was_ahead_is_removed_with_its_device(world: World) {
    let sender = Sender::new(&world).await;
    let keep = Keep { transitions_days: 30, daily_days: 1100, request_ids_hours: 72, request_ids: 1000 };
    let with = |idfa: &str, status: &str| json!({"device_info": {"ios_advertising_id": idfa, "os_version": "17.5", "att_authorization_status": status}});
    world.clock.advance(365 * DAY);
    sender.send(&[with("A1", "authorized"), with("A2", "authorized")]).await;
    world.clock.advance(1000);
    sender.send(&[with("A2", "denied")]).await;
    world.clock.advance(-365 * DAY);
    sender.send(&[with("A1", "denied")]).await;
    for _ in 0..4 {
        world.clock.advance(32 * DAY);
        run_due_jobs(&world.state.services, keep).await.expect("the jobs run");
        world.assert_holds().await;
    }
    assert_eq!(world.rows::<(i64,)>("select count(*) from devices").await, [(0,)]);
}
