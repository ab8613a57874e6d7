//! Where a request comes from: the client's address, and the scheme that it used.
//!
//! A proxy in front of the server says so in headers, but so can anybody. What must always hold:
//!
//! - what a peer that is not a trusted proxy sends changes nothing;
//! - of the addresses that trusted proxies report, the client is the nearest that is no trusted proxy;
//!   what lies beyond it was written by the client;
//! - an IPv4 address is one address, also when it comes dressed as IPv6.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderValue};
use ipnet::{IpNet, Ipv4Net};

/// The header that lists who asked, each proxy adding its peer at the end.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// The header that tells with which scheme the client asked.
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// Most addresses that are looked at. No chain of real proxies is as long.
const MAX_HOPS: usize = 32;
/// Longest entry that is looked at, in bytes: an IPv6 address in brackets with a port.
const MAX_ENTRY_BYTES: usize = 64;
/// Bits that an IPv4 address has in front of it as an IPv6 address.
const MAPPED_BITS: u8 = 96;

/// The scheme of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// In the clear.
    Http,
    /// Behind TLS.
    Https,
}

impl Scheme {
    /// The scheme as a URL names it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Reads a scheme. `None` if it is none of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let known = [Self::Http, Self::Https];
        known
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
    }
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client {
    /// The address, IPv4 wherever it is one.
    pub(crate) address: IpAddr,
    /// The scheme that the client used.
    pub(crate) scheme: Scheme,
}

/// The proxies that tell the truth about their peers.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies {
    networks: Vec<IpNet>,
}

impl TrustedProxies {
    /// The proxies of these networks.
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        let networks = networks.iter().copied().map(canonical).collect();
        Self { networks }
    }

    /// Where a request comes from that `peer` sent over a connection of this scheme.
    pub(crate) fn client(&self, peer: IpAddr, scheme: Scheme, headers: &HeaderMap) -> Client {
        let mut address = peer.to_canonical();
        if !self.trust(address) {
            return Client { address, scheme };
        }
        let scheme = forwarded_scheme(headers).unwrap_or(scheme);
        for entry in forwarded_for(headers).take(MAX_HOPS) {
            // Past what is no address, nobody can tell who wrote what.
            let Some(hop) = parse_address(entry) else {
                break;
            };
            address = hop;
            if !self.trust(address) {
                break;
            }
        }
        Client { address, scheme }
    }

    fn trust(&self, address: IpAddr) -> bool {
        let mut networks = self.networks.iter();
        networks.any(|network| network.contains(&address))
    }
}

/// A network of IPv4 addresses dressed as IPv6, undressed.
pub(crate) fn canonical(network: IpNet) -> IpNet {
    let bits = network.prefix_len().checked_sub(MAPPED_BITS);
    let plain = match (network, network.addr().to_canonical(), bits) {
        (IpNet::V6(_), IpAddr::V4(address), Some(bits)) => Ipv4Net::new(address, bits).ok(),
        _ => None,
    };
    plain.map_or(network, IpNet::V4)
}

/// The entries of all the headers, the last one first.
fn forwarded_for(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    let values: Vec<&HeaderValue> = headers.get_all(FORWARDED_FOR).iter().collect();
    let lists = values.into_iter().rev().map(HeaderValue::as_bytes);
    lists.flat_map(|list| list.rsplit(|byte| *byte == b','))
}

/// An address, also with a port, as some proxies write it.
fn parse_address(entry: &[u8]) -> Option<IpAddr> {
    let entry = entry.trim_ascii();
    if entry.len() > MAX_ENTRY_BYTES {
        return None;
    }
    let text = std::str::from_utf8(entry).ok()?;
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = match bare {
        Some(inside) => IpAddr::V6(inside.parse().ok()?),
        None => match text.parse::<IpAddr>() {
            Ok(address) => address,
            Err(_) => text.parse::<SocketAddr>().ok()?.ip(),
        },
    };
    Some(address.to_canonical())
}

