//! What is known of providers: their descriptions and keys, for a while.
//!
//! What must always hold:
//!
//! - a description and its keys are used for no longer than [`KNOWN_FOR`];
//! - strangers, who can begin as many sign-ins as they like, make the server ask a provider for them
//!   only once in that time, only every [`FAILURE_KEPT_FOR`] while that fails, and for other keys only
//!   every [`KEYS_KEPT_AT_LEAST`], whatever keys their tokens name;
//! - no more than [`MAX_ISSUERS`] are known at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use evident_event::time::Timestamp;
use openidconnect::{IssuerUrl, JsonWebKeySet};
use tokio::sync::Semaphore;
use ureq::http::Uri;

use super::error::OidcError;
use super::provider::Metadata;
use super::transport::{Line, Transport, TransportError, questions_of_one_provider};

const MICROS_PER_SECOND: i64 = 1_000_000;
/// How long a description and its keys are used, in microseconds.
pub(super) const KNOWN_FOR: i64 = 60 * 60 * MICROS_PER_SECOND;
/// How long keys are kept although a token names another one, in microseconds.
pub(super) const KEYS_KEPT_AT_LEAST: i64 = 60 * MICROS_PER_SECOND;
/// How long it is taken for granted that a provider still fails, in microseconds.
pub(super) const FAILURE_KEPT_FOR: i64 = 5 * MICROS_PER_SECOND;
/// Most issuers that are known at once.
const MAX_ISSUERS: usize = 256;

/// A provider's description with its keys.
type Description = Arc<Metadata>;

/// All providers that were asked lately.
#[derive(Debug, Default)]
pub(super) struct Known {
    issuers: Mutex<HashMap<String, Slot>>,
}

#[derive(Debug)]
struct Slot {
    used_at: Timestamp,
    issuer: Arc<Issuer>,
}

/// One provider.
#[derive(Debug)]
pub(super) struct Issuer {
    questions: Arc<Semaphore>,
    /// Held while it is asked, so that many sign-ins at once ask once.
    state: tokio::sync::Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    found: Option<Found>,
    failed: Option<(OidcError, Timestamp)>,
}

#[derive(Debug)]
struct Found {
    description: Description,
    found_at: Timestamp,
    keys_found_at: Timestamp,
}

/// Whether less than `micros` have passed since `then`. A clock that was set back is not trusted.
fn is_within(then: Timestamp, now: Timestamp, micros: i64) -> bool {
    let passed = now.as_micros().saturating_sub(then.as_micros());
    (0..micros).contains(&passed)
}

impl Known {
    /// What is known of an issuer, perhaps nothing yet.
    pub(super) fn issuer(&self, issuer: &IssuerUrl, now: Timestamp) -> Arc<Issuer> {
        let mut issuers = self.issuers.lock().unwrap_or_else(PoisonError::into_inner);
        if !issuers.contains_key(issuer.as_str()) && issuers.len() >= MAX_ISSUERS {
            let longest_unused = issuers.iter().min_by_key(|(_, slot)| slot.used_at);
            if let Some(longest_unused) = longest_unused.map(|(issuer, _)| issuer.clone()) {
                issuers.remove(&longest_unused);
            }
        }
        let slot = issuers.entry(issuer.to_string()).or_insert_with(|| Slot {
            used_at: now,
            issuer: Arc::new(Issuer {
                questions: questions_of_one_provider(),
                state: tokio::sync::Mutex::default(),
            }),
        });
        slot.used_at = now;
        Arc::clone(&slot.issuer)
    }
}

impl Issuer {
    /// A way to ask it.
    pub(super) fn line<'t>(&self, transport: &'t Transport) -> Line<'t> {
        transport.line(Arc::clone(&self.questions))
    }

    /// Its description, as far as it is known lately, else as it tells it now.
    pub(super) async fn description(
        &self,
        transport: &Transport,
        issuer: &IssuerUrl,
        now: Timestamp,
    ) -> Result<Description, OidcError> {
        let mut state = self.state.lock().await;
        if let Some(found) = &state.found
            && is_within(found.found_at, now, KNOWN_FOR)
        {
            return Ok(Arc::clone(&found.description));
        }
        if let Some((error, failed_at)) = &state.failed
            && is_within(*failed_at, now, FAILURE_KEPT_FOR)
        {
            return Err(error.clone());
        }
        match discover(&self.line(transport), transport, issuer).await {
            Ok(description) => {
                state.failed = None;
                state.found = Some(Found {
                    description: Arc::clone(&description),
                    found_at: now,
                    keys_found_at: now,
                });
                Ok(description)
            }
            Err(error) => {
                // That too many ask at once is no fault of the provider's.
                if !matches!(error, OidcError::Transport(TransportError::Busy)) {
                    state.failed = Some((error.clone(), now));
                }
                Err(error)
            }
        }
    }

    /// The description with the keys that the provider has now, if it may be asked for them again.
    pub(super) async fn with_newer_keys(
        &self,
        transport: &Transport,
        used: &Description,
        now: Timestamp,
    ) -> Result<Option<Description>, OidcError> {
        let mut state = self.state.lock().await;
        let Some(found) = &mut state.found else {
            return Ok(None);
        };
        if !Arc::ptr_eq(&found.description, used) {
            // Somebody else has just asked.
            return Ok(Some(Arc::clone(&found.description)));
        }
        if is_within(found.keys_found_at, now, KEYS_KEPT_AT_LEAST) {
            return Ok(None);
        }
        // Also a question that fails counts.
        found.keys_found_at = now;
        let line = self.line(transport);
        let keys = JsonWebKeySet::fetch_async(used.jwks_uri(), &line).await?;
        found.description = Arc::new(Metadata::clone(used).set_jwks(keys));
        Ok(Some(Arc::clone(&found.description)))
    }
}

async fn discover(
    line: &Line<'_>,
    transport: &Transport,
    issuer: &IssuerUrl,
) -> Result<Description, OidcError> {
    let metadata = Metadata::discover_async(issuer.clone(), line).await?;
    let sign_in = metadata.authorization_endpoint().url().as_str();
    // Browsers go there, not the server. Yet no person is sent to where no provider may be.
    let is_fit = sign_in
        .parse::<Uri>()
        .is_ok_and(|uri| transport.reach().check(&uri).is_ok());
    if !is_fit {
        let what = "its authorization_endpoint is no https address".to_owned();
        return Err(OidcError::NoProvider { what });
    }
    Ok(Arc::new(metadata))
}
