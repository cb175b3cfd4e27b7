//! Ids that many send join few, what decides a profile is kept right, and a batch's work is its own.

use super::sender::{DENIED, Sender, ios};
use crate::harness::{Backend, World, on_both, open};
use attest::domain::att::CountedState;
use attest::domain::joins::MOST_ON_A_DAY;
use attest::domain::time::{DAY, HOUR, MINUTE};
use attest::server::clock::{Clock, Ids};
use attest::server::store::Store;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use std::time::Duration;

on_both! {
    one_customer_joins_fifty_devices_a_day_and_no_more
    one_device_joins_fifty_customers_a_day_and_no_more
    one_device_id_on_many_phones_leads_to_none
    a_word_for_no_id_is_no_id
    what_decides_is_kept_whatever_comes
}

async fn users_of(world: &World, customer: &str) -> i64 {
    let of: Vec<(String, i64)> = world
        .rows(
            "select i.value, count(u.device_id) from identities i left join uses u \
             on u.workspace_id = i.workspace_id and u.profile_id = i.profile_id group by i.value",
        )
        .await;
    of.into_iter().find(|(value, _)| value == customer).map_or(0, |(_, devices)| devices)
}

async fn one_customer_joins_fifty_devices_a_day_and_no_more(world: World) {
    let sender = Sender::new(&world).await;
    let phones: Vec<Value> = (0..70).map(|n| ios("everybody", &format!("v{n}"), Some("denied"))).collect();
    sender.send(&phones[..30]).await;
    sender.send(&phones[30..]).await;
    assert_eq!(users_of(&world, "everybody").await, MOST_ON_A_DAY);
    assert_eq!(sender.devices(DENIED).await, 70);
    assert_eq!(sender.profiles(DENIED).await, 1 + 20, "who is not joined is somebody of their own");
    // From then on, another day too; who was joined stays so, and another identity of a batch names somebody.
    world.clock.advance(3 * DAY);
    let mut zoe = ios("everybody", "v-zoe", Some("denied"));
    zoe["user_identities"]["email"] = "zoe@example.com".into();
    sender.send(&[ios("everybody", "v71", Some("denied")), phones[0].clone(), zoe]).await;
    assert_eq!(users_of(&world, "everybody").await, MOST_ON_A_DAY);
    assert_eq!(users_of(&world, "zoe@example.com").await, 1);
    assert_eq!(sender.profiles(DENIED).await, 1 + 20 + 2);
}

async fn one_device_joins_fifty_customers_a_day_and_no_more(world: World) {
    let sender = Sender::new(&world).await;
    let users: Vec<Value> = (0..60).map(|n| ios(&format!("c{n}"), "kiosk", Some("denied"))).collect();
    sender.send(&users).await;
    assert_eq!(sender.profiles(DENIED).await, MOST_ON_A_DAY);
    assert_eq!(sender.profiles(CountedState::NotApplicable).await, 10, "they are known, and use no device");
    world.clock.advance(HOUR);
    sender.send(&[ios("c3", "kiosk", Some("authorized")), ios("c59", "own", Some("denied"))]).await;
    assert_eq!(sender.profiles(DENIED).await, 1, "the fifty went on with the kiosk, the other has a phone now");
}

async fn one_device_id_on_many_phones_leads_to_none(world: World) {
    let sender = Sender::new(&world).await;
    let phone = |n: i64| {
        let mut phone = ios(&format!("c{n}"), &format!("v{n}"), None);
        phone["mp_deviceid"] = "constant".into();
        phone
    };
    sender.send(&(0..60).map(phone).collect::<Vec<_>>()).await;
    assert_eq!(sender.devices(CountedState::Unknown).await, 60);
    // Alone it would tell of whichever phone had it last.
    let alone = |customer: &str| {
        json!({"mp_deviceid": "constant", "user_identities": {"customer_id": customer},
            "device_info": {"platform": "iOS", "att_authorization_status": "denied"}})
    };
    sender.send(&[alone("c1")]).await;
    let denied: Vec<(String,)> = world
        .rows("select n.value from device_identifiers n join devices d on d.id = n.device_id where d.status = 2")
        .await;
    assert_eq!(denied, [("v1".to_owned(),)], "the only phone of who is named");
    // With a refusal its IDFA goes; who has two phones gets a device of their own, once.
    let mut allowed = ios("erin", "v-erin", Some("authorized"));
    allowed["device_info"]["ios_advertising_id"] = "A1".into();
    sender.send(&[allowed, ios("fred", "v-fred-1", None), ios("fred", "v-fred-2", None)]).await;
    world.clock.advance(HOUR);
    sender.send(&[alone("erin"), alone("fred")]).await;
    sender.send(&[alone("fred")]).await;
    let named: Vec<(String,)> = world
        .rows(
            "select n.kind from device_identifiers n join devices d on d.id = n.device_id where d.status = 2 \
             and d.unidentified_since is null and n.value <> 'v1' order by n.kind",
        )
        .await;
    assert_eq!(
        named,
        [("ios_idfv".to_owned(),), ("profile".to_owned(),)],
        "erin's phone, and the device named after fred"
    );
    assert_eq!(sender.devices(DENIED).await, 3);
}

