//! What is asked for of API keys, as it is sent.
//!
//! It must hold that a network is kept in one spelling: that of the addresses that it is compared with.

use std::net::IpAddr;

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use ipnet::IpNet;

use crate::auth::client_address;
use crate::control::{KeyKind, MAX_NAME_BYTES};

/// Networks of a key, at most.
pub(super) const MAX_NETWORKS: usize = 50;
/// Days that a key works, at most, where it is said at all.
pub(super) const MAX_LIFETIME_DAYS: i64 = 3_650;
/// Hours that a key works on beside the one that takes its place, at most.
pub(super) const MAX_OVERLAP_HOURS: i64 = 720;
/// The same where nothing is said.
const USUAL_OVERLAP_HOURS: i64 = 24;
/// Longest id of a project that is looked at, in bytes.
const MAX_ID_BYTES: usize = 255;
/// Microseconds of a day and of an hour.
const DAY: i64 = 24 * HOUR;
const HOUR: i64 = 3_600_000_000;

const NEW: [&str; 6] = [
    "name",
    "kind",
    "project_id",
    "expires_at",
    "expires_in_days",
    "allowed_addresses",
];
const CHANGED: [&str; 3] = ["name", "expires_at", "allowed_addresses"];
const ROTATED: [&str; 3] = ["overlap_hours", "expires_at", "expires_in_days"];

/// A key to be made.
#[derive(Debug)]
pub(super) struct NewKeyAsked {
    pub(super) name: String,
    pub(super) kind: KeyKind,
    pub(super) project_id: Option<String>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) allowed_addresses: Vec<IpNet>,
}

/// What is to be set of a key; the rest stays.
#[derive(Debug)]
pub(super) struct KeyChangeAsked {
    pub(super) name: Option<String>,
    /// `Some(None)`: it shall not expire.
    pub(super) expires_at: Option<Option<Timestamp>>,
    pub(super) allowed_addresses: Option<Vec<IpNet>>,
}

/// How a key is to be replaced.
#[derive(Debug)]
pub(super) struct RotationAsked {
    /// When the key that is replaced stops working, unless it does so before.
    pub(super) ends_at: Timestamp,
    /// When the new key stops working; nothing: when the one before would have.
    pub(super) expires_at: Option<Timestamp>,
}

