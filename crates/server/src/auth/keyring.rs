//! The API keys, in memory: a request that is let in touches no database.
//!
//! The ring is read from the control plane at start. Whether a key still works is decided at each
//! request, with the request's time.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::HeaderValue;
use evident_event::time::Timestamp;

use super::{AuthError, Authorized, Caller, KeyText, Right};
use crate::control::{Control, ControlError, KeyRecord};

/// The scheme of the credentials that are understood.
const SCHEME: &str = "Bearer";

/// Every key, by its id.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: HashMap<String, Key>,
}

#[derive(Debug)]
struct Key {
    caller: Caller,
    digest: Vec<u8>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl Keyring {
    /// Reads the keys from the control plane.
    pub(crate) async fn load(control: &Control) -> Result<Self, ControlError> {
        Ok(Self::new(control.keys().await?))
    }

    fn new(records: Vec<KeyRecord>) -> Self {
        let keys = records
            .into_iter()
            .map(|record| (record.id.clone(), Key::new(record)))
            .collect();
        Self { keys }
    }

    /// Lets in a part of the server itself that has a key, as it would let in anybody else with it.
    pub(crate) fn authorize<R: Right>(
        &self,
        key: &str,
        now: Timestamp,
    ) -> Result<Authorized<R>, AuthError> {
        Authorized::of(self.presented(key, now)?)
    }

    /// Who presents this `Authorization` header.
    pub(super) fn caller(
        &self,
        header: Option<&HeaderValue>,
        now: Timestamp,
    ) -> Result<Caller, AuthError> {
        let header = header.ok_or(AuthError::Missing)?;
        let header = header.to_str().map_err(|_| AuthError::Invalid)?;
        let (scheme, text) = header.split_once(' ').ok_or(AuthError::Invalid)?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return Err(AuthError::Invalid);
        }
        self.presented(text.trim(), now)
    }

    fn presented(&self, text: &str, now: Timestamp) -> Result<Caller, AuthError> {
        let presented = KeyText::parse(text).ok_or(AuthError::Invalid)?;
        let key = self.keys.get(&presented.id).ok_or(AuthError::Invalid)?;
        if presented.secret.matches(&key.digest) && key.works_at(now) {
            Ok(key.caller.clone())
        } else {
            Err(AuthError::Invalid)
        }
    }

    /// Who has the key of this id, if it works now.
    pub(super) fn caller_with(&self, key_id: &str, now: Timestamp) -> Option<Caller> {
        let key = self.keys.get(key_id)?;
        key.works_at(now).then(|| key.caller.clone())
    }
}

impl Key {
    fn new(record: KeyRecord) -> Self {
        Self {
            caller: Caller {
                key_id: Arc::from(record.id),
                organization_id: Arc::from(record.organization_id),
                project_id: record.project_id.map(Arc::from),
                kind: record.kind,
            },
            digest: record.digest,
            expires_at: record.expires_at,
            revoked_at: record.revoked_at,
        }
    }

    fn works_at(&self, now: Timestamp) -> bool {
        let expired = self.expires_at.is_some_and(|at| at <= now);
        // A revocation is for ever, also for a clock that has jumped back before it.
        !expired && self.revoked_at.is_none()
    }
}

