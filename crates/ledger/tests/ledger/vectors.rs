//! The committed vectors of `spec/vectors`, as the tests read them.

use evident_ledger::entry::{Entry, GroupSeed, Opening, commitment};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The log whose checkpoint and proofs Go has signed.
pub(crate) const ORIGIN: &str = "audit.example.com/org_7f3k";

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

/// The canonical bytes of the events of Go's log, each with what opens its leaf.
pub(crate) fn log_events(vectors: &Value) -> Vec<(String, Opening)> {
    let log = &vectors["log"];
    let seed = GroupSeed::new(hex(log, "seed").try_into().unwrap());
    let event = |index: i64| {
        let event_id = Sha256::digest(format!("event {index}"))[..16].try_into();
        let event_id = event_id.unwrap();
        let canonical = format!(r#"{{"action":"guardrail.updated","metadata":{{"n":{index}}}}}"#);
        let salt = seed.salt(text(log, "organization"), &event_id);
        let entry = Entry {
            event_id,
            received_at_micros: 1_771_000_000_000_000 + 1_000_003 * index,
            commitment: commitment(&salt, canonical.as_bytes()),
        };
        let salt = Some(salt);
        (canonical, Opening { entry, salt })
    };
    (0..log["size"].as_i64().unwrap()).map(event).collect()
}

/// The private form of one of Go's keys.
pub(crate) fn private_key<'v>(vectors: &'v Value, name: &str) -> &'v str {
    let mut keys = list(vectors, "keys").iter();
    let key = keys.find(|key| text(key, "name") == name);
    text(key.unwrap(), "private")
}
