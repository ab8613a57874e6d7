//! The control plane's database: SQLite in the data directory, or PostgreSQL by its URL.
//!
//! What must always hold:
//!
//! - all that tells one from the other is here: statements elsewhere are portable. PostgreSQL has no type BLOB,
//!   so it is given one, a domain over BYTEA, before the first migration;
//! - a SQLite database is checked whole when it is opened, and the server does not start on a damaged one;
//! - a commit is on stable storage when it returns (`synchronous=FULL`, `synchronous_commit=on`);
//! - one process owns a database: SQLite's by the directory's lock, PostgreSQL's by an advisory lock that is held
//!   for as long as it is open.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Once};
use std::time::Duration;

use sqlx::any::AnyPoolOptions;
use sqlx::{AnyConnection, AnyPool, Connection as _, Row as _, query, query_scalar};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::ControlError;

/// The SQLite database's name in the data directory.
pub(super) const FILE_NAME: &str = "control.db";
/// Where the data directory keeps the logs' signing keys.
const LOG_KEYS: &str = "keys";
/// How long a statement waits for another one's lock, in milliseconds.
const BUSY_TIMEOUT_MS: u32 = 5_000;
/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long it is waited for a server at the start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often it is tried to empty SQLite's write-ahead log while somebody reads: each waits as long as a statement does.
const EMPTYING_TRIES: u32 = 6;
/// Most connections at once. The control plane sees few requests.
const MAX_CONNECTIONS: u32 = 8;
/// What a check of an undamaged database answers.
const UNDAMAGED: &str = "ok";
/// What PostgreSQL's advisory lock is called: "evident" in ASCII.
const ADVISORY_LOCK: i64 = 0x0065_7669_6465_6e74;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!();
static DRIVERS: Once = Once::new();

/// Where a control plane is kept.
#[derive(Clone, Copy)]
pub(crate) struct Place<'p> {
    /// The data directory.
    pub(crate) directory: &'p Path,
    /// A PostgreSQL server's URL, with its password; without one the database is in the directory.
    pub(crate) url: Option<&'p str>,
}

impl<'p> Place<'p> {
    /// In the directory itself.
    pub(crate) fn within(directory: &'p Path) -> Self {
        Self {
            directory,
            url: None,
        }
    }

    /// Whether there may be a control plane: a file, or a server to ask.
    pub(crate) fn exists(&self) -> bool {
        self.url.is_some() || self.directory.join(FILE_NAME).is_file()
    }

    /// Refuses a directory that has logs and no control plane: founding it anew would put a second
    /// organization beside them. Also refuses what is no directory at all.
    pub(crate) fn refuse_if_lost(&self) -> Result<(), ControlError> {
        let directory = self.directory;
        if directory.exists() && !directory.is_dir() {
            return Err(ControlError::NotADirectory(directory.to_owned()));
        }
        let has_keys = std::fs::read_dir(directory.join(LOG_KEYS))
            .is_ok_and(|mut entries| entries.next().is_some());
        if has_keys && !self.exists() {
            return Err(ControlError::Lost(directory.join(FILE_NAME)));
        }
        Ok(())
    }
}

/// An open database.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) pool: AnyPool,
    /// The connection that holds PostgreSQL's advisory lock.
    owner: Option<Arc<Mutex<AnyConnection>>>,
}

impl Database {
    /// Opens it, made if it is not there yet; checks it and brings its tables up to date. The
    /// caller owns the directory (the store's lock).
    pub(super) async fn open(place: Place<'_>) -> Result<Self, ControlError> {
        DRIVERS.call_once(sqlx::any::install_default_drivers);
        match place.url {
            None => Self::sqlite(place.directory.join(FILE_NAME)).await,
            Some(url) => Self::postgres(url).await,
        }
    }

    async fn sqlite(path: PathBuf) -> Result<Self, ControlError> {
        // Whatever is in the path, it must not be read as parameters of the URL.
        let escaped: String = form_urlencoded::byte_serialize(path.to_string_lossy().as_bytes())
            .collect::<String>()
            .replace('+', "%20");
        let url = format!("sqlite://{escaped}?mode=rwc");
        // First alone: a pool tries again what fails, and does not say why.
        let mut first = AnyConnection::connect(&url)
            .await
            .map_err(|error| open_error(&path, error))?;
        set_up_sqlite(&mut first)
            .await
            .map_err(|error| open_error(&path, error))?;
        check(&mut first, &path).await?;
        first.close().await?;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(set_up_sqlite(connection)))
            .connect(&url)
            .await
            .map_err(|error| open_error(&path, error))?;
        MIGRATIONS
            .run(&pool)
            .await
            .map_err(|error| ControlError::Open {
                path,
                source: Box::new(error),
            })?;
        Ok(Self { pool, owner: None })
    }

    async fn postgres(url: &str) -> Result<Self, ControlError> {
        let first = timeout(CONNECT_TIMEOUT, AnyConnection::connect(url)).await;
        let first = first.map_err(|_| ControlError::Unreachable)?;
        first.map_err(refused)?.close().await?;
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(set_up_postgres(connection)))
            .connect(url)
            .await
            .map_err(refused)?;
        let owner = own(&pool).await?;
        query(
            "DO $$ BEGIN CREATE DOMAIN blob AS bytea; \
             EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
        )
        .execute(&pool)
        .await
        .map_err(ControlError::Server)?;
        let migrated = MIGRATIONS.run(&pool).await;
        migrated.map_err(|error| ControlError::Migration(Box::new(error)))?;
        Ok(Self {
            pool,
            owner: Some(Arc::new(Mutex::new(owner))),
        })
    }
}

