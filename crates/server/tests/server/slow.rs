//! Clients that are slow, idle, or too many.

use serde_json::json;

use crate::harness::{Directory, Wire, batch, event, wait_for};

fn post_head(key: &str, rest: &str) -> String {
    format!("POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\n{rest}\r\n\r\n")
}

#[test]
fn a_body_that_stops_coming_is_408() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_BODY_IDLE_TIMEOUT_MS", "100");
    });
    let mut wire = Wire::connect(server.address);
    let head = post_head(&server.organization.ingest, "content-length: 100");
    wire.send(head.as_bytes());
    wire.send(b"{\"action\":");
    let answer = wire.read_head();
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("x-request-id"), "{answer}");
}

#[test]
fn a_body_that_comes_byte_by_byte_is_408_when_its_time_is_over() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_BODY_TIMEOUT_MS", "300");
    });
    let mut wire = Wire::connect(server.address);
    let head = post_head(&server.organization.ingest, "content-length: 1000000");
    wire.send(head.as_bytes());
    let poll = Some(std::time::Duration::from_millis(20));
    wire.0.set_read_timeout(poll).unwrap();
    // Each look for an answer waits 20 ms; then comes one byte more.
    let mut first = [0];
    wait_for("an answer to a dripping body", || {
        wire.send(b" ");
        std::io::Read::read_exact(&mut wire.0, &mut first).ok()
    });
    wire.0
        .set_read_timeout(Some(crate::harness::PATIENCE))
        .unwrap();
    let answer = wire.read_head();
    assert!(answer.starts_with("TTP/1.1 408 "), "{answer}");
}

#[test]
fn a_head_that_does_not_come_loses_its_connection() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_HEADER_TIMEOUT_MS", "200");
    });
    let mut dripping = Wire::connect(server.address);
    dripping.send(b"GET /healthz HTTP/1.1\r\nhost:");
    dripping.read_to_end();
    let mut silent = Wire::connect(server.address);
    assert_eq!(silent.read_to_end(), "");
}

#[test]
fn a_client_that_takes_nothing_of_its_answer_loses_its_connection() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_WRITE_TIMEOUT_MS", "300");
        command.env("EVIDENT_MAX_CONNECTIONS", "1");
        // An idle connection would give way by itself.
        command.env("EVIDENT_HEADER_TIMEOUT_MS", "60000");
    });
    // One connection is all there is: our own must be closed before the next is taken.
    let key = server.organization.ingest.clone();
    let close = [("connection", "close")];
    let mut large = event("ada");
    large["request"] = json!({"body": "x".repeat(200 * 1024)});
    let body = json!({"events": vec![large; 60]}).to_string();
    let reply = server.request("POST", "/v1/events", Some(&key), &close, body.as_bytes());
    reply.expect(201);
    let mut wire = Wire::connect(server.address);
    let request = format!(
        "GET /v1/events?limit=500 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        server.organization.read
    );
    wire.send(request.as_bytes());
    assert!(wire.read_head().starts_with("HTTP/1.1 200 "));
    // The rest is never read. Only when that connection is given up is there room for another.
    let reply = server.request("GET", "/healthz", None, &close, b"");
    assert_eq!(reply.status, 200);
}

#[test]
fn connections_beyond_the_bound_wait_for_their_turn() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_CONNECTIONS", "2");
        command.env("EVIDENT_HEADER_TIMEOUT_MS", "1000");
    });
    let idle: Vec<Wire> = (0..8).map(|_| Wire::connect(server.address)).collect();
    // The idle ones lose their connections one after the other; then it is this one's turn.
    let reply = server.request("GET", "/healthz", None, &[("connection", "close")], b"");
    assert_eq!(reply.status, 200);
    drop(idle);
}

#[test]
fn bodies_over_the_budget_of_all_requests_are_429() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_BODY_BYTES_IN_FLIGHT", "20000");
    });
    let mut events = batch(0..20);
    events["events"][0]["reason"] = json!("x".repeat(15_000));
    let body = events.to_string();
    assert!((15_000..20_000).contains(&body.len()));
    // A body that stays unfinished holds its part of the budget.
    let mut holding = Wire::connect(server.address);
    let length = format!("content-length: {}", body.len() + 1);
    holding.send(post_head(&server.organization.ingest, &length).as_bytes());
    holding.send(body.as_bytes());
    let held = format!("evident_http_body_bytes_in_flight {}\n", body.len());
    wait_for("the body to be read", || {
        server.get("/metrics").text().contains(&held).then_some(())
    });
    let key = server.organization.ingest.clone();
    let refused = server.request("POST", "/v1/events", Some(&key), &[], body.as_bytes());
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(429, "too_many_bytes");
    // Once it is finished there is room again.
    holding.send(b" ");
    assert!(holding.read_head().starts_with("HTTP/1.1 201 "));
    let reply = server.request("POST", "/v1/events", Some(&key), &[], body.as_bytes());
    reply.expect(201);
}

#[test]
fn requests_beyond_the_bound_are_429_but_probes_are_answered() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_CONCURRENT_REQUESTS", "1");
    });
    let mut holding = Wire::connect(server.address);
    let rest = "content-length: 10\r\nexpect: 100-continue";
    holding.send(post_head(&server.organization.ingest, rest).as_bytes());
    // The interim answer shows that the only turn is taken.
    assert!(holding.read_head().starts_with("HTTP/1.1 100 "));
    let refused = server.get("/v1/events");
    assert!(refused.headers.contains_key("retry-after"));
    refused.problem(429, "too_many_requests");
    assert_eq!(
        server.request("GET", "/healthz", None, &[], b"").status,
        200
    );
    assert_eq!(server.request("GET", "/readyz", None, &[], b"").status, 200);
}

#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    let directory = Directory::init();
    let server = directory.serve();
    let body = vec![b' '; 8 * 1024 * 1024];
    for _ in 0..5 {
        let reply = server.request("POST", "/v1/events", Some("no key"), &[], &body);
        reply.problem(401, "unauthenticated");
        let too_large = vec![b' '; 20 * 1024 * 1024];
        server
            .post_bytes("/v1/events", &[], &too_large)
            .problem(413, "body_too_large");
    }
}
