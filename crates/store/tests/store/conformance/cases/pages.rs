//! The order of lists, and their pages.

use evident_event::query::Query;
use evident_event::time::Timestamp;
use evident_store::index::{IndexError, Listing, PagePlace, PageRequest, Place};
use serde_json::{Value, json};

use crate::conformance::on_every_index;
use crate::conformance::world::{ORGANIZATION, World, everyone, in_time, place_of};

on_every_index![
    lists_are_by_occurred_at_and_then_by_index,
    order_asc_is_the_exact_reverse,
    a_page_has_at_most_its_limit_and_the_exact_total,
    pages_go_on_after_a_place_and_back_before_it,
    a_place_needs_no_event,
    around_an_event_half_stand_before_it,
    around_gives_more_of_one_side_where_the_other_has_fewer,
    around_an_event_that_does_not_match_are_its_neighbours,
    events_that_arrive_later_enter_neither_pages_nor_totals,
    as_of_is_the_size_of_the_log,
    an_as_of_beyond_the_log_is_refused,
    the_largest_page_is_500_events,
];

fn at(second: u64) -> Value {
    json!({"occurred_at": format!("2026-02-13T09:00:{second:02}Z")})
}

fn lists_are_by_occurred_at_and_then_by_index(world: &mut World) {
    world.record(&[
        (1, at(5)),
        (2, at(3)),
        (3, at(5)),
        (4, at(4)),
        (5, at(5)),
        (6, at(3)),
    ]);
    world.lists(&["order=desc"], &[5, 3, 1, 4, 6, 2]);
    world.lists(&[], &[5, 3, 1, 4, 6, 2]);
}

fn order_asc_is_the_exact_reverse(world: &mut World) {
    world.record(&[
        (1, at(5)),
        (2, at(3)),
        (3, at(5)),
        (4, at(4)),
        (5, at(5)),
        (6, at(3)),
    ]);
    world.lists(&["order=asc"], &[2, 6, 4, 1, 3, 5]);
}

/// A place between events, by the second and the index.
fn place(second: u64, index: u64) -> Place {
    let occurred_at = format!("2026-02-13T09:00:{second:02}Z");
    Place {
        occurred_at: Timestamp::parse_rfc3339(&occurred_at).unwrap(),
        index,
    }
}

/// Five events, of which 2 and 4 are at one instant.
fn five(world: &mut World) {
    world.record(&[(1, at(1)), (2, at(2)), (3, at(3)), (4, at(2)), (5, at(5))]);
}

#[track_caller]
fn is_page(world: &World, page: &Listing, numbers: &[u64], more_before: bool, more_after: bool) {
    assert_eq!(world.numbers(ORGANIZATION, &page.events), numbers);
    assert_eq!(
        (page.more_before, page.more_after),
        (more_before, more_after)
    );
    assert_eq!((page.total, page.as_of), (5, world.size_of(ORGANIZATION)));
}

fn ask(world: &World, order: &str, place: PagePlace, limit: usize) -> Listing {
    let query = world.query(everyone(), &[&format!("order={order}")]);
    world.page(&query, None, place, limit)
}

fn a_page_has_at_most_its_limit_and_the_exact_total(world: &mut World) {
    five(world);
    let page = |limit| ask(world, "asc", PagePlace::First, limit);
    is_page(world, &page(1), &[1], false, true);
    is_page(world, &page(4), &[1, 2, 4, 3], false, true);
    is_page(world, &page(5), &[1, 2, 4, 3, 5], false, false);
    is_page(world, &page(6), &[1, 2, 4, 3, 5], false, false);
}

