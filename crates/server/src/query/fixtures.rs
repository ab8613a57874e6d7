//! What the tests of this feature share: a log in memory, and questions about it.

#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::query::{Query, Scope};
use evident_event::time::Timestamp;
use evident_event::time::zone::Zone;
use evident_ledger::Hash;
use evident_store::index::memory::MemoryIndex;
use evident_store::index::{PagePlace, StoredEvent, Walk, WalkedEvent};

use super::Question;
use super::asker::Asker;
use super::export::Export;
use crate::places::Places;
use crate::sheet::Sheet;
use crate::workers::Workers;

/// The organization of everything here.
pub(crate) const ORGANIZATION: &str = "org_1";
/// How long a question may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// An event as an index holds it, of these canonical bytes.
pub(crate) fn stored(index: u64, canonical: &str) -> StoredEvent {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&index.to_be_bytes());
    StoredEvent {
        index,
        id: EventId::v7(0, random),
        occurred_at: Timestamp::from_micros(0),
        leaf_hash: Hash([0; 32]),
        canonical: Bytes::copy_from_slice(canonical.as_bytes()),
    }
}

/// The same as a walk comes by it.
pub(crate) fn walked(index: u64, canonical: &str) -> WalkedEvent {
    stored(index, canonical).into()
}

/// The canonical bytes of an event of the organization with this reason.
pub(crate) fn event(reason: &str) -> String {
    format!(
        r#"{{"occurred_at":"1970-01-01T00:00:00.000000Z","organization_id":"{ORGANIZATION}","reason":"{reason}"}}"#
    )
}

/// Records such events.
pub(crate) fn record(index: &MemoryIndex, from: u64, reasons: &[&str]) {
    let events = (from..)
        .zip(reasons)
        .map(|(at, reason)| stored(at, &event(reason)));
    index.apply(&Arc::from(ORGANIZATION), events);
}

/// One that asks an index.
pub(super) fn asker(index: Arc<MemoryIndex>) -> Asker {
    Asker::new(index, Workers::new(), TIMEOUT)
}

/// The question that parameters ask.
pub(super) fn question(parameters: &[(&str, &str)]) -> Question {
    let scope = Scope::organization(ORGANIZATION);
    let now = Timestamp::from_micros(0);
    let parsed = Query::parse(scope, parameters.iter().copied(), now, &|_| None);
    let (query, page) = parsed.unwrap();
    Question {
        fingerprint: query.fingerprint(),
        query,
        place: PagePlace::First,
        as_of: None,
        limit: page.limit,
        deadline: Instant::now() + TIMEOUT,
    }
}

/// An export of the reasons of what a walk finds.
pub(crate) fn export(walk: Box<dyn Walk>) -> Export {
    let sheet = Sheet::new(vec!["reason".to_owned()], &Zone::utc()).unwrap();
    let places = Places::new("exports", "too_many_exports", 1, 1);
    let place = places.enter(&Arc::from("key_1")).unwrap();
    let asker = asker(Arc::new(MemoryIndex::new()));
    Export::of(asker, question(&[]), Arc::new(sheet), walk, place)
}
