//! Where planned rows are said to be is where the write puts them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use evident_event::record::Carried;
use evident_event::time::Timestamp;
use evident_ledger::note::SigningKey;
use tokio::sync::oneshot;

use super::*;
use crate::durable::{Operation, Tap, Verdict};
use crate::health::Condition;
use crate::index::embedded::EmbeddedIndex;
use crate::layout;
use crate::logs::Logs;
use crate::seeds::Seeds;
use crate::segment::meta::Manifest;
use crate::state::Base;
use crate::upkeep::Shape;
use crate::wal::{GROUP_POSITIONS, group_of};

const ORGANIZATION: &str = "org_test";
const ENOSPC: i32 = 28;

/// Finds the disk full in the middle of the next write of frames, when it is told to; and writes down
/// which WAL files are synced and which names are made.
#[derive(Default)]
struct Full(AtomicBool, Mutex<Vec<String>>);

impl Tap for Full {
    fn before(&self, operation: &Operation<'_>) -> Verdict {
        match operation {
            Operation::Write { path, bytes, .. }
                if path.extension() == Some("wal".as_ref())
                    && self.0.swap(false, Ordering::SeqCst) =>
            {
                let error = std::io::Error::from_raw_os_error(ENOSPC);
                Verdict::Short(bytes.len() / 2, error)
            }
            _ => Verdict::Proceed,
        }
    }

    fn after(&self, operation: &Operation<'_>) {
        let done = match operation {
            Operation::Sync(path) => format!("sync {}", path.display()),
            Operation::Truncate { path, .. } => format!("cut {}", path.display()),
            Operation::Rename { to, .. } => format!("make {}", to.display()),
            _ => return,
        };
        if done.contains("wal/") && !done.ends_with(".new") {
            self.1.lock().unwrap().push(done);
        }
    }
}

/// A sequencer whose next row has this position.
fn sequencer(durable: &Durable, next_position: u64) -> Sequencer {
    for name in layout::DIRECTORIES {
        durable.ensure_directory(name.as_ref()).unwrap();
    }
    let logs = Arc::new(Logs::open(durable, None).unwrap());
    let key = SigningKey::from_seed("evident.test/org_test", [7; 32]).unwrap();
    logs.create(ORGANIZATION, key).unwrap();
    let (health, measures) = (
        Arc::new(Health::new(Condition::Accepting)),
        Arc::new(Measures::default()),
    );
    let base = Base {
        next_position,
        next_indexes: std::collections::HashMap::new(),
    };
    let index = Arc::new(EmbeddedIndex::behind(durable, next_position));
    let shape = Shape {
        segment_rows: u32::MAX,
        tail_rows: u32::MAX,
        fanout: 2,
        compaction_pause: Duration::ZERO,
    };
    let manifest = Manifest::default();
    let upkeep = Upkeep::new(durable, &index, &logs, &health, manifest, shape);
    // The rows before the next one have had their seed.
    let mut seeds = Seeds::new(durable);
    seeds.ensure(group_of(next_position), 0).unwrap();
    Sequencer {
        durable: durable.clone(),
        state: State::new(index, Arc::clone(&logs), seeds, base),
        writer: None,
        queue: Arc::new(Queue::default()),
        health: Arc::clone(&health),
        measures: Arc::clone(&measures),
        publisher: Arc::new(Publisher::new(logs, health, measures, Duration::ZERO)),
        upkeep: Arc::new(upkeep),
        preallocate_bytes: 0,
    }
}

