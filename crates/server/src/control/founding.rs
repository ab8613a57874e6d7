//! Founding: the instance, its first organization, its owner and the first keys, all or nothing.
//!
//! One transaction holds them all, so a directory either has an organization with an owner who can
//! sign in and keys that work, or none.

use evident_event::time::Timestamp;
use sqlx::{query, query_scalar};

use super::demo::{self, DemoMark};
use super::{Control, ControlError, KeyKind, ProjectKind, Role};

/// What a directory begins with.
pub(crate) struct Founding {
    /// When.
    pub(crate) now: Timestamp,
    /// The instance's name: the first part of its logs' origins.
    pub(crate) instance: String,
    /// The organization's id.
    pub(crate) organization_id: String,
    /// The organization's name.
    pub(crate) organization_name: String,
    /// What the placeholders of the organization's secrets are made with.
    pub(crate) redaction_key: [u8; 32],
    /// The owner's id.
    pub(crate) owner_id: String,
    /// The owner's name; may be empty.
    pub(crate) owner_name: String,
    /// The owner's e-mail address.
    pub(crate) owner_email: String,
    /// The argon2id hash of the owner's password.
    pub(crate) password_hash: String,
    /// The organization's first keys.
    pub(crate) keys: Vec<NewKey>,
    /// The organization's first projects.
    pub(crate) projects: Vec<FirstProject>,
    /// What the demo goes on by, if the directory is for the demo.
    pub(crate) demo: Option<DemoMark>,
}

/// A project that is there from the beginning.
pub(crate) struct FirstProject {
    /// Its id.
    pub(crate) id: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// What it stands for.
    pub(crate) kind: ProjectKind,
}

/// An API key to be kept.
pub(crate) struct NewKey {
    /// Its id.
    pub(crate) id: String,
    /// What it is for.
    pub(crate) kind: KeyKind,
    /// SHA-256 of its secret.
    pub(crate) digest: [u8; 32],
}

impl Control {
    /// Whether the directory has an organization.
    pub(crate) async fn is_founded(&self) -> Result<bool, ControlError> {
        let count: i64 = query_scalar("SELECT count(*) FROM organizations")
            .fetch_one(self.pool())
            .await?;
        Ok(count > 0)
    }

    /// Writes all that a directory begins with, unless it has an organization.
    pub(crate) async fn found(&self, founding: &Founding) -> Result<(), ControlError> {
        let now = founding.now.as_micros();
        let mut transaction = self.pool().begin().await?;
        let count: i64 = query_scalar("SELECT count(*) FROM organizations")
            .fetch_one(&mut *transaction)
            .await?;
        if count > 0 {
            return Err(ControlError::AlreadyFounded);
        }
        query("INSERT INTO instance (name, created_at, home_organization) VALUES ($1, $2, $3)")
            .bind(founding.instance.clone())
            .bind(now)
            .bind(founding.organization_id.clone())
            .execute(&mut *transaction)
            .await?;
        query(
            "INSERT INTO organizations (id, name, created_at, redaction_key) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(founding.organization_id.clone())
        .bind(founding.organization_name.clone())
        .bind(now)
        .bind(founding.redaction_key.to_vec())
        .execute(&mut *transaction)
        .await?;
        query(
            "INSERT INTO users (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
            .bind(founding.owner_id.clone())
            .bind(founding.owner_email.clone())
            .bind(founding.owner_name.clone())
            .bind(founding.password_hash.clone())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        query("INSERT INTO instance_owners (user_id, created_at) VALUES ($1, $2)")
            .bind(founding.owner_id.clone())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        query(
            "INSERT INTO members (organization_id, user_id, role, joined_at) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(founding.organization_id.clone())
        .bind(founding.owner_id.clone())
        .bind(Role::ADMIN)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        for key in &founding.keys {
            query(
                "INSERT INTO api_keys (id, organization_id, kind, digest, created_at) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(key.id.clone())
            .bind(founding.organization_id.clone())
            .bind(key.kind.as_str())
            .bind(key.digest.to_vec())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        for project in &founding.projects {
            query(
                "INSERT INTO projects (organization_id, id, name, kind, created_at) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(founding.organization_id.clone())
            .bind(project.id)
            .bind(project.name)
            .bind(project.kind.as_str())
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        if let Some(mark) = &founding.demo {
            demo::mark(&mut transaction, mark).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