fn pages_go_on_after_a_place_and_back_before_it(world: &mut World) {
    five(world);
    let page = |order, place| ask(world, order, place, 2);
    // Event 2 has index 1, and event 4 the same second and index 3.
    is_page(
        world,
        &page("asc", PagePlace::After(place(2, 1))),
        &[4, 3],
        true,
        true,
    );
    is_page(
        world,
        &page("asc", PagePlace::After(place(2, 3))),
        &[3, 5],
        true,
        false,
    );
    is_page(
        world,
        &page("asc", PagePlace::Before(place(2, 3))),
        &[1, 2],
        false,
        true,
    );
    is_page(
        world,
        &page("asc", PagePlace::Before(place(3, 2))),
        &[2, 4],
        true,
        true,
    );
    is_page(
        world,
        &page("asc", PagePlace::Before(place(2, 1))),
        &[1],
        false,
        true,
    );
    is_page(
        world,
        &page("desc", PagePlace::After(place(2, 3))),
        &[2, 1],
        true,
        false,
    );
    is_page(
        world,
        &page("desc", PagePlace::After(place(3, 2))),
        &[4, 2],
        true,
        true,
    );
    is_page(
        world,
        &page("desc", PagePlace::Before(place(2, 1))),
        &[3, 4],
        true,
        true,
    );
    is_page(
        world,
        &page("desc", PagePlace::Before(place(5, 4))),
        &[],
        false,
        true,
    );
    is_page(
        world,
        &page("desc", PagePlace::After(place(1, 0))),
        &[],
        true,
        false,
    );
}

fn a_place_needs_no_event(world: &mut World) {
    five(world);
    let page = |order, place| ask(world, order, place, 2);
    is_page(
        world,
        &page("asc", PagePlace::After(place(2, 2))),
        &[4, 3],
        true,
        true,
    );
    is_page(
        world,
        &page("asc", PagePlace::After(place(4, 9))),
        &[5],
        true,
        false,
    );
    is_page(
        world,
        &page("desc", PagePlace::After(place(4, 9))),
        &[3, 4],
        true,
        true,
    );
    is_page(
        world,
        &page("desc", PagePlace::Before(place(2, 2))),
        &[3, 4],
        true,
        true,
    );
    is_page(
        world,
        &page("asc", PagePlace::Before(place(0, 0))),
        &[],
        false,
        true,
    );
}

fn around_an_event_half_stand_before_it(world: &mut World) {
    five(world);
    // The list is 1, 2, 4, 3, 5; event 4 has second 2 and index 3.
    let page = |limit| ask(world, "asc", PagePlace::Around(place(2, 3)), limit);
    is_page(world, &page(1), &[4], true, true);
    is_page(world, &page(2), &[2, 4], true, true);
    is_page(world, &page(3), &[2, 4, 3], true, true);
    is_page(world, &page(4), &[1, 2, 4, 3], false, true);
    is_page(world, &page(5), &[1, 2, 4, 3, 5], false, false);
    let page = |limit| ask(world, "desc", PagePlace::Around(place(2, 3)), limit);
    is_page(world, &page(2), &[3, 4], true, true);
    is_page(world, &page(4), &[5, 3, 4, 2], false, true);
}

fn around_gives_more_of_one_side_where_the_other_has_fewer(world: &mut World) {
    five(world);
    let page = |second, index| {
        let around = PagePlace::Around(place(second, index));
        ask(world, "asc", around, 3)
    };
    is_page(world, &page(1, 0), &[1, 2, 4], false, true);
    is_page(world, &page(5, 4), &[4, 3, 5], true, false);
    is_page(world, &page(0, 0), &[1, 2, 4], false, true);
    is_page(world, &page(9, 9), &[4, 3, 5], true, false);
}

fn around_an_event_that_does_not_match_are_its_neighbours(world: &mut World) {
    let coloured = |second, colour: &str| {
        let mut event = at(second);
        event["metadata"] = json!({"colour": colour});
        event
    };
    world.record(&[
        (1, coloured(1, "red")),
        (2, coloured(2, "red")),
        (3, coloured(3, "blue")),
        (4, coloured(4, "red")),
        (5, coloured(5, "red")),
    ]);
    let query = world.query(everyone(), &["order=asc", "filter=metadata.colour:is:red"]);
    let around = |limit| {
        let page = world.page(&query, None, PagePlace::Around(place(3, 2)), limit);
        world.numbers(ORGANIZATION, &page.events)
    };
    assert_eq!(around(1), [4]);
    assert_eq!(around(2), [2, 4]);
    assert_eq!(around(3), [2, 4, 5]);
    assert_eq!(around(4), [1, 2, 4, 5]);
}

