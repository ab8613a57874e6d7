//! The same event again: duplicates, conflicts, and ids made of an `Idempotency-Key`.

use std::sync::Barrier;
use std::thread;

use evident_event::id::EventId;
use serde_json::{Value, json};

use crate::harness::{Directory, batch, event};

const ID: &str = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";

fn with_id(id: &str, actor: &str) -> Value {
    let mut event = event(actor);
    event["id"] = json!(id);
    event
}

#[test]
fn the_same_event_later_gets_the_first_receipt() {
    let directory = Directory::init();
    let server = directory.serve();
    let first = server.post("/v1/events", &with_id(ID, "ada")).expect(201);
    server.post("/v1/events", &event("other")).expect(201);
    let again = server.post("/v1/events", &with_id(ID, "ada")).expect(201);
    let (first, again) = (&first["receipts"][0], &again["receipts"][0]);
    assert_eq!(first["duplicate"], false);
    assert_eq!(again["duplicate"], true);
    for member in ["id", "index", "leaf_hash"] {
        assert_eq!(first[member], again[member], "{member}");
    }
    assert_eq!(server.get("/v1/events").expect(200)["total"], 2);
}

#[test]
fn the_same_event_after_a_restart_is_a_duplicate_too() {
    let directory = Directory::init();
    let server = directory.serve();
    let first = server.post("/v1/events", &with_id(ID, "ada")).expect(201);
    assert!(server.terminate().success());
    let server = directory.serve();
    let again = server.post("/v1/events", &with_id(ID, "ada")).expect(201);
    assert_eq!(again["receipts"][0]["duplicate"], true);
    assert_eq!(
        first["receipts"][0]["leaf_hash"],
        again["receipts"][0]["leaf_hash"]
    );
    assert_eq!(server.get("/v1/events").expect(200)["total"], 1);
}

#[test]
fn the_same_id_twice_in_a_batch_is_a_duplicate_if_equal_else_a_conflict() {
    let directory = Directory::init();
    let server = directory.serve();
    let equal = json!({"events": [with_id(ID, "ada"), event("x"), with_id(ID, "ada")]});
    let answer = server.post("/v1/events", &equal).expect(201);
    let duplicates: Vec<bool> = answer["receipts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|receipt| receipt["duplicate"].as_bool().unwrap())
        .collect();
    assert_eq!(duplicates, [false, false, true]);
    assert_eq!(
        answer["receipts"][0]["index"],
        answer["receipts"][2]["index"]
    );

    let other = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8e";
    let differing = json!({"events": [with_id(other, "ada"), event("y"), with_id(other, "bob")]});
    let problem = server
        .post("/v1/events", &differing)
        .problem(409, "conflict");
    assert_eq!(problem["errors"][0]["position"], 2);
    assert_eq!(
        server.get("/v1/events").expect(200)["total"],
        2,
        "nothing of it was kept"
    );
}

#[test]
fn a_differing_event_under_a_taken_id_is_a_conflict() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &with_id(ID, "ada")).expect(201);
    let problem = server
        .post("/v1/events", &with_id(ID, "bob"))
        .problem(409, "conflict");
    let [error] = problem["errors"].as_array().unwrap().as_slice() else {
        panic!("one entry: {problem}");
    };
    assert_eq!(error["position"], 0);
    assert!(
        error["reason"].as_str().unwrap().contains("actor"),
        "{error}"
    );
    let found = server.get(&format!("/v1/events/{ID}")).expect(200);
    assert_eq!(found["actor"]["id"], "ada", "the first stands");
}

#[test]
fn duplicates_alone_are_still_created() {
    let directory = Directory::init();
    let server = directory.serve();
    let events = json!({"events": [with_id(ID, "ada")]});
    server.post("/v1/events", &events).expect(201);
    server.post("/v1/events", &events).expect(201);
    server.post("/v1/events?partial=true", &events).expect(201);
    assert_eq!(server.get("/v1/events").expect(200)["total"], 1);
}

