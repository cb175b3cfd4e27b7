//! What slows down guessing: failures of an account from one address, and of an account from anywhere.

use crate::domain::retention::FAILURES_REMEMBERED;
use crate::domain::text::Email;
use crate::domain::time::{MINUTE, Millis, SECOND};
use crate::server::error::Result;
use crate::server::store::{System, SystemTx, Trail};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Failures from one address before each further one costs time.
const FREE: i64 = 4;
const LONGEST_WAIT: i64 = 15 * MINUTE;
/// Failures from everywhere before addresses that failed themselves wait. An address without failures of its own never
/// does, so that a stranger cannot lock out somebody who types their password right.
const FREE_ANYWHERE: i64 = 50;
const LONGEST_WAIT_ANYWHERE: i64 = MINUTE;

/// The two counts that an attempt falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    here: [u8; 32],
    anywhere: [u8; 32],
}

impl Attempt {
    pub fn new(email: &Email, address: &str) -> Self {
        let hash = |kind: &str, address: &str| Sha256::digest(format!("{kind}\n{email}\n{address}")).into();
        Self { here: hash("here", &network(address)), anywhere: hash("anywhere", "") }
    }

    /// Counts the attempt as failed before it is tried, so that many at once are no way round. Returns how long it must
    /// wait instead, in milliseconds; zero lets it pass.
    pub async fn count(self, system: &System) -> Result<i64> {
        system.transaction(move |tx| self.count_once(tx)).await
    }

    /// An attempt that must wait is not counted: nothing is committed.
    async fn count_once(self, mut tx: SystemTx) -> Result<i64> {
        let now = tx.now;
        let here = tx.count_attempt(&self.here, forgotten_before(now)).await?;
        let anywhere = tx.count_attempt(&self.anywhere, forgotten_before(now)).await?;
        let is_first = here.failures == 1;
        let until = if is_first { here.blocked_until } else { here.blocked_until.max(anywhere.blocked_until) };
        // Nobody is told to wait longer than this; what says so was written while our clock was ahead.
        if until > now && until <= now.plus(LONGEST_WAIT.max(LONGEST_WAIT_ANYWHERE)) {
            return Ok(until.0 - now.0);
        }
        tx.block_until(&self.here, now.plus(wait_after(here.failures, FREE, LONGEST_WAIT))).await?;
        let wait = wait_after(anywhere.failures, FREE_ANYWHERE, LONGEST_WAIT_ANYWHERE);
        tx.block_until(&self.anywhere, now.plus(wait)).await?;
        tx.commit(Trail::Unaudited("an attempt to sign in")).await?;
        Ok(0)
    }

    /// Forgets the failures from this address, and takes this attempt back from the account.
    pub async fn succeeded(&self, tx: &mut SystemTx) -> Result<()> {
        tx.clear_throttle(&self.here).await?;
        tx.forget_attempt(&self.anywhere).await
    }
}

/// What counts as one address: of IPv6 the /64, which one host has to itself.
pub fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => format!("{:x?}", &v6.segments()[..4]),
        _ => address.to_owned(),
    }
}

/// When failures are old enough to be removed.
pub fn forgotten_before(now: Millis) -> Millis {
    now.minus(FAILURES_REMEMBERED)
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
    fn one_host_is_one_address() {
        assert_eq!(network("2001:db8:1:2:aaaa::1"), network("2001:db8:1:2:bbbb::2"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<i64> = (1..=8).map(|failures| wait_after(failures, FREE, LONGEST_WAIT)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1000, 2000, 4000, 8000]);
        assert_eq!(wait_after(1000, FREE, LONGEST_WAIT), LONGEST_WAIT);
    }
}
