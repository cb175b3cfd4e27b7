//! The moment at which every test begins, and clocks that may be wrong.

use super::world::{World, open};
use attest::domain::time::Millis;
use attest::server::clock::{Clock, Ids, StoryClock};
use attest::server::store::System;
use std::sync::Arc;

/// 22 Nov 2026, 14:05 UTC; the clock stands still until a test moves it.
pub fn clock() -> Arc<StoryClock> {
    Arc::new(StoryClock::at(Millis(1_795_356_300_000)))
}

/// The world's clock, in a process that has just begun and does not know yet whether it is right.
#[derive(Debug)]
struct Unsteady {
    clock: Arc<StoryClock>,
    has_leapt: bool,
}

impl Clock for Unsteady {
    fn now(&self) -> Millis {
        self.clock.now()
    }

    fn is_steady(&self) -> bool {
        false
    }

    fn is_new(&self) -> bool {
        true
    }

    fn has_leapt(&self) -> bool {
        self.has_leapt
    }
}

/// A process with such a clock, which may have leapt too.
pub async fn unsteady(world: &World, has_leapt: bool) -> System {
    let clock = Unsteady { clock: world.clock.clone(), has_leapt };
    open(&world.url, Ids::new(Arc::new(clock))).await
}
