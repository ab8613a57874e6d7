//! What fields mean: the paths, arrays, null, and what is no string.

use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::{World, id_of};

on_every_index![
    user_is_the_actors_name_email_or_id,
    authority_is_the_actor_or_anyone_acted_for,
    a_member_of_authority_is_of_any_of_them,
    target_is_any_of_the_targets,
    index_is_the_place_on_the_log,
    id_and_traces_take_exact_values,
    scalars_compare_by_their_json_text,
    null_counts_as_absent,
    arrays_are_stepped_through,
    an_unknown_key_of_metadata_is_absent,
    keys_may_have_any_characters,
    what_the_server_adds_is_found_too,
    times_compare_as_text,
];

fn party(id: &str, name: &str, email: &str) -> Value {
    json!({"type": "user", "id": id, "name": name, "email": email})
}

fn user_is_the_actors_name_email_or_id(world: &mut World) {
    world.record(&[
        (1, json!({"actor": party("x", "a", "b")})),
        (2, json!({"actor": party("a", "x", "b")})),
        (3, json!({"actor": party("a", "b", "x")})),
        (
            4,
            json!({"actor": party("a", "b", "c"), "on_behalf_of": [party("x", "x", "x")]}),
        ),
        (
            5,
            json!({"actor": {"type": "x", "id": "y", "metadata": {"name": "x"}}}),
        ),
    ]);
    world.finds(&["filter=user:is:x"], &[1, 2, 3]);
    world.finds(&["filter=user:is_not:x"], &[4, 5]);
    world.finds(&["filter=actor.id:is:x"], &[1]);
    world.finds(&["filter=actor.type:is:x"], &[5]);
    world.finds(&["filter=actor.metadata.name:is:x"], &[5]);
}

fn authority_is_the_actor_or_anyone_acted_for(world: &mut World) {
    world.record(&[
        (1, json!({"actor": party("x", "a", "b")})),
        (
            2,
            json!({"on_behalf_of": [party("a", "b", "c"), party("d", "e", "x")]}),
        ),
        (3, json!({"on_behalf_of": [party("a", "b", "c")]})),
        (4, json!({"targets": [{"type": "user", "id": "x"}]})),
    ]);
    world.finds(&["filter=authority:is:x"], &[1, 2]);
    world.finds(&["filter=authority:is_not:x"], &[3, 4]);
    world.finds(&["filter=on_behalf_of.email:is:x"], &[2]);
}

fn a_member_of_authority_is_of_any_of_them(world: &mut World) {
    let root = json!({"type": "agent", "id": "a", "metadata": {"team": "red"}});
    world.record(&[
        (1, json!({"actor": {"type": "agent", "id": "b"}})),
        (2, json!({"on_behalf_of": [root]})),
        (3, json!({})),
    ]);
    world.finds(&["filter=authority.type:is:agent"], &[1, 2]);
    world.finds(&["filter=authority.id:is:a"], &[2]);
    world.finds(&["filter=authority.metadata.team:is:red"], &[2]);
    world.finds(&["filter=authority.type:is_not:agent"], &[3]);
}

fn target_is_any_of_the_targets(world: &mut World) {
    let targets = json!([
        {"type": "agent", "id": "a", "name": "n"},
        {"type": "tool", "id": "b", "metadata": {"k": [1, 2]}},
    ]);
    world.record(&[(1, json!({"targets": targets})), (2, json!({}))]);
    for filter in ["target.type:is:tool", "target.id:is:a", "targets.id:is:b"] {
        world.finds(&[&format!("filter={filter}")], &[1]);
    }
    world.finds(&["filter=target.metadata.k:is:2"], &[1]);
    // Each filter asks for some target, not all of them for the same one.
    world.finds(
        &["filter=target.type:is:tool", "filter=target.id:is:a"],
        &[1],
    );
    world.finds(&["filter=target.email:is_not:x"], &[1, 2]);
}

fn index_is_the_place_on_the_log(world: &mut World) {
    world.record(&[(9, json!({})), (8, json!({})), (7, json!({}))]);
    world.finds(&["filter=index:is:0"], &[9]);
    world.finds(&["filter=index:is:2"], &[7]);
    world.finds(&["filter=index:is:02"], &[]);
    world.finds(&["filter=index:is_not:1"], &[7, 9]);
    world.finds(&["q=index:1*"], &[8]);
}

fn id_and_traces_take_exact_values(world: &mut World) {
    world.record(&[
        (1, json!({"context": {"trace_id": "t", "span_id": "s"}})),
        (2, json!({"context": {"trace_id": "T", "span_id": "s2"}})),
    ]);
    world.finds(&[&format!("filter=id:is:{}", id_of(2))], &[2]);
    world.finds(
        &[&format!(
            "filter=id:is:{}",
            id_of(2).to_string().to_uppercase()
        )],
        &[],
    );
    world.finds(&["filter=context.trace_id:is:t"], &[1]);
    world.finds(&["filter=context.span_id:is_not:s"], &[2]);
    world.finds(&["q=context.trace_id:T"], &[2]);
}

