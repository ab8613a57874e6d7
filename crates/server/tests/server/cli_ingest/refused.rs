//! What the server refuses: dead letters, and the repair of them.

use std::path::Path;

use serde_json::{Value, json};

use super::{Scene, assert_once, lines};
use crate::harness::event;

const LETTERS: &str = "e.ndjson.dead-letters.ndjson";

/// An event that nobody acted in.
fn without_actor(n: usize) -> String {
    json!({"action": "a.b", "metadata": {"n": n}}).to_string()
}

#[test]
fn what_is_refused_is_in_the_dead_letters_with_its_reasons_and_the_rest_is_recorded() {
    let scene = Scene::new();
    let taken = uuid::Uuid::from_u128(1).to_string();
    let mut other = event("other");
    other["id"] = json!(taken);
    scene.server.post("/v1/events", &other).expect(201);
    let mut conflicting = event("u9");
    conflicting["id"] = json!(taken);
    let long = format!(
        "{{\"action\":\"a.b\",\"reason\":\"{}\"}}",
        "x".repeat(300_000)
    );
    let texts: Vec<Vec<u8>> = vec![
        event("u0").to_string().into(),
        without_actor(1).into(),
        b"not json".to_vec(),
        b"{\"action\":\"\xff\"}".to_vec(),
        event("u1").to_string().into(),
        conflicting.to_string().into(),
        long.clone().into(),
        r#"{"action":"user.login","actor":{"type":"user","id":"x"},"rsult":"failed"}"#.into(),
        event("u2").to_string().into(),
    ];
    let file = scene.file("e.ndjson", texts.join(&b'\n'));
    let summary = scene.summary(&file, &[], 3);
    assert_eq!(summary["recorded"], 3);
    assert_eq!(summary["refused"], 6);
    assert_eq!(summary["status"], "finished");
    assert!(summary["dead_letters"].as_str().unwrap().ends_with(LETTERS));
    let letters = scene.letters(LETTERS);
    let told = |at: usize| {
        let letter = &letters[at];
        let reason = &letter["reasons"][0];
        (
            letter["line"].as_u64().unwrap(),
            reason["pointer"].as_str().unwrap().to_owned(),
            reason["code"].as_str().unwrap().to_owned(),
        )
    };
    let expected = [
        (2, "/actor", "missing_field"),
        (3, "", "invalid_json"),
        (4, "/action", "invalid_utf8"),
        (6, "/id", "conflict"),
        (7, "", "event_too_large"),
        (8, "/rsult", "unknown_field"),
    ];
    for (at, (line, pointer, code)) in expected.into_iter().enumerate() {
        assert_eq!(told(at), (line, pointer.to_owned(), code.to_owned()));
    }
    assert_eq!(letters[0]["text"], without_actor(1));
    let before = texts[0].len() + 1;
    assert_eq!(letters[0]["offset"], before);
    assert_eq!(letters[2]["base64"], "eyJhY3Rpb24iOiL/In0=");
    assert_eq!(letters[3]["text"], conflicting.to_string());
    assert_eq!(letters[4]["truncated"], true);
    assert!(long.starts_with(letters[4]["text"].as_str().unwrap()));
    assert_eq!(letters[5]["reasons"][0]["suggestion"], "result");
    // A run that is over stays over, and does not pass for all well.
    assert_eq!(scene.summary(&file, &[], 3)["status"], "already_finished");
    // Anew: the same letters, not more of them.
    assert_eq!(scene.summary(&file, &["--restart"], 3)["duplicates"], 3);
    assert_eq!(scene.letters(LETTERS), letters);
}

#[test]
fn dead_letters_can_be_repaired_and_sent() {
    let scene = Scene::new();
    let bad: String = (2..4)
        .map(|n| event(format!("u{n}")).to_string().replace("\"user\"", "7") + "\n")
        .collect();
    let file = scene.file("e.ndjson", lines(0..2) + &bad);
    let said = scene.say(&file, &[]);
    assert_eq!(said.code, Some(3));
    assert!(said.errors.contains("line 3: /actor/type "), "{said:?}");
    assert!(said.output.contains(LETTERS), "{said:?}");
    // As `jq -r .text` does.
    let texts: Vec<String> = scene
        .letters(LETTERS)
        .iter()
        .map(|letter| letter["text"].as_str().unwrap().replace(":7", ":\"user\""))
        .collect();
    let repaired = scene.file("repaired.ndjson", texts.join("\n"));
    assert_eq!(scene.summary(&repaired, &[], 0)["recorded"], 2);
    assert_once(&scene.actors(), 0..4);
}

