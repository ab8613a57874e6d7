//! Any sequence of appends, rules, removals, seals, compactions, restarts and kills, held to a plain list.

use evident_store::health::Condition;
use proptest::prelude::*;

use super::*;
use crate::disk::{read_files, write_files};

/// What happens next.
#[derive(Debug, Clone)]
enum Act {
    /// So many events of an organization, each of a project; each so many seconds after the one before.
    Append(bool, Vec<(usize, i8, u8)>),
    /// Rules of both organizations are applied, in seconds before now.
    Expire([RuleAsked; 2]),
    Settle,
    Seal,
    Restart,
    /// Another process goes on with what the files are at a moment while rows are being removed, by the same rules or,
    /// as they were made longer, by none for now.
    Kill([RuleAsked; 2], bool),
}

/// The default, and those of two projects: none, to keep, or an age in seconds.
type RuleAsked = (Option<u8>, Option<Option<u8>>, Option<Option<u8>>);

fn rule() -> impl Strategy<Value = RuleAsked> {
    let age = || prop::option::of(0..60_u8);
    (age(), prop::option::of(age()), prop::option::of(age()))
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let events = prop::collection::vec((0..3_usize, -2..6_i8, 0..4_u8), 1..14);
    let rules = || [rule(), rule()];
    let act = prop_oneof![
        6 => (any::<bool>(), events).prop_map(|(other, events)| Act::Append(other, events)),
        3 => rules().prop_map(Act::Expire),
        1 => Just(Act::Settle),
        1 => Just(Act::Seal),
        1 => Just(Act::Restart),
        2 => (rules(), any::<bool>()).prop_map(|(rules, longer)| Act::Kill(rules, longer)),
    ];
    prop::collection::vec(act, 1..20)
}

struct Run {
    directory: tempfile::TempDir,
    store: Option<Store>,
    model: Model,
    options: Options,
    next: u64,
    second: i64,
    /// Clocks may go back. Events count by what they say of themselves alone then.
    goes_back: bool,
}

impl Run {
    fn new(rows: u32, fanout: u32, tail_rows: u32, goes_back: bool) -> Self {
        let options = Options {
            segment_rows: rows * tail_rows,
            tail_rows,
            compaction_fanout: fanout,
            ..options()
        };
        let directory = memory_directory();
        Self {
            store: Some(open_both(directory.path(), options.clone())),
            directory,
            model: Model::default(),
            options,
            next: 0,
            second: 0,
            goes_back,
        }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn append(&mut self, other: bool, asked: &[(usize, i8, u8)]) {
        let organization_id = if other { OTHER } else { ORGANIZATION };
        let mut rows = Vec::new();
        for (project, seconds, phase) in asked {
            let seconds = i64::from(*seconds);
            self.second += seconds.max(if self.goes_back { i64::MIN } else { 0 });
            let (number, project) = (self.next, PROJECTS[*project]);
            let phase = [None, None, Some("attempt"), Some("outcome")][usize::from(*phase)];
            let event = received(organization_id, number, project, self.second, phase);
            self.next += 1;
            rows.push((number, event, project, phase, self.second));
        }
        let events = rows.iter().map(|(_, event, ..)| event.clone()).collect();
        let receipts = receipts(append_to(self.store(), organization_id, events, false).unwrap());
        let log = self.model.logs.entry(organization_id).or_default();
        for (receipt, (number, event, project, phase, second)) in receipts.into_iter().zip(rows) {
            assert_eq!(receipt.index, log.len() as u64);
            log.push(Row {
                number,
                event,
                leaf_hash: receipt.leaf_hash,
                project,
                second,
                phase,
                is_gone: false,
            });
        }
    }

    fn rules(&self, asked: &[RuleAsked; 2]) -> BTreeMap<&'static str, Seconds> {
        let ago = |age: &Option<u8>| age.map(|age| self.second - i64::from(age));
        let rules = [ORGANIZATION, OTHER].into_iter().zip(asked);
        rules
            .map(|(id, (default, short, long))| {
                let own = [("p_short", short), ("p_long", long)].into_iter();
                let own = own.filter_map(|(id, age)| Some((id.to_owned(), ago(age.as_ref()?))));
                let seconds = Seconds {
                    default: ago(default),
                    projects: own.collect(),
                    as_of: (!self.goes_back).then_some(self.second),
                };
                (id, seconds)
            })
            .collect()
    }

