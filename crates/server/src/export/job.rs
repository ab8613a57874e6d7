//! Making one file: a walk through the log on one thread, the writing on another.
//!
//! What must always hold:
//!
//! - who writes gives way to everything else on the machine, and few events wait between the two, so that memory is
//!   bounded however long the answer is;
//! - between two pieces both look whether the file is still wanted;
//! - a file that is given back is whole: whatever fails in between is an error, never an end.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use evident_event::query::{PlaceAsked, Query, Scope};
use evident_event::time::range::Range;
use evident_store::durable::Durable;
use evident_store::index::{EventIndex, IndexError, PagePlace, PageRequest, WalkedEvent};
use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::error::JobError;
use super::formats::{self, Columns, Format};
use super::progress::Running;
use super::removal::Remaining;
use crate::acts::failpoint;
use crate::control::ExportRow;

/// Events of a piece, and the bytes that a walk may hold for them, at most.
const PIECE_EVENTS: usize = 1_024;
const PIECE_BYTES: usize = 4 * 1024 * 1024;
/// Pieces that wait to be written.
const WAITING_PIECES: usize = 2;
/// How long one step of a walk may take, or the count of all that matches. Nobody waits for it.
const STEP_DEADLINE: Duration = Duration::from_mins(5);
/// How much the thread that writes gives way: more than usual, less than to everything.
const NICENESS: i32 = 10;
/// Bytes of a file that are read at once.
const READ_BYTES: usize = 256 * 1024;
/// The file while it is being made, and the directory beside it.
const FILE: &str = "file";
const BESIDE: &str = "beside";

/// A file that is whole.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) file: File,
    pub(super) rows: u64,
    pub(super) size: u64,
    /// The lowest index of its events; `None` if there are none.
    pub(super) lowest_index: Option<u64>,
    /// In lower-case hexadecimal.
    pub(super) sha256: String,
}

/// What is to be made.
pub(super) struct Plan {
    query: Query,
    as_of: u64,
    format: Format,
    columns: Columns,
    max_bytes: u64,
}

impl Plan {
    /// What a row asks for, in the scope that its maker reaches.
    pub(super) fn of(row: &ExportRow, scope: Scope, max_bytes: u64) -> Result<Self, JobError> {
        let format = Format::parse(&row.format)
            .ok_or_else(|| JobError::UnknownFormat(row.format.clone()))?;
        let parameters = row.parameters.iter();
        let parameters = parameters
            .flat_map(|(name, values)| values.iter().map(move |value| (name.as_str(), value)));
        let meanings = |text: &str| row.meanings.get(text).cloned();
        let (query, page) = Query::parse(scope, parameters, row.created_at, &meanings)?;
        debug_assert!(matches!(page.place, PlaceAsked::First), "all is exported");
        let range = row.range.map(|(from, to)| Range::from_micros(from..to));
        let query = query.with_resolved_range(range);
        let columns = Columns::new(row.columns.clone(), format, query.zone())?;
        Ok(Self {
            as_of: row.as_of,
            format,
            columns,
            max_bytes,
            query,
        })
    }
}

/// Where files are made: a directory that is emptied at every start.
#[derive(Clone)]
pub(super) struct Workshop {
    directory: Durable,
    root: PathBuf,
    /// Bytes of the disk that are left to recording.
    left_free: u64,
}

impl Workshop {
    /// In a data directory.
    pub(super) fn within(data: &Path, left_free: u64) -> Result<Self, JobError> {
        let directory = Durable::open(data, None)?;
        let exports = Path::new("exports");
        let root = exports.join("work");
        directory.ensure_directory(exports)?;
        directory.ensure_directory(&root)?;
        Ok(Self {
            directory,
            root,
            left_free,
        })
    }

    /// Empties it.
    pub(super) fn clear(&self) -> Result<(), JobError> {
        for name in self.directory.names(&self.root)? {
            self.remove(&self.root.join(name))?;
        }
        Ok(())
    }

