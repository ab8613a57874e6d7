//! Any sequence of appends, retries, seals (of full tails, and of what there is), compactions, restarts
//! and kills, held to a plain list.

use evident_event::query::Scope;
use evident_store::append::AppendError;
use evident_store::health::Condition;
use proptest::prelude::*;

use super::*;
use crate::disk::{read_files, write_files};

/// What happens next.
#[derive(Debug, Clone)]
enum Act {
    /// So many new events in one append.
    Append(u64),
    /// An event that is recorded is sent again: by its place among them, in thousandths; as it was, or
    /// with another text.
    Retry(usize, bool),
    /// New events and recorded ones in one append.
    Mixed(u64, usize),
    Settle,
    SealNow,
    Restart,
    /// Another process goes on with what the files are now, however far upkeep has got.
    Kill,
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        5 => (1..8_u64).prop_map(Act::Append),
        3 => (0..1000_usize, any::<bool>()).prop_map(|(place, same)| Act::Retry(place, same)),
        2 => (1..4_u64, 0..1000_usize).prop_map(|(new, place)| Act::Mixed(new, place)),
        1 => Just(Act::Settle),
        2 => Just(Act::SealNow),
        1 => Just(Act::Restart),
        1 => Just(Act::Kill),
    ];
    prop::collection::vec(act, 1..24)
}

/// A store, and what it must hold.
struct Run {
    directory: tempfile::TempDir,
    store: Option<Store>,
    rows: Vec<(NewEvent, Hash)>,
    /// The numbers that the rows were made by.
    numbers: Vec<u64>,
    next: u64,
    options: Options,
}

impl Run {
    fn new(rows: u32, fanout: u32) -> Self {
        let options = Options {
            segment_rows: rows,
            // Where it is a part of them, a segment is made of several.
            tail_rows: 2,
            compaction_fanout: fanout,
            ..options()
        };
        let directory = memory_directory();
        Self {
            store: Some(open(directory.path(), options.clone())),
            directory,
            rows: Vec::new(),
            numbers: Vec::new(),
            next: 0,
            options,
        }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn new_events(&mut self, count: u64) -> Vec<NewEvent> {
        self.numbers.extend(self.next..self.next + count);
        self.next += count;
        timed(self.next - count..self.next)
    }

    fn recorded(&self, place: usize) -> Option<usize> {
        (!self.rows.is_empty()).then(|| place * self.rows.len() / 1000)
    }

    fn append(&mut self, events: Vec<NewEvent>) {
        let receipts = receipts(append(self.store(), events.clone()).unwrap());
        for (receipt, event) in receipts.into_iter().zip(events) {
            let known = self.rows.iter().position(|(row, _)| row.id == event.id);
            assert_eq!(receipt.duplicate, known.is_some());
            match known {
                Some(known) => {
                    assert_eq!(receipt.index, known as u64);
                    assert_eq!(receipt.leaf_hash, self.rows[known].1);
                }
                None => {
                    assert_eq!(receipt.index, self.rows.len() as u64);
                    self.rows.push((event, receipt.leaf_hash));
                }
            }
        }
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Append(count) => {
                let events = self.new_events(*count);
                self.append(events);
            }
            Act::Retry(place, true) => {
                let events = self
                    .recorded(*place)
                    .map(|place| self.rows[place].0.clone());
                events
                    .into_iter()
                    .for_each(|event| self.append(vec![event]));
            }
            Act::Retry(place, false) => {
                if let Some(place) = self.recorded(*place) {
                    let other = event(self.numbers[place], "another text");
                    assert_eq!(other.id, self.rows[place].0.id);
                    let refused = append(self.store(), vec![other]);
                    assert!(
                        matches!(refused, Err(AppendError::Conflict(_))),
                        "{refused:?}"
                    );
                }
            }
            Act::Mixed(count, place) => {
                let old = self
                    .recorded(*place)
                    .map(|place| self.rows[place].0.clone());
                let new = self.new_events(*count);
                self.append(old.into_iter().chain(new).collect());
            }
            Act::Settle => self.store().settle(),
            Act::SealNow => {
                assert_eq!(self.store().seal_now(), Ok(()));
                assert_sealed(self.store());
            }
            Act::Restart => {
                drop(self.store.take());
                self.store = Some(open(self.directory.path(), self.options.clone()));
            }
            Act::Kill => self.kill(),
        }
    }

    /// The files as they are at one moment: read again until nothing was changed while they were read.
    fn kill(&mut self) {
        let files = loop {
            let Ok((first, second)) = std::panic::catch_unwind(|| {
                let read = || read_files(self.directory.path());
                (read(), read())
            }) else {
                continue;
            };
            if first == second {
                break first;
            }
        };
        let directory = memory_directory();
        write_files(directory.path(), &files);
        drop(self.store.take());
        self.store = Some(open(directory.path(), self.options.clone()));
        self.directory = directory;
    }

    fn check(&self) {
        let store = self.store();
        assert_eq!(store.health(), Condition::Accepting);
        let stored = all(store, ORGANIZATION);
        assert_eq!(stored.len(), self.rows.len());
        for (number, (stored, (event, leaf_hash))) in stored.iter().zip(&self.rows).enumerate() {
            assert_eq!(stored.index, number as u64);
            assert_eq!((stored.id, stored.leaf_hash), (event.id, *leaf_hash));
            assert_eq!(stored.canonical, event.canonical);
        }
        let index = store.index();
        let everything = query(ORGANIZATION, &["range=all_time"]);
        let mut right = stored;
        right.sort_by_key(|event| std::cmp::Reverse((event.occurred_at, event.index)));
        assert_eq!(shown(&listed(&*index, &everything).unwrap()), shown(&right));
        assert_eq!(walked(&*index, &everything).unwrap(), to_walk(&right));
        if let Some((event, leaf_hash)) = self.rows.get(self.rows.len() / 2) {
            let got = run(index.get(&Scope::organization(ORGANIZATION), event.id)).unwrap();
            assert_eq!(got.unwrap().leaf_hash, *leaf_hash);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_log_is_what_was_appended(
        acts in acts(),
        rows in 1..5_u32,
        fanout in 2..4_u32,
    ) {
        let mut run = Run::new(rows, fanout);
        for act in &acts {
            run.act(act);
            run.check();
        }
        run.store().settle();
        run.check();
        assert_whole(run.store(), &[]);
    }
}
