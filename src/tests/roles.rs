//! Every role at every door, and whoever has none. The expectations stand here a second time on purpose: a slip in the
//! policy's table does not pass unnoticed.

use crate::harness::{Cookie, Kind, Reply, World, bearer, count};
use attest::domain::policy::Action;
use attest::domain::role::Role;
use attest::server::http::api::document::described;
use attest::server::http::doors::{DOORS, Door, Kind as DoorKind, Needs};
use axum::http::StatusCode;
use serde_json::json;
use std::collections::BTreeSet;

/// Who may, in the order of `Role::ALL`: Compliance Admin, Admin, Compliance, Analyst, Read Only, Auditor. An action
/// without a line here does not compile.
fn expected(action: Action) -> [bool; 6] {
    match action {
        Action::SeeMetrics => [true, true, true, true, true, true],
        Action::SeeSettings => [true, true, true, true, true, true],
        Action::ChangeSettings => [true, false, false, false, false, false],
        Action::LookUpProfiles => [true, true, true, false, false, false],
        Action::SeeAudit => [true, true, true, false, false, true],
        Action::ExportAudit => [true, false, true, false, false, true],
        Action::ManageInputs => [true, true, false, false, false, false],
        Action::SeeInputs => [true, true, true, true, true, true],
        Action::SeeMembers => [true, true, true, true, false, true],
        Action::ManageMembers => [true, true, false, false, false, false],
        Action::ManageTokens => [true, true, false, false, false, false],
    }
}

/// Whoever stands before a door.
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
struct Person {
    who: Who,
    cookie: Cookie,
    token: Option<String>,
}

struct Doors {
    world: World,
    people: Vec<Person>,
    input: String,
}

impl Doors {
    async fn new(kind: Kind) -> Self {
        let world = World::new(kind).await;
        world.workspace("Acme").await;
        world.workspace("Other").await;
        world.input("acme", "Backend").await;
        let mut people = vec![Person { who: Who::Visitor, cookie: Cookie::default(), token: None }];
        for role in Role::ALL {
            let email = world.member("acme", role.as_str(), role).await;
            let (cookie, token) = (world.sign_in(&email).await, world.token("acme", role).await);
            people.push(Person { who: Who::Has(role), cookie, token: Some(token) });
        }
        let email = world.member("other", "Stranger", Role::ComplianceAdmin).await;
        let (cookie, token) = (world.sign_in(&email).await, world.token("other", Role::ComplianceAdmin).await);
        people.push(Person { who: Who::Stranger, cookie, token: Some(token) });
        let email = world.member("acme", "Removed", Role::ComplianceAdmin).await;
        let cookie = world.sign_in(&email).await;
        let place = attest::server::store::Place::Slug(attest::domain::text::Slug::parse("acme").expect("a slug"));
        attest::server::work::member::remove_member(&world.store, &World::actor(), place, &email)
            .await
            .expect("removed");
        people.push(Person { who: Who::Removed, cookie, token: None });
        let email = world.operator("Olga").await;
        let cookie = world.sign_in(&email).await;
        people.push(Person { who: Who::Operator, cookie, token: None });
        let page = world.get("/w/acme/inputs", &people[1].cookie).await.body;
        let start = page.find("/w/acme/inputs/").expect("an input") + "/w/acme/inputs/".len();
        let input = page[start..start + 13].to_owned();
        Self { world, people, input }
    }

    /// Knocks. What is sent is faulty on purpose: whoever may pass is told of the fault, so that nothing changes and
    /// every cell of the matrix meets the same state.
    async fn knock(&self, door: &Door, person: &Person) -> Reply {
        let path = door.path.replace("{workspace}", "acme").replace("{input}", &self.input);
        let path = path.replace("{org}", "main").replace("{account}", "main").replace("{mpid}", "1");
        let path = path.replace("{hash}", "test").replace("{file}", "attest.css");
        // Without it nobody is answered.
        let path = if path.ends_with("/breakdown") { format!("{path}?by=app") } else { path };
        match door.kind {
            DoorKind::Api => {
                let authorization = person.token.as_deref().map(bearer);
                self.world.ask(door.method, &path, authorization.as_deref(), json!({"version": 1}).to_string()).await
            }
            DoorKind::Events => self.world.ask(door.method, &path, None, "{}").await,
            _ if door.method == "POST" => {
                self.world.post(&path, &person.cookie, &[("form", "default"), ("version", "1")]).await
            }
            _ => self.world.get(&path, &person.cookie).await,
        }
    }

