//! `evident retention`, on a real server.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{Directory, Server, evident, run};

fn retention(server: &Server, words: &[&str]) -> Output {
    let mut command: Command = evident();
    command
        .arg("retention")
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

#[test]
fn rules_are_set_and_shown_in_words_and_as_json() {
    let directory = Directory::init();
    directory.add_project(&directory.organization.id, "prj_1");
    let server = directory.serve();
    let shown = printed(&retention(&server, &["show"]));
    assert!(
        shown.contains("organization    inherited (for ever)\n"),
        "{shown}"
    );
    let set = printed(&retention(&server, &["set", "--days", "365"]));
    assert!(set.contains("organization    365 days\n"), "{set}");
    let words = ["set", "--project-id", "prj_1", "--forever", "--json"];
    let set: Value = serde_json::from_str(&printed(&retention(&server, &words))).unwrap();
    assert_eq!(set["rule"], json!({"keep": "forever", "days": null}));
    let shown = printed(&retention(&server, &["show"]));
    assert!(
        shown.contains("prj_1") && shown.contains(": for ever\n"),
        "{shown}"
    );
    let words = ["set", "--project-id", "prj_1", "--inherited"];
    let set = printed(&retention(&server, &words));
    assert!(set.contains(": inherited (365 days)\n"), "{set}");
    let shown = retention(&server, &["show", "--json"]);
    let shown: Value = serde_json::from_str(&printed(&shown)).unwrap();
    assert_eq!(shown, server.get("/v1/retention").expect(200));
}

#[test]
fn a_preview_counts_and_a_run_begins() {
    let directory = Directory::init();
    let server = directory.serve();
    let preview = printed(&retention(&server, &["preview", "--days", "1"]));
    assert!(preview.contains("kept            1 day\n"), "{preview}");
    assert!(
        preview.contains("would go        0 events, 0 bytes\n"),
        "{preview}"
    );
    let refused = retention(&server, &["run"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("kept for ever"), "{told}");
    printed(&retention(&server, &["set", "--days", "1"]));
    let run = retention(&server, &["run", "--json"]);
    let run: Value = serde_json::from_str(&printed(&run)).unwrap();
    assert_eq!(run["cause"], "requested");
}

#[test]
fn what_is_no_rule_is_refused_before_or_by_the_server() {
    let directory = Directory::init();
    let server = directory.serve();
    for words in [
        ["set", "--json", "--json=1"].as_slice(),
        &["set"],
        &["set", "--days", "3", "--forever"],
        &["set", "--days", "soon"],
        &["preview", "--project-id", "prj_1"],
        &["show", "--project-id", "../x"],
    ] {
        assert_eq!(
            retention(&server, words).status.code(),
            Some(2),
            "{words:?}"
        );
    }
    let refused = retention(&server, &["set", "--days", "0"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("days") && told.contains("36500"), "{told}");
    let refused = retention(&server, &["show", "--project-id", "prj_none", "--json"]);
    let told: Value = serde_json::from_slice(&refused.stderr).unwrap();
    assert_eq!(told["error"]["code"], "not_found");
}
