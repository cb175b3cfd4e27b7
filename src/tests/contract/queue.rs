//! The queue: what it refuses, whose turn it is, and what becomes of what waits.

use super::sender::{DENIED, Sender, ios, sent};
use crate::harness::{Backend, World, on_both, workspace_ref};
use attest::domain::att::Policy;
use attest::domain::id::WorkspaceId;
use attest::domain::time::MINUTE;
use attest::server::error::{Error, Result};
use attest::server::ingest::{Ingest, Limits};
use attest::server::services::privacy::{NewSettings, change_settings};
use attest::server::store::{InputGrant, SentBatches};
use clap::Parser;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

on_both! {
    a_full_queue_takes_nothing
    who_goes_away_is_stored_all_the_same
    who_sends_little_waits_for_one_bulk_and_not_for_the_next
    many_small_requests_are_many
    beside_few_a_bulk_is_stored_in_parts
    who_sends_more_than_is_stored_leaves_room_for_others
}

#[derive(Parser)]
struct Given {
    #[command(flatten)]
    limits: Limits,
}

fn limits(options: &[&str]) -> Limits {
    Given::parse_from(["attest"].iter().chain(options)).limits
}

/// A queue, and two that send into it: much is expected of the one, little of the other.
struct Queue<'a> {
    ingest: Ingest,
    much: Sender<'a>,
    little: InputGrant,
}

impl<'a> Queue<'a> {
    async fn new(world: &'a World, options: &[&str]) -> Self {
        let much = Sender::new(world).await;
        world.workspace("Globex").await;
        let (key, secret) = world.input("globex", "Feed").await;
        let little = world.store.input_grant(&key, &secret).await.expect("a feed");
        Self { ingest: Ingest::start(world.store.clone(), limits(options)), much, little }
    }

    /// Sends in a task of its own, once what was sent before waits.
    async fn send(&self, grant: InputGrant, sent: SentBatches) -> JoinHandle<Result<Vec<usize>>> {
        let (ingest, wanted) = (self.ingest.clone(), self.ingest.waiting() + sent.batches.len() as u32);
        let taken = tokio::spawn(async move { take(&ingest, grant, sent).await });
        while self.ingest.waiting() < wanted {
            tokio::task::yield_now().await;
        }
        taken
    }

    async fn send_much(&self, first: i64, n: i64) -> JoinHandle<Result<Vec<usize>>> {
        self.send(self.much.grant, fleet(first, n)).await
    }

    async fn send_little(&self, first: i64) -> JoinHandle<Result<Vec<usize>>> {
        self.send(self.little, fleet(first, 1)).await
    }
}

/// So many batches of devices of their own, from this number on.
fn fleet(first: i64, n: i64) -> SentBatches {
    let batches = (first..first + n).map(|n| ios(&n.to_string(), &format!("v{n}"), Some("denied")));
    sent(&batches.collect::<Vec<_>>())
}

async fn take(ingest: &Ingest, grant: InputGrant, sent: SentBatches) -> Result<Vec<usize>> {
    let mut room = ingest.room(grant.workspace(), 1000)?;
    ingest.grow(&mut room, 1000)?;
    ingest.take(grant, sent, room).await
}

/// What waits is bounded in bytes too, from before a body is read; a request gives back what it did not need.
#[tokio::test]
async fn a_queue_without_room_reads_nothing() {
    let world = World::new(Backend::Sqlite).await;
    let ingest = Ingest::start(world.store.clone(), limits(&["--queue-kb", "1024"]));
    let [one, other, third, fourth] = [1, 2, 3, 4].map(WorkspaceId);
    // What is announced takes nothing; what arrives does.
    let room = |workspace| ingest.room(workspace, 256 * 1024).expect("room");
    let mut rooms: Vec<_> = [one, one, one, other, other, third].into_iter().map(room).collect();
    assert!(!ingest.is_full());
    let mut grown =
        |at: usize| ingest.grow(&mut rooms[at], 100 * 1024).is_ok() && ingest.grow(&mut rooms[at], 256 * 1024).is_ok();
    assert!(grown(0) && grown(1) && !grown(2), "half of everything");
    assert!(grown(3) && !grown(4), "half of what is left, so that a third one finds room");
    assert!(ingest.room(third, 256 * 1024).is_ok() && !ingest.is_full());
    assert!(grown(5) && ingest.room(fourth, 1).is_err() && ingest.is_full());
    rooms.remove(0);
    assert!(ingest.room(fourth, 256 * 1024).is_ok() && !ingest.is_full());
    drop(rooms);
    assert!(ingest.room(one, 512 * 1024).is_ok() && ingest.room(one, 513 * 1024).is_err());
}