/// Reads one document with these members.
fn read<T>(
    document: &Json<'_>,
    members: &[&'static str],
    read: impl FnOnce(&Object<'_>, &mut Findings) -> Option<T>,
) -> Result<T, Vec<Refusal>> {
    let mut findings = Findings::default();
    let object = Part::whole(document).object(members, &mut findings);
    let asked = object.and_then(|object| read(&object, &mut findings));
    match asked {
        Some(asked) if findings.is_empty() => Ok(asked),
        _ => Err(findings.into_refusals()),
    }
}

impl NewKeyAsked {
    pub(super) fn read(document: &Json<'_>, now: Timestamp) -> Result<Self, Vec<Refusal>> {
        read(document, &NEW, |object, findings| {
            let name = object.required("name", findings);
            let name = name.and_then(|part| part.words(MAX_NAME_BYTES, findings));
            let kind = object.required("kind", findings);
            let kinds = [KeyKind::Ingest, KeyKind::Read, KeyKind::Admin];
            let kind = kind.and_then(|part| part.one_of(&kinds, KeyKind::as_str, findings));
            let project = object.member("project_id");
            let project = project.and_then(|part| part.words(MAX_ID_BYTES, findings));
            let networks = object.member("allowed_addresses");
            let networks = networks.map(|part| read_networks(&part, findings));
            let expires_at = read_end(object, now, findings);
            Some(Self {
                name: name?.to_owned(),
                kind: kind?,
                project_id: project.map(str::to_owned),
                expires_at,
                allowed_addresses: networks.unwrap_or_default(),
            })
        })
    }
}

impl KeyChangeAsked {
    pub(super) fn read(document: &Json<'_>, now: Timestamp) -> Result<Self, Vec<Refusal>> {
        read(document, &CHANGED, |object, findings| {
            let name = object.given("name");
            let name = name.and_then(|part| part.words(MAX_NAME_BYTES, findings));
            let networks = object.given("allowed_addresses");
            let expires_at = object.given("expires_at").map(|part| {
                let is_to_last = part.is_null();
                (!is_to_last)
                    .then(|| read_time(&part, now, findings))
                    .flatten()
            });
            Some(Self {
                name: name.map(str::to_owned),
                expires_at,
                allowed_addresses: networks.map(|part| read_networks(&part, findings)),
            })
        })
    }
}

impl RotationAsked {
    pub(super) fn read(document: &Json<'_>, now: Timestamp) -> Result<Self, Vec<Refusal>> {
        read(document, &ROTATED, |object, findings| {
            let hours = object.member("overlap_hours");
            let hours = match hours {
                Some(part) => part.whole_number(0, MAX_OVERLAP_HOURS, findings)?,
                None => USUAL_OVERLAP_HOURS,
            };
            Some(Self {
                ends_at: now.checked_add(hours * HOUR)?,
                expires_at: read_end(object, now, findings),
            })
        })
    }
}

/// When a key shall stop working, by a time or by days from now.
fn read_end(object: &Object<'_>, now: Timestamp, findings: &mut Findings) -> Option<Timestamp> {
    let (at, days) = (
        object.member("expires_at"),
        object.member("expires_in_days"),
    );
    if let (Some(_), Some(days)) = (&at, &days) {
        let message = "expected one of expires_at and expires_in_days, found both: leave one out";
        findings.refuse(days.pointer(), "conflicting_fields", message);
        return None;
    }
    match (at, days) {
        (Some(at), _) => read_time(&at, now, findings),
        (None, Some(days)) => {
            let days = days.whole_number(1, MAX_LIFETIME_DAYS, findings)?;
            now.checked_add(days * DAY)
        }
        (None, None) => None,
    }
}

/// A time to come, not too far away.
fn read_time(part: &Part<'_>, now: Timestamp, findings: &mut Findings) -> Option<Timestamp> {
    let text = part.text(findings)?;
    let time = match Timestamp::parse_rfc3339(text) {
        Ok(time) => time,
        Err(error) => {
            findings.refuse(part.pointer(), "invalid_value", error.to_string());
            return None;
        }
    };
    let latest = now.checked_add(MAX_LIFETIME_DAYS * DAY);
    if now < time && latest.is_some_and(|latest| time <= latest) {
        return Some(time);
    }
    let message = format!(
        "expected a time to come, within {MAX_LIFETIME_DAYS} days: choose one, or leave it out for a key that does \
         not expire"
    );
    findings.refuse(part.pointer(), "out_of_range", message);
    None
}

/// A list of addresses and networks; those that are none are found.
fn read_networks(part: &Part<'_>, findings: &mut Findings) -> Vec<IpNet> {
    let parts = part.items(MAX_NETWORKS, findings).unwrap_or_default();
    let mut networks = Vec::with_capacity(parts.len());
    for part in parts {
        let Some(text) = part.text(findings) else {
            continue;
        };
        match read_network(text) {
            Some(network) if !networks.contains(&network) => networks.push(network),
            Some(_) => {}
            None => {
                let message = "expected an IP address such as 192.0.2.7, or a network such as 192.0.2.0/24 or \
                               2001:db8::/32: correct it";
                findings.refuse(part.pointer(), "invalid_value", message);
            }
        }
    }
    networks
}

fn read_network(text: &str) -> Option<IpNet> {
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse().ok()?,
    };
    Some(client_address::canonical(network).trunc())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const NOON: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn document(text: &str) -> Json<'_> {
        evident_event::json::parse(text.as_bytes(), 64).unwrap()
    }

    fn found(refusals: &[Refusal]) -> Vec<(&str, &str)> {
        let refusals = refusals.iter();
        refusals.map(|r| (r.pointer.as_str(), r.code)).collect()
    }

    #[test]
    fn a_network_has_one_spelling() {
        for (text, network) in [
            ("192.0.2.7", "192.0.2.7/32"),
            ("192.0.2.7/24", "192.0.2.0/24"),
            ("::ffff:192.0.2.7", "192.0.2.7/32"),
            ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
            ("2001:db8::1/32", "2001:db8::/32"),
        ] {
            assert_eq!(read_network(text).unwrap().to_string(), network);
        }
        for bad in [
            "",
            "192.0.2",
            "192.0.2.0/33",
            "localhost",
            " 192.0.2.7",
            "*",
            "1.2.3.4:80",
        ] {
            assert!(read_network(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_new_key_is_read_whole() {
        let text = r#"{"name":"CI","kind":"ingest","project_id":"prj_1","expires_in_days":1,
            "allowed_addresses":["10.0.0.0/8","10.0.0.0/8"]}"#;
        let asked = NewKeyAsked::read(&document(text), NOON).unwrap();
        assert_eq!(asked.kind, KeyKind::Ingest);
        assert_eq!(asked.project_id.as_deref(), Some("prj_1"));
        assert_eq!(asked.expires_at, NOON.checked_add(DAY));
        assert_eq!(asked.allowed_addresses.len(), 1, "each once");
        let least = NewKeyAsked::read(&document(r#"{"name":"x","kind":"read"}"#), NOON).unwrap();
        assert_eq!((least.expires_at, least.project_id), (None, None));
    }

    #[test]
    fn each_mistake_has_its_pointer_and_its_code() {
        let now = NOON.to_string();
        for (members, pointer, code) in [
            (r#""kind":"read""#, "/name", "missing_field"),
            (r#""name":"x""#, "/kind", "missing_field"),
            (r#""name":"x","kind":"root""#, "/kind", "invalid_value"),
            (
                r#""name":"x","kind":"read","scope":1"#,
                "/scope",
                "unknown_field",
            ),
            (r#""name":"\u0000","kind":"read""#, "/name", "invalid_value"),
            (
                r#""name":"x","kind":"read","expires_in_days":0"#,
                "/expires_in_days",
                "out_of_range",
            ),
            (
                r#""name":"x","kind":"read","expires_in_days":1.5"#,
                "/expires_in_days",
                "out_of_range",
            ),
            (
                r#""name":"x","kind":"read","expires_at":"soon""#,
                "/expires_at",
                "invalid_value",
            ),
            (
                r#""name":"x","kind":"read","expires_at":"NOW""#,
                "/expires_at",
                "out_of_range",
            ),
            (
                r#""name":"x","kind":"read","expires_at":"9000-01-01T00:00:00Z""#,
                "/expires_at",
                "out_of_range",
            ),
            (
                r#""name":"x","kind":"read","expires_in_days":1,"expires_at":"NOW""#,
                "/expires_in_days",
                "conflicting_fields",
            ),
            (
                r#""name":"x","kind":"read","allowed_addresses":["::1","x"]"#,
                "/allowed_addresses/1",
                "invalid_value",
            ),
            (
                r#""name":"x","kind":"read","allowed_addresses":"::1""#,
                "/allowed_addresses",
                "wrong_type",
            ),
        ] {
            let text = format!("{{{}}}", members.replace("NOW", &now));
            let refusals = NewKeyAsked::read(&document(&text), NOON).unwrap_err();
            assert_eq!(found(&refusals), [(pointer, code)], "{text}");
        }
    }

    #[test]
    fn a_change_tells_what_is_unset_from_what_stays() {
        let read = |text| KeyChangeAsked::read(&document(text), NOON);
        let asked = read("{}").unwrap();
        assert!(asked.name.is_none() && asked.expires_at.is_none());
        assert!(asked.allowed_addresses.is_none());
        let asked = read(r#"{"expires_at":null,"allowed_addresses":[]}"#).unwrap();
        assert_eq!(asked.expires_at, Some(None));
        assert_eq!(asked.allowed_addresses, Some(Vec::new()));
        for bad in [
            r#"{"name":null}"#,
            r#"{"allowed_addresses":null}"#,
            r#"{"kind":"admin"}"#,
            r#"{"expires_at":"2001-01-01T00:00:00Z"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_overlap_has_its_bounds() {
        let read = |text: &str| RotationAsked::read(&document(text), NOON);
        assert_eq!(Some(read("{}").unwrap().ends_at), NOON.checked_add(DAY));
        assert_eq!(read(r#"{"overlap_hours":0}"#).unwrap().ends_at, NOON);
        assert!(read(r#"{"overlap_hours":720}"#).is_ok());
        for bad in ["-1", "721", "1.5", "\"1\""] {
            assert!(
                read(&format!("{{\"overlap_hours\":{bad}}}")).is_err(),
                "{bad}"
            );
        }
    }
}
