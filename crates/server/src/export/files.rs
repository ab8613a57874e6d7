//! Where files are kept: a folder of the data directory, or a bucket of an S3-compatible store.
//!
//! What must always hold:
//!
//! - a file appears under its name only whole: it is uploaded in parts and put together at the end;
//! - memory is bounded, whatever a file's size: one part is in memory at a time;
//! - every wait has a bound, and credentials are in no error.

use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use evident_store::durable::{Durable, DurableError};
use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::client::ClientOptions;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig};

use crate::config::Config;

/// Begins the names of all files.
const FOLDER: &str = "exports";
/// Where the files are in the data directory, below [`FOLDER`].
const LOCAL_FOLDER: &str = "files";
/// What is written and removed at the start, to see that files can be.
const PROBE: &str = "probe";
/// Least bytes of a part, but for the last one. S3 takes no smaller ones than 5 MiB.
const MIN_PART_BYTES: u64 = 8 * 1024 * 1024;
/// Most parts of a file. S3 takes 10,000.
const MAX_PARTS: u64 = 9_000;
/// How long it may take to connect to the store.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one request to the store may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a request is tried again before it is given up.
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);
/// How many times at most.
const MAX_RETRIES: usize = 4;
/// Longest pause before a request is tried again.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Where files are to be kept.
struct Bucket {
    /// The bucket's name.
    name: String,
    /// What stands before the names of files; may be empty.
    prefix: String,
    /// The store's address, if it is not Amazon's.
    endpoint: Option<String>,
    /// The region.
    region: Option<String>,
    /// The key's id and the key, if they are not in the environment.
    key: Option<(String, String)>,
    /// The address is on this machine, so that there need be no TLS.
    allow_http: bool,
}

/// Why the store did not do as it was told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    /// The folder cannot be made.
    #[error(
        "the folder for exports cannot be made: {0}; see that this user may write the data directory"
    )]
    Folder(#[from] DurableError),
    /// The store cannot be used as configured.
    #[error(
        "export_store cannot be used: {0}; see that it names a bucket that this server may write, read and delete in, \
             and that region, endpoint and credentials are right"
    )]
    Unusable(String),
    /// A key without its id, or an id without its key.
    #[error(
        "export_store_key_id and export_store_key go together, and one of them is missing: give both, or neither and \
         both by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )]
    HalfAKey,
    /// There is no such file.
    #[error("the file is no longer in the store")]
    Gone,
    /// The local store is full.
    #[error("the server's disk is full: make room in its data directory")]
    NoSpace,
    /// It failed in the middle.
    #[error("the store of files failed: {0}; try again, and see export_store if it goes on")]
    Failed(String),
    /// The local file cannot be read.
    #[error("the file cannot be read back: {0}")]
    Unread(#[source] std::io::Error),
    /// Nobody wants it any more.
    #[error("it was broken off")]
    BrokenOff,
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { .. } => Self::Gone,
            error => Self::Failed(in_short(&error)),
        }
    }
}

/// What went wrong, in one line. The crate's errors have no credentials in them; answers of servers are cut.
fn in_short(error: &object_store::Error) -> String {
    const MAX_BYTES: usize = 500;
    let text: String = error
        .to_string()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text[..text.floor_char_boundary(MAX_BYTES)].to_owned()
}

/// The name of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileKey(Path);

impl FileKey {
    /// Of an export of an organization.
    pub(crate) fn new(organization_id: &str, id: &str, extension: &str) -> Self {
        let name = format!("{id}.{extension}");
        Self(Path::from_iter([FOLDER, organization_id, &name]))
    }

    /// The organization and the export that a file of this name would be of.
    fn read(path: &Path) -> Option<(String, String)> {
        let mut parts = path.parts();
        let (folder, organization_id, name) = (parts.next()?, parts.next()?, parts.next()?);
        let id = name.as_ref().split_once('.')?.0.to_owned();
        let is_ours = folder.as_ref() == FOLDER && parts.next().is_none() && id.starts_with("exp_");
        is_ours.then(|| (organization_id.as_ref().to_owned(), id))
    }
}

/// A file that is whole, where it was made.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Where it is in the data directory.
    pub(crate) path: PathBuf,
    pub(crate) file: std::fs::File,
    pub(crate) size: u64,
}

/// The store of files.
#[derive(Clone)]
pub(crate) struct Files {
    store: Arc<dyn ObjectStore>,
    /// The data directory, if files are kept there: then they are given another name, and need no room twice.
    directory: Option<Durable>,
}

impl Files {
    /// The store that is configured; seen to work, so that nobody waits for an export that cannot be kept.
    pub(crate) async fn configured(config: &Config) -> Result<Self, FilesError> {
        let Some((name, prefix)) = config.export_bucket() else {
            return Self::local(&config.data);
        };
        let key = match (&config.export_store_key_id, &config.export_store_key) {
            (Some(id), Some(key)) => Some((id.clone(), key.expose().to_owned())),
            (None, None) => None,
            _ => return Err(FilesError::HalfAKey),
        };
        let files = Self::bucket(&Bucket {
            name,
            prefix,
            endpoint: config.export_store_endpoint.clone(),
            region: config.export_store_region.clone(),
            key,
            allow_http: config.export_store_is_here(),
        })?;
        files.probe().await?;
        Ok(files)
    }

