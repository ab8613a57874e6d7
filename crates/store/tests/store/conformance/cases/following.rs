//! What comes after: following a log, waiting for it to grow, deadlines and restarts.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use evident_event::time::buckets::{Buckets, Interval};
use evident_store::index::{Completing, IndexError, PagePlace, PageRequest};
use serde_json::json;

use crate::conformance::on_every_index;
use crate::conformance::subject::scope;
use crate::conformance::world::{
    ORGANIZATION, OTHER_ORGANIZATION, World, admitted, everyone, field, id_of, in_time, now,
    too_late, wait,
};

on_every_index![
    follow_is_in_index_order,
    follow_looks_at_every_event_once,
    follow_goes_on_where_it_stopped,
    a_walk_is_of_the_log_as_it_was_when_it_began,
    applied_through_is_the_size_of_the_log,
    applied_beyond_answers_at_once_where_the_log_is_longer,
    applied_beyond_wakes_up_on_an_append,
    applied_beyond_returns_at_its_deadline,
    a_deadline_in_the_past_is_deadline_passed,
    what_was_recorded_is_found_after_a_restart,
    get_finds_an_event_by_its_id,
];

/// How long a test waits for nothing to come.
const A_MOMENT: Duration = Duration::from_millis(20);

fn follow_is_in_index_order(world: &mut World) {
    world.record(&[
        (1, json!({"occurred_at": "2026-02-13T09:00:00Z"})),
        (
            2,
            json!({"occurred_at": "2020-01-01T00:00:00Z", "result": "failed"}),
        ),
        (3, json!({"occurred_at": "2026-02-14T09:00:00Z"})),
        (4, json!({"occurred_at": "2025-01-01T00:00:00Z"})),
    ]);
    for order in ["order=asc", "order=desc"] {
        let query = world.query(everyone(), &[order, "result=success"]);
        let (followed, next) = world.follow(&query, 0, 10);
        assert_eq!(world.numbers(ORGANIZATION, &followed), [1, 3, 4]);
        assert_eq!(next, 4);
    }
}

fn follow_looks_at_every_event_once(world: &mut World) {
    let events = (0..20).map(|number| {
        let result = if number % 7 == 3 { "failed" } else { "success" };
        (number, json!({"result": result}))
    });
    world.record(&events.collect::<Vec<_>>());
    let query = world.query(everyone(), &["result=failed"]);
    for from in 0..=20 {
        for limit in 1..=4 {
            let (followed, next) = world.follow(&query, from, limit);
            let expected: Vec<u64> = [3, 10, 17].into_iter().filter(|n| *n >= from).collect();
            assert_eq!(
                world.numbers(ORGANIZATION, &followed),
                expected,
                "{from} {limit}"
            );
            assert_eq!(next, 20);
        }
    }
}

fn follow_goes_on_where_it_stopped(world: &mut World) {
    let query = world.query(everyone(), &["result=failed"]);
    let (followed, mut next) = world.follow(&query, 0, 1);
    assert!(followed.is_empty());
    let mut all = Vec::new();
    for round in 0..4 {
        world.record(&[
            (3 * round, json!({})),
            (
                3 * round + 1,
                json!({"result": "failed", "occurred_at": "2020-01-01T00:00:00Z"}),
            ),
            (3 * round + 2, json!({})),
        ]);
        let (followed, to) = world.follow(&query, next, 1);
        all.extend(world.numbers(ORGANIZATION, &followed));
        next = to;
        world.restart();
    }
    assert_eq!(all, [1, 4, 7, 10]);
    let at_the_end = world.index();
    let followed = world.answer(at_the_end.follow(&query, next, 1, in_time()));
    assert_eq!((followed.events.len(), followed.next), (0, 12));
}

fn a_walk_is_of_the_log_as_it_was_when_it_began(world: &mut World) {
    world.record(&[(2, json!({})), (4, json!({})), (6, json!({}))]);
    let query = world.query(everyone(), &["order=asc"]);
    let mut walk = world.answer(world.index().walk(&query, None, in_time()));
    let mut walked = Vec::new();
    for arrival in [5, 7, 1] {
        walked.extend(world.answer(walk.next(1, usize::MAX, in_time())));
        world.record(&[(arrival, json!({}))]);
    }
    assert!(world.answer(walk.next(1, usize::MAX, in_time())).is_empty());
    let walked = world.recorded(ORGANIZATION, &walked);
    assert_eq!(world.numbers(ORGANIZATION, &walked), [2, 4, 6]);
    assert_eq!(walk.as_of(), 3);
    // Another one is of the log as it is then, or was.
    assert_eq!(world.walk(&query, None, 10).len(), 6);
    let earlier = world.walk(&query, Some(4), 10);
    assert_eq!(world.numbers(ORGANIZATION, &earlier), [2, 4, 5, 6]);
}

fn applied_through_is_the_size_of_the_log(world: &mut World) {
    let applied = |world: &World, organization_id: &str| {
        world.answer(world.index().applied_through(organization_id))
    };
    assert_eq!(applied(world, ORGANIZATION), 0);
    world.record(&[(1, json!({})), (2, json!({"action": "audit_log.read"}))]);
    world.record_in(OTHER_ORGANIZATION, &[(1, json!({}))]);
    assert_eq!(
        (
            applied(world, ORGANIZATION),
            applied(world, OTHER_ORGANIZATION)
        ),
        (2, 1)
    );
    world.restart();
    assert_eq!(
        (
            applied(world, ORGANIZATION),
            applied(world, OTHER_ORGANIZATION)
        ),
        (2, 1)
    );
}

