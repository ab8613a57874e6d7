//! Reading a WAL file from its beginning: every frame in order, up to the end, a torn tail, or
//! damage. Memory is bounded by the largest frame.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::MAX_FRAME_BYTES;
use super::frame::{
    FILE_HEADER_BYTES, FRAME_HEADER_BYTES, FileHeader, Frame, FrameError, FrameHeader,
};
use super::stored::WalFile;

/// Bytes read from the file at once.
const READ_AHEAD_BYTES: usize = 4 << 20;

/// Acknowledged events that the log can no longer give back, or bytes that should not be there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is damaged at byte {offset}: {what}", path.display())]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where in it the damage begins.
    pub offset: u64,
    /// What is wrong.
    pub what: String,
}

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The operating system could not read it.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It is damaged.
    #[error(transparent)]
    Damage(#[from] Damage),
}

/// Where a file's frames end. What follows in the file was never acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// The offset where the next frame goes.
    pub(crate) at: u64,
    /// Where the last write began, of which nothing later says that it was synced.
    pub(crate) last_write: u64,
}

/// A file whose header holds.
pub(crate) struct Scan {
    window: Window,
    header: FileHeader,
}

impl Scan {
    /// Reads a file's header.
    pub(crate) fn open(path: &Path) -> Result<Self, ScanError> {
        let mut window = Window::open(path)?;
        let header = FileHeader::decode(window.bytes(0, FILE_HEADER_BYTES)?)
            .map_err(|error| window.damage(0, error.to_string()))?;
        Ok(Self { window, header })
    }

    /// What the file says of itself.
    pub(crate) fn header(&self) -> FileHeader {
        self.header
    }

    /// The file, to read rows from later.
    pub(crate) fn file(&self) -> Arc<WalFile> {
        Arc::clone(&self.window.file)
    }

    /// What is wrong at an offset of this file.
    pub(crate) fn damage(&self, offset: u64, what: String) -> Damage {
        self.window.damage(offset, what)
    }

    /// Hands each frame of the file and its offset to `visit`, which answers what is wrong with it,
    /// if anything. Only the `newest` file may have a torn tail.
    pub(crate) fn frames(
        self,
        newest: bool,
        visit: impl FnMut(&Frame<'_>, u64) -> Result<(), String>,
    ) -> Result<End, ScanError> {
        frames(self.window, self.header, newest, visit)
    }
}

fn frames(
    mut window: Window,
    header: FileHeader,
    newest: bool,
    mut visit: impl FnMut(&Frame<'_>, u64) -> Result<(), String>,
) -> Result<End, ScanError> {
    let file = Arc::clone(&window.file);
    let damage = |offset, what| Damage {
        path: file.path.clone(),
        offset,
        what,
    };
    let mut offset = FILE_HEADER_BYTES as u64;
    let mut last_write = offset;
    while offset < window.length {
        match next_frame(&mut window, offset, header.mark)? {
            Ok((frame, frame_header)) => {
                visit(&frame, offset).map_err(|what| damage(offset, what))?;
                last_write = frame_header
                    .synced_to
                    .clamp(FILE_HEADER_BYTES as u64, offset);
                offset += frame_header.length as u64;
            }
            Err(error) if !newest => return Err(damage(offset, error.to_string()).into()),
            Err(error) => {
                if let Some(later) = synced_past(&mut window, offset, header.mark)? {
                    return Err(damage(
                        offset,
                        format!(
                            "{error}, though the frame at byte {later} says that it was synced"
                        ),
                    )
                    .into());
                }
                break;
            }
        }
    }
    Ok(End {
        at: offset,
        last_write,
    })
}

fn next_frame(
    window: &mut Window,
    offset: u64,
    mark: [u8; 8],
) -> Result<Result<(Frame<'_>, FrameHeader), FrameError>, ScanError> {
    let header = match FrameHeader::decode(window.bytes(offset, FRAME_HEADER_BYTES)?, mark) {
        Ok(header) => header,
        Err(error) => return Ok(Err(error)),
    };
    let bytes = window.bytes(offset, header.length)?;
    Ok(Frame::decode(bytes, mark).map(|frame| (frame, header)))
}

/// The offset of a frame header behind `bad` that says that the file was synced past `bad`.
fn synced_past(window: &mut Window, bad: u64, mark: [u8; 8]) -> Result<Option<u64>, ScanError> {
    let finder = memchr::memmem::Finder::new(&mark);
    let mut offset = bad;
    while offset < window.length {
        let bytes = window.bytes(offset, READ_AHEAD_BYTES)?;
        let mut found_in_window = None;
        for found in finder.find_iter(bytes) {
            let header = bytes.get(found..).unwrap_or_default();
            if header.len() < FRAME_HEADER_BYTES {
                break;
            }
            if FrameHeader::decode(header, mark).is_ok_and(|header| header.synced_to > bad) {
                found_in_window = Some(offset + found as u64);
                break;
            }
        }
        if found_in_window.is_some() {
            return Ok(found_in_window);
        }
        // A header that begins in the last bytes of the window is looked at with the next one.
        let step = bytes.len().saturating_sub(FRAME_HEADER_BYTES - 1).max(1);
        offset += step as u64;
    }
    Ok(None)
}

/// A part of the file in memory, moved along it.
struct Window {
    file: Arc<WalFile>,
    length: u64,
    start: u64,
    buffer: Vec<u8>,
}

impl Window {
    fn open(path: &Path) -> Result<Self, ScanError> {
        let failed = |source| ScanError::Io {
            path: path.to_owned(),
            source,
        };
        let file = WalFile::open(path).map_err(failed)?;
        let length = file.file.metadata().map_err(failed)?.len();
        Ok(Self {
            file: Arc::new(file),
            length,
            start: 0,
            buffer: Vec::new(),
        })
    }

    fn damage(&self, offset: u64, what: String) -> Damage {
        Damage {
            path: self.file.path.clone(),
            offset,
            what,
        }
    }

    /// The `wanted` bytes at an offset, or fewer where the file ends.
    fn bytes(&mut self, offset: u64, wanted: usize) -> Result<&[u8], ScanError> {
        assert!(wanted <= MAX_FRAME_BYTES);
        let there = self.length.saturating_sub(offset);
        let wanted = wanted.min(usize::try_from(there).unwrap_or(usize::MAX));
        let end = self.start + self.buffer.len() as u64;
        if offset < self.start || offset + wanted as u64 > end {
            let size = wanted.max(READ_AHEAD_BYTES);
            let size = size.min(usize::try_from(there).unwrap_or(usize::MAX));
            self.buffer.resize(size, 0);
            self.start = offset;
            let read = self.file.file.read_exact_at(&mut self.buffer, offset);
            if let Err(source) = read {
                self.buffer.clear();
                return Err(ScanError::Io {
                    path: self.file.path.clone(),
                    source,
                });
            }
        }
        let from = (offset - self.start) as usize;
        Ok(&self.buffer[from..from + wanted])
    }
}
