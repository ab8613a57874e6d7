//! Following the log: nothing is missing, nothing comes twice, nobody is held up.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Server, Tail, Wire, batch, event, wait_for};

fn open(server: &Server, query: &str, after: Option<i64>) -> Tail {
    let key = server.organization.read.clone();
    server.tail(query, &key, after).unwrap()
}

fn text(number: u32) -> String {
    number.to_string()
}

#[test]
fn events_come_as_they_are_recorded_and_as_they_are_read() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut tail = open(&server, "", None);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(tail.headers[name], value);
    }
    assert_eq!(tail.next_lines().unwrap(), ["retry: 1000"]);
    assert_eq!(
        tail.next_lines().unwrap(),
        ["id: -1"],
        "there is no event to be after"
    );
    let mut odd = event("ada");
    odd["description"] = json!("a\nb\r\nc\u{2028}d\u{0}e");
    for n in 0..3_u64 {
        let mut event = odd.clone();
        // Later indexes happened earlier: the order is that of the log.
        event["occurred_at"] = json!(format!("2026-01-0{}T00:00:00Z", 9 - n));
        let receipt = server.post("/v1/events", &event).expect(201);
        let id = receipt["receipts"][0]["id"].as_str().unwrap().to_owned();
        let read = server.get(&format!("/v1/events/{id}"));
        let lines = tail.next_lines().unwrap();
        assert_eq!(
            lines,
            [format!("id: {n}"), format!("data: {}", read.text())]
        );
    }
    let mut later = open(&server, "", None);
    assert_eq!(later.next_lines().unwrap(), ["retry: 1000"]);
    assert_eq!(
        later.next_lines().unwrap(),
        ["id: 2"],
        "an id to go on from, at once"
    );
}

#[test]
fn a_tail_has_the_filters_of_the_list() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut all = open(&server, "", None);
    let mut ada = open(&server, "?filter=actor.id:is:ada&range=last_24_hours", None);
    server
        .post("/v1/events", &batch(["bob", "ada", "eve"]))
        .expect(201);
    let mut old = event("ada");
    old["occurred_at"] = json!("2020-01-01T00:00:00Z");
    server.post("/v1/events", &old).expect(201);
    server
        .post("/v1/events", &batch(["eve", "ada"]))
        .expect(201);
    assert_eq!(
        all.next_actors(6),
        ["bob", "ada", "eve", "ada", "eve", "ada"]
    );
    // The day before now is that before each event, not before the tail was opened.
    let found = [ada.next_event().unwrap(), ada.next_event().unwrap()];
    assert_eq!(found.map(|event| event["index"].clone()), [1, 5]);
}

#[test]
fn a_last_event_id_is_where_it_goes_on() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..300)).expect(201);
    let expected: Vec<String> = (100..300).map(text).collect();
    assert_eq!(open(&server, "", Some(99)).next_actors(200), expected);
    let mut last = open(&server, "", Some(299));
    server.post("/v1/events", &event("new")).expect(201);
    assert_eq!(last.next_actors(1), ["new"]);
    let read = server.organization.read.clone();
    for (id, code) in [
        ("301", "unknown_last_event_id"),
        ("99999999999999999999999999", "unknown_last_event_id"),
        ("-2", "bad_last_event_id"),
        ("abc", "bad_last_event_id"),
        ("", "bad_last_event_id"),
    ] {
        let headers = [("last-event-id", id)];
        let reply = server.request("GET", "/v1/events/tail", Some(&read), &headers, b"");
        reply.problem(400, code);
    }
}

#[test]
fn what_a_tail_cannot_follow_is_refused_before_it_begins() {
    let directory = Directory::init();
    let server = directory.serve();
    let refused = |query: &str, code: &str| {
        let path = format!("/v1/events/tail?{query}");
        server.get(&path).problem(400, code)
    };
    refused("filter=actr.id:is:x", "unknown_field");
    refused("fields=action", "unknown_parameter");
    refused("limit=0", "bad_limit");
    refused("cursor=AAAA", "bad_cursor");
}