fn scalars_compare_by_their_json_text(world: &mut World) {
    let has = |value: Value| json!({"metadata": {"k": value}});
    world.record(&[
        (1, has(json!(5))),
        (2, has(json!("5"))),
        (3, has(json!(5.5))),
        (4, has(json!(true))),
        (5, has(json!("true"))),
        (6, has(json!(false))),
        (7, has(json!(-0.25))),
        (8, has(json!(1e30))),
        (9, has(json!(0))),
    ]);
    world.finds(&["filter=metadata.k:is:5"], &[1, 2]);
    world.finds(&["filter=metadata.k:is:5.0"], &[]);
    world.finds(&["filter=metadata.k:is:5.5"], &[3]);
    world.finds(&["filter=metadata.k:is:true"], &[4, 5]);
    world.finds(&["filter=metadata.k:is:false"], &[6]);
    world.finds(&["filter=metadata.k:is:-0.25"], &[7]);
    world.finds(&["filter=metadata.k:is:1e+30"], &[8]);
    world.finds(&["filter=metadata.k:is:0"], &[9]);
    world.record(&[(10, json!({"request": {"status": 404}}))]);
    world.finds(&["filter=request.status:is:404"], &[10]);
    world.finds(&["q=request.status:4*"], &[10]);
}

fn null_counts_as_absent(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"k": null}})),
        (2, json!({"metadata": {"k": "null"}})),
        (3, json!({"metadata": {"k": [null, "x"]}})),
    ]);
    world.finds(&["filter=metadata.k:is:null"], &[2]);
    world.finds(&["filter=metadata.k:is_not:null"], &[1, 3]);
    world.finds(&["filter=metadata.k:is:"], &[]);
}

fn arrays_are_stepped_through(world: &mut World) {
    world.record(&[
        (
            1,
            json!({"metadata": {"k": ["a", ["b", [3, null]], {"c": "d"}]}}),
        ),
        (
            2,
            json!({"metadata": {"k": [{"c": ["d", "e"]}, {"c": "f"}]}}),
        ),
        (3, json!({"metadata": {"k": []}})),
    ]);
    for value in ["a", "b", "3"] {
        world.finds(&[&format!("filter=metadata.k:is:{value}")], &[1]);
    }
    world.finds(&["filter=metadata.k.c:is:d"], &[1, 2]);
    world.finds(&["filter=metadata.k.c:is:f"], &[2]);
    world.finds(&["filter=metadata.k.0:is:a"], &[]);
}

fn an_unknown_key_of_metadata_is_absent(world: &mut World) {
    world.record(&[(1, json!({"metadata": {"k": {"l": "v"}}})), (2, json!({}))]);
    world.finds(&["filter=metadata.nothing:is:v"], &[]);
    world.finds(&["filter=metadata.nothing:is_not:v"], &[1, 2]);
    // A key that holds others has no value of its own, and a value no keys.
    world.finds(&["filter=metadata.k:is_not:v"], &[1, 2]);
    world.finds(&["filter=metadata.k.l.m:is:v"], &[]);
    world.finds(&["filter=metadata.k.l:is:v"], &[1]);
}

fn keys_may_have_any_characters(world: &mut World) {
    let keys = [
        "a.b", "a:b", r"a\b", "a b", "a\"b", "名前", "🎉", "é", "e\u{301}", "A", "*",
    ];
    let events = keys.iter().zip(1..);
    let events = events.map(|(key, number)| (number, json!({"metadata": {*key: "v"}})));
    world.record(&events.collect::<Vec<_>>());
    for (key, number) in keys.iter().zip(1..) {
        let escaped = key
            .replace('\\', r"\\")
            .replace('.', r"\.")
            .replace(':', r"\:");
        world.finds(&[&format!("filter=metadata.{escaped}:is:v")], &[number]);
        let typed = escaped.replace(' ', r"\ ").replace('"', "\\\"");
        world.finds(&[&format!("q=metadata.{typed}:v")], &[number]);
    }
    world.finds(&["filter=metadata.a:is:v"], &[]);
}

fn what_the_server_adds_is_found_too(world: &mut World) {
    world.record(&[
        (1, json!({"action": "role.created"})),
        (2, json!({"action": "kite.flown"})),
    ]);
    world.finds(&["filter=badge:is:Custom Event"], &[2]);
    world.finds(&["filter=event_type:is:System Events"], &[2]);
    world.finds(&["filter=name:is:Role created"], &[1]);
    world.finds(&["filter=level:is:organization"], &[1, 2]);
    world.finds(&["filter=organization_id:is:org_test"], &[1, 2]);
    world.finds(
        &["filter=received_at:is:2026-02-13T10:28:22.000000Z"],
        &[1, 2],
    );
    world.finds(
        &["filter=phase:is:outcome", "filter=result:is:success"],
        &[1, 2],
    );
}

fn times_compare_as_text(world: &mut World) {
    world.record(&[(1, json!({"occurred_at": "2026-02-13T11:00:00.5+01:00"}))]);
    world.finds(&["filter=occurred_at:is:2026-02-13T10:00:00.500000Z"], &[1]);
    world.finds(&["filter=occurred_at:is:2026-02-13T11:00:00.5+01:00"], &[]);
}
