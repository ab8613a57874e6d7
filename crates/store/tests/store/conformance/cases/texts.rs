//! `q`, as far as it is free text.

use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::World;

on_every_index![
    words_are_found_in_all_the_fields_that_are_searched,
    words_are_not_found_elsewhere,
    q_words_may_stand_in_different_fields,
    all_words_must_occur,
    a_word_is_a_run_of_letters_digits_and_underscores,
    words_ignore_case,
    words_may_be_of_any_script,
    the_last_word_may_be_a_prefix,
    a_prefix_is_no_infix,
    a_phrase_stands_in_one_field,
    a_phrase_is_its_words_whatever_stands_between_them,
    a_phrase_has_whole_words,
    a_quote_that_is_still_open_may_end_in_a_prefix,
    the_last_word_outside_of_quotes_is_the_prefix,
    words_of_quotes_and_words_beside_them_all_must_occur,
    q_without_any_word_asks_for_nothing,
    anything_else_with_a_colon_is_text,
];

/// An event with a description, and nothing else that says a word beside `test.done`.
fn says(text: &str) -> Value {
    json!({"description": text})
}

fn words_are_found_in_all_the_fields_that_are_searched(world: &mut World) {
    let ada = json!({"type": "user", "id": "u", "name": "Ada Obi", "email": "ada@kites.example"});
    let targets = json!([
        {"type": "t", "id": "first_1"},
        {"type": "t", "id": "second-2", "name": "Red Kite"},
    ]);
    world.record(&[
        (1, json!({"description": "a kite rose"})),
        (2, json!({"action": "role.created"})),
        (3, json!({"action": "user.login"})),
        (4, json!({"actor": ada})),
        (5, json!({"targets": targets})),
    ]);
    for (q, expected) in [
        ("rose", 1),
        ("created", 2),
        ("role", 2),
        ("login", 3),
        ("obi", 4),
        ("kites", 4),
        ("red", 5),
        ("first_1", 5),
        ("second", 5),
    ] {
        world.finds(&[&format!("q=\"{q}\"")], &[expected]);
    }
    world.finds(&["q=\"kite\""], &[1, 5]);
}

fn words_are_not_found_elsewhere(world: &mut World) {
    let thing = json!({"type": "kite", "id": "u", "metadata": {"kite": "kite"}});
    world.record(&[(
        1,
        json!({
            "actor": thing,
            "on_behalf_of": [{"type": "kite", "id": "kite", "name": "kite", "email": "kite"}],
            "targets": [{"type": "kite", "id": "t", "email": "kite", "metadata": {"kite": 1}}],
            "reason": "kite",
            "changes": [{"field": "kite", "old": "kite", "new": "kite"}],
            "context": {"user_agent": "kite", "session_id": "kite"},
            "request": {"method": "kite", "path": "/kite", "body": "kite"},
            "attempt_id": "kite",
            "project_id": "kite",
            "metadata": {"kite": "kite"},
        }),
    )]);
    world.finds(&["q=kite"], &[]);
    world.finds(&["q=test"], &[1]);
}

fn q_words_may_stand_in_different_fields(world: &mut World) {
    let ada = json!({"type": "user", "id": "u", "name": "Ada", "email": "x@y"});
    let targets = json!([{"type": "t", "id": "one", "name": "Red"}, {"type": "t", "id": "two"}]);
    world.record(&[
        (
            1,
            json!({"actor": ada, "description": "rose", "targets": targets}),
        ),
        (2, json!({"actor": ada, "description": "fell"})),
    ]);
    world.finds(&["q=ada rose"], &[1]);
    world.finds(&["q=two done ada red"], &[1]);
    world.finds(&["q=ada done"], &[1, 2]);
}

fn all_words_must_occur(world: &mut World) {
    world.record(&[(1, says("red kite")), (2, says("red")), (3, says("kite"))]);
    world.finds(&["q=red kite"], &[1]);
    world.finds(&["q=kite red"], &[1]);
    world.finds(&["q=red red"], &[1, 2]);
    world.finds(&["q=red kite blue"], &[]);
}

fn a_word_is_a_run_of_letters_digits_and_underscores(world: &mut World) {
    world.record(&[
        (1, says("model_id=gpt-4o, (v2.1)")),
        (2, says("model id gpt 4o v2 1")),
        (3, says("modelidgpt4o")),
    ]);
    world.finds(&["q=\"model_id\""], &[1]);
    world.finds(&["q=\"model\""], &[2]);
    world.finds(&["q=gpt-4o"], &[1, 2]);
    world.finds(&["q=v2.1"], &[1, 2]);
    world.finds(&["q=\"4o\""], &[1, 2]);
}

fn words_ignore_case(world: &mut World) {
    world.record(&[
        (1, says("Die Straße")),
        (2, says("DIE STRASSE")),
        (3, says("Σίσυφος")),
        (4, says("ΣΊΣΥΦΟΣ")),
    ]);
    world.finds(&["q=\"strasse\""], &[1, 2]);
    world.finds(&["q=\"STRAßE\""], &[1, 2]);
    world.finds(&["q=stras"], &[1, 2]);
    world.finds(&["q=\"σίσυφοσ\""], &[3, 4]);
    world.finds(&["q=ΣΊΣ"], &[3, 4]);
}