/// What a client that reconnects as the standard has it sees, over restarts of the server.
#[test]
fn a_tail_goes_on_over_restarts_without_loss_or_doubling() {
    const ROUNDS: u32 = 4;
    const EVENTS: u32 = 150;
    let directory = Directory::init();
    let mut seen = Vec::new();
    let mut last_id = None;
    let mut posted = 0;
    for round in 0..ROUNDS {
        let server = directory.serve();
        // Recorded while nobody was connected.
        server
            .post("/v1/events", &batch(posted..posted + EVENTS))
            .expect(201);
        posted += EVENTS;
        let mut tail = open(&server, "", last_id);
        if last_id.is_none() {
            // A first connection begins with what is recorded from now on.
            seen.extend((0..posted).map(text));
        }
        for _ in 0..EVENTS / 10 {
            server
                .post("/v1/events", &batch(posted..posted + 10))
                .expect(201);
            posted += 10;
        }
        // The connection breaks somewhere, in one way or another.
        let some = posted as usize - seen.len() - 37 * usize::from(round < ROUNDS - 1);
        seen.extend(tail.next_actors(some));
        last_id = tail.last_id;
        match round % 2 {
            0 => server.kill(),
            _ => assert!(server.terminate().success()),
        }
    }
    let expected: Vec<String> = (0..posted).map(text).collect();
    assert_eq!(seen, expected);
}

#[test]
fn a_server_that_stops_ends_its_tails_and_does_not_wait_for_them() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        // Longer than this test is patient.
        command.env("EVIDENT_SHUTDOWN_TIMEOUT_MS", "600000");
    });
    let mut tails: Vec<Tail> = (0..3).map(|_| open(&server, "", None)).collect();
    server.post("/v1/events", &event("ada")).expect(201);
    for tail in &mut tails {
        assert_eq!(tail.next_actors(1), ["ada"]);
    }
    assert!(server.terminate().success());
    for tail in &mut tails {
        assert_eq!(tail.next_event(), None);
    }
}

#[test]
fn a_key_has_16_tails_and_all_keys_together_as_many_as_are_set() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_TAILS", "18");
    });
    let (read, admin) = (&server.organization.read, &server.organization.admin);
    let mut tails: Vec<Tail> = (0..16).map(|_| open(&server, "", None)).collect();
    let refused = server.tail("", read, None).err().unwrap();
    assert_eq!(refused.header("retry-after"), "1");
    let problem = refused.problem(429, "too_many_tails");
    assert!(problem["detail"].as_str().unwrap().contains("16"));
    tails.extend((0..2).map(|_| server.tail("", admin, None).unwrap()));
    let refused = server.tail("", admin, None).err().unwrap();
    let problem = refused.problem(429, "too_many_tails");
    assert!(problem["detail"].as_str().unwrap().contains("18"));
    // A client that goes gives its place back, though nothing is recorded.
    tails.truncate(15);
    let again = wait_for("a place", || server.tail("", read, None).ok());
    drop(again);
}

#[test]
fn a_tail_ends_with_its_key() {
    const LIFE_MICROS: i64 = 5_000_000;
    let directory = Directory::init();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    let dying = KeyOptions {
        expires_at: Some(i64::try_from(now).unwrap() + LIFE_MICROS),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "read", dying);
    let server = directory.serve();
    let mut tail = server.tail("", &key, None).unwrap();
    server.post("/v1/events", &event("before")).expect(201);
    assert_eq!(tail.next_actors(1), ["before"]);
    wait_for("the key to expire", || {
        let reply = server.request("GET", "/v1/events", Some(&key), &[], b"");
        (reply.status == 401).then_some(())
    });
    server.post("/v1/events", &event("after")).expect(201);
    assert_eq!(tail.next_event(), None, "it sees nothing more");
}

#[test]
fn a_tail_ends_where_its_key_may_no_longer_be_used_from() {
    let directory = Directory::init();
    let server = directory.serve();
    let asked = json!({"name": "follower", "kind": "read"});
    let made = server.change("POST", "/v1/api-keys", &asked).expect(201);
    let key = made["key"].as_str().unwrap();
    let ada = "?filter=actor.id:is:ada";
    let mut tail = server.tail(ada, key, None).unwrap();
    let path = format!("/v1/api-keys/{}", made["id"].as_str().unwrap());
    let here = json!({"allowed_addresses": ["127.0.0.0/8", "10.0.0.0/8"]});
    server.change("PATCH", &path, &here).expect(200);
    server.post("/v1/events", &event("ada")).expect(201);
    assert_eq!(tail.next_actors(1), ["ada"], "from here");
    let elsewhere = json!({"allowed_addresses": ["10.0.0.0/8"]});
    server.change("PATCH", &path, &elsewhere).expect(200);
    server.post("/v1/events", &event("ada")).expect(201);
    assert_eq!(tail.next_event(), None, "it sees nothing more");
}

/// Records events that are large, so many times forty.
fn record_large_events(server: &Server, rounds: usize) {
    const BODY_BYTES: usize = 200 * 1024;
    let mut large = event("large");
    large["request"] = json!({"body": "x".repeat(BODY_BYTES)});
    let events = json!({"events": vec![large; 40]});
    for _ in 0..rounds {
        server.post("/v1/events", &events).expect(201);
    }
}

