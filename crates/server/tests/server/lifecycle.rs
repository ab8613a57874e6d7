//! Starting and ending: what was acknowledged is there after every end that is asked for.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::harness::{Directory, Server, Wire, event, wait_for};

/// The ids that a server has, all pages of them.
fn all_ids(server: &Server) -> Vec<String> {
    let mut ids = Vec::new();
    let mut path = "/v1/events?limit=500&order=asc".to_owned();
    loop {
        let page = server.get(&path).expect(200);
        let events = page["data"].as_array().unwrap().iter();
        ids.extend(events.map(|event| event["id"].as_str().unwrap().to_owned()));
        match page["next_cursor"].as_str() {
            Some(next) => path = format!("/v1/events?limit=500&order=asc&cursor={next}"),
            None => return ids,
        }
    }
}

/// Records from many clients until the server is gone; gives the ids that were acknowledged.
fn load_until_gone(server: Server, stop: impl FnOnce(Server) + Send) -> Vec<String> {
    const CLIENTS: usize = 8;
    const ENOUGH: usize = 400;
    let acknowledged = AtomicUsize::new(0);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|client_number| {
                let (client, acknowledged) = (server.client(), &acknowledged);
                scope.spawn(move || {
                    let mut ids = Vec::new();
                    for n in 0.. {
                        let events: Vec<Value> = (0..5)
                            .map(|e| event(format!("{client_number}-{n}-{e}")))
                            .collect();
                        let Ok(reply) = client.post("/v1/events", &json!({ "events": events }))
                        else {
                            return ids;
                        };
                        if reply.status != 201 {
                            assert_eq!(reply.status, 503, "{}", reply.text());
                            return ids;
                        }
                        for receipt in reply.json()["receipts"].as_array().unwrap() {
                            ids.push(receipt["id"].as_str().unwrap().to_owned());
                        }
                        acknowledged.fetch_add(5, Ordering::Relaxed);
                    }
                    ids
                })
            })
            .collect();
        wait_for("some load", || {
            (acknowledged.load(Ordering::Relaxed) >= ENOUGH).then_some(())
        });
        stop(server);
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn sigterm_under_load_loses_nothing_that_was_acknowledged() {
    let directory = Directory::init();
    let acknowledged = load_until_gone(directory.serve(), |server| {
        assert!(server.terminate().success());
    });
    let server = directory.serve();
    let found: std::collections::HashSet<String> = all_ids(&server).into_iter().collect();
    assert!(acknowledged.len() >= 400);
    for id in &acknowledged {
        assert!(found.contains(id), "{id} was acknowledged and is gone");
    }
    let page = server.get("/v1/events?limit=1").expect(200);
    assert_eq!(page["total"], found.len(), "every event once");
}

#[test]
fn sigint_ends_an_idle_server_well() {
    let directory = Directory::init();
    let mut server = directory.serve();
    // A connection that is kept alive must not hold up the end.
    let mut idle = Wire::connect(server.address);
    idle.send(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(idle.read_head().starts_with("HTTP/1.1 200 "));
    server.signal(Signal::INT);
    assert!(server.wait().success());
    let stopped = server
        .log()
        .into_iter()
        .rev()
        .find(|line| line.contains("\"stopped\""));
    assert!(stopped.is_some(), "{:?}", server.log());
}

#[test]
fn a_request_that_has_begun_comes_to_its_end_after_sigterm() {
    let directory = Directory::init();
    let mut server = directory.serve();
    let body = event("ada").to_string();
    let mut wire = Wire::connect(server.address);
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        server.organization.ingest,
        body.len()
    );
    wire.send(head.as_bytes());
    // The interim answer shows that the request is being worked on.
    assert!(wire.read_head().starts_with("HTTP/1.1 100 "));
    server.signal(Signal::TERM);
    wait_for("the listener to close", || {
        std::net::TcpStream::connect(server.address)
            .is_err()
            .then_some(())
    });
    wire.send(body.as_bytes());
    let answer = wire.read_to_end();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(server.wait().success());
    let server = directory.serve();
    assert_eq!(server.get("/v1/events").expect(200)["total"], 1);
}

#[test]
fn a_request_that_never_ends_is_broken_off_when_the_time_is_over() {
    let directory = Directory::init();
    let mut server = directory.serve_with(|command| {
        command.env("EVIDENT_SHUTDOWN_TIMEOUT_MS", "200");
    });
    let mut wire = Wire::connect(server.address);
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         expect: 100-continue\r\ncontent-length: 100\r\n\r\n",
        server.organization.ingest
    );
    wire.send(head.as_bytes());
    assert!(wire.read_head().starts_with("HTTP/1.1 100 "));
    server.signal(Signal::TERM);
    assert!(server.wait().success());
}

#[test]
fn everything_is_as_before_after_a_restart() {
    let directory = Directory::init();
    let server = directory.serve();
    for n in 0..20 {
        server.post("/v1/events", &event(n)).expect(201);
    }
    let before = server.get("/v1/events").expect(200);
    assert!(server.terminate().success());
    let server = directory.serve();
    let after = server.get("/v1/events").expect(200);
    assert_eq!(before["data"], after["data"]);
    assert_eq!(before["as_of"], after["as_of"]);
    let next = server.post("/v1/events", &event("next")).expect(201);
    assert_eq!(next["receipts"][0]["index"], 20);
}

#[test]
fn the_last_checkpoint_covers_everything_once_the_server_has_ended() {
    let directory = Directory::init();
    let server = directory.serve();
    for n in 0..7 {
        server.post("/v1/events", &event(n)).expect(201);
    }
    let organization = server.organization.id.clone();
    assert!(server.terminate().success());
    let path = directory
        .path()
        .join("log")
        .join(organization)
        .join("checkpoint");
    let note = std::fs::read(path).unwrap();
    let verifier = directory.founded["log"]["verifier_key"].as_str().unwrap();
    let verifier = evident_ledger::note::VerifierKey::parse(verifier).unwrap();
    let checkpoint = evident_ledger::checkpoint::Checkpoint::open(&note, &verifier).unwrap();
    assert_eq!(checkpoint.size, 7);
}
