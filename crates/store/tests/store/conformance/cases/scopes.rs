//! Whose events are seen: the organization's, and of a limited caller one project's.

use evident_store::index::{Completing, PagePlace};
use serde_json::json;

use crate::conformance::on_every_index;
use crate::conformance::subject::scope;
use crate::conformance::world::{
    ORGANIZATION, OTHER_ORGANIZATION, World, everyone, field, id_of, in_time,
};

on_every_index![
    an_organization_sees_its_own_events_only,
    two_organizations_may_have_the_same_id,
    an_organization_without_events_has_none,
    without_a_project_all_of_the_organization_is_seen,
    project_id_asks_for_one_project,
    scope_of_a_project_hides_the_rest_in_lists_totals_walks_and_follow,
    scope_of_a_project_hides_the_rest_in_facets_and_completions,
    scope_of_a_project_hides_the_rest_from_get,
    scope_of_a_project_hides_events_without_a_project,
    a_project_is_spelled_exactly,
    level_means_any_of_the_given,
];

fn an_organization_sees_its_own_events_only(world: &mut World) {
    world.record(&[(1, json!({})), (3, json!({}))]);
    world.record_in(OTHER_ORGANIZATION, &[(2, json!({})), (4, json!({}))]);
    world.finds(&[], &[1, 3]);
    world.finds(&["filter=metadata.any:is_not:thing"], &[1, 3]);
    world.finds_in(scope(OTHER_ORGANIZATION, None), &[], &[2, 4]);
}

fn two_organizations_may_have_the_same_id(world: &mut World) {
    world.record(&[(1, json!({"description": "ours"}))]);
    world.record_in(
        OTHER_ORGANIZATION,
        &[(2, json!({})), (1, json!({"description": "theirs"}))],
    );
    for organization_id in [ORGANIZATION, OTHER_ORGANIZATION] {
        let scope = scope(organization_id, None);
        let found = world.answer(world.index().get(&scope, id_of(1))).unwrap();
        assert_eq!(world.numbers(organization_id, &[found]), [1]);
    }
    let missing = world.answer(world.index().get(&everyone(), id_of(2)));
    assert!(missing.is_none());
}

fn an_organization_without_events_has_none(world: &mut World) {
    world.record(&[(1, json!({}))]);
    world.finds_in(scope("org_unheard_of", None), &[], &[]);
    world.finds_in(scope("org_unheard_of", Some("prj_1")), &[], &[]);
    let applied = world.answer(world.index().applied_through("org_unheard_of"));
    assert_eq!(applied, 0);
}

fn in_projects(world: &mut World) {
    world.record(&[
        (
            1,
            json!({"project_id": "prj_1", "metadata": {"secret_of": "one"}}),
        ),
        (
            2,
            json!({"project_id": "prj_2", "metadata": {"only_here": "two"}}),
        ),
        (3, json!({"metadata": {"secret_of": "none"}})),
        (
            4,
            json!({"project_id": "prj_1", "actor": {"type": "user", "id": "u", "name": "Ada"}}),
        ),
        (
            5,
            json!({"project_id": "prj_2", "actor": {"type": "user", "id": "u", "name": "Bo"}}),
        ),
    ]);
}

fn without_a_project_all_of_the_organization_is_seen(world: &mut World) {
    in_projects(world);
    world.finds(&[], &[1, 2, 3, 4, 5]);
}

fn project_id_asks_for_one_project(world: &mut World) {
    in_projects(world);
    world.finds(&["project_id=prj_1"], &[1, 4]);
    world.finds(&["project_id=prj_3"], &[]);
    world.finds_in(
        scope(ORGANIZATION, Some("prj_2")),
        &["project_id=prj_2"],
        &[2, 5],
    );
}

fn scope_of_a_project_hides_the_rest_in_lists_totals_walks_and_follow(world: &mut World) {
    in_projects(world);
    let limited = || scope(ORGANIZATION, Some("prj_2"));
    world.finds_in(limited(), &[], &[2, 5]);
    // What is not, or is anything else, is not what cannot be seen.
    world.finds_in(limited(), &["filter=user:is_not:bo"], &[2]);
    world.finds_in(
        limited(),
        &["match=any", "filter=user:is:ada", "filter=user:is:bo"],
        &[5],
    );
    world.finds_in(limited(), &["q=-user:bo"], &[2]);
    // Around an event that cannot be seen are those that can.
    let query = world.query(limited(), &["order=asc"]);
    let all = world.query(everyone(), &["order=asc"]);
    let hidden = world.page(&all, None, PagePlace::First, 3).events[2].clone();
    let around = PagePlace::Around(crate::conformance::world::place_of(&hidden));
    let page = world.page(&query, None, around, 5);
    assert_eq!(world.numbers(ORGANIZATION, &page.events), [2, 5]);
    assert_eq!(page.total, 2);
}

fn scope_of_a_project_hides_the_rest_in_facets_and_completions(world: &mut World) {
    in_projects(world);
    let limited = || scope(ORGANIZATION, Some("prj_2"));
    let facet = world.facet(limited(), &[], "project_id");
    assert_eq!(facet.values, [("prj_2".to_owned(), 2)]);
    assert_eq!((facet.distinct, facet.missing), (1, 0));
    let facet = world.facet(limited(), &[], "metadata.secret_of");
    assert_eq!(
        (facet.values.len(), facet.distinct, facet.missing),
        (0, 0, 2)
    );

    let query = world.query(limited(), &[]);
    let completions = |completing: &Completing, prefix| {
        let index = world.index();
        let found = index.completions(&query, None, completing, prefix, 500, in_time());
        let found = world.answer(found);
        found
            .into_iter()
            .map(|v| (v.value, v.count))
            .collect::<Vec<_>>()
    };
    let names = completions(&Completing::Names, "metadata");
    assert_eq!(names, [("metadata.only_here".to_owned(), 1)]);
    let users = completions(&Completing::Values(field("user")), "");
    assert_eq!(users, [("u".to_owned(), 2), ("Bo".to_owned(), 1)]);
}

fn scope_of_a_project_hides_the_rest_from_get(world: &mut World) {
    in_projects(world);
    let limited = scope(ORGANIZATION, Some("prj_2"));
    let seen: Vec<u64> = (1..=5)
        .filter(|number| {
            let found = world.answer(world.index().get(&limited, id_of(*number)));
            found.is_some()
        })
        .collect();
    assert_eq!(seen, [2, 5]);
}

fn scope_of_a_project_hides_events_without_a_project(world: &mut World) {
    world.record(&[(1, json!({})), (2, json!({"project_id": null}))]);
    world.finds_in(scope(ORGANIZATION, Some("null")), &[], &[]);
    world.finds_in(scope(ORGANIZATION, Some("")), &[], &[]);
}

fn a_project_is_spelled_exactly(world: &mut World) {
    world.record(&[
        (1, json!({"project_id": "prj"})),
        (2, json!({"project_id": "PRJ"})),
        (3, json!({"project_id": "prj_1"})),
    ]);
    world.finds(&["project_id=prj"], &[1]);
    world.finds_in(scope(ORGANIZATION, Some("PRJ")), &[], &[2]);
}

fn level_means_any_of_the_given(world: &mut World) {
    world.record(&[
        (1, json!({})),
        (2, json!({"project_id": "prj_1"})),
        (3, json!({"action": "guardrail.created"})),
    ]);
    world.finds(&["level=organization"], &[1]);
    world.finds(&["level=project", "level=agent"], &[2, 3]);
    world.finds(&["level=workflow"], &[]);
}
