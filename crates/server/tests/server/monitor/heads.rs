//! Heads: growth, forks, rollbacks, signatures, and the hashes that show them.

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::SigningKey;

use super::fake::{Answer, FakeLog, ORIGIN, key};
use super::{Watcher, evidence, forked, long};
use crate::client::say;

const CHECKPOINT: &str = "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint";

#[test]
fn a_log_that_only_grows_is_well_at_every_step_across_full_tiles() {
    let log = FakeLog::new(long(), 0);
    let watcher = Watcher::of(&log);
    let sizes = [
        0, 0, 1, 2, 255, 256, 256, 257, 300, 511, 512, 513, 65_535, 65_536, 65_537, 65_791, 65_792,
        69_999, 70_000,
    ];
    let mut before = 0;
    for size in sizes {
        log.grow(size);
        let told = watcher.well(&[]);
        assert_eq!(told["size"], size);
        assert_eq!(told["grown_by"], size - before, "{size}");
        assert_eq!(told["root"], long().root(size).to_base64());
        assert_eq!(watcher.state()["head"], long().note(size));
        before = size;
    }
    // Without a key that reads, entries are left alone.
    assert!(!log.asked().iter().any(|path| path.contains("entries")));
    assert_eq!(watcher.files(), ["log.state", "log.state.lock"]);
}

#[test]
fn any_two_sizes_are_linked_with_hashes_that_the_newer_tree_has() {
    let log = FakeLog::new(long(), 0);
    for (old, new) in [
        (1, 70_000),
        (255, 65_536),
        (256, 65_537),
        (65_535, 65_792),
        (65_536, 70_000),
        (300, 301),
        (512, 768),
    ] {
        let watcher = Watcher::of(&log);
        log.grow(old);
        watcher.well(&[]);
        log.grow(new);
        // The fake serves no tile beyond its checkpoint, and no partial one that never was.
        watcher.well(&[]);
    }
}

#[test]
fn a_partial_tile_that_is_gone_is_read_from_the_full_one() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    log.grow(600);
    // The log keeps only full tiles, as it has grown on meanwhile: but the checkpoint is still shown.
    log.twist(|path, served| {
        if path.contains(".p/") {
            return Some(Answer::problem(404, "gone"));
        }
        let tile = path.strip_prefix("/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/")?;
        let tile = evident_ledger::tile::Tile::parse(tile)?;
        let later = super::fake::Served::of(&served.history, 65_536);
        tile.is_in(65_536).then(|| later.honest(path))
    });
    let told = watcher.well(&["--entries"]);
    assert_eq!(told["entries_verified"], 600);
    assert!(
        log.asked()
            .contains(&"/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/0/002".to_owned())
    );
}

#[test]
fn another_root_for_the_same_size_is_a_fork() {
    let log = FakeLog::new(long(), 700);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    log.show(forked(), 700);
    let told = watcher.amiss(&[], 1, "fork");
    assert_eq!(
        evidence(&told),
        [forked().note(700), long().note(700)],
        "the one that is shown, and the one that it contradicts"
    );
    let files = watcher.files();
    assert_eq!(files.len(), 4);
    assert!(files[1].starts_with("log.state.evidence-700-"), "{files:?}");
    // Until somebody looks into it, each round says so again; nothing is kept twice.
    watcher.amiss(&[], 1, "fork");
    assert_eq!(watcher.files(), files);
    log.show(long(), 701);
    watcher.well(&[]);
}

#[test]
fn a_larger_tree_with_another_beginning_is_a_fork_that_its_own_hashes_show() {
    for (old, new) in [
        (600, 1_000),
        (512, 513),
        (768, 769),
        (501, 1_000),
        (999, 1_000),
    ] {
        let log = FakeLog::new(long(), old);
        let watcher = Watcher::of(&log);
        watcher.well(&[]);
        log.show(forked(), new);
        let told = watcher.amiss(&[], 1, "fork");
        assert_eq!(
            evidence(&told),
            [forked().note(new), long().note(old)],
            "{old} {new}"
        );
    }
    // The fork begins behind the first 500.
    let log = FakeLog::new(long(), 500);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    log.show(forked(), 1_000);
    watcher.well(&[]);
}

#[test]
fn a_forked_root_over_honest_hashes_is_an_alarm_though_no_proven_fork() {
    let log = FakeLog::new(long(), 600);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    log.grow(1_000);
    log.answer(CHECKPOINT, Answer::text(forked().note(1_000)));
    let told = watcher.amiss(&[], 1, "tile");
    assert_eq!(evidence(&told), [forked().note(1_000), long().note(600)]);
}

