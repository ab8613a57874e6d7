//! When: ranges by name, and from one instant to before another. It is Friday, 13 February 2026,
//! 10:28:22 in UTC and 15:58:22 in Kolkata.

use evident_event::time::Timestamp;
use serde_json::json;

use crate::conformance::on_every_index;
use crate::conformance::world::{World, everyone};

on_every_index![
    without_a_range_it_is_all_time,
    from_is_included_and_to_is_not,
    one_side_may_be_open,
    an_offset_is_heeded,
    a_date_alone_is_local_midnight,
    an_event_is_found_by_when_it_happened_not_by_when_it_came_in,
    today_and_yesterday_are_whole_local_days,
    weeks_run_from_monday_or_from_sunday,
    months_and_years_run_from_their_first_day_to_their_end,
    last_30_days_is_today_and_the_29_before,
    last_24_hours_alone_rolls,
    events_of_the_future_are_in_ranges_that_reach_them,
    a_midnight_that_a_clock_change_skips_is_the_first_instant_after_it,
    a_range_rolls_for_those_who_follow_and_stays_for_those_who_turn_pages,
];

/// Records one event at each of these times.
fn at(world: &mut World, times: &[(u64, &str)]) {
    let events = times
        .iter()
        .map(|(number, time)| (*number, json!({"occurred_at": time})));
    world.record(&events.collect::<Vec<_>>());
}

fn without_a_range_it_is_all_time(world: &mut World) {
    at(
        world,
        &[
            (1, "0001-01-01T00:00:00Z"),
            (2, "1969-12-31T23:59:59.999999Z"),
            (3, "1970-01-01T00:00:00Z"),
            (4, "2026-02-14T10:28:22Z"),
        ],
    );
    world.lists(&["order=asc"], &[1, 2, 3, 4]);
    world.finds(&["range=all_time"], &[1, 2, 3, 4]);
}

fn from_is_included_and_to_is_not(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-13T08:59:59.999999Z"),
            (2, "2026-02-13T09:00:00Z"),
            (3, "2026-02-13T09:59:59.999999Z"),
            (4, "2026-02-13T10:00:00Z"),
        ],
    );
    world.finds(
        &["from=2026-02-13T09:00:00Z", "to=2026-02-13T10:00:00Z"],
        &[2, 3],
    );
}

fn one_side_may_be_open(world: &mut World) {
    at(
        world,
        &[
            (1, "0001-01-01T00:00:00Z"),
            (2, "2026-02-13T09:00:00Z"),
            (3, "2026-02-14T10:00:00Z"),
        ],
    );
    world.finds(&["from=2026-02-13T09:00:00Z"], &[2, 3]);
    world.finds(&["to=2026-02-13T09:00:00Z"], &[1]);
}

fn an_offset_is_heeded(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-13T08:59:59Z"),
            (2, "2026-02-13T09:00:00Z"),
            (3, "2026-02-13T14:30:00+05:30"),
            (4, "2026-02-13T09:00:01Z"),
        ],
    );
    world.finds(
        &["from=2026-02-13T10:00:00+01:00", "to=2026-02-13T09:00:01Z"],
        &[2, 3],
    );
}

fn a_date_alone_is_local_midnight(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-12T18:29:59.999999Z"),
            (2, "2026-02-12T18:30:00Z"),
            (3, "2026-02-12T23:59:59.999999Z"),
            (4, "2026-02-13T00:00:00Z"),
            (5, "2026-02-13T18:29:59.999999Z"),
            (6, "2026-02-13T18:30:00Z"),
        ],
    );
    world.finds(&["from=2026-02-13", "to=2026-02-14"], &[4, 5, 6]);
    world.finds(
        &["from=2026-02-13", "to=2026-02-14", "tz=Asia/Kolkata"],
        &[2, 3, 4, 5],
    );
    world.finds(&["to=2026-02-13"], &[1, 2, 3]);
}

fn an_event_is_found_by_when_it_happened_not_by_when_it_came_in(world: &mut World) {
    // All of them came in now, the latest of them first.
    at(
        world,
        &[
            (3, "2026-02-13T09:00:00Z"),
            (1, "2020-01-01T00:00:00Z"),
            (2, "2026-02-12T09:00:00Z"),
        ],
    );
    world.finds(&["range=today"], &[3]);
    world.finds(&["to=2021-01-01"], &[1]);
    world.lists(&["order=asc"], &[1, 2, 3]);
}

fn today_and_yesterday_are_whole_local_days(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-11T23:59:59.999999Z"),
            (2, "2026-02-12T00:00:00Z"),
            (3, "2026-02-12T18:30:00Z"),
            (4, "2026-02-13T00:00:00Z"),
            (5, "2026-02-13T18:30:00Z"),
            (6, "2026-02-13T23:59:59.999999Z"),
            (7, "2026-02-14T00:00:00Z"),
        ],
    );
    world.finds(&["range=today"], &[4, 5, 6]);
    world.finds(&["range=yesterday"], &[2, 3]);
    world.finds(&["range=today", "tz=Asia/Kolkata"], &[3, 4]);
    world.finds(&["range=yesterday", "tz=Asia/Kolkata"], &[1, 2]);
}

