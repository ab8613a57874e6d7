//! Events: each held against its entry, by the salt that its proof has.

use std::process::Command;
use std::sync::{Arc, OnceLock};

use super::fake::{Answer, FakeLog, History, Served};
use super::{Watcher, evidence, forked};
use crate::client::{bare, say};

/// As many events as two rounds look at.
fn few() -> &'static Arc<History> {
    static FEW: OnceLock<Arc<History>> = OnceLock::new();
    FEW.get_or_init(|| History::new("login", 0, 40))
}

/// A watcher that has seen ten events to be well, and five more that it has not looked at.
fn fifteen() -> (FakeLog, Watcher) {
    let log = FakeLog::new(few(), 10);
    let watcher = Watcher::of(&log);
    assert_eq!(round(&watcher, 0, "ok")["events_verified"], 10);
    log.grow(15);
    watcher.well(&[]);
    (log, watcher)
}

fn command(watcher: &Watcher) -> Command {
    let mut command = watcher.command(&["--events", "--json"]);
    command.env("EVIDENT_API_KEY", "evident_read_1_2");
    command
}

#[track_caller]
fn round(watcher: &Watcher, code: i32, status: &str) -> serde_json::Value {
    round_with(watcher, &[], code, status)
}

#[track_caller]
fn round_with(watcher: &Watcher, flags: &[&str], code: i32, status: &str) -> serde_json::Value {
    let said = say(command(watcher).args(flags));
    assert_eq!((said.code, &*said.errors), (Some(code), ""), "{said:?}");
    let told: serde_json::Value = serde_json::from_str(&said.output).unwrap();
    assert_eq!(told["status"], status, "{told}");
    told
}

/// A round that raises an alarm saying this, and does not move.
#[track_caller]
fn alarm(watcher: &Watcher, part: &str) -> serde_json::Value {
    let before = watcher.state_text();
    let told = round(watcher, 1, "entry");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains(part), "{part}: {detail}");
    assert_eq!(watcher.state_text(), before, "the state has moved");
    told
}

fn event_path(index: usize) -> String {
    format!("/v1/events/{}", few().id(index))
}

fn proof_path(index: usize) -> String {
    format!("{}/proof", event_path(index))
}

fn json(body: impl Into<Vec<u8>>) -> Answer {
    Answer::typed("application/json", body)
}

fn text(body: impl Into<Vec<u8>>) -> Answer {
    Answer::typed("text/plain; charset=utf-8", body)
}

#[test]
fn each_event_is_looked_at_once() {
    let (log, watcher) = fifteen();
    let events = |asked: Vec<String>| {
        let events = asked
            .into_iter()
            .filter(|path| path.starts_with("/v1/events/"));
        events.collect::<Vec<_>>()
    };
    assert_eq!(events(log.asked()).len(), 20, "an event and a proof each");
    let told = round(&watcher, 0, "ok");
    assert_eq!(
        (&told["events_verified"], &told["events_erased"]),
        (&15.into(), &0.into())
    );
    let mut asked = events(log.asked());
    asked.sort();
    let mut expected: Vec<String> = (10..15)
        .flat_map(|at| [event_path(at), proof_path(at)])
        .collect();
    expected.sort();
    assert_eq!(asked, expected);
    round(&watcher, 0, "ok");
    assert_eq!(events(log.asked()).len(), 0);
}

#[test]
fn events_that_were_not_looked_at_before_are_looked_at_once_that_is_wanted() {
    let log = FakeLog::new(few(), 30);
    let watcher = Watcher::of(&log);
    assert_eq!(watcher.well(&["--entries"])["events_verified"], 0);
    log.grow(40);
    let told = round(&watcher, 0, "ok");
    assert_eq!(
        (&told["entries_verified"], &told["events_verified"]),
        (&40.into(), &40.into())
    );
}

#[test]
fn an_event_that_was_altered_is_an_alarm_whatever_was_altered() {
    let (log, watcher) = fifteen();
    let good = Served::of(few(), 15).shown(12);
    for (from, to, part) in [
        ("\"login\"", "\"logon\"", "was altered"),
        ("\"action\"", "\"acting\"", "was altered"),
        ("{\"index\"", "{\"more\":1,\"index\"", "was altered"),
        ("000012Z", "000013Z", "not served as an event"),
        ("\"index\":12", "\"index\":13", "not served as an event"),
        ("\"index\":12,", "", "not served as an event"),
        (&few().id(12), &few().id(13), "not served as an event"),
        ("}", "", "not served as an event"),
        ("{", "[", "not served as an event"),
    ] {
        let wrong = good.replace(from, to);
        assert_ne!(wrong, good);
        log.answer(&event_path(12), json(wrong));
        let told = alarm(&watcher, part);
        let name = format!("event 12 ({})", few().id(12));
        assert!(
            told["detail"].as_str().unwrap().starts_with(&name),
            "{told}"
        );
    }
    // What is not part of the canonical bytes may differ.
    let spaced = good
        .replace(',', ",\n  ")
        .replace(':', ": ")
        .replace("00: 00: 00", "00:00:00");
    log.answer(&event_path(12), json(spaced));
    round(&watcher, 0, "ok");
}

