//! People's accounts: the address and the password that they sign in with, and their second factors.
//!
//! What must always hold:
//!
//! - who changes an account locks it first ([`Account::locked`]), so that nobody is let in by what has just been
//!   changed;
//! - a code counts once: the step that it stands for, or its digest, is used up by one statement that says whether
//!   it was still there to be used;
//! - neither passwords nor codes are here, but a hash, a sealed secret and digests.

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query, query_scalar};

use super::ControlError;

/// Longest e-mail address, in bytes.
pub(crate) const MAX_EMAIL_BYTES: usize = 254;

/// The account of a person.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// The person's id, `usr_…`.
    pub(crate) id: String,
    /// The address, in lower case.
    pub(crate) email: String,
    /// The person's name; may be empty.
    pub(crate) name: String,
    /// The argon2id hash of the password, if there is one.
    pub(crate) password_hash: Option<String>,
    /// The second factor, sealed, in use or not.
    pub(crate) totp_secret: Option<Vec<u8>>,
    /// Whether the second factor is in use.
    pub(crate) totp_confirmed: bool,
    /// The step of time of the code that was taken last.
    pub(crate) totp_last_step: i64,
    /// Whether the person is an owner of the instance.
    pub(crate) is_instance_owner: bool,
}

const SELECT: &str = "SELECT users.id, email, name, password_hash, totp_secret, totp_last_step, \
     CASE WHEN totp_confirmed_at IS NULL THEN 0 ELSE 1 END AS is_confirmed, \
     CASE WHEN instance_owners.user_id IS NULL THEN 0 ELSE 1 END AS is_owner \
     FROM users LEFT JOIN instance_owners ON instance_owners.user_id = users.id";

impl Account {
    /// The account of an address, in whatever case it is written.
    pub(crate) async fn by_email(
        connection: &mut AnyConnection,
        email: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{SELECT} WHERE email = $1");
        Self::one(connection, statement, &email.to_lowercase()).await
    }

