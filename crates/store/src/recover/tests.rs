//! Recovery behind a base: what segments have is passed over, what follows takes effect, and what
//! is nowhere is damage.

mod files;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::note::SigningKey;
use tempfile::TempDir;

use super::*;
use crate::disk::{Disk, Recorder, Step, read_files, write_files};
use crate::index::embedded::RecordedEvent;
use crate::state::{AppliedFrame, Row};
use crate::wal::{FileName, FrameBuilder, GROUP_POSITIONS, RowRef, Stored, StoredError, group_of};

const A: &str = "org_a";
const B: &str = "org_b";

/// A row that was recorded.
struct Recorded {
    organization_id: &'static str,
    id: EventId,
    event: RecordedEvent,
    stored_at: Stored,
}

/// A directory that grows frame by frame, as the sequencer makes it grow.
struct World {
    directory: TempDir,
    durable: Durable,
    state: State,
    writer: Option<Writer>,
    start: u64,
    rows: Vec<Recorded>,
}

impl World {
    /// One whose first row has this position: those before it are of nobody, and long removed.
    fn begin(start: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let durable = Durable::open(directory.path(), None).unwrap();
        for name in layout::DIRECTORIES {
            durable.ensure_directory(name.as_ref()).unwrap();
        }
        let logs = Arc::new(Logs::open(&durable, None).unwrap());
        for organization_id in [A, B] {
            let name = format!("evident.test/{organization_id}");
            let key = SigningKey::from_seed(&name, [7; 32]).unwrap();
            logs.create(organization_id, key).unwrap();
        }
        let base = Base {
            next_position: start,
            next_indexes: HashMap::new(),
        };
        let index = Arc::new(EmbeddedIndex::behind(&durable, start));
        let state = State::new(index, logs, Seeds::new(&durable), base);
        Self {
            directory,
            durable,
            state,
            writer: None,
            start,
            rows: Vec::new(),
        }
    }

    /// Begins another file, as the sequencer does also where the group is the same.
    fn begin_file(&mut self) {
        let position = self.state.next_position();
        let name = FileName::behind(self.writer.as_ref().map(Writer::name), position);
        let mark = position.to_le_bytes();
        self.writer = Some(Writer::begin(&self.durable, name, position, mark, 0).unwrap());
    }

