//! The parameters: what they may be, what they default to, and what is said of mistakes.

use super::*;
use crate::query::Times;

#[track_caller]
fn message(parameters: &[(&str, &str)]) -> String {
    let error = refused(parameters);
    format!("{} {error}", error.code)
}

fn range(parameters: &[(&str, &str)]) -> String {
    match query(parameters).range() {
        None => "all".to_owned(),
        Some(range) => {
            let micros = range.as_micros();
            let shown = |micros| Timestamp::from_micros(micros).to_string();
            format!("{} {}", shown(micros.start), shown(micros.end)).replace(".000000Z", "Z")
        }
    }
}

#[test]
fn the_defaults() {
    let (query, page) = parsed(&[]).unwrap();
    let including_reads = parsed(&[("reads", "include")]).unwrap().0;
    assert_eq!(
        including_reads,
        Query::everything(Scope::organization("org_1"))
    );
    assert_eq!(query.order(), Order::Desc);
    assert_eq!(query.range(), None);
    assert_eq!(
        page,
        Page {
            limit: 50,
            place: PlaceAsked::First
        }
    );
}

#[test]
fn a_preset_is_resolved_in_tz() {
    assert_eq!(range(&[("range", "all_time")]), "all");
    let yesterday = ("range", "yesterday");
    assert_eq!(
        range(&[yesterday]),
        "2026-02-12T00:00:00Z 2026-02-13T00:00:00Z"
    );
    assert_eq!(
        range(&[yesterday, ("tz", "Asia/Kathmandu")]),
        "2026-02-11T18:15:00Z 2026-02-12T18:15:00Z"
    );
    assert_eq!(
        range(&[("range", "this_week"), ("week_start", "sunday")]),
        "2026-02-08T00:00:00Z 2026-02-15T00:00:00Z"
    );
}

#[test]
fn from_and_to_are_instants_or_local_midnights() {
    assert_eq!(
        range(&[
            ("from", "2026-02-12"),
            ("to", "2026-02-13"),
            ("tz", "Asia/Kolkata")
        ]),
        "2026-02-11T18:30:00Z 2026-02-12T18:30:00Z"
    );
    assert_eq!(
        range(&[
            ("from", "2026-02-12T00:00:00Z"),
            ("to", "2026-02-12T02:30:00+01:00")
        ]),
        "2026-02-12T00:00:00Z 2026-02-12T01:30:00Z"
    );
}

#[test]
fn to_is_excluded_and_from_is_not() {
    let time = "2026-02-13T10:28:22.12Z";
    assert!(finds(&[("from", time)]));
    assert!(!finds(&[("to", time)]));
    assert!(finds(&[("to", "2026-02-13T10:28:22.120001Z")]));
    assert!(!finds(&[("from", "2026-02-13T10:28:22.120001Z")]));
}

#[test]
fn bad_ranges() {
    for (parameters, expected) in [
        (
            vec![("range", "last_30_day")],
            "bad_range range: \"last_30_day\" is none of all_time, today, yesterday, this_week, \
             this_month, last_month, last_24_hours, last_7_days, last_30_days, last_90_days, \
             this_year, last_year; did you mean \"last_30_days\"?",
        ),
        (
            vec![("range", "today"), ("to", "2026-02-13")],
            "bad_range range: a range and from or to exclude each other: give one or the other",
        ),
        (
            vec![("from", "2026-02-13"), ("to", "2026-02-13")],
            "bad_range to: to (2026-02-13T00:00:00.000000Z) is not after from \
             (2026-02-13T00:00:00.000000Z), and is itself excluded: give a later one; for one \
             whole day, the date of the next",
        ),
        (
            vec![("from", "13.02.2026")],
            "bad_time from: \"13.02.2026\" is not a time: expected RFC 3339, such as \
             2026-02-13T10:28:22.12Z; or give a date alone, such as 2026-02-13, for its midnight \
             in tz",
        ),
        (
            vec![("to", "2026-02-30")],
            "bad_time to: \"2026-02-30\" has no such day: expected 01 to the last day of that \
             month; or give a date alone, such as 2026-02-13, for its midnight in tz",
        ),
        (
            vec![("tz", "Kolkata")],
            "bad_zone tz: \"Kolkata\" is not an IANA time zone: expected a name such as \
             Europe/Berlin or UTC; did you mean \"Asia/Kolkata\"?",
        ),
        (
            vec![("tz", "Europe/Berln")],
            "bad_zone tz: \"Europe/Berln\" is not an IANA time zone: expected a name such as \
             Europe/Berlin or UTC; did you mean \"Europe/Berlin\"?",
        ),
        (
            vec![("week_start", "Sunday")],
            "bad_week_start week_start: \"Sunday\" is none of monday, sunday; did you mean \
             \"sunday\"?",
        ),
    ] {
        assert_eq!(message(&parameters), expected);
    }
}

