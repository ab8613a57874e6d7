//! `filter` and `match`.

use serde_json::json;

use crate::conformance::on_every_index;
use crate::conformance::world::{World, everyone, parsed};

on_every_index![
    is_finds_the_value,
    is_not_passes_events_without_the_field,
    is_not_fails_as_soon_as_one_of_several_values_is_the_given,
    filters_join_by_all,
    any_joins_filters_only,
    a_filter_splits_at_its_first_two_colons,
    an_escaped_colon_does_not_split,
    event_category_and_user_ignore_case,
    case_is_folded_fully,
    other_fields_are_exact,
    an_alias_means_its_entry,
    a_name_stays_findable_beside_what_it_is_an_alias_of,
    a_star_in_a_filter_is_a_star,
    an_empty_value_is_a_value,
];

fn is_finds_the_value(world: &mut World) {
    world.record(&[
        (1, json!({"context": {"ip": "203.0.113.7"}})),
        (2, json!({"context": {"ip": "203.0.113.70"}})),
        (3, json!({})),
    ]);
    world.finds(&["filter=context.ip:is:203.0.113.7"], &[1]);
    world.finds(&["filter=context.ip:is:203.0.113"], &[]);
}

fn is_not_passes_events_without_the_field(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"model": "m"}})),
        (2, json!({"metadata": {"model": "n"}})),
        (3, json!({"metadata": {"model": null}})),
        (4, json!({"metadata": {}})),
        (5, json!({})),
    ]);
    world.finds(&["filter=metadata.model:is:m"], &[1]);
    world.finds(&["filter=metadata.model:is_not:m"], &[2, 3, 4, 5]);
}

fn is_not_fails_as_soon_as_one_of_several_values_is_the_given(world: &mut World) {
    world.record(&[
        (
            1,
            json!({"targets": [{"type": "a", "id": "x"}, {"type": "a", "id": "y"}]}),
        ),
        (2, json!({"targets": [{"type": "a", "id": "y"}]})),
        (3, json!({"targets": []})),
    ]);
    world.finds(&["filter=target.id:is:x"], &[1]);
    world.finds(&["filter=target.id:is:y"], &[1, 2]);
    world.finds(&["filter=target.id:is_not:x"], &[2, 3]);
    world.finds(&["filter=target.id:is_not:y"], &[3]);
}

fn colours(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"colour": "red", "size": 1}})),
        (
            2,
            json!({"metadata": {"colour": "red", "size": 2}, "result": "failed"}),
        ),
        (3, json!({"metadata": {"colour": "blue", "size": 1}})),
        (4, json!({"metadata": {"colour": "blue", "size": 2}})),
    ]);
}

fn filters_join_by_all(world: &mut World) {
    colours(world);
    let both = ["filter=metadata.colour:is:red", "filter=metadata.size:is:1"];
    world.finds(&both, &[1]);
    world.finds(&[both[0], both[1], "match=all"], &[1]);
    world.finds(
        &[
            "filter=metadata.colour:is:red",
            "filter=metadata.colour:is:blue",
        ],
        &[],
    );
}

fn any_joins_filters_only(world: &mut World) {
    colours(world);
    let either = [
        "filter=metadata.colour:is:red",
        "filter=metadata.size:is:1",
        "match=any",
    ];
    world.finds(&either, &[1, 2, 3]);
    // All else still has to hold.
    world.finds(
        &[either[0], either[1], either[2], "result=success"],
        &[1, 3],
    );
    world.finds(
        &[either[0], either[1], either[2], "q=metadata.size:2"],
        &[2],
    );
    world.finds(
        &[
            "match=any",
            "filter=metadata.colour:is_not:red",
            "filter=result:is:failed",
        ],
        &[2, 3, 4],
    );
    // Any of no filters is no limit.
    world.finds(&["match=any", "result=failed"], &[2]);
}

fn a_filter_splits_at_its_first_two_colons(world: &mut World) {
    world.record(&[
        (1, json!({"context": {"ip": "2001:db8::7"}})),
        (2, json!({"metadata": {"a": "is:b:c"}})),
        (3, json!({"metadata": {"a": ""}})),
        (4, json!({"metadata": {"a": ":"}})),
    ]);
    world.finds(&["filter=context.ip:is:2001:db8::7"], &[1]);
    world.finds(&["filter=metadata.a:is:is:b:c"], &[2]);
    world.finds(&["filter=metadata.a:is:"], &[3]);
    world.finds(&["filter=metadata.a:is::"], &[4]);
}

fn an_escaped_colon_does_not_split(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"a:is:b": "c"}})),
        (2, json!({"metadata": {"a.b": "c"}})),
        (3, json!({"metadata": {"a": {"b": "c"}}})),
        (4, json!({"metadata": {"a\\": {"b": "c"}}})),
        (5, json!({"metadata": {"a\\.b": "c"}})),
    ]);
    world.finds(&[r"filter=metadata.a\:is\:b:is:c"], &[1]);
    world.finds(&[r"filter=metadata.a\.b:is:c"], &[2]);
    world.finds(&[r"filter=metadata.a.b:is:c"], &[3]);
    world.finds(&[r"filter=metadata.a\\.b:is:c"], &[4]);
    world.finds(&[r"filter=metadata.a\\\.b:is:c"], &[5]);
}

