//! Requests that are committed together give what they would have given one by one.

use super::erasing::{change, idfas};
use super::sender::{DENIED, Sender, ios, sent};
use crate::harness::{World, on_both, workspace_ref};
use attest::domain::att::Policy;
use attest::domain::error::Refusal;
use attest::domain::permission::Permission;
use attest::domain::time::MINUTE;
use attest::server::services::input::set_paused;
use attest::server::store::Parcel;
use serde_json::{Value, json};
use std::sync::Arc;

on_both! {
    a_group_gives_what_its_requests_give_one_by_one
    an_id_that_is_handed_on_within_a_group_leads_where_it_would_one_by_one
    a_paused_input_spoils_nothing_for_the_others
    a_device_that_becomes_the_only_one_within_a_group_is_known_with_its_ids
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
    let other = world.another().await;
    let (one_by_one, together) = (Sender::new(&world).await, Sender::new(&other).await);
    for request in requests() {
        one_by_one.send(&request).await;
    }
    let parcels = requests().iter().map(|request| together.parcel(sent(request))).collect();
    let outcomes = other.store.accept(None, Arc::new(parcels)).await.expect("accepted");
    assert!(outcomes.iter().all(|outcome| outcome == &Ok(vec![])), "{outcomes:?}");
    other.assert_holds().await;
    assert_eq!(remembered(&world).await, remembered(&other).await);
}

/// The last of three batches names whom the first does, by an id that the second has in common with both; its status is
/// about a device that none of them names.
async fn an_id_that_is_handed_on_within_a_group_leads_where_it_would_one_by_one(world: World) {
    for device in [None, Some("v3")] {
        let (one, other) = (world.another().await, world.another().await);
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
        Parcel { grant: paused, ..sender.parcel(sent(&[ios("eve", "v0", Some("denied"))])) },
        sender.parcel(sent(&[ios("ada", "v1", Some("denied"))])),
    ];
    let outcomes = world.store.accept(None, Arc::new(parcels)).await.expect("accepted");
    assert_eq!(outcomes, [Err(Refusal::Forbidden), Ok(vec![])]);
    assert_eq!(sender.devices(DENIED).await, 1);
    world.assert_holds().await;
}

/// Of two phones one turns out to be no Apple's, and so a refusal without an id is the other's: its advertising id goes.
async fn a_device_that_becomes_the_only_one_within_a_group_is_known_with_its_ids(world: World) {
    let sender = Sender::new(&world).await;
    change(&sender, None, Some(Policy::Withhold)).await;
    let refused = json!({"user_identities": {"customer_id": "ada"},
        "device_info": {"platform": "iOS", "att_authorization_status": "denied"}});
    let (mut first, second) = (ios("ada", "v1", Some("authorized")), ios("ada", "v2", None));
    first["device_info"]["ios_advertising_id"] = "A1".into();
    sender.send(&[first, second]).await;
    world.clock.advance(MINUTE);
    let other = json!({"device_info": {"platform": "Android", "ios_idfv": "v2"}});
    sender.send(&[other, refused]).await;
    assert_eq!(idfas(&sender).await, [""; 0]);
    assert_eq!(world.rows::<(i64,)>("select count(*) from devices where unidentified_since is not null").await, [(0,)]);
}
