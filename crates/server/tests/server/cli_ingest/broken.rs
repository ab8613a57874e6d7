//! Inputs that change or end too early, and what is advised to send the rest of them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use super::gate::{Gate, Turn};
use super::{assert_once, lines};
use crate::client::{Said, say};
use crate::harness::{run, wait_for};

/// More events than are read ahead.
const MANY: usize = 10_000;

/// A directory with a file of this text in it.
fn file(name: &str, text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

fn state(path: &Path) -> Value {
    let text = std::fs::read_to_string(format!("{}.evident-state", path.display()));
    serde_json::from_str(&text.unwrap()).unwrap()
}

/// What is said of ingesting a file that is changed after its first events are under way and before it is
/// read whole.
fn changed_under_way(gate: &Gate, path: &Path, change: impl FnOnce(&Path)) -> Said {
    let held = gate.hold();
    let mut command = gate.ingest(path, &["--batch", "10"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_for("its first events", || (gate.arrived() > 0).then_some(()));
    change(path);
    drop(held);
    let output = child.wait_with_output().unwrap();
    Said {
        output: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

#[test]
fn a_file_that_is_cut_short_while_it_is_read_is_not_finished() {
    let (_directory, path) = file("e.ndjson", lines(0..MANY).as_bytes());
    let gate = Gate::new(Vec::new());
    let said = changed_under_way(&gate, &path, |path| {
        File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_len(0)
            .unwrap();
    });
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.errors.contains("was changed while it was read"),
        "{said:?}"
    );
    assert!(said.errors.contains("and has 0 now"), "{said:?}");
    let sent = gate.actors().len();
    assert!(sent > 0 && sent < MANY, "{sent}");
    let advised = format!("tail -n +{} FILE | evident ingest - --run NAME", sent + 1);
    assert!(said.errors.contains(&advised), "{said:?}");
    assert_eq!(state(&path)["finished_at"], Value::Null);
}

#[test]
fn what_is_added_to_a_file_while_it_is_read_is_not_sent_but_told() {
    let (_directory, path) = file("e.ndjson", lines(0..MANY).as_bytes());
    let gate = Gate::new(Vec::new());
    let said = changed_under_way(&gate, &path, |path| {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(lines(MANY..MANY + 5).as_bytes()).unwrap();
    });
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.errors.contains("was changed while it was read"),
        "{said:?}"
    );
    assert!(said.errors.contains("tail -n +10001 FILE"), "{said:?}");
    assert_once(&gate.actors(), 0..MANY);
    assert_eq!(state(&path)["finished_at"], Value::Null);
    // What it advises works.
    let rest = lines(MANY..MANY + 5);
    let output = run(&mut gate.ingest(Path::new("-"), &["--run", "x"]), &rest);
    assert!(output.status.success());
    assert_once(&gate.actors(), 0..MANY + 5);
}

#[test]
fn a_compressed_file_that_is_incomplete_is_not_to_be_run_again_as_it_is() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines(0..MANY).as_bytes()).unwrap();
    let gzip = gzip.finish().unwrap();
    let (_directory, path) = file("e.ndjson.gz", &gzip[..gzip.len() / 2]);
    let gate = Gate::new(Vec::new());
    let said = say(&mut gate.ingest(&path, &[]));
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.errors.contains("is incomplete") && said.errors.contains("fetch it whole"));
    let sent = gate.actors().len();
    assert_once(&gate.actors(), 0..sent);
    let advised = format!(
        "zcat FILE | tail -n +{} | evident ingest - --run NAME",
        sent + 1
    );
    assert!(said.errors.contains(&advised), "{said:?}");
    assert!(!said.errors.contains("run it again as it was"), "{said:?}");
    // The whole one is another file, of which the rest is sent.
    std::fs::write(&path, gzip).unwrap();
    let error = say(&mut gate.ingest(&path, &[])).failure(1);
    assert!(error.contains(&advised), "{error}");
}

#[test]
fn a_pipe_that_is_not_remembered_is_not_promised_to_go_on() {
    let piped = |flags: &[&str]| {
        let gate = Gate::new(vec![Turn::AtMost(5), Turn::problem(401, "")]);
        let directory = tempfile::tempdir().unwrap();
        let flags = [&["--batch", "5", "--connections", "1"], flags].concat();
        let mut command = gate.ingest(Path::new("-"), &flags);
        let output = run(command.current_dir(directory.path()), &lines(0..20));
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    let errors = piped(&[]);
    assert!(errors.contains("records these again"), "{errors}");
    assert!(
        errors.contains("`tail -n +6 FILE | evident ingest - --run NAME`"),
        "{errors}"
    );
    let errors = piped(&["--run", "x"]);
    assert!(errors.contains("with the same --run"), "{errors}");
    let errors = piped(&["--run", "x", "--state", "s"]);
    assert!(
        errors.contains("run it again as it was to go on"),
        "{errors}"
    );
}

#[test]
fn dead_letters_that_were_repaired_in_place_are_not_cut() {
    let long = "x".repeat(300_000);
    let (directory, path) = file("e.ndjson", format!("{long}\n{}", lines(0..20)).as_bytes());
    let gate = Gate::new(vec![Turn::AtMost(5), Turn::problem(401, "")]);
    let said = say(&mut gate.ingest(&path, &["--batch", "5", "--connections", "1"]));
    assert_eq!(said.code, Some(1), "{said:?}");
    let letters = directory.path().join("e.ndjson.dead-letters.ndjson");
    let left = std::fs::read_to_string(&letters).unwrap();
    let repaired = format!("{{\"action\":\"repaired\"}}\n{left}");
    std::fs::write(&letters, &repaired).unwrap();
    let error = say(&mut gate.ingest(&path, &[])).failure(1);
    assert!(error.contains("is not as the run has left it"), "{error}");
    assert_eq!(std::fs::read_to_string(&letters).unwrap(), repaired);
    // As it was, with what a killed run has left behind it: that alone is cut off.
    std::fs::write(&letters, format!("{left}{{\"line\":")).unwrap();
    let said = say(&mut gate.ingest(&path, &[]));
    assert_eq!(said.code, Some(3), "{said:?}");
    assert_eq!(std::fs::read_to_string(&letters).unwrap(), left);
    assert_once(&gate.actors(), 0..20);
}
