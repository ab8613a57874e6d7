//! Files that are not what they were when they were opened, or that hold less than they should.
//!
//! What must always hold: a file is finished only if as many bytes were read as it had when it became
//! known, and it has as many still; and what was read before is not spoilt by what is wrong behind it.

use std::fs::File;
use std::io::{self, Read};

use super::source::Consumed;

/// Why the rest of a file cannot be taken for what it should be.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// It has another length than at first.
    #[error(
        "{name} was changed while it was read: it had {known} bytes and has {found} now; wait until nobody writes to it"
    )]
    Changed {
        name: String,
        known: u64,
        found: u64,
    },
    /// It ends within what is compressed.
    #[error("{name} is incomplete: what is compressed in it ends too early; fetch it whole")]
    Incomplete { name: String },
    /// It cannot be decompressed.
    #[error("{name} is damaged: it cannot be decompressed ({what}); fetch it anew")]
    Damaged { name: String, what: String },
}

impl Broken {
    fn into_io(self) -> io::Error {
        io::Error::other(self)
    }

    /// What is broken, if that is what went wrong.
    pub(super) fn of(error: io::Error) -> Result<Self, io::Error> {
        error.downcast()
    }
}

/// A file of which the length is known, and how much of it has been read.
pub(super) struct Measured {
    inner: File,
    name: String,
    /// When it became known. No more than this is read.
    known: u64,
    read: u64,
    consumed: Consumed,
}

impl Measured {
    /// Reads a file that is at its beginning.
    pub(super) fn new(inner: File, name: String, known: u64, consumed: Consumed) -> Self {
        Self {
            inner,
            name,
            known,
            read: 0,
            consumed,
        }
    }
}

impl Read for Measured {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = self.known - self.read;
        let length = (&mut self.inner).take(left).read(into)?;
        self.read += length as u64;
        self.consumed.add(length as u64);
        if length == 0 && !into.is_empty() {
            let found = self.inner.metadata()?.len();
            if found != self.known || self.read != self.known {
                let changed = Broken::Changed {
                    name: self.name.clone(),
                    known: self.known,
                    found,
                };
                return Err(changed.into_io());
            }
        }
        Ok(length)
    }
}

/// What a decompressor gives, with its errors told as what is wrong with the file.
pub(super) struct Decompressed<R> {
    inner: R,
    name: String,
}

impl<R> Decompressed<R> {
    pub(super) const fn new(inner: R, name: String) -> Self {
        Self { inner, name }
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let error = match self.inner.read(into) {
            Ok(length) => return Ok(length),
            Err(error) => error,
        };
        let is_of_the_file = error.raw_os_error().is_some()
            || error.kind() == io::ErrorKind::Interrupted
            || error.get_ref().is_some_and(|inner| inner.is::<Broken>());
        if is_of_the_file {
            return Err(error);
        }
        let name = self.name.clone();
        let broken = match error.kind() {
            io::ErrorKind::UnexpectedEof => Broken::Incomplete { name },
            _ => Broken::Damaged {
                name,
                what: error.to_string(),
            },
        };
        Err(broken.into_io())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;
    use std::path::Path;

    use super::super::source::Input;
    use super::*;

    /// Reads the first byte of a file, changes the file, and reads the rest.
    fn read(path: &Path, change: impl FnOnce(&Path)) -> io::Result<Vec<u8>> {
        let file = File::open(path).unwrap();
        let known = file.metadata().unwrap().len();
        let mut measured = Measured::new(file, "f".to_owned(), known, Consumed::default());
        let mut text = vec![0];
        measured.read_exact(&mut text)?;
        change(path);
        measured.read_to_end(&mut text)?;
        Ok(text)
    }

    fn append(path: &Path) {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(b"more\n").unwrap();
    }

    #[test]
    fn a_file_is_read_to_the_end_that_it_had_and_must_still_have() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f");
        for (change, found) in [
            (append as fn(&Path), "8 bytes and has 13 now"),
            (
                |path| {
                    File::options()
                        .write(true)
                        .open(path)
                        .unwrap()
                        .set_len(0)
                        .unwrap()
                },
                "8 bytes and has 0 now",
            ),
        ] {
            std::fs::write(&path, "one\ntwo\n").unwrap();
            let error = read(&path, change).unwrap_err();
            let broken = Broken::of(error).unwrap().to_string();
            assert!(broken.contains(found), "{broken}");
        }
        std::fs::write(&path, "one\ntwo\n").unwrap();
        assert_eq!(read(&path, |_| ()).unwrap(), b"one\ntwo\n");
    }

    #[test]
    fn what_is_wrong_with_a_compressed_file_is_told() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("f.gz");
        let plain: String = (0..100_000).map(|n| format!("{n}\n")).collect();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(plain.as_bytes()).unwrap();
        let gzip = gzip.finish().unwrap();
        let zstd = zstd::encode_all(plain.as_bytes(), 1).unwrap();
        for packed in [gzip, zstd] {
            let half = packed.len() / 2;
            let mut damaged = packed.clone();
            // Where the first block begins.
            damaged[10..40].fill(0xff);
            for (contents, expected) in [
                (&packed[..half], "fetch it whole"),
                (&damaged, "fetch it anew"),
            ] {
                std::fs::write(&path, contents).unwrap();
                let opened = Input::of(&path).open(true, &Consumed::default());
                let mut source = opened.unwrap().0;
                let error = io::copy(&mut source.reader, &mut io::sink()).unwrap_err();
                let broken = Broken::of(error).unwrap().to_string();
                assert!(broken.contains(expected), "{broken}");
            }
        }
    }
}
