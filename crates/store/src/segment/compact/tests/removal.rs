//! Taking rows out is the same as never having had them, but for their places and stubs.

use evident_ledger::entry::{Entry, commitment};

use super::*;
use crate::seeds::Seeds;
use crate::segment::rows::Line;

/// A data directory with what stubs are made from and held against.
struct Logs {
    data: Data,
    seeds: Seeds,
    events: Vec<Event>,
    /// By position.
    entries: Vec<Entry>,
    /// By position.
    indexes: Vec<u64>,
}

impl Logs {
    fn of(events: Vec<Event>) -> Self {
        let data = Data::new();
        for directory in ["seeds", "log"] {
            data.durable.ensure_directory(Path::new(directory)).unwrap();
        }
        let mut seeds = Seeds::new(&data.durable);
        seeds.ensure(0, 0).unwrap();
        let events: Vec<Event> = events.into_iter().enumerate().map(with_receipt).collect();
        let mut leaves: BTreeMap<Arc<str>, Vec<u8>> = BTreeMap::new();
        let (mut entries, mut indexes) = (Vec::new(), Vec::new());
        for (position, event) in events.iter().enumerate() {
            let id = *event.id.as_bytes();
            let salt = seeds.existing(0).unwrap().salt(&event.organization, &id);
            let entry = Entry {
                event_id: id,
                received_at_micros: received_at(position),
                commitment: commitment(&salt, &event.canonical()),
            };
            let leaves = leaves.entry(Arc::clone(&event.organization)).or_default();
            indexes.push(leaves.len() as u64 / 32);
            leaves.extend(entry.leaf_hash().0);
            entries.push(entry);
        }
        for (organization, leaves) in leaves {
            let folder = data.folder.path().join("log").join(&*organization);
            std::fs::create_dir(&folder).unwrap();
            std::fs::write(folder.join("0"), leaves).unwrap();
        }
        Self {
            data,
            seeds,
            events,
            entries,
            indexes,
        }
    }

    /// Takes out of a segment the rows at some positions; organizations keep nothing below an index.
    fn take(
        &mut self,
        segment: &Arc<Segment>,
        gone: &[usize],
        minimum_index: u64,
    ) -> (Option<Arc<Segment>>, TakenRows) {
        let (parts, listed) = (segment.parts().unwrap(), segment.listed());
        let mut ranks = RoaringBitmap::new();
        for rank in 0..listed.events() {
            let place = parts.places.get(rank).unwrap() as u64;
            if gone.contains(&((listed.first_position + place) as usize)) {
                ranks.insert(rank);
            }
        }
        let removal = Removal {
            ranks,
            minimum_indexes: vec![minimum_index; listed.organizations.len()],
        };
        let left = Left::of(segment, removal).unwrap();
        let generation = self.data.next_generation();
        let durable = &self.data.durable;
        let mut taking = Taking::new(durable, &mut self.seeds);
        let pause = &mut || Ok(());
        let new = rewrite(durable, segment, left, generation, &mut taking, pause).unwrap();
        let taken = std::mem::take(&mut taking.taken);
        (new.map(|listed| self.data.open(listed)), taken)
    }
}

fn received_at(position: usize) -> i64 {
    1_700_000_000_000_000 + position as i64
}

fn with_receipt((position, mut event): (usize, Event)) -> Event {
    let time = Timestamp::from_micros(received_at(position)).to_string();
    event.members["received_at"] = time.into();
    let time = Timestamp::from_micros(event.occurred_at).to_string();
    event.members["occurred_at"] = time.into();
    event.members["organization_id"] = event.organization.to_string().into();
    // The same id twice would be the same event.
    let mut id = *event.id.as_bytes();
    id[..8].copy_from_slice(&(position as u64).to_be_bytes());
    event.id = EventId::from_bytes(id);
    event
}

/// The terms but for those of places, which say where rows were.
fn terms_of_rows(segment: &Segment) -> BTreeMap<String, Vec<u32>> {
    let mut terms = terms(segment);
    terms.retain(|key, _| !key.contains(key::PLACES));
    terms
}

/// The same with the ids of organizations in the place of ordinals, which differ where one has no event left.
fn by_organization(segment: &Segment) -> BTreeMap<(String, String), Vec<u32>> {
    let organizations = &segment.listed().organizations;
    let named = terms_of_rows(segment).into_iter().map(|(key, rows)| {
        let ordinal = usize::from_str_radix(&key[14..16], 16).unwrap();
        (
            (organizations[ordinal].id.clone(), key[16..].to_owned()),
            rows,
        )
    });
    named.collect()
}

