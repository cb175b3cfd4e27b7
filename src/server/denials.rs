//! Who was refused what: counted all, and written into the log up to a bound, for strangers can be refused without end.

use crate::domain::id::PersonId;
use crate::domain::notice::{MANY_BAD_KEYS, MANY_REFUSALS, REFUSED_WITHIN};
use crate::domain::time::Millis;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

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
    /// Of people, who are few, and of addresses, which are not.
    by_people: Mutex<HashMap<PersonId, Knocks>>,
    by_addresses: Mutex<HashMap<String, Knocks>>,
}

/// Somebody whose refusals are watched.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Knocker {
    /// A person, at what their role does not allow.
    Person(PersonId),
    /// An address or its network, with wrong keys and tokens.
    Address(String),
}

impl Knocker {
    /// How many times within [`REFUSED_WITHIN`] are too many.
    fn most(&self) -> u32 {
        match self {
            Self::Person(_) => MANY_REFUSALS,
            Self::Address(_) => MANY_BAD_KEYS,
        }
    }
}

/// How often somebody was refused since a moment.
#[derive(Clone, Copy, Debug)]
struct Knocks {
    since: Millis,
    times: u32,
}

/// How many are watched at a time: strangers have many addresses.
const MOST_WATCHED: usize = 10_000;

impl Default for Denials {
    fn default() -> Self {
        let lines = RateLimiter::direct(Quota::per_second(LINES).allow_burst(LINES_AT_ONCE));
        Self { lines, untold: AtomicU64::new(0), by_people: Mutex::default(), by_addresses: Mutex::default() }
    }
}

/// How often it was so far within its time span, this time too.
fn knock<K: Clone + Eq + Hash>(all: &Mutex<HashMap<K, Knocks>>, who: K, now: Millis) -> u32 {
    let is_old = |knocks: &Knocks| now >= knocks.since.plus(REFUSED_WITHIN) || now < knocks.since;
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() >= MOST_WATCHED && !all.contains_key(&who) {
        all.retain(|_, knocks| !is_old(knocks));
        // Somebody gives way: whoever comes last is watched too.
        if all.len() >= MOST_WATCHED
            && let Some(one) = all.keys().next().cloned()
        {
            all.remove(&one);
        }
    }
    let knocks = all.entry(who).or_insert(Knocks { since: now, times: 0 });
    if is_old(knocks) {
        *knocks = Knocks { since: now, times: 0 };
    }
    knocks.times = knocks.times.saturating_add(1);
    knocks.times
}

/// Counts a refusal whose kind says enough.
pub fn count(kind: &'static str) {
    metrics::counter!(REFUSALS, "kind" => kind).increment(1);
}

impl Denials {
    /// Counts a refusal of somebody; true when they are just now refused too often, once for each time span.
    pub fn is_too_often(&self, who: Knocker, now: Millis) -> bool {
        let most = who.most();
        let times = match who {
            Knocker::Person(person) => knock(&self.by_people, person, now),
            Knocker::Address(address) => knock(&self.by_addresses, address, now),
        };
        times == most
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::MINUTE;

    #[test]
    fn who_is_refused_often_is_told_of_once_in_ten_minutes() {
        let denials = Denials::default();
        let (ada, bob) = (Knocker::Person(PersonId(1)), Knocker::Person(PersonId(2)));
        let told = |who: &Knocker, at: i64| denials.is_too_often(who.clone(), Millis(at));
        let times = |who: &Knocker, from: i64| (0..60).filter(|n| told(who, from + n)).count();
        assert_eq!((times(&ada, 0), times(&bob, 0)), (1, 1));
        assert_eq!(times(&ada, REFUSED_WITHIN - 1), 1, "the second span begins within it");
        let slow = (0..100).filter(|n| told(&Knocker::Person(PersonId(3)), n * MINUTE)).count();
        assert_eq!(slow, 0, "ten in ten minutes");
        for n in 0..MOST_WATCHED + 10 {
            denials.is_too_often(Knocker::Address(n.to_string()), Millis(0));
        }
        assert!(denials.by_addresses.lock().expect("a lock").len() <= MOST_WATCHED);
    }
}
