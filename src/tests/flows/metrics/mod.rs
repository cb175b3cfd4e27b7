//! The pages of metrics, their files and the interface for scripts: a story that is told to all of them, what follows from it by
//! a calculation of its own, and what each says.

mod alerts;
mod choices;
mod explore;
mod figures;
mod recount;
mod releases;
mod saved;
mod week;

use crate::harness::{Cookie, World, bearer};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const STATUSES: [Option<&str>; 4] = [Some("authorized"), Some("denied"), Some("restricted"), None];

/// A device of a user of its own.
fn device(n: usize, status: Option<&str>, version: &str) -> Value {
    json!({"user_identities": {"customer_id": format!("c{n}")},
        "application_info": {"package": "com.acme.app", "application_version": version},
        "device_info": {"platform": "iOS", "os_version": "18.1", "ios_idfv": format!("v{n}"), "att_authorization_status": status}})
}

/// The story: on each of three days as many new devices of each status as stand here, all of a version of their day.
const STORY: [[usize; 4]; 3] = [[3, 5, 1, 2], [6, 2, 0, 1], [1, 4, 2, 3]];

async fn tell(world: &World) -> Cookie {
    world.workspace("Acme").await;
    let ada = world.member("acme", "Ada", Role::ComplianceAdmin).await;
    let input = world.input("acme", "Backend").await;
    let mut n = 0;
    for (day, counts) in STORY.iter().enumerate() {
        if day > 0 {
            world.clock.advance(DAY);
        }
        for (status, count) in STATUSES.iter().zip(counts) {
            for _ in 0..*count {
                world.event(&input, &device(n, *status, &format!("4.{}", 8 + day))).await;
                n += 1;
            }
        }
    }
    // A session would have ended meanwhile.
    world.sign_in(&ada).await
}

/// How many there are of each status at the end of each day.
fn at_end_of_days() -> Vec<[usize; 4]> {
    let mut so_far = [0; 4];
    let each = STORY.iter().map(|day| {
        so_far.iter_mut().zip(day).for_each(|(all, more)| *all += more);
        so_far
    });
    each.collect()
}

fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// The five rates by their formulas, from authorized, denied, restricted and unknown.
fn rates([a, d, r, u]: [usize; 4]) -> BTreeMap<&'static str, f64> {
    BTreeMap::from([
        ("consent_rate", share(a, a + d)),
        ("addressable_rate", share(a, a + d + r + u)),
        ("prompt_coverage", share(a + d, a + d)),
        ("restricted_rate", share(r, a + d + r)),
        ("reported_share", share(a + d + r, a + d + r + u)),
    ])
}

/// Wilson's interval by the textbook, not by the code.
fn wilson(part: usize, whole: usize) -> (f64, f64) {
    let (n, p, z) = (whole as f64, share(part, whole), 1.959_963_984_540_054_f64);
    let (middle, spread) = (p + z * z / (2.0 * n), z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt());
    ((middle - spread) / (1.0 + z * z / n), (middle + spread) / (1.0 + z * z / n))
}

async fn json_file(world: &World, cookie: &Cookie, path: &str) -> Value {
    let reply = world.get(&format!("/w/acme/metrics/{path}"), cookie).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    reply.json()
}

/// A file as its header line and its cells by it.
async fn csv_file(world: &World, cookie: &Cookie, path: &str) -> Vec<BTreeMap<String, String>> {
    let reply = world.get(&format!("/w/acme/metrics/{path}"), cookie).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    assert_eq!(reply.header(CONTENT_TYPE.as_str()), "text/csv; charset=utf-8");
    assert!(reply.header(CONTENT_DISPOSITION.as_str()).ends_with(".csv\""), "{path}");
    let mut lines = csv::Reader::from_reader(reply.body.as_bytes());
    lines.deserialize().collect::<Result<_, _>>().expect("one header line, and cells")
}

async fn api(world: &World, token: &str, path: &str) -> Value {
    let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{path}"), Some(&bearer(token)), "").await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
    reply.json()
}

/// The texts of a table's rows, without their marks.
fn table(page: &str, id: &str) -> Vec<Vec<String>> {
    let (_, table) = page.split_once(&format!("<table id=\"{id}\"")).unwrap_or_else(|| panic!("{id}: {page}"));
    let body = table.split("<tbody>").nth(1).and_then(|rest| rest.split("</tbody>").next()).expect("a body");
    let text = |cell: &str| {
        let mut text = String::new();
        for part in cell.split('<') {
            text.push_str(part.split_once('>').map_or("", |(_, text)| text));
        }
        text.trim().to_owned()
    };
    let rows = body.split("<tr").skip(1);
    rows.map(|row| row.split("<t").skip(1).map(|cell| text(&format!("<t{cell}"))).collect()).collect()
}