fn assert_is_what_is_left(
    logs: &mut Logs,
    left: &Segment,
    range: std::ops::Range<usize>,
    gone: &[usize],
    minimum_index: u64,
) {
    let staying: Vec<usize> = range.clone().filter(|at| !gone.contains(at)).collect();
    assert_eq!(left.listed().events() as usize, staying.len());
    assert_eq!(left.listed().rows as usize, range.len());
    // What stands in each place.
    let lines = rows(left);
    assert_eq!(lines.len(), range.len());
    let mut counted: BTreeMap<&str, (u64, u32, u32)> = BTreeMap::new();
    let mut has_left: BTreeMap<Arc<str>, bool> = BTreeMap::new();
    for (at, line) in range.clone().zip(&lines) {
        let event = &logs.events[at];
        let is_gone = gone.contains(&at);
        let before = has_left.entry(Arc::clone(&event.organization)).or_default();
        *before |= !is_gone || logs.indexes[at] >= minimum_index;
        match Line::read(line).unwrap() {
            Line::Event(bytes) => assert!(!is_gone && bytes == event.canonical()),
            Line::Stub(stub) => {
                assert!(is_gone && *before, "{at} leaves nothing");
                assert_eq!(stub.organization_id, &*event.organization);
                assert_eq!(stub.entry, logs.entries[at]);
            }
            Line::Nothing => {
                assert!(is_gone && !*before, "{at} leaves a stub");
                continue;
            }
        }
        let of = counted.entry(&event.organization);
        let of = of.or_insert((logs.indexes[at], 0, 0));
        of.1 += 1;
        of.2 += u32::from(!is_gone);
    }
    let listed = left.listed().organizations.iter();
    let listed: BTreeMap<&str, (u64, u32, u32)> = listed
        .map(|rows| {
            (
                rows.id.as_str(),
                (rows.first_index, rows.rows, rows.events()),
            )
        })
        .collect();
    assert_eq!(listed, counted);
    // The index is that of the rows that are left.
    let parts = left.parts().unwrap();
    if staying.is_empty() {
        assert_eq!(terms_of_rows(left), BTreeMap::new());
        return;
    }
    let events: Vec<Event> = staying.iter().map(|at| logs.events[*at].clone()).collect();
    let sealed = logs.data.seal(&events, 0..events.len());
    assert_eq!(by_organization(left), by_organization(&sealed));
    for section in ["times", "ids", "filter"] {
        assert_eq!(
            bytes_of(left, section),
            bytes_of(&sealed, section),
            "{section}"
        );
    }
    let of_sealed = sealed.parts().unwrap();
    assert_eq!(
        parts.meta.first_occurred_at,
        of_sealed.meta.first_occurred_at
    );
    assert_eq!(parts.meta.last_occurred_at, of_sealed.meta.last_occurred_at);
    for rank in 0..staying.len() as u32 {
        let place = of_sealed.places.get(rank).unwrap() as usize;
        let expected = (staying[place] - range.start) as i64;
        assert_eq!(parts.places.get(rank).unwrap(), expected);
    }
    // Each organization has the places of its rows and stubs.
    for (ordinal, rows) in (0..).zip(&left.listed().organizations) {
        let found = parts
            .dictionary
            .find(&key::of_value(ordinal, key::PLACES, ""));
        let places = parts.dictionary.posting(&found.unwrap().unwrap());
        let places = places.unwrap().to_bitmap().unwrap();
        let expected = range.clone().filter(|at| {
            *logs.events[*at].organization == *rows.id && !lines[*at - range.start].is_empty()
        });
        let expected: RoaringBitmap = expected.map(|at| (at - range.start) as u32).collect();
        assert_eq!(places, expected);
    }
}

