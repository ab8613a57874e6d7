//! What comes in between while retention runs or before it does: rules that change, a kill, and a clock that is wrong.

use serde_json::{Value, json};

use crate::harness::retention::{
    RETENTION, RUN, SHIFT, after_the_days_run, days, deletions, set, total,
};
use crate::harness::{Directory, Hold, Server, batch, event, wait_for};

const DOUBTS: &str = "TEST_EVIDENT_RETENTION_DOUBTS";
const HOLD: &str = "TEST_EVIDENT_RETENTION_HOLD";
const LOOKED_AT: &str =
    "SELECT CAST(coalesce(retention_clock_doubted_at, 0) AS TEXT) FROM instance";

fn settings(server: &Server) -> Value {
    server.get(RETENTION).expect(200)
}

fn succeeded(server: &Server) -> Value {
    wait_for("the run to succeed", || {
        let run = settings(server)["last_run"].clone();
        (run["status"] == "succeeded").then_some(run)
    })
}

fn wait_until_held(server: &Server) {
    wait_for("the run to be held", || {
        let log = server.log();
        let is_held = |line: &String| line.contains("retention is held");
        log.iter().any(is_held).then_some(())
    });
}

/// Serves 40 days later, once the run of that day is over, which finds no rules; runs are held.
fn held(directory: &Directory, hold: &Hold) -> Server {
    after_the_days_run(directory, || {
        directory.serve_with(|command| {
            command.env(SHIFT, "40").env(HOLD, hold.file());
        })
    })
}

#[test]
fn a_rule_that_is_made_longer_while_retention_runs_keeps_what_it_says() {
    let directory = Directory::init();
    let hold = Hold::new();
    let server = held(&directory, &hold);
    server.post("/v1/events", &batch(0..5)).expect(201);
    set(&server, &days(30));
    server.change("POST", RUN, &json!({})).expect(202);
    wait_until_held(&server);
    set(&server, &json!({"keep": "forever"}));
    let before = total(&server, "");
    hold.release();
    let run = succeeded(&server);
    assert_eq!(
        (&run["cause"], &run["events"]),
        (&json!("requested"), &json!(0))
    );
    assert_eq!(total(&server, ""), before);
    assert_eq!(deletions(&server), [] as [Value; 0]);
}

#[test]
fn a_run_goes_on_by_the_rules_as_they_are_and_says_so() {
    let directory = Directory::init();
    directory.add_project(&directory.organization.id, "kept");
    let hold = Hold::new();
    let server = held(&directory, &hold);
    server.post("/v1/events", &batch(0..5)).expect(201);
    for actor in 0..3 {
        let mut event = event(actor);
        event["project_id"] = json!("kept");
        server.post("/v1/events", &event).expect(201);
    }
    set(&server, &days(30));
    server.change("POST", RUN, &json!({})).expect(202);
    wait_until_held(&server);
    let path = format!("{RETENTION}/projects/kept");
    let forever = json!({"keep": "forever"});
    server.change("PUT", &path, &forever).expect(200);
    let before = total(&server, "");
    hold.release();
    let run = succeeded(&server);
    // What set the rule of the project is an event of the project.
    assert_eq!(total(&server, "project_id=kept"), 4);
    assert_eq!(run["events"], before - 4);
    let deletions = deletions(&server);
    assert_eq!(deletions.len(), 1);
    let told = &deletions[0]["metadata"];
    assert_eq!(told["count"], before - 4);
    assert_eq!(told["policy"]["projects"]["kept"]["days"], Value::Null);
    assert_eq!(told["policy"]["days"], 30);
}

#[test]
fn a_run_that_a_kill_interrupted_is_taken_up_after_the_start() {
    let directory = Directory::init();
    let hold = Hold::new();
    let server = held(&directory, &hold);
    server.post("/v1/events", &batch(0..5)).expect(201);
    set(&server, &days(30));
    let before = total(&server, "");
    server.change("POST", RUN, &json!({})).expect(202);
    wait_until_held(&server);
    server.kill();
    hold.release();
    // The same day.
    let server = directory.serve_with(|command| {
        command.env(SHIFT, "40");
    });
    let run = succeeded(&server);
    assert_eq!(
        (&run["cause"], &run["events"]),
        (&json!("daily"), &json!(before))
    );
}

/// Serves so many days later with a clock that is doubted like any other.
fn doubted(directory: &Directory, days: u32) -> Server {
    directory.serve_with(|command| {
        command.env(SHIFT, days.to_string()).env(DOUBTS, "1");
    })
}

/// A directory with events of today, of which all are over 40 days later.
fn with_old_events() -> (Directory, u64) {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..5)).expect(201);
    set(&server, &days(30));
    assert_eq!(settings(&server)["waits_until"], Value::Null);
    let recorded = total(&server, "");
    server.terminate();
    (directory, recorded)
}

/// Waits until the clock has been looked at again since the start, and retention did not run.
fn looked_again(directory: &Directory) {
    let seen = || directory.rows(LOOKED_AT);
    let first = wait_for("the doubt", || Some(seen()).filter(|at| at[0] != "0"));
    wait_for("another look", || (seen() != first).then_some(()));
}

#[test]
fn a_clock_that_leapt_ahead_removes_nothing_until_it_has_gone_on_for_a_day() {
    let (directory, recorded) = with_old_events();
    let server = doubted(&directory, 40);
    looked_again(&directory);
    let told = settings(&server);
    assert!(told["waits_until"].is_string(), "{told}");
    assert_eq!(told["next_run_at"], told["waits_until"]);
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("evident_retention_waits 1"));
    assert_eq!(
        (total(&server, ""), &told["removed"]),
        (recorded, &Value::Null)
    );
    server.terminate();

    // A start with the same clock changes nothing, whatever was recorded by it.
    let server = doubted(&directory, 40);
    looked_again(&directory);
    assert_eq!(settings(&server)["waits_until"], told["waits_until"]);
    assert_eq!(total(&server, ""), recorded);
    server.terminate();

    // Set right, it is believed, and has nothing to remove.
    let server = directory.serve();
    wait_for("the clock to be believed", || {
        (settings(&server)["waits_until"] == Value::Null).then_some(())
    });
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("evident_retention_waits 0"));
    server.terminate();

    // Ahead again, and still so a day later: it was right.
    let server = doubted(&directory, 40);
    looked_again(&directory);
    assert_eq!(total(&server, ""), recorded);
    server.terminate();
    let server = doubted(&directory, 41);
    let run = succeeded(&server);
    assert_eq!(
        (&run["cause"], &run["events"]),
        (&json!("daily"), &json!(recorded))
    );
    assert_eq!(settings(&server)["waits_until"], Value::Null);
}

#[test]
fn who_asks_for_a_run_says_that_the_clock_is_right() {
    let (directory, recorded) = with_old_events();
    let server = doubted(&directory, 40);
    looked_again(&directory);
    server.change("POST", RUN, &json!({})).expect(202);
    let run = succeeded(&server);
    assert_eq!(
        (&run["cause"], &run["events"]),
        (&json!("requested"), &json!(recorded))
    );
}
