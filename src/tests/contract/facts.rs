//! What is believed of a device and of a person, whatever order and company the news come in.

use super::erasure::{change, with_idfa};
use super::sender::{AUTHORIZED, DENIED, Sender, ios, sent};
use crate::harness::{Cookie, World, on_both};
use attest::domain::att::{CountedState, Policy, Status};
use attest::domain::environment::Environment;
use attest::domain::identifier::IdentifierKind;
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::clock::Clock;
use attest::server::store::WorkspaceRef;
use attest::server::store::audit::AuditFilter;
use attest::server::store::erasure::Progress;
use attest::server::store::profile::FindBy;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

on_both! {
    reports_without_a_time_count_in_the_order_of_arrival
    a_request_that_waits_counts_from_when_it_was_read
    the_server_stamps_a_request_when_it_has_read_it
    old_news_do_not_describe_a_device
    a_description_does_not_depend_on_the_order_of_reports
    a_withheld_idfa_finds_nobody
    an_id_finds_by_its_own_kind_the_identified_user_seen_last
    each_erasing_keeps_the_time_from_which_it_was_asked_for
    what_a_cancelled_erasing_erased_is_told
    what_was_let_go_and_withheld_again_has_time_anew
    a_person_whose_only_id_is_a_withheld_idfa_counts_the_same_under_every_default
    an_identity_that_repeats_a_withheld_idfa_is_dropped
    a_person_counts_the_same_after_their_id_is_erased
    what_closes_the_gate_beside_a_setting_erases_though_the_setting_is_undone
    what_undoing_a_setting_lets_be_is_not_erased_beside_it
    an_erasing_leaves_what_an_earlier_one_erases_later
    what_was_asked_for_while_a_clock_was_ahead_has_its_time_from_now
    settings_are_in_force_in_their_order_whatever_the_clock_said
    a_withheld_idfa_hides_no_device
    versions_of_other_platforms_are_not_those_of_ios
    a_clock_that_was_far_ahead_does_no_lasting_harm
    a_clock_that_was_far_ahead_keeps_nobody_from_signing_in
}

async fn reports_without_a_time_count_in_the_order_of_arrival(world: World) {
    let sender = Sender::new(&world).await;
    // In one request, in one commit, and in two, within the same millisecond.
    sender.send(&[ios("ada", "v1", Some("denied")), ios("ada", "v1", Some("authorized"))]).await;
    let parcels = ["denied", "authorized"].map(|status| sender.parcel(sent(&[ios("bob", "v2", Some(status))])));
    sender.store.accept(None, Arc::new(parcels.to_vec())).await.expect("accepted");
    sender.send(&[ios("cleo", "v3", Some("denied"))]).await;
    sender.send(&[ios("cleo", "v3", Some("authorized"))]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (3, 0));
}

async fn a_request_that_waits_counts_from_when_it_was_read(world: World) {
    let sender = Sender::new(&world).await;
    let waits = sender.parcel(sent(&[ios("ada", "v1", Some("authorized"))]));
    world.clock.advance(1000);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    sender.store.accept(None, Arc::new(vec![waits])).await.expect("accepted");
    assert_eq!((sender.devices(DENIED).await, sender.devices(AUTHORIZED).await), (1, 0));
}

async fn the_server_stamps_a_request_when_it_has_read_it(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[ios("first", "v0", None)]).await;
    let input = world.input("acme", "Another").await;
    let read_at = world.clock.now().0;
    let locked = world.lock_writes().await;
    let request = axum::http::Request::post("/v2/events")
        .header("authorization", crate::harness::basic(&input.0, &input.1))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(ios("ada", "v1", Some("denied")).to_string()))
        .expect("a request");
    let asked = tokio::spawn(tower::ServiceExt::oneshot(world.router.clone(), request));
    let waits = async {
        while world.state.ingest.waiting() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), waits).await.expect("it waits");
    world.clock.advance(MINUTE);
    drop(locked);
    assert_eq!(asked.await.expect("no panic").expect("an answer").status(), StatusCode::ACCEPTED);
    let stamped: Vec<(i64, i64)> = world.rows("select as_of, last_seen from devices where status = 2").await;
    assert_eq!(stamped, [(read_at, read_at)], "and not when it was stored");
}