#[test]
fn event_type_and_result_mean_any_of_the_given() {
    assert!(finds(&[
        ("event_type", "System Events"),
        ("event_type", "Policy Changes")
    ]));
    assert!(!finds(&[("event_type", "System Events")]));
    assert!(finds(&[("result", "denied"), ("result", "success")]));
    assert!(!finds(&[("result", "denied"), ("result", "failed")]));
    assert!(!finds(&[
        ("event_type", "Policy Changes"),
        ("result", "failed")
    ]));
}

#[test]
fn phase_is_attempts_or_outcomes() {
    assert!(finds(&[("phase", "outcome")]));
    assert!(!finds(&[("phase", "attempt")]));
}

#[test]
fn words_that_are_not_known_are_refused() {
    for (parameter, value, code, meant) in [
        ("level", "projekt", "bad_level", Some("project")),
        (
            "event_type",
            "policy changes",
            "bad_event_type",
            Some("Policy Changes"),
        ),
        ("result", "failure", "bad_result", Some("failed")),
        ("result", "fail", "bad_result", Some("failed")),
        ("result", "succes", "bad_result", Some("success")),
        ("phase", "outcomes", "bad_phase", Some("outcome")),
        ("order", "descending", "bad_order", None),
        ("order", "acs", "bad_order", Some("asc")),
        ("match", "", "bad_match", None),
        ("project_id", "", "bad_project_id", None),
        ("cursor", "", "bad_cursor", None),
    ] {
        let error = refused(&[(parameter, value)]);
        assert_eq!(
            (error.code, error.parameter.as_str()),
            (code, parameter),
            "{value}"
        );
        assert_eq!(error.suggestion.as_deref(), meant, "{value}");
    }
    assert_eq!(
        message(&[("result", "succes")]),
        "bad_result result: \"succes\" is none of success, failed, denied, warning, approved, \
         allowed; did you mean \"success\"?"
    );
}

#[test]
fn limit_is_1_to_500() {
    for (text, limit) in [("1", 1), ("500", 500), ("050", 50)] {
        assert_eq!(parsed(&[("limit", text)]).unwrap().1.limit, limit);
    }
    for text in [
        "0",
        "501",
        "-1",
        "+5",
        "5.0",
        "",
        "ten",
        "99999999999999999999",
    ] {
        assert_eq!(refused(&[("limit", text)]).code, "bad_limit", "{text}");
    }
    assert_eq!(
        message(&[("limit", "501")]),
        "bad_limit limit: \"501\" is not a number from 1 to 500"
    );
}

#[test]
fn a_cursor_is_passed_through() {
    let (_, page) = parsed(&[("cursor", "b3BhcXVl==")]).unwrap();
    assert_eq!(page.place, PlaceAsked::Cursor("b3BhcXVl==".to_owned()));
}

#[test]
fn around_is_an_event_and_excludes_a_cursor() {
    const ID: &str = "01980000-0000-7000-8000-000000000001";
    let (_, page) = parsed(&[("around", &ID.to_uppercase())]).unwrap();
    assert_eq!(page.place, PlaceAsked::Around(EventId::parse(ID).unwrap()));
    for parameters in [
        vec![("around", "")],
        vec![("around", "42")],
        vec![("around", ID), ("cursor", "x")],
    ] {
        assert_eq!(refused(&parameters).code, "bad_around", "{parameters:?}");
    }
}

#[test]
fn attempt_and_reads_are_words() {
    for (name, text, code) in [
        ("attempt", "closed", "bad_attempt"),
        ("attempt", "", "bad_attempt"),
        ("reads", "only", "bad_reads"),
    ] {
        assert_eq!(refused(&[(name, text)]).code, code, "{name} {text}");
    }
    assert_eq!(
        message(&[("attempt", "opne")]),
        "bad_attempt attempt: \"opne\" is none of open; did you mean \"open\"?"
    );
}