#[test]
fn an_event_that_is_missing_is_an_alarm_unless_it_was_erased() {
    let (log, watcher) = fifteen();
    let gone = || Answer::problem(404, "there is no such event");
    log.answer(&event_path(11), gone());
    alarm(&watcher, "is missing, and it was not erased");
    log.answer(&event_path(11), Answer::problem(410, "erased"));
    alarm(&watcher, "is missing, and it was not erased");
    log.answer(&proof_path(11), gone());
    alarm(&watcher, "has no proof of it");
    // The salt is withheld while the event is still served.
    let erased = few().proof(11, 15, false).to_text();
    log.answer(&proof_path(11), text(erased.clone()));
    alarm(&watcher, "withheld");
    log.twist(move |path, _| match path {
        path if path == event_path(11) => Some(Answer::problem(404, "erased")),
        path if path == proof_path(11) => Some(text(erased.clone())),
        _ => None,
    });
    let told = alarm(&watcher, "give --erasures");
    assert_eq!(told["erased_ids"][0], few().id(11));
    assert!(told["detail"].as_str().unwrap().contains(&few().id(11)));
    let told = round_with(&watcher, &["--erasures"], 0, "ok");
    assert_eq!(
        (&told["events_verified"], &told["events_erased"]),
        (&15.into(), &1.into())
    );
    // The total stays, and what was counted is named once.
    log.grow(16);
    let file = watcher.path("monitor.prom");
    let told = round_with(&watcher, &["--metrics", file.to_str().unwrap()], 0, "ok");
    assert_eq!(
        (&told["events_erased"], &told["erased_ids"]),
        (&1.into(), &serde_json::json!([]))
    );
    let metrics = std::fs::read_to_string(file).unwrap();
    let line = "evident_monitor_events_erased{origin=\"audit.example.com/org_1\"} 1\n";
    assert!(metrics.contains(line), "{metrics}");
}

#[test]
fn an_event_of_which_only_the_entry_is_left_is_an_alarm_unless_that_is_expected() {
    let (log, watcher) = fifteen();
    log.twist(|path, _| {
        let is_gone = path == event_path(11) || path == proof_path(11);
        is_gone.then(|| Answer::problem(404, "there is no such event"))
    });
    alarm(&watcher, "give --erasures");
    let told = round_with(&watcher, &["--erasures"], 0, "ok");
    assert_eq!(
        (
            &told["events_verified"],
            &told["events_erased"],
            &told["erased_ids"][0]
        ),
        (&15.into(), &1.into(), &few().id(11).into())
    );
}

#[test]
fn an_event_that_is_erased_between_proof_and_event_is_erased() {
    let (log, watcher) = fifteen();
    let asked = std::sync::atomic::AtomicU32::new(0);
    log.twist(move |path, served| {
        if path == event_path(11) {
            return Some(Answer::problem(404, "erased"));
        }
        let is_proof = path == proof_path(11);
        let before = is_proof.then(|| asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed))?;
        let proof = served.history.proof(11, served.size, before == 0);
        Some(text(proof.to_text()))
    });
    let told = round_with(&watcher, &["--erasures"], 0, "ok");
    assert_eq!(told["events_erased"], 1);
}

#[test]
fn a_proof_that_does_not_hold_is_an_alarm() {
    let (log, watcher) = fifteen();
    let good = few().proof(12, 15, true);
    let mut other_index = good.clone();
    other_index.index = 13;
    let mut other_hash = good.clone();
    other_hash.hashes[1].0[0] ^= 1;
    let mut no_extra = good.clone();
    no_extra.extra = None;
    let mut other_salt = good.clone();
    other_salt.extra.as_mut().unwrap()[60] ^= 1;
    let mut other_entry = good.clone();
    other_entry.extra.as_mut().unwrap()[3] ^= 1;
    let mut unsigned = good.clone();
    unsigned.checkpoint = forked().note(15).replace("audit", "other");
    let other_leaf = few().proof(13, 15, true);
    for wrong in [
        other_index.to_text(),
        other_hash.to_text(),
        no_extra.to_text(),
        other_salt.to_text(),
        other_entry.to_text(),
        unsigned.to_text(),
        other_leaf.to_text(),
        good.to_text().replace("@v1", "@v2"),
        String::new(),
    ] {
        log.answer(&proof_path(12), text(wrong));
        let told = alarm(&watcher, "event 12 (");
        assert_eq!(told["events_verified"], 10);
    }
    log.repent();
    round(&watcher, 0, "ok");
}