async fn a_full_queue_takes_nothing(world: World) {
    let sender = Sender::new(&world).await;
    // Every commit waits for the lock that this test took.
    let ingest = Ingest::start(world.store.clone(), limits(&["--queue-rows", "200"]));
    let locked = world.lock_writes().await;
    let batches: Vec<Value> = (0..60).map(|n| ios(&n.to_string(), &format!("v{n}"), None)).collect();
    let first = tokio::spawn({
        let (ingest, grant, sent) = (ingest.clone(), sender.grant, sent(&batches));
        async move { take(&ingest, grant, sent).await }
    });
    while ingest.waiting() < 60 {
        tokio::task::yield_now().await;
    }
    let refused = take(&ingest, sender.grant, sent(&batches)).await;
    assert!(matches!(refused, Err(Error::Full)), "{refused:?}");
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
    let sent = sent(&[ios("ada", "v1", Some("denied"))]);
    let gone = tokio::time::timeout(Duration::from_millis(1), take(&ingest, sender.grant, sent)).await;
    assert!(gone.is_err(), "the writer was locked");
    drop(locked);
    assert!(ingest.drain(Duration::from_secs(5)).await);
    assert_eq!(sender.devices(DENIED).await, 1);
}

async fn who_sends_little_waits_for_one_bulk_and_not_for_the_next(world: World) {
    let queue = Queue::new(&world, &["--commit-rows", "100"]).await;
    let locked = world.lock_writes().await;
    let first = queue.send_much(0, 60).await;
    let second = queue.send_much(60, 60).await;
    let little = queue.send_little(0).await;
    drop(locked);
    little.await.expect("no panic").expect("accepted");
    assert!(
        first.is_finished() && queue.ingest.waiting() == 60,
        "the second bulk still waits: {}",
        queue.ingest.waiting()
    );
    second.await.expect("no panic").expect("accepted");
    assert_eq!(queue.much.devices(DENIED).await, 120);
    world.assert_holds().await;
}

/// Whose batches come one by one, but many at once, waits among those that bring many.
async fn many_small_requests_are_many(world: World) {
    let queue = Queue::new(&world, &["--commit-rows", "30"]).await;
    let locked = world.lock_writes().await;
    let mut flood = Vec::new();
    for n in 0..100 {
        flood.push(queue.send_much(n * 10, 1).await);
    }
    let little = queue.send_little(0).await;
    drop(locked);
    little.await.expect("no panic").expect("accepted");
    assert!(queue.ingest.waiting() >= 40, "most of the flood still waits: {}", queue.ingest.waiting());
    for one in flood {
        one.await.expect("no panic").expect("accepted");
    }
    assert_eq!(queue.much.devices(DENIED).await, 100);
    world.assert_holds().await;
}

/// Two bulks between two that bring little: a part of the first bulk comes before the second of these, and not all of it.
async fn beside_few_a_bulk_is_stored_in_parts(world: World) {
    let queue = Queue::new(&world, &[]).await;
    for slug in ["acme", "globex"] {
        let (policy, reason) = (Some(Policy::RequireStatus), "a test".to_owned());
        let settings = NewSettings { default: None, policy, reason, version: 1, typed_name: None };
        let changed = change_settings(&world.store, &World::actor(), workspace_ref(slug), settings).await;
        changed.expect("changed");
    }
    let locked = world.lock_writes().await;
    let little = queue.send_little(0).await;
    let bulk = |first: i64, lacking: &[usize]| {
        let batch = |n: i64| ios(&n.to_string(), &format!("v{n}"), Some("denied"));
        let mut batches: Vec<Value> = (first..first + 100).map(batch).collect();
        for at in lacking {
            batches[*at]["device_info"]["att_authorization_status"] = Value::Null;
            batches[*at]["device_info"]["ios_advertising_id"] = format!("A{first}-{at}").into();
        }
        SentBatches { refused: BTreeMap::from([("not_json".to_owned(), 1)]), ..sent(&batches) }
    };
    let one = queue.send(queue.much.grant, bulk(0, &[5, 50, 99])).await;
    let two = queue.send(queue.much.grant, bulk(100, &[0, 24, 25, 70])).await;
    let more = queue.send_little(1).await;
    drop(locked);
    little.await.expect("no panic").expect("accepted");
    more.await.expect("no panic").expect("accepted");
    assert!(!one.is_finished() && !two.is_finished(), "a part of a bulk came first, and not all of it");
    assert_eq!(one.await.expect("no panic").expect("accepted"), [5, 50, 99]);
    assert_eq!(two.await.expect("no panic").expect("accepted"), [0, 24, 25, 70]);
    assert_eq!((queue.much.devices(DENIED).await, queue.ingest.waiting()), (193, 0));
    let counted = "select counted || ' ' || sum(n) from input_counts where workspace_id = \
        (select id from workspaces where slug = 'acme') group by counted order by counted";
    let counted = world.rows::<(String,)>(counted).await;
    assert_eq!(counted, ["accepted 193", "refused 9", "with_status 1"].map(|told| (told.to_owned(),)), "each once");
    world.assert_holds().await;
}

