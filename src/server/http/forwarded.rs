//! Where a request comes from: the peer, or whom trusted proxies name.

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Who is at the other end of the connection; nobody where there is none, as in tests.
pub fn peer(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

/// The nearest address that is no trusted proxy's. `X-Forwarded-For` is read from the right, as proxies append to it: what
/// stands left of the first hop that is not trusted, or is no address at all, was written by whoever sent it.
pub fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let mut nearest = peer.to_canonical();
    let mut hops: Vec<&str> = Vec::new();
    for value in headers.get_all(FORWARDED_FOR) {
        // What is no text names no address either.
        hops.extend(value.to_str().unwrap_or("-").split(','));
    }
    for hop in hops.into_iter().rev() {
        if !is_trusted(nearest, trusted) {
            break;
        }
        match hop_address(hop) {
            Some(address) => nearest = address,
            None => break,
        }
    }
    nearest
}

/// Whether a peer that is not trusted passed the request on, or claims so.
pub fn is_by_stranger(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> bool {
    let claims = [FORWARDED_FOR, "forwarded", "x-real-ip"].into_iter().any(|name| headers.contains_key(name));
    claims && !is_trusted(peer.to_canonical(), trusted)
}

fn is_trusted(address: IpAddr, trusted: &[IpAddr]) -> bool {
    trusted.iter().any(|proxy| proxy.to_canonical() == address)
}

/// An address with or without a port; one of IPv4 that is written as IPv6 is of IPv4.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok().or_else(|| hop.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn asked(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        forwarded.iter().for_each(|value| {
            headers.append(FORWARDED_FOR, value.parse().expect("a value"));
        });
        address(ip(peer), &headers, &[ip("10.0.0.1"), ip("10.0.0.2"), ip("::1")]).to_string()
    }

    #[test]
    fn the_nearest_that_is_not_trusted_counts() {
        for (peer, forwarded, found) in [
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
            ("10.0.0.1", &["198.51.100.1", "203.0.113.7"], "203.0.113.7"),
            ("10.0.0.1", &["10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", &["203.0.113.7:5123"], "203.0.113.7"),
            ("10.0.0.1", &["[2001:db8::7]:5123"], "2001:db8::7"),
            ("10.0.0.1", &["[2001:db8::7]"], "2001:db8::7"),
            ("10.0.0.1", &["2001:db8::7"], "2001:db8::7"),
            ("10.0.0.1", &["::ffff:203.0.113.7"], "203.0.113.7"),
            ("::ffff:10.0.0.1", &["203.0.113.7"], "203.0.113.7"),
            ("::ffff:203.0.113.7", &["198.51.100.1"], "203.0.113.7"),
        ] {
            assert_eq!(asked(peer, forwarded), found, "{peer} {forwarded:?}");
        }
    }

    /// Passed over, it would leave the address that the sender wrote.
    #[test]
    fn a_hop_that_is_no_address_ends_it() {
        for unreadable in ["unknown", "_hidden", "", "203.0.113.7:99999", "[::1", "1.2.3"] {
            assert_eq!(asked("10.0.0.1", &[&format!("198.51.100.1, {unreadable}")]), "10.0.0.1", "{unreadable}");
            assert_eq!(asked("10.0.0.1", &[&format!("198.51.100.1, {unreadable}, 10.0.0.2")]), "10.0.0.2");
        }
    }
}