    fn expire(&mut self, asked: &[RuleAsked; 2]) {
        let rules = self.rules(asked);
        let expected = self.model.over(&rules);
        let would = run(self.store().would_expire(rules_of(&rules))).unwrap();
        assert_eq!(would, expected);
        let before = self.store().removed();
        let expired = expire_by(self.store(), &rules).unwrap();
        assert_eq!(expired, expected);
        self.model.remove(&rules);
        for one in &expired {
            let find = |all: &[evident_store::expiry::Removed]| {
                let found = all
                    .iter()
                    .find(|removed| removed.organization_id == one.organization_id);
                found.map_or((0, 0, 0), |removed| {
                    (removed.events, removed.bytes, removed.end_index)
                })
            };
            let (old, new) = (find(&before), find(&self.store().removed()));
            assert_eq!((new.0 - old.0, new.1 - old.1), (one.events, one.bytes));
            assert_eq!(new.2, old.2.max(one.indexes.1 + 1));
        }
        // Nothing is left to be done.
        assert_eq!(
            run(self.store().would_expire(rules_of(&rules))).unwrap(),
            []
        );
        assert_gone_from_files(self.directory.path(), &self.model);
    }

    fn restart(&mut self) {
        drop(self.store.take());
        self.store = Some(open_both(self.directory.path(), self.options.clone()));
    }

    /// The files as they are at one moment while rows are removed; then the removal is begun anew.
    fn kill(&mut self, asked: &[RuleAsked; 2], longer: bool) {
        let rules = self.rules(asked);
        let files = std::thread::scope(|scope| {
            let removing = scope.spawn(|| expire_by(self.store(), &rules));
            let files = loop {
                let read = || read_files(self.directory.path());
                let Ok((first, second)) = std::panic::catch_unwind(|| (read(), read())) else {
                    continue;
                };
                if first == second {
                    break first;
                }
            };
            removing.join().unwrap().unwrap();
            files
        });
        let directory = memory_directory();
        write_files(directory.path(), &files);
        drop(self.store.take());
        self.store = Some(open_both(directory.path(), self.options.clone()));
        self.directory = directory;
        if longer {
            self.model.follow(self.store.as_ref().unwrap(), &rules);
            return;
        }
        let expired = expire_by(self.store(), &rules).unwrap();
        let most = self.model.over(&rules);
        assert!(expired.len() <= most.len());
        self.model.remove(&rules);
        assert_gone_from_files(self.directory.path(), &self.model);
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Append(other, events) => self.append(*other, events),
            Act::Expire(asked) => self.expire(asked),
            Act::Settle => self.store().settle(),
            Act::Seal => self.store().seal_now().unwrap(),
            Act::Restart => self.restart(),
            Act::Kill(asked, longer) => self.kill(asked, *longer),
        }
        assert_eq!(self.store().health(), Condition::Accepting);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_what_is_over_is_gone_and_the_rest_is_proven(
        acts in acts(),
        rows in 1..4_u32,
        fanout in 2..4_u32,
        tail_rows in 1..4_u32,
        goes_back in any::<bool>(),
    ) {
        let mut run = Run::new(rows, fanout, tail_rows, goes_back);
        for act in &acts {
            run.act(act);
            assert_all(run.store(), &run.model);
        }
        run.store().settle();
        wait_covered(run.store(), &run.model);
        assert_all(run.store(), &run.model);
        run.restart();
        wait_covered(run.store(), &run.model);
        assert_all(run.store(), &run.model);
    }
}
