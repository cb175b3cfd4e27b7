//! Whoever sees rounded figures learns nothing by asking often: what a period says follows from what its days say, so that
//! no set of overlapping periods can be solved for an exact count.

use super::sender::{Sender, ios};
use crate::harness::{World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use attest::server::calendar;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

on_both! {
    periods_tell_rounded_roles_no_more_than_days
}

const DAYS: i64 = 12;
const STATUSES: [Option<&str>; 4] = [Some("authorized"), Some("denied"), Some("not_determined"), None];

/// Every number in an answer, by where it stands; what is not told is `None`.
fn figures(value: &Value, at: &str, to: &mut BTreeMap<String, Option<i64>>) {
    match value {
        Value::Number(n) => {
            to.insert(at.to_owned(), n.as_i64());
        }
        Value::Null => {
            to.insert(at.to_owned(), None);
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| figures(item, &format!("{at}/{n}"), to));
        }
        Value::Object(members) => {
            // Bounds of classes are no counts.
            let counts = members.iter().filter(|(name, _)| !name.ends_with("_ms"));
            counts.for_each(|(name, item)| figures(item, &format!("{at}/{name}"), to));
        }
        Value::Bool(_) | Value::String(_) => {}
    }
}

fn read(value: &Value) -> BTreeMap<String, Option<i64>> {
    let mut found = BTreeMap::new();
    figures(value, "", &mut found);
    found
}

/// What a period may say: the sum of what its days say.
fn sum(days: &[BTreeMap<String, Option<i64>>]) -> BTreeMap<String, Option<i64>> {
    let mut summed: BTreeMap<String, Option<i64>> = BTreeMap::new();
    for (at, figure) in days.iter().flatten() {
        let sum = summed.entry(at.clone()).or_default();
        *sum = sum.map_or(*figure, |sum| Some(sum + figure.unwrap_or_default()));
    }
    summed
}

async fn periods_tell_rounded_roles_no_more_than_days(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::Analyst).await;
    let mut dates = Vec::new();
    for day in 0..DAYS {
        dates.push(calendar::date(calendar::day(world.store.clock().now(), "UTC")));
        // As many as look arbitrary, from 3 to 29 of each status, old devices and new ones.
        let batches = STATUSES.iter().enumerate().flat_map(|(which, status)| {
            (0..3 + (day * 7 + which as i64 * 5) % 27).map(move |n| {
                let name = format!("{which}-{}", n + day * (which as i64));
                ios(&name, &format!("v{name}"), *status)
            })
        });
        sender.send_unchecked(&batches.collect::<Vec<_>>()).await;
        world.clock.advance(DAY);
    }
    let ask = async |path: &str| {
        let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{path}"), Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        let read = reply.json();
        assert_eq!(read["rounded"], json!(true));
        read
    };
    let windows = (0..dates.len()).flat_map(|from| (from..dates.len()).map(move |to| (from, to)));
    let windows: Vec<(usize, usize)> = windows.collect();
    let mut asked = 0;
    for unit in ["active_devices", "devices", "profiles"] {
        for filter in ["basis=explicit", "basis=effective&platform=iOS"] {
            let trend = async |from: usize, to: usize, step: &str| {
                let (from, to) = (&dates[from], &dates[to]);
                let asked = format!("trend?unit={unit}&{filter}&from={from}&to={to}&step={step}");
                let points = ask(&asked).await["points"].as_array().expect("points").clone();
                points.iter().map(read).collect::<Vec<_>>()
            };
            let mut days = Vec::new();
            for day in 0..dates.len() {
                days.extend(trend(day, day, "day").await);
            }
            for (from, to) in &windows {
                assert_eq!(trend(*from, *to, "day").await, days[*from..=*to], "{unit} {filter} {from} {to}");
                for step in ["week", "month"] {
                    let points = trend(*from, *to, step).await;
                    let expected = match unit {
                        "active_devices" => sum(&days[*from..=*to]),
                        _ => days[*to].clone(),
                    };
                    // Several periods of one window are windows of their own.
                    let said = if unit == "active_devices" { sum(&points) } else { points[points.len() - 1].clone() };
                    assert_eq!(said, expected, "{unit} {filter} {from} {to} {step}");
                    asked += 1;
                }
            }
        }
    }
    let happened = async |from: usize, to: usize| {
        let mut read = ask(&format!("transitions?from={}&to={}", dates[from], dates[to])).await;
        let days = read.as_object_mut().and_then(|read| read.remove("days")).expect("days");
        (self::read(&read), days.as_array().expect("days").iter().map(self::read).collect::<Vec<_>>())
    };
    let mut days = Vec::new();
    for day in 0..dates.len() {
        days.push(happened(day, day).await);
    }
    let of_days: Vec<_> = days.iter().map(|(sums, _)| sums.clone()).collect();
    for (from, to) in windows {
        let (sums, each) = happened(from, to).await;
        assert_eq!(sums, sum(&of_days[from..=to]), "{from} {to}");
        assert_eq!(each.len(), to - from + 1);
        assert!(each.iter().zip(&days[from..=to]).all(|(day, (_, alone))| *day == alone[0]), "{from} {to}");
        asked += 1;
    }
    assert!(asked > 500, "{asked}");
    // Were figures rounded from exact sums, these would differ; and there is something to be learned.
    assert!(of_days.iter().any(|day| day.values().any(|figure| *figure > Some(20))));
    world.assert_holds().await;
}
