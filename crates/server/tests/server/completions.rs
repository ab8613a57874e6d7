//! What a beginning may become.

use serde_json::{Value, json};

use crate::harness::{Directory, Server, event};

fn completions(server: &Server, query: &str) -> Vec<(String, u64)> {
    let answer = server.get(&format!("/v1/events/completions?{query}"));
    let answer = answer.expect(200);
    let values = answer["values"].as_array().unwrap().iter();
    let pair = |value: &Value| {
        let count = value["count"].as_u64().unwrap();
        (value["value"].as_str().unwrap().to_owned(), count)
    };
    values.map(pair).collect()
}

fn pairs(expected: &[(&str, u64)]) -> Vec<(String, u64)> {
    let owned = expected
        .iter()
        .map(|(value, count)| ((*value).to_owned(), *count));
    owned.collect()
}

fn scene(directory: &Directory) -> Server {
    let server = directory.serve();
    let mut ada = event("usr_1");
    ada["actor"]["name"] = json!("Ada Obi");
    ada["actor"]["email"] = json!("ada@example.com");
    ada["metadata"] = json!({"Model_Id": "m1", "model,name": 5});
    let mut other = event("usr_2");
    other["actor"]["name"] = json!("ADA OBI");
    other["result"] = json!("denied");
    let events = json!({"events": [ada.clone(), ada, other, event("bob")]});
    server.post("/v1/events", &events).expect(201);
    server
}

#[test]
fn values_begin_with_the_prefix_whatever_its_case() {
    let directory = Directory::init();
    let server = scene(&directory);
    let users = completions(&server, "field=user&prefix=aDA");
    assert_eq!(users, pairs(&[("Ada Obi", 3), ("ada@example.com", 2)]));
    let names = completions(&server, "field=actor.name&prefix=ada");
    assert_eq!(
        names,
        pairs(&[("Ada Obi", 2), ("ADA OBI", 1)]),
        "exact fields keep spellings apart"
    );
    let ids = completions(&server, "field=actor.id");
    assert_eq!(ids, pairs(&[("usr_1", 2), ("bob", 1), ("usr_2", 1)]));
    assert_eq!(completions(&server, "field=actor.id&limit=1").len(), 1);
    assert_eq!(completions(&server, "field=actor.id&prefix=x"), []);
}

#[test]
fn values_are_those_of_the_events_that_match() {
    let directory = Directory::init();
    let server = scene(&directory);
    let denied = completions(&server, "field=actor.id&result=denied");
    assert_eq!(denied, pairs(&[("usr_2", 1)]));
}

#[test]
fn without_a_field_names_are_completed() {
    let directory = Directory::init();
    let server = scene(&directory);
    let names = completions(&server, "prefix=metadata.model");
    assert_eq!(
        names,
        pairs(&[("metadata.Model_Id", 2), ("metadata.model,name", 2)])
    );
    let known = completions(&server, "prefix=context.");
    assert_eq!(known.len(), 6);
    assert!(known.iter().all(|(_, count)| *count == 0), "{known:?}");
    let all = completions(&server, "limit=500");
    for (name, _) in &all {
        let query = format!("/v1/events/completions?field={name}");
        let exact_only = ["id", "context.trace_id", "context.span_id"].contains(&name.as_str());
        let reply = server.get(&query);
        assert_eq!(reply.status, if exact_only { 400 } else { 200 }, "{name}");
    }
    assert_eq!(all[0].1, 4);
}

#[test]
fn what_cannot_be_completed_is_said() {
    let directory = Directory::init();
    let server = directory.serve();
    for (query, code) in [
        ("field=id", "exact_only"),
        ("field=request.response", "not_indexed"),
        ("field=nothing.x", "unknown_field"),
        ("field=", "bad_field"),
        ("prefixx=a", "unknown_parameter"),
        ("limit=501", "bad_limit"),
    ] {
        let path = format!("/v1/events/completions?{query}");
        server.get(&path).problem(400, code);
    }
    let path = format!("/v1/events/completions?prefix={}", "x".repeat(1025));
    server.get(&path).problem(400, "value_too_long");
}
