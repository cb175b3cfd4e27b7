//! The moment at which every test begins.

use attest::domain::time::Millis;
use attest::server::clock::StoryClock;
use std::sync::Arc;

/// 22 Nov 2026, 14:05 UTC; the clock stands still until a test moves it.
pub fn clock() -> Arc<StoryClock> {
    Arc::new(StoryClock::at(Millis(1_795_356_300_000)))
}
