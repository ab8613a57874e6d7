//! Secrets, end to end: what was sent as one is nowhere, neither in answers nor in any file.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Directory, Organization, Server, event, event_type};

/// Made up, and of the shape of a token.
const TOKEN: &str = "ghp_Zk3vQ8mW1xT6bN0rJ5yL9cF2hD7sA4gPqKeX";
const ID: &str = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";

/// An event with the token wherever one may slip in.
fn leaking() -> Value {
    let mut leaking = event("ada");
    leaking["id"] = json!(ID);
    leaking["description"] = json!(format!("Called with Bearer {TOKEN} twice"));
    leaking["reason"] = json!(format!("token={TOKEN}"));
    leaking["metadata"] = json!({"authorization": format!("Bearer {TOKEN}"), "note": TOKEN});
    leaking["changes"] = json!([{"field": "api_key", "old": null, "new": TOKEN}]);
    leaking["request"] = json!({
        "method": "POST",
        "path": format!("/v1/things?access_token={TOKEN}&page=2"),
        "body": {"headers": {"Authorization": format!("Bearer {TOKEN}")}, "deep": [[TOKEN]]},
        "response": {"echo": format!("you sent {TOKEN}")},
    });
    leaking
}

fn set_rules(server: &Server, rules: &Value) {
    let change = json!({ "redaction": rules });
    server
        .change("PATCH", &server.organization_path(), &change)
        .expect(200);
}

/// The metadata of an event as it was recorded.
fn kept(server: &Server, of: &Organization, metadata: Value) -> Value {
    let mut event = event("ada");
    event["metadata"] = metadata;
    let body = event.to_string();
    let key = Some(of.admin.as_str());
    let answer = server.request("POST", "/v1/events", key, &[], body.as_bytes());
    let answer = answer.expect(201);
    let path = format!(
        "/v1/events/{}",
        answer["receipts"][0]["id"].as_str().unwrap()
    );
    let found = server.request("GET", &path, key, &[], b"").expect(200);
    found["metadata"].clone()
}

fn is_placeholder(value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    text.starts_with("[redacted:") && text.ends_with(']') && text.len() == 43
}

/// The files under a directory that have the text somewhere in their bytes.
fn files_with(directory: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let mut windows = bytes.windows(text.len());
        if windows.any(|window| window == text.as_bytes()) {
            found.push(path);
        }
    }
    found
}

/// Fails if a file has the secret, or if the search does not find what is beside it.
#[track_caller]
fn assert_nowhere(directory: &Path, secret: &str, beside: &str) {
    assert!(
        !files_with(directory, beside).is_empty(),
        "{beside:?} is recorded"
    );
    assert_eq!(files_with(directory, secret), [] as [PathBuf; 0]);
}

#[test]
fn a_token_is_in_no_answer_and_in_no_file() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &leaking()).expect(201);
    let page = server.get("/v1/events");
    assert!(!page.text().contains(TOKEN), "{}", page.text());
    let event = &page.json()["data"][0];
    let placeholder = event["metadata"]["note"].clone();
    assert!(is_placeholder(&placeholder), "{event}");
    // The same secret has the same placeholder, wherever it stood.
    let placeholder = placeholder.as_str().unwrap();
    assert_eq!(event["metadata"]["authorization"], placeholder);
    assert_eq!(event["changes"][0]["new"], placeholder);
    assert_eq!(event["request"]["body"]["deep"][0][0], placeholder);
    let description = event["description"].as_str().unwrap();
    assert_eq!(
        description,
        format!("Called with Bearer {placeholder} twice")
    );
    let path = event["request"]["path"].as_str().unwrap();
    assert!(
        path.ends_with("&page=2") && path.contains("redacted"),
        "{path}"
    );

    let mut refused = leaking();
    refused["action"] = json!(7);
    let answer = server.post("/v1/events", &refused);
    assert!(!answer.text().contains(TOKEN), "{}", answer.text());
    answer.problem(422, "invalid_events");
    assert!(!server.log().join("\n").contains(TOKEN));
    // While it runs, and after it has folded its files together.
    assert_nowhere(directory.path(), TOKEN, "Called with");
    assert!(server.terminate().success());
    assert_nowhere(directory.path(), TOKEN, "Called with");
}

