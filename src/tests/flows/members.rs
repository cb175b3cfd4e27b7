//! Members: inviting, changing and removing, and what must not be possible on the way.

use crate::harness::{Cookie, PASSWORD, Reply, World, on_both, workspace_ref};
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::domain::time::HOUR;
use axum::http::StatusCode;

on_both! {
    an_invitation_makes_an_account_once
    an_account_joins_only_after_signing_in
    an_invitation_ends_with_its_hour_its_revoking_and_its_makers_right
    two_people_with_one_link_make_one_account
    an_invitation_changes_nobodys_role
    an_admin_touches_no_compliance_admin
    what_stops_something_asks_first
    the_last_compliance_admin_stays
    two_admins_cannot_remove_each_other_at_once
    a_removed_member_is_out_at_once
    whose_account_is_easier_to_take_is_for_those_who_manage_members
    names_are_tidied_or_refused
}

/// The invitation's link, as the page shows it once.
fn link(reply: &Reply) -> String {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let (_, rest) = reply.body.split_once("/invitation?token=").expect("a link");
    format!("/invitation?token={}", rest.split('<').next().expect("an end").trim())
}

fn token(link: &str) -> &str {
    link.split_once('=').expect("a token").1
}

async fn invite(world: &World, cookie: &Cookie, email: &str, role: &str) -> Reply {
    world.post("/w/acme/members", cookie, &[("act", "invite"), ("email", email), ("role", role)]).await
}

async fn join(world: &World, link: &str, name: &str) -> Reply {
    let form = [("token", token(link)), ("name", name), ("password", PASSWORD)];
    world.post("/invitation", &Cookie::default(), &form).await
}

/// The id of a member in the page's forms.
async fn id(world: &World, cookie: &Cookie, name: &str) -> String {
    let page = world.get("/w/acme/members", cookie).await.body;
    let (_, rest) = page.split_once(&format!("<b>{name}</b>")).unwrap_or_else(|| panic!("{name} is not in {page}"));
    let (_, rest) = rest.split_once("name=\"person\" value=\"").expect("a form");
    rest.split('"').next().expect("an id").to_owned()
}

async fn set(world: &World, cookie: &Cookie, person: &str, role: &str) -> Reply {
    world.post("/w/acme/members", cookie, &[("act", "set"), ("sure", "yes"), ("person", person), ("role", role)]).await
}

async fn an_invitation_makes_an_account_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let link = link(&invite(&world, &ada, " Bob@Example.com ", "analyst").await);
    let again = world.get("/w/acme/members", &ada).await.body;
    assert!(!again.contains("token=") && again.contains("bob@example.com"), "the link is shown once: {again}");
    let page = world.get(&link, &Cookie::default()).await;
    assert!(page.status == StatusCode::OK && page.body.contains("Join Acme") && page.body.contains("Analyst"));
    let weak = [("token", token(&link)), ("name", "Bob"), ("password", "password1234")];
    let weak = world.post("/invitation", &Cookie::default(), &weak).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY, "a fault uses nothing up");
    assert_eq!(join(&world, &link, "Bob").await.location(), "/sign-in");
    let bob = world.sign_in("bob@example.com").await;
    assert_eq!(world.get("/w/acme/overview", &bob).await.status, StatusCode::OK);
    assert_eq!(join(&world, &link, "Mallory").await.status, StatusCode::NOT_FOUND, "used");
    assert_eq!(world.get(&link, &Cookie::default()).await.status, StatusCode::NOT_FOUND);
    let audit = world.get("/w/acme/audit", &ada).await.body;
    assert!(audit.contains("Member invited") && audit.contains("Invited by Ada"), "{audit}");
    let taken = invite(&world, &ada, "bob@example.com", "auditor").await;
    assert!(taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.body.contains("This person is already a member"));
    world.assert_holds().await;
}

