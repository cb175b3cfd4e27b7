//! When requests arrive.

use crate::domain::time::{MINUTE, Millis};
use crate::server::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How far a clock may be set back without a request seeming to arrive before an earlier one. A clock that was further
/// ahead is followed back, for what it said would be wrong for as long.
const SET_BACK: i64 = 5 * MINUTE;

/// Stamps requests as they are read; those of one millisecond count in the order in which they are stored. Cloning shares
/// it.
#[derive(Clone, Debug)]
pub(super) struct ArrivalClock {
    clock: Arc<dyn Clock>,
    last: Arc<AtomicI64>,
}

impl ArrivalClock {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: Arc::new(AtomicI64::new(i64::MIN)) }
    }

    /// The moment now; not before the last stamp while the clock only trembles.
    pub fn stamp(&self) -> Millis {
        let now = self.clock.now().0;
        let is_set_back = |last: i64| last > now && last <= now.saturating_add(SET_BACK);
        let stamp = |last: i64| if is_set_back(last) { last } else { now };
        Millis(stamp(
            self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(stamp(last))).unwrap_or(now),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::StoryClock;

    #[test]
    fn a_clock_that_trembles_is_not_followed_back_and_one_that_was_ahead_is() {
        let clock = Arc::new(StoryClock::at(Millis(1_000_000)));
        let arrivals = ArrivalClock::new(clock.clone());
        assert_eq!(arrivals.stamp(), Millis(1_000_000));
        clock.set(Millis(990_000));
        assert_eq!(arrivals.stamp(), Millis(1_000_000));
        clock.set(Millis(1_000_001));
        assert_eq!(arrivals.stamp(), Millis(1_000_001));
        clock.set(Millis(500_000));
        assert_eq!(arrivals.stamp(), Millis(500_000));
    }
}
