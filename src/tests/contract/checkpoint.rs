//! Signed checkpoints: what was kept elsewhere proves that nothing up to it was rewritten or cut off, whatever somebody can do
//! to the database.

use crate::harness::{World, bearer, on_both, open};
use attest::domain::audit::FIRST_PREVIOUS;
use attest::domain::id::WorkspaceId;
use attest::domain::role::Role;
use attest::domain::time::{HOUR, MINUTE};
use attest::server::clock::Ids;
use attest::server::destination::Destinations;
use attest::server::secret::signing::Signer;
use attest::server::services::Services;
use attest::server::services::audit_export::{Format, export};
use attest::server::services::checkpoint::make_checkpoints;
use attest::server::services::jobs::run_due_jobs;
use attest::server::store::audit::{ChainRow, Checkpoints, hash, verify_file};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sqlx::AssertSqlSafe;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use tempfile::tempdir;
use tokio::net::TcpListener;

on_both! {
    a_chain_that_was_written_anew_is_named
    a_chain_that_was_cut_is_named
    what_was_not_signed_here_is_named
    an_exported_chain_is_proved_without_the_database
    what_went_on_is_signed_each_hour_and_sent
    what_was_not_taken_is_sent_again
    what_was_changed_is_not_vouched_for
    the_page_and_the_interface_give_the_newest
}

async fn decided(world: &World) -> String {
    world.workspace("Acme").await;
    world.member("acme", "Ada", Role::ComplianceAdmin).await;
    world.member("acme", "Bob", Role::Analyst).await;
    kept(world).await
}

/// What somebody keeps elsewhere now: the newest checkpoint of each chain.
async fn kept(world: &World) -> String {
    let newest = make_checkpoints(&world.state.services).await.expect("made");
    newest.iter().map(|signed| format!("{}\n", signed.json())).collect()
}

async fn run(world: &World, sql: String) {
    let sql = AssertSqlSafe(sql);
    if world.url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(&world.url).await.expect("the file opens");
        sqlx::raw_sql(sql).execute(&pool).await.expect("done");
    } else {
        let pool = sqlx::PgPool::connect(&world.url).await.expect("the database answers");
        sqlx::raw_sql(sql).execute(&pool).await.expect("done");
    }
}

/// The triggers are gone for the time of this, and are there again.
async fn unguarded(world: &World, sql: String) {
    let (off, on) = match world.url.starts_with("sqlite") {
        true => (
            "drop trigger audit_no_update; drop trigger audit_no_delete",
            "create trigger audit_no_update before update on audit begin select raise(abort, ''); end; \
             create trigger audit_no_delete before delete on audit begin select raise(abort, ''); end",
        ),
        false => ("alter table audit disable trigger user", "alter table audit enable trigger user"),
    };
    run(world, off.to_owned()).await;
    run(world, sql).await;
    run(world, on.to_owned()).await;
}

/// Writes Acme's chain anew with other words in a row, each with its right hash: who has the database can.
async fn write_anew(world: &World, changed: i64) {
    let (chain, rows) = chain_of(world).await;
    let (mut previous, mut sql) = (FIRST_PREVIOUS.to_owned(), String::new());
    for ChainRow { mut row, .. } in rows {
        if row.seq == changed {
            row.actor.name = "Eve".to_owned();
        }
        row.prev_hash = previous;
        previous = hash(&row).expect("a hash");
        let (seq, name, before) = (row.seq, &row.actor.name, &row.prev_hash);
        sql += &format!(
            "update audit set actor_name = '{name}', prev_hash = '{before}', hash = '{previous}' where workspace_id = {chain} and seq = {seq};"
        );
    }
    unguarded(world, format!("{sql} update audit_heads set hash = '{previous}' where workspace_id = {chain}")).await;
}

async fn chain_of(world: &World) -> (i64, Vec<ChainRow>) {
    let chain = world.rows::<(i64,)>("select id from workspaces").await[0].0;
    let rows = world.store.system_view().await.expect("a view").audit_page(WorkspaceId(chain), 0).await;
    (chain, rows.expect("rows"))
}

/// What the walk finds, by what was kept elsewhere.
async fn found(world: &World, kept: &str) -> Vec<(i64, &'static str)> {
    let given = match kept {
        "" => Checkpoints::default(),
        kept => Checkpoints::read(kept.as_bytes(), world.store.keyring().now().signing_keys()).expect("read"),
    };
    let verified = world.store.verify_audit_against(&given).await.expect("walked");
    assert!(!verified.unguarded);
    verified.broken.iter().map(|broken| (broken.seq, broken.why)).collect()
}

