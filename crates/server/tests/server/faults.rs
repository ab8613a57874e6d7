//! Failing system calls under the real binary, by `strace`: what it says to its clients, and what
//! is there after a restart. (The store's own tests fail every operation in turn; these show that
//! the whole server keeps to the same rules.)

use std::process::Command;

use serde_json::json;

use crate::harness::{Directory, Server, batch, wait_for};

const WAL: &str = "wal/0000000000000000.wal";

/// A server on whose first WAL file `calls` fail as `how` says.
fn serve_with_fault(directory: &Directory, calls: &str, how: &str) -> Server {
    // The file must be there, so that strace can be told its path.
    let server = directory.serve();
    server.post("/v1/events", &batch(["first"])).expect(201);
    assert!(server.terminate().success());
    let wal = directory.path().join(WAL);
    assert!(wal.exists());
    let serve = directory.serve_command();
    let mut traced = Command::new("strace");
    traced
        .args([
            // The tracer stands apart, so that the child is the server itself.
            "--daemonize",
            "--follow-forks",
            "--quiet=all",
            "--output=/dev/null",
            "--trace-path",
        ])
        .arg(&wal)
        .arg(format!("--trace={calls}"))
        .arg(format!("--inject={calls}:{how}"))
        .arg(serve.get_program())
        .args(serve.get_args());
    for (name, value) in serve.get_envs() {
        match value {
            Some(value) => traced.env(name, value),
            None => traced.env_remove(name),
        };
    }
    let server = Server::start(traced, directory.organization.clone());
    server.wait_until_ready();
    server
}

fn total(server: &Server) -> u64 {
    server.get("/v1/events?range=all_time&limit=1").expect(200)["total"]
        .as_u64()
        .unwrap()
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged_and_reads_go_on() {
    let directory = Directory::init();
    // Calls are counted by thread: these are the sequencer's.
    let server = serve_with_fault(&directory, "fdatasync", "error=EIO:when=2");
    server.post("/v1/events", &batch(["second"])).expect(201);
    let refused = server.post("/v1/events", &batch(["third"]));
    refused.problem(503, "not_accepting");
    // The next sync would succeed. It is not tried.
    let refused = server.post("/v1/events", &batch(["fourth"]));
    refused.problem(503, "not_accepting");
    assert_eq!(total(&server), 2);
    let health = server.request("GET", "/healthz", None, &[], b"");
    assert_eq!(health.status, 503, "a restart recovers, so it is asked for");
    assert!(server.terminate().success());
    let server = directory.serve();
    assert!(total(&server) >= 2);
    server.post("/v1/events", &batch(["fifth"])).expect(201);
}

#[test]
fn a_full_disk_is_507_and_ingest_resumes_when_there_is_room() {
    let directory = Directory::init();
    let server = serve_with_fault(&directory, "pwrite64", "error=ENOSPC:when=2..3");
    server.post("/v1/events", &batch(["second"])).expect(201);
    for _ in 0..2 {
        let refused = server.post("/v1/events", &batch(["third"]));
        refused.problem(507, "no_space");
        assert_eq!(total(&server), 2);
    }
    let receipts = server.post("/v1/events", &batch(["third"])).expect(201);
    assert_eq!(receipts["receipts"][0]["index"], json!(2));
    assert!(server.terminate().success());
    let server = directory.serve();
    assert_eq!(total(&server), 3);
}

#[test]
fn kill_9_before_a_write_or_a_sync_loses_nothing_that_was_acknowledged() {
    for (calls, when) in [
        // The first of its thread is recovery writing the last write again.
        ("pwrite64", 2),
        ("pwrite64", 4),
        ("fdatasync", 2),
        ("fdatasync", 5),
        ("fallocate", 1),
    ] {
        let directory = Directory::init();
        let how = format!("signal=SIGKILL:when={when}");
        let mut server = serve_with_fault(&directory, calls, &how);
        let client = server.client();
        let mut acknowledged = 1;
        while let Ok(reply) = client.post("/v1/events", &batch([acknowledged])) {
            reply.expect(201);
            acknowledged += 1;
            assert!(acknowledged < 20, "{calls} {when}: it was never killed");
        }
        wait_for("the server's end", || (!server.is_running()).then_some(()));
        let server = directory.serve();
        let total = total(&server);
        // One append was under way; it may be there or not.
        assert!(
            (acknowledged..=acknowledged + 1).contains(&total),
            "{calls} {when}: {acknowledged} acknowledged, {total} there"
        );
    }
}
