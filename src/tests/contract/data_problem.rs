//! Data problems are counted where they belong, and samples hold no more than they may.

use super::sender::{Sender, parsed};
use crate::harness::{World, on_both};
use attest::domain::data_problem::DataProblem;
use attest::domain::environment::Environment;
use attest::domain::joins::MOST_ON_A_DAY;
use attest::domain::metric::Period;
use attest::domain::permission::Permission;
use attest::domain::retention::Keep;
use attest::domain::sample::NEWEST;
use attest::domain::time::{DAY, Day, HOUR};
use attest::server::services::jobs::run_due_jobs;
use attest::server::services::sample::{GatedSample, samples};
use attest::server::store::{Chapter, ChapterBatch, View, WorkspaceRef};
use serde_json::{Value, json};

on_both! {
    each_data_problem_is_counted_by_day_and_version
    what_fits_contradicts_nothing
    the_newest_and_one_example_of_each_are_sampled
    samples_go_with_a_refusal_and_with_the_day
    days_that_are_over_are_summed_up_once_nothing_is_added_to_them
}

fn batch(device: Value) -> Value {
    let mut device = device;
    let fields = device.as_object_mut().expect("an object");
    fields.entry("platform").or_insert("iOS".into());
    fields.entry("os_version").or_insert("17.5".into());
    fields.entry("ios_idfv").or_insert("V1".into());
    json!({"device_info": device, "application_info": {"package": "a.b", "application_version": "4.2"}})
}

async fn view(sender: &Sender<'_>) -> View {
    sender
        .world
        .store
        .view(&World::actor(), WorkspaceRef::Id(sender.workspace), Permission::SeeInputs)
        .await
        .expect("a view")
}

async fn counted(sender: &Sender<'_>, since_day: i64) -> Vec<(DataProblem, String, i64)> {
    let mut view = view(sender).await;
    let input = view.inputs().await.expect("inputs")[0].id;
    let mut rows = view.data_problems(input, Day(since_day)).await.expect("data_problems");
    rows.sort_by(|one, other| (one.kind, &one.app_version).cmp(&(other.kind, &other.app_version)));
    rows.into_iter().map(|row| (row.kind, row.app_version, row.n)).collect()
}

async fn sampled(sender: &Sender<'_>) -> Vec<GatedSample> {
    let input = view(sender).await.inputs().await.expect("inputs")[0].id;
    samples(&sender.world.store, &World::actor(), WorkspaceRef::Id(sender.workspace), input).await.expect("samples").0
}

fn with_other(mut batch: Value, other: &str) -> Value {
    batch["user_identities"]["other"] = other.into();
    batch
}

