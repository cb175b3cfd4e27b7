//! What is too old goes, and the log tells that it went.

use super::sender::{DENIED, Sender, ios};
use crate::harness::{World, bearer, on_both};
use attest::domain::data_problem::DataProblem;
use attest::domain::job::{JobKind, JobStep};
use attest::domain::retention::{Aging, Keep};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR};
use attest::server::services::jobs::run_due_jobs;
use attest::server::store::data_problem::{MOST_ROWS_A_DAY, MOST_SHOWN};
use attest::server::store::job::JobsOf;
use attest::ui::words;
use serde_json::{Value, json};

on_both! {
    old_transitions_go_but_never_the_last_one
    old_days_are_added_up
    ids_of_requests_go_by_age_and_by_number
    a_long_walk_takes_many_steps
    a_walk_over_more_than_a_step_comes_to_its_end
    data_problems_are_of_few_versions_and_go_with_the_days
    one_commit_makes_no_more_rows_of_data_problems_than_many
}

const KEEP: Keep = Keep { transitions_days: 30, daily_days: 10, request_ids_hours: 72, request_ids: 1000 };

async fn numbers(world: &World, sql: &'static str) -> i64 {
    world.rows::<(i64,)>(sql).await[0].0
}

async fn told(world: &World) -> Vec<Value> {
    const SQL: &str =
        "select after_json from audit where workspace_id = 0 and action = 'retention.removed' order by seq";
    let rows = world.rows::<(String,)>(SQL).await;
    rows.into_iter().map(|(row,)| serde_json::from_str(&row).expect("JSON")).collect()
}

async fn old_transitions_go_but_never_the_last_one(world: World) {
    let sender = Sender::new(&world).await;
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    sender.send(&[ios("ada", "v1", Some("not_determined")), ios("bob", "v2", Some("denied"))]).await;
    world.clock.advance(HOUR);
    sender.send(&[ios("ada", "v1", Some("authorized"))]).await;
    world.clock.advance(20 * DAY);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world.clock.advance(15 * DAY);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    const LEFT: &str = "select count(*) from transitions";
    assert_eq!(numbers(&world, LEFT).await, 2, "ada's two first ones are gone, bob's only one is not");
    world.assert_holds().await;
    let rows = told(&world).await;
    let removed = rows.iter().find(|row| row["what"] == "transitions").expect("a row");
    assert_eq!(removed["removed"], 2);
    // A register goes on from its last transition.
    sender.send(&[ios("bob", "v2", Some("authorized"))]).await;
    assert_eq!((numbers(&world, LEFT).await, sender.devices(DENIED).await), (3, 1));
}

/// A walk that began anew with each step would never end, and remove nothing beyond its first.
async fn a_walk_over_more_than_a_step_comes_to_its_end(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world
        .execute(
            "insert into daily (workspace_id, environment, unit, app_id, dimension, value, day, slot, \
            not_determined, restricted, denied, authorized, unknown, not_applicable) \
            with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < 12000) \
            select w.id, 0, 2, 0, 'app_version', '1.' || i, 10000 + i % 2 * 20000, 1, 0, 0, 1, 0, 0, 0 \
            from n cross join workspaces w",
        )
        .await;
    world
        .execute(
            "insert into transitions (workspace_id, environment, device_id, seq, app_id, to_status, since, as_of, received_at, \
            input_id, platform, overflow) with recursive n(i) as (select cast(2 as bigint) union all select i + 1 from n where i < 12000) \
            select d.workspace_id, d.environment, d.id, i, d.app_id, 2, 0, 0, case when i < 6000 then 0 else 9000000000000 end, \
            1, 'iOS', 0 from n cross join devices d",
        )
        .await;
    world.execute("update devices set transitions = 12000").await;
    // As Postgres does by itself once there is so much. SQLite has the sizes that Attest wrote.
    if world.url.starts_with("postgres") {
        world.execute("analyze").await;
    }
    let jobs = run_due_jobs(&world.state.services, KEEP);
    tokio::time::timeout(std::time::Duration::from_secs(120), jobs).await.expect("they end").expect("run");
    assert_eq!(numbers(&world, "select count(*) from daily where day = 10000").await, 0);
    assert_eq!(numbers(&world, "select count(*) from daily where day = 30000").await, 6000, "those to come stay");
    assert_eq!(numbers(&world, "select count(*) from transitions where seq between 2 and 5999").await, 0);
    assert_eq!(numbers(&world, "select count(*) from transitions where seq >= 6000").await, 6001);
}

async fn old_days_are_added_up(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    world.clock.advance(5 * DAY);
    sender.send(&[ios("bob", "v2", Some("denied"))]).await;
    world.clock.advance(8 * DAY);
    let trend = async |from: &str| {
        let path = format!("/api/v1/workspaces/acme/trend?from={from}");
        world.ask("GET", &path, Some(&bearer(&token)), "").await.json()
    };
    // The workspace began on 22 Nov 2026; it is the 5th of December.
    let before = trend("2026-11-26").await;
    assert_eq!((&before["points"][0]["total"], &before["points"][1]["total"]), (&json!(1), &json!(2)));
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    const OLD: &str = "select count(*) from daily where day > 0 and day < 20783";
    assert_eq!(numbers(&world, OLD).await, 0);
    world.assert_holds().await;
    assert_eq!(trend("2026-11-26").await["points"], before["points"]);
    world.clock.advance(5 * DAY);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    world.assert_holds().await;
    assert_eq!(trend("2026-12-05").await["points"][0]["total"], 2);
}

