//! Who is asking, and what they may do.
//!
//! A handler names the right it needs in its signature, such as [`Authorized<Ingest>`] or
//! [`Authorized<Admin>`], and is not called without it. What must always hold:
//!
//! - the only way to an [`Authorized`] is a key that was checked for that right, now;
//! - the only way to a query's scope is an [`Authorized`] that may read: it names the caller's own
//!   organization, and the key's project if the key is limited to one;
//! - a key that is limited to a project changes nothing of the organization, and reads nothing that
//!   tells of other projects;
//! - a log under `/log` is open to all only while its organization has it public ([`LogReader`]);
//! - who is answered for longer than a moment is looked at again
//!   ([`Authorized::still_holds`]);
//! - a request is told the same about a key that does not exist, has expired, was revoked or has
//!   another secret; secrets are compared in constant time and are never logged.

mod key_text;
mod keyring;
mod log_reader;
mod password;

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use evident_event::query::Scope;
use evident_event::time::Timestamp;

use crate::control::KeyKind;
use crate::edge;

pub(crate) use key_text::{KeyText, Secret};
pub(crate) use keyring::Keyring;
pub(crate) use log_reader::LogReader;
pub(crate) use password::{PasswordError, hash_password};

/// Why a request may not do what it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    /// No credentials.
    #[error("this needs an API key: send it as `Authorization: Bearer <key>`")]
    Missing,
    /// Credentials that are none, or work no longer.
    #[error(
        "the API key is not valid: check that it is whole, has not expired and was not revoked"
    )]
    Invalid,
    /// The key has not the right.
    #[error("{}: use {needed} here", limit(*.kind))]
    Forbidden {
        /// What the key is for.
        kind: KeyKind,
        /// Which keys have the right.
        needed: &'static str,
    },
    /// The key has the right within a project only.
    #[error("the key is limited to a project: use {needed} of the whole organization here")]
    LimitedToProject {
        /// Which keys have the right.
        needed: &'static str,
    },
    /// The path names a log that is not there, or not the caller's.
    #[error("there is no such log: check the organization's id and your key")]
    NoLog,
}

const fn limit(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Ingest => "an ingest key only records events",
        KeyKind::Read => "a read key only reads",
        KeyKind::Admin => "an admin key cannot do this",
    }
}

/// Who is asking: a key, and what it is limited to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    key_id: Arc<str>,
    organization_id: Arc<str>,
    project_id: Option<Arc<str>>,
    kind: KeyKind,
}

impl Caller {
    /// The id of the key.
    pub(crate) fn key_id(&self) -> &Arc<str> {
        &self.key_id
    }

    /// The organization that the caller acts in.
    pub(crate) fn organization_id(&self) -> &Arc<str> {
        &self.organization_id
    }

    /// The only project that the caller may touch, if there is such a limit.
    pub(crate) fn project_id(&self) -> Option<&str> {
        self.project_id.as_deref()
    }

    /// Whether the caller's key has a right beside the one that it was let in for.
    pub(crate) fn may<R: Right>(&self) -> bool {
        R::is_held_by(self.kind)
    }
}

/// A right that a handler may ask for.
pub(crate) trait Right {
    /// The keys that have it, in words that follow "use".
    const NEEDED: &'static str;
    /// Whether it reaches beyond projects, so that no key that is limited to one has it.
    const BEYOND_PROJECTS: bool = false;

    /// Whether keys of this kind have it.
    fn is_held_by(kind: KeyKind) -> bool;
}

/// The right to record events.
#[derive(Debug)]
pub(crate) struct Ingest;

/// The right to read events, checkpoints, settings and metrics.
#[derive(Debug)]
pub(crate) struct Read;

/// The right to read the entries of the log, which tell of the events of every project: how many there
/// are, when they came, and their ids.
#[derive(Debug)]
pub(crate) struct ReadEntries;

/// The right to change the organization's settings and event types.
#[derive(Debug)]
pub(crate) struct Admin;

