//! What was sent to servers that die, and what they answered.

use crate::harness::{Answer, count, post, report};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Requests by number, each of as many devices of its own.
pub struct Ledger {
    devices: u64,
    /// How many requests are under way at once.
    senders: u64,
    next: AtomicU64,
    accepted: Mutex<BTreeSet<u64>>,
    /// Sent, and not known to be stored.
    unknown: Mutex<BTreeSet<u64>>,
    /// How many answers were 503: for the database was away, and for too much waited.
    away: AtomicU64,
    full: AtomicU64,
}

impl Ledger {
    /// Of requests of so many devices each, which so many senders send.
    pub fn of(devices: u64, senders: u64) -> Self {
        Self {
            devices,
            senders,
            next: AtomicU64::default(),
            accepted: Mutex::default(),
            unknown: Mutex::default(),
            away: AtomicU64::default(),
            full: AtomicU64::default(),
        }
    }

    pub fn accepted(&self) -> u64 {
        self.accepted.lock().expect("no panic").len() as u64
    }

    pub fn away(&self) -> u64 {
        self.away.load(Ordering::SeqCst)
    }

    pub fn full(&self) -> u64 {
        self.full.load(Ordering::SeqCst)
    }

    /// Waits until a number has grown by as many as are under way at once.
    pub async fn until_more(&self, number: impl Fn(&Self) -> u64) {
        let (before, until) = (number(self), Instant::now() + Duration::from_secs(60));
        while number(self) < before + self.senders {
            assert!(Instant::now() < until, "no more answers of this kind within a minute");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The path and the body of the request of this number: three devices to a user.
    fn request(&self, number: u64) -> (&'static str, String) {
        let devices = number * self.devices..(number + 1) * self.devices;
        let reports: Vec<String> = devices.map(|device| report(device, device / 3, device, "denied")).collect();
        match reports.as_slice() {
            [one] => ("/v2/events", one.clone()),
            many => ("/v2/bulkevents", format!("[{}]", many.join(","))),
        }
    }

    /// Every request that was answered 202 is stored, and nothing that was not sent.
    pub async fn assert_kept(&self, url: &str, named: &str) {
        let accepted = self.accepted.lock().expect("no panic").clone();
        let found = devices(url).await;
        let sent = accepted.iter().flat_map(|number| number * self.devices..(number + 1) * self.devices);
        let lost: Vec<u64> = sent.filter(|device| !found.contains(device)).collect();
        assert!(lost.is_empty(), "of {} that were answered 202 these are lost: {lost:?}", accepted.len());
        let sent = self.next.load(Ordering::SeqCst) * self.devices;
        assert!(found.iter().all(|device| *device < sent), "{sent}");
        count(&format!("requests acknowledged and found after {named}"), accepted.len());
    }
}

/// Sends one request after another until there is no answer. One that was not answered is sent once more to a server that
/// is there, as a client would, so that what was stored all the same is not counted twice.
pub async fn load(address: &str, authorization: &str, ledger: &Ledger) {
    loop {
        let again = ledger.unknown.lock().expect("no panic").pop_first();
        let number = again.unwrap_or_else(|| ledger.next.fetch_add(1, Ordering::SeqCst));
        let (path, body) = ledger.request(number);
        match post(address, path, authorization, &body).await {
            Ok(Answer { status: 202, .. }) => {
                ledger.accepted.lock().expect("no panic").insert(number);
            }
            Ok(Answer { status: 503, text }) => {
                let counted = if text.contains("too many events are waiting") { &ledger.full } else { &ledger.away };
                counted.fetch_add(1, Ordering::SeqCst);
                ledger.unknown.lock().expect("no panic").insert(number);
            }
            Ok(Answer { text, .. }) => panic!("for a good request: {text}"),
            Err(error) => {
                ledger.unknown.lock().expect("no panic").insert(number);
                if error.kind() != ErrorKind::Interrupted {
                    return;
                }
            }
        }
    }
}

/// The numbers of the devices that are stored; each once.
async fn devices(url: &str) -> BTreeSet<u64> {
    const SQL: &str = "select value from device_identifiers order by value";
    let names: Vec<String> = if url.starts_with("sqlite") {
        let pool = sqlx::SqlitePool::connect(url).await.expect("the file opens");
        let devices: (i64,) = sqlx::query_as("select count(*) from devices").fetch_one(&pool).await.expect("a count");
        let names: Vec<String> = sqlx::query_scalar(SQL).fetch_all(&pool).await.expect("names");
        assert_eq!(devices.0, names.len() as i64);
        names
    } else {
        let pool = sqlx::PgPool::connect(url).await.expect("the database answers");
        let devices: (i64,) = sqlx::query_as("select count(*) from devices").fetch_one(&pool).await.expect("a count");
        let names: Vec<String> = sqlx::query_scalar(SQL).fetch_all(&pool).await.expect("names");
        assert_eq!(devices.0, names.len() as i64);
        names
    };
    names.iter().map(|name| name[1..].parse().expect("a number")).collect()
}