/// A batch that describes its device, for so many milliseconds before now.
fn described(world: &World, before: i64, os: &str, app: &str, country: Option<&str>) -> Value {
    json!({"timestamp_unixtime_ms": world.store.clock().now().0 - before,
        "device_info": {"platform": "iOS", "os_version": os, "ios_idfv": "v1", "device_country": country},
        "application_info": {"application_version": app}})
}

type Description = (Option<String>, Option<String>, Option<String>, i64);

async fn descriptions(world: &World) -> Vec<Description> {
    world.rows("select os_version, app_version, country, last_seen from devices order by id").await
}

fn description(os: &str, app: &str, country: Option<&str>, last_seen: i64) -> Vec<Description> {
    vec![(Some(os.to_owned()), Some(app.to_owned()), country.map(str::to_owned), last_seen)]
}

async fn old_news_do_not_describe_a_device(world: World) {
    let sender = Sender::new(&world).await;
    let now = world.store.clock().now().0;
    sender.send(&[described(&world, 0, "17.1", "1.0", None)]).await;
    sender.send(&[described(&world, HOUR, "14.2", "0.1", None)]).await;
    sender.send_historical(&[described(&world, 300 * DAY, "14.1", "0.1", Some("SE"))]).await;
    // What nobody said is taken from old news too.
    assert_eq!(descriptions(&world).await, description("17.1", "1.0", Some("SE"), now));
    sender.send_historical(&[described(&world, 0, "17.9", "9.0", Some("DE"))]).await;
    assert_eq!(descriptions(&world).await, description("17.1", "1.0", Some("SE"), now));
    sender.send(&[described(&world, 0, "17.2", "1.1", None)]).await;
    assert_eq!(descriptions(&world).await, description("17.2", "1.1", Some("SE"), now));
}

async fn a_description_does_not_depend_on_the_order_of_reports(world: World) {
    let now = world.store.clock().now().0;
    let reports = [
        described(&world, 3 * HOUR, "16.0", "1.0", Some("SE")),
        described(&world, 2 * HOUR, "17.0", "1.1", None),
        json!({"timestamp_unixtime_ms": now - HOUR, "device_info": {"ios_idfv": "v1"},
            "application_info": {"application_version": "1.2"}}),
    ];
    for (n, order) in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].into_iter().enumerate() {
        world.workspace(&format!("W{n}")).await;
        let input = world.input(&format!("w{n}"), "Backend").await;
        for place in order {
            world.event(&input, &reports[place]).await;
        }
    }
    let all = descriptions(&world).await;
    assert_eq!(all, vec![description("17.0", "1.2", Some("SE"), now - HOUR)[0].clone(); 6]);
}

async fn found(sender: &Sender<'_>, kind: Option<IdentifierKind>, value: &str) -> Vec<i64> {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let view = sender.world.store.view(&World::actor(), workspace, Permission::LookUpProfiles).await;
    let found = view.expect("a view").find_profiles(Environment::Production, FindBy::Device(kind), value).await;
    found.expect("read").into_iter().map(|profile| profile.id.0).collect()
}

const IDFA: &str = "613ff528-afd1-4c1b-9628-e6ed25ece9c0";
/// The same, as somebody else spells it.
const MIXED: &str = "613Ff528Afd14c1b9628E6ed25ece9c0";

async fn a_withheld_idfa_finds_nobody(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender
        .send(&[json!({"device_info": {"platform": "iOS", "os_version": "17.5", "ios_idfv": "v1", "ios_advertising_id": IDFA}})])
        .await;
    assert_eq!(found(&sender, Some(IdentifierKind::Idfa), IDFA).await.len(), 1);
    change(&sender, None, Some(Policy::Withhold)).await;
    for kind in [Some(IdentifierKind::Idfa), None] {
        assert_eq!(found(&sender, kind, IDFA).await, [0; 0], "it is stored still, and finds nobody");
    }
    assert_eq!(found(&sender, None, "v1").await.len(), 1);
}

async fn an_id_finds_by_its_own_kind_the_identified_user_seen_last(world: World) {
    let sender = Sender::new(&world).await;
    let anonymous = json!({"device_info": {"platform": "iOS", "ios_idfv": "v1"}});
    sender.send(&[anonymous]).await;
    let mut users = Vec::new();
    for user in ["ada", "bob"] {
        world.clock.advance(1000);
        sender.send(&[ios(user, "v1", None)]).await;
        users.push(found(&sender, None, "v1").await[0]);
    }
    let all = found(&sender, Some(IdentifierKind::Idfv), "v1").await;
    assert_eq!((all.len(), &all[..2]), (3, &[users[1], users[0]][..]), "the anonymous one comes last");
    assert_eq!(found(&sender, Some(IdentifierKind::AndroidUuid), "v1").await, [0; 0]);
}