/// The right that every key has: to what whoever records or reads must know, such as the catalog.
#[derive(Debug)]
pub(crate) struct Member;

impl Right for Ingest {
    const NEEDED: &'static str = "an ingest or an admin key";

    fn is_held_by(kind: KeyKind) -> bool {
        matches!(kind, KeyKind::Ingest | KeyKind::Admin)
    }
}

impl Right for Read {
    const NEEDED: &'static str = "a read or an admin key";

    fn is_held_by(kind: KeyKind) -> bool {
        matches!(kind, KeyKind::Read | KeyKind::Admin)
    }
}

impl Right for ReadEntries {
    const NEEDED: &'static str = Read::NEEDED;
    const BEYOND_PROJECTS: bool = true;

    fn is_held_by(kind: KeyKind) -> bool {
        Read::is_held_by(kind)
    }
}

impl Right for Admin {
    const NEEDED: &'static str = "an admin key";
    const BEYOND_PROJECTS: bool = true;

    fn is_held_by(kind: KeyKind) -> bool {
        kind == KeyKind::Admin
    }
}

impl Right for Member {
    const NEEDED: &'static str = "any key";

    fn is_held_by(_: KeyKind) -> bool {
        true
    }
}

/// A caller who has the right `R`.
#[derive(Debug)]
pub(crate) struct Authorized<R> {
    caller: Caller,
    right: PhantomData<R>,
}

impl<R: Right> Authorized<R> {
    fn of(caller: Caller) -> Result<Self, AuthError> {
        if !R::is_held_by(caller.kind) {
            return Err(AuthError::Forbidden {
                kind: caller.kind,
                needed: R::NEEDED,
            });
        }
        if R::BEYOND_PROJECTS && caller.project_id.is_some() {
            return Err(AuthError::LimitedToProject { needed: R::NEEDED });
        }
        Ok(Self {
            caller,
            right: PhantomData,
        })
    }

    /// Who it is.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether the caller still has the right, and the same limits, for those that are answered for
    /// longer than a moment.
    pub(crate) fn still_holds(&self, keyring: &Keyring, now: Timestamp) -> bool {
        keyring
            .caller_with(&self.caller.key_id, now)
            .is_some_and(|caller| caller == self.caller && Self::of(caller).is_ok())
    }
}

impl Authorized<Read> {
    /// All that the caller may see.
    pub(crate) fn scope(&self) -> Scope {
        let organization = &*self.caller.organization_id;
        match self.caller.project_id() {
            Some(project) => Scope::project(organization, project),
            None => Scope::organization(organization),
        }
    }
}

impl<S, R> FromRequestParts<S> for Authorized<R>
where
    Arc<Keyring>: FromRef<S>,
    S: Sync,
    R: Right,
{
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        let keyring = <Arc<Keyring>>::from_ref(state);
        let caller = keyring.caller(parts.headers.get(AUTHORIZATION), edge::now())?;
        if let Some(slot) = parts.extensions.get::<KeySlot>() {
            slot.fill(&caller.key_id);
        }
        Self::of(caller)
    }
}

#[cfg(test)]
impl Authorized<Read> {
    /// A reader of an organization, with the ring that its key is in.
    pub(crate) fn with_key_until(
        organization_id: &str,
        expires_at: Timestamp,
    ) -> (Self, Arc<Keyring>) {
        let (caller, keyring) = Keyring::of_reader(organization_id, expires_at);
        let right = PhantomData;
        (Self { caller, right }, Arc::new(keyring))
    }
}

/// Where the access log finds out which key a request came with.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeySlot(Arc<std::sync::OnceLock<Arc<str>>>);

impl KeySlot {
    fn fill(&self, key_id: &Arc<str>) {
        // A handler with two extractors fills it twice, with the same id.
        let _ = self.0.set(Arc::clone(key_id));
    }

    /// The key's id, if the request came with one that works.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.get().map(|id| &**id)
    }
}