fn pages_of_two(world: &mut World, query: &Query, more: &[(u64, Value)]) -> Vec<u64> {
    let mut page = world.page(query, None, PagePlace::First, 2);
    let (as_of, total) = (page.as_of, page.total);
    let mut all = Vec::new();
    for arrival in more.iter().map(Some).chain(std::iter::repeat(None)) {
        all.extend(world.numbers(ORGANIZATION, &page.events));
        assert_eq!((page.as_of, page.total), (as_of, total));
        assert!(all.len() as u64 <= total, "pages come again: {all:?}");
        if !page.more_after {
            return all;
        }
        world.record(&arrival.cloned().into_iter().collect::<Vec<_>>());
        world.restart();
        let after = PagePlace::After(place_of(page.events.last().unwrap()));
        page = world.page(query, Some(as_of), after, 2);
    }
    all
}

fn events_that_arrive_later_enter_neither_pages_nor_totals(world: &mut World) {
    five(world);
    let query = world.query(everyone(), &["order=asc"]);
    // Before the page, amid the next one, at the very end, and at an instant that has two events.
    let more = [(6, at(0)), (7, at(3)), (8, at(9)), (9, at(2))];
    assert_eq!(pages_of_two(world, &query, &more), [1, 2, 4, 3, 5]);
    let query = world.query(everyone(), &["order=desc"]);
    let more = [(10, at(8)), (11, at(2)), (12, at(0)), (13, at(9))];
    assert_eq!(pages_of_two(world, &query, &more).len(), 7);
}

fn as_of_is_the_size_of_the_log(world: &mut World) {
    let query = world.query(everyone(), &["q=rose"]);
    let as_of = |world: &World| world.page(&query, None, PagePlace::First, 1).as_of;
    assert_eq!(as_of(world), 0);
    world.record(&[(1, json!({})), (2, json!({}))]);
    assert_eq!(as_of(world), 2, "also of events that do not match");
    let earlier = world.page(&query, Some(1), PagePlace::First, 1);
    assert_eq!(earlier.as_of, 1);
    let walk = world.answer(world.index().walk(&query, None, in_time()));
    assert_eq!(walk.as_of(), 2);
    let walk = world.answer(world.index().walk(&query, Some(1), in_time()));
    assert_eq!(walk.as_of(), 1);
    let span = world.answer(world.index().span(&query, Some(1), in_time()));
    assert_eq!((span.as_of, span.ends), (1, None));
}

fn an_as_of_beyond_the_log_is_refused(world: &mut World) {
    world.record(&[(1, json!({}))]);
    let query = world.query(everyone(), &[]);
    let shrunk = |refused: Option<IndexError>| {
        assert!(
            matches!(refused, Some(IndexError::Shrunk { as_of: 2, size: 1 })),
            "{refused:?}"
        );
    };
    let page = PageRequest {
        as_of: Some(2),
        place: PagePlace::First,
        limit: 1,
    };
    let index = world.index();
    shrunk(world.try_answer(index.list(&query, page, in_time())).err());
    shrunk(
        world
            .try_answer(index.walk(&query, Some(2), in_time()))
            .err(),
    );
    shrunk(
        world
            .try_answer(index.span(&query, Some(2), in_time()))
            .err(),
    );
    shrunk(
        world
            .try_answer(index.facets(&query, Some(2), &[], 1, in_time()))
            .err(),
    );
    world.page(&query, Some(1), PagePlace::First, 1);
}

fn the_largest_page_is_500_events(world: &mut World) {
    // More than any block, page or segment that is likely has.
    let events: Vec<(u64, Value)> = (0..2_100).map(|number| (number, json!({}))).collect();
    for piece in events.chunks(700) {
        world.record(piece);
    }
    let query = world.query(everyone(), &["order=asc"]);
    let mut page = world.page(&query, None, PagePlace::First, 500);
    let mut all = world.numbers(ORGANIZATION, &page.events);
    while page.more_after {
        assert_eq!((page.events.len(), page.total), (500, 2_100));
        let after = PagePlace::After(place_of(page.events.last().unwrap()));
        page = world.page(&query, None, after, 500);
        all.extend(world.numbers(ORGANIZATION, &page.events));
        assert!(all.len() <= 2_100, "pages come again");
    }
    assert!(all.iter().copied().eq(0..2_100));
    let (followed, next) = world.follow(&query, 1_000, 500);
    assert_eq!((followed.len(), next), (1_100, 2_100));
    let walked = world.walk(&query, Some(1_500), 400);
    assert_eq!(walked.len(), 1_500);
}
