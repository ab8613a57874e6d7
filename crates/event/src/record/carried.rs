//! Which members a client sent, and how a retry is compared with the event that is stored.
//!
//! A retry must say the same as the first time in what it carries. What it leaves out was filled in
//! then, from a clock or a catalog that have moved on since, and is not compared.

use crate::json::{self, Json, JsonError, MAX_DEPTH};

use super::shape;

/// The top-level members that a client sent, other than as null.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Carried(u32);

impl Carried {
    pub(super) const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The names of the members, sorted.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let members = shape::EVENT.members.iter().enumerate();
        members
            .filter(move |(bit, _)| self.0 >> bit & 1 == 1)
            .map(|(_, member)| member.name)
    }

    /// Whether that member was sent.
    pub fn contains(self, name: &str) -> bool {
        let members = shape::EVENT.members;
        let bit = members.binary_search_by(|member| member.name.cmp(name));
        bit.is_ok_and(|bit| self.0 >> bit & 1 == 1)
    }
}

impl std::fmt::Debug for Carried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// A recorded event that retries are compared with: parsed once, however many there are.
#[derive(Debug)]
pub struct Recorded<'a> {
    canonical: &'a [u8],
    value: Json<'a>,
}

impl<'a> Recorded<'a> {
    /// The event of these canonical bytes.
    pub fn parse(canonical: &'a [u8]) -> Result<Self, JsonError> {
        let value = json::parse(canonical, MAX_DEPTH)?;
        Ok(Self { canonical, value })
    }

    /// The carried members in which a retry differs from this event, by name: none means that it
    /// is a duplicate. Takes time in the length of the retry, not of this event.
    pub fn differing_fields(
        &self,
        retry_canonical: &[u8],
        carried: Carried,
    ) -> Result<Vec<&'static str>, JsonError> {
        if self.canonical == retry_canonical {
            return Ok(Vec::new());
        }
        let retry = json::parse(retry_canonical, MAX_DEPTH)?;
        // Both were parsed from canonical bytes, where equal values are equal bytes.
        let differs = |name: &&str| self.value.get(name) != retry.get(name);
        Ok(carried.names().filter(differs).collect())
    }
}

/// The carried members in which a retry differs from the stored event, by name.
///
/// Both are canonical bytes of events with one id; `carried` is what the retry carried. None means
/// that the retry is a duplicate.
pub fn differing_fields(
    stored_canonical: &[u8],
    retry_canonical: &[u8],
    carried: Carried,
) -> Result<Vec<&'static str>, JsonError> {
    Recorded::parse(stored_canonical)?.differing_fields(retry_canonical, carried)
}
