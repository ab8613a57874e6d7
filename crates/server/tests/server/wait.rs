//! `wait=checkpoint`: answers that hold the proofs of what they recorded.

use std::fs;
use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Directory, Server, batch, event, proofs, wait_for};

const WAIT: &str = "/v1/events?wait=checkpoint";

/// Checks every receipt of an answer against the answer's own checkpoint, and gives back its size.
#[track_caller]
fn verify(directory: &Directory, server: &Server, answer: &Value) -> u64 {
    let key = directory.verifier_key();
    let receipts = answer["receipts"].as_array().unwrap();
    assert!(!receipts.is_empty());
    for receipt in receipts {
        let canonical = server.canonical(receipt["id"].as_str().unwrap());
        let index = receipt["index"].as_u64().unwrap();
        let proof = &receipt["proof"];
        proofs::verify(proof, index, &canonical, &answer["checkpoint"], &key);
        let leaf = proofs::opening(proof).entry.leaf_hash();
        assert_eq!(leaf, proofs::hash(&receipt["leaf_hash"]));
    }
    let note = answer["checkpoint"].as_str().unwrap();
    assert_eq!(note.lines().nth(1).unwrap(), answer["size"].to_string());
    answer["size"].as_u64().unwrap()
}

#[test]
fn the_answer_proves_what_it_acknowledges() {
    let directory = Directory::init();
    let server = directory.serve();
    let single = server.post(WAIT, &event("ada")).expect(201);
    assert_eq!(verify(&directory, &server, &single), 1);
    let many = server.post(WAIT, &batch(0..70)).expect(201);
    assert_eq!(many["receipts"].as_array().unwrap().len(), 70);
    assert_eq!(verify(&directory, &server, &many), 71);
    let lines = format!("{}\n{}\n", event("x"), event("y"));
    let headers = [("content-type", "application/x-ndjson")];
    let lines = server.post_bytes(WAIT, &headers, lines.as_bytes());
    assert_eq!(verify(&directory, &server, &lines.expect(201)), 73);
    let plain = server.post("/v1/events", &event("x")).expect(201);
    assert_eq!(plain["receipts"][0].get("proof"), None);
    assert_eq!((plain.get("checkpoint"), plain.get("size")), (None, None));
}

#[test]
fn duplicates_are_proven_as_well_and_once_for_each_time_they_were_sent() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut known = event("ada");
    known["id"] = json!("0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d");
    server.post(WAIT, &known).expect(201);
    server.post("/v1/events", &batch(0..9)).expect(201);
    // The first and the last are covered already, and it is not they that are waited for.
    let events = json!({"events": [known, event("new"), event("newer"), known]});
    let answer = server.change("POST", WAIT, &events).expect(201);
    let receipts = answer["receipts"].as_array().unwrap();
    let indexes: Vec<&Value> = receipts.iter().map(|r| &r["index"]).collect();
    assert_eq!(indexes, [0, 10, 11, 0]);
    assert_eq!(verify(&directory, &server, &answer), 12);
    let alone = server.change("POST", WAIT, &known).expect(201);
    assert_eq!(alone["receipts"][0]["duplicate"], true);
    verify(&directory, &server, &alone);
}

#[test]
fn who_may_not_read_an_event_does_not_get_its_salt_by_sending_it_again() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut known = event("ada");
    known["id"] = json!("0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d");
    let first = server.post(WAIT, &known).expect(201);
    assert!(first["receipts"][0]["proof"]["salt"].is_string());
    let events = json!({"events": [known, event("new")]});
    let again = server.post(WAIT, &events).expect(201);
    let proof = &again["receipts"][0]["proof"];
    assert!(proof["salt"].is_null(), "{proof}");
    assert_eq!(proof["entry"], first["receipts"][0]["proof"]["entry"]);
    assert!(again["receipts"][1]["proof"]["salt"].is_string());
}

#[test]
fn of_a_request_in_parts_what_was_kept_is_proven() {
    let directory = Directory::init();
    let server = directory.serve();
    let path = "/v1/events?partial=true&wait=checkpoint";
    let events = json!({"events": [event("a"), {"action": "x"}, event("b")]});
    let answer = server.post(path, &events).expect(207);
    verify(&directory, &server, &answer);
    let receipts = answer["receipts"].as_array().unwrap();
    let positions: Vec<&Value> = receipts.iter().map(|r| &r["position"]).collect();
    assert_eq!(positions, [0, 2]);
    assert_eq!(answer["errors"][0]["position"], 1);
    let all_good = server.post(path, &batch(0..2)).expect(201);
    verify(&directory, &server, &all_good);
}

