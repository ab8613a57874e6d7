//! Parameters of a query, one `name=value` a line: refused with a reason, or a question that stays
//! the same however it is put.

#![no_main]

use std::sync::LazyLock;

use evident_event::json::{self, Json, MAX_DEPTH};
use evident_event::query::field::MAX_PATH_BYTES;
use evident_event::query::{
    Candidate, Condition, Field, MAX_LIMIT, MAX_PARAMETERS, Page, PlaceAsked, Query, QueryError,
    Scope, Test, fold,
};
use evident_event::time::Timestamp;
use evident_fuzz::{NOW_MICROS, ORGANIZATION, catalog};
use libfuzzer_sys::fuzz_target;

/// What an error repeats of what came is shortened, and its advice is not long.
const MAX_MESSAGE_BYTES: usize = 4096;

const EVENT: &[u8] = br#"{
    "id": "0198c5f0-7c1e-7000-8000-000000000001", "action": "role.created", "name": "Role created",
    "category": "Roles", "event_type": "User Actions", "badge": "Role Change",
    "level": "organization", "catalog_version": "1", "organization_id": "org_acme",
    "project_id": "prj_1", "occurred_at": "2026-02-13T10:28:22.120000Z",
    "received_at": "2026-02-13T10:28:25.000000Z", "result": "success", "phase": "outcome",
    "actor": {"type": "user", "id": "usr_1", "name": "Ada Obi", "metadata": {"a.b": [1, null, "x"]}},
    "on_behalf_of": [{"type": "user", "id": "usr_9"}],
    "targets": [{"type": "role", "id": "r_1"}, {"type": "role", "id": "r_2"}],
    "changes": [{"field": "threshold", "old": 0.4, "new": 0.7}],
    "context": {"ip": "203.0.113.7"}, "request": {"status": 200},
    "metadata": {"role_name": "Auditor", "n": 1e21, "deep": {"deeper": [true, {"x": "y"}]}}
}"#;

type Parameters<'p> = Vec<(&'p str, &'p str)>;

fn event() -> &'static Json<'static> {
    static PARSED: LazyLock<Json<'static>> =
        LazyLock::new(|| json::parse(EVENT, MAX_DEPTH).expect("the event is JSON"));
    &PARSED
}

fn alias(text: &str) -> Option<String> {
    catalog().name_for_alias(text).map(str::to_owned)
}

fn parse(scope: Scope, parameters: &Parameters<'_>) -> Result<(Query, Page), QueryError> {
    let now = Timestamp::from_micros(NOW_MICROS);
    Query::parse(scope, parameters.iter().copied(), now, &alias)
}

fn matches(query: &Query) -> bool {
    query.matches(&candidate())
}

fn candidate() -> Candidate<'static> {
    Candidate {
        event: event(),
        index: 7,
        has_outcome: false,
    }
}

/// A condition is in its one form, and its opposite holds exactly where it does not.
fn check_condition(condition: &Condition) {
    let again = match condition {
        Condition::All(members) => Condition::all(members.clone()),
        Condition::Any(members) => Condition::any(members.clone()),
        other => other.clone(),
    };
    assert_eq!(&again, condition);
    let opposite = condition.clone().negated();
    assert_eq!(&opposite.clone().negated(), condition);
    assert_ne!(opposite.holds(&candidate()), condition.holds(&candidate()));
    match condition {
        Condition::All(members) | Condition::Any(members) => {
            members.iter().for_each(check_condition);
        }
        Condition::Not(inner) => {
            assert!(!matches!(**inner, Condition::Not(_)));
            check_condition(inner);
        }
        Condition::Field(field, test) => check_field(field, test),
        Condition::Word(word) => assert_eq!(fold(&word.text), word.text),
        Condition::Phrase(phrase) => assert!(phrase.words.len() > 1),
        _ => {}
    }
}

fn check_field(field: &Field, test: &Test) {
    // Escapes can make a name longer than a path may be.
    if field.name().len() <= MAX_PATH_BYTES {
        let again = Field::parse("filter", field.name()).expect("a field's name is a path");
        assert_eq!(&again, field);
    }
    match test {
        Test::OneOf(values) => {
            assert!(!values.is_empty());
            assert!(values.iter().all(|value| test.passes(field, value)));
        }
        Test::Like(pattern) => {
            let parts = pattern.parts();
            assert!(parts.len() > 1 && pattern.exact().is_none());
            assert!(parts.concat().starts_with(pattern.prefix()));
            // A star stands for any run of characters: for none, and for other stars.
            for run in ["", "*", "any.run"] {
                assert!(pattern.matches(&parts.join(run)));
            }
        }
    }
}

fn check_error(error: &QueryError) {
    assert!(!error.code.is_empty() && !error.message.is_empty());
    assert!(error.message.len() <= MAX_MESSAGE_BYTES, "{error:?}");
    assert!(error.parameter.len() <= MAX_MESSAGE_BYTES, "{error:?}");
}

fuzz_target!(|text: &str| {
    let parameters: Parameters<'_> = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    let whole = Scope::organization(ORGANIZATION);
    let limited = parse(Scope::project(ORGANIZATION, "prj_1"), &parameters);
    let (query, page) = match parse(whole.clone(), &parameters) {
        Ok(parsed) => parsed,
        Err(error) => {
            check_error(&error);
            assert!(limited.is_err());
            return;
        }
    };
    assert!(parameters.len() <= MAX_PARAMETERS);
    assert!((1..=MAX_LIMIT).contains(&page.limit));
    assert!(page.place != PlaceAsked::Cursor(String::new()));
    check_condition(query.condition());
    if let Some(range) = query.range() {
        assert_eq!(query.clone().with_resolved_range(Some(range)), query);
    }

    let reversed = parse(whole, &parameters.iter().rev().copied().collect());
    let (reversed, _) = reversed.expect("the order of parameters means nothing");
    assert_eq!(reversed.fingerprint(), query.fingerprint());
    let is_match = matches(&query);
    assert_eq!(matches(&reversed), is_match);
    match limited {
        Ok((limited, _)) => {
            assert_ne!(limited.fingerprint(), query.fingerprint());
            // The event is of that project.
            assert_eq!(matches(&limited), is_match);
        }
        Err(error) => assert_eq!(error.code, "project_not_allowed"),
    }
});