    /// The account of a person.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        Self::one(connection, format!("{SELECT} WHERE users.id = $1"), id).await
    }

    /// The same, which nobody else changes until the transaction ends.
    pub(crate) async fn locked(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        query("UPDATE users SET id = id WHERE id = $1")
            .bind(id.to_owned())
            .execute(&mut *connection)
            .await?;
        Self::find(connection, id).await
    }

    async fn one(
        connection: &mut AnyConnection,
        statement: String,
        key: &str,
    ) -> Result<Option<Self>, ControlError> {
        // Fixed texts.
        let row = query(AssertSqlSafe(statement))
            .bind(key.to_owned())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let hash: String = row.try_get("password_hash")?;
        Ok(Self {
            id: row.try_get("id")?,
            email: row.try_get("email")?,
            name: row.try_get("name")?,
            password_hash: Some(hash).filter(|hash| !hash.is_empty()),
            totp_secret: row.try_get("totp_secret")?,
            totp_confirmed: row.try_get::<i64, _>("is_confirmed")? == 1,
            totp_last_step: row.try_get("totp_last_step")?,
            is_instance_owner: row.try_get::<i64, _>("is_owner")? == 1,
        })
    }

    /// Names the person.
    pub(crate) async fn set_name(
        connection: &mut AnyConnection,
        id: &str,
        name: &str,
    ) -> Result<(), ControlError> {
        query("UPDATE users SET name = $2 WHERE id = $1")
            .bind(id.to_owned())
            .bind(name.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Gives the person another password.
    pub(crate) async fn set_password_hash(
        connection: &mut AnyConnection,
        id: &str,
        hash: &str,
    ) -> Result<(), ControlError> {
        query("UPDATE users SET password_hash = $2 WHERE id = $1")
            .bind(id.to_owned())
            .bind(hash.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Keeps a second factor that is not in use yet, unless one is in use.
    pub(crate) async fn begin_totp(
        connection: &mut AnyConnection,
        id: &str,
        sealed: Vec<u8>,
    ) -> Result<bool, ControlError> {
        let begun = query(
            "UPDATE users SET totp_secret = $2, totp_last_step = 0 \
             WHERE id = $1 AND totp_confirmed_at IS NULL",
        )
        .bind(id.to_owned())
        .bind(sealed)
        .execute(connection)
        .await?;
        Ok(begun.rows_affected() == 1)
    }

    /// Takes the second factor that was begun into use.
    pub(crate) async fn confirm_totp(
        connection: &mut AnyConnection,
        id: &str,
        step: i64,
        now: Timestamp,
    ) -> Result<bool, ControlError> {
        let confirmed = query(
            "UPDATE users SET totp_confirmed_at = $2, totp_last_step = $3 \
             WHERE id = $1 AND totp_confirmed_at IS NULL AND totp_secret IS NOT NULL",
        )
        .bind(id.to_owned())
        .bind(now.as_micros())
        .bind(step)
        .execute(connection)
        .await?;
        Ok(confirmed.rows_affected() == 1)
    }

    /// Uses up the code of a step. Says whether it, and every later one, was still unused.
    pub(crate) async fn use_totp_step(
        connection: &mut AnyConnection,
        id: &str,
        step: i64,
    ) -> Result<bool, ControlError> {
        let used = query(
            "UPDATE users SET totp_last_step = $2 \
             WHERE id = $1 AND totp_last_step < $2 AND totp_confirmed_at IS NOT NULL",
        )
        .bind(id.to_owned())
        .bind(step)
        .execute(connection)
        .await?;
        Ok(used.rows_affected() == 1)
    }

    /// Ends the second factor, and its recovery codes.
    pub(crate) async fn end_totp(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<(), ControlError> {
        query(
            "UPDATE users SET totp_secret = NULL, totp_confirmed_at = NULL, totp_last_step = 0 \
             WHERE id = $1",
        )
        .bind(id.to_owned())
        .execute(&mut *connection)
        .await?;
        Self::replace_recovery_codes(connection, id, &[]).await
    }

    /// Gives the person other recovery codes: those that there were are worth nothing any more.
    pub(crate) async fn replace_recovery_codes(
        connection: &mut AnyConnection,
        id: &str,
        digests: &[[u8; 32]],
    ) -> Result<(), ControlError> {
        query("DELETE FROM recovery_codes WHERE user_id = $1")
            .bind(id.to_owned())
            .execute(&mut *connection)
            .await?;
        for digest in digests {
            query("INSERT INTO recovery_codes (user_id, digest) VALUES ($1, $2)")
                .bind(id.to_owned())
                .bind(digest.to_vec())
                .execute(&mut *connection)
                .await?;
        }
        Ok(())
    }

    /// The digests of the recovery codes that were not used.
    pub(crate) async fn recovery_digests(
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Vec<Vec<u8>>, ControlError> {
        let digests = query_scalar(
            "SELECT digest FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL",
        )
        .bind(id.to_owned())
        .fetch_all(connection)
        .await?;
        Ok(digests)
    }

    /// Uses a recovery code up. Says whether it was still unused.
    pub(crate) async fn use_recovery_code(
        connection: &mut AnyConnection,
        id: &str,
        digest: &[u8],
        now: Timestamp,
    ) -> Result<bool, ControlError> {
        let used = query(
            "UPDATE recovery_codes SET used_at = $3 \
             WHERE user_id = $1 AND digest = $2 AND used_at IS NULL",
        )
        .bind(id.to_owned())
        .bind(digest.to_vec())
        .bind(now.as_micros())
        .execute(connection)
        .await?;
        Ok(used.rows_affected() == 1)
    }
}

/// A link by which a person chooses a new password.
#[derive(Debug)]
pub(crate) struct PasswordReset {
    /// Its id, `rst_…`.
    pub(crate) id: String,
    /// Whose password it is about.
    pub(crate) user_id: String,
    /// Who made it: the id of a person or a key.
    pub(crate) made_by: String,
    /// In which organization.
    pub(crate) organization_id: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it ends.
    pub(crate) expires_at: Timestamp,
}

/// A link that was used up.
#[derive(Debug)]
pub(crate) struct Taken {
    /// Whose it was.
    pub(crate) user_id: String,
    /// Who made it.
    pub(crate) made_by: String,
    /// In which organization.
    pub(crate) organization_id: String,
}

impl PasswordReset {
    /// Keeps it, found by this digest. Earlier ones of the person work no longer.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        digest: [u8; 32],
    ) -> Result<(), ControlError> {
        Self::end_all(connection, &self.user_id).await?;
        query(
            "INSERT INTO password_resets \
             (id, user_id, digest, made_by, organization_id, created_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.id.clone())
        .bind(self.user_id.clone())
        .bind(digest.to_vec())
        .bind(self.made_by.clone())
        .bind(self.organization_id.clone())
        .bind(self.created_at.as_micros())
        .bind(self.expires_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Whose link this is the digest of, while it works.
    pub(crate) async fn owner(
        connection: &mut AnyConnection,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<String>, ControlError> {
        let found = query_scalar(
            "SELECT user_id FROM password_resets \
             WHERE digest = $1 AND used_at IS NULL AND expires_at > $2",
        )
        .bind(digest.to_vec())
        .bind(now.as_micros())
        .fetch_optional(connection)
        .await?;
        Ok(found)
    }

    /// Uses a link up. Says whose it was, if it still worked.
    pub(crate) async fn take(
        connection: &mut AnyConnection,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Taken>, ControlError> {
        let taken = query(
            "UPDATE password_resets SET used_at = $2 \
             WHERE digest = $1 AND used_at IS NULL AND expires_at > $2 \
             RETURNING user_id, made_by, organization_id",
        )
        .bind(digest.to_vec())
        .bind(now.as_micros())
        .fetch_optional(connection)
        .await?;
        let Some(row) = taken else { return Ok(None) };
        Ok(Some(Taken {
            user_id: row.try_get("user_id")?,
            made_by: row.try_get("made_by")?,
            organization_id: row.try_get("organization_id")?,
        }))
    }

    /// Ends the links that a person has: whoever has a new password needs none of them.
    pub(crate) async fn end_all(
        connection: &mut AnyConnection,
        user_id: &str,
    ) -> Result<(), ControlError> {
        query("DELETE FROM password_resets WHERE user_id = $1 AND used_at IS NULL")
            .bind(user_id.to_owned())
            .execute(connection)
            .await?;
        Ok(())
    }
}