const REWRITTEN: &str = "a signed checkpoint says otherwise: this row, or one before it, was rewritten";
const CUT_OFF: &str = "the row is missing: a signed checkpoint is of this or a later one";
const NOT_SIGNED: &str = "its checkpoint was not signed by this installation";

async fn a_chain_that_was_written_anew_is_named(world: World) {
    let kept = decided(&world).await;
    assert_eq!(found(&world, &kept).await, []);
    write_anew(&world, 2).await;
    assert_eq!(found(&world, "").await, [(3, REWRITTEN)], "by what lies in the database");
    run(&world, "delete from audit_checkpoints".to_owned()).await;
    assert_eq!(found(&world, "").await, [], "nothing here tells it any more");
    assert_eq!(found(&world, &kept).await, [(3, REWRITTEN)], "what was kept elsewhere does");
    // What is signed now does not mend it.
    make_checkpoints(&world.state.services).await.expect("made");
    assert_eq!(found(&world, &kept).await, [(3, REWRITTEN)]);
}

async fn a_chain_that_was_cut_is_named(world: World) {
    decided(&world).await;
    // Decides nothing, so that all else is as the rest of the log says.
    export(&world.store, &World::actor(), crate::harness::workspace_ref("acme"), Format::Csv, &mut Vec::new())
        .await
        .expect("exported");
    let kept = kept(&world).await;
    let chain = chain_of(&world).await.0;
    let cut = format!(
        "delete from audit where workspace_id = {chain} and seq = 4; update audit_heads set seq = 3, hash = \
         (select hash from audit where workspace_id = {chain} and seq = 3) where workspace_id = {chain}"
    );
    unguarded(&world, cut).await;
    assert_eq!(found(&world, "").await, [(4, CUT_OFF)]);
    run(&world, "delete from audit_checkpoints where seq = 4".to_owned()).await;
    assert_eq!(found(&world, "").await, []);
    assert_eq!(found(&world, &kept).await, [(4, CUT_OFF)]);
    let everything = format!(
        "delete from audit where workspace_id = {chain}; delete from audit_heads where workspace_id = {chain}; \
         delete from audit_checkpoints"
    );
    unguarded(&world, everything).await;
    assert_eq!(found(&world, &kept).await, [(1, "the whole chain is missing")]);
}

async fn what_was_not_signed_here_is_named(world: World) {
    let kept = decided(&world).await;
    let strange = Signer::new(&[7; 32].into()).expect("a key").public();
    for (change, back) in [
        ("signature = 'AAAA'", "signature = signature"),
        ("at_ms = at_ms + 1", "at_ms = at_ms - 1"),
        ("signing_key = 'KEY'", "signing_key = signing_key"),
    ] {
        let before = world
            .rows::<(i64, String, String)>("select workspace_id, signature, signing_key from audit_checkpoints")
            .await;
        run(
            &world,
            format!("update audit_checkpoints set {} where workspace_id <> 0", change.replace("KEY", &strange)),
        )
        .await;
        assert_eq!(found(&world, "").await, [(3, NOT_SIGNED)], "{change}");
        run(&world, format!("update audit_checkpoints set {back} where workspace_id <> 0")).await;
        for (chain, signature, key) in before {
            run(&world, format!("update audit_checkpoints set signature = '{signature}', signing_key = '{key}' where workspace_id = {chain}")).await;
        }
        assert_eq!(found(&world, "").await, [], "{back}");
    }
    // Files: of another installation, changed, and none.
    let known = world.store.keyring().now();
    let keys = known.signing_keys();
    let read = |text: &str, keys: &[String]| {
        Checkpoints::read(text.as_bytes(), keys).map(|_| ()).map_err(|error| error.to_string())
    };
    assert_eq!(read(&kept, keys), Ok(()));
    let lines: Vec<&str> = kept.lines().collect();
    let told = |text: &str, keys: &[String]| read(text, keys).expect_err("refused");
    assert_eq!(told(&kept, &[strange]), "line 1 of the checkpoints is signed by a key that is not this installation's");
    assert_eq!(
        told(&format!("{}\n{}", lines[0], lines[1].replace("\"seq\":3,", "\"seq\":2,")), keys),
        "line 2 of the checkpoints is not what was signed"
    );
    assert_eq!(told(&format!("{kept}{{}}"), keys), "line 3 of the checkpoints is not a checkpoint");
    assert_eq!(told("\n", keys), "the checkpoints' file has no checkpoint");
}

