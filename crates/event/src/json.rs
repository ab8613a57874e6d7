//! JSON, strictly: the value tree and the parser for text that came from outside.

use std::borrow::Cow;

/// A JSON value. Strings borrow from the text wherever it has no escapes.
#[derive(Debug, Clone, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number written without fraction or exponent, within ±(2^53−1).
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