async fn each_data_problem_is_counted_by_day_and_version(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.store.clock().now().0;
    let idfa = "11111111-2222-3333-4444-555555555555";
    let cases = [
        (DataProblem::AuthorizedWithoutIdfa, batch(json!({"att_authorization_status": "authorized"}))),
        (
            DataProblem::IdfaUnpermitted,
            batch(json!({"ios_idfv": "V2", "att_authorization_status": "denied", "ios_advertising_id": idfa})),
        ),
        (
            DataProblem::StatusBeforeAtt,
            batch(json!({"ios_idfv": "V3", "os_version": "13.7", "att_authorization_status": "denied"})),
        ),
        (
            DataProblem::StatusElsewhere,
            batch(json!({"ios_idfv": "V4", "platform": "Android", "att_authorization_status": "denied"})),
        ),
        (
            DataProblem::FlagDisagrees,
            batch(json!({"ios_idfv": "V5", "att_authorization_status": "denied", "limit_ad_tracking": false})),
        ),
        (
            DataProblem::IdfaAsIdentity,
            with_other(batch(json!({"ios_idfv": "V8", "ios_advertising_id": idfa})), &idfa.to_uppercase()),
        ),
        (DataProblem::PlaceholderId, batch(json!({"ios_idfv": "V7", "android_uuid": "NULL"}))),
        (
            DataProblem::BadTimestamp,
            batch(json!({"ios_idfv": "V6", "att_authorization_status": "denied", "att_timestamp_unixtime_ms": -1})),
        ),
        (
            DataProblem::SecondsTimestamp,
            batch(
                json!({"ios_idfv": "V6", "att_authorization_status": "denied", "att_timestamp_unixtime_ms": now / 1000}),
            ),
        ),
        (
            DataProblem::FutureTimestamp,
            batch(
                json!({"ios_idfv": "V6", "att_authorization_status": "denied", "att_timestamp_unixtime_ms": now + HOUR}),
            ),
        ),
    ];
    for (kind, batch) in cases {
        let before = counted(&sender, 0).await;
        sender.send(&[batch]).await;
        let after = counted(&sender, 0).await;
        let new: Vec<_> = after.into_iter().filter(|row| !before.contains(row)).collect();
        assert_eq!(new, [(kind, "4.2".to_owned(), 1)]);
    }
    // After the answer of the same installation; then news that is older than what is known.
    world.clock.advance(1000);
    sender.send(&[batch(json!({"att_authorization_status": "not_determined"}))]).await;
    let mut late = batch(json!({"att_authorization_status": "denied"}));
    late["timestamp_unixtime_ms"] = (now - HOUR).into();
    late["application_info"]["application_version"] = Value::Null;
    sender.send(&[late]).await;
    let all = counted(&sender, 0).await;
    assert!(all.contains(&(DataProblem::AnswerForgotten, "4.2".to_owned(), 1)), "{all:?}");
    assert!(
        all.contains(&(DataProblem::Stale, "4.2".to_owned(), 1)),
        "the version that the device is known by: {all:?}"
    );
    // One customer on many devices; what is one device too many is counted.
    let shared = |n: i64| {
        let mut shared = batch(json!({"ios_idfv": format!("S{n}")}));
        shared["user_identities"] = json!({"customer_id": "everybody"});
        shared
    };
    let on_many: Vec<Value> = (0..=MOST_ON_A_DAY).map(shared).collect();
    sender.send(&on_many).await;
    let all = counted(&sender, 0).await;
    assert!(all.contains(&(DataProblem::SharedId, "4.2".to_owned(), 1)), "{all:?}");
    let kinds: std::collections::BTreeSet<_> = all.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(kinds.len(), DataProblem::ALL.len());
    // 22 Nov 2026 is day 20779; the next day counts for itself.
    assert_eq!(counted(&sender, 20_780).await, []);
    world.clock.advance(DAY);
    sender.send(&[batch(json!({"att_authorization_status": "authorized"}))]).await;
    assert_eq!(counted(&sender, 20_780).await, [(DataProblem::AuthorizedWithoutIdfa, "4.2".to_owned(), 1)]);
}

async fn what_fits_contradicts_nothing(world: World) {
    let sender = Sender::new(&world).await;
    let idfa = "11111111-2222-3333-4444-555555555555";
    sender
        .send(&[
            batch(
                json!({"att_authorization_status": "authorized", "ios_advertising_id": idfa, "limit_ad_tracking": false}),
            ),
            batch(json!({"ios_idfv": "V2", "att_authorization_status": "denied", "limit_ad_tracking": true})),
            // Below 14.5 the prompt was not enforced: an id beside a refusal is no data problem, a flag that allows
            // tracking before the answer is none.
            batch(
                json!({"ios_idfv": "V3", "os_version": "14.4", "att_authorization_status": "denied", "ios_advertising_id": idfa}),
            ),
            batch(
                json!({"ios_idfv": "V4", "os_version": "14.2", "att_authorization_status": "not_determined", "limit_ad_tracking": false}),
            ),
            // Asked first, answered then; another installation was not asked yet.
            batch(json!({"ios_idfv": "V5", "att_authorization_status": "not_determined"})),
            batch(json!({"ios_idfv": "V6", "limit_ad_tracking": "no"})),
            json!({}),
        ])
        .await;
    world.clock.advance(1000);
    sender.send(&[batch(json!({"ios_idfv": "V5", "att_authorization_status": "denied"}))]).await;
    assert_eq!(counted(&sender, 0).await, []);
}

