//! The values of fields, counted.

use serde_json::{Value, json};

use crate::harness::{Directory, Server, batch, event};

fn facets(server: &Server, query: &str) -> Value {
    let answer = server.get(&format!("/v1/events/facets?{query}"));
    answer.expect(200)["facets"].clone()
}

fn scene(directory: &Directory) -> Server {
    let server = directory.serve();
    let mut several = event("ada");
    several["targets"] = json!([{"type": "tool", "id": "t1"}, {"type": "tool", "id": "t2"}]);
    several["actor"]["name"] = json!("Ada Obi");
    let mut mail = event("bob");
    mail["actor"]["email"] = json!("bob@example.com");
    mail["targets"] = json!([{"type": "tool", "id": "t1"}, {"type": "tool", "id": "t1"}]);
    mail["result"] = json!("denied");
    let events = json!({"events": [several, mail, event("eve"), event("eve")]});
    server.post("/v1/events", &events).expect(201);
    server
}

#[test]
fn values_are_counted_once_an_event_the_most_frequent_first() {
    let directory = Directory::init();
    let server = scene(&directory);
    let found = facets(&server, "fields=target.id,user&fields=result,context.ip");
    let expected = json!({
        "target.id": {"values": [{"value": "t1", "count": 2}, {"value": "t2", "count": 1}],
                      "distinct": 2, "missing": 2},
        "user": {"values": [{"value": "eve", "count": 2}, {"value": "Ada Obi", "count": 1},
                            {"value": "bob@example.com", "count": 1}],
                 "distinct": 3, "missing": 0},
        "result": {"values": [{"value": "success", "count": 3}, {"value": "denied", "count": 1}],
                   "distinct": 2, "missing": 0},
        "context.ip": {"values": [], "distinct": 0, "missing": 4},
    });
    assert_eq!(found, expected);
    let text = server
        .get("/v1/events/facets?fields=user,action")
        .text()
        .to_owned();
    assert!(
        text.find("\"user\"") < text.find("\"action\""),
        "as they were asked for: {text}"
    );
}

#[test]
fn a_facet_counts_what_the_list_would_show() {
    let directory = Directory::init();
    let server = scene(&directory);
    let denied = facets(&server, "fields=actor.id&result=denied");
    assert_eq!(
        denied["actor.id"]["values"],
        json!([{"value": "bob", "count": 1}])
    );
    let limited = facets(&server, "fields=actor.id&limit=1");
    assert_eq!(
        limited["actor.id"]["values"],
        json!([{"value": "eve", "count": 2}])
    );
    assert_eq!(
        limited["actor.id"]["distinct"], 3,
        "though not all are shown"
    );
    let page = server.get("/v1/events?limit=1").expect(200);
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    server
        .post("/v1/events", &batch(["new", "eve"]))
        .expect(201);
    let then = facets(&server, &format!("fields=actor.id&cursor={cursor}"));
    assert_eq!(then["actor.id"]["distinct"], 3);
    assert_eq!(
        facets(&server, "fields=actor.id")["actor.id"]["distinct"],
        4
    );
}

#[test]
fn keys_of_ones_own_may_have_commas_and_dots() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut odd = event("ada");
    odd["metadata"] = json!({"a,b": "x", "c.d": "y"});
    server.post("/v1/events", &odd).expect(201);
    let found = facets(&server, r"fields=metadata.a\,b,metadata.c\.d");
    assert_eq!(found["metadata.a,b"]["values"][0]["value"], "x");
    assert_eq!(found[r"metadata.c\.d"]["values"][0]["value"], "y");
}

#[test]
fn what_cannot_be_counted_is_said() {
    let directory = Directory::init();
    let server = directory.serve();
    let refused = |query: &str, code: &str| {
        let path = format!("/v1/events/facets?{query}");
        let problem = server.get(&path).problem(400, code);
        problem["detail"].as_str().unwrap().to_owned()
    };
    let detail = refused("", "missing_parameter");
    assert!(detail.contains("fields=category,action"), "{detail}");
    refused("fields=", "bad_field");
    refused("fields=action,", "bad_field");
    refused("fields=id", "exact_only");
    refused("fields=action,context.trace_id", "exact_only");
    refused("fields=changes.old", "not_indexed");
    refused("fields=actor", "unknown_field");
    let detail = refused("field=action", "unknown_parameter");
    assert!(detail.contains("did you mean \"fields\""), "{detail}");
    let many = |count: u32| {
        (0..count)
            .map(|n| format!("metadata.k{n}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(
        facets(&server, &format!("fields={}", many(32)))
            .as_object()
            .unwrap()
            .len(),
        32
    );
    refused(&format!("fields={}", many(33)), "too_many_fields");
}
