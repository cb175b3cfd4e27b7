//! What slows down guessing: failures of an account from one address, of an account from anywhere, of a network over all
//! accounts, and of all. A browser that somebody signed in by before counts for itself, so that no stranger keeps them out.

use super::browser::BrowserNumber;
use super::turns::Rank;
use crate::domain::id::PersonId;
use crate::domain::retention::FAILURES_REMEMBERED;
use crate::domain::text::Email;
use crate::domain::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use crate::server::error::Result;
use crate::server::store::{System, SystemTx, Trail};
use sha2::{Digest, Sha256};
use std::net::IpAddr;

/// What attempts are counted by. They are counted in this order, so that two at once wait for each other in one order too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An account, by a browser that is known for it.
    Known,
    /// An account from one address.
    Here,
    /// An account from all addresses.
    Account,
    /// The second factor of an account, from all addresses.
    Code,
    /// All accounts from a network: an IPv4 /24, an IPv6 /64.
    Network,
    /// All accounts from an IPv6 /48, which is one customer of a provider at most.
    Site,
    /// All accounts from everywhere.
    All,
}

impl Kind {
    /// After how many failures each further one costs time, and how much at most, in milliseconds. Source of the order of
    /// magnitude: OWASP ASVS 4.0.3, 2.2.1 (at most 100 guesses at an account in an hour).
    fn limit(self) -> (i64, i64) {
        match self {
            Self::Known => (10, 15 * MINUTE),
            Self::Here => (4, 15 * MINUTE),
            Self::Account => (30, MINUTE),
            // Of a million codes three are right at a time.
            Self::Code => (30, 15 * MINUTE),
            Self::Network => (30, MINUTE),
            Self::Site => (100, MINUTE),
            Self::All => (1000, 2 * SECOND),
        }
    }

    /// After so many milliseconds one failure is forgotten, so that those of honest people never add up.
    fn forgotten_after(self) -> i64 {
        match self {
            Self::Known | Self::Here | Self::Code => HOUR,
            Self::Account => 10 * MINUTE,
            Self::Network => 5 * MINUTE,
            Self::Site => 2 * MINUTE,
            Self::All => 30 * SECOND,
        }
    }
}

/// Nobody is told to wait longer than this.
const LONGEST_WAIT: i64 = 15 * MINUTE;

/// So long after the first of them wrong codes are forgotten, in milliseconds: one each day is nobody's attack.
const WRONG_CODE_FORGOTTEN: i64 = DAY;

/// What an attempt falls under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt(Vec<Counted>);

/// One thing that an attempt is counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Counted {
    kind: Kind,
    key: [u8; 32],
    /// Until when it makes others wait, once it is counted.
    until: Millis,
}

/// What becomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage {
    /// It may be tried, with this rank among those who wait for their turn.
    Try(Rank),
    /// It must wait for so many milliseconds instead.
    Wait(i64),
}

fn counted(kind: Kind, of: &str) -> Counted {
    Counted { kind, key: Sha256::digest(format!("{kind:?}\n{of}")).into(), until: Millis(0) }
}

impl Attempt {
    /// By a browser that is not known for the account.
    pub fn by_stranger(email: &Email, address: &str) -> Self {
        let (network, site) = (network(address), site(address));
        let mut kinds = vec![
            counted(Kind::Here, &format!("{email}\n{}", host(address))),
            counted(Kind::Account, email.as_str()),
            counted(Kind::Network, &network),
        ];
        kinds.extend(site.map(|site| counted(Kind::Site, &site)));
        kinds.push(counted(Kind::All, ""));
        Self(kinds)
    }

    /// By a browser that is known for the account.
    pub fn by_known(email: &Email, number: BrowserNumber) -> Self {
        Self(vec![counted(Kind::Known, &format!("{email}\n{number:x?}"))])
    }

    /// By whoever is signed in to the account already, in this session: one that was stolen keeps no other from anything.
    pub fn by_signed_in(email: &Email, session: &[u8]) -> Self {
        Self(vec![counted(Kind::Known, &format!("{email}\nsigned in\n{session:x?}"))])
    }

    /// At the code of a second factor, by whoever knew the password: by a browser that is known for the account, or from an
    /// address.
    pub fn at_code(email: &Email, number: Option<BrowserNumber>, address: &str) -> Self {
        match number {
            Some(number) => Self(vec![counted(Kind::Known, &format!("{email}\ncode\n{number:x?}"))]),
            None => Self(vec![
                counted(Kind::Here, &format!("{email}\ncode\n{}", host(address))),
                counted(Kind::Code, email.as_str()),
            ]),
        }
    }