#[test]
fn a_smaller_head_is_a_rollback() {
    let log = FakeLog::new(long(), 700);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    for size in [0, 1, 600, 699] {
        log.grow(size);
        let told = watcher.amiss(&[], 1, "rollback");
        assert_eq!(evidence(&told), [long().note(size), long().note(700)]);
    }
    let said = watcher.round(&[]);
    assert_eq!((said.code, &*said.output), (Some(1), ""));
    assert!(
        said.errors
            .starts_with("ROLLBACK audit.example.com/org_1: ")
    );
    assert!(
        said.errors.contains("log.state.evidence-699-"),
        "{}",
        said.errors
    );
    log.grow(700);
    watcher.well(&[]);
}

#[test]
fn evidence_is_bounded_and_what_is_kept_is_not_written_over() {
    let log = FakeLog::new(long(), 700);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    log.grow(1);
    let told = watcher.amiss(&[], 1, "rollback");
    let kept = told["evidence"][0].as_str().unwrap();
    std::fs::write(kept, "as it was found").unwrap();
    for size in 2..120 {
        log.grow(size);
        watcher.amiss(&[], 1, "rollback");
    }
    let is_evidence = |name: &&String| name.contains("evidence");
    assert_eq!(watcher.files().iter().filter(is_evidence).count(), 100);
    log.grow(1);
    watcher.amiss(&[], 1, "rollback");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "as it was found");
}

#[test]
fn what_is_not_the_logs_checkpoint_is_an_alarm_and_moves_nothing() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    let never = Watcher::of(&log);
    watcher.well(&[]);
    let good = long().note(400);
    let checkpoint = Checkpoint::new(ORIGIN, 400, long().root(400));
    let other_origin = "audit.example.com/org_2";
    let other = SigningKey::from_seed(other_origin, [1; 32]).unwrap();
    let elsewhere = Checkpoint::new(other_origin, 400, long().root(400));
    let with_tail = key(1)
        .sign(&format!("{}\n", checkpoint.to_text()))
        .unwrap_or_default();
    log.grow(400);
    for wrong in [
        checkpoint.sign(&key(2)).unwrap().into_bytes(),
        elsewhere.sign(&other).unwrap().into_bytes(),
        good.replace("\n400\n", "\n401\n").into_bytes(),
        good.trim_end().as_bytes().to_vec(),
        good.as_bytes()[..good.len() / 2].to_vec(),
        checkpoint.to_text().into_bytes(),
        key(1).sign("not a checkpoint\n").unwrap().into_bytes(),
        key(1)
            .sign(&checkpoint.to_text().replace("400", "0400"))
            .unwrap()
            .into_bytes(),
        with_tail.into_bytes(),
        b"<html>sign in</html>".to_vec(),
        b"\xff\xfe".to_vec(),
        Vec::new(),
    ] {
        log.answer(CHECKPOINT, Answer::text(wrong));
        watcher.amiss(&[], 1, "signature");
        never.amiss(&[], 1, "signature");
    }
    log.answer(CHECKPOINT, Answer::Endless);
    watcher.amiss(&[], 1, "signature");
    log.repent();
    watcher.well(&[]);
    assert_eq!(never.files(), ["log.state.lock"]);
}

#[test]
fn a_page_in_place_of_the_checkpoint_is_no_alarm() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    let page = "<html>back at noon</html>";
    for answer in [
        Answer::typed("text/html", page),
        Answer::typed("TEXT/HTML; charset=utf-8", page),
        Answer::typed("text/plainer", page),
        Answer::Said(200, String::new(), page.into()),
        // Nor is a checkpoint taken from what says that it is none.
        Answer::bytes(long().note(200)),
    ] {
        log.answer(CHECKPOINT, answer);
        watcher.amiss(&[], 2, "unchecked");
    }
    log.answer(CHECKPOINT, Answer::typed("Text/Plain", long().note(300)));
    watcher.well(&[]);
}

#[test]
fn every_byte_of_a_checkpoint_that_is_changed_is_an_alarm() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    let note = long().note(300).into_bytes();
    for at in 0..note.len() {
        let mut wrong = note.clone();
        wrong[at] ^= 1;
        log.answer(CHECKPOINT, Answer::text(wrong));
        watcher.amiss(&[], 1, "signature");
    }
}