fn words_may_be_of_any_script(world: &mut World) {
    world.record(&[
        (1, says("サーバー を再起動")),
        (2, says("перезапуск")),
        (3, says("🎉 party 🎉")),
        (4, says("cafe\u{301} e\u{e9}")),
        (5, says("٣ ½ ²")),
    ]);
    world.finds(&["q=\"サーバー\""], &[1]);
    // Without spaces between words, a run of letters is one.
    world.finds(&["q=\"再起動\""], &[]);
    world.finds(&["q=を再"], &[1]);
    world.finds(&["q=ПЕРЕ"], &[2]);
    world.finds(&["q=🎉party🎉"], &[3]);
    // An accent of its own is no letter, so it ends the word.
    world.finds(&["q=\"cafe\""], &[4]);
    world.finds(&["q=\"cafe\u{301}\""], &[4]);
    world.finds(&["q=\"caf\u{e9}\""], &[]);
    world.finds(&["q=\"٣\""], &[5]);
}

fn the_last_word_may_be_a_prefix(world: &mut World) {
    world.record(&[
        (1, says("guardrail updated")),
        (2, says("guard up")),
        (3, says("rail up")),
    ]);
    world.finds(&["q=guard"], &[1, 2]);
    world.finds(&["q=guardrail"], &[1]);
    // Only the last one.
    world.finds(&["q=guard up"], &[2]);
    world.finds(&["q=up guard"], &[2]);
    world.finds(&["q=guardrail up"], &[1]);
    world.finds(&["q=up."], &[1, 2, 3]);
}

fn a_prefix_is_no_infix(world: &mut World) {
    world.record(&[
        (1, says("guardrail")),
        (2, says("guard-rail")),
        (3, says("guard_rail")),
    ]);
    world.finds(&["q=rail"], &[2]);
    world.finds(&["q=ail"], &[]);
}

fn a_phrase_stands_in_one_field(world: &mut World) {
    let named = |name: &str, text: &str| json!({"actor": {"type": "user", "id": "u", "name": name}, "description": text});
    world.record(&[
        (1, named("Ada", "Obi rose")),
        (2, named("Ada Obi", "rose")),
        (
            3,
            json!({"targets": [
                {"type": "t", "id": "x", "name": "Ada"},
                {"type": "t", "id": "y", "name": "Obi"},
            ]}),
        ),
    ]);
    world.finds(&["q=\"ada obi\""], &[2]);
    world.finds(&["q=ada obi"], &[1, 2, 3]);
    world.finds(&["q=\"obi rose\""], &[1]);
}

fn a_phrase_is_its_words_whatever_stands_between_them(world: &mut World) {
    world.record(&[
        (1, says("the red, RED kite!")),
        (2, says("red big kite")),
        (3, says("kite red")),
        (4, says("red—kite")),
    ]);
    world.finds(&["q=\"red kite\""], &[1, 4]);
    world.finds(&["q=\"Red / Red (kite)\""], &[1]);
    world.finds(&["q=\"kite red\""], &[3]);
    world.finds(&["q=\" red \""], &[1, 2, 3, 4]);
}

fn a_phrase_has_whole_words(world: &mut World) {
    world.record(&[
        (1, says("red kites")),
        (2, says("red kite")),
        (3, says("bored kite")),
    ]);
    world.finds(&["q=\"red kite\""], &[2]);
    world.finds(&["q=\"kite\""], &[2, 3]);
}

fn a_quote_that_is_still_open_may_end_in_a_prefix(world: &mut World) {
    world.record(&[
        (1, says("red kites")),
        (2, says("red kite")),
        (3, says("kites red")),
    ]);
    world.finds(&["q=\"red kit"], &[1, 2]);
    world.finds(&["q=\"re"], &[1, 2, 3]);
    world.finds(&["q=\"re kite"], &[]);
}

fn the_last_word_outside_of_quotes_is_the_prefix(world: &mut World) {
    world.record(&[
        (1, says("red kites rose")),
        (2, says("redder kites")),
        (3, says("rose red")),
    ]);
    // What follows it in quotes, or of a field, ends no word.
    world.finds(&["q=red \"kites\""], &[1, 2]);
    world.finds(&["q=red result:success"], &[1, 2, 3]);
    world.finds(&["q=ros \"kites\" red"], &[]);
    world.finds(&["q=red \"ki"], &[1]);
    // A quote that has just been opened changes nothing.
    world.finds(&["q=red \""], &[1, 2, 3]);
}

fn words_of_quotes_and_words_beside_them_all_must_occur(world: &mut World) {
    world.record(&[
        (1, says("red kite rose")),
        (2, says("rose kite red")),
        (3, says("red kite")),
    ]);
    world.finds(&["q=\"red kite\" rose"], &[1]);
    world.finds(&["q=rose\"red kite\""], &[1]);
    world.finds(&["q=\"red kite\" \"kite rose\""], &[1]);
}

fn q_without_any_word_asks_for_nothing(world: &mut World) {
    world.record(&[(1, says("red")), (2, says(""))]);
    for q in ["", " ", "\"\"", "\"", "*", "-", "\"--\" !", ":", "-\"\""] {
        world.finds(&[&format!("q={q}")], &[1, 2]);
    }
}

fn anything_else_with_a_colon_is_text(world: &mut World) {
    world.record(&[
        (1, says("see https://kite.example:8700/red")),
        (2, says("action")),
        (3, says("kite minus")),
    ]);
    world.finds(&["q=https://kite.example:8700/r"], &[1]);
    world.finds(&["q=unheard.of:kite"], &[]);
    world.finds(&["q=kite:minus"], &[3]);
    // A field without a value is a word, and a minus before a word no letter.
    world.finds(&["q=action:"], &[2]);
    world.finds(&["q=-kite"], &[1, 3]);
    world.finds(&["q=-minus:kite"], &[3]);
}
