//! Every role at every route, and callers without one. `Route.needs` is a declaration, and this test holds the handlers
//! to it: the router never reads it, and the lock is the handler's own `store.view(.., Permission::X)`. The expectations
//! are written here a second time on purpose, so that a slip in the table of permissions is noticed.

use crate::harness::{Backend, Cookie, Reply, World, bearer, count, workspace_ref};
use attest::domain::id::PersonId;
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::server::http::api::document::described;
use attest::server::http::routes::{Needs, ROUTES, Route, RouteKind};
use attest::server::services::checkpoint::make_checkpoints;
use attest::server::services::second_factor::{demand_in, demand_of_operators};
use attest::server::services::standing::{Standing, set_standing};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;

/// Which roles have a permission, in the order of `Role::ALL`: Compliance Admin, Admin, Compliance, Analyst, Read Only,
/// Auditor. A permission without a line here does not compile.
fn expected(permission: Permission) -> [bool; 6] {
    match permission {
        Permission::SeeMetrics => [true, true, true, true, true, true],
        Permission::ExportMetrics => [true, true, true, true, false, true],
        Permission::SeePrivacySettings => [true, true, true, true, true, true],
        Permission::ChangePrivacySettings => [true, false, false, false, false, false],
        Permission::LookUpProfiles => [true, true, true, false, false, false],
        Permission::SeeAudit => [true, true, true, false, false, true],
        Permission::ExportAudit => [true, false, true, false, false, true],
        Permission::ManageInputs => [true, true, false, false, false, false],
        Permission::SeeInputs => [true, true, true, true, true, true],
        Permission::SeeMembers => [true, true, true, true, false, true],
        Permission::ManageMembers => [true, true, false, false, false, false],
        Permission::ManageTokens => [true, true, false, false, false, false],
    }
}

/// Who sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Has(Role),
    Anonymous,
    /// A Compliance Admin of another workspace.
    Stranger,
    /// Was a Compliance Admin, and still has the session or token.
    Removed,
    /// An operator of the installation, without a role here.
    Operator,
    /// Is a Compliance Admin and an operator whose account was disabled, and still has the session.
    Disabled,
}

/// Somebody, with their session and token.
struct Caller {
    who: Who,
    cookie: Cookie,
    token: Option<String>,
}

struct Matrix {
    world: World,
    callers: Vec<Caller>,
    input: String,
    /// Somebody's id.
    person: String,
    /// Whether a second factor is demanded, which nobody has.
    demands: bool,
}

impl Matrix {
    async fn new(kind: Backend, demands: bool) -> Self {
        let world = World::new(kind).await;
        world.workspace("Acme").await;
        world.workspace("Other").await;
        world.input("acme", "Backend").await;
        let mut callers = vec![Caller { who: Who::Anonymous, cookie: Cookie::default(), token: None }];
        for role in Role::ALL {
            let email = world.member("acme", role.as_str(), role).await;
            let (cookie, token) = (world.sign_in(&email).await, world.token("acme", role).await);
            callers.push(Caller { who: Who::Has(role), cookie, token: Some(token) });
        }
        let email = world.member("other", "Stranger", Role::ComplianceAdmin).await;
        let (cookie, token) = (world.sign_in(&email).await, world.token("other", Role::ComplianceAdmin).await);
        callers.push(Caller { who: Who::Stranger, cookie, token: Some(token) });
        let email = world.member("acme", "Removed", Role::ComplianceAdmin).await;
        let cookie = world.sign_in(&email).await;
        let workspace =
            attest::server::store::WorkspaceRef::Slug(attest::domain::text::Slug::parse("acme").expect("a slug"));
        attest::server::services::member::remove_member(&world.store, &World::actor(), workspace, &email)
            .await
            .expect("removed");
        callers.push(Caller { who: Who::Removed, cookie, token: None });
        let email = world.operator("Olga").await;
        let cookie = world.sign_in(&email).await;
        callers.push(Caller { who: Who::Operator, cookie, token: None });
        let email = world.operator("Dora").await;
        world.set_role("acme", &email, Role::ComplianceAdmin).await;
        callers.push(Caller { who: Who::Disabled, cookie: world.sign_in(&email).await, token: None });
        let dora = PersonId::parse(&world.page_of(&email).await.replace("/people/", "")).expect("an id");
        let services = &world.state.services;
        set_standing(services, &World::actor(), dora, (Standing::Disabled, false)).await.expect("disabled");
        make_checkpoints(&world.state.services).await.expect("made");
        let page = world.get("/w/acme/inputs", &callers[1].cookie).await.body;
        let start = page.find("/w/acme/inputs/").expect("an input") + "/w/acme/inputs/".len();
        let input = page[start..start + 13].to_owned();
        let person = world.page_of("analyst@example.com").await.replace("/people/", "");
        if demands {
            let acme = workspace_ref("acme");
            demand_in(&world.store, &World::actor(), acme, true).await.expect("demanded");
            demand_of_operators(&world.state.services, &World::actor(), true).await.expect("demanded");
        }
        Self { world, callers, input, person, demands }
    }

