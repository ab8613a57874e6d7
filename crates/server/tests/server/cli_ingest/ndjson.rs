//! Lines: what is recorded, what is remembered, what is said.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::{Scene, assert_once, lines};
use crate::client::{complain_on_terminal, say};
use crate::harness::{event, run};

#[test]
fn every_line_is_recorded_once_and_said_so() {
    let scene = Scene::new();
    let file = scene.file("events.ndjson", lines(0..2_500));
    let said = scene.say(&file, &[]);
    let table = said.success();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["sent", "2,500"]);
    assert_eq!(rows[1], ["recorded", "2,500"]);
    assert_eq!(rows[3], ["refused", "0"]);
    assert_once(&scene.actors(), 0..2_500);
    assert!(!scene.path("events.ndjson.dead-letters.ndjson").exists());

    let again = scene.say(&file, &[]).success();
    assert!(again.starts_with("nothing to do: "), "{again}");
    assert_eq!(scene.summary(&file, &[], 0)["status"], "already_finished");
    let anew = scene.summary(&file, &["--restart"], 0);
    assert_eq!(
        (&anew["recorded"], &anew["duplicates"]),
        (&json!(0), &json!(2_500))
    );
    // The state may be lost: what makes ids is the file.
    std::fs::remove_file(scene.path("events.ndjson.evident-state")).unwrap();
    assert_eq!(scene.summary(&file, &[], 0)["duplicates"], 2_500);
    assert_eq!(scene.actors().len(), 2_500);
    let other = scene.summary(&file, &["--restart", "--run", "again"], 0);
    assert_eq!(other["recorded"], 2_500);
}

#[test]
fn what_is_sent_is_what_was_read() {
    let scene = Scene::new();
    let own = uuid::Uuid::from_u128(7).to_string();
    let mut first = event("u0");
    first["id"] = json!(own);
    first["metadata"] = json!({"é": [1.5, null, "\u{1f600}"]});
    let text = format!(
        "\u{feff}{first}\r\n\n   \r\n {{ \"id\" : null,{}",
        &event("u1").to_string()[1..]
    );
    let file = scene.file("e.jsonl", text);
    let summary = scene.summary(&file, &[], 0);
    assert_eq!(summary["recorded"], 2);
    assert_eq!(summary["last_index"], 1);
    assert_eq!(summary["answered_lines"], 4);
    assert_eq!(summary["dead_letters"], Value::Null);
    assert!(summary["seconds"].as_f64().unwrap() > 0.0);
    let events = scene.events();
    assert_eq!(events[0]["id"], own);
    assert_eq!(events[0]["metadata"], first["metadata"]);
    assert_once(&scene.actors(), 0..2);
}

#[test]
fn standard_input_is_sent_as_it_comes_and_not_taken_for_what_came_before() {
    let scene = Scene::new();
    let piped = |flags: &[&str], text: &str| {
        let output = run(&mut scene.ingest(Path::new("-"), flags), text);
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    assert_eq!(piped(&["--json"], &lines(0..3))["recorded"], 3);
    // Two equal events are two events, unless they are said to be of one run.
    assert_eq!(piped(&["--json"], &lines(0..3))["recorded"], 3);
    assert_eq!(
        piped(&["--json", "--run", "x"], &lines(0..3))["recorded"],
        3
    );
    assert_eq!(
        piped(&["--json", "--run", "x"], &lines(0..3))["duplicates"],
        3
    );
    let state = ["--json", "--state", "s"];
    assert_eq!(piped(&state, &lines(3..5))["recorded"], 2);
    assert_eq!(piped(&state, &lines(3..5))["status"], "already_finished");
    assert_eq!(scene.events().len(), 11);
    let named = ["--json", "--state", "n", "--run", "y"];
    assert_eq!(piped(&named, &lines(5..6))["recorded"], 1);
    assert_eq!(piped(&named, &lines(5..6))["status"], "already_finished");
    // Nobody has looked whether it is the same, so nobody says so.
    let output = run(&mut scene.ingest(Path::new("-"), &named[1..]), "");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("nothing was read"), "{said}");
    assert!(!scene.path("-.evident-state").exists());
}

#[test]
fn the_last_events_of_a_pipe_do_not_wait_for_its_end() {
    // A state is no reason to wait either, if its run has a name.
    for flags in [&[][..], &["--run", "x", "--state", "s"]] {
        let scene = Scene::new();
        let mut command = scene.ingest(Path::new("-"), flags);
        let mut child = command.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(lines(0..3).as_bytes()).unwrap();
        crate::harness::wait_for("the events", || (scene.events().len() == 3).then_some(()));
        input.write_all(lines(3..4).as_bytes()).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
        assert_once(&scene.actors(), 0..4);
    }
}