fn assert_taken(logs: &Logs, taken: &TakenRows, gone: &[usize]) {
    let mut expected = TakenRows::new();
    for at in gone {
        let event = &logs.events[*at];
        let one = Taken::one(logs.indexes[*at], event.canonical().len(), received_at(*at));
        add_taken(&mut expected, &event.organization, &one);
    }
    assert_eq!(*taken, expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn taking_rows_out_leaves_what_sealing_the_others_gives(
        events in proptest::collection::vec(an_event(), 3..100),
        begins in any::<prop::sample::Index>(),
        first in proptest::collection::vec(any::<bool>(), 100),
        second in proptest::collection::vec(any::<bool>(), 100),
        minimums in (0_u64..40, 0_u64..40),
        is_compacted in any::<bool>(),
    ) {
        let mut logs = Logs::of(events);
        let range = begins.index(logs.events.len() / 2)..logs.events.len();
        let events = logs.events.clone();
        let mut segment = logs.data.seal(&events, range.clone());
        if is_compacted {
            let middle = usize::midpoint(range.start, range.end);
            let pieces = [range.start..middle, middle..range.end];
            let pieces = pieces.map(|piece| logs.data.seal(&events, piece));
            segment = logs.data.compact(&pieces).unwrap();
        }
        let mut gone: Vec<usize> = Vec::new();
        let mut minimum = 0;
        for (chosen, next_minimum) in [(first, minimums.0), (second, minimums.1)] {
            let new = range.clone().filter(|at| chosen[*at] && !gone.contains(at));
            let new: Vec<usize> = new.collect();
            gone.extend(&new);
            // It only grows.
            minimum = minimum.max(next_minimum);
            let (left, taken) = logs.take(&segment, &gone, minimum);
            assert_taken(&logs, &taken, &new);
            let Some(left) = left else {
                prop_assert!(gone.len() == range.len());
                return Ok(());
            };
            assert_is_what_is_left(&mut logs, &left, range.clone(), &gone, minimum);
            segment = left;
        }
    }
}

#[test]
fn an_attempt_is_open_again_once_its_outcomes_are_gone() {
    let mut logs = Logs::of(vec![
        attempt("org_a", 1, 10, "ended"),
        outcome("org_a", 2, 20, "ended"),
        attempt("org_a", 3, 30, "ended twice"),
        outcome("org_a", 4, 40, "ended twice"),
        outcome("org_a", 5, 50, "ended twice"),
        attempt("org_b", 6, 60, "ended"),
        outcome("org_b", 7, 70, "ended"),
    ]);
    let events = logs.events.clone();
    let segment = logs.data.seal(&events, 0..7);
    let (left, _) = logs.take(&segment, &[1, 3], 0);
    assert_is_what_is_left(&mut logs, &left.unwrap(), 0..7, &[1, 3], 0);
}

#[test]
fn rows_that_do_not_lead_to_their_leaf_are_not_taken_out() {
    let events = vec![attempt("org_a", 1, 10, "a"), attempt("org_a", 2, 20, "b")];
    let mut logs = Logs::of(events);
    let events = logs.events.clone();
    let segment = logs.data.seal(&events, 0..2);
    let leaves = logs.data.folder.path().join("log/org_a/0");
    let mut bytes = std::fs::read(&leaves).unwrap();
    bytes[0] ^= 1;
    std::fs::write(&leaves, bytes).unwrap();
    let removal = Removal {
        ranks: [0].into_iter().collect(),
        minimum_indexes: vec![0],
    };
    let left = Left::of(&segment, removal).unwrap();
    let mut taking = Taking::new(&logs.data.durable, &mut logs.seeds);
    let made = rewrite(
        &logs.data.durable,
        &segment,
        left,
        9,
        &mut taking,
        &mut || Ok(()),
    );
    assert!(matches!(made, Err(MakeError::Segment(_))));
}

#[test]
fn frames_of_which_no_row_goes_are_copied_byte_for_byte() {
    let noise = |seed: usize| -> String {
        let numbers = (0..900).map(|i| (i * 7_919 + seed * 104_729) % 1_000_003);
        numbers.map(|number| number.to_string()).collect()
    };
    let event = |at: usize| {
        let members = json!({"action": "a", "metadata": {"text": noise(at)}});
        Event::new("org_a", 1, at as i64, members)
    };
    let mut logs = Logs::of((0..60).map(event).collect());
    let events = logs.events.clone();
    let segment = logs.data.seal(&events, 0..60);
    let before = segment.parts().unwrap();
    assert!(before.rows.frame_count() > 3);
    let within = before.rows.places_of(1).unwrap();
    let gone: Vec<usize> = [within.start as usize].into();
    let (left, _) = logs.take(&segment, &gone, 0);
    let after = left.unwrap().parts().unwrap();
    assert_eq!(after.rows.frame_count(), before.rows.frame_count());
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for number in 0..before.rows.frame_count() {
        before.rows.read_compressed(number, &mut old).unwrap();
        after.rows.read_compressed(number, &mut new).unwrap();
        assert_eq!(old == new, number != 1, "frame {number}");
    }
}
