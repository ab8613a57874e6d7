//! Entries: each read once, held against the signed root, and gone on with after any interruption.

use std::collections::HashSet;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::fake::{Answer, FakeLog, History, bundle};
use super::{Watcher, evidence, long};
use crate::harness::wait_for;

/// The bundles that were asked for.
fn bundles(log: &FakeLog) -> Vec<String> {
    let asked = log.asked().into_iter();
    let bundles = asked.filter_map(|path| {
        let path = path.strip_prefix("/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/")?;
        Some(path.to_owned())
    });
    bundles.collect()
}

#[test]
fn every_entry_is_read_once_while_the_log_grows() {
    let log = FakeLog::new(long(), 0);
    let watcher = Watcher::of(&log);
    let mut full = Vec::new();
    for size in [
        0, 1, 255, 256, 257, 600, 600, 65_535, 65_536, 65_537, 70_000,
    ] {
        log.grow(size);
        let told = watcher.well(&["--entries"]);
        assert_eq!(told["entries_verified"], size);
        assert_eq!(watcher.state()["entries_verified"], size);
        full.extend(
            bundles(&log)
                .into_iter()
                .filter(|path| !path.contains(".p/")),
        );
    }
    let once: HashSet<&String> = full.iter().collect();
    assert_eq!(full.len(), once.len(), "a full bundle was read again");
    assert!(once.len() >= 65_536 / 256 - 3);
    // Nothing new, nothing read.
    watcher.well(&["--entries"]);
    assert_eq!(bundles(&log), Vec::<String>::new());
}

#[test]
fn entries_that_heads_went_ahead_of_are_read_later() {
    let log = FakeLog::new(long(), 100);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    log.grow(1_000);
    assert_eq!(watcher.well(&[])["entries_verified"], 100);
    bundles(&log);
    assert_eq!(watcher.well(&["--entries"])["entries_verified"], 1_000);
    assert_eq!(bundles(&log).len(), 4);
    // An API key that may read says the same as the flag, and is sent.
    log.grow(1_001);
    let mut command = watcher.command(&["--json"]);
    let said = crate::client::say(command.env("EVIDENT_API_KEY", "evident_read_1_2"));
    assert!(said.success().contains("\"entries_verified\":1001"));
}

#[test]
fn an_entry_that_is_not_the_one_committed_to_is_found_and_numbered() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    log.grow(900);
    // The heads are in order, and are verified first.
    watcher.well(&[]);
    let entries = long().entries[512..768].to_vec();
    for at in [0, 100, 255] {
        for byte in [0, 1, 20, 56] {
            let mut wrong = entries.clone();
            wrong[at][byte] ^= 1;
            log.answer(
                "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/002",
                Answer::bytes(bundle(&wrong)),
            );
            let told = watcher.amiss(&["--entries"], 1, "entry");
            let number = format!("entry {} is not", 512 + at);
            assert!(
                told["detail"].as_str().unwrap().starts_with(&number),
                "{told}"
            );
            assert_eq!(evidence(&told), [long().note(900)]);
        }
    }
    let mut swapped = entries.clone();
    swapped.swap(7, 8);
    let mut shorter = entries.clone();
    shorter.pop();
    let longer = [&entries[..], &entries[..1]].concat();
    let mut shifted = entries.clone();
    shifted.rotate_left(1);
    let mut grown = entries.clone();
    grown[3].push(0);
    let whole = bundle(&entries);
    for wrong in [
        bundle(&swapped),
        bundle(&shorter),
        bundle(&longer),
        bundle(&shifted),
        bundle(&grown),
        whole[..whole.len() - 1].to_vec(),
        [&whole[..], &[0]].concat(),
        b"<html>".to_vec(),
        Vec::new(),
    ] {
        log.answer(
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/002",
            Answer::bytes(wrong),
        );
        watcher.amiss(&["--entries"], 1, "entry");
    }
    let told = watcher.amiss(&["--entries"], 1, "entry");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("has 0 entries instead of 256"), "{detail}");
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/002",
        Answer::Endless,
    );
    watcher.amiss(&["--entries"], 1, "entry");
    for (answer, part) in [
        (Answer::problem(403, "not those"), "not those"),
        (Answer::problem(404, "no"), "is not there"),
        (Answer::problem(500, "damaged"), "damaged"),
        (Answer::CutOff(whole.clone()), "broke off"),
    ] {
        log.answer(
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/002",
            answer,
        );
        let told = watcher.amiss(&["--entries"], 2, "unchecked");
        assert!(told["detail"].as_str().unwrap().contains(part), "{told}");
    }
    log.repent();
    assert_eq!(watcher.well(&["--entries"])["entries_verified"], 900);
}

