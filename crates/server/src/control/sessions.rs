//! Sessions: who is signed in, since when, and until when.
//!
//! What must always hold:
//!
//! - a session is found by the digest of its secret alone, and only while it works: not past its end, not left
//!   idle too long;
//! - it reaches the organizations that its person belongs to now, and of these only the one whose provider vouched
//!   for the person, if one did: what another organization's provider says opens nothing of this one.

use std::time::Duration;

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};

use super::{Control, ControlError};

/// Most sessions of a person at once.
pub(crate) const MAX_SESSIONS: i64 = 50;
/// Most ended sessions that are forgotten at one sign-in.
const MAX_FORGOTTEN: i64 = 200;

/// How the person proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignInMethod {
    /// By password, and a second factor if there is one.
    Password,
    /// By an organization's provider.
    Sso,
}

impl SignInMethod {
    /// The word for it, also in events.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Sso => "sso",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Password, Self::Sso]
            .into_iter()
            .find(|method| method.as_str() == word)
    }
}

/// A session, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Its id, `ses_…`.
    pub(crate) id: String,
    /// The person's id, `usr_…`.
    pub(crate) user_id: String,
    /// The person's address.
    pub(crate) email: String,
    /// The person's name; may be empty.
    pub(crate) user_name: String,
    /// How the person signed in.
    pub(crate) method: SignInMethod,
    /// The only organization that it reaches, if there is such a limit.
    pub(crate) organization_id: Option<String>,
    /// Where it was begun from.
    pub(crate) address: String,
    /// With what.
    pub(crate) user_agent: String,
    /// When it was begun.
    pub(crate) created_at: Timestamp,
    /// When it was last used, give or take a minute.
    pub(crate) last_seen_at: Timestamp,
    /// When it ends in any case.
    pub(crate) expires_at: Timestamp,
    /// Whether the person is an owner of the instance.
    pub(crate) is_instance_owner: bool,
}

const COLUMNS: &str = "SELECT sessions.id, sessions.user_id, users.email, users.name AS user_name, method, \
     organization_id, address, user_agent, sessions.created_at, last_seen_at, expires_at, \
     CASE WHEN instance_owners.user_id IS NULL THEN 0 ELSE 1 END AS is_owner \
     FROM sessions JOIN users ON users.id = sessions.user_id \
     LEFT JOIN instance_owners ON instance_owners.user_id = sessions.user_id";

