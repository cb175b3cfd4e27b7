//! Time and randomness as parameters: a test sets the clock, and everything that reads it follows.

use crate::domain::fold::IdSource;
use crate::domain::profile::MADE_BELOW;
use crate::domain::time::{HOUR, MINUTE, Millis};
use std::fmt;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Tells the time.
pub trait Clock: Send + Sync + fmt::Debug + 'static {
    fn now(&self) -> Millis;

    /// Takes over the time that several processes share, which is known to lie in these bounds now. A clock that is set by
    /// hand stays as it is.
    fn follow(&self, _shared: RangeInclusive<Millis>) {}

    /// Whether it has gone without a jump for as long as a machine needs to set its clock right. Before, what lies ahead of
    /// it may be true, and nothing may be done that cannot be undone for being so.
    fn is_steady(&self) -> bool {
        true
    }

    /// Whether it leapt far forward within that time: what is due by it may not be.
    fn has_leapt(&self) -> bool {
        false
    }

    /// Whether it began within that time, and may be wrong since before.
    fn is_new(&self) -> bool {
        false
    }
}

/// The machine's clock, until it is told the time that several processes share: then that one goes on by itself, however
/// the machine's is set.
#[derive(Debug)]
pub struct SystemClock {
    begun: Instant,
    /// The shared time when this began; [`UNKNOWN`] until it is told.
    shared: AtomicI64,
    gait: Mutex<Gait>,
}

const UNKNOWN: i64 = i64::MIN;
/// How long after its start, and after each jump, a clock is not taken for steady, in milliseconds: a machine that starts
/// without the time is told it by then.
const UNSTEADY: i64 = 10 * MINUTE;

/// How far forward a jump is a leap, by which much becomes due at once, in milliseconds.
const LEAP: i64 = HOUR;

/// How a clock has gone.
#[derive(Clone, Copy, Debug, Default)]
struct Gait {
    /// What it said when this began, as it follows from what it said last.
    at_beginning: Millis,
    /// How many milliseconds after the beginning it jumped last.
    jumped: Option<i64>,
    /// The same of its last leap forward.
    leapt: Option<i64>,
}

impl Default for SystemClock {
    fn default() -> Self {
        let gait = Mutex::new(Gait { at_beginning: Self::of_machine(), jumped: None, leapt: None });
        Self { begun: Instant::now(), shared: AtomicI64::new(UNKNOWN), gait }
    }
}