#[test]
fn entries_that_go_with_wrong_hashes_are_no_better() {
    // A log that shows the same lie as an entry and as its leaf hash.
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    let mut lies = long().entries[..600].to_vec();
    lies[400][30] ^= 1;
    let lies = Arc::new(History::of_entries(lies));
    log.grow(600);
    log.twist(move |path, _| {
        let lie = super::fake::Served::of(&lies, 600);
        path.contains("/tile/").then(|| lie.honest(path))
    });
    watcher.amiss(&["--entries"], 1, "tile");
    // And one that lies only where entries are gone on from.
    log.repent();
    watcher.well(&[]);
    let tile = super::fake::Served::of(long(), 600);
    let mut wrong = tile
        .honest("/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/0/001")
        .body();
    wrong[0] ^= 1;
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/0/001",
        Answer::bytes(wrong),
    );
    watcher.amiss(&["--entries"], 1, "tile");
}

#[test]
fn a_monitor_that_is_killed_goes_on_where_it_had_saved() {
    let log = FakeLog::new(long(), 70_000);
    let watcher = Watcher::of(&log);
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/270",
        Answer::Nothing,
    );
    let mut child = watcher
        .command(&["--entries"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the second chunk", || {
        let asked = bundles(&log);
        asked.contains(&"270".to_owned()).then_some(())
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(watcher.state()["entries_verified"], 65_536);
    assert_eq!(watcher.state()["checked_at"], serde_json::Value::Null);
    log.repent();
    bundles(&log);
    assert_eq!(watcher.well(&["--entries"])["entries_verified"], 70_000);
    // What the killed one had asked for may be heard only now, so some may be there twice.
    let again: HashSet<String> = bundles(&log).into_iter().collect();
    assert_eq!(again.len(), 70_000_usize.div_ceil(256) - 256, "{again:?}");
}

#[test]
fn a_round_that_has_no_time_left_saves_how_far_it_read() {
    let log = FakeLog::new(long(), 5_000);
    let watcher = Watcher::of(&log);
    let flags = ["--entries", "--catch-up", "0s"];
    for (verified, is_behind) in [(2_048, true), (4_096, true), (5_000, false)] {
        let told = watcher.well(&flags);
        assert_eq!(
            (&told["entries_verified"], &told["behind"]),
            (&verified.into(), &is_behind.into())
        );
        assert_eq!(watcher.state()["entries_verified"], verified);
    }
    assert_eq!(watcher.well(&flags)["behind"], false);
}

#[test]
fn a_lie_in_a_later_chunk_leaves_what_was_verified_before() {
    let log = FakeLog::new(long(), 70_000);
    let watcher = Watcher::of(&log);
    let mut wrong = long().entries[256 * 260..256 * 261].to_vec();
    wrong[9][9] ^= 1;
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/entries/260",
        Answer::bytes(bundle(&wrong)),
    );
    let said = watcher.round(&["--entries"]);
    assert_eq!((said.code, &*said.output), (Some(1), ""), "{said:?}");
    assert!(
        said.errors.contains("entry 66569 is not"),
        "{}",
        said.errors
    );
    assert_eq!(watcher.state()["entries_verified"], 65_536);
    watcher.amiss(&["--entries"], 1, "entry");
}

#[test]
fn a_log_of_others_may_have_entries_of_any_length_and_compress_unasked() {
    let entries = (0..700_usize).map(|index| vec![7; index * 3]).collect();
    let history = Arc::new(History::of_entries(entries));
    let log = FakeLog::new(&history, 300);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    log.twist(|path, served| match served.honest(path) {
        Answer::Said(200, headers, body) => {
            let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
            compressed.write_all(&body).unwrap();
            let headers = format!("{headers}content-encoding: gzip\r\n");
            Some(Answer::Said(200, headers, compressed.finish().unwrap()))
        }
        _ => None,
    });
    log.grow(700);
    assert_eq!(watcher.well(&["--entries"])["entries_verified"], 700);
    // What is small when compressed is bounded too.
    log.twist(|path, _| {
        path.ends_with("checkpoint").then(|| {
            let mut compressed = GzEncoder::new(Vec::new(), Compression::fast());
            compressed.write_all(&vec![b'x'; 4 << 20]).unwrap();
            let headers = "content-type: text/plain\r\ncontent-encoding: gzip\r\n".to_owned();
            Answer::Said(200, headers, compressed.finish().unwrap())
        })
    });
    let told = watcher.amiss(&["--entries"], 1, "signature");
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("more than 1048576 bytes")
    );
}