#[cfg(test)]
impl Keyring {
    /// A ring with one key, and who has it.
    pub(super) fn of_reader(organization_id: &str, expires_at: Timestamp) -> (Caller, Self) {
        let key = Key::new(KeyRecord {
            id: "key_1".to_owned(),
            organization_id: organization_id.to_owned(),
            project_id: None,
            kind: crate::control::KeyKind::Read,
            digest: Vec::new(),
            expires_at: Some(expires_at),
            revoked_at: None,
        });
        let caller = key.caller.clone();
        let keys = HashMap::from([(caller.key_id.to_string(), key)]);
        (caller, Self { keys })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::auth::{Authorized, Ingest, Read, Secret};
    use crate::control::KeyKind;

    const NOON: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn ring(change: impl FnOnce(&mut KeyRecord)) -> (Keyring, String) {
        let text = KeyText {
            id: "key_1".to_owned(),
            secret: Secret::generate().unwrap(),
        };
        let mut record = KeyRecord {
            id: "key_1".to_owned(),
            organization_id: "org_1".to_owned(),
            project_id: None,
            kind: KeyKind::Read,
            digest: text.secret.digest().to_vec(),
            expires_at: None,
            revoked_at: None,
        };
        change(&mut record);
        (Keyring::new(vec![record]), text.write(KeyKind::Read))
    }

    fn ask(ring: &Keyring, header: &str) -> Result<Caller, AuthError> {
        ring.caller(Some(&HeaderValue::from_str(header).unwrap()), NOON)
    }

    #[test]
    fn a_key_names_its_organization() {
        let (ring, text) = ring(|_| ());
        let caller = ask(&ring, &format!("Bearer {text}")).unwrap();
        assert_eq!(&**caller.organization_id(), "org_1");
        assert!(ask(&ring, &format!("bearer  {text}")).is_ok());
    }

    #[test]
    fn a_key_works_until_the_instant_it_expires() {
        let (before, text) = ring(|key| key.expires_at = NOON.checked_add(1));
        assert!(ask(&before, &format!("Bearer {text}")).is_ok());
        let (at, text) = ring(|key| key.expires_at = Some(NOON));
        let error = ask(&at, &format!("Bearer {text}")).unwrap_err();
        assert_eq!(error, AuthError::Invalid);
    }

    #[test]
    fn a_revoked_key_never_works_again() {
        let (ring, text) = ring(|key| key.revoked_at = NOON.checked_add(1_000_000));
        let error = ask(&ring, &format!("Bearer {text}")).unwrap_err();
        assert_eq!(error, AuthError::Invalid);
    }

    #[test]
    fn a_right_holds_for_as_long_as_the_key_works_and_is_the_same() {
        let later = NOON.checked_add(1).unwrap();
        let (ring, text) = ring(|key| key.expires_at = Some(later));
        let caller = ask(&ring, &format!("Bearer {text}")).unwrap();
        let reader = Authorized::<Read>::of(caller).unwrap();
        assert!(reader.still_holds(&ring, NOON));
        assert!(!reader.still_holds(&ring, later));
        let (revoked, _) = self::ring(|key| key.revoked_at = Some(NOON));
        assert!(!reader.still_holds(&revoked, NOON));
        let (limited, _) = self::ring(|key| key.project_id = Some("prj_1".to_owned()));
        assert!(!reader.still_holds(&limited, NOON));
        let (changed, _) = self::ring(|key| key.kind = KeyKind::Ingest);
        assert!(!reader.still_holds(&changed, NOON));
        assert!(!reader.still_holds(&Keyring::new(Vec::new()), NOON));
    }

    #[test]
    fn a_part_of_the_server_is_let_in_by_its_key_and_no_further_than_it_reaches() {
        let (recording, text) = ring(|key| key.kind = KeyKind::Ingest);
        let authorized = recording.authorize::<Ingest>(&text, NOON).unwrap();
        assert_eq!(&**authorized.caller().organization_id(), "org_1");
        let (reading, text) = ring(|_| ());
        let error = reading.authorize::<Ingest>(&text, NOON).unwrap_err();
        assert!(matches!(error, AuthError::Forbidden { .. }));
        let (revoked, text) = ring(|key| {
            key.kind = KeyKind::Ingest;
            key.revoked_at = Some(NOON);
        });
        let error = revoked.authorize::<Ingest>(&text, NOON).unwrap_err();
        assert_eq!(error, AuthError::Invalid);
    }

    #[test]
    fn anything_else_is_not_let_in() {
        let (ring, text) = ring(|_| ());
        assert_eq!(ring.caller(None, NOON).unwrap_err(), AuthError::Missing);
        let (_, other) = self::ring(|_| ());
        let bad = ["", "Bearer", "Bearer ", &text, "Basic dTpw"]
            .map(str::to_owned)
            .into_iter()
            .chain([format!("Basic {text}"), format!("Bearer {other}")]);
        for header in bad {
            assert_eq!(ask(&ring, &header).unwrap_err(), AuthError::Invalid);
        }
    }
}