async fn a_word_for_no_id_is_no_id(world: World) {
    let sender = Sender::new(&world).await;
    // As the id of a request it repeats nothing.
    for id in ["null", "  ", "00000000-0000-0000-0000-000000000000"] {
        let mut requests = [ios("ada", "v0", Some("denied")), ios("ada", "v1", Some("denied"))];
        requests.iter_mut().for_each(|request| request["source_request_id"] = id.into());
        sender.send(&requests).await;
    }
    assert_eq!(world.rows::<(i64,)>("select count(*) from dedup").await, [(0,)]);
    world.execute("delete from data_problems").await;
    let sent: Vec<Value> = ["NULL", "Undefined", "guest", "0", "-1", "[object Object]", " none "]
        .iter()
        .enumerate()
        .map(|(n, word)| ios(word, &format!("v{n}"), None))
        .collect();
    sender.send(&sent).await;
    assert_eq!(sender.profiles(CountedState::Unknown).await, 5, "and two that are ada's");
    // Neither does it make a phone of another maker an iPhone.
    let android = json!({"device_info": {"ios_idfv": "null", "ios_advertising_id": "undefined", "android_uuid": "a1"}});
    let empty = json!({"device_info": {"ios_idfv": "", "ios_advertising_id": " ", "android_uuid": "a1"}});
    sender.send(&[android, empty]).await;
    let platforms: Vec<(String,)> = world.rows("select platform from devices where platform <> 'iOS'").await;
    assert_eq!(platforms, [("Android".to_owned(),)]);
    let problems: Vec<(String, i64)> = world.rows("select kind, n from data_problems").await;
    assert_eq!(problems, [("placeholder_id".to_owned(), 8)]);
}

/// A batch of few ids, so that they meet in every way.
fn batch(now: i64) -> impl Strategy<Value = Value> {
    let one_of = |of: &'static [Option<&'static str>]| prop::sample::select(of);
    let who = (
        one_of(&[None, None, Some("ada"), Some("bob"), Some("cleo"), Some("dan")]),
        one_of(&[None, None, Some("a@example.com"), Some("b@example.com")]),
        prop::sample::select(&[None, None, None, None, Some(11), Some(12)][..]),
    );
    let device = (
        prop_oneof![
            one_of(&[None, Some("v1"), Some("v2"), Some("v3"), Some("v4")]).prop_map(|id| id.map(str::to_owned)),
            (0..60_i64).prop_map(|n| Some(format!("v-one-of-many-{n}"))),
        ],
        one_of(&[None, None, Some("m1"), Some("m2"), Some("m3")]),
        one_of(&[Some("iOS"), Some("iOS"), Some("iOS"), Some("Android"), None]),
        one_of(&[None, Some("denied"), Some("authorized"), Some("not_determined")]),
        one_of(&[None, Some("a.one"), Some("a.two")]),
    );
    (who, device, prop::option::of(0..5_i64)).prop_map(move |(who, device, hours)| {
        let ((customer, email, mpid), (idfv, mp, platform, status, package)) = (who, device);
        json!({"user_identities": {"customer_id": customer, "email": email}, "mpid": mpid, "mp_deviceid": mp,
            "timestamp_unixtime_ms": hours.map(|hours| now - hours * HOUR), "application_info": {"package": package},
            "device_info": {"platform": platform, "ios_idfv": idfv, "att_authorization_status": status}})
    })
}

