//! Jobs are rows: one process does each, and what goes wrong with one stays with it.

use crate::harness::{World, on_both, open};
use attest::domain::job::{JobKind, LATE};
use attest::domain::retention::Aging;
use attest::domain::time::{DAY, MINUTE};
use attest::server::clock::{Clock, Ids};
use attest::server::services::jobs::run_due_jobs;
use attest::server::store::System;
use attest::server::store::job::{Job, JobsOf};

on_both! {
    a_job_is_done_by_one_process
    a_job_that_fails_stops_no_other
    a_late_job_runs_once
    the_operators_page_tells_what_is_noted_and_late
}

async fn jobs(world: &World) -> Vec<Job> {
    world.store.system_view().await.expect("a view").jobs().await.expect("jobs")
}

async fn a_job_is_done_by_one_process(world: World) {
    world.workspace("Acme").await;
    let other = open(&world.url, Ids::new(world.clock.clone())).await;
    for system in [&world.system, &other] {
        system.schedule_jobs().await.expect("scheduled");
    }
    let claim = async |system: &System| system.claim_jobs(JobsOf::Workspaces, 100).await.expect("claimed");
    let (one, two) = tokio::join!(claim(&world.system), claim(&other));
    let mut names: Vec<JobKind> = one.iter().chain(&two).map(|job| job.name).collect();
    names.sort_unstable();
    let recurring = JobKind::ALL.into_iter().filter(|kind| !kind.is_of_installation() && kind.every().is_some());
    assert_eq!(names, recurring.collect::<Vec<_>>(), "each once");
    // Without a sign of life it is another's; a step that comes late is none, and its end changes nothing.
    let mut late = one.into_iter().chain(two).find(|job| job.name == JobKind::Transitions).expect("a job");
    world.clock.advance(3 * MINUTE);
    let taken = claim(&other).await.into_iter().find(|job| job.name == JobKind::Transitions).expect("taken over");
    assert!(world.system.age(&mut late, Aging::Transitions, world.state.config.retention.keep()).await.is_err());
    assert!(world.system.renew_job(&late).await.is_err());
    world.system.end_job(&late, None).await.expect("nothing to end");
    other.renew_job(&taken).await.expect("it is still the other's");
    other.close().await;
}

async fn a_job_that_fails_stops_no_other(world: World) {
    world.workspace("Acme").await;
    world.execute("alter table samples rename to samples_away").await;
    run_due_jobs(&world.state.services, world.state.config.retention.keep()).await.expect("run");
    let found = jobs(&world).await;
    let (failed, others): (Vec<&Job>, Vec<&Job>) = found.iter().partition(|job| job.failures > 0);
    let [samples] = failed[..] else { panic!("one failed: {found:?}") };
    assert_eq!((samples.name, samples.failures), (JobKind::Samples, 1));
    assert!(samples.last_error.as_ref().is_some_and(|why| why.starts_with("an internal error, incident ")));
    assert_eq!(samples.due_at, world.clock.now().plus(MINUTE));
    assert!(others.iter().all(|job| job.ended_at == Some(world.clock.now())), "{others:?}");
    // Ready all the same, and it says so.
    let ready = world.ask("GET", "/readyz", None, "").await;
    assert_eq!((ready.status.as_u16(), ready.body.as_str()), (200, "ready\nfailing jobs: 1\n"));
    world.execute("alter table samples_away rename to samples").await;
    world.clock.advance(MINUTE);
    world.run_jobs().await;
    assert_eq!(world.ask("GET", "/readyz", None, "").await.body, "ready\n");
    world.clock.advance(20 * MINUTE);
    assert!(world.ask("GET", "/readyz", None, "").await.body.contains("late jobs since "), "nobody does them");
}

async fn a_late_job_runs_once(world: World) {
    world.workspace("Acme").await;
    world.run_jobs().await;
    world.clock.advance(30 * MINUTE);
    world.run_jobs().await;
    let tidying = jobs(&world).await.into_iter().find(|job| job.name == JobKind::Tidying).expect("a job");
    assert_eq!(tidying.due_at, world.clock.now().plus(MINUTE), "from now on, and not thirty times");
    // A clock that was ahead for a moment stops nothing.
    world.execute("update jobs set due_at = due_at + 31536000000").await;
    world.run_jobs().await;
    assert!(jobs(&world).await.iter().all(|job| job.due_at < world.clock.now().plus(2 * DAY)));
}

async fn the_operators_page_tells_what_is_noted_and_late(world: World) {
    world.workspace("Acme").await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    world.run_jobs().await;
    let page = async || world.get("/jobs", &olga).await.body;
    let quiet = page().await;
    assert!(quiet.contains("No job is failing.") && !quiet.contains("note") && !quiet.contains("late"), "{quiet}");
    world.execute("update jobs set note = 'too_many_request_ids' where name = 'request_ids'").await;
    let noted = page().await;
    let first_row = noted.split("<tbody>").nth(1).and_then(|rows| rows.split("</tr>").next()).expect("a row");
    assert!(noted.contains("1 job has a note.") && first_row.contains("Waiting, with a note"), "{noted}");
    let installations = world.get("/jobs?find=installation", &olga).await.body;
    assert!(installations.contains("Log failed sign-ins") && !installations.contains(">Acme<"), "{installations}");
    world.clock.advance(20 * MINUTE);
    let late = page().await;
    assert!(late.contains(&format!("more than {} minutes late", LATE / MINUTE)), "{late}");
}
