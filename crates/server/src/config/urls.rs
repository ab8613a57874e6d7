//! The form of the URLs and networks that are configured.
//!
//! What must always hold: what is accepted can be worked with; and what is refused is not repeated by
//! anything here, since some of it holds passwords.

use std::net::IpAddr;

use ipnet::IpNet;
use sqlx::postgres::PgConnectOptions;
use url::{Host, Url};

/// The parameters of a PostgreSQL URL that are known. Of any other the driver logs the value, which may be
/// a password behind a misspelt name.
const DATABASE_PARAMETERS: [&str; 10] = [
    "application_name",
    "dbname",
    "host",
    "password",
    "port",
    "sslcert",
    "sslkey",
    "sslmode",
    "sslrootcert",
    "user",
];

/// Whether what goes there stays on this machine.
pub(crate) fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The origin of a URL that people reach the server by: `https://host[:port]`, or `http:` on this machine.
/// Nothing if there is more to it than that, but for one slash.
pub(super) fn public_origin(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    let is_plain = |c: char| c.is_ascii_graphic() && !"/\\?#@%".contains(c);
    if authority.is_empty() || !authority.chars().all(is_plain) {
        return None;
    }
    let url = Url::parse(text).ok()?;
    let host = url.host()?.to_owned();
    // As it is written: the parser drops blanks and line breaks.
    let is_safe = scheme == "https" || (scheme == "http" && is_loopback(&host));
    (is_safe && url.port() != Some(0)).then(|| url.origin().ascii_serialization())
}

