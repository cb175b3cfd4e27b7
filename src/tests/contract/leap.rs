//! What a leap of the clock makes due, or what is due by one that has just begun, is not removed.

use super::erasing::{ask_two_erasings, change, idfas, with_idfa};
use super::sender::Sender;
use crate::harness::{World, on_both, open, unsteady};
use attest::domain::att::Policy;
use attest::domain::job::JobKind;
use attest::domain::time::{DAY, HOUR, Millis};
use attest::server::clock::{Clock, Ids, StoryClock};
use attest::server::services::Services;
use attest::server::services::erasure::erase_step;
use attest::server::services::jobs::run_due_jobs;
use attest::server::store::System;
use attest::server::store::job::JobsOf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

on_both! {
    an_erasing_that_failed_while_ahead_is_tried_again
    a_clock_that_has_just_begun_removes_nothing
    a_leap_while_a_job_is_done_removes_nothing
    a_leap_within_an_erasing_leaves_to_a_later_one_what_is_its
}

/// How far the clock is ahead.
const AHEAD: i64 = 300 * DAY;

async fn an_erasing_that_failed_while_ahead_is_tried_again(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied"))]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    world.system.schedule_jobs().await.expect("scheduled");
    world.clock.advance(AHEAD);
    let claimed = world.system.claim_jobs(JobsOf::Workspaces, 50).await.expect("claimed");
    for job in claimed.iter().filter(|job| job.name == JobKind::Erasure) {
        world.system.fail_job(job, "the database was not available".to_owned()).await.expect("noted");
    }
    world.clock.advance(-AHEAD + 3 * DAY + HOUR);
    run_due_jobs(&world.state.services, world.state.config.retention.keep()).await.expect("jobs run");
    assert_eq!(idfas(&sender).await, [""; 0]);
}

async fn a_clock_that_has_just_begun_removes_nothing(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    sender.send(&[with_idfa(1, "17.5", Some("denied"))]).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    // The machine was started with a wrong date.
    world.clock.advance(AHEAD);
    let process = unsteady(&world, false).await;
    let keep = world.state.config.retention.keep();
    run_due_jobs(&Services::new(process), keep).await.expect("jobs run");
    assert_eq!(idfas(&sender).await, ["A1"]);
    let ended: Vec<(String,)> = world.rows("select name from jobs where ended_at is not null order by name").await;
    let ended: Vec<&str> = ended.iter().map(|(name,)| name.as_str()).collect();
    assert_eq!(
        ended,
        [
            "alerts",
            "checkpoints",
            "mail",
            "notices",
            "releases",
            "sign_in_failures",
            "tidying",
            "token_reads",
            "weekly_mails"
        ],
        "the others wait"
    );
}

/// Leaps at one of the looks at it.
#[derive(Debug)]
struct Leaping {
    clock: Arc<StoryClock>,
    looks: AtomicI64,
    leapt: AtomicBool,
}

impl Clock for Leaping {
    fn now(&self) -> Millis {
        if self.looks.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.leapt.store(true, Ordering::SeqCst);
            self.clock.advance(4000 * DAY);
        }
        self.clock.now()
    }

    fn has_leapt(&self) -> bool {
        self.leapt.load(Ordering::SeqCst)
    }
}

/// A process whose clock leaps after so many looks from now on.
async fn leaping(world: &World, looks: i64) -> System {
    let never = AtomicI64::new(i64::MAX);
    let clock = Arc::new(Leaping { clock: world.clock.clone(), looks: never, leapt: AtomicBool::new(false) });
    let process = open(&world.url, Ids::new(clock.clone())).await;
    clock.looks.store(looks, Ordering::SeqCst);
    process
}

async fn a_leap_while_a_job_is_done_removes_nothing(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Observe)).await;
    for status in ["authorized", "denied", "authorized", "denied"] {
        sender.send(&[with_idfa(1, "17.5", Some(status))]).await;
    }
    change(&sender, None, Some(Policy::Withhold)).await;
    let keep = world.state.config.retention.keep();
    const LEFT: &str = "select count(*) from transitions union all select count(*) from samples";
    let left = async || (world.rows::<(i64,)>(LEFT).await, idfas(&sender).await);
    let before = left().await;
    let began = world.clock.now();
    for job in ["transitions", "samples", "erasure"] {
        for looks in 0..20 {
            world.system.schedule_jobs().await.expect("scheduled");
            // All others have just been done.
            world.execute("update jobs set lease_until = null, holder = null, failures = 0, due_at = 1795356300000 + 86400000").await;
            world
                .execute(match job {
                    "transitions" => "update jobs set due_at = 1795356300000 where name = 'transitions'",
                    "samples" => "update jobs set due_at = 1795356300000 where name = 'samples'",
                    _ => "update jobs set due_at = 1795356300000 where name = 'erasure'",
                })
                .await;
            let process = leaping(&world, looks).await;
            let _ = run_due_jobs(&Services::new(process.clone()), keep).await;
            world.clock.set(began);
            process.close().await;
            assert_eq!(left().await, before, "{job}, a leap at look {looks}");
        }
    }
}

/// An erasing that is due leaves to another what that one takes once its own hours are over.
async fn a_leap_within_an_erasing_leaves_to_a_later_one_what_is_its(world: World) {
    let sender = Sender::new(&world).await;
    ask_two_erasings(&sender).await;
    let began = world.clock.now();
    for looks in 0..20 {
        world
            .execute("update erasures set progress = 'waiting', ended_at = null, cursor = '', seen = 0, erased = 0")
            .await;
        let process = leaping(&world, looks).await;
        let _ = erase_step(&Services::new(process.clone()), sender.workspace).await;
        world.clock.set(began);
        process.close().await;
        assert!(idfas(&sender).await.contains(&"A1".to_owned()), "a leap at look {looks}");
    }
}
