//! What retention removes, and what is on the log of it: by itself once a day, when somebody asks for it, and after
//! the server was ended in between. The clock is shifted for retention alone, so what was recorded is old.

use serde_json::{Value, json};

use crate::harness::retention::{
    DONE_ON, RETENTION, SHIFT, days, deletions, last_run, run, serve_after_the_days_run,
    serve_later, set, total,
};
use crate::harness::{Directory, Server, batch, event, wait_for};

const FAILPOINT: &str = "TEST_EVIDENT_FAILPOINT";
const PREVIEW: &str = "/v1/retention/preview";
const DAY_MICROS: i64 = 86_400_000_000;

/// How many events were ever recorded.
fn recorded(server: &Server) -> u64 {
    server.get("/v1/events").expect(200)["as_of"]
        .as_u64()
        .unwrap()
}

fn key_id(key: &str) -> String {
    format!("key_{}", key.split('_').nth(2).unwrap())
}

#[test]
fn a_run_that_is_asked_for_removes_what_the_rules_say_and_is_on_the_log_once() {
    let directory = Directory::init();
    let server = serve_after_the_days_run(&directory, 40);
    server.post("/v1/events", &batch(0..5)).expect(201);
    set(&server, &days(30));
    let before = recorded(&server);
    let ran = run(&server);
    assert_eq!(
        (&ran["status"], &ran["events"]),
        (&json!("succeeded"), &json!(before))
    );
    assert_eq!(
        (&ran["first_index"], &ran["last_index"]),
        (&json!(0), &json!(before - 1))
    );

    let first = deletions(&server);
    assert_eq!(first.len(), 1);
    let deletion = &first[0];
    assert_eq!(deletion["action"], "retention.deleted");
    assert_eq!(deletion["event_type"], "System Events");
    assert_eq!(deletion["actor"]["type"], "system");
    assert_eq!(
        deletion["targets"][0]["id"],
        server.organization.id.as_str()
    );
    let told = &deletion["metadata"];
    assert_eq!(
        (&told["count"], &told["bytes"]),
        (&json!(before), &ran["bytes"])
    );
    assert_eq!(
        (&told["first_index"], &told["last_index"]),
        (&json!(0), &json!(before - 1))
    );
    assert_eq!(
        (&told["received_from"], &told["received_to"]),
        (&ran["received_from"], &ran["received_to"])
    );
    assert_eq!(
        (&told["cause"], &told["cutoff"]),
        (&json!("requested"), &ran["cutoff"])
    );
    assert_eq!(
        (&told["policy"]["days"], &told["system"]),
        (&json!(30), &json!("evident"))
    );
    assert_eq!(told["requested_by"], key_id(&server.organization.admin));
    let settings = server.get(RETENTION).expect(200);
    assert_eq!(settings["removed"]["events"], before);
    assert_eq!(settings["removed"]["end_index"], before);
    server.terminate();

    // Neither a start nor another look tells of it again.
    let server = directory.serve();
    assert_eq!(deletions(&server), first);
    let metrics = server.get("/metrics");
    assert!(
        metrics
            .text()
            .contains("evident_retention_removed_events_total 0")
    );
}

#[test]
fn events_younger_than_the_rule_stay_and_nothing_is_recorded_of_it() {
    let directory = Directory::init();
    let server = serve_after_the_days_run(&directory, 29);
    server.post("/v1/events", &batch(0..5)).expect(201);
    set(&server, &days(30));
    let before = recorded(&server);
    let ran = run(&server);
    assert_eq!(
        (&ran["status"], &ran["events"]),
        (&json!("succeeded"), &json!(0))
    );
    assert_eq!(ran["first_index"], Value::Null);
    assert_eq!(recorded(&server), before, "nothing was recorded");
    assert_eq!(total(&server, ""), before);
    assert_eq!(server.get(RETENTION).expect(200)["removed"], Value::Null);
}

