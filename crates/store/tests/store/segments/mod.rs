//! Segments under all that may go wrong: damage, power cuts, kills, failing disks, and many at once.
//!
//! Segments of three rows, two of which become one, so that a few events are in all places: a segment
//! that compaction made, one that was sealed, and the tail.

mod concurrency;
mod cuts;
mod damage;
mod faults;
mod fixture;
mod properties;
mod scopes;
mod sealed_early;
mod stock;

use std::path::Path;
use std::time::Instant;

use evident_event::query::{Field, Query, Scope};
use evident_event::time::Timestamp;
use evident_event::time::buckets::{Buckets, Interval};
use evident_ledger::Hash;
use evident_store::append::NewEvent;
use evident_store::index::{
    EventIndex, IndexError, PagePlace, PageRequest, StoredEvent, WalkedEvent,
};
use evident_store::{Options, Store};

use crate::disk::named_segments;
use crate::world::*;

/// Another organization of the same store.
pub const OTHER: &str = "org_other";
/// Rows of a segment that is sealed.
const SEGMENT_ROWS: u32 = 3;

/// Segments of three rows, each made of three tails, two of which become one.
pub fn tiny(options: Options) -> Options {
    Options {
        segment_rows: SEGMENT_ROWS,
        tail_rows: 1,
        compaction_fanout: 2,
        ..options
    }
}

/// When the event with a number happened: every third before the two that came before it.
pub fn minute_of(number: u64) -> u64 {
    number - number % 3 + (2 - number % 3)
}

/// An event that can be found by a time, a word and an actor.
pub fn timed_of(organization_id: &str, number: u64) -> NewEvent {
    let minute = minute_of(number);
    let (hour, minute) = (minute / 60, minute % 60);
    let members = format!(r#""occurred_at":"2026-09-20T{hour:02}:{minute:02}:00Z","#);
    let text = format!("word{} of many", number % 2);
    try_event_of(organization_id, number, &text, &members).unwrap()
}

pub fn timed(numbers: std::ops::Range<u64>) -> Vec<NewEvent> {
    numbers
        .map(|number| timed_of(ORGANIZATION, number))
        .collect()
}

pub fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-09-21T00:00:00.000000Z").unwrap()
}

/// The query of these parameters, each `name=value`.
pub fn query(organization_id: &str, parameters: &[&str]) -> Query {
    let given = parameters
        .iter()
        .map(|given| given.split_once('=').unwrap());
    let scope = Scope::organization(organization_id);
    Query::parse(scope, given, now(), &|_: &str| None)
        .unwrap()
        .0
}

pub fn in_time() -> Instant {
    Instant::now() + NEVER
}

/// The whole answer to a query, by a list.
pub fn listed(index: &dyn EventIndex, query: &Query) -> Result<Vec<StoredEvent>, IndexError> {
    let page = PageRequest {
        as_of: None,
        place: PagePlace::First,
        limit: 500,
    };
    run(index.list(query, page, in_time())).map(|listing| {
        assert_eq!(listing.total, listing.events.len() as u64);
        listing.events
    })
}

/// The whole answer to a query, by a walk in pieces; however large they are, it is the same.
pub fn walked(index: &dyn EventIndex, query: &Query) -> Result<Vec<WalkedEvent>, IndexError> {
    let by_two = walked_in(index, query, (2, usize::MAX))?;
    for piece in [
        (1, 0),
        (7, 2_000),
        (usize::MAX, 1),
        (usize::MAX, usize::MAX),
    ] {
        assert_eq!(
            walked_in(index, query, piece)?,
            by_two,
            "pieces of {piece:?}"
        );
    }
    Ok(by_two)
}

fn walked_in(
    index: &dyn EventIndex,
    query: &Query,
    (limit, max_bytes): (usize, usize),
) -> Result<Vec<WalkedEvent>, IndexError> {
    let mut walk = run(index.walk(query, None, in_time()))?;
    let mut all = Vec::new();
    loop {
        let events = run(walk.next(limit, max_bytes, in_time()))?;
        assert!(events.len() <= limit);
        if events.is_empty() {
            return Ok(all);
        }
        all.extend(events);
    }
}

