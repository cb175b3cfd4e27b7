//! A further key: nobody notices but whoever checks signatures, and they are told by the key that they know.

use super::sender::Sender;
use crate::harness::{World, on_both, open};
use attest::domain::audit::{Checkpoint, NextKey, Succession};
use attest::domain::role::Role;
use attest::domain::time::{HOUR, MINUTE, Millis};
use attest::server::clock::Ids;
use attest::server::destination::Destinations;
use attest::server::secret::signing::Signer;
use attest::server::services::Services;
use attest::server::services::checkpoint::make_checkpoints;
use attest::server::services::jobs::run_due_jobs;
use attest::server::store::Actor;
use attest::server::store::audit::Checkpoints;
use serde_json::{Value, json};
use tempfile::tempdir;

on_both! {
    every_process_knows_a_key_before_one_uses_it
    passwords_move_to_the_new_key_and_ids_are_found_again
    whoever_trusts_the_first_key_can_trust_the_last
    keys_that_took_over_are_told_before_they_sign
    a_process_with_an_old_secret_keeps_its_keys
}

async fn every_process_knows_a_key_before_one_uses_it(world: World) {
    let other = open(&world.url, Ids::new(world.clock.clone())).await;
    let in_use = || [&world.system, &other].map(|system| system.keyring().now().in_use());
    let rotated = world.system.rotate_keys(&Actor::command_line()).await.expect("rotated");
    assert_eq!((rotated, in_use()), (2, [1, 1]), "nobody uses it yet");
    assert_eq!([&world.system, &other].map(|system| system.keyring().now().newest()), [2, 1]);
    world.clock.advance(2 * MINUTE - 1);
    for system in [&world.system, &other] {
        system.follow_keys().await.expect("followed");
    }
    assert_eq!(in_use(), [1, 1], "all know it");
    world.clock.advance(1);
    other.follow_keys().await.expect("followed");
    assert_eq!(in_use(), [1, 2]);
    // One that begins now, too.
    assert_eq!(open(&world.url, Ids::new(world.clock.clone())).await.keyring().now().in_use(), 2);
    let row = "select actor_kind, before_json, after_json from audit where action = 'installation.keys_rotated'";
    let rows: Vec<(String, String, String)> = world.rows(row).await;
    let said = |generation: i64| json!({"generation": generation}).to_string();
    assert_eq!(rows, [("command_line".to_owned(), said(1), said(2))]);
}

pub(super) async fn use_a_further_key(world: &World) {
    world.system.rotate_keys(&Actor::command_line()).await.expect("rotated");
    world.clock.advance(2 * MINUTE);
    world.system.follow_keys().await.expect("followed");
}

async fn passwords_move_to_the_new_key_and_ids_are_found_again(world: World) {
    let sender = Sender::new(&world).await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let of_idfa = json!({"device_info": {"platform": "iOS", "att_authorization_status": "authorized",
        "ios_advertising_id": "5e5e5e5e-0000-4000-8000-000000000001"}, "user_identities": {"customer_id": "u"}});
    sender.send(std::slice::from_ref(&of_idfa)).await;
    let generation = async || {
        let hash = "select password_hash from people where password_hash is not null";
        let (hash,): (String,) = world.rows(hash).await.pop().expect("a hash");
        ["keyid=AAAAAAAAAAE", "keyid=AAAAAAAAAAI"].iter().position(|keyid| hash.contains(keyid)).map(|at| at + 1)
    };
    world.sign_in(&ada).await;
    assert_eq!(generation().await, Some(1));
    use_a_further_key(&world).await;
    world.sign_in(&ada).await;
    assert_eq!(generation().await, Some(2), "at the first sign-in after it");
    world.sign_in(&ada).await;
    sender.send(&[of_idfa]).await;
    assert_eq!(world.rows::<(i64,)>("select count(*) from devices").await, [(1,)], "sealed as before");
    world.assert_holds().await;
}

/// What somebody keeps elsewhere now.
async fn kept(world: &World) -> String {
    let newest = make_checkpoints(&world.state.services).await.expect("made");
    newest.iter().map(|signed| format!("{}\n", signed.json())).collect()
}