async fn who_sends_more_than_is_stored_leaves_room_for_others(world: World) {
    let queue = Queue::new(&world, &["--queue-rows", "200"]).await;
    let locked = world.lock_writes().await;
    let most = queue.send_much(0, 100).await;
    let more = take(&queue.ingest, queue.much.grant, fleet(100, 1)).await;
    assert!(matches!(more, Err(Error::Full)), "{more:?}");
    let others = queue.send(queue.little, fleet(0, 100)).await;
    assert_eq!(queue.ingest.waiting(), 200);
    drop(locked);
    for stored in [most, others] {
        stored.await.expect("no panic").expect("accepted");
    }
    take(&queue.ingest, queue.much.grant, fleet(100, 100)).await.expect("there is room again");
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
        let sent = sent(&[ios(&n.to_string(), &format!("v{n}"), Some("denied"))]);
        take(&ingest, sender.grant, sent).await.expect("accepted");
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert_eq!(sender.devices(DENIED).await, 30);
}

/// Text that Postgres cannot keep, though no parser lets it through.
#[tokio::test]
async fn what_nobody_foresaw_spoils_nothing_for_the_others() {
    let world = World::new(Backend::Postgres).await;
    let queue = Queue::new(&world, &[]).await;
    let Queue { ingest, much, .. } = &queue;
    let good = sent(&[ios("ada", "v1", Some("denied"))]);
    let mut bad = sent(&[ios("eve", "v2", Some("denied"))]);
    bad.batches[0].app_version = Some("1\0".to_owned());
    let (good, bad) = tokio::join!(take(ingest, much.grant, good), take(ingest, much.grant, bad));
    assert!(good.is_ok() && bad.is_err(), "{good:?} {bad:?}");
    assert_eq!(much.devices(DENIED).await, 1);
    // Of a bulk that is stored in parts, what came before stays, and the rest is not tried.
    let locked = world.lock_writes().await;
    let little = queue.send_little(0).await;
    let mut bulk = fleet(100, 100);
    bulk.batches[60].app_version = Some("1\0".to_owned());
    let fails = queue.send(much.grant, bulk.clone()).await;
    let more = queue.send_little(1).await;
    drop(locked);
    assert!(fails.await.expect("no panic").is_err());
    for little in [little, more] {
        little.await.expect("no panic").expect("accepted");
    }
    let before = much.devices(DENIED).await;
    assert!((2..=61).contains(&before), "parts of it, and ada: {before}");
    bulk.batches[60].app_version = None;
    assert_eq!(take(ingest, much.grant, bulk).await.expect("sent again"), Vec::<usize>::new());
    assert_eq!((much.devices(DENIED).await, ingest.waiting()), (101, 0));
    world.clock.advance(MINUTE);
    world.assert_holds().await;
}

/// Who is told that the store is away may rely on it that nothing was stored: of what is stored in part the rest is tried
/// until it is.
#[tokio::test]
async fn what_is_stored_in_part_waits_for_the_store() {
    let world = World::new(Backend::Postgres).await;
    let queue = Queue::new(&world, &[]).await;
    let Queue { ingest, much, little } = &queue;
    world
        .execute(
            "create function away() returns trigger language plpgsql as $$ begin \
             if new.value in ('v60', 'v2000') then raise exception 'away' using errcode = '57P03'; end if; \
             if new.value = 'v3060' then raise exception 'twice' using errcode = '23505'; end if; \
             return new; end $$",
        )
        .await;
    world.execute("create trigger away before insert on device_identifiers for each row execute function away()").await;
    let away = take(ingest, *little, fleet(2000, 1)).await;
    assert!(matches!(away, Err(Error::Unavailable(_))), "{away:?}");
    // Each between two that bring little, so that it is stored in parts.
    let mut bulks = Vec::new();
    for first in [0, 3000] {
        let locked = world.lock_writes().await;
        let before = queue.send_little(first + 1000).await;
        bulks.push(queue.send_much(first, 100).await);
        let after = queue.send_little(first + 1001).await;
        drop(locked);
        for little in [before, after] {
            little.await.expect("no panic").expect("others are stored meanwhile");
        }
    }
    let [bulk, twice] = bulks.try_into().expect("two of them");
    // What no waiting helps against is not waited for.
    let twice = twice.await.expect("no panic");
    assert!(matches!(twice, Err(Error::Internal(_))), "{twice:?}");
    assert!(!bulk.is_finished() && (50..=120).contains(&much.devices(DENIED).await));
    world.execute("drop trigger away on device_identifiers").await;
    assert_eq!(bulk.await.expect("no panic").expect("accepted"), Vec::<usize>::new());
    let stored =
        world.rows::<(i64,)>("select count(*) from device_identifiers where value in ('v0', 'v60', 'v99')").await;
    assert_eq!((stored, ingest.waiting()), (vec![(3,)], 0));
    world.clock.advance(MINUTE);
    world.assert_holds().await;
}
