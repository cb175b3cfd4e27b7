//! Whoever sees rounded figures learns nothing by asking often: what a period says follows from what its days say, so that
//! no set of overlapping periods can be solved for an exact count.

use super::sender::{Sender, ios};
use crate::harness::{World, bearer, on_both};
use attest::domain::role::Role;
use attest::domain::time::DAY;
use attest::server::calendar;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

on_both! {
    periods_tell_rounded_roles_no_more_than_days
    filters_tell_rounded_roles_nothing_exact
    shares_are_of_what_is_shown
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

/// What is known of an exact count: the least and the most that it can be.
type Bounds = (i64, i64);

/// What a shown count says of the exact one.
fn bounds(shown: &Value) -> Bounds {
    match shown.as_i64() {
        None => (0, 9),
        Some(10) => (10, 14),
        Some(n) => (n - 5, n + 4),
    }
}

/// Counts by name, and sums: those of the left are the right one.
#[derive(Default)]
struct Attack {
    known: BTreeMap<String, Bounds>,
    /// What was not shown.
    hidden: BTreeSet<String>,
    sums: Vec<(Vec<String>, String)>,
}

impl Attack {
    fn learn(&mut self, name: &str, shown: &Value) {
        let (low, high) = bounds(shown);
        if shown.is_null() {
            self.hidden.insert(name.to_owned());
        }
        let known = self.known.entry(name.to_owned()).or_insert((0, i64::MAX / 1000));
        *known = (known.0.max(low), known.1.min(high));
    }

    /// All states of one answer, which add up to its total; in pairs too where a default has been applied.
    fn answer(&mut self, of: &str, explicit: &Value, effective: &Value) {
        let states = ["authorized", "denied", "restricted", "not_determined", "unknown"];
        for state in states {
            self.learn(&format!("{of} {state}"), &explicit["counts"][state]);
        }
        self.learn(&format!("{of} elsewhere"), &explicit["not_applicable"]);
        self.learn(&format!("{of} all"), &explicit["total"]);
        let parts = states.into_iter().chain(["elsewhere"]).map(|state| format!("{of} {state}")).collect();
        self.sums.push((parts, format!("{of} all")));
        // What is made of these says no more than they do: the default, which is denied, and both counts of each rate.
        let sum = |of: &Value, states: &[&str]| {
            Some(states.iter().filter_map(|state| of["counts"][*state].as_i64()).sum::<i64>()).filter(|sum| *sum > 0)
        };
        assert_eq!(
            effective["counts"]["denied"].as_i64(),
            sum(explicit, &["denied", "unknown"]),
            "{explicit} {effective}"
        );
        for (answer, basis) in [(explicit, "explicit"), (effective, "effective")] {
            for (rate, part, whole) in [
                ("consent_rate", 1, &["authorized", "denied"][..]),
                ("addressable_rate", 1, &["authorized", "denied", "restricted", "not_determined", "unknown"]),
                ("prompt_coverage", 2, &["authorized", "denied", "not_determined"]),
                ("restricted_rate", 1, &["restricted", "authorized", "denied", "not_determined"]),
                ("reported_share", 4, &["authorized", "denied", "restricted", "not_determined", "unknown"]),
            ] {
                // What was reported is no question of the basis.
                let answer = if rate == "reported_share" { explicit } else { answer };
                let of = &answer["rates"][rate];
                assert_eq!(of["whole"].as_i64(), sum(answer, whole), "{basis} {rate}: {answer}");
                assert_eq!(of["part"].as_i64(), sum(answer, &whole[..part]), "{basis} {rate}: {answer}");
            }
        }
    }

    /// Tightens what is known by every sum, until nothing changes.
    fn solve(&mut self) {
        loop {
            let before = self.known.clone();
            for (parts, whole) in &self.sums {
                let of = |name: &String| self.known.get(name).copied().unwrap_or((0, i64::MAX / 1000));
                let each: Vec<Bounds> = parts.iter().map(of).collect();
                let (low, high) = (each.iter().map(|of| of.0).sum::<i64>(), each.iter().map(|of| of.1).sum::<i64>());
                let (least, most) = of(whole);
                let (least, most) = (least.max(low), most.min(high));
                self.known.insert(whole.clone(), (least, most));
                for (part, (part_low, part_high)) in parts.iter().zip(&each) {
                    let bound = (least - (high - part_high), most - (low - part_low));
                    self.known.insert(part.clone(), (bound.0.max(*part_low), bound.1.min(*part_high)));
                }
            }
            if self.known == before {
                return;
            }
        }
    }
}

/// A page's shares are of the sum of what it shows: they are never more than all of it.
async fn shares_are_of_what_is_shown(world: World) {
    let sender = Sender::new(&world).await;
    let rea = world.sign_in(&world.member("acme", "Rea", Role::ReadOnly).await).await;
    let batches = (0..1710_usize).map(|n| ios(&format!("u{n}"), &format!("v{n}"), [Some("denied"), None][n / 855]));
    sender.send_unchecked(&batches.collect::<Vec<_>>()).await;
    world.execute("update settings_versions set default_status = 2").await;
    for page in ["overview", "metrics"] {
        let page = world.get(&format!("/w/acme/{page}"), &rea).await.body;
        // 860 and 860, of 855 each and of 1,710 together.
        assert!(page.contains("1,720") && page.contains("1,710") && page.contains("100.0%"), "{page}");
        assert!(page.contains("50.0%") && !page.contains("100.6%"), "{page}");
    }
    let flow = world.get("/w/acme/metrics/flow?from=2026-11-22", &rea).await.body;
    assert!(flow.contains("about 100%"), "of days that were rounded: {flow}");
}

/// Everything that can be asked of now, by every app and every value of every dimension, on both bases, held against each
/// other: no count comes out exactly.
async fn filters_tell_rounded_roles_nothing_exact(world: World) {
    let sender = Sender::new(&world).await;
    let token = world.token("acme", Role::Analyst).await;
    let batches = (0..1200_usize).map(|n| {
        let dice = n.wrapping_mul(2_654_435_761) >> 7;
        let mut batch = ios(&format!("u{n}"), &format!("v{n}"), STATUSES[dice % 4]);
        batch["application_info"] =
            json!({"package": format!("app.{}", dice / 4 % 3), "application_version": format!("{}.0", dice / 12 % 5)});
        batch["device_info"]["os_version"] = json!(format!("{}.1", 15 + dice / 60 % 4));
        batch["device_info"]["http_header_user_agent"] = Value::Null;
        if dice % 11 == 0 {
            batch["device_info"]["platform"] = json!("tvOS");
        }
        batch
    });
    sender.send_unchecked(&batches.collect::<Vec<_>>()).await;
    world.execute("update settings_versions set default_status = 2").await;
    let ask = async |path: &str| {
        let reply = world.ask("GET", &format!("/api/v1/workspaces/acme/{path}"), Some(&bearer(&token)), "").await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.body);
        reply.json()
    };
    for unit in ["devices", "profiles"] {
        let mut attack = Attack::default();
        let mut apps = Vec::new();
        for row in ask(&format!("breakdown?by=app&unit={unit}")).await["rows"].as_array().expect("rows") {
            apps.push(row["value"].as_str().expect("an app").to_owned());
        }
        assert_eq!(apps.len(), 3);
        for app in [None].into_iter().chain(apps.iter().map(Some)) {
            let within = app.map(|app| format!("&app={app}")).unwrap_or_default();
            let of = app.map_or("all", |app| app.as_str()).to_owned();
            let both = async |what: &str| {
                let asked = |basis: &str| format!("{what}&unit={unit}{within}&basis={basis}");
                (ask(&asked("explicit")).await, ask(&asked("effective")).await)
            };
            let (explicit, effective) = both("distribution?").await;
            attack.answer(&of, &explicit, &effective);
            for by in ["platform", "os_version", "app_version"] {
                let (explicit, effective) = both(&format!("breakdown?by={by}")).await;
                let rows = |answer: &Value| answer["rows"].as_array().expect("rows").clone();
                let mut names = Vec::new();
                for (row, applied) in rows(&explicit).iter().zip(&rows(&effective)) {
                    let name = format!("{of} {by}={}", row["value"]);
                    attack.answer(&name, row, applied);
                    names.push(name);
                }
                if let Some(other) = explicit.get("other") {
                    let name = format!("{of} {by} other");
                    attack.answer(&name, other, &effective["other"]);
                    names.push(name);
                }
                // What has no row is nowhere: there may be more than these.
                let rest = format!("{of} {by} rest");
                for state in ["authorized", "denied", "restricted", "not_determined", "unknown", "elsewhere", "all"] {
                    let parts = names.iter().chain([&rest]).map(|name| format!("{name} {state}")).collect();
                    attack.sums.push((parts, format!("{of} {state}")));
                }
            }
        }
        if unit == "devices" {
            for state in ["authorized", "denied", "restricted", "not_determined", "unknown", "elsewhere", "all"] {
                let parts = apps.iter().map(|app| format!("{app} {state}")).collect();
                attack.sums.push((parts, format!("all {state}")));
            }
        }
        attack.solve();
        let solved: Vec<_> = attack.known.iter().filter(|(_, (low, high))| low == high && *high > 0).collect();
        assert!(solved.is_empty(), "{unit}: {solved:?}");
        // Nor that there is anybody among fewer than ten.
        let found: Vec<_> = attack.hidden.iter().filter(|name| attack.known[*name].0 > 0).collect();
        assert!(found.is_empty() && attack.hidden.len() > 50, "{unit}: {found:?} of {}", attack.hidden.len());
        assert!(
            attack.known.len() > 500 && attack.known.values().all(|(low, high)| low <= high),
            "{}",
            attack.known.len()
        );
    }
}
