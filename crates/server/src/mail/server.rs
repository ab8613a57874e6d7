//! The URL of a mail server: `smtp://user:password@host:587` or `smtps://user:password@host:465`.
//!
//! What must always hold: `smtp:` insists on STARTTLS, but for a server on this machine, where the
//! connection can be read by nobody who could not read the URL; `smtps:` is TLS from the first byte.
//! There is no way to ask for less.

use std::fmt;

use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

use crate::config::is_loopback;

/// What to give.
pub(crate) const EXPECTED: &str = "a URL such as smtp://user:password@mail.example.com:587 (STARTTLS) or \
     smtps://user:password@mail.example.com:465 (TLS), with what is special in user and password \
     percent-encoded";

/// Where mail is handed over with STARTTLS, and with TLS from the start.
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;
/// Where a server on this machine listens.
const LOCAL_PORT: u16 = 25;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protection {
    /// It stays on this machine.
    Local,
    /// STARTTLS, or nothing.
    StartTls,
    /// TLS from the start.
    Tls,
}

/// A mail server, and who to be there.
pub(super) struct MailServer {
    host: String,
    port: u16,
    protection: Protection,
    credentials: Option<Credentials>,
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailServer").finish_non_exhaustive()
    }
}

impl MailServer {
    /// Reads a URL, or nothing: what is wrong with it is not told, since it holds a password.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let host = host_of(&url)?;
        let insists = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return None,
        };
        let protection = match url.scheme() {
            "smtps" => Protection::Tls,
            "smtp" if insists || !is_loopback(&host) => Protection::StartTls,
            "smtp" => Protection::Local,
            _ => return None,
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return None;
        }
        let default = match protection {
            Protection::Local => LOCAL_PORT,
            Protection::StartTls => SUBMISSION_PORT,
            Protection::Tls => SUBMISSIONS_PORT,
        };
        Some(Self {
            host: match host {
                // Without the brackets that URLs have around them.
                Host::Ipv6(address) => address.to_string(),
                host => host.to_string(),
            },
            port: url.port().unwrap_or(default),
            protection,
            credentials: credentials(&url)?,
        })
    }

    /// What connects to it.
    pub(super) fn transport(
        self,
    ) -> Result<AsyncSmtpTransportBuilder, lettre::transport::smtp::Error> {
        let parameters = || TlsParameters::new(self.host.clone());
        let tls = match self.protection {
            Protection::Local => Tls::None,
            Protection::StartTls => Tls::Required(parameters()?),
            Protection::Tls => Tls::Wrapper(parameters()?),
        };
        // Dangerous is only the absence of TLS, which is decided above.
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(self.host)
            .port(self.port)
            .tls(tls);
        Ok(match self.credentials {
            Some(credentials) => builder.credentials(credentials),
            None => builder,
        })
    }
}

/// The host. The URL's own parser takes it as opaque text, since it knows no such scheme.
fn host_of(url: &Url) -> Option<Host> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    Host::parse(host).ok()
}

/// Both parts of the credentials, or neither; nothing if there is one alone.
fn credentials(url: &Url) -> Option<Option<Credentials>> {
    let decode = |text: &str| -> Option<String> {
        let text = percent_decode_str(text).decode_utf8().ok()?;
        (!text.is_empty() && !text.chars().any(char::is_control)).then(|| text.into_owned())
    };
    match (url.username(), url.password()) {
        ("", None) => Some(None),
        (user, Some(password)) => Some(Some(Credentials::new(decode(user)?, decode(password)?))),
        (_, None) => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_server_away_from_this_machine_is_never_spoken_to_in_the_clear() {
        for (url, protection, port) in [
            ("smtp://mail.example.com", Protection::StartTls, 587),
            ("smtp://u:p@mail.example.com:25/", Protection::StartTls, 25),
            ("smtp://10.0.0.1", Protection::StartTls, 587),
            ("smtp://localhost.example.com", Protection::StartTls, 587),
            ("smtp://127.0.0.1?tls=required", Protection::StartTls, 587),
            ("smtps://u:p@mail.example.com", Protection::Tls, 465),
            ("smtps://127.0.0.1:1465", Protection::Tls, 1465),
            ("smtp://127.0.0.1", Protection::Local, 25),
            ("smtp://u:p@localhost:2525", Protection::Local, 2525),
            ("smtp://[::1]:2525", Protection::Local, 2525),
        ] {
            let server = MailServer::parse(url).unwrap();
            assert_eq!(
                (server.protection, server.port),
                (protection, port),
                "{url}"
            );
        }
    }

    #[test]
    fn what_is_no_url_of_a_server_is_refused() {
        for url in [
            "",
            "mail.example.com:587",
            "http://mail.example.com",
            "smtp://",
            "smtp://:587",
            "smtp://user@mail.example.com",
            "smtp://:password@mail.example.com",
            "smtp://user:@mail.example.com",
            "smtp://user:a%0d%0ab@mail.example.com",
            "smtp://mail.example.com?tls=none",
            "smtp://mail.example.com?tls=opportunistic",
            "smtp://mail.example.com/name",
            "smtp://mail.example.com#x",
            "smtp://mail.example.com:99999",
            "smtp://mail.example.com\r\n",
        ] {
            assert!(MailServer::parse(url).is_none(), "{url:?}");
        }
    }

    #[test]
    fn credentials_are_decoded_and_not_shown() {
        let server = MailServer::parse("smtp://us%40er:p%3Aw@mail.example.com").unwrap();
        let expected = Credentials::new("us@er".to_owned(), "p:w".to_owned());
        assert!(server.credentials == Some(expected));
        assert_eq!(format!("{server:?}"), "MailServer { .. }");
    }
}