#[test]
fn an_unknown_parameter_is_refused() {
    for (name, meant) in [
        ("filters", Some("filter")),
        ("Level", Some("level")),
        ("project", Some("project_id")),
        ("projectid", Some("project_id")),
        ("event-type", Some("event_type")),
        ("", None),
        ("attempts", Some("attempt")),
        ("query", None),
    ] {
        let error = refused(&[(name, "x")]);
        assert_eq!(error.code, "unknown_parameter", "{name}");
        assert_eq!(error.suggestion.as_deref(), meant, "{name}");
    }
    assert_eq!(
        message(&[("filters", "x")]),
        "unknown_parameter filters: there is no such parameter: use project_id, level, range, tz, \
         week_start, from, to, filter, match, action, event_type, result, phase, attempt, q, \
         reads, order, limit, cursor, around; did you mean \"filter\"?"
    );
}

#[test]
fn repeating_a_parameter_that_has_one_value_is_refused() {
    let values = [
        ("project_id", "prj_1"),
        ("level", "project"),
        ("range", "today"),
        ("tz", "UTC"),
        ("week_start", "monday"),
        ("from", "2026-02-12"),
        ("to", "2026-02-14"),
        ("filter", "action:is:x"),
        ("match", "all"),
        ("action", "x"),
        ("event_type", "System Events"),
        ("result", "failed"),
        ("phase", "outcome"),
        ("attempt", "open"),
        ("q", "x"),
        ("reads", "include"),
        ("order", "asc"),
        ("limit", "5"),
        ("cursor", "x"),
        ("around", "01980000-0000-7000-8000-000000000001"),
    ];
    assert_eq!(
        values.map(|(name, _)| name),
        *PARAMETERS.iter().map(|p| p.0).collect::<Vec<_>>()
    );
    for (parameter, &(_, times, _)) in values.into_iter().zip(PARAMETERS) {
        assert!(parsed(&[parameter]).is_ok(), "{parameter:?}");
        match (parsed(&[parameter, parameter]), times) {
            (Ok(_), Times::Repeated) => {}
            (Err(error), Times::Once) => assert_eq!(error.code, "repeated_parameter"),
            (other, _) => panic!("{parameter:?}: {other:?}"),
        }
    }
}

#[test]
fn numbers_and_lengths_are_bounded() {
    let repeated = |parameter, count| vec![parameter; count];
    let (filter, action) = (("filter", "action:is:x"), ("action", "x"));
    assert!(parsed(&repeated(filter, MAX_FILTERS)).is_ok());
    assert_eq!(
        refused(&repeated(filter, MAX_FILTERS + 1)).code,
        "too_many_filters"
    );
    assert!(parsed(&repeated(action, MAX_PATTERNS)).is_ok());
    assert_eq!(
        refused(&repeated(action, MAX_PATTERNS + 1)).code,
        "too_many_patterns"
    );
    let result = ("result", "failed");
    assert!(parsed(&repeated(result, MAX_PARAMETERS)).is_ok());
    assert_eq!(
        refused(&repeated(result, MAX_PARAMETERS + 1)).code,
        "too_many_parameters"
    );
    for &(name, _, max_bytes) in PARAMETERS {
        let error = refused(&[(name, &"x".repeat(max_bytes + 1))]);
        assert_eq!(
            (error.code, error.parameter.as_str()),
            ("value_too_long", name)
        );
    }
    let error = refused(&[(&"x".repeat(100_000), "x")]);
    assert!(error.to_string().len() < 500);
}

#[test]
fn asc_is_the_exact_reverse_of_desc() {
    let at = |micros, index| (Timestamp::from_micros(micros), index);
    let mut events = [at(2, 0), at(1, 9), at(1, 3), at(3, 1)];
    events.sort_by(|a, b| Order::Asc.compare(*a, *b));
    assert_eq!(events, [at(1, 3), at(1, 9), at(2, 0), at(3, 1)]);
    let ascending = events;
    events.sort_by(|a, b| Order::Desc.compare(*a, *b));
    events.reverse();
    assert_eq!(events, ascending);
}
