//! CSV: mappings, quotes, and the server's own sheets.

use serde_json::{Value, json};

use super::{Scene, lines};
use crate::client::{client, say};
use crate::harness::Directory;

const MAPPING: &str = r#"
delimiter = ";"
zone = "Europe/Berlin"

[constants]
action = "user.login"
actor.type = "user"
metadata.source = "crm"

[columns]
Login = "actor.id"
"Full name" = "actor.name"
When = { to = "occurred_at", time = "%d.%m.%Y %H:%M" }
State = { to = "result", values = { ok = "success", ko = "failed" } }
ms = { to = "metadata.ms", type = "number" }
Note = "reason"
"#;

#[test]
fn a_mapping_makes_events_of_rows() {
    let scene = Scene::new();
    scene.file("m.toml", MAPPING);
    let table = "\u{feff}Login;Full name;When;State;ms;Note;Unused\r\n\
                 ada;\"Obi; \"\"Ada\"\"\";13.02.2026 11:28;ok;12.5;\"two\r\nlines\";x\r\n\
                 \r\n\
                 bob;;13.07.2026 11:28;ko;;;\r\n\
                 eve;Eve;yesterday;maybe;fast;;\r\n\
                 short;row\r\n";
    let file = scene.file("u.csv", table);
    let said = scene.say(&file, &["--mapping", "m.toml"]);
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.errors.contains("does not use: Unused"), "{said:?}");
    let events = scene.events();
    assert_eq!(events.len(), 2);
    assert_eq!(
        events[0]["actor"],
        json!({"type": "user", "id": "ada", "name": "Obi; \"Ada\""})
    );
    assert_eq!(events[0]["occurred_at"], "2026-02-13T10:28:00.000000Z");
    assert_eq!(events[0]["reason"], "two\r\nlines");
    assert_eq!(events[0]["metadata"], json!({"source": "crm", "ms": 12.5}));
    assert_eq!(
        (&events[0]["result"], &events[1]["result"]),
        (&json!("success"), &json!("failed"))
    );
    assert_eq!(events[1]["occurred_at"], "2026-07-13T09:28:00.000000Z");
    assert_eq!(events[1]["metadata"], json!({"source": "crm"}));
    let letters = scene.letters("u.csv.dead-letters.ndjson");
    assert_eq!(letters.len(), 2);
    assert_eq!(
        (&letters[0]["line"], &letters[1]["line"]),
        (&json!(6), &json!(7))
    );
    assert_eq!(letters[0]["text"], "eve;Eve;yesterday;maybe;fast;;");
    let pointers: Vec<&Value> = letters[0]["reasons"]
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| &reason["pointer"])
        .collect();
    assert_eq!(pointers, ["/metadata/ms", "/occurred_at", "/result"]);
    assert_eq!(letters[1]["reasons"][0]["code"], "bad_row");
    // As docs/ingest.md says how to repair them.
    let repaired = "Login;Full name;When;State;ms;Note;Unused\neve;Eve;14.02.2026 00:00;ok;1;;\n";
    let repaired = scene.file("repaired.csv", repaired);
    assert_eq!(
        scene.summary(&repaired, &["--mapping", "m.toml"], 0)["recorded"],
        1
    );
}

/// The block of this language in the documentation that has these words in it.
fn documented(language: &str, words: &str) -> String {
    let text = include_str!("../../../../../docs/ingest.md");
    let mut blocks = text.split("```").skip(1).step_by(2);
    let found = blocks.find(|block| block.starts_with(language) && block.contains(words));
    found.unwrap().strip_prefix(language).unwrap().to_owned()
}

