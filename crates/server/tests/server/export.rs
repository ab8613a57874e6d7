//! Exports as CSV: every row, safely.

use serde_json::{Value, json};

use crate::harness::{Directory, KeyOptions, Reply, Server, Wire, batch, event, wait_for};

const USUAL: [&str; 6] = [
    "Date and Time",
    "Event Name",
    "Event Category",
    "Description",
    "User/App Name",
    "IP Address",
];

/// What the events of these tests are, which those that record exports are not.
const RECORDED: &str = "action=guardrail.updated";

/// The rows of a file, its header first, as a CSV reader sees them.
fn rows(reply: &Reply) -> Vec<Vec<String>> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    let kind = "text/csv; charset=utf-8; header=present";
    assert_eq!(reply.header("content-type"), kind);
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).from_reader(reply.body.as_slice());
    let rows = reader.into_records().map(|row| row.unwrap());
    rows.map(|row| row.iter().map(str::to_owned).collect())
        .collect()
}

fn export(server: &Server, query: &str) -> Vec<Vec<String>> {
    rows(&server.get(&format!("/v1/events/export.csv{query}")))
}

#[test]
fn the_usual_columns_are_those_of_the_page() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut first = event("usr_1");
    first["actor"]["email"] = json!("ada@example.com");
    first["occurred_at"] = json!("2026-02-13T10:28:22.12Z");
    first["context"] = json!({"ip": "203.0.113.7"});
    first["description"] = json!("Changed a guardrail");
    let mut second = event("usr_2");
    second["occurred_at"] = json!("2026-02-14T00:00:00Z");
    let events = json!({"events": [first, second]});
    server.post("/v1/events", &events).expect(201);
    let found = export(&server, "?order=asc&tz=Asia/Kolkata");
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], USUAL);
    let read = server.get("/v1/events?order=asc").expect(200);
    let (name, category) = (&read["data"][0]["name"], &read["data"][0]["category"]);
    let expected = [
        "2026-02-13T15:58:22.120000+05:30",
        name.as_str().unwrap(),
        category.as_str().unwrap(),
        "Changed a guardrail",
        "ada@example.com",
        "203.0.113.7",
    ];
    assert_eq!(found[1], expected);
    assert_eq!(found[2][4..], ["usr_2", ""]);
    let text = server.get("/v1/events/export.csv").text().to_owned();
    assert!(text.contains("\r\n2026-02-14T00:00:00.000000Z,"), "{text}");
    assert!(text.ends_with("\r\n"));
}

#[test]
fn an_export_has_every_row_of_all_pages_in_their_order() {
    let directory = Directory::init();
    let server = directory.serve();
    for part in 0..4_u32 {
        let events: Vec<Value> = (0..1_000_u32)
            .map(|n| {
                let mut event = event(format!("{part}-{n}"));
                let minute = (part * 1_000 + n) * 7 % 600;
                let at = format!("2026-01-01T{:02}:{:02}:00Z", minute / 60, minute % 60);
                event["occurred_at"] = json!(at);
                event
            })
            .collect();
        server
            .post("/v1/events", &json!({ "events": events }))
            .expect(201);
    }
    for order in ["desc", "asc"] {
        let mut expected = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/events?{RECORDED}&order={order}&limit=500{cursor}");
            let page = server.get(&path).expect(200);
            for event in page["data"].as_array().unwrap() {
                let text = |name: &str| event[name].as_str().unwrap().to_owned();
                let actor = event["actor"]["id"].as_str().unwrap().to_owned();
                expected.push(vec![
                    event["index"].to_string(),
                    text("id"),
                    actor,
                    text("occurred_at"),
                ]);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(expected.len(), 4_000);
        // A limit is for pages.
        let query =
            format!("?{RECORDED}&order={order}&limit=7&columns=index,id,actor.id,occurred_at");
        let found = export(&server, &query);
        assert_eq!(found[0], ["index", "id", "actor.id", "occurred_at"]);
        assert!(found[1..] == expected[..], "the rows differ from the pages");
    }
}

#[test]
fn with_a_pages_cursor_it_is_cut_where_the_page_is() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..10)).expect(201);
    let page = server.get("/v1/events?limit=5").expect(200);
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    server.post("/v1/events", &batch(10..15)).expect(201);
    let found = export(&server, &format!("?columns=index&cursor={cursor}"));
    assert_eq!(
        found.len(),
        1 + 10,
        "all pages, and nothing that came later"
    );
    // What was exported before is on the log itself.
    assert_eq!(export(&server, "?columns=index").len(), 1 + 15 + 1);
}

