//! Proofs of events: both forms, checked as their holder checks them, and who gets them.

use evident_ledger::entry::Opening;
use evident_ledger::proof_text::InclusionProof;
use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server, batch, event, proofs};

const TEXT: &str = "text/plain";

fn proof_of(server: &Server, id: &str, accepted: &str) -> Reply {
    let key = server.organization.read.clone();
    let headers = [("accept", accepted)];
    let path = format!("/v1/events/{id}/proof");
    server.request("GET", &path, Some(&key), &headers, b"")
}

fn recorded(server: &Server, count: u64) -> Vec<Value> {
    let answer = server.post("/v1/events", &batch(0..count)).expect(201);
    answer["receipts"].as_array().unwrap().clone()
}

#[test]
fn a_proof_leads_from_the_event_to_the_signed_root_in_both_forms() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = directory.verifier_key();
    for receipt in recorded(&server, 21) {
        let id = receipt["id"].as_str().unwrap();
        let index = receipt["index"].as_u64().unwrap();
        let canonical = server.canonical(id);

        let reply = proof_of(&server, id, "application/json");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("vary"), "accept");
        assert_eq!(reply.header("cache-control"), "no-store");
        let proof = reply.expect(200);
        proofs::verify(&proof, index, &canonical, &proof["checkpoint"], &key);
        assert_eq!(proof["origin"], directory.founded["log"]["origin"]);
        assert_eq!(proof["index"], receipt["index"]);
        assert_eq!(proof["leaf_hash"], receipt["leaf_hash"]);

        let reply = proof_of(&server, id, TEXT);
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
        assert_eq!(reply.header("vary"), "accept");
        assert_eq!(reply.header("cache-control"), "no-store");
        let named = format!("attachment; filename=\"{id}.tlog-proof\"");
        assert_eq!(reply.header("content-disposition"), named);
        let text = InclusionProof::parse(&reply.body).unwrap();
        assert_eq!(text.to_text().as_bytes(), reply.body);
        assert_eq!(text.index, index);
        let opening = Opening::from_bytes(text.extra.as_ref().unwrap()).unwrap();
        assert_eq!(opening, proofs::opening(&proof));
        let leaf = opening.entry.leaf_hash();
        assert_eq!(leaf, proofs::hash(&receipt["leaf_hash"]));
        let head = text.verify(leaf, &key).unwrap();
        assert!(head.size >= 21);
        assert_eq!(proof["size"], head.size);
        assert_eq!(proofs::hash(&proof["root"]), head.root);
    }
}

#[test]
fn a_proof_that_is_asked_for_at_once_waits_for_its_checkpoint() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = directory.verifier_key();
    for actor in 0..5 {
        let answer = server.post("/v1/events", &event(actor)).expect(201);
        let id = answer["receipts"][0]["id"].as_str().unwrap();
        let proof = proof_of(&server, id, "*/*").expect(200);
        let canonical = server.canonical(id);
        proofs::verify(&proof, actor, &canonical, &proof["checkpoint"], &key);
    }
}

#[test]
fn the_form_is_the_one_that_is_accepted() {
    let directory = Directory::init();
    let server = directory.serve();
    let receipts = recorded(&server, 1);
    let id = receipts[0]["id"].as_str().unwrap();
    for (accepted, kind) in [
        ("*/*", "application/json"),
        ("text/plain, */*;q=0.1", "text/plain; charset=utf-8"),
        ("text/plain;q=0.1, application/json", "application/json"),
        ("application/json;q=0, text/*", "text/plain; charset=utf-8"),
    ] {
        let reply = proof_of(&server, id, accepted);
        assert_eq!(reply.header("content-type"), kind, "{accepted}");
    }
    let refused = proof_of(&server, id, "text/html");
    assert_eq!(refused.header("vary"), "accept");
    refused.problem(406, "not_acceptable");
}

#[test]
fn what_is_not_there_or_not_the_callers_has_no_proof() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let limited = directory.add_key(&directory.organization.id, "read", limited);
    let server = directory.serve();
    let mut events = [event(0), event(1), event(2)];
    events[0]["project_id"] = json!("prj_1");
    events[1]["project_id"] = json!("prj_2");
    let answer = server.post("/v1/events", &json!({ "events": events }));
    let answer = answer.expect(201);
    let id = |at: usize| answer["receipts"][at]["id"].as_str().unwrap();
    let get = |id: &str, key: &str| {
        let path = format!("/v1/events/{id}/proof");
        server.request("GET", &path, Some(key), &[], b"")
    };
    get(id(0), &limited).expect(200);
    for at in [1, 2] {
        get(id(at), &limited).problem(404, "not_found");
        get(id(at), &server.organization.read).expect(200);
    }
    get(id(0), &other.read).problem(404, "not_found");
    get(id(0), &other.admin).problem(404, "not_found");
    let read = &server.organization.read;
    get("0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d", read).problem(404, "not_found");
    get("nothing", read).problem(400, "bad_id");
    let path = format!("{}/proof?x=1", id(0));
    let path = format!("/v1/events/{path}");
    server.get(&path).problem(400, "unknown_parameter");
}
