//! Redaction through the one door that events come in by.

use crate::id::EventId;
use crate::record::{Admitted, Door, Refusal, Sender, admit, differing_fields};
use crate::time::Timestamp;

use super::corpus::samples;
use super::*;

fn admit_by(redactor: &Redactor, event: &Value) -> Result<Admitted, Vec<Refusal>> {
    let catalog = catalog();
    let door = Door {
        catalog: &catalog,
        organization_id: "org_acme",
        received_at: Timestamp::from_micros(1_770_978_505_000_000),
        fallback_id: EventId::parse("019c5683-8a68-7000-8000-000000000001").unwrap(),
        strict: false,
        redactor,
        levels: &[],
        sender: Sender::Client,
    };
    admit(event.to_string().as_bytes(), &door)
}

fn admitted(event: &Value) -> Admitted {
    admit_by(&redactor(), event).unwrap_or_else(|refusals| panic!("{event}: {refusals:?}"))
}

fn event_with(secret: &str, text: &str) -> Value {
    json!({
        "action": "model.called",
        "actor": {"type": "user", "id": "usr_1", "metadata": {"note": text}},
        "changes": [{"field": "api_key", "old": secret, "new": {"a": [text]}}],
        "metadata": {"access_token": secret, "note": text, "nested": {"password": [secret, {"x": text}]}},
        "reason": format!("Because of {text}"),
        "request": {
            "method": "POST", "path": "/v1/x?limit=5", "status": 200,
            "body": {"log": json!({"inner": text}).to_string(), "headers": [{"name": "Cookie", "value": secret}]},
            "response": [text],
        },
        "targets": [{"type": "model", "id": "m_1", "metadata": {"token": secret}}],
    })
}

#[test]
fn no_secret_reaches_the_canonical_bytes() {
    for sample in samples() {
        let kept = admitted(&event_with(&sample.secret, &sample.text())).canonical;
        let kept = String::from_utf8(kept).unwrap();
        // As it is, and as JSON writes it once and twice.
        let mut form = sample.secret.clone();
        for _ in 0..3 {
            assert!(!kept.contains(&form), "{}: {kept}", sample.family);
            form = json!(form).to_string().trim_matches('"').to_owned();
        }
        let parsed = json::parse(kept.as_bytes(), MAX_DEPTH).unwrap();
        let mut again = Vec::new();
        canonical::write(&parsed, &mut again);
        assert_eq!(again, kept.as_bytes(), "{}", sample.family);
    }
}

#[test]
fn a_description_is_made_from_what_is_kept() {
    let token = ["ghp_", &"a1B2".repeat(9)].concat();
    let event = json!({
        "action": "model.called",
        "actor": {"type": "user", "id": "usr_1"},
        "targets": [{"type": "api_key", "id": token}],
    });
    let kept: Value = serde_json::from_slice(&admitted(&event).canonical).unwrap();
    assert_eq!(
        kept["description"],
        json!(format!("usr_1 called {}", placeholder_of(&token)))
    );
}

#[test]
fn a_retry_with_the_same_secret_is_a_duplicate() {
    for sample in samples() {
        let event = event_with(&sample.secret, &sample.text());
        let (stored, retry) = (admitted(&event), admitted(&event));
        let differing = differing_fields(&stored.canonical, &retry.canonical, retry.carried);
        assert_eq!(differing, Ok(vec![]), "{}", sample.family);
    }
}

#[test]
fn a_retry_with_another_secret_is_a_conflict() {
    let stored = admitted(&event_with("first-secret", "password=one"));
    let retry = admitted(&event_with("other-secret", "password=two"));
    assert_eq!(
        differing_fields(&stored.canonical, &retry.canonical, retry.carried).unwrap(),
        [
            "actor", "changes", "metadata", "reason", "request", "targets"
        ]
    );
    let retry = admitted(&event_with("first-secret", "password=two"));
    assert_eq!(
        differing_fields(&stored.canonical, &retry.canonical, retry.carried).unwrap(),
        ["actor", "changes", "metadata", "reason", "request"]
    );
}

#[test]
fn an_exported_event_sent_again_is_a_duplicate() {
    let stored = admitted(&event_with("first-secret", "password=one"));
    let mut again: Value = serde_json::from_slice(&stored.canonical).unwrap();
    let by_server = [
        "badge",
        "catalog_version",
        "category",
        "event_type",
        "level",
        "name",
        "received_at",
    ];
    for name in by_server {
        again.as_object_mut().unwrap().remove(name);
    }
    let retry = admitted(&again);
    assert_eq!(
        differing_fields(&stored.canonical, &retry.canonical, retry.carried),
        Ok(vec![])
    );
}

#[test]
fn too_many_secrets_are_refused() {
    let mut event = event_with("a", "b");
    event["request"]["body"] = json!({"password": vec!["x"; MAX_REPLACEMENTS]});
    let refusals = admit_by(&redactor(), &event).unwrap_err();
    assert_eq!(refusals.len(), 1);
    assert_eq!(
        (refusals[0].code, refusals[0].pointer.as_str()),
        ("event_too_large", "")
    );
    assert!(refusals[0].message.contains("leave the secrets out"));
}

/// The most that an event can grow by: numbers that canonical form writes longer, and as many of the
/// shortest secrets as are allowed.
#[test]
fn the_largest_event_stays_within_its_bound() {
    let secrets = vec!["1"; MAX_REPLACEMENTS].join(",");
    let start = format!(
        r#"{{"action":"a.b","actor":{{"type":"user","id":"u"}},"request":{{"body":{{"pin":[{secrets}],"n":[1e15"#
    );
    let room = crate::record::MAX_EVENT_BYTES - start.len() - "]}}}".len();
    let text = format!("{start}{}]}}}}}}", ",1e15".repeat(room / ",1e15".len()));
    let catalog = catalog();
    let redactor = redactor();
    let door = Door {
        catalog: &catalog,
        organization_id: "org_acme",
        received_at: Timestamp::from_micros(0),
        fallback_id: EventId::parse("019c5683-8a68-7000-8000-000000000001").unwrap(),
        strict: false,
        redactor: &redactor,
        levels: &[],
        sender: Sender::Client,
    };
    let kept = admit(text.as_bytes(), &door).unwrap().canonical;
    assert!(
        kept.len() < crate::record::MAX_CANONICAL_BYTES,
        "{}",
        kept.len()
    );
}
