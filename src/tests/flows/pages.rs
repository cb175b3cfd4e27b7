//! What pages have in common: what was done is said once, a form is taken once, and a refusal leads on.

use crate::harness::{Cookie, PASSWORD, Reply, World, on_both};
use attest::domain::role::Role;
use attest::server::services::set_up::set_up_link;
use axum::http::StatusCode;

on_both! {
    what_was_done_is_said_once
    a_form_is_taken_once
    a_link_is_made_once
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
        (&[("act", "pause")], "Input paused."),
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

async fn a_form_is_taken_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let page = world.get("/w/acme/inputs", &ada).await.body;
    let id = between(&page, "name=\"form_id\" value=\"", "\"").to_owned();
    let send = async |id: &str| {
        world.post("/w/acme/inputs", &ada, &[("form_id", id), ("name", "Backend"), ("bundle", "")]).await
    };
    assert!(send(&id).await.body.contains("shown only once"));
    let again = send(&id).await;
    assert_eq!(again.status, StatusCode::OK);
    assert!(again.body.contains("The input was created") && !again.body.contains("Not saved"), "{}", again.body);
    let other = send("another form").await;
    assert!(other.status == StatusCode::UNPROCESSABLE_ENTITY && other.body.contains("already in use"));
    let page = world.get("/w/acme/tokens", &ada).await.body;
    let id = between(&page, "name=\"form_id\" value=\"", "\"").to_owned();
    let form = [("act", "add"), ("form_id", &*id), ("name", "Report"), ("role", "analyst"), ("days", "30")];
    assert!(world.post("/w/acme/tokens", &ada, &form).await.body.contains("attest_"));
    let again = world.post("/w/acme/tokens", &ada, &form).await.body;
    assert!(again.contains("The token was created") && !again.contains("attest_"), "{again}");
    let faulty = [("act", "add"), ("form_id", &*id), ("name", ""), ("role", "analyst"), ("days", "30")];
    let told = world.post("/w/acme/tokens", &ada, &faulty).await;
    assert_eq!(
        told.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "another name makes it another form, and its fault is told"
    );
    // A name that is none of ours is not remembered, so that no sender grows what each page of the session reads.
    let long = "f".repeat(20_000);
    for email in ["lea@example.com", "lea@example.com"] {
        let form = [("act", "invite"), ("form_id", &*long), ("email", email), ("role", "analyst")];
        assert!(world.post("/w/acme/members", &ada, &form).await.body.contains("token="), "as often as it is sent");
    }
    world.assert_holds().await;
}

async fn a_link_is_made_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::Admin).await).await;
    let operator = world.sign_in(&world.operator("Olga").await).await;
    let zoe = world.member("acme", "Zoe", Role::Analyst).await;
    let workspace = [("name", "Other"), ("time_zone", "UTC"), ("admin", "new@example.com"), ("admin_name", "Nina")];
    for (path, cookie, fields) in [
        ("/w/acme/members", &ada, &[("act", "invite"), ("email", "kim@example.com"), ("role", "analyst")][..]),
        ("/people", &operator, &[("email", &*zoe)]),
        ("/workspaces", &operator, &workspace),
    ] {
        let page = world.get(path, cookie).await.body;
        let form_id = between(&page, "name=\"form_id\" value=\"", "\"").to_owned();
        let form: Vec<_> = fields.iter().copied().chain([("form_id", &*form_id)]).collect();
        assert!(world.post(path, cookie, &form).await.body.contains("token="), "{path}: a link");
        // As a reload of that answer does.
        let again = world.post(path, cookie, &form).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "{path}: {}", again.body);
        let page = world.get(path, cookie).await.body;
        assert!(page.contains("This form was sent already.") && !page.contains("token="), "{path}: {page}");
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