#[test]
fn the_same_event_from_many_clients_at_once_is_one_event() {
    const CLIENTS: usize = 16;
    const ROUNDS: usize = 10;
    let directory = Directory::init();
    let server = directory.serve();
    let barrier = Barrier::new(CLIENTS);
    let receipts: Vec<(usize, Value)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let (client, barrier) = (server.client(), &barrier);
                scope.spawn(move || {
                    (0..ROUNDS)
                        .map(|round| {
                            let id = format!("0198c5f0-7c1e-7a3b-9f52-{round:012}");
                            barrier.wait();
                            let reply = client.post("/v1/events", &with_id(&id, "ada"));
                            (round, reply.unwrap().expect(201)["receipts"][0].clone())
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    for round in 0..ROUNDS {
        let of_round: Vec<&Value> = receipts
            .iter()
            .filter(|(r, _)| *r == round)
            .map(|(_, receipt)| receipt)
            .collect();
        assert_eq!(of_round.len(), CLIENTS);
        let firsts = of_round
            .iter()
            .filter(|receipt| receipt["duplicate"] == false);
        assert_eq!(firsts.count(), 1, "round {round}");
        assert!(
            of_round
                .iter()
                .all(|receipt| receipt["index"] == of_round[0]["index"])
        );
    }
    assert_eq!(server.get("/v1/events").expect(200)["total"], ROUNDS);
}

#[test]
fn an_idempotency_key_makes_the_ids_by_position() {
    let directory = Directory::init();
    let server = directory.serve();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", "order-17"),
    ];
    let body = batch(["a", "b"]).to_string();
    let first = server
        .post_bytes("/v1/events", &headers, body.as_bytes())
        .expect(201);
    let again = server
        .post_bytes("/v1/events", &headers, body.as_bytes())
        .expect(201);
    for position in 0..2 {
        let id = EventId::from_idempotency_key(&server.organization.id, "order-17", position);
        let at = usize::try_from(position).unwrap();
        assert_eq!(first["receipts"][at]["id"], id.to_string());
        assert_eq!(again["receipts"][at]["id"], id.to_string());
        assert_eq!(again["receipts"][at]["duplicate"], true);
    }
    let other = batch(["a", "c"]).to_string();
    let problem = server.post_bytes("/v1/events", &headers, other.as_bytes());
    let problem = problem.problem(409, "conflict");
    assert_eq!(problem["errors"][0]["position"], 1);
    assert_eq!(server.get("/v1/events").expect(200)["total"], 2);
}

#[test]
fn an_id_of_the_events_own_goes_before_the_idempotency_key() {
    let directory = Directory::init();
    let server = directory.serve();
    let headers = [("idempotency-key", "order-18")];
    let body = with_id(ID, "ada").to_string();
    let answer = server
        .post_bytes("/v1/events", &headers, body.as_bytes())
        .expect(201);
    assert_eq!(answer["receipts"][0]["id"], ID);
}

#[test]
fn an_idempotency_key_that_is_none_is_refused() {
    let directory = Directory::init();
    let server = directory.serve();
    let body = event("ada").to_string();
    for bad in ["a b", &"x".repeat(256)] {
        let headers = [("idempotency-key", bad)];
        let reply = server.post_bytes("/v1/events", &headers, body.as_bytes());
        reply.problem(400, "bad_idempotency_key");
    }
    let twice = [("idempotency-key", "a"), ("idempotency-key", "a")];
    let reply = server.post_bytes("/v1/events", &twice, body.as_bytes());
    reply.problem(400, "bad_idempotency_key");
    let longest = "x".repeat(255);
    let headers = [("idempotency-key", longest.as_str())];
    server
        .post_bytes("/v1/events", &headers, body.as_bytes())
        .expect(201);
}

#[test]
fn the_same_id_in_two_organizations_is_two_events() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    server.post("/v1/events", &with_id(ID, "ada")).expect(201);
    let body = with_id(ID, "bob").to_string();
    let reply = server.request(
        "POST",
        "/v1/events",
        Some(&other.ingest),
        &[],
        body.as_bytes(),
    );
    let receipt = &reply.expect(201)["receipts"][0];
    assert_eq!(receipt["duplicate"], false);
    assert_eq!(receipt["index"], 0, "a log of its own");
}