/// The scheme that the nearest proxy tells of. Whatever stands further left may be the client's.
fn forwarded_scheme(headers: &HeaderMap) -> Option<Scheme> {
    let last = headers.get_all(FORWARDED_PROTO).iter().next_back()?;
    let entry = last.as_bytes().rsplit(|byte| *byte == b',').next()?;
    Scheme::parse(std::str::from_utf8(entry.trim_ascii()).ok()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const PROXY: &str = "10.0.0.1";
    const STRANGER: &str = "203.0.113.9";

    fn proxies() -> TrustedProxies {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|text| text.parse().unwrap());
        TrustedProxies::new(&networks)
    }

    fn headers(name: &'static str, values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn address(peer: &str, values: &[&str]) -> String {
        let headers = headers(FORWARDED_FOR, values);
        let peer = peer.parse().unwrap();
        let client = proxies().client(peer, Scheme::Http, &headers);
        client.address.to_string()
    }

    #[test]
    fn a_stranger_is_who_it_is_whatever_it_says() {
        assert_eq!(address(STRANGER, &["198.51.100.1"]), STRANGER);
        assert_eq!(address(STRANGER, &[PROXY]), STRANGER);
        assert_eq!(address("::ffff:203.0.113.9", &["1.1.1.1"]), STRANGER);
        let lies = headers(FORWARDED_PROTO, &["https"]);
        let client = proxies().client(STRANGER.parse().unwrap(), Scheme::Http, &lies);
        assert_eq!(client.scheme, Scheme::Http);
        let nobody = TrustedProxies::default();
        let peer = PROXY.parse().unwrap();
        let told = headers(FORWARDED_FOR, &["198.51.100.1"]);
        assert_eq!(nobody.client(peer, Scheme::Http, &told).address, peer);
    }

    #[test]
    fn the_client_is_the_nearest_that_is_no_proxy() {
        for (values, expected) in [
            (&[][..], PROXY),
            (&["198.51.100.1"], "198.51.100.1"),
            // The client wrote 1.1.1.1 itself.
            (&["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            (&["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
            (&["198.51.100.1, 10.1.1.1, fd00::7"], "198.51.100.1"),
            (&["198.51.100.1", "10.1.1.1,10.2.2.2"], "198.51.100.1"),
            // Nobody but proxies: the furthest.
            (&["10.3.3.3, 10.2.2.2"], "10.3.3.3"),
            (&["::ffff:198.51.100.1"], "198.51.100.1"),
            (&["198.51.100.1, ::ffff:10.1.1.1"], "198.51.100.1"),
            (&["198.51.100.1:4711"], "198.51.100.1"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&[" 198.51.100.1\t"], "198.51.100.1"),
        ] {
            assert_eq!(address(PROXY, values), expected, "{values:?}");
        }
        assert_eq!(
            address("::ffff:10.0.0.1", &["198.51.100.1"]),
            "198.51.100.1"
        );
    }

    #[test]
    fn garbage_stops_the_way_back() {
        for garbage in [
            "",
            ",",
            "unknown",
            "_hidden",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1.2.3.4/8",
            "é",
            "fe80::1%eth0",
            "[1.2.3.4]",
            "1.2.3.4:99999",
            "for=1.2.3.4",
            &"9".repeat(10_000),
        ] {
            assert_eq!(address(PROXY, &[garbage]), PROXY, "{garbage:.20}");
            let beyond = format!("198.51.100.1, {garbage}, 10.1.1.1");
            assert_eq!(address(PROXY, &[&beyond]), "10.1.1.1", "{garbage:.20}");
        }
    }

    #[test]
    fn an_endless_list_is_left_after_some_hops() {
        let list = format!("198.51.100.1{}", ",10.1.1.1".repeat(MAX_HOPS));
        assert_eq!(address(PROXY, &[&list]), "10.1.1.1");
        let list = format!("198.51.100.1{}", ",10.1.1.1".repeat(MAX_HOPS - 1));
        assert_eq!(address(PROXY, &[&list]), "198.51.100.1");
    }

    #[test]
    fn a_network_written_as_ipv6_trusts_its_ipv4_addresses() {
        let networks = ["::ffff:10.0.0.0/104".parse().unwrap()];
        let proxies = TrustedProxies::new(&networks);
        let told = headers(FORWARDED_FOR, &["198.51.100.1"]);
        let client = |peer: &str| proxies.client(peer.parse().unwrap(), Scheme::Http, &told);
        assert_eq!(client("10.9.9.9").address.to_string(), "198.51.100.1");
        assert_eq!(client("11.9.9.9").address.to_string(), "11.9.9.9");
    }

    #[test]
    fn the_scheme_is_what_the_nearest_proxy_says() {
        for (values, expected) in [
            (&[][..], Scheme::Http),
            (&["https"], Scheme::Https),
            (&["HTTPS"], Scheme::Https),
            (&["http, https"], Scheme::Https),
            (&["https, http"], Scheme::Http),
            (&["https", "http"], Scheme::Http),
            (&["wss"], Scheme::Http),
            (&["https,"], Scheme::Http),
        ] {
            let headers = headers(FORWARDED_PROTO, values);
            let client = proxies().client(PROXY.parse().unwrap(), Scheme::Http, &headers);
            assert_eq!(client.scheme, expected, "{values:?}");
        }
        let down = headers(FORWARDED_PROTO, &["http"]);
        let client = proxies().client(PROXY.parse().unwrap(), Scheme::Https, &down);
        assert_eq!(client.scheme, Scheme::Http);
    }

    proptest! {
        #[test]
        fn whatever_an_untrusted_peer_sends_the_answer_is_the_peer(
            peer: IpAddr,
            lists in prop::collection::vec("[0-9a-f:., \\[\\]]{0,60}|(10\\.0\\.0\\.[0-9],? ?){0,5}", 0..4),
            proto in "https?|[ -~]{0,10}",
        ) {
            let peer = peer.to_canonical();
            prop_assume!(!proxies().trust(peer));
            let lists: Vec<&str> = lists.iter().map(String::as_str).collect();
            let mut headers = headers(FORWARDED_FOR, &lists);
            headers.append(FORWARDED_PROTO, HeaderValue::from_str(&proto).unwrap());
            headers.append("forwarded", HeaderValue::from_static("for=1.2.3.4;proto=https"));
            headers.append("x-real-ip", HeaderValue::from_static("1.2.3.4"));
            let client = proxies().client(peer, Scheme::Http, &headers);
            prop_assert_eq!(client, Client { address: peer, scheme: Scheme::Http });
        }

        #[test]
        fn what_a_client_writes_before_its_own_address_changes_nothing(
            written in "[ -~]{0,80}",
            client: IpAddr,
        ) {
            let client = client.to_canonical();
            prop_assume!(!proxies().trust(client));
            let list = format!("{written},{client}");
            prop_assert_eq!(address(PROXY, &[&list]), client.to_string());
        }
    }
}