    /// Makes a place for one file.
    fn place(&self, id: &str) -> Result<(File, PathBuf), JobError> {
        let place = self.root.join(id);
        self.directory.ensure_directory(&place)?;
        let beside = place.join(BESIDE);
        self.directory.ensure_directory(&beside)?;
        let file = self.directory.scratch_file(&place.join(FILE))?;
        Ok((file, self.directory.path(&beside)))
    }

    /// The file of an export, by its path in the data directory.
    pub(super) fn file(&self, id: &str) -> PathBuf {
        self.root.join(id).join(FILE)
    }

    /// A full disk stops recording, so exports end before.
    pub(super) fn must_leave_room(&self) -> Result<(), JobError> {
        let disk = rustix::fs::statvfs(self.directory.path(&self.root));
        let disk = disk.map_err(io::Error::from)?;
        match disk.f_bavail.saturating_mul(disk.f_frsize) < self.left_free {
            true => Err(JobError::NoRoom(self.left_free)),
            false => Ok(()),
        }
    }

    /// Removes the place of a file with all that is in it, if it is there.
    pub(super) fn leave(&self, id: &str) -> Result<(), JobError> {
        let place = self.root.join(id);
        match self.directory.path(&place).is_dir() {
            true => self.remove(&place),
            false => Ok(()),
        }
    }

    fn remove(&self, relative: &Path) -> Result<(), JobError> {
        let path = self.directory.path(relative);
        if !path.symlink_metadata()?.is_dir() {
            return Ok(self.directory.remove(relative)?);
        }
        for name in self.directory.names(relative)? {
            self.remove(&relative.join(name))?;
        }
        Ok(self.directory.remove_folder(relative)?)
    }

    /// How many bytes a file that is being made has, with what is beside it.
    fn bytes(&self, id: &str) -> Result<u64, JobError> {
        let place = self.root.join(id);
        let mut bytes = self.directory.path(&place.join(FILE)).metadata()?.len();
        let beside = place.join(BESIDE);
        for name in self.directory.names(&beside)? {
            // What a format is done with it may remove at any moment.
            let found = self.directory.path(&beside.join(name)).metadata();
            bytes += found.map_or(0, |found| found.len());
        }
        Ok(bytes)
    }
}

/// Makes a file, which is in its place in the workshop until that is left.
pub(super) async fn make(
    index: Arc<dyn EventIndex>,
    workshop: Workshop,
    id: &str,
    plan: Plan,
    (running, remaining): (&Arc<Running>, Remaining),
) -> Result<Made, JobError> {
    let (pieces, waiting) = mpsc::channel(WAITING_PIECES);
    let runtime = Handle::current();
    let Plan {
        query,
        as_of,
        format,
        columns,
        max_bytes,
    } = plan;
    let walked = {
        let running = Arc::clone(running);
        // It has others read for it, on threads that serve everybody and are as eager as who begins them.
        on_a_thread("export-walk", move || {
            walk(index.as_ref(), &query, as_of, &pieces, &running, &runtime)
        })?
    };
    let written = {
        let (running, id) = (Arc::clone(running), id.to_owned());
        on_a_thread("export-write", move || {
            give_way();
            let writing = Writing {
                workshop: &workshop,
                id: &id,
                max_bytes,
                running: &running,
                remaining: &remaining,
            };
            writing.write(format, columns, waiting)
        })?
    };
    let (written, walked) = (written.await, walked.await);
    // Whoever writes stops first where writing fails; the walk ends for want of a reader then, without an error.
    let made = written.map_err(|_| JobError::Abandoned)??;
    walked.map_err(|_| JobError::Abandoned)??;
    Ok(made)
}

/// Has the thread that asks for it give way to others, and whatever it begins.
fn give_way() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!("exports do not give way to other work: {error}");
    }
}

