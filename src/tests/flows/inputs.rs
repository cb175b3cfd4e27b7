//! Inputs: the curl that is shown works as it stands, and a secret is shown once.

use crate::harness::{Cookie, World, basic, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::{DAY, HOUR, SECOND};
use attest::server::store::READ_AGAIN;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;

on_both! {
    the_curl_works_as_it_stands
    a_secret_is_shown_once_and_rotates
    a_rotation_in_a_rotation_cuts_nobody_off
    pages_are_compressed_and_secrets_are_not
    an_input_over_its_rate_is_told_to_wait
    samples_are_for_those_who_may_and_leave_a_row
}

/// What is between two marks in a page, with HTML's escapes undone.
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

async fn pages_are_compressed_and_secrets_are_not(world: World) {
    world.workspace("Acme").await;
    let cookie = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let ask = async |request: axum::http::request::Builder, body: &'static str| {
        let request = request.header("accept-encoding", "br, gzip").header("cookie", &cookie.0);
        world.send(request.body(body.into()).expect("a request"), "127.0.0.1").await
    };
    let page = ask(Request::get("/w/acme/inputs"), "").await;
    assert_eq!((page.status, page.header("content-encoding")), (StatusCode::OK, "br"));
    let form = Request::post("/w/acme/inputs").header("sec-fetch-site", "same-origin");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    let shown = ask(form, "name=Backend&bundle=").await;
    assert!(shown.header("content-encoding").is_empty() && shown.body.contains("shown only once"), "{}", shown.status);
}

async fn a_secret_is_shown_once_and_rotates(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Admin).await;
    let (cookie, (key, old)) = (world.sign_in(&ada).await, world.input("acme", "Backend").await);
    let page = world.get("/w/acme/inputs", &cookie).await.body;
    let address = format!("/w/acme/inputs/{}", &between(&page, "/w/acme/inputs/", "\"")[..13]);
    let page = world.get(&address, &cookie).await.body;
    assert!(page.contains(&key) && !page.contains(&old) && page.contains("$ATTEST_SECRET"));
    let rotate = [("act", "rotate"), ("sure", "yes"), ("secret_version", "1")];
    let page = world.post(&address, &cookie, &rotate).await;
    assert_eq!(page.status, StatusCode::OK);
    let new = between(&page.body, "data-name=\"secret\" class=\"copy\">", "<");
    let status = async |secret: &str| world.ask("POST", "/v2/events", Some(&basic(&key, secret)), "{}").await.status;
    assert_eq!(
        (status(&old).await, status(&new).await),
        (StatusCode::ACCEPTED, StatusCode::ACCEPTED),
        "both for a day"
    );
    assert_eq!(status("wrong").await, StatusCode::FORBIDDEN);
    let again = world.post(&address, &cookie, &rotate).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "a reload makes no other secret");
    assert_eq!(status(&new).await, StatusCode::ACCEPTED);
    assert!(last_use(&world, &address, &cookie).await.contains("last used"));
    world.clock.advance(DAY - SECOND);
    assert_eq!(status(&old).await, StatusCode::ACCEPTED);
    world.clock.advance(2 * SECOND);
    assert_eq!((status(&old).await, status(&new).await), (StatusCode::FORBIDDEN, StatusCode::ACCEPTED), "a day later");
    // A secret that leaked ends at once.
    let cookie = world.sign_in(&ada).await;
    let page = world.post(&address, &cookie, &[("act", "rotate"), ("sure", "yes"), ("secret_version", "2")]).await;
    let third = between(&page.body, "data-name=\"secret\" class=\"copy\">", "<");
    assert!(world.get(&address, &cookie).await.body.contains("not used since"));
    assert_eq!(
        world.post(&address, &cookie, &[("act", "end_old"), ("sure", "yes"), ("secret_version", "3")]).await.status,
        StatusCode::SEE_OTHER
    );
    world.clock.advance(READ_AGAIN);
    assert_eq!((status(&new).await, status(&third).await), (StatusCode::FORBIDDEN, StatusCode::ACCEPTED));
    let audit = world.get("/w/acme/audit", &cookie).await.body;
    assert!(audit.contains("Old input secret ended"));
    assert!(audit.contains("secret rotated") && !audit.contains(&new));
    world.assert_holds().await;
}

