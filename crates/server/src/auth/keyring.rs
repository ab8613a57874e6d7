//! The API keys, in memory: a request that is let in by one touches no database.
//!
//! What must always hold:
//!
//! - what is in memory is what the control plane held when it was last read, which is after each change;
//! - whether a key still works is decided at each request, with the request's time and address;
//! - a key that is not known costs what one costs that is known;
//! - the time of a key's last use is noted here at once and written by and by ([`super::uses`]): a change of the keys
//!   does not lose it, a crash may lose a minute of it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use axum::http::HeaderValue;
use evident_event::time::Timestamp;
use ipnet::IpNet;

use super::caller::{Caller, Who};
use super::issuers::Issuers;
use super::refused::{KeyRefusal, RefusedKey, RefusedSlot};
use super::uses::Use;
use super::{AuthError, Authorized, Held, KeyText, Right, Visit};
use crate::control::{Control, ControlError, KeyRecord};
use crate::secrets::Secrets;

/// The scheme of the credentials that are understood.
const SCHEME: &str = "Bearer";
/// What the secrets of unknown keys are compared with: the digest of none.
const NO_DIGEST: [u8; 32] = [0; 32];

/// Every key by its id, and beside them the issuers of viewer tokens.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: RwLock<HashMap<String, Arc<Key>>>,
    issuers: Issuers,
}

#[derive(Debug)]
pub(super) struct Key {
    caller: Caller,
    digest: Vec<u8>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    /// Where it may be used from; empty: anywhere.
    allowed: Vec<IpNet>,
    /// When it was last used: the same for as long as there is the key.
    pub(super) used: Arc<Use>,
}

impl Keyring {
    /// Reads the keys and issuers from the control plane.
    pub(crate) async fn load(
        control: &Control,
        secrets: Arc<Secrets>,
    ) -> Result<Self, ControlError> {
        Ok(Self {
            keys: RwLock::new(by_id(control.keys().await?)),
            issuers: Issuers::load(control, secrets).await?,
        })
    }

    /// Reads them again, after a change.
    pub(crate) async fn reload(&self, control: &Control) -> Result<(), ControlError> {
        self.hold(control.keys().await?);
        self.issuers.reload(control).await
    }

    pub(super) fn hold(&self, records: Vec<KeyRecord>) {
        let mut keys = by_id(records);
        let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for (id, key) in &mut keys {
            if let (Some(key), Some(before)) = (Arc::get_mut(key), held.get(id)) {
                key.used = Arc::clone(&before.used);
            }
        }
        *held = keys;
    }

    /// The issuers of viewer tokens.
    pub(crate) fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Every key, with its id.
    pub(super) fn all(&self) -> Vec<(String, Arc<Key>)> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.iter();
        keys.map(|(id, key)| (id.clone(), Arc::clone(key)))
            .collect()
    }

    /// When a key was last used since the server began, if it was.
    pub(crate) fn last_use(&self, id: &str) -> Option<Timestamp> {
        self.get(id)?.used.last()
    }

    #[cfg(test)]
    pub(super) fn new(records: Vec<KeyRecord>) -> Self {
        Self {
            keys: RwLock::new(by_id(records)),
            issuers: Issuers::none(),
        }
    }

    #[cfg(test)]
    pub(super) fn with_issuers(self, issuers: Issuers) -> Self {
        Self { issuers, ..self }
    }

    fn get(&self, id: &str) -> Option<Arc<Key>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(id).map(Arc::clone)
    }

    /// Lets in a part of the server itself that has a key, as it would let in anybody else with it.
    pub(crate) fn authorize<R: Right>(
        &self,
        key: &str,
        visit: Visit,
        now: Timestamp,
    ) -> Result<Authorized<R>, AuthError> {
        let caller = self.presented(key, visit.address, now, &RefusedSlot::default())?;
        Authorized::of(caller, Arc::new(visit))
    }

    /// Who presents this `Authorization` header. A known key that is refused is noted.
    pub(super) fn caller(
        &self,
        header: Option<&HeaderValue>,
        address: IpAddr,
        now: Timestamp,
        refused: &RefusedSlot,
    ) -> Result<Caller, AuthError> {
        let text = bearer(header.ok_or(AuthError::Missing)?).ok_or(AuthError::Invalid)?;
        self.presented(text, address, now, refused)
    }

    fn presented(
        &self,
        text: &str,
        address: IpAddr,
        now: Timestamp,
        refused: &RefusedSlot,
    ) -> Result<Caller, AuthError> {
        let presented = KeyText::parse(text).ok_or(AuthError::Invalid)?;
        let key = self.get(&presented.id);
        let digest = key.as_ref().map_or(&NO_DIGEST[..], |key| &key.digest);
        let is_it = presented.secret.matches(digest);
        let key = key.ok_or(AuthError::Invalid)?;
        let why = match is_it {
            false => Some(KeyRefusal::WrongSecret),
            true => key.refusal(address, now),
        };
        if let Some(why) = why {
            if let Some(key) = refusal_of(&key.caller, why) {
                refused.fill(key);
            }
            return Err(AuthError::Invalid);
        }
        key.used.note(now);
        Ok(key.caller.clone())
    }

    /// Who has the key of this id, if it works now.
    pub(super) fn caller_with(&self, key_id: &str, now: Timestamp) -> Option<Caller> {
        let key = self.get(key_id)?;
        key.works_at(now).then(|| key.caller.clone())
    }
}