/// Runs work on a thread of its own.
fn on_a_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<oneshot::Receiver<T>, JobError> {
    let (sender, receiver) = oneshot::channel();
    let thread = thread::Builder::new().name(name.to_owned());
    thread.spawn(move || {
        // Nobody waits any more when the server is stopping.
        drop(sender.send(work()));
    })?;
    Ok(receiver)
}

/// Walks through all that matches, piece by piece.
fn walk(
    index: &dyn EventIndex,
    query: &Query,
    as_of: u64,
    pieces: &mpsc::Sender<Vec<WalkedEvent>>,
    running: &Running,
    runtime: &Handle,
) -> Result<(), JobError> {
    let deadline = || Instant::now() + STEP_DEADLINE;
    let page = PageRequest {
        as_of: Some(as_of),
        place: PagePlace::First,
        limit: 1,
    };
    running.must_go_on()?;
    match runtime.block_on(index.list(query, page, deadline())) {
        Ok(listing) => running.will_have(listing.total),
        // Then nobody knows how long it will take.
        Err(IndexError::DeadlinePassed) => {}
        Err(error) => return Err(error.into()),
    }
    let mut walk = runtime.block_on(index.walk(query, Some(as_of), deadline()))?;
    loop {
        running.must_go_on()?;
        let piece = runtime.block_on(walk.next(PIECE_EVENTS, PIECE_BYTES, deadline()))?;
        // Without a reader there is nothing to be said: whoever writes tells why.
        if piece.is_empty() || pieces.blocking_send(piece).is_err() {
            return Ok(());
        }
    }
}

/// The writing of one file.
struct Writing<'w> {
    workshop: &'w Workshop,
    id: &'w str,
    max_bytes: u64,
    running: &'w Running,
    remaining: &'w Remaining,
}

impl Writing<'_> {
    fn write(
        &self,
        format: Format,
        columns: Columns,
        mut waiting: mpsc::Receiver<Vec<WalkedEvent>>,
    ) -> Result<Made, JobError> {
        let (file, beside) = self.workshop.place(self.id)?;
        let mut writer = formats::begin(format, columns, file.try_clone()?, &beside)?;
        let (mut rows, mut lowest_index) = (0, None);
        while let Some(events) = waiting.blocking_recv() {
            self.running.must_go_on()?;
            writer.write(&events)?;
            rows += events.len() as u64;
            let lowest = events.iter().map(|event| event.index).min();
            lowest_index = lowest_index.into_iter().chain(lowest).min();
            self.running.has(rows);
            self.must_fit()?;
            failpoint("export_piece");
            super::hold::wait(|| self.running.must_go_on().is_err());
            self.remaining.must_be_whole(lowest_index)?;
        }
        self.running.must_go_on()?;
        let finished = writer.finish(&|| self.running.must_go_on().is_ok());
        // Why it is not wanted says more than that it is not.
        self.running.must_go_on()?;
        finished?;
        self.must_fit()?;
        self.remaining.must_be_whole(lowest_index)?;
        failpoint("export_written");
        let (size, sha256) = self.digest()?;
        Ok(Made {
            file,
            rows,
            size,
            lowest_index,
            sha256,
        })
    }

    /// Neither larger than a file may be, nor at the expense of recording.
    fn must_fit(&self) -> Result<(), JobError> {
        match self.workshop.bytes(self.id)? > self.max_bytes {
            true => Err(JobError::TooLarge(self.max_bytes)),
            false => self.workshop.must_leave_room(),
        }
    }

    /// Reads the file back from its beginning, as whoever downloads it will.
    fn digest(&self) -> Result<(u64, String), JobError> {
        let place = self.workshop.file(self.id);
        let mut file = File::open(self.workshop.directory.path(&place))?;
        let (mut hash, mut size) = (Sha256::new(), 0);
        let mut buffer = vec![0; READ_BYTES];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            self.running.must_go_on()?;
            size += read as u64;
            hash.update(&buffer[..read]);
        }
        let hash = hash.finalize();
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((size, sha256))
    }
}