/// Waits until it is written that the present secret was used.
async fn is_used(world: &World) {
    for _ in 0..200 {
        let used = "select count(*) from credentials where secret_used_at is not null";
        if world.rows::<(i64,)>(used).await == [(1,)] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the use of a secret is not written");
}

/// Senders still use the first secret while the second one was lost: a third is made, and the first works on.
async fn a_rotation_in_a_rotation_cuts_nobody_off(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Admin).await;
    let (cookie, (key, first)) = (world.sign_in(&ada).await, world.input("acme", "Backend").await);
    let address = only_input(&world, &cookie).await;
    let status = async |secret: &str| world.ask("POST", "/v2/events", Some(&basic(&key, secret)), "{}").await.status;
    let rotate = async |version: &str| {
        let form = [("act", "rotate"), ("sure", "yes"), ("secret_version", version)];
        let page = world.post(&address, &cookie, &form).await.body;
        between(&page, "data-name=\"secret\" class=\"copy\">", "<")
    };
    let second = rotate("1").await;
    assert_eq!(status(&first).await, StatusCode::ACCEPTED);
    last_use(&world, &address, &cookie).await;
    let asked = world.post(&address, &cookie, &[("act", "rotate"), ("secret_version", "2")]).await.body;
    assert!(asked.contains("was never used, and stops working now"), "{asked}");
    let third = rotate("2").await;
    world.clock.advance(READ_AGAIN);
    assert_eq!(
        (status(&first).await, status(&second).await, status(&third).await),
        (StatusCode::ACCEPTED, StatusCode::FORBIDDEN, StatusCode::ACCEPTED)
    );
    // Now both are in use: neither is ended by a fourth.
    is_used(&world).await;
    let form = [("act", "rotate"), ("sure", "yes"), ("secret_version", "3")];
    let refused = world.post(&address, &cookie, &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Senders still use the old secret"), "{}", refused.body);
    let stale = [("act", "end_old"), ("sure", "yes"), ("secret_version", "2")];
    assert_eq!(world.post(&address, &cookie, &stale).await.status, StatusCode::CONFLICT, "of before the rotation");
    world.clock.advance(DAY);
    assert_eq!((status(&first).await, status(&third).await), (StatusCode::FORBIDDEN, StatusCode::ACCEPTED));
    world.assert_holds().await;
}

/// What an input's page says of its old secret, once its use was written.
async fn last_use(world: &World, address: &str, cookie: &Cookie) -> String {
    for _ in 0..200 {
        let page = world.get(address, cookie).await.body;
        let said = between(&page, "<dt>Old secret</dt>", "</dd>");
        if said.contains("last used") {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the use of an old secret is not told");
}

/// The address of the workspace's only input.
async fn only_input(world: &World, cookie: &Cookie) -> String {
    let page = world.get("/w/acme/inputs", cookie).await.body;
    format!("/w/acme/inputs/{}", &between(&page, "/w/acme/inputs/", "\"")[..13])
}

async fn an_input_over_its_rate_is_told_to_wait(world: World) {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::Admin).await;
    let (cookie, input) = (world.sign_in(&ada).await, world.input("acme", "Backend").await);
    let address = only_input(&world, &cookie).await;
    let send = async || world.event(&input, &json!({"device_info": {"ios_idfv": "V1"}})).await;
    for wrong in ["0", "-1", "many", "1.5", "1000001"] {
        let page = world.post(&address, &cookie, &[("act", "limit"), ("requests_per_second", wrong)]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(
            page.body.contains("whole number from 1 to 1,000,000") && page.body.contains(&format!("value=\"{wrong}\""))
        );
    }
    let set = async |rate: &str| {
        let reply = world.post(&address, &cookie, &[("act", "limit"), ("requests_per_second", rate)]).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
    };
    set("2").await;
    world.clock.advance(READ_AGAIN);
    let answers = [send().await, send().await, send().await];
    assert_eq!(answers.each_ref().map(|reply| reply.status.as_u16()), [202, 202, 429]);
    let refused = &answers[2];
    assert_eq!((refused.header("retry-after"), refused.header("x-mp-rate-limit-exceeded")), ("1", "feed"));
    assert_eq!(refused.json()["errors"][0]["code"], "RATE_LIMITED");
    // A clock that goes back does not lock anybody out, and the wait that was told is enough.
    world.clock.advance(-HOUR);
    assert_eq!(send().await.status, StatusCode::ACCEPTED);
    world.clock.advance(HOUR + 1000);
    assert_eq!(send().await.status, StatusCode::ACCEPTED);
    // A wrong secret is told first; nobody learns anything of the input from its rate.
    let stranger = (input.0.clone(), "wrong".to_owned());
    for _ in 0..5 {
        assert_eq!(world.event(&stranger, &json!({})).await.status, StatusCode::FORBIDDEN);
    }
    count_limited(&world).await;
    let page = world.get(&address, &cookie).await.body;
    assert!(page.contains("expected fewer requests per second") && page.contains("2 requests per second"));
    set("").await;
    world.clock.advance(READ_AGAIN);
    for _ in 0..20 {
        assert_eq!(send().await.status, StatusCode::ACCEPTED);
    }
    let audit = world.get("/w/acme/audit", &cookie).await.body;
    assert_eq!(audit.matches("rate limit changed").count(), 3, "two rows, and the filter's choice");
    world.assert_holds().await;
}

async fn count_limited(world: &World) {
    for (workspace, input, n) in world.state.rates.take_refused() {
        world.system.count_rate_limited(workspace, input, n).await.expect("counted");
    }
}

async fn samples_are_for_those_who_may_and_leave_a_row(world: World) {
    world.workspace("Acme").await;
    let input = world.input("acme", "Backend").await;
    let compliance = world.member("acme", "Cleo", Role::Compliance).await;
    let analyst = world.member("acme", "Ann", Role::Analyst).await;
    let (cleo, ann) = (world.sign_in(&compliance).await, world.sign_in(&analyst).await);
    let batch = json!({"user_identities": {"email": "zoe@example.com"},
        "device_info": {"ios_idfv": "V1", "att_authorization_status": "authorized", "ios_advertising_id": ""}});
    assert_eq!(world.event(&input, &batch).await.status, StatusCode::ACCEPTED);
    let address = only_input(&world, &cleo).await;
    let samples = format!("{address}/samples");
    let page = world.get(&address, &cleo).await.body;
    assert!(page.contains("Show samples") && page.contains("with a zero or missing IDFA") && !page.contains("zoe@"));
    let page = world.get(&address, &ann).await.body;
    assert!(!page.contains("Show samples"), "{page}");
    assert!(!page.contains("with a zero or missing IDFA"), "one alone says what a single device said: {page}");
    assert_eq!(world.post(&samples, &ann, &[]).await.status, StatusCode::FORBIDDEN);
    let shown = world.post(&samples, &cleo, &[]).await;
    assert_eq!((shown.status, shown.header("cache-control")), (StatusCode::OK, "no-store"));
    assert_eq!(shown.body.matches("zoe@example.com").count(), 2, "as the newest, and as an example: {}", shown.body);
    assert_eq!(world.get(&samples, &cleo).await.location(), address, "a reload from the address bar shows nothing");
    assert_eq!(world.post("/w/acme/inputs/0000000000000/samples", &cleo, &[]).await.status, StatusCode::NOT_FOUND);
    let audit = world.get("/w/acme/audit?action=input.samples_seen", &cleo).await.body;
    assert!(audit.contains("Cleo") && !audit.contains("zoe@"));
    world.assert_holds().await;
    let another = |n| {
        json!({"device_info": {"ios_idfv": format!("V-{n}"), "att_authorization_status": "authorized",
        "ios_advertising_id": ""}})
    };
    for n in 0..10 {
        world.event(&input, &another(n)).await;
    }
    let page = world.get(&address, &ann).await.body;
    assert!(!page.contains("with a zero or missing IDFA"), "nor of many, which may be of one device: {page}");
    let quality = world.get("/w/acme/metrics/quality", &ann).await.body;
    assert!(
        page.contains("/metrics/quality") && quality.contains(">about 10 or more times<"),
        "by day, rounded: {quality}"
    );
    assert!(!quality.contains("without a version"), "without places: {quality}");
    let token = world.token("acme", Role::Analyst).await;
    let reply = world.ask("GET", "/api/v1/workspaces/acme/data-problems", Some(&bearer(&token)), "").await.json();
    assert_eq!((reply["days"][0]["count"].as_i64(), &reply["places"]), (Some(10), &json!([])), "{reply}");
}