async fn an_exported_chain_is_proved_without_the_database(world: World) {
    let kept = decided(&world).await;
    let exported = async || {
        let mut file = Vec::new();
        export(&world.store, &World::actor(), crate::harness::workspace_ref("acme"), Format::Jsonl, &mut file)
            .await
            .expect("exported");
        file
    };
    let key = [world.store.keyring().now().signer().public()];
    let given = Checkpoints::read(kept.as_bytes(), &key).expect("read");
    assert!(!given.is_key_unproved);
    let verified = verify_file(&exported().await[..], &given).expect("walked");
    assert!(verified.is_ok() && verified.checkpoints == 1, "{verified:?}");
    let rows = i64::try_from(verified.rows).expect("rows");
    assert!(
        verified.signed_to.is_some_and(|row| row < rows),
        "what was exported since is signed by nobody: {verified:?}"
    );
    // Nobody says which key is right: the file itself does, and that is told.
    let given = Checkpoints::read(kept.as_bytes(), &[]).expect("read");
    assert!(given.is_key_unproved && given.keys.contains(&key[0]));
    write_anew(&world, 1).await;
    let verified = verify_file(&exported().await[..], &given).expect("walked");
    assert_eq!(verified.broken.iter().map(|broken| (broken.seq, broken.why)).collect::<Vec<_>>(), [(3, REWRITTEN)]);
    assert!(verify_file(&exported().await[..], &Checkpoints::default()).expect("walked").is_ok(), "it hangs together");
    let of_installation: String = kept.lines().take(1).collect();
    let given = Checkpoints::read(of_installation.as_bytes(), &key).expect("read");
    assert!(verify_file(&exported().await[..], &given).is_err(), "no checkpoint of this chain");
}

/// A process that sends checkpoints to these.
async fn sending(world: &World, destinations: Destinations) -> Services {
    Services::new(open(&world.url, Ids::new(world.clock.clone())).await).sending(destinations)
}

