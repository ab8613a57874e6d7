//! What all commands say when they cannot: in words with the next step, and with `--json` as JSON.

use serde_json::Value;

use crate::client::{StandIn, answer, bare, client, document, say, says};
use crate::harness::{Directory, evident, run};

/// The members of an error, after checking that it is the only line.
#[track_caller]
fn error_in(line: &str) -> Value {
    let mut lines = line.lines();
    let error: Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(lines.next(), None, "{line}");
    assert_eq!(error.as_object().unwrap().len(), 1, "{line}");
    error["error"].clone()
}

#[test]
fn every_command_says_with_json_what_it_says_without() {
    let cases: [(&[&str], i32); 10] = [
        (
            &[
                "init",
                "--data",
                "/dev/null",
                "--organization",
                "A",
                "--email",
                "a@b.c",
                "--password-stdin",
            ],
            1,
        ),
        (&["serve", "--data", "/dev/null"], 1),
        (&["config", "--config", "nowhere"], 1),
        (&["check", "nowhere"], 2),
        (&["verify", "nowhere"], 2),
        (
            &[
                "monitor",
                "http://127.0.0.1:1/log/org_1",
                "--state",
                "nowhere/state",
            ],
            2,
        ),
        (&["query"], 1),
        (&["tail"], 1),
        (&["catalog", "guardrail.deployd"], 1),
        (&["openapi", "--nonsense"], 2),
    ];
    for (arguments, code) in cases {
        let words = say(evident().args(arguments)).failure(code);
        let json = say(evident().args(arguments).arg("--json")).failure(code);
        let message = error_in(&json)["message"].as_str().unwrap().to_owned();
        assert!(
            words.starts_with(&format!("error: {message}\n")),
            "{words}{json}"
        );
    }
}

#[test]
fn arguments_that_are_wrong_are_said_in_json_if_that_is_among_them() {
    for (arguments, part) in [
        (&["query", "--limit", "0"][..], "--limit"),
        (&["query", "--columns", "a"], "--format csv"),
        (&["qurey"], "'query'"),
        (&["check"], "<DIR>"),
        (&["check", "--bad"], "'--bad' found; tip: to pass"),
    ] {
        let mut command = evident();
        let error = say(command.args(arguments).arg("--json")).failure(2);
        let message = error_in(&error)["message"].to_string();
        assert!(message.contains(part), "{message}");
        assert!(
            !message.contains("Usage:") && !message.contains("For more"),
            "{message}"
        );
    }
    // Of the command that was meant.
    let error = say(evident().args(["query", "--columns", "a"])).failure(2);
    assert!(error.contains("Usage: evident query"), "{error}");
    // What stands behind `--` is no flag.
    let error = say(evident().args(["check", "--", "--json", "x"])).failure(2);
    assert!(error.starts_with("error: "), "{error}");
}

#[test]
fn what_a_server_refuses_has_its_status_and_code() {
    let directory = Directory::init();
    let server = directory.serve();
    for flag in ["--json", "--format=ndjson"] {
        let flags = ["query", flag, "--filter", "actoin:is:x"];
        let error = error_in(&say(&mut client(&server, &flags)).failure(1));
        assert_eq!(
            (&error["status"], &error["code"]),
            (&400.into(), &"unknown_field".into())
        );
    }
    let flags = ["query", "--json"];
    let mut query = client(&server, &flags);
    query.env("EVIDENT_API_KEY", &server.organization.ingest);
    let error = error_in(&say(&mut query).failure(1));
    assert_eq!(error["status"], 403);
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("use a read or an admin key"), "{message}");
    // Warnings and notes are JSON as well.
    let stand_in = StandIn::new(vec![
        answer("200 OK", "content-type: text/event-stream\r\n", ""),
        document(
            "403 Forbidden",
            "application/problem+json",
            r#"{"detail":"no","code":"forbidden"}"#,
        ),
    ]);
    let mut tail = stand_in.client(&["tail", "--json", "--last-event-id", "7"]);
    let errors = say(&mut tail).failure(1);
    let lines: Vec<Value> = errors
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<&String> = lines
        .iter()
        .flat_map(|line| line.as_object().unwrap().keys())
        .collect();
    assert_eq!(names, ["note", "warning", "error"], "{errors}");
}

#[test]
fn a_path_that_is_not_evidents_is_a_mistake_in_the_address() {
    let directory = Directory::init();
    let server = directory.serve();
    let url = format!("{}/elsewhere", server.url(""));
    let mut query = client(&server, &["query", "--url", &url]);
    let error = say(&mut query).failure(1);
    assert!(
        error.contains(&url) && error.contains("check --url"),
        "{error}"
    );
}

#[test]
fn http_and_https_that_are_mixed_up_are_said_to_be() {
    let directory = Directory::init();
    let server = directory.serve();
    let url = server.url("").replace("http:", "https:");
    let mut query = client(&server, &["query", "--url", &url]);
    let error = say(&mut query).failure(1);
    assert!(error.contains("say http://"), "{error}");
    assert!(!error.contains("SSL_CERT_FILE"), "{error}");
    // What a server of TLS answers to what is none: an alert.
    let alert = says(vec![0x15, 3, 3, 0, 2, 2, 70]);
    let stand_in = StandIn::new(vec![alert]);
    let error = say(&mut stand_in.client(&["query"])).failure(1);
    assert!(error.contains("say https://"), "{error}");
}

#[test]
fn a_file_is_no_data_directory() {
    let scratch = tempfile::NamedTempFile::new().unwrap();
    let path = scratch.path().to_str().unwrap();
    let init = [
        "init",
        "--organization",
        "A",
        "--email",
        "a@b.c",
        "--password-stdin",
    ];
    for arguments in [&init[..], &["serve"]] {
        let mut command = evident();
        command.args(arguments).args(["--data", path]);
        let output = run(&mut command, "correct horse battery\n");
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("is not a directory: name"), "{error}");
    }
    let error = say(&mut bare(&["verify", "nowhere"])).failure(2);
    assert!(error.contains("name a data directory, a proof"), "{error}");
}
