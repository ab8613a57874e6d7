//! Completions: the names of fields and the values of a field, by their beginning.

use evident_store::index::Completing;
use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::{World, everyone, field, in_time};

on_every_index![
    values_begin_with_the_prefix,
    the_prefix_ignores_case,
    values_of_user_are_names_and_also_emails_and_ids,
    spellings_are_one_value_where_the_field_ignores_case,
    an_event_counts_once_for_a_value,
    values_are_those_of_the_answer,
    names_are_those_that_events_have,
    known_names_are_offered_even_if_no_event_has_them,
    names_can_be_asked_for,
    what_is_not_indexed_has_no_name,
    completions_are_cut_at_their_limit,
];

fn complete(
    world: &World,
    parameters: &[&str],
    completing: &Completing,
    prefix: &str,
) -> Vec<(String, u64)> {
    let query = world.query(everyone(), parameters);
    let index = world.index();
    let found = index.completions(&query, None, completing, prefix, 500, in_time());
    let found = world.answer(found);
    found.into_iter().map(|v| (v.value, v.count)).collect()
}

#[track_caller]
fn offers(world: &World, path: &str, prefix: &str, expected: &[(&str, u64)]) {
    let found = complete(world, &[], &Completing::Values(field(path)), prefix);
    let found: Vec<(&str, u64)> = found
        .iter()
        .map(|(v, count)| (v.as_str(), *count))
        .collect();
    assert_eq!(found, expected);
}

fn keeps(value: Value) -> Value {
    json!({"metadata": {"k": value}})
}

fn values_begin_with_the_prefix(world: &mut World) {
    let values = ["gpt-4", "gpt-5", "gpt-5", "my gpt", "g", "GPT"];
    let events = values.iter().zip(1..);
    let events = events.map(|(value, number)| (number, keeps(json!(value))));
    world.record(&events.collect::<Vec<_>>());
    offers(world, "metadata.k", "gpt-", &[("gpt-5", 2), ("gpt-4", 1)]);
    offers(world, "metadata.k", "gpt-4", &[("gpt-4", 1)]);
    offers(world, "metadata.k", "gpt-44", &[]);
    let all = [
        ("gpt-5", 2),
        ("GPT", 1),
        ("g", 1),
        ("gpt-4", 1),
        ("my gpt", 1),
    ];
    offers(world, "metadata.k", "", &all);
}

fn the_prefix_ignores_case(world: &mut World) {
    world.record(&[
        (1, keeps(json!("Straße"))),
        (2, keeps(json!("STRASSE"))),
        (3, keeps(json!("strand"))),
    ]);
    // The field does not: so these are different values.
    offers(
        world,
        "metadata.k",
        "strass",
        &[("STRASSE", 1), ("Straße", 1)],
    );
    offers(
        world,
        "metadata.k",
        "STRAß",
        &[("STRASSE", 1), ("Straße", 1)],
    );
    offers(world, "metadata.k", "ß", &[]);
}

fn values_of_user_are_names_and_also_emails_and_ids(world: &mut World) {
    let ada = json!({"type": "user", "id": "ax_1", "name": "Ax Obi", "email": "ax@example.com"});
    world.record(&[
        (1, json!({"actor": ada})),
        (2, json!({"actor": {"type": "user", "id": "ax_1"}})),
        (3, json!({"on_behalf_of": [{"type": "user", "id": "ax_2"}]})),
    ]);
    let expected = [("ax_1", 2), ("Ax Obi", 1), ("ax@example.com", 1)];
    offers(world, "user", "AX", &expected);
    offers(world, "user", "ax ", &[("Ax Obi", 1)]);
    offers(world, "authority", "ax_2", &[("ax_2", 1)]);
}

fn spellings_are_one_value_where_the_field_ignores_case(world: &mut World) {
    let by = |name: &str| json!({"actor": {"type": "user", "id": "x", "name": name}});
    world.record(&[
        (1, by("ada")),
        (2, by("ADA")),
        (3, by("Ada")),
        (4, by("Ada")),
    ]);
    offers(world, "user", "a", &[("Ada", 4)]);
    offers(
        world,
        "actor.name",
        "a",
        &[("Ada", 2), ("ADA", 1), ("ada", 1)],
    );
}

fn an_event_counts_once_for_a_value(world: &mut World) {
    let ada = json!({"type": "user", "id": "ada", "name": "ada", "email": "ADA"});
    world.record(&[
        (1, json!({"actor": ada})),
        (2, keeps(json!(["v", "v", ["v"]]))),
    ]);
    let completed = complete(world, &[], &Completing::Values(field("user")), "a");
    assert_eq!(completed.len(), 1);
    assert_eq!(completed[0].1, 1);
    offers(world, "metadata.k", "", &[("v", 1)]);
}

