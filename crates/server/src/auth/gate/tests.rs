//! The gate on a real control plane.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use evident_event::catalog::Catalog;

use super::*;
use crate::auth::{Ingest, KeyText, Read, Secret};
use crate::control::fixtures::{founding, opened};
use crate::control::{KeyKind, KeyRecord};

const NOON: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

async fn gate_with(
    organization_id: &str,
    change: impl FnOnce(&mut KeyRecord),
) -> (Arc<Gate>, String) {
    let text = KeyText {
        id: "key_1".to_owned(),
        secret: Secret::generate().unwrap(),
    };
    let mut record = KeyRecord {
        id: "key_1".to_owned(),
        organization_id: organization_id.to_owned(),
        name: String::new(),
        project_id: None,
        kind: KeyKind::Read,
        digest: text.secret.digest().to_vec(),
        expires_at: None,
        revoked_at: None,
        allowed_addresses: Vec::new(),
    };
    change(&mut record);
    let control = opened().await;
    control.found(&founding(organization_id)).await.unwrap();
    let organizations = Organizations::load(&control, Catalog::embedded().unwrap())
        .await
        .unwrap();
    let doors = Doors {
        session_idle: Duration::from_hours(1),
        public_origin: None,
    };
    let keyring = Arc::new(Keyring::new(vec![record]));
    let gate = Gate::new(keyring, control, Arc::new(organizations), doors);
    (Arc::new(gate), text.write(KeyKind::Read))
}

/// A reader of an organization, with the gate that lets its key in until then.
pub(in crate::auth) async fn reader_until(
    organization_id: &str,
    expires_at: Timestamp,
) -> (Authorized<Read>, Arc<Gate>) {
    let (gate, text) = gate_with(organization_id, |key| key.expires_at = Some(expires_at)).await;
    let before = Timestamp::from_micros(i64::MIN);
    let reader = gate
        .keyring
        .authorize(&text, Visit::within(), before)
        .unwrap();
    (reader, gate)
}

#[tokio::test]
async fn a_right_holds_for_as_long_as_the_key_works_and_is_the_same() {
    let later = NOON.checked_add(1).unwrap();
    let (reader, gate) = reader_until("org_1", later).await;
    assert!(gate.still_holds(&reader, NOON).await);
    assert!(!gate.still_holds(&reader, later).await);
    let changes: [fn(&mut KeyRecord); 3] = [
        |key| key.revoked_at = Some(NOON),
        |key| key.project_id = Some("prj_1".to_owned()),
        |key| key.kind = KeyKind::Ingest,
    ];
    for change in changes {
        let (changed, _) = gate_with("org_1", change).await;
        assert!(!changed.still_holds(&reader, NOON).await);
    }
    let (other, _) = gate_with("org_2", |_| ()).await;
    assert!(!other.still_holds(&reader, NOON).await);
    let (same, text) = gate_with("org_1", |_| ()).await;
    assert!(same.still_holds(&reader, NOON).await);
    assert!(
        same.keyring
            .authorize::<Ingest>(&text, Visit::within(), NOON)
            .is_err()
    );
}
