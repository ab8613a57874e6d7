//! What is ingested: a file, which may be compressed, or standard input.
//!
//! What must always hold:
//!
//! - places are counted in bytes after decompression, so that an interrupted run can go on at one;
//! - a file is known by its length and its beginning: if either has changed, it is another one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use sha2::{Digest, Sha256};

use super::broken::{Broken, Decompressed, Measured};

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 256 * 1024;
/// How many bytes of a file's beginning it is known by.
pub(super) const HEAD_BYTES: u64 = 64 * 1024;
/// How long the last events of a batch wait for more to come from standard input.
const LINGER: Duration = Duration::from_millis(500);
/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a frame of zstd begins with.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Why there is nothing to read.
#[derive(Debug, thiserror::Error)]
pub(super) enum SourceError {
    /// The file cannot be opened or read.
    #[error("{} cannot be read: {source}; correct FILE", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// Standard input cannot be read.
    #[error("standard input cannot be read: {0}")]
    Input(io::Error),
    /// It is a directory, a pipe or the like.
    #[error(
        "{} is no regular file: name one, or hand its text over by standard input, as in `… | evident ingest -`",
        .0.display()
    )]
    NoFile(PathBuf),
    /// It is shorter than what was read of it before.
    #[error(
        "{name} ends before byte {at}, up to which it has been sent: it is not what it was, so give what it was, or begin anew with --restart"
    )]
    TooShort { name: String, at: u64 },
    /// It is not what it should be.
    #[error(transparent)]
    Broken(Broken),
}

/// Where events come from.
#[derive(Debug, Clone)]
pub(super) enum Input {
    File(PathBuf),
    Standard,
}

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// By what a file begins with.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            _ if head.starts_with(&GZIP) => Some(Self::Gzip),
            _ if head.starts_with(&ZSTD) => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The program that prints what is in such a file.
    pub(super) const fn unpacker(self) -> &'static str {
        match self {
            Self::Gzip => "zcat",
            Self::Zstd => "zstdcat",
        }
    }
}

/// What tells one input from another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// As it lies on the disk. Nothing for standard input.
    pub(super) bytes: Option<u64>,
    /// Of the first bytes, in hex.
    pub(super) head_sha256: String,
}

/// An input that is being read.
pub(super) struct Source {
    pub(super) reader: Box<dyn BufRead + Send>,
    /// While set, reading gives [`io::ErrorKind::WouldBlock`] once nothing has come for a while.
    pub(super) is_impatient: Arc<AtomicBool>,
    pub(super) compression: Option<Compression>,
}

/// How far the reading of a file has come, as it lies on the disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Consumed(Arc<AtomicU64>);

impl Consumed {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

impl Input {
    /// A file, or `-` for standard input.
    pub(super) fn of(argument: &Path) -> Self {
        match argument.to_str() {
            Some("-") => Self::Standard,
            _ => Self::File(argument.to_owned()),
        }
    }