fn job(numbers: std::ops::Range<u64>) -> Job {
    let event = |number: u64| NewEvent {
        id: EventId::v7(0, u128::from(number).to_be_bytes()[6..].try_into().unwrap()),
        received_at: Timestamp::from_micros(0),
        occurred_at: Timestamp::from_micros(0),
        carried: Carried::default(),
        canonical: Bytes::from(format!(r#"{{"number":{number}}}"#)),
    };
    Job {
        append: Append {
            organization_id: ORGANIZATION.into(),
            events: numbers.map(event).collect(),
            partial: false,
        },
        compared: Compared::with_none(0),
        bytes: 0,
        reply: oneshot::channel().0,
    }
}

/// Writes one plan and reads its rows back; how many they are, and the file that they are in.
fn write_one(sequencer: &mut Sequencer, jobs: &mut VecDeque<Job>) -> (usize, String) {
    let mut plan = Plan::default();
    assert!(sequencer.ready_file().is_ok());
    assert!(sequencer.plan(jobs, &mut plan).is_ok());
    assert!(sequencer.write(&plan.buffer).is_ok());
    let mut read = 0;
    let mut name = String::new();
    for planned in &plan.planned {
        for row in &planned.rows {
            let canonical = &planned.job.append.events[row.event].canonical;
            assert_eq!(row.stored_at.read().unwrap(), canonical);
            let path = &row.stored_at.file.path;
            name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            read += 1;
        }
    }
    sequencer.take_effect(plan.planned);
    (read, name)
}

#[test]
fn planned_rows_are_where_the_write_puts_them_also_where_files_change() {
    let directory = tempfile::tempdir().unwrap();
    let durable = Durable::open(directory.path(), None).unwrap();
    let mut sequencer = sequencer(&durable, GROUP_POSITIONS - 10);
    let mut jobs = VecDeque::from([job(0..3)]);
    assert_eq!(write_one(&mut sequencer, &mut jobs).0, 3);
    // The last event of the second is known, the third crosses into the next group, and what
    // follows it belongs into the next file, though it was queued with the others.
    jobs = VecDeque::from([job(3..5), job(4..7), job(7..15), job(15..20), job(20..21)]);
    let first = write_one(&mut sequencer, &mut jobs);
    assert_eq!(first, (12, format!("{:016x}", 0)));
    let second = write_one(&mut sequencer, &mut jobs);
    assert_eq!(second, (6, format!("{:016x}", 1)));
    assert!(jobs.is_empty());
    assert_eq!(sequencer.health.condition(), Condition::Accepting);
}

#[test]
fn planned_rows_are_where_the_write_puts_them_after_one_that_found_the_disk_full() {
    let directory = tempfile::tempdir().unwrap();
    let full = Arc::new(Full::default());
    let durable = Durable::open(directory.path(), Some(Arc::clone(&full) as _)).unwrap();
    let mut sequencer = sequencer(&durable, 0);
    let mut jobs = VecDeque::from([job(0..3)]);
    assert_eq!(write_one(&mut sequencer, &mut jobs).0, 3);
    full.0.store(true, Ordering::SeqCst);
    sequencer.commit(&mut VecDeque::from([job(3..9)]));
    assert_eq!(sequencer.health.condition(), Condition::NoSpace);
    let mut jobs = VecDeque::from([job(4..6), job(3..5)]);
    assert_eq!(write_one(&mut sequencer, &mut jobs).0, 3);
}

#[test]
fn a_cut_ends_the_tail_and_the_file_with_the_same_row_and_only_where_there_are_rows() {
    let directory = tempfile::tempdir().unwrap();
    let durable = Durable::open(directory.path(), None).unwrap();
    let mut sequencer = sequencer(&durable, 0);
    let files = || {
        let files = crate::wal::files(&durable).unwrap().into_iter();
        files.map(FileName::path).collect::<Vec<_>>()
    };
    assert_eq!(sequencer.cut(), Ok(0));
    assert!(files().is_empty(), "there is nothing to be cut");
    assert_eq!(
        write_one(&mut sequencer, &mut VecDeque::from([job(0..3)])).0,
        3
    );
    for _ in 0..2 {
        assert_eq!(sequencer.cut(), Ok(3));
        let expected = [layout::wal_file(0), layout::further_wal_file(0, 3)];
        assert_eq!(files(), expected);
        let view = sequencer.state.index.view();
        assert_eq!((view.full.len(), view.tail.first_position()), (1, 3));
    }
    let written = write_one(&mut sequencer, &mut VecDeque::from([job(3..5)]));
    let name = format!("{:016x}-{:016x}", 0, 3);
    assert_eq!(
        written,
        (2, name),
        "the next rows go into the file that was begun"
    );
    // Where the group is over anyhow the next file is the first of its group.
    let rest = (5..GROUP_POSITIONS).collect::<Vec<_>>();
    for numbers in rest.chunks(9_000) {
        let numbers = numbers[0]..numbers[0] + numbers.len() as u64;
        write_one(&mut sequencer, &mut VecDeque::from([job(numbers)]));
    }
    assert_eq!(sequencer.cut(), Ok(GROUP_POSITIONS));
    assert_eq!(files()[2..], [layout::wal_file(1)]);
    let next = GROUP_POSITIONS..GROUP_POSITIONS + 1;
    let written = write_one(&mut sequencer, &mut VecDeque::from([job(next)]));
    assert_eq!(written, (1, format!("{:016x}", 1)));
}

#[test]
fn what_a_full_disk_left_is_off_the_file_for_good_before_another_is_begun() {
    let directory = tempfile::tempdir().unwrap();
    let full = Arc::new(Full::default());
    let durable = Durable::open(directory.path(), Some(Arc::clone(&full) as _)).unwrap();
    let mut sequencer = sequencer(&durable, 0);
    write_one(&mut sequencer, &mut VecDeque::from([job(0..3)]));
    full.0.store(true, Ordering::SeqCst);
    sequencer.commit(&mut VecDeque::from([job(3..9)]));
    assert_eq!(sequencer.health.condition(), Condition::NoSpace);
    full.1.lock().unwrap().clear();
    assert_eq!(sequencer.cut(), Ok(3));
    let (old, new) = (layout::wal_file(0), layout::further_wal_file(0, 3));
    let (old, new) = (old.display(), new.display());
    // The first cut was made when the disk was found full.
    let expected = [
        format!("sync {old}"),
        format!("make {new}"),
        format!("cut {old}"),
    ];
    assert_eq!(*full.1.lock().unwrap(), expected);
}