impl Session {
    /// The session of this digest, whether or not it still works.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{COLUMNS} WHERE digest = $1");
        // Fixed texts.
        let row = query(sqlx::AssertSqlSafe(statement))
            .bind(digest.to_vec())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// The sessions of a person, the newest first.
    pub(crate) async fn of_user(
        connection: &mut AnyConnection,
        user_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let statement =
            format!("{COLUMNS} WHERE sessions.user_id = $1 ORDER BY sessions.created_at DESC");
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(user_id.to_owned())
            .fetch_all(connection)
            .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Whether it works: neither has it come to its end, nor has it rested for too long.
    pub(crate) fn works_at(&self, now: Timestamp, idle: Duration) -> bool {
        let idle = i64::try_from(idle.as_micros()).unwrap_or(i64::MAX);
        let rested_until = self.last_seen_at.as_micros().saturating_add(idle);
        now < self.expires_at && now.as_micros() < rested_until
    }

    /// Keeps a new session, found by this digest.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<(), ControlError> {
        query(
            "INSERT INTO sessions (id, user_id, digest, method, organization_id, address, user_agent, \
             created_at, last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(self.id.clone())
        .bind(self.user_id.clone())
        .bind(digest.to_vec())
        .bind(self.method.as_str())
        .bind(self.organization_id.clone())
        .bind(self.address.clone())
        .bind(self.user_agent.clone())
        .bind(self.created_at.as_micros())
        .bind(self.last_seen_at.as_micros())
        .bind(self.expires_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Ends a session of a person. Says whether there was one.
    pub(crate) async fn end(
        connection: &mut AnyConnection,
        user_id: &str,
        id: &str,
    ) -> Result<bool, ControlError> {
        let ended = query("DELETE FROM sessions WHERE id = $1 AND user_id = $2")
            .bind(id.to_owned())
            .bind(user_id.to_owned())
            .execute(connection)
            .await?;
        Ok(ended.rows_affected() == 1)
    }

    /// Ends the session of this digest, whosever it is. Says its id.
    pub(crate) async fn end_by_digest(
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<Option<Self>, ControlError> {
        let session = Self::find(connection, digest).await?;
        query("DELETE FROM sessions WHERE digest = $1")
            .bind(digest.to_vec())
            .execute(connection)
            .await?;
        Ok(session)
    }

    /// Lets nobody end a session until the transaction ends. Says whether its person owns the instance, if it is there.
    pub(crate) async fn locked(
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<Option<bool>, ControlError> {
        query("UPDATE sessions SET digest = digest WHERE digest = $1")
            .bind(digest.to_vec())
            .execute(&mut *connection)
            .await?;
        let session = Self::find(connection, digest).await?;
        Ok(session.map(|session| session.is_instance_owner))
    }

    /// Ends the sessions of a person, but for one. Says how many there were.
    pub(crate) async fn end_all_but(
        connection: &mut AnyConnection,
        user_id: &str,
        kept: Option<&str>,
    ) -> Result<u64, ControlError> {
        let ended = query("DELETE FROM sessions WHERE user_id = $1 AND id <> $2")
            .bind(user_id.to_owned())
            .bind(kept.unwrap_or_default().to_owned())
            .execute(connection)
            .await?;
        Ok(ended.rows_affected())
    }

    /// Makes room for one more session of a person: forgets those that have ended, of everybody so many at most, and
    /// ends the ones that were begun first while there are too many.
    pub(crate) async fn make_room(
        connection: &mut AnyConnection,
        user_id: &str,
        now: Timestamp,
        idle: Duration,
    ) -> Result<(), ControlError> {
        let idle = i64::try_from(idle.as_micros()).unwrap_or(i64::MAX);
        query(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions \
             WHERE expires_at <= $1 OR last_seen_at <= $2 LIMIT $3)",
        )
        .bind(now.as_micros())
        .bind(now.as_micros().saturating_sub(idle))
        .bind(MAX_FORGOTTEN)
        .execute(&mut *connection)
        .await?;
        query(
            "DELETE FROM sessions WHERE user_id = $1 AND id NOT IN (SELECT id FROM sessions \
             WHERE user_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2)",
        )
        .bind(user_id.to_owned())
        .bind(MAX_SESSIONS - 1)
        .execute(connection)
        .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let method: String = row.try_get("method")?;
        let method = SignInMethod::parse(&method)
            .ok_or_else(|| ControlError::Unknown(format!("a session by {method:?}")))?;
        let time = |column| -> Result<Timestamp, sqlx::Error> {
            Ok(Timestamp::from_micros(row.try_get(column)?))
        };
        Ok(Self {
            id: row.try_get("id")?,
            user_id: row.try_get("user_id")?,
            email: row.try_get("email")?,
            user_name: row.try_get("user_name")?,
            method,
            organization_id: row.try_get("organization_id")?,
            address: row.try_get("address")?,
            user_agent: row.try_get("user_agent")?,
            created_at: time("created_at")?,
            last_seen_at: time("last_seen_at")?,
            expires_at: time("expires_at")?,
            is_instance_owner: row.try_get::<i64, _>("is_owner")? == 1,
        })
    }
}

impl Control {
    /// Notes that a session is in use.
    pub(crate) async fn session_seen(&self, id: &str, now: Timestamp) -> Result<(), ControlError> {
        query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2")
            .bind(id.to_owned())
            .bind(now.as_micros())
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// A connection for reading.
    pub(crate) async fn reading(
        &self,
    ) -> Result<sqlx::pool::PoolConnection<sqlx::Any>, ControlError> {
        Ok(self.pool().acquire().await?)
    }
}
