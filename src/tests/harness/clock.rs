//! A clock that stands still until a test moves it.

use attest::domain::time::Millis;
use attest::server::clock::Clock;
use std::sync::atomic::{AtomicI64, Ordering};

/// 22 Nov 2026, 14:05 UTC.
const START: i64 = 1_795_356_300_000;

#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    pub fn new() -> Self {
        Self(AtomicI64::new(START))
    }

    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}