    /// Sends a request that is faulty on purpose: with the permission its fault is reported, so that nothing changes
    /// and every cell of the matrix meets the same state.
    async fn send(&self, route: &Route, caller: &Caller) -> Reply {
        let path = route.address.replace("{workspace}", "acme").replace("{input}", &self.input);
        let path = path.replace("{person}", &self.person).replace("{view}", "now").replace("{version}", "1");
        let path = path
            .replace("{org}", "main")
            .replace("{account}", "main")
            .replace("{mpid}", "1")
            .replace("{annotation}", "0000000000001");
        let path = path.replace("{hash}", "test").replace("{file}", "attest.css");
        // A required parameter.
        let path = if path.ends_with("/breakdown") { format!("{path}?by=app") } else { path };
        match route.kind {
            RouteKind::Api => {
                let authorization = caller.token.as_deref().map(bearer);
                self.world.ask(route.method, &path, authorization.as_deref(), json!({"version": 1}).to_string()).await
            }
            RouteKind::Events => self.world.ask(route.method, &path, None, "{}").await,
            _ if route.method == "POST" => {
                self.world.post(&path, &caller.cookie, &[("form", "default"), ("version", "1")]).await
            }
            _ => self.world.get(&path, &caller.cookie).await,
        }
    }

    /// The statuses of which the route must return one.
    fn expected_statuses(&self, route: &Route, who: Who) -> Vec<StatusCode> {
        // Pages of a workspace that demands a second factor, and of an installation that does; scripts are not asked.
        let lacks = match (route.needs, who) {
            (Needs::Role(_), Who::Has(role)) => route.kind != RouteKind::Api && role.is_powerful(),
            (Needs::Operator, Who::Operator) => true,
            _ => false,
        };
        if self.demands && lacks {
            return vec![StatusCode::FORBIDDEN];
        }
        // Whose account is disabled is nobody.
        let who = if who == Who::Disabled { Who::Anonymous } else { who };
        let is_api = route.kind == RouteKind::Api;
        match (route.needs, who) {
            (Needs::Nothing, _) if route.path().starts_with("/s/") => vec![StatusCode::OK, StatusCode::NOT_FOUND],
            (Needs::Nothing, _) if ["/set-up", "/invitation"].contains(&route.path()) => vec![StatusCode::NOT_FOUND],
            (Needs::Nothing, _) if route.method == "POST" => vec![StatusCode::BAD_REQUEST],
            // Nobody's password was right.
            (Needs::Nothing, _) if route.path() == "/sign-in/code" => vec![StatusCode::SEE_OTHER],
            (Needs::Nothing, Who::Anonymous) => vec![StatusCode::OK],
            (Needs::Nothing, _) if route.path() == "/sign-in" => vec![StatusCode::SEE_OTHER],
            (Needs::Nothing, _) => vec![StatusCode::OK],
            (Needs::InputSecret, _) => vec![StatusCode::UNAUTHORIZED],
            (_, Who::Anonymous) if is_api || route.kind == RouteKind::ServerFunction => vec![StatusCode::UNAUTHORIZED],
            (_, Who::Anonymous | Who::Disabled) => vec![StatusCode::SEE_OTHER],
            (Needs::SignedIn, Who::Removed | Who::Operator) if route.path() == "/" => vec![StatusCode::OK],
            (Needs::SignedIn, _)
                if ["/account", "/account/second-factor", "/api", "/stored"].contains(&route.path())
                    && route.method == "GET" =>
            {
                vec![StatusCode::OK]
            }
            (Needs::SignedIn, _) if ["/account", "/account/second-factor", "/confirm"].contains(&route.path()) => {
                vec![StatusCode::BAD_REQUEST]
            }
            (Needs::SignedIn, _) => vec![StatusCode::SEE_OTHER],
            (Needs::Operator, Who::Operator) if route.method == "GET" => vec![StatusCode::OK],
            (Needs::Operator, Who::Operator) => vec![StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST],
            (Needs::Operator, _) => vec![StatusCode::FORBIDDEN],
            (Needs::Role(_), Who::Removed | Who::Operator) if is_api => vec![StatusCode::UNAUTHORIZED],
            (Needs::Role(_), Who::Stranger | Who::Removed | Who::Operator) => vec![StatusCode::NOT_FOUND],
            (Needs::Role(permission), Who::Has(role)) => {
                let at = Role::ALL.iter().position(|known| *known == role).expect("a role");
                match (expected(permission)[at], route.method) {
                    (false, _) => vec![StatusCode::FORBIDDEN],
                    // Nobody has that mpid, nobody changed the settings, and there is nothing to draw.
                    (true, _)
                        if ["/{mpid}", "/{version}", "/picture"].iter().any(|end| route.path().ends_with(end)) =>
                    {
                        vec![StatusCode::NOT_FOUND]
                    }
                    // Samples are shown in response to a form; its address without the form leads back.
                    (true, "GET") if route.path().ends_with("/samples") => vec![StatusCode::SEE_OTHER],
                    (true, _) if route.path().ends_with("/samples") => vec![StatusCode::OK],
                    // A deletion needs nothing but its address.
                    (true, "DELETE") if route.path().ends_with("{annotation}") => vec![StatusCode::NOT_FOUND],
                    (true, "GET" | "DELETE") => vec![StatusCode::OK],
                    (true, _) => vec![StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST],
                }
            }
        }
    }
}

