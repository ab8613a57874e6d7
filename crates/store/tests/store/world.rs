//! A store in a directory of its own, with one organization, and what tests ask of it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use evident_event::catalog::Catalog;
use evident_event::id::EventId;
use evident_event::query::{Query, Scope};
use evident_event::record::{Door, Sender, admit};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::{SigningKey, VerifierKey};
use evident_ledger::tree::Tree;
use evident_store::append::{Append, AppendError, NewEvent, Outcome, Receipt};
use evident_store::durable::Tap;
use evident_store::index::StoredEvent;
use evident_store::{Options, Store};

pub const ORGANIZATION: &str = "org_test";
/// Longer than any test runs: what gathers is signed only when the store is closed.
pub const NEVER: Duration = Duration::from_secs(3600);
const RECEIVED_AT: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn options() -> Options {
    Options {
        wal_preallocate_bytes: 16 << 10,
        checkpoint_gather: Duration::from_millis(1),
        compaction_pause: Duration::from_millis(5),
        ..Options::default()
    }
}

pub fn tapped(tap: Arc<dyn Tap>) -> Options {
    Options {
        tap: Some(tap),
        ..options()
    }
}

pub fn unsigned() -> Options {
    Options {
        checkpoint_gather: NEVER,
        ..options()
    }
}

pub fn open(directory: &Path, options: Options) -> Store {
    let store = Store::open(directory, options).unwrap();
    ensure_log(&store, ORGANIZATION);
    store
}

pub fn ensure_log(store: &Store, organization_id: &str) {
    if !store.has_log(organization_id) {
        let name = format!("evident.test/{organization_id}");
        let key = SigningKey::from_seed(&name, [7; 32]).unwrap();
        store.create_log(organization_id, key).unwrap();
    }
}

/// An event that is told apart by its number and its text.
pub fn event(number: u64, text: &str) -> NewEvent {
    event_of(ORGANIZATION, number, text)
}

pub fn event_of(organization_id: &str, number: u64, text: &str) -> NewEvent {
    try_event_of(organization_id, number, text, "").unwrap()
}

/// An event with further members, as JSON that ends with a comma; none if it is refused.
pub fn try_event_of(
    organization_id: &str,
    number: u64,
    text: &str,
    members: &str,
) -> Option<NewEvent> {
    try_event_at(organization_id, number, text, members, RECEIVED_AT)
}

/// The same, received at a time.
pub fn try_event_at(
    organization_id: &str,
    number: u64,
    text: &str,
    members: &str,
    received_at: Timestamp,
) -> Option<NewEvent> {
    let id = EventId::from_idempotency_key(ORGANIZATION, "test", number);
    let input = format!(
        r#"{{{members}"id":"{id}","action":"test.done","actor":{{"type":"user","id":"u{}"}},"description":"{text}"}}"#,
        number % 7
    );
    let redactor = Redactor::new(RedactionKey::new([7; 32]), &Rules::default());
    let door = Door {
        catalog: Catalog::embedded().unwrap(),
        organization_id,
        received_at,
        fallback_id: id,
        strict: false,
        redactor: &redactor,
        levels: &[],
        sender: Sender::Client,
    };
    let admitted = admit(input.as_bytes(), &door).ok()?;
    Some(NewEvent {
        id: admitted.id,
        received_at,
        occurred_at: admitted.occurred_at,
        carried: admitted.carried,
        canonical: Bytes::from(admitted.canonical),
    })
}

pub fn events(numbers: std::ops::Range<u64>) -> Vec<NewEvent> {
    numbers.map(|number| event(number, "as it was")).collect()
}

pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

pub fn append(store: &Store, events: Vec<NewEvent>) -> Result<Vec<Outcome>, AppendError> {
    append_to(store, ORGANIZATION, events, false)
}

pub fn append_to(
    store: &Store,
    organization_id: &str,
    events: Vec<NewEvent>,
    partial: bool,
) -> Result<Vec<Outcome>, AppendError> {
    run(store.append(Append {
        organization_id: organization_id.into(),
        events,
        partial,
    }))
}

pub fn receipts(outcomes: Vec<Outcome>) -> Vec<Receipt> {
    outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Outcome::Recorded(receipt) => receipt,
            Outcome::Conflict(conflict) => panic!("unexpected {conflict:?}"),
        })
        .collect()
}

pub fn all(store: &Store, organization_id: &str) -> Vec<StoredEvent> {
    let query = Query::everything(Scope::organization(organization_id));
    let (index, deadline) = (store.index(), Instant::now() + NEVER);
    let size = run(index.applied_through(organization_id)).unwrap();
    let mut all = Vec::new();
    let mut next = 0;
    while next < size {
        let followed = run(index.follow(&query, next, usize::MAX, deadline)).unwrap();
        assert!(followed.next > next);
        next = followed.next;
        all.extend(followed.events);
    }
    all
}

pub fn published(store: &Store, organization_id: &str) -> Checkpoint {
    let key = VerifierKey::parse(&store.verifier_key(organization_id).unwrap()).unwrap();
    Checkpoint::open(&store.checkpoint(organization_id).unwrap(), &key).unwrap()
}

/// Waits until a condition holds. It is asked again and again, never assumed after a time.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

pub fn wait_published(store: &Store, size: u64) {
    wait_until("the checkpoint is published", || {
        published(store, ORGANIZATION).size >= size
    });
}

/// What must hold of any store that was opened again: indexes without gap, no id twice, and every
/// checkpoint that was ever published is a head of its log.
pub fn assert_whole(store: &Store, ever_published: &[Checkpoint]) {
    let stored = all(store, ORGANIZATION);
    let mut tree = Tree::new();
    let mut ids = std::collections::HashSet::new();
    let mut heads = vec![tree.root()];
    for (index, event) in stored.iter().enumerate() {
        assert_eq!(event.index, index as u64);
        assert!(ids.insert(event.id), "{} is there twice", event.id);
        tree.append(event.leaf_hash, &mut |_, _, _| {});
        heads.push(tree.root());
    }
    let current = published(store, ORGANIZATION);
    for checkpoint in ever_published.iter().chain([&current]) {
        let head = heads.get(usize::try_from(checkpoint.size).unwrap());
        assert_eq!(head, Some(&checkpoint.root), "at size {}", checkpoint.size);
        assert!(checkpoint.size <= current.size);
    }
}

/// The receipt's event is there, where the receipt says, with these bytes.
pub fn assert_stored(stored: &[StoredEvent], receipt: &Receipt, event: &NewEvent) {
    let found = &stored[usize::try_from(receipt.index).unwrap()];
    assert_eq!(found.id, receipt.id);
    assert_eq!(found.leaf_hash, receipt.leaf_hash);
    assert_eq!(found.canonical, event.canonical);
}

/// A directory in memory where there is such a place: many tests open and throw away many small
/// files, and what they look at is what was written, not what a real disk does with it.
pub fn memory_directory() -> tempfile::TempDir {
    let shared = Path::new("/dev/shm");
    if shared.is_dir() {
        tempfile::tempdir_in(shared).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

pub fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_directory(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
