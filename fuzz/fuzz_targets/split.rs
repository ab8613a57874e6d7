//! Bodies of requests: cut where serde_json sees events, and nowhere else.

#![no_main]

use evident_event::json::JsonErrorKind;
use evident_event::json::split::{Body, MAX_BATCH_EVENTS, envelope, ndjson_lines};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const SPACE: &[u8] = b" \t\r\n";

/// What stands before, between and behind the slices, which must lie in the body, in order.
fn gaps<'b>(body: &'b [u8], slices: &[&[u8]]) -> Vec<&'b [u8]> {
    let mut gaps = Vec::with_capacity(slices.len() + 1);
    let mut done = 0;
    for slice in slices {
        let start = (slice.as_ptr() as usize)
            .checked_sub(body.as_ptr() as usize)
            .expect("a slice of the body");
        let gap = body.get(done..start).expect("slices are in order");
        gaps.push(gap);
        done = start + slice.len();
    }
    gaps.push(body.get(done..).expect("slices are inside the body"));
    gaps
}

fn is_space(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| SPACE.contains(byte))
}

fn check_many(body: &[u8], events: &[&[u8]]) {
    assert!(events.len() <= MAX_BATCH_EVENTS);
    let gaps = gaps(body, events);
    let [first, between @ .., last] = gaps.as_slice() else {
        assert!(events.is_empty());
        return;
    };
    assert!(first.trim_ascii_end().ends_with(b"["));
    assert!(between.iter().all(|gap| gap.trim_ascii() == b","));
    assert!(last.trim_ascii_start().starts_with(b"]"));

    let values: Result<Vec<Value>, _> = events
        .iter()
        .map(|event| serde_json::from_slice(event))
        .collect();
    if let Ok(values) = values {
        // The reference has a limit of levels, and the body has two more than its events.
        match serde_json::from_slice::<Value>(body) {
            Ok(whole) => assert_eq!(whole, serde_json::json!({ "events": values })),
            Err(error) => assert!(error.to_string().contains("recursion limit"), "{error}"),
        }
    }
}

/// What must come of a body that serde_json reads.
fn check_valid(body: &[u8], whole: &Value) {
    let cut = envelope(body);
    match whole {
        Value::Object(members) => match members.get("events") {
            None => assert_eq!(cut, Ok(Body::One(body))),
            Some(Value::Array(items)) if members.len() == 1 => match cut {
                Ok(Body::Many(events)) => assert_eq!(events.len(), items.len()),
                Ok(Body::One(_)) => panic!("a batch was taken for one event"),
                Err(error) => assert!(matches!(
                    error.kind,
                    JsonErrorKind::TooManyEvents { .. } | JsonErrorKind::DuplicateName { .. }
                )),
            },
            Some(_) => assert!(cut.is_err()),
        },
        Value::Array(_) => assert_eq!(cut.map_err(|e| e.kind), Err(JsonErrorKind::BareArray)),
        _ => assert_eq!(cut, Ok(Body::One(body))),
    }
}

fn check_lines(body: &[u8]) {
    let lines: Vec<&[u8]> = ndjson_lines(body).collect();
    assert!(
        lines
            .iter()
            .all(|line| !is_space(line) && !line.contains(&b'\n'))
    );
    let gaps = gaps(body, &lines);
    assert!(gaps.iter().all(|gap| is_space(gap)));
    let between = gaps.get(1..gaps.len() - 1).unwrap_or_default();
    assert!(between.iter().all(|gap| gap.contains(&b'\n')));
}

fuzz_target!(|body: &[u8]| {
    match envelope(body) {
        Ok(Body::One(event)) => assert_eq!(event, body),
        Ok(Body::Many(events)) => check_many(body, &events),
        Err(error) => assert!(error.offset <= body.len(), "{error:?}"),
    }
    if let Ok(whole) = serde_json::from_slice(body) {
        check_valid(body, &whole);
    }
    check_lines(body);
});
