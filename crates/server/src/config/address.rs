//! The form of addresses that are listened on.
//!
//! What must always hold: what has another form, the system would refuse as well. Whether a name has an
//! address at all is not known here: only a look-up tells.

use std::net::{Ipv6Addr, SocketAddr};

/// Whether this is a host and a port: `127.0.0.1:8700`, `[::1]:8700`, `localhost:8700`.
pub(super) fn is_address(text: &str) -> bool {
    if text.parse::<SocketAddr>().is_ok() {
        return true;
    }
    let Some((host, port)) = text.rsplit_once(':') else {
        return false;
    };
    port.parse::<u16>().is_ok() && (is_name(host) || is_bare_ipv6(host))
}

/// Whether a name server may be asked for it.
fn is_name(host: &str) -> bool {
    let is_of_names = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty() && host.bytes().all(is_of_names)
}

/// Whether it is an IPv6 address without brackets, which systems take, with or without its interface.
fn is_bare_ipv6(host: &str) -> bool {
    let address = host
        .split_once('%')
        .map_or(host, |(address, _interface)| address);
    address.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn a_host_and_a_port_are_an_address_and_nothing_less_is() {
        for address in [
            "127.0.0.1:0",
            "0.0.0.0:8700",
            "[::1]:8700",
            "[fe80::1%2]:8700",
            "fe80::1%eth0:8700",
            "::1:8700",
            "localhost:8700",
            "log-1.my_net.example.:65535",
        ] {
            assert!(is_address(address), "{address}");
        }
        for other in [
            "",
            "8700",
            ":8700",
            "nonsense",
            "localhost:",
            "localhost:65536",
            "localhost:http",
            "127.0.0.1",
            "::1",
            "2001:db8::1",
            "[::1]",
            "[::1:8700",
            "http://localhost:8700",
            "localhost:8700/",
            "my host:8700",
            " localhost:8700",
        ] {
            assert!(!is_address(other), "{other}");
        }
    }
}
