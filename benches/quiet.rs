//! B9: what a quiet sender notices of what others do.

use super::load::{self, Make, Run};
use super::{Wanted, batches, fresh, tell};
use crate::batches::Fleet;
use std::sync::Arc;
use std::time::Duration;

/// Requests a second of the quiet sender.
const QUIET: u64 = 50;
/// Its connections, more than it needs: none waits for the one before.
const CONNECTIONS: usize = 16;

/// What somebody else does meanwhile, over so many connections.
struct Noise {
    name: &'static str,
    connections: usize,
    expected: u16,
    make: Make,
}

/// B9: the 99th percentile of a quiet sender beside noise, against its own alone.
pub async fn quiet(wanted: &Wanted, time: Duration) {
    let (attest, noisy) = fresh(wanted, "b9").await;
    attest.run(&["workspace", "add", "--name", "Quiet"]);
    let (input, token) = (attest.input("quiet", "Quiet"), attest.token("bench", "auditor", "b9"));
    let running = attest.serve(4109);
    let single = |device: fn(u64) -> String, customer: &'static str| {
        let head = format!("POST /v2/events HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {noisy}\r\n");
        request(head, move |number| {
            format!(
                "{{\"user_identities\":{{\"customer_id\":\"{customer}\"}},\"device_info\":{{\"platform\":\"iOS\",\
                 \"os_version\":\"17.5\",\"ios_idfv\":\"{}\",\"att_authorization_status\":\"denied\"}}}}",
                device(number)
            )
        })
    };
    let packages = request(
        format!("POST /v2/bulkevents HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {noisy}\r\n"),
        |number| {
            let batch = |at: u64| {
                format!(
                    "{{\"application_info\":{{\"package\":\"com.example.p{}\"}},\"device_info\":{{\"ios_idfv\":\"p{number}-{at}\"}}}}",
                    number * 100 + at
                )
            };
            format!("[{}]", (0..100).map(batch).collect::<Vec<_>>().join(","))
        },
    );
    let searches = {
        let head = format!(
            "GET /api/v1/workspaces/bench/audit?actor=nobody&action=input.paused HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {token}\r\n\r\n"
        );
        let make: Make = Arc::new(move |_, to| to.extend_from_slice(head.as_bytes()));
        make
    };
    for noise in [
        Noise { name: "a placeholder", connections: 1, expected: 202, make: single(|n| format!("g{n}"), "guest") },
        Noise {
            name: "one customer id",
            connections: 1,
            expected: 202,
            make: single(|n| format!("c{n}"), "everybody"),
        },
        Noise { name: "new packages", connections: 1, expected: 202, make: packages },
        Noise { name: "40 audit searches", connections: 40, expected: 200, make: searches },
    ] {
        let mut pairs = Vec::new();
        for pair in 0..wanted.pairs {
            let alone = sender(&running.address, &input, time, 2 * pair + 2).await;
            let loud = load::closed(&running.address, noise.connections, time, noise.expected, noise.make.clone());
            let (beside, loud) = tokio::join!(sender(&running.address, &input, time, 2 * pair + 3), loud);
            assert_eq!((alone.others, beside.others, loud.others), (0, 0, 0), "every request is answered");
            pairs.push((beside.percentile(0.99), alone.percentile(0.99)));
        }
        tell(&format!("B9 quiet sender's p99 beside {}", noise.name), "ms", &pairs);
    }
    running.stop();
    attest.run(&["check"]);
}

async fn sender(address: &str, input: &str, time: Duration, run: u64) -> Run {
    let make = batches::single("/v2/events", input, Fleet { first: 0, devices: 100_000, run });
    load::open(address, QUIET, CONNECTIONS, time, 202, make).await
}

/// A request with a body of its own each.
fn request(head: String, body: impl Fn(u64) -> String + Send + Sync + 'static) -> Make {
    Arc::new(move |number, to| {
        let body = body(number);
        to.extend_from_slice(head.as_bytes());
        to.extend_from_slice(
            format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len()).as_bytes(),
        );
    })
}
