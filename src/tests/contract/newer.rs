//! Names that newer code wrote are passed over: while an installation is brought up to date, processes of two versions run
//! side by side.

use super::sender::{DENIED, Sender, ios};
use crate::harness::{World, bearer, on_both};
use attest::domain::role::Role;
use axum::http::StatusCode;

on_both! {
    what_newer_code_wrote_breaks_nothing
}

async fn what_newer_code_wrote_breaks_nothing(world: World) {
    let sender = Sender::new(&world).await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let bob = world.member("acme", "Bob", Role::Admin).await;
    let (cookie, token) = (world.sign_in(&ada).await, world.token("acme", Role::Compliance).await);
    sender.send(&[ios("ada", "v1", Some("denied"))]).await;
    for newer in [
        "insert into device_identifiers select workspace_id, environment, app_id, 'new_id', 'n1', device_id, joined_on, joined \
            from device_identifiers",
        "insert into identities select workspace_id, environment, 'new_identity', value, profile_id, joined_on, joined \
            from identities",
        "insert into counters select workspace_id, environment, 7, app_id, dimension, value, slot, not_determined, \
            restricted, denied, authorized, unknown, not_applicable from counters where dimension = '' and unit = 0",
        "insert into counters select workspace_id, environment, unit, app_id, 'new_dimension', value, slot, not_determined, \
            restricted, denied, authorized, unknown, not_applicable from counters where dimension = ''",
        "insert into flows select workspace_id, environment, app_id, dimension, value, day, 999, slot, n from flows \
            where dimension = '' and flow < 1000",
        "insert into data_problems select workspace_id, environment, day, app_id, app_version, input_id, 'new_problem', n, \
            last_at from data_problems",
        "insert into input_counts select workspace_id, input_id, 'newly_counted', reason, n, last_at from input_counts \
            where counted = 'accepted'",
        "insert into jobs (workspace_id, name, due_at, failures, cursor) values (0, 'new_job', 0, 0, '')",
        "update members set role = 'new_role' where person_id = (select id from people where name = 'Bob')",
        "update people set theme = 'new_theme'",
    ] {
        world.execute(newer).await;
    }
    world.clock.advance(1000);
    sender.send_unchecked(&[ios("ada", "v1", Some("authorized"))]).await;
    world.run_jobs().await;
    assert_eq!(sender.devices(DENIED).await, 0);
    for page in ["overview", "privacy", "inputs", "members", "audit", "apps", "tokens", "profiles"] {
        let reply = world.get(&format!("/w/acme/{page}"), &cookie).await;
        assert_eq!(reply.status, StatusCode::OK, "{page}");
    }
    let list = world.get("/w/acme/inputs", &cookie).await.body;
    let start = list.find("/w/acme/inputs/").expect("the input's address");
    let input = world.get(&list[start..start + "/w/acme/inputs/".len() + 13], &cookie).await;
    assert_eq!(input.status, StatusCode::OK);
    assert_eq!(world.look_up("/w/acme/profiles", &cookie, "customer_id", "ada").await.status, StatusCode::OK);
    for path in ["distribution", "transitions", "breakdown?by=platform", "trend", "audit"] {
        let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{path}"), Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    }
    // A role that is not known permits nothing.
    let bob = world.sign_in(&bob).await;
    assert_eq!(world.get("/w/acme/overview", &bob).await.status, StatusCode::NOT_FOUND);
    world.store.check().await.expect("the check can be made");
}
