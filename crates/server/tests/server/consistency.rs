//! `/v1/log`: what a monitor asks to see that the log only grows.

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::VerifierKey;
use evident_ledger::proof::verify_consistency;
use evident_ledger::proof_text::ConsistencyProof;
use serde_json::Value;

use crate::harness::{Directory, Server, batch, proofs};

/// Sizes that a log grows by, each to a checkpoint of its own.
const GROWTH: [u64; 7] = [1, 1, 2, 9, 243, 1, 100];

/// A log with checkpoints; they are given back as they came, the one of size 0 first.
fn grown(directory: &Directory, server: &Server) -> Vec<Checkpoint> {
    let key = directory.verifier_key();
    let mut heads = vec![server.checkpoint(&key)];
    for count in GROWTH {
        let answer = server.post("/v1/events?wait=checkpoint", &batch(0..count));
        let answer = answer.expect(201);
        heads.push(open(&answer["checkpoint"], &key));
    }
    heads
}

fn open(note: &Value, key: &VerifierKey) -> Checkpoint {
    Checkpoint::open(note.as_str().unwrap().as_bytes(), key).unwrap()
}

#[test]
fn between_any_two_checkpoints_the_log_only_grew() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = directory.verifier_key();
    let read = Some(server.organization.read.as_str());
    let heads = grown(&directory, &server);
    assert_eq!(heads.last().unwrap().size, GROWTH.iter().sum::<u64>());
    for (at, new) in heads.iter().enumerate() {
        for old in &heads[..=at] {
            let path = format!("/v1/log/consistency?from={}&to={}", old.size, new.size);
            let proof = server.get(&path).expect(200);
            assert_eq!(
                (&proof["from"], &proof["to"]),
                (&old.size.into(), &new.size.into())
            );
            assert_eq!(&open(&proof["checkpoint"], &key), new);
            let hashes = proofs::hashes(&proof["hashes"]);
            let (older, newer) = ((old.size, old.root), (new.size, new.root));
            verify_consistency(older, newer, &hashes).unwrap();

            let text = server.request("GET", &path, read, &[("accept", "text/plain")], b"");
            assert_eq!(text.header("content-type"), "text/plain; charset=utf-8");
            assert_eq!(text.header("vary"), "accept");
            let text = ConsistencyProof::parse(&text.body).unwrap();
            assert_eq!(&text.verify(old, &key).unwrap(), new);
        }
    }
}

#[test]
fn the_newer_size_is_that_of_a_published_checkpoint_and_the_older_one_any() {
    let directory = Directory::init();
    let server = directory.serve();
    server
        .post("/v1/events?wait=checkpoint", &batch(0..4))
        .expect(201);
    server
        .post("/v1/events?wait=checkpoint", &batch(0..4))
        .expect(201);
    let get = |query: &str| server.get(&format!("/v1/log/consistency?{query}"));
    assert_eq!(get("from=3").expect(200)["to"], 8, "the newest one");
    assert_eq!(get("from=8").expect(200)["hashes"], Value::Array(vec![]));
    assert_eq!(get("from=3&to=4").expect(200)["to"], 4);
    for to in ["5", "9", "9223372036854775807"] {
        let refused = get(&format!("from=3&to={to}"));
        refused.problem(404, "not_published");
    }
    for shrinking in ["from=5&to=4", "from=9", "from=9223372036854775807"] {
        let problem = get(shrinking).problem(400, "from_beyond_to");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("rolled back"), "{detail}");
    }
    get("").problem(400, "missing_parameter");
    get("to=4").problem(400, "missing_parameter");
    get("from=x").problem(400, "bad_parameter");
    get("from=-1").problem(400, "bad_parameter");
    get("from=9223372036854775808").problem(400, "bad_parameter");
    get("from=1&from=1").problem(400, "repeated_parameter");
    get("from=1&too=4").problem(400, "unknown_parameter");
    let key = Some(server.organization.read.as_str());
    let html = [("accept", "text/html")];
    let refused = server.request("GET", "/v1/log/consistency?from=1", key, &html, b"");
    refused.problem(406, "not_acceptable");
}

#[test]
fn all_checkpoints_are_told_page_by_page_the_newest_first() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = directory.verifier_key();
    let mut heads = grown(&directory, &server);
    heads.reverse();
    for limit in [1, 3, heads.len(), 500] {
        let (mut told, mut pages) = (Vec::new(), 0);
        let mut path = format!("/v1/log/checkpoints?limit={limit}");
        loop {
            let page = server.get(&path).expect(200);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= limit);
            told.extend(data.clone());
            pages += 1;
            let Some(before) = page["next_before"].as_u64() else {
                assert!(page["next_before"].is_null());
                break;
            };
            assert_eq!(data.len(), limit, "only the last page is short");
            path = format!("/v1/log/checkpoints?limit={limit}&before={before}");
        }
        assert_eq!(pages, heads.len().div_ceil(limit), "no page is empty");
        assert_eq!(told.len(), heads.len());
        for (told, head) in told.iter().zip(&heads) {
            assert_eq!(&open(&told["checkpoint"], &key), head);
            assert_eq!(told["size"], head.size);
            assert_eq!(proofs::hash(&told["root"]), head.root);
            let signed_at = told["signed_at"].as_str().unwrap();
            assert!(
                signed_at.ends_with('Z') && signed_at.len() == 27,
                "{signed_at}"
            );
        }
    }
    let get = |query: &str| server.get(&format!("/v1/log/checkpoints?{query}"));
    assert_eq!(get("before=0").expect(200)["data"], Value::Array(vec![]));
    assert_eq!(
        get("").expect(200)["data"].as_array().unwrap().len(),
        heads.len()
    );
    for bad in ["limit=0", "limit=501"] {
        get(bad).problem(400, "bad_limit");
    }
    get("limit=x").problem(400, "bad_parameter");
    get("after=1").problem(400, "unknown_parameter");
}

#[test]
fn all_checkpoints_are_there_after_a_restart_byte_for_byte() {
    let directory = Directory::init();
    let server = directory.serve();
    grown(&directory, &server);
    let before = server.get("/v1/log/checkpoints").expect(200);
    server.kill();
    let server = directory.serve();
    assert_eq!(server.get("/v1/log/checkpoints").expect(200), before);
}

#[test]
fn the_log_tells_its_name_its_key_and_its_newest_checkpoint() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = directory.verifier_key();
    server
        .post("/v1/events?wait=checkpoint", &batch(0..3))
        .expect(201);
    let log = server.get("/v1/log").expect(200);
    let founded = &directory.founded["log"];
    assert_eq!(log["origin"], founded["origin"]);
    assert_eq!(log["verifier_key"], founded["verifier_key"]);
    assert_eq!(log["public"], false);
    assert_eq!(
        (&log["size"], &log["minimum_index"]),
        (&3.into(), &0.into())
    );
    let head = open(&log["checkpoint"], &key);
    assert_eq!((head.size, head.root), (3, proofs::hash(&log["root"])));
    let published = server.get(&server.log_path("checkpoint"));
    assert_eq!(log["checkpoint"], published.text());
    server.get("/v1/log?x=1").problem(400, "unknown_parameter");
}