#[test]
fn what_was_removed_is_found_no_more() {
    let directory = Directory::init();
    let server = serve_after_the_days_run(&directory, 40);
    let receipts = server.post("/v1/events", &batch(0..5)).expect(201);
    let id = receipts["receipts"][0]["id"].as_str().unwrap().to_owned();
    set(&server, &days(30));
    run(&server);
    assert_eq!(total(&server, ""), 1, "what tells of the deletion is there");
    server
        .get(&format!("/v1/events/{id}"))
        .problem(404, "not_found");
    // Its id is free again.
    let mut again = event("again");
    again["id"] = json!(id);
    server.post("/v1/events", &again).expect(201);
    assert_eq!(total(&server, &format!("filter=id:is:{id}")), 1);
}

/// Whatever is in the data directory, as it is and with all Zstandard frames decompressed.
fn everything_in(directory: &std::path::Path) -> Vec<u8> {
    const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
    let mut all = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(everything_in(&path));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let starts = bytes.windows(MAGIC.len()).enumerate();
        for (start, _) in starts.filter(|(_, window)| *window == MAGIC) {
            let frame = zstd::stream::read::Decoder::new(&bytes[start..]).unwrap();
            let mut held = Vec::new();
            // What only looks like a frame is none.
            if std::io::Read::read_to_end(&mut frame.single_frame(), &mut held).is_ok() {
                all.extend(held);
            }
        }
        all.extend(bytes);
    }
    all
}

#[test]
fn what_was_removed_is_in_no_file_of_the_data_directory_while_the_server_runs() {
    let directory = Directory::init();
    let server = serve_after_the_days_run(&directory, 40);
    // One comes from a client, one by way of the outbox.
    let mut sent = event("sent");
    sent["description"] = json!("needle-of-a-client");
    server.post("/v1/events", &sent).expect(201);
    let view = json!({
        "name": "needle-of-the-outbox", "shared": true, "definition": {"columns": ["action"]}
    });
    let made = server.change("POST", "/v1/views", &view).expect(201);
    let path = format!("/v1/views/{}", made["id"].as_str().unwrap());
    let key = Some(server.organization.admin.as_str());
    let gone = server.request("DELETE", &path, key, &[], b"");
    assert_eq!(gone.status, 204);
    let holds = |needle: &str| {
        let all = everything_in(directory.path());
        all.windows(needle.len())
            .any(|window| window == needle.as_bytes())
    };
    assert!(holds("needle-of-a-client") && holds("needle-of-the-outbox"));
    set(&server, &days(30));
    let ran = run(&server);
    assert_eq!(ran["status"], "succeeded");
    assert!(!holds("needle-of-a-client"));
    wait_for("the outbox to be emptied", || {
        (!holds("needle-of-the-outbox")).then_some(())
    });
}

/// What tells of a deletion is an event like others.
#[test]
fn the_next_run_removes_what_told_of_the_one_before_and_tells_of_that() {
    let directory = Directory::init();
    let server = serve_after_the_days_run(&directory, 40);
    set(&server, &days(30));
    let first = run(&server)["events"].as_u64().unwrap();
    server.post("/v1/events", &batch(0..2)).expect(201);
    let second = run(&server);
    assert_eq!(second["events"], 3, "two, and what told of the first run");
    assert_eq!(second["first_index"], first);
    let last = deletions(&server).pop().unwrap();
    assert_eq!(last["metadata"]["count"], 3);
    assert_eq!(
        server.get(RETENTION).expect(200)["removed"]["events"],
        first + 3
    );
}

