//! Reads while rows are appended, sealed and compacted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use evident_store::health::Condition;

use super::*;

/// Events of each log, and how many come at a time.
const EVENTS: u64 = 1_200;
const AT_ONCE: u64 = 24;

/// Ends the readers when the writers are done, or have failed.
struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Asks for what the newest head covers, and compares the answers with it and with earlier ones; how
/// many heads were looked at.
fn read_on(store: &Store, organization_id: &str, done: &AtomicBool) -> u64 {
    let mut tiles: HashMap<Tile, Vec<u8>> = HashMap::new();
    let mut last = store.head(organization_id).unwrap();
    let mut heads = 0;
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    while !done.load(Ordering::SeqCst) {
        let head = store.head(organization_id).unwrap();
        assert!(head.size >= last.size);
        let proof = run(store.consistency(organization_id, last.size..head.size)).unwrap();
        verify_consistency((last.size, last.root), (head.size, head.root), &proof).unwrap();
        heads += u64::from(head.size > last.size);
        if head.size > 0 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let index = (random >> 33) % head.size;
            for index in [index, head.size - 1] {
                let opening = run(store.openings(organization_id, vec![index]))
                    .unwrap()
                    .remove(0);
                let proof = run(store.inclusion(organization_id, vec![index], head.size)).unwrap();
                let leaf = opening.entry.leaf_hash();
                verify_inclusion(leaf, index, head.size, head.root, &proof[0]).unwrap();
            }
            let number = index / TILE_WIDTH;
            let width = TILE_WIDTH.min(head.size - number * TILE_WIDTH);
            for asked in [hash_tile(0, number, width), bundle(number, width)] {
                let bytes = tile(store, organization_id, asked).unwrap();
                let first = tiles.entry(asked).or_insert_with(|| bytes.clone());
                assert_eq!(*first, bytes, "{asked} never changes");
            }
        }
        last = head;
    }
    heads
}

#[test]
fn nothing_wrong_is_shown_while_rows_are_appended_sealed_and_compacted() {
    let directory = memory_directory();
    let store = Arc::new(open_all(directory.path(), sealing()));
    let organizations = [ORGANIZATION, "org_other"];
    let done = AtomicBool::new(false);
    let heads: u64 = std::thread::scope(|scope| {
        let _done = Done(&done);
        let readers: Vec<_> = organizations
            .iter()
            .map(|organization_id| {
                let (store, done) = (&store, &done);
                scope.spawn(move || read_on(store, organization_id, done))
            })
            .collect();
        let writers: Vec<_> = organizations
            .iter()
            .map(|organization_id| {
                let store = &store;
                scope.spawn(move || {
                    for first in (0..EVENTS).step_by(usize::try_from(AT_ONCE).unwrap()) {
                        append_range(store, organization_id, first..first + AT_ONCE);
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.join().unwrap();
        }
        done.store(true, Ordering::SeqCst);
        readers
            .into_iter()
            .map(|reader| reader.join().unwrap())
            .sum()
    });
    assert!(heads > 5, "only {heads} heads were looked at");
    assert_eq!(store.health(), Condition::Accepting);
    store.settle();
    for organization_id in organizations {
        wait_head(&store, organization_id, EVENTS);
        let leaves = leaves(&store, organization_id);
        assert_tiles(&store, organization_id, &leaves);
        assert_openings(&store, organization_id);
    }
}
