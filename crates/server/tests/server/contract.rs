//! What clients rely on beside the events: problems, request ids, headers, the document, metrics,
//! the documentation and the checkpoint.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Directory, Reply, Server, batch, event, evident, run, wait_for};

fn open_get(server: &Server, path: &str) -> Reply {
    server.request("GET", path, None, &[], b"")
}

#[test]
fn the_committed_document_is_the_served_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/openapi.json");
    let update = "run `cargo run -p evident-server -- openapi > spec/openapi.json` and look at the \
                  difference: it is a change of the contract";
    let committed = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{update}"));
    let printed = run(evident().arg("openapi"), "");
    assert!(printed.status.success());
    assert!(
        committed.as_bytes() == printed.stdout,
        "spec/openapi.json is out of date: {update}"
    );
    let directory = Directory::init();
    let served = open_get(&directory.serve(), "/openapi.json");
    assert_eq!(served.header("content-type"), "application/json");
    assert!(
        committed.as_bytes() == served.body,
        "served and printed documents differ"
    );
}

#[test]
fn the_document_is_openapi_3_1_and_every_reference_leads_somewhere() {
    let directory = Directory::init();
    let document = open_get(&directory.serve(), "/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(references.len() > 20);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(
            document.pointer(pointer).is_some(),
            "{reference} leads nowhere"
        );
    }
    let events = &document["paths"]["/v1/events"];
    let bodies = events["post"]["requestBody"]["content"]
        .as_object()
        .unwrap();
    assert!(bodies.contains_key("application/json"));
    assert!(bodies.contains_key("application/x-ndjson"));
    let parameters = events["get"]["parameters"].as_array().unwrap();
    let documented: Vec<&str> = parameters
        .iter()
        .map(|parameter| parameter["name"].as_str().unwrap())
        .collect();
    for (name, ..) in evident_event::query::PARAMETERS {
        assert!(
            documented.contains(name),
            "the parameter {name} is not documented"
        );
    }
    assert_eq!(documented.len(), evident_event::query::PARAMETERS.len());
}

#[test]
fn the_documented_words_are_the_ones_that_are_understood() {
    let directory = Directory::init();
    let document = open_get(&directory.serve(), "/openapi.json").json();
    let words = |schema: &str| document["components"]["schemas"][schema]["enum"].clone();
    let event_types = evident_event::catalog::EventType::ALL.map(|kind| kind.as_str());
    assert_eq!(words("EventType"), json!(event_types));
    let levels = evident_event::catalog::Level::ALL.map(|level| level.as_str());
    assert_eq!(words("Level"), json!(levels));
    assert_eq!(words("EventResult"), json!(evident_event::record::RESULTS));
    let parameters = document["paths"]["/v1/events"]["get"]["parameters"]
        .as_array()
        .unwrap();
    let range = parameters
        .iter()
        .find(|parameter| parameter["name"] == "range")
        .unwrap();
    let presets = evident_event::time::range::Preset::ALL.map(|preset| preset.as_str());
    assert_eq!(range["schema"]["enum"], json!(presets));
}

fn collect_references(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "$ref" => {
                        references.push(reference.clone());
                    }
                    _ => collect_references(member, references),
                }
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, references)),
        _ => {}
    }
}

/// Every member that an event has is documented, in what is sent and in what is answered.
#[test]
fn a_real_event_has_no_member_that_the_document_has_not() {
    let directory = Directory::init();
    let server = directory.serve();
    let sent = json!({
        "id": "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d", "action": "guardrail.updated",
        "occurred_at": "2026-02-13T10:28:22Z",
        "actor": {"type": "user", "id": "1", "name": "A", "email": "a@b.c", "metadata": {}},
        "on_behalf_of": [{"type": "user", "id": "2"}],
        "targets": [{"type": "guardrail", "id": "3", "name": "G", "metadata": {}}],
        "organization_id": server.organization.id, "project_id": "prj_1", "result": "success",
        "reason": "r", "description": "d", "changes": [{"field": "f", "old": 1, "new": 2}],
        "context": {"ip": "::1", "user_agent": "u", "session_id": "s", "run_id": "r",
                    "trace_id": "t", "span_id": "s"},
        "request": {"method": "PUT", "path": "/", "status": 200, "body": {}, "response": {}},
        "attempt_id": "a", "phase": "outcome", "metadata": {"k": "v"},
    });
    server.post("/v1/events", &sent).expect(201);
    let found = server
        .get("/v1/events/0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d")
        .expect(200);
    let document = open_get(&server, "/openapi.json").json();
    let members = |schema: &str| {
        let pointer = format!("/components/schemas/{schema}/properties");
        let properties = document.pointer(&pointer).unwrap().as_object().unwrap();
        properties.keys().cloned().collect::<Vec<String>>()
    };
    let names = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&sent), members("NewEvent"));
    assert_eq!(names(&found), members("Event"));
    for (part, schema) in [
        ("actor", "Party"),
        ("context", "Context"),
        ("request", "RequestMade"),
    ] {
        assert_eq!(names(&found[part]), members(schema));
    }
}