#[test]
fn a_retry_of_an_event_with_secrets_is_a_duplicate_and_another_secret_is_not() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &leaking()).expect(201);
    let again = server.post("/v1/events", &leaking()).expect(201);
    assert_eq!(again["receipts"][0]["duplicate"], true);
    let mut other = leaking();
    other["metadata"]["note"] = json!(TOKEN.replace("Zk3v", "Zk4v"));
    server.post("/v1/events", &other).problem(409, "conflict");
    server.kill();
    let server = directory.serve();
    let again = server.post("/v1/events", &leaking()).expect(201);
    assert_eq!(again["receipts"][0]["duplicate"], true);
    assert_eq!(server.get("/v1/events").expect(200)["total"], 1);
}

#[test]
fn placeholders_are_equal_within_an_organization_and_differ_between_two() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let own = server.organization.clone();
    let secret = json!({"password": "correct horse"});
    let first = kept(&server, &own, secret.clone());
    assert!(is_placeholder(&first["password"]));
    assert_eq!(first, kept(&server, &own, secret.clone()));
    let another = kept(&server, &own, json!({"password": "battery staple"}));
    assert_ne!(first, another);
    let theirs = kept(&server, &other, secret.clone());
    assert!(is_placeholder(&theirs["password"]));
    assert_ne!(first, theirs);
    assert!(server.terminate().success());
    let server = directory.serve();
    assert_eq!(first, kept(&server, &own, secret));
    // So one can ask where a secret was used.
    let placeholder = first["password"].as_str().unwrap();
    let path = format!("/v1/events?filter=metadata.password:is:{placeholder}");
    assert_eq!(server.get(&path).expect(200)["total"], 3);
}

#[test]
fn rules_count_from_the_answer_on_and_after_a_restart() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let own = server.organization.clone();
    let sent = json!({"door_code": "kingfisher", "password": "open", "note": TOKEN});
    let before = kept(&server, &own, sent.clone());
    assert_eq!(before["door_code"], "kingfisher");
    assert!(is_placeholder(&before["password"]));

    set_rules(
        &server,
        &json!({"names": ["doorCode"], "exceptions": ["metadata.password"]}),
    );
    let check = |server: &Server| {
        let now = kept(server, &own, sent.clone());
        assert!(is_placeholder(&now["door_code"]), "{now}");
        assert_eq!(now["password"], "open");
        assert_eq!(now["note"], before["note"], "a shape is never excepted");
        assert!(is_placeholder(&now["note"]));
    };
    check(&server);
    let theirs = kept(&server, &other, sent.clone());
    assert_eq!(
        theirs["door_code"], "kingfisher",
        "rules are one organization's"
    );
    assert!(is_placeholder(&theirs["password"]));
    server.kill();
    let server = directory.serve();
    check(&server);
    set_rules(&server, &json!({}));
    assert_eq!(kept(&server, &own, sent.clone())["door_code"], "kingfisher");
}

#[test]
fn a_secret_field_of_an_own_type_is_replaced_whatever_the_rules_say() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut own = event_type("kite.flown");
    let field = json!({"key": "call_sign", "label": "Call sign", "type": "string", "secret": true});
    own["metadata"].as_array_mut().unwrap().push(field);
    server.change("POST", "/v1/catalog", &own).expect(201);
    set_rules(&server, &json!({"exceptions": ["call_sign"]}));
    let mut flown = event("ada");
    flown["action"] = json!("kite.flown");
    flown["metadata"] = json!({"kite_id": "k_1", "call_sign": "peregrine-falcon"});
    let recorded = |server: &Server| {
        server.post("/v1/events", &flown).expect(201);
        let page = server.get("/v1/events?limit=1").expect(200);
        page["data"][0]["metadata"]["call_sign"].clone()
    };
    assert!(is_placeholder(&recorded(&server)));

    // That it is secret must be said again, since the catalog does not show it.
    own["metadata"][1].as_object_mut().unwrap().remove("secret");
    let problem = server
        .change("PUT", "/v1/catalog/kite.flown", &own)
        .problem(422, "invalid_document");
    assert_eq!(problem["errors"][0]["pointer"], "/metadata/1/secret");
    server.kill();
    let server = directory.serve();
    assert!(is_placeholder(&recorded(&server)));
    server.kill();
    assert_nowhere(directory.path(), "peregrine-falcon", "k_1");
}