#[test]
fn a_whole_batch_of_refused_events_stops_nothing() {
    let scene = Scene::new();
    let bad: String = (0..25).map(|n| without_actor(n) + "\n").collect();
    let file = scene.file("e.ndjson", bad + &lines(0..5));
    let summary = scene.summary(&file, &["--batch", "10"], 3);
    assert_eq!(
        (&summary["recorded"], &summary["refused"]),
        (&json!(5), &json!(25))
    );
    let lines: Vec<u64> = scene
        .letters(LETTERS)
        .iter()
        .map(|letter| letter["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, (1..=25).collect::<Vec<_>>());
}

#[test]
fn the_first_refused_event_stops_a_run_that_was_asked_to() {
    let scene = Scene::new();
    let text = lines(0..50) + &without_actor(0) + "\n" + &lines(50..100);
    let file = scene.file("e.ndjson", text);
    let flags = ["--stop-on-refusal", "--batch", "10", "--connections", "1"];
    let summary = scene.summary(&file, &flags, 3);
    assert_eq!(summary["status"], "stopped");
    assert_eq!(summary["refused"], 1);
    assert!(summary["answered_lines"].as_u64().unwrap() < 101);
    let summary = scene.summary(&file, &flags, 3);
    assert_eq!(summary["status"], "finished");
    assert_eq!(scene.letters(LETTERS).len(), 1);
    assert_once(&scene.actors(), 0..100);
}

#[test]
fn dead_letters_of_before_are_not_written_over() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", without_actor(0));
    scene.file(LETTERS, "repaired\n");
    let error = scene.say(&file, &[]).failure(1);
    assert!(
        error.contains("is there already") && error.contains("--dead-letters"),
        "{error}"
    );
    assert_eq!(
        scene.summary(&file, &["--dead-letters", "other"], 3)["refused"],
        1
    );
    assert_eq!(scene.letters("other").len(), 1);
    assert_eq!(
        std::fs::read_to_string(scene.path(LETTERS)).unwrap(),
        "repaired\n"
    );
}

#[test]
fn a_check_says_what_would_be_refused_and_sends_nothing() {
    let scene = Scene::new();
    let text = lines(0..3) + &without_actor(0) + "\nnot json\n";
    let file = scene.file("e.ndjson", text);
    let mut command = scene.ingest(&file, &["--check"]);
    command
        .env_remove("EVIDENT_API_KEY")
        .env("EVIDENT_URL", "http://127.0.0.1:1");
    let said = crate::client::say(&mut command);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.errors.contains("line 4: /actor "), "{said:?}");
    assert!(said.errors.contains("line 5: "), "{said:?}");
    let checked = scene.summary(&file, &["--check"], 3);
    assert_eq!(
        (&checked["events"], &checked["acceptable"]),
        (&json!(5), &json!(3))
    );
    assert_eq!(
        checked["reasons"],
        json!({"invalid_json": 1, "missing_field": 1})
    );
    assert_eq!(checked["first"][0]["line"], 4);
    let good = scene.file("good.ndjson", lines(0..3));
    assert_eq!(scene.summary(&good, &["--dry-run"], 0)["refused"], 0);
    assert!(scene.events().is_empty());
    let names: Vec<_> = std::fs::read_dir(scene.path("")).unwrap().collect();
    assert_eq!(names.len(), 2, "a check writes nothing");
}

#[test]
fn the_first_events_are_shown_as_they_would_be_sent() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", lines(0..10));
    let shown = scene.say(&file, &["--show", "3"]).success();
    let shown: Vec<Value> = shown
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(shown.len(), 3);
    assert!(scene.events().is_empty());
    scene.say(&file, &[]).success();
    let ids = |events: &[Value]| -> Vec<String> {
        let mut ids: Vec<String> = events.iter().map(|event| event["id"].to_string()).collect();
        ids.sort();
        ids
    };
    let sent = ids(&scene.events());
    assert!(
        ids(&shown).iter().all(|id| sent.contains(id)),
        "with the ids that they get"
    );
    let checked = scene.say(&file, &["--show", "1", "--check"]).success();
    assert_eq!(checked.lines().count(), 4, "{checked}");
}

#[test]
fn an_event_outside_of_the_keys_project_is_refused_by_itself() {
    let scene = Scene::new();
    let mut text = String::new();
    for (actor, project) in [("u0", "prj_1"), ("x", "prj_2")] {
        let mut event = event(actor);
        event["project_id"] = json!(project);
        text += &format!("{event}\n");
    }
    let file = scene.file("e.ndjson", text);
    let Scene {
        directory,
        server,
        files,
    } = scene;
    server.terminate();
    let options = crate::harness::KeyOptions {
        project_id: Some("prj_1"),
        ..Default::default()
    };
    let key = directory.add_key(&directory.organization.id, "ingest", options);
    let server = directory.serve();
    let scene = Scene {
        directory,
        server,
        files,
    };
    // One at a time, so that the second one is a request of its own.
    for batch in ["2", "1"] {
        let flags = ["--batch", batch, "--restart", "--json"];
        let mut command = scene.ingest(Path::new(&file), &flags);
        let said = crate::client::say(command.env("EVIDENT_API_KEY", &key));
        assert_eq!(said.code, Some(3), "{said:?}");
        let letters = scene.letters(LETTERS);
        assert_eq!(letters[0]["reasons"][0]["code"], "forbidden_project");
    }
    assert_once(&scene.actors(), 0..1);
}