impl SystemClock {
    /// Milliseconds for which it has been going.
    fn elapsed(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    /// For how many milliseconds it has been going, and how it went in them.
    fn gait(&self) -> (i64, Gait) {
        let elapsed = self.elapsed();
        let at_beginning = self.now().minus(elapsed);
        let mut gait = self.gait.lock().unwrap_or_else(PoisonError::into_inner);
        let apart = at_beginning.minus(gait.at_beginning.0).0;
        if apart.saturating_abs() > MINUTE {
            gait.jumped = Some(elapsed);
        }
        if apart > LEAP {
            gait.leapt = Some(elapsed);
        }
        gait.at_beginning = at_beginning;
        (elapsed, *gait)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn of_machine() -> Millis {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        match self.shared.load(Ordering::Acquire) {
            UNKNOWN => Self::of_machine(),
            shared => Millis(shared).plus(self.elapsed()),
        }
    }

    fn follow(&self, shared: RangeInclusive<Millis>) {
        let (earliest, latest, now) = (*shared.start(), *shared.end(), self.now());
        let is_known = self.shared.load(Ordering::Acquire) != UNKNOWN;
        // No further than what was told demands: an answer that took long tells little.
        let told = match is_known {
            true => now.clamp(earliest, latest),
            false => earliest.plus(latest.minus(earliest.0).0 / 2),
        };
        let apart = told.minus(now.0).0;
        if apart.saturating_abs() > MINUTE {
            tracing::warn!(
                seconds = apart / 1000,
                "this machine's clock and the database's differ: the database's counts"
            );
        }
        if apart != 0 || !is_known {
            self.shared.store(told.minus(self.elapsed()).0, Ordering::Release);
        }
        if !is_known {
            // It begins with the shared time, however far from it the machine's is.
            let mut gait = self.gait.lock().unwrap_or_else(PoisonError::into_inner);
            gait.at_beginning = self.now().minus(self.elapsed());
        }
    }

    fn is_steady(&self) -> bool {
        let (elapsed, gait) = self.gait();
        elapsed - gait.jumped.unwrap_or_default() >= UNSTEADY
    }

    fn has_leapt(&self) -> bool {
        let (elapsed, gait) = self.gait();
        gait.leapt.is_some_and(|leapt| elapsed - leapt < UNSTEADY)
    }

    fn is_new(&self) -> bool {
        self.elapsed() < UNSTEADY
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

/// Gives random bytes.
pub trait Randomness: Send + Sync + fmt::Debug + 'static {
    fn fill(&self, bytes: &mut [u8]);
}

/// The system's randomness: nobody can guess it. What is as short as an id is given from a supply, for each question to the
/// system takes as long as many bytes do; secrets are asked for one by one, so that none lies about before it is made.
#[derive(Default)]
pub struct SystemRandomness {
    supply: Mutex<Vec<u8>>,
}

/// Bytes that are asked for at once.
const SUPPLY: usize = 4096;
/// What has at most so many bytes is no secret.
const SHORT: usize = 8;

impl fmt::Debug for SystemRandomness {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("SystemRandomness")
    }
}

impl SystemRandomness {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    fn ask(bytes: &mut [u8]) {
        // Without randomness there are no secrets: going on would be worse than stopping.
        getrandom::fill(bytes).expect("the system gives no random bytes");
    }
}

impl Randomness for SystemRandomness {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > SHORT {
            return Self::ask(bytes);
        }
        let mut supply = self.supply.lock().unwrap_or_else(PoisonError::into_inner);
        if supply.len() < bytes.len() {
            // Taken over once it is filled: a question that fails leaves no zeros to be given away.
            let mut filled = vec![0; SUPPLY];
            Self::ask(&mut filled);
            *supply = filled;
        }
        // Taken away from the supply, so that nobody is given the same.
        let left = supply.len() - bytes.len();
        bytes.copy_from_slice(&supply[left..]);
        supply.truncate(left);
    }
}

/// 2024-01-01T00:00:00Z: ids count from here.
const EPOCH: i64 = 1_704_067_200_000;
/// An id's lowest bits count within a millisecond, the next ones name its maker, the other 41 are the millisecond.
const COUNT_BITS: u32 = 18;
const MAKER_BITS: u32 = 4;
/// Makers from here on are processes without a slot of their own, such as commands.
const WITHOUT_SLOT: i64 = 8;

/// Makes ids and secrets.
#[derive(Clone, Debug)]
pub struct Ids {
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    /// Ids of two makers differ.
    maker: i64,
    last: Arc<Mutex<Last>>,
}

/// The millisecond of the id that was made last, and its number therein.
#[derive(Debug)]
struct Last {
    moment: i64,
    count: i64,
}

impl Ids {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self::with_randomness(clock, Arc::<SystemRandomness>::default())
    }

    /// With randomness that is not the system's, for tests.
    pub fn with_randomness(clock: Arc<dyn Clock>, randomness: Arc<dyn Randomness>) -> Self {
        let ids = Self { clock, randomness, maker: 0, last: Arc::new(Mutex::new(Last { moment: 0, count: 0 })) };
        let maker = WITHOUT_SLOT + ids.below(1 << (MAKER_BITS - 1));
        Self { maker, ..ids }
    }