fn event_category_and_user_ignore_case(world: &mut World) {
    let ada =
        json!({"type": "user", "id": "usr_ADA", "name": "Ada Obi", "email": "ada@Example.com"});
    world.record(&[
        (1, json!({"action": "role.created", "actor": ada})),
        (2, json!({"action": "kite.flown"})),
    ]);
    world.finds(&["filter=event:is:ROLE created"], &[1]);
    world.finds(&["filter=category:is:roles"], &[1]);
    world.finds(&["filter=category:is:CUSTOM"], &[2]);
    for user in ["ADA OBI", "ada obi", "ADA@EXAMPLE.COM", "usr_ada"] {
        world.finds(&[&format!("filter=user:is:{user}")], &[1]);
        world.finds(&[&format!("filter=user:is_not:{user}")], &[2]);
    }
}

fn case_is_folded_fully(world: &mut World) {
    let named = |name: &str| json!({"actor": {"type": "user", "id": "u", "name": name}});
    world.record(&[
        (1, named("Straße")),
        (2, named("STRASSE")),
        (3, named("Σίσυφος")),
        (4, named("ΣΊΣΥΦΟΣ")),
        (5, named("İzmir")),
        (6, named("ızmir")),
        (7, named("izmir")),
        (8, named("Stra\u{df}e\u{301}")),
    ]);
    for street in ["straße", "strasse", "STRAẞE", "Strasse"] {
        world.finds(&[&format!("filter=user:is:{street}")], &[1, 2]);
    }
    world.finds(&["filter=user:is:σίσυφοσ"], &[3, 4]);
    world.finds(&["filter=user:is:IZMIR"], &[7]);
    world.finds(&["filter=user:is:ızmir"], &[6]);
    world.finds(&["filter=user:is:i\u{307}zmir"], &[5]);
    world.finds(&["filter=user:is:strasse\u{301}"], &[8]);
    // A letter with its accent, and a letter and an accent, are not the same text.
    world.finds(&["filter=user:is:strass\u{e9}"], &[]);
}

fn other_fields_are_exact(world: &mut World) {
    world.record(&[
        (
            1,
            json!({"actor": {"type": "user", "id": "u", "name": "Ada"}, "metadata": {"k": "V"}}),
        ),
        (
            2,
            json!({"targets": [{"type": "user", "id": "u", "name": "Ada"}]}),
        ),
    ]);
    world.finds(&["filter=actor.name:is:Ada"], &[1]);
    world.finds(&["filter=actor.name:is:ada"], &[]);
    world.finds(&["filter=authority:is:ada"], &[]);
    world.finds(&["filter=target.name:is:ada"], &[]);
    world.finds(&["filter=metadata.k:is:v"], &[]);
    world.finds(&["filter=metadata.K:is:V"], &[]);
    world.finds(&["filter=name:is:TEST.DONE"], &[]);
    world.finds(&["filter=event:is:TEST.DONE"], &[1, 2]);
    world.finds(&["filter=user:is: ada"], &[]);
}

fn an_alias_means_its_entry(world: &mut World) {
    world.record(&[
        (1, json!({"action": "role.updated"})),
        (2, json!({"action": "role.created"})),
    ]);
    world.finds(&["filter=event:is:Role edited"], &[1]);
    world.finds(&["filter=event:is:Role updated"], &[1]);
    world.finds(&["filter=event:is:role UPDATED"], &[1]);
    world.finds(&["filter=event:is_not:Role updated"], &[2]);
    // An alias is one of `event` alone, and no action.
    world.finds(&["filter=name:is:Role updated"], &[]);
    world.finds(&["filter=event:is:role.updated"], &[]);
    world.finds(&["action=Role updated"], &[]);
}

fn a_name_stays_findable_beside_what_it_is_an_alias_of(world: &mut World) {
    world.record(&[
        (1, json!({"action": "kite.flown"})),
        (2, json!({"action": "role.updated"})),
        (3, json!({})),
    ]);
    // To a later catalog the name that event 1 was recorded with means another name.
    let later = |text: &str| (text == "kite.flown").then(|| "Role edited".to_owned());
    let asked = |filter| world.listed(&parsed(everyone(), &["order=asc", filter], &later));
    assert_eq!(asked("filter=event:is:kite.flown"), [1, 2]);
    assert_eq!(asked("filter=event:is_not:kite.flown"), [3]);
    assert_eq!(asked("q=event:kite.flown"), [1, 2]);
}

fn a_star_in_a_filter_is_a_star(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"k": "a*"}})),
        (2, json!({"metadata": {"k": "ab"}})),
    ]);
    world.finds(&["filter=metadata.k:is:a*"], &[1]);
    world.finds(&["filter=metadata.k:is_not:a*"], &[2]);
}

fn an_empty_value_is_a_value(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"k": ""}})),
        (2, json!({"metadata": {"k": [""]}})),
        (3, json!({"metadata": {"k": []}})),
        (4, json!({"metadata": {"k": null}})),
        (5, json!({"metadata": {"k": {}}})),
    ]);
    world.finds(&["filter=metadata.k:is:"], &[1, 2]);
    world.finds(&["filter=metadata.k:is_not:"], &[3, 4, 5]);
}
