//! Events that are hard to write: texts, numbers and times at the edges of what formats can hold.

#![allow(clippy::unwrap_used)]

use evident_event::{canonical, json};
use evident_store::index::WalkedEvent;
use serde_json::{Value, json};

use crate::query::fixtures::walked;

/// Texts that programs take for something else, or cannot hold.
fn texts() -> Vec<String> {
    let plain = [
        "",
        " ",
        "a",
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "{=1+1}",
        "\t=1",
        "\r=1",
        "＝1",
        "x;=1",
        "'",
        "'=1",
        "007",
        "1e5",
        "TRUE",
        "2026-01-01",
        "#N/A",
        "http://example.com/",
        "mailto:a@example.com",
        "internal:Events!A1",
        "=HYPERLINK(\"http://example.com\",\"x\")",
        "<b>&amp;\"'</b>",
        "]]><x/>",
        "a\0b",
        "lone\rreturn",
        "two\r\nlines",
        "\n around \t",
        "\u{1}\u{1f}\u{7f}\u{85}\u{2028}",
        "_x0041_ _x005F_",
        "_x0041",
        "\u{fffe}\u{ffff}",
        "\u{202e}gnp.exe\u{202c}",
        "\u{feff}mark",
        "👩‍👩‍👧‍👦 🇩🇪 e\u{301}",
        "\"q\", \\b",
        "null",
        "a,b;c\td",
    ];
    let mut texts: Vec<String> = plain.map(str::to_owned).into();
    texts.push("x".repeat(32_767));
    texts.push("x".repeat(32_768));
    texts.push("é".repeat(40_000));
    texts.push("😀".repeat(20_000));
    texts.push("<\u{1}".repeat(20_000));
    texts
}

/// Values beside texts.
fn values() -> Vec<Value> {
    let texts = [
        "0",
        "-1",
        "0.1",
        "1e-7",
        "1e21",
        "1.7976931348623157e308",
        "5e-324",
        "2.2250738585072014e-308",
        "9007199254740991",
        "-9007199254740991",
        "true",
        "false",
        "null",
        "[]",
        "{}",
        "[1]",
        "[1,null,[\"a\",true]]",
        "{\"k\":[1,\"=2\"]}",
        "\"12\"",
        "\"true\"",
    ];
    texts.map(|text| serde_json::from_str(text).unwrap()).into()
}

/// Instants, at those where calendars and clocks are odd.
const TIMES: [&str; 11] = [
    "0001-01-01T00:00:00.000000Z",
    "1582-10-15T12:00:00.000000Z",
    "1899-12-31T22:59:59.999999Z",
    "1899-12-31T23:59:59.999999Z",
    "1900-01-01T12:00:00.000000Z",
    "1900-02-28T12:30:00.500000Z",
    "1900-03-01T00:00:00.000000Z",
    "1970-01-01T00:00:00.000000Z",
    "2026-02-13T10:28:22.123999Z",
    "2026-10-25T00:30:00.000000Z",
    "9999-12-31T23:59:59.999999Z",
];

/// An event of these canonical members.
fn event(index: u64, value: &Value) -> WalkedEvent {
    let text = value.to_string();
    let parsed = json::parse(text.as_bytes(), json::MAX_DEPTH).unwrap();
    let mut bytes = Vec::new();
    canonical::write(&parsed, &mut bytes);
    walked(index, std::str::from_utf8(&bytes).unwrap())
}

/// All of them.
pub(super) fn events() -> Vec<WalkedEvent> {
    let (texts, values) = (texts(), values());
    let count = texts.len();
    let events = texts.iter().enumerate().map(|(at, text)| {
        let mut object = json!({
            "action": "model.deployed", "actor": {"type": "user", "id": format!("u{at}")},
            "id": format!("018f0000-0000-7000-8000-{at:012}"),
            "description": text, "metadata": {"text": text, "value": values[at % values.len()]},
            "name": "Model Deployed", "category": "Models", "organization_id": "org_1",
            "occurred_at": TIMES[at % TIMES.len()], "received_at": "2026-02-13T10:28:22.120000Z",
        });
        if at % 2 == 0 {
            object["actor"]["name"] = json!(text);
            object["actor"]["metadata"] = json!({"team": text});
            object["context"] = json!({"ip": "2001:db8::1", "user_agent": text});
            object["targets"] =
                json!([{"type": "model", "id": text}, {"type": "model", "id": "m2"}]);
            object["changes"] = json!([{"field": "a", "old": null, "new": text}]);
        }
        if at % 3 == 0 {
            object["on_behalf_of"] =
                json!([{"type": "user", "id": "boss", "email": "boss@example.com"}]);
            object["request"] =
                json!({"method": "POST", "status": 200 + at, "body": values[at % values.len()]});
        }
        event(at as u64 * 3, &object)
    });
    let mut events: Vec<WalkedEvent> = events.collect();
    // Little more than nothing, and a number that signed ones cannot hold everywhere.
    events.push(event(
        count as u64 * 3,
        &json!({
            "description": "", "occurred_at": TIMES[0], "metadata": {},
        }),
    ));
    events
}
