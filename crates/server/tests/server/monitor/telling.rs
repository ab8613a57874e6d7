//! Arguments, the state file, silence, and how rounds are told.

use serde_json::Value;

use super::fake::{Answer, FakeLog, key};
use super::{Watcher, forked, long};
use crate::client::{bare, say};

#[test]
fn a_key_is_needed_and_where_to_get_one_is_said() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    let state = watcher.state_path();
    let run = |flags: &[&str]| {
        let mut command = bare(&["monitor", &watcher.url, "--state"]);
        say(command.arg(&state).args(flags))
    };
    let error = run(&[]).failure(2);
    for part in [
        "--key is needed",
        "evident init",
        "GET /v1/log",
        "another way",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let good = key(1).verifier_key();
    let bad_id = good.replacen('+', "+0", 1);
    for bad in [
        "",
        "key",
        &good[..good.len() - 4],
        &bad_id,
        &key(1).to_text(),
    ] {
        let error = run(&["--key", bad]).failure(2);
        assert!(error.contains("--key is "), "{error}");
    }
    let error = run(&["--key", "@/nowhere/at/all"]).failure(2);
    assert!(error.contains("correct --key"), "{error}");
    assert!(log.asked().is_empty(), "nothing was asked without a key");
    let file = watcher.path("acme.vkey");
    std::fs::write(&file, format!("{good}\n")).unwrap();
    let said = run(&["--key", &format!("@{}", file.display())]).success();
    assert!(
        said.starts_with("ok audit.example.com/org_1 size 300 (+300) root "),
        "{said}"
    );
    for wrong in [
        &["--interval", "1s"][..],
        &["--follow", "--interval", "0s"],
        &["--silence", "10"],
    ] {
        let flags = [&["--key", &*good], wrong].concat();
        assert_eq!(run(&flags).code, Some(2), "{wrong:?}");
    }
    for url in [
        "localhost:8700",
        "ftp://x/log/org_1",
        "http://a:b@x/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6",
    ] {
        let mut command = bare(&["monitor", url, "--key", &good, "--state"]);
        let error = say(command.arg(&state)).failure(2);
        assert!(error.contains("is not a server's address"), "{error}");
    }
}

#[test]
fn a_round_is_told_in_a_line() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&[]);
    log.grow(420);
    let said = watcher.round(&["--entries"]).success();
    let root = long().root(420).to_base64();
    let line =
        format!("ok audit.example.com/org_1 size 420 (+120) root {root} entries 420 events 0 ");
    assert!(said.starts_with(&line), "{said}");
    assert!(said.ends_with("s\n") && said.lines().count() == 1, "{said}");
    // The address may end in a slash.
    let slashed = Watcher {
        url: format!("{}/", log.url()),
        scratch: tempfile::tempdir().unwrap(),
    };
    slashed.well(&["--entries"]);
}

#[test]
fn a_round_is_told_as_an_object() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    let told = watcher.well(&["--entries"]);
    let object = told.as_object().unwrap();
    let mut names: Vec<&str> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = [
        "behind",
        "checked_at",
        "detail",
        "entries_pruned",
        "entries_verified",
        "erased_ids",
        "events_erased",
        "events_verified",
        "evidence",
        "first_seen_at",
        "grown_at",
        "grown_by",
        "origin",
        "root",
        "size",
        "status",
        "took_ms",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        (&told["detail"], &told["evidence"]),
        (&Value::Null, &Value::Array(Vec::new()))
    );
    assert_eq!(told["first_seen_at"], told["grown_at"]);
    let again = watcher.well(&["--entries"]);
    assert_eq!(again["first_seen_at"], told["first_seen_at"]);
    assert_eq!(again["grown_at"], told["grown_at"]);
    assert!(again["checked_at"].as_str() > told["checked_at"].as_str());
}

