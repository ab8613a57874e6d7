//! Whose events are seen: the organization's, and of a limited caller one project's.

use evident_store::index::{Completing, PagePlace};
use serde_json::json;

use crate::conformance::model::limits::Limits;
use crate::conformance::on_every_index;
use crate::conformance::subject::{limited_scope, scope};
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
    scope_of_several_projects_shows_these_and_hides_the_rest,
    scope_of_thousands_of_projects_shows_these_and_hides_the_rest,
    scope_of_no_project_shows_nothing_whichever_way_it_is_asked,
    scope_of_an_actor_hides_what_others_did_also_on_its_behalf,
    scope_of_a_target_shows_what_has_it_among_others,
    limits_of_all_kinds_join_by_and,
    scope_of_an_actor_with_a_long_id_is_of_no_other,
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

/// Everybody acts on behalf of the others, and on several things.
fn by_several(world: &mut World) {
    let event = |project: Option<&str>, actor: &str, targets: &[&str]| {
        let target = |id: &&str| json!({"type": "tool", "id": id});
        json!({
            "project_id": project,
            "actor": {"type": "user", "id": actor, "name": "Same"},
            "on_behalf_of": [{"type": "user", "id": "ada"}, {"type": "user", "id": "bo"}],
            "targets": targets.iter().map(target).collect::<Vec<_>>(),
            "metadata": {actor: 1},
        })
    };
    world.record(&[
        (1, event(Some("prj_1"), "ada", &["t_1"])),
        (2, event(Some("prj_2"), "ada", &["t_2", "t_1"])),
        (3, event(Some("prj_1"), "bo", &["t_1", "t_3"])),
        (4, event(None, "ada", &["t_1"])),
        (5, event(Some("prj_3"), "ada", &[])),
        (6, event(Some("prj_2"), "ADA", &["T_1", "ada"])),
    ]);
}

fn limited(projects: Option<&[&str]>, actors: &[&str], targets: &[&str]) -> Limits {
    let owned = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    Limits {
        projects: projects.map(owned),
        actors: owned(actors),
        targets: owned(targets),
    }
}

fn scope_of_several_projects_shows_these_and_hides_the_rest(world: &mut World) {
    by_several(world);
    let limits = limited(Some(&["prj_2", "prj_1"]), &[], &[]);
    let scope = || limited_scope(ORGANIZATION, &limits);
    world.finds_in(scope(), &[], &[1, 2, 3, 6]);
    world.finds_in(scope(), &["project_id=prj_2"], &[2, 6]);
    world.finds_in(scope(), &["filter=project_id:is_not:prj_1"], &[2, 6]);
    world.finds_in(scope(), &["filter=project_id:is:prj_3"], &[]);
    let facet = world.facet(scope(), &[], "project_id");
    let counted = [("prj_1".to_owned(), 2), ("prj_2".to_owned(), 2)];
    assert_eq!(facet.values, counted);
    assert_eq!((facet.distinct, facet.missing), (2, 0));
}

fn scope_of_thousands_of_projects_shows_these_and_hides_the_rest(world: &mut World) {
    by_several(world);
    let long = "prj_".repeat(100);
    world.record(&[
        (7, json!({"project_id": long})),
        (8, json!({"project_id": format!("{long}x")})),
    ]);
    let ids = (0..3000).map(|number| format!("prj_1{number}"));
    let ids = ids.chain(["prj_1".to_owned(), "prj_3".to_owned(), long]);
    let limits = Limits {
        projects: Some(ids.collect()),
        ..Limits::default()
    };
    let scope = || limited_scope(ORGANIZATION, &limits);
    world.finds_in(scope(), &[], &[1, 3, 5, 7]);
    world.finds_in(scope(), &["filter=actor.id:is_not:ada"], &[3, 7]);
    world.finds_in(scope(), &["q=-project_id:prj_1"], &[5, 7]);
}

