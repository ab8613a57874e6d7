//! Where bodies are cut into events.

use super::split::{Body, MAX_BATCH_EVENTS, envelope, ndjson_lines};
use super::*;

fn refused(text: impl AsRef<[u8]>) -> JsonError {
    envelope(text.as_ref()).unwrap_err()
}

fn many(text: &str) -> Vec<&str> {
    match envelope(text.as_bytes()).unwrap() {
        Body::Many(events) => events
            .into_iter()
            .map(|event| std::str::from_utf8(event).unwrap())
            .collect(),
        Body::One(_) => panic!("{text} is one event"),
    }
}

#[test]
fn an_object_without_events_is_one_event() {
    for text in [
        "{}",
        " {\"action\":\"a.b\"} ",
        "{\"a\":{\"events\":[]}}",
        "{\"a\":\"events\"}",
    ] {
        assert_eq!(envelope(text.as_bytes()), Ok(Body::One(text.as_bytes())));
    }
}

#[test]
fn an_object_of_events_alone_is_a_batch() {
    assert_eq!(many("{\"events\":[]}"), [""; 0]);
    assert_eq!(
        many(" { \"\\u0065vents\" : [ {\"a\":\"]},{\"} , [1,[2]] ,3,\"x\\\"\" , null ] } "),
        ["{\"a\":\"]},{\"}", "[1,[2]]", "3", "\"x\\\"\"", "null"]
    );
}

#[test]
fn malformed_text_before_events_is_left_to_the_parser() {
    for text in [
        "",
        "1",
        "{",
        "{\"a\"",
        "{\"a\":1]",
        "{\"a\":1} x",
        "{\"a\":[}}",
        "{\"\\ud800\":1}",
    ] {
        assert_eq!(
            envelope(text.as_bytes()),
            Ok(Body::One(text.as_bytes())),
            "{text}"
        );
        assert!(parse(text.as_bytes(), MAX_DEPTH).is_err() || text == "1");
    }
}

#[test]
fn an_array_is_refused_with_the_advice_to_wrap_it() {
    let error = refused(" [{}]");
    assert_eq!((&error.kind, error.offset), (&JsonErrorKind::BareArray, 1));
    assert!(error.to_string().contains("{\"events\": [...]}"), "{error}");
}

#[test]
fn members_beside_events_are_named() {
    for text in [
        "{\"events\":[],\"project_id\":\"p\",\"x\":1}",
        "{\"project_id\":\"p\",\"events\":[],\"x\":1}",
        "{\"project_id\":\"p\",\"x\":1,\"events\":[]}",
    ] {
        let error = refused(text);
        let names = vec!["project_id".to_owned(), "x".to_owned()];
        assert_eq!(error.kind, JsonErrorKind::BesideEvents { names });
        assert_eq!(error.pointer, "/project_id");
        assert_eq!(error.kind.code(), "invalid_batch");
    }
}

#[test]
fn events_must_be_an_array_once() {
    assert_eq!(
        refused("{\"events\":{}}").kind,
        JsonErrorKind::EventsNotArray
    );
    assert_eq!(
        refused("{\"events\":null}").kind,
        JsonErrorKind::EventsNotArray
    );
    assert_eq!(
        refused("{\"events\":[],\"events\":[]}").kind.code(),
        "duplicate_key"
    );
}

#[test]
fn malformed_batches_are_refused_with_their_place() {
    for (text, pointer) in [
        ("{\"events\":[", "/events/0"),
        ("{\"events\":[{}", "/events"),
        ("{\"events\":[{}]", ""),
        ("{\"events\":[{}]} x", ""),
        ("{\"events\":[{}}}", "/events"),
        ("{\"events\":[{\"a\":[}]}", "/events/0"),
        ("{\"events\":[{} {}]}", "/events"),
        ("{\"events\":[{},]}", "/events/1"),
        ("{\"events\":[,{}]}", "/events/0"),
        ("{\"events\":[tru\"e\"]}", "/events"),
    ] {
        let error = refused(text);
        assert_eq!(
            (error.kind.code(), &*error.pointer),
            ("invalid_json", pointer),
            "{text}"
        );
    }
}

#[test]
fn a_batch_is_bounded() {
    let batch = |count: usize| format!("{{\"events\":[{}]}}", vec!["0"; count].join(","));
    assert_eq!(many(&batch(MAX_BATCH_EVENTS)).len(), MAX_BATCH_EVENTS);
    let error = refused(batch(MAX_BATCH_EVENTS + 1));
    assert_eq!(
        error.kind,
        JsonErrorKind::TooManyEvents {
            max: MAX_BATCH_EVENTS
        }
    );
}

#[test]
fn one_deep_event_does_not_spoil_its_batch() {
    let deep = "[".repeat(1000) + &"]".repeat(1000);
    let text = format!("{{\"events\":[{{}},{deep},{{}}]}}");
    assert_eq!(many(&text), ["{}", &deep, "{}"]);
    let error = refused(format!("{{\"events\":[{{}},{}", "[".repeat(16 << 20)));
    assert_eq!(error.kind.code(), "too_deep");
}

#[test]
fn lines_are_events() {
    let lines = |text: &'static str| ndjson_lines(text.as_bytes()).collect::<Vec<_>>();
    assert_eq!(
        lines("{}\n{ }\r\n\n \t\r\n{\"a\":1}"),
        [&b"{}"[..], b"{ }", b"{\"a\":1}"]
    );
    assert_eq!(lines("{}\n").len(), 1);
    assert_eq!(lines("").len(), 0);
}

proptest! {
    #[test]
    fn a_batch_is_split_into_its_events(
        events in prop::collection::vec(values(), 0..6),
        seed: u64,
    ) {
        let text = noisy_text(&serde_json::json!({ "events": events }), seed);
        let slices = many(&text);
        prop_assert_eq!(slices.len(), events.len());
        for (slice, event) in slices.iter().zip(&events) {
            let value: Value = serde_json::from_str(slice).unwrap();
            let again: Value = serde_json::from_str(&event.to_string()).unwrap();
            prop_assert_eq!(value, again);
        }
    }

    /// If all slices are JSON, then so is the body, and it has these events.
    #[test]
    fn what_is_split_was_a_batch(text in almost_json(), at: prop::sample::Index, byte: u8) {
        let mut body = b"{\"events\":[".to_vec();
        body.extend_from_slice(&text);
        body.extend_from_slice(b",{}]}");
        let at = at.index(body.len());
        for changed in [body[at], byte] {
            body[at] = changed;
            let Ok(Body::Many(slices)) = envelope(&body) else { continue };
            let events: Result<Vec<Value>, _> =
                slices.iter().map(|slice| serde_json::from_slice(slice)).collect();
            if let Ok(events) = events {
                let whole: Value = serde_json::from_slice(&body).unwrap();
                prop_assert_eq!(whole, serde_json::json!({ "events": events }));
            }
        }
    }

    #[test]
    fn lines_are_split_where_they_end(events in prop::collection::vec(values(), 0..6), crlf: bool) {
        let end = if crlf { "\r\n" } else { "\n" };
        let text: String = events.iter().map(|event| format!("{event}{end}{end}")).collect();
        let lines: Vec<String> = ndjson_lines(text.as_bytes())
            .map(|line| String::from_utf8(line.to_vec()).unwrap())
            .collect();
        let expected: Vec<String> = events.iter().map(Value::to_string).collect();
        prop_assert_eq!(lines, expected);
    }
}