    /// The same with a slot of its own, of which there are 8.
    pub fn of_slot(self, slot: i64) -> Self {
        Self { maker: slot % WITHOUT_SLOT, ..self }
    }

    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// Bytes that nobody can guess.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.randomness.fill(&mut bytes);
        bytes
    }

    /// A number below a power of two.
    fn below(&self, bound: i64) -> i64 {
        i64::from(u32::from_le_bytes(self.random())) & (bound - 1)
    }

    /// A new id: milliseconds in the upper 41 bits, then who made it, then a number within the millisecond that begins
    /// anywhere in the lower half. Never twice the same from one process; from two only when they share a slot, and then
    /// the database refuses the second.
    pub fn id(&self) -> i64 {
        let (now, begin) = (self.clock.now().minus(EPOCH).0.max(1), self.below(1 << (COUNT_BITS - 1)));
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let next = last.count + 1;
        *last = match now > last.moment {
            true => Last { moment: now, count: begin },
            false if next < 1 << COUNT_BITS => Last { moment: last.moment, count: next },
            false => Last { moment: last.moment + 1, count: begin },
        };
        last.moment << (MAKER_BITS + COUNT_BITS) | self.maker << COUNT_BITS | last.count
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
    use crate::domain::time::{DAY, HOUR};

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
        let made: Vec<i64> = (0..600_000).map(|_| ids.id()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(made[0] > 0);
    }

    #[test]
    fn a_clock_follows_the_one_that_is_shared_and_goes_on() {
        let clock = SystemClock::default();
        let is_at = |moment: Millis| (0..5000).contains(&clock.now().minus(moment.0).0);
        let of_machine = clock.now();
        assert!(of_machine > Millis(EPOCH));
        let yesterday = of_machine.minus(DAY);
        clock.follow(yesterday.minus(1000)..=yesterday.plus(1000));
        assert!(is_at(yesterday), "the middle of the first answer");
        clock.follow(yesterday.minus(HOUR)..=yesterday.plus(HOUR));
        assert!(is_at(yesterday), "what it may be it stays");
        clock.follow(of_machine..=of_machine.plus(HOUR));
        assert!(is_at(of_machine), "and it goes no further than it must");
        clock.follow(yesterday.minus(HOUR)..=yesterday);
        assert!(is_at(yesterday));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_is_steady_when_it_has_not_jumped_for_a_while() {
        let clock = SystemClock::default();
        let told = |moment: Millis| clock.follow(moment..=moment);
        let pass = async |ms: i64| {
            tokio::time::advance(std::time::Duration::from_millis(ms as u64)).await;
        };
        assert!(!clock.is_steady() && clock.is_new() && !clock.has_leapt(), "it began just now");
        told(Millis(EPOCH));
        assert!(!clock.has_leapt(), "how far the machine's is from the shared one is no leap");
        pass(UNSTEADY - 1).await;
        assert!(!clock.is_steady() && clock.is_new());
        pass(1).await;
        assert!(clock.is_steady() && !clock.is_new());
        told(clock.now().plus(MINUTE));
        assert!(clock.is_steady(), "it only trembles");
        for (jump, leaps) in [(-DAY, false), (MINUTE + 1, false), (LEAP, false), (LEAP + 1, true)] {
            told(clock.now().plus(jump));
            assert_eq!((clock.is_steady(), clock.has_leapt()), (false, leaps), "{jump}");
            pass(UNSTEADY - 1).await;
            assert_eq!((clock.is_steady(), clock.has_leapt()), (false, leaps), "{jump}");
            pass(1).await;
            assert!(clock.is_steady() && !clock.has_leapt(), "{jump}");
        }
        for jump in [-DAY, DAY] {
            told(clock.now().plus(jump));
            assert!(!clock.is_steady());
            pass(UNSTEADY).await;
            assert!(clock.is_steady());
        }
    }

    /// Two processes that make many ids in one millisecond meet in none.
    #[test]
    fn ids_of_two_makers_differ() {
        let made = |slot| {
            let ids = Ids::new(Arc::new(Stopped)).of_slot(slot);
            (0..300_000).map(|_| ids.id()).collect::<std::collections::BTreeSet<i64>>()
        };
        let all: Vec<_> = (0..8).map(made).collect();
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| one.is_disjoint(other)), "{at}");
        }
    }

    /// What two processes without a slot make seldom meets: ids do not cluster.
    #[test]
    fn ids_begin_anywhere() {
        let count = |_| Ids::new(Arc::new(Stopped)).id() & ((1 << COUNT_BITS) - 1);
        let counts: std::collections::BTreeSet<i64> = (0..1000).map(count).collect();
        assert!(counts.len() > 980, "{}", counts.len());
        assert!(counts.iter().all(|count| *count < 1 << (COUNT_BITS - 1)));
    }
}
