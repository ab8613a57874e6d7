//! Servers that are busy, broken, away, or no servers at all.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::gate::{Gate, Turn};
use super::{Scene, assert_once, lines};
use crate::client::{Said, say};
use crate::harness::{Server, evident, wait_for};

/// A file of so many events, in a directory that lasts as long as the test.
fn file(count: usize) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("e.ndjson");
    std::fs::write(&path, lines(0..count)).unwrap();
    (directory, path)
}

fn summary(said: &Said) -> Value {
    serde_json::from_str(&said.output).unwrap_or_else(|_| panic!("no JSON: {said:?}"))
}

#[test]
fn what_passes_is_waited_for_and_said_once() {
    let (_directory, path) = file(100);
    let mut turns: Vec<Turn> = [429, 503, 507, 500, 502, 504, 408]
        .map(|status| Turn::problem(status, ""))
        .into();
    turns.extend([Turn::Drops, Turn::TakesAndDrops, Turn::Drops]);
    let gate = Gate::new(turns);
    let said = say(&mut gate.ingest(&path, &["--batch", "10", "--connections", "2"]));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_once(&gate.actors(), 0..100);
    let summary = summary(&said);
    assert_eq!(summary["sent"], 100);
    // Those that were taken without an answer.
    assert_eq!(
        (&summary["recorded"], &summary["duplicates"]),
        (&json!(90), &json!(10))
    );
    assert!(
        said.errors.matches("waiting: ").count() <= 3,
        "{}",
        said.errors
    );
    // Of two connections that are refused at once either may be the first to say so.
    let first = ["waiting: the gate says 429", "waiting: the gate says 503"];
    assert!(
        first
            .iter()
            .any(|said_first| said.errors.contains(said_first)),
        "{}",
        said.errors
    );
    assert!(said.errors.contains("going on"), "{}", said.errors);
}

#[test]
fn the_server_says_how_long_to_wait() {
    let (_directory, path) = file(1);
    let gate = Gate::new(vec![Turn::problem(429, "retry-after: 2\r\n")]);
    let said = say(&mut gate.ingest(&path, &[]));
    assert!(
        summary(&said)["seconds"].as_f64().unwrap() >= 2.0,
        "{said:?}"
    );
    assert_eq!(gate.requests(), 2);
}

#[test]
fn what_a_person_must_mend_stops_it_with_the_next_step_and_nothing_is_lost() {
    let (_directory, path) = file(20);
    for status in [400, 401, 403, 404, 415] {
        let gate = Gate::new(vec![
            Turn::AtMost(100),
            Turn::problem(status, ""),
            Turn::problem(status, ""),
        ]);
        let flags = ["--batch", "5", "--connections", "1", "--restart"];
        let said = say(&mut gate.ingest(&path, &flags));
        assert_eq!(said.code, Some(1), "{said:?}");
        let error = format!("{{\"error\":{{\"message\":\"the gate says {status}");
        assert!(said.errors.contains(&error), "{said:?}");
        assert!(said.errors.contains("run it again"), "{said:?}");
        let stopped = summary(&said);
        assert_eq!(
            (&stopped["status"], &stopped["sent"]),
            (&json!("failed"), &json!(5))
        );
        assert_eq!(gate.requests(), 2, "it does not insist");
        let said = say(&mut gate.ingest(&path, &["--batch", "5", "--connections", "1"]));
        assert_eq!(said.code, Some(1));
        let said = say(&mut gate.ingest(&path, &[]));
        assert!(said.errors.contains("going on after line 5"), "{said:?}");
        assert_eq!(summary(&said)["sent"], 20);
        assert_once(&gate.actors(), 0..20);
    }
}

#[test]
fn an_answer_that_leaves_an_event_out_is_not_taken_for_success() {
    let (_directory, path) = file(3);
    let gate = Gate::new(vec![Turn::Forgets]);
    let said = say(&mut gate.ingest(&path, &[]));
    assert_eq!(said.code, Some(1));
    assert!(said.errors.contains("not as Evident does"), "{said:?}");
    assert_eq!(summary(&said)["sent"], 0);
}

#[test]
fn what_is_too_much_at_once_is_sent_in_parts() {
    let (_directory, path) = file(10);
    let gate = Gate::new(vec![Turn::AtMost(3); 40]);
    let said = say(&mut gate.ingest(&path, &[]));
    assert_eq!(summary(&said)["recorded"], 10);
    assert_once(&gate.actors(), 0..10);
    let gate = Gate::new(vec![Turn::AtMost(0); 3]);
    let said = say(&mut gate.ingest(&path, &["--batch", "1", "--connections", "1", "--restart"]));
    assert_eq!(
        said.code,
        Some(3),
        "one alone that is too large is refused: {said:?}"
    );
    assert_eq!(summary(&said)["refused"], 3);
}

#[test]
fn a_server_that_takes_nothing_is_given_up_after_a_while() {
    let (_directory, path) = file(3);
    let gate = Gate::new(vec![Turn::problem(503, ""); 1_000]);
    let said = say(&mut gate.ingest(&path, &["--give-up-after", "1s"]));
    assert_eq!(said.code, Some(1));
    assert!(
        said.errors
            .contains("the gate says 503 (given up after 1 s"),
        "{said:?}"
    );
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut command = gate.ingest(&path, &["--give-up-after", "1s", "--restart"]);
    let said = say(command.env("EVIDENT_URL", format!("http://{nobody}")));
    assert_eq!(said.code, Some(1));
    assert!(said.errors.contains("cannot be reached"), "{said:?}");
}

#[test]
fn what_is_no_server_is_not_waited_for() {
    let (_directory, path) = file(3);
    let answers = vec![crate::client::says("SSH-2.0-OpenSSH_9.9\r\n")];
    let stand_in = crate::client::StandIn::new(answers);
    let mut command = stand_in.client(&["ingest"]);
    let said = say(command.arg(&path).args(["--connections", "1"]));
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.errors.contains("not as Evident does"), "{said:?}");
}

#[test]
fn a_server_that_is_killed_and_comes_back_gets_the_rest() {
    let scene = Scene::new();
    let count = 12_000;
    let path = scene.file("e.ndjson", lines(0..count));
    let mut command = scene.ingest(&path, &["--batch", "50"]);
    let child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for("some events", || (total(&scene.server) > 500).then_some(()));
    let Scene {
        directory,
        server,
        files,
    } = scene;
    let address = server.address.to_string();
    server.kill();
    let mut command = evident();
    command
        .args(["serve", "--listen", &address, "--data"])
        .arg(directory.path());
    let server = Server::start(command, directory.organization.clone());
    server.wait_until_ready();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert!(
        errors.contains("going on"),
        "it was in the middle of it: {errors}"
    );
    let scene = Scene {
        directory,
        server,
        files,
    };
    assert_once(&scene.actors(), 0..count);
}

/// How many events a server has.
pub(super) fn total(server: &Server) -> u64 {
    let page = server.get("/v1/events?limit=1").json();
    page["total"].as_u64().unwrap()
}
