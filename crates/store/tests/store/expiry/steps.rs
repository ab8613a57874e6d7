//! Single cases, each with what it is about.

use evident_store::check::check;
use evident_store::health::Condition;

use super::*;

pub fn small() -> Options {
    Options {
        segment_rows: 64,
        tail_rows: 16,
        compaction_fanout: 4,
        ..options()
    }
}

/// Events one second apart, of the projects in turn.
pub fn fill(
    store: &Store,
    model: &mut Model,
    organization_id: &'static str,
    seconds: std::ops::Range<i64>,
) {
    let mut rows = Vec::new();
    for second in seconds {
        let number = model.logs.values().map(Vec::len).sum::<usize>() as u64 + rows.len() as u64;
        let project = PROJECTS[usize::try_from(second.rem_euclid(3)).unwrap()];
        let event = received(organization_id, number, project, second, None);
        rows.push((number, project, second, event));
    }
    let events = rows.iter().map(|(.., event)| event.clone()).collect();
    let receipts = receipts(append_to(store, organization_id, events, false).unwrap());
    let log = model.logs.entry(organization_id).or_default();
    for (receipt, (number, project, second, event)) in receipts.into_iter().zip(rows) {
        log.push(Row {
            number,
            event,
            leaf_hash: receipt.leaf_hash,
            project,
            second,
            phase: None,
            is_gone: false,
        });
    }
}

pub fn all_before(second: i64) -> BTreeMap<&'static str, Seconds> {
    let seconds = Seconds {
        default: Some(second),
        ..Seconds::default()
    };
    BTreeMap::from([(ORGANIZATION, seconds)])
}

pub fn expire(store: &Store, model: &mut Model, rules: &BTreeMap<&'static str, Seconds>) {
    let expected = model.over(rules);
    assert_eq!(expire_by(store, rules).unwrap(), expected);
    model.remove(rules);
}

#[test]
fn a_log_too_small_to_be_sealed_gives_up_what_is_over_and_goes_on() {
    let directory = memory_directory();
    let store = open_both(directory.path(), options());
    let mut model = Model::default();
    fill(&store, &mut model, ORGANIZATION, 0..10);
    fill(&store, &mut model, OTHER, 0..10);
    wait_covered(&store, &model);
    expire(&store, &mut model, &all_before(7));
    assert_gone_from_files(directory.path(), &model);
    assert_all(&store, &model);
    fill(&store, &mut model, ORGANIZATION, 10..20);
    assert_all(&store, &model);
    drop(store);
    let store = open_both(directory.path(), options());
    assert_all(&store, &model);
    // Once more, until nothing is left of the one, which still goes on behind what it had.
    expire(&store, &mut model, &all_before(100));
    assert_gone_from_files(directory.path(), &model);
    assert_all(&store, &model);
    drop(store);
    let store = open_both(directory.path(), options());
    fill(&store, &mut model, ORGANIZATION, 20..23);
    wait_covered(&store, &model);
    assert_all(&store, &model);
}

#[test]
fn segments_of_which_all_is_over_are_dropped_and_entries_below_are_not_shown() {
    let directory = memory_directory();
    let store = open_both(directory.path(), small());
    let mut model = Model::default();
    for first in (0..1_000).step_by(50) {
        fill(&store, &mut model, ORGANIZATION, first..first + 50);
    }
    store.settle();
    wait_covered(&store, &model);
    let before = crate::segments::folders(directory.path()).len();
    expire(&store, &mut model, &all_before(700));
    assert!(crate::segments::folders(directory.path()).len() < before);
    let removed = &store.removed()[0];
    // 700 is in the third tile, whose entries are all shown.
    assert_eq!(
        (removed.events, removed.minimum_index, removed.end_index),
        (700, 512, 700)
    );
    assert_all(&store, &model);
    assert_gone_from_files(directory.path(), &model);
    assert_eq!(store.health(), Condition::Accepting);
    drop(store);
    let report = check(directory.path(), &|_| ()).unwrap();
    assert_eq!(report.findings, [], "{report:?}");
    let store = open_both(directory.path(), small());
    assert_all(&store, &model);
}

#[test]
fn a_project_with_a_longer_rule_keeps_its_events_among_stubs() {
    let directory = memory_directory();
    let store = open_both(directory.path(), small());
    let mut model = Model::default();
    for first in (0..600).step_by(30) {
        fill(&store, &mut model, ORGANIZATION, first..first + 30);
        fill(&store, &mut model, OTHER, first..first + 30);
    }
    store.settle();
    wait_covered(&store, &model);
    let mut rules = all_before(500);
    rules.get_mut(ORGANIZATION).unwrap().projects = BTreeMap::from([
        ("p_long".to_owned(), None),
        ("p_short".to_owned(), Some(550)),
    ]);
    expire(&store, &mut model, &rules);
    assert_eq!(
        store.removed()[0].minimum_index,
        0,
        "the third event of all stays"
    );
    assert_all(&store, &model);
    assert_gone_from_files(directory.path(), &model);
    // Now nothing keeps the stubs.
    expire(&store, &mut model, &all_before(600));
    assert_eq!(store.removed()[0].minimum_index, 512);
    assert_all(&store, &model);
    drop(store);
    let report = check(directory.path(), &|_| ()).unwrap();
    assert_eq!(report.findings, [], "{report:?}");
}

#[test]
fn rows_that_are_recorded_meanwhile_are_all_there() {
    let directory = memory_directory();
    let store = open_both(directory.path(), small());
    let mut model = Model::default();
    for first in (0..2_000).step_by(100) {
        fill(&store, &mut model, ORGANIZATION, first..first + 100);
    }
    store.settle();
    let rules = all_before(1_500);
    let expected = model.over(&rules);
    std::thread::scope(|scope| {
        let removing = scope.spawn(|| expire_by(&store, &rules).unwrap());
        let mut first = 2_000;
        while !removing.is_finished() && first < 20_000 {
            fill(&store, &mut model, ORGANIZATION, first..first + 10);
            first += 10;
        }
        assert_eq!(removing.join().unwrap(), expected);
    });
    model.remove(&rules);
    wait_covered(&store, &model);
    assert_answers(&store, &model, ORGANIZATION);
    assert_gone_from_files(directory.path(), &model);
}

#[test]
fn nothing_is_removed_once_the_store_has_closed() {
    let directory = memory_directory();
    let store = open_both(directory.path(), small());
    let mut model = Model::default();
    fill(&store, &mut model, ORGANIZATION, 0..300);
    store.close();
    let refused = expire_by(&store, &all_before(100));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(store.removed(), []);
    drop(store);
    let store = open_both(directory.path(), small());
    assert_all(&store, &model);
}
