//! `q`, as far as it names fields.

use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::World;

on_every_index![
    a_field_and_a_value_is_a_filter,
    a_minus_before_a_field_is_its_exact_complement,
    a_star_in_the_value_is_any_run_of_characters,
    a_star_in_quotes_is_a_star_behind_a_backslash,
    a_value_in_quotes_may_have_spaces_and_quotes,
    an_empty_value_in_quotes_is_a_value,
    the_value_keeps_its_colons,
    patterns_ignore_case_where_the_field_does,
    patterns_heed_case_where_the_field_does,
    a_pattern_fits_one_value_whole,
    a_star_alone_asks_for_any_value,
    an_alias_means_its_entry_here_too,
    fields_and_words_join_by_and,
];

fn keeps(value: Value) -> Value {
    json!({"metadata": {"k": value}})
}

fn a_field_and_a_value_is_a_filter(world: &mut World) {
    world.record(&[
        (1, keeps(json!("v"))),
        (2, keeps(json!("w"))),
        (3, json!({})),
    ]);
    world.finds(&["q=metadata.k:v"], &[1]);
    world.finds(&["q=result:success metadata.k:w"], &[2]);
    world.finds(&["q=result:failed"], &[]);
}

fn a_minus_before_a_field_is_its_exact_complement(world: &mut World) {
    world.record(&[
        (1, keeps(json!("v"))),
        (2, keeps(json!(["v", "w"]))),
        (3, keeps(json!("w"))),
        (4, json!({})),
    ]);
    world.finds(&["q=-metadata.k:v"], &[3, 4]);
    world.finds(&["q=-metadata.k:w*"], &[1, 4]);
    world.finds(&["q=-metadata.k:\"v\" -metadata.k:w"], &[4]);
}

fn a_star_in_the_value_is_any_run_of_characters(world: &mut World) {
    world.record(&[
        (1, json!({"action": "role.created"})),
        (2, json!({"action": "role.deleted", "result": "denied"})),
        (3, json!({"action": "kite.created"})),
    ]);
    world.finds(&["q=action:role.*"], &[1, 2]);
    world.finds(&["q=action:*.created"], &[1, 3]);
    world.finds(&["q=action:*o*e*t*"], &[1, 2]);
    world.finds(&["q=action:role.* -result:success"], &[2]);
    world.finds(&["q=action:role*kite"], &[]);
}

fn a_star_in_quotes_is_a_star_behind_a_backslash(world: &mut World) {
    world.record(&[
        (1, keeps(json!("a*b"))),
        (2, keeps(json!("a-b"))),
        (3, keeps(json!("a*bc"))),
    ]);
    world.finds(&["q=metadata.k:\"a\\*b\""], &[1]);
    world.finds(&["q=metadata.k:\"a*b\""], &[1, 2]);
    world.finds(&["q=metadata.k:a*b"], &[1, 2]);
    world.finds(&["q=metadata.k:\"a\\*\"*"], &[1, 3]);
}

fn a_value_in_quotes_may_have_spaces_and_quotes(world: &mut World) {
    world.record(&[
        (1, keeps(json!("Ada Obi"))),
        (2, keeps(json!("say \"hi\" \\ there"))),
        (3, keeps(json!("Ada"))),
        (4, keeps(json!("a\\b"))),
    ]);
    world.finds(&["q=metadata.k:\"Ada Obi\""], &[1]);
    world.finds(&["q=metadata.k:\"say \\\"hi\\\" \\\\ there\""], &[2]);
    world.finds(&["q=metadata.k:Ada\" \"Obi"], &[1]);
    world.finds(&["q=metadata.k:Ada done"], &[3]);
    world.finds(&["q=metadata.k:a\\b"], &[4]);
    // A quote that is still open ends with the text.
    world.finds(&["q=metadata.k:\"Ada Obi"], &[1]);
}

fn an_empty_value_in_quotes_is_a_value(world: &mut World) {
    world.record(&[
        (1, keeps(json!(""))),
        (2, keeps(json!("x"))),
        (3, json!({})),
    ]);
    world.finds(&["q=metadata.k:\"\""], &[1]);
    world.finds(&["q=-metadata.k:\"\""], &[2, 3]);
}

fn the_value_keeps_its_colons(world: &mut World) {
    world.record(&[
        (1, json!({"context": {"ip": "2001:db8::7"}})),
        (2, json!({"metadata": {"a:b": "c:d"}})),
    ]);
    world.finds(&["q=context.ip:2001:db8::7"], &[1]);
    world.finds(&["q=context.ip:2001:*"], &[1]);
    world.finds(&[r"q=metadata.a\:b:c:d"], &[2]);
}

fn patterns_ignore_case_where_the_field_does(world: &mut World) {
    let named = |name: &str| json!({"actor": {"type": "user", "id": "u", "name": name}});
    world.record(&[
        (1, named("Ada Straße")),
        (2, named("ADA STRASSE 2")),
        (3, named("Bo")),
    ]);
    world.finds(&["q=user:ada*"], &[1, 2]);
    world.finds(&["q=user:*STRASSE"], &[1]);
    world.finds(&["q=user:\"ada s\"*ße*"], &[1, 2]);
    world.finds(&["q=category:CUS*"], &[1, 2, 3]);
    world.finds(&["q=event:TEST*"], &[1, 2, 3]);
}

fn patterns_heed_case_where_the_field_does(world: &mut World) {
    world.record(&[(1, keeps(json!("Value"))), (2, keeps(json!("value")))]);
    world.finds(&["q=metadata.k:v*"], &[2]);
    world.finds(&["q=metadata.k:*alue"], &[1, 2]);
    world.finds(&["q=name:TEST*"], &[]);
}

fn a_pattern_fits_one_value_whole(world: &mut World) {
    world.record(&[
        (1, keeps(json!(["ab", "cd"]))),
        (2, keeps(json!("abcd"))),
        (3, keeps(json!(5))),
    ]);
    world.finds(&["q=metadata.k:a*d"], &[2]);
    world.finds(&["q=metadata.k:a* metadata.k:*d"], &[1, 2]);
    world.finds(&["q=metadata.k:*b"], &[1]);
    world.finds(&["q=metadata.k:5*"], &[3]);
}

fn a_star_alone_asks_for_any_value(world: &mut World) {
    world.record(&[
        (1, keeps(json!(""))),
        (2, keeps(json!(false))),
        (3, keeps(json!(null))),
        (4, json!({})),
    ]);
    world.finds(&["q=metadata.k:*"], &[1, 2]);
    world.finds(&["q=-metadata.k:*"], &[3, 4]);
}

fn an_alias_means_its_entry_here_too(world: &mut World) {
    world.record(&[
        (1, json!({"action": "role.updated"})),
        (2, json!({"action": "role.created"})),
    ]);
    world.finds(&["q=event:\"role updated\""], &[1]);
    world.finds(&["q=-event:\"Role edited\""], &[2]);
}

fn fields_and_words_join_by_and(world: &mut World) {
    world.record(&[
        (1, json!({"description": "red kite", "result": "failed"})),
        (2, json!({"description": "red kite"})),
        (3, json!({"description": "red", "result": "failed"})),
    ]);
    world.finds(&["q=kite result:failed red"], &[1]);
    world.finds(&["q=result:failed -description:red"], &[1]);
    world.finds(&["q=\"red kite\"result:failed"], &[1]);
}
