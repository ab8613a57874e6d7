//! What the fuzz targets share: the catalog, an organization's redactor, and a reference for JSON.
//!
//! A target turns bytes into a call and checks what must hold of the answer; it panics if something
//! does not. It must depend on the bytes alone, so that a finding can be had again.

use std::borrow::Cow;
use std::sync::LazyLock;

use evident_event::catalog::Catalog;
use evident_event::json::Json;
use evident_event::redact::{RedactionKey, Redactor, Rules};

/// 2026-02-13T10:28:25Z: when all of this happens, in microseconds.
pub const NOW_MICROS: i64 = 1_770_978_505_000_000;

/// The organization of every event.
pub const ORGANIZATION: &str = "org_acme";

/// The catalog that the product has.
pub fn catalog() -> &'static Catalog {
    Catalog::embedded().expect("the embedded catalog is valid")
}

/// The redactor of an organization that has rules of its own.
pub fn redactor() -> &'static Redactor {
    static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
        let names = ["badge_number", "launch code"].map(str::to_owned).to_vec();
        let exceptions = ["pin", "request.body.user.token", "metadata.auth"];
        let rules = Rules::new(names, exceptions.map(str::to_owned).to_vec());
        Redactor::new(
            RedactionKey::new([7; RedactionKey::BYTES]),
            &rules.expect("the rules are valid"),
        )
    });
    &REDACTOR
}

/// Whether both say the same. Numbers are compared as doubles, which is what RFC 8785 keeps of them.
pub fn same(ours: &Json<'_>, theirs: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (ours, theirs) {
        (Json::Null, Value::Null) => true,
        (Json::Bool(a), Value::Bool(b)) => a == b,
        (Json::Int(a), Value::Number(b)) => b.as_f64() == Some(*a as f64),
        (Json::Float(a), Value::Number(b)) => b.as_f64() == Some(*a),
        (Json::String(a), Value::String(b)) => a == b,
        (Json::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(&**name).is_some_and(|b| same(a, b)))
        }
        _ => false,
    }
}

/// Whether the members of every object within are sorted, each name once.
pub fn is_sorted(value: &Json<'_>) -> bool {
    match value {
        Json::Array(items) => items.iter().all(is_sorted),
        Json::Object(members) => {
            let in_order = |a: &(Cow<'_, str>, Json<'_>), b: &(Cow<'_, str>, Json<'_>)| {
                a.0.encode_utf16().lt(b.0.encode_utf16())
            };
            members.is_sorted_by(in_order) && members.iter().all(|(_, value)| is_sorted(value))
        }
        _ => true,
    }
}
