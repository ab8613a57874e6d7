//! JSON, strictly: the value tree and the parser for text that came from outside.
//!
//! A general JSON parser silently settles what the contract must refuse: the last of two members
//! with one name wins, an integer too large for a double is rounded, a lone surrogate becomes a
//! replacement character. An event that went through that is no longer what its sender signed off,
//! so this parser refuses such text and says where.
//!
//! It must hold that:
//!
//! - what [`parse`] accepts has exactly one canonical form ([`crate::canonical`]), and parsing
//!   that form gives an equal value;
//! - members of an object are sorted by UTF-16 code units, and no name occurs twice;
//! - time is `n log n` in the length of the text at worst, recursion is bounded by the depth asked
//!   for, and memory by a small multiple of the text.

mod error;
pub mod members;
mod order;
mod parse;
pub(crate) mod scan;
pub mod split;
#[cfg(test)]
pub(crate) mod tests;

use std::borrow::Cow;

pub use error::{JsonError, JsonErrorKind};
pub(crate) use order::{are_sorted, place_of};
pub use order::{compare_names, sort_members};
pub use parse::parse;

pub(crate) use error::{push_token, shown};

/// Levels of nesting that an event may have; a bare `[]` is one level.
pub const MAX_DEPTH: usize = 64;
/// The largest integer that RFC 8785 carries faithfully: 2^53 − 1.
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// A JSON value. Strings borrow from the text wherever it has no escapes.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number whose canonical form has neither fraction nor exponent, within ±(2^53−1).
    Int(i64),
    /// Any other finite number.
    Float(f64),
    /// A string.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Json<'a>>),
    /// An object, its members sorted as RFC 8785 sorts them, every name once.
    Object(Members<'a>),
}

/// The members of an object, in RFC 8785 order (UTF-16 code units).
pub type Members<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl<'a> Json<'a> {
    /// The member of that name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        let members = self.as_object()?;
        members
            .get(place_of(members, name)?)
            .map(|(_, value)| value)
    }

    /// The text, if this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if this is an array.
    pub fn as_array(&self) -> Option<&[Json<'a>]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if this is an object.
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The same value, borrowing nothing.
    pub fn into_owned(self) -> Json<'static> {
        match self {
            Json::Null => Json::Null,
            Json::Bool(value) => Json::Bool(value),
            Json::Int(value) => Json::Int(value),
            Json::Float(value) => Json::Float(value),
            Json::String(text) => Json::String(Cow::Owned(text.into_owned())),
            Json::Array(items) => Json::Array(items.into_iter().map(Json::into_owned).collect()),
            Json::Object(members) => Json::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (Cow::Owned(name.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }

    /// What a filter compares with: a string's text, any other scalar's canonical JSON text.
    /// Nothing for null, arrays and objects.
    pub fn scalar_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Json::String(text) => Some(Cow::Borrowed(text)),
            Json::Bool(true) => Some(Cow::Borrowed("true")),
            Json::Bool(false) => Some(Cow::Borrowed("false")),
            Json::Int(value) => Some(Cow::Owned(value.to_string())),
            Json::Float(value) => {
                let mut buffer = ryu_js::Buffer::new();
                Some(Cow::Owned(buffer.format(*value).to_owned()))
            }
            Json::Null | Json::Array(_) | Json::Object(_) => None,
        }
    }

    /// What kind of value this is, for messages: `a string`, `an object`, …
    pub fn kind(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Bool(_) => "a boolean",
            Json::Int(_) | Json::Float(_) => "a number",
            Json::String(_) => "a string",
            Json::Array(_) => "an array",
            Json::Object(_) => "an object",
        }
    }
}