#[test]
fn nothing_else_can_be_waited_for() {
    let directory = Directory::init();
    let server = directory.serve();
    for (query, says) in [
        ("wait=witnessed", "not available in this release"),
        ("wait=", "checkpoint"),
        ("wait=true", "checkpoint"),
        ("wait=CHECKPOINT", "checkpoint"),
    ] {
        let reply = server.post(&format!("/v1/events?{query}"), &event("x"));
        let problem = reply.problem(400, "bad_parameter");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail}");
    }
    let twice = format!("{WAIT}&wait=checkpoint");
    let reply = server.post(&twice, &event("x"));
    reply.problem(400, "repeated_parameter");
    assert_eq!(server.get("/v1/events").expect(200)["total"], 0);
}

#[test]
fn the_largest_request_is_proven_whole() {
    let directory = Directory::init();
    let server = directory.serve();
    let began = Instant::now();
    let answer = server.post(WAIT, &batch(0..10_000)).expect(201);
    eprintln!("10,000 proofs took {:?}", began.elapsed());
    let receipts = answer["receipts"].as_array().unwrap();
    assert_eq!(receipts.len(), 10_000);
    let key = directory.verifier_key();
    let note = answer["checkpoint"].as_str().unwrap();
    let head = evident_ledger::checkpoint::Checkpoint::open(note.as_bytes(), &key).unwrap();
    for receipt in receipts {
        let proof = &receipt["proof"];
        let leaf = proofs::opening(proof).entry.leaf_hash();
        let index = receipt["index"].as_u64().unwrap();
        let hashes = proofs::hashes(&proof["hashes"]);
        evident_ledger::proof::verify_inclusion(leaf, index, head.size, head.root, &hashes)
            .unwrap();
    }
}

/// Whoever took the refusal for a loss would record the events twice.
#[test]
fn without_a_checkpoint_the_answer_says_that_the_events_are_recorded() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post(WAIT, &event("covered")).expect(201);
    // What is to be replaced by the next checkpoint cannot be.
    let log = directory
        .path()
        .join("log")
        .join(&directory.organization.id);
    fs::remove_file(log.join("checkpoint")).unwrap();
    fs::create_dir_all(log.join("checkpoint").join("occupied")).unwrap();
    let path = "/v1/events?partial=true&wait=checkpoint";
    let events = json!({"events": [event("a"), {"action": "x"}]});
    let reply = server.post(path, &events);
    assert!(
        !reply.headers.contains_key("retry-after"),
        "who comes again without ids records twice"
    );
    let problem = reply.problem(503, "not_covered_yet");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("are recorded"), "{detail}");
    assert_eq!(problem["errors"][0]["position"], 1);
    let receipt = &problem["receipts"][0];
    assert_eq!(receipt["index"], 1);
    let id = receipt["id"].as_str().unwrap();
    let found = server.get(&format!("/v1/events/{id}")).expect(200);
    assert_eq!(found["actor"]["id"], "a");
    let proof = server.get(&format!("/v1/events/{id}/proof"));
    assert_eq!(proof.header("retry-after"), "1");
    proof.problem(503, "not_covered_yet");
}

#[test]
fn who_waits_for_a_checkpoint_does_not_keep_others_from_recording() {
    let directory = Directory::init();
    let anchor = tempfile::tempdir().unwrap();
    let place = anchor.path().join("anchor");
    fs::create_dir(&place).unwrap();
    let server = directory.serve_with(|command| {
        command.arg("--anchor").arg(&place);
        // One of these may wait.
        command.env("EVIDENT_MAX_CONCURRENT_REQUESTS", "4");
    });
    server.post(WAIT, &event("covered")).expect(201);
    fs::rename(&place, anchor.path().join("away")).unwrap();
    let waiting = server.client();
    let waiter = std::thread::spawn(move || waiting.post(WAIT, &event("waits")).unwrap());
    let of = |actor: &str| {
        let found = server.get(&format!("/v1/events?range=all_time&filter=user:is:{actor}"));
        found.expect(200)["total"].as_u64().unwrap()
    };
    // It waits from before its event is recorded.
    wait_for("the first to wait", || (of("waits") == 1).then_some(()));
    let refused = server.post(WAIT, &event("refused"));
    refused.problem(429, "too_many_waiting");
    server.post("/v1/events", &event("plain")).expect(201);
    // The anchor is back before the patience of the one who waits is over.
    fs::rename(anchor.path().join("away"), &place).unwrap();
    let answered = waiter.join().unwrap();
    assert_eq!(answered.status, 201);
    assert_eq!(of("refused"), 0, "who was refused has recorded nothing");
}

#[test]
fn without_room_for_the_proofs_nothing_is_recorded() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_ANSWER_BYTES_IN_FLIGHT", "100000");
    });
    let refused = server.post(WAIT, &batch(0..100));
    let problem = refused.problem(429, "too_many_bytes");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("nothing was recorded"), "{detail}");
    assert_eq!(server.get("/v1/events?limit=1").expect(200)["total"], 0);
    // What was taken from the budget is given back.
    for _ in 0..5 {
        server.post(WAIT, &batch(0..20)).expect(201);
    }
    server.post("/v1/events", &batch(0..100)).expect(201);
}
