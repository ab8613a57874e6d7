//! Redaction: a secret that is planted into an event is in none of what is kept, whatever stands
//! around it, and cleaning what was cleaned changes nothing.
//!
//! The first bytes of the input make the secret and say where it goes; the rest is what stands
//! around it.

#![no_main]

use std::borrow::Cow;

use evident_event::canonical;
use evident_event::json::{self, Json, MAX_DEPTH, Members, sort_members};
use evident_fuzz::{catalog, is_sorted, redactor};
use libfuzzer_sys::fuzz_target;

const SEED_BYTES: usize = 8;
/// What is put around a value: metadata, a member, an array.
const LEVELS_AROUND: usize = 4;

/// Letters and digits without end, the same for the same seed.
fn drawn(seed: &[u8; SEED_BYTES], length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut state = u64::from_le_bytes(*seed).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(LETTERS[(state >> 33) as usize % LETTERS.len()])
    };
    (0..length).map(&mut next).collect()
}

fn string(text: impl Into<String>) -> Json<'static> {
    Json::String(Cow::Owned(text.into()))
}

/// An object of these members; of those with one name the first.
fn object(members: Vec<(&str, Json<'static>)>) -> Json<'static> {
    let mut kept: Members<'static> = Vec::new();
    for (name, value) in members {
        if kept.iter().all(|(known, _)| known != name) {
            kept.push((Cow::Owned(name.to_owned()), value));
        }
    }
    sort_members(&mut kept).expect("every name is there once");
    Json::Object(kept)
}

/// The text as it stands within a string of JSON that is itself a text.
fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    canonical::write_str(text, &mut out);
    String::from_utf8(out).expect("JSON is UTF-8")
}

/// An event's free parts, one of which has the secret.
struct Planted {
    metadata: Json<'static>,
    body: Json<'static>,
    path: String,
    description: String,
    changes: Vec<Json<'static>>,
}

impl Planted {
    fn new(
        text: &str,
        value: &Json<'static>,
        place: u8,
        seed: &[u8; SEED_BYTES],
    ) -> (Self, String) {
        let token = ["ghp_", &drawn(seed, 36)].concat();
        let password = drawn(seed, 16);
        let mut planted = Self {
            metadata: object(vec![("data", value.clone())]),
            body: value.clone(),
            path: format!("/v1/{text}"),
            description: text.to_owned(),
            changes: vec![object(vec![
                ("field", string("threshold")),
                ("old", value.clone()),
            ])],
        };
        let spaced = format!("{text} {token} {text}");
        let secret = match place % 10 {
            0 => {
                planted.metadata = object(vec![("data", string(spaced))]);
                token
            }
            1 => {
                planted.description = spaced;
                token
            }
            2 => {
                planted.path = format!("/v1?{text}&token={password}&{text}");
                password
            }
            3 => {
                planted.path = format!("/v1?{text}&note=a+{token}+b");
                token
            }
            4 => {
                let items = vec![value.clone(), string(password.clone())];
                planted.metadata = object(vec![
                    ("password", Json::Array(items)),
                    ("data", value.clone()),
                ]);
                password
            }
            5 => {
                let inner = object(vec![
                    ("password", string(password.clone())),
                    (text, value.clone()),
                ]);
                planted.body = Json::Array(vec![value.clone(), inner]);
                password
            }
            6 => {
                planted.body = object(vec![(&token, value.clone()), (text, value.clone())]);
                token
            }
            7 => {
                planted.changes.push(object(vec![
                    ("field", string(format!("user.password.{text}"))),
                    ("new", string(password.clone())),
                    ("old", value.clone()),
                ]));
                password
            }
            8 => {
                let inner = format!(r#"{{"a":{},"password":"{password}"}}"#, quoted(text));
                planted.body = string(inner);
                password
            }
            _ => {
                planted.body = object(vec![
                    ("name", string("API-Key")),
                    ("value", string(password.clone())),
                    (text, value.clone()),
                ]);
                password
            }
        };
        (planted, secret)
    }

    fn into_members(self, text: &str) -> Members<'static> {
        let party = object(vec![
            ("type", string("user")),
            ("id", string("usr_1")),
            ("name", string(text)),
            ("metadata", self.metadata.clone()),
        ]);
        let event = object(vec![
            ("action", string("guardrail.created")),
            ("actor", party.clone()),
            ("changes", Json::Array(self.changes)),
            ("context", object(vec![("user_agent", string(text))])),
            ("description", string(self.description)),
            ("metadata", self.metadata),
            ("reason", string(text)),
            (
                "request",
                object(vec![
                    ("body", self.body.clone()),
                    ("method", string("PUT")),
                    ("path", string(self.path)),
                    ("response", self.body),
                ]),
            ),
            ("targets", Json::Array(vec![party])),
        ]);
        match event {
            Json::Object(members) => members,
            _ => Vec::new(),
        }
    }
}

fn value_holds(value: &Json<'_>, secret: &str) -> bool {
    let mut bytes = Vec::new();
    canonical::write(value, &mut bytes);
    String::from_utf8_lossy(&bytes).contains(secret)
}

fn bytes_of(members: &Members<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    canonical::write(&Json::Object(members.clone()), &mut bytes);
    bytes
}

fuzz_target!(|input: &[u8]| {
    let Some((seed, [place, around @ ..])) = input.split_first_chunk::<SEED_BYTES>() else {
        return;
    };
    let text = String::from_utf8_lossy(around);
    let value = match json::parse(around, MAX_DEPTH - LEVELS_AROUND) {
        Ok(value) => value.into_owned(),
        Err(_) => string(&*text),
    };
    let (planted, secret) = Planted::new(&text, &value, *place, seed);
    let mut members = planted.into_members(&text);
    // Where it stands by chance, nothing need say that it is one.
    if text.contains(&secret) || value_holds(&value, &secret) {
        return;
    }

    let entry = catalog().get("guardrail.created");
    if redactor().clean(&mut members, entry).is_err() {
        return;
    }
    let once = Json::Object(members);
    assert!(is_sorted(&once));
    let Json::Object(mut members) = once else {
        return;
    };
    let kept = bytes_of(&members);
    let shown = String::from_utf8_lossy(&kept);
    assert!(!shown.contains(&secret), "{secret} is in {shown}");
    json::parse(&kept, MAX_DEPTH).expect("what is cleaned can be kept");

    let replaced = redactor().clean(&mut members, entry);
    assert_eq!(String::from_utf8_lossy(&bytes_of(&members)), shown);
    assert_eq!(replaced, Ok(0));
});
