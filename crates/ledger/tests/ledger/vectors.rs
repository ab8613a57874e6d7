//! The committed vectors of `spec/vectors`, as the tests read them.

use serde_json::Value;

/// Parses one of the vector files.
pub(crate) fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The elements of a list that must not be empty: a test over nothing proves nothing.
pub(crate) fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    let list = value[name].as_array().unwrap();
    assert!(!list.is_empty(), "{name} is empty");
    list
}

/// A text member.
pub(crate) fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap()
}

/// A member in hexadecimal.
pub(crate) fn hex(value: &Value, name: &str) -> Vec<u8> {
    let digits = text(value, name);
    assert!(digits.len().is_multiple_of(2));
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}
