//! The viewer issuers, in memory: a request that is let in by a viewer token touches no database.
//!
//! What must always hold:
//!
//! - what is in memory of an organization is what the control plane held when it was last read, which is after each
//!   change of that organization;
//! - a token of an issuer that is not there costs what one of an issuer costs that is;
//! - an origin is compared as it stands, byte by byte: `null`, another case, another port or a longer name is
//!   another origin;
//! - an issuer whose secret does not open lets nobody in, and others are not in its way.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use axum::http::header::ORIGIN;
use axum::http::{HeaderMap, HeaderValue};
use ring::hmac;

use super::viewer_token::{Claimed, ViewerClaims};
use crate::control::{Control, ControlError, ViewerIssuer};
use crate::edge;
use crate::secrets::{SecretError, Secrets};

/// What secrets are sealed for.
const PURPOSE: &str = "viewer issuers";
/// What the signatures of unknown issuers are compared with.
const NOBODY: &str = "viewer issuers that are not there";
/// Random bytes of an issuer's secret.
const SECRET_BYTES: usize = 32;

/// An issuer, ready.
pub(super) struct Issuer {
    pub(super) organization_id: Arc<str>,
    origins: Vec<String>,
    key: hmac::Key,
}

impl Issuer {
    /// Whether a request may come from where it says. One that says nothing was made by no page.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        !headers.contains_key(ORIGIN) || origin(headers).is_some_and(|origin| self.lists(origin))
    }

    fn lists(&self, origin: &HeaderValue) -> bool {
        let mut origins = self.origins.iter();
        origins.any(|listed| listed.as_bytes() == origin.as_bytes())
    }
}

/// Every issuer, by its id.
pub(crate) struct Issuers {
    secrets: Arc<Secrets>,
    by_id: RwLock<HashMap<String, Arc<Issuer>>>,
    nobody: hmac::Key,
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuers").finish_non_exhaustive()
    }
}

impl Issuers {
    fn new(secrets: Arc<Secrets>) -> Self {
        let nobody = hmac::Key::new(hmac::HMAC_SHA256, &secrets.derive(NOBODY));
        Self {
            secrets,
            by_id: RwLock::default(),
            nobody,
        }
    }

    /// Reads the issuers from the control plane.
    pub(super) async fn load(
        control: &Control,
        secrets: Arc<Secrets>,
    ) -> Result<Self, ControlError> {
        let issuers = Self::new(secrets);
        let ready = issuers.opened(control.viewer_issuers().await?);
        *issuers.write() = ready;
        Ok(issuers)
    }

    /// Reads those of an organization again, after a change of it.
    pub(super) async fn reload(
        &self,
        control: &Control,
        organization_id: &str,
    ) -> Result<(), ControlError> {
        let kept = control.viewer_issuers_of(organization_id).await?;
        self.hold(organization_id, kept);
        Ok(())
    }

