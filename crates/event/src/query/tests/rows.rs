//! Rows: what is found in canonical bytes is what the parsed event has.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::*;
use crate::canonical;
use crate::json::{MAX_DEPTH, parse};
use crate::query::row::{Columns, NotCanonical, Places};
use crate::query::{Column, ColumnKind, names};
use crate::time::zone::Zone;

/// Names that records have, and some that are hard to find.
const NAMES: [&str; 20] = [
    "id", "name", "email", "type", "metadata", "field", "old", "new", "ip", "run_id", "status",
    "body", "x", "a.b", "q\"q", "\\", "é\u{1}", "😀", "\u{e000}", "",
];
/// Names of members of the record, and one of none.
const MEMBERS: [&str; 17] = [
    "action",
    "actor",
    "category",
    "changes",
    "context",
    "description",
    "id",
    "level",
    "metadata",
    "name",
    "occurred_at",
    "on_behalf_of",
    "reason",
    "received_at",
    "request",
    "targets",
    "\"\n",
];
/// Columns beside those that every event may have.
const COLUMNS: [&str; 16] = [
    "metadata",
    "metadata.x",
    "metadata.x.x",
    "metadata.a\\.b",
    "metadata.q\"q",
    "metadata.\\\\",
    "metadata.é\u{1}",
    "metadata.😀.name",
    "changes",
    "changes.old",
    "targets",
    "target.metadata",
    "target.metadata.x",
    "authority.metadata",
    "request",
    "request.body",
];

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(Value::from("")),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[a-c\"\\\\; ]{1,3}".prop_map(Value::from),
        (-99_999_999_999_999_i64..4_000_000_000_000_000)
            .prop_map(|micros| Value::from(Timestamp::from_micros(micros).to_string())),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        let name = prop::sample::select(&NAMES[..]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name, inner), 0..6).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&str, Value)>) -> Value {
    let members = members.into_iter();
    Value::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}

fn events() -> impl Strategy<Value = Value> {
    let member = prop::sample::select(&MEMBERS[..]);
    prop::collection::vec((member, values()), 0..12).prop_map(object)
}

fn columns() -> Vec<Column> {
    let known = names::known();
    let all = known.iter().map(String::as_str).chain(COLUMNS);
    all.map(|name| Column::parse("columns", name).unwrap())
        .collect()
}

fn canonical_of(event: &Value) -> Option<Vec<u8>> {
    let text = event.to_string();
    // A number that doubles cannot carry is refused.
    let parsed = parse(text.as_bytes(), MAX_DEPTH).ok()?;
    let mut canonical = Vec::new();
    canonical::write(&parsed, &mut canonical);
    Some(canonical)
}

proptest! {
    #[test]
    fn a_cell_has_the_same_text_as_that_of_the_parsed_event(event in events(), index in any::<u64>()) {
        let Some(canonical) = canonical_of(&event) else {
            return Ok(());
        };
        let parsed = parse(&canonical, MAX_DEPTH).unwrap();
        let candidate = Candidate { event: &parsed, index, has_outcome: false };
        let columns = columns();
        let ready = Columns::new(&columns);
        let (mut places, mut buffer) = (Places::default(), "left over".to_owned());
        for zone in ["UTC", "America/St_Johns"] {
            let zone = Zone::named(zone).unwrap();
            let row = ready.row(index, &canonical, &mut places).unwrap();
            for (at, column) in columns.iter().enumerate() {
                let text = row.text(at, &zone, &mut buffer).unwrap();
                prop_assert_eq!(text, column.cell(&candidate, &zone), "{:?}", column);
            }
        }
    }

    #[test]
    fn a_value_as_json_is_json(event in events()) {
        let Some(canonical) = canonical_of(&event) else {
            return Ok(());
        };
        let columns = columns();
        let ready = Columns::new(&columns);
        let mut places = Places::default();
        let row = ready.row(7, &canonical, &mut places).unwrap();
        for (at, column) in columns.iter().enumerate() {
            let mut out = b"[".to_vec();
            let is_there = row.json(at, &mut out).unwrap();
            prop_assert_eq!(is_there, out.len() > 1);
            out.push(b']');
            let written: Value = serde_json::from_slice(&out).unwrap();
            if is_there && column.is_list() {
                prop_assert!(written[0].is_array(), "{:?}: {}", column, written);
            }
        }
    }

    #[test]
    fn an_event_that_was_cut_short_has_no_row(event in events(), cut in any::<prop::sample::Index>()) {
        let Some(canonical) = canonical_of(&event) else {
            return Ok(());
        };
        let cut = &canonical[..cut.index(canonical.len())];
        let columns = columns();
        let mut places = Places::default();
        let found = Columns::new(&columns).row(7, cut, &mut places).map(|_| ());
        prop_assert_eq!(found, Err(NotCanonical));
    }

    #[test]
    fn other_bytes_end_it_without_harm(bytes in "[{}\\[\\]\",:\\\\a1]{0,40}") {
        let columns = columns();
        let ready = Columns::new(&columns);
        for bytes in [bytes.clone(), format!("{{\"metadata\":{bytes}}}"), format!("{{\"actor\":{{\"id\":{bytes}}}}}")] {
            let mut places = Places::default();
            if let Ok(row) = ready.row(7, bytes.as_bytes(), &mut places) {
                for at in 0..columns.len() {
                    let _ = row.text(at, &Zone::utc(), &mut String::new());
                    let _ = row.json(at, &mut Vec::new());
                    let _ = row.value_text(at, &mut String::new());
                }
            }
        }
    }
}

