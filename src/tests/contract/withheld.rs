//! A withheld advertising id: whom it finds, and how its person counts.

use super::erasing::{change, idfas};
use super::facts::found;
use super::sender::{DENIED, Sender, ios};
use crate::harness::{World, on_both};
use attest::domain::att::{CountedState, Policy, Status};
use attest::domain::identifier::IdentifierKind;
use attest::domain::time::DAY;
use serde_json::json;

on_both! {
    a_withheld_idfa_finds_nobody
    a_withheld_idfa_hides_no_device
    an_identity_that_repeats_a_withheld_idfa_is_dropped
    a_person_whose_only_id_is_a_withheld_idfa_counts_the_same_under_every_default
    a_person_counts_the_same_after_their_id_is_erased
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
