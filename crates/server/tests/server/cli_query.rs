//! `evident query`: the real binary against a real server, and against what only looks like one.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::client::{StandIn, bare, client, complain_on_terminal, document, say, say_on_terminal};
use crate::harness::{Directory, Server, event, wait_for};

/// Events of which the first is the newest.
fn fill(server: &Server, count: u32) {
    let events: Vec<Value> = (0..count)
        .map(|n| {
            let mut event = event(format!("usr_{n}"));
            let minutes = count - n;
            event["occurred_at"] = json!(format!(
                "2026-01-{:02}T{:02}:{:02}:00Z",
                1 + minutes / 1440,
                minutes / 60 % 24,
                minutes % 60
            ));
            event
        })
        .collect();
    server
        .post("/v1/events", &json!({ "events": events }))
        .expect(201);
}

/// An event with every column.
fn whole() -> Value {
    json!({
        "action": "guardrail.updated",
        "occurred_at": "2026-02-13T10:28:22.123456Z",
        "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi"},
        "targets": [{"type": "guardrail", "id": "g_7", "name": "No secrets"}],
        "description": "Ada changed a threshold",
        "result": "denied",
    })
}

/// An event whose text does what it can to a terminal.
fn hostile() -> Value {
    let mut event = whole();
    event["actor"]["name"] = json!("\u{1b}[2J\u{9b}31m李小龍\u{7}");
    event["description"] =
        json!("a\nb\u{202e}evil\u{200b} \u{7f}日本語のとても長い説明文です、本当に長い");
    event
}

fn actors(ndjson: &str) -> Vec<String> {
    let actor = |line| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["actor"]["id"].as_str().unwrap().to_owned()
    };
    ndjson.lines().map(actor).collect()
}

fn usrs(numbers: std::ops::Range<u32>) -> Vec<String> {
    numbers.map(|n| format!("usr_{n}")).collect()
}

fn columns(line: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(line)
}

#[test]
fn a_table_says_who_did_what_and_how_many_more_there_are() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &whole()).expect(201);
    fill(&server, 60);
    let said = say(client(&server, &["query", "--limit", "2"]).env("COLUMNS", "150"));
    let mut lines = said.output.lines();
    assert_eq!(
        lines.next().unwrap().split_whitespace().collect::<Vec<_>>(),
        [
            "TIME",
            "EVENT",
            "USER",
            "RESULT",
            "TYPE",
            "TARGET",
            "DESCRIPTION"
        ]
    );
    assert_eq!(
        lines.next().unwrap(),
        "2026-02-13T10:28:22Z  Guardrail updated  Ada Obi  denied   Policy Changes  \
         guardrail No secrets  Ada changed a threshold"
    );
    assert!(lines.next().unwrap().starts_with("2026-01-01T01:00:00Z  "));
    assert_eq!(lines.next(), None);
    let footer = said.errors.trim_end();
    let next = footer.strip_prefix("2 of 61 events (as of 61) · next page: --cursor ");
    let cursor = next.unwrap_or_else(|| panic!("{footer}"));
    let said = say(&mut client(&server, &["query", "--cursor", cursor]));
    assert!(
        said.errors.starts_with("50 of 61 events (as of 61) · "),
        "{}",
        said.errors
    );
    assert!(said.success().contains("usr_1 "));
    let said = say(&mut client(
        &server,
        &["query", "--filter", "user:is:nobody"],
    ));
    assert_eq!(said.errors, "no events match (as of 61)\n");
    assert_eq!(said.success(), "");
}

#[test]
fn times_are_shown_in_the_zone_that_was_asked_for() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &whole()).expect(201);
    let text = say(&mut client(&server, &["query", "--tz", "Asia/Kolkata"])).success();
    assert!(text.starts_with("TIME (+05:30) "), "{text}");
    assert!(text.contains("\n2026-02-13T15:58:22  "), "{text}");
}

#[test]
fn colours_are_for_terminals_and_those_who_ask() {
    const DENIED: &str = "\u{1b}[31mdenied\u{1b}[0m";
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &whole()).expect(201);
    let query = |more: &[&str]| client(&server, &[&["query"], more].concat());
    let piped = say(&mut query(&[])).success();
    assert!(
        piped.contains(" denied ") && !piped.contains('\u{1b}'),
        "{piped}"
    );
    let asked = say(&mut query(&["--color", "always"])).success();
    assert!(asked.contains(DENIED), "{asked}");
    let terminal = say_on_terminal(&mut query(&[]), 120).success();
    assert!(terminal.contains(DENIED), "{terminal}");
    for plain in [
        say_on_terminal(query(&[]).env("NO_COLOR", "1"), 120),
        say_on_terminal(query(&[]).env("TERM", "dumb"), 120),
        say_on_terminal(&mut query(&["--color", "never"]), 120),
    ] {
        let plain = plain.success();
        assert!(
            plain.contains(" denied ") && !plain.contains('\u{1b}'),
            "{plain}"
        );
    }
}