async fn open(sender: &Sender<'_>) -> Vec<(i64, Progress)> {
    let workspace = WorkspaceRef::Id(sender.workspace);
    let view = sender.world.store.view(&World::actor(), workspace, Permission::SeePrivacySettings).await;
    let open = view.expect("a view").open_erasures().await.expect("read");
    open.into_iter().map(|erasure| (erasure.version, erasure.progress)).collect()
}

async fn idfas(sender: &Sender<'_>) -> Vec<String> {
    let names = sender.names().await.into_iter();
    let mut idfas: Vec<String> =
        names.filter_map(|name| Some(name.strip_prefix("ios_advertising_id ")?.to_owned())).collect();
    idfas.sort();
    idfas
}

async fn each_erasing_keeps_the_time_from_which_it_was_asked_for(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied")), with_idfa(2, "14.4", None)]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(DAY);
    // Holds back more; somebody who did so again and again would else keep the refused device's id for ever.
    change(&sender, Some(Some(Status::Denied)), None).await;
    assert_eq!(open(&sender).await, [(3, Progress::Waiting), (4, Progress::Waiting)]);
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let page = world.get("/w/acme/privacy", &ada).await.body;
    assert!(page.contains("25 Nov 2026, 14:05 UTC") && page.contains("26 Nov 2026, 14:05 UTC"), "both dates: {page}");
    assert_eq!(page.matches("are no longer sent out").count(), 1);
    world.clock.advance(2 * DAY - 1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A1", "A2"]);
    world.clock.advance(1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A2"], "three days after the first change");
    world.clock.advance(DAY);
    world.run_jobs().await;
    assert_eq!((idfas(&sender).await, open(&sender).await), (vec![], vec![]), "and three days after the second");
    world.assert_holds().await;
}

async fn what_a_cancelled_erasing_erased_is_told(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    for hundred in 0..6 {
        let batches: Vec<_> = (0..100).map(|n| with_idfa(hundred * 100 + n, "17.5", Some("denied"))).collect();
        sender.send(&batches).await;
    }
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(3 * DAY);
    assert!(world.system.erase_step(sender.workspace, 3).await.expect("a step"), "there is more to do");
    change(&sender, None, Some(Policy::Observe)).await;
    assert_eq!((open(&sender).await, idfas(&sender).await.len()), (vec![], 100));
    let view = world.store.view(&World::actor(), WorkspaceRef::Id(sender.workspace), Permission::SeeAudit).await;
    let rows = view.expect("a view").audit_rows(&AuditFilter::default(), 2).await.expect("rows").rows;
    let told = rows.iter().find(|row| row.row.action.as_str() == "idfas.erased").expect("a row");
    assert_eq!(told.row.after, json!({"erased": 500, "asked_by_version": 3}));
    world.assert_holds().await;
}

async fn what_was_let_go_and_withheld_again_has_time_anew(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied")), with_idfa(2, "17.5", None)]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.clock.advance(DAY);
    change(&sender, Some(Some(Status::Authorized)), None).await;
    world.clock.advance(DAY);
    change(&sender, Some(None), None).await;
    world.clock.advance(DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A2"], "of the refused one only");
    world.clock.advance(2 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    world.assert_holds().await;
}

async fn a_person_whose_only_id_is_a_withheld_idfa_counts_the_same_under_every_default(world: World) {
    let only_idfa = json!({"user_identities": {"customer_id": "v"}, "device_info": {"platform": "iOS",
        "os_version": "17.0", "ios_advertising_id": IDFA}});
    let sender = Sender::new(&world).await;
    let nobody = json!({"device_info": {"platform": "iOS", "os_version": "17.0", "ios_advertising_id": IDFA}});
    for (default, state) in
        [(Some(Status::Denied), CountedState::Unknown), (Some(Status::Authorized), CountedState::Unknown)]
    {
        change(&sender, Some(default), None).await;
        sender.send(std::slice::from_ref(&only_idfa)).await;
        assert_eq!(sender.profiles(state).await, 1, "{default:?}: decided by the default");
        assert_eq!(sender.profiles(CountedState::NotApplicable).await, 0, "{default:?}");
        sender.send(std::slice::from_ref(&nobody)).await;
    }
    change(&sender, Some(Some(Status::Denied)), None).await;
    sender
        .send(&[json!({"user_identities": {"customer_id": "w"}, "device_info": {"platform": "iOS",
        "os_version": "17.0", "ios_advertising_id": "713ff528-afd1-4c1b-9628-e6ed25ece9c0"}})])
        .await;
    assert_eq!(sender.profiles(CountedState::Unknown).await, 2);
    assert!(sender.names().await.iter().any(|name| name.starts_with("profile ")), "a device named after the person");
    // In a commit of its own it is found again, and one Apple device that is known otherwise is it.
    let devices = async || -> i64 { world.rows::<(i64,)>("select count(*) from devices").await[0].0 };
    let before = devices().await;
    let again = json!({"user_identities": {"customer_id": "w"}, "device_info": {"platform": "iOS", "os_version": "17.1",
        "ios_advertising_id": "713ff528-afd1-4c1b-9628-e6ed25ece9c0"}});
    sender.send(std::slice::from_ref(&again)).await;
    assert_eq!(devices().await, before);
    sender.send(&[ios("x", "v-of-x", Some("authorized"))]).await;
    let mut of_x = again;
    of_x["user_identities"]["customer_id"] = "x".into();
    of_x["device_info"]["os_version"] = "17.9".into();
    world.clock.advance(1000);
    sender.send(&[of_x]).await;
    assert_eq!(devices().await, before + 1);
    let described: Vec<(i64,)> =
        world.rows("select count(*) from devices where os_version = '17.9' and status = 3").await;
    assert_eq!(described, [(1,)]);
}

async fn an_identity_that_repeats_a_withheld_idfa_is_dropped(world: World) {
    let sender = Sender::new(&world).await;
    let with = |status: &str| {
        json!({"user_identities": {"customer_id": "ada", "other": MIXED},
        "device_info": {"ios_idfv": "v1", "os_version": "17.5", "ios_advertising_id": IDFA, "att_authorization_status": status}})
    };
    let kept =
        async || -> i64 { world.rows::<(i64,)>("select count(*) from identities where kind = 'other'").await[0].0 };
    sender.send(&[with("denied")]).await;
    assert_eq!(kept().await, 0);
    let samples: Vec<(String,)> = world.rows("select content from samples").await;
    assert!(samples.iter().all(|(content,)| !content.to_lowercase().contains(IDFA)), "{samples:?}");
    world.clock.advance(1000);
    sender.send(&[with("authorized")]).await;
    assert_eq!(kept().await, 1);
    world.clock.advance(1000);
    sender.send(&[with("denied")]).await;
    assert_eq!(kept().await, 0, "erased with the IDFA that it repeats");
    // One that came before its IDFA did, as it was sent.
    sender.send(&[json!({"user_identities": {"customer_id": "ada", "other": MIXED}})]).await;
    assert_eq!(kept().await, 1);
    sender.send(&[with("denied")]).await;
    assert_eq!(kept().await, 0);
}

async fn a_withheld_idfa_hides_no_device(world: World) {
    let sender = Sender::new(&world).await;
    let with = |platform: &str, idfa: &str, status: Option<&str>| {
        json!({"user_identities": {"customer_id": "g"},
        "device_info": {"platform": platform, "ios_idfv": "v1", "ios_advertising_id": idfa, "att_authorization_status": status}})
    };
    sender.send(&[with("iOS", IDFA, Some("authorized"))]).await;
    world.clock.advance(1000);
    sender.send(&[with("visionOS", "713ff528-afd1-4c1b-9628-e6ed25ece9c0", None)]).await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from devices").await, [(1,)]);
    assert_eq!(sender.names().await, ["ios_idfv v1"], "there an IDFA is nobody's id");
}

async fn versions_of_other_platforms_are_not_those_of_ios(world: World) {
    let sender = Sender::new(&world).await;
    let with = |platform: &str, n: usize| json!({"mp_deviceid": format!("m{n}"), "device_info": {"platform": platform, "os_version": "15.0"}});
    sender.send(&[with("iOS", 1), with("Android", 2), with("tvOS", 3)]).await;
    let values: Vec<(String,)> =
        world.rows("select distinct value from counters where dimension = 'os_version' order by value").await;
    let values: Vec<&str> = values.iter().map(|(value,)| value.as_str()).collect();
    assert_eq!(values, ["15.0", "Android 15.0", "tvOS 15.0"]);
}

async fn a_clock_that_was_far_ahead_does_no_lasting_harm(world: World) {
    let sender = Sender::new(&world).await;
    world.clock.advance(365 * DAY);
    sender.send(&[ios("ada", "v1", Some("denied")), ios("bob", "v2", Some("denied"))]).await;
    world.run_jobs().await;
    world.clock.advance(-365 * DAY + MINUTE);
    sender.send(&[ios("bob", "v2", Some("denied"))]).await;
    let mut timed = ios("ada", "v1", Some("authorized"));
    timed["timestamp_unixtime_ms"] = world.store.clock().now().0.into();
    timed["application_info"] = json!({"application_version": "2.0"});
    sender.send(&[timed]).await;
    assert_eq!((sender.devices(AUTHORIZED).await, sender.devices(DENIED).await), (1, 1));
    let seen: Vec<(i64, Option<String>, i64)> =
        world.rows("select last_seen, app_version, active_on from devices where status = 3").await;
    let now = world.store.clock().now().0;
    assert_eq!(seen, [(now, Some("2.0".to_owned()), 20_779)]);
    let late: Vec<(String,)> = world.rows("select name from jobs where due_at > 1795356300000 + 172800000").await;
    world.run_jobs().await;
    let later: Vec<(String,)> = world.rows("select name from jobs where due_at > 1795356300000 + 172800000").await;
    assert!(!late.is_empty() && later.is_empty(), "jobs are due again: {later:?}");
}

async fn a_clock_that_was_far_ahead_keeps_nobody_from_signing_in(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    world.clock.advance(365 * DAY);
    let ahead = world.sign_in(&ada).await;
    for _ in 0..12 {
        let fields = [("email", ada.as_str()), ("password", "a wrong password"), ("next", "/")];
        world.post("/sign-in", &Cookie::default(), &fields).await;
    }
    let of_slot = world.system.clone().with_slot().await;
    world.clock.advance(-365 * DAY);
    let cookie = world.sign_in(&ada).await;
    assert_eq!(world.get("/w/acme/overview", &cookie).await.status, StatusCode::OK);
    assert_eq!(world.get("/w/acme/overview", &ahead).await.status, StatusCode::SEE_OTHER, "it would last for a year");
    let taken: Vec<(i64,)> = world.rows("select count(*) from slots").await;
    let again = world.system.clone().with_slot().await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from slots").await, taken, "its slot is free again");
    drop((of_slot, again));
}

async fn a_person_counts_the_same_after_their_id_is_erased(world: World) {
    let sender = Sender::new(&world).await;
    let only_idfa = |who: &str, idfa: &str, status: Option<&str>| {
        json!({"user_identities": {"customer_id": who}, "device_info": {"platform": "iOS", "os_version": "17.0",
            "ios_advertising_id": idfa, "att_authorization_status": status}})
    };
    // Kept by the default, and erased with another one; and by a refusal of their own.
    change(&sender, Some(Some(Status::Authorized)), None).await;
    sender.send(&[only_idfa("ada", IDFA, None)]).await;
    let other = "713ff528-afd1-4c1b-9628-e6ed25ece9c0";
    sender.send(&[only_idfa("bob", other, Some("authorized"))]).await;
    world.clock.advance(1000);
    sender.send(&[only_idfa("bob", other, Some("denied"))]).await;
    change(&sender, Some(Some(Status::Denied)), None).await;
    world.clock.advance(3 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    for _ in 0..2 {
        assert_eq!((sender.profiles(CountedState::Unknown).await, sender.profiles(DENIED).await), (1, 1));
        world.clock.advance(40 * DAY);
        world.run_jobs().await;
        world.assert_holds().await;
    }
    let before: Vec<(i64,)> = world.rows("select count(*) from devices").await;
    sender.send(&[only_idfa("ada", IDFA, None), only_idfa("bob", other, None)]).await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from devices").await, before, "and is found by their names");
}

async fn what_closes_the_gate_beside_a_setting_erases_though_the_setting_is_undone(world: World) {
    let sender = Sender::new(&world).await;
    sender.send(&[with_idfa(1, "14.2", None)]).await;
    assert_eq!(idfas(&sender).await, ["A1"]);
    change(&sender, Some(Some(Status::Denied)), None).await;
    world.clock.advance(1000);
    sender.send(&[json!({"device_info": {"platform": "iOS", "os_version": "17.0", "ios_idfv": "v1"}})]).await;
    change(&sender, Some(None), None).await;
    assert_eq!((open(&sender).await, idfas(&sender).await), (vec![], vec![]), "nothing is left to be handed out again");
    world.assert_holds().await;
}

async fn what_undoing_a_setting_lets_be_is_not_erased_beside_it(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, Some(Some(Status::Authorized)), None).await;
    sender.send(&[with_idfa(1, "14.2", None)]).await;
    change(&sender, Some(Some(Status::Denied)), None).await;
    // Without a default an update beyond 14.5 would close the gate; undoing this one opens it all the same.
    world.clock.advance(1000);
    sender.send(&[json!({"device_info": {"platform": "iOS", "os_version": "17.0", "ios_idfv": "v1"}})]).await;
    change(&sender, Some(Some(Status::Authorized)), None).await;
    assert_eq!((open(&sender).await, idfas(&sender).await), (vec![], vec!["A1".to_owned()]));
    world.assert_holds().await;
}

async fn an_erasing_leaves_what_an_earlier_one_erases_later(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, Some(Some(Status::Authorized)), None).await;
    sender.send(&[with_idfa(1, "17.0", None), with_idfa(2, "14.2", None)]).await;
    change(&sender, Some(None), None).await;
    change(&sender, Some(Some(Status::Denied)), None).await;
    // As if the second had been asked for with fewer hours.
    world.execute("update erasures set due_at = asked_at + 3600000 where version = 4").await;
    world.clock.advance(2 * HOUR);
    assert!(!world.system.erase_step(sender.workspace, 4).await.expect("a step"));
    assert_eq!((open(&sender).await, idfas(&sender).await), (vec![(3, Progress::Waiting)], vec!["A1".to_owned()]));
    change(&sender, Some(Some(Status::Authorized)), None).await;
    world.clock.advance(4 * DAY);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A1"], "undone in time");
    world.assert_holds().await;
}

async fn settings_are_in_force_in_their_order_whatever_the_clock_said(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::Compliance).await;
    let default = async || {
        let path = "/api/v1/workspaces/acme/trend?from=2026-11-22&basis=effective";
        let trend = world.ask("GET", path, Some(&crate::harness::bearer(&token)), "").await.json();
        trend["points"].as_array().expect("points").iter().map(|point| point["default"].clone()).collect::<Vec<_>>()
    };
    world.clock.advance(300 * DAY);
    change(&sender, Some(Some(Status::Denied)), None).await;
    world.clock.advance(-300 * DAY);
    change(&sender, Some(Some(Status::Restricted)), None).await;
    assert_eq!(default().await, ["restricted"], "set later");
    world.run_jobs().await;
    world.clock.advance(DAY);
    assert_eq!(default().await, ["restricted", "restricted"]);
    world.clock.advance(-3 * HOUR);
    change(&sender, Some(Some(Status::Authorized)), None).await;
    world.clock.advance(3 * HOUR);
    assert_eq!(default().await.last(), Some(&json!("authorized")));
    assert_eq!(world.rows::<(i64,)>("select count(*) from settings_versions a join settings_versions b on b.workspace_id = a.workspace_id and b.version = a.version + 1 and b.changed_at < a.changed_at").await, [(0,)]);
}

async fn what_was_asked_for_while_a_clock_was_ahead_has_its_time_from_now(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied"))]).await;
    world.clock.advance(365 * DAY);
    change(&sender, Some(Some(Status::Denied)), Some(Policy::Withhold)).await;
    world.run_jobs().await;
    world.clock.advance(-365 * DAY + HOUR);
    let token = world.token("acme", Role::Compliance).await;
    let path = "/api/v1/workspaces/acme/trend?from=2026-11-22&basis=effective";
    let trend = world.ask("GET", path, Some(&crate::harness::bearer(&token)), "").await.json();
    assert_eq!(trend["points"][0]["default"], "denied", "what is in force is in force");
    world.run_jobs().await;
    world.clock.advance(3 * DAY - 1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, ["A1"]);
    world.clock.advance(1);
    world.run_jobs().await;
    assert_eq!(idfas(&sender).await, [""; 0]);
}
