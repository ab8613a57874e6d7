//! The bounds of a request, one by one, from just within to just beyond.

use serde_json::{Value, json};

use crate::harness::{Directory, batch, event, exchange};

const MIB: usize = 1024 * 1024;
const MAX_EVENT_BYTES: usize = 256 * 1024;

/// A single event whose text has exactly so many bytes.
fn event_of(bytes: usize) -> String {
    let mut event = event("ada");
    event["request"] = json!({"body": ""});
    let rest = bytes - event.to_string().len();
    event["request"]["body"] = json!("x".repeat(rest));
    event.to_string()
}

#[test]
fn an_event_has_at_most_256_kib() {
    let directory = Directory::init();
    let server = directory.serve();
    let post = |text: String| server.post_bytes("/v1/events", &[], text.as_bytes());
    post(event_of(MAX_EVENT_BYTES)).expect(201);
    post(event_of(MAX_EVENT_BYTES + 1)).problem(413, "event_too_large");
    let batch = format!(
        "{{\"events\":[{},{}]}}",
        event("b"),
        event_of(MAX_EVENT_BYTES + 1)
    );
    let problem = post(batch).problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["position"], 1);
    assert_eq!(problem["errors"][0]["code"], "event_too_large");
}

#[test]
fn a_request_has_at_most_10_000_events() {
    let directory = Directory::init();
    let server = directory.serve();
    let most = server.post("/v1/events", &batch(0..10_000)).expect(201);
    assert_eq!(most["receipts"].as_array().unwrap().len(), 10_000);
    server
        .post("/v1/events", &batch(0..10_001))
        .problem(413, "too_many_events");
    let lines = event("x").to_string() + "\n";
    let headers = [("content-type", "application/x-ndjson")];
    let reply = server.post_bytes("/v1/events", &headers, lines.repeat(10_001).as_bytes());
    reply.problem(413, "too_many_events");
    assert_eq!(
        server.get("/v1/events?limit=1").expect(200)["total"],
        10_000
    );
}

#[test]
fn a_request_has_at_most_16_mib() {
    let directory = Directory::init();
    let server = directory.serve();
    let headers = [("content-type", "application/x-ndjson")];
    let post = |text: String| server.post_bytes("/v1/events", &headers, text.as_bytes());
    let filler = "\n".repeat(16 * MIB - event("ada").to_string().len());
    post(filler.clone() + &event("ada").to_string()).expect(201);
    post(filler + "\n" + &event("ada").to_string()).problem(413, "body_too_large");
}

#[test]
fn a_declared_length_beyond_the_bound_is_refused_without_the_body() {
    let directory = Directory::init();
    let server = directory.serve();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n",
        server.organization.ingest,
        16 * MIB + 1,
    );
    let mut wire = crate::harness::Wire::connect(server.address);
    assert!(wire.send(head.as_bytes()));
    assert!(wire.read_head().starts_with("HTTP/1.1 413 "));
}

#[test]
fn an_endless_chunked_body_is_refused_while_it_comes() {
    let directory = Directory::init();
    let server = directory.serve();
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         transfer-encoding: chunked\r\n\r\n",
        server.organization.ingest,
    );
    let mut wire = crate::harness::Wire::connect(server.address);
    assert!(wire.send(head.as_bytes()));
    let chunk = format!("{MIB:x}\r\n{}\r\n", " ".repeat(MIB));
    for _ in 0..17 {
        assert!(
            wire.send(chunk.as_bytes()),
            "what is on its way is still taken"
        );
    }
    assert!(wire.read_head().starts_with("HTTP/1.1 413 "));
}

#[test]
fn an_empty_batch_and_an_empty_body_are_422() {
    let directory = Directory::init();
    let server = directory.serve();
    server
        .post("/v1/events", &json!({"events": []}))
        .problem(422, "empty_batch");
    server
        .post_bytes("/v1/events", &[], b"")
        .problem(422, "empty_batch");
    let headers = [("content-type", "application/x-ndjson")];
    server
        .post_bytes("/v1/events", &headers, b"\n\n")
        .problem(422, "empty_batch");
}

#[test]
fn a_malformed_envelope_is_400_and_says_where() {
    let directory = Directory::init();
    let server = directory.serve();
    let post = |text: &str| server.post_bytes("/v1/events", &[], text.as_bytes());
    for text in [
        "{",
        "nonsense",
        "[{}]",
        "{\"events\":{}}",
        "{\"events\":[],\"x\":1}",
        "{\"events\":[{}",
        "{\"events\":[{}]} x",
        "\u{feff}{}",
    ] {
        let problem = post(text).problem(400, "malformed_json");
        assert!(
            problem["detail"].as_str().unwrap().contains("byte "),
            "{problem}"
        );
        assert!(problem["errors"][0]["pointer"].is_string(), "{problem}");
    }
    let not_utf8 = b"{\"action\":\"a.b\",\"reason\":\"\xff\"}";
    server
        .post_bytes("/v1/events", &[], not_utf8)
        .problem(400, "malformed_json");
}