async fn whoever_trusts_the_first_key_can_trust_the_last(world: World) {
    world.workspace("Acme").await;
    let first = [world.system.keyring().now().signer().public()];
    let by_first = kept(&world).await;
    let mut file = by_first.clone();
    for name in ["Ada", "Bob"] {
        use_a_further_key(&world).await;
        let told = world.system.keyring().now().next_keys();
        file += &format!("{}\n", told.last().expect("a key took over").json());
        world.member("acme", name, Role::Analyst).await;
        file += &kept(&world).await;
    }
    let read =
        |file: &str, keys: &[String]| Checkpoints::read(file.as_bytes(), keys).map_err(|error| error.to_string());
    let given = read(&file, &first).expect("one key leads to the next");
    assert_eq!(given.keys.len(), 3);
    let verified = world.store.verify_audit_against(&given).await.expect("walked");
    assert!(verified.is_ok(), "{verified:?}");
    // By whom it was told.
    let of_strangers = "is signed by a key that is not this installation's";
    let told: Vec<&str> = file.lines().filter(|line| line.contains("\"next_key\"")).collect();
    assert_eq!(told.len(), 2);
    let without =
        |gone: &str| file.lines().filter(|line| *line != gone).map(|line| format!("{line}\n")).collect::<String>();
    for gone in told {
        assert!(read(&without(gone), &first).expect_err("a gap").contains(of_strangers));
    }
    let [stranger, theirs] =
        [Signer::new(&[9; 32].into()).expect("a key"), Signer::new(&[8; 32].into()).expect("a key")];
    let key = stranger.public();
    let said = NextKey { attest: Succession::NextKey, v: 1, key, next: theirs.public(), at_ms: Millis(5) };
    let forged = stranger.sign(said.clone()).expect("signed").json();
    let given = read(&format!("{forged}\n{by_first}"), &first).expect("passed over");
    assert_eq!(given.keys.iter().collect::<Vec<_>>(), first.iter().collect::<Vec<_>>());
    let mut by_theirs: Value = serde_json::from_str(by_first.lines().next().expect("a line")).expect("JSON");
    by_theirs.as_object_mut().expect("an object").remove("signature");
    by_theirs["key"] = theirs.public().into();
    let by_theirs =
        theirs.sign(serde_json::from_value::<Checkpoint>(by_theirs).expect("a checkpoint")).expect("signed");
    let by_theirs = format!("{by_first}{forged}\n{}\n", by_theirs.json());
    assert!(read(&by_theirs, &first).expect_err("a stranger's").contains(of_strangers));
    // What the newest key signed proves without those before it, too.
    let newest = world.system.keyring().now().signing_keys().last().cloned().expect("a key");
    let by_newest: Vec<&str> = file.lines().filter(|line| line.contains(&newest)).collect();
    assert!(read(&by_newest.join("\n"), &[newest]).is_ok());
    let mut taken_over = stranger.sign(NextKey { key: first[0].clone(), ..said }).expect("signed").json();
    assert!(
        read(&format!("{by_first}{taken_over}\n"), &first).expect_err("not signed").contains("is not what was signed")
    );
    taken_over["v"] = 2.into();
    assert!(read(&format!("{taken_over}\n"), &first).is_err());
}

async fn keys_that_took_over_are_told_before_they_sign(world: World) {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("checkpoints.jsonl");
    let system = open(&world.url, Ids::new(world.clock.clone())).await;
    let destinations = Destinations::new(Some(file.clone()), None, false).expect("destinations");
    let services = Services::new(system).sending(destinations);
    let keep = world.state.config.retention.keep();
    world.workspace("Acme").await;
    let first = [world.system.keyring().now().signer().public()];
    run_due_jobs(&services, keep).await.expect("jobs run");
    world.system.rotate_keys(&Actor::command_line()).await.expect("rotated");
    for name in ["Ada", "Bob"] {
        world.member("acme", name, Role::Analyst).await;
        world.clock.advance(2 * HOUR);
        services.store().follow_keys().await.expect("followed");
        run_due_jobs(&services, keep).await.expect("jobs run");
    }
    let text = std::fs::read_to_string(&file).expect("read");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let told: Vec<usize> = (0..lines.len()).filter(|at| lines[*at]["attest"] == "next_key").collect();
    let later = lines.iter().position(|line| line["attest"] == "checkpoint" && line["key"] != first[0].as_str());
    assert!(!told.is_empty() && later > told.first().copied(), "{text}");
    assert!(Checkpoints::read(text.as_bytes(), &first).is_ok(), "{text}");
}

async fn a_process_with_an_old_secret_keeps_its_keys(world: World) {
    // As if another process had sealed the keys with another secret meanwhile.
    world.execute("update installation_keys set generation = 7").await;
    let told = world.system.follow_keys().await.expect_err("sealed otherwise").to_string();
    assert!(told.contains("another secret"), "{told}");
    assert_eq!(world.system.keyring().now().in_use(), 1);
    assert!(world.system.rotate_keys(&Actor::command_line()).await.is_err());
}
