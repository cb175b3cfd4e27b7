//! What slows down guessing: failures of an account from one address, and of an account from anywhere.

use crate::domain::text::Email;
use crate::domain::time::{DAY, MINUTE, Millis, SECOND};
use crate::server::error::Result;
use crate::server::store::Own;
use crate::server::store::throttle::Throttle;
use sha2::{Digest, Sha256};

/// Failures from one address before each further one costs time.
const FREE: i64 = 4;
const LONGEST_WAIT: i64 = 15 * MINUTE;
/// Failures from everywhere before addresses that failed themselves wait. An address without failures of its own never
/// does, so that a stranger cannot lock out somebody who types their password right.
const FREE_ANYWHERE: i64 = 50;
const LONGEST_WAIT_ANYWHERE: i64 = MINUTE;
/// Failures are forgotten when none came for this long.
const FORGOTTEN_AFTER: i64 = DAY;

/// The two counts that an attempt falls under.
pub struct Attempt {
    here: [u8; 32],
    anywhere: [u8; 32],
}

impl Attempt {
    pub fn new(email: &Email, address: &str) -> Self {
        let hash = |kind: &str, address: &str| Sha256::digest(format!("{kind}\n{email}\n{address}")).into();
        Self { here: hash("here", address), anywhere: hash("anywhere", "") }
    }

    /// How long this attempt must wait, in milliseconds; zero lets it pass.
    pub async fn wait(&self, own: &mut Own) -> Result<i64> {
        let now = own.now;
        let here = own.throttle(&self.here).await?;
        if is_forgotten(&here, now) {
            return Ok(0);
        }
        let anywhere = own.throttle(&self.anywhere).await?;
        let until =
            here.blocked_until.max(if is_forgotten(&anywhere, now) { Millis(0) } else { anywhere.blocked_until });
        Ok((until.0 - now.0).max(0))
    }

    /// Notes a failure.
    pub async fn failed(&self, own: &mut Own) -> Result<()> {
        for (key, free, longest) in
            [(&self.here, FREE, LONGEST_WAIT), (&self.anywhere, FREE_ANYWHERE, LONGEST_WAIT_ANYWHERE)]
        {
            let now = own.now;
            let before = own.throttle(key).await?;
            let failures = if is_forgotten(&before, now) { 1 } else { before.failures + 1 };
            let blocked_until = now.plus(wait_after(failures, free, longest));
            own.set_throttle(key, Throttle { failures, last_at: now, blocked_until }).await?;
        }
        Ok(())
    }

    /// Forgets the failures from this address.
    pub async fn succeeded(&self, own: &mut Own) -> Result<()> {
        own.clear_throttle(&self.here).await
    }
}

/// When failures are old enough to be removed.
pub fn forgotten_before(now: Millis) -> Millis {
    now.minus(FORGOTTEN_AFTER)
}

fn is_forgotten(throttle: &Throttle, now: Millis) -> bool {
    throttle.last_at < forgotten_before(now)
}

/// Nothing at first, then one second, doubled with each failure.
fn wait_after(failures: i64, free: i64, longest: i64) -> i64 {
    match failures - free {
        over if over <= 0 => 0,
        over => (SECOND << (over - 1).min(20)).min(longest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<i64> = (1..=8).map(|failures| wait_after(failures, FREE, LONGEST_WAIT)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1000, 2000, 4000, 8000]);
        assert_eq!(wait_after(1000, FREE, LONGEST_WAIT), LONGEST_WAIT);
    }
}