#[test]
fn a_fork_that_is_shown_in_proofs_alone_is_found() {
    // The proof is of a log that has the same event, and others behind it.
    let other = History::new("logout", 12, 40);
    for size in [13, 15, 30] {
        let (log, watcher) = fifteen();
        let shown = Arc::clone(&other);
        log.twist(move |path, _| {
            if path.ends_with(".p/30") {
                return Some(Served::of(&shown, 30).honest(path));
            }
            let is_proof = path == proof_path(11);
            is_proof.then(|| text(shown.proof(11, size, true).to_text()))
        });
        let told = round(&watcher, 1, "fork");
        let mut notes = [other.note(size), few().note(15)];
        let mut kept = evidence(&told);
        notes.sort();
        kept.sort();
        assert_eq!(kept, notes, "{size}");
        assert_eq!(watcher.state()["events_verified"], 10);
    }
    // A larger head of the same log, as when it has grown meanwhile, is no fork; nor is an older one.
    for size in [13, 40] {
        let (log, watcher) = fifteen();
        log.twist(move |path, served| {
            if path == proof_path(12) {
                return Some(text(few().proof(12, size, true).to_text()));
            }
            let is_tile = path.contains("/tile/");
            is_tile.then(|| Served::of(&served.history, 40).honest(path))
        });
        round(&watcher, 0, "ok");
    }
}

#[test]
fn a_server_that_cannot_say_is_no_alarm() {
    let (log, watcher) = fifteen();
    let html = || {
        Answer::Said(
            404,
            "content-type: text/html\r\n".to_owned(),
            b"no".to_vec(),
        )
    };
    for answer in [
        Answer::problem(500, "x"),
        Answer::problem(503, "not covered yet"),
        Answer::problem(401, "x"),
        Answer::problem(403, "x"),
        html(),
        Answer::bytes("x"),
        Answer::CutOff(b"{".to_vec()),
    ] {
        for path in [event_path(14), proof_path(14)] {
            log.answer(&path, answer.clone());
            let before = watcher.state_text();
            round(&watcher, 2, "unchecked");
            assert_eq!(watcher.state_text(), before);
        }
    }
}

#[test]
fn a_head_that_a_proof_alone_showed_cannot_be_taken_back() {
    let other = History::new("logout", 15, 40);
    // Another event that does not come makes no difference.
    for (is_cut, then, status) in [
        (false, 20, "fork"),
        (true, 20, "fork"),
        (false, 15, "rollback"),
    ] {
        let (log, watcher) = fifteen();
        log.twist(move |path, _| match path {
            path if path == proof_path(12) => Some(text(few().proof(12, 20, true).to_text())),
            path if is_cut && path == event_path(14) => Some(Answer::problem(503, "later")),
            path if path.contains("/tile/") => Some(Served::of(few(), 20).honest(path)),
            _ => None,
        });
        match is_cut {
            false => round(&watcher, 0, "ok"),
            true => round(&watcher, 2, "unchecked"),
        };
        assert_eq!(watcher.state()["head"], few().note(20));
        log.repent();
        log.show(&other, then);
        let told = round(&watcher, 1, status);
        assert_eq!(evidence(&told), [other.note(then), few().note(20)]);
    }
}

#[test]
fn a_round_ends_though_it_is_behind_and_the_next_looks_at_the_head_first() {
    let log = FakeLog::new(few(), 20);
    let watcher = Watcher::of(&log);
    let hurried = ["--catch-up", "0s"];
    let told = round_with(&watcher, &hurried, 0, "ok");
    assert_eq!(
        (&told["events_verified"], &told["behind"]),
        (&8.into(), &true.into())
    );
    assert_eq!(told["checked_at"], serde_json::Value::Null);
    assert_eq!(watcher.state()["events_verified"], 8);
    // Silence is judged though there is much to read.
    let told = round_with(
        &watcher,
        &["--catch-up", "0s", "--silence", "0s"],
        3,
        "silence",
    );
    assert_eq!(told["events_verified"], 16);
    log.answer(&event_path(17), Answer::problem(503, "not covered yet"));
    let told = round_with(&watcher, &["--silence", "0s"], 3, "silence");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("not covered yet"), "{detail}");
    log.repent();
    let mut shrunk = watcher.command(&["--events", "--catch-up", "0s"]);
    shrunk.env("EVIDENT_API_KEY", "evident_read_1_2");
    log.grow(19);
    log.asked();
    assert!(say(&mut shrunk).failure(1).starts_with("ROLLBACK"));
    assert_eq!(log.asked().len(), 1, "the checkpoint alone");
    log.grow(40);
    let said = say(&mut shrunk).success();
    assert!(said.contains(" events 24 behind "), "{said}");
    round_with(&watcher, &hurried, 0, "ok");
    let told = round_with(&watcher, &hurried, 0, "ok");
    assert_eq!(
        (&told["events_verified"], &told["behind"]),
        (&40.into(), &false.into())
    );
    assert!(told["checked_at"].is_string(), "{told}");
}

