//! Requests that are committed together give what they would have given one by one.

use super::sender::{DENIED, Sender, ios, parsed};
use crate::harness::{Backend, World, on_both, workspace_ref};
use attest::domain::error::Refusal;
use attest::domain::id::WorkspaceId;
use attest::domain::permission::Permission;
use attest::domain::time::MINUTE;
use attest::server::ingest::{Ingest, Limits};
use attest::server::services::input::set_paused;
use attest::server::store::{InputGrant, Parcel, SentBatches};
use clap::Parser;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

on_both! {
    a_group_gives_what_its_requests_give_one_by_one
    an_id_that_is_handed_on_within_a_group_leads_where_it_would_one_by_one
    a_paused_input_spoils_nothing_for_the_others
    a_full_queue_takes_nothing
    who_goes_away_is_stored_all_the_same
    who_sends_little_waits_for_one_bulk_and_not_for_the_next
    many_small_requests_are_many
    beside_few_a_bulk_is_stored_in_parts
    who_sends_more_than_is_stored_leaves_room_for_others
}

fn parcel(grant: InputGrant, batches: &[Value]) -> Parcel {
    Parcel { grant, sent: SentBatches { batches: batches.iter().map(parsed).collect(), ..SentBatches::default() } }
}

/// Everything that folding leaves behind, without the ids that chance made.
async fn remembered(world: &World) -> Vec<String> {
    let mut told = Vec::new();
    for sql in [
        "select app_id || ' ' || dimension || ' ' || value || ' ' || not_determined || ' ' || restricted || ' ' || denied || ' ' || \
            authorized || ' ' || unknown || ' ' || not_applicable \
            from counters where app_id = 0 and (not_determined, restricted, denied, authorized, unknown, \
            not_applicable) <> (0, 0, 0, 0, 0, 0) order by 1",
        "select day || ' ' || dimension || ' ' || value || ' ' || not_determined || ' ' || restricted || ' ' || denied || ' ' || \
            authorized || ' ' || unknown || ' ' || not_applicable \
            from daily where app_id = 0 and (not_determined, restricted, denied, authorized, unknown, \
            not_applicable) <> (0, 0, 0, 0, 0, 0) order by 1",
        "select coalesce(from_status, 9) || ' ' || to_status || ' ' || seq || ' ' || since from transitions order by 1",
        "select kind || ' ' || case kind when 'profile' then '' else value end from device_identifiers order by 1",
        "select kind || ' ' || value from identities order by 1",
        "select kind || ' ' || n from data_problems order by 1",
        "select counted || ' ' || reason || ' ' || n from input_counts order by 1",
    ] {
        told.extend(world.rows::<(String,)>(sql).await.into_iter().map(|(row,)| row));
    }
    told
}

/// Requests with everything in them: shared devices, names that move, repeats, people named later.
fn requests() -> Vec<Vec<Value>> {
    let with_id = |mut batch: Value, id: &str| {
        batch["source_request_id"] = id.into();
        batch
    };
    let anonymous = |idfv: &str, status: &str| {
        let mut batch = ios("", idfv, Some(status));
        batch["user_identities"] = Value::Null;
        batch
    };
    vec![
        vec![ios("ada", "v1", Some("not_determined")), ios("bob", "v1", None)],
        vec![anonymous("v2", "authorized")],
        vec![with_id(ios("ada", "v1", Some("authorized")), "r1")],
        vec![ios("cyd", "v2", Some("denied")), with_id(ios("ada", "v3", Some("denied")), "r1")],
        vec![ios("bob", "v1", Some("denied")), ios("bob", "v1", Some("denied"))],
        vec![ios("ada", "v1", Some("not_determined"))],
    ]
}

async fn a_group_gives_what_its_requests_give_one_by_one(world: World) {
    let kind = if world.url.starts_with("sqlite") { Backend::Sqlite } else { Backend::Postgres };
    let other = World::new(kind).await;
    let (one_by_one, together) = (Sender::new(&world).await, Sender::new(&other).await);
    for request in requests() {
        one_by_one.send(&request).await;
    }
    let parcels = requests().iter().map(|request| parcel(together.grant, request)).collect();
    let outcomes = other.store.accept(None, Arc::new(parcels)).await.expect("accepted");
    assert!(outcomes.iter().all(|outcome| outcome == &Ok(vec![])), "{outcomes:?}");
    other.assert_holds().await;
    assert_eq!(remembered(&world).await, remembered(&other).await);
}