impl Database {
    /// Empties SQLite's write-ahead log, in which there may still be what was deleted. A server of PostgreSQL keeps its
    /// own as its operator says.
    pub(super) async fn forget_deleted(&self) -> Result<(), ControlError> {
        if self.owner.is_some() {
            return Ok(());
        }
        for _ in 0..EMPTYING_TRIES {
            let mut connection = self.pool.acquire().await?;
            if empty_log(&mut connection).await? {
                return Ok(());
            }
        }
        Err(ControlError::Busy)
    }

    /// Sees that PostgreSQL's advisory lock is still held: it goes with its connection, and another process may have
    /// taken it meanwhile.
    pub(super) async fn must_be_owned(&self) -> Result<(), ControlError> {
        let Some(owner) = &self.owner else {
            return Ok(());
        };
        let mut owner = owner.lock().await;
        if owner.ping().await.is_err() {
            *owner = own(&self.pool).await?;
            tracing::warn!(
                "the control database's server was away, and the database is owned again"
            );
        }
        Ok(())
    }
}

/// Brings SQLite's write-ahead log into the database and empties it; false if somebody was in the way. That is told in
/// the row and is no error.
async fn empty_log(connection: &mut AnyConnection) -> Result<bool, ControlError> {
    let row = query("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(connection)
        .await?;
    let busy: i64 = row.try_get("busy")?;
    Ok(busy == 0)
}

/// What every connection to SQLite begins with. The mode of the journal is the file's own. What is deleted is
/// overwritten: the outbox has events in it, which retention must find nowhere.
async fn set_up_sqlite(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let pragmas = format!(
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON"
    );
    // Fixed text and a number.
    sqlx::raw_sql(sqlx::AssertSqlSafe(pragmas))
        .execute(connection)
        .await?;
    Ok(())
}

async fn set_up_postgres(connection: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("SET synchronous_commit = on; SET lock_timeout = '5s'")
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes the advisory lock, on a connection of its own that holds it from now on.
async fn own(pool: &AnyPool) -> Result<AnyConnection, ControlError> {
    let mut connection = pool.acquire().await.map_err(ControlError::Server)?.detach();
    let owned: bool = query_scalar("SELECT pg_try_advisory_lock($1)")
        .bind(ADVISORY_LOCK)
        .fetch_one(&mut connection)
        .await
        .map_err(ControlError::Server)?;
    match owned {
        true => Ok(connection),
        false => Err(ControlError::InUse),
    }
}

/// Reads the whole database once, so that damage is met here and not in the middle of a request.
async fn check(connection: &mut AnyConnection, path: &Path) -> Result<(), ControlError> {
    let damaged = |finding: String| ControlError::Damaged {
        path: path.to_owned(),
        finding,
    };
    let finding: String = query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(connection)
        .await
        .map_err(|error| damaged(error.to_string()))?;
    if finding == UNDAMAGED {
        Ok(())
    } else {
        Err(damaged(finding))
    }
}

/// Why a server did not let us in. What is wrong with its URL is not repeated: the URL holds a password.
fn refused(error: sqlx::Error) -> ControlError {
    match error {
        sqlx::Error::Configuration(_) => ControlError::Unusable,
        error => ControlError::Server(error),
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

/// Brings an empty database to where an older version left it.
#[cfg(test)]
pub(super) async fn migrated_to(
    pool: &AnyPool,
    version: i64,
) -> Result<(), sqlx::migrate::MigrateError> {
    let older = MIGRATIONS
        .iter()
        .filter(|migration| migration.version <= version);
    let migrator = sqlx::migrate::Migrator {
        migrations: older.cloned().collect::<Vec<_>>().into(),
        ..sqlx::migrate::Migrator::DEFAULT
    };
    migrator.run(pool).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn a_log_that_somebody_reads_is_not_taken_for_emptied() {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::open(Place::within(directory.path()));
        let database = database.await.unwrap();
        let log = directory.path().join(format!("{FILE_NAME}-wal"));
        let length = || std::fs::metadata(&log).unwrap().len();
        let mut impatient = database.pool.acquire().await.unwrap();
        let patience = query("PRAGMA busy_timeout = 0").execute(&mut *impatient);
        patience.await.unwrap();
        let mut reader = database.pool.begin().await.unwrap();
        let count = query_scalar::<_, i64>("SELECT COUNT(*) FROM instance");
        count.fetch_one(&mut *reader).await.unwrap();
        query("CREATE TABLE later (id BIGINT)")
            .execute(&mut *impatient)
            .await
            .unwrap();
        assert!(!empty_log(&mut impatient).await.unwrap());
        assert!(length() > 0);
        reader.rollback().await.unwrap();
        assert!(empty_log(&mut impatient).await.unwrap());
        assert_eq!(length(), 0);
        database.forget_deleted().await.unwrap();
    }
}
