//! Events whose time is over are gone, and everything else is as it was.
//!
//! Times are counted in seconds from the first event's receipt. Each event has a word of its own that
//! stands nowhere else, so that what is left of it in a file can be found.

mod breaks;
mod clocks;
mod properties;
mod seeds;
mod steps;
mod turns;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evident_event::query::Scope;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::proof::{verify_consistency, verify_inclusion};
use evident_ledger::tile::{Tile, TileKind, read_bundle};
use evident_store::append::NewEvent;
use evident_store::expiry::{Expired, Expiry, Unfinished};
use evident_store::index::{PagePlace, PageRequest};
use evident_store::proofs::ProofsError;
use evident_store::{Options, Store};

use crate::history::{kept, naive_root};
use crate::segments::query;
use crate::world::*;

pub const OTHER: &str = "org_other";
/// The projects of events; none of some.
pub const PROJECTS: [Option<&str>; 3] = [None, Some("p_short"), Some("p_long")];
const FIRST_RECEIPT: i64 = 1_790_000_000_000_000;
const TILE_WIDTH: u64 = 256;
/// Events of a page.
const PAGE: usize = 100;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(FIRST_RECEIPT + second * 1_000_000)
}

/// The word that only the event with this number has.
pub fn needle(number: u64) -> String {
    // Mixed, so that none is the beginning of another, and compression finds nothing alike.
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("needle{mixed:016x}")
}

