//! Retention as a client sees it, on a server whose clock is days ahead for retention alone: what was recorded before
//! is old by it.

use serde_json::{Value, json};

use super::{Directory, Server, wait_for};

pub const RETENTION: &str = "/v1/retention";
pub const RUN: &str = "/v1/retention/run";
/// How many days ahead its clock is.
pub const SHIFT: &str = "TEST_EVIDENT_RETENTION_DAYS";
pub const DONE_ON: &str = "SELECT CAST(coalesce(retention_done_on, 0) AS TEXT) FROM instance";

pub fn serve_later(directory: &Directory, days: u32) -> Server {
    directory.serve_with(|command| {
        command.env(SHIFT, days.to_string());
    })
}

/// The same, once the day's run is over: what is set from then on counts when somebody asks for a run.
pub fn serve_after_the_days_run(directory: &Directory, days: u32) -> Server {
    after_the_days_run(directory, || serve_later(directory, days))
}

/// Serves, and waits until the day's run is over.
pub fn after_the_days_run(directory: &Directory, serve: impl FnOnce() -> Server) -> Server {
    let before = directory.rows(DONE_ON);
    let server = serve();
    wait_for("the day's run", || {
        (directory.rows(DONE_ON) != before).then_some(())
    });
    server
}

pub fn days(days: u32) -> Value {
    json!({"keep": "days", "days": days})
}

/// Sets the rule of the organization.
pub fn set(server: &Server, rule: &Value) {
    server.change("PUT", RETENTION, rule).expect(200);
}

pub fn last_run(server: &Server) -> Value {
    server.get(RETENTION).expect(200)["last_run"].clone()
}

/// Has it run, and what it says once it has.
pub fn run(server: &Server) -> Value {
    let reply = server.change("POST", RUN, &json!({}));
    assert_eq!(reply.header("location"), RETENTION);
    let begun = reply.expect(202);
    assert_eq!(
        (&begun["status"], &begun["cause"]),
        (&json!("running"), &json!("requested"))
    );
    wait_for("the end of the run", || {
        let run = last_run(server);
        assert_eq!(run["started_at"], begun["started_at"]);
        (run["status"] != "running").then_some(run)
    })
}

/// How many events a query finds.
pub fn total(server: &Server, query: &str) -> u64 {
    let path = format!("/v1/events?reads=include&{query}");
    server.get(&path).expect(200)["total"].as_u64().unwrap()
}

/// What tells of what it removed, the oldest first.
pub fn deletions(server: &Server) -> Vec<Value> {
    let path = "/v1/events?action=retention.deleted&order=asc";
    let found = server.get(path).expect(200)["data"].clone();
    found.as_array().unwrap().clone()
}
