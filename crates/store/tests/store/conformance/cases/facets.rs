//! Facets: the values of fields, counted.

use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::{FacetShown, World, everyone, field, in_time};

on_every_index![
    the_most_frequent_value_comes_first,
    equally_frequent_values_are_in_the_order_of_their_bytes,
    an_event_counts_once_for_each_distinct_value,
    events_without_a_value_are_missing,
    distinct_counts_values_beyond_the_limit,
    several_fields_are_answered_in_their_order,
    user_is_counted_as_it_is_shown,
    authority_counts_every_party_as_it_is_shown,
    spellings_are_one_value_where_the_field_ignores_case,
    values_that_are_no_strings_are_counted_by_their_text,
    facets_count_what_the_list_would_show,
];

fn keeps(value: Value) -> Value {
    json!({"metadata": {"k": value}})
}

fn shown(values: &[(&str, u64)], distinct: u64, missing: u64) -> FacetShown {
    FacetShown {
        values: values
            .iter()
            .map(|(value, count)| ((*value).to_owned(), *count))
            .collect(),
        distinct,
        missing,
    }
}

fn the_most_frequent_value_comes_first(world: &mut World) {
    world.record(&[
        (1, keeps(json!("a"))),
        (2, keeps(json!("b"))),
        (3, keeps(json!("b"))),
        (4, keeps(json!("c"))),
        (5, keeps(json!("c"))),
        (6, keeps(json!("c"))),
    ]);
    let facet = world.facet(everyone(), &[], "metadata.k");
    assert_eq!(facet, shown(&[("c", 3), ("b", 2), ("a", 1)], 3, 0));
}

fn equally_frequent_values_are_in_the_order_of_their_bytes(world: &mut World) {
    let values = ["b", "a", "B", "é", "", "10", "9", "🎉", "ｚ"];
    let events = values.iter().zip(1..);
    let events = events.map(|(value, number)| (number, keeps(json!(value))));
    world.record(&events.collect::<Vec<_>>());
    let facet = world.facet(everyone(), &[], "metadata.k");
    let values: Vec<&str> = facet
        .values
        .iter()
        .map(|(value, _)| value.as_str())
        .collect();
    assert_eq!(values, ["", "10", "9", "B", "a", "b", "é", "ｚ", "🎉"]);
}

fn an_event_counts_once_for_each_distinct_value(world: &mut World) {
    let target = |id: &str, kind: &str| json!({"type": kind, "id": id});
    let many = json!({"targets": [target("a", "t"), target("b", "t"), target("a", "u")]});
    world.record(&[(1, many), (2, json!({"targets": [target("b", "t")]}))]);
    let facet = world.facet(everyone(), &[], "target.id");
    assert_eq!(facet, shown(&[("b", 2), ("a", 1)], 2, 0));
    let facet = world.facet(everyone(), &[], "target.type");
    assert_eq!(facet, shown(&[("t", 2), ("u", 1)], 2, 0));
}

fn events_without_a_value_are_missing(world: &mut World) {
    world.record(&[
        (1, keeps(json!("a"))),
        (2, keeps(json!(null))),
        (3, keeps(json!([]))),
        (4, keeps(json!({"l": "a"}))),
        (5, json!({})),
        (6, keeps(json!(["a", null]))),
        (7, keeps(json!(""))),
    ]);
    let facet = world.facet(everyone(), &[], "metadata.k");
    assert_eq!(facet, shown(&[("a", 2), ("", 1)], 2, 4));
}

fn distinct_counts_values_beyond_the_limit(world: &mut World) {
    let values = ["a", "b", "c", "c", "d"];
    let events = values.iter().zip(1..);
    let events = events.map(|(value, number)| (number, keeps(json!(value))));
    world.record(&events.collect::<Vec<_>>());
    let query = world.query(everyone(), &[]);
    let fields = [field("metadata.k")];
    let facets = world.answer(world.index().facets(&query, None, &fields, 2, in_time()));
    let values: Vec<(&str, u64)> = facets[0]
        .values
        .iter()
        .map(|v| (v.value.as_str(), v.count))
        .collect();
    assert_eq!(values, [("c", 2), ("a", 1)]);
    assert_eq!((facets[0].distinct, facets[0].missing), (4, 0));
}

