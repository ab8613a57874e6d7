//! Exports in the background: made whole or not at all, for those who may, and no longer than they may.

mod cli;
mod faults;
mod formats;
mod permissions;
mod removal;
mod store;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Directory, Hold, Reply, Server, event, wait_for};

/// Events of a piece of the walk, and more.
const SEVERAL_PIECES: u32 = 2_500;
/// What the events of these tests are, which those that record exports are not.
const RECORDED: &str = "guardrail.updated";

/// Records so many events.
fn fill(server: &Server, count: u32) {
    for part in 0..count.div_ceil(500) {
        let numbers = part * 500..count.min((part + 1) * 500);
        let events: Vec<Value> = numbers.map(|n| event(format!("usr_{n}"))).collect();
        let sent = json!({ "events": events });
        server.post("/v1/events", &sent).expect(201);
    }
}

fn document(format: &str) -> Value {
    json!({"name": "All of it", "format": format, "action": RECORDED})
}

/// Asks for an export with a key, and gives its path.
#[track_caller]
fn asked_with(server: &Server, key: &str, document: &Value) -> String {
    let body = document.to_string();
    let reply = server.request("POST", "/v1/exports", Some(key), &[], body.as_bytes());
    let location = reply.header("location").to_owned();
    let made = reply.expect(201);
    assert_eq!(
        location,
        format!("/v1/exports/{}", made["id"].as_str().unwrap())
    );
    location
}

#[track_caller]
fn asked(server: &Server, document: &Value) -> String {
    asked_with(server, &server.organization.read, document)
}

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