fn weeks_run_from_monday_or_from_sunday(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-07T23:59:59.999999Z"),
            (2, "2026-02-08T00:00:00Z"),
            (3, "2026-02-08T23:59:59.999999Z"),
            (4, "2026-02-09T00:00:00Z"),
            (5, "2026-02-14T00:00:00Z"),
        ],
    );
    world.finds(&["range=this_week"], &[4, 5]);
    world.finds(&["range=this_week", "week_start=monday"], &[4, 5]);
    world.finds(&["range=this_week", "week_start=sunday"], &[2, 3, 4, 5]);
}

fn months_and_years_run_from_their_first_day_to_their_end(world: &mut World) {
    at(
        world,
        &[
            (1, "2024-12-31T23:59:59.999999Z"),
            (2, "2025-01-01T00:00:00Z"),
            (3, "2025-12-31T23:59:59.999999Z"),
            (4, "2026-01-01T00:00:00Z"),
            (5, "2026-01-31T23:59:59.999999Z"),
            (6, "2026-02-01T00:00:00Z"),
            (7, "2026-02-14T00:00:00Z"),
        ],
    );
    world.finds(&["range=this_month"], &[6, 7]);
    world.finds(&["range=last_month"], &[4, 5]);
    world.finds(&["range=this_year"], &[4, 5, 6, 7]);
    world.finds(&["range=last_year"], &[2, 3]);
}

fn last_30_days_is_today_and_the_29_before(world: &mut World) {
    at(
        world,
        &[
            (1, "2025-11-15T23:59:59.999999Z"),
            (2, "2025-11-16T00:00:00Z"),
            (3, "2026-01-14T23:59:59.999999Z"),
            (4, "2026-01-15T00:00:00Z"),
            (5, "2026-02-06T23:59:59.999999Z"),
            (6, "2026-02-07T00:00:00Z"),
            (7, "2026-02-13T23:59:59.999999Z"),
            (8, "2026-02-14T00:00:00Z"),
        ],
    );
    world.finds(&["range=last_7_days"], &[6, 7]);
    world.finds(&["range=last_30_days"], &[4, 5, 6, 7]);
    world.finds(&["range=last_90_days"], &[2, 3, 4, 5, 6, 7]);
}

fn last_24_hours_alone_rolls(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-12T10:28:21.999999Z"),
            (2, "2026-02-12T10:28:22Z"),
            (3, "2026-02-13T10:28:21.999999Z"),
            (4, "2026-02-13T10:28:22Z"),
        ],
    );
    world.finds(&["range=last_24_hours"], &[2, 3]);
    world.finds(&["range=last_24_hours", "tz=Asia/Kolkata"], &[2, 3]);
}

fn events_of_the_future_are_in_ranges_that_reach_them(world: &mut World) {
    at(
        world,
        &[(1, "2026-02-13T22:00:00Z"), (2, "2026-02-14T10:00:00Z")],
    );
    world.finds(&["range=today"], &[1]);
    world.finds(&["range=this_week"], &[1, 2]);
    world.finds(&["range=last_7_days"], &[1]);
    world.finds(&["range=last_24_hours"], &[]);
}

fn a_midnight_that_a_clock_change_skips_is_the_first_instant_after_it(world: &mut World) {
    // In São Paulo 4 November 2018 began at 01:00, three hours after the midnight of UTC.
    at(
        world,
        &[
            (1, "2018-11-04T02:59:59.999999Z"),
            (2, "2018-11-04T03:00:00Z"),
            (3, "2018-11-05T01:59:59.999999Z"),
            (4, "2018-11-05T02:00:00Z"),
        ],
    );
    let day = ["from=2018-11-04", "to=2018-11-05", "tz=America/Sao_Paulo"];
    world.finds(&day, &[2, 3]);
}

fn a_range_rolls_for_those_who_follow_and_stays_for_those_who_turn_pages(world: &mut World) {
    at(
        world,
        &[
            (1, "2026-02-12T12:00:00Z"),
            (2, "2026-02-13T09:00:00Z"),
            (3, "2026-02-14T09:00:00Z"),
        ],
    );
    let asked = world.query(everyone(), &["range=last_24_hours", "order=asc"]);
    let tomorrow = Timestamp::parse_rfc3339("2026-02-14T09:30:00Z").unwrap();
    let rolled = asked.clone().followed_at(tomorrow);
    let kept = rolled.clone().with_resolved_range(asked.range());
    assert_eq!(world.listed(&asked), [1, 2]);
    assert_eq!(world.listed(&rolled), [3]);
    assert_eq!(world.listed(&kept), [1, 2]);
}