async fn an_account_joins_only_after_signing_in(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let bob = world.person("Bob").await;
    let link = link(&invite(&world, &ada, &bob, "auditor").await);
    let page = world.get(&link, &Cookie::default()).await.body;
    assert!(page.contains("/sign-in?next=%2Finvitation%3Ftoken%3D") && !page.contains("type=\"password\""), "{page}");
    let form = [("token", token(&link)), ("name", "Mallory"), ("password", "another orbit 77 cactus")];
    let reply = world.post("/invitation", &Cookie::default(), &form).await;
    assert_eq!(reply.status, StatusCode::CONFLICT, "an invitation never sets a password");
    let eve = world.sign_in(&world.person("Eve").await).await;
    let page = world.get(&link, &eve).await.body;
    assert!(page.contains("signed in with another account"), "{page}");
    assert_eq!(world.post("/invitation", &eve, &form).await.status, StatusCode::CONFLICT);
    let bob = world.sign_in(&bob).await;
    assert_eq!(world.get("/w/acme/overview", &bob).await.status, StatusCode::NOT_FOUND, "not yet");
    let reply = world.post("/invitation", &bob, &[("token", token(&link))]).await;
    assert_eq!(reply.location(), "/w/acme/overview");
    assert_eq!(world.get("/w/acme/audit", &bob).await.status, StatusCode::OK);
    world.assert_holds().await;
}

async fn an_invitation_ends_with_its_hour_its_revoking_and_its_makers_right(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let late = link(&invite(&world, &ada, "late@example.com", "analyst").await);
    world.clock.advance(HOUR + 1);
    let ada = {
        drop(ada);
        world.sign_in("ada@example.com").await
    };
    assert_eq!(join(&world, &late, "Late").await.status, StatusCode::NOT_FOUND);
    let revoked = link(&invite(&world, &ada, "bob@example.com", "analyst").await);
    let page = world.get("/w/acme/members", &ada).await.body;
    let (_, rest) = page.split_once("name=\"invitation\" value=\"").expect("an open invitation");
    let form = [("act", "revoke"), ("sure", "yes"), ("invitation", rest.split('"').next().expect("an id"))];
    assert_eq!(world.post("/w/acme/members", &ada, &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(join(&world, &revoked, "Bob").await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.post("/w/acme/members", &ada, &form).await.status, StatusCode::NOT_FOUND, "revoked already");
    let grace = world.sign_in(&world.member("acme", "Grace", Role::Admin).await).await;
    let orphan = link(&invite(&world, &grace, "carl@example.com", "analyst").await);
    let replaced = link(&invite(&world, &grace, "dora@example.com", "analyst").await);
    let standing = link(&invite(&world, &ada, "dora@example.com", "analyst").await);
    world.set_role("acme", "grace@example.com", Role::Analyst).await;
    assert_eq!(join(&world, &orphan, "Carl").await.status, StatusCode::NOT_FOUND, "its maker may not invite any more");
    assert_eq!(join(&world, &replaced, "Dora").await.status, StatusCode::NOT_FOUND, "a later one replaced it");
    assert_eq!(join(&world, &standing, "Dora").await.status, StatusCode::SEE_OTHER);
    world.assert_holds().await;
}

async fn two_people_with_one_link_make_one_account(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let link = link(&invite(&world, &ada, "bob@example.com", "analyst").await);
    let (one, other) = tokio::join!(join(&world, &link, "One"), join(&world, &link, "Other"));
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::SEE_OTHER, StatusCode::NOT_FOUND]);
    world.assert_holds().await;
}

/// Whoever is given a role while they accept an invitation has the role that they were given.
async fn an_invitation_changes_nobodys_role(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    for n in 0..6 {
        let email = world.person(&format!("Person{n}")).await;
        let theirs = world.sign_in(&email).await;
        let link = link(&invite(&world, &ada, &email, "analyst").await);
        let token = link.split("token=").last().expect("a token").to_owned();
        let form = [("token", token.as_str())];
        let accept = world.post("/invitation", &theirs, &form);
        let (accepted, ()) = tokio::join!(accept, world.set_role("acme", &email, Role::Auditor));
        assert_eq!(accepted.status, StatusCode::SEE_OTHER, "{}", accepted.body);
        let mut view =
            world.store.view(&World::actor(), workspace_ref("acme"), Permission::SeeMembers).await.expect("a view");
        let members = view.members().await.expect("members");
        let role = members.iter().find(|member| member.email == email).expect("a member").role;
        assert_eq!(role, Role::Auditor, "{n}");
    }
    world.assert_holds().await;
}