#[test]
fn a_table_fits_the_terminal_and_lets_nothing_hostile_through() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &hostile()).expect(201);
    server.post("/v1/events", &whole()).expect(201);
    for width in [1, 30, 60, 80, 120, 200] {
        let mut query = client(&server, &["query", "--color", "never"]);
        let text = say_on_terminal(&mut query, width).success();
        assert_eq!(text.lines().count(), 3, "{text}");
        for line in text.lines() {
            assert!(columns(line) <= usize::from(width), "{width}: {line}");
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!line.contains(['\u{202e}', '\u{200b}']), "{line:?}");
        }
    }
    let mut query = client(&server, &["query"]);
    let text = say(query.env("COLUMNS", "300")).success();
    assert!(text.contains("␛[2J<U+009B>31m李小龍␇"), "{text}");
    assert!(text.contains("a␊b<U+202E>evil<U+200B> ␡日本語"), "{text}");
    let usual = say(&mut client(&server, &["query"])).success();
    assert!(usual.lines().all(|line| columns(line) <= 100), "{usual}");
    assert!(usual.lines().any(|line| columns(line) > 95), "{usual}");
}

#[test]
fn json_is_exactly_what_the_server_sent_but_for_a_terminal() {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &hostile()).expect(201);
    server.post("/v1/events", &whole()).expect(201);
    let page = server.get("/v1/events");
    let ids: Vec<String> = page.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect();
    let lines: Vec<String> = ids
        .iter()
        .map(|id| server.get(&format!("/v1/events/{id}")).text().to_owned())
        .collect();
    let expected = lines.join("\n") + "\n";
    assert!(expected.contains('\u{9b}'), "the server does not escape it");
    let query = |format| client(&server, &["query", "--format", format]);
    assert_eq!(say(&mut query("ndjson")).success(), expected);

    let json = say(&mut query("json")).success();
    let without_time = |text: &str| {
        let (head, _) = text.rsplit_once("\"took_ms\":").unwrap();
        head.to_owned()
    };
    assert_eq!(without_time(&json), without_time(page.text()));
    assert!(json.ends_with("}\n"));
    let same = say(&mut client(&server, &["query", "--json"])).success();
    assert_eq!(without_time(&same), without_time(&json));

    for format in ["json", "ndjson"] {
        let shown = say_on_terminal(&mut query(format), 80).success();
        for c in ["\u{9b}", "\u{202e}", "\u{200b}", "\u{7f}", "\u{1b}"] {
            assert!(!shown.contains(c), "{shown:?}");
        }
        assert!(shown.contains("\\u009b31m李小龍"), "{shown}");
        assert!(shown.contains("\\u202eevil\\u200b"), "{shown}");
        let first = shown.lines().next().unwrap();
        let value: Value = serde_json::from_str(first).unwrap();
        match format {
            "json" => assert_eq!(value["data"], page.json()["data"]),
            _ => assert_eq!(value, serde_json::from_str::<Value>(&lines[0]).unwrap()),
        }
    }
}

#[test]
fn pages_are_turned_as_far_as_was_asked_for() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 1_203);
    let query = |more: &[&str]| {
        say(&mut client(
            &server,
            &[&["query", "--format", "ndjson"], more].concat(),
        ))
        .success()
    };
    assert_eq!(actors(&query(&[])), usrs(0..50));
    assert_eq!(actors(&query(&["--limit", "3"])), usrs(0..3));
    assert_eq!(actors(&query(&["--limit", "501"])), usrs(0..501));
    assert_eq!(actors(&query(&["--limit", "1203"])), usrs(0..1_203));
    assert_eq!(actors(&query(&["--limit", "9999"])), usrs(0..1_203));
    assert_eq!(actors(&query(&["--all"])), usrs(0..1_203));
    let mut backwards = usrs(0..1_203);
    backwards.reverse();
    assert_eq!(actors(&query(&["--all", "--order", "asc"])), backwards);

    let table = say(&mut client(&server, &["query", "--all"]));
    assert_eq!(table.errors, "1,203 of 1,203 events (as of 1,203)\n");
    assert_eq!(
        table.output.lines().count(),
        1_204,
        "one head for all pages"
    );

    let joined = |more: &[&str]| -> Value {
        let text = say(&mut client(&server, &[&["query", "--json"], more].concat())).success();
        serde_json::from_str(&text).unwrap()
    };
    let part = joined(&["--limit", "700"]);
    assert_eq!(part["data"].as_array().unwrap().len(), 700);
    assert_eq!(part["total"], 1_203);
    assert_eq!(part["prev_cursor"], Value::Null);
    let cursor = part["next_cursor"].as_str().unwrap();
    let rest = joined(&["--all", "--cursor", cursor]);
    assert_eq!(rest["next_cursor"], Value::Null);
    assert!(rest["prev_cursor"].is_string());
    let mut both = part["data"].as_array().unwrap().clone();
    both.extend(rest["data"].as_array().unwrap().clone());
    let all = joined(&["--all"]);
    assert_eq!(all["data"], json!(both));
    let names = [
        "as_of",
        "data",
        "next_cursor",
        "prev_cursor",
        "took_ms",
        "total",
    ];
    let mut found: Vec<&String> = all.as_object().unwrap().keys().collect();
    found.sort_unstable();
    assert_eq!(found, names);
}

