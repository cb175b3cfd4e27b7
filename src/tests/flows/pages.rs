//! What pages have in common: what was done is said once, a form is taken once, and a refusal leads on.

use crate::harness::{Cookie, PASSWORD, Reply, World, on_both};
use attest::domain::role::Role;
use attest::server::services::set_up::set_up_link;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::future::join_all;

on_both! {
    what_was_done_is_said_once
    a_message_is_its_own_pages
    a_form_is_taken_once
    another_form_is_not_taken_yet
    a_name_is_text_in_the_title
    set_up_ends_with_a_message
    ones_own_change_is_no_colleagues
    a_refusal_keeps_the_way_on
    faults_are_in_the_title_and_come_first
}

/// What is between two marks of a page.
fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{from} is not in {page}"));
    rest.split(to).next().expect("an end")
}

fn title(reply: &Reply) -> &str {
    between(&reply.body, "<title>", "</title>")
}

async fn what_was_done_is_said_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    world.input("acme", "Backend").await;
    let page = world.get("/w/acme/inputs", &ada).await.body;
    let address = format!("/w/acme/inputs/{}", &between(&page, "/w/acme/inputs/", "\"")[..13]);
    for (form, said) in [
        (&[("act", "limit"), ("requests_per_second", "5")][..], "Rate limit saved."),
        (&[("act", "pause"), ("sure", "yes")], "Input paused."),
        (&[("act", "resume")], "Input resumed."),
    ] {
        let reply = world.post(&address, &ada, form).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, &*address));
        let (first, again) = (world.get(&address, &ada).await.body, world.get(&address, &ada).await.body);
        assert!(first.contains(said) && !again.contains(said), "{said}: {first}");
    }
    let saved = world.post("/account", &ada, &[("act", "theme"), ("theme", "dark")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/account"));
    assert!(!world.get("/w/acme/tokens", &ada).await.body.contains("Appearance saved."), "not this page's doing");
    assert!(!world.get("/account", &ada).await.body.contains("Appearance saved."), "nor news any more");
    for crafted in ["members?done=removed", "tokens?done=revoked", "apps?done=named"] {
        let page = world.get(&format!("/w/acme/{crafted}"), &ada).await.body;
        assert!(!page.contains("notice done"), "{crafted} is nobody's doing: {page}");
    }
    assert!(!world.get("/sign-in?joined=1", &Cookie::default()).await.body.contains("notice done"));
}

/// What was done to one thing is never said of another, whichever page is opened first.
async fn a_message_is_its_own_pages(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let address = async |name: &str| {
        world.input("acme", name).await;
        let page = world.get("/w/acme/inputs", &ada).await.body;
        let (before, _) = page.split_once(&format!(">{name}</a>")).expect("a link");
        let (_, address) = before.rsplit_once("href=\"").expect("an address");
        address.trim_end_matches('"').to_owned()
    };
    let (paused, other) = (address("Paused").await, address("Other").await);
    world.post(&paused, &ada, &[("act", "pause"), ("sure", "yes")]).await;
    let head = Request::head(&paused).header("cookie", &ada.0).body(Body::empty()).expect("a request");
    assert_eq!(world.send(head, "127.0.0.1").await.status, StatusCode::OK);
    assert!(world.get(&paused, &ada).await.body.contains("Input paused."), "a look at the headers says nothing");
    world.post(&paused, &ada, &[("act", "resume")]).await;
    assert!(!world.get(&other, &ada).await.body.contains("Input resumed."), "of this one nothing was done");
}

/// Whatever shows a link or a secret once is made once, by a reload as well as by many presses at the same moment.
async fn a_form_is_taken_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let operator = world.sign_in(&world.operator("Olga").await).await;
    let zoe = world.member("acme", "Zoe", Role::Analyst).await;
    let workspace = [("name", "Other"), ("time_zone", "UTC"), ("admin", "new@example.com"), ("admin_name", "Nina")];
    for (path, cookie, fields, mark) in [
        ("/w/acme/inputs", &ada, &[("name", "Backend"), ("bundle", "")][..], "Secret of Backend"),
        ("/w/acme/tokens", &ada, &[("act", "add"), ("name", "Report"), ("role", "analyst"), ("days", "30")], "attest_"),
        ("/w/acme/members", &ada, &[("act", "invite"), ("email", "kim@example.com"), ("role", "analyst")], "token="),
        (&*world.page_of(&zoe).await, &operator, &[("act", "reset"), ("sure", "yes")], "token="),
        ("/workspaces", &operator, &workspace, "token="),
    ] {
        let form_id = between(&world.get(path, cookie).await.body, "name=\"form_id\" value=\"", "\"").to_owned();
        let form: Vec<_> = fields.iter().copied().chain([("form_id", &*form_id)]).collect();
        let rows = world.store.verify_audit().await.expect("walked").rows;
        let sent = join_all((0..8).map(|_| world.post(path, cookie, &form))).await;
        let (made, others): (Vec<_>, Vec<_>) = sent.into_iter().partition(|reply| reply.body.contains(mark));
        assert_eq!(made.len(), 1, "{path}: one shows what it made");
        for other in others {
            assert_eq!((other.status, other.location()), (StatusCode::SEE_OTHER, path), "{}", other.body);
        }
        let once = world.store.verify_audit().await.expect("walked").rows;
        assert!(once > rows, "{path}: it is in the log");
        world.get(path, cookie).await;
        let reload = world.post(path, cookie, &form).await;
        assert_eq!((reload.status, reload.location()), (StatusCode::SEE_OTHER, path), "{}", reload.body);
        let page = world.get(path, cookie).await.body;
        assert!(page.contains("This form was sent already, and") && !page.contains(mark), "{path}: {page}");
        assert_eq!(world.store.verify_audit().await.expect("walked").rows, once, "{path}: a reload makes nothing");
    }
    world.assert_holds().await;
}