#[test]
fn the_documented_mapping_makes_the_documented_event() {
    let scene = Scene::new();
    scene.file("m.toml", documented("toml", "delimiter"));
    let header = "Login;Full name;Host;When;State;ms;Details";
    let row = "ada;Ada Obi;web-1;13.02.2026 11:28;ok;12.5;";
    assert!(include_str!("../../../../../docs/ingest.md").contains(row));
    let file = scene.file("u.csv", format!("{header}\n{row}\n"));
    let flags = ["--mapping", "m.toml", "--show", "1"];
    let mut shown: Value = serde_json::from_str(&scene.say(&file, &flags).success()).unwrap();
    shown.as_object_mut().unwrap().remove("id");
    let expected: Value = serde_json::from_str(&documented("json", "Ada Obi")).unwrap();
    assert_eq!(shown, expected);
    let table = documented("csv", "targets[0].type");
    let table = scene.file("paths.csv", table.trim_start());
    assert_eq!(scene.summary(&table, &[], 0)["recorded"], 1);
}

#[test]
fn rows_without_a_mapping_go_where_the_header_says() {
    let scene = Scene::new();
    let table = "action\tactor.type\tactor.id\ttargets[0].type\ttargets[0].id\tmetadata.n\n\
                 a.b\tuser\tada\thost\tweb-1\t7\n\
                 a.b\tuser\tbob\t\t\t\n";
    let file = scene.file("u.tsv", table);
    assert_eq!(scene.summary(&file, &[], 0)["recorded"], 2);
    let events = scene.events();
    assert_eq!(
        events[0]["targets"],
        json!([{"type": "host", "id": "web-1"}])
    );
    assert_eq!(events[0]["metadata"], json!({"n": "7"}));
    assert_eq!(events[1].get("targets"), None);
    assert_eq!(scene.summary(&file, &["--restart"], 0)["duplicates"], 2);
}

#[test]
fn mistakes_in_a_mapping_are_told_before_anything_is_sent() {
    let scene = Scene::new();
    let file = scene.file("u.csv", "Login,Action\nada,a.b\n");
    for (mapping, what) in [
        (
            "[columns]\nlogin = \"actor.id\"",
            "no such column, only Login, Action",
        ),
        ("[columns]\nLogin = \"actor.nmae\"", "actor.nmae"),
        (
            "[colums]\nLogin = \"actor.id\"",
            "there is no key \"colums\"",
        ),
        ("[columns", "line 1"),
    ] {
        scene.file("m.toml", mapping);
        let error = scene.say(&file, &["--mapping", "m.toml"]).failure(1);
        assert!(error.contains(what), "{error}");
    }
    let error = scene.say(&file, &[]).failure(1);
    assert!(
        error.contains("column \"Login\"") && error.contains("--mapping"),
        "{error}"
    );
    let error = scene.say(&file, &["--mapping", "none"]).failure(1);
    assert!(error.contains("correct --mapping"), "{error}");
    let empty = scene.file("empty.csv", "");
    let error = scene.say(&empty, &[]).failure(1);
    assert!(error.contains("no header"), "{error}");
    // So that a corrected one is not taken for another run's.
    scene.file(
        "m.toml",
        "[constants]\nactor.type = \"user\"\n[columns]\nLogin = \"actor.id\"\nAction = \"action\"",
    );
    assert_eq!(
        scene.summary(&file, &["--mapping", "m.toml"], 0)["recorded"],
        1
    );
    scene.file(
        "m.toml",
        "[constants]\nactor.type = \"agent\"\n[columns]\nLogin = \"actor.id\"\nAction = \"action\"",
    );
    let error = scene.say(&file, &["--mapping", "m.toml"]).failure(1);
    assert!(error.contains("the mapping has changed"), "{error}");
}

#[test]
fn a_quote_that_is_not_closed_does_not_swallow_the_file() {
    let scene = Scene::new();
    let mut table = "action,actor.type,actor.id\na.b,user,ada\na.b,user,\"bob\n".to_owned();
    table += &"a.b,user,eve\n".repeat(400_000);
    let file = scene.file("u.csv", table);
    let said = scene.say(&file, &[]);
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(
        said.errors.contains("begins in line 3") && said.errors.contains("quote"),
        "{said:?}"
    );
    let shown = scene.say(&file, &["--show", "1"]).success();
    assert!(shown.contains("\"ada\""), "{shown}");
}