    fn append(&mut self, organization_id: &'static str, rows: u64) {
        let position = self.state.next_position();
        let first_index = self.state.next_index(organization_id);
        for touched in [position, position + rows - 1] {
            // The rows before the base have no seeds here.
            self.state.seeds.ensure(group_of(touched), 0).unwrap();
        }
        let fits = |writer: &Writer| writer.group() == group_of(position);
        if !self.writer.as_ref().is_some_and(fits) {
            self.begin_file();
        }
        let writer = self.writer.as_mut().unwrap();
        let mut buffer = Vec::new();
        let mut frame = FrameBuilder::new(&mut buffer, organization_id);
        let mut applied = Vec::new();
        for number in position..position + rows {
            let id = EventId::v7(0, u128::from(number).to_be_bytes()[6..].try_into().unwrap());
            let canonical = Bytes::from(format!(r#"{{"number":{number}}}"#));
            let at = Timestamp::from_micros(number as i64);
            let offset = frame.push(RowRef {
                id,
                received_at: at,
                occurred_at: at,
                canonical: &canonical,
            });
            let offset = writer.end() + offset as u64;
            applied.push(Row {
                id,
                received_at: at,
                occurred_at: at,
                stored_at: Stored::new(writer.file(), offset, &canonical),
                canonical,
            });
        }
        frame.finish(writer.mark(), position, first_index, writer.synced_to());
        writer.append(&buffer).unwrap();
        let places: Vec<_> = applied
            .iter()
            .map(|row| (row.id, row.stored_at.clone()))
            .collect();
        self.state
            .apply(AppliedFrame {
                organization_id: organization_id.into(),
                first_position: position,
                first_index,
                rows: applied,
            })
            .unwrap();
        for (id, stored_at) in places {
            let event = self
                .state
                .index
                .find(organization_id, id, 0)
                .unwrap()
                .unwrap();
            self.rows.push(Recorded {
                organization_id,
                id,
                event,
                stored_at,
            });
        }
    }

    /// What a sealer does to the logs before rows leave the WAL.
    fn settle(&self) {
        for organization_id in [A, B] {
            self.state.logs.settle(organization_id).unwrap();
        }
        self.state.logs.publish_recovered().unwrap();
    }

    fn covered(&self, position: u64) -> &[Recorded] {
        &self.rows[..(position - self.start) as usize]
    }

    /// The base that ends at a position.
    fn base(&self, position: u64) -> Base {
        let mut next_indexes = HashMap::<Arc<str>, u64>::new();
        for row in self.covered(position) {
            *next_indexes.entry(row.organization_id.into()).or_default() += 1;
        }
        Base {
            next_position: position,
            next_indexes,
        }
    }

    fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        write_files(copy.path(), &read_files(self.directory.path()));
        copy
    }

    /// Opens a directory with a base that ends at a position.
    fn recover_at(&self, directory: &Path, position: u64) -> Recovered {
        self.recover_from(directory, self.base(position), position)
    }

    fn recover_from(&self, directory: &Path, base: Base, position: u64) -> Recovered {
        let durable = Durable::open(directory, None).unwrap();
        let index = Arc::new(EmbeddedIndex::behind(&durable, position));
        recover(&durable, 0, base, index, None).unwrap()
    }

    /// Everything is there, in the index and in the trees.
    fn assert_whole(&self, recovered: &Recovered) {
        let state = &recovered.state;
        assert_eq!(recovered.condition, Condition::Accepting);
        assert_eq!(state.next_position(), self.state.next_position());
        let behind_base = state.index.view().tail.first_position() - self.start;
        for row in &self.rows[behind_base as usize..] {
            let found = state.index.find(row.organization_id, row.id, 0);
            let found = found.unwrap().unwrap();
            assert_eq!(found.index, row.event.index);
            assert_eq!(found.leaf_hash, row.event.leaf_hash);
            assert_eq!(found.canonical, row.event.canonical);
        }
        for organization_id in [A, B] {
            let (now, before) = (
                state.logs.get(organization_id).unwrap(),
                self.state.logs.get(organization_id).unwrap(),
            );
            assert_eq!(now.size(), before.size());
            assert_eq!(
                state.next_index(organization_id),
                self.state.next_index(organization_id)
            );
            assert_eq!(
                now.published().unwrap().note,
                before.published().unwrap().note
            );
            state.logs.settle(organization_id).unwrap();
            let leaves: Vec<Hash> = self
                .rows
                .iter()
                .filter(|row| row.organization_id == organization_id)
                .map(|row| row.event.leaf_hash)
                .collect();
            assert_eq!(now.leaf_hashes(0..now.size()).unwrap(), leaves);
        }
    }
}

fn reason(recovered: &Recovered) -> &str {
    match &recovered.condition {
        Condition::Damaged(reason) => reason,
        other => panic!("{other:?}"),
    }
}

/// Frames of several rows of two organizations, settled and signed.
fn small() -> World {
    let mut world = World::begin(0);
    for (organization_id, rows) in [(A, 3), (B, 2), (A, 4), (B, 1), (A, 1)] {
        world.append(organization_id, rows);
    }
    world.settle();
    world
}

/// Three files, the first of a few rows only: where each begins, and where the rows end.
fn three_files() -> (World, [u64; 4]) {
    let start = GROUP_POSITIONS - 5;
    let mut world = World::begin(start);
    world.append(A, 3);
    world.append(B, 4);
    let second = world.state.next_position();
    while group_of(world.state.next_position()) == 1 {
        world.append(A, 9_000);
    }
    let third = world.state.next_position();
    world.append(B, 2);
    world.settle();
    let end = world.state.next_position();
    (world, [start, second, third, end])
}

#[test]
fn a_base_that_ends_at_any_row_gives_the_same_store() {
    let world = small();
    for position in 0..=world.state.next_position() {
        let copy = world.copy();
        let recorder = Recorder::<()>::new();
        let durable = Durable::open(copy.path(), Some(Arc::clone(&recorder) as _)).unwrap();
        let base = world.base(position);
        let index = Arc::new(EmbeddedIndex::behind(&durable, position));
        let recovered = recover(&durable, 0, base, index, None).unwrap();
        let signed = |step: &Step<()>| matches!(step, Step::Rename(..));
        assert!(!recorder.steps().iter().any(signed), "nothing is new");
        world.assert_whole(&recovered);
    }
}

#[test]
fn rows_behind_a_base_that_no_checkpoint_covers_are_signed() {
    let mut world = small();
    let sealed = world.state.next_position();
    world.append(A, 2);
    let copy = world.copy();
    let recovered = world.recover_at(copy.path(), sealed);
    world.state.logs.publish_recovered().unwrap();
    world.assert_whole(&recovered);
}

#[test]
fn a_base_whose_indexes_are_not_those_of_the_wal_is_damage() {
    let world = small();
    for position in 1..=world.state.next_position() {
        for organization_id in [A, B] {
            let right = world.base(position);
            let index = right.next_indexes.get(organization_id).copied();
            let index = index.unwrap_or_default();
            for wrong in [index.wrapping_sub(1), index + 1] {
                if wrong == u64::MAX {
                    continue;
                }
                let mut base = right.clone();
                base.next_indexes.insert(organization_id.into(), wrong);
                let copy = world.copy();
                // The level files are long enough: it is the WAL that tells.
                let path = copy.path().join(layout::level_file(organization_id, 0));
                let mut hashes = std::fs::read(&path).unwrap();
                hashes.extend([0; 32]);
                std::fs::write(&path, hashes).unwrap();
                let recovered = world.recover_from(copy.path(), base, position);
                let reason = reason(&recovered);
                assert!(
                    reason.contains(" index"),
                    "{position} {organization_id} {wrong}: {reason}"
                );
            }
        }
    }
}

#[test]
fn frames_before_the_base_whose_indexes_do_not_follow_are_damage() {
    let world = small();
    let copy = world.copy();
    let path = copy.path().join(layout::wal_file(0));
    let mut bytes = std::fs::read(&path).unwrap();
    // The first frame of its organization says that it begins with index 1, under a good checksum.
    bytes[64 + 24] = 1;
    let checksum = crc32c::crc32c(&bytes[64..64 + 44]);
    bytes[64 + 44..64 + 48].copy_from_slice(&checksum.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let recovered = world.recover_at(copy.path(), world.state.next_position());
    let reason = reason(&recovered);
    assert!(reason.contains("where 4 was to follow"), "{reason}");
}

#[test]
fn a_base_beyond_the_end_of_the_wal_is_damage() {
    let world = small();
    let end = world.state.next_position();
    let mut base = world.base(end);
    base.next_position += 1;
    let recovered = world.recover_from(world.copy().path(), base, end);
    assert!(
        reason(&recovered).contains("the WAL ends before position 11"),
        "{}",
        reason(&recovered)
    );
    assert!(recovered.writer.is_none());
    let copy = world.copy();
    std::fs::remove_file(copy.path().join(layout::wal_file(0))).unwrap();
    let recovered = world.recover_at(copy.path(), end);
    assert!(
        reason(&recovered).contains("there is no WAL file"),
        "{}",
        reason(&recovered)
    );
}

#[test]
fn a_row_that_went_bad_before_the_base_is_still_noticed() {
    let world = small();
    let copy = world.copy();
    let path = copy.path().join(layout::wal_file(0));
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[world.rows[0].stored_at.offset as usize] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let recovered = world.recover_at(copy.path(), 5);
    assert!(
        reason(&recovered).contains("checksum"),
        "{}",
        reason(&recovered)
    );
}

#[test]
fn a_log_with_rows_in_segments_only_and_without_its_key_is_damage() {
    let world = small();
    let copy = world.copy();
    std::fs::remove_file(copy.path().join(layout::key_file(B))).unwrap();
    let recovered = world.recover_at(copy.path(), world.state.next_position());
    assert!(
        reason(&recovered).contains("no signing key"),
        "{}",
        reason(&recovered)
    );
}

#[test]
fn level_files_that_are_short_leave_the_tail_readable() {
    let world = small();
    let copy = world.copy();
    let path = copy.path().join(layout::level_file(A, 0));
    std::fs::write(&path, [0; 32]).unwrap();
    let recovered = world.recover_at(copy.path(), 5);
    let reason = reason(&recovered);
    assert!(reason.contains("evident check --rebuild"), "{reason}");
    for row in &world.rows[5..] {
        let found = recovered.state.index.find(row.organization_id, row.id, 0);
        assert_eq!(found.unwrap().unwrap().canonical, row.event.canonical);
    }
    assert_eq!(
        std::fs::read(&path).unwrap(),
        [0; 32],
        "nothing is written over"
    );
}

#[test]
fn rows_are_read_from_where_they_were_written_and_where_they_were_found() {
    let (world, _) = three_files();
    for row in &world.rows {
        assert_eq!(row.stored_at.read().unwrap(), row.event.canonical);
    }
    // A row that was found can be read even when its file has lost its name.
    std::fs::remove_file(world.directory.path().join(layout::wal_file(0))).unwrap();
    assert_eq!(
        world.rows[0].stored_at.read().unwrap(),
        world.rows[0].event.canonical
    );
    let mut found = 0;
    for group in 1..3 {
        let path = world.directory.path().join(layout::wal_file(group));
        let scan = wal::Scan::open(&path).unwrap();
        let file = scan.file();
        scan.frames(group == 2, |frame, offset| {
            for row in &frame.rows {
                let offset = offset + row.canonical_offset as u64;
                let stored = Stored::new(&file, offset, row.row.canonical);
                assert_eq!(stored.read().unwrap(), row.row.canonical);
                found += 1;
            }
            Ok(())
        })
        .unwrap();
    }
    assert_eq!(found, world.rows.len() - 7);
}

#[test]
fn a_flipped_bit_in_a_row_of_the_wal_is_noticed_when_it_is_read() {
    let world = small();
    let path = world.directory.path().join(layout::wal_file(0));
    let bytes = std::fs::read(&path).unwrap();
    let row = &world.rows[6];
    let (from, length) = (row.stored_at.offset as usize, row.event.canonical.len());
    for place in from..from + length {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        std::fs::write(&path, flipped).unwrap();
        let error = row.stored_at.read().unwrap_err();
        assert!(matches!(error, StoredError::Damaged { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains(&format!("byte {from} of {}", path.display())));
        assert_eq!(
            world.rows[5].stored_at.read().unwrap(),
            world.rows[5].event.canonical
        );
    }
    std::fs::write(&path, &bytes[..from + length - 1]).unwrap();
    let error = row.stored_at.read().unwrap_err();
    assert!(matches!(error, StoredError::Unreadable { .. }), "{error}");
}
