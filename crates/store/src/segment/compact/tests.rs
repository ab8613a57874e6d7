//! Compacting is the same as sealing all at once.

#![allow(clippy::unwrap_used)]

mod removal;

use std::collections::BTreeMap;
use std::path::Path;

use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_event::{canonical, json};
use evident_ledger::Hash;
use proptest::prelude::*;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::segment::dictionary::Sections;
use crate::segment::ids::IdKind;
use crate::segment::key;
use crate::segment::seal::seal;
use crate::segment::sealed::{SECTIONS, read_all};
use crate::segment::tail::{NewRow, Tail};
use crate::wal::{Stored, WalFile};

/// An event of an organization.
#[derive(Debug, Clone)]
struct Event {
    organization: Arc<str>,
    id: EventId,
    occurred_at: i64,
    members: Value,
}

impl Event {
    fn new(organization: &str, id: u8, occurred_at: i64, members: Value) -> Self {
        Self {
            organization: organization.into(),
            id: EventId::from_bytes([id; 16]),
            occurred_at,
            members,
        }
    }

    /// In another order than they come in.
    fn received_at(&self) -> Timestamp {
        Timestamp::from_micros(i64::from(self.id.as_bytes()[0] ^ 2))
    }

    fn canonical(&self) -> Vec<u8> {
        let mut members = self.members.clone();
        members["id"] = String::from_utf8(self.id.to_ascii().to_vec())
            .unwrap()
            .into();
        let text = members.to_string();
        let mut bytes = Vec::new();
        canonical::write(
            &json::parse(text.as_bytes(), json::MAX_DEPTH).unwrap(),
            &mut bytes,
        );
        bytes
    }
}

/// A data directory, and the numbers of the segments in it.
struct Data {
    folder: TempDir,
    durable: Durable,
    generation: u32,
}

impl Data {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let durable = Durable::open(folder.path(), None).unwrap();
        durable.ensure_directory(Path::new("segments")).unwrap();
        Self {
            folder,
            durable,
            generation: 0,
        }
    }

    fn next_generation(&mut self) -> u32 {
        self.generation += 1;
        self.generation
    }

    fn open(&self, listed: Listed) -> Arc<Segment> {
        Arc::new(Segment::new(self.folder.path(), listed))
    }

    /// Seals some of the events, which are all of a store in the order of their positions.
    fn seal(&mut self, events: &[Event], range: std::ops::Range<usize>) -> Arc<Segment> {
        let generation = self.next_generation();
        let path = self.folder.path().join(format!("{generation}.wal"));
        let rows: Vec<Vec<u8>> = events.iter().map(Event::canonical).collect();
        std::fs::write(&path, rows.concat()).unwrap();
        let file = Arc::new(WalFile::open(&path).unwrap());
        let tail = Tail::new(range.start as u64, u32::MAX);
        let mut next_indexes = BTreeMap::new();
        let mut offset = 0;
        for (position, (event, canonical)) in events.iter().zip(&rows).enumerate() {
            let index: &mut u64 = next_indexes.entry(&event.organization).or_default();
            if range.contains(&position) {
                let row = NewRow {
                    id: event.id,
                    received_at: event.received_at(),
                    occurred_at: Timestamp::from_micros(event.occurred_at),
                    leaf_hash: Hash([0; 32]),
                    stored: Stored::new(&file, offset, canonical),
                    canonical,
                };
                tail.push(&event.organization, *index, [row].into_iter());
            }
            *index += 1;
            offset += canonical.len() as u64;
        }
        let first_position = tail.first_position();
        let listed = seal(&self.durable, first_position, generation, &[&tail.read()]).unwrap();
        self.open(listed)
    }

    fn compact(&mut self, sources: &[Arc<Segment>]) -> Result<Arc<Segment>, MakeError> {
        let generation = self.next_generation();
        let listed = compact(&self.durable, sources, generation, &mut || Ok(()))?;
        Ok(self.open(listed))
    }
}

/// All terms and their rows, the keys as text.
fn terms(segment: &Segment) -> BTreeMap<String, Vec<u32>> {
    let parts = segment.parts().unwrap();
    let mut terms = BTreeMap::new();
    let mut cursor = parts.dictionary.scan(b"").unwrap();
    while let Some((key, found)) = cursor.next().unwrap() {
        let mut rows = Vec::new();
        let posting = parts.dictionary.posting(&found).unwrap();
        posting.each(&mut |row| rows.push(row)).unwrap();
        terms.insert(key.escape_ascii().to_string(), rows);
    }
    terms
}