fn values_are_those_of_the_answer(world: &mut World) {
    let failed = |mut event: Value| {
        event["result"] = json!("failed");
        event
    };
    world.record(&[
        (1, keeps(json!("a1"))),
        (2, failed(keeps(json!("a2")))),
        (3, failed(json!({}))),
    ]);
    let values = Completing::Values(field("metadata.k"));
    let found = complete(world, &["result=failed"], &values, "a");
    assert_eq!(found, [("a2".to_owned(), 1)]);
    let names = complete(world, &["result=success"], &Completing::Names, "metadata");
    assert_eq!(names, [("metadata.k".to_owned(), 1)]);
    let names = complete(
        world,
        &["result=failed", "filter=index:is:2"],
        &Completing::Names,
        "meta",
    );
    assert_eq!(names, []);
}

fn names_are_those_that_events_have(world: &mut World) {
    let inner = json!({"k": {"l": [1, {"m": "x"}], "n": null, "o": [], "p": {}}, "Kite": false});
    let target = json!({"type": "t", "id": "i", "metadata": {"deep": {"er": 1}}});
    world.record(&[
        (1, json!({"metadata": inner, "targets": [target]})),
        (2, json!({"metadata": {"k": {"l": "y"}}})),
    ]);
    let names = |prefix| complete(world, &[], &Completing::Names, prefix);
    let expected = [
        ("metadata.k.l", 2),
        ("metadata.Kite", 1),
        ("metadata.k.l.m", 1),
    ];
    let found = names("METADATA.k");
    let found: Vec<(&str, u64)> = found
        .iter()
        .map(|(n, count)| (n.as_str(), *count))
        .collect();
    assert_eq!(found, expected);
    assert_eq!(
        names("target.m"),
        [("target.metadata.deep.er".to_owned(), 1)]
    );
}

fn known_names_are_offered_even_if_no_event_has_them(world: &mut World) {
    let names = |world: &World, prefix| complete(world, &[], &Completing::Names, prefix);
    assert_eq!(names(world, "context.i"), [("context.ip".to_owned(), 0)]);
    world.record(&[(1, json!({"context": {"ip": "192.0.2.1"}})), (2, json!({}))]);
    assert_eq!(names(world, "context.i"), [("context.ip".to_owned(), 1)]);
    let users: Vec<(String, u64)> = names(world, "u");
    assert_eq!(users, [("user".to_owned(), 2)]);
    let events = names(world, "event");
    assert_eq!(
        events,
        [("event".to_owned(), 2), ("event_type".to_owned(), 2)]
    );
    assert_eq!(names(world, "index"), [("index".to_owned(), 2)]);
    assert_eq!(names(world, "unheard"), []);
    let parties = ["on_behalf_of.email", "on_behalf_of.id", "on_behalf_of.name"];
    let offered = names(world, "on_behalf_of.");
    assert_eq!(offered.len(), 4);
    assert!(
        parties
            .iter()
            .zip(&offered)
            .all(|(name, (offered, count))| { name == offered && *count == 0 })
    );
}

fn names_can_be_asked_for(world: &mut World) {
    world.record(&[(
        1,
        json!({"metadata": {"a.b": {"c:d\\": 1, "": 2, "名 前": 3}}}),
    )]);
    let names = complete(world, &[], &Completing::Names, "metadata");
    let expected = [r"metadata.a\.b.c\:d\\", r"metadata.a\.b.名 前"];
    assert_eq!(
        names.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        expected
    );
    for (name, value) in expected.iter().zip(["1", "3"]) {
        world.finds(&[&format!("filter={name}:is:{value}")], &[1]);
    }
}

fn what_is_not_indexed_has_no_name(world: &mut World) {
    let request = json!({"method": "GET", "body": {"a": 1}, "response": "b"});
    let changes = json!([{"field": "f", "old": 1, "new": {"a": 2}}]);
    world.record(&[(1, json!({"request": request, "changes": changes}))]);
    let names = |prefix| complete(world, &[], &Completing::Names, prefix);
    let asked = names("request");
    let asked: Vec<(&str, u64)> = asked.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(
        asked,
        [
            ("request.method", 1),
            ("request.path", 0),
            ("request.status", 0)
        ]
    );
    assert_eq!(names("changes"), [("changes.field".to_owned(), 1)]);
}

fn completions_are_cut_at_their_limit(world: &mut World) {
    let values = ["c", "b", "b", "a", "d"];
    let events = values.iter().zip(1..);
    let events = events.map(|(value, number)| (number, keeps(json!(value))));
    world.record(&events.collect::<Vec<_>>());
    let query = world.query(everyone(), &[]);
    let completing = Completing::Values(field("metadata.k"));
    let index = world.index();
    let cut = index.completions(&query, None, &completing, "", 3, in_time());
    let values: Vec<String> = world.answer(cut).into_iter().map(|v| v.value).collect();
    assert_eq!(values, ["b", "a", "c"]);
    let names = index.completions(&query, None, &Completing::Names, "metadata", 1, in_time());
    assert_eq!(world.answer(names).len(), 1);
}
