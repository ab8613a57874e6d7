//! `evident export`, on a real server, and on one that breaks off.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::Value;

use crate::harness::{Directory, Server, evident, run};

use super::{SEVERAL_PIECES, fill, hex_of, steps};

fn export_at(url: &str, server: &Server, folder: &Path, words: &[&str]) -> Output {
    let mut command: Command = evident();
    command
        .arg("export")
        .args(words)
        .current_dir(folder)
        .env("EVIDENT_URL", url)
        .env("EVIDENT_API_KEY", &server.organization.read);
    run(&mut command, "")
}

fn export(server: &Server, folder: &Path, words: &[&str]) -> Output {
    export_at(&server.url(""), server, folder, words)
}

#[track_caller]
fn printed(output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&printed(output)).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_made_downloaded_and_verified() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, SEVERAL_PIECES);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let words = [
        "--format",
        "ndjson",
        "--action",
        "guardrail.*",
        "--name",
        "My file",
        "--output",
        "all.ndjson",
    ];
    let told = printed(&export(&server, folder, &words));
    assert_eq!(told, "all.ndjson\n");
    assert_eq!(names(folder), ["all.ndjson"]);
    let text = std::fs::read_to_string(folder.join("all.ndjson")).unwrap();
    assert_eq!(text.lines().count(), SEVERAL_PIECES as usize);
    // Under the server's name, and not over what is there.
    let words = ["--format", "ndjson", "--filter", "user:is:usr_1", "--json"];
    let made = json(&export(&server, folder, &words));
    let path = made["path"].as_str().unwrap();
    assert_eq!(made["file_name"], path);
    assert_eq!(made["rows"], 1);
    let bytes = std::fs::read(folder.join(path)).unwrap();
    assert_eq!(made["sha256"], hex_of(&bytes));
    let again = export(&server, folder, &["download", made["id"].as_str().unwrap()]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"));
}

#[test]
fn an_export_is_asked_for_listed_shown_downloaded_and_taken_away() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 3);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let id = printed(&export(
        &server,
        folder,
        &["--format", "ndjson", "--no-wait"],
    ));
    let id = id.trim();
    assert!(id.starts_with("exp_"), "{id}");
    let told = printed(&export(
        &server,
        folder,
        &["download", id, "--output", "x.ndjson"],
    ));
    assert_eq!(told, "x.ndjson\n");
    let list = printed(&export(&server, folder, &["list"]));
    assert!(list.starts_with("ID") && list.contains(id), "{list}");
    let list = json(&export(&server, folder, &["list", "--json"]));
    assert_eq!(list["data"][0]["id"], id);
    let shown = printed(&export(&server, folder, &["status", id]));
    assert!(
        shown.contains("complete") && shown.contains("SHA-256"),
        "{shown}"
    );
    assert_eq!(
        json(&export(&server, folder, &["status", id, "--json"]))["status"],
        "complete"
    );
    printed(&export(&server, folder, &["cancel", id]));
    let gone = export(&server, folder, &["status", id]);
    assert_eq!(gone.status.code(), Some(1));
    for wrong in [
        &["status", "../x"][..],
        &["--output", "x", "--no-wait"],
        &["--format", "csv", "list"],
        &["--format", "pdf"],
    ] {
        assert_eq!(
            export(&server, folder, wrong).status.code(),
            Some(2),
            "{wrong:?}"
        );
    }
    let refused = export(&server, folder, &["--filter", "actoin:is:x", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    let errors = String::from_utf8(refused.stderr).unwrap();
    assert!(
        errors.contains("did you mean") || errors.contains("actoin"),
        "{errors}"
    );
}

/// Stands between a client and a server, and ends each answer to a download after so many bytes.
fn breaking_off(server: &Server, after: usize, corrupt: bool) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (address, count) = (server.address, Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = String::new();
            let mut reader = BufReader::new(client.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap_or(0) == 0 {
                    break;
                }
                let lower = line.to_ascii_lowercase();
                if let Some(value) = lower.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if lower.starts_with("connection:") {
                    continue;
                }
                if line == "\r\n" {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let mut upstream = TcpStream::connect(address).unwrap();
            upstream
                .write_all(format!("{head}connection: close\r\n\r\n").as_bytes())
                .unwrap();
            upstream.write_all(&body).unwrap();
            let mut answer = Vec::new();
            upstream.read_to_end(&mut answer).unwrap();
            if head.contains("/download") {
                counted.fetch_add(1, Ordering::Relaxed);
                let at = answer
                    .windows(4)
                    .position(|four| four == b"\r\n\r\n")
                    .unwrap()
                    + 4;
                answer.truncate(at + after);
                if corrupt && let Some(byte) = answer.get_mut(at) {
                    *byte ^= 1;
                }
            }
            drop(client.write_all(&answer));
        }
    });
    (url, count)
}

#[test]
fn a_download_that_breaks_off_goes_on_where_it_was() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 500);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let words = [
        "--format",
        "ndjson",
        "--action",
        "guardrail.*",
        "--output",
        "whole",
        "--json",
    ];
    let made = json(&export(&server, folder, &words));
    let size = usize::try_from(made["size"].as_u64().unwrap()).unwrap();
    let (url, count) = breaking_off(&server, size / 3 + 1, false);
    let id = made["id"].as_str().unwrap();
    let words = ["download", id, "--output", "parts"];
    printed(&export_at(&url, &server, folder, &words));
    assert_eq!(count.load(Ordering::Relaxed), 3);
    let bytes = |name: &str| std::fs::read(folder.join(name)).unwrap();
    assert!(bytes("parts") == bytes("whole"));
    assert_eq!(names(folder), ["parts", "whole"]);
    // What another run has left is gone on with.
    let part = format!("later.{id}.part");
    std::fs::write(folder.join(&part), &bytes("whole")[..size - 10]).unwrap();
    let (url, count) = breaking_off(&server, 10, false);
    printed(&export_at(
        &url,
        &server,
        folder,
        &["download", id, "--output", "later"],
    ));
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert!(bytes("later") == bytes("whole"));
    // Bytes that are not those of the file never get its name.
    let (url, _) = breaking_off(&server, size, true);
    let output = export_at(
        &url,
        &server,
        folder,
        &["download", id, "--output", "wrong"],
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another SHA-256"));
    assert!(!folder.join("wrong").exists());
    assert_eq!(names(folder), ["later", "parts", "whole"]);
    // Each of them by itself: parts that follow belong to the download before.
    let taken = steps(&server)
        .into_iter()
        .filter(|(step, _)| step == "downloaded");
    assert_eq!(taken.count(), 1 + 1 + 1);
}
