//! The control plane: the instance, its organizations, its people and their API keys, in SQLite or
//! PostgreSQL.
//!
//! What must always hold:
//!
//! - statements are portable: `$N` placeholders, TEXT, BIGINT and BLOB, times as microseconds. What
//!   only one database understands is in [`database`];
//! - what is read to decide on a change is locked first ([`Organizations`], [`locked_organization`]): two changes of
//!   one organization, or of the instance, happen one after the other;
//! - no credential is in it: passwords as argon2id hashes, keys and tokens as digests, and what must be read again
//!   (second factors, providers' secrets) sealed with a key that is beside the database, not in it. The keys that
//!   placeholders are made with are in it: they open nothing, but with them short secrets could be
//!   guessed from their placeholders.

mod accounts;
mod api_keys;
mod database;
mod demo;
pub(crate) mod email;
mod exports;
#[cfg(test)]
pub(crate) mod fixtures;
mod founding;
mod holdings;
pub(crate) mod invitations;
mod keys;
pub(crate) mod lifecycle;
pub(crate) mod members;
mod memberships;
mod organizations;
pub(crate) mod outbox;
pub(crate) mod own_roles;
mod owners;
mod projects;
mod retention;
mod retention_clock;
mod retention_runs;
mod roles;
pub(crate) mod sent;
mod sessions;
mod settings;
mod sso;
mod sso_people;
mod stored;
mod viewer_issuers;
mod views;

use std::path::PathBuf;

use sqlx::{Any, Transaction, query, query_scalar};
use sqlx::{AnyConnection, AnyPool};

pub(crate) use accounts::{Account, MAX_EMAIL_BYTES, PasswordReset, Taken};
pub(crate) use api_keys::{AfterKey, ApiKey, MAX_LIVING_KEYS};
pub(crate) use database::Place;
pub(crate) use demo::DemoMark;
pub(crate) use exports::{ExportMaker, ExportRow, ExportStatus};
pub(crate) use founding::{FirstProject, Founding, NewKey};
pub(crate) use holdings::Holdings;
pub(crate) use invitations::Invitation;
pub(crate) use keys::{KeyKind, KeyRecord, living_key};
pub(crate) use members::{Account as MemberAccount, Member, ProjectMember};
pub(crate) use memberships::{Membership, logs_about};
pub(crate) use organizations::{
    ChangeError, Changed, OrganizationChange, Organizations, Settings, must_take_changes,
};
pub(crate) use owners::{Named, Owner, OwnersError};
pub(crate) use projects::{
    DeletedProject, MAX_PROJECT_ID_BYTES, NewProject, Project, ProjectChange, ProjectError,
    ProjectKind, Projects,
};
pub(crate) use retention::{
    Keep, RetainedProject, RetentionReported, RetentionRule, RetentionRules,
};
pub(crate) use retention_clock::{ClockDoubt, RetentionClock};
pub(crate) use retention_runs::{
    RetentionCause, RetentionNumbers, RetentionOutcome, RetentionPolicy, RetentionRun,
};
pub(crate) use roles::{Level, Permission, Permissions, Role};
pub(crate) use sessions::{Session, SignInMethod};
pub(crate) use settings::{MAX_NAME_BYTES, SettingsChange};
pub(crate) use sso::{Attempt, Sso, SsoGroupRole, SsoPolicy};
pub(crate) use sso_people::SsoPerson;
pub(crate) use viewer_issuers::{MAX_ISSUERS, MAX_ORIGINS, ViewerIssuer};
pub(crate) use views::{View, ViewDefinition, ViewRange, ViewSort, ViewSpan};

use database::Database;

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
    /// The server could not be reached or did not do as it was told.
    #[error(
        "the control database's server refused: {0}; see that it runs, and that control_database names it \
             with a user who may create tables there"
    )]
    Server(#[source] sqlx::Error),
    /// The server does not answer.
    #[error(
        "the control database's server does not answer: see that it runs, and that control_database names it"
    )]
    Unreachable,
    /// The server's URL is none.
    #[error(
        "control_database is no usable URL of a PostgreSQL server: give one such as \
             postgres://evident:password@db.example.com/evident"
    )]
    Unusable,
    /// The tables could not be brought up to date.
    #[error(
        "the control database's tables cannot be brought up to date: {0}; see that no newer version of \
             evident has written them"
    )]
    Migration(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another process has it.
    #[error(
        "another evident server uses this control database: stop it, or give this one a database of its own"
    )]
    InUse,
    /// Somebody read in it for too long.
    #[error(
        "the control database's write-ahead log could not be emptied, as somebody reads in it: close what else has \
             control.db open"
    )]
    Busy,
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

/// The control plane's database.
#[derive(Debug, Clone)]
pub(crate) struct Control {
    database: Database,
}

/// Changes that are made together or not at all.
pub(crate) type Transacted = Transaction<'static, Any>;

impl Control {
    /// Opens the control plane of a place, made if it is not there yet.
    pub(crate) async fn open(place: Place<'_>) -> Result<Self, ControlError> {
        let database = Database::open(place).await?;
        Ok(Self { database })
    }

    /// Refuses changes while another process may own the database.
    pub(crate) async fn must_be_owned(&self) -> Result<(), ControlError> {
        self.database.must_be_owned().await
    }

    /// Has what was deleted leave the files of the database.
    pub(crate) async fn forget_deleted(&self) -> Result<(), ControlError> {
        self.database.forget_deleted().await
    }

    fn pool(&self) -> &AnyPool {
        &self.database.pool
    }

    /// Begins a change.
    pub(crate) async fn begin(&self) -> Result<Transacted, ControlError> {
        Ok(self.pool().begin().await?)
    }

    /// Closes the database, so that its write-ahead log is folded in.
    pub(crate) async fn close(&self) {
        self.pool().close().await;
    }
}

/// Lets nobody else change an organization until the transaction ends, and says whether there is one. To be called
/// before anything is read: begun with a read, a transaction could find, once it came to write, that its view is
/// out of date.
pub(crate) async fn locked_organization(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<bool, ControlError> {
    let locked = query("UPDATE organizations SET id = id WHERE id = $1 AND deleted_at IS NULL")
        .bind(id.to_owned())
        .execute(connection)
        .await?;
    Ok(locked.rows_affected() == 1)
}

/// Whether an organization is archived, as a transaction has it.
pub(crate) async fn is_archived(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<bool, ControlError> {
    let archived: Option<i64> = query_scalar("SELECT archived_at FROM organizations WHERE id = $1")
        .bind(id.to_owned())
        .fetch_one(connection)
        .await?;
    Ok(archived.is_some())
}

/// The same for the instance as a whole, and the organization whose log takes what concerns it.
pub(crate) async fn locked_instance(
    connection: &mut AnyConnection,
) -> Result<String, ControlError> {
    query("UPDATE instance SET name = name")
        .execute(&mut *connection)
        .await?;
    let home = query_scalar("SELECT home_organization FROM instance");
    Ok(home.fetch_one(connection).await?)
}

/// What cannot be written down. Nothing that is checked is of the kind.
fn unwritable(error: impl std::error::Error + Send + Sync + 'static) -> ControlError {
    ControlError::Statement(sqlx::Error::Encode(Box::new(error)))
}

#[cfg(test)]
mod tests;