    /// Holds these issuers of an organization, and no others of it.
    fn hold(&self, organization_id: &str, kept: Vec<ViewerIssuer>) {
        let ready = self.opened(kept);
        let mut by_id = self.write();
        by_id.retain(|_, issuer| *issuer.organization_id != *organization_id);
        by_id.extend(ready);
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Arc<Issuer>>> {
        self.by_id.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Issuers with their secrets opened; without those whose secret does not open.
    fn opened(&self, kept: Vec<ViewerIssuer>) -> HashMap<String, Arc<Issuer>> {
        let mut by_id = HashMap::new();
        for issuer in kept {
            match self.secrets.open(PURPOSE, &issuer.sealed_secret) {
                Ok(secret) => {
                    let ready = Issuer {
                        organization_id: Arc::from(issuer.organization_id),
                        origins: issuer.origins,
                        key: hmac::Key::new(hmac::HMAC_SHA256, &secret),
                    };
                    by_id.insert(issuer.id, Arc::new(ready));
                }
                Err(error) => tracing::error!(issuer = issuer.id, "{error}"),
            }
        }
        by_id
    }

    /// A fresh secret for an issuer, sealed.
    pub(crate) fn fresh_secret(secrets: &Secrets) -> Result<Vec<u8>, SecretError> {
        let secret: [u8; SECRET_BYTES] = edge::random()?;
        secrets.seal(PURPOSE, &secret)
    }

    fn get(&self, id: &str) -> Option<Arc<Issuer>> {
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        by_id.get(id).map(Arc::clone)
    }

    /// Whether there is this issuer, and pages of the origin may use its tokens. Without one no page asks.
    pub(super) fn admits(&self, id: &str, origin: Option<&HeaderValue>) -> bool {
        let admits = |issuer: Arc<Issuer>| origin.is_none_or(|origin| issuer.lists(origin));
        self.get(id).is_some_and(admits)
    }

    /// The text of a token. `None` if its issuer is not there.
    pub(crate) fn sign(&self, claims: &ViewerClaims) -> Option<String> {
        claims.sign(&self.get(&claims.issuer_id)?.key).ok()
    }

    /// What a token says, and whose it is, if it is one: also of a token that has ended.
    pub(super) fn verified(&self, text: &str) -> Option<(ViewerClaims, Arc<Issuer>)> {
        let claimed = Claimed::read(text)?;
        match self.get(claimed.issuer_id()) {
            Some(issuer) => Some((claimed.verified(&issuer.key)?, issuer)),
            None => {
                let _ = claimed.verified(&self.nobody);
                None
            }
        }
    }

    /// The origin whose pages may read the answer to a request with this token, whatever the answer is.
    pub(super) fn reading_origin(&self, headers: &HeaderMap, text: &str) -> Option<HeaderValue> {
        let origin = origin(headers)?;
        let (_, issuer) = self.verified(text)?;
        issuer.lists(origin).then(|| origin.clone())
    }

    /// Whether any issuer lists the origin that a request comes from.
    pub(super) fn listed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = origin(headers)?;
        let by_id = self.by_id.read().unwrap_or_else(PoisonError::into_inner);
        let is_listed = by_id.values().any(|issuer| issuer.lists(origin));
        is_listed.then(|| origin.clone())
    }
}

/// The origin that a request says it comes from, if it says so once.
fn origin(headers: &HeaderMap) -> Option<&HeaderValue> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next()?;
    origins.next().is_none().then_some(origin)
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "for tests")]
impl Issuers {
    /// Issuers of which there are none, with a secret that is gone with the test.
    pub(super) fn none() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let secrets = Secrets::of(directory.path()).expect("a secret");
        Self::new(Arc::new(secrets))
    }

    /// The same with one of this id, for an organization and these origins.
    pub(super) fn with(self, id: &str, organization_id: &str, origins: &[&str]) -> Self {
        let issuer = ViewerIssuer {
            id: id.to_owned(),
            organization_id: organization_id.to_owned(),
            name: String::new(),
            origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
            sealed_secret: Self::fresh_secret(&self.secrets).expect("a secret"),
            created_at: evident_event::time::Timestamp::from_micros(0),
        };
        self.hold(organization_id, vec![issuer]);
        self
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use evident_event::time::Timestamp;

    use super::*;

    const SITE: &str = "https://app.example.com";

    fn issuers() -> Issuers {
        Issuers::none().with("vis_1", "org_1", &[SITE, "http://localhost:5173"])
    }

    fn token(issuers: &Issuers) -> String {
        let claims = ViewerClaims::new("vis_1", "0a", Timestamp::from_micros(1));
        issuers.sign(&claims).unwrap()
    }

    fn from(origins: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_str(origin).unwrap());
        }
        headers
    }

    #[test]
    fn only_an_origin_that_is_listed_as_it_stands_may_read() {
        let issuers = issuers();
        let text = token(&issuers);
        let (_, issuer) = issuers.verified(&text).unwrap();
        for origin in [SITE, "http://localhost:5173"] {
            let headers = from(&[origin]);
            assert_eq!(issuers.reading_origin(&headers, &text).unwrap(), origin);
            assert!(issuer.admits(&headers));
            assert!(issuers.listed_origin(&headers).is_some());
        }
        for origin in [
            "null",
            "",
            "*",
            "https://app.example.com.evil.example",
            "https://evil-app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com:443",
            "https://app.example.com/",
            "https://APP.example.com",
            "HTTPS://app.example.com",
            "http://app.example.com",
            "https://app.example.com https://evil.example",
            "http://localhost",
        ] {
            let headers = from(&[origin]);
            assert!(issuers.reading_origin(&headers, &text).is_none());
            assert!(!issuer.admits(&headers), "{origin}");
            assert!(issuers.listed_origin(&headers).is_none());
        }
        let twice = from(&[SITE, SITE]);
        assert!(!issuer.admits(&twice) && issuers.listed_origin(&twice).is_none());
        assert!(issuer.admits(&HeaderMap::new()), "no page");
        assert!(issuers.reading_origin(&HeaderMap::new(), &text).is_none());
    }

    #[test]
    fn a_token_of_an_issuer_that_is_gone_or_another_ones_is_none() {
        let issuers = issuers();
        let text = token(&issuers);
        assert!(issuers.verified(&text).is_some());
        // The same id with another secret.
        assert!(self::issuers().verified(&text).is_none());
        issuers.hold("org_2", Vec::new());
        assert!(issuers.verified(&text).is_some(), "none of theirs");
        issuers.hold("org_1", Vec::new());
        assert!(issuers.verified(&text).is_none());
        assert!(!issuers.admits("vis_1", None));
        let claims = ViewerClaims::new("vis_1", "0a", Timestamp::from_micros(1));
        assert!(issuers.sign(&claims).is_none());
        let headers = from(&[SITE]);
        assert!(issuers.reading_origin(&headers, &text).is_none());
    }

    #[test]
    fn an_issuer_whose_secret_does_not_open_is_in_nobodys_way() {
        let (issuers, other) = (issuers(), Issuers::none());
        let kept = |id: &str, secrets: &Secrets| ViewerIssuer {
            id: id.to_owned(),
            organization_id: "org_1".to_owned(),
            name: String::new(),
            origins: Vec::new(),
            sealed_secret: Issuers::fresh_secret(secrets).unwrap(),
            created_at: Timestamp::from_micros(0),
        };
        issuers.hold(
            "org_1",
            vec![
                kept("vis_lost", &other.secrets),
                kept("vis_2", &issuers.secrets),
            ],
        );
        assert!(!issuers.admits("vis_lost", None));
        assert!(issuers.admits("vis_2", None));
    }
}
