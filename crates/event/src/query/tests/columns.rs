//! Columns: every part of an event can be shown, and as what.

use super::*;
use crate::query::{Column, field, names};
use crate::time::zone::Zone;

fn shown(name: &str, event: &str, zone: &Zone) -> String {
    let event = json(event);
    let candidate = Candidate {
        event: &event,
        index: 7,
        has_outcome: false,
    };
    let column = Column::parse("columns", name).unwrap();
    column.cell(&candidate, zone).into_owned()
}

fn cell(name: &str, event: &str) -> String {
    shown(name, event, &Zone::utc())
}

#[test]
fn a_column_has_the_values_that_filters_meet() {
    let event = json(EVENT);
    for name in names::known() {
        let field = Field::parse("columns", &name).unwrap();
        if ["index", "user", "authority"].contains(&name.as_str()) {
            continue;
        }
        let values = field::values(&field, &event).join("; ");
        assert_eq!(cell(&name, EVENT), values, "{name}");
    }
    assert_eq!(cell("index", EVENT), "7");
    assert_eq!(cell("metadata.nowhere", EVENT), "");
}

#[test]
fn several_values_stand_in_the_events_order() {
    let event = r#"{"targets":[{"id":"z"},{"id":"a"},{"id":"z"}],
                    "metadata":{"n":[3,null,[1,true]],"empty":[]}}"#;
    assert_eq!(cell("target.id", event), "z; a; z");
    assert_eq!(cell("metadata.n", event), "3; 1; true");
    assert_eq!(cell("metadata.empty", event), "");
}

#[test]
fn parties_are_shown_by_what_they_are_known_by() {
    let event = r#"{"actor":{"type":"user","id":"u1","email":"ada@example.com"},
                    "on_behalf_of":[{"type":"user","id":"u2","name":"Bo"}]}"#;
    assert_eq!(cell("user", event), "ada@example.com");
    assert_eq!(cell("authority", event), "Bo; ada@example.com");
}

#[test]
fn members_that_hold_members_or_are_not_indexed_are_json() {
    let event = r#"{"actor":{"id":"u1","metadata":{"team":"red"},"type":"user"},
        "changes":[{"field":"a","new":{"x":1},"old":null},{"field":"b","new":2}],
        "metadata":{"b":[1,"x"],"deep":{"c":"\u0001"}},
        "on_behalf_of":[{"id":"u2","metadata":{"team":"blue"},"type":"user"}],
        "request":{"body":["text"],"response":"plain"},
        "targets":[{"id":"t","type":"x"}]}"#;
    for (name, expected) in [
        (
            "actor",
            r#"{"id":"u1","metadata":{"team":"red"},"type":"user"}"#,
        ),
        ("actor.metadata", r#"{"team":"red"}"#),
        ("authority.metadata", r#"{"team":"red"}; {"team":"blue"}"#),
        (
            "changes",
            r#"[{"field":"a","new":{"x":1},"old":null},{"field":"b","new":2}]"#,
        ),
        ("changes.old", "null"),
        ("changes.new", r#"{"x":1}; 2"#),
        ("metadata", r#"{"b":[1,"x"],"deep":{"c":"\u0001"}}"#),
        ("metadata.deep", r#"{"c":"\u0001"}"#),
        (
            "on_behalf_of",
            r#"[{"id":"u2","metadata":{"team":"blue"},"type":"user"}]"#,
        ),
        ("request", r#"{"body":["text"],"response":"plain"}"#),
        ("request.body", r#"["text"]"#),
        ("request.response", r#""plain""#),
        ("target", r#"[{"id":"t","type":"x"}]"#),
        ("targets", r#"[{"id":"t","type":"x"}]"#),
        ("context", ""),
    ] {
        assert_eq!(cell(name, event), expected, "{name}");
    }
}

#[test]
fn every_member_of_the_record_can_be_shown_whole() {
    let event = json(EVENT);
    for (name, _) in event.as_object().unwrap() {
        assert!(Column::parse("columns", name).is_ok(), "{name}");
    }
}

#[test]
fn instants_are_shown_as_a_local_clock_shows_them() {
    let berlin = Zone::named("Europe/Berlin").unwrap();
    for (name, local) in [
        ("occurred_at", "2026-02-13T11:28:22.120000+01:00"),
        ("received_at", "2026-02-13T11:28:22.130000+01:00"),
    ] {
        assert_eq!(shown(name, EVENT, &berlin), local);
    }
    let event = r#"{"metadata":{"occurred_at":"2026-02-13T10:28:22.120000Z"}}"#;
    let own = shown("metadata.occurred_at", event, &berlin);
    assert_eq!(
        own, "2026-02-13T10:28:22.120000Z",
        "what is the sender's own stays"
    );
}

#[test]
fn what_no_event_can_have_is_no_column() {
    for (name, code) in [
        ("", "bad_field"),
        ("ip", "unknown_field"),
        ("actor.nme", "unknown_field"),
        ("user.email", "unknown_field"),
        ("request.body.x", "not_indexed"),
        ("changes.old.x", "not_indexed"),
        ("action.x", "unknown_field"),
    ] {
        let error = Column::parse("columns", name).unwrap_err();
        assert_eq!(
            (error.code, error.parameter.as_str()),
            (code, "columns"),
            "{name}"
        );
    }
}
