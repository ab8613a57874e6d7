//! The canonical bytes of a value: RFC 8785.

use crate::json::Json;

/// Appends the canonical bytes of `value` to `out`.
pub fn write(value: &Json<'_>, out: &mut Vec<u8>) {
    let _ = (value, out);
}
