//! Places for connections: so many there are, and of them one host gets a part.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of one listener; cloning shares them.
#[derive(Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// How many each host has, of those that have any.
    taken: Arc<Mutex<BTreeMap<IpAddr, usize>>>,
    most_of_one: usize,
    /// Who brings the connections of many, and has no bound of its own.
    proxies: Arc<[IpAddr]>,
}

/// A place, which is free again when this is dropped.
pub(super) struct Place {
    _one: OwnedSemaphorePermit,
    /// Whose it is.
    of: Option<(IpAddr, Places)>,
}

impl Places {
    pub fn new(most: usize, most_of_one: usize, proxies: &[IpAddr]) -> Self {
        let proxies = proxies.iter().map(IpAddr::to_canonical).collect();
        Self { free: Arc::new(Semaphore::new(most)), taken: Arc::default(), most_of_one, proxies }
    }

    /// Waits for a place, for whoever comes next.
    pub async fn next(&self) -> OwnedSemaphorePermit {
        // Nobody closes it.
        self.free.clone().acquire_owned().await.unwrap_or_else(|_| unreachable!("places are never closed"))
    }

    /// Gives the place to who came; `None` when that host has as many as one may have.
    pub fn give(&self, place: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        if self.proxies.contains(&peer.to_canonical()) {
            return Some(Place { _one: place, of: None });
        }
        let host = host(peer);
        let mut taken = self.taken();
        let its = taken.entry(host).or_default();
        if *its >= self.most_of_one {
            return None;
        }
        *its += 1;
        drop(taken);
        Some(Place { _one: place, of: Some((host, self.clone())) })
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((host, places)) = &self.of else { return };
        let mut taken = places.taken();
        if let Some(its) = taken.get_mut(host) {
            *its -= 1;
            if *its == 0 {
                taken.remove(host);
            }
        }
    }
}

/// What counts as one host: of IPv6 the /64, which one has to itself.
fn host(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(peer) => Ipv6Addr::from_bits(peer.to_bits() >> 64 << 64).into(),
        peer => peer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(places: &Places, peer: &str) -> Option<Place> {
        places.give(places.next().await, peer.parse().expect("an address"))
    }

    #[tokio::test]
    async fn one_host_has_a_part_of_the_places_and_a_proxy_as_many_as_there_are() {
        let places = Places::new(10, 2, &["10.0.0.1".parse().expect("an address")]);
        let first = ask(&places, "2001:db8::1").await.expect("a place");
        let _second = ask(&places, "2001:db8::2").await.expect("another one of the same network");
        assert!(ask(&places, "2001:db8::3").await.is_none());
        let _other = ask(&places, "2001:db8:0:1::3").await.expect("it is another network");
        drop(first);
        let _third = ask(&places, "2001:db8::3").await.expect("one is free again");
        let mut of_proxy = Vec::new();
        for _ in 0..7 {
            of_proxy.push(ask(&places, "::ffff:10.0.0.1").await.expect("who brings the connections of many"));
        }
        assert_eq!((of_proxy.len(), places.free.available_permits()), (7, 0), "who was refused holds no place");
        drop((_second, _other, _third));
        assert!(places.taken().is_empty());
    }
}