#[test]
fn the_flags_are_the_parameters_of_the_query() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 9);
    let mut other = whole();
    other["actor"]["id"] = json!("ada");
    server.post("/v1/events", &other).expect(201);
    let found = |flags: &[&str]| {
        let flags = [&["query", "--format", "ndjson"], flags].concat();
        actors(&say(&mut client(&server, &flags)).success())
    };
    assert_eq!(found(&["--result", "denied"]), ["ada"]);
    assert_eq!(
        found(&["--result", "denied", "--result", "success", "--limit", "1"]),
        ["ada"]
    );
    assert_eq!(
        found(&["--from", "2026-02-13", "--to", "2026-02-14"]),
        ["ada"]
    );
    assert_eq!(found(&["--filter", "user:is:usr_3"]), ["usr_3"]);
    let both = [
        "--filter",
        "actor.id:is:usr_3",
        "--filter",
        "actor.id:is:ada",
    ];
    assert!(found(&both).is_empty());
    assert_eq!(
        found(&[&both[..], &["--match", "any"]].concat()),
        ["ada", "usr_3"]
    );
    assert!(found(&["--range", "today", "--tz", "Asia/Tokyo"]).is_empty());
    assert!(found(&["--action", "role.*", "--action", "kite.*"]).is_empty());
    assert_eq!(found(&["--event-type", "Policy Changes"]).len(), 10);
    assert!(found(&["--level", "agent", "--phase", "attempt"]).is_empty());
    assert!(found(&["--project-id", "prj_1"]).is_empty());
    assert_eq!(found(&["threshold"]), ["ada"]);
    assert_eq!(found(&["--q", "result:denied"]), ["ada"]);
    assert_eq!(found(&["--", "-result:success"]), ["ada"]);
    assert!(found(&["--attempt", "open", "--reads", "include"]).is_empty());
}

#[test]
fn a_page_around_an_event_has_it_in_it() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 40);
    let page = server.get("/v1/events").expect(200);
    let id = page["data"][20]["id"].as_str().unwrap();
    let flags = [
        "query", "--format", "ndjson", "--around", id, "--limit", "5",
    ];
    let found = actors(&say(&mut client(&server, &flags)).success());
    assert_eq!(found.len(), 5);
    assert!(found.contains(&"usr_20".to_owned()), "{found:?}");
}

#[test]
fn csv_is_the_export_of_the_server() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 1_203);
    server.post("/v1/events", &hostile()).expect(201);
    let export = server.get("/v1/events/export.csv?order=asc&action=guardrail.*");
    assert_eq!(export.status, 200, "{}", export.text());
    let query = |more: &[&str]| client(&server, &[&["query", "--format", "csv"], more].concat());
    // The first export is on the log by the time of the second.
    let others = ["--action", "guardrail.*", "--order", "asc"];
    let csv = say(&mut query(&others)).success();
    assert_eq!(csv, export.text());
    let columns = server.get("/v1/events/export.csv?columns=action,actor.id&filter=user:is:usr_3");
    let flags = ["--columns", "action,actor.id", "--filter", "user:is:usr_3"];
    assert_eq!(say(&mut query(&flags)).success(), columns.text());
    let shown = say_on_terminal(&mut query(&["--result", "denied"]), 80).success();
    assert!(shown.contains("<U+202E>evil"), "{shown}");
    assert!(
        !shown.contains(['\u{1b}', '\u{9b}', '\u{202e}']),
        "{shown:?}"
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 2_000);
    for (format, how_much) in [
        ("table", &["--all"][..]),
        ("ndjson", &["--all"]),
        ("json", &["--all"]),
        ("csv", &[]),
    ] {
        let flags = [&["query", "--format", format], how_much].concat();
        let mut query = client(&server, &flags);
        let mut child = query
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 10];
        let mut output = BufReader::with_capacity(10, child.stdout.take().unwrap());
        std::io::Read::read_exact(&mut output, &mut first).unwrap();
        drop(output);
        let status = wait_for("the command's end", || child.try_wait().unwrap());
        let mut errors = String::new();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut errors)
            .unwrap();
        assert!(status.success(), "{format}: {status} {errors}");
        assert_eq!(errors, "", "{format}");
    }
}

