//! Every role at every route, and whoever has none. The expectations stand here a second time on purpose: a slip in the
//! policy's table does not pass unnoticed.

use crate::harness::{Backend, Cookie, Reply, World, bearer, count};
use attest::domain::permission::Permission;
use attest::domain::role::Role;
use attest::server::http::api::document::described;
use attest::server::http::routes::{Needs, ROUTES, Route, RouteKind};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;

/// Who may, in the order of `Role::ALL`: Compliance Admin, Admin, Compliance, Analyst, Read Only, Auditor. A permission
/// without a line here does not compile.
fn expected(permission: Permission) -> [bool; 6] {
    match permission {
        Permission::SeeMetrics => [true, true, true, true, true, true],
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

/// Whoever stands before a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Has(Role),
    Visitor,
    /// A Compliance Admin of another workspace.
    Stranger,
    /// Was a Compliance Admin, and has the session or token still.
    Removed,
    /// An operator of the installation, without a role here.
    Operator,
}

/// Somebody's ways in.
struct Caller {
    who: Who,
    cookie: Cookie,
    token: Option<String>,
}

struct Doors {
    world: World,
    people: Vec<Caller>,
    input: String,
}

impl Doors {
    async fn new(kind: Backend) -> Self {
        let world = World::new(kind).await;
        world.workspace("Acme").await;
        world.workspace("Other").await;
        world.input("acme", "Backend").await;
        let mut people = vec![Caller { who: Who::Visitor, cookie: Cookie::default(), token: None }];
        for role in Role::ALL {
            let email = world.member("acme", role.as_str(), role).await;
            let (cookie, token) = (world.sign_in(&email).await, world.token("acme", role).await);
            people.push(Caller { who: Who::Has(role), cookie, token: Some(token) });
        }
        let email = world.member("other", "Stranger", Role::ComplianceAdmin).await;
        let (cookie, token) = (world.sign_in(&email).await, world.token("other", Role::ComplianceAdmin).await);
        people.push(Caller { who: Who::Stranger, cookie, token: Some(token) });
        let email = world.member("acme", "Removed", Role::ComplianceAdmin).await;
        let cookie = world.sign_in(&email).await;
        let workspace =
            attest::server::store::WorkspaceRef::Slug(attest::domain::text::Slug::parse("acme").expect("a slug"));
        attest::server::services::member::remove_member(&world.store, &World::actor(), workspace, &email)
            .await
            .expect("removed");
        people.push(Caller { who: Who::Removed, cookie, token: None });
        let email = world.operator("Olga").await;
        let cookie = world.sign_in(&email).await;
        people.push(Caller { who: Who::Operator, cookie, token: None });
        let page = world.get("/w/acme/inputs", &people[1].cookie).await.body;
        let start = page.find("/w/acme/inputs/").expect("an input") + "/w/acme/inputs/".len();
        let input = page[start..start + 13].to_owned();
        Self { world, people, input }
    }

    /// Knocks. What is sent is faulty on purpose: whoever may pass is told of the fault, so that nothing changes and
    /// every cell of the matrix meets the same state.
    async fn knock(&self, route: &Route, person: &Caller) -> Reply {
        let path = route.address.replace("{workspace}", "acme").replace("{input}", &self.input);
        let path = path.replace("{org}", "main").replace("{account}", "main").replace("{mpid}", "1");
        let path = path.replace("{hash}", "test").replace("{file}", "attest.css");
        // Without it nobody is answered.
        let path = if path.ends_with("/breakdown") { format!("{path}?by=app") } else { path };
        match route.kind {
            RouteKind::Api => {
                let authorization = person.token.as_deref().map(bearer);
                self.world.ask(route.method, &path, authorization.as_deref(), json!({"version": 1}).to_string()).await
            }
            RouteKind::Events => self.world.ask(route.method, &path, None, "{}").await,
            _ if route.method == "POST" => {
                self.world.post(&path, &person.cookie, &[("form", "default"), ("version", "1")]).await
            }
            _ => self.world.get(&path, &person.cookie).await,
        }
    }

    /// What the route must answer.
    fn answer(route: &Route, who: Who) -> Vec<StatusCode> {
        let is_api = route.kind == RouteKind::Api;
        match (route.needs, who) {
            (Needs::Nothing, _) if route.path().starts_with("/s/") => vec![StatusCode::OK, StatusCode::NOT_FOUND],
            (Needs::Nothing, _) if ["/set-up", "/invitation"].contains(&route.path()) => vec![StatusCode::NOT_FOUND],
            (Needs::Nothing, _) if route.method == "POST" => vec![StatusCode::BAD_REQUEST],
            (Needs::Nothing, Who::Visitor) => vec![StatusCode::OK],
            (Needs::Nothing, _) if route.path() == "/sign-in" => vec![StatusCode::SEE_OTHER],
            (Needs::Nothing, _) => vec![StatusCode::OK],
            (Needs::InputSecret, _) => vec![StatusCode::UNAUTHORIZED],
            (_, Who::Visitor) if is_api || route.kind == RouteKind::ServerFunction => vec![StatusCode::UNAUTHORIZED],
            (_, Who::Visitor) => vec![StatusCode::SEE_OTHER],
            (Needs::SignedIn, Who::Removed | Who::Operator) if route.path() == "/" => vec![StatusCode::OK],
            (Needs::SignedIn, _)
                if ["/account", "/api", "/stored"].contains(&route.path()) && route.method == "GET" =>
            {
                vec![StatusCode::OK]
            }
            (Needs::SignedIn, _) if route.path() == "/account" => vec![StatusCode::BAD_REQUEST],
            (Needs::SignedIn, _) => vec![StatusCode::SEE_OTHER],
            (Needs::Operator, Who::Operator) if route.method == "GET" => vec![StatusCode::OK],
            (Needs::Operator, Who::Operator) => vec![StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST],
            (Needs::Operator, _) => vec![StatusCode::FORBIDDEN],
            (Needs::Role(_), Who::Removed | Who::Operator) if is_api => vec![StatusCode::UNAUTHORIZED],
            (Needs::Role(_), Who::Stranger | Who::Removed | Who::Operator) => vec![StatusCode::NOT_FOUND],
            (Needs::Role(action), Who::Has(role)) => {
                let at = Role::ALL.iter().position(|known| *known == role).expect("a role");
                match (expected(action)[at], route.method) {
                    (false, _) => vec![StatusCode::FORBIDDEN],
                    // Nobody has that mpid.
                    (true, _) if route.path().ends_with("/{mpid}") => vec![StatusCode::NOT_FOUND],
                    // A look at samples changes nothing but the log; its address without the form leads back.
                    (true, "GET") if route.path().ends_with("/samples") => vec![StatusCode::SEE_OTHER],
                    (true, _) if route.path().ends_with("/samples") => vec![StatusCode::OK],
                    // An address without a body says all that a deletion needs.
                    (true, "GET" | "DELETE") => vec![StatusCode::OK],
                    (true, _) => vec![StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST],
                }
            }
        }
    }
}

/// Whether the OpenAPI document has this answer of this route.
fn assert_described(route: &Route, status: StatusCode) {
    let document = serde_json::to_value(described()).expect("JSON");
    let answers = &document["paths"][route.path()][route.method.to_lowercase()]["responses"];
    assert!(answers.get(status.as_str()).is_some(), "{} {}: {status} is not in {answers}", route.method, route.path());
}

/// The document names the routes for machines, every one and no other.
#[test]
fn every_door_for_machines_is_described() {
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

async fn every_role_at_every_route(kind: Backend) {
    let routes = Doors::new(kind).await;
    let mut cells = 0;
    // Signing out ends the session that the other routes need: it comes last.
    let (last, first): (Vec<_>, Vec<_>) = ROUTES.iter().partition(|route| route.path() == "/sign-out");
    for route in first.into_iter().chain(last) {
        for person in &routes.people {
            let reply = routes.knock(route, person).await;
            let wanted = Doors::answer(route, person.who);
            assert!(
                wanted.contains(&reply.status),
                "{:?} at {} {}: {} not in {wanted:?}",
                person.who,
                route.method,
                route.path(),
                reply.status
            );
            if [RouteKind::Api, RouteKind::Events].contains(&route.kind) {
                assert_described(route, reply.status);
            }
            cells += 1;
        }
    }
    routes.world.assert_holds().await;
    count("roles x routes", cells);
}

#[tokio::test]
async fn roles_at_every_door_on_sqlite() {
    every_role_at_every_route(Backend::Sqlite).await;
}

#[tokio::test]
async fn roles_at_every_door_on_postgres() {
    every_role_at_every_route(Backend::Postgres).await;
}

/// Both ways round: the page shows no more than the server lets through.
#[test]
fn roles_have_the_rights_that_are_written_down() {
    for action in Permission::ALL {
        for (role, allowed) in Role::ALL.into_iter().zip(expected(action)) {
            assert_eq!(attest::domain::permission::may(role, action), allowed, "{role:?} {action:?}");
        }
    }
}
