//! A second factor that is demanded: of whom, and who is told.

use super::second_factor::{PAGE, Phone, between};
use crate::harness::{World, on_both};
use attest::domain::role::Role;
use attest::server::services::second_factor::demand_of_operators;
use axum::http::StatusCode;

on_both! {
    a_workspace_demands_it_of_those_who_change_it
    an_installation_demands_it_of_its_operators
}

async fn a_workspace_demands_it_of_those_who_change_it(world: World) {
    world.workspace("Acme").await;
    world.workspace("Other").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let bob = world.member("acme", "Bob", Role::Admin).await;
    world.set_role("other", &bob, Role::ComplianceAdmin).await;
    let cleo = world.member("acme", "Cleo", Role::Analyst).await;
    let [bobs, cleos] = [world.sign_in(&bob).await, world.sign_in(&cleo).await];
    let token = world.token("acme", Role::Admin).await;
    let demand = |required| [("act", "demand"), ("sure", "yes"), ("required", required)];
    assert_eq!(world.post("/w/acme/members", &bobs, &demand("yes")).await.status, StatusCode::FORBIDDEN, "an Admin");
    let cookie = world.sign_in(&ada).await;
    let reply = world.post("/w/acme/members", &cookie, &demand("yes")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.body.contains("Set up two-factor authentication for your own account first"), "{}", reply.body);
    let phone = Phone::set_up_in(&world, &ada, cookie).await;
    let question = world.post("/w/acme/members", &phone.cookie, &[("act", "demand"), ("required", "yes")]).await;
    assert!(question.body.contains("Bob cannot use this workspace from now on"), "{}", question.body);
    assert_eq!(world.post("/w/acme/members", &phone.cookie, &demand("yes")).await.status, StatusCode::SEE_OTHER);
    let told =
        async |cookie| world.get("/account", cookie).await.body.matches("Two-factor authentication required").count();
    assert_eq!(told(&bobs).await, 1, "whom it keeps out");
    assert_eq!((told(&cleos).await, told(&phone.cookie).await), (0, 0), "and nobody else");
    for required in ["no", "yes"] {
        let reply = world.post("/w/acme/members", &phone.cookie, &demand(required)).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{required}");
    }
    assert_eq!(told(&bobs).await, 1, "off and on again is told once a day");
    assert!(world.get("/w/acme/members", &phone.cookie).await.body.contains("1 of them has not set it up yet"));
    for path in ["/w/acme/overview", "/w/acme/members", "/w/acme/privacy"] {
        let reply = world.get(path, &bobs).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
        assert!(reply.body.contains(PAGE), "{path}: where to set it up");
        assert_eq!(world.get(path, &phone.cookie).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(world.post("/w/acme/tokens", &bobs, &[("act", "revoke")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.get("/w/acme/overview", &cleos).await.status, StatusCode::OK, "not of others");
    assert_eq!(world.get("/w/other/overview", &bobs).await.status, StatusCode::OK, "nor elsewhere");
    assert_eq!(world.distribution("acme", &token, "").await["unit"], "profiles", "nor of scripts");
    let off = world.post(PAGE, &phone.cookie, &[("act", "remove"), ("sure", "yes")]).await;
    assert_eq!(off.status, StatusCode::UNPROCESSABLE_ENTITY, "while it is demanded");
    let bobs = Phone::set_up_in(&world, &bob, bobs.clone()).await;
    assert_eq!(world.get("/w/acme/overview", &bobs.cookie).await.status, StatusCode::OK, "at once");
    world.set_role("acme", &cleo, Role::Admin).await;
    assert_eq!(told(&cleos).await, 1, "nor is it kept from who becomes an Admin meanwhile");
    let dora = world.sign_in(&world.person("Dora").await).await;
    let invite =
        [("act", "invite"), ("email", "dora@example.com"), ("role", "admin"), ("confirmed", "yes"), ("form_id", "d")];
    let page = world.post("/w/acme/members", &phone.cookie, &invite).await.body;
    let token = between(&page, "/invitation?token=", "<").trim().to_owned();
    let reply = world.post("/invitation", &dora, &[("token", &token), ("accept", "yes")]).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    assert_eq!(told(&dora).await, 1, "nor from who is invited as one");
    assert_eq!(world.post("/w/acme/members", &phone.cookie, &demand("no")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        world.post(PAGE, &phone.cookie, &[("act", "remove"), ("sure", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    assert!(world.get("/w/acme/audit", &phone.cookie).await.body.contains("Two-factor requirement changed"));
    world.assert_holds().await;
}

async fn an_installation_demands_it_of_its_operators(world: World) {
    let [olga, otto] = [world.operator("Olga").await, world.operator("Otto").await];
    let ottos = world.sign_in(&otto).await;
    let cookie = world.sign_in(&olga).await;
    let demand = [("act", "demand"), ("sure", "yes"), ("required", "yes")];
    assert_eq!(world.post("/people", &cookie, &demand).await.status, StatusCode::UNPROCESSABLE_ENTITY, "has none");
    let phone = Phone::set_up_in(&world, &olga, cookie).await;
    assert_eq!(world.post("/people", &phone.cookie, &demand).await.status, StatusCode::SEE_OTHER);
    assert!(world.get("/account", &ottos).await.body.contains("Two-factor authentication required"));
    let petra = world.person("Petra").await;
    let form = [("act", "make_operator"), ("sure", "yes"), ("confirmed", "yes")];
    assert_eq!(world.post(&world.page_of(&petra).await, &phone.cookie, &form).await.status, StatusCode::SEE_OTHER);
    let petras = world.get("/account", &world.sign_in(&petra).await).await.body;
    assert!(petras.contains("Two-factor authentication required"), "who becomes one meanwhile: {petras}");
    let ada = world.page_of(&world.person("Ada").await).await;
    for path in ["/people", "/workspaces", "/jobs", "/log", &ada] {
        assert_eq!(world.get(path, &ottos).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(world.get(path, &phone.cookie).await.status, StatusCode::OK, "{path}");
    }
    for act in ["reset", "disable", "make_operator"] {
        let status = world.post(&ada, &ottos, &[("act", act), ("form_id", act)]).await.status;
        assert_eq!(status, StatusCode::FORBIDDEN, "{act}");
    }
    assert_eq!(world.get("/account", &ottos).await.status, StatusCode::OK);
    Phone::set_up_in(&world, &otto, ottos.clone()).await;
    assert_eq!(world.get("/people", &ottos).await.status, StatusCode::OK);
    demand_of_operators(&world.state.services, &World::actor(), false).await.expect("the command line may");
    world.assert_holds().await;
}
