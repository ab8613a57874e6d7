//! `action`, `event_type`, `result`, `phase` and `reads`.

use serde_json::json;

use crate::conformance::on_every_index;
use crate::conformance::world::World;

on_every_index![
    an_action_without_a_star_is_that_action,
    a_star_matches_any_run_of_characters,
    several_actions_mean_any,
    event_type_and_result_mean_any_of_the_given,
    phase_is_attempt_or_outcome,
    the_parts_join_by_and,
    reads_of_the_log_are_left_out_unless_asked_for,
];

fn roles(world: &mut World) {
    let actions = [
        "role.created",
        "role.deleted",
        "role.member.created",
        "prerole.created",
        "role-x.created",
        "member.role",
    ];
    let events = actions.iter().zip(1..);
    let events = events.map(|(action, number)| (number, json!({"action": action})));
    world.record(&events.collect::<Vec<_>>());
}

fn an_action_without_a_star_is_that_action(world: &mut World) {
    roles(world);
    world.finds(&["action=role.created"], &[1]);
    world.finds(&["action=role"], &[]);
    world.finds(&["action=Role.Created"], &[]);
}

fn a_star_matches_any_run_of_characters(world: &mut World) {
    roles(world);
    world.finds(&["action=role.*"], &[1, 2, 3]);
    world.finds(&["action=role*"], &[1, 2, 3, 5]);
    world.finds(&["action=*.created"], &[1, 3, 4, 5]);
    world.finds(&["action=*role.*"], &[1, 2, 3, 4]);
    world.finds(&["action=role*.*created"], &[1, 3, 5]);
    world.finds(&["action=*member*role*"], &[6]);
    world.finds(&["action=*"], &[1, 2, 3, 4, 5, 6]);
    world.finds(&["action=**"], &[1, 2, 3, 4, 5, 6]);
    // Beginning and end may not overlap.
    world.finds(&["action=role.created*created"], &[]);
    world.finds(&["action=role.created*"], &[1]);
    // A dot stands for itself.
    world.finds(&["action=role.x*"], &[]);
    world.finds(&["action=ROLE.*"], &[]);
}

fn several_actions_mean_any(world: &mut World) {
    roles(world);
    world.finds(
        &["action=member.role", "action=*.deleted", "action=role.d*"],
        &[2, 6],
    );
}

fn event_type_and_result_mean_any_of_the_given(world: &mut World) {
    world.record(&[
        (1, json!({"action": "user.login", "result": "success"})),
        (2, json!({"action": "user.login", "result": "denied"})),
        (3, json!({"action": "role.created", "result": "failed"})),
        (4, json!({"action": "kite.flown"})),
    ]);
    world.finds(&["event_type=Security Events"], &[1, 2]);
    world.finds(
        &["event_type=Security Events", "event_type=System Events"],
        &[1, 2, 4],
    );
    world.finds(&["result=denied", "result=failed"], &[2, 3]);
    world.finds(&["result=success"], &[1, 4]);
    world.finds(&["result=warning"], &[]);
}

fn phase_is_attempt_or_outcome(world: &mut World) {
    world.record(&[
        (1, json!({"phase": "attempt"})),
        (2, json!({"phase": "outcome"})),
        (3, json!({})),
    ]);
    world.finds(&["phase=attempt"], &[1]);
    world.finds(&["phase=outcome"], &[2, 3]);
}

fn the_parts_join_by_and(world: &mut World) {
    let event = |result: &str, project: &str, k: u64| json!({"result": result, "project_id": project, "metadata": {"k": k}, "description": "kept"});
    world.record(&[
        (1, event("failed", "prj_1", 1)),
        (2, event("success", "prj_1", 1)),
        (3, event("failed", "prj_2", 1)),
        (4, event("failed", "prj_1", 2)),
        (
            5,
            json!({"result": "failed", "project_id": "prj_1", "metadata": {"k": 1}}),
        ),
    ]);
    let parts = [
        "result=failed",
        "project_id=prj_1",
        "filter=metadata.k:is:1",
        "q=kept",
        "action=test.*",
        "phase=outcome",
        "level=project",
        "event_type=System Events",
        "range=today",
    ];
    world.finds(&parts, &[1]);
}

fn reads_of_the_log_are_left_out_unless_asked_for(world: &mut World) {
    world.record(&[
        (1, json!({"action": "audit_log.read"})),
        (2, json!({"action": "audit_log.reader"})),
        (3, json!({})),
    ]);
    world.finds(&[], &[2, 3]);
    world.finds(&["reads=exclude"], &[2, 3]);
    world.finds(&["reads=include"], &[1, 2, 3]);
    world.finds(&["action=audit_log.read"], &[]);
    world.finds(&["action=audit_log.read", "reads=include"], &[1]);
    world.finds(&["q=action:audit_log.read*", "reads=include"], &[1, 2]);
}