    /// The folder of a data directory.
    fn local(data: &FilePath) -> Result<Self, FilesError> {
        let directory = Durable::open(data, None)?;
        let folder = FilePath::new(FOLDER).join(LOCAL_FOLDER);
        directory.ensure_directory(FilePath::new(FOLDER))?;
        directory.ensure_directory(&folder)?;
        let store = LocalFileSystem::new_with_prefix(directory.path(&folder))
            .map_err(|error| FilesError::Unusable(in_short(&error)))?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            directory: Some(directory),
        })
    }

    /// A bucket.
    fn bucket(bucket: &Bucket) -> Result<Self, FilesError> {
        // The client takes the process's own; whoever has chosen one before has chosen the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(REQUEST_TIMEOUT)
            .with_allow_http(bucket.allow_http);
        let retry = RetryConfig {
            backoff: BackoffConfig {
                max_backoff: MAX_PAUSE,
                ..BackoffConfig::default()
            },
            max_retries: MAX_RETRIES,
            retry_timeout: RETRY_TIMEOUT,
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&bucket.name)
            .with_client_options(options)
            .with_retry(retry);
        if let Some(endpoint) = &bucket.endpoint {
            builder = builder
                .with_endpoint(endpoint)
                .with_virtual_hosted_style_request(false);
        }
        if let Some(region) = &bucket.region {
            builder = builder.with_region(region);
        }
        if let Some((id, secret)) = &bucket.key {
            builder = builder
                .with_access_key_id(id)
                .with_secret_access_key(secret);
        }
        let store = builder
            .build()
            .map_err(|error| FilesError::Unusable(in_short(&error)))?;
        let store: Arc<dyn ObjectStore> = match bucket.prefix.is_empty() {
            true => Arc::new(store),
            false => Arc::new(PrefixStore::new(store, bucket.prefix.as_str())),
        };
        Ok(Self {
            store,
            directory: None,
        })
    }

    /// Sees that files can be written and removed.
    async fn probe(&self) -> Result<(), FilesError> {
        let probe = Path::from_iter([FOLDER, PROBE]);
        let unusable = |error| FilesError::Unusable(in_short(&error));
        let bytes = PutPayload::from_static(PROBE.as_bytes());
        self.store.put(&probe, bytes).await.map_err(unusable)?;
        self.store.delete(&probe).await.map_err(unusable)
    }

    /// Keeps a file under a name, unless it is broken off.
    pub(crate) async fn keep(
        &self,
        key: &FileKey,
        finished: Finished,
        is_wanted: impl Fn() -> bool,
    ) -> Result<(), FilesError> {
        if let Some(directory) = self.directory.clone() {
            let (from, to) = (finished.path.clone(), local_path(key));
            let moving = tokio::task::spawn_blocking(move || put_in_place(&directory, &from, &to));
            match moving.await.map_err(|_| FilesError::BrokenOff)? {
                // Somebody has put the folder on a disk of its own.
                Err(error) if error.io_error().kind() == ErrorKind::CrossesDevices => {}
                Err(error) if error.is_no_space() => return Err(FilesError::NoSpace),
                moved => {
                    return moved
                        .map_err(|error| FilesError::Failed(error.io_error().kind().to_string()));
                }
            }
        }
        self.put(key, finished.file, finished.size, is_wanted).await
    }

    async fn put(
        &self,
        key: &FileKey,
        file: std::fs::File,
        size: u64,
        is_wanted: impl Fn() -> bool,
    ) -> Result<(), FilesError> {
        if size <= MIN_PART_BYTES {
            let bytes = read_part(Arc::new(file), 0, size).await?;
            self.store.put(&key.0, bytes.into()).await?;
            return Ok(());
        }
        let file = Arc::new(file);
        let mut upload = self.store.put_multipart(&key.0).await?;
        let part_bytes = MIN_PART_BYTES.max(size.div_ceil(MAX_PARTS));
        let mut offset = 0;
        let uploaded = loop {
            if offset >= size {
                break Ok(());
            }
            if !is_wanted() {
                break Err(FilesError::BrokenOff);
            }
            let length = part_bytes.min(size - offset);
            let part = match read_part(Arc::clone(&file), offset, length).await {
                Ok(part) => part,
                Err(error) => break Err(error),
            };
            if let Err(error) = upload.put_part(part.into()).await {
                break Err(error.into());
            }
            offset += length;
        };
        let done = match uploaded {
            Ok(()) => upload.complete().await.map(drop).map_err(FilesError::from),
            Err(error) => Err(error),
        };
        if done.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(
                "the parts of an export that failed stay in the store: {}",
                in_short(&error)
            );
        }
        done
    }

    /// The size of a file.
    pub(crate) async fn size(&self, key: &FileKey) -> Result<u64, FilesError> {
        Ok(self.store.head(&key.0).await?.size)
    }

    /// A piece of a file.
    pub(crate) async fn piece(
        &self,
        key: &FileKey,
        range: std::ops::Range<u64>,
    ) -> Result<Bytes, FilesError> {
        let length = range.end - range.start;
        let bytes = self.store.get_range(&key.0, range).await?;
        match u64::try_from(bytes.len()) == Ok(length) {
            true => Ok(bytes),
            false => Err(FilesError::Failed(
                "the file is shorter than it was".to_owned(),
            )),
        }
    }

    /// Removes a file, if it is there.
    pub(crate) async fn remove(&self, key: &FileKey) -> Result<(), FilesError> {
        match self.store.delete(&key.0).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// All files: of which organization and export each would be, and its name.
    pub(crate) async fn list(&self) -> Result<Vec<(String, String, FileKey)>, FilesError> {
        let folder = Path::from(FOLDER);
        let mut listed = self.store.list(Some(&folder));
        let mut files = Vec::new();
        while let Some(found) = listed.try_next().await? {
            if let Some((organization_id, id)) = FileKey::read(&found.location) {
                files.push((organization_id, id, FileKey(found.location)));
            }
        }
        Ok(files)
    }
}