async fn what_went_on_is_signed_each_hour_and_sent(world: World) {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("checkpoints.jsonl");
    let services = sending(&world, Destinations::new(Some(file.clone()), None, true).expect("destinations")).await;
    let keep = world.state.config.retention.keep();
    let lines = || std::fs::read_to_string(&file).unwrap_or_default().lines().count();
    world.workspace("Acme").await;
    run_due_jobs(&services, keep).await.expect("jobs run");
    assert_eq!(lines(), 2, "the installation's, and Acme's");
    world.member("acme", "Ada", Role::Analyst).await;
    world.clock.advance(30 * MINUTE);
    run_due_jobs(&services, keep).await.expect("jobs run");
    assert_eq!(lines(), 2, "not yet");
    world.clock.advance(HOUR);
    run_due_jobs(&services, keep).await.expect("jobs run");
    assert_eq!(lines(), 4, "both chains went on");
    world.clock.advance(2 * HOUR);
    run_due_jobs(&services, keep).await.expect("jobs run");
    assert_eq!(lines(), 4, "neither did");
    let text = std::fs::read_to_string(&file).expect("read");
    assert_eq!(found(&world, &text).await, []);
    let of =
        |line: &str| serde_json::from_str::<Value>(line).map(|value| value["chain"] == "installation").expect("JSON");
    assert_eq!(text.lines().filter(|line| of(line)).count(), 2);
    let mode = std::fs::metadata(&file).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

async fn what_was_not_taken_is_sent_again(world: World) {
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("checkpoints.jsonl");
    let (taken, answer) = (Arc::new(Mutex::new(String::new())), Arc::new(Mutex::new(StatusCode::FOUND)));
    let app = Router::new().route(
        "/kept",
        post({
            let (taken, answer) = (taken.clone(), answer.clone());
            async move |body: String| {
                let answer = *answer.lock().expect("unlocked");
                if answer.is_success() {
                    taken.lock().expect("unlocked").push_str(&body);
                }
                (answer, [("location", "/elsewhere")])
            }
        }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/kept", listener.local_addr().expect("an address")).parse().expect("an address");
    tokio::spawn(async move { axum::serve(listener, app).await });
    let services =
        sending(&world, Destinations::new(Some(file.clone()), Some(url), false).expect("destinations")).await;
    let keep = world.state.config.retention.keep();
    world.workspace("Acme").await;
    const FAILED: &str = "select last_error from jobs where name = 'checkpoints'";
    for refused in [StatusCode::FOUND, StatusCode::NOT_FOUND, StatusCode::SERVICE_UNAVAILABLE] {
        *answer.lock().expect("unlocked") = refused;
        run_due_jobs(&services, keep).await.expect("jobs run");
        let failed = world.rows::<(Option<String>,)>(FAILED).await;
        assert!(failed[0].0.as_deref().is_some_and(|why| why.starts_with("what was sent was not taken")), "{failed:?}");
        let signed = world.rows::<(i64,)>("select count(*) from audit_checkpoints").await;
        assert_eq!(signed, [(2,)], "each chain is signed all the same");
        world.clock.advance(HOUR);
    }
    *answer.lock().expect("unlocked") = StatusCode::OK;
    run_due_jobs(&services, keep).await.expect("jobs run");
    assert_eq!(world.rows::<(Option<String>,)>(FAILED).await, [(None,)]);
    let taken = taken.lock().expect("unlocked").clone();
    assert_eq!(taken.lines().count(), 2);
    assert_eq!(found(&world, &taken).await, []);
    // The file has them as often as they were sent.
    assert_eq!(found(&world, &std::fs::read_to_string(&file).expect("read")).await, []);
}

/// A chain that is other than it was signed gets no further signature, and two signatures of one row tell by themselves.
async fn what_was_changed_is_not_vouched_for(world: World) {
    let kept_before = decided(&world).await;
    write_anew(&world, 2).await;
    assert!(make_checkpoints(&world.state.services).await.is_err(), "the last row has another hash than was signed");
    run(&world, "delete from audit_checkpoints".to_owned()).await;
    let kept_after = kept(&world).await;
    assert_eq!(found(&world, &kept_after).await, []);
    assert_eq!(found(&world, &format!("{kept_before}{kept_after}")).await, [(3, REWRITTEN)]);
    // A head that leads nowhere.
    run(&world, "update audit_heads set seq = 1000 where workspace_id <> 0".to_owned()).await;
    assert!(make_checkpoints(&world.state.services).await.is_err());
    // A chain of which nothing is left but its checkpoints.
    let gone = "delete from audit where workspace_id = 0; delete from audit_heads where workspace_id = 0";
    unguarded(&world, gone.to_owned()).await;
    assert!(found(&world, "").await.contains(&(1, "the whole chain is missing")));
    // What somebody else put there is not sent.
    run(&world, "insert into audit_checkpoints (workspace_id, seq, hash, at_ms, signing_key, signature) values (0, 9, 'x', 1, 'x', 'x')".to_owned()).await;
    let folder = tempdir().expect("a folder");
    let file = folder.path().join("checkpoints.jsonl");
    let services = sending(&world, Destinations::new(Some(file.clone()), None, false).expect("destinations")).await;
    run_due_jobs(&services, world.state.config.retention.keep()).await.expect("jobs run");
    let note = "select note from jobs where name = 'checkpoints'";
    assert_eq!(
        world.rows::<(Option<String>,)>(note).await,
        [(Some("chain_not_signed".to_owned()),)],
        "operators see it"
    );
    let text = std::fs::read_to_string(&file).expect("read");
    assert!(Checkpoints::read(text.as_bytes(), world.store.keyring().now().signing_keys()).is_ok(), "{text}");
}

/// What somebody downloads is what `attest audit checkpoint` prints.
async fn the_page_and_the_interface_give_the_newest(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Auditor).await).await;
    let token = bearer(&world.token("acme", Role::Auditor).await);
    let api = "/api/v1/workspaces/acme/audit/checkpoint";
    let page = async || world.get("/w/acme/audit", &ada).await.body;
    assert!(page().await.contains("The first signed checkpoint is made within the hour."));
    assert_eq!(world.ask("GET", api, Some(&token), "").await.status, StatusCode::NOT_FOUND);
    let kept = kept(&world).await;
    let page = page().await;
    let file = page.split("data:application/x-ndjson;base64,").nth(1).and_then(|rest| rest.split('"').next());
    let file = String::from_utf8(BASE64_STANDARD.decode(file.expect("a file")).expect("base64")).expect("text");
    assert_eq!(kept.lines().nth(1), file.lines().next());
    assert_eq!(found(&world, &file).await, []);
    let given: Value = serde_json::from_str(&file).expect("JSON");
    assert_eq!(world.ask("GET", api, Some(&token), "").await.json(), given);
    // Between the parts of a text stand marks.
    let said = page.replace("<!>", "");
    assert!(said.contains(&format!("Signed up to row {} on ", given["seq"])), "{said}");
}