fn several_fields_are_answered_in_their_order(world: &mut World) {
    world.record(&[(1, json!({"result": "failed"})), (2, keeps(json!("a")))]);
    let query = world.query(everyone(), &[]);
    let fields = ["metadata.k", "result", "metadata.k", "level"].map(field);
    let facets = world.answer(world.index().facets(&query, None, &fields, 50, in_time()));
    let first: Vec<&str> = facets
        .iter()
        .map(|facet| facet.values[0].value.as_str())
        .collect();
    assert_eq!(first, ["a", "failed", "a", "organization"]);
    let none = world.answer(world.index().facets(&query, None, &[], 50, in_time()));
    assert!(none.is_empty());
}

fn user_is_counted_as_it_is_shown(world: &mut World) {
    let by = |actor: Value| json!({"actor": actor});
    world.record(&[
        (
            1,
            by(json!({"type": "user", "id": "i", "name": "n", "email": "e"})),
        ),
        (2, by(json!({"type": "user", "id": "j", "name": "n"}))),
        (
            3,
            by(json!({"type": "user", "id": "i", "name": "", "email": "e"})),
        ),
        (
            4,
            by(json!({"type": "user", "id": "i", "name": "", "email": ""})),
        ),
    ]);
    let facet = world.facet(everyone(), &[], "user");
    assert_eq!(facet, shown(&[("n", 2), ("e", 1), ("i", 1)], 3, 0));
}

fn authority_counts_every_party_as_it_is_shown(world: &mut World) {
    let party = |id: &str, name: &str| json!({"type": "user", "id": id, "name": name});
    world.record(&[
        (
            1,
            json!({"actor": party("a", "Ada"), "on_behalf_of": [party("b", ""), party("c", "Cy")]}),
        ),
        (
            2,
            json!({"actor": party("x", "Cy"), "on_behalf_of": [party("y", "Cy")]}),
        ),
    ]);
    let facet = world.facet(everyone(), &[], "authority");
    assert_eq!(facet, shown(&[("Cy", 2), ("Ada", 1), ("b", 1)], 3, 0));
}

fn spellings_are_one_value_where_the_field_ignores_case(world: &mut World) {
    let by = |name: &str| json!({"actor": {"type": "user", "id": "u", "name": name}});
    world.record(&[
        (1, by("STRASSE")),
        (2, by("Straße")),
        (3, by("Straße")),
        (4, by("bo")),
        (5, by("Bo")),
    ]);
    // Shown as most spell it, and of those that are as frequent, as the first by its bytes.
    let facet = world.facet(everyone(), &[], "user");
    assert_eq!(facet, shown(&[("Straße", 3), ("Bo", 2)], 2, 0));
    let facet = world.facet(everyone(), &[], "actor.name");
    let exact = [("Straße", 2), ("Bo", 1), ("STRASSE", 1), ("bo", 1)];
    assert_eq!(facet, shown(&exact, 4, 0));
}

fn values_that_are_no_strings_are_counted_by_their_text(world: &mut World) {
    world.record(&[
        (1, keeps(json!(5))),
        (2, keeps(json!("5"))),
        (3, keeps(json!(true))),
        (4, keeps(json!(0.5))),
    ]);
    let facet = world.facet(everyone(), &[], "metadata.k");
    assert_eq!(facet, shown(&[("5", 2), ("0.5", 1), ("true", 1)], 3, 0));
    let facet = world.facet(everyone(), &[], "index");
    assert_eq!(
        facet,
        shown(&[("0", 1), ("1", 1), ("2", 1), ("3", 1)], 4, 0)
    );
}

fn facets_count_what_the_list_would_show(world: &mut World) {
    world.record(&[
        (1, json!({"result": "failed", "project_id": "prj_1"})),
        (
            2,
            json!({"result": "failed", "occurred_at": "2020-01-01T00:00:00Z"}),
        ),
        (3, json!({"result": "failed", "action": "audit_log.read"})),
        (4, json!({"result": "denied"})),
    ]);
    let facet = world.facet(everyone(), &["range=today"], "result");
    assert_eq!(facet, shown(&[("denied", 1), ("failed", 1)], 2, 0));
    // A facet is of the answer as it is, the filter of its own field included.
    let facet = world.facet(everyone(), &["result=failed"], "result");
    assert_eq!(facet, shown(&[("failed", 2)], 1, 0));
    let facet = world.facet(everyone(), &["reads=include", "project_id=prj_1"], "result");
    assert_eq!(facet, shown(&[("failed", 1)], 1, 0));
}