#[test]
fn metrics_are_written_whatever_comes_of_the_round() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    let file = watcher.path("monitor.prom");
    let flags = ["--entries", "--metrics", file.to_str().unwrap()];
    let value = |name: &str, label: &str| {
        let text = std::fs::read_to_string(&file).unwrap();
        let start = format!("evident_monitor_{name}{{origin=\"audit.example.com/org_1\"{label}}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&start));
        line.map(str::to_owned)
    };
    let is = |name: &str, expected: &str| {
        assert_eq!(value(name, "").as_deref(), Some(expected), "{name}");
    };
    let alarms = || {
        ["fork", "rollback", "silence", "entry", "tile", "signature"]
            .into_iter()
            .filter(|kind| {
                let raised = value("alarm", &format!(",kind=\"{kind}\"")).unwrap();
                assert!(raised == "0" || raised == "1", "{raised}");
                raised == "1"
            })
            .collect::<Vec<_>>()
    };
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
        Answer::problem(503, "starting"),
    );
    watcher.amiss(&flags, 2, "unchecked");
    is("up", "0");
    assert_eq!(value("size", ""), None);
    log.repent();
    watcher.well(&flags);
    is("up", "1");
    is("size", "300");
    is("entries_verified", "300");
    assert_eq!(alarms(), Vec::<&str>::new());
    let grown: f64 = value("last_growth_timestamp_seconds", "")
        .unwrap()
        .parse()
        .unwrap();
    let success: f64 = value("last_success_timestamp_seconds", "")
        .unwrap()
        .parse()
        .unwrap();
    assert!(grown > 1.7e9 && success >= grown, "{grown} {success}");
    for (path, answer, kind) in [
        (
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
            Answer::text("x"),
            "signature",
        ),
        (
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
            Answer::text(long().note(200)),
            "rollback",
        ),
        (
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
            Answer::text(long().note(400)),
            "tile",
        ),
    ] {
        log.answer(path, answer);
        log.grow(if kind == "tile" { 1_000 } else { 300 });
        if kind == "tile" {
            log.twist(|path, served| match path {
                "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint" => {
                    Some(Answer::text(served.history.note(400)))
                }
                path => path.contains("/tile/0/").then(|| Answer::bytes("x")),
            });
        }
        watcher.amiss(&flags, 1, kind);
        assert_eq!(alarms(), [kind]);
        is("up", "1");
        is("size", "300");
    }
    log.repent();
    log.show(forked(), 300);
    watcher.well(&flags);
    log.show(forked(), 600);
    watcher.well(&flags);
    log.show(long(), 600);
    watcher.amiss(&flags, 1, "fork");
    assert_eq!(alarms(), ["fork"]);
    // What cannot be written must not go unnoticed.
    log.show(forked(), 600);
    let nowhere = watcher.state_path().join("x.prom");
    let said = watcher.round(&["--metrics", nowhere.to_str().unwrap()]);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn a_log_that_does_not_grow_for_too_long_is_silent() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&["--silence", "1h"]);
    watcher.set("grown_at", "2001-01-01T00:00:00Z");
    let said = watcher.round(&["--silence", "1h"]);
    assert_eq!((said.code, &*said.output), (Some(3), ""), "{said:?}");
    assert!(
        said.errors.starts_with("SILENCE audit.example.com/org_1: "),
        "{}",
        said.errors
    );
    assert!(
        said.errors.contains("size 300 since 2001-01-01"),
        "{}",
        said.errors
    );
    watcher.well(&[]);
    // To be unreachable for as long is no better, and for less no silence.
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
        Answer::problem(503, "away"),
    );
    let told = watcher.amiss(&["--silence", "1h"], 3, "silence");
    assert!(told["detail"].as_str().unwrap().contains("away"), "{told}");
    watcher.amiss(&["--silence", "1000000h"], 2, "unchecked");
    // A log that misbehaves is not silent.
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
        Answer::text(long().note(1)),
    );
    watcher.amiss(&["--silence", "1h"], 1, "rollback");
    log.repent();
    log.grow(301);
    watcher.well(&["--silence", "1h"]);
    assert!(watcher.state()["grown_at"].as_str() > Some("2026"));
}

#[test]
fn a_clock_that_was_ahead_does_not_put_off_the_alarm_for_ever() {
    for is_away in [false, true] {
        let log = FakeLog::new(long(), 300);
        let watcher = Watcher::of(&log);
        watcher.well(&[]);
        watcher.set("grown_at", "2999-01-01T00:00:00Z");
        if is_away {
            log.answer(
                "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
                Answer::problem(503, "away"),
            );
        }
        let said = watcher.round(&["--silence", "1h"]);
        assert_eq!(said.code, Some(if is_away { 2 } else { 0 }), "{said:?}");
        // Counted from now on, and remembered.
        assert!(watcher.state()["grown_at"].as_str() < Some("2999"));
        let said = watcher.round(&["--silence", "0s"]);
        assert_eq!(said.code, Some(3), "{said:?}");
    }
}

#[test]
fn a_state_that_is_no_state_or_another_logs_is_refused_and_left_alone() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    let good = watcher.state();
    let with = |name: &str, value: Value| {
        let mut state = good.clone();
        state[name] = value;
        state.to_string()
    };
    let other_note =
        evident_ledger::checkpoint::Checkpoint::new(super::fake::ORIGIN, 300, long().root(300))
            .sign(&key(2))
            .unwrap();
    log.asked();
    for (bad, part) in [
        (String::new(), "holds no monitor's state"),
        ("{}".to_owned(), "holds no monitor's state"),
        (
            good.to_string()[..100].to_owned(),
            "holds no monitor's state",
        ),
        (with("version", 2.into()), "version is 2"),
        (with("more", 1.into()), "more"),
        (with("head", "x".into()), "does not hold"),
        (with("head", other_note.into()), "does not hold"),
        (with("grown_at", "soon".into()), "not a time"),
        (with("entries_verified", 301.into()), "beyond its head"),
        (with("events_verified", 301.into()), "beyond its head"),
        (with("origin", "x".into()), "give each log its own --state"),
        (
            with("key", key(2).verifier_key().into()),
            "give each log its own --state",
        ),
    ] {
        std::fs::write(watcher.state_path(), &bad).unwrap();
        let error = say(&mut watcher.command(&[])).failure(2);
        assert!(error.contains(part), "{part}: {error}");
        assert_eq!(watcher.state_text(), Some(bad));
    }
    std::fs::remove_file(watcher.state_path()).unwrap();
    std::fs::create_dir(watcher.state_path()).unwrap();
    let error = say(&mut watcher.command(&[])).failure(2);
    assert!(error.contains("correct --state"), "{error}");
    assert!(log.asked().is_empty(), "nothing is asked without a state");
    let mut command = bare(&["monitor", &watcher.url, "--key", &key(1).verifier_key()]);
    let error = say(command.args(["--state", "/"])).failure(2);
    assert!(error.contains("names no file"), "{error}");
}
