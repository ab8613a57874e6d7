//! Laws that hold for every event and filter.

use super::*;
use crate::query::field;
use proptest::prelude::*;

const FIELDS: &[&str] = &[
    "action",
    "event",
    "name",
    "category",
    "user",
    "actor.id",
    "actor.name",
    "authority",
    "authority.id",
    "on_behalf_of.id",
    "target.id",
    "result",
    "index",
    "changes.field",
    "request.status",
    "metadata.a",
    "metadata.a.b",
    "metadata.b",
    "actor.metadata.a",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]",
        Just("A".to_owned()),
        Just("1".to_owned()),
        Just("true".to_owned()),
        Just(String::new())
    ]
}

fn quoted() -> impl Strategy<Value = String> {
    prop_oneof![
        word().prop_map(|word| format!("{word:?}")),
        Just("1".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
    ]
}

/// Any JSON over few keys and values, so that filters find something.
fn value() -> impl Strategy<Value = String> {
    quoted().prop_recursive(3, 12, 3, |inner| {
        let members = proptest::collection::btree_map("[ab]|id|name", inner.clone(), 0..3);
        prop_oneof![
            proptest::collection::vec(inner, 0..3)
                .prop_map(|items| format!("[{}]", items.join(","))),
            members.prop_map(|members| {
                let members: Vec<String> = members
                    .iter()
                    .map(|(name, value)| format!("{name:?}:{value}"))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn event() -> impl Strategy<Value = String> {
    let names = proptest::sample::subsequence(
        vec![
            "action",
            "name",
            "category",
            "actor",
            "on_behalf_of",
            "targets",
            "result",
            "changes",
            "request",
            "metadata",
        ],
        0..=10,
    );
    (names, proptest::collection::vec(value(), 10)).prop_map(|(names, values)| {
        let members = names
            .iter()
            .zip(values)
            .map(|(name, value)| format!("{name:?}:{value}"));
        let members: Vec<String> = members.collect();
        let separator = if members.is_empty() { "" } else { "," };
        format!(
            r#"{{"organization_id":"org_1"{separator}{}}}"#,
            members.join(",")
        )
    })
}

fn filter() -> impl Strategy<Value = (String, String)> {
    (proptest::sample::select(FIELDS), word()).prop_map(|(field, value)| (field.to_owned(), value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn is_not_is_the_exact_complement_of_is(event in event(), (field, value) in filter(), index in 0_u64..3) {
        let event = json(&event);
        let asks = |operator| query(&[("filter", &format!("{field}:{operator}:{value}"))]);
        prop_assert_ne!(matches(&asks("is"), &event, index), matches(&asks("is_not"), &event, index));
    }

    #[test]
    fn is_means_one_of_the_values(event in event(), (path, value) in filter()) {
        prop_assume!(path != "index");
        let event = json(&event);
        let field = Field::parse("filter", &path).unwrap();
        let values = field::values(&field, &event);
        let same = |a: &str| match field.ignores_case() {
            true => a.to_lowercase() == value.to_lowercase(),
            false => a == value,
        };
        let expected = values.iter().any(|found| same(found));
        let asked = query(&[("filter", &format!("{path}:is:{value}"))]);
        prop_assert_eq!(matches(&asked, &event, 0), expected);
    }

    #[test]
    fn all_is_and_and_any_is_or(
        event in event(), filters in proptest::collection::vec((filter(), any::<bool>()), 1..4),
    ) {
        let event = json(&event);
        let texts: Vec<String> = filters.iter().map(|((field, value), is)| {
            format!("{field}:{}:{value}", if *is { "is" } else { "is_not" })
        }).collect();
        let alone: Vec<bool> =
            texts.iter().map(|text| matches(&query(&[("filter", text)]), &event, 1)).collect();
        let mut parameters: Vec<(&str, &str)> =
            texts.iter().map(|text| ("filter", text.as_str())).collect();
        parameters.push(("match", "all"));
        prop_assert_eq!(matches(&query(&parameters), &event, 1), alone.iter().all(|passed| *passed));
        parameters.pop();
        parameters.push(("match", "any"));
        prop_assert_eq!(matches(&query(&parameters), &event, 1), alone.iter().any(|passed| *passed));
    }

    #[test]
    fn every_key_can_be_written_and_read_back(keys in proptest::collection::vec("[a.:\\\\é ]{1,6}", 1..4)) {
        let escaped: Vec<String> = keys.iter().map(|key| {
            key.replace('\\', r"\\").replace('.', r"\.").replace(':', r"\:")
        }).collect();
        let path = format!("metadata.{}", escaped.join("."));
        let field = Field::parse("filter", &path).unwrap();
        prop_assert_eq!(&field.paths()[0][1..], &keys[..]);
        prop_assert_eq!(field.name(), path.as_str());
        let mut event = "\"found\"".to_owned();
        for key in keys.iter().rev() {
            event = format!("{{{}:{event}}}", serde_json::to_string(key).unwrap());
        }
        let event = format!(r#"{{"organization_id":"org_1","metadata":{event}}}"#);
        let event = json(&event);
        let found = matches(&query(&[("filter", &format!("{path}:is:found"))]), &event, 0);
        prop_assert!(found);
    }

    #[test]
    fn any_parameters_are_understood_or_refused(
        given in proptest::collection::vec((proptest::sample::select(PARAMETERS), "\\PC{0,40}"), 0..6),
        filter in "[a-z_]{1,12}(\\.[a-z_\\\\:]{0,9}){0,2}:(is|is_not|\\PC{0,3}):\\PC{0,9}",
    ) {
        let mut parameters: Vec<(&str, &str)> =
            given.iter().map(|((name, ..), value)| (*name, value.as_str())).collect();
        parameters.push(("filter", &filter));
        match parsed(&parameters) {
            Ok((query, _)) => prop_assert_eq!(query.fingerprint(), query.clone().fingerprint()),
            Err(error) => {
                prop_assert!(!error.message.is_empty() && error.to_string().len() < 1000);
                prop_assert!(error.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
            }
        }
    }
}
