//! A control plane for tests.

#![allow(clippy::unwrap_used)]

use evident_event::time::Timestamp;

use super::{Control, Founding, KeyKind, NewKey, Place};

/// What a directory may begin with.
pub(crate) fn founding(organization_id: &str) -> Founding {
    Founding {
        now: Timestamp::from_micros(1_700_000_000_000_000),
        instance: "audit.example.com".to_owned(),
        organization_id: organization_id.to_owned(),
        organization_name: "Acme AI".to_owned(),
        redaction_key: [9; 32],
        owner_id: "usr_1".to_owned(),
        owner_name: String::new(),
        owner_email: "ada@example.com".to_owned(),
        password_hash: "$argon2id$…".to_owned(),
        keys: vec![NewKey {
            id: "key_1".to_owned(),
            kind: KeyKind::Read,
            digest: [7; 32],
        }],
        projects: Vec::new(),
        demo: None,
    }
}

/// A control plane in a directory of its own, which stays until the process ends.
pub(crate) async fn opened() -> Control {
    let directory = tempfile::tempdir().unwrap().keep();
    Control::open(Place::within(&directory)).await.unwrap()
}
