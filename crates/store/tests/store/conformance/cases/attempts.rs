//! `attempt=open`: what was attempted and has come to nothing yet.

use evident_store::index::PagePlace;
use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::subject::scope;
use crate::conformance::world::{ORGANIZATION, OTHER_ORGANIZATION, World, everyone};

on_every_index![
    an_attempt_is_open_until_its_outcome_is_recorded,
    an_attempt_without_an_id_stays_open,
    the_outcome_may_be_of_any_project_and_time,
    an_outcome_of_another_organization_closes_nothing,
    an_outcome_may_be_recorded_before_its_attempt,
    open_attempts_are_judged_at_as_of,
    open_outcomes_do_not_exist,
];

fn attempt(id: &str) -> Value {
    json!({"phase": "attempt", "attempt_id": id})
}

fn outcome(id: &str) -> Value {
    json!({"phase": "outcome", "attempt_id": id})
}

fn an_attempt_is_open_until_its_outcome_is_recorded(world: &mut World) {
    world.record(&[
        (1, attempt("a")),
        (2, attempt("b")),
        (3, json!({})),
        (4, attempt("b")),
    ]);
    world.finds(&["attempt=open"], &[1, 2, 4]);
    world.record(&[(5, outcome("b"))]);
    world.finds(&["attempt=open"], &[1]);
    world.finds(&["phase=attempt"], &[1, 2, 4]);
    // An outcome is one whether it is said to be or not.
    world.record(&[(6, json!({"attempt_id": "a", "result": "failed"}))]);
    world.finds(&["attempt=open"], &[]);
}

fn an_attempt_without_an_id_stays_open(world: &mut World) {
    world.record(&[
        (1, json!({"phase": "attempt"})),
        (2, json!({"phase": "outcome"})),
    ]);
    world.finds(&["attempt=open"], &[1]);
}

fn the_outcome_may_be_of_any_project_and_time(world: &mut World) {
    let in_project = |mut event: Value, project: &str| {
        event["project_id"] = json!(project);
        event
    };
    let mut early = outcome("b");
    early["occurred_at"] = json!("1999-01-01T00:00:00Z");
    world.record(&[
        (1, in_project(attempt("a"), "prj_1")),
        (2, in_project(attempt("b"), "prj_1")),
        (3, in_project(attempt("c"), "prj_1")),
        (4, in_project(outcome("a"), "prj_2")),
        (5, early),
    ]);
    world.finds(&["attempt=open"], &[3]);
    world.finds(&["attempt=open", "project_id=prj_1", "range=today"], &[3]);
    world.finds_in(scope(ORGANIZATION, Some("prj_1")), &["attempt=open"], &[3]);
    world.finds_in(scope(ORGANIZATION, Some("prj_2")), &["attempt=open"], &[]);
}

fn an_outcome_of_another_organization_closes_nothing(world: &mut World) {
    world.record(&[(1, attempt("a"))]);
    world.record_in(OTHER_ORGANIZATION, &[(2, outcome("a"))]);
    world.finds(&["attempt=open"], &[1]);
}

fn an_outcome_may_be_recorded_before_its_attempt(world: &mut World) {
    world.record(&[(1, outcome("a")), (2, attempt("a"))]);
    world.finds(&["attempt=open"], &[]);
}

fn open_attempts_are_judged_at_as_of(world: &mut World) {
    world.record(&[
        (1, attempt("a")),
        (2, attempt("b")),
        (3, outcome("a")),
        (4, outcome("b")),
    ]);
    world.restart();
    let query = world.query(everyone(), &["attempt=open", "order=asc"]);
    let open_at = |as_of| {
        let page = world.page(&query, Some(as_of), PagePlace::First, 10);
        assert_eq!(page.total, page.events.len() as u64);
        let walked = world.walk(&query, Some(as_of), 1);
        assert_eq!(walked.len(), page.events.len());
        world.numbers(ORGANIZATION, &page.events)
    };
    assert!(open_at(0).is_empty());
    assert_eq!(open_at(1), [1]);
    assert_eq!(open_at(2), [1, 2]);
    assert_eq!(open_at(3), [2]);
    assert!(open_at(4).is_empty());
}

fn open_outcomes_do_not_exist(world: &mut World) {
    world.record(&[(1, attempt("a")), (2, outcome("b"))]);
    world.finds(&["attempt=open", "phase=outcome"], &[]);
    world.finds(&["attempt=open", "phase=attempt"], &[1]);
}
