//! Parameters of a query, one `name=value` a line: refused with a reason, or a question that stays
//! the same however it is put.

#![no_main]

use std::sync::LazyLock;

use evident_event::json::{self, Json, MAX_DEPTH};
use evident_event::query::field::MAX_PATH_BYTES;
use evident_event::query::{
    Field, Filter, MAX_LIMIT, MAX_PARAMETERS, Operator, Page, Pattern, Query, QueryError, Scope,
    matches,
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

/// A field's name is its path as it may be given, and a filter's opposite passes what it does not.
fn check_filter(filter: &Filter) {
    let field = filter.field();
    // Escapes can make a name longer than a path may be.
    if field.name().len() <= MAX_PATH_BYTES {
        let again = Field::parse("filter", field.name()).expect("a field's name is a path");
        assert_eq!(&again, field);
    }
    let [value] = filter.accepted() else { return };
    let opposite = match filter.operator() {
        Operator::Is => Operator::IsNot,
        Operator::IsNot => Operator::Is,
    };
    if let Ok(opposite) = Filter::new(field.clone(), opposite, value, &alias)
        && opposite.accepted() == filter.accepted()
    {
        assert_ne!(filter.passes(event(), 7), opposite.passes(event(), 7));
    }
}

fn check_pattern(pattern: &Pattern) {
    assert_eq!(
        Pattern::parse("action", pattern.as_str()).as_ref(),
        Ok(pattern)
    );
    assert!(pattern.as_str().starts_with(pattern.prefix()));
    // A star stands for any run of characters: for none, and for other stars.
    assert!(pattern.matches(pattern.as_str()));
    assert!(pattern.matches(&pattern.as_str().replace('*', "")));
    assert!(pattern.matches(&pattern.as_str().replace('*', "any.run")));
    if let Some(exact) = pattern.exact() {
        assert!(!pattern.matches(&format!("{exact}x")));
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
    assert!(page.cursor.as_deref() != Some(""));
    query.filters.iter().for_each(check_filter);
    query.actions.iter().for_each(check_pattern);
    if let Some(range) = query.range() {
        assert_eq!(query.clone().with_resolved_range(Some(range)), query);
    }

    let reversed = parse(whole, &parameters.iter().rev().copied().collect());
    let (reversed, _) = reversed.expect("the order of parameters means nothing");
    assert_eq!(reversed.fingerprint(), query.fingerprint());
    let is_match = matches(&query, event(), 7);
    assert_eq!(matches(&reversed, event(), 7), is_match);
    match limited {
        Ok((limited, _)) => {
            assert_ne!(limited.fingerprint(), query.fingerprint());
            // The event is of that project.
            assert_eq!(matches(&limited, event(), 7), is_match);
        }
        Err(error) => assert_eq!(error.code, "project_not_allowed"),
    }
});