#[test]
fn a_malformed_event_in_a_batch_is_422_at_its_position() {
    let directory = Directory::init();
    let server = directory.serve();
    let headers = [("content-type", "application/x-ndjson")];
    let lines = format!("{}\n{{\"action\":\n{}", event("a"), event("b"));
    let reply = server.post_bytes("/v1/events", &headers, lines.as_bytes());
    let problem = reply.problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["position"], 1);
    assert_eq!(problem["errors"][0]["code"], "invalid_json");
}

#[test]
fn json_that_cannot_be_carried_faithfully_is_refused_with_its_pointer() {
    let directory = Directory::init();
    let server = directory.serve();
    let with = |metadata: &str| {
        let text = event("ada").to_string();
        format!(
            "{},\"metadata\":{metadata}}}",
            text.strip_suffix('}').unwrap()
        )
    };
    for (metadata, code, pointer) in [
        (
            "{\"a\":{\"b\":1,\"b\":2}}",
            "duplicate_key",
            "/metadata/a/b",
        ),
        ("{\"a\":\"\\ud800\"}", "lone_surrogate", "/metadata/a"),
        (
            "{\"a\":[9007199254740992]}",
            "number_out_of_range",
            "/metadata/a/0",
        ),
    ] {
        let reply = server.post_bytes("/v1/events", &[], with(metadata).as_bytes());
        let problem = reply.problem(422, "invalid_events");
        assert_eq!(problem["errors"][0]["code"], code);
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
}

#[test]
fn nesting_is_bounded_and_a_mountain_of_brackets_does_no_harm() {
    let directory = Directory::init();
    let server = directory.serve();
    let nested = |levels: usize| {
        let mut event = event("ada");
        let mut value = json!(1);
        for _ in 0..levels {
            value = json!([value]);
        }
        event["request"] = json!({ "body": value });
        event
    };
    // The event, its request, and so many arrays: 64 levels.
    server.post("/v1/events", &nested(62)).expect(201);
    let problem = server
        .post("/v1/events", &nested(63))
        .problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["code"], "too_deep");

    let before = server.peak_resident_bytes();
    for bracket in ["[", "{\"a\":", "{\"events\":["] {
        let text = bracket.repeat(15 * MIB / bracket.len());
        let reply = server.post_bytes("/v1/events", &[], text.as_bytes());
        assert!(matches!(reply.status, 400 | 413), "{}", reply.status);
    }
    let growth = server.peak_resident_bytes() - before;
    assert!(growth < 200 * MIB as u64, "grew by {growth} bytes");
    server.post("/v1/events", &event("after")).expect(201);
}

#[test]
fn metadata_has_at_most_256_leaves() {
    let directory = Directory::init();
    let server = directory.serve();
    let with = |leaves: usize| {
        let mut event = event("ada");
        let members = (0..leaves).map(|n| (format!("k{n}"), json!(n)));
        event["metadata"] = Value::Object(members.collect());
        event
    };
    server.post("/v1/events", &with(256)).expect(201);
    let problem = server
        .post("/v1/events", &with(257))
        .problem(422, "invalid_events");
    assert_eq!(problem["errors"][0]["code"], "too_many_metadata_leaves");
}

#[test]
fn many_refused_events_are_all_named_in_a_bounded_answer() {
    let directory = Directory::init();
    let server = directory.serve();
    let bad = json!({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1});
    let events = vec![bad; 10_000];
    let reply = server.post("/v1/events", &json!({ "events": events }));
    assert!(reply.body.len() < 16 * MIB);
    let problem = reply.problem(422, "invalid_events");
    let errors = problem["errors"].as_array().unwrap();
    let positions: std::collections::HashSet<u64> = errors
        .iter()
        .map(|error| error["position"].as_u64().unwrap())
        .collect();
    assert_eq!(positions.len(), 10_000);
}

#[test]
fn a_path_and_a_head_are_bounded() {
    let directory = Directory::init();
    let server = directory.serve();
    let long = format!("/v1/events?q={}", "x".repeat(17 * 1024));
    server.get(&long).problem(414, "uri_too_long");
    let field = format!("x-long: {}\r\n", "x".repeat(100 * 1024));
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{field}\r\n");
    let answer = exchange(server.address, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let many: String = (0..200).map(|n| format!("x-{n}: y\r\n")).collect();
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    let answer = exchange(server.address, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    let answer = exchange(server.address, b"this is not HTTP\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
}

#[test]
fn parameters_that_are_not_there_are_refused() {
    let directory = Directory::init();
    let server = directory.serve();
    let body = event("ada");
    for query in ["await=checkpoint", "Partial=true", "x=1"] {
        let reply = server.post(&format!("/v1/events?{query}"), &body);
        reply.problem(400, "unknown_parameter");
    }
    server
        .post("/v1/events?partial=yes", &body)
        .problem(400, "bad_parameter");
    let twice = server.post("/v1/events?partial=true&partial=true", &body);
    twice.problem(400, "repeated_parameter");
    assert_eq!(server.get("/v1/events").expect(200)["total"], 0);
}