#[test]
fn a_quote_that_the_input_ends_in_does_not_make_one_event_of_the_rows_behind_it() {
    let scene = Scene::new();
    let header = "action,actor.type,actor.id";
    for (name, last) in [
        ("line", "a.b,user,\"x\na.b,user,y\na.b,user,z\n"),
        ("nothing", "a.b,user,\"x"),
        ("doubled", "a.b,user,\"x\"\"\n"),
        ("only", "a.b,user,\""),
    ] {
        let table = format!("{header}\na.b,user,ada\n\n{last}");
        let file = scene.file(&format!("{name}.csv"), table);
        for flags in [&["--check"][..], &["--show", "5"], &[]] {
            let said = scene.say(&file, flags);
            assert_eq!(said.code, Some(1), "{name}: {said:?}");
            let place = "begins in line 4 has a quote that is not closed";
            assert!(said.errors.contains(place), "{name}: {said:?}");
            assert!(!said.errors.contains("run it again as it was"), "{said:?}");
        }
    }
    let header_alone = scene.file("header.csv", "\u{feff}\"action,actor.type\na.b,user\n");
    let error = scene.say(&header_alone, &[]).failure(1);
    assert!(error.contains("begins in line 1 has a quote"), "{error}");
    // Of each, what comes before it; as it stands on the same line, it is once a file.
    assert_eq!(scene.actors().get("ada"), Some(&4));
    assert_eq!(scene.events().len(), 4);
}

#[test]
fn quotes_that_are_no_opening_ones_are_left_alone_at_the_end_of_the_input() {
    let scene = Scene::new();
    for (name, last, actor) in [
        ("within", "a.b,user,5\" pipe", "5\" pipe"),
        ("closed", "a.b,user,\"x\"", "x"),
        ("doubled", "a.b,user,\"x\"\"\"", "x\""),
        ("behind", "a.b,user,\"x\"y\"\n\n", "xy\""),
    ] {
        let table = format!("action,actor.type,actor.id\n{last}");
        let file = scene.file(&format!("{name}.csv"), table);
        let shown = scene.say(&file, &["--show", "5"]).success();
        let event: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(event["actor"]["id"], actor, "{name}");
    }
}

#[test]
fn an_interrupted_table_goes_on_at_its_row() {
    let scene = Scene::new();
    let row = |n: usize| format!("a.b,user,u{n},\"line one\nline \"\"two\"\"\"\r\n");
    let table: String = (0..2_000).map(row).collect();
    let table = format!("action,actor.type,actor.id,reason\r\n{table}bad\r\n");
    let file = scene.file("u.csv", table);
    let gate = super::gate::Gate::new(
        [
            vec![super::gate::Turn::AtMost(1_000); 7],
            vec![super::gate::Turn::problem(401, "")],
        ]
        .concat(),
    );
    let flags = ["--batch", "100", "--connections", "1"];
    let said = say(&mut gate.ingest(&file, &flags));
    assert_eq!(said.code, Some(1), "{said:?}");
    let said = say(&mut gate.ingest(&file, &["--connections", "2"]));
    assert_eq!(said.code, Some(3), "{said:?}");
    assert!(said.errors.contains("going on after line "), "{said:?}");
    super::assert_once(&gate.actors(), 0..2_000);
    let summary: Value = serde_json::from_str(&said.output).unwrap();
    assert_eq!(
        (&summary["sent"], &summary["duplicates"]),
        (&json!(2_000), &json!(0))
    );
    let letters = scene.letters("u.csv.dead-letters.ndjson");
    assert_eq!((letters.len(), &letters[0]["line"]), (1, &json!(4_002)));
}

/// What an event of the server is without what it was given there.
fn sent(mut event: Value) -> Value {
    let members = event.as_object_mut().unwrap();
    members.retain(|name, _| !["index", "received_at"].contains(&name.as_str()));
    event
}

