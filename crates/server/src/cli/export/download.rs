//! A file from a server to its place on the disk.
//!
//! What must always hold:
//!
//! - what has arrived is in a file of another name until all of it is there and has the right SHA-256; only then it
//!   takes the final name, in one step;
//! - a download that breaks off is gone on with where it broke off, also by another run: the other name tells of which
//!   export it is, and an export's file never changes.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use evident_store::durable::{Durable, DurableError, DurableFile};
use sha2::{Digest, Sha256};

use super::told::Told;
use super::{is_passing, told};
use crate::cli::client::{Client, ClientError};
use crate::cli::formats::grouped;
use crate::cli::output::Progress;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// How many times in a row a download may break off without anything having come.
const MAX_FRUITLESS: u32 = 6;
/// How long it is waited before it is gone on with.
const PAUSE: Duration = Duration::from_secs(1);

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(super) enum DownloadError {
    /// The path names no file.
    #[error("{} names no file: give --output a path such as ./events.csv", .0.display())]
    NoFile(PathBuf),
    /// The usual name is taken.
    #[error("{} is there already: name another file by --output, or that one to have it replaced", .0.display())]
    Taken(PathBuf),
    /// It cannot be written.
    #[error("{0}; what has been downloaded is kept, and the same command goes on with it")]
    Unwritten(#[from] DurableError),
    /// It cannot be read back.
    #[error("{} cannot be read back: {source}", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What came is not what the server has.
    #[error(
        "what was downloaded has another SHA-256 than the server says, so it was thrown away: download it again"
    )]
    OtherBytes,
    /// The server does not say what it has.
    #[error("the server says neither how large the file is nor its SHA-256: update it")]
    Untold,
    /// The server did not send it.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Where a file is to be.
pub(super) struct Target {
    path: PathBuf,
    directory: Durable,
    name: PathBuf,
    /// Its name until it is whole.
    part: PathBuf,
}

impl Target {
    /// The place that was asked for, or the server's name for the file, here.
    pub(super) fn new(asked: Option<PathBuf>, told: &Told) -> Result<Self, DownloadError> {
        let path = match asked {
            Some(path) => path,
            None => {
                let path = usual_name(told);
                if path.exists() {
                    return Err(DownloadError::Taken(path));
                }
                path
            }
        };
        let name = path.file_name().filter(|_| !path.is_dir());
        let name = PathBuf::from(name.ok_or_else(|| DownloadError::NoFile(path.clone()))?);
        let parent = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let directory = Durable::open(parent.unwrap_or(Path::new(".")), None)?;
        let mut part = name.clone().into_os_string();
        part.push(format!(".{}.part", told.id()));
        Ok(Self {
            directory,
            part: part.into(),
            name,
            path,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Brings the file there.
    pub(super) fn download(
        &self,
        client: &Client,
        path: &str,
        told: &Told,
    ) -> Result<(), DownloadError> {
        let (Some(size), Some(sha256)) = (told.size, told.sha256.as_deref()) else {
            return Err(DownloadError::Untold);
        };
        let mut file = self.directory.open_derived(&self.part)?;
        let mut arrived = file.length()?;
        if arrived > size {
            file.truncate(0)?;
            arrived = 0;
        }
        let mut progress = Progress::alone();
        let mut fruitless = 0;
        while arrived < size {
            let before = arrived;
            let result = take(
                client,
                path,
                (sha256, size),
                &mut file,
                &mut arrived,
                |bytes| {
                    progress.say(&format!("{} of {} bytes", grouped(bytes), grouped(size)));
                },
            );
            fruitless = if arrived > before { 0 } else { fruitless + 1 };
            match result {
                Ok(()) if arrived > size => return self.throw_away(),
                Ok(()) if fruitless >= MAX_FRUITLESS => {
                    let error = io::Error::from(io::ErrorKind::UnexpectedEof);
                    return Err(client.broken_off(&error).into());
                }
                Ok(()) => {}
                Err(DownloadError::Client(error))
                    if is_passing(&error) && fruitless < MAX_FRUITLESS =>
                {
                    progress.say(&format!("{}: waiting for the server", told::fit(path)));
                    thread::sleep(PAUSE);
                }
                Err(error) => return Err(error),
            }
        }
        progress.clear();
        file.sync()?;
        drop(file);
        if self.digest()? != sha256 {
            return self.throw_away();
        }
        Ok(self.directory.put_in_place(&self.part, &self.name)?)
    }

    fn throw_away(&self) -> Result<(), DownloadError> {
        self.directory.remove(&self.part)?;
        Err(DownloadError::OtherBytes)
    }

    /// The SHA-256 of what has arrived, in lower-case hexadecimal.
    fn digest(&self) -> Result<String, DownloadError> {
        let path = self.directory.path(&self.part);
        let unread = |source| DownloadError::Unread {
            path: path.clone(),
            source,
        };
        let mut file = std::fs::File::open(&path).map_err(unread)?;
        let mut hash = Sha256::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        loop {
            let read = file.read(&mut chunk).map_err(unread)?;
            if read == 0 {
                break;
            }
            hash.update(&chunk[..read]);
        }
        let hash = hash.finalize();
        Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Takes what the server sends from where the file ends, until it ends or breaks off.
fn take(
    client: &Client,
    path: &str,
    (sha256, size): (&str, u64),
    file: &mut DurableFile,
    arrived: &mut u64,
    mut say: impl FnMut(u64),
) -> Result<(), DownloadError> {
    let (from, mut answer) = client.download(path, *arrived, &format!("\"{sha256}\""))?;
    if from < *arrived {
        file.truncate(from)?;
        *arrived = from;
    }
    let mut body = answer.body_mut().with_config().limit(u64::MAX).reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = body.read(&mut chunk);
        let length = read.map_err(|error| client.broken_off(&error))?;
        if length == 0 {
            return Ok(());
        }
        file.write_at(*arrived, &chunk[..length])?;
        *arrived += length as u64;
        say(*arrived);
        if *arrived > size {
            return Ok(());
        }
    }
}

/// The server's name for the file, if it is one in this directory.
fn usual_name(told: &Told) -> PathBuf {
    let name = Path::new(&told.file_name);
    let is_plain = name.file_name() == Some(name.as_os_str())
        && !told.file_name.starts_with('.')
        && !told.file_name.chars().any(char::is_control);
    match is_plain {
        true => name.to_owned(),
        false => PathBuf::from("export"),
    }
}