#[test]
fn compressed_files_and_compressed_requests_arrive_whole() {
    let scene = Scene::new();
    let gzip = scene.path("a.ndjson.gz");
    let mut encoder = flate2::write::GzEncoder::new(
        std::fs::File::create(&gzip).unwrap(),
        flate2::Compression::fast(),
    );
    encoder.write_all(lines(0..1_500).as_bytes()).unwrap();
    encoder.finish().unwrap();
    let zstd = zstd::encode_all(lines(1_500..3_000).as_bytes(), 1).unwrap();
    let zstd = scene.file("b.zst", zstd);
    assert_eq!(
        scene.summary(&gzip, &["--compress", "gzip"], 0)["recorded"],
        1_500
    );
    assert_eq!(
        scene.summary(&zstd, &["--compress", "zstd"], 0)["recorded"],
        1_500
    );
    assert_once(&scene.actors(), 0..3_000);
}

#[test]
fn a_changed_file_is_refused_with_what_to_do() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", lines(0..3));
    scene.say(&file, &[]).success();
    scene.file("e.ndjson", lines(0..4));
    let error = scene.say(&file, &[]).failure(1);
    assert!(
        error.contains("has changed") && error.contains("tail -n +4"),
        "{error}"
    );
    // What it advises works.
    let rest = lines(3..4);
    for _ in 0..2 {
        let output = run(
            &mut scene.ingest(Path::new("-"), &["--run", "added"]),
            &rest,
        );
        assert!(output.status.success());
    }
    assert_once(&scene.actors(), 0..4);
    let key = scene.server.organization.admin.clone();
    scene.file("e.ndjson", lines(0..3));
    let mut other = scene.ingest(&file, &[]);
    let error = say(other.env("EVIDENT_API_KEY", key)).failure(1);
    assert!(
        error.contains("sent with the key") && error.contains("--restart"),
        "{error}"
    );
}

#[test]
fn a_first_try_with_a_wrong_key_is_in_nobodys_way() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", lines(0..3));
    let read = scene.server.organization.read.clone();
    let error = say(scene.ingest(&file, &[]).env("EVIDENT_API_KEY", read)).failure(1);
    assert!(error.contains("ingest"), "{error}");
    assert!(error.contains("nothing is answered yet"), "{error}");
    assert_eq!(scene.summary(&file, &[], 0)["recorded"], 3);
}

#[test]
fn an_empty_file_is_done_at_once() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", "\n\n");
    let summary = scene.summary(&file, &[], 0);
    assert_eq!(
        (&summary["status"], &summary["sent"]),
        (&json!("finished"), &json!(0))
    );
}

#[test]
fn what_has_no_event_a_line_is_told_before_anything_is_sent() {
    let scene = Scene::new();
    for (name, text, advice) in [
        ("array.json", "[\n{}]", "jq -c '.[]'"),
        ("pretty.json", "{\n  \"action\": \"a.b\"\n}", "jq -c ."),
        ("table", "user,action\nada,x.y\n", "--format csv"),
    ] {
        let said = scene.say(&scene.file(name, text), &[]);
        assert_eq!(said.code, Some(1));
        assert!(said.errors.contains(advice), "{}", said.errors);
    }
    let directory = scene.path("");
    let error = scene.say(&directory, &[]).failure(1);
    assert!(error.contains("no regular file"), "{error}");
    let error = scene.say(&scene.path("none"), &[]).failure(1);
    assert!(error.contains("correct FILE"), "{error}");
    for beside in ["none.evident-state", "none.evident-state.lock"] {
        assert!(!scene.path(beside).exists(), "{beside}");
    }
    assert!(scene.events().is_empty());
}

#[test]
fn progress_is_one_line_of_a_terminal_and_the_summary_is_beside_it() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", lines(0..30_000));
    let said =
        complain_on_terminal(&mut scene.ingest(&file, &["--batch", "200", "--connections", "1"]));
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(said.output.starts_with("sent"), "{said:?}");
    assert!(said.errors.contains(" events · "), "{said:?}");
    assert!(
        said.errors.contains(" %") && !said.errors.contains('\n'),
        "{said:?}"
    );
    let last = said.errors.rsplit("\u{1b}[K").next();
    assert_eq!(last, Some(""), "the line is taken away: {said:?}");
}

#[test]
fn wrong_arguments_are_told_apart_from_what_could_not_be_done() {
    let scene = Scene::new();
    let file = scene.file("e.ndjson", lines(0..1));
    for flags in [
        &["--batch", "0"][..],
        &["--batch", "10001"],
        &["--connections", "99"],
        &["--give-up-after", "soon"],
        &["--mapping", "m.toml"],
        &["--format", "xml"],
        &["--nonsense"],
    ] {
        scene.say(&file, flags).failure(2);
    }
    scene.say(Path::new("-"), &["--restart"]).failure(2);
    let mut without_key = scene.ingest(&file, &[]);
    let error = say(without_key.env_remove("EVIDENT_API_KEY")).failure(1);
    assert!(
        error.contains("EVIDENT_API_KEY") && error.contains("record"),
        "{error}"
    );
}
