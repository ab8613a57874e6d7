//! The control plane: the instance, its organizations, its people and their API keys, in SQLite.
//!
//! What must always hold:
//!
//! - statements are portable: `$N` placeholders, TEXT, BIGINT and BLOB, times as microseconds. What
//!   only SQLite understands is in [`Control::open`];
//! - the database is checked whole when it is opened, and the server does not start on a damaged
//!   one;
//! - no credential is in it: passwords as argon2id hashes, API keys as digests. The keys that
//!   placeholders are made with are in it: they open nothing, but with them short secrets could be
//!   guessed from their placeholders;
//! - a commit is on stable storage when it returns (`synchronous=FULL`).

mod demo;
mod founding;
mod organizations;
mod settings;
mod stored;

use std::path::{Path, PathBuf};
use std::time::Duration;

use evident_event::time::Timestamp;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row, query, query_scalar};

pub(crate) use demo::DemoMark;
pub(crate) use founding::{Founding, NewKey};
pub(crate) use organizations::{ChangeError, Organizations, Settings};
pub(crate) use settings::{MAX_NAME_BYTES, SettingsChange};

/// The database's name in the data directory.
const FILE_NAME: &str = "control.db";
/// Where the data directory keeps the logs' signing keys.
const LOG_KEYS: &str = "keys";
/// How long a statement waits for another one's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Most connections at once. The control plane sees few requests.
const MAX_CONNECTIONS: u32 = 4;
/// What a check of an undamaged database answers.
const UNDAMAGED: &str = "ok";

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();

/// Why the control plane could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ControlError {
    /// The database could not be opened or brought up to date.
    #[error("{} cannot be opened: {source}; see that this user may read and write it and that no \
             newer version of evident has written it", path.display())]
    Open {
        /// The database.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database is damaged.
    #[error("{} is damaged: {finding}. Nothing was changed. Put a backup of this file in its place, \
             or, with the server stopped, save what can be read with \
             `sqlite3 control.db .recover | sqlite3 new.db`; events and logs are not in this file", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// The first thing that the check found.
        finding: String,
    },
    /// A statement failed.
    #[error("the control database failed: {0}; see that its disk has room and is writable")]
    Statement(#[from] sqlx::Error),
    /// The database is gone, and the logs are not.
    #[error(
        "{} is missing, and this directory holds logs: restore that file from a backup", .0.display()
    )]
    Lost(PathBuf),
    /// It is something else.
    #[error("{} is not a directory: name the data directory, or one that is not there yet, with --data", .0.display())]
    NotADirectory(PathBuf),
    /// The directory has been set up before.
    #[error(
        "this directory has an organization already: start it with `evident serve`, or name another directory"
    )]
    AlreadyFounded,
    /// A row holds what no version of this code writes.
    #[error(
        "the control database holds {0}, which this version does not know: use the version of evident that wrote it"
    )]
    Unknown(String),
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyKind {
    /// Recording events, and nothing else.
    Ingest,
    /// Reading, and nothing else.
    Read,
    /// All that there is to do in its organization.
    Admin,
}

impl KeyKind {
    /// The word for it in keys and in the database.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// The kind that a word stands for.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Ingest, Self::Read, Self::Admin]
            .into_iter()
            .find(|kind| kind.as_str() == word)
    }
}

/// An API key as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct KeyRecord {
    /// Its id, `key_…`.
    pub(crate) id: String,
    /// The organization that it belongs to.
    pub(crate) organization_id: String,
    /// The only project that it may touch, if it is limited to one.
    pub(crate) project_id: Option<String>,
    /// What it is for.
    pub(crate) kind: KeyKind,
    /// SHA-256 of its secret.
    pub(crate) digest: Vec<u8>,
    /// When it stops working.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub(crate) revoked_at: Option<Timestamp>,
}

/// The control plane's database.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    pool: SqlitePool,
}