/// The name and the prefix of `s3://name/prefix`, the prefix without slashes around it.
pub(super) fn bucket(text: &str) -> Option<(String, String)> {
    const MAX_BYTES: usize = 512;
    let (name, prefix) = match text.strip_prefix("s3://")?.split_once('/') {
        Some((name, prefix)) => (name, prefix.strip_suffix('/').unwrap_or(prefix)),
        None => (text.strip_prefix("s3://")?, ""),
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_segment = |segment: &str| {
        !segment.is_empty()
            && !segment.bytes().all(|byte| byte == b'.')
            && segment.chars().all(is_name)
    };
    let is_prefix = prefix.is_empty() || prefix.split('/').all(is_segment);
    (text.len() <= MAX_BYTES && is_segment(name) && is_prefix)
        .then(|| (name.to_owned(), prefix.to_owned()))
}

/// Whether this is the URL of a store: an origin, with a path if need be. What is not on this machine takes TLS.
pub(super) fn is_endpoint(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let is_plain = text.chars().all(|c| c.is_ascii_graphic() && c != '@');
    let is_safe = match text.split_once("://").map(|(scheme, _)| scheme) {
        Some("https") => true,
        Some("http") => url.host().is_some_and(|host| is_loopback(&host.to_owned())),
        _ => false,
    };
    is_plain && is_safe && url.query().is_none() && url.fragment().is_none()
}

/// A network, or one address as a network of its own. None has everybody in it.
pub(super) fn network(text: &str) -> Option<IpNet> {
    let address = text.parse::<IpAddr>().map(IpNet::from);
    let network = address.ok().or_else(|| text.parse().ok())?;
    (network.prefix_len() > 0).then(|| network.trunc())
}

/// Whether this is the URL of a PostgreSQL database that the driver would take. Whether there is one
/// is seen when it is opened.
pub(super) fn is_database(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    let is_known = |name: &str| DATABASE_PARAMETERS.contains(&name);
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    let names_host = url.query_pairs().any(|(name, _)| name == "host");
    matches!(url.scheme(), "postgres" | "postgresql")
        && !text.chars().any(char::is_control)
        && (has_host || names_host)
        && url.fragment().is_none()
        && url.query_pairs().all(|(name, _)| is_known(&name))
        && text.parse::<PgConnectOptions>().is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_nothing_more() {
        for (url, origin) in [
            ("https://audit.example.com", "https://audit.example.com"),
            ("https://audit.example.com/", "https://audit.example.com"),
            ("https://Audit.example.com:443", "https://audit.example.com"),
            ("https://10.0.0.1:8443", "https://10.0.0.1:8443"),
            ("https://[2001:db8::1]", "https://[2001:db8::1]"),
            ("http://localhost:8700", "http://localhost:8700"),
            ("http://127.0.0.1:8700/", "http://127.0.0.1:8700"),
            ("http://[::1]:8700", "http://[::1]:8700"),
        ] {
            assert_eq!(public_origin(url).as_deref(), Some(origin), "{url}");
        }
        for url in [
            "",
            "audit.example.com",
            "https:audit.example.com",
            "https://",
            "https:///",
            "http://audit.example.com",
            "http://localhost.example.com",
            "ftp://audit.example.com",
            "https://audit.example.com/console",
            "https://audit.example.com//",
            "https://audit.example.com?",
            "https://audit.example.com/#",
            "https://user@audit.example.com",
            "https://@audit.example.com",
            "https://audit.example.com:0",
            "https://audit.example.com:99999",
            "https://audit.example.com\\evil",
            "https://audit.example.com\n",
            " https://audit.example.com",
            "https://audit%2eexample.com",
        ] {
            assert_eq!(public_origin(url), None, "{url:?}");
        }
    }

    #[test]
    fn a_bucket_has_a_name_and_perhaps_a_prefix() {
        let read = |text: &str| bucket(text).map(|(name, prefix)| format!("{name}|{prefix}"));
        for (text, expected) in [
            ("s3://acme", "acme|"),
            ("s3://acme/", "acme|"),
            ("s3://acme.audit-1/a/b_c/", "acme.audit-1|a/b_c"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "acme",
            "s3://",
            "s3:///x",
            "s3://a//b",
            "s3://a/../b",
            "gs://a",
            "s3://a b",
            "s3://a/b?c",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_store_is_asked_by_tls_unless_it_is_on_this_machine() {
        for url in [
            "https://s3.example.com",
            "https://s3.example.com:9000/x",
            "http://127.0.0.1:9000",
            "http://localhost",
        ] {
            assert!(is_endpoint(url), "{url}");
        }
        for url in [
            "",
            "s3.example.com",
            "http://s3.example.com",
            "https://a:b@s3.example.com",
            "ftp://localhost",
            "https://x/?a",
        ] {
            assert!(!is_endpoint(url), "{url}");
        }
    }

    #[test]
    fn a_network_is_one_or_an_address_but_never_all_addresses() {
        for (text, written) in [
            ("10.0.0.7", "10.0.0.7/32"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("::1", "::1/128"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            assert_eq!(network(text).unwrap().to_string(), written);
        }
        for text in [
            "",
            "proxy",
            "10.0.0.1:80",
            "10.0.0.0/33",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.1 ",
        ] {
            assert_eq!(network(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_database_is_a_url_of_postgresql_with_known_parameters() {
        for url in [
            "postgres://evident:secret@db.example.com/evident",
            "postgresql://db.example.com:5433/evident?sslmode=verify-full",
            "postgres:///evident?host=/run/postgresql",
            "postgres://e@localhost/evident?host=/run/postgresql&application_name=evident",
        ] {
            assert!(is_database(url), "{url}");
        }
        for url in [
            "",
            "evident",
            "mysql://db.example.com/evident",
            "sqlite:///tmp/x",
            "postgres://",
            "postgres:///evident",
            "postgres://db.example.com/evident?sslmode=sometimes",
            "postgres://db.example.com/evident?pasword=secret",
            "postgres://db.example.com/evident#secret",
            "postgres://db.example.com:99999/evident",
            "postgres://db.example.com/evi\ndent",
        ] {
            assert!(!is_database(url), "{url:?}");
        }
    }
}
