//! Time and randomness as parameters: a test sets the clock, and everything that reads it follows.

use crate::domain::fold::IdSource;
use crate::domain::profile::MADE_BELOW;
use crate::domain::time::Millis;
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    fn now(&self) -> Millis;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that stands where it is set: for telling a story of the past, and for tests.
#[derive(Debug)]
pub struct StoryClock(AtomicI64);

impl StoryClock {
    pub fn at(moment: Millis) -> Self {
        Self(AtomicI64::new(moment.0))
    }

    pub fn set(&self, moment: Millis) {
        self.0.store(moment.0, Ordering::SeqCst);
    }

    /// Moves it by so many milliseconds; backwards when they are negative.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for StoryClock {
    fn now(&self) -> Millis {
        Millis(self.0.load(Ordering::SeqCst))
    }
}

/// 2024-01-01T00:00:00Z: ids count from here.
const EPOCH: i64 = 1_704_067_200_000;
const RANDOM_BITS: u32 = 22;

/// Makes ids and secrets.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<i64>>,
}

impl Ids {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: Arc::new(Mutex::new(0)) }
    }

    /// Bytes that nobody can guess.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        // Without randomness there are no secrets: going on would be worse than stopping.
        getrandom::fill(&mut bytes).expect("the system gives no random bytes");
        bytes
    }

    /// A new id: milliseconds in the upper 41 bits, randomness below, never twice the same from one process.
    pub fn id(&self) -> i64 {
        let random = i64::from(u32::from_le_bytes(self.random()) >> (32 - RANDOM_BITS));
        let made = self.clock.now().minus(EPOCH).0.max(1) << RANDOM_BITS | random;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = if made > *last { made } else { *last + 1 + (random & 0xff) };
        *last
    }
}

impl IdSource for Ids {
    fn new_id(&mut self) -> i64 {
        Ids::id(self)
    }

    fn new_mpid(&mut self) -> i64 {
        (i64::from_le_bytes(self.random()) & (MADE_BELOW - 1)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Stopped;
    impl Clock for Stopped {
        fn now(&self) -> Millis {
            Millis(EPOCH + 1000)
        }
    }

    #[test]
    fn ids_grow_even_when_the_clock_stands_still() {
        let ids = Ids::new(Arc::new(Stopped));
        let made: Vec<i64> = (0..10_000).map(|_| ids.id()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made[0] > 0);
    }
}
