//! What opens the sealed things of a database lies outside it: with a copy of the database alone nobody can try anything
//! out, neither what was looked up, nor passwords, nor advertising ids.

use super::sender::Sender;
use crate::harness::{PASSWORD, SECRET, World, on_both, open};
use argon2::{Algorithm, Argon2, Params, PasswordVerifier, Version};
use attest::domain::role::Role;
use attest::server::clock::Ids;
use attest::server::hex::hex;
use attest::server::store::System;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::Sha256;

on_both! {
    another_secret_opens_nothing
    processes_that_begin_at_once_have_the_same_keys
    a_copied_database_proves_no_guess
    a_password_from_before_peppers_is_renewed_at_sign_in
}

const IDFA: &str = "5e5e5e5e-0000-4000-8000-000000000001";

async fn another_secret_opens_nothing(world: World) {
    let with = async |secret| System::open(&world.url, secret, Ids::new(world.clock.clone())).await;
    let told = with(Some([9; 32].into())).await.expect_err("another secret").to_string();
    assert!(told.contains("ATTEST_SECRET_KEY") && told.contains("is not the one"), "{told}");
    let told = with(None).await.expect_err("none").to_string();
    assert!(told.contains("ATTEST_SECRET_KEY"), "{told}");
    if world.url.starts_with("sqlite") {
        assert!(told.contains("attest.key is missing"), "none is made for a database that has keys: {told}");
    }
    assert!(with(Some(SECRET.into())).await.is_ok());
}

async fn processes_that_begin_at_once_have_the_same_keys(world: World) {
    // As before anything was begun.
    world.execute("delete from installation_keys").await;
    world.execute("delete from installation").await;
    let begin = || open(&world.url, Ids::new(world.clock.clone()));
    let begun = futures::future::join_all((0..4).map(|_| begin())).await;
    let keys: Vec<_> = begun.iter().map(|system| system.keyring().now().look_ups().clone()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(world.rows::<(i64,)>("select count(*) from installation_keys").await, [(1,)]);
}

/// Everything of 32 bytes that a thief could take for a key.
async fn bytes_of(world: &World) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for sql in [
        "select lookup_key from installation",
        "select sealed from installation_keys",
        "select id_hash from sessions",
        "select secret_hash from credentials",
    ] {
        found.extend(world.rows::<(Vec<u8>,)>(sql).await.into_iter().map(|(bytes,)| bytes));
    }
    // Sealed keys are longer: their parts too.
    let parts: Vec<_> = found.iter().flat_map(|bytes| bytes.windows(32).map(<[u8]>::to_vec)).collect();
    found.into_iter().chain(parts).collect()
}

async fn a_copied_database_proves_no_guess(world: World) {
    let sender = Sender::new(&world).await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    sender
        .send(&[json!({"user_identities": {"customer_id": "user-1"}, "device_info": {"platform": "iOS",
            "ios_idfv": "v", "ios_advertising_id": IDFA, "att_authorization_status": "authorized"}})])
        .await;
    let cookie = world.sign_in(&ada).await;
    world.look_up("/w/acme/profiles", &cookie, "customer_id", "user-1").await;
    let state = "select after_json from audit where action = 'profile.looked_up'";
    let (state,): (String,) = world.rows(state).await.pop().expect("a row");
    let state: serde_json::Value = serde_json::from_str(&state).expect("JSON");
    let typed = state["typed_hmac"].as_str().expect("a hash");
    let hashed = |key: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length");
        mac.update(b"customer_id\nuser-1");
        hex(&mac.finalize().into_bytes())
    };
    assert_eq!(
        (typed, &state["key_generation"]),
        (&*hashed(world.system.keyring().now().look_ups().bytes()), &json!(1))
    );
    let sealed = "select value from device_identifiers where kind = 'ios_advertising_id'";
    let (sealed,): (String,) = world.rows(sealed).await.pop().expect("an id");
    let opened = world.system.keyring().now().sealer().unseal(sender.workspace, &sealed);
    assert_eq!(opened.expect("opened"), IDFA);
    let (password,): (String,) =
        world.rows("select password_hash from people where password_hash is not null").await.pop().expect("a hash");
    let guessed = |pepper: &[u8]| {
        let argon2 = Argon2::new_with_secret(pepper, Algorithm::Argon2id, Version::V0x13, Params::default());
        argon2.is_ok_and(|argon2| argon2.verify_password(PASSWORD.as_bytes(), password.as_str()).is_ok())
    };
    assert!(
        guessed(world.system.keyring().now().pepper(1).expect("a pepper").bytes()),
        "the pepper is what is missing"
    );
    let found = bytes_of(&world).await;
    assert!(found.len() > 10);
    assert!(!found.iter().any(|key| hashed(key) == typed), "a look-up can be tried out");
    // Argon2 is dear: whole values only.
    let whole = std::iter::once(&[][..]).chain(found.iter().take(4).map(Vec::as_slice));
    assert!(!whole.into_iter().any(guessed), "a password can be tried out");
}

async fn a_password_from_before_peppers_is_renewed_at_sign_in(world: World) {
    let ada = world.person("Ada").await;
    // "plum orbit cactus 41" as 0.1.0 hashed it.
    const OLD: &str = "update people set password_hash = '$argon2id$v=19$m=19456,t=2,p=1$c2l4dGVlbiBieXRlcyAuLg$Vy6wD21GEOLoz1XE3jcXEXAawqx1syjBbgia8QaAJYo'";
    world.execute(OLD).await;
    let now = async || world.rows::<(String,)>("select password_hash from people").await.pop().expect("a hash").0;
    assert!(!now().await.contains("keyid="));
    world.sign_in(&ada).await;
    let renewed = now().await;
    assert!(renewed.contains("keyid="), "{renewed}");
    world.sign_in(&ada).await;
    assert_eq!(now().await, renewed, "once");
    world.assert_holds().await;
}
