//! What every answer says of itself: cookies, policies, and nothing of what the server is made of.

use crate::harness::{Backend, Cookie, PASSWORD, World};
use attest::server::config::Config;
use axum::http::StatusCode;
use clap::Parser;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    config: Config,
}

/// A process that browsers reach by https.
async fn behind_https() -> World {
    let arguments = ["attest", "--public-url", "https://attest.example.com"];
    World::new(Backend::Sqlite).await.with_config(Arguments::parse_from(arguments).config)
}

#[tokio::test]
async fn the_sessions_cookie_is_kept_from_others() {
    let world = behind_https().await;
    let ada = world.person("Ada").await;
    let fields = [("email", ada.as_str()), ("password", PASSWORD), ("next", "/")];
    let (first, second) = (
        world.post("/sign-in", &Cookie::default(), &fields).await,
        world.post("/sign-in", &Cookie::default(), &fields).await,
    );
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let set: Vec<&str> = first.headers.get_all("set-cookie").iter().filter_map(|set| set.to_str().ok()).collect();
    let session = set.iter().find(|set| set.starts_with("__Host-attest_session=")).expect("a session");
    for attribute in ["Secure", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(session.split("; ").any(|said| said == attribute), "{attribute}: {session}");
    }
    assert!(!session.contains("Domain"), "{session}");
    assert!(set.iter().all(|set| set.contains("Secure") && set.contains("HttpOnly")), "{set:?}");
    // 22 characters are 128 bits, of which no two are the same.
    let id = |cookie: &Cookie| cookie.0.split_once('=').expect("an id").1.to_owned();
    let (one, other) = (id(&first.cookie()), id(&second.cookie()));
    assert!(one.len() == 22 && one != other, "{one} {other}");
    // Over http the port tells instances apart.
    let world = World::new(Backend::Sqlite).await;
    let cookie = world.sign_in(&world.person("Ada").await).await;
    assert!(cookie.0.starts_with("attest_session_3000="), "{cookie:?}");
}

#[tokio::test]
async fn every_answer_says_what_a_browser_may_do_with_it() {
    let world = behind_https().await;
    for (path, is_page) in [
        ("/sign-in", true),
        ("/nothing-here", true),
        ("/healthz", false),
        ("/api/openapi.json", false),
        ("/s/test/attest.css", false),
    ] {
        let reply = world.get(path, &Cookie::default()).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(reply.header("strict-transport-security"), "max-age=31536000; includeSubDomains", "{path}");
        for said in ["server", "x-powered-by", "access-control-allow-origin", "access-control-allow-credentials"] {
            assert_eq!(reply.header(said), "", "{path}: {said}");
        }
        if is_page {
            let policy = reply.header("content-security-policy");
            for said in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
                assert!(policy.contains(said), "{path}: {policy}");
            }
            assert!(!policy.contains("unsafe-inline") && !policy.contains("unsafe-eval'"), "{path}: {policy}");
            assert!(!policy.contains('*'), "{path}: {policy}");
        }
    }
}

#[tokio::test]
async fn only_files_of_the_site_are_served() {
    let world = behind_https().await;
    for path in [
        "/s/test/..%2f..%2f..%2fetc%2fpasswd",
        "/s/test/%2e%2e%2fhash.txt",
        "/s/test/..%5c..%5cCargo.toml",
        "/s/test/%2fetc%2fpasswd",
        "/s/test/",
        "/s/",
        "/s/test/nothing.css",
        "/.git/config",
        "/attest.db",
        "/attest.key",
    ] {
        let reply = world.get(path, &Cookie::default()).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!reply.body.contains("root:") && !reply.body.contains("[package]"), "{path}");
    }
}

/// Fields are named for password managers, nothing hinders pasting, and no page asks for what a device knows of its owner.
#[tokio::test]
async fn pages_help_password_managers_and_ask_a_device_for_nothing() {
    let world = behind_https().await;
    let page = world.get("/sign-in", &Cookie::default()).await.body;
    assert!(page.contains("autocomplete=\"username\"") && page.contains("autocomplete=\"current-password\""), "{page}");
    assert!(!page.contains("onpaste") && !page.contains("maxlength"), "{page}");
    for file in ["attest.js", "password.js", "filters.js"] {
        let script = std::fs::read_to_string(format!("{}/target/site/{file}", env!("CARGO_MANIFEST_DIR")));
        let script = script.expect("the site is built first: scripts/site.sh");
        for sensor in [
            "geolocation",
            "mediaDevices",
            "getUserMedia",
            "DeviceMotion",
            "bluetooth",
            "readText",
            ".read(",
            "\"paste\"",
        ] {
            assert!(!script.contains(sensor), "{file}: {sensor}");
        }
    }
}