async fn the_newest_and_one_example_of_each_are_sampled(world: World) {
    let sender = Sender::new(&world).await;
    for n in 0..25 {
        let kind = if n == 3 { "authorized" } else { "denied" };
        let batches = [batch(json!({"ios_idfv": format!("V{n}"), "att_authorization_status": kind}))];
        sender.send(&batches).await;
        world.clock.advance(1000);
    }
    let many: Vec<_> =
        (25..40).map(|n| batch(json!({"ios_idfv": format!("V{n}"), "att_authorization_status": "denied"}))).collect();
    sender.send(&many).await;
    let samples = sampled(&sender).await;
    let idfvs = |of: Option<DataProblem>| -> Vec<String> {
        let ours = samples.iter().filter(|sample| sample.example_of == of);
        let mut idfvs: Vec<_> =
            ours.map(|sample| sample.content["device_info"]["ios_idfv"].as_str().expect("an id").to_owned()).collect();
        idfvs.sort();
        idfvs
    };
    let newest = NEWEST as usize;
    assert_eq!(idfvs(None), (40 - newest..40).map(|n| format!("V{n}")).collect::<Vec<_>>());
    assert_eq!(idfvs(Some(DataProblem::AuthorizedWithoutIdfa)), ["V3"], "though newer ones came");
    let example = samples.iter().find(|sample| sample.example_of.is_some()).expect("an example");
    assert_eq!(example.content["application_info"], json!({"package": "a.b", "application_version": "4.2"}));
}

async fn samples_go_with_a_refusal_and_with_the_day(world: World) {
    let sender = Sender::new(&world).await;
    let idfa = "11111111-2222-3333-4444-555555555555";
    let with =
        |status: &str| batch(json!({"ios_advertising_id": idfa, "att_authorization_status": status, "ios_idfv": "V1"}));
    let stored = async || -> i64 {
        const SQL: &str = "select count(*) from samples where idfa is not null";
        world.rows::<(i64,)>(SQL).await[0].0
    };
    sender.send(&[with("authorized")]).await;
    let samples = sampled(&sender).await;
    assert_eq!(samples[0].content["device_info"]["ios_advertising_id"], idfa);
    assert_eq!(stored().await, 1);
    world.clock.advance(1000);
    sender.send(&[with("denied")]).await;
    assert_eq!(stored().await, 0, "erased in the same transaction as the device's");
    for sample in sampled(&sender).await {
        assert_eq!(sample.content["device_info"]["ios_advertising_id"], "(withheld)");
    }
    // Within one request, too.
    world.clock.advance(1000);
    sender.send(&[with("authorized"), with("denied")]).await;
    assert_eq!(stored().await, 0);
    world.clock.advance(DAY);
    assert_eq!(sampled(&sender).await.len(), 0, "nothing older than a day is shown");
    world.run_jobs().await;
    world.assert_holds().await;
}