    /// What people call it.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Standard => "standard input".to_owned(),
        }
    }

    /// The end of its name that says what is in it, without that of a compression.
    pub(super) fn ending(&self) -> Option<String> {
        let Self::File(path) = self else { return None };
        let ending = |path: &Path| Some(path.extension()?.to_str()?.to_ascii_lowercase());
        match ending(path)?.as_str() {
            "gz" | "zst" => ending(Path::new(path.file_stem()?)),
            other => Some(other.to_owned()),
        }
    }

    fn unreadable(&self, source: io::Error) -> SourceError {
        match self {
            Self::File(path) => SourceError::Unreadable {
                path: path.clone(),
                source,
            },
            Self::Standard => SourceError::Input(source),
        }
    }

    /// Opens it at a place, and says what it is. Standard input is only looked at if it must be known
    /// again, because its first bytes have to come for that.
    pub(super) fn open(
        &self,
        is_known_again: bool,
        consumed: &Consumed,
    ) -> Result<(Source, Option<Identity>), SourceError> {
        let failed = |source| self.unreadable(source);
        let is_impatient = Arc::new(AtomicBool::new(false));
        let mut head = Vec::new();
        let (raw, identity): (Box<dyn Read + Send>, _) = match self {
            Self::File(path) => {
                let mut file = File::open(path).map_err(failed)?;
                let metadata = file.metadata().map_err(failed)?;
                if !metadata.is_file() {
                    return Err(SourceError::NoFile(path.clone()));
                }
                let begun = (&mut file).take(HEAD_BYTES).read_to_end(&mut head);
                begun.map_err(failed)?;
                file.seek(SeekFrom::Start(0)).map_err(failed)?;
                let known = metadata.len();
                let measured = Measured::new(file, self.name(), known, consumed.clone());
                let identity = Identity::of(Some(known), &head);
                (Box::new(measured), Some(identity))
            }
            Self::Standard => {
                let handle = io::stdin().as_fd().try_clone_to_owned().map_err(failed)?;
                let mut piped = Piped {
                    inner: File::from(handle),
                    is_impatient: Arc::clone(&is_impatient),
                };
                if is_known_again {
                    let begun = (&mut piped).take(HEAD_BYTES).read_to_end(&mut head);
                    begun.map_err(failed)?;
                    let identity = Identity::of(None, &head);
                    let whole = io::Cursor::new(head.clone()).chain(piped);
                    (Box::new(whole), Some(identity))
                } else {
                    (Box::new(piped), None)
                }
            }
        };
        let compression = Compression::of(&head);
        let reader: Box<dyn BufRead + Send> = match compression {
            Some(Compression::Gzip) => {
                let raw = BufReader::with_capacity(CHUNK_BYTES, raw);
                buffered(Decompressed::new(MultiGzDecoder::new(raw), self.name()))
            }
            Some(Compression::Zstd) => {
                let decoder = zstd::stream::read::Decoder::new(raw).map_err(failed)?;
                buffered(Decompressed::new(decoder, self.name()))
            }
            None => buffered(raw),
        };
        let source = Source {
            reader,
            is_impatient,
            compression,
        };
        Ok((source, identity))
    }

    /// Opens a file again, for what comes first in it.
    pub(super) fn skip(&self, reader: &mut dyn BufRead, bytes: u64) -> Result<(), SourceError> {
        let skipped = io::copy(&mut reader.take(bytes), &mut io::sink());
        match skipped {
            Ok(skipped) if skipped == bytes => Ok(()),
            Ok(_) => Err(SourceError::TooShort {
                name: self.name(),
                at: bytes,
            }),
            Err(error) => Err(match Broken::of(error) {
                Ok(broken) => SourceError::Broken(broken),
                Err(error) => self.unreadable(error),
            }),
        }
    }
}

fn buffered(reader: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(CHUNK_BYTES, reader))
}

impl Identity {
    fn of(bytes: Option<u64>, head: &[u8]) -> Self {
        let digest = Sha256::digest(head);
        Self {
            bytes,
            head_sha256: hex(&digest),
        }
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Standard input, which may be silent for long.
struct Piped {
    inner: File,
    is_impatient: Arc<AtomicBool>,
}

impl Read for Piped {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.is_impatient.load(Ordering::Relaxed) {
            let mut waiting = [PollFd::new(&self.inner, PollFlags::IN)];
            let linger = Timespec::try_from(LINGER).ok();
            if poll(&mut waiting, linger.as_ref())? == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        self.inner.read(into)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    fn text(path: &Path) -> (String, Identity) {
        let input = Input::of(path);
        let (mut source, identity) = input.open(true, &Consumed::default()).unwrap();
        let mut text = String::new();
        source.reader.read_to_string(&mut text).unwrap();
        (text, identity.unwrap())
    }

    #[test]
    fn compressed_files_are_read_whatever_their_name() {
        let directory = tempfile::tempdir().unwrap();
        let plain = "one\ntwo\n".repeat(100_000);
        let path = |name| directory.path().join(name);
        std::fs::write(path("plain"), &plain).unwrap();
        let gzip = File::create(path("gzip")).unwrap();
        let mut gzip = flate2::write::GzEncoder::new(gzip, flate2::Compression::fast());
        gzip.write_all(plain.as_bytes()).unwrap();
        gzip.finish().unwrap();
        let packed = zstd::encode_all(plain.as_bytes(), 1).unwrap();
        std::fs::write(path("zstd"), packed).unwrap();
        for name in ["plain", "gzip", "zstd"] {
            assert!(text(&path(name)).0 == plain, "{name}");
        }
    }

    #[test]
    fn a_file_is_known_by_its_length_and_its_beginning() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        let identity = |contents: &str| {
            std::fs::write(&path, contents).unwrap();
            text(&path).1
        };
        let first = identity("one\ntwo\n");
        assert_eq!(first, identity("one\ntwo\n"));
        assert_ne!(first, identity("one\ntwx\n"));
        assert_ne!(first, identity("one\ntwo\nthree\n"));
        let long = "x".repeat(70_000);
        assert_ne!(identity(&long), identity(&format!("{long}x")));
    }

    #[test]
    fn the_ending_is_that_of_what_is_inside() {
        let ending = |name: &str| Input::of(Path::new(name)).ending();
        assert_eq!(ending("a.csv").as_deref(), Some("csv"));
        assert_eq!(ending("a/b.CSV.gz").as_deref(), Some("csv"));
        assert_eq!(ending("b.tsv.zst").as_deref(), Some("tsv"));
        assert_eq!(ending("b.gz"), None);
        assert_eq!(ending("-"), None);
    }
}