async fn an_admin_touches_no_compliance_admin(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    world.member("acme", "Carol", Role::ComplianceAdmin).await;
    world.member("acme", "Bob", Role::Analyst).await;
    let grace = world.sign_in(&world.member("acme", "Grace", Role::Admin).await).await;
    let (carol, bob) = (id(&world, &ada, "Carol").await, id(&world, &ada, "Bob").await);
    let page = world.get("/w/acme/members", &grace).await.body;
    assert!(!page.contains(&format!("value=\"{carol}\"")) && page.contains(&format!("value=\"{bob}\"")), "{page}");
    assert!(!page.contains("value=\"compliance_admin\""), "a role that they may not give is not offered");
    for (person, role) in [(&carol, "analyst"), (&bob, "compliance_admin")] {
        assert_eq!(set(&world, &grace, person, role).await.status, StatusCode::FORBIDDEN);
    }
    let remove = [("act", "remove"), ("sure", "yes"), ("person", carol.as_str())];
    assert_eq!(world.post("/w/acme/members", &grace, &remove).await.status, StatusCode::FORBIDDEN);
    assert_eq!(invite(&world, &grace, "dora@example.com", "compliance_admin").await.status, StatusCode::FORBIDDEN);
    assert_eq!(set(&world, &grace, &bob, "auditor").await.location(), "/w/acme/members");
    world.assert_holds().await;
}

/// Each on a page of its own that says what stops working; nothing happens before its button is pressed.
async fn what_stops_something_asks_first(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let olga = world.sign_in(&world.operator("Olga").await).await;
    world.member("acme", "Bob", Role::Analyst).await;
    world.input("acme", "Backend").await;
    world.token("acme", Role::ReadOnly).await;
    let bob = id(&world, &ada, "Bob").await;
    let inputs = world.get("/w/acme/inputs", &ada).await.body;
    let input = format!("/w/acme/inputs/{}", &inputs.split_once("/w/acme/inputs/").expect("an input").1[..13]);
    let tokens = world.get("/w/acme/tokens", &ada).await.body;
    let (_, token) = tokens.split_once("name=\"token\" value=\"").expect("a token");
    let token = &token[..13];
    let person = format!("/people/{bob}");
    type Form<'a> = Vec<(&'a str, &'a str)>;
    let asks: [(&Cookie, &str, Form<'_>, &str); 9] = [
        (&ada, &input, vec![("act", "pause")], "get error 403"),
        (&ada, &input, vec![("act", "rotate"), ("secret_version", "1")], "24 hours more"),
        (&ada, "/w/acme/tokens", vec![("act", "revoke"), ("token", token)], "stops working at once"),
        (&ada, "/w/acme/members", vec![("act", "remove"), ("person", &bob)], "loses access"),
        (&ada, "/w/acme/members", vec![("act", "set"), ("person", &bob), ("role", "admin")], "API tokens"),
        (&ada, "/w/acme/members", vec![("act", "set"), ("person", &bob), ("role", "compliance_admin")], "IDFA policy"),
        (&olga, &person, vec![("act", "reset")], "stops working at once"),
        (&olga, &person, vec![("act", "disable")], "can no longer sign in"),
        (&olga, &person, vec![("act", "make_operator")], "power over every account"),
    ];
    let state =
        "select (select count(*) from audit), (select count(*) from credentials), (select count(*) from members)";
    let before: Vec<(i64, i64, i64)> = world.rows(state).await;
    for (cookie, path, form, said) in &asks {
        let reply = world.post(path, cookie, form).await;
        assert!(reply.status == StatusCode::OK && reply.body.contains(said), "{form:?}: {}", reply.body);
        for (name, value) in form {
            assert!(reply.body.contains(&format!("name=\"{name}\" value=\"{value}\"")), "{form:?} keeps {name}");
        }
    }
    assert_eq!(world.rows::<(i64, i64, i64)>(state).await, before, "nothing happened");
    for (cookie, path, form, _) in &asks[..4] {
        let sure = [&form[..], &[("sure", "yes")]].concat();
        let status = world.post(path, cookie, &sure).await.status;
        assert!(status == StatusCode::SEE_OTHER || status == StatusCode::OK, "{form:?}: {status}");
    }
    world.assert_holds().await;
}

async fn the_last_compliance_admin_stays(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::ComplianceAdmin).await).await;
    let (of_ada, of_bob) = (id(&world, &bob, "Ada").await, id(&world, &ada, "Bob").await);
    assert_eq!(set(&world, &ada, &of_ada, "analyst").await.status, StatusCode::FORBIDDEN, "nobody changes their own");
    assert_eq!(set(&world, &ada, &of_bob, "admin").await.status, StatusCode::SEE_OTHER);
    let workspace =
        attest::server::store::WorkspaceRef::Slug(attest::domain::text::Slug::parse("acme").expect("a slug"));
    let demote = attest::server::services::member::set_member;
    let refused = demote(&world.store, &World::actor(), workspace, "ada@example.com", (Role::Analyst, false)).await;
    assert!(format!("{refused:?}").contains("LastComplianceAdmin"), "{refused:?}");
    world.assert_holds().await;
}

