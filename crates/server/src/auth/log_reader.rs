//! Who may read the log that a path names.
//!
//! What must always hold:
//!
//! - a log that is public is read by anybody: credentials are not even looked at, so that no key, and
//!   no mistake in one, changes what is shown;
//! - any other log is read only by callers of its organization with the right `R`. Without credentials
//!   nobody learns which logs there are, and with another organization's key nobody does either.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::{AuthError, Authorized, Gate, Right};
use crate::control::Organizations;

/// The path parameter that names the log.
const ORGANIZATION_ID: &str = "organization_id";

/// Somebody who may read the log of the path's `organization_id`: anybody once it is public, else a
/// caller of that organization who has the right `R`.
#[derive(Debug)]
pub(crate) struct LogReader<R> {
    organization_id: Arc<str>,
    is_public: bool,
    right: PhantomData<R>,
}

impl<R> LogReader<R> {
    /// The organization whose log may be read.
    pub(crate) fn organization_id(&self) -> &str {
        &self.organization_id
    }

    /// Whether anybody may read it, caches on the way included.
    pub(crate) fn is_public(&self) -> bool {
        self.is_public
    }
}

impl<S, R> FromRequestParts<S> for LogReader<R>
where
    Arc<Gate>: FromRef<S>,
    Arc<Organizations>: FromRef<S>,
    S: Send + Sync,
    R: Right + Send,
{
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        let named = named(parts, state).await;
        let organizations = <Arc<Organizations>>::from_ref(state);
        if let Some(id) = &named
            && organizations.is_log_public(id)
        {
            return Ok(Self {
                organization_id: Arc::clone(id),
                is_public: true,
                right: PhantomData,
            });
        }
        let reader = Authorized::<R>::from_request_parts(parts, state).await?;
        let own = reader.caller().organization_id();
        if named.as_ref() != Some(own) {
            return Err(AuthError::NoLog);
        }
        Ok(Self {
            organization_id: Arc::clone(own),
            is_public: false,
            right: PhantomData,
        })
    }
}

/// The organization that the path names. What is not UTF-8 names none.
async fn named<S: Send + Sync>(parts: &mut Parts, state: &S) -> Option<Arc<str>> {
    let parameters = RawPathParams::from_request_parts(parts, state).await.ok()?;
    let mut ids = parameters
        .iter()
        .filter(|(name, _)| *name == ORGANIZATION_ID);
    ids.next().map(|(_, id)| Arc::from(id))
}