/// What a walk should come by.
pub fn to_walk(events: &[StoredEvent]) -> Vec<WalkedEvent> {
    events.iter().cloned().map(WalkedEvent::from).collect()
}

/// What is compared of an event that a walk came by: everything.
pub fn shown_walked(events: &[WalkedEvent]) -> String {
    let shown = events.iter().map(|event| {
        format!(
            "{} {}",
            event.index,
            String::from_utf8_lossy(&event.canonical)
        )
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// What is compared of an event: everything.
pub fn shown(events: &[StoredEvent]) -> String {
    let shown: Vec<_> = events
        .iter()
        .map(|event| {
            let text = String::from_utf8_lossy(&event.canonical);
            format!(
                "{} {} {} {}",
                event.index,
                event.id,
                hex(&event.leaf_hash),
                text
            )
        })
        .collect();
    shown.join("\n")
}

pub fn hex(hash: &Hash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How events spread over the minutes of the day.
pub fn by_minute(index: &dyn EventIndex, query: &Query) -> Result<Vec<u64>, IndexError> {
    let at = |text| Timestamp::parse_rfc3339(text).unwrap();
    let (first, last) = (at("2026-09-20T00:00:00Z"), at("2026-09-20T02:00:00Z"));
    let (zone, week_start) = (query.zone(), query.week_start());
    let buckets = Buckets::cover(Interval::Minute, first, last, zone, week_start).unwrap();
    run(index.histogram(query, None, &buckets, None, in_time())).map(|histogram| histogram.counts)
}

/// The actors with their counts.
pub fn by_actor(index: &dyn EventIndex, query: &Query) -> Result<Vec<(String, u64)>, IndexError> {
    let fields = [Field::parse("field", "actor.id").unwrap()];
    let facets = run(index.facets(query, None, &fields, 100, in_time()))?;
    let values = facets[0].values.iter();
    Ok(values
        .map(|value| (value.value.clone(), value.count))
        .collect())
}

/// The folders of segments that are there, by name.
pub fn folders(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory.join("segments")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The folders that the manifest names.
pub fn named(directory: &Path) -> Vec<String> {
    let manifest = std::fs::read(directory.join("segments/manifest")).unwrap_or_default();
    let folders = named_segments(&manifest).into_iter();
    let mut names: Vec<String> = folders
        .map(|folder| folder.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// Appends one by one and lets every step of upkeep end before the next.
pub fn append_settled(store: &Store, organization_id: &str, events: Vec<NewEvent>) {
    for event in events {
        receipts(append_to(store, organization_id, vec![event], false).unwrap());
        store.settle();
    }
}

/// The frames that the files of the write-ahead log hold, and the names of the files.
pub fn wal(directory: &Path) -> (Vec<u8>, Vec<String>) {
    const HEADER_BYTES: usize = 64;
    let (mut frames, mut names) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(directory.join("wal")).unwrap() {
        let path = entry.unwrap().path();
        // Another name is of a file that a crash left before it was whole.
        if path.extension() != Some("wal".as_ref()) {
            continue;
        }
        frames.extend_from_slice(&std::fs::read(&path).unwrap()[HEADER_BYTES..]);
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    names.sort();
    (frames, names)
}

/// All rows are in segments that the manifest names, and the write-ahead log has nothing.
pub fn assert_sealed(store: &Store) {
    let (frames, names) = wal(store.directory());
    assert!(frames.is_empty(), "{} bytes in {names:?}", frames.len());
    assert!(names.len() <= 1, "{names:?}");
    let rows = named(store.directory());
    let rows = rows.iter().map(|name| {
        let rows = name.split('-').nth(1).unwrap();
        u64::from_str_radix(rows, 16).unwrap()
    });
    let recorded = [ORGANIZATION, OTHER].map(|id| run(store.index().applied_through(id)).unwrap());
    assert_eq!(rows.sum::<u64>(), recorded.iter().sum::<u64>());
}
