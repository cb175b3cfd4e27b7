//! What slows down guessing: failures of an account from one address, and of an account from anywhere.

use crate::domain::text::Email;
use crate::domain::time::{DAY, MINUTE, Millis, SECOND};
use crate::server::error::Result;
use crate::server::store::{Event, Store, SystemTx};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// Failures from one address before each further one costs time.
const FREE: i64 = 4;
const LONGEST_WAIT: i64 = 15 * MINUTE;
/// Failures from everywhere before addresses that failed themselves wait. An address without failures of its own never
/// does, so that a stranger cannot lock out somebody who types their password right.
const FREE_ANYWHERE: i64 = 50;
const LONGEST_WAIT_ANYWHERE: i64 = MINUTE;
/// Failures are forgotten when none came for this long.
pub const FORGOTTEN_AFTER: i64 = DAY;

/// The two counts that an attempt falls under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    here: [u8; 32],
    anywhere: [u8; 32],
}

impl Attempt {
    /// Counts the attempt in a transaction of its own; answers how long it must wait instead, as `begin` does.
    pub async fn start(self, store: &Store) -> Result<i64> {
        let begin = move |mut system: SystemTx| async move {
            let wait = self.begin(&mut system).await?;
            if wait == 0 {
                system.commit(Event::Unaudited("an attempt to sign in")).await?;
            }
            Ok(wait)
        };
        store.system(begin).await
    }

    pub fn new(email: &Email, address: &str) -> Self {
        let hash = |kind: &str, address: &str| Sha256::digest(format!("{kind}\n{email}\n{address}")).into();
        Self { here: hash("here", &network(address)), anywhere: hash("anywhere", "") }
    }

    /// Counts the attempt as failed before it is tried, so that many at once are no way round. Answers how long it must
    /// wait instead, in milliseconds; zero lets it pass.
    pub async fn begin(&self, system: &mut SystemTx) -> Result<i64> {
        let now = system.now;
        let here = system.count_attempt(&self.here, forgotten_before(now)).await?;
        let anywhere = system.count_attempt(&self.anywhere, forgotten_before(now)).await?;
        let fresh = here.failures == 1;
        let until = if fresh { here.blocked_until } else { here.blocked_until.max(anywhere.blocked_until) };
        if until > now {
            return Ok(until.0 - now.0);
        }
        system.block_until(&self.here, now.plus(wait_after(here.failures, FREE, LONGEST_WAIT))).await?;
        let wait = wait_after(anywhere.failures, FREE_ANYWHERE, LONGEST_WAIT_ANYWHERE);
        system.block_until(&self.anywhere, now.plus(wait)).await?;
        Ok(0)
    }

    /// Forgets the failures from this address, and takes this attempt back from the account.
    pub async fn succeeded(&self, system: &mut SystemTx) -> Result<()> {
        system.clear_throttle(&self.here).await?;
        system.forget_attempt(&self.anywhere).await
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
    now.minus(FORGOTTEN_AFTER)
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
