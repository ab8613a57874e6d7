//! A small data directory: two organizations, three segments of four rows, two rows behind them.

use std::path::Path;

use tempfile::TempDir;

use crate::durable::{Durable, FileMode, Operation, Tap, Verdict};
use crate::layout;
use crate::segment::meta::Manifest;
use crate::segment::seal::seal;
use crate::segment::tail::{NewRow, Tail};
use crate::wal::{Scan, Stored};
use crate::{Options, SealError, Store};
use evident_event::time::Timestamp;
use evident_ledger::Hash;

#[path = "../../tests/store/world.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
pub(crate) mod world;

pub(crate) mod removing;

pub(crate) use world::options;

pub(crate) const OTHER: &str = "org_other";
const ROWS: u64 = 14;
const COMPACTED_ROWS: u64 = 50;
const LARGE_ROWS: u64 = 600;
const SEGMENT_ROWS: u64 = 4;
const SEGMENTS: u64 = 3;

/// What is put into a segment for a row.
pub(crate) struct Rows {
    /// What the index is made of.
    pub(crate) indexed: String,
    /// What the rows have.
    pub(crate) stored: String,
    /// Microseconds between what the row says and what the index says.
    pub(crate) later_by: i64,
}

impl Rows {
    pub(crate) fn of(row: &str) -> Self {
        Self {
            indexed: row.to_owned(),
            stored: row.to_owned(),
            later_by: 0,
        }
    }
}

/// Lets no segment be begun, for want of room.
struct NoSegments;

impl Tap for NoSegments {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        match operation {
            Operation::CreateDirectory(path)
                if path.parent() == Some(layout::SEGMENTS.as_ref()) =>
            {
                Verdict::Fail(std::io::ErrorKind::StorageFull.into())
            }
            _ => Verdict::Proceed,
        }
    }

    fn after(&self, _: &Operation<'_>) {}
}

/// A data directory that nobody has open.
pub(crate) struct Directory(TempDir);

impl Directory {
    pub(crate) fn make() -> Self {
        Self::sealed(Rows::of)
    }

    /// All rows are in the log alone.
    pub(crate) fn without_segments() -> Self {
        let options = Options {
            checkpoint_gather: world::NEVER,
            segment_rows: u32::MAX,
            ..options()
        };
        Self::of_store(options, ROWS)
    }

    /// What a store leaves that seals and compacts as it goes.
    pub(crate) fn compacted() -> Self {
        let options = Options {
            segment_rows: SEGMENT_ROWS as u32,
            compaction_fanout: 2,
            ..options()
        };
        Self::of_store(options, COMPACTED_ROWS)
    }

    /// Several tiles of leaves, two of three the first organization's, in segments that are compacted.
    pub(crate) fn large() -> Self {
        let options = Options {
            segment_rows: 64,
            compaction_fanout: 3,
            ..options()
        };
        Self::of_store(options, LARGE_ROWS)
    }

    /// As many rows, all of them one organization's.
    pub(crate) fn of_one_organization() -> Self {
        let options = Options {
            segment_rows: 64,
            compaction_fanout: 3,
            ..options()
        };
        Self::of_organizations(options, LARGE_ROWS, &[world::ORGANIZATION])
    }

    /// Rows of two groups of positions, the first of which is one segment.
    pub(crate) fn of_groups() -> Self {
        const BATCH: u64 = 4_096;
        let directory = world::memory_directory();
        let store = world::open(directory.path(), Options::default());
        for batch in 0..=crate::wal::GROUP_POSITIONS / BATCH {
            let numbers = batch * BATCH..(batch + 1) * BATCH;
            world::append(&store, world::events(numbers)).unwrap();
        }
        store.settle();
        store.close();
        Self(directory)
    }

    /// A segment made of tails each of which had no room left for the last of its rows, so that these
    /// are partial: they cost far more than the text that they are written in.
    pub(crate) fn with_costly_rows() -> Self {
        const TAIL_ROWS: u32 = 64;
        let directory = world::memory_directory();
        let options = Options {
            segment_rows: 4 * TAIL_ROWS,
            tail_rows: TAIL_ROWS,
            ..options()
        };
        let store = Store::open(directory.path(), options).unwrap();
        world::ensure_log(&store, world::ORGANIZATION);
        let keys: Vec<String> = (0..250).map(|key| format!("\"{key}\":1")).collect();
        for number in 0..u64::from(4 * TAIL_ROWS) {
            let members = format!(
                r#""metadata":{{"{number}{}":{{{}}}}},"#,
                "k".repeat(900),
                keys.join(",")
            );
            let event = world::try_event_of(world::ORGANIZATION, number, "costly", &members);
            world::append_to(&store, world::ORGANIZATION, vec![event.unwrap()], false).unwrap();
        }
        store.settle();
        store.close();
        Self(directory)
    }

    /// What a store leaves that was told twice to seal what it had: segments of all sizes, and a file of
    /// the log that begins in the middle of its group.
    pub(crate) fn sealed_early() -> Self {
        let options = Options {
            checkpoint_gather: world::NEVER,
            segment_rows: SEGMENT_ROWS as u32,
            tail_rows: 2,
            compaction_fanout: 1_000,
            ..options()
        };
        Self::of_growing(options, ROWS, |store, rows| match rows {
            3 | 6 => store.seal_now().unwrap(),
            ROWS => store.settle(),
            _ => {}
        })
    }

