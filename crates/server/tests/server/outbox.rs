//! A change and its record: whatever ends the server between any two steps, afterwards both are there or neither
//! is, and the record is there once.

use serde_json::{Value, json};

use crate::harness::{Directory, Server, wait_for};

/// The steps after which the server is ended, and whether the change has been made by then.
const STEPS: [(&str, bool); 4] = [
    // The record is in the outbox, within a transaction that is not committed.
    ("staged", false),
    ("committed", true),
    // The record is on the log, and in the outbox still.
    ("recorded", true),
    ("unstaged", true),
];

fn updates(server: &Server) -> Vec<Value> {
    let answer = server.get("/v1/events?action=organisation.updated&order=asc");
    answer.expect(200)["data"].as_array().unwrap().clone()
}

fn name(server: &Server) -> String {
    let path = server.organization_path();
    let answer = server.request("GET", &path, Some(&server.organization.admin), &[], b"");
    answer.expect(200)["name"].as_str().unwrap().to_owned()
}

#[test]
fn a_crash_between_any_two_steps_leaves_the_change_with_its_record_or_neither() {
    let directory = Directory::init();
    let mut recorded = 0;
    for (step, made) in STEPS {
        let mut server = directory.serve_with(|command| {
            command.env("TEST_EVIDENT_FAILPOINT", step);
        });
        let path = server.organization_path();
        let before = name(&server);
        let wanted = format!("Named before {step}");
        let change = json!({ "name": wanted });
        let client = server.client();
        // Of what is made by then the answer may have come out, or not.
        let answer = client.change("PATCH", &path, &change);
        assert!(
            answer.is_err() || made,
            "{step}: what was not made was answered"
        );
        server.wait();
        drop(server);

        let server = directory.serve();
        let expected = if made { &wanted } else { &before };
        assert_eq!(&name(&server), expected, "{step}");
        recorded += usize::from(made);
        let updates = updates(&server);
        assert_eq!(updates.len(), recorded, "{step}: {updates:#?}");
        if made {
            let change = &updates.last().unwrap()["changes"][0];
            assert_eq!(change["field"], "name");
            assert_eq!(change["old"], before.as_str());
            assert_eq!(change["new"], wanted.as_str());
        }
        server.terminate();
        assert_eq!(
            directory.rows("SELECT event_id FROM outbox"),
            [""; 0],
            "{step}"
        );
    }
}

#[test]
fn a_change_is_answered_once_its_record_can_be_found() {
    let directory = Directory::init();
    let server = directory.serve();
    for round in 1..=20 {
        let change = json!({ "name": format!("Round {round}") });
        server
            .change("PATCH", &server.organization_path(), &change)
            .expect(200);
        assert_eq!(updates(&server).len(), round);
    }
}

#[test]
fn who_goes_away_before_the_answer_leaves_a_change_with_its_record_or_neither() {
    let directory = Directory::init();
    let server = directory.serve();
    for round in 0..20 {
        let body = json!({ "name": format!("Hasty {round}") }).to_string();
        let head = format!(
            "PATCH {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            server.organization_path(),
            server.organization.admin,
            body.len(),
        );
        let mut stream = std::net::TcpStream::connect(server.address).unwrap();
        std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
        drop(stream);
    }
    // A change of our own comes after those that are under way, and is the last.
    server
        .change(
            "PATCH",
            &server.organization_path(),
            &json!({ "name": "Mine" }),
        )
        .expect(200);
    let updates = wait_for("the last change's record", || {
        let updates = updates(&server);
        let last = updates.last()?["changes"][0]["new"].as_str()?.to_owned();
        (last == name(&server)).then_some(updates)
    });
    // Each record goes on from where the one before it left off.
    for pair in updates.windows(2) {
        assert_eq!(pair[0]["changes"][0]["new"], pair[1]["changes"][0]["old"]);
    }
}

#[test]
fn a_record_says_who_from_where_and_by_which_request() {
    let directory = Directory::init();
    let server = directory.serve();
    let key = server.organization.admin.clone();
    let headers = [
        ("content-type", "application/json"),
        ("user-agent", "curl/8.9"),
        // Nobody who is not a trusted proxy is believed.
        ("x-forwarded-for", "203.0.113.7"),
    ];
    let path = server.organization_path();
    let body = json!({ "strict": true }).to_string();
    server
        .request("PATCH", &path, Some(&key), &headers, body.as_bytes())
        .expect(200);
    let updates = updates(&server);
    assert_eq!(updates.len(), 1);
    let update = &updates[0];
    assert_eq!(update["metadata"]["system"], "evident");
    assert_eq!(update["actor"]["type"], "api_key");
    let id = update["actor"]["id"].as_str().unwrap();
    assert!(key.contains(id.strip_prefix("key_").unwrap()), "{id}");
    assert_eq!(update["context"]["ip"], "127.0.0.1");
    assert_eq!(update["context"]["user_agent"], "curl/8.9");
    assert_eq!(update["request"]["method"], "PATCH");
    assert_eq!(update["request"]["path"], path.as_str());
    let changes = json!([{"field": "strict", "old": false, "new": true}]);
    assert_eq!(update["changes"], changes);
    assert!(!update.to_string().contains(key.rsplit('_').next().unwrap()));
    // What changes nothing is not recorded as a change.
    server
        .change("PATCH", &path, &json!({ "strict": true }))
        .expect(200);
    assert_eq!(self::updates(&server).len(), 1);
}