/// What stands behind `Bearer` in an `Authorization` header.
pub(super) fn bearer(header: &HeaderValue) -> Option<&str> {
    let (scheme, text) = header.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case(SCHEME).then(|| text.trim())
}

/// What is noted of a key that was refused. Nothing of others than keys.
pub(super) fn refusal_of(caller: &Caller, why: KeyRefusal) -> Option<RefusedKey> {
    let Who::Key { id, name, .. } = &caller.who else {
        return None;
    };
    Some(RefusedKey {
        key_id: Arc::clone(id),
        name: Arc::clone(name),
        organization_id: Arc::clone(&caller.organization_id),
        why,
    })
}

fn by_id(records: Vec<KeyRecord>) -> HashMap<String, Arc<Key>> {
    let keys = records.into_iter();
    keys.map(|record| (record.id.clone(), Arc::new(Key::new(record))))
        .collect()
}

impl Key {
    fn new(record: KeyRecord) -> Self {
        let held = Held::by_key(record.kind, record.project_id.as_deref());
        Self {
            caller: Caller {
                who: Who::Key {
                    id: Arc::from(record.id),
                    name: Arc::from(record.name),
                    kind: record.kind,
                },
                organization_id: Arc::from(record.organization_id),
                held,
            },
            digest: record.digest,
            expires_at: record.expires_at,
            revoked_at: record.revoked_at,
            allowed: record.allowed_addresses,
            used: Arc::default(),
        }
    }

    /// Why it does not let anybody in from there now, if it does not.
    fn refusal(&self, address: IpAddr, now: Timestamp) -> Option<KeyRefusal> {
        // A revocation is for ever, also for a clock that has jumped back before it.
        if self.revoked_at.is_some() {
            return Some(KeyRefusal::Revoked);
        }
        if self.expires_at.is_some_and(|at| at <= now) {
            return Some(KeyRefusal::Expired);
        }
        (!self.works_from(address)).then_some(KeyRefusal::WrongAddress)
    }

    fn works_at(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }

