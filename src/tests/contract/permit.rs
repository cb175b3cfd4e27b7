//! The permits: nothing is changed without one, and two at once do not undo each other.

use crate::harness::{World, on_both};
use attest::domain::att::Status;
use attest::domain::audit::SystemActor;
use attest::domain::error::Refusal;
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::domain::text::{Email, Slug};
use attest::server::error::Error;
use attest::server::services::member::{remove_member, set_member};
use attest::server::services::privacy::{NewSettings, change_settings};
use attest::server::store::{Actor, Who, WorkspaceRef};
use futures::future::join_all;

on_both! {
    of_two_changes_at_once_one_has_a_conflict
    the_last_compliance_admin_stays
    members_are_changed_by_many_at_once
    equal_values_make_no_version
    a_visitor_may_do_nothing
    a_thousand_dropped_requests_leave_nothing_open
}

fn acme() -> WorkspaceRef {
    WorkspaceRef::Slug(Slug::parse("acme").expect("a slug"))
}

fn wanted(status: Status, version: i64) -> NewSettings {
    NewSettings { default: Some(Some(status)), policy: None, reason: "because".into(), version, typed_name: None }
}

async fn of_two_changes_at_once_one_has_a_conflict(world: World) {
    world.workspace("Acme").await;
    let actor = World::actor();
    let change = |status| change_settings(&world.store, &actor, acme(), wanted(status, 1));
    let (first, second) = tokio::join!(change(Status::Denied), change(Status::Restricted));
    let ended = [&first, &second];
    assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1, "{first:?} {second:?}");
    let conflict = |ended: &&&Result<_, Error>| matches!(ended, Err(Error::Refused(Refusal::Conflict)));
    assert_eq!(ended.iter().filter(conflict).count(), 1, "{first:?} {second:?}");
    let mut view = world.store.view(&actor, acme(), Permission::SeePrivacySettings).await.expect("a view");
    assert_eq!(view.settings().await.expect("settings").version, 2);
    drop(view);
    world.assert_holds().await;
}

async fn the_last_compliance_admin_stays(world: World) {
    world.workspace("Acme").await;
    let (ada, bob) = (
        world.member("acme", "Ada", Role::ComplianceAdmin).await,
        world.member("acme", "Bob", Role::ComplianceAdmin).await,
    );
    let actor = World::actor();
    let (first, second) = tokio::join!(
        remove_member(&world.store, &actor, acme(), &ada),
        set_member(&world.store, &actor, acme(), &bob, (Role::Analyst, false)),
    );
    assert_eq!([first.is_ok(), second.is_ok()].iter().filter(|ok| **ok).count(), 1, "{first:?} {second:?}");
    world.assert_holds().await;
}

/// Eight changes at once by one person and four by another: each waits for the one before, and none for a deadlock.
async fn members_are_changed_by_many_at_once(world: World) {
    world.workspace("Acme").await;
    let mut actors = Vec::new();
    for name in ["Ada", "Bob"] {
        let email = Email::parse(&world.member("acme", name, Role::ComplianceAdmin).await).expect("an e-mail");
        let person = world.store.system_view().await.expect("a view").person_by_email(&email).await;
        let person = person.expect("read").expect("a person");
        actors.push(Actor::here(Who::Person { id: person.id, name: person.name }));
    }
    let mut members = Vec::new();
    for n in 0..12 {
        members.push(world.member("acme", &format!("Member{n}"), Role::Analyst).await);
    }
    let change = |(at, email): (usize, &String)| {
        let (store, actor, email) = (world.store.clone(), actors[at / 8].clone(), email.clone());
        async move { set_member(&store, &actor, acme(), &email, (Role::Auditor, false)).await }
    };
    let ended = join_all(members.iter().enumerate().map(change)).await;
    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    world.assert_holds().await;
}

async fn equal_values_make_no_version(world: World) {
    world.workspace("Acme").await;
    let actor = World::actor();
    change_settings(&world.store, &actor, acme(), wanted(Status::Denied, 1)).await.expect("version 2");
    let rows = world.store.verify_audit().await.expect("walked").rows;
    let same = change_settings(&world.store, &actor, acme(), wanted(Status::Denied, 2)).await.expect("the same");
    assert_eq!(same.version, 2);
    assert_eq!(world.store.verify_audit().await.expect("walked").rows, rows);
}

/// Who acts before they are somebody is no more than a stranger.
async fn a_visitor_may_do_nothing(world: World) {
    world.workspace("Acme").await;
    let visitor = Actor::system(SystemActor::Visitor);
    let refused = world.store.assert_may(&visitor, &acme(), Permission::SeeMetrics).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Forbidden))), "{refused:?}");
    let refused = change_settings(&world.store, &visitor, acme(), wanted(Status::Denied, 1)).await;
    assert!(matches!(refused, Err(Error::Refused(Refusal::Forbidden))), "{refused:?}");
}

async fn a_thousand_dropped_requests_leave_nothing_open(world: World) {
    world.workspace("Acme").await;
    let actor = World::actor();
    for n in 0..1000 {
        let view = world.store.view(&actor, acme(), Permission::SeePrivacySettings);
        let change = change_settings(&world.store, &actor, acme(), wanted(Status::Denied, 99));
        // Dropped at every depth: polled a few times, then let go.
        let polls = n % 7;
        let mut both = Box::pin(async { tokio::join!(view, change) });
        for _ in 0..polls {
            if futures_poll(&mut both).await {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    // A connection lost or a transaction left open would make this wait for ever.
    let change = change_settings(&world.store, &actor, acme(), wanted(Status::Denied, 1));
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), change).await.expect("in time");
    assert_eq!(ended.expect("changed").version, 2);
    world.assert_holds().await;
}

/// Polls once; true when it is done.
async fn futures_poll<T>(future: &mut std::pin::Pin<Box<impl Future<Output = T>>>) -> bool {
    std::future::poll_fn(|context| std::task::Poll::Ready(future.as_mut().poll(context).is_ready())).await
}