    /// What the door must answer.
    fn answer(door: &Door, who: Who) -> Vec<StatusCode> {
        let is_api = door.kind == DoorKind::Api;
        match (door.needs, who) {
            (Needs::Nothing, _) if door.path.starts_with("/s/") => vec![StatusCode::OK, StatusCode::NOT_FOUND],
            (Needs::Nothing, _) if ["/set-up", "/invitation"].contains(&door.path) => vec![StatusCode::NOT_FOUND],
            (Needs::Nothing, _) if door.method == "POST" => vec![StatusCode::BAD_REQUEST],
            (Needs::Nothing, Who::Visitor) => vec![StatusCode::OK],
            (Needs::Nothing, _) if door.path == "/sign-in" => vec![StatusCode::SEE_OTHER],
            (Needs::Nothing, _) => vec![StatusCode::OK],
            (Needs::Feed, _) => vec![StatusCode::UNAUTHORIZED],
            (_, Who::Visitor) if is_api || door.kind == DoorKind::Live => vec![StatusCode::UNAUTHORIZED],
            (_, Who::Visitor) => vec![StatusCode::SEE_OTHER],
            (Needs::SignedIn, Who::Removed | Who::Operator) if door.path == "/" => vec![StatusCode::OK],
            (Needs::SignedIn, _) if ["/account", "/api", "/stored"].contains(&door.path) && door.method == "GET" => {
                vec![StatusCode::OK]
            }
            (Needs::SignedIn, _) if door.path == "/account" => vec![StatusCode::BAD_REQUEST],
            (Needs::SignedIn, _) => vec![StatusCode::SEE_OTHER],
            (Needs::Operator, Who::Operator) if door.method == "GET" => vec![StatusCode::OK],
            (Needs::Operator, Who::Operator) => vec![StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST],
            (Needs::Operator, _) => vec![StatusCode::FORBIDDEN],
            (Needs::Role(_), Who::Removed | Who::Operator) if is_api => vec![StatusCode::UNAUTHORIZED],
            (Needs::Role(_), Who::Stranger | Who::Removed | Who::Operator) => vec![StatusCode::NOT_FOUND],
            (Needs::Role(action), Who::Has(role)) => {
                let at = Role::ALL.iter().position(|known| *known == role).expect("a role");
                match (expected(action)[at], door.method) {
                    (false, _) => vec![StatusCode::FORBIDDEN],
                    // Nobody has that mpid.
                    (true, _) if door.path.ends_with("/{mpid}") => vec![StatusCode::NOT_FOUND],
                    // A look at samples changes nothing but the log; its address without the form leads back.
                    (true, "GET") if door.path.ends_with("/samples") => vec![StatusCode::SEE_OTHER],
                    (true, _) if door.path.ends_with("/samples") => vec![StatusCode::OK],
                    // An address without a body says all that a deletion needs.
                    (true, "GET" | "DELETE") => vec![StatusCode::OK],
                    (true, _) => vec![StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_REQUEST],
                }
            }
        }
    }
}

/// Whether the OpenAPI document has this answer of this door.
fn assert_described(door: &Door, status: StatusCode) {
    let document = serde_json::to_value(described()).expect("JSON");
    let answers = &document["paths"][door.path][door.method.to_lowercase()]["responses"];
    assert!(answers.get(status.as_str()).is_some(), "{} {}: {status} is not in {answers}", door.method, door.path);
}

/// The document names the doors for machines, every one and no other.
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
    let of_machines = |door: &&Door| [DoorKind::Api, DoorKind::Events].contains(&door.kind);
    let doors: BTreeSet<_> =
        DOORS.iter().filter(of_machines).map(|door| (door.method.to_owned(), door.path.to_owned())).collect();
    assert_eq!(described, doors);
    let operations = paths.values().flat_map(|methods| methods.as_object().expect("methods").values());
    for operation in operations {
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{operation}");
    }
}

async fn every_role_at_every_door(kind: Kind) {
    let doors = Doors::new(kind).await;
    let mut cells = 0;
    // Signing out ends the session that the other doors need: it comes last.
    let (last, first): (Vec<_>, Vec<_>) = DOORS.iter().partition(|door| door.path == "/sign-out");
    for door in first.into_iter().chain(last) {
        for person in &doors.people {
            let reply = doors.knock(door, person).await;
            let wanted = Doors::answer(door, person.who);
            assert!(
                wanted.contains(&reply.status),
                "{:?} at {} {}: {} not in {wanted:?}",
                person.who,
                door.method,
                door.path,
                reply.status
            );
            if [DoorKind::Api, DoorKind::Events].contains(&door.kind) {
                assert_described(door, reply.status);
            }
            cells += 1;
        }
    }
    doors.world.assert_holds().await;
    count("roles x doors", cells);
}

#[tokio::test]
async fn roles_at_every_door_on_sqlite() {
    every_role_at_every_door(Kind::Sqlite).await;
}

#[tokio::test]
async fn roles_at_every_door_on_postgres() {
    every_role_at_every_door(Kind::Postgres).await;
}

/// Both ways round: the page shows no more than the server lets through.
#[test]
fn roles_have_the_rights_that_are_written_down() {
    for action in Action::ALL {
        for (role, allowed) in Role::ALL.into_iter().zip(expected(action)) {
            assert_eq!(attest::domain::policy::may(role, action), allowed, "{role:?} {action:?}");
        }
    }
}
