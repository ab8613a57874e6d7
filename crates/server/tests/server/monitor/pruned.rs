//! Logs whose first entries were removed: a monitor goes on behind them where the log says so, and is not
//! told so of what it has only just seen come.

use evident_ledger::tile::{Tile, TileKind};
use serde_json::Value;

use super::fake::{Answer, FakeLog};
use super::{Watcher, long};

const PREFIX: &str = "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/";
const ENTRIES: [&str; 1] = ["--entries"];

/// Answers as a log does that shows no entries below an index.
fn prune(log: &FakeLog, minimum_index: u64) {
    prune_saying(log, minimum_index, minimum_index);
}

/// The same, with another index in what it says.
fn prune_saying(log: &FakeLog, minimum_index: u64, said: u64) {
    log.twist(move |path, _| {
        let tile = Tile::parse(path.strip_prefix(PREFIX)?)?;
        let is_gone = tile.kind == TileKind::Entries && tile.range()?.end <= minimum_index;
        let body = format!(r#"{{"detail":"gone","code":"pruned","minimum_index":{said}}}"#);
        let headers = "content-type: application/problem+json\r\n".to_owned();
        is_gone.then(|| Answer::Said(404, headers, body.into_bytes()))
    });
}

fn counts(told: &Value) -> (u64, u64) {
    let number = |name: &str| told[name].as_u64().unwrap();
    (number("entries_verified"), number("entries_pruned"))
}

/// Nobody has looked for long.
fn long_ago(watcher: &Watcher) {
    watcher.set("marked_at", "2026-01-02T03:04:05.000000Z");
}

#[test]
fn a_monitor_that_is_new_begins_at_the_first_entry_that_is_there() {
    for (size, minimum) in [(1_000, 256), (70_000, 65_536), (70_000, 69_888), (512, 512)] {
        let log = FakeLog::new(long(), size);
        prune(&log, minimum);
        let watcher = Watcher::of(&log);
        assert_eq!(counts(&watcher.well(&ENTRIES)), (size, minimum));
        assert_eq!(counts(&watcher.well(&ENTRIES)), (size, minimum));
        let line = watcher.round(&ENTRIES).success().to_owned();
        assert!(line.contains(&format!("pruned {minimum} (+0)")), "{line}");
    }
}

#[test]
fn a_monitor_that_has_seen_the_entries_goes_on_as_before() {
    let log = FakeLog::new(long(), 1_000);
    let watcher = Watcher::of(&log);
    watcher.well(&ENTRIES);
    log.grow(2_000);
    prune(&log, 768);
    assert_eq!(counts(&watcher.well(&ENTRIES)), (2_000, 0));
    // Nor does what was read count as missed when it is removed later.
    prune(&log, 1_792);
    log.grow(2_100);
    assert_eq!(counts(&watcher.well(&ENTRIES)), (2_100, 0));
}

#[test]
fn entries_that_were_removed_while_nobody_looked_are_counted() {
    let log = FakeLog::new(long(), 1_000);
    let watcher = Watcher::of(&log);
    watcher.well(&ENTRIES);
    long_ago(&watcher);
    log.grow(3_000);
    prune(&log, 2_048);
    let told = watcher.well(&ENTRIES);
    assert_eq!(counts(&told), (3_000, 2_048 - 1_000));
    assert_eq!(watcher.state()["entries_pruned"], 1_048);
}

#[test]
fn entries_that_came_within_the_last_day_may_not_be_gone() {
    let log = FakeLog::new(long(), 1_000);
    let watcher = Watcher::of(&log);
    watcher.well(&ENTRIES);
    log.grow(3_000);
    prune(&log, 1_024);
    // The head is verified and remembered, and yet each round says so again.
    for _ in 0..3 {
        let said = watcher.round(&["--entries", "--json"]);
        assert_eq!(said.code, Some(1), "{said:?}");
        let told: Value = serde_json::from_str(&said.output).unwrap();
        assert_eq!(
            (&told["status"], &told["size"]),
            (&"entry".into(), &3_000.into())
        );
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains("those from 1000 on"), "{detail}");
        assert_eq!(watcher.state()["entries_verified"], 1_000);
    }
    // A day later they may be gone.
    long_ago(&watcher);
    assert_eq!(counts(&watcher.well(&ENTRIES)), (3_000, 24));
    // A mark in the future is none.
    log.grow(4_000);
    watcher.set("marked_at", "2999-01-02T03:04:05.000000Z");
    prune(&log, 3_328);
    assert_eq!(counts(&watcher.well(&ENTRIES)), (4_000, 24 + 328));
}

#[test]
fn a_bundle_that_is_missing_without_a_reason_that_holds_is_not_taken_for_removed() {
    let log = FakeLog::new(long(), 1_000);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    // It is not below what is said, or no bundle ends there.
    for said in [0, 255, 257, 300] {
        prune_saying(&log, 256, said);
        let told = watcher.amiss(&ENTRIES, 2, "unchecked");
        assert!(
            told["detail"].as_str().unwrap().contains("is not there"),
            "{told}"
        );
    }
    for answer in [
        Answer::problem(404, "no"),
        Answer::Said(
            404,
            "content-type: text/html\r\n".to_owned(),
            b"no".to_vec(),
        ),
        Answer::Said(404, String::new(), Vec::new()),
    ] {
        log.answer(&format!("{PREFIX}entries/000"), answer);
        let told = watcher.amiss(&ENTRIES, 2, "unchecked");
        assert!(
            told["detail"].as_str().unwrap().contains("is not there"),
            "{told}"
        );
    }
    // Hashes may not go at all.
    log.twist(|path, _| {
        let tile = Tile::parse(path.strip_prefix(PREFIX)?)?;
        let body = br#"{"detail":"gone","code":"pruned","minimum_index":256}"#.to_vec();
        let headers = "content-type: application/problem+json\r\n".to_owned();
        (tile.kind == TileKind::Hashes(1)).then_some(Answer::Said(404, headers, body))
    });
    let told = Watcher::of(&log).round(&["--entries", "--json"]);
    assert_eq!(told.code, Some(2), "{told:?}");
}

#[test]
fn what_is_left_behind_removed_entries_has_to_be_what_was_signed() {
    let log = FakeLog::new(long(), 1_000);
    let mut wrong = long().entries[256..512].to_vec();
    wrong[7][7] ^= 1;
    let wrong = super::fake::bundle(&wrong);
    log.twist(move |path, _| {
        let body = br#"{"detail":"gone","code":"pruned","minimum_index":256}"#.to_vec();
        let headers = "content-type: application/problem+json\r\n".to_owned();
        match path.strip_prefix(PREFIX)? {
            "entries/000" => Some(Answer::Said(404, headers, body)),
            "entries/001" => Some(Answer::bytes(wrong.clone())),
            _ => None,
        }
    });
    let watcher = Watcher::of(&log);
    let said = watcher.round(&["--entries", "--json"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.output.contains("entry 263 is not"), "{said:?}");
}
