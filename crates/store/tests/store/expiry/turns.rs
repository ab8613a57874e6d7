//! Removals and changes of rules at the same time.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evident_store::durable::{Operation, Tap, Verdict};
use evident_store::expiry::ExpireError;

use super::steps::{all_before, fill, small};
use super::*;

/// How long it is waited for what must happen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a removal is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// What is left of the first segment is being written.
    Writing,
    /// The manifest is being replaced.
    Naming,
}

/// Holds the first operation of a place, and tells that it is reached.
struct Gate {
    place: Mutex<Option<Place>>,
    reached: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Tap for Gate {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        let manifest = Path::new("segments/manifest");
        let is_at = match operation {
            Operation::CreateFile(path) if path.ends_with("rows.ndjson.zst") => Place::Writing,
            Operation::Rename { to, .. } if *to == manifest => Place::Naming,
            _ => return Verdict::Proceed,
        };
        let mut place = self.place.lock().unwrap();
        if *place == Some(is_at) {
            *place = None;
            drop(place);
            self.reached.send(()).unwrap();
            let go_on = self.go_on.lock().unwrap();
            go_on.recv_timeout(PATIENCE).unwrap();
        }
        Verdict::Proceed
    }

    fn after(&self, _: &Operation<'_>) {}
}

/// A store with events of two organizations in several segments, and what holds a removal in it.
struct Held {
    directory: tempfile::TempDir,
    store: Store,
    model: Model,
    gate: Arc<Gate>,
    reached: Receiver<()>,
    go_on: Sender<()>,
}

impl Held {
    fn new() -> Self {
        let (told, reached) = channel();
        let (go_on, waiting) = channel();
        let gate = Arc::new(Gate {
            place: Mutex::new(None),
            reached: told,
            go_on: Mutex::new(waiting),
        });
        let options = Options {
            tap: Some(Arc::clone(&gate) as _),
            ..small()
        };
        let directory = memory_directory();
        let store = open_both(directory.path(), options);
        let mut model = Model::default();
        for first in (0..1_000).step_by(50) {
            fill(&store, &mut model, ORGANIZATION, first..first + 50);
            fill(&store, &mut model, OTHER, first..first + 10);
        }
        store.seal_now().unwrap();
        store.settle();
        wait_covered(&store, &model);
        Self {
            directory,
            store,
            model,
            gate,
            reached,
            go_on,
        }
    }

    /// Begins a removal, does something while it is held, and says how it ended.
    fn removing<T>(
        &self,
        place: Place,
        rules: &BTreeMap<&'static str, Seconds>,
        meanwhile: impl FnOnce(&Self) -> T,
    ) -> (Result<Vec<Expired>, Unfinished>, T) {
        *self.gate.place.lock().unwrap() = Some(place);
        let store = &self.store;
        std::thread::scope(|scope| {
            let removing = scope.spawn(|| expire_by(store, rules));
            self.reached.recv_timeout(PATIENCE).unwrap();
            let done = meanwhile(self);
            (removing.join().unwrap(), done)
        })
    }

    fn removed(&self) -> u64 {
        self.store.removed().iter().map(|one| one.events).sum()
    }
}

fn both_before(second: i64) -> BTreeMap<&'static str, Seconds> {
    let mut rules = all_before(second);
    rules.insert(OTHER, rules[ORGANIZATION].clone());
    rules
}

#[test]
fn of_two_removals_at_once_the_second_is_refused() {
    for place in [Place::Writing, Place::Naming] {
        let mut held = Held::new();
        let rules = all_before(700);
        let (first, second) = held.removing(place, &rules, |held| {
            let second = expire_by(&held.store, &both_before(900));
            held.go_on.send(()).unwrap();
            second
        });
        let second = second.unwrap_err();
        assert!(matches!(second.error, ExpireError::Busy), "{second:?}");
        assert_eq!(second.expired, []);
        assert_eq!(first.unwrap(), held.model.over(&rules));
        held.model.remove(&rules);
        assert_all(&held.store, &held.model);
        assert_gone_from_files(held.directory.path(), &held.model);
    }
}

#[test]
fn once_it_is_said_that_a_rule_has_changed_nothing_more_goes_by_the_one_before() {
    for place in [Place::Writing, Place::Naming] {
        let mut held = Held::new();
        let rules = both_before(900);
        let (ended, gone_by_then) = held.removing(place, &rules, |held| {
            let store = &held.store;
            std::thread::scope(|scope| {
                let changed = scope.spawn(|| {
                    run(store.rules_changed(ORGANIZATION)).unwrap();
                    let removed = store.removed();
                    let own = removed
                        .iter()
                        .find(|one| one.organization_id == ORGANIZATION);
                    own.map_or(0, |own| own.events)
                });
                if place == Place::Writing {
                    // Nothing is named yet: it does not wait for what is being written.
                    let gone = changed.join().unwrap();
                    held.go_on.send(()).unwrap();
                    return gone;
                }
                held.go_on.send(()).unwrap();
                changed.join().unwrap()
            })
        });
        let ended = ended.unwrap_err();
        let ExpireError::Changed(changed) = &ended.error else {
            panic!("{place:?}: {ended:?}");
        };
        assert_eq!(*changed, BTreeSet::from([ORGANIZATION.to_owned()]));
        let of = |id: &str| {
            let found = ended.expired.iter().find(|one| one.organization_id == id);
            found.map_or(0, |one| one.events)
        };
        assert_eq!(of(ORGANIZATION), gone_by_then, "{place:?}");
        assert_eq!(gone_by_then == 0, place == Place::Writing);
        assert_eq!(of(OTHER), 180, "the other's rule still stands");
        assert_eq!(held.removed(), of(ORGANIZATION) + of(OTHER));
        held.model.follow(&held.store, &rules);
        assert_all(&held.store, &held.model);
        // By the rules as they are now it goes on.
        let now = both_before(500);
        let rest = held.model.over(&now);
        assert_eq!(expire_by(&held.store, &now).unwrap(), rest);
        held.model.remove(&now);
        assert_all(&held.store, &held.model);
        assert_gone_from_files(held.directory.path(), &held.model);
    }
}

#[test]
fn rules_that_changed_after_they_were_read_remove_nothing() {
    let held = Held::new();
    let standing = held.store.standing();
    run(held.store.rules_changed(ORGANIZATION)).unwrap();
    let rules = rules_of(&all_before(900));
    let refused = run(held.store.expire(rules.clone(), standing)).unwrap_err();
    assert!(
        matches!(refused.error, ExpireError::Changed(_)),
        "{refused:?}"
    );
    assert_eq!((refused.expired, held.removed()), (Vec::new(), 0));
    let now = held.store.standing();
    assert_eq!(run(held.store.expire(rules, now)).unwrap()[0].events, 900);
}