/// What a form made is the reader's only by that form: about somebody else, with a fault, or from elsewhere it is
/// another one.
async fn another_form_is_not_taken_yet(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::Admin).await).await;
    let page = world.get("/w/acme/tokens", &ada).await.body;
    let id = between(&page, "name=\"form_id\" value=\"", "\"").to_owned();
    let send = async |cookie: &Cookie, id: &str, name: &str| {
        let form = [("act", "add"), ("form_id", id), ("name", name), ("role", "analyst"), ("days", "30")];
        world.post("/w/acme/tokens", cookie, &form).await
    };
    let faulty = send(&ada, &id, "").await;
    assert_eq!(faulty.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", faulty.body);
    assert!(send(&ada, &id, "Report").await.body.contains("attest_"), "a form with a fault was not taken");
    let taken = send(&ada, &id, "Other form").await;
    assert!(taken.body.contains("attest_"), "another name makes it another form: {}", taken.body);
    assert!(send(&bob, &id, "Of Bob").await.body.contains("attest_"));
    let same_name = send(&bob, &id, "Report").await;
    assert_eq!(same_name.status, StatusCode::UNPROCESSABLE_ENTITY, "not Bob's: the name is in use, he reads");
    let without = [("act", "invite"), ("email", "lea@example.com"), ("role", "analyst")];
    for _ in 0..2 {
        let shown = world.post("/w/acme/members", &ada, &without).await.body;
        assert!(shown.contains("token="), "a form without a name is taken as often as it is sent");
    }
    world.assert_holds().await;
}

async fn a_name_is_text_in_the_title(world: World) {
    world.workspace("Acme </title><script>x</script> & Co &lt;").await;
    let slug = "acme-title-script-x-script-co-lt";
    let ada = world.sign_in(&world.member(slug, "Ada", Role::Analyst).await).await;
    let page = world.get(&format!("/w/{slug}/inputs"), &ada).await.body;
    let title = between(&page, "<title>", "</title>");
    assert_eq!(title, "Inputs – Acme &lt;/title>&lt;script>x&lt;/script> &amp; Co &amp;lt; – Attest");
}

