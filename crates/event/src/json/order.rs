//! The order of member names: by UTF-16 code units, as RFC 8785 sorts them.
//!
//! The order of UTF-8 bytes is the order of code points. UTF-16 differs from it in one place only:
//! a character beyond U+FFFF is written with surrogates (0xD800 to 0xDFFF), so it sorts before
//! U+E000 to U+FFFF. In UTF-8 these two groups begin with the bytes 0xF0 and up, and 0xEE or 0xEF,
//! so that names are compared without converting them.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::{Json, Members};

const FIRST_LEAD_ABOVE_SURROGATES: u8 = 0xEE;

/// Compares two member names by their UTF-16 code units.
#[inline]
pub fn compare_names(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    // Most names of an object differ in their first byte already.
    if let (Some(x), Some(y)) = (a.first(), b.first())
        && x != y
        && *x.min(y) < FIRST_LEAD_ABOVE_SURROGATES
    {
        return x.cmp(y);
    }
    if a == b {
        return Ordering::Equal;
    }
    match a.iter().zip(b).find(|(x, y)| x != y) {
        None => a.len().cmp(&b.len()),
        Some((&x, &y)) => {
            // Bytes this high are the first of a character, in both names: the bytes before are equal.
            if x >= FIRST_LEAD_ABOVE_SURROGATES && y >= FIRST_LEAD_ABOVE_SURROGATES {
                utf16_rank(x).cmp(&utf16_rank(y))
            } else {
                x.cmp(&y)
            }
        }
    }
}

/// Lead bytes 0xEE and 0xEF after those of surrogate pairs, otherwise in their own order.
fn utf16_rank(lead: u8) -> (bool, u8) {
    (lead < 0xF0, lead)
}

/// Sorts members as RFC 8785 does. If a name occurs twice, that name is the error.
pub fn sort_members<'a>(members: &mut [(Cow<'a, str>, Json<'a>)]) -> Result<(), String> {
    let by_name =
        |a: &(Cow<'a, str>, Json<'a>), b: &(Cow<'a, str>, Json<'a>)| compare_names(&a.0, &b.0);
    // Canonical text comes sorted already; the check is cheaper than a sort.
    if members.is_sorted_by(|a, b| by_name(a, b) == Ordering::Less) {
        return Ok(());
    }
    members.sort_unstable_by(by_name);
    match members.array_windows().find(|[a, b]| a.0 == b.0) {
        Some([twice, _]) => Err(twice.0.clone().into_owned()),
        None => Ok(()),
    }
}

/// In objects of up to so many members a name is looked for in all of them: most differ in length
/// already, so that this is faster than halving.
const MAX_SCANNED_MEMBERS: usize = 32;

/// Where the member of that name stands.
#[inline]
pub(crate) fn place_of(members: &[(Cow<'_, str>, Json<'_>)], name: &str) -> Option<usize> {
    if members.len() <= MAX_SCANNED_MEMBERS {
        return members.iter().position(|(member, _)| **member == *name);
    }
    let found = members.binary_search_by(|(member, _)| compare_names(member, name));
    found.ok()
}

/// Whether members are as [`Json::Object`] promises them.
pub(crate) fn are_sorted(members: &Members<'_>) -> bool {
    members.is_sorted_by(|a, b| compare_names(&a.0, &b.0) == Ordering::Less)
}