#[test]
fn whatever_an_event_says_a_csv_reader_gets_it_and_no_cell_is_a_formula() {
    let directory = Directory::init();
    let server = directory.serve();
    let odd = [
        ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("＝1+1", "'＝1+1"),
        ("a,b;\"c\"", "a,b;\"c\""),
        ("two\r\nlines\nmore", "two\r\nlines\nmore"),
        ("é 漢字 🙂 \u{202e}", "é 漢字 🙂 \u{202e}"),
        (" leading and trailing ", " leading and trailing "),
        ("it's", "it's"),
        ("1-1=0", "1-1=0"),
    ];
    for (reason, _) in odd {
        let mut event = event("ada");
        event["reason"] = json!(reason);
        event["metadata"] = json!({"same": reason});
        server.post("/v1/events", &event).expect(201);
    }
    let found = export(&server, "?order=asc&columns=reason&columns=metadata.same");
    assert_eq!(found.len(), odd.len() + 1);
    for ((_, cell), row) in odd.iter().zip(&found[1..]) {
        assert_eq!(row, &[*cell, *cell]);
    }
}

#[test]
fn all_that_is_kept_can_be_a_column() {
    let directory = Directory::init();
    let server = directory.serve();
    let mut full = event("ada");
    full["changes"] = json!([{"field": "threshold", "old": 0.4, "new": 0.7}]);
    full["request"] = json!({"method": "PUT", "body": {"b": 1, "a": [null, "x"]}});
    full["targets"] = json!([{"type": "tool", "id": "t1"}, {"type": "tool", "id": "t2"}]);
    full["metadata"] = json!({"deep": {"k": 1}, "n": -5, "a,b": "comma"});
    server.post("/v1/events", &full).expect(201);
    let columns = r"changes,changes.old,request.body,request.response,target.id,targets,metadata.deep,metadata.n,metadata.a\,b,request.method";
    let found = export(&server, &format!("?columns={columns}"));
    let expected = [
        r#"[{"field":"threshold","new":0.7,"old":0.4}]"#,
        "0.4",
        r#"{"a":[null,"x"],"b":1}"#,
        "",
        "t1; t2",
        r#"[{"id":"t1","type":"tool"},{"id":"t2","type":"tool"}]"#,
        r#"{"k":1}"#,
        "'-5",
        "comma",
        "PUT",
    ];
    assert_eq!(found[1], expected);
    assert_eq!(found[0][8], "metadata.a,b");
}