#[test]
fn a_key_that_is_shown_no_event_raises_no_alarm() {
    let log = FakeLog::new(few(), 10);
    let watcher = Watcher::of(&log);
    let gone = || Some(Answer::problem(404, "there is no such event"));
    log.twist(move |path, _| path.starts_with("/v1/events/").then(gone).flatten());
    let told = round(&watcher, 2, "unchecked");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("limited to a project"), "{detail}");
    assert_eq!(watcher.state()["events_verified"], 0);
    // One that is shown others is told of one that is missing, be it the first.
    log.twist(move |path, _| path.starts_with(&event_path(0)).then(gone).flatten());
    alarm(&watcher, "is missing");
    // So is one that was shown others in an earlier round.
    log.repent();
    round(&watcher, 0, "ok");
    log.grow(12);
    log.twist(move |path, _| path.starts_with("/v1/events/").then(gone).flatten());
    watcher.well(&[]);
    alarm(&watcher, "is missing");
}

#[test]
fn a_key_of_another_organization_is_told_before_any_event_is_asked_for() {
    let log = FakeLog::new(few(), 10);
    let watcher = Watcher::of(&log);
    for (answer, part) in [
        (json(r#"{"origin":"audit.example.com/org_2"}"#), "org_2"),
        (json("{}"), "names no log"),
        (Answer::problem(403, "may not read"), "may not read"),
    ] {
        log.answer("/v1/log", answer);
        log.asked();
        let told = round(&watcher, 2, "unchecked");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.contains(part), "{detail}");
        let is_event = |path: &String| path.starts_with("/v1/events/");
        assert!(!log.asked().iter().any(is_event));
    }
    log.repent();
    round(&watcher, 0, "ok");
}

#[test]
fn the_key_of_the_environment_goes_to_logs_of_evident_alone() {
    let log = FakeLog::new(few(), 10);
    let elsewhere = Watcher {
        url: format!("http://{}/log/other", log.address),
        scratch: tempfile::tempdir().unwrap(),
    };
    log.twist(|path, served| {
        let path = path.replace("/log/other", "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6");
        Some(served.honest(&path))
    });
    let by_environment = |watcher: &Watcher, name: &str| {
        let mut command = watcher.command(&["--json"]);
        say(command.env(name, "evident_read_1_2")).success();
        log.was_keyed()
    };
    assert!(!by_environment(&elsewhere, "EVIDENT_API_KEY"));
    assert!(by_environment(&Watcher::of(&log), "EVIDENT_API_KEY"));
    // What was named for this address goes there.
    let file = elsewhere.path("key");
    std::fs::write(&file, "evident_read_1_2").unwrap();
    elsewhere.well(&["--api-key-file", file.to_str().unwrap()]);
    assert!(log.was_keyed());
}

#[test]
fn events_need_a_key_and_a_log_of_evident() {
    let log = FakeLog::new(few(), 10);
    let watcher = Watcher::of(&log);
    let error = say(&mut watcher.command(&["--events"])).failure(2);
    assert!(error.contains("--api-key-file"), "{error}");
    let mut elsewhere = bare(&["monitor", "http://127.0.0.1:1/other", "--events", "--state"]);
    elsewhere.arg(watcher.state_path());
    elsewhere.args(["--key", &super::fake::key(1).verifier_key()]);
    let error = say(elsewhere.env("EVIDENT_API_KEY", "evident_read_1_2")).failure(2);
    assert!(error.contains("/log/"), "{error}");
    // The entries of others' logs are no events'.
    let others = Arc::new(History::of_entries(vec![b"x".to_vec()]));
    log.show(&others, 1);
    let told = round(&watcher, 1, "entry");
    assert!(
        told["detail"]
            .as_str()
            .unwrap()
            .contains("entry 0 is no event's"),
        "{told}"
    );
}