fn rows(segment: &Segment) -> Vec<Vec<u8>> {
    let parts = segment.parts().unwrap();
    let frames = (0..parts.rows.frame_count()).map(|number| parts.rows.frame(number).unwrap());
    frames
        .flat_map(|frame| frame.rows().map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect()
}

fn bytes_of(segment: &Segment, section: &'static str) -> Vec<u8> {
    read_all(&segment.parts().unwrap().section(section).unwrap()).unwrap()
}

/// The compacted segment is the one of all rows sealed at once.
fn assert_same(compacted: &Segment, sealed: &Segment) {
    let (new, expected) = (compacted.listed(), sealed.listed());
    assert_eq!(new.first_position, expected.first_position);
    assert_eq!(new.rows, expected.rows);
    assert_eq!(new.organizations, expected.organizations);
    let (new, expected) = (compacted.parts().unwrap(), sealed.parts().unwrap());
    assert_eq!(new.meta.first_occurred_at, expected.meta.first_occurred_at);
    assert_eq!(new.meta.last_occurred_at, expected.meta.last_occurred_at);
    assert_eq!(new.meta.received(), expected.meta.received());
    assert_eq!(terms(compacted), terms(sealed));
    assert_eq!(rows(compacted), rows(sealed));
    for section in [
        "postings",
        "terms",
        "term_blocks",
        "times",
        "places",
        "ids",
        "filter",
    ] {
        assert_eq!(
            bytes_of(compacted, section),
            bytes_of(sealed, section),
            "{section}"
        );
    }
    assert_eq!(bytes_of(compacted, "hashes"), b"");
}

/// Every event is found by its id, and in its frame.
fn assert_found(segment: &Segment, events: &[Event]) {
    let parts = segment.parts().unwrap();
    for (place, event) in events.iter().enumerate() {
        let hash = ids::hash(&event.organization, IdKind::Event, event.id.as_bytes());
        assert!(segment.filter().unwrap().may_contain(hash));
        let mut ranks = Vec::new();
        parts.ids.candidates(hash, &mut ranks).unwrap();
        let places = ranks.iter().map(|rank| parts.places.get(*rank).unwrap());
        assert!(places.into_iter().any(|found| found == place as i64));
        let frame = parts.rows.frame(parts.rows.frame_of(place as u32)).unwrap();
        assert_eq!(frame.row(place as u32).unwrap(), event.canonical());
    }
}

/// A value that may be longer than a key holds; long ones differ at their ends only.
fn value(number: u8) -> String {
    match number % 3 {
        0 => format!("{}{number}", "long ".repeat(60)),
        _ => format!("v{number}"),
    }
}

prop_compose! {
    fn an_event()(
        organization in 0..4_u8,
        id in any::<[u8; 16]>(),
        occurred_at in 0..40_i64,
        action in 0..4_u8,
        actor in any::<u8>(),
        phase in 0..4_u8,
        attempt in 0..7_u8,
        trace in prop_oneof![Just(json!(null)), Just(json!("t")), Just(json!("a\"b")), Just(json!(["x", "t"]))],
    ) -> Event {
        let mut members = json!({
            "action": format!("model.{action}"),
            "name": "Changed a Model",
            "actor": {"type": "user", "id": value(actor), "name": "Ann Lee"},
            "context": {"span_id": value(action)},
            "metadata": {"run": value(actor % 5)},
        });
        if !trace.is_null() {
            members["context"]["trace_id"] = trace;
        }
        if phase < 3 {
            members["phase"] = ["attempt", "outcome", "attempt"][usize::from(phase)].into();
            members["attempt_id"] = value(attempt).into();
        }
        Event {
            organization: format!("org_{organization}").into(),
            id: EventId::from_bytes(id),
            occurred_at: occurred_at * 1_000_000,
            members,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn compacting_sealed_pieces_gives_what_sealing_all_at_once_gives(
        events in proptest::collection::vec(an_event(), 3..120),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 1..6),
        begins in any::<prop::sample::Index>(),
        halfway in any::<prop::sample::Index>(),
    ) {
        let mut data = Data::new();
        let begin = begins.index(events.len() / 2);
        let all = data.seal(&events, begin..events.len());
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(events.len())).collect();
        ends.push(events.len());
        ends.retain(|end| *end > begin);
        ends.sort_unstable();
        ends.dedup();
        let mut pieces = Vec::new();
        let mut start = begin;
        for end in ends {
            pieces.push(data.seal(&events, start..end));
            start = end;
        }
        let compacted = data.compact(&pieces).unwrap();
        assert_same(&compacted, &all);
        assert_found(&compacted, &events[begin..]);

        // Once more with sources that were compacted themselves, and have no hashes left.
        let (early, late) = pieces.split_at(halfway.index(pieces.len()) + 1);
        let early = data.compact(early).unwrap();
        let sources: Vec<_> = [early].into_iter().chain(late.iter().cloned()).collect();
        assert_same(&data.compact(&sources).unwrap(), &all);
    }
}

#[test]
fn when_rows_were_received_is_known_of_all_or_of_none() {
    let event = |id: u8| Event::new("org_a", id, 100 - i64::from(id), json!({"action": "a"}));
    // Received as 3, 0, 1, 6, 7.
    let events: Vec<Event> = [1, 2, 3, 4, 5].map(event).into();
    let mut data = Data::new();
    let pieces = [0..2, 2..4, 4..5].map(|range| data.seal(&events, range));
    let received = |segment: &Segment| segment.parts().unwrap().meta.received();
    assert_eq!(received(&pieces[0]), Some((0, 3)));
    assert_eq!(received(&pieces[1]), Some((1, 6)));
    let all = data.compact(&pieces).unwrap();
    assert_eq!(received(&all), Some((0, 7)));
    // One that was made before this was written down says nothing, nor does what is made of it.
    let [first, second, third] = pieces;
    let unknown = with(&mut data, &second, &[]);
    assert_eq!(received(&unknown), None);
    let mixed = data.compact(&[first, unknown, third]).unwrap();
    assert_eq!(received(&mixed), None);
    assert_eq!(rows(&mixed), rows(&all));
}

fn attempt(organization: &str, id: u8, occurred_at: i64, attempt_id: &str) -> Event {
    let members = json!({"phase": "attempt", "attempt_id": attempt_id});
    Event::new(organization, id, occurred_at, members)
}

fn outcome(organization: &str, id: u8, occurred_at: i64, attempt_id: &str) -> Event {
    let members = json!({"phase": "outcome", "attempt_id": attempt_id});
    Event::new(organization, id, occurred_at, members)
}

#[test]
fn an_attempt_is_open_unless_any_source_has_an_outcome_of_its_organization() {
    let events = [
        // The first segment.
        attempt("org_b", 1, 10, "ends later"),
        attempt("org_b", 2, 20, "only the other organization ends it"),
        attempt("org_b", 3, 30, "begins twice"),
        outcome("org_b", 4, 90, "ended before it begins"),
        attempt("org_b", 5, 50, "never ends"),
        attempt("org_b", 6, 60, "ends here"),
        outcome("org_b", 7, 70, "ends here"),
        // The second.
        outcome("org_b", 8, 5, "ends later"),
        outcome("org_a", 9, 15, "only the other organization ends it"),
        attempt("org_b", 10, 25, "ended before it begins"),
        attempt("org_b", 11, 1, "never ends"),
        // The third.
        attempt("org_b", 12, 110, "begins twice"),
        outcome("org_b", 13, 120, "begins twice"),
        attempt("org_b", 14, 130, "ends here"),
    ];
    let mut data = Data::new();
    let pieces = [0..7, 7..11, 11..14].map(|range| data.seal(&events, range));
    let compacted = data.compact(&pieces).unwrap();
    let open = terms(&compacted)
        .into_iter()
        .filter(|(key, _)| key.contains(key::OPEN));
    // By time: org_a's outcome is at 15, so the attempt at 20 is the fifth of all.
    let expected = [
        (
            r"\x00\x00\x00\x01@open\x00never ends".to_owned(),
            vec![0, 7],
        ),
        (
            r"\x00\x00\x00\x01@open\x00only the other organization ends it".to_owned(),
            vec![4],
        ),
    ];
    assert_eq!(open.collect::<Vec<_>>(), expected.to_vec());
}

#[test]
fn rows_that_are_partial_stay_so_under_their_new_numbers() {
    let many: Vec<u32> = (0..5_000).collect();
    let events = [
        Event::new("org_a", 1, 50, json!({"action": "a"})),
        Event::new("org_a", 2, 40, json!({"metadata": {"many": many}})),
        Event::new("org_a", 3, 30, json!({"action": "a"})),
        Event::new(
            "org_a",
            4,
            20,
            json!({"metadata": {"many": many, "one": 1}}),
        ),
    ];
    let mut data = Data::new();
    let pieces = [0..2, 2..4].map(|range| data.seal(&events, range));
    let compacted = data.compact(&pieces).unwrap();
    let terms = terms(&compacted);
    assert_eq!(terms[r"\x00\x00\x00\x00@partial\x00"], [0, 2]);
    assert_eq!(terms[r"\x00\x00\x00\x00@places\x00"], [0, 1, 2, 3]);
    assert_eq!(terms[r"\x00\x00\x00\x00action\x00a"], [1, 3]);
}

#[test]
fn a_pause_comes_again_and_again_and_its_error_ends_the_work() {
    let event = |number: u8| {
        let words: Vec<String> = (0..4_000).map(|word| format!("{number}-{word}")).collect();
        Event::new(
            "org_a",
            number,
            number.into(),
            json!({"metadata": {"words": words}}),
        )
    };
    let events: Vec<Event> = (0..8).map(event).collect();
    let mut data = Data::new();
    let pieces = [0..4, 4..8].map(|range| data.seal(&events, range));
    let mut pauses = 0;
    compact(&data.durable, &pieces, 100, &mut || {
        pauses += 1;
        Ok(())
    })
    .unwrap();
    // 32,000 terms and as many rows.
    assert_eq!(pauses, 32_000 * (terms::TERM_STEPS + 1) / STEPS_PER_PAUSE);
    let ended = compact(&data.durable, &pieces, 101, &mut || Err(MakeError::Closing));
    assert!(matches!(ended, Err(MakeError::Closing)));
}

/// A segment like another, but for some sections and for when its rows were received, which it does not
/// say; all its checksums are right.
fn with(data: &mut Data, like: &Segment, changed: &[(&str, Vec<u8>)]) -> Arc<Segment> {
    let generation = data.next_generation();
    let of = |section: &'static str| match changed.iter().find(|(name, _)| *name == section) {
        Some((_, bytes)) => bytes.clone(),
        None if section == "checksums" => Vec::new(),
        None => bytes_of(like, section),
    };
    let [
        postings,
        terms,
        term_blocks,
        times,
        places,
        frames,
        ids,
        filter,
        hashes,
        _,
    ] = SECTIONS.map(of);
    let parts = like.parts().unwrap();
    let about = About {
        events: like.listed().events(),
        first_position: like.listed().first_position,
        rows: like.listed().rows,
        generation,
        organizations: like.listed().organizations.clone(),
        first_occurred_at: parts.meta.first_occurred_at,
        last_occurred_at: parts.meta.last_occurred_at,
        received: None,
    };
    let folder = data.folder.path().join(like.listed().folder());
    let mut writer = SegmentWriter::begin(&data.durable, about).unwrap();
    let rows = std::fs::read(folder.join("rows.ndjson.zst")).unwrap();
    writer.push_rows(&rows).unwrap();
    let parts = IndexParts {
        dictionary: Sections {
            postings,
            terms,
            term_blocks,
        },
        times,
        places,
        frames,
        ids,
        filter,
        hashes,
    };
    let listed = writer.finish(parts).unwrap();
    data.open(listed)
}

