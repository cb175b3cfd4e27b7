//! What every answer carries, and what is left of a refusal: a line in the log with who and where, never with what was sent.

use crate::harness::{Backend, Binary, Cookie, World, bearer, on_both};
use attest::domain::role::Role;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

on_both! {
    answers_for_scripts_are_files_and_changes_are_json
    texts_from_outside_show_what_they_hide
}

async fn answers_for_scripts_are_files_and_changes_are_json(world: World) {
    world.workspace("Acme").await;
    let token = world.token("acme", Role::ComplianceAdmin).await;
    let path = "/api/v1/workspaces/acme/att-default";
    for (path, status) in [
        (path, StatusCode::OK),
        ("/api/openapi.json", StatusCode::OK),
        ("/api/v1/workspaces/other/att-default", StatusCode::NOT_FOUND),
    ] {
        let reply = world.ask("GET", path, Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("content-disposition"), "attachment; filename=\"attest.json\"", "{path}");
        assert_eq!((reply.header("content-type"), reply.header("cache-control")), ("application/json", "no-store"));
    }
    let change = json!({"status": "denied", "reason": "By default nobody agreed.", "version": 1}).to_string();
    for (kind, status) in [
        (None, StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Some("text/plain"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Some("application/x-www-form-urlencoded"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Some("application/jsonp"), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        (Some("Application/JSON; charset=utf-8"), StatusCode::OK),
    ] {
        let mut request = Request::put(path).header("authorization", bearer(&token));
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        let reply = world.send(request.body(Body::from(change.clone())).expect("a request"), "127.0.0.1").await;
        assert_eq!(reply.status, status, "{kind:?}");
        if status != StatusCode::OK {
            let told = reply.json()["errors"][0]["message"].clone();
            assert_eq!(told, "Content-Type: expected application/json");
        }
    }
}

async fn texts_from_outside_show_what_they_hide(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let input = world.input("acme", "Backend").await;
    let batch = json!({"application_info": {"application_name": "Shop\u{202e}gpj.exe\u{1b}[31m", "package": "com.a\u{200b}cme"},
        "device_info": {"platform": "iOS", "ios_idfv": "v1", "att_authorization_status": "denied"}});
    assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    let page = world.get("/w/acme/apps", &cookie).await;
    assert!(page.body.contains("Shop[U+202E]gpj.exe[U+001B][31m"), "{}", page.body);
    assert!(!page.body.contains(['\u{202e}', '\u{1b}', '\u{200b}']));
}

#[tokio::test]
async fn every_file_of_the_site_says_how_its_text_is_written() {
    let world = World::new(Backend::Sqlite).await;
    let page = world.get("/sign-in", &Cookie::default()).await;
    let sheet = page.body.split('"').find(|part| part.ends_with(".css")).expect("a style sheet");
    let reply = world.get(sheet, &Cookie::default()).await;
    assert_eq!(reply.header("content-type"), "text/css; charset=utf-8");
}

/// Refused by thousands, they do not fill the log; none of its lines has a secret or an address that names somebody.
#[tokio::test]
async fn refusals_are_in_the_log_up_to_a_bound() {
    let folder = tempfile::tempdir().expect("a folder");
    let binary = Binary { url: format!("sqlite://{}/attest.db", folder.path().display()) };
    binary.set_up().await;
    let mut command = binary.command();
    command.env("ATTEST_LOG", "info").env("ATTEST_LOG_FORMAT", "json").stderr(Stdio::piped());
    let mut server = binary.serve_by(command).await;
    let (sent, secret) = (400, "a-secret-that-is-nobodys");
    let mut stream = TcpStream::connect(&server.address).await.expect("a connection");
    for n in 0..sent {
        let (line, close) = (
            ["GET /api/v1/workspaces/acme/audit", "GET /ada@example.com", "PATCH /sign-in"][n % 3],
            if n + 1 == sent { "close" } else { "keep-alive" },
        );
        let head = format!(
            "{line} HTTP/1.1\r\nhost: x\r\nconnection: {close}\r\nauthorization: Bearer attest_{secret}.{secret}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.expect("taken");
    }
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).await.expect("answers");
    server.child.start_kill().expect("killed");
    let mut lines = BufReader::new(server.child.stderr.take().expect("its log")).lines();
    let mut told = Vec::new();
    while let Some(line) = lines.next_line().await.expect("a line") {
        assert!(!line.contains(secret) && !line.contains("ada@example.com"), "{line}");
        told.extend(line.contains("\"refused\"").then_some(line));
    }
    assert!((30..200).contains(&told.len()), "{} lines", told.len());
    for (kind, route) in
        [("unauthorized", "/api/v1/workspaces/{workspace}/audit"), ("not_found", "none"), ("method", "/sign-in")]
    {
        let is_it = |line: &&String| line.contains(&format!("\"{kind}\"")) && line.contains(&format!("\"{route}\""));
        let line = told.iter().find(is_it).unwrap_or_else(|| panic!("{kind} {route}: {told:#?}"));
        assert!(line.contains("\"127.0.0.1\"") && line.contains("\"incident\""), "{line}");
    }
}
