//! `evident keys`, on a real server.

use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::{Directory, Server, evident, run};

fn keys(server: &Server, words: &[&str]) -> Output {
    let mut command: Command = evident();
    command
        .arg("keys")
        .args(words)
        .env("EVIDENT_URL", server.url(""))
        .env("EVIDENT_API_KEY", &server.organization.admin);
    run(&mut command, "")
}

#[track_caller]
fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&printed(output)).unwrap()
}

#[test]
fn a_key_stands_alone_on_standard_output_and_works() {
    let directory = Directory::init();
    let server = directory.serve();
    let made = keys(
        &server,
        &[
            "create",
            "Build server",
            "--kind",
            "read",
            "--expires-in-days",
            "9",
        ],
    );
    let text = printed(&made);
    let key = text.strip_suffix('\n').unwrap();
    assert!(key.starts_with("evident_read_") && !key.contains('\n'));
    let told = String::from_utf8(made.stderr).unwrap();
    assert!(
        told.contains("(Build server)") && !told.contains(key),
        "{told}"
    );
    let used = server.request("GET", "/v1/events", Some(key), &[], b"");
    assert_eq!(used.status, 200);
    let list = printed(&keys(&server, &["list"]));
    assert!(
        list.contains("Build server") && !list.contains(key),
        "{list}"
    );
    assert!(!list.contains("PROJECT"), "none is of a project: {list}");
}

#[test]
fn a_key_is_shown_rotated_and_revoked() {
    let directory = Directory::init();
    let server = directory.serve();
    let made = json(&keys(
        &server,
        &[
            "create",
            "x",
            "--kind",
            "ingest",
            "--allow",
            "127.0.0.1",
            "--json",
        ],
    ));
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["allowed_addresses"], serde_json::json!(["127.0.0.1"]));
    assert!(made["key"].as_str().unwrap().starts_with("evident_ingest_"));
    let rotated = json(&keys(
        &server,
        &["--json", "rotate", id, "--overlap-hours", "1"],
    ));
    let shown = json(&keys(&server, &["show", id, "--json"]));
    assert_eq!(shown["replaced_by"], rotated["id"]);
    let words = printed(&keys(&server, &["show", id]));
    assert!(words.contains("allowed from  127.0.0.1"), "{words}");
    assert_eq!(
        json(&keys(&server, &["revoke", id, "--json"]))["revoked"],
        id
    );
    let list = json(&keys(&server, &["list", "--json"]));
    let is_it = |key: &Value| key["id"] == id;
    assert!(!list["data"].as_array().unwrap().iter().any(is_it));
    let list = json(&keys(&server, &["list", "--all", "--json"]));
    assert!(list["data"].as_array().unwrap().iter().any(is_it));
}

#[test]
fn what_the_server_refuses_is_told_with_what_is_wrong() {
    let directory = Directory::init();
    let server = directory.serve();
    let refused = keys(
        &server,
        &["create", "x", "--kind", "read", "--allow", "everywhere"],
    );
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        told.contains("allowed_addresses/0") && told.contains("192.0.2.0/24"),
        "{told}"
    );
    assert!(refused.stdout.is_empty());
    let refused = keys(&server, &["revoke", "key_none", "--json"]);
    let told: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(told["error"]["code"], "not_found");
    let key = server.organization.read.clone();
    let misused = keys(&server, &["show", &format!("{key}/..")]);
    assert_eq!(misused.status.code(), Some(2));
}