/// Where the local store has the file of a name, in the data directory.
fn local_path(key: &FileKey) -> PathBuf {
    let folder = FilePath::new(FOLDER).join(LOCAL_FOLDER);
    folder.join(key.0.as_ref())
}

/// Gives a file that nobody writes any more its name in the local store.
fn put_in_place(directory: &Durable, from: &FilePath, to: &FilePath) -> Result<(), DurableError> {
    directory.open_existing(from)?.sync()?;
    let folders: Vec<&FilePath> = to.ancestors().skip(1).collect();
    for folder in folders.into_iter().rev().skip(1) {
        directory.ensure_directory(folder)?;
    }
    directory.put_in_place(from, to)
}

/// Reads a part of a file, off the runtime's threads.
async fn read_part(
    file: Arc<std::fs::File>,
    offset: u64,
    length: u64,
) -> Result<Bytes, FilesError> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut part = vec![0; usize::try_from(length).unwrap_or_default()];
        file.read_exact_at(&mut part, offset).map(|()| part)
    });
    let read = reading.await.map_err(|_| FilesError::BrokenOff)?;
    read.map(Bytes::from).map_err(FilesError::Unread)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> std::fs::File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[tokio::test]
    async fn a_file_of_several_parts_is_kept_whole_and_what_is_broken_off_is_not_there() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::local(directory.path()).unwrap();
        files.probe().await.unwrap();
        let size = 2 * MIN_PART_BYTES + 7;
        let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let key = FileKey::new("org_1", "exp_1", "csv");
        let broken = files.put(&key, file(&bytes), size, || false).await;
        assert!(matches!(broken, Err(FilesError::BrokenOff)));
        assert!(matches!(files.size(&key).await, Err(FilesError::Gone)));
        files.put(&key, file(&bytes), size, || true).await.unwrap();
        assert_eq!(files.size(&key).await.unwrap(), size);
        let range = MIN_PART_BYTES - 3..MIN_PART_BYTES + 4;
        let piece = files.piece(&key, range.clone()).await.unwrap();
        let at = |place| usize::try_from(place).unwrap();
        assert_eq!(piece, bytes[at(range.start)..at(range.end)]);
        let listed = files.list().await.unwrap();
        assert_eq!(
            listed,
            [("org_1".to_owned(), "exp_1".to_owned(), key.clone())]
        );
        files.remove(&key).await.unwrap();
        files.remove(&key).await.unwrap();
        assert!(files.list().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn the_local_store_takes_a_file_over_without_room_for_two() {
        let directory = tempfile::tempdir().unwrap();
        let files = Files::local(directory.path()).unwrap();
        let path = PathBuf::from("exports/made");
        let made = directory.path().join(&path);
        std::fs::write(&made, "the file").unwrap();
        let node = |path: &FilePath| std::os::unix::fs::MetadataExt::ino(&path.metadata().unwrap());
        let before = node(&made);
        let key = FileKey::new("org_1", "exp_1", "csv");
        let finished = Finished {
            path,
            file: std::fs::File::open(&made).unwrap(),
            size: 8,
        };
        files.keep(&key, finished, || true).await.unwrap();
        assert!(!made.exists());
        assert_eq!(files.piece(&key, 0..8).await.unwrap(), "the file");
        let kept = directory.path().join(local_path(&key));
        assert_eq!(node(&kept), before, "it is the same file, not a copy");
        let listed = files.list().await.unwrap();
        assert_eq!(listed, [("org_1".to_owned(), "exp_1".to_owned(), key)]);
    }

    #[test]
    fn only_names_that_exports_have_are_taken_for_exports() {
        let read = |text: &str| FileKey::read(&Path::from(text));
        let ours = Some(("org_1".to_owned(), "exp_1".to_owned()));
        assert_eq!(read("exports/org_1/exp_1.csv"), ours);
        for other in [
            "exports/probe",
            "exports/org_1/x.csv",
            "other/org_1/exp_1.csv",
            "exports/a/b/exp_1.csv",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
