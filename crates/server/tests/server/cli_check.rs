//! `evident check`: what it says of a directory, and what scripts are told.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::harness::{Directory, batch, evident, run};

/// A directory with events, whose server has ended.
fn recorded() -> Directory {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..40)).expect(201);
    assert!(server.terminate().success());
    directory
}

/// Runs the command: exit code, standard output, standard error.
fn check(directory: &Path, flags: &[&str]) -> (i32, String, String) {
    let output = run(evident().arg("check").arg(directory).args(flags), "");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn report(directory: &Path, flags: &[&str]) -> (i32, Value) {
    let (code, output, error) = check(directory, &[flags, &["--json"]].concat());
    assert_eq!(error, "");
    assert!(output.ends_with("}\n"), "{output}");
    (code, serde_json::from_str(&output).unwrap())
}

/// Flips a bit of a file; gives its name within the directory.
fn flip(directory: &Directory, name: &str, at: usize) -> PathBuf {
    let organization = directory.founded["organization_id"].as_str().unwrap();
    let name = PathBuf::from(name.replace("ORG", organization));
    let path = directory.path().join(&name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    name
}

#[test]
fn a_healthy_directory_is_well_and_one_in_use_or_none_cannot_be_checked() {
    let directory = recorded();
    let (code, output, error) = check(directory.path(), &[]);
    assert_eq!((code, error.as_str()), (0, ""));
    assert!(output.contains("nothing is damaged"), "{output}");
    let (code, report) = report(directory.path(), &[]);
    assert_eq!((code, &report["is_clean"]), (0, &Value::Bool(true)));
    // What was recorded, and what the server records of itself.
    assert!(report["checked"]["leaves"].as_u64().unwrap() >= 40);
    assert_eq!(report["findings"], serde_json::json!([]));
    assert_eq!(report.get("rebuilt"), None);
    let server = directory.serve();
    let (code, output, error) = check(directory.path(), &[]);
    assert_eq!((code, output.as_str()), (2, ""));
    assert!(error.contains("stop the server first"), "{error}");
    drop(server);
    let (code, output, error) = check(&directory.path().join("nowhere"), &["--rebuild"]);
    assert_eq!((code, output.as_str()), (2, ""));
    assert!(error.contains("evident init"), "{error}");
}

#[test]
fn damaged_events_are_told_with_file_and_byte_and_are_not_rebuilt() {
    let directory = recorded();
    let name = flip(&directory, "wal/0000000000000000.wal", 200);
    for flags in [&[][..], &["--rebuild"]] {
        let (code, report) = report(directory.path(), flags);
        assert_eq!(code, 1);
        let found = report["findings"].as_array().unwrap();
        let found = found
            .iter()
            .find(|found| found["file"] == name.to_str().unwrap())
            .unwrap();
        assert_eq!(
            (&found["severity"], &found["remedy"]),
            (&"damage".into(), &"backup".into())
        );
    }
    let (code, output, _) = check(directory.path(), &[]);
    assert_eq!(code, 1);
    assert!(output.contains("restore it from a backup"), "{output}");
}

#[test]
fn hashes_that_went_bad_are_made_anew_and_the_server_starts() {
    let directory = recorded();
    let name = flip(&directory, "log/ORG/0", 70);
    let (code, before) = report(directory.path(), &[]);
    assert_eq!(code, 1);
    assert_eq!(before["findings"][0]["file"], name.to_str().unwrap());
    assert_eq!(before["findings"][0]["byte"], 64);
    assert_eq!(before["findings"][0]["remedy"], "rebuild");
    let (code, after) = report(directory.path(), &["--rebuild"]);
    assert_eq!((code, &after["is_clean"]), (0, &Value::Bool(true)));
    assert_eq!(after["rebuilt"]["made"].as_array().unwrap().len(), 1);
    assert_eq!(after["rebuilt"]["refused"], serde_json::json!([]));
    directory.serve().get("/v1/events").expect(200);
}
