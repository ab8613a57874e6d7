//! Runs that are killed, and runs that are asked to end.

use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::faults::total;
use super::{Scene, assert_once, lines};
use crate::harness::wait_for;

const LETTERS: &str = "e.ndjson.dead-letters.ndjson";
/// Lines between two that are refused.
const REFUSED_EVERY: usize = 100;

/// Events, and every so often a line that is none.
fn text(count: usize) -> String {
    let mut text = String::new();
    for n in 0..count {
        text += &lines(n..n + 1);
        if n % REFUSED_EVERY == 0 {
            text += &format!("bad {n}\n");
        }
    }
    text
}

fn spawn(scene: &Scene, flags: &[&str]) -> Child {
    let mut command = scene.ingest(&scene.path("e.ndjson"), flags);
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

#[test]
fn killed_wherever_it_is_every_event_is_recorded_once_and_every_letter_written_once() {
    const COUNT: usize = 20_000;
    let scene = Scene::new();
    scene.file("e.ndjson", text(COUNT));
    let flags = ["--batch", "40", "--connections", "3"];
    let mut random = [0; 6];
    getrandom::fill(&mut random).unwrap();
    let mut kills = 0;
    for byte in random {
        let before = total(&scene.server);
        let mut child = spawn(&scene, &flags);
        let enough = before + u64::from(byte) * 12;
        wait_for("progress", || {
            let is_over = child.try_wait().unwrap().is_some();
            (is_over || total(&scene.server) >= enough).then_some(())
        });
        kills += usize::from(child.try_wait().unwrap().is_none());
        let _ = child.kill();
        child.wait().unwrap();
    }
    assert!(kills >= 3, "{random:?}");
    let summary = scene.summary(&scene.path("e.ndjson"), &flags, 3);
    assert_eq!(summary["status"], "finished");
    assert_once(&scene.actors(), 0..COUNT);
    let letters = scene.letters(LETTERS);
    let texts: Vec<&str> = letters
        .iter()
        .map(|letter| letter["text"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (0..COUNT)
        .step_by(REFUSED_EVERY)
        .map(|n| format!("bad {n}"))
        .collect();
    assert_eq!(texts, expected, "{random:?}");
    let refused = expected.len();
    assert_eq!(summary["refused"], refused);
    assert_eq!(summary["sent"], COUNT + refused);
    let answered = summary["recorded"].as_u64().unwrap() + summary["duplicates"].as_u64().unwrap();
    assert_eq!(answered, COUNT as u64);
}

#[test]
fn a_signal_ends_it_after_what_is_under_way_and_it_goes_on_from_there() {
    let scene = Scene::new();
    scene.file("e.ndjson", text(20_000));
    for (asked, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let before = total(&scene.server);
        let child = spawn(&scene, &["--batch", "20", "--connections", "1", "--json"]);
        wait_for("progress", || {
            (total(&scene.server) > before + 100).then_some(())
        });
        signal(&child, asked);
        let output = child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{errors}");
        assert!(
            errors.contains("run it again as it was to go on"),
            "{errors}"
        );
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(summary["status"], "interrupted");
        // What was under way is answered and remembered: nothing is sent twice.
        let recorded = summary["recorded"].as_u64().unwrap();
        assert_eq!(total(&scene.server), recorded);
    }
    let summary = scene.summary(&scene.path("e.ndjson"), &[], 3);
    assert_eq!(summary["duplicates"], json!(0));
    assert_once(&scene.actors(), 0..20_000);
}

#[test]
fn two_at_once_do_not_share_a_state() {
    let scene = Scene::new();
    let path = scene.file("e.ndjson", lines(0..20_000));
    let mut child = spawn(&scene, &["--batch", "20", "--connections", "1"]);
    wait_for("progress", || (total(&scene.server) > 0).then_some(()));
    let error = scene.say(&path, &[]).failure(1);
    assert!(error.contains("in use by another ingest"), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();
}
