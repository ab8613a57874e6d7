//! What retention removes is in no file of an export either; and exports leave room for recording.

use serde_json::{Value, json};

use crate::harness::{Directory, Hold, Server, event, retention, wait_for};

use super::{
    RECORDED, SEVERAL_PIECES, asked, download, fill, holding, kept, lines, listed, status, steps,
    until,
};

/// How far the clock of retention is ahead: what is recorded now is old by it.
const DAYS_LATER: u32 = 3;

fn serve_later(directory: &Directory) -> Server {
    retention::serve_later(directory, DAYS_LATER)
}

/// A project whose events are kept for a day.
fn project_of_a_day(server: &Server) -> String {
    let body = json!({"name": "Short", "kind": "project"});
    let project = server.change("POST", "/v1/projects", &body).expect(201);
    let id = project["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/retention/projects/{id}");
    let rule = json!({"keep": "days", "days": 1});
    server.change("PUT", &path, &rule).expect(200);
    id
}

fn fill_project(server: &Server, project: &str, count: u32) {
    for part in 0..count.div_ceil(500) {
        let numbers = part * 500..count.min((part + 1) * 500);
        let events = numbers.map(|number| {
            let mut event = event(format!("short_{number}"));
            event["project_id"] = json!(project);
            event
        });
        let sent = json!({ "events": events.collect::<Vec<Value>>() });
        server.post("/v1/events", &sent).expect(201);
    }
}

/// Has retention run to its end.
fn run(server: &Server) {
    let run = retention::run(server);
    assert_eq!(run["status"], "succeeded", "{run}");
}

fn of(document: &Value) -> Value {
    let mut all = json!({"name": "Some", "format": "ndjson", "action": RECORDED});
    let members = document.as_object().unwrap().clone();
    all.as_object_mut().unwrap().extend(members);
    all
}

#[test]
fn a_file_goes_with_the_events_that_retention_removes_and_others_stay() {
    let directory = Directory::init();
    let server = serve_later(&directory);
    let project = project_of_a_day(&server);
    fill_project(&server, &project, 20);
    fill(&server, 5);
    let all = asked(&server, &of(&json!({})));
    let others = of(&json!({"filter": "project_id:is_not:".to_owned() + &project}));
    let newer = asked(&server, &others);
    for path in [&all, &newer] {
        until(&server, path, "complete");
    }
    assert_eq!(lines(&download(&server, &all, &[])).len(), 25);
    assert_eq!(kept(&directory).len(), 2);
    run(&server);
    // At once, whether or not the file is gone yet.
    download(&server, &all, &[]).problem(410, "export_expired");
    until(&server, &all, "expired");
    wait_for("the file's end", || {
        (kept(&directory).len() == 1).then_some(())
    });
    assert_eq!(steps(&server).last().unwrap().0, "retention");
    let gone = &listed(&server, "action=audit_log.export_deleted")[0];
    assert_eq!(gone["actor"]["type"], "system", "{gone}");
    // What went was before all that these hold, or they were made afterwards.
    assert_eq!(lines(&download(&server, &newer, &[])).len(), 5);
    let again = asked(&server, &of(&json!({})));
    until(&server, &again, "complete");
    run(&server);
    for path in [&newer, &again] {
        assert_eq!(status(&server, path), "complete");
        assert_eq!(lines(&download(&server, path, &[])).len(), 5);
    }
}

#[test]
fn an_export_in_whose_middle_its_events_are_removed_is_begun_anew_with_what_is_left() {
    let directory = Directory::init();
    let server = serve_later(&directory);
    let project = project_of_a_day(&server);
    fill_project(&server, &project, SEVERAL_PIECES);
    fill(&server, 5);
    assert!(server.terminate().success());
    let hold = Hold::new();
    let server = directory.serve_with(|command| {
        holding(command, &hold);
        command.env(retention::SHIFT, DAYS_LATER.to_string());
    });
    let path = asked(&server, &of(&json!({})));
    wait_for("a piece", || {
        let export = server.get(&path).expect(200);
        (export["progress"]["rows_done"].as_u64() > Some(0)).then_some(())
    });
    run(&server);
    hold.release();
    let export = until(&server, &path, "complete");
    assert_eq!(
        (&export["rows"], &export["error"]),
        (&json!(5), &json!(null))
    );
    let file = download(&server, &path, &[]);
    assert_eq!(lines(&file).len(), 5);
    assert!(!file.text().contains("short_"));
}

#[test]
fn exports_leave_room_on_the_disk_for_recording() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        // No disk has so much.
        command.env("EVIDENT_EXPORT_KEEP_FREE_BYTES", "1125899906842624");
    });
    fill(&server, 3);
    let path = asked(&server, &of(&json!({})));
    let export = until(&server, &path, "failed");
    let error = export["error"].as_str().unwrap();
    assert!(error.contains("export_keep_free_bytes"), "{error}");
    assert!(kept(&directory).is_empty());
    let refused = download(&server, &path, &[]);
    assert!(
        refused.text().contains("there will be no file"),
        "{}",
        refused.text()
    );
    refused.problem(409, "export_not_complete");
    fill(&server, 3);
}
