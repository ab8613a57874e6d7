//! Why a key that is known was refused, for the record alone: whoever asked is told the same in every case.

use std::sync::{Arc, OnceLock};

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
    pub(super) fn fill(&self, refused: RefusedKey) {
        // A handler with two extractors fills it twice, for the same key.
        let _ = self.0.set(refused);
    }

    /// The key that was refused, if one that is known was.
    pub(crate) fn get(&self) -> Option<&RefusedKey> {
        self.0.get()
    }
}
