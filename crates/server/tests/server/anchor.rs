//! An anchor outside of the data directory: an older copy of it is known, and signs nothing.

use std::fs;
use std::path::Path;

use crate::harness::{Directory, Server, event, wait_for};

/// Copies a directory with the directories in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let place = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &place),
            false => drop(fs::copy(entry.path(), place).unwrap()),
        }
    }
}

fn serve(directory: &Directory, anchor: &Path) -> Server {
    directory.serve_with(|command| {
        command.arg("--anchor").arg(anchor);
    })
}

#[test]
fn a_directory_that_was_put_back_signs_and_records_nothing_and_can_be_read() {
    let directory = Directory::init();
    let room = tempfile::tempdir().unwrap();
    let anchor = room.path().join("anchor");
    fs::create_dir(&anchor).unwrap();
    let older = room.path().join("older");
    let server = serve(&directory, &anchor);
    server
        .post("/v1/events?wait=checkpoint", &event("ada"))
        .expect(201);
    assert!(server.terminate().success());
    copy(directory.path(), &older);
    // It goes on, and is put back.
    let server = serve(&directory, &anchor);
    server
        .post("/v1/events?wait=checkpoint", &event("eve"))
        .expect(201);
    let note = fs::read(anchor.join(&directory.organization.id)).unwrap();
    assert_eq!(server.get(&server.log_path("checkpoint")).body, note);
    assert!(server.terminate().success());
    fs::remove_dir_all(directory.path()).unwrap();
    copy(&older, directory.path());
    let server = serve(&directory, &anchor);
    let refused = server.post("/v1/events", &event("mallory"));
    assert_eq!(refused.status, 503);
    assert_eq!(server.get("/readyz").expect(200)["store"], "damaged");
    let kept = server.get("/v1/events?range=all_time").expect(200);
    assert_eq!(kept["total"], 1);
    wait_for("the reason in the log", || {
        let log = server.log();
        let told = |line: &String| line.contains("is an older copy");
        log.iter().any(told).then_some(())
    });
    assert!(server.terminate().success());
    let head = fs::read(anchor.join(&directory.organization.id)).unwrap();
    assert_eq!(head, note, "the anchor still knows better");
}

#[test]
fn an_anchor_that_is_not_there_keeps_the_server_from_signing() {
    let directory = Directory::init();
    let server = serve(&directory, Path::new("/nowhere/anchor"));
    assert_eq!(server.post("/v1/events", &event("ada")).status, 503);
    wait_for("the reason in the log", || {
        let log = server.log();
        let told = |line: &String| line.contains("/nowhere/anchor") && line.contains("mount it");
        log.iter().any(told).then_some(())
    });
}
