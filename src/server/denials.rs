//! Who was refused what: counted all, and written into the log up to a bound, for strangers can be refused without end.

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};

/// Refusals, by their kind; and panics, which are refused too.
pub const REFUSALS: &str = "attest_refusals_total";

/// Lines of the log in a second, and at once.
const LINES: NonZero<u32> = NonZero::new(10).unwrap();
const LINES_AT_ONCE: NonZero<u32> = NonZero::new(50).unwrap();

/// One refusal; never with a value that was sent, nor with the address, which may name somebody.
#[derive(Clone, Copy, Debug)]
pub struct Denial<'a> {
    /// Why, in one word.
    pub kind: &'static str,
    pub method: &'a str,
    /// The route as it was matched; `none` where there is none.
    pub route: &'a str,
    /// Where the request came from.
    pub from: Option<IpAddr>,
    pub incident: &'a str,
}

#[derive(Debug)]
pub struct Denials {
    lines: DefaultDirectRateLimiter,
    untold: AtomicU64,
}

impl Default for Denials {
    fn default() -> Self {
        let lines = RateLimiter::direct(Quota::per_second(LINES).allow_burst(LINES_AT_ONCE));
        Self { lines, untold: AtomicU64::new(0) }
    }
}

/// Counts a refusal whose kind says enough.
pub fn count(kind: &'static str) {
    metrics::counter!(REFUSALS, "kind" => kind).increment(1);
}

impl Denials {
    /// Counts a refusal, and writes it into the log.
    pub fn note(&self, denial: Denial<'_>) {
        count(denial.kind);
        if self.lines.check().is_err() {
            self.untold.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let Denial { kind, method, route, from, incident } = denial;
        let from = from.map(|from| from.to_string()).unwrap_or_default();
        let untold = self.untold.swap(0, Ordering::Relaxed);
        tracing::info!(kind, method, route, from, incident, untold, "refused");
    }
}