/// The last of three batches names whom the first does, by an id that the second has in common with both; its status is
/// about a device that none of them names.
async fn an_id_that_is_handed_on_within_a_group_leads_where_it_would_one_by_one(world: World) {
    let kind = if world.url.starts_with("sqlite") { Backend::Sqlite } else { Backend::Postgres };
    for device in [None, Some("v3")] {
        let (one, other) = (World::new(kind).await, World::new(kind).await);
        let (one_by_one, together) = (Sender::new(&one).await, Sender::new(&other).await);
        let batch = |identities: Value, device: Option<&str>, status: Option<&str>| {
            json!({"user_identities": identities, "device_info": {"platform": "iOS", "os_version": "17.5",
                "ios_idfv": device, "att_authorization_status": status}})
        };
        let customer = json!({"customer_id": "u0"});
        for sender in [&one_by_one, &together] {
            sender.send(&[batch(customer.clone(), None, Some("denied"))]).await;
            sender.world.clock.advance(MINUTE);
            sender.send(&[batch(customer.clone(), Some("v2"), None)]).await;
            sender.send(&[batch(customer.clone(), Some("v2"), Some("restricted"))]).await;
            sender.world.clock.advance(MINUTE);
        }
        let handed_on = [
            batch(json!({"customer_id": "u0", "email": "m1"}), None, None),
            batch(json!({"email": "m1", "other": "o1"}), device, None),
            batch(json!({"other": "o1"}), None, Some("authorized")),
        ];
        for batch in &handed_on {
            one_by_one.send(std::slice::from_ref(batch)).await;
        }
        together.send(&handed_on).await;
        assert_eq!(remembered(&one).await, remembered(&other).await);
    }
}

async fn a_paused_input_spoils_nothing_for_the_others(world: World) {
    let sender = Sender::new(&world).await;
    let (key, secret) = world.input("acme", "Paused").await;
    let paused = world.store.input_grant(&key, &secret).await.expect("a feed");
    let mut view =
        world.store.view(&World::actor(), workspace_ref("acme"), Permission::SeeInputs).await.expect("a view");
    let input = view.inputs().await.expect("inputs").into_iter().find(|input| input.name == "Paused").expect("it");
    drop(view);
    set_paused(&world.store, &World::actor(), workspace_ref("acme"), input.id, true).await.expect("paused");
    let parcels = vec![
        parcel(paused, &[ios("eve", "v0", Some("denied"))]),
        parcel(sender.grant, &[ios("ada", "v1", Some("denied"))]),
    ];
    let outcomes = world.store.accept(None, Arc::new(parcels)).await.expect("accepted");
    assert_eq!(outcomes, [Err(Refusal::Forbidden), Ok(vec![])]);
    assert_eq!(sender.devices(DENIED).await, 1);
    world.assert_holds().await;
}

#[derive(Parser)]
struct Given {
    #[command(flatten)]
    limits: Limits,
}

fn limits(options: &[&str]) -> Limits {
    Given::parse_from(["attest"].iter().chain(options)).limits
}

/// An input of another workspace.
async fn other(world: &World) -> InputGrant {
    world.workspace("Globex").await;
    let (key, secret) = world.input("globex", "Feed").await;
    world.store.input_grant(&key, &secret).await.expect("a feed")
}

/// So many batches of devices of their own, from this number on.
fn fleet(grant: InputGrant, first: i64, n: i64) -> SentBatches {
    let batches = (first..first + n).map(|n| ios(&n.to_string(), &format!("v{n}"), Some("denied")));
    parcel(grant, &batches.collect::<Vec<_>>()).sent
}

fn take_later(
    ingest: &Ingest,
    grant: InputGrant,
    sent: SentBatches,
) -> JoinHandle<attest::server::error::Result<Vec<usize>>> {
    let ingest = ingest.clone();
    tokio::spawn(async move { take(&ingest, grant, sent).await })
}

async fn until_waiting(ingest: &Ingest, batches: u32) {
    while ingest.waiting() < batches {
        tokio::task::yield_now().await;
    }
}

async fn take(ingest: &Ingest, grant: InputGrant, sent: SentBatches) -> attest::server::error::Result<Vec<usize>> {
    let mut room = ingest.room(grant.workspace(), 1000)?;
    ingest.grow(&mut room, 1000)?;
    ingest.take(grant, sent, room).await
}