    /// Counts the attempt as failed before it is tried, so that many at once are no way round.
    pub async fn count(&mut self, system: &System) -> Result<Passage> {
        let attempt = self.clone();
        let (counted, passage) = system
            .transaction(move |tx| {
                let attempt = attempt.clone();
                async move { attempt.count_once(tx).await }
            })
            .await?;
        *self = counted;
        Ok(passage)
    }

    /// An attempt that must wait is not counted: nothing is committed.
    async fn count_once(mut self, mut tx: SystemTx) -> Result<(Self, Passage)> {
        let now = tx.now;
        let (mut until, mut failures_nearby) = (now, 0);
        for counted in &mut self.0 {
            let kind = counted.kind;
            let known = tx.count_attempt(&counted.key, forgotten_before(now), kind.forgotten_after()).await?;
            // What says more was written while our clock was ahead.
            if known.blocked_until <= now.plus(LONGEST_WAIT) {
                until = until.max(known.blocked_until);
            }
            if matches!(kind, Kind::Here | Kind::Network) {
                failures_nearby += known.failures - 1;
            }
            let (free, longest) = kind.limit();
            counted.until = now.plus(wait_after(known.failures, free, longest));
        }
        if until > now {
            return Ok((self, Passage::Wait(until.0 - now.0)));
        }
        for counted in &self.0 {
            tx.block_until(&counted.key, counted.until).await?;
        }
        tx.commit(Trail::Unaudited("an attempt to sign in")).await?;
        let rank = match self.0.first() {
            Some(Counted { kind: Kind::Known, .. }) => Rank::Known,
            _ if failures_nearby == 0 => Rank::Fresh,
            _ => Rank::Failed,
        };
        Ok((self, Passage::Try(rank)))
    }

    /// Forgets the failures of this account from here, and takes this attempt back from what counts others' too, with the
    /// wait that came of it.
    pub async fn succeeded(&self, tx: &mut SystemTx) -> Result<()> {
        for Counted { kind, key, until } in &self.0 {
            match kind {
                Kind::Known | Kind::Here | Kind::Code => tx.clear_throttle(key).await?,
                Kind::Account | Kind::Network | Kind::Site | Kind::All => tx.forget_attempt(key, *until).await?,
            }
        }
        Ok(())
    }
}

/// Counts a wrong code after the right password, for its person to be told: nobody waits for it, and what comes right does not
/// clear it, or a thief would only have to go on after the owner. Returns how many the account had lately.
pub async fn count_wrong_code(tx: &mut SystemTx, person: PersonId) -> Result<i64> {
    let key: [u8; 32] = Sha256::digest(format!("wrong codes\n{person}")).into();
    let known = tx.count_attempt(&key, forgotten_before(tx.now), WRONG_CODE_FORGOTTEN).await?;
    Ok(known.failures)
}

/// What counts as one host: of IPv6 the /64, which one has to itself.
pub fn host(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => format!("{:x?}", &v6.segments()[..4]),
        _ => address.to_owned(),
    }
}

/// What counts as one network.
fn network(address: &str) -> String {
    let v4 = match address.parse() {
        Ok(IpAddr::V4(v4)) => Some(v4),
        Ok(IpAddr::V6(v6)) => v6.to_ipv4_mapped(),
        Err(_) => None,
    };
    v4.map_or_else(|| host(address), |v4| format!("{:?}", &v4.octets()[..3]))
}

/// The /48 of an IPv6 address.
fn site(address: &str) -> Option<String> {
    match address.parse() {
        Ok(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => Some(format!("{:x?}", &v6.segments()[..3])),
        _ => None,
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
    fn one_host_is_one_address_and_its_neighbours_one_network() {
        assert_eq!(host("2001:db8:1:2:aaaa::1"), host("2001:db8:1:2:bbbb::2"));
        assert_ne!(host("2001:db8:1:2::1"), host("2001:db8:1:3::1"));
        assert_eq!(site("2001:db8:1:2::1"), site("2001:db8:1:3::1"));
        assert_ne!(host("192.0.2.1"), host("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.9"));
        assert_ne!(network("192.0.2.1"), network("192.0.3.1"));
        assert_eq!(site("192.0.2.1"), None);
    }

    #[test]
    fn waits_double_and_end() {
        let (free, longest) = Kind::Here.limit();
        let waits: Vec<i64> = (1..=8).map(|failures| wait_after(failures, free, longest)).collect();
        assert_eq!(waits, [0, 0, 0, 0, 1000, 2000, 4000, 8000]);
        assert_eq!(wait_after(1000, free, longest), LONGEST_WAIT);
    }
}