/// Whether the OpenAPI document has this status of this route.
fn assert_described(route: &Route, status: StatusCode) {
    let document = serde_json::to_value(described()).expect("JSON");
    let answers = &document["paths"][route.path()][route.method.to_lowercase()]["responses"];
    assert!(answers.get(status.as_str()).is_some(), "{} {}: {status} is not in {answers}", route.method, route.path());
}

/// The document has the routes for machines: every one, and no other.
#[test]
fn every_route_for_machines_is_described() {
    let document = serde_json::to_value(described()).expect("JSON");
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1")));
    let paths = document["paths"].as_object().expect("paths");
    let described: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().expect("methods").keys();
            methods.map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let of_machines = |route: &&Route| [RouteKind::Api, RouteKind::Events].contains(&route.kind);
    let routes: BTreeSet<_> =
        ROUTES.iter().filter(of_machines).map(|route| (route.method.to_owned(), route.path().to_owned())).collect();
    assert_eq!(described, routes);
    let operations = paths.values().flat_map(|methods| methods.as_object().expect("methods").values());
    for operation in operations {
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{operation}");
    }
}

/// What islands ask are Leptos' server functions, every one with a route that this matrix walks.
#[test]
fn every_server_function_has_a_route() {
    let functions: BTreeSet<_> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, method)| (path.to_owned(), method.to_string()))
        .collect();
    let routes = ROUTES.iter().filter(|route| route.kind == RouteKind::ServerFunction);
    assert_eq!(functions, routes.map(|route| (route.path().to_owned(), route.method.to_owned())).collect());
    assert!(!functions.is_empty());
}

async fn every_role_at_every_route(kind: Backend, demands: bool) {
    let matrix = Matrix::new(kind, demands).await;
    let mut cells = 0;
    // Signing out ends the session that the other routes need: it comes last.
    let (last, first): (Vec<_>, Vec<_>) = ROUTES.iter().partition(|route| route.path() == "/sign-out");
    for route in first.into_iter().chain(last) {
        for caller in &matrix.callers {
            let reply = matrix.send(route, caller).await;
            let wanted = matrix.expected_statuses(route, caller.who);
            assert!(
                wanted.contains(&reply.status),
                "{:?} at {} {}: {} not in {wanted:?}",
                caller.who,
                route.method,
                route.path(),
                reply.status
            );
            // Whatever HTML goes out was drawn by Leptos, whose integration alone puts the title behind its mark.
            if reply.is_html() {
                assert!(
                    reply.body.contains("<!--HEAD-->") && reply.body.contains("<title>"),
                    "{} {}",
                    route.method,
                    route.path()
                );
            }
            if [RouteKind::Api, RouteKind::Events].contains(&route.kind) {
                assert_described(route, reply.status);
            }
            cells += 1;
        }
    }
    matrix.world.assert_holds().await;
    count("roles x routes", cells);
}

#[tokio::test]
async fn roles_at_every_route_on_sqlite() {
    every_role_at_every_route(Backend::Sqlite, false).await;
}

#[tokio::test]
async fn roles_at_every_route_on_postgres() {
    every_role_at_every_route(Backend::Postgres, false).await;
}

#[tokio::test]
async fn roles_without_a_second_factor_that_is_demanded_on_sqlite() {
    every_role_at_every_route(Backend::Sqlite, true).await;
}

#[tokio::test]
async fn roles_without_a_second_factor_that_is_demanded_on_postgres() {
    every_role_at_every_route(Backend::Postgres, true).await;
}

/// Both ways round: the page shows no more than the server lets through.
#[test]
fn roles_have_the_permissions_that_are_written_down() {
    for permission in Permission::ALL {
        for (role, allowed) in Role::ALL.into_iter().zip(expected(permission)) {
            assert_eq!(attest::domain::permission::may(role, permission), allowed, "{role:?} {permission:?}");
        }
    }
}
