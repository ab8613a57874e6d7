//! Writing the newest WAL file.

use std::sync::Arc;

use super::files::FileName;
use super::frame::FileHeader;
use super::group_of;
use super::stored::WalFile;
use crate::durable::{Durable, DurableError, DurableFile, FileMode};
use crate::wal::frame::FILE_HEADER_BYTES;

/// Bytes that are read and written again at once.
const REWRITE_BYTES: usize = 1 << 20;

/// Why frames were not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// There is no room; the file is as it was before.
    #[error("{0}")]
    NoSpace(DurableError),
    /// The file may hold anything after its synced part: only a restart can tell.
    #[error("{0}")]
    Failed(#[from] DurableError),
}

/// The file that frames are appended to.
pub(crate) struct Writer {
    file: DurableFile,
    /// The same file, for those that read rows from it.
    reading: Arc<WalFile>,
    name: FileName,
    header: FileHeader,
    /// Where the next frame goes. All before it is on stable storage.
    end: u64,
    /// Up to where room has been set aside.
    allocated: u64,
    preallocate_bytes: u64,
    /// What was written behind the end was cut off, and the file not synced since.
    is_cut: bool,
}

impl Writer {
    /// Begins the file that takes the frames from `first_position` on.
    pub(crate) fn begin(
        durable: &Durable,
        name: FileName,
        first_position: u64,
        mark: [u8; 8],
        preallocate_bytes: u64,
    ) -> Result<Self, WriteError> {
        let header = FileHeader {
            group: group_of(first_position),
            first_position,
            mark,
        };
        let file = durable
            .create_whole(&name.path(), &header.encode(), FileMode::Ordinary)
            .map_err(no_space_or_failed)?;
        Ok(Self {
            reading: open_for_reading(&file)?,
            file,
            name,
            header,
            end: FILE_HEADER_BYTES as u64,
            allocated: 0,
            preallocate_bytes,
            is_cut: false,
        })
    }

    /// Goes on with a file whose frames end at `end` and whose last write began at `last_write`.
    /// What follows is cut off, and what the last write wrote is written once more and synced: it
    /// may have been in memory only, and after a sync that failed the system may take those pages
    /// for written, so that another sync alone would do nothing.
    pub(crate) fn resume(
        durable: &Durable,
        name: FileName,
        header: FileHeader,
        last_write: u64,
        end: u64,
        preallocate_bytes: u64,
    ) -> Result<Self, DurableError> {
        let mut file = durable.open_existing(&name.path())?;
        if file.length()? > end {
            tracing::warn!(
                file = %name.path().display(),
                end,
                "cutting off the WAL's torn tail, which was never acknowledged"
            );
            file.truncate(end)?;
        }
        let mut buffer = vec![0; REWRITE_BYTES];
        let mut offset = last_write;
        while offset < end {
            let length = REWRITE_BYTES.min(usize::try_from(end - offset).unwrap_or(usize::MAX));
            let bytes = &mut buffer[..length];
            file.read_at(offset, bytes)?;
            file.write_at(offset, bytes)?;
            offset += length as u64;
        }
        file.sync()?;
        Ok(Self {
            reading: open_for_reading(&file)?,
            file,
            name,
            header,
            end,
            allocated: 0,
            preallocate_bytes,
            is_cut: false,
        })
    }

    /// The group whose file this is.
    pub(crate) fn group(&self) -> u64 {
        self.header.group
    }

    /// The file's name.
    pub(crate) fn name(&self) -> FileName {
        self.name
    }

    /// The position of the file's first frame.
    pub(crate) fn first_position(&self) -> u64 {
        self.header.first_position
    }

    /// What the file's frames begin with.
    pub(crate) fn mark(&self) -> [u8; 8] {
        self.header.mark
    }

    /// Where in the file the next write goes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// The file, to read rows from.
    pub(crate) fn file(&self) -> &Arc<WalFile> {
        &self.reading
    }

    /// Up to where the file is on stable storage: what a new frame's header says.
    pub(crate) fn synced_to(&self) -> u64 {
        self.end
    }

    /// Makes sure that all of the file is on stable storage, also that nothing follows its frames: once
    /// there is another file, a torn tail of this one would be damage.
    pub(crate) fn settle(&mut self) -> Result<(), DurableError> {
        if self.is_cut {
            self.file.sync()?;
            self.is_cut = false;
        }
        Ok(())
    }

    /// Gives back the room that was set aside and not used: another file takes the next frames.
    pub(crate) fn finish(mut self) -> Result<(), DurableError> {
        match self.file.truncate(self.end) {
            // There are file systems that need room for that. It is given back with the file.
            Err(error) if error.is_no_space() => Ok(()),
            cut => cut,
        }
    }

    /// Sets room aside for what is to be written, and more. There being less is no reason not to
    /// write: what was set aside in part is given back, and it is tried again only after as many
    /// bytes more.
    fn set_room_aside(&mut self, end: u64) -> Result<(), WriteError> {
        let length = end.next_multiple_of(self.preallocate_bytes);
        match self.file.preallocate(length) {
            Ok(()) => {}
            Err(error) if error.is_no_space() => self.file.truncate(self.end)?,
            Err(error) => return Err(error.into()),
        }
        self.allocated = length;
        Ok(())
    }

    /// Writes frames and brings them to stable storage: on success, and only then, they are there.
    pub(crate) fn append(&mut self, frames: &[u8]) -> Result<(), WriteError> {
        let end = self.end + frames.len() as u64;
        if end > self.allocated && self.preallocate_bytes > 0 {
            self.set_room_aside(end)?;
        }
        if let Err(error) = self.file.write_at(self.end, frames) {
            if !error.is_no_space() {
                return Err(error.into());
            }
            // Part of the frames may be in the file. They must not be found behind later ones.
            self.file.truncate(self.end)?;
            self.allocated = 0;
            self.is_cut = true;
            return Err(WriteError::NoSpace(error));
        }
        self.file.sync()?;
        self.end = end;
        self.is_cut = false;
        Ok(())
    }
}

fn open_for_reading(file: &DurableFile) -> Result<Arc<WalFile>, DurableError> {
    let (file, path) = file.open_for_reading()?;
    Ok(Arc::new(WalFile { file, path }))
}

fn no_space_or_failed(error: DurableError) -> WriteError {
    if error.is_no_space() {
        WriteError::NoSpace(error)
    } else {
        WriteError::Failed(error)
    }
}