async fn two_admins_cannot_remove_each_other_at_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::ComplianceAdmin).await).await;
    let (of_ada, of_bob) = (id(&world, &bob, "Ada").await, id(&world, &ada, "Bob").await);
    let remove = |cookie: Cookie, person: String| {
        let world = &world;
        async move {
            world
                .post("/w/acme/members", &cookie, &[("act", "remove"), ("sure", "yes"), ("person", &person)])
                .await
                .status
        }
    };
    let (one, other) = tokio::join!(remove(ada, of_bob), remove(bob, of_ada));
    let removed = [one, other].into_iter().filter(|status| *status == StatusCode::SEE_OTHER).count();
    assert_eq!(removed, 1, "{one} {other}");
    world.assert_holds().await;
}

async fn a_removed_member_is_out_at_once(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let bob = world.sign_in(&world.member("acme", "Bob", Role::Admin).await).await;
    let form = [("act", "add"), ("name", "Report"), ("role", "admin"), ("days", "30")];
    let page = world.post("/w/acme/tokens", &bob, &form).await.body;
    let (_, rest) = page.split_once("attest_").expect("a token");
    let token = format!("Bearer attest_{}", rest.split('<').next().expect("an end"));
    let path = "/api/v1/workspaces/acme/att-default";
    assert_eq!(world.ask("GET", path, Some(&token), "").await.status, StatusCode::OK);
    let audit = "/api/v1/workspaces/acme/audit";
    assert_eq!(world.ask("GET", audit, Some(&token), "").await.status, StatusCode::OK);
    let person = id(&world, &ada, "Bob").await;
    assert_eq!(set(&world, &ada, &person, "analyst").await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.ask("GET", audit, Some(&token), "").await.status, StatusCode::FORBIDDEN, "no more than its maker");
    let remove = [("act", "remove"), ("sure", "yes"), ("person", person.as_str())];
    assert_eq!(world.post("/w/acme/members", &ada, &remove).await.location(), "/w/acme/members");
    assert_eq!(world.get("/w/acme/overview", &bob).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.ask("GET", path, Some(&token), "").await.status, StatusCode::NOT_FOUND);
    world.assert_holds().await;
}

async fn whose_account_is_easier_to_take_is_for_those_who_manage_members(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let ann = world.sign_in(&world.member("acme", "Ann", Role::Analyst).await).await;
    for (reader, rows) in [(&ada, 2), (&ann, 1)] {
        let page = world.get("/w/acme/members", reader).await.body;
        assert_eq!(page.matches("Two-factor off").count(), rows, "of all, or of oneself: {page}");
    }
}

async fn names_are_tidied_or_refused(world: World) {
    world.workspace("Acme").await;
    let ada = world.sign_in(&world.member("acme", "Ada", Role::ComplianceAdmin).await).await;
    let link = link(&invite(&world, &ada, "bob@example.com", "analyst").await);
    let long = "x".repeat(10_000);
    for name in ["a\u{0}b", "a\u{202e}b", long.as_str(), "   "] {
        assert_eq!(join(&world, &link, name).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(join(&world, &link, " <script>alert(1)</script>  & Söhne ").await.status, StatusCode::SEE_OTHER);
    let page = world.get("/w/acme/members?done=%3Cb%3Ecall%20this%20number%3C/b%3E", &ada).await.body;
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne") && !page.contains("<script>"), "{page}");
    assert!(!page.contains("call this number"), "a crafted link shows no text of its own");
    world.assert_holds().await;
}