fn applied_beyond_answers_at_once_where_the_log_is_longer(world: &mut World) {
    world.record(&[(1, json!({})), (2, json!({}))]);
    for index in [0, 1] {
        let deadline = in_time();
        let beyond = world.answer(world.index().applied_beyond(ORGANIZATION, index, deadline));
        assert_eq!(beyond, 2);
        assert!(Instant::now() < deadline);
    }
}

fn applied_beyond_wakes_up_on_an_append(world: &mut World) {
    world.record(&[(1, json!({}))]);
    // Events go straight into the subject, on a thread that knows nothing of who waits.
    for organization_id in [ORGANIZATION, "org_of_tomorrow"] {
        let size = world.size_of(organization_id);
        let deadline = in_time();
        let index = world.index();
        let subject = &mut world.subject;
        let mut record = |organization_id: &str, number| {
            let event = admitted(organization_id, number, &json!({}));
            std::thread::scope(|threads| {
                threads.spawn(|| subject.append(organization_id, vec![event]));
            });
        };
        let grown = wait(&world.runtime, async {
            let mut waiting = index.applied_beyond(organization_id, size, deadline);
            let is_waiting =
                poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending()));
            assert!(is_waiting.await, "there is nothing yet");
            record(OTHER_ORGANIZATION, 100 + size);
            let is_waiting =
                poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context).is_pending()));
            assert!(
                is_waiting.await,
                "another organization's events are not waited for"
            );
            record(organization_id, 2);
            waiting.await.unwrap()
        });
        assert_eq!(grown, size + 1);
        assert!(
            Instant::now() < deadline,
            "it was woken, and did not run out of time"
        );
    }
}

fn applied_beyond_returns_at_its_deadline(world: &mut World) {
    world.record(&[(1, json!({})), (2, json!({}))]);
    for index in [2, 7] {
        let deadline = Instant::now() + A_MOMENT;
        let beyond = world.answer(world.index().applied_beyond(ORGANIZATION, index, deadline));
        assert_eq!(beyond, 2);
        assert!(Instant::now() >= deadline);
    }
    let passed = world.answer(world.index().applied_beyond(ORGANIZATION, 2, too_late()));
    assert_eq!(passed, 2);
    let passed = world.answer(world.index().applied_beyond(ORGANIZATION, 1, too_late()));
    assert_eq!(passed, 2);
}

fn a_deadline_in_the_past_is_deadline_passed(world: &mut World) {
    world.record(&[(1, json!({})), (2, json!({}))]);
    let passed = |error: Option<IndexError>| {
        assert!(
            matches!(error, Some(IndexError::DeadlinePassed)),
            "{error:?}"
        );
    };
    let query = world.query(everyone(), &[]);
    let first = PageRequest {
        as_of: None,
        place: PagePlace::First,
        limit: 1,
    };
    let (zone, week_start) = (query.zone(), query.week_start());
    let buckets = Buckets::cover(Interval::Day, now(), now(), zone, week_start).unwrap();
    let fields = [field("action")];
    let index = world.index();
    passed(
        world
            .try_answer(index.list(&query, first, too_late()))
            .err(),
    );
    passed(world.try_answer(index.walk(&query, None, too_late())).err());
    passed(
        world
            .try_answer(index.follow(&query, 0, 1, too_late()))
            .err(),
    );
    passed(world.try_answer(index.span(&query, None, too_late())).err());
    let histogram = index.histogram(&query, None, &buckets, None, too_late());
    passed(world.try_answer(histogram).err());
    passed(
        world
            .try_answer(index.facets(&query, None, &fields, 1, too_late()))
            .err(),
    );
    let completions = index.completions(&query, None, &Completing::Names, "", 1, too_late());
    passed(world.try_answer(completions).err());
    let mut walk = world.answer(index.walk(&query, None, in_time()));
    passed(world.try_answer(walk.next(1, usize::MAX, too_late())).err());
}

fn what_was_recorded_is_found_after_a_restart(world: &mut World) {
    world.record(&[
        (1, json!({"metadata": {"k": "v"}, "description": "red"})),
        (2, json!({})),
    ]);
    world.restart();
    world.finds(&["q=red metadata.k:v"], &[1]);
    world.record(&[(3, json!({"description": "red"}))]);
    world.finds(&["q=red"], &[1, 3]);
    world.restart();
    world.restart();
    world.finds(&["q=red"], &[1, 3]);
    world.finds(&[], &[1, 2, 3]);
}

fn get_finds_an_event_by_its_id(world: &mut World) {
    world.record(&[(1, json!({})), (2, json!({"action": "audit_log.read"}))]);
    for organization_id in [ORGANIZATION, OTHER_ORGANIZATION] {
        let scope = scope(organization_id, None);
        for number in 1..=3 {
            let found = world.answer(world.index().get(&scope, id_of(number)));
            let expected = organization_id == ORGANIZATION && number < 3;
            assert_eq!(found.is_some(), expected, "{organization_id} {number}");
            if let Some(found) = found {
                assert_eq!(world.numbers(organization_id, &[found]), [number]);
            }
        }
    }
}