impl Control {
    /// Whether a directory has a control plane at all.
    pub(crate) fn exists(directory: &Path) -> bool {
        directory.join(FILE_NAME).is_file()
    }

    /// Refuses a directory that has logs and no control plane: founding it anew would put a second
    /// organization beside them. Also refuses what is no directory at all.
    pub(crate) fn refuse_if_lost(directory: &Path) -> Result<(), ControlError> {
        if directory.exists() && !directory.is_dir() {
            return Err(ControlError::NotADirectory(directory.to_owned()));
        }
        let has_keys = std::fs::read_dir(directory.join(LOG_KEYS))
            .is_ok_and(|mut entries| entries.next().is_some());
        if has_keys && !Self::exists(directory) {
            return Err(ControlError::Lost(directory.join(FILE_NAME)));
        }
        Ok(())
    }

    /// Opens the control plane of a directory, made if it is not there yet; checks it whole and
    /// brings its tables up to date. The caller owns the directory (the store's lock).
    pub(crate) async fn open(directory: &Path) -> Result<Self, ControlError> {
        let path = directory.join(FILE_NAME);
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .connect_with(options)
            .await
            .map_err(|error| open_error(&path, error))?;
        check(&pool, &path).await?;
        MIGRATIONS
            .run(&pool)
            .await
            .map_err(|error| ControlError::Open {
                path,
                source: Box::new(error),
            })?;
        Ok(Self { pool })
    }

    /// Closes the database, so that its write-ahead log is folded in.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    /// Every API key, also those that no longer work.
    pub(crate) async fn keys(&self) -> Result<Vec<KeyRecord>, ControlError> {
        let rows = query(
            "SELECT id, organization_id, project_id, kind, digest, expires_at, revoked_at \
             FROM api_keys ORDER BY id",
        )
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(key_record).collect()
    }
}

/// What cannot be written down. Nothing that is checked is of the kind.
fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> ControlError {
    ControlError::Statement(sqlx::Error::Encode(Box::new(error)))
}

fn key_record(row: &sqlx::sqlite::SqliteRow) -> Result<KeyRecord, ControlError> {
    let kind: String = row.try_get("kind")?;
    let time = |column| -> Result<Option<Timestamp>, sqlx::Error> {
        let micros: Option<i64> = row.try_get(column)?;
        Ok(micros.map(Timestamp::from_micros))
    };
    Ok(KeyRecord {
        id: row.try_get("id")?,
        organization_id: row.try_get("organization_id")?,
        project_id: row.try_get("project_id")?,
        kind: KeyKind::parse(&kind)
            .ok_or_else(|| ControlError::Unknown(format!("a key of kind {kind:?}")))?,
        digest: row.try_get("digest")?,
        expires_at: time("expires_at")?,
        revoked_at: time("revoked_at")?,
    })
}

/// Reads the whole database once, so that damage is met here and not in the middle of a request.
async fn check(pool: &SqlitePool, path: &Path) -> Result<(), ControlError> {
    let damaged = |finding: String| ControlError::Damaged {
        path: path.to_owned(),
        finding,
    };
    let finding: String = query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(pool)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    if finding == UNDAMAGED {
        Ok(())
    } else {
        Err(damaged(finding))
    }
}

fn open_error(path: &Path, error: sqlx::Error) -> ControlError {
    /// SQLite's primary result codes for a file that is damaged, or no database at all.
    const SQLITE_CORRUPT: i64 = 11;
    const SQLITE_NOTADB: i64 = 26;
    let code = error
        .as_database_error()
        .and_then(|database| database.code())
        .and_then(|code| code.parse::<i64>().ok());
    match code.map(|code| code & 0xff) {
        Some(SQLITE_CORRUPT | SQLITE_NOTADB) => ControlError::Damaged {
            path: path.to_owned(),
            finding: error.to_string(),
        },
        _ => ControlError::Open {
            path: path.to_owned(),
            source: Box::new(error),
        },
    }
}

#[cfg(test)]
mod tests;
