//! The instance's owners: people who make and delete organizations, and choose who does.
//!
//! It must hold that there is always one.

use evident_event::catalog::document::{Findings, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};

use super::{ControlError, MAX_NAME_BYTES, locked_instance};

/// Owners of an instance, at most.
pub(crate) const MAX_OWNERS: usize = 100;

const MEMBERS: [&str; 2] = ["user_id", "email"];

/// An owner of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The person's id.
    pub(crate) user_id: String,
    /// The person's address.
    pub(crate) email: String,
    /// The person's name; may be empty.
    pub(crate) name: String,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// Who is to be an owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Named {
    /// The person of this id.
    Id(String),
    /// The person of this address, in lower case.
    Email(String),
}

impl Named {
    /// Reads what an owner sent.
    pub(crate) fn read(document: &Json<'_>) -> Result<Self, Vec<Refusal>> {
        let mut findings = Findings::default();
        let named = Part::whole(document)
            .object(&MEMBERS, &mut findings)
            .and_then(|object| match (object.given("user_id"), object.given("email")) {
                (Some(id), None) => {
                    let id = id.words(MAX_NAME_BYTES, &mut findings)?;
                    Some(Self::Id(id.to_owned()))
                }
                (None, Some(email)) => {
                    let email = email.words(MAX_NAME_BYTES, &mut findings)?;
                    Some(Self::Email(email.to_lowercase()))
                }
                _ => {
                    let message = "expected user_id or email, found both or neither: name one person by \
                                   one of them";
                    findings.refuse("", "missing_field", message);
                    None
                }
            });
        match named {
            Some(named) if findings.is_empty() => Ok(named),
            _ => Err(findings.into_refusals()),
        }
    }
}

/// Why the owners stay as they are.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OwnersError {
    /// There is nobody of this id or address.
    #[error(
        "there is no such person here: somebody has to invite that person to an organization first"
    )]
    NoPerson,
    /// The person is an owner.
    #[error("that person is an owner of the instance already")]
    Already,
    /// The person is none.
    #[error("that person is no owner of the instance: GET /v1/instance/owners lists them")]
    NoOwner,
    /// There would be none left.
    #[error("an instance has at least one owner: make somebody else an owner first")]
    Last,
    /// There are too many.
    #[error("an instance has at most {MAX_OWNERS} owners: remove one that is not needed")]
    TooMany,
    /// Whoever asks has just been removed.
    #[error("you are no owner of the instance any more")]
    NoLonger,
    /// The database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl From<sqlx::Error> for OwnersError {
    fn from(error: sqlx::Error) -> Self {
        Self::Control(error.into())
    }
}

const OWNERS: &str = "SELECT users.id AS user_id, email, name, instance_owners.created_at AS since \
     FROM instance_owners JOIN users ON users.id = user_id ORDER BY since, user_id";

impl Owner {
    /// The owners, the oldest first.
    pub(crate) async fn all(connection: &mut AnyConnection) -> Result<Vec<Self>, ControlError> {
        let rows = query(OWNERS).fetch_all(connection).await?;
        let owner = |row: &AnyRow| -> Result<Self, ControlError> {
            Ok(Self {
                user_id: row.try_get("user_id")?,
                email: row.try_get("email")?,
                name: row.try_get("name")?,
                since: Timestamp::from_micros(row.try_get("since")?),
            })
        };
        rows.iter().map(owner).collect()
    }

    /// Makes a person an owner, at the word of an owner. Gives the home organization too, whose log tells of it.
    pub(crate) async fn add(
        connection: &mut AnyConnection,
        by: &str,
        named: &Named,
        now: Timestamp,
    ) -> Result<(Self, String), OwnersError> {
        let home = locked_instance(connection).await?;
        let owners = Self::all(connection).await?;
        must_be_among(&owners, by)?;
        let person = match named {
            Named::Id(id) => {
                query("SELECT id, email, name FROM users WHERE id = $1").bind(id.clone())
            }
            Named::Email(email) => {
                query("SELECT id, email, name FROM users WHERE email = $1").bind(email.clone())
            }
        };
        let person = person.fetch_optional(&mut *connection).await?;
        let person = person.ok_or(OwnersError::NoPerson)?;
        let owner = Self {
            user_id: person.try_get("id")?,
            email: person.try_get("email")?,
            name: person.try_get("name")?,
            since: now,
        };
        if owners.iter().any(|other| other.user_id == owner.user_id) {
            return Err(OwnersError::Already);
        }
        if owners.len() >= MAX_OWNERS {
            return Err(OwnersError::TooMany);
        }
        query("INSERT INTO instance_owners (user_id, created_at) VALUES ($1, $2)")
            .bind(owner.user_id.clone())
            .bind(now.as_micros())
            .execute(connection)
            .await?;
        Ok((owner, home))
    }

    /// Removes one, at the word of an owner, but for the last. Gives the home organization too.
    pub(crate) async fn remove(
        connection: &mut AnyConnection,
        by: &str,
        user_id: &str,
    ) -> Result<(Self, String), OwnersError> {
        let home = locked_instance(connection).await?;
        let owners = Self::all(connection).await?;
        must_be_among(&owners, by)?;
        let count = owners.len();
        let mut named = owners.into_iter().filter(|owner| owner.user_id == user_id);
        let owner = named.next().ok_or(OwnersError::NoOwner)?;
        if count == 1 {
            return Err(OwnersError::Last);
        }
        query("DELETE FROM instance_owners WHERE user_id = $1")
            .bind(user_id.to_owned())
            .execute(connection)
            .await?;
        Ok((owner, home))
    }
}

/// Two owners may remove each other at once.
fn must_be_among(owners: &[Owner], user_id: &str) -> Result<(), OwnersError> {
    match owners.iter().any(|owner| owner.user_id == user_id) {
        true => Ok(()),
        false => Err(OwnersError::NoLonger),
    }
}

#[cfg(test)]
mod tests;