/// What waits is bounded in bytes too, from before a body is read; a request gives back what it did not need.
#[tokio::test]
async fn a_queue_without_room_reads_nothing() {
    let world = World::new(Backend::Sqlite).await;
    let ingest = Ingest::start(world.store.clone(), limits(&["--queue-kb", "1024"]));
    let [one, other, third] = [1, 2, 3].map(WorkspaceId);
    // What is announced takes nothing; what arrives does.
    let mut rooms: Vec<_> = (0..40).map(|n| ingest.room(WorkspaceId(1 + n % 2), 256 * 1024).expect("room")).collect();
    assert!(!ingest.is_full());
    for room in &mut rooms[..4] {
        ingest.grow(room, 100 * 1024).expect("room");
        ingest.grow(room, 256 * 1024).expect("room for the rest");
    }
    assert!(ingest.room(third, 1).is_err() && ingest.grow(&mut rooms[5], 1).is_err() && ingest.is_full());
    rooms.remove(0);
    assert!(ingest.room(one, 256 * 1024).is_ok() && !ingest.is_full());
    assert!(ingest.room(other, 1).is_err(), "it has half of everything");
    drop(rooms);
    assert!(ingest.room(one, 512 * 1024).is_ok() && ingest.room(one, 513 * 1024).is_err());
}

async fn a_full_queue_takes_nothing(world: World) {
    let sender = Sender::new(&world).await;
    // Every commit waits for the lock that this test took.
    let ingest = Ingest::start(world.store.clone(), limits(&["--queue-rows", "200"]));
    let locked = world.lock_writes().await;
    let batches: Vec<Value> = (0..60).map(|n| ios(&n.to_string(), &format!("v{n}"), None)).collect();
    let sent = |batches: &[Value]| parcel(sender.grant, batches).sent;
    let first = tokio::spawn({
        let (ingest, grant, sent) = (ingest.clone(), sender.grant, sent(&batches));
        async move { take(&ingest, grant, sent).await }
    });
    while ingest.waiting() < 60 {
        tokio::task::yield_now().await;
    }
    let refused = take(&ingest, sender.grant, sent(&batches)).await;
    assert!(matches!(refused, Err(attest::server::error::Error::Full)), "{refused:?}");
    assert!(!world.store.precedence().is_free(), "readers give way until it is stored");
    drop(locked);
    assert_eq!(first.await.expect("no panic").expect("accepted"), Vec::<usize>::new());
    assert!(ingest.drain(Duration::from_secs(5)).await && world.store.precedence().is_free());
    assert!(take(&ingest, sender.grant, sent(&batches[..1])).await.is_err(), "nobody gets in after the drain");
    assert_eq!(sender.devices(attest::domain::att::CountedState::Unknown).await, 60);
    world.assert_holds().await;
}

async fn who_goes_away_is_stored_all_the_same(world: World) {
    let sender = Sender::new(&world).await;
    let ingest = Ingest::start(world.store.clone(), limits(&[]));
    let locked = world.lock_writes().await;
    let sent = parcel(sender.grant, &[ios("ada", "v1", Some("denied"))]).sent;
    let gone = tokio::time::timeout(Duration::from_millis(1), take(&ingest, sender.grant, sent)).await;
    assert!(gone.is_err(), "the writer was locked");
    drop(locked);
    assert!(ingest.drain(Duration::from_secs(5)).await);
    assert_eq!(sender.devices(DENIED).await, 1);
}

async fn who_sends_little_waits_for_one_bulk_and_not_for_the_next(world: World) {
    let (sender, other) = (Sender::new(&world).await, other(&world).await);
    let ingest = Ingest::start(world.store.clone(), limits(&["--commit-rows", "100"]));
    let locked = world.lock_writes().await;
    let first = take_later(&ingest, sender.grant, fleet(sender.grant, 0, 60));
    until_waiting(&ingest, 60).await;
    let second = take_later(&ingest, sender.grant, fleet(sender.grant, 60, 60));
    until_waiting(&ingest, 120).await;
    let little = take_later(&ingest, other, fleet(other, 0, 1));
    until_waiting(&ingest, 121).await;
    drop(locked);
    little.await.expect("no panic").expect("accepted");
    assert!(first.is_finished() && ingest.waiting() == 60, "the second bulk still waits: {}", ingest.waiting());
    second.await.expect("no panic").expect("accepted");
    assert_eq!(sender.devices(DENIED).await, 120);
    world.assert_holds().await;
}

