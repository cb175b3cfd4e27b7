//! Inputs: the curl that is shown works as it stands, and a secret is shown once.

use crate::harness::{World, basic, on_both};
use attest::domain::role::Role;
use axum::http::StatusCode;
use serde_json::Value;

on_both! {
    the_curl_works_as_it_stands
    a_secret_is_shown_once_and_rotates
}

/// What stands between two marks in a page, with HTML's escapes undone.
fn between<'a>(page: &'a str, from: &str, to: &str) -> String {
    let start = page.find(from).unwrap_or_else(|| panic!("{from} is not in {page}")) + from.len();
    let end = page[start..].find(to).expect("an end") + start;
    let text: &'a str = &page[start..end];
    text.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

async fn the_curl_works_as_it_stands(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Admin).await;
    let cookie = world.sign_in(&ada).await;
    let page = world.post("/w/acme/inputs", &cookie, &[("name", "Backend"), ("bundle", "")]).await;
    assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "no-store"));
    for environment in ["development", "production"] {
        let curl = between(&page.body, &format!("class=\"copy {environment}\">"), "</pre>");
        let credentials = between(&curl, "-u '", "'");
        let (key, secret) = credentials.split_once(':').expect("a pair");
        let body = between(&curl, "-d '", "'");
        let sent: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(sent["environment"], environment);
        let reply = world.ask("POST", "/v2/events", Some(&basic(key, secret)), body).await;
        assert_eq!(reply.status, StatusCode::ACCEPTED);
        let overview = world.get(&format!("/w/acme/overview?environment={environment}"), &cookie).await.body;
        assert!(overview.contains("1 Apple profile"), "{overview}");
    }
    let shop = world.post("/w/acme/inputs", &cookie, &[("name", "Shop"), ("bundle", "com.acme.shop")]).await;
    assert!(between(&shop.body, "class=\"copy production\">", "</pre>").contains("\"package\":\"com.acme.shop\""));
    let odd = world.post("/w/acme/inputs", &cookie, &[("name", "Odd"), ("bundle", "a';rm -rf")]).await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing that a shell would run gets into the curl");
    let again = world.post("/w/acme/inputs", &cookie, &[("name", "Backend"), ("bundle", "")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a form sent twice makes no second input");
    world.assert_holds().await;
}

async fn a_secret_is_shown_once_and_rotates(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Admin).await;
    let (cookie, (key, old)) = (world.sign_in(&ada).await, world.input("acme", "Backend").await);
    let page = world.get("/w/acme/inputs", &cookie).await.body;
    let address = format!("/w/acme/inputs/{}", &between(&page, "/w/acme/inputs/", "\"")[..13]);
    let page = world.get(&address, &cookie).await.body;
    assert!(page.contains(&key) && !page.contains(&old) && page.contains("$ATTEST_SECRET"));
    let rotate = [("act", "rotate"), ("secret_version", "1")];
    let page = world.post(&address, &cookie, &rotate).await;
    assert_eq!(page.status, StatusCode::OK);
    let new = between(&page.body, "data-name=\"secret\" class=\"copy\">", "<");
    let status = async |secret: &str| world.ask("POST", "/v2/events", Some(&basic(&key, secret)), "{}").await.status;
    assert_eq!((status(&old).await, status(&new).await), (StatusCode::FORBIDDEN, StatusCode::ACCEPTED));
    let again = world.post(&address, &cookie, &rotate).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "a reload makes no other secret");
    assert_eq!(status(&new).await, StatusCode::ACCEPTED);
    let audit = world.get("/w/acme/audit", &cookie).await.body;
    assert!(audit.contains("secret rotated") && !audit.contains(&new));
    world.assert_holds().await;
}