    fn works_from(&self, address: IpAddr) -> bool {
        // An IPv4 address is one address, also when it comes dressed as IPv6.
        let address = address.to_canonical();
        let mut allowed = self.allowed.iter();
        self.allowed.is_empty() || allowed.any(|network| network.contains(&address))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::auth::{Ingest, Secret};
    use crate::control::KeyKind;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const NOON: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn record() -> KeyRecord {
        KeyRecord {
            id: "key_1".to_owned(),
            organization_id: "org_1".to_owned(),
            project_id: None,
            kind: KeyKind::Read,
            digest: Vec::new(),
            expires_at: None,
            revoked_at: None,
            name: String::new(),
            allowed_addresses: Vec::new(),
        }
    }

    fn ring(change: impl FnOnce(&mut KeyRecord)) -> (Keyring, String) {
        let text = KeyText {
            id: "key_1".to_owned(),
            secret: Secret::generate().unwrap(),
        };
        let mut record = KeyRecord {
            digest: text.secret.digest().to_vec(),
            ..record()
        };
        change(&mut record);
        (Keyring::new(vec![record]), text.write(KeyKind::Read))
    }

    fn ask(ring: &Keyring, header: &str) -> Result<Caller, AuthError> {
        {
            let header = HeaderValue::from_str(header).unwrap();
            ring.caller(Some(&header), HERE, NOON, &RefusedSlot::default())
        }
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
    fn a_key_works_from_its_networks_only() {
        let networks = ["10.0.0.0/8", "2001:db8::/32"];
        let networks = networks.map(|network| network.parse().unwrap());
        let (ring, text) = ring(|key| key.allowed_addresses = networks.to_vec());
        let header = HeaderValue::from_str(&format!("Bearer {text}")).unwrap();
        for (from, works) in [
            ("10.1.2.3", true),
            ("::ffff:10.1.2.3", true),
            ("::ffff:11.0.0.1", false),
            ("2001:db8::1", true),
            ("11.0.0.1", false),
            ("::1", false),
        ] {
            let slot = RefusedSlot::default();
            let asked = ring.caller(Some(&header), from.parse().unwrap(), NOON, &slot);
            assert_eq!(asked.is_ok(), works, "{from}");
        }
    }

    #[test]
    fn why_a_known_key_is_refused_is_noted_and_not_told() {
        let elsewhere: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        type Change = Box<dyn FnOnce(&mut KeyRecord)>;
        let cases: [(Change, KeyRefusal); 4] = [
            (
                Box::new(|key| key.expires_at = Some(NOON)),
                KeyRefusal::Expired,
            ),
            (
                Box::new(|key| key.revoked_at = Some(NOON)),
                KeyRefusal::Revoked,
            ),
            (
                Box::new(|key| key.allowed_addresses = elsewhere),
                KeyRefusal::WrongAddress,
            ),
            (
                Box::new(|key| key.digest = vec![1; 32]),
                KeyRefusal::WrongSecret,
            ),
        ];
        for (change, why) in cases {
            let (ring, text) = ring(change);
            let header = HeaderValue::from_str(&format!("Bearer {text}")).unwrap();
            let slot = RefusedSlot::default();
            let error = ring.caller(Some(&header), HERE, NOON, &slot).unwrap_err();
            assert_eq!(error, AuthError::Invalid);
            let noted = slot.get().unwrap();
            assert_eq!((&*noted.key_id, noted.why), ("key_1", why));
            assert_eq!(&*noted.organization_id, "org_1");
            assert_eq!(ring.last_use("key_1"), None, "a refusal is no use");
        }
        let (unknown, text) = (Keyring::new(Vec::new()), ring(|_| ()).1);
        let header = HeaderValue::from_str(&format!("Bearer {text}")).unwrap();
        let slot = RefusedSlot::default();
        assert!(unknown.caller(Some(&header), HERE, NOON, &slot).is_err());
        assert!(slot.get().is_none());
    }

    #[test]
    fn a_use_outlives_a_change_of_the_keys_and_is_gone_with_its_key() {
        let (ring, text) = ring(|_| ());
        assert_eq!(ring.last_use("key_1"), None);
        ask(&ring, &format!("Bearer {text}")).unwrap();
        assert_eq!(ring.last_use("key_1"), Some(NOON));
        ring.hold(vec![record()]);
        assert_eq!(ring.last_use("key_1"), Some(NOON));
        ring.hold(Vec::new());
        assert_eq!(ring.last_use("key_1"), None);
    }

    #[test]
    fn a_part_of_the_server_is_let_in_by_its_key_and_no_further_than_it_reaches() {
        let (recording, text) = ring(|key| key.kind = KeyKind::Ingest);
        let authorized = recording
            .authorize::<Ingest>(&text, Visit::within(), NOON)
            .unwrap();
        assert_eq!(&**authorized.caller().organization_id(), "org_1");
        let (reading, text) = ring(|_| ());
        let error = reading
            .authorize::<Ingest>(&text, Visit::within(), NOON)
            .unwrap_err();
        assert!(matches!(error, AuthError::Forbidden(_)));
        let (revoked, text) = ring(|key| {
            key.kind = KeyKind::Ingest;
            key.revoked_at = Some(NOON);
        });
        let error = revoked
            .authorize::<Ingest>(&text, Visit::within(), NOON)
            .unwrap_err();
        assert_eq!(error, AuthError::Invalid);
    }

    #[test]
    fn anything_else_is_not_let_in() {
        let (ring, text) = ring(|_| ());
        assert_eq!(
            ring.caller(None, HERE, NOON, &RefusedSlot::default())
                .unwrap_err(),
            AuthError::Missing
        );
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