/// A tail of everything, of which nothing but the head is read.
fn stuck_tail(server: &Server) -> Wire {
    let mut wire = Wire::connect(server.address);
    let request = format!(
        "GET /v1/events/tail HTTP/1.1\r\nhost: x\r\nlast-event-id: 0\r\nauthorization: Bearer {}\r\n\r\n",
        server.organization.admin
    );
    wire.send(request.as_bytes());
    assert!(wire.read_head().starts_with("HTTP/1.1 200 "));
    wire
}

#[test]
fn clients_that_take_nothing_hold_up_nobody_and_hold_little_memory() {
    const TAILS: usize = 16;
    const ROUNDS: usize = 10;
    /// What a stuck tail may hold: a batch in the server, and buffers on the way.
    const TAIL_BYTES: u64 = 2 * 1024 * 1024;
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        // Longer than this test is patient.
        command.env("EVIDENT_WRITE_TIMEOUT_MS", "600000");
    });
    record_large_events(&server, ROUNDS);
    // Reading all of it once shows what reading takes.
    let mut reading = open(&server, "", Some(0));
    reading.next_actors(ROUNDS * 40 - 1);
    drop(reading);
    let before = server.peak_resident_bytes();
    let stuck: Vec<Wire> = (0..TAILS).map(|_| stuck_tail(&server)).collect();
    let admin = server.organization.admin.clone();
    let refused = server.tail("", &admin, None).err().unwrap();
    refused.problem(429, "too_many_tails");
    // Others are served as if nothing was.
    let mut following = open(&server, "", None);
    for n in 0..50 {
        server.post("/v1/events", &event(n)).expect(201);
        assert_eq!(following.next_actors(1), [text(n)]);
    }
    let held = server.peak_resident_bytes().saturating_sub(before);
    assert!(
        held < TAILS as u64 * TAIL_BYTES,
        "{held} bytes for {TAILS} tails"
    );
    drop(stuck);
}

#[test]
fn a_client_that_takes_nothing_for_too_long_loses_its_tail() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_WRITE_TIMEOUT_MS", "500");
        command.env("EVIDENT_MAX_TAILS", "1");
    });
    // More than all buffers on the way hold.
    record_large_events(&server, 3);
    let stuck = stuck_tail(&server);
    let read = server.organization.read.clone();
    let mut idle = wait_for("its place", || server.tail("", &read, None).ok());
    // A client that has nothing to take keeps its tail, for longer than that.
    let since = std::time::Instant::now();
    wait_for("more than the timeout", || {
        (since.elapsed().as_millis() > 1_000).then_some(())
    });
    server.post("/v1/events", &event("later")).expect(201);
    assert_eq!(idle.next_actors(1), ["later"]);
    drop(stuck);
}

#[test]
fn a_tail_counts_as_one_request_that_was_answered_at_once() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_CONCURRENT_REQUESTS", "1");
    });
    let mut tail = open(&server, "", None);
    server.post("/v1/events", &event("ada")).expect(201);
    assert_eq!(tail.next_actors(1), ["ada"]);
    let metrics = server.get("/metrics");
    let line =
        r#"evident_http_requests_total{method="GET",route="/v1/events/tail",status="200"} 1"#;
    assert!(metrics.text().contains(line), "{}", metrics.text());
}

#[test]
fn many_tails_see_the_same_while_much_is_recorded() {
    const WRITERS: u32 = 4;
    const REQUESTS: u32 = 40;
    let directory = Directory::init();
    let server = directory.serve();
    let mut tails: Vec<Tail> = (0..8).map(|_| open(&server, "", None)).collect();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let client = server.client();
            scope.spawn(move || {
                for n in 0..REQUESTS {
                    let ids = (0..5).map(|part| format!("{writer}-{n}-{part}"));
                    let reply = client.post("/v1/events", &batch(ids)).unwrap();
                    assert_eq!(reply.status, 201);
                }
            });
        }
        for tail in &mut tails {
            scope.spawn(move || {
                let mut seen = BTreeMap::new();
                for index in 0..u64::from(WRITERS * REQUESTS * 5) {
                    let event = tail.next_event().unwrap();
                    assert_eq!(event["index"], index, "in order, without a gap");
                    seen.insert(event["actor"]["id"].as_str().unwrap().to_owned(), index);
                }
                assert_eq!(seen.len() as u32, WRITERS * REQUESTS * 5);
            });
        }
    });
    let total: Value = server.get("/v1/events?limit=1").expect(200);
    assert_eq!(total["total"], WRITERS * REQUESTS * 5);
}