fn scope_of_no_project_shows_nothing_whichever_way_it_is_asked(world: &mut World) {
    by_several(world);
    let nobody = limited(Some(&[]), &[], &[]);
    let scope = || limited_scope(ORGANIZATION, &nobody);
    for parameters in [
        &[][..],
        &["reads=include"],
        &["filter=action:is_not:x"],
        &["q=-action:x"],
        &[
            "match=any",
            "filter=project_id:is:prj_1",
            "filter=project_id:is_not:prj_1",
        ],
        &["attempt=open"],
    ] {
        world.finds_in(scope(), parameters, &[]);
    }
    let facet = world.facet(scope(), &[], "project_id");
    assert_eq!(
        (facet.values.len(), facet.distinct, facet.missing),
        (0, 0, 0)
    );
    let query = world.query(scope(), &[]);
    let index = world.index();
    let names = index.completions(&query, None, &Completing::Names, "", 500, in_time());
    let names = world.answer(names);
    // What every organization is offered, and nothing of this one's.
    assert!(names.iter().all(|name| name.count == 0), "{names:?}");
    assert!(!names.iter().any(|name| name.value.starts_with("metadata")));
    for number in 1..=6 {
        let found = world.answer(world.index().get(&scope(), id_of(number)));
        assert!(found.is_none());
    }
}

fn scope_of_an_actor_hides_what_others_did_also_on_its_behalf(world: &mut World) {
    by_several(world);
    let limits = limited(None, &["ada"], &[]);
    let scope = || limited_scope(ORGANIZATION, &limits);
    world.finds_in(scope(), &[], &[1, 2, 4, 5]);
    world.finds_in(scope(), &["filter=actor.id:is:bo"], &[]);
    world.finds_in(scope(), &["filter=authority:is:bo"], &[1, 2, 4, 5]);
    world.finds_in(scope(), &["project_id=prj_1"], &[1]);
    let seen: Vec<u64> = (1..=6)
        .filter(|number| {
            let found = world.answer(world.index().get(&scope(), id_of(*number)));
            found.is_some()
        })
        .collect();
    assert_eq!(seen, [1, 2, 4, 5]);
    let query = world.query(scope(), &[]);
    let index = world.index();
    let names = index.completions(&query, None, &Completing::Names, "metadata", 500, in_time());
    let names = world.answer(names);
    let names: Vec<_> = names.into_iter().map(|v| (v.value, v.count)).collect();
    assert_eq!(names, [("metadata.ada".to_owned(), 4)]);
    // Two actors have done nothing together.
    let both = limited(None, &["ada", "bo"], &[]);
    world.finds_in(limited_scope(ORGANIZATION, &both), &[], &[]);
}

fn scope_of_a_target_shows_what_has_it_among_others(world: &mut World) {
    by_several(world);
    let limits = limited(None, &[], &["t_1"]);
    world.finds_in(limited_scope(ORGANIZATION, &limits), &[], &[1, 2, 3, 4]);
    let both = limited(None, &[], &["t_1", "t_3"]);
    world.finds_in(limited_scope(ORGANIZATION, &both), &[], &[3]);
    let actors = limited(None, &[], &["bo"]);
    world.finds_in(limited_scope(ORGANIZATION, &actors), &[], &[]);
}

fn limits_of_all_kinds_join_by_and(world: &mut World) {
    by_several(world);
    let limits = limited(Some(&["prj_1", "prj_2"]), &["ada"], &["t_1"]);
    let scope = || limited_scope(ORGANIZATION, &limits);
    world.finds_in(scope(), &[], &[1, 2]);
    world.finds_in(scope(), &["filter=target.id:is:t_2"], &[2]);
    world.finds_in(
        scope(),
        &[
            "match=any",
            "filter=target.id:is:t_3",
            "filter=actor.id:is:ADA",
        ],
        &[],
    );
    world.finds_in(limited_scope(OTHER_ORGANIZATION, &limits), &[], &[]);
}

fn scope_of_an_actor_with_a_long_id_is_of_no_other(world: &mut World) {
    // Longer than what an index keeps of a value as it is, and the same up to there.
    let common = "x".repeat(300);
    let longer = format!("{common}y");
    let (common, longer) = (common.as_str(), longer.as_str());
    let actor = |id: &str| json!({"actor": {"type": "user", "id": id}});
    world.record(&[(1, actor(common)), (2, actor(longer)), (3, actor("x"))]);
    for (id, expected) in [(common, &[1][..]), (longer, &[2]), ("x", &[3])] {
        let limits = limited(None, &[id], &[]);
        world.finds_in(limited_scope(ORGANIZATION, &limits), &[], expected);
    }
}