#[test]
fn what_is_not_there_is_a_problem_too() {
    let directory = Directory::init();
    let server = directory.serve();
    for path in [
        "/v1",
        "/v1/nothing",
        "/log/x/tile",
        "/log/x/tile/0",
        "/docs/nothing",
        "/v1/events/a/b",
    ] {
        open_get(&server, path).problem(404, "not_found");
    }
    let read = server.organization.read.clone();
    for method in ["PUT", "DELETE", "PATCH"] {
        let reply = server.request(method, "/v1/events", Some(&read), &[], b"{}");
        let allowed = reply.header("allow").to_owned();
        assert!(
            allowed.contains("GET") && allowed.contains("POST"),
            "{allowed}"
        );
        reply.problem(405, "method_not_allowed");
    }
}

#[test]
fn every_response_has_a_request_id_and_a_sane_one_is_taken_over() {
    let directory = Directory::init();
    let server = directory.serve();
    let one = open_get(&server, "/healthz");
    let other = open_get(&server, "/healthz");
    assert_ne!(one.header("x-request-id"), other.header("x-request-id"));
    let given = [("x-request-id", "trace-42")];
    let reply = server.request("GET", "/v1/nowhere", None, &given, b"");
    assert_eq!(reply.header("x-request-id"), "trace-42");
    wait_for("its line in the log", || {
        let lines = server.log();
        let line = lines.iter().find(|line| line.contains("trace-42"))?;
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["status"], 404);
        assert_eq!(line["route"], "(none)");
        Some(())
    });
}

#[test]
fn the_log_is_json_and_says_where_the_server_listens() {
    let directory = Directory::init();
    let server = directory.serve();
    let lines = wait_for("lines in the log", || {
        Some(server.log()).filter(|l| l.len() > 1)
    });
    let lines: Vec<Value> = lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let listening = lines
        .iter()
        .find(|line| line["message"] == "listening")
        .unwrap();
    assert_eq!(listening["listen"], server.address.to_string());
}

#[test]
fn metrics_count_requests_and_events_and_name_no_tenant() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_METRICS_LISTEN", "127.0.0.1:0");
    });
    server.post("/v1/events", &batch(0..5)).expect(201);
    open_get(&server, "/metrics").problem(401, "unauthenticated");
    let reply = server.get("/metrics");
    assert_eq!(reply.status, 200);
    let text = reply.text();
    assert!(
        text.contains("evident_store_appended_events_total 5"),
        "{text}"
    );
    let line = r#"evident_http_requests_total{method="POST",route="/v1/events",status="201"} 1"#;
    assert!(text.contains(line), "{text}");
    assert!(!text.contains(&server.organization.id));

    let address = server.metrics_address.unwrap();
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = crate::harness::exchange(address, request);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("evident_store_appended_events_total 5"),
        "{answer}"
    );
    let request = b"GET /v1/events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let answer = crate::harness::exchange(address, request);
    assert!(
        answer.starts_with("HTTP/1.1 404 "),
        "nothing else is there: {answer}"
    );
}

#[test]
fn probes_say_how_the_server_is() {
    let directory = Directory::init();
    let server = directory.serve();
    assert_eq!(open_get(&server, "/healthz").text(), "ok\n");
    let signs = open_get(&server, "/readyz").expect(200);
    assert_eq!(signs["ready"], true);
    assert_eq!(signs["store"], "accepting");
    assert_eq!(signs["without_checkpoint"], 0);
}

#[test]
fn the_documentation_needs_no_other_host() {
    let directory = Directory::init();
    let server = directory.serve();
    let moved = open_get(&server, "/docs");
    assert!(
        matches!(moved.status, 301 | 303 | 307 | 308),
        "{}",
        moved.status
    );
    assert_eq!(moved.header("location"), "/docs/");
    let page = open_get(&server, "/docs/");
    assert_eq!(page.status, 200);
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(!policy.contains("http"), "{policy}");
    let text = page.text();
    assert!(
        !text.contains("http://") && !text.contains("https://"),
        "{text}"
    );
    let sources: Vec<&str> = text
        .split(['"', '\''])
        .filter(|part| part.ends_with(".js") || part.ends_with(".css"))
        .collect();
    assert!(sources.len() >= 4, "{text}");
    for source in sources {
        let file = open_get(
            &server,
            &format!("/docs/{}", source.trim_start_matches("./")),
        );
        assert_eq!(file.status, 200, "{source}");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
    let start = open_get(&server, "/docs/swagger-initializer.js");
    assert!(
        start.text().contains("\"validatorUrl\": \"none\""),
        "{}",
        start.text()
    );
    assert!(start.text().contains("/openapi.json"));
}

#[test]
fn a_head_request_is_answered_without_a_body() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &event("ada")).expect(201);
    let read = server.organization.read.clone();
    let reply = server.request("HEAD", "/v1/events", Some(&read), &[], b"");
    assert_eq!(reply.status, 200);
    assert!(reply.body.is_empty());
}