/// An event of a project that was received at a second.
pub fn received(
    organization_id: &str,
    number: u64,
    project: Option<&str>,
    second: i64,
    phase: Option<&str>,
) -> NewEvent {
    let mut members = String::new();
    if let Some(project) = project {
        members.push_str(&format!(r#""project_id":"{project}","#));
    }
    if let Some(phase) = phase {
        let attempt = number / 4;
        members.push_str(&format!(r#""phase":"{phase}","attempt_id":"t{attempt}","#));
    }
    try_event_at(
        organization_id,
        number,
        &needle(number),
        &members,
        at(second),
    )
    .unwrap()
}

/// What a rule says of seconds.
#[derive(Debug, Clone, Default)]
pub struct Seconds {
    pub default: Option<i64>,
    pub projects: BTreeMap<String, Option<i64>>,
    /// What second it is; none: events count by what they say of themselves alone.
    pub as_of: Option<i64>,
}

impl Seconds {
    pub fn is_over(&self, project: Option<&str>, second: i64) -> bool {
        let own = project.and_then(|id| self.projects.get(id));
        own.unwrap_or(&self.default).is_some_and(|end| second < end)
    }

    pub fn expiry(&self, organization_id: &str) -> Expiry {
        let projects = self.projects.iter();
        Expiry {
            organization_id: organization_id.to_owned(),
            default: self.default.map(at),
            projects: projects
                .map(|(id, end)| (id.clone(), end.map(at)))
                .collect(),
            as_of: self.as_of.map_or(Timestamp::MIN, at),
        }
    }
}

/// An event as it was recorded.
#[derive(Debug, Clone)]
pub struct Row {
    pub number: u64,
    pub event: NewEvent,
    pub leaf_hash: Hash,
    pub project: Option<&'static str>,
    pub second: i64,
    pub phase: Option<&'static str>,
    pub is_gone: bool,
}

/// What logs must hold: all that was recorded, and what of it is gone.
#[derive(Default)]
pub struct Model {
    pub logs: BTreeMap<&'static str, Vec<Row>>,
}

impl Model {
    /// The rows that rules would remove, by organization.
    pub fn over(&self, rules: &BTreeMap<&'static str, Seconds>) -> Vec<Expired> {
        let mut expired = Vec::new();
        for (organization_id, rows) in &self.logs {
            let Some(rule) = rules.get(organization_id) else {
                continue;
            };
            let rows = rows.iter().zip(0..);
            let over =
                rows.filter(|(row, _)| !row.is_gone && rule.is_over(row.project, row.second));
            let over: Vec<(&Row, u64)> = over.collect();
            let (Some(first), Some(last)) = (over.first(), over.last()) else {
                continue;
            };
            let seconds = || over.iter().map(|(row, _)| row.second);
            expired.push(Expired {
                organization_id: (*organization_id).to_owned(),
                events: over.len() as u64,
                bytes: over
                    .iter()
                    .map(|(row, _)| row.event.canonical.len() as u64)
                    .sum(),
                indexes: (first.1, last.1),
                received: (at(seconds().min().unwrap()), at(seconds().max().unwrap())),
            });
        }
        expired
    }

    pub fn remove(&mut self, rules: &BTreeMap<&'static str, Seconds>) {
        for (organization_id, rows) in &mut self.logs {
            if let Some(rule) = rules.get(organization_id) {
                for row in rows {
                    row.is_gone |= rule.is_over(row.project, row.second);
                }
            }
        }
    }

    /// Notes what has gone of what rules would remove; all else must be there.
    pub fn follow(&mut self, store: &Store, rules: &BTreeMap<&'static str, Seconds>) {
        for (organization_id, rows) in &mut self.logs {
            let there: BTreeSet<u64> = all(store, organization_id)
                .iter()
                .map(|event| event.index)
                .collect();
            let rule = rules.get(organization_id);
            for (row, index) in rows.iter_mut().zip(0..) {
                let is_over = rule.is_some_and(|rule| rule.is_over(row.project, row.second));
                let is_gone = !there.contains(&index);
                assert!(is_over || is_gone == row.is_gone, "event {index} is kept");
                row.is_gone = is_gone;
            }
        }
    }

    pub fn staying(&self, organization_id: &str) -> Vec<(u64, &Row)> {
        let rows = self.logs.get(organization_id).into_iter().flatten();
        let numbered = (0..).zip(rows);
        numbered.filter(|(_, row)| !row.is_gone).collect()
    }
}

/// Removes what rules name, by rules that stand.
pub fn expire_by(
    store: &Store,
    rules: &BTreeMap<&'static str, Seconds>,
) -> Result<Vec<Expired>, Unfinished> {
    run(store.expire(rules_of(rules), store.standing()))
}

pub fn rules_of(rules: &BTreeMap<&'static str, Seconds>) -> Vec<Expiry> {
    let rules = rules.iter();
    rules.map(|(id, seconds)| seconds.expiry(id)).collect()
}

/// What is there is found in every way, with its index, and what is gone in none.
pub fn assert_answers(store: &Store, model: &Model, organization_id: &'static str) {
    let staying = model.staying(organization_id);
    let stored = all(store, organization_id);
    let expected: Vec<(u64, &[u8], Hash)> = staying
        .iter()
        .map(|(index, row)| (*index, &*row.event.canonical, row.leaf_hash))
        .collect();
    let found: Vec<(u64, &[u8], Hash)> = stored
        .iter()
        .map(|event| (event.index, &*event.canonical, event.leaf_hash))
        .collect();
    assert_eq!(found, expected, "of {organization_id}");
    let index = store.index();
    let size = model.logs.get(organization_id).map_or(0, Vec::len) as u64;
    assert_eq!(run(index.applied_through(organization_id)).unwrap(), size);
    let listed = |parameters: &[&str]| {
        let query = query(organization_id, parameters);
        let page = PageRequest {
            as_of: None,
            place: PagePlace::First,
            limit: PAGE,
        };
        let page = run(index.list(&query, page, crate::segments::in_time())).unwrap();
        let walked = crate::segments::walked(&*index, &query).unwrap();
        let mut walked: Vec<u64> = walked.iter().map(|event| event.index).collect();
        let first: Vec<u64> = page.events.iter().map(|event| event.index).collect();
        assert_eq!(first, walked[..walked.len().min(PAGE)]);
        assert_eq!(page.total, walked.len() as u64);
        walked.sort_unstable();
        walked
    };
    let those = |wanted: &dyn Fn(&Row) -> bool| -> Vec<u64> {
        let rows = staying.iter().filter(|(_, row)| wanted(row));
        rows.map(|(index, _)| *index).collect()
    };
    assert_eq!(listed(&["range=all_time"]), those(&|_| true));
    for project in PROJECTS.iter().flatten() {
        let filter = format!("project_id={project}");
        let found = listed(&["range=all_time", &filter]);
        assert_eq!(
            found,
            those(&|row| row.project == Some(project)),
            "{project}"
        );
    }
    for actor in 0..7 {
        let filter = format!("filter=actor.id:is:u{actor}");
        let found = listed(&["range=all_time", &filter]);
        assert_eq!(found, those(&|row| row.number % 7 == actor), "u{actor}");
    }
    let is_open = |row: &Row| {
        let ends =
            |other: &Row| other.phase == Some("outcome") && other.number / 4 == row.number / 4;
        row.phase == Some("attempt") && !staying.iter().any(|(_, other)| ends(other))
    };
    assert_eq!(listed(&["range=all_time", "attempt=open"]), those(&is_open));
    let rows = model.logs.get(organization_id).into_iter().flatten();
    for row in rows.step_by(3) {
        let scope = Scope::organization(organization_id);
        let got = run(index.get(&scope, row.event.id)).unwrap();
        assert_eq!(got.is_some(), !row.is_gone, "event {}", row.number);
        let word = format!("q={}", needle(row.number));
        assert_eq!(
            listed(&["range=all_time", &word]).len(),
            usize::from(!row.is_gone)
        );
    }
    let actors = crate::segments::by_actor(&*index, &query(organization_id, &["range=all_time"]));
    let counted: u64 = actors.unwrap().iter().map(|(_, count)| count).sum();
    assert_eq!(counted, staying.len() as u64);
}

/// Every proof of what is left verifies against every checkpoint that was ever published.
pub fn assert_proofs(store: &Store, model: &Model, organization_id: &'static str) {
    let Some(rows) = model.logs.get(organization_id) else {
        return;
    };
    let leaves: Vec<Hash> = rows.iter().map(|row| row.leaf_hash).collect();
    let heads = kept(store, organization_id).unwrap();
    let mut before: Option<(u64, Hash)> = None;
    for head in &heads {
        let covered = &leaves[..usize::try_from(head.size).unwrap()];
        assert_eq!(head.root, naive_root(covered), "at size {}", head.size);
        if let Some(old) = before {
            let proof = run(store.consistency(organization_id, old.0..head.size)).unwrap();
            verify_consistency(old, (head.size, head.root), &proof).unwrap();
        }
        before = Some((head.size, head.root));
        let staying = model.staying(organization_id).into_iter();
        let indexes = staying.map(|(index, _)| index);
        let indexes: Vec<u64> = indexes.filter(|index| *index < head.size).collect();
        let proofs = run(store.inclusion(organization_id, indexes.clone(), head.size)).unwrap();
        for (index, proof) in indexes.iter().zip(proofs) {
            let leaf = leaves[usize::try_from(*index).unwrap()];
            verify_inclusion(leaf, *index, head.size, head.root, &proof).unwrap();
        }
    }
    let Some(head) = store.head(organization_id) else {
        return;
    };
    for (index, row) in model.staying(organization_id) {
        if index < head.size {
            let opening = run(store.openings(organization_id, vec![index])).unwrap();
            assert_eq!(opening[0].opens_to(&row.event.canonical), Some(true));
        }
    }
    assert_bundles(store, model, organization_id, head.size);
}

/// Bundles are whole or not there, as the minimum index says; entries of what is gone have no salt.
fn assert_bundles(store: &Store, model: &Model, organization_id: &'static str, size: u64) {
    let rows = &model.logs[organization_id];
    let removed = store.removed();
    let removed = removed
        .iter()
        .find(|removed| removed.organization_id == organization_id);
    let minimum = removed.map_or(0, |removed| removed.minimum_index);
    let first_left = model
        .staying(organization_id)
        .first()
        .map(|(index, _)| *index);
    assert!(
        first_left.is_none_or(|first| minimum <= first),
        "{minimum} is above {first_left:?}"
    );
    assert!(minimum.is_multiple_of(TILE_WIDTH));
    for number in 0..size.div_ceil(TILE_WIDTH) {
        let there = (size - number * TILE_WIDTH).min(TILE_WIDTH);
        let asked = Tile {
            kind: TileKind::Entries,
            number,
            width: u16::try_from(there).unwrap(),
        };
        let bundle = run(store.tile(organization_id, asked)).unwrap();
        if (number + 1) * TILE_WIDTH <= minimum {
            assert!(bundle.is_none(), "bundle {number} is pruned");
            continue;
        }
        let entries = read_bundle(&bundle.unwrap()).unwrap();
        for (index, entry) in (number * TILE_WIDTH..).zip(&entries) {
            let row = &rows[usize::try_from(index).unwrap()];
            assert_eq!(entry.leaf_hash(), row.leaf_hash, "event {index}");
        }
        assert_eq!(entries.len() as u64, there);
    }
    for (index, row) in (0..size).zip(rows).filter(|(_, row)| row.is_gone) {
        match run(store.openings(organization_id, vec![index])) {
            Ok(openings) => {
                assert!(openings[0].salt.is_none(), "event {index}");
                assert_eq!(openings[0].entry.leaf_hash(), row.leaf_hash);
            }
            Err(ProofsError::Removed { .. }) => {
                assert!(index < minimum || first_left.is_none_or(|first| index < first));
            }
            Err(other) => panic!("event {index}: {other}"),
        }
    }
}

/// What is gone is in no file, as it is or compressed; what is there is in one.
pub fn assert_gone_from_files(directory: &Path, model: &Model) {
    let files = crate::disk::read_files(directory);
    let mut texts: Vec<(String, Vec<u8>)> = Vec::new();
    for (path, bytes) in &files {
        texts.push((path.display().to_string(), frames_of(bytes)));
        texts.push((path.display().to_string(), bytes.clone()));
    }
    for row in model.logs.values().flatten() {
        let needle = needle(row.number);
        let id = row.event.id.to_string();
        let holds = |text: &str| {
            let found = texts
                .iter()
                .find(|(_, bytes)| memchr::memmem::find(bytes, text.as_bytes()).is_some());
            found.map(|(path, _)| path.as_str())
        };
        match row.is_gone {
            true => assert_eq!(
                (holds(&needle), holds(&id)),
                (None, None),
                "event {}",
                row.number
            ),
            false => assert!(holds(&needle).is_some(), "event {} is nowhere", row.number),
        }
    }
}

/// All that Zstandard frames hold that begin anywhere in a file.
fn frames_of(bytes: &[u8]) -> Vec<u8> {
    const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
    let mut all = Vec::new();
    for start in memchr::memmem::find_iter(bytes, &MAGIC) {
        let mut decoder = zstd::stream::read::Decoder::new(&bytes[start..])
            .unwrap()
            .single_frame();
        let mut held = Vec::new();
        // What only looks like a frame is none.
        if std::io::Read::read_to_end(&mut decoder, &mut held).is_ok() {
            all.extend(held);
        }
    }
    all
}

pub fn assert_all(store: &Store, model: &Model) {
    for organization_id in [ORGANIZATION, OTHER] {
        assert_answers(store, model, organization_id);
        assert_proofs(store, model, organization_id);
    }
}

pub fn open_both(directory: &Path, options: Options) -> Store {
    let store = open(directory, options);
    ensure_log(&store, OTHER);
    store
}

/// Waits until the newest heads cover everything.
pub fn wait_covered(store: &Store, model: &Model) {
    for (organization_id, rows) in &model.logs {
        let size = rows.len() as u64;
        wait_until("the head covers all", || {
            store
                .head(organization_id)
                .is_some_and(|head| head.size >= size)
        });
    }
}