async fn ids_of_requests_go_by_age_and_by_number(world: World) {
    let sender = Sender::new(&world).await;
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    let numbered = |n: i64| {
        let mut batch = ios("ada", "v1", None);
        batch["source_request_id"] = format!("r{n}").into();
        batch
    };
    const LEFT: &str = "select count(*) from dedup";
    for hour in 0..3 {
        let batches: Vec<Value> = (0..400).map(|n| numbered(hour * 400 + n)).collect();
        sender.send(&batches).await;
        world.clock.advance(HOUR);
    }
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!(numbers(&world, LEFT).await, 1000, "the oldest of those that are too many went, and no more");
    const NOTED: &str = "select count(*) from jobs where note = 'too_many_request_ids'";
    assert_eq!(numbers(&world, NOTED).await, 1, "it is said that they are remembered for less");
    const REPEATED: &str = "select cast(coalesce(sum(n), 0) as bigint) from input_counts where counted = 'repeated'";
    sender.send(&[numbered(1199), numbered(400), numbered(5000)]).await;
    assert_eq!(numbers(&world, REPEATED).await, 2, "the newest thousand change nothing when they come again");
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    world.clock.advance(3 * DAY + 1);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!(numbers(&world, LEFT).await, 0);
    let rows = told(&world).await;
    assert_eq!(rows.iter().filter_map(|row| row["removed"].as_i64()).sum::<i64>(), 1201, "{rows:?}");
    world.assert_holds().await;
}

async fn a_long_walk_takes_many_steps(world: World) {
    let sender = Sender::new(&world).await;
    let statuses = ["authorized", "denied"];
    for round in 0..4 {
        let batches: Vec<Value> =
            (0..1300).map(|n| ios(&n.to_string(), &format!("v{n}"), Some(statuses[round % 2]))).collect();
        sender.send(&batches).await;
        world.clock.advance(HOUR);
    }
    world.clock.advance(40 * DAY);
    world.system.schedule_jobs().await.expect("scheduled");
    let claimed = world.system.claim_jobs(JobsOf::Workspaces, 10).await.expect("claimed");
    let mut job = claimed.into_iter().find(|job| job.name == JobKind::Transitions).expect("a job");
    let mut step = async || world.system.age(&mut job, Aging::Transitions, KEEP).await.expect("a step");
    assert_eq!(step().await, JobStep::More, "5,200 rows are two steps");
    assert_eq!(step().await, JobStep::Done(None));
    assert_eq!(numbers(&world, "select count(*) from transitions").await, 1300);
    world.assert_holds().await;
}

async fn one_commit_makes_no_more_rows_of_data_problems_than_many(world: World) {
    let sender = Sender::new(&world).await;
    let of_app = |n: i64| {
        let mut batch = ios("ada", "v1", Some("authorized"));
        batch["application_info"] =
            json!({"package": format!("app.{}", n % 15), "application_version": format!("{n}")});
        batch
    };
    sender.send(&(0..1500).map(of_app).collect::<Vec<_>>()).await;
    let rows = numbers(&world, "select count(*) from data_problems").await;
    let most = MOST_ROWS_A_DAY..=MOST_ROWS_A_DAY + 15;
    assert!(most.contains(&rows), "as many as may be, and of each app all others together: {rows}");
    let counted = numbers(&world, "select cast(sum(n) as bigint) from data_problems").await;
    assert_eq!(counted, 1500);
    // However many versions have one kind, another one is shown, and each kind's total is of all versions.
    let rare = json!({"user_identities": {"customer_id": "eve"}, "device_info": {"platform": "Android",
        "android_uuid": "a1", "att_authorization_status": "denied"}});
    sender.send(&[rare]).await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let inputs = world.get("/w/acme/inputs", &ada).await.body;
    let (_, rest) = inputs.split_once("/w/acme/inputs/").expect("an input");
    let input = world.get(&format!("/w/acme/inputs/{}", &rest[..13]), &ada).await.body;
    let more = format!("and {} more", rows - MOST_SHOWN);
    for shown in ["1,500", &more, words::data_problem(DataProblem::StatusElsewhere)] {
        assert!(input.contains(shown), "{shown} in {input}");
    }
}

async fn data_problems_are_of_few_versions_and_go_with_the_days(world: World) {
    let sender = Sender::new(&world).await;
    for thousand in 0..2 {
        let of_build = |n: i64| {
            let mut batch = ios("ada", "v1", Some("authorized"));
            batch["application_info"] = json!({"package": "a.b", "application_version": format!("build {n}")});
            batch
        };
        let batches: Vec<Value> = (0..600).map(|n| of_build(thousand * 600 + n)).collect();
        sender.send(&batches).await;
        world.clock.advance(1000);
    }
    const VERSIONS: &str = "select count(*) from data_problems";
    let kept = MOST_ROWS_A_DAY + 1;
    assert_eq!(numbers(&world, VERSIONS).await, kept, "as many as may be, and all others together");
    const OTHERS: &str = "select n from data_problems where app_version = '(other)'";
    assert_eq!(numbers(&world, OTHERS).await, 1200 - MOST_ROWS_A_DAY);
    // Of many apps each has versions of its own: an input has so many rows on a day, and then one for each app and kind.
    let of_app = |n: i64| {
        let mut batch = ios("ada", "v2", Some("authorized"));
        batch["application_info"] =
            json!({"package": format!("app.{}", n / 50), "application_version": format!("{n}")});
        batch
    };
    sender.send(&(0..300).map(of_app).collect::<Vec<_>>()).await;
    sender.send(&(300..600).map(of_app).collect::<Vec<_>>()).await;
    assert_eq!(numbers(&world, VERSIONS).await, kept + 12);
    world.clock.advance(9 * DAY);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!(numbers(&world, VERSIONS).await, kept + 12);
    world.clock.advance(DAY);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!(numbers(&world, VERSIONS).await, 0);
}