/// After each group of batches the check derives anew who decides, and finds what is kept.
async fn what_decides_is_kept_whatever_comes(world: World) {
    let sender = Sender::new(&world).await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    // Near the limits, so that some ids are shared in what follows.
    let near: Vec<Value> = (0..MOST_ON_A_DAY - 4)
        .map(|n| {
            let mut phone = ios("ada", &format!("v-near-{n}"), Some("denied"));
            phone["mp_deviceid"] = "m1".into();
            phone
        })
        .chain((0..MOST_ON_A_DAY).map(|n| ios(&format!("near-{n}"), "v1", Some("denied"))))
        .collect();
    sender.send(&near).await;
    sender.send(&[ios("gus", "v1", Some("denied"))]).await;
    let mut drawn = |strategy: BoxedStrategy<Vec<Value>>| strategy.new_tree(&mut runner).expect("a value").current();
    for round in 0..110 {
        let now = world.clock.now();
        let group = drawn(prop::collection::vec(batch(now.0), 1..7).boxed());
        if round % 7 == 6 {
            sender.send_historical(&group).await;
        } else {
            sender.send(&group).await;
        }
        world.clock.advance(if round % 9 == 8 && round > 50 { 31 * DAY } else { MINUTE });
        if round % 9 == 8 {
            let silent = world.clock.now().minus(30 * DAY);
            world.retire(sender.workspace, silent).await;
            world.assert_holds().await;
        }
    }
    let (retired, moved): (i64, i64) = world
        .rows("select (select count(*) from devices where retired), (select count(*) from uses where decides = 1)")
        .await[0];
    let shared: Vec<(i64, i64, i64)> = world
        .rows(
            "select (select count(*) from identities where joined > 50), (select count(*) from devices where joined > 50), \
             (select count(*) from device_identifiers where joined > 50)",
        )
        .await;
    assert!(shared[0].0 > 0 && shared[0].1 > 0 && shared[0].2 > 0, "some of each are shared: {shared:?}");
    assert!(
        retired > 0 && moved > 0,
        "the rounds reach what they are for: {retired} retired, {moved} in their app only"
    );
}

/// How many rows of the population Postgres has read, and how many devices were written, once all of it is told.
async fn read_and_written(world: &World) -> (i64, i64) {
    world
        .rows(
            "select cast(sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) as bigint), \
             cast(sum(n_tup_upd) filter (where relname = 'devices') as bigint) from pg_stat_user_tables \
             where relname in ('devices', 'device_identifiers', 'profiles', 'identities', 'uses')",
        )
        .await[0]
}

#[tokio::test]
async fn a_batch_reads_no_more_of_somebody_with_many_devices() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    for day in 0..8 {
        let phones: Vec<Value> =
            (0..MOST_ON_A_DAY).map(|n| ios("many", &format!("v{day}-{n}"), Some("denied"))).collect();
        sender.send(&phones).await;
        world.clock.advance(DAY);
    }
    sender.send(&[ios("few", "v-few", Some("denied"))]).await;
    world.store.learn_sizes(401).await;
    let mut read = Vec::new();
    // A process tells what it read when it ends.
    for (customer, idfv) in [("few", "v-few"), ("many", "v7-3"), ("many", "v0-3")] {
        let process = open(&world.url, Ids::new(world.clock.clone())).await;
        let (before, written) = read_and_written(&world).await;
        let one = Sender { store: Store::clone(&process), ..sender };
        world.clock.advance(HOUR);
        one.send_unchecked(&[ios(customer, idfv, Some("authorized"))]).await;
        process.close().await;
        let told = async {
            loop {
                let (now, written_now) = read_and_written(&world).await;
                if written_now > written {
                    break now - before;
                }
                tokio::task::yield_now().await;
            }
        };
        read.push(tokio::time::timeout(Duration::from_secs(30), told).await.expect("it is told"));
    }
    assert_eq!(users_of(&world, "many").await, 8 * MOST_ON_A_DAY);
    assert!(read[1] <= read[0] + 5 && read[2] <= read[0] + 10, "rows read of one device and of 400: {read:?}");
    world.assert_holds().await;
}