fn status(server: &Server, path: &str) -> String {
    server.get(path).expect(200)["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Waits until an export has this status.
#[track_caller]
fn until(server: &Server, path: &str, wanted: &str) -> Value {
    wait_for(wanted, || {
        let export = server.get(path).expect(200);
        (export["status"] == wanted).then_some(export)
    })
}

fn download(server: &Server, path: &str, headers: &[(&str, &str)]) -> Reply {
    let key = server.organization.read.clone();
    server.request("GET", &format!("{path}/download"), Some(&key), headers, b"")
}

fn hex_of(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What `GET /v1/events` gives, a line an event, page by page.
fn listed(server: &Server, query: &str) -> Vec<Value> {
    let mut events = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server.get(&format!("/v1/events?limit=500&{query}{cursor}"));
        let page = page.expect(200);
        events.extend(page["data"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return events,
        }
    }
}

fn lines(reply: &Reply) -> Vec<Value> {
    let text = reply.text().lines();
    text.map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Evident's own records of exports, the oldest first: the action, the step and the export.
fn steps(server: &Server) -> Vec<(String, String)> {
    let found = listed(server, "order=asc&action=audit_log.export*");
    let text = |event: &Value, name: &str| {
        let value = event["metadata"][name].as_str();
        value.unwrap_or_default().to_owned()
    };
    let steps = found
        .iter()
        .map(|event| (text(event, "step"), text(event, "export_id")));
    steps.collect()
}

/// Serves, and exports are held between two pieces.
fn serve_held(directory: &Directory, hold: &Hold) -> Server {
    directory.serve_with(|command| holding(command, hold))
}

fn holding(command: &mut Command, hold: &Hold) {
    command.env("TEST_EVIDENT_EXPORT_HOLD", hold.file());
}

fn scratch(directory: &Directory) -> Vec<PathBuf> {
    let work = std::fs::read_dir(directory.path().join("exports/work"));
    work.unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// All files that are kept, by their names.
fn kept(directory: &Directory) -> Vec<String> {
    fn gather(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => gather(&path, found),
                false => found.push(path.file_name().unwrap().to_string_lossy().into_owned()),
            }
        }
    }
    let mut found = Vec::new();
    gather(&directory.path().join("exports/files"), &mut found);
    found
}

#[test]
fn an_export_holds_what_its_query_showed_when_it_was_asked_for() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, SEVERAL_PIECES);
    let expected = listed(&server, &format!("action={RECORDED}"));
    let log = server.get("/v1/events?limit=1").expect(200);
    let path = asked(&server, &document("ndjson"));
    // What comes later is not in it, though it matches.
    fill(&server, 3);
    let export = until(&server, &path, "complete");
    assert_eq!(export["as_of"], log["as_of"]);
    assert_eq!(export["rows"], SEVERAL_PIECES);
    let progress = &export["progress"];
    assert_eq!(
        (&progress["rows_done"], &progress["percent"]),
        (&json!(SEVERAL_PIECES), &json!(100))
    );
    assert_eq!(export["query"], json!({"action": [RECORDED]}));
    assert_eq!(export["created_by"]["type"], "api_key");
    assert_eq!(export["error"], Value::Null);
    let name = export["file_name"].as_str().unwrap();
    assert!(
        name.starts_with("All_of_it_2") && name.ends_with(".ndjson"),
        "{name}"
    );

    let file = download(&server, &path, &[]);
    assert_eq!(file.status, 200);
    assert_eq!(lines(&file), expected);
    assert_eq!(export["size"], file.body.len());
    let sha256 = export["sha256"].as_str().unwrap();
    assert_eq!(sha256, hex_of(&file.body));
    assert_eq!(file.header("etag"), format!("\"{sha256}\""));
    assert_eq!(file.header("accept-ranges"), "bytes");
    assert_eq!(file.header("content-type"), "application/x-ndjson");
    let disposition = format!("attachment; filename=\"{name}\"");
    assert_eq!(file.header("content-disposition"), disposition);
    assert!(scratch(&directory).is_empty());
    let id = id_of(&path).to_owned();
    let expected = ["queued", "downloaded"].map(|step| (step.to_owned(), id.clone()));
    assert_eq!(steps(&server), expected);
    let events = listed(&server, "order=asc&action=audit_log.exported");
    let taken = &events[1]["metadata"];
    assert_eq!(taken["sha256"], sha256);
    assert_eq!(taken["query"], format!("action={RECORDED}"));
    assert_eq!(
        (&taken["format"], &taken["name"]),
        (&json!("ndjson"), &json!("All of it"))
    );
}

#[test]
fn a_range_of_time_is_the_one_that_it_was_when_it_was_asked_for() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut old = event("old");
    old["occurred_at"] = json!("2026-01-10T12:00:00Z");
    server
        .post("/v1/events", &json!({"events": [old, event("new")]}))
        .expect(201);
    let mut wanted = document("ndjson");
    wanted["from"] = json!("2026-01-10");
    wanted["to"] = json!("2026-01-11");
    wanted["tz"] = json!("Asia/Kolkata");
    let path = asked(&server, &wanted);
    let export = until(&server, &path, "complete");
    let range = json!({"from": "2026-01-09T18:30:00.000000Z", "to": "2026-01-10T18:30:00.000000Z"});
    assert_eq!(export["range"], range);
    let file = lines(&download(&server, &path, &[]));
    assert_eq!(file.len(), 1);
    assert_eq!(file[0]["actor"]["id"], "old");
    wanted = document("ndjson");
    wanted["range"] = json!("last_24_hours");
    let export = server.get(&asked(&server, &wanted)).expect(200);
    assert!(
        export["range"]["from"].is_string() && export["range"]["to"].is_string(),
        "{export}"
    );
    wanted["range"] = json!("all_time");
    assert_eq!(
        server.get(&asked(&server, &wanted)).expect(200)["range"],
        Value::Null
    );
}

