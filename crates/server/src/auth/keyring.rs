//! The API keys, in memory: a request that is let in by one touches no database.
//!
//! What must always hold:
//!
//! - what is in memory of an organization is what the control plane held when it was last read, which is after each
//!   change of that organization: what one does to its keys costs the others nothing;
//! - every key that works is here, and of those that ended as many as are told from unknown ones; what is not here lets
//!   nobody in;
//! - whether a key still works is decided at each request, with the request's time and address;
//! - a key that is not known costs what one costs that is known;
//! - the time of a key's last use is noted here at once and written by and by ([`super::uses`]): a change of the keys
//!   does not lose it as long as the key is here, a crash may lose a minute of it.

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
use crate::edge;
use crate::secrets::Secrets;

/// The scheme of the credentials that are understood.
const SCHEME: &str = "Bearer";
/// What the secrets of unknown keys are compared with: the digest of none.
const NO_DIGEST: [u8; 32] = [0; 32];

/// The keys by their ids, and beside them the issuers of viewer tokens.
#[derive(Debug)]
pub(crate) struct Keyring {
    keys: RwLock<Keys>,
    issuers: Issuers,
}

#[derive(Debug, Default)]
struct Keys {
    by_id: HashMap<String, Arc<Key>>,
    /// The ids of each organization's keys.
    of_organization: HashMap<String, Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Key {
    id: String,
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
        let keys = control.keys(edge::now()).await?;
        Ok(Self {
            keys: RwLock::new(Keys::of(keys)),
            issuers: Issuers::load(control, secrets).await?,
        })
    }

    /// Reads those of an organization again, after a change of it.
    pub(crate) async fn reload(
        &self,
        control: &Control,
        organization_id: &str,
    ) -> Result<(), ControlError> {
        let keys = control.keys_of(organization_id, edge::now()).await?;
        self.hold(organization_id, keys);
        self.issuers.reload(control, organization_id).await
    }

    /// Holds these keys of an organization, and no others of it.
    pub(super) fn hold(&self, organization_id: &str, records: Vec<KeyRecord>) {
        let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let before = held.of_organization.remove(organization_id);
        let before: HashMap<String, Arc<Key>> = before
            .into_iter()
            .flatten()
            .filter_map(|id| held.by_id.remove_entry(&id))
            .collect();
        for record in records {
            let mut key = Key::new(record);
            if let Some(before) = before.get(key.id()) {
                key.used = Arc::clone(&before.used);
            }
            held.insert(key);
        }
    }

    /// The issuers of viewer tokens.
    pub(crate) fn issuers(&self) -> &Issuers {
        &self.issuers
    }

    /// Every key, with its id.
    pub(super) fn all(&self) -> Vec<(String, Arc<Key>)> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let keys = keys.by_id.iter();
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
            keys: RwLock::new(Keys::of(records)),
            issuers: Issuers::none(),
        }
    }

    #[cfg(test)]
    pub(super) fn with_issuers(self, issuers: Issuers) -> Self {
        Self { issuers, ..self }
    }

    fn get(&self, id: &str) -> Option<Arc<Key>> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.by_id.get(id).map(Arc::clone)
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
            refused.fill_with(&key.caller, why);
            return Err(AuthError::Invalid);
        }
        key.used.note(now);
        Ok(key.caller.clone())
    }

    /// Who has the key of this id, if it lets somebody in from there now.
    pub(super) fn caller_with(
        &self,
        key_id: &str,
        address: IpAddr,
        now: Timestamp,
    ) -> Option<Caller> {
        let key = self.get(key_id)?;
        let refusal = key.refusal(address, now);
        refusal.is_none().then(|| key.caller.clone())
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

impl Keys {
    fn of(records: Vec<KeyRecord>) -> Self {
        let mut keys = Self::default();
        for record in records {
            keys.insert(Key::new(record));
        }
        keys
    }

    fn insert(&mut self, key: Key) {
        let (id, organization_id) = (key.id().to_owned(), key.caller.organization_id.to_string());
        let ids = self.of_organization.entry(organization_id).or_default();
        ids.push(id.clone());
        self.by_id.insert(id, Arc::new(key));
    }
}

impl Key {
    fn id(&self) -> &str {
        &self.id
    }

    fn new(record: KeyRecord) -> Self {
        let held = Held::by_key(record.kind, record.project_id.as_deref());
        Self {
            id: record.id.clone(),
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
        ring.hold("org_1", vec![record()]);
        assert_eq!(ring.last_use("key_1"), Some(NOON));
        ring.hold("org_1", Vec::new());
        assert_eq!(ring.last_use("key_1"), None);
    }

    #[test]
    fn a_change_of_an_organization_leaves_the_keys_of_others_as_they_are() {
        let theirs = |id: &str| KeyRecord {
            id: id.to_owned(),
            organization_id: "org_2".to_owned(),
            ..record()
        };
        let ring = Keyring::new(vec![record(), theirs("key_2"), theirs("key_3")]);
        let (ours, kept) = (ring.get("key_1").unwrap(), ring.get("key_2").unwrap());
        ring.hold("org_1", vec![record()]);
        assert!(!Arc::ptr_eq(&ours, &ring.get("key_1").unwrap()), "anew");
        assert!(Arc::ptr_eq(&kept, &ring.get("key_2").unwrap()), "the same");
        ring.hold("org_2", vec![theirs("key_3")]);
        assert!(ring.get("key_2").is_none() && ring.get("key_3").is_some());
        assert!(ring.get("key_1").is_some());
    }

    #[test]
    fn of_two_records_of_a_key_the_one_that_ended_it_counts() {
        let revoked = KeyRecord {
            revoked_at: Some(NOON),
            ..record()
        };
        let ring = Keyring::new(Vec::new());
        ring.hold("org_1", vec![record(), revoked]);
        assert!(ring.caller_with("key_1", HERE, NOON).is_none());
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
