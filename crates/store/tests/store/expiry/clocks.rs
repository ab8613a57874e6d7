//! What a clock that was wrong for a while does to what goes: nothing goes early.

use super::steps::{all_before, expire, fill, small};
use super::*;

/// A second of the same events, a year earlier.
const YEAR: i64 = 365 * 86_400;

/// The rules, as of a second.
fn as_of(second: i64, before: i64) -> BTreeMap<&'static str, Seconds> {
    let mut rules = all_before(before);
    rules.get_mut(ORGANIZATION).unwrap().as_of = Some(second);
    rules
}

/// Events of a right clock, of one that was a year behind, and of a right one again.
fn behind_for_a_while(store: &Store, sealing: bool) -> Model {
    let mut model = Model::default();
    for seconds in [0..100, -YEAR..20 - YEAR, 100..150] {
        fill(store, &mut model, ORGANIZATION, seconds);
        if sealing {
            store.seal_now().unwrap();
        }
    }
    wait_covered(store, &model);
    model
}

#[test]
fn what_was_recorded_while_the_clock_was_behind_stays_as_long_as_what_was_before_it() {
    for sealing in [false, true] {
        let directory = memory_directory();
        let store = open_both(directory.path(), small());
        let mut model = behind_for_a_while(&store, sealing);
        // All that is over by its own word goes on being there: it came after second 99.
        for before in [1 - YEAR, 0] {
            let rules = as_of(200, before);
            assert_eq!(run(store.would_expire(rules_of(&rules))).unwrap(), []);
            assert_eq!(expire_by(&store, &rules).unwrap(), [], "{before}");
        }
        assert_all(&store, &model);
        let rules = as_of(200, 99);
        let expired = expire_by(&store, &rules).unwrap();
        assert_eq!((expired[0].events, expired[0].indexes), (99, (0, 98)));
        for row in model
            .logs
            .get_mut(ORGANIZATION)
            .unwrap()
            .iter_mut()
            .take(99)
        {
            row.is_gone = true;
        }
        assert_all(&store, &model);
        // And it goes with the last of those before it.
        let expired = expire_by(&store, &as_of(200, 100)).unwrap();
        assert_eq!((expired[0].events, expired[0].indexes), (21, (99, 119)));
    }
}

#[test]
fn another_organizations_events_tell_the_time_as_well() {
    let directory = memory_directory();
    let store = open_both(directory.path(), small());
    let mut model = Model::default();
    fill(&store, &mut model, OTHER, 0..100);
    fill(&store, &mut model, ORGANIZATION, -YEAR..20 - YEAR);
    assert_eq!(expire_by(&store, &as_of(200, 99)).unwrap(), []);
    store.seal_now().unwrap();
    assert_eq!(expire_by(&store, &as_of(200, 99)).unwrap(), []);
    assert_eq!(expire_by(&store, &as_of(200, 100)).unwrap()[0].events, 20);
}

#[test]
fn a_time_that_is_still_to_come_keeps_nothing_else() {
    for sealing in [false, true] {
        let directory = memory_directory();
        let store = open_both(directory.path(), small());
        let mut model = Model::default();
        for seconds in [0..10, YEAR..YEAR + 5, 10..30] {
            fill(&store, &mut model, ORGANIZATION, seconds);
            if sealing {
                store.seal_now().unwrap();
            }
        }
        let rules = as_of(100, 50);
        expire(&store, &mut model, &rules);
        assert_eq!(model.staying(ORGANIZATION).len(), 5);
        wait_covered(&store, &model);
        assert_all(&store, &model);
    }
}

#[test]
fn the_last_time_is_that_of_the_last_event() {
    let directory = memory_directory();
    let store = open_both(directory.path(), small());
    assert_eq!(store.last_received_at().unwrap(), None);
    behind_for_a_while(&store, false);
    assert_eq!(store.last_received_at().unwrap(), Some(at(149)));
    store.seal_now().unwrap();
    assert_eq!(store.last_received_at().unwrap(), Some(at(149)));
}