/// Whose batches come one by one, but many at once, waits among those that bring many.
async fn many_small_requests_are_many(world: World) {
    let (sender, other) = (Sender::new(&world).await, other(&world).await);
    let ingest = Ingest::start(world.store.clone(), limits(&["--commit-rows", "30"]));
    let locked = world.lock_writes().await;
    let flood: Vec<_> = (0..100).map(|n| take_later(&ingest, sender.grant, fleet(sender.grant, n * 10, 1))).collect();
    until_waiting(&ingest, 100).await;
    let little = take_later(&ingest, other, fleet(other, 0, 1));
    until_waiting(&ingest, 101).await;
    drop(locked);
    little.await.expect("no panic").expect("accepted");
    assert!(ingest.waiting() >= 40, "most of the flood still waits: {}", ingest.waiting());
    for one in flood {
        one.await.expect("no panic").expect("accepted");
    }
    assert_eq!(sender.devices(DENIED).await, 100);
    world.assert_holds().await;
}

/// Two bulks, between two that bring little: what is stored of the first while the other writer had the lock comes first.
async fn beside_few_a_bulk_is_stored_in_parts(world: World) {
    let (sender, other) = (Sender::new(&world).await, other(&world).await);
    world.execute("update settings_versions set idfa_policy = 'require_status'").await;
    let ingest = Ingest::start(world.store.clone(), limits(&[]));
    let locked = world.lock_writes().await;
    let little = take_later(&ingest, other, fleet(other, 0, 1));
    until_waiting(&ingest, 1).await;
    let bulk = |first: i64, lacking: &[usize]| {
        let batch = |n: i64| ios(&n.to_string(), &format!("v{n}"), Some("denied"));
        let mut batches: Vec<Value> = (first..first + 100).map(batch).collect();
        for at in lacking {
            batches[*at]["device_info"]["att_authorization_status"] = Value::Null;
            batches[*at]["device_info"]["ios_advertising_id"] = format!("A{first}-{at}").into();
        }
        let mut sent = parcel(sender.grant, &batches).sent;
        sent.refused.insert("not_json".to_owned(), 1);
        take_later(&ingest, sender.grant, sent)
    };
    let (one, two) = (bulk(0, &[5, 50, 99]), bulk(100, &[0, 24, 25, 70]));
    until_waiting(&ingest, 201).await;
    let more = take_later(&ingest, other, fleet(other, 1, 1));
    until_waiting(&ingest, 202).await;
    drop(locked);
    little.await.expect("no panic").expect("accepted");
    more.await.expect("no panic").expect("accepted");
    assert!(!one.is_finished() && !two.is_finished(), "a part of a bulk came first, and not all of it");
    assert_eq!(one.await.expect("no panic").expect("accepted"), [5, 50, 99]);
    assert_eq!(two.await.expect("no panic").expect("accepted"), [0, 24, 25, 70]);
    assert_eq!((sender.devices(DENIED).await, ingest.waiting()), (193, 0));
    let counted = "select counted || ' ' || sum(n) from input_counts where workspace_id = \
        (select id from workspaces where slug = 'acme') group by counted order by counted";
    let counted = world.rows::<(String,)>(counted).await;
    assert_eq!(counted, [("accepted 193".to_owned(),), ("refused 9".to_owned(),)], "each once");
    world.assert_holds().await;
}

async fn who_sends_more_than_is_stored_leaves_room_for_others(world: World) {
    let (sender, other) = (Sender::new(&world).await, other(&world).await);
    let ingest = Ingest::start(world.store.clone(), limits(&["--queue-rows", "200"]));
    let locked = world.lock_writes().await;
    let most = take_later(&ingest, sender.grant, fleet(sender.grant, 0, 100));
    until_waiting(&ingest, 100).await;
    let more = take(&ingest, sender.grant, fleet(sender.grant, 100, 1)).await;
    assert!(matches!(more, Err(attest::server::error::Error::Full)), "{more:?}");
    let others = take_later(&ingest, other, fleet(other, 0, 100));
    until_waiting(&ingest, 200).await;
    drop(locked);
    for stored in [most, others] {
        stored.await.expect("no panic").expect("accepted");
    }
    take(&ingest, sender.grant, fleet(sender.grant, 100, 100)).await.expect("there is room again");
    world.assert_holds().await;
}

