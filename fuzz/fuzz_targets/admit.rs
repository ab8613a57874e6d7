//! The door for events: whatever comes in is refused with reasons, or kept as canonical bytes.

#![no_main]

use evident_event::canonical;
use evident_event::id::EventId;
use evident_event::json::{self, Json, MAX_DEPTH};
use evident_event::record::{
    Admitted, Door, MAX_CANONICAL_BYTES, MAX_REFUSALS, Refusal, Sender, admit, differing_fields,
    with_index,
};
use evident_event::time::Timestamp;
use evident_fuzz::{NOW_MICROS, ORGANIZATION, catalog, is_sorted, redactor, same};
use libfuzzer_sys::fuzz_target;

/// What the server adds, which a client may not send.
const ADDED: [&str; 7] = [
    "badge",
    "catalog_version",
    "category",
    "event_type",
    "level",
    "name",
    "received_at",
];

fn door(strict: bool, received_micros: i64) -> Door<'static> {
    Door {
        catalog: catalog(),
        organization_id: ORGANIZATION,
        received_at: Timestamp::from_micros(received_micros),
        fallback_id: EventId::v7(received_micros, [3; 10]),
        strict,
        redactor: redactor(),
        levels: &[],
        sender: Sender::Client,
    }
}

fn check_refusals(refusals: &[Refusal]) {
    assert!((1..=MAX_REFUSALS).contains(&refusals.len()));
    for refusal in refusals {
        assert!(refusal.pointer.is_empty() || refusal.pointer.starts_with('/'));
        assert!(!refusal.code.is_empty() && !refusal.message.is_empty());
    }
}

/// What must hold of the bytes that are kept.
fn check_kept(admitted: &Admitted) {
    let kept = &admitted.canonical;
    assert!(kept.len() <= MAX_CANONICAL_BYTES);
    let event = json::parse(kept, MAX_DEPTH).expect("what is kept can be read");
    assert!(is_sorted(&event));
    let mut again = Vec::new();
    canonical::write(&event, &mut again);
    assert_eq!(&again, kept);

    let text = |name| event.get(name).and_then(Json::as_str).map(str::to_owned);
    assert_eq!(text("id"), Some(admitted.id.to_string()));
    assert_eq!(text("occurred_at"), Some(admitted.occurred_at.to_string()));
    assert_eq!(text("organization_id").as_deref(), Some(ORGANIZATION));
    assert_eq!(text("project_id"), admitted.project_id);
    assert_eq!(admitted.id_given, admitted.carried.contains("id"));
    for name in ADDED.iter().copied().chain(admitted.carried.names()) {
        assert!(event.get(name).is_some(), "{name} is missing");
    }

    let index = u64::from(kept.len() as u32) << 33;
    let mut shown = Vec::new();
    with_index(kept, index, &mut shown);
    let mut shown: serde_json::Value = serde_json::from_slice(&shown).expect("JSON");
    let members = shown.as_object_mut().expect("an object");
    assert_eq!(members.remove("index"), Some(index.into()));
    assert!(same(&event, &shown));
}

/// A retry is a duplicate, also when it comes later, and when it carries what was kept.
fn check_retries(text: &[u8], strict: bool, first: &Admitted) {
    let later = door(strict, NOW_MICROS + 1_000_000);
    let retry = admit(text, &later).expect("what was admitted once is again");
    assert_eq!(retry.carried, first.carried);
    let differing = differing_fields(&first.canonical, &retry.canonical, retry.carried);
    assert_eq!(differing, Ok(Vec::new()));

    let event = json::parse(&first.canonical, MAX_DEPTH).expect("what is kept can be read");
    let Json::Object(mut members) = event else {
        panic!("an event is an object");
    };
    members.retain(|(name, _)| !ADDED.contains(&&**name));
    let mut sent = Vec::new();
    canonical::write(&Json::Object(members), &mut sent);
    let again = match admit(&sent, &door(strict, NOW_MICROS)) {
        Ok(again) => again,
        // Placeholders are longer than what they stand for, so it may have grown over the limit.
        Err(refusals) => {
            assert!(sent.len() > text.len(), "{refusals:?}");
            assert!(
                refusals
                    .iter()
                    .all(|refusal| refusal.code == "event_too_large")
            );
            return;
        }
    };
    let differing = differing_fields(&first.canonical, &again.canonical, first.carried);
    assert_eq!(differing, Ok(Vec::new()));
}

fuzz_target!(|text: &[u8]| {
    let lenient = admit(text, &door(false, NOW_MICROS));
    let strict = admit(text, &door(true, NOW_MICROS));
    match (&lenient, &strict) {
        (Ok(lenient), Ok(strict)) => {
            assert_eq!(lenient, strict);
            assert!(strict.warnings.is_empty());
        }
        (Ok(_), Err(refusals)) => {
            let only_strict = ["unknown_action", "missing_metadata"];
            assert!(refusals.iter().all(|r| only_strict.contains(&r.code)));
        }
        (Err(_), strict) => assert!(strict.is_err()),
    }
    for (strict, outcome) in [(false, &lenient), (true, &strict)] {
        match outcome {
            Ok(admitted) => {
                assert_eq!(
                    admit(text, &door(strict, NOW_MICROS)).as_ref(),
                    Ok(admitted)
                );
                check_kept(admitted);
                check_retries(text, strict, admitted);
            }
            Err(refusals) => check_refusals(refusals),
        }
    }
});