#[test]
fn a_dry_run_says_what_a_run_then_removes_and_changes_nothing() {
    let directory = Directory::init();
    let organization_id = directory.organization.id.clone();
    for id in ["brief", "kept"] {
        directory.add_project(&organization_id, id);
    }
    let server = serve_after_the_days_run(&directory, 40);
    for (count, project) in [(3, None), (4, Some("brief")), (2, Some("kept"))] {
        for at in 0..count {
            let mut event = event(at);
            if let Some(id) = project {
                event["project_id"] = json!(id);
            }
            server.post("/v1/events", &event).expect(201);
        }
    }
    let preview = |supposed: &Value| server.change("POST", PREVIEW, supposed).expect(200);
    let recorded_before = recorded(&server);
    let nothing = preview(&json!({}));
    assert_eq!(
        (&nothing["total"]["events"], &nothing["projects"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(nothing["cutoff"], Value::Null);

    let brief = json!({"project_id": "brief", "keep": "days", "days": 7});
    let only = preview(&json!({"projects": [brief]}));
    assert_eq!(only["total"]["events"], 4);
    assert_eq!(only["projects"][0]["events"], 4);
    assert_eq!(
        (
            &only["projects"][0]["project_id"],
            &only["in_force"]["keep"]
        ),
        (&json!("brief"), &json!("forever"))
    );
    let kept = json!({"project_id": "kept", "keep": "forever"});
    let all = preview(&json!({"rule": days(30), "projects": [kept, brief]}));
    assert_eq!(all["total"]["events"], recorded_before - 2);
    let of_projects = all["projects"].as_array().unwrap().iter();
    let of_projects: Vec<_> = of_projects.map(|project| &project["events"]).collect();
    assert_eq!(of_projects, [4, 0], "by their ids");
    let young = preview(&json!({"rule": days(41)}));
    assert_eq!(young["total"]["events"], 0);
    assert_eq!(
        recorded(&server),
        recorded_before,
        "nothing is recorded of it"
    );
    assert_eq!(
        server.get(RETENTION).expect(200)["rule"]["keep"],
        "inherited"
    );
    assert_eq!(last_run(&server), Value::Null);

    // The events that set the rules are old as well.
    for (id, rule) in [("kept", json!({"keep": "forever"})), ("brief", days(7))] {
        let path = format!("{RETENTION}/projects/{id}");
        server.change("PUT", &path, &rule).expect(200);
    }
    set(&server, &days(30));
    let said = preview(&json!({}));
    let ran = run(&server);
    for member in [
        "events",
        "bytes",
        "first_index",
        "last_index",
        "received_from",
        "received_to",
    ] {
        assert_eq!(said["total"][member], ran[member], "{member}");
    }
    let policy = &deletions(&server)[0]["metadata"]["policy"];
    assert_eq!(policy["projects"]["kept"]["days"], Value::Null);
    assert_eq!(policy["projects"]["brief"]["days"], 7);
    assert_eq!(
        preview(&json!({}))["total"]["events"],
        1,
        "what told of the run"
    );
}

#[test]
fn it_runs_by_itself_soon_after_a_start_on_another_day_and_once_a_day() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..5)).expect(201);
    set(&server, &days(30));
    let before = recorded(&server);
    server.terminate();

    let server = serve_later(&directory, 40);
    let ran = wait_for("the day's run", || {
        let run = last_run(&server);
        (run["status"] == "succeeded").then_some(run)
    });
    assert_eq!(
        (&ran["cause"], &ran["events"]),
        (&json!("daily"), &json!(before))
    );
    assert_eq!(ran["requested_by"], Value::Null);
    let deletion = deletions(&server).remove(0);
    assert_eq!(deletion["metadata"]["cause"], "daily");
    assert_eq!(deletion["metadata"].get("requested_by"), None);
    let done: i64 = directory.rows(DONE_ON)[0].parse().unwrap();
    assert_eq!(done % DAY_MICROS, 0, "the UTC day counts");
    let next = server.get(RETENTION).expect(200)["next_run_at"].clone();
    assert!(
        next.as_str().unwrap().ends_with("T00:00:00.000000Z"),
        "{next}"
    );
    let metrics = server.get("/metrics");
    let removed = format!("evident_retention_removed_events_total {before}");
    assert!(metrics.text().contains(&removed));
    assert!(
        metrics
            .text()
            .contains("evident_retention_failures_total 0")
    );
    server.terminate();

    // What has become old since waits for the next day.
    let server = serve_after_the_days_run(&directory, 41);
    let ran = last_run(&server);
    assert_eq!(
        ran["events"], 1,
        "what told of the first run is a day older"
    );
}

