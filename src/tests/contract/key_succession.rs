//! Keys that take over from each other: what a stolen one, a changed database and files in another order can make of them.

use super::key_rotation::use_a_further_key;
use crate::harness::{World, on_both, open};
use attest::domain::audit::{Checkpoint, NextKey, Signable, Succession};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR};
use attest::server::clock::{Clock, Ids};
use attest::server::destination::Destinations;
use attest::server::secret::signing::Signer;
use attest::server::services::Services;
use attest::server::services::checkpoint::make_checkpoints;
use attest::server::services::jobs::run_due_jobs;
use attest::server::store::Actor;
use attest::server::store::audit::Checkpoints;
use tempfile::tempdir;

on_both! {
    one_key_names_no_two_successors
    a_key_that_was_replaced_signs_no_more
    a_new_destination_is_told_which_key_took_over
    a_key_that_is_gone_is_missed
    what_is_told_may_stand_in_any_order
    when_a_key_was_made_is_sealed_with_it
    all_public_keys_verify_what_any_of_them_signed
}

async fn kept(world: &World) -> String {
    let newest = make_checkpoints(&world.state.services).await.expect("made");
    newest.iter().map(|signed| format!("{}\n", signed.json())).collect()
}

fn told_lines(world: &World) -> String {
    world.system.keyring().now().next_keys().iter().map(|told| format!("{}\n", told.json())).collect()
}

fn read(file: &str, keys: &[String]) -> Result<Checkpoints, String> {
    Checkpoints::read(file.as_bytes(), keys).map_err(|error| error.to_string())
}

/// The checkpoints of before and after a further key took over, with what tells of that; and the key of before.
async fn succeeded(world: &World) -> (Signer, String) {
    world.workspace("Acme").await;
    let old = world.system.keyring().now().signer().clone();
    let mut file = kept(world).await;
    use_a_further_key(world).await;
    file += &told_lines(world);
    world.member("acme", "Ada", Role::Analyst).await;
    file += &kept(world).await;
    (old, file)
}

/// The key that was replaced became known (why keys are rotated): it vouches for a second successor, after the first one.
async fn one_key_names_no_two_successors(world: World) {
    let (old, mut file) = succeeded(&world).await;
    let thief = Signer::new(&[8; 32].into()).expect("a key");
    let said = NextKey {
        attest: Succession::NextKey,
        v: 1,
        key: old.public(),
        next: thief.public(),
        at_ms: world.clock.now(),
    };
    file += &format!("{}\n", old.sign(said).expect("signed").json());
    let of = Checkpoint {
        attest: Signable::Checkpoint,
        v: 1,
        chain: "installation".into(),
        seq: 999,
        hash: "ab".repeat(32),
        at_ms: world.clock.now(),
        key: thief.public(),
    };
    file += &format!("{}\n", thief.sign(of).expect("signed").json());
    let given = read(&file, &[old.public()]);
    assert!(given.is_err(), "two keys took over from one, and both are trusted: {:?}", given.map(|given| given.keys));
}

/// The replaced key signs a checkpoint dated, and standing, long after it was replaced.
async fn a_key_that_was_replaced_signs_no_more(world: World) {
    let (old, mut file) = succeeded(&world).await;
    world.clock.advance(90 * DAY);
    let of = Checkpoint {
        attest: Signable::Checkpoint,
        v: 1,
        chain: "installation".into(),
        seq: 999,
        hash: "ab".repeat(32),
        at_ms: world.clock.now(),
        key: old.public(),
    };
    file += &format!("{}\n", old.sign(of).expect("signed").json());
    assert!(read(&file, &[old.public()]).is_err(), "signed 90 days after another key took over");
}

/// A destination that is set, or begun anew, after the rotation was told elsewhere: what it keeps cannot be followed from the first key.
async fn a_new_destination_is_told_which_key_took_over(world: World) {
    let folder = tempdir().expect("a folder");
    let keep = world.state.config.retention.keep();
    world.workspace("Acme").await;
    let first = [world.system.keyring().now().signer().public()];
    let mut texts = Vec::new();
    for (n, name) in ["Ada", "Bob"].iter().enumerate() {
        let file = folder.path().join(format!("{n}.jsonl"));
        let system = open(&world.url, Ids::new(world.clock.clone())).await;
        let services =
            Services::new(system).sending(Destinations::new(Some(file.clone()), None, false).expect("destinations"));
        if n == 0 {
            run_due_jobs(&services, keep).await.expect("jobs run");
            world.system.rotate_keys(&Actor::command_line()).await.expect("rotated");
        }
        world.member("acme", name, Role::Analyst).await;
        world.clock.advance(2 * HOUR);
        services.store().follow_keys().await.expect("followed");
        run_due_jobs(&services, keep).await.expect("jobs run");
        texts.push(std::fs::read_to_string(&file).expect("read"));
    }
    assert!(read(&texts[0], &first).is_ok());
    let second = read(&texts[1], &first);
    assert!(second.is_ok(), "{:?}: {}", second.map(|given| given.keys), texts[1]);
}

/// Whoever can write to the database takes the newest key's row away; the next rotation makes another key of that generation.
async fn a_key_that_is_gone_is_missed(world: World) {
    world.workspace("Acme").await;
    use_a_further_key(&world).await;
    world.execute("delete from installation_keys where generation = 2").await;
    let followed = world.system.follow_keys().await;
    assert!(
        followed.is_err(),
        "a key that is in use is gone, and nobody says so: in use {}",
        world.system.keyring().now().in_use()
    );
}

/// The later link stands before the earlier one, as when two places' files are put together.
async fn what_is_told_may_stand_in_any_order(world: World) {
    world.workspace("Acme").await;
    let first = world.system.keyring().now().signer().public();
    for _ in 0..2 {
        use_a_further_key(&world).await;
    }
    let links: Vec<String> =
        world.system.keyring().now().next_keys().iter().rev().map(|told| format!("{}\n", told.json())).collect();
    world.member("acme", "Ada", Role::Analyst).await;
    let file = links.concat() + &kept(&world).await;
    let given = read(&file, &[first]);
    assert!(given.is_ok(), "{:?}", given.map(|given| given.keys));
}

/// When a key was made is not sealed with it: whoever can write to the database, without the secret, has every process go back to the key
/// that was replaced, and has the old key sign that the new one was made at a moment of their choice.
async fn when_a_key_was_made_is_sealed_with_it(world: World) {
    use_a_further_key(&world).await;
    let before = world.system.keyring().now().next_keys();
    assert_eq!(world.system.keyring().now().in_use(), 2);
    world.execute("update installation_keys set created_at = 4000000000000 where generation = 2").await;
    let followed = world.system.follow_keys().await;
    let now = world.system.keyring().now();
    assert!(
        followed.is_err() || (now.in_use() == 2 && now.next_keys() == before),
        "in use {}: {:?}",
        now.in_use(),
        now.next_keys()
    );
}

/// A chain that did not go on since a rotation has a checkpoint by the key before.
async fn all_public_keys_verify_what_any_of_them_signed(world: World) {
    world.workspace("Acme").await;
    kept(&world).await;
    use_a_further_key(&world).await;
    let printed = told_lines(&world) + &kept(&world).await;
    let given = read(&printed, world.system.keyring().now().signing_keys());
    assert!(given.is_ok(), "{:?} of {printed}", given.map(|given| given.keys));
}
