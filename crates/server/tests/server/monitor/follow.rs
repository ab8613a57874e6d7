//! Rounds that go on: what ends them, what does not, and what is left when they are killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::fake::{Answer, FakeLog};
use super::{Watcher, forked, long};
use crate::client::say;
use crate::harness::{PATIENCE, wait_for};

/// A monitor that follows a log.
struct Following {
    child: Child,
    rounds: Receiver<Value>,
}

impl Following {
    fn start(watcher: &Watcher, flags: &[&str]) -> Self {
        let mut command = watcher.command(&["--follow", "--interval", "100ms", "--json"]);
        let mut child = command.args(flags).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, rounds) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Self { child, rounds }
    }

    /// The next round that this holds of.
    fn round(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, || {
            let round = self.rounds.recv_timeout(PATIENCE).ok()?;
            is_it(&round).then_some(round)
        })
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    fn end(&mut self) -> Option<i32> {
        wait_for("the end", || self.child.try_wait().unwrap()).code()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn rounds_go_on_through_trouble_until_a_signal() {
    for (signal, is_in_trouble, code) in [
        (Signal::TERM, false, 0),
        (Signal::INT, false, 0),
        (Signal::TERM, true, 2),
    ] {
        let log = FakeLog::new(long(), 300);
        let watcher = Watcher::of(&log);
        let mut following = Following::start(&watcher, &["--entries"]);
        following.round("the first", |round| round["status"] == "ok");
        log.answer(
            "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
            Answer::problem(503, "starting"),
        );
        following.round("trouble", |round| round["status"] == "unchecked");
        log.repent();
        log.grow(600);
        let grown = following.round("growth", |round| round["size"] == 600);
        assert_eq!(
            (&grown["grown_by"], &grown["entries_verified"]),
            (&300.into(), &600.into())
        );
        following.round("a round without growth", |round| round["grown_by"] == 0);
        if is_in_trouble {
            log.answer(
                "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
                Answer::problem(503, "again"),
            );
            following.round("trouble", |round| round["status"] == "unchecked");
        }
        following.signal(signal);
        assert_eq!(following.end(), Some(code));
        assert_eq!(watcher.state()["entries_verified"], 600);
    }
}

#[test]
fn a_log_that_misbehaves_ends_the_rounds_at_once() {
    let log = FakeLog::new(long(), 600);
    let watcher = Watcher::of(&log);
    let mut following = Following::start(&watcher, &[]);
    following.round("the first", |round| round["status"] == "ok");
    log.show(forked(), 700);
    following.round("the alarm", |round| round["status"] == "fork");
    assert_eq!(following.end(), Some(1));
    assert_eq!(watcher.state()["head"], long().note(600));
}

#[test]
fn a_signal_is_heard_within_a_round_that_does_not_end() {
    let log = FakeLog::new(long(), 300);
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
        Answer::Nothing,
    );
    let watcher = Watcher::of(&log);
    let mut following = Following::start(&watcher, &[]);
    wait_for("the question", || (!log.asked().is_empty()).then_some(()));
    following.signal(Signal::TERM);
    assert_eq!(following.end(), Some(2), "nothing has been checked");
}

#[test]
fn a_state_is_one_monitors_at_a_time() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    let mut following = Following::start(&watcher, &[]);
    following.round("the first", |round| round["status"] == "ok");
    let error = say(&mut watcher.command(&[])).failure(2);
    assert!(error.contains("in use by another monitor"), "{error}");
    // A lock does not outlive whoever held it.
    following.child.kill().unwrap();
    following.end();
    watcher.well(&[]);
}

#[test]
fn a_monitor_that_is_killed_at_any_moment_leaves_a_whole_state() {
    let log = FakeLog::new(long(), 1);
    let watcher = Watcher::of(&log);
    watcher.well(&["--entries"]);
    let mut size = 1;
    for round in 0..30_u64 {
        let mut following = Following::start(&watcher, &["--entries"]);
        // Ever more requests are let through before the kill.
        log.asked();
        let mut asked = 0;
        wait_for("some requests", || {
            size += 40;
            log.grow(size);
            asked += log.asked().len() as u64;
            (asked >= round % 10).then_some(())
        });
        following.signal(Signal::KILL);
        following.end();
        let state = watcher.state();
        assert!(state["entries_verified"].as_u64().unwrap() <= size);
    }
    let told = watcher.well(&["--entries"]);
    assert_eq!(told["entries_verified"], size);
}

#[test]
fn silence_is_said_and_the_rounds_go_on() {
    let log = FakeLog::new(long(), 300);
    let watcher = Watcher::of(&log);
    let mut following = Following::start(&watcher, &["--silence", "1s"]);
    following.round("silence", |round| round["status"] == "silence");
    log.grow(301);
    following.round("growth", |round| round["status"] == "ok");
    log.answer(
        "/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/checkpoint",
        Answer::problem(503, "away"),
    );
    following.round("trouble", |round| round["status"] == "unchecked");
    let silent = following.round("silence", |round| round["status"] == "silence");
    assert!(
        silent["detail"].as_str().unwrap().contains("away"),
        "{silent}"
    );
    following.signal(Signal::TERM);
    assert_eq!(following.end(), Some(3));
}