/// The steps at which the server is ended while it removes and tells: between the removal and the record of it, with
/// the record in the outbox in a transaction that is not committed, committed, on the log, and out of the outbox.
const STEPS: [&str; 5] = ["expired", "staged", "committed", "recorded", "unstaged"];

#[test]
fn a_crash_between_the_removal_and_its_record_leaves_one_record_of_all_that_went() {
    for step in STEPS {
        let directory = Directory::init();
        let server = directory.serve();
        server.post("/v1/events", &batch(0..5)).expect(201);
        set(&server, &days(30));
        let before = recorded(&server);
        server.terminate();
        let mut command = directory.serve_command();
        command.env(SHIFT, "40").env(FAILPOINT, step);
        let mut ended = Server::start(command, directory.organization.clone());
        ended.wait();
        drop(ended);

        // On the old day, so that nothing else goes.
        for start in 1..=2 {
            let server = directory.serve();
            let deletions = wait_for("the record", || {
                let deletions = deletions(&server);
                (!deletions.is_empty()).then_some(deletions)
            });
            assert_eq!(deletions.len(), 1, "{step}, start {start}");
            let told = &deletions[0]["metadata"];
            assert_eq!(told["count"], before, "{step}, start {start}");
            assert_eq!(
                (&told["cause"], &told["policy"]["days"]),
                (&json!("daily"), &json!(30)),
                "{step}"
            );
            assert_eq!(told["last_index"], before - 1, "{step}");
            let run = wait_for("the end of the run", || {
                let run = last_run(&server);
                (run["status"] != "running").then_some(run)
            });
            // What was interrupted is taken up soon after the start; there is nothing left to be removed.
            let is_interrupted = run["status"] == "interrupted";
            assert!(!is_interrupted || run["events"] == before, "{step}: {run}");
            let run = wait_for("the run to be taken up", || {
                let run = last_run(&server);
                (run["status"] == "succeeded").then_some(run)
            });
            // Once it has been told, the run may come to its end before the server does.
            let may_end = step == "unstaged" && run["events"] == before;
            assert!(may_end || run["events"] == 0, "{step}: {run}");
            assert_eq!(recorded(&server), before + 1, "{step}, start {start}");
            server.terminate();
        }
        assert_eq!(
            directory.rows("SELECT event_id FROM outbox"),
            [""; 0],
            "{step}"
        );
    }
}

/// Their events are still on the disk, and were promised to go.
#[test]
fn it_runs_over_organizations_that_are_archived_or_deleted_too() {
    let directory = Directory::init();
    let other = directory.add_organization("org_other");
    let server = directory.serve();
    let admin = Some(other.admin.as_str());
    let rule = days(30).to_string();
    let set = server.request("PUT", RETENTION, admin, &[], rule.as_bytes());
    set.expect(200);
    let founder = server.founder();
    let path = "/v1/organizations/org_other";
    let archived = json!({"archived": true});
    founder.request("PATCH", path, Some(&archived)).expect(200);
    let count =
        "SELECT CAST(events AS TEXT) FROM retention_reported WHERE organization_id = 'org_other'";
    server.terminate();

    let server = serve_after_the_days_run(&directory, 40);
    let told = server
        .request("GET", RETENTION, admin, &[], b"")
        .expect(200);
    assert_eq!(told["last_run"]["status"], "succeeded");
    let first: u64 = directory.rows(count)[0].parse().unwrap();
    assert!(first >= 2, "what set the rule and what archived it");
    let founder = server.founder();
    assert_eq!(founder.request("DELETE", path, None).status, 204);
    server.terminate();

    // What told of the first run, and of the deletion.
    let server = serve_after_the_days_run(&directory, 80);
    let second: u64 = directory.rows(count)[0].parse().unwrap();
    assert_eq!(second, first + 2);
    server.terminate();
    assert_eq!(directory.rows("SELECT event_id FROM outbox"), [""; 0]);
}