async fn days_that_are_over_are_summed_up_once_nothing_is_added_to_them(world: World) {
    const KEEP: Keep = Keep { transitions_days: 30, daily_days: 20, request_ids_hours: 72, request_ids: 1000 };
    let sender = Sender::new(&world).await;
    let of_app = |app: &str, version: &str, problem: Value| {
        let mut batch = batch(problem);
        batch["application_info"] = json!({"package": app, "application_version": version});
        batch
    };
    let authorized = || json!({"att_authorization_status": "authorized"});
    let elsewhere = || json!({"platform": "Android", "android_uuid": "a1", "att_authorization_status": "denied"});
    // 22 Nov 2026.
    let first = Day(20_779);
    for day in 0..12 {
        let batches: Vec<Value> = (0..=day).map(|n| of_app("a.b", &n.to_string(), authorized())).collect();
        sender.send(&batches).await;
        sender.send(&[of_app("c.d", "1", authorized()), of_app("c.d", "2", elsewhere())]).await;
        world.clock.advance(DAY);
    }
    let told = async || {
        let mut view = view(&sender).await;
        let apps: Vec<_> = view.apps().await.expect("apps").into_iter().map(|app| Some(app.id)).collect();
        let mut told = Vec::new();
        for app in apps.into_iter().chain([None]) {
            for (from, to) in [(0, 30), (3, 9), (9, 9), (10, 11)] {
                let period = Period { first: first.plus(from), last: first.plus(to) };
                told.push(view.data_problems_by_day(Environment::Production, app, period).await.expect("days"));
            }
        }
        told
    };
    let counted = async |sql| world.rows::<(i64,)>(sql).await[0].0;
    // After the four periods of each of two apps.
    const OF_ALL_APPS: usize = 8;
    const SUMS: &str = "select count(*) from data_problem_days";
    let of_rows = told().await;
    assert_eq!(of_rows.iter().map(Vec::len).max(), Some(24), "two kinds on twelve days");
    assert_eq!(counted(SUMS).await, 0);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    // Today is the 13th day: 10 are over long enough. Two apps, one of them with two kinds, and both kinds of all apps.
    assert_eq!(counted(SUMS).await, 10 * 5);
    assert_eq!(told().await, of_rows);
    world.assert_holds().await;
    // Today's, and those of a clock that is somewhat behind, are added where they are looked for.
    sender.send(&[of_app("a.b", "new", authorized())]).await;
    world.clock.advance(-2 * DAY);
    sender.send(&[of_app("a.b", "new", authorized())]).await;
    world.clock.advance(2 * DAY);
    let times = |told: &[Vec<(DataProblem, Day, i64)>]| told[OF_ALL_APPS].iter().map(|(.., n)| n).sum::<i64>();
    let all = told().await;
    assert_eq!(times(&all), times(&of_rows) + 2);
    world.assert_holds().await;
    // So are those of a clock that is far behind, on a day that was summed up already, before any job can run.
    world.clock.advance(-6 * DAY);
    sender.send_unchecked(&[of_app("a.b", "new", authorized())]).await;
    world.clock.advance(6 * DAY);
    let all = told().await;
    assert_eq!(times(&all), times(&of_rows) + 3);
    world.assert_holds().await;
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!(told().await, all);
    // A clock that was ahead had days summed up that came later.
    world.clock.advance(7 * DAY);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    world.clock.advance(-7 * DAY);
    assert_eq!(counted("select day from kept_from where what = 'data_problem_rows'").await, first.0 + 17);
    sender.send_unchecked(&[of_app("a.b", "new", authorized())]).await;
    let all = told().await;
    assert_eq!(times(&all), times(&of_rows) + 4);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    // So does what is written of the past, as a demo's months are.
    let filling = world.system.filling(sender.grant).await.expect("a workspace");
    let past = ChapterBatch {
        received: world.store.clock().now().minus(8 * DAY),
        default: None,
        app: view(&sender).await.apps().await.expect("apps")[0].id,
        batch: parsed(&of_app("a.b", "old", json!({"ios_idfv": "V9", "att_authorization_status": "authorized"}))),
    };
    let chapters = vec![Chapter { grant: sender.grant, mpid: i64::MAX / 4, batches: vec![past] }];
    filling.write(filling.fold(chapters).expect("folded")).await.expect("written");
    let all = told().await;
    assert_eq!(times(&all), times(&of_rows) + 5);
    assert_eq!(world.store.check().await.expect("checked")[0].data_problems, []);
    world.execute("update jobs set due_at = 0 where name = 'data_problems'").await;
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!(told().await, all);
    assert_eq!(counted("select day from kept_from where what = 'data_problem_rows'").await, first.0 + 10);
    assert_eq!(world.store.check().await.expect("checked")[0].data_problems, []);
    // What is told of the days that are over is told by their sums, and proved by their rows.
    world.execute("update data_problem_days set n = n + 1 where app_id = 0").await;
    assert_eq!(times(&told().await), times(&all) + 20);
    assert_eq!(world.store.check().await.expect("checked")[0].data_problems.len(), 20);
    // They go with their days.
    world.clock.advance(30 * DAY);
    run_due_jobs(&world.state.services, KEEP).await.expect("run");
    assert_eq!((counted(SUMS).await, counted("select count(*) from data_problems").await), (0, 0));
    assert_eq!(world.store.check().await.expect("checked")[0].data_problems, []);
}
