//! How invitations reach people, and how those who try to accept one are held back.
//!
//! What must always hold:
//!
//! - the secret of a link stands behind its `#`, which browsers send to nobody;
//! - mail holds links to the configured address only: what a request says about where it came to could lead the
//!   invited elsewhere. Without that address nothing is mailed, and the link is shown to whoever invites;
//! - a link is made for mail or for whoever invites, and is kept nowhere.

use std::net::IpAddr;
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header::HOST;

use crate::auth::hasher::Hasher;
use crate::auth::throttle::{Admitted, Attempt, Throttle, TooMany};
use crate::auth::token::Token;
use crate::mail::Mailer;

/// Where a link leads.
const PAGE: &str = "/invitation";
/// Longest `Host` that a link is made with, in bytes.
const MAX_HOST_BYTES: usize = 255;
/// What links lead to where a request does not say where it came to.
const NOWHERE: &str = "localhost";

/// What invitations are made and accepted with.
pub(crate) struct Inviting {
    /// The configured address of the server, such as `https://audit.example.com`.
    public_url: Option<String>,
    mailer: Option<Mailer>,
    /// Holds back those who try tokens. Apart from that of signing in, so that neither counts for the other.
    throttle: Throttle,
    pub(crate) hasher: Hasher,
}

/// What an invitation says.
#[derive(Debug)]
pub(crate) struct Letter<'l> {
    /// Who is invited.
    pub(crate) email: &'l str,
    /// What the organization is called.
    pub(crate) organization: &'l str,
    /// How long it is valid.
    pub(crate) expires_at: &'l str,
}

impl Inviting {
    /// Sends mail by this mailer, with links to this address.
    pub(crate) fn new(public_url: Option<String>, mailer: Option<Mailer>) -> Self {
        Self {
            public_url,
            mailer,
            throttle: Throttle::new(),
            hasher: Hasher::new(),
        }
    }

    /// The link of a token, for whoever made the request with these headers.
    pub(crate) fn link(&self, token: &Token, headers: &HeaderMap, secure: bool) -> String {
        let origin = match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => origin(headers, secure),
        };
        format!("{origin}{PAGE}#{}", token.write())
    }

    /// Sends a letter with a link, where that is set up. Says whether the invited have it now: if not, whoever
    /// invites must pass it on.
    pub(crate) async fn send(&self, letter: &Letter<'_>, link: &str) -> bool {
        let (Some(mailer), Some(_)) = (&self.mailer, &self.public_url) else {
            return false;
        };
        let (subject, text) = letter.written(link);
        match mailer.send(letter.email, &subject, &text).await {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!("an invitation was not sent, so its link was shown: {error}");
                false
            }
        }
    }

    /// Lets a try of a token in, or says how long to wait.
    pub(crate) fn admit(
        &self,
        digest: &[u8; 32],
        address: IpAddr,
        now: Instant,
    ) -> Result<Admitted, TooMany> {
        let account: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let attempt = Attempt {
            account: &account,
            address,
            device: None,
        };
        self.throttle.admit(attempt, now)
    }

    /// Takes a try back whose token was right.
    pub(crate) fn succeeded(&self, admitted: Admitted) {
        self.throttle.succeeded(admitted);
    }
}

impl Letter<'_> {
    fn written(&self, link: &str) -> (String, String) {
        let Self {
            email,
            organization,
            expires_at,
        } = self;
        let subject = format!("Invitation to {organization}");
        let text = format!(
            "{email} is invited to {organization}, in whose audit log Evident keeps who did what.\n\n\
             To accept, open this link before {expires_at}:\n\n{link}\n\n\
             It works once, and is for you alone. If you expected no invitation, do nothing.\n"
        );
        (subject, text)
    }
}

/// Where a request came to, as far as it says.
fn origin(headers: &HeaderMap, secure: bool) -> String {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let plain = |host: &&str| {
        let mark = |byte| b"-.:[]".contains(&byte);
        host.len() <= MAX_HOST_BYTES && host.bytes().all(|b| b.is_ascii_alphanumeric() || mark(b))
    };
    let host = host.filter(plain).unwrap_or(NOWHERE);
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::auth::token::Purpose;

    fn host(host: &'static str) -> HeaderMap {
        [(HOST, host.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn a_link_has_its_secret_behind_the_fragment_and_leads_to_the_configured_address() {
        let token = Token::generate(Purpose::Invitation).unwrap();
        let headers = host("127.0.0.1:8700");
        let inviting = Inviting::new(None, None);
        let link = inviting.link(&token, &headers, false);
        let expected = format!("http://127.0.0.1:8700/invitation#{}", token.write());
        assert_eq!(link, expected);
        let inviting = Inviting::new(Some("https://audit.example.com/".to_owned()), None);
        let link = inviting.link(&token, &headers, false);
        assert!(link.starts_with("https://audit.example.com/invitation#evident_invitation_"));
    }

    #[test]
    fn a_host_that_is_none_leads_nowhere_else() {
        for bad in ["evil.example/x?", "a@evil.example", "a b", "evil.example#"] {
            assert_eq!(origin(&host(bad), true), "https://localhost", "{bad}");
        }
        assert_eq!(origin(&host("[::1]:8700"), true), "https://[::1]:8700");
        assert_eq!(origin(&HeaderMap::new(), false), "http://localhost");
    }
}
