//! A segment's rows can be read without Evident, by the tools that every system has.

use std::process::{Command, Stdio};

use super::*;

#[test]
fn stock_tools_read_the_events_of_a_segment() {
    let directory = memory_directory();
    let store = open(directory.path(), tiny(options()));
    append_settled(&store, ORGANIZATION, timed(0..9));
    drop(store);
    // One that compaction made, and one that was sealed.
    let names = named(directory.path());
    assert_eq!(names.len(), 2, "{names:?}");
    let mut found = Vec::new();
    for name in names {
        let rows = directory
            .path()
            .join("segments")
            .join(name)
            .join("rows.ndjson.zst");
        let missing = "install zstd and jq: scripts/setup test does";
        let mut zstd = Command::new("zstd")
            .args(["-d", "-c", "-q"])
            .arg(rows)
            .stdout(Stdio::piped())
            .spawn()
            .expect(missing);
        let jq = Command::new("jq")
            .args(["-r", ".id"])
            .stdin(zstd.stdout.take().unwrap())
            .output()
            .expect(missing);
        assert!(
            zstd.wait().unwrap().success(),
            "zstd could not read the rows"
        );
        assert!(jq.status.success(), "jq could not read the events");
        let ids = String::from_utf8(jq.stdout).unwrap();
        found.extend(ids.lines().map(str::to_owned));
    }
    let recorded: Vec<String> = timed(0..9)
        .iter()
        .map(|event| event.id.to_string())
        .collect();
    assert_eq!(found, recorded);
}
