//! What the browser gets: small, and of one piece with what the server renders.

use crate::harness::{Backend, World, count};
use attest::domain::role::Role;
use std::path::PathBuf;

/// Script and wasm together, compressed, in bytes.
const MOST: u64 = 100 * 1024;

fn site(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/site")).join(name)
}

#[test]
fn script_and_wasm_stay_small() {
    let size = |name: &str| std::fs::metadata(site(name)).expect("the site is built first: scripts/site.sh").len();
    let total = size("attest.js.br") + size("attest_bg.wasm.br");
    count("bytes of script and wasm, brotli", usize::try_from(total).expect("a size"));
    assert!(total <= MOST, "{total} bytes");
}

/// An island is found by a name that the compiler makes from its source; two compilers must make the same one.
#[tokio::test]
async fn every_island_is_in_the_wasm_and_pages_without_one_load_no_script() {
    let world = World::new(Backend::Sqlite).await;
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let cookie = world.sign_in(&ada).await;
    let script = std::fs::read_to_string(site("attest.js")).expect("the site is built first: scripts/site.sh");
    let mut islands = 0;
    for page in [
        "/w/acme/overview",
        "/w/acme/metrics",
        "/w/acme/metrics/over-time",
        "/w/acme/metrics/by",
        "/w/acme/metrics/flow",
        "/w/acme/privacy",
        "/w/acme/audit",
        "/w/acme/profiles",
        "/w/acme/inputs",
        "/set-up",
        "/nothing-here",
    ] {
        let body = world.get(page, &cookie).await.body;
        let here: Vec<&str> =
            body.split("data-component=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        for name in &here {
            assert!(script.contains(*name), "{page}: {name} is not exported");
        }
        // But for the few lines that show and judge a password where one is typed.
        let asks = body.contains("type=\"password\"");
        assert_eq!(body.contains("password.js"), asks, "{page}");
        let filters = body.contains("filter-form");
        assert_eq!(body.contains("filters.js"), filters, "{page}");
        assert_eq!(body.contains("<script"), asks || filters || !here.is_empty(), "{page}");
        assert!(!body.contains("style=\""), "{page}: the policy forbids style attributes");
        islands += here.len();
    }
    assert_eq!(islands, 4, "the Overview's counts, and the reading of charts");
}

/// While processes are brought up to date one by one, each is asked for the other's files.
#[tokio::test]
async fn only_the_address_of_this_site_is_kept() {
    let world = World::new(Backend::Sqlite).await;
    let kept = async |path: &str| {
        let reply = world.ask("GET", path, None, "").await;
        (reply.status.as_u16(), reply.header("cache-control").to_owned())
    };
    assert_eq!(kept("/s/test/attest.js").await, (200, "public, max-age=31536000, immutable".to_owned()));
    assert_eq!(kept("/s/other/attest.js").await, (200, "no-store".to_owned()));
    assert_eq!(kept("/s/test/nothing.js").await, (404, "no-store".to_owned()));
}
