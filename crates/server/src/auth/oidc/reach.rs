//! Which addresses a sign-in may ask.
//!
//! An issuer is named by an organization's administrator, who is not the one who runs the machine;
//! so the server must not be made to ask, in its own name, what only the server can reach. What must
//! always hold:
//!
//! - it is https, but for a provider on this machine;
//! - this machine is asked only if whoever runs the server allows that ([`Reach`]);
//! - link-local addresses and the others where clouds tell machines their secrets are never asked,
//!   nor what is no host at all: unspecified, broadcast, multicast;
//! - what counts is the address that is connected to, not a name that may mean another one a moment
//!   later.
//!
//! Private networks are allowed: a provider that people run themselves, such as Keycloak, is usually
//! in one. Where the server goes out by a proxy, the proxy decides about names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Where clouds tell a machine its secrets, beside the link-local address: Amazon's, by IPv6.
const AMAZON_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
/// The same of Alibaba.
const ALIBABA_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
/// The first 96 bits of an IPv6 address that stands for an IPv4 address.
const NAT64_PREFIX: [u16; 6] = [0x64, 0xff9b, 0, 0, 0, 0];

/// How far the server may go to ask a provider. Whoever runs the server decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Other machines, by https.
    Others,
    /// This machine too, there also by http: for a provider that runs beside the server.
    ThisMachineToo,
}

/// Why an address is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It would travel unencrypted.
    #[error("it is not https: give the provider's https address")]
    NotHttps,
    /// It leads back to the server's machine.
    #[error(
        "it leads to the server's own machine: name the provider's outside address, or let whoever runs the server allow providers on this machine"
    )]
    ThisMachine,
    /// It leads to where no provider is.
    #[error(
        "it leads to an address where no provider can be (link-local, metadata, multicast or unspecified): correct the address or its DNS entry"
    )]
    NoProviderThere,
    /// There is no host in it.
    #[error("it is not the address of a host: give it as https://host/path")]
    NoHost,
}

impl Reach {
    /// Whether an address as it is written may be asked.
    pub(super) fn check(self, uri: &Uri) -> Result<(), Refusal> {
        let host = uri.host().filter(|host| !host.is_empty());
        let host = host.ok_or(Refusal::NoHost)?;
        if uri
            .authority()
            .is_some_and(|all| all.as_str().contains('@'))
        {
            return Err(Refusal::NoHost);
        }
        let is_local = is_this_machine(host);
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if is_local => {}
            _ => return Err(Refusal::NotHttps),
        }
        if is_local && self == Self::Others {
            return Err(Refusal::ThisMachine);
        }
        literal(host).map_or(Ok(()), |address| self.check_address(address))
    }

    /// Whether an address may be connected to.
    fn check_address(self, address: IpAddr) -> Result<(), Refusal> {
        let address = as_v4(address);
        let is_nowhere = match address {
            IpAddr::V4(v4) => {
                v4.octets()[0] == 0
                    || v4.is_link_local()
                    || v4.is_broadcast()
                    || v4.is_multicast()
                    || v4 == ALIBABA_METADATA
            }
            IpAddr::V6(v6) => {
                v6.is_unspecified()
                    || v6.is_unicast_link_local()
                    || v6.is_multicast()
                    || v6 == AMAZON_METADATA
            }
        };
        if is_nowhere {
            Err(Refusal::NoProviderThere)
        } else if address.is_loopback() && self == Self::Others {
            Err(Refusal::ThisMachine)
        } else {
            Ok(())
        }
    }
}

/// Whether a host as it is written is this machine.
pub(super) fn is_this_machine(host: &str) -> bool {
    let name = host.to_ascii_lowercase();
    match literal(&name) {
        Some(address) => as_v4(address).is_loopback(),
        None => name == "localhost" || name.ends_with(".localhost"),
    }
}

fn literal(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[')
        .trim_end_matches(']')
        .parse()
        .ok()
}

/// The IPv4 address that an IPv6 address stands for, else the address itself.
fn as_v4(address: IpAddr) -> IpAddr {
    if let IpAddr::V6(v6) = address
        && v6.segments()[..6] == NAT64_PREFIX
    {
        let [.., a, b, c, d] = v6.octets();
        return IpAddr::V4(Ipv4Addr::new(a, b, c, d));
    }
    address.to_canonical()
}

/// Looks names up, and gives back only those of their addresses that may be connected to.
#[derive(Debug)]
pub(super) struct CheckedResolver {
    pub(super) reach: Reach,
    /// The proxy's own host, which whoever runs the server has named.
    pub(super) proxy: Option<String>,
    pub(super) names: DefaultResolver,
}

impl Resolver for CheckedResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        if self.proxy.is_some() && self.proxy.as_deref() == uri.host() {
            return Ok(found);
        }
        let is_plain = uri.scheme_str() == Some("http");
        let mut permitted = self.empty();
        let mut refusal = Refusal::NoProviderThere;
        for address in found.iter() {
            match self.reach.check_address(address.ip()) {
                Ok(()) if is_plain && !as_v4(address.ip()).is_loopback() => {
                    refusal = Refusal::NotHttps;
                }
                Ok(()) => permitted.push(*address),
                Err(why) => refusal = why,
            }
        }
        if permitted.is_empty() {
            Err(ureq::Error::Other(Box::new(refusal)))
        } else {
            Ok(permitted)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(reach: Reach, url: &str) -> Result<(), Refusal> {
        reach.check(&url.parse().unwrap())
    }

    #[test]
    fn another_machine_is_asked_by_https_alone() {
        for url in [
            "https://login.acme.example/realm",
            "https://10.1.2.3:8443",
            "https://[fd12::1]",
        ] {
            assert_eq!(check(Reach::Others, url), Ok(()), "{url}");
        }
        for url in [
            "http://login.acme.example",
            "http://10.1.2.3",
            "ftp://login.acme.example",
        ] {
            for reach in [Reach::Others, Reach::ThisMachineToo] {
                assert_eq!(check(reach, url), Err(Refusal::NotHttps), "{url}");
            }
        }
    }

    #[test]
    fn this_machine_is_asked_only_where_that_is_allowed() {
        for url in [
            "http://127.0.0.1:8080",
            "http://localhost",
            "https://LOCALHOST",
            "https://login.localhost",
            "https://127.9.9.9",
            "http://[::1]:1",
            "https://[::ffff:127.0.0.1]",
            "https://[64:ff9b::7f00:1]",
        ] {
            assert_eq!(
                check(Reach::Others, url),
                Err(Refusal::ThisMachine),
                "{url}"
            );
            assert_eq!(check(Reach::ThisMachineToo, url), Ok(()), "{url}");
        }
    }

    #[test]
    fn nothing_is_asked_where_clouds_keep_their_secrets() {
        for url in [
            "https://169.254.169.254/latest",
            "https://[::ffff:169.254.169.254]",
            "https://[64:ff9b::a9fe:a9fe]",
            "https://[fe80::1]",
            "https://[fd00:ec2::254]",
            "https://100.100.100.200",
            "https://0.0.0.0",
            "https://0.1.2.3",
            "https://[::]",
            "https://224.0.0.1",
            "https://255.255.255.255",
        ] {
            for reach in [Reach::Others, Reach::ThisMachineToo] {
                assert_eq!(check(reach, url), Err(Refusal::NoProviderThere), "{url}");
            }
        }
        assert_eq!(
            check(Reach::Others, "https://a@b.example"),
            Err(Refusal::NoHost)
        );
    }
}
