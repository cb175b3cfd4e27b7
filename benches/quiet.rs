//! B9: what a quiet sender notices of what others do.

use super::load::{self, Make, Run};
use super::server::{Attest, Running};
use super::{Wanted, batches, fresh, tell};
use crate::batches::{BULK, Fleet};
use sqlx::{Connection, PgConnection};
use std::sync::Arc;
use std::time::Duration;

/// Requests a second of the quiet sender.
const QUIET: u64 = 50;
/// Its connections, more than it needs: none waits for the one before.
const CONNECTIONS: usize = 16;
/// Searches at once, each with a token of its own.
const SEARCHES: usize = 40;
/// Rows of the audit log that is searched.
const AUDIT_ROWS: u64 = 1_000_000;

/// What somebody else does meanwhile.
struct Noise {
    name: &'static str,
    loads: Vec<Load>,
}

/// Requests over so many connections, which are all answered with the status expected.
struct Load {
    connections: usize,
    expected: u16,
    make: Make,
}

/// B9: the 99th percentile of a quiet sender beside noise, against its own alone.
pub async fn quiet(wanted: &Wanted, time: Duration) {
    let (attest, noisy) = fresh(wanted, "b9").await;
    attest.run(&["workspace", "add", "--name", "Quiet"]);
    let input = attest.input("quiet", "Quiet");
    let tokens = (0..SEARCHES).map(|n| attest.token("bench", "auditor", &format!("b9, {n}"))).collect();
    attest.add_reader("bench");
    let running = attest.serve(4109);
    for (name, make) in [
        ("a placeholder", single(&noisy, "g", "guest")),
        ("one customer id", single(&noisy, "c", "everybody")),
        ("new packages", packages(&noisy)),
    ] {
        let loads = vec![Load { connections: 1, expected: 202, make }];
        beside(wanted, &running, &input, time, Noise { name, loads }).await;
    }
    running.stop();
    attest.run(&["check"]);

    // These rows prove nothing, and so nothing is checked from here on.
    fill_audit(wanted, &attest).await;
    let running = attest.serve(4109);
    let page = page(&running.sign_in());
    let loads = vec![
        Load { connections: SEARCHES, expected: 200, make: searches(tokens) },
        Load { connections: 3, expected: 200, make: page },
    ];
    beside(wanted, &running, &input, time, Noise { name: "40 audit searches, 3 privacy pages", loads }).await;
    running.stop();
}

async fn beside(wanted: &Wanted, running: &Running, input: &str, time: Duration, noise: Noise) {
    let (mut pairs, mut answered) = (Vec::new(), 0);
    for pair in 0..wanted.pairs {
        let alone = sender(&running.address, input, time, 2 * pair + 2).await;
        let loud = noise.loads.iter().map(|Load { connections, expected, make }| {
            load::closed(&running.address, *connections, time, *expected, make.clone())
        });
        let (beside, loud) =
            tokio::join!(sender(&running.address, input, time, 2 * pair + 3), futures::future::join_all(loud));
        let others: u64 = loud.iter().map(|loud| loud.others).sum();
        assert_eq!((alone.others, beside.others, others), (0, 0, 0), "every request is answered");
        answered += loud.iter().map(|loud| loud.answered).sum::<u64>();
        pairs.push((beside.percentile(0.99), alone.percentile(0.99)));
    }
    tell(&format!("B9 quiet sender's p99 beside {}", noise.name), "ms", &pairs);
    println!("   {answered} requests of the other");
}

async fn sender(address: &str, input: &str, time: Duration, run: u64) -> Run {
    let make = batches::single("/v2/events", input, Fleet { first: 0, devices: 100_000, run });
    load::open(address, QUIET, CONNECTIONS, time, 202, make).await
}

/// One batch after another of ever new devices and the same customer.
fn single(authorization: &str, device: &'static str, customer: &'static str) -> Make {
    batches::post("/v2/events", authorization, move |number| {
        format!(
            "{{\"user_identities\":{{\"customer_id\":\"{customer}\"}},\"device_info\":{{\"platform\":\"iOS\",\
             \"os_version\":\"17.5\",\"ios_idfv\":\"{device}{number}\",\"att_authorization_status\":\"denied\"}}}}"
        )
    })
}

/// Bulk requests of a hundred packages each that nobody sent before.
fn packages(authorization: &str) -> Make {
    batches::post("/v2/bulkevents", authorization, |number| {
        let batch = |at: u64| {
            format!(
                "{{\"application_info\":{{\"package\":\"com.example.p{}\"}},\"device_info\":{{\"ios_idfv\":\"p{number}-{at}\"}}}}",
                number * BULK + at
            )
        };
        format!("[{}]", (0..BULK).map(batch).collect::<Vec<_>>().join(","))
    })
}

/// Searches that find nothing, little and much, by these tokens in turn.
fn searches(tokens: Vec<String>) -> Make {
    let queries =
        ["actor=nobody&action=input.paused", "actor=Person%207&action=input.paused", "action=profile.looked_up"];
    Arc::new(move |number, to| {
        let number = number as usize;
        // Another query each time that a token comes round.
        let (token, query) =
            (&tokens[number % tokens.len()], queries[(number + number / tokens.len()) % queries.len()]);
        let request = format!(
            "GET /api/v1/workspaces/bench/audit?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: {token}\r\n\r\n"
        );
        to.extend_from_slice(request.as_bytes());
    })
}

fn page(cookie: &str) -> Make {
    let request = format!("GET /w/bench/privacy HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: {cookie}\r\n\r\n");
    Arc::new(move |_, to| to.extend_from_slice(request.as_bytes()))
}

/// Fills the audit log of the workspace `bench` with rows of the last two years.
async fn fill_audit(wanted: &Wanted, attest: &Attest) {
    let sql = format!(
        "insert into audit (workspace_id, seq, at_ms, actor_kind, actor_name, action, target, before_json, after_json, \
         prev_hash, hash) with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < {AUDIT_ROWS}) \
         select w.id, 1000 + i, w.created_at - ({AUDIT_ROWS} - i) * 60000, 'person', 'Person ' || (i % 200), \
         case i % 5 when 0 then 'session.signed_in' when 1 then 'input.paused' when 2 then 'profile.looked_up' \
         when 3 then 'input.resumed' else 'member.role_set' end, 't' || (i % 5000), 'null', 'null', '', '' \
         from n join workspaces w on w.slug = 'bench'"
    );
    let head = format!(
        "update audit_heads set seq = {} where workspace_id = (select id from workspaces where slug = 'bench')",
        AUDIT_ROWS + 1000
    );
    if wanted.postgres.is_some() {
        let mut connection = PgConnection::connect(&attest.url).await.expect("Postgres answers");
        // As a log that grew over two years: what Postgres has still to do for rows that came a moment ago is done.
        for sql in [&sql, &head, "vacuum analyze audit", "checkpoint"] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut connection).await.expect("rows");
        }
    } else {
        let path = attest.url.strip_prefix("sqlite://").expect("a file");
        let connection = rusqlite::Connection::open(path).expect("the file opens");
        connection.execute_batch(&format!("{sql}; {head}; pragma wal_checkpoint(truncate)")).expect("rows");
    }
}
