//! What an append does, and what it answers.

use std::sync::Arc;

use evident_event::query::{Query, Scope};
use evident_store::append::{AppendError, Outcome};
use evident_store::health::Condition;
use evident_store::index::{PagePlace, PageRequest};
use evident_store::{OpenError, Store};

use crate::world::*;

#[test]
fn receipts_number_an_organizations_events_from_zero_and_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    let sent = events(0..5);
    let first = receipts(append(&store, sent[..2].to_vec()).unwrap());
    let second = receipts(append(&store, sent[2..].to_vec()).unwrap());
    let given: Vec<_> = first.into_iter().chain(second).collect();
    let indexes: Vec<_> = given.iter().map(|receipt| receipt.index).collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4]);
    drop(store);
    let store = open(directory.path(), options());
    assert_eq!(store.health(), Condition::Accepting);
    let stored = all(&store, ORGANIZATION);
    for (receipt, event) in given.iter().zip(&sent) {
        assert_stored(&stored, receipt, event);
    }
    assert_eq!(published(&store, ORGANIZATION).size, 5);
    assert_whole(&store, &[]);
}

#[test]
fn organizations_have_logs_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    ensure_log(&store, "org_other");
    append(&store, events(0..3)).unwrap();
    let other = receipts(
        append_to(
            &store,
            "org_other",
            vec![event_of("org_other", 0, "x")],
            false,
        )
        .unwrap(),
    );
    assert_eq!(other[0].index, 0);
    assert!(
        !other[0].duplicate,
        "the id is taken in another organization only"
    );
    let own = receipts(append(&store, events(3..4)).unwrap());
    assert_eq!(own[0].index, 3);
    drop(store);
    let store = open(directory.path(), options());
    assert_eq!(all(&store, ORGANIZATION).len(), 4);
    assert_eq!(all(&store, "org_other").len(), 1);
    assert_ne!(store.origin(ORGANIZATION), store.origin("org_other"));
}

#[test]
fn a_log_has_a_signed_checkpoint_of_size_0_from_its_creation() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), unsigned());
    let checkpoint = published(&store, ORGANIZATION);
    assert_eq!(checkpoint.size, 0);
    assert_eq!(checkpoint.root, evident_ledger::tree::Tree::new().root());
    assert_eq!(checkpoint.origin, "evident.test/org_test");
}

#[test]
fn a_checkpoint_covers_every_leaf_soon_after() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    append(&store, events(0..3)).unwrap();
    wait_published(&store, 3);
    assert_whole(&store, &[]);
}

#[test]
fn the_same_id_again_gets_the_first_receipt() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    let first = receipts(append(&store, events(0..2)).unwrap());
    let again = receipts(append(&store, events(0..3)).unwrap());
    for (first, again) in first.iter().zip(&again) {
        assert!(again.duplicate);
        assert_eq!(
            (again.index, again.leaf_hash),
            (first.index, first.leaf_hash)
        );
    }
    assert!(!again[2].duplicate);
    assert_eq!(again[2].index, 2);
    assert_eq!(all(&store, ORGANIZATION).len(), 3);
    assert_eq!(store.measurements().duplicate_events, 2);
}

#[test]
fn an_id_that_is_taken_by_another_event_refuses_the_append_whole() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    append(&store, events(0..1)).unwrap();
    let refused = append(&store, vec![event(1, "new"), event(0, "changed")]);
    let Err(AppendError::Conflict(conflicts)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].position, 1);
    assert_eq!(conflicts[0].fields, ["description"]);
    assert_eq!(all(&store, ORGANIZATION).len(), 1);
}

#[test]
fn a_partial_append_keeps_what_does_not_conflict() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    append(&store, events(0..1)).unwrap();
    let mixed = vec![
        event(0, "changed"),
        event(1, "new"),
        event(1, "new"),
        event(1, "other"),
    ];
    let outcomes = append_to(&store, ORGANIZATION, mixed, true).unwrap();
    assert!(matches!(&outcomes[0], Outcome::Conflict(conflict) if conflict.position == 0));
    assert!(matches!(&outcomes[1], Outcome::Recorded(r) if r.index == 1 && !r.duplicate));
    assert!(matches!(&outcomes[2], Outcome::Recorded(r) if r.index == 1 && r.duplicate));
    assert!(matches!(&outcomes[3], Outcome::Conflict(conflict) if conflict.position == 3));
    assert_eq!(all(&store, ORGANIZATION).len(), 2);
}

