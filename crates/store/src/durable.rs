//! Every durable write of the store, in one module.
//!
//! Nothing else in the workspace creates, writes, syncs, renames, truncates or removes a file, so
//! that the answer to "what can a crash leave behind?" is found here. What must hold:
//!
//! - a file appears under its final name only whole and synced ([`Durable::create_whole`],
//!   [`Durable::replace`]), but for files that are appended to and carry checksums of their own, and
//!   those that nothing names yet ([`Durable::begin_file`]);
//! - a new name is durable before anything relies on it: its directory is synced;
//! - an operation that failed is reported and never tried again here. The caller decides; after a
//!   failed sync the only right decision is to stop, because the kernel may have dropped the pages
//!   and reported it just this once.
//!
//! Tests put a [`Tap`] in the way: it sees each operation before it happens and may refuse it or
//! cut a write short, and it is told of each that succeeded, which is a recording from which the
//! states that a crash may leave can be built.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FallocateFlags, RenameFlags};
use rustix::io::Errno;

const SYNC: &str = "sync";
const SYNC_DIRECTORY: &str = "sync the directory";

/// Appended to a file's name while it is being written.
const TEMPORARY_SUFFIX: &str = ".new";

/// One step that changes what is, or will be, on the disk. Paths are relative to the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation<'a> {
    /// A directory was made.
    CreateDirectory(&'a Path),
    /// An empty file was made under a name that was free.
    CreateFile(&'a Path),
    /// Bytes were written at an offset.
    Write {
        /// The file.
        path: &'a Path,
        /// Where in the file.
        offset: u64,
        /// What.
        bytes: &'a [u8],
    },
    /// The file's size was set.
    Truncate {
        /// The file.
        path: &'a Path,
        /// Its size from now on.
        length: u64,
    },
    /// Room was set aside for the file up to this size; its size is as before.
    Preallocate {
        /// The file.
        path: &'a Path,
        /// The size that there is room for.
        length: u64,
    },
    /// The file's bytes and size were brought to stable storage.
    Sync(&'a Path),
    /// The names in the directory were brought to stable storage.
    SyncDirectory(&'a Path),
    /// A file took another name, in place of what had that name.
    Rename {
        /// The name it had.
        from: &'a Path,
        /// The name it has.
        to: &'a Path,
    },
    /// A file lost its name.
    Remove(&'a Path),
    /// An empty directory lost its name.
    RemoveDirectory(&'a Path),
}

/// What a [`Tap`] lets happen.
#[derive(Debug)]
pub enum Verdict {
    /// The operation is carried out.
    Proceed,
    /// It fails with this error and nothing happens.
    Fail(io::Error),
    /// A write stores this many bytes only, then fails with this error.
    Short(usize, io::Error),
}

/// A test's place between the store and its files.
pub trait Tap: Send + Sync {
    /// Called before an operation: decides what happens.
    fn before(&self, operation: &Operation<'_>) -> Verdict;
    /// Called after an operation that succeeded.
    fn after(&self, operation: &Operation<'_>);
}

/// A durable operation that failed.
#[derive(Debug, thiserror::Error)]
#[error("could not {operation} {}: {source}", path.display())]
pub struct DurableError {
    operation: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl DurableError {
    /// The disk, or the owner's share of it, is full, and nothing has happened. A sync that failed
    /// is never this, whatever its error: what it was to keep may be lost.
    pub fn is_no_space(&self) -> bool {
        let full = matches!(
            self.source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        );
        full && self.operation != SYNC && self.operation != SYNC_DIRECTORY
    }

    /// The operating system's error.
    pub fn io_error(&self) -> &io::Error {
        &self.source
    }
}

/// A directory that is written to through this module alone.
#[derive(Clone)]
pub struct Durable {
    root: PathBuf,
    tap: Option<Arc<dyn Tap>>,
}

impl Durable {
    /// The directory `root`, made if it is missing.
    pub fn open(root: &Path, tap: Option<Arc<dyn Tap>>) -> Result<Self, DurableError> {
        let failed = |operation, source| DurableError {
            operation,
            path: root.to_owned(),
            source,
        };
        if !root.is_dir() {
            std::fs::create_dir_all(root)
                .map_err(|source| failed("create the directory", source))?;
        }
        let parent = root.join("..");
        File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(|source| failed("sync the directory of", source))?;
        Ok(Self {
            root: root.to_owned(),
            tap,
        })
    }

    /// A directory that is there and only read: nothing is made and nothing is synced.
    pub(crate) fn for_reading(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            tap: None,
        }
    }

    /// The full path of a relative one, for reading.
    pub fn path(&self, relative: &Path) -> PathBuf {
        self.root.join(relative)
    }

    /// Makes a directory if it is missing, durably. One that is there has been synced into its
    /// parent by whoever made it, or by recovery.
    pub fn ensure_directory(&self, relative: &Path) -> Result<(), DurableError> {
        let path = self.path(relative);
        if path.is_dir() {
            return Ok(());
        }
        self.run(
            "create the directory",
            relative,
            &Operation::CreateDirectory(relative),
            || std::fs::create_dir(&path),
        )?;
        self.sync_parent(relative)
    }

    /// Takes the directory for this process: `None` if another has it. Held until dropped.
    pub fn lock(&self, relative: &Path) -> Result<Option<Lock>, DurableError> {
        let file = self.lock_file(relative)?;
        self.try_lock(relative, file)
    }

    /// The same where nothing can be written: by a lock file that is there.
    pub(crate) fn lock_unwritten(&self, relative: &Path) -> Result<Option<Lock>, DurableError> {
        let file = File::open(self.path(relative));
        let file = file.map_err(|source| self.not_locked(relative, source))?;
        self.try_lock(relative, file)
    }

    fn try_lock(&self, relative: &Path, file: File) -> Result<Option<Lock>, DurableError> {
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock(file))),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(source)) => Err(self.not_locked(relative, source)),
        }
    }

    fn lock_file(&self, relative: &Path) -> Result<File, DurableError> {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(FileMode::Secret.bits())
            .open(self.path(relative))
            .map_err(|source| self.not_locked(relative, source))
    }

    fn not_locked(&self, relative: &Path, source: io::Error) -> DurableError {
        DurableError {
            operation: "lock",
            path: self.path(relative),
            source,
        }
    }

    /// Makes a file that must not be there yet, whole and durable in one step.
    pub fn create_whole(
        &self,
        relative: &Path,
        bytes: &[u8],
        mode: FileMode,
    ) -> Result<DurableFile, DurableError> {
        if self.path(relative).exists() {
            return Err(DurableError {
                operation: "create",
                path: self.path(relative),
                source: io::ErrorKind::AlreadyExists.into(),
            });
        }
        self.put(relative, bytes, mode)
    }

    /// Puts a file in place of what had its name, if anything: readers see the one or the other.
    pub fn replace(
        &self,
        relative: &Path,
        bytes: &[u8],
        mode: FileMode,
    ) -> Result<(), DurableError> {
        self.put(relative, bytes, mode).map(drop)
    }

    fn put(
        &self,
        relative: &Path,
        bytes: &[u8],
        mode: FileMode,
    ) -> Result<DurableFile, DurableError> {
        let temporary = temporary_name(relative);
        if self.path(&temporary).exists() {
            // Left by a crash between its creation and its renaming; nothing relies on it.
            self.remove(&temporary)?;
        }
        let mut file = self.create(&temporary, mode)?;
        file.write_at(0, bytes)?;
        file.sync()?;
        self.rename(&temporary, relative)?;
        self.sync_parent(relative)?;
        relative.clone_into(&mut file.relative);
        Ok(file)
    }

    /// Opens a file for appending, making it if it is missing. Its name is not made durable: for
    /// files that can be derived anew.
    pub fn open_derived(&self, relative: &Path) -> Result<DurableFile, DurableError> {
        if self.path(relative).exists() {
            self.open_existing(relative)
        } else {
            self.create(relative, FileMode::Ordinary)
        }
    }

    /// Opens a file that is there.
    pub fn open_existing(&self, relative: &Path) -> Result<DurableFile, DurableError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.path(relative))
            .map_err(|source| DurableError {
                operation: "open",
                path: self.path(relative),
                source,
            })?;
        Ok(self.wrap(relative, file))
    }

    /// Makes an empty file, to be written from its beginning, under a name that nothing relies on
    /// before the file is whole and synced and its directory too.
    pub fn begin_file(&self, relative: &Path) -> Result<DurableFile, DurableError> {
        self.create(relative, FileMode::Ordinary)
    }

    /// Makes an empty file for whoever writes it by other means. Nothing relies on it, and nothing of it needs to be
    /// there after a crash.
    pub fn scratch_file(&self, relative: &Path) -> Result<File, DurableError> {
        Ok(self.create(relative, FileMode::Secret)?.file)
    }

    /// Gives a file that is whole and synced another name, in place of what has that name.
    pub fn put_in_place(&self, from: &Path, to: &Path) -> Result<(), DurableError> {
        self.rename(from, to)?;
        self.sync_parent(to)
    }

    /// Removes a directory with the files in it, all of which nothing relies on.
    pub fn remove_folder(&self, relative: &Path) -> Result<(), DurableError> {
        for name in self.names(relative)? {
            self.remove(&relative.join(name))?;
        }
        self.sync_directory(relative)?;
        self.run(
            "remove the directory",
            relative,
            &Operation::RemoveDirectory(relative),
            || std::fs::remove_dir(self.path(relative)),
        )
    }

    /// The names in a directory, in no order.
    pub fn names(&self, relative: &Path) -> Result<Vec<OsString>, DurableError> {
        let path = self.path(relative);
        std::fs::read_dir(&path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
            .map_err(|source| DurableError {
                operation: "read the names in",
                path,
                source,
            })
    }

    /// The error of a file whose contents rule out what was to be done with it.
    pub(crate) fn unusable(
        &self,
        relative: &Path,
        why: impl std::error::Error + Send + Sync + 'static,
    ) -> DurableError {
        DurableError {
            operation: "use",
            path: self.path(relative),
            source: io::Error::new(io::ErrorKind::InvalidData, why),
        }
    }

    /// Removes a file's name. Durable only once the directory is synced.
    pub fn remove(&self, relative: &Path) -> Result<(), DurableError> {
        self.run("remove", relative, &Operation::Remove(relative), || {
            std::fs::remove_file(self.path(relative))
        })
    }

    fn create(&self, relative: &Path, mode: FileMode) -> Result<DurableFile, DurableError> {
        let file = self.run("create", relative, &Operation::CreateFile(relative), || {
            OpenOptions::new()
                .read(true)
                .write(true)
                .create_new(true)
                .mode(mode.bits())
                .open(self.path(relative))
        })?;
        Ok(self.wrap(relative, file))
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), DurableError> {
        self.run("rename", from, &Operation::Rename { from, to }, || {
            rustix::fs::renameat_with(
                rustix::fs::CWD,
                self.path(from),
                rustix::fs::CWD,
                self.path(to),
                RenameFlags::empty(),
            )
            .map_err(io::Error::from)
        })
    }

    fn sync_parent(&self, relative: &Path) -> Result<(), DurableError> {
        self.sync_directory(relative.parent().unwrap_or(Path::new("")))
    }

    /// Brings the names in a directory to stable storage. A process that was killed may have left
    /// names that can be seen and are not: whoever finds a file syncs its name before relying on it.
    pub fn sync_directory(&self, relative: &Path) -> Result<(), DurableError> {
        let path = self.path(relative);
        self.run(
            SYNC_DIRECTORY,
            relative,
            &Operation::SyncDirectory(relative),
            || File::open(&path)?.sync_all(),
        )
    }

    fn wrap(&self, relative: &Path, file: File) -> DurableFile {
        DurableFile {
            directory: self.clone(),
            relative: relative.to_owned(),
            file,
        }
    }

    fn run<T>(
        &self,
        name: &'static str,
        relative: &Path,
        operation: &Operation<'_>,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, DurableError> {
        let verdict = self.judge(operation);
        let result = match verdict {
            Verdict::Proceed => act(),
            Verdict::Fail(error) | Verdict::Short(_, error) => Err(error),
        };
        match result {
            Ok(value) => {
                self.done(operation);
                Ok(value)
            }
            Err(source) => Err(DurableError {
                operation: name,
                path: self.path(relative),
                source,
            }),
        }
    }

    fn judge(&self, operation: &Operation<'_>) -> Verdict {
        match &self.tap {
            None => Verdict::Proceed,
            Some(tap) => tap.before(operation),
        }
    }

    fn done(&self, operation: &Operation<'_>) {
        if let Some(tap) = &self.tap {
            tap.after(operation);
        }
    }
}

/// What belongs to this process until it is dropped.
#[derive(Debug)]
pub struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a process that is just being started has it open as well.
        let _ = self.0.unlock();
    }
}

