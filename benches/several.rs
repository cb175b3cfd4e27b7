//! B10: several processes on one Postgres, each with senders of its own, of one workspace.

use super::load::{self, Make, Run, percentile};
use super::server::{Attest, Running};
use super::{Wanted, batches, fresh, median};
use crate::batches::Fleet;
use sqlx::{Connection, PgConnection};
use std::time::Duration;

/// The port of the first process; the others have the next ones.
const FIRST_PORT: u16 = 4110;
/// Senders to each process.
const SENDERS_OF_NEW_USERS: usize = 8;
const SENDERS_OF_SHARED_DEVICES: usize = 4;
/// Users of shared devices, each with a neighbour's device besides their own.
const USERS: u64 = 2000;
/// Batches of a request of shared devices.
const SHARED_BATCHES: u64 = 20;
/// E-mail addresses and ids of installations, each of which goes from user to user.
const MOVING: u64 = 50;

/// B10: that new users of several processes are each stored once, and what shared devices cost two processes against one.
pub async fn several(wanted: &Wanted, time: Duration) {
    if wanted.postgres.is_none() {
        println!("B10 several processes: on Postgres only");
        return;
    }
    for processes in [2, 4] {
        new_users(wanted, time, processes).await;
    }
    shared_devices(wanted, time).await;
}

/// Ever new users, at full rate: sent = devices = profiles.
async fn new_users(wanted: &Wanted, time: Duration, processes: u64) {
    let (attest, input) = fresh(wanted, "b10").await;
    let run = beside(&attest, processes, SENDERS_OF_NEW_USERS, time, |process| {
        batches::bulk(&input, Fleet { first: process * 100_000_000, devices: 100_000_000, run: 2 + process })
    })
    .await;
    let sent = run.answered * batches::BULK;
    assert_eq!(stored(&attest).await, (sent, sent), "each device and each user once");
    attest.run(&["check"]);
    println!(
        "B10 new users by {processes} processes: {:.0} devices/s, p99 {:.1} ms; sent = devices = profiles = {sent}, checked",
        run.per_second() * batches::BULK as f64,
        run.percentile(0.99)
    );
}

/// Devices that two users share, with ids that move between users: one process, then two with as many senders each.
async fn shared_devices(wanted: &Wanted, time: Duration) {
    let mut pairs = Vec::new();
    for _ in 0..wanted.pairs {
        let [one, two] = [shared_by(wanted, time, 1).await, shared_by(wanted, time, 2).await];
        let batches = |run: &Run| run.per_second() * SHARED_BATCHES as f64;
        println!(
            "   one process {:.0} batches/s, p99 {:.1} ms; two {:.0}, {:.1} ms",
            batches(&one),
            one.percentile(0.99),
            batches(&two),
            two.percentile(0.99)
        );
        pairs.push((batches(&two) / batches(&one), two.percentile(0.99) / one.percentile(0.99)));
    }
    let (rate, slowest, fastest) = median(pairs.iter().map(|pair| pair.0));
    let (tail, shortest, longest) = median(pairs.iter().map(|pair| pair.1));
    println!(
        "B10 shared devices by two processes against one: {rate:.2} times as many ({slowest:.2} to {fastest:.2}), \
         p99 {tail:.2} times ({shortest:.2} to {longest:.2}) of {} pairs",
        pairs.len()
    );
}

async fn shared_by(wanted: &Wanted, time: Duration, processes: u64) -> Run {
    let (attest, input) = fresh(wanted, "b10").await;
    let run = beside(&attest, processes, SENDERS_OF_SHARED_DEVICES, time, |process| shared(&input, process)).await;
    attest.run(&["check"]);
    run
}

/// What so many processes did together, each with senders of its own.
async fn beside(attest: &Attest, processes: u64, senders: usize, time: Duration, make: impl Fn(u64) -> Make) -> Run {
    let port = |process: u64| FIRST_PORT + u16::try_from(process).expect("a few processes");
    let running: Vec<Running> = (0..processes).map(|process| attest.serve_anywhere(port(process))).collect();
    let loads = running.iter().zip(0..).map(|(process, number)| {
        let make = make(number);
        async move { load::closed(&process.address, senders, time, 202, make).await }
    });
    let runs = futures::future::join_all(loads).await;
    running.into_iter().for_each(Running::stop);
    let mut latencies: Vec<f64> = runs.iter().flat_map(|run| run.latencies.iter().copied()).collect();
    latencies.sort_by(f64::total_cmp);
    assert!(percentile(&latencies, 1.0).is_finite(), "requests were sent");
    let others = runs.iter().map(|run| run.others).sum();
    assert_eq!(others, 0, "every request is answered 202: no deadlock reached a sender");
    Run {
        answered: runs.iter().map(|run| run.answered).sum(),
        others,
        seconds: runs.iter().map(|run| run.seconds).fold(0.0, f64::max),
        latencies,
    }
}

/// Devices and users that are stored.
async fn stored(attest: &Attest) -> (u64, u64) {
    let mut connection = PgConnection::connect(&attest.url).await.expect("Postgres answers");
    let sql = "select (select count(*) from devices), (select count(*) from profiles where anonymous_on is null)";
    let (devices, users): (i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await.expect("counts");
    (devices.unsigned_abs(), users.unsigned_abs())
}

/// A request of batches of neighbours, whose devices, addresses and installations other requests name too.
fn shared(authorization: &str, run: u64) -> Make {
    batches::post("/v2/bulkevents", authorization, move |number| {
        let batch = |at: u64| {
            let place = number * SHARED_BATCHES + at;
            // Each user in no order of their neighbours, with their own device or the next one's.
            let user = place * 7919 % USERS;
            let device = (user + place / USERS % 2) % USERS;
            let status = ["authorized", "denied", "restricted"][(place / 7 % 3) as usize];
            let moving = match place % 20 {
                0 => format!(",\"email\":\"m{}@example.com\"", place / 20 % MOVING),
                _ => String::new(),
            };
            let installation = match place % 20 {
                1 => format!("\"mp_deviceid\":\"m{}\",", place / 20 % MOVING),
                _ => String::new(),
            };
            format!(
                "{{\"source_request_id\":\"s{run}-{place}\",{installation}\"user_identities\":{{\"customer_id\":\"u{user}\"{moving}}},\
                 \"device_info\":{{\"platform\":\"iOS\",\"ios_idfv\":\"d{device}\",\"att_authorization_status\":\"{status}\"}}}}"
            )
        };
        format!("[{}]", (0..SHARED_BATCHES).map(batch).collect::<Vec<_>>().join(","))
    })
}