/// A commit waits for company after one of many; who comes alone would only be late.
#[tokio::test]
async fn who_comes_alone_does_not_wait() {
    let world = World::new(Backend::Sqlite).await;
    let sender = Sender::new(&world).await;
    let ingest = Ingest::start(world.store.clone(), limits(&["--commit-ms", "1000"]));
    let begun = Instant::now();
    for n in 0..30 {
        let sent = parcel(sender.grant, &[ios(&n.to_string(), &format!("v{n}"), Some("denied"))]).sent;
        take(&ingest, sender.grant, sent).await.expect("accepted");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(sender.devices(DENIED).await, 30);
}

/// Text that Postgres cannot keep, though no parser lets it through.
#[tokio::test]
async fn what_nobody_foresaw_spoils_nothing_for_the_others() {
    let world = World::new(Backend::Postgres).await;
    let sender = Sender::new(&world).await;
    let ingest = Ingest::start(world.store.clone(), limits(&[]));
    let good = parcel(sender.grant, &[ios("ada", "v1", Some("denied"))]).sent;
    let mut bad = parcel(sender.grant, &[ios("eve", "v2", Some("denied"))]).sent;
    bad.batches[0].app_version = Some("1\0".to_owned());
    let (good, bad) = tokio::join!(take(&ingest, sender.grant, good), take(&ingest, sender.grant, bad));
    assert!(good.is_ok() && bad.is_err(), "{good:?} {bad:?}");
    assert_eq!(sender.devices(DENIED).await, 1);
    // Of a bulk that is stored in parts, what came before stays, and the rest is not tried.
    let other = other(&world).await;
    let locked = world.lock_writes().await;
    let little = take_later(&ingest, other, fleet(other, 0, 1));
    until_waiting(&ingest, 1).await;
    let mut bulk = fleet(sender.grant, 100, 100);
    bulk.batches[60].app_version = Some("1\0".to_owned());
    let fails = take_later(&ingest, sender.grant, bulk.clone());
    until_waiting(&ingest, 101).await;
    let more = take_later(&ingest, other, fleet(other, 1, 1));
    until_waiting(&ingest, 102).await;
    drop(locked);
    assert!(fails.await.expect("no panic").is_err());
    for little in [little, more] {
        little.await.expect("no panic").expect("accepted");
    }
    let before = sender.devices(DENIED).await;
    assert!(before == 26 || before == 51, "one part of it or two: {before}");
    bulk.batches[60].app_version = None;
    assert_eq!(take(&ingest, sender.grant, bulk).await.expect("sent again"), Vec::<usize>::new());
    assert_eq!((sender.devices(DENIED).await, ingest.waiting()), (101, 0));
    world.clock.advance(MINUTE);
    world.assert_holds().await;
}

/// Who is told that the store is away may rely on it that nothing was stored: of what is stored in part the rest is tried
/// until it is.
#[tokio::test]
async fn what_is_stored_in_part_waits_for_the_store() {
    let world = World::new(Backend::Postgres).await;
    let (sender, other) = (Sender::new(&world).await, other(&world).await);
    let ingest = Ingest::start(world.store.clone(), limits(&[]));
    world
        .execute(
            "create function away() returns trigger language plpgsql as $$ begin \
             if new.value in ('v60', 'v2000') then raise exception 'away' using errcode = '57P03'; end if; \
             if new.value = 'v3060' then raise exception 'twice' using errcode = '23505'; end if; \
             return new; end $$",
        )
        .await;
    world.execute("create trigger away before insert on device_identifiers for each row execute function away()").await;
    let away = take(&ingest, other, fleet(other, 2000, 1)).await;
    assert!(matches!(away, Err(attest::server::error::Error::Unavailable(_))), "{away:?}");
    // Each between two that bring little, so that it is stored in parts.
    let mut bulks = Vec::new();
    for first in [0, 3000] {
        let locked = world.lock_writes().await;
        let before = take_later(&ingest, other, fleet(other, first + 1000, 1));
        until_waiting(&ingest, ingest.waiting().max(1)).await;
        let waiting = ingest.waiting();
        bulks.push(take_later(&ingest, sender.grant, fleet(sender.grant, first, 100)));
        until_waiting(&ingest, waiting + 100).await;
        let after = take_later(&ingest, other, fleet(other, first + 1001, 1));
        until_waiting(&ingest, waiting + 101).await;
        drop(locked);
        for little in [before, after] {
            little.await.expect("no panic").expect("others are stored meanwhile");
        }
    }
    let [bulk, twice] = bulks.try_into().expect("two of them");
    // What no waiting helps against is not waited for.
    let twice = twice.await.expect("no panic");
    assert!(matches!(twice, Err(attest::server::error::Error::Internal(_))), "{twice:?}");
    assert!(!bulk.is_finished() && (50..=120).contains(&sender.devices(DENIED).await));
    world.execute("drop trigger away on device_identifiers").await;
    assert_eq!(bulk.await.expect("no panic").expect("accepted"), Vec::<usize>::new());
    let stored =
        world.rows::<(i64,)>("select count(*) from device_identifiers where value in ('v0', 'v60', 'v99')").await;
    assert_eq!((stored, ingest.waiting()), (vec![(3,)], 0));
    world.clock.advance(MINUTE);
    world.assert_holds().await;
}
