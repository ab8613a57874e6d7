//! The parameters that operations have beside the query.

use super::*;
use crate::query::Times;
use crate::query::own::{Own, Parameter, split};
use crate::time::buckets::Interval;

const OWN: &[Parameter] = &[
    ("interval", Times::Once, 16),
    ("fields", Times::Repeated, 64),
];

fn own(parameters: &[(&str, &str)]) -> Result<Own, QueryError> {
    split(parameters.iter().copied(), OWN).map(|(own, _)| own)
}

fn list(values: &[&str]) -> Vec<String> {
    let parameters: Vec<_> = values.iter().map(|value| ("fields", *value)).collect();
    own(&parameters).unwrap().list("fields")
}

#[test]
fn own_parameters_are_taken_out_and_the_querys_are_left_in_order() {
    let parameters = [
        ("result", "failed"),
        ("fields", "action"),
        ("order", "asc"),
        ("interval", "day"),
        ("result", "denied"),
    ];
    let (own, others) = split(parameters, OWN).unwrap();
    assert_eq!(
        others,
        [("result", "failed"), ("order", "asc"), ("result", "denied")]
    );
    assert_eq!(own.one("interval"), Some("day"));
    assert_eq!(own.list("fields"), ["action"]);
    assert_eq!(own.one("fields"), Some("action"));
    assert_eq!(own.list("interval"), ["day"]);
}

#[test]
fn what_neither_table_has_is_refused_with_the_names_of_both() {
    let error = own(&[("intervall", "day")]).unwrap_err();
    assert_eq!(error.code, "unknown_parameter");
    assert_eq!(error.suggestion.as_deref(), Some("interval"));
    assert!(error.message.contains("use interval, fields, project_id, "));
    let error = own(&[("resullt", "x")]).unwrap_err();
    assert_eq!(error.suggestion.as_deref(), Some("result"));
    let elsewhere = split([("interval", "day")], &[]).unwrap_err();
    assert_eq!(elsewhere.code, "unknown_parameter");
    assert!(!elsewhere.message.contains("interval"));
}

#[test]
fn own_parameters_have_the_bounds_of_their_table() {
    let code = |parameters: &[(&str, &str)]| own(parameters).unwrap_err().code;
    assert_eq!(
        code(&[("interval", "day"), ("interval", "day")]),
        "repeated_parameter"
    );
    assert_eq!(code(&[("interval", &"d".repeat(17))]), "value_too_long");
    own(&[("interval", &"d".repeat(16))]).unwrap();
    let many = vec![("fields", "action"); MAX_PARAMETERS];
    own(&many).unwrap();
    let more = vec![("fields", "action"); MAX_PARAMETERS + 1];
    assert_eq!(code(&more), "too_many_parameters");
}

#[test]
fn a_list_is_repeated_or_has_commas_and_an_escaped_comma_is_none() {
    assert_eq!(list(&["a,b", "c"]), ["a", "b", "c"]);
    assert_eq!(list(&["a", "b,a"]), ["a", "b"], "each comes once");
    assert_eq!(list(&[r"metadata.a\,b,c"]), ["metadata.a,b", "c"]);
    assert_eq!(
        list(&[r"metadata.a\.b,c\\,d"]),
        [r"metadata.a\.b", r"c\\", "d"]
    );
    assert_eq!(
        list(&[r"a\"]),
        [r"a\"],
        "a stray backslash is for the item's reader"
    );
    assert_eq!(
        list(&["a,,b,"]),
        ["a", "", "b"],
        "an empty item is not lost"
    );
    assert_eq!(list(&[]), [""; 0]);
}

#[test]
fn an_interval_is_one_of_the_words() {
    let interval = |word| own(&[("interval", word)]).unwrap().interval("interval");
    assert_eq!(interval("auto"), Ok(None));
    for known in Interval::ALL {
        assert_eq!(interval(known.as_str()), Ok(Some(known)));
    }
    assert_eq!(own(&[]).unwrap().interval("interval"), Ok(None));
    let error = interval("dya").unwrap_err();
    assert_eq!(
        (error.code, error.parameter.as_str()),
        ("bad_interval", "interval")
    );
    assert_eq!(error.suggestion.as_deref(), Some("day"));
}

#[test]
fn fields_of_which_every_event_has_its_own_are_not_counted() {
    for path in ["id", "context.trace_id", "context.span_id"] {
        let error = Field::parse_countable("fields", path).unwrap_err();
        assert_eq!(
            (error.code, error.parameter.as_str()),
            ("exact_only", "fields"),
            "{path}"
        );
    }
    for path in [
        "action",
        "context.run_id",
        "metadata.id",
        "target.id",
        "index",
    ] {
        assert!(Field::parse_countable("fields", path).is_ok(), "{path}");
    }
    let code = |path| Field::parse_countable("fields", path).unwrap_err().code;
    assert_eq!(code("actr.id"), "unknown_field");
    assert_eq!(code("request.body"), "not_indexed");
    assert_eq!(code(""), "bad_field");
}