#[test]
fn concurrent_appends_of_the_same_id_record_one_event() {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(open(directory.path(), options()));
    for round in 0..20 {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let store = Arc::clone(&store);
                std::thread::spawn(move || {
                    receipts(append(&store, events(round..round + 1)).unwrap())
                })
            })
            .collect();
        let given: Vec<_> = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        assert!(given.iter().all(|receipt| receipt.index == round));
        assert!(
            given
                .iter()
                .all(|receipt| receipt.leaf_hash == given[0].leaf_hash)
        );
        let recorded = given.iter().filter(|receipt| !receipt.duplicate).count();
        assert_eq!(recorded, 1);
    }
    assert_eq!(all(&store, ORGANIZATION).len(), 20);
}

/// The event with a request body of so many zeros.
fn with_body(
    mut event: evident_store::append::NewEvent,
    zeros: usize,
) -> evident_store::append::NewEvent {
    let text = std::str::from_utf8(&event.canonical).unwrap();
    let body = format!(
        r#","request":{{"body":[0{}]}},"result":"#,
        ",0".repeat(zeros / 2)
    );
    event.canonical = text.replacen(r#","result":"#, &body, 1).into();
    event
}

#[test]
fn many_events_with_the_id_of_a_large_one_are_compared_in_little_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    let large = with_body(event(0, "large"), 250 << 10);
    append(&store, vec![large]).unwrap();
    // Parsed once for each, the large event would be two and a half gigabytes of JSON.
    let small = vec![event(0, "small"); 10_000];
    let refused = append(&store, small.clone());
    let Err(AppendError::Conflict(conflicts)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(conflicts.len(), 10_000);
    assert!(
        conflicts
            .iter()
            .zip(0..)
            .all(|(conflict, place)| conflict.position == place)
    );
    // In one append, where the first is not recorded yet.
    let mut together = vec![with_body(event(1, "large"), 250 << 10)];
    together.extend(vec![event(1, "small"); 9_999]);
    let refused = append(&store, together);
    assert!(matches!(refused, Err(AppendError::Conflict(all)) if all.len() == 9_999));
}

#[test]
fn an_append_that_breaks_a_bound_is_refused_and_the_next_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    assert!(matches!(
        append(&store, vec![]),
        Err(AppendError::Invalid(_))
    ));
    let many = vec![event(0, "x"); 10_001];
    assert!(matches!(append(&store, many), Err(AppendError::Invalid(_))));
    let nobody = append_to(&store, "org_nobody", events(0..1), false);
    assert!(matches!(nobody, Err(AppendError::UnknownOrganization(_))));
    assert_eq!(receipts(append(&store, events(0..1)).unwrap())[0].index, 0);
}

#[test]
fn a_second_owner_of_the_directory_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    let second = Store::open(directory.path(), options());
    assert!(matches!(second.map(drop), Err(OpenError::Locked(_))));
    drop(store);
    assert!(Store::open(directory.path(), options()).is_ok());
}

#[test]
fn a_closed_store_refuses_appends_and_has_signed_everything() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), unsigned());
    append(&store, events(0..4)).unwrap();
    assert_eq!(published(&store, ORGANIZATION).size, 0);
    store.close();
    assert_eq!(published(&store, ORGANIZATION).size, 4);
    assert!(matches!(
        append(&store, events(4..5)),
        Err(AppendError::ShuttingDown)
    ));
}

#[test]
fn pages_are_cut_at_the_log_size_they_began_with() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), options());
    append(&store, events(0..7)).unwrap();
    let index = store.index();
    let query = Query::everything(Scope::organization(ORGANIZATION));
    let deadline = std::time::Instant::now() + NEVER;
    let mut page = PageRequest {
        as_of: None,
        place: PagePlace::First,
        limit: 3,
    };
    let mut seen = Vec::new();
    loop {
        let listing = run_threaded(index.list(&query, page, deadline)).unwrap();
        append(
            &store,
            events(100 + seen.len() as u64..101 + seen.len() as u64),
        )
        .unwrap();
        assert_eq!((listing.total, listing.as_of), (7, 7));
        let last = listing.events.last().unwrap();
        page.as_of = Some(listing.as_of);
        page.place = PagePlace::After(evident_store::index::Place {
            occurred_at: last.occurred_at,
            index: last.index,
        });
        seen.extend(listing.events.iter().map(|event| event.index));
        if !listing.more_after {
            break;
        }
    }
    assert_eq!(seen, [6, 5, 4, 3, 2, 1, 0]);
}

fn run_threaded<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .build()
        .unwrap()
        .block_on(future)
}
