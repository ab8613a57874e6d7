//! Attempts, Evident's own records, and what an event is shown and known as.

use super::*;
use crate::query::{field, names};

fn candidate<'e>(event: &'e Json<'_>, has_outcome: bool) -> Candidate<'e> {
    Candidate {
        event,
        index: 7,
        has_outcome,
    }
}

#[test]
fn an_open_attempt_is_an_attempt_without_an_outcome() {
    let attempt = r#"{"organization_id": "org_1", "phase": "attempt", "attempt_id": "a"}"#;
    let attempt = json(attempt);
    let open = query(&[("attempt", "open")]);
    assert!(open.asks_for_outcomes());
    assert!(!query(&[("phase", "attempt")]).asks_for_outcomes());
    assert!(open.matches(&candidate(&attempt, false)));
    assert!(!open.matches(&candidate(&attempt, true)));
    assert!(!open.matches(&candidate(&json(EVENT), false)));
    let neither = query(&[("attempt", "open"), ("phase", "outcome")]);
    assert!(!neither.matches(&candidate(&attempt, false)));
}

#[test]
fn an_outcome_names_its_attempt() {
    assert_eq!(outcome_of(&json(EVENT)), Some("att_1"));
    for none in [
        r#"{"phase": "attempt", "attempt_id": "a"}"#,
        r#"{"phase": "outcome"}"#,
        r#"{"phase": "outcome", "attempt_id": null}"#,
    ] {
        assert_eq!(outcome_of(&json(none)), None, "{none}");
    }
}

#[test]
fn records_of_reading_are_left_out_unless_asked_for() {
    let read = json(r#"{"organization_id": "org_1", "action": "audit_log.read"}"#);
    assert!(!matches(&query(&[]), &read, 0));
    assert!(!matches(&query(&[("reads", "exclude")]), &read, 0));
    assert!(matches(&query(&[("reads", "include")]), &read, 0));
    assert!(!matches(&query(&[("action", "audit_log.*")]), &read, 0));
    let other = json(r#"{"organization_id": "org_1", "action": "audit_log.reader"}"#);
    assert!(matches(&query(&[]), &other, 0));
}

/// What an event is counted under for a field.
fn shown(path: &str, event: &str) -> Vec<String> {
    let field = Field::parse("fields", path).unwrap();
    let event = json(event);
    let shown = field::shown(&field, &candidate(&event, false));
    shown.into_iter().map(|value| value.into_owned()).collect()
}

#[test]
fn a_user_is_shown_by_name_else_email_else_id() {
    for (actor, expected) in [
        (r#"{"id": "u", "email": "e", "name": "n"}"#, vec!["n"]),
        (r#"{"id": "u", "email": "e"}"#, vec!["e"]),
        (r#"{"id": "u", "email": "e", "name": ""}"#, vec!["e"]),
        (r#"{"id": "u", "email": null, "name": null}"#, vec!["u"]),
        ("{}", vec![]),
    ] {
        assert_eq!(shown("user", &format!(r#"{{"actor": {actor}}}"#)), expected);
    }
    assert_eq!(shown("authority", EVENT), ["Ada Obi", "Bo Li", "agt_3"]);
    assert_eq!(shown("authority.id", EVENT), ["agt_3", "usr_1", "usr_9"]);
}

#[test]
fn an_event_is_counted_once_for_each_distinct_value() {
    let event = r#"{"targets": [{"id": "b"}, {"id": "a"}, {"id": "b"}], "metadata": {"n": [1, "1", null]}}"#;
    assert_eq!(shown("target.id", event), ["a", "b"]);
    assert_eq!(shown("metadata.n", event), ["1"]);
    assert_eq!(shown("metadata.m", event), [""; 0]);
    assert_eq!(shown("index", event), ["7"]);
}

#[test]
fn an_event_has_a_value_for_each_of_its_names_and_no_others() {
    let event = json(EVENT);
    let own = names::of(&event);
    for name in &own {
        let field = Field::parse("field", name).unwrap();
        assert_eq!(field.name(), name, "the name is spelled as the field is");
        assert!(
            !field::values_of(&field, &candidate(&event, false)).is_empty(),
            "{name}"
        );
    }
    for name in names::known().difference(&own) {
        let field = Field::parse("field", name).unwrap();
        assert!(
            field::values_of(&field, &candidate(&event, false)).is_empty(),
            "{name}"
        );
    }
    for name in [
        "user",
        "event",
        "authority",
        "authority.email",
        "metadata.tags",
        "metadata.steps.name",
        r"metadata.a\.b\:c\\d",
        "metadata.empty",
        "target.metadata.shade",
        "actor.metadata.team",
        "changes.field",
        "request.status",
    ] {
        assert!(own.contains(name), "{name}");
    }
    for name in [
        "metadata.off",
        "metadata.none",
        "request.body",
        "request.body.a",
        "reason",
        "metadata",
    ] {
        assert!(!own.contains(name), "{name}");
    }
}

#[test]
fn every_known_name_is_a_field() {
    for name in names::known() {
        assert_eq!(Field::parse("field", &name).unwrap().name(), name);
    }
    assert!(names::known().contains("context.trace_id"));
}

#[test]
fn a_followed_query_rolls_with_the_clock() {
    let later = Timestamp::parse_rfc3339("2026-02-14T00:00:01Z").unwrap();
    let today = query(&[("range", "today")]);
    let tomorrow = today.clone().followed_at(later);
    assert_ne!(tomorrow.range(), today.range());
    assert_eq!(tomorrow.fingerprint(), today.fingerprint());
    let fixed = query(&[("from", "2026-02-13")]);
    assert_eq!(fixed.clone().followed_at(later), fixed);
    let rolling = query(&[("range", "last_24_hours")]).followed_at(later);
    let event = |at: &str| format!(r#"{{"organization_id": "org_1", "occurred_at": "{at}"}}"#);
    for (at, is_in) in [
        ("2026-02-13T00:00:00.999999Z", false),
        ("2026-02-13T00:00:01Z", true),
        ("2026-02-14T00:00:01Z", true),
        ("2026-02-14T00:05:00Z", true),
    ] {
        assert_eq!(matches(&rolling, &json(&event(at)), 0), is_in, "{at}");
    }
}