/// What programs are given of an event: as JSON, and as text.
fn given(name: &str, event: &str) -> (Option<String>, Option<String>) {
    let event = canonical_of(&serde_json::from_str(event).unwrap()).unwrap();
    let columns = [Column::parse("columns", name).unwrap()];
    let ready = Columns::new(&columns);
    let mut places = Places::default();
    let row = ready.row(7, &event, &mut places).unwrap();
    let (mut out, mut buffer) = (Vec::new(), String::new());
    let is_there = row.json(0, &mut out).unwrap();
    let json = is_there.then(|| String::from_utf8(out).unwrap());
    let text = row.value_text(0, &mut buffer).unwrap();
    (json, text.map(str::to_owned))
}

#[test]
fn programs_are_given_values_as_they_are() {
    let event = r#"{"actor":{"id":"u1","email":"a@b","name":""},"metadata":{"n":5,"s":"x\ny",
        "none":null,"o":{"k":[1,null]},"many":[{"k":1},{"k":"b"}]},
        "occurred_at":"2026-02-13T10:28:22.120000Z","on_behalf_of":[{"id":"u0"}],
        "request":{"body":null,"status":200},"targets":[{"id":"t1"}]}"#;
    let both = |json: &str, text: &str| (Some(json.to_owned()), Some(text.to_owned()));
    for (name, json, text) in [
        ("metadata.n", "5", "5"),
        ("metadata.s", r#""x\ny""#, "x\ny"),
        ("metadata.o", r#"{"k":[1,null]}"#, r#"{"k":[1,null]}"#),
        ("metadata.o.k", "[1,null]", "[1,null]"),
        ("metadata.many.k", r#"[1,"b"]"#, r#"[1,"b"]"#),
        (
            "occurred_at",
            r#""2026-02-13T10:28:22.120000Z""#,
            "2026-02-13T10:28:22.120000Z",
        ),
        ("user", r#""a@b""#, "a@b"),
        ("request.status", "200", "200"),
        // Null is what was sent there, and not the lack of it.
        ("request.body", "null", "null"),
        // A list with one item is a list.
        ("target.id", r#"["t1"]"#, r#"["t1"]"#),
        ("targets", r#"[{"id":"t1"}]"#, r#"[{"id":"t1"}]"#),
        ("authority", r#"["a@b","u0"]"#, r#"["a@b","u0"]"#),
        ("authority.id", r#"["u1","u0"]"#, r#"["u1","u0"]"#),
        ("index", "7", "7"),
    ] {
        assert_eq!(given(name, event), both(json, text), "{name}");
    }
    assert_eq!(
        given("metadata.none", event),
        (Some("null".to_owned()), None)
    );
    assert_eq!(given("metadata.nowhere", event), (None, None));
    assert_eq!(given("target.name", event), (None, None));
}

#[test]
fn instants_and_integers_are_read_or_refused() {
    let columns = ["occurred_at", "request.status", "index"];
    let columns = columns.map(|name| Column::parse("columns", name).unwrap());
    let ready = Columns::new(&columns);
    let kinds = [ColumnKind::Instant, ColumnKind::Integer, ColumnKind::Index];
    let mut places = Places::default();
    let event = br#"{"occurred_at":"1970-01-01T00:00:01.000000Z","request":{"status":404}}"#;
    let row = ready.row(7, event, &mut places).unwrap();
    assert!(row.kinds().eq(kinds));
    assert_eq!(row.instant(0), Ok(Some(Timestamp::from_micros(1_000_000))));
    assert_eq!(
        (row.integer(1), row.integer(2)),
        (Ok(Some(404)), Ok(Some(7)))
    );
    let row = ready.row(7, b"{}", &mut places).unwrap();
    assert_eq!((row.instant(0), row.integer(1)), (Ok(None), Ok(None)));
    let odd = br#"{"occurred_at":"yesterday","request":{"status":"ok"}}"#;
    let row = ready.row(u64::MAX, odd, &mut places).unwrap();
    assert_eq!(row.instant(0), Err(NotCanonical));
    assert_eq!(
        (row.integer(1), row.integer(2)),
        (Err(NotCanonical), Err(NotCanonical))
    );
}

#[test]
fn only_what_is_no_text_is_plain() {
    let event = br#"{"metadata":{"b":true,"l":[1],"m":[1,2],"n":-0.5,"o":{},"s":"1","z":null}}"#;
    for (name, plain) in [
        ("b", Some("true")),
        ("l", Some("1")),
        ("m", None),
        ("n", Some("-0.5")),
        ("o", None),
        ("s", None),
        ("z", None),
    ] {
        let columns = [Column::parse("columns", &format!("metadata.{name}")).unwrap()];
        let ready = Columns::new(&columns);
        let mut places = Places::default();
        let row = ready.row(7, event, &mut places).unwrap();
        assert_eq!(row.only_plain(0), plain.map(str::as_bytes), "{name}");
    }
}