async fn set_up_ends_with_a_message(world: World) {
    let token = set_up_link(&world.state.services).await.expect("a link").expect("nobody is there yet");
    let form = [
        ("token", &*token),
        ("name", "Ada"),
        ("email", "ada@example.com"),
        ("password", PASSWORD),
        ("workspace", "Acme"),
        ("time_zone", "UTC"),
    ];
    let reply = world.post("/set-up", &Cookie::default(), &form).await;
    assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    let page = world.get("/sign-in", &reply.cookie()).await.body;
    assert!(page.contains("Your account and the workspace were created."), "{page}");
    world.assert_holds().await;
}

async fn ones_own_change_is_no_colleagues(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::ComplianceAdmin).await).await;
    let send = async |cookie: &Cookie, status: &str| {
        let form = [("form", "default"), ("version", "1"), ("status", status), ("reason", "r"), ("confirm", "")];
        world.post("/w/acme/privacy", cookie, &form).await
    };
    assert_eq!(send(&ada, "denied").await.status, StatusCode::SEE_OTHER);
    let (own, others) = (send(&ada, "restricted").await, send(&bob, "restricted").await);
    assert_eq!((own.status, others.status), (StatusCode::CONFLICT, StatusCode::CONFLICT));
    assert!(own.body.contains("You changed the settings in another window") && !own.body.contains("Somebody else"));
    assert!(others.body.contains("Somebody else changed the settings first"), "{}", others.body);
}

async fn a_refusal_keeps_the_way_on(world: World) {
    world.workspace("Acme").await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    let page = world.get("/w/acme/audit", &ann).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.body.contains("href=\"/w/acme/overview\"") && page.body.contains("Sign out"), "{}", page.body);
    assert!(!page.body.contains("Nothing was changed") && !page.body.contains("Incident"), "{}", page.body);
    let sent = world.post("/w/acme/inputs", &ann, &[("name", "x"), ("bundle", "")]).await;
    assert!(sent.status == StatusCode::FORBIDDEN && sent.body.contains("Nothing was changed."), "{}", sent.body);
    let lost = world.get("/nowhere", &ann).await;
    assert!(lost.status == StatusCode::NOT_FOUND && lost.body.contains("href=\"/account\""), "{}", lost.body);
    let elsewhere = world.get("/w/other/overview", &ann).await;
    assert!(elsewhere.status == StatusCode::NOT_FOUND && elsewhere.body.contains("href=\"/w/acme/overview\""));
    let visitor = world.get("/nowhere", &Cookie::default()).await.body;
    assert!(visitor.contains("Page not found") && !visitor.contains("Sign out"), "{visitor}");
}

async fn faults_are_in_the_title_and_come_first(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    assert_eq!(title(&world.get("/w/acme/privacy", &ada).await), "Privacy settings – Acme – Attest");
    let form = [("form", "default"), ("version", "1"), ("status", "authorized"), ("reason", ""), ("confirm", "no")];
    let page = world.post("/w/acme/privacy", &ada, &form).await;
    assert_eq!(title(&page), "Error: Privacy settings – Acme – Attest");
    assert_eq!(page.body.matches("autofocus").count(), 1, "the summary: {}", page.body);
    let summary = between(&page.body, "role=\"alert\"", "</div>");
    assert!(summary.contains("Not saved.") && summary.contains("Enter a reason."), "{summary}");
    let form =
        [("form", "default"), ("version", "1"), ("status", "denied"), ("reason", &"x".repeat(1_200)), ("confirm", "")];
    let page = world.post("/w/acme/privacy", &ada, &form).await.body;
    assert!(page.contains("At most 1,000 characters; this has 1,200."), "{page}");
}