#[test]
fn rows_are_shown_before_the_next_page_is_there() {
    let (go_on, wait) = std::sync::mpsc::channel::<()>();
    let page = |next: &str| {
        format!(
            r#"{{"data":[{{"name":"Login"}}],"next_cursor":{next},"prev_cursor":null,"total":2,"as_of":2,"took_ms":0}}"#
        )
    };
    let second = page("null");
    let server = StandIn::new(vec![
        document("200 OK", "application/json", &page("\"two\"")),
        Box::new(move |to| {
            wait.recv_timeout(crate::harness::PATIENCE).unwrap();
            document("200 OK", "application/json", &second)(to);
        }),
    ]);
    let mut query = server.client(&["query", "--all"]);
    let mut child = query
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("TIME"));
    assert!(lines.next().unwrap().unwrap().contains("Login"));
    go_on.send(()).unwrap();
    assert!(lines.next().unwrap().unwrap().contains("Login"));
    assert!(lines.next().is_none());
    assert!(child.wait().unwrap().success());
}

#[test]
fn long_work_shows_how_far_it_is_and_takes_that_away_again() {
    let directory = Directory::init();
    let server = directory.serve();
    fill(&server, 1_203);
    let mut query = client(&server, &["query", "--all"]);
    let said = complain_on_terminal(&mut query);
    assert_eq!(
        said.errors,
        "\r\u{1b}[K500 of 1,203 events\r\u{1b}[K1,000 of 1,203 events\r\u{1b}[K\
         1,203 of 1,203 events (as of 1,203)\n"
    );
    assert_eq!(said.success().lines().count(), 1_204);
    let mut export = client(&server, &["query", "--format", "csv"]);
    let said = complain_on_terminal(&mut export);
    assert!(said.errors.contains(" bytes"), "{:?}", said.errors);
    assert!(said.errors.ends_with("\r\u{1b}[K"), "{:?}", said.errors);
    // Rows on the terminal are progress enough.
    let mut query = client(&server, &["query", "--all", "--action", "guardrail.*"]);
    let said = say_on_terminal(&mut query, 80);
    // The export is on the log too.
    assert_eq!(said.errors, "1,203 of 1,203 events (as of 1,204)\n");
}

#[test]
fn flags_that_do_not_go_together_are_a_mistake_of_their_own() {
    let error = |flags: &[&str]| say(&mut bare(&[&["query"], flags].concat())).failure(2);
    for flags in [
        &["--limit", "3"][..],
        &["--all"],
        &["--cursor", "x"],
        &["--around", "x"],
    ] {
        let error = error(&[flags, &["--format", "csv"]].concat());
        assert!(
            error.contains(flags[0]) && error.contains("--format csv"),
            "{error}"
        );
    }
    assert!(error(&["--columns", "action"]).contains("--format csv"));
    assert!(error(&["--columns", "action", "--json"]).contains("--format csv"));
    assert!(error(&["--json", "--format", "csv"]).contains("--json"));
    assert!(error(&["--all", "--limit", "3"]).contains("--limit"));
    assert!(error(&["--limit", "0"]).contains("--limit"));
    assert!(error(&["--fliter", "x"]).contains("--filter"));
    // A key as an argument could be read by everybody on the machine.
    assert!(error(&["--api-key", "evident_read_1_2"]).contains("--api-key"));
}

#[test]
fn help_teaches_by_examples_and_tells_the_exit_codes() {
    for command in [&["--help"][..], &["query", "--help"], &["tail", "--help"]] {
        let text = say(&mut bare(command)).success();
        assert!(
            text.contains("Examples:") && text.contains("  evident "),
            "{text}"
        );
        let codes = ["Exit codes: 0 ", "Exit codes:\n  0  "];
        assert!(codes.iter().any(|codes| text.contains(codes)), "{text}");
    }
}
