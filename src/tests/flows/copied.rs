//! A copied database: none of the secrets that were ever shown or typed are in it, in any spelling.

use super::mail::MailServer;
use super::second_factor::Phone;
use crate::harness::{Backend, Cookie, PASSWORD, SECRET, SECRET_TEXT, World, basic};
use attest::domain::role::Role;
use attest::server::auth::key::token_parts;
use attest::server::hex::hex;
use axum::http::StatusCode;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use serde_json::json;

const IDFA: &str = "5e5e5e5e-0000-4000-8000-000000000001";

/// As a program could find it: as it is, and as something else than text.
fn spellings(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![secret.to_vec(), hex(secret).into_bytes(), hex(secret).to_uppercase().into_bytes()];
    for engine in [&BASE64_STANDARD, &BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
        all.push(engine.encode(secret).into_bytes());
    }
    all
}

/// All files of the database, as one who copies the folder gets them.
fn files(world: &World) -> Vec<u8> {
    let file = world.url.strip_prefix("sqlite://").expect("a file");
    // Read by another process: this one would let go of SQLite's locks when it closed a file of its.
    let read =
        |ending: &str| std::process::Command::new("cat").arg(format!("{file}{ending}")).output().expect("read").stdout;
    [read(""), read("-wal")].concat()
}

#[tokio::test]
async fn no_secret_is_in_the_files() {
    let mut server = MailServer::start(0).await;
    let world = World::new(Backend::Sqlite).await.mailing(server.port);
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let phone = Phone::set_up(&world, &ada).await;
    let mut secrets: Vec<(&str, Vec<u8>)> = vec![
        ("the installation's secret", SECRET.to_vec()),
        ("its text", SECRET_TEXT.into()),
        ("a password", PASSWORD.into()),
        ("an advertising id", IDFA.into()),
        ("the secret of an app", phone.secret.bytes().to_vec()),
        ("its text", phone.secret.text().into()),
        ("its text in one", phone.secret.text().replace(' ', "").into()),
    ];
    for code in &phone.recovery {
        secrets.push(("a recovery code", code.clone().into()));
        secrets.push(("a recovery code", code.replace('-', "").into()));
    }
    let session = phone.cookie.0.split_once('=').expect("a cookie").1;
    let id = BASE64_URL_SAFE_NO_PAD.decode(session).expect("a session's id");
    secrets.extend([("a session", session.into()), ("a session", id)]);
    let (key, secret) = world.input("acme", "Backend").await;
    secrets.push(("an input's secret", secret.clone().into()));
    let token = world.token("acme", Role::ComplianceAdmin).await;
    secrets.push(("a token", token_parts(&token).expect("a token").1.into()));
    let phone_of_user = json!({"user_identities": {"customer_id": "user-1"}, "device_info": {"platform": "iOS", "os_version": "17.5",
        "ios_idfv": "v1", "ios_advertising_id": IDFA, "att_authorization_status": "authorized"}});
    let sent = world.ask("POST", "/v2/events", Some(&basic(&key, &secret)), phone_of_user.to_string()).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let invite = [("act", "invite"), ("email", "bob@example.com"), ("role", "analyst"), ("form_id", "one")];
    assert_eq!(world.post("/w/acme/members", &phone.cookie, &invite).await.status, StatusCode::OK);
    // While the mail waits, and what is typed to find somebody.
    let found = world.look_up("/w/acme/profiles", &phone.cookie, "customer_id", "somebody-who-was-looked-for").await;
    assert_eq!(found.status, StatusCode::OK);
    secrets.push(("what was looked for", "somebody-who-was-looked-for".into()));
    let waiting = files(&world);
    world.run_jobs().await;
    let text = loop {
        let (to, _, text) = server.next().await;
        if to == "bob@example.com" {
            break text;
        }
    };
    let link = text.split_once("token=").expect("a link").1.split_whitespace().next().expect("a token").to_owned();
    secrets.push(("a link", link.into()));
    assert_eq!(
        world
            .post("/sign-in", &Cookie::default(), &[("email", &ada), ("password", "a wrong guess here"), ("next", "/")])
            .await
            .status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    secrets.push(("a wrong guess", "a wrong guess here".into()));
    let after = files(&world);
    // What is stored in clear is found, so that the search finds something.
    for known in ["ada@example.com", "user-1", "bob@example.com"] {
        assert!(after.windows(known.len()).any(|bytes| bytes == known.as_bytes()), "{known}");
    }
    for (what, secret) in &secrets {
        for spelling in spellings(secret) {
            for (when, bytes) in [("while mail waits", &waiting), ("afterwards", &after)] {
                assert!(!bytes.windows(spelling.len()).any(|bytes| bytes == spelling), "{what} is in the files {when}");
            }
        }
    }
}