#[test]
fn the_file_has_the_name_of_what_it_is_about() {
    let directory = Directory::init();
    let limited = KeyOptions {
        project_id: Some("prj_1"),
        ..KeyOptions::default()
    };
    let key = directory.add_key(&directory.organization.id, "read", limited);
    let server = directory.serve();
    for (project, n) in [(Some("prj_1"), 1), (Some("prj_2"), 2), (None, 3)] {
        let mut event = event(n);
        if let Some(project) = project {
            event["project_id"] = json!(project);
        }
        server.post("/v1/events", &event).expect(201);
    }
    let name = |reply: &Reply| {
        let header = reply.header("content-disposition");
        let start = "attachment; filename=\"";
        let name = header
            .strip_prefix(start)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let (whose, day) = name.split_once("_Audit_Logs_").unwrap();
        let day = day.strip_suffix(".csv").unwrap();
        assert!(evident_event::time::Timestamp::parse_rfc3339(&format!("{day}T00:00:00Z")).is_ok());
        whose.to_owned()
    };
    let all = server.get("/v1/events/export.csv?columns=actor.id&order=asc");
    assert_eq!(name(&all), "Account");
    assert_eq!(rows(&all).concat(), ["actor.id", "1", "2", "3"]);
    let one = server.get("/v1/events/export.csv?columns=actor.id&project_id=prj_2");
    assert_eq!(name(&one), "prj_2");
    assert_eq!(rows(&one).concat(), ["actor.id", "2"]);
    let path = "/v1/events/export.csv?columns=actor.id";
    let own = server.request("GET", path, Some(&key), &[], b"");
    assert_eq!(name(&own), "prj_1");
    assert_eq!(rows(&own).concat(), ["actor.id", "1"]);
    let other = format!("{path}&project_id=prj_2");
    let refused = server.request("GET", &other, Some(&key), &[], b"");
    refused.problem(403, "project_not_allowed");
    let odd = server.get("/v1/events/export.csv?project_id=%C3%BC%22x");
    let header = odd.header("content-disposition");
    assert!(header.contains("filename=\"__x_Audit_Logs_"), "{header}");
    assert!(
        header.contains("filename*=UTF-8''%C3%BC_x_Audit_Logs_"),
        "{header}"
    );
}

#[test]
fn what_cannot_be_exported_is_said_before_there_is_a_file() {
    let directory = Directory::init();
    let server = directory.serve();
    let refused = |query: &str, code: &str| {
        let path = format!("/v1/events/export.csv?{query}");
        let problem = server.get(&path).problem(400, code);
        problem["detail"].as_str().unwrap().to_owned()
    };
    refused("columns=", "bad_field");
    refused("columns=actr.id", "unknown_field");
    refused("columns=request.body.x", "not_indexed");
    refused("range=never", "bad_range");
    let detail = refused("column=id", "unknown_parameter");
    assert!(detail.contains("did you mean \"columns\""), "{detail}");
    let many = |count: u32| {
        (0..count)
            .map(|n| format!("metadata.k{n}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    refused(&format!("columns={}", many(65)), "too_many_columns");
    assert_eq!(
        export(&server, &format!("?columns={}", many(64)))[0].len(),
        64
    );
    let none = export(&server, &format!("?{RECORDED}"));
    assert_eq!(none, [USUAL], "no events: a header alone");
}

#[test]
fn exports_beyond_the_bound_are_refused_until_one_has_ended() {
    let directory = Directory::init();
    let server = directory.serve_with(|command| {
        command.env("EVIDENT_MAX_EXPORTS", "1");
    });
    let mut large = event("ada");
    large["request"] = json!({"body": "x".repeat(200 * 1024)});
    let events = json!({"events": vec![large; 60]});
    for _ in 0..2 {
        server.post("/v1/events", &events).expect(201);
    }
    let mut slow = Wire::connect(server.address);
    let request = format!(
        "GET /v1/events/export.csv?columns=request.body HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        server.organization.read
    );
    slow.send(request.as_bytes());
    assert!(slow.read_head().starts_with("HTTP/1.1 200 "));
    let refused = server.get("/v1/events/export.csv");
    assert_eq!(refused.header("retry-after"), "1");
    refused.problem(429, "too_many_exports");
    assert_eq!(server.get("/v1/events?limit=1").status, 200);
    drop(slow);
    let reply = wait_for("a place", || {
        let reply = server.get(&format!("/v1/events/export.csv?columns=index&{RECORDED}"));
        (reply.status == 200).then_some(reply)
    });
    assert_eq!(rows(&reply).len(), 121);
}