#[test]
fn contents_that_do_not_hold_are_refused_though_their_checksums_are_right() {
    let events: Vec<Event> = (0..6)
        .map(|number| Event::new("org_a", number, number.into(), json!({"action": "a"})))
        .collect();
    let mut data = Data::new();
    let first = data.seal(&events, 0..3);
    let second = data.seal(&events, 3..6);
    // Of another organization, so that the second one's terms are of an ordinal that it has not.
    let mut mixed = events[..3].to_vec();
    mixed[0].organization = "org_0".into();
    let mixed = data.seal(&mixed, 0..3);
    let hashes = bytes_of(&second, "hashes");
    let cases = [
        ("places", pack(&[0, 1, 1])),
        ("places", pack(&[0, 2, 3])),
        ("places", pack(&[-1, 0, 1])),
        ("times", pack(&[4, 3, 5])),
        ("hashes", hashes[1..].to_vec()),
        ("hashes", hashes[8..].to_vec()),
        (
            "hashes",
            [&hashes[..], &[0; 8], &3_u32.to_le_bytes()].concat(),
        ),
    ];
    let mut sources = Vec::new();
    for case in cases {
        sources.push(with(&mut data, &second, &[case]));
    }
    let terms = ["postings", "terms", "term_blocks"].map(|name| (name, bytes_of(&mixed, name)));
    sources.push(with(&mut data, &second, &terms));
    let like = with(&mut data, &second, &[("hashes", Vec::new())]);
    data.compact(&[Arc::clone(&first), like]).unwrap();
    for source in sources {
        let made = data.compact(&[Arc::clone(&first), source]);
        assert!(matches!(
            made,
            Err(MakeError::Segment(SegmentError::Malformed { .. }))
        ));
    }
}
