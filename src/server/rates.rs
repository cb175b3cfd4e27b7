//! How many requests an input may send in a second. Each process counts for itself: the limit protects the process
//! from a faulty sender, and is no quota.

use super::clock::Clock;
use super::store::InputGrant;
use crate::domain::error::Refusal;
use crate::domain::id::{InputId, WorkspaceId};
use governor::clock::Clock as Beat;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The highest rate that can be set, in requests per second.
pub const HIGHEST: i64 = 1_000_000;
/// A limiter counts by the second and asks for no longer wait: a longer one means that our clock was set back.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// The limits of the inputs that have one.
#[derive(Debug)]
pub struct Rates {
    clock: OurClock,
    inputs: Mutex<BTreeMap<InputId, Limited>>,
}

#[derive(Debug)]
struct Limited {
    workspace: WorkspaceId,
    per_second: NonZeroU32,
    limiter: RateLimiter<NotKeyed, InMemoryState, OurClock, NoOpMiddleware<Duration>>,
    /// Requests refused since [`Rates::take_refused`] last took their number.
    refused: i64,
}

#[derive(Clone, Debug)]
struct OurClock(Arc<dyn Clock>);

impl Beat for OurClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::from_millis(self.0.now().0.unsigned_abs())
    }
}

impl Rates {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock: OurClock(clock), inputs: Mutex::default() }
    }

    /// Counts one request, and refuses it if the input is over its rate in this second.
    pub fn pass(&self, grant: &InputGrant) -> Result<(), Refusal> {
        let (workspace, input, rate) = grant.rate();
        let rate = rate.and_then(|rate| NonZeroU32::new(u32::try_from(rate).ok()?));
        let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(per_second) = rate else {
            inputs.retain(|known, limited| *known != input || limited.refused > 0);
            return Ok(());
        };
        let fresh = || RateLimiter::direct_with_clock(Quota::per_second(per_second), self.clock.clone());
        let limited =
            inputs.entry(input).or_insert_with(|| Limited { workspace, per_second, limiter: fresh(), refused: 0 });
        if limited.per_second != per_second {
            (limited.per_second, limited.limiter) = (per_second, fresh());
        }
        let Err(not_yet) = limited.limiter.check() else { return Ok(()) };
        let wait = not_yet.wait_time_from(self.clock.now());
        if wait > LONGEST_WAIT {
            limited.limiter = fresh();
            return Ok(());
        }
        limited.refused += 1;
        Err(Refusal::RateLimited)
    }

    /// How many requests of each input were refused since the last call.
    pub fn take_refused(&self) -> Vec<(WorkspaceId, InputId, i64)> {
        let mut inputs = self.inputs.lock().unwrap_or_else(PoisonError::into_inner);
        let take = |(input, limited): (&InputId, &mut Limited)| {
            let refused = std::mem::take(&mut limited.refused);
            (refused > 0).then_some((limited.workspace, *input, refused))
        };
        inputs.iter_mut().filter_map(take).collect()
    }
}