    /// What a store leaves that was killed between beginning another file of the log and sealing the rows
    /// of the one before it.
    pub(crate) fn cut_early() -> Self {
        let options = Options {
            checkpoint_gather: world::NEVER,
            segment_rows: u32::MAX,
            tap: Some(std::sync::Arc::new(NoSegments)),
            ..options()
        };
        Self::of_growing(options, ROWS, |store, rows| {
            if rows == 5 {
                assert_eq!(store.seal_now(), Err(SealError::NoSpace));
            }
        })
    }

    fn of_store(options: Options, rows: u64) -> Self {
        Self::of_organizations(options, rows, &[world::ORGANIZATION, OTHER])
    }

    fn of_organizations(options: Options, rows: u64, organizations: &[&str]) -> Self {
        Self::of_all_growing(options, rows, organizations, |store, recorded| {
            if recorded == rows {
                store.settle();
            }
        })
    }

    /// What a store leaves; `each` is called with how many rows it has.
    fn of_growing(options: Options, rows: u64, each: impl Fn(&Store, u64)) -> Self {
        Self::of_all_growing(options, rows, &[world::ORGANIZATION, OTHER], each)
    }

    fn of_all_growing(
        options: Options,
        rows: u64,
        organizations: &[&str],
        each: impl Fn(&Store, u64),
    ) -> Self {
        let directory = world::memory_directory();
        let store = Store::open(directory.path(), options).unwrap();
        for id in organizations {
            world::ensure_log(&store, id);
        }
        for number in 0..rows {
            // The last row is the other organization's.
            let id = organizations[(number % 3 % 2) as usize % organizations.len()];
            let members = match number % 4 {
                0 => r#""metadata":{"team":"blue","size":3},"#,
                1 => r#""phase":"attempt","attempt_id":"try-1","#,
                2 => {
                    r#""context":{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"aaaaaaaaaaaaaaaa"},"#
                }
                _ => r#""targets":[{"type":"model","id":"m1","name":"One Model"}],"#,
            };
            let event = world::try_event_of(id, number, "as it was", members).unwrap();
            world::append_to(&store, id, vec![event], false).unwrap();
            each(&store, number + 1);
        }
        store.close();
        Self(directory)
    }

    /// The first rows are sealed as they are changed.
    pub(crate) fn sealed(change: impl Fn(&str) -> Rows) -> Self {
        let directory = Self::without_segments();
        let durable = Durable::open(directory.path(), None).unwrap();
        durable.ensure_directory(layout::SEGMENTS.as_ref()).unwrap();
        let mut manifest = Manifest::default();
        let mut tail = Tail::new(0, u32::MAX);
        let changed = directory.path().join("changed");
        let mut bytes = Vec::new();
        let mut taken = Vec::new();
        let scan = Scan::open(&durable.path(&layout::wal_file(0))).unwrap();
        scan.frames(true, |frame, _| {
            for (found, index) in frame.rows.iter().zip(frame.first_index..) {
                let rows = change(std::str::from_utf8(found.row.canonical).unwrap());
                let at = bytes.len() as u64;
                bytes.extend_from_slice(rows.stored.as_bytes());
                taken.push((
                    frame.organization_id.to_owned(),
                    index,
                    found.row.id,
                    (found.row.received_at, found.row.occurred_at),
                    at,
                    rows,
                ));
            }
            Ok(())
        })
        .unwrap();
        std::fs::write(&changed, &bytes).unwrap();
        let file = std::sync::Arc::new(crate::wal::WalFile::open(&changed).unwrap());
        for (organization_id, index, id, (received_at, occurred_at), at, rows) in &taken {
            let later = |time: &Timestamp| Timestamp::from_micros(time.as_micros() + rows.later_by);
            let row = NewRow {
                id: *id,
                received_at: later(received_at),
                occurred_at: later(occurred_at),
                leaf_hash: Hash([0; 32]),
                stored: Stored::new(&file, *at, rows.stored.as_bytes()),
                canonical: rows.indexed.as_bytes(),
            };
            tail.push(
                &organization_id.as_str().into(),
                *index,
                std::iter::once(row),
            );
            let full = tail.read().rows().len() as u64 == SEGMENT_ROWS;
            if full && (manifest.segments.len() as u64) < SEGMENTS {
                let first = manifest.end();
                let generation = manifest.next_generation;
                let listed = seal(&durable, first, generation, &[&tail.read()]).unwrap();
                manifest.segments.push(listed);
                manifest.next_generation += 1;
                tail = Tail::new(manifest.end(), u32::MAX);
            }
        }
        let bytes = manifest.encode().unwrap();
        durable
            .replace(layout::MANIFEST.as_ref(), &bytes, FileMode::Ordinary)
            .unwrap();
        std::fs::remove_file(changed).unwrap();
        directory
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn copy(&self) -> Self {
        let copy = world::memory_directory();
        world::copy_directory(self.path(), copy.path());
        Self(copy)
    }
}