fn temporary_name(relative: &Path) -> PathBuf {
    let mut name = relative.as_os_str().to_owned();
    name.push(TEMPORARY_SUFFIX);
    PathBuf::from(name)
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMode {
    /// The owner and the owner's group.
    Ordinary,
    /// The owner alone: keys and seeds.
    Secret,
}

impl FileMode {
    const fn bits(self) -> u32 {
        match self {
            Self::Ordinary => 0o640,
            Self::Secret => 0o600,
        }
    }
}

/// A file that is written to through this module alone.
pub struct DurableFile {
    directory: Durable,
    relative: PathBuf,
    file: File,
}

impl DurableFile {
    /// Writes all bytes at an offset. After an error any part of them may be in the file.
    pub fn write_at(&mut self, offset: u64, bytes: &[u8]) -> Result<(), DurableError> {
        let operation = Operation::Write {
            path: &self.relative,
            offset,
            bytes,
        };
        let result = match self.directory.judge(&operation) {
            Verdict::Proceed => self.file.write_all_at(bytes, offset),
            Verdict::Fail(error) => Err(error),
            Verdict::Short(length, error) => {
                let stored = &bytes[..length.min(bytes.len())];
                self.file.write_all_at(stored, offset).and(Err(error))
            }
        };
        match result {
            Ok(()) => {
                self.directory.done(&operation);
                Ok(())
            }
            Err(source) => Err(self.failed("write", source)),
        }
    }

    /// Brings the file's bytes and size to stable storage.
    pub fn sync(&mut self) -> Result<(), DurableError> {
        self.run(SYNC, &Operation::Sync(&self.relative), || {
            self.file.sync_data()
        })
    }

    /// Sets the file's size. Durable only once synced.
    pub fn truncate(&mut self, length: u64) -> Result<(), DurableError> {
        let path = &self.relative;
        self.run("truncate", &Operation::Truncate { path, length }, || {
            self.file.set_len(length)
        })
    }

    /// Sets room aside up to a size, leaving the size as it is, so that a later write into it does
    /// not find the disk full. A file system that cannot is let be.
    pub fn preallocate(&mut self, length: u64) -> Result<(), DurableError> {
        let path = &self.relative;
        self.run(
            "set room aside for",
            &Operation::Preallocate { path, length },
            || match rustix::fs::fallocate(self.file.as_fd(), FallocateFlags::KEEP_SIZE, 0, length)
            {
                Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
                Err(error) => Err(error.into()),
            },
        )
    }

    /// The file's size.
    pub fn length(&self) -> Result<u64, DurableError> {
        match self.file.metadata() {
            Ok(metadata) => Ok(metadata.len()),
            Err(source) => Err(self.failed("read the size of", source)),
        }
    }

    /// The same file once more, for reading alone, and its full path.
    pub fn open_for_reading(&self) -> Result<(File, PathBuf), DurableError> {
        let path = self.directory.path(&self.relative);
        match File::open(&path) {
            Ok(file) => Ok((file, path)),
            Err(source) => Err(self.failed("open", source)),
        }
    }

    /// Reads exactly `buffer.len()` bytes at an offset.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), DurableError> {
        self.file
            .read_exact_at(buffer, offset)
            .map_err(|source| self.failed("read", source))
    }

    fn run(
        &self,
        name: &'static str,
        operation: &Operation<'_>,
        act: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), DurableError> {
        self.directory.run(name, &self.relative, operation, act)
    }

    fn failed(&self, operation: &'static str, source: io::Error) -> DurableError {
        DurableError {
            operation,
            path: self.directory.path(&self.relative),
            source,
        }
    }
}