#[test]
fn parts_of_a_file_are_given_and_only_of_the_file_that_is_known() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 100);
    let path = asked(&server, &document("ndjson"));
    let export = until(&server, &path, "complete");
    let whole = download(&server, &path, &[]).body;
    let size = whole.len();
    let etag = format!("\"{}\"", export["sha256"].as_str().unwrap());
    let part = |range: &str, expected: &[u8], content_range: String| {
        let reply = download(&server, &path, &[("range", range), ("if-range", &etag)]);
        assert_eq!(reply.status, 206, "{range}");
        assert_eq!(reply.body, expected, "{range}");
        assert_eq!(reply.header("content-range"), content_range);
        assert_eq!(reply.header("content-length"), expected.len().to_string());
    };
    part("bytes=0-9", &whole[..10], format!("bytes 0-9/{size}"));
    let rest = format!("bytes {}-{}/{size}", size - 7, size - 1);
    part(
        &format!("bytes={}-", size - 7),
        &whole[size - 7..],
        rest.clone(),
    );
    part("bytes=-7", &whole[size - 7..], rest);
    let beyond = download(&server, &path, &[("range", &format!("bytes={size}-"))]);
    assert_eq!(beyond.header("content-range"), format!("bytes */{size}"));
    beyond.problem(416, "range_not_satisfiable");
    // Of another file all is sent; so it is for what is no range.
    for headers in [
        [("range", "bytes=5-"), ("if-range", "\"0000\"")],
        [("range", "bytes=5-1"), ("if-range", etag.as_str())],
        [("range", "bytes=0-1,5-6"), ("if-range", etag.as_str())],
    ] {
        let reply = download(&server, &path, &headers);
        assert_eq!((reply.status, &reply.body), (200, &whole), "{headers:?}");
    }
    let head = server.request(
        "HEAD",
        &format!("{path}/download"),
        Some(&server.organization.read),
        &[],
        b"",
    );
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), size.to_string());
    assert_eq!(head.header("etag"), etag);
    // One download with three parts of it, and three of all of it; a look at the head is none.
    let taken = steps(&server)
        .into_iter()
        .filter(|(step, _)| step == "downloaded");
    assert_eq!(taken.count(), 1 + 3);
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let directory = Directory::init();
    let server = directory.serve();
    let refused = |change: &Value| {
        let mut wanted = document("csv");
        for (name, value) in change.as_object().unwrap() {
            wanted[name] = value.clone();
        }
        let key = server.organization.read.clone();
        let body = wanted.to_string();
        server.request("POST", "/v1/exports", Some(&key), &[], body.as_bytes())
    };
    refused(&json!({"format": "evidence"})).problem(400, "evidence_not_available");
    for (change, pointer) in [
        (json!({"format": "pdf"}), "/format"),
        (json!({"format": null}), "/format"),
        (json!({"name": ""}), "/name"),
        (json!({"name": "x".repeat(101)}), "/name"),
        (json!({"name": "a\u{0}b"}), "/name"),
        (json!({"columns": []}), "/columns"),
        (json!({"columns": ["actoin"]}), "/columns/0"),
        (json!({"columns": ["action", "action"]}), "/columns/1"),
        (json!({"filter": "actoin:is:x"}), "/filter"),
        (json!({"range": "last_week"}), "/range"),
        (json!({"range": "today", "from": "2026-01-01"}), "/range"),
        (json!({"limit": "5"}), "/limit"),
        (json!({"cursor": "x"}), "/cursor"),
        (json!({"around": "x"}), "/around"),
        (json!({"acton": "x"}), "/acton"),
        (json!({"action": 5}), "/action"),
    ] {
        let problem = refused(&change).problem(422, "invalid_document");
        let found = problem["errors"][0]["pointer"].as_str().unwrap();
        assert_eq!(found, pointer, "{change}: {problem}");
    }
    assert!(
        server.get("/v1/exports").expect(200)["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}

#[test]
fn so_many_run_at_once_as_is_configured_and_organizations_take_turns() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let hold = Hold::new();
    let server = serve_held(&directory, &hold);
    fill(&server, 1);
    let event = json!({"events": [event("x")]}).to_string();
    let recorded = server.request(
        "POST",
        "/v1/events",
        Some(&other.ingest),
        &[],
        event.as_bytes(),
    );
    recorded.expect(201);
    let first = asked(&server, &document("ndjson"));
    until(&server, &first, "running");
    let second = asked(&server, &document("ndjson"));
    let third = asked(&server, &document("ndjson"));
    let theirs = asked_with(&server, &other.read, &document("ndjson"));
    // Whatever waits, one runs.
    wait_for("the metrics", || {
        let key = server.organization.read.clone();
        let metrics = server.request("GET", "/metrics", Some(&key), &[], b"");
        let text = metrics.text();
        let says = |line: &str| text.lines().any(|found| found == line);
        (says("evident_export_jobs_running 1") && says("evident_export_jobs_queued 3"))
            .then_some(())
    });
    for path in [&second, &third] {
        assert_eq!(status(&server, path), "queued");
        download(&server, path, &[]).problem(409, "export_not_complete");
    }
    download(&server, &first, &[]).problem(409, "export_not_complete");
    hold.release();
    let ended = [&first, &second, &third].map(|path| until(&server, path, "complete"));
    let theirs = wait_for("their export", || {
        let export = server
            .request("GET", &theirs, Some(&other.read), &[], b"")
            .expect(200);
        (export["status"] == "complete").then_some(export)
    });
    let begun = |export: &Value| export["started_at"].as_str().unwrap().to_owned();
    // They came last, and were not last.
    assert!(begun(&theirs) < begun(&ended[1]), "{theirs} {ended:?}");
    assert!(begun(&ended[1]) < begun(&ended[2]));
    for pair in ended.windows(2) {
        assert!(pair[0]["finished_at"].as_str().unwrap() <= begun(&pair[1]).as_str());
    }
}

#[test]
fn what_is_cancelled_ends_soon_and_leaves_nothing() {
    let directory = Directory::init();
    let hold = Hold::new();
    let server = serve_held(&directory, &hold);
    fill(&server, SEVERAL_PIECES);
    let running = asked(&server, &document("ndjson"));
    until(&server, &running, "running");
    let queued = asked(&server, &document("ndjson"));
    wait_for("a piece", || {
        let export = server.get(&running).expect(200);
        (export["progress"]["rows_done"].as_u64() > Some(0)).then_some(())
    });
    let export = server.get(&running).expect(200);
    assert_eq!(export["progress"]["rows_total"], SEVERAL_PIECES);
    assert!(export["progress"]["percent"].as_u64().unwrap() < 100);
    let key = server.organization.read.clone();
    let delete = |path: &str| server.request("DELETE", path, Some(&key), &[], b"").status;
    for path in [&queued, &running] {
        assert_eq!(delete(path), 204);
        assert_eq!(status(&server, path), "cancelled");
        download(&server, path, &[]).problem(409, "export_not_complete");
    }
    // It does not wait for the hold.
    wait_for("an empty workshop", || {
        scratch(&directory).is_empty().then_some(())
    });
    assert!(kept(&directory).is_empty());
    assert_eq!(delete(&running), 204, "what came to its end is taken away");
    server.get(&running).problem(404, "not_found");
    let steps: Vec<String> = steps(&server).into_iter().map(|(step, _)| step).collect();
    assert_eq!(
        steps,
        ["queued", "queued", "cancelled", "cancelled", "deleted"]
    );
    // The place is free for the next one.
    hold.release();
    until(&server, &asked(&server, &document("ndjson")), "complete");
}

#[test]
fn a_file_goes_when_its_time_has_come_and_the_export_some_time_later() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 3);
    let path = asked(&server, &document("ndjson"));
    until(&server, &path, "complete");
    assert_eq!(kept(&directory).len(), 1);
    assert!(server.terminate().success());
    let later = |days: &str| {
        let days = days.to_owned();
        directory.serve_with(move |command| {
            command.env("TEST_EVIDENT_EXPORT_DAYS", days);
        })
    };
    let server = later("6");
    assert_eq!(download(&server, &path, &[]).status, 200);
    assert!(server.terminate().success());
    let server = later("8");
    download(&server, &path, &[]).problem(410, "export_expired");
    let export = until(&server, &path, "expired");
    assert!(export["sha256"].is_string());
    wait_for("the file's end", || {
        kept(&directory).is_empty().then_some(())
    });
    download(&server, &path, &[]).problem(410, "export_expired");
    assert_eq!(steps(&server).last().unwrap().0, "expired");
    let gone = &listed(&server, "action=audit_log.export_deleted")[0];
    assert_eq!(gone["actor"]["type"], "system", "{gone}");
    assert!(server.terminate().success());
    let server = later("38");
    wait_for("the export's end", || {
        (server.get(&path).status == 404).then_some(())
    });
}

#[test]
fn exports_are_listed_newest_first_in_pages() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut paths: Vec<String> = (0..5).map(|_| asked(&server, &document("csv"))).collect();
    paths.reverse();
    let mut found = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = server
            .get(&format!("/v1/exports?limit=2{cursor}"))
            .expect(200);
        for export in page["data"].as_array().unwrap() {
            found.push(format!("/v1/exports/{}", export["id"].as_str().unwrap()));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(found, paths);
    server
        .get("/v1/exports?limit=0")
        .problem(400, "bad_parameter");
    server
        .get("/v1/exports?cursor=x")
        .problem(400, "bad_cursor");
    server
        .get("/v1/exports/exp_1?x=1")
        .problem(400, "unknown_parameter");
}