#[test]
fn trouble_on_the_way_is_no_alarm_and_moves_nothing() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    log.grow(600);
    let good = long().note(600);
    let html = Answer::Said(
        502,
        "content-type: text/html\r\n".to_owned(),
        b"bad".to_vec(),
    );
    let elsewhere = Answer::Said(302, "location: http://x/\r\n".to_owned(), Vec::new());
    let encoded = Answer::Said(
        200,
        "content-type: text/plain\r\ncontent-encoding: br\r\n".to_owned(),
        good.clone().into(),
    );
    let garbled = Answer::Said(
        200,
        "content-type: text/plain\r\ncontent-encoding: gzip\r\n".to_owned(),
        good.clone().into(),
    );
    for (answer, part) in [
        (Answer::problem(500, "log_damaged"), "log_damaged"),
        (Answer::problem(401, "no key"), "no key"),
        (Answer::problem(403, "not you"), "not you"),
        (Answer::problem(404, "no log"), "has no checkpoint"),
        (Answer::problem(429, "too often"), "too often"),
        (Answer::CutOff(good.into_bytes()), "broke off"),
        (html, "502"),
        (elsewhere, "redirects"),
        (encoded, "encodes"),
        (garbled, "broke off"),
    ] {
        for path in [
            CHECKPOINT,
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/tile/0/002.p/88",
        ] {
            // A tile that is not there is asked for as a full one, and then missed.
            let part = match path == CHECKPOINT || part != "has no checkpoint" {
                true => part,
                false => "is not there",
            };
            log.answer(path, answer.clone());
            let told = watcher.amiss(&[], 2, "unchecked");
            let detail = told["detail"].as_str().unwrap();
            assert!(detail.contains(part), "{part}: {detail}");
        }
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = Watcher {
        url: format!(
            "http://{}/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6",
            free.local_addr().unwrap()
        ),
        scratch: tempfile::tempdir().unwrap(),
    };
    drop(free);
    nobody.amiss(&[], 2, "unchecked");
    assert_eq!(nobody.files(), ["log.state.lock"]);
    let error = say(&mut nobody.command(&[])).failure(2);
    assert!(error.contains("could not be checked"), "{error}");
    assert!(error.contains("correct the URL"), "{error}");
}

#[test]
fn every_hash_that_is_used_and_wrong_is_found() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    let first = watcher.state_text().unwrap();
    log.asked();
    log.grow(600);
    watcher.well(&[]);
    let tiles: Vec<String> = log.asked();
    let tiles: Vec<&String> = tiles
        .iter()
        .filter(|path| path.contains("/tile/"))
        .collect();
    assert_eq!(tiles.len(), 3, "the right edges of both trees: {tiles:?}");
    std::fs::write(watcher.state_path(), first).unwrap();
    for path in tiles {
        let bytes = super::fake::Served::of(long(), 600).honest(path).body();
        // Each hash is a part of what both roots, or the way between them, are made of; but for the one
        // over leaves 256 to 511, which are needed themselves.
        let used = match path.contains("/tile/1/") {
            true => 1,
            false => bytes.len() / 32,
        };
        for hash in (0..used).step_by(5).chain([used - 1]) {
            let mut wrong = bytes.clone();
            wrong[hash * 32 + hash % 32] ^= 0x10;
            log.answer(path, Answer::bytes(wrong));
            let told = watcher.amiss(&[], 1, "tile");
            assert_eq!(evidence(&told).len(), 2);
        }
        let mut swapped = bytes.clone();
        swapped[..64].rotate_left(32);
        let longer = [&bytes[..], &bytes[..32]].concat();
        let shorter = bytes[..bytes.len() - 32].to_vec();
        let cut = bytes[..bytes.len() - 1].to_vec();
        for wrong in [swapped, longer, shorter, cut, Vec::new()] {
            log.answer(path, Answer::bytes(wrong));
            watcher.amiss(&[], 1, "tile");
        }
        log.answer(path, Answer::Endless);
        watcher.amiss(&[], 1, "tile");
    }
    log.repent();
    watcher.well(&[]);
}

#[test]
fn a_first_head_whose_hashes_do_not_lead_to_its_root_is_not_believed() {
    let log = FakeLog::new(long(), 700);
    log.answer(CHECKPOINT, Answer::text(forked().note(700)));
    let watcher = Watcher::of(&log);
    watcher.amiss(&[], 1, "tile");
    assert_eq!(watcher.state_text(), None);
    // An empty log has no hashes, and grows from nothing: the same is asked of it then.
    log.answer(CHECKPOINT, Answer::text(long().note(0)));
    watcher.well(&[]);
    log.answer(CHECKPOINT, Answer::text(forked().note(700)));
    watcher.amiss(&[], 1, "tile");
}