#[test]
fn a_whole_sheet_of_the_server_comes_back_as_it_was() {
    let scene = Scene::new();
    let event = json!({
        "action": "guardrail.updated", "occurred_at": "2026-02-13T10:28:22.123456Z",
        "actor": {"type": "agent", "id": "=x", "name": "A; =B", "metadata": {"deep": [1, {"a": null}]}},
        "on_behalf_of": [{"type": "user", "id": "1"}, {"type": "user", "id": "2"}],
        "targets": [{"type": "guardrail", "id": "g;=1", "name": "a \"quoted\"\nname"}, {"type": "x", "id": "-2"}],
        "project_id": "-prj", "result": "denied", "reason": "+1; =2", "description": "@all",
        "changes": [{"field": "t", "old": 0.4, "new": null}], "context": {"ip": "::1", "run_id": "=r"},
        "request": {"method": "PUT", "path": "/a", "status": 200, "body": {"x": [true]}},
        "attempt_id": "7", "phase": "attempt", "metadata": {"n": -5, "t": "-5", "b": false},
    });
    scene.server.post("/v1/events", &event).expect(201);
    let more = scene.file("more.ndjson", lines(0..50));
    scene.say(&more, &[]).success();
    let columns = "id,action,occurred_at,actor,on_behalf_of,targets,project_id,result,reason,description,\
                   changes,context,request,attempt_id,phase,metadata,index,category";
    let sheet = say(&mut client(
        &scene.server,
        &["query", "--format", "csv", "--columns", columns],
    ));
    let sheet = scene.file("sheet.csv", sheet.success());
    // To the server that has them: nothing is new.
    let summary = scene.summary(&sheet, &[], 0);
    assert_eq!(summary["duplicates"], 51, "{summary}");
    // To another one: the same events.
    let directory = Directory::init();
    let other = directory.serve();
    let mut command = scene.ingest(&sheet, &["--restart"]);
    command.env("EVIDENT_API_KEY", &other.organization.ingest);
    let said = say(command.env("EVIDENT_URL", other.url("")));
    assert!(
        said.errors.contains("not taken over") && said.errors.contains("index, category"),
        "{said:?}"
    );
    assert_eq!(said.code, Some(0), "{said:?}");
    let there = say(&mut client(
        &other,
        &["query", "--all", "--order", "asc", "--format", "ndjson"],
    ))
    .success();
    let sorted = |events: Vec<Value>| {
        let mut events: Vec<Value> = events.into_iter().map(sent).collect();
        events.sort_by_key(|event| event["id"].to_string());
        events
    };
    let there = there
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut here = sorted(scene.events());
    for event in &mut here {
        event["organization_id"] = json!(other.organization.id);
    }
    assert_eq!(sorted(there), here);
}

#[test]
fn the_usual_sheet_of_the_server_comes_back_as_far_as_it_can() {
    let scene = Scene::new();
    let event = json!({
        "action": "guardrail.updated", "occurred_at": "2026-02-13T10:28:22.123456Z",
        "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi"},
        "description": "=HYPERLINK", "context": {"ip": "203.0.113.7"},
    });
    scene.server.post("/v1/events", &event).expect(201);
    let sheet = say(&mut client(
        &scene.server,
        &["query", "--format", "csv", "--tz", "Asia/Kolkata"],
    ));
    let sheet = scene.file("sheet.csv", sheet.success());
    let said = scene.say(&sheet, &[]);
    for note in ["Event Category", "actors of type user", "recorded again"] {
        assert!(said.errors.contains(note), "{note}: {said:?}");
    }
    assert_eq!(said.code, Some(0), "{said:?}");
    let events = scene.events();
    assert_eq!(events.len(), 2);
    for name in ["action", "occurred_at", "description", "context"] {
        assert_eq!(events[0][name], events[1][name], "{name}");
    }
    assert_eq!(events[1]["actor"], json!({"type": "user", "id": "Ada Obi"}));
}
