//! Why a key that is known was refused, for the record alone: whoever asked is told the same in every case.

use std::sync::{Arc, OnceLock};

use axum::http::request::Parts;

use super::caller::Caller;
use super::keyring::refusal_of;

/// What was wrong with a key, or with its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRefusal {
    /// It has expired.
    Expired,
    /// It was revoked.
    Revoked,
    /// It may not be used from there.
    WrongAddress,
    /// The id is that of a key, and the secret is not: whoever asked need not have seen the key.
    WrongSecret,
    /// It works, and does not give the right.
    LacksPermission,
    /// It works, and in another organization than the one that was named.
    OtherOrganization,
    /// It works, and only people do this.
    PeopleOnly,
}

impl KeyRefusal {
    /// What the record says.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "the key has expired",
            Self::Revoked => "the key was revoked",
            Self::WrongAddress => "the key may not be used from this address",
            Self::WrongSecret => "the key's secret is another one",
            Self::LacksPermission => "the key has not the permission",
            Self::OtherOrganization => "the key is of another organization",
            Self::PeopleOnly => "only people who are signed in do this",
        }
    }
}

/// A known key that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefusedKey {
    /// Its id, `key_…`.
    pub(crate) key_id: Arc<str>,
    /// Its name; may be empty.
    pub(crate) name: Arc<str>,
    /// The organization that it belongs to.
    pub(crate) organization_id: Arc<str>,
    /// Why.
    pub(crate) why: KeyRefusal,
}

/// Where the exchange finds out which key was refused, put into a request's extensions beside
/// [`super::CallerSlot`].
#[derive(Debug, Clone, Default)]
pub(crate) struct RefusedSlot(Arc<OnceLock<RefusedKey>>);

impl RefusedSlot {
    /// The slot of a request; one that nobody looks at where it has none.
    pub(super) fn of(parts: &Parts) -> Self {
        let slot = parts.extensions.get::<Self>();
        slot.cloned().unwrap_or_default()
    }

    pub(super) fn fill(&self, refused: RefusedKey) {
        // A handler with two extractors fills it twice, for the same key.
        let _ = self.0.set(refused);
    }

    /// The same with a caller who was let in, if it is by a key.
    pub(super) fn fill_with(&self, caller: &Caller, why: KeyRefusal) {
        if let Some(refused) = refusal_of(caller, why) {
            self.fill(refused);
        }
    }

    /// The key that was refused, if one that is known was.
    pub(crate) fn get(&self) -> Option<&RefusedKey> {
        self.0.get()
    }
}
