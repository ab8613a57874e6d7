//! Viewer issuers: whose tokens let others read, and from pages of which origins.
//!
//! What must always hold:
//!
//! - an issuer's secret is here sealed only, with a key that is not in the database;
//! - an issuer that was revoked is there for nobody any more: its row stays, since events name it.

use evident_event::time::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query};

use super::{Control, ControlError};

/// Issuers of an organization, at most. All of them are in memory.
pub(crate) const MAX_ISSUERS: usize = 100;
/// Origins of an issuer, at most.
pub(crate) const MAX_ORIGINS: usize = 20;

/// An issuer of viewer tokens.
#[derive(Clone)]
pub(crate) struct ViewerIssuer {
    /// Its id, `vis_…`.
    pub(crate) id: String,
    /// The organization whose events its tokens show.
    pub(crate) organization_id: String,
    /// Its name.
    pub(crate) name: String,
    /// The origins whose pages may use its tokens.
    pub(crate) origins: Vec<String>,
    /// What its tokens are signed with, sealed.
    pub(crate) sealed_secret: Vec<u8>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
}

/// The issuers that are there.
const PRESENT: &str = "SELECT viewer_issuers.id, organization_id, viewer_issuers.name, origins, secret, \
     viewer_issuers.created_at FROM viewer_issuers \
     JOIN organizations ON organizations.id = organization_id \
     WHERE revoked_at IS NULL AND deleted_at IS NULL";

impl Control {
    /// Every issuer that was not revoked.
    pub(crate) async fn viewer_issuers(&self) -> Result<Vec<ViewerIssuer>, ControlError> {
        let rows = query(PRESENT).fetch_all(self.pool()).await?;
        rows.iter().map(ViewerIssuer::of_row).collect()
    }

    /// The same of an organization; of one that is deleted there are none.
    pub(crate) async fn viewer_issuers_of(
        &self,
        organization_id: &str,
    ) -> Result<Vec<ViewerIssuer>, ControlError> {
        // Fixed texts.
        let rows = query(AssertSqlSafe(format!("{PRESENT} AND organization_id = $1")))
            .bind(organization_id.to_owned())
            .fetch_all(self.pool())
            .await?;
        rows.iter().map(ViewerIssuer::of_row).collect()
    }
}

impl ViewerIssuer {
    /// The issuers of an organization in the order in which they were made.
    pub(crate) async fn of_organization(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let rows = query(
            "SELECT id, organization_id, name, origins, secret, created_at FROM viewer_issuers \
             WHERE organization_id = $1 AND revoked_at IS NULL ORDER BY created_at, id",
        )
        .bind(organization_id.to_owned())
        .fetch_all(connection)
        .await?;
        rows.iter().map(Self::of_row).collect()
    }

    /// Writes an issuer that is new.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "INSERT INTO viewer_issuers (id, organization_id, name, origins, secret, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.id.clone())
        .bind(self.organization_id.clone())
        .bind(self.name.clone())
        .bind(self.written_origins()?)
        .bind(self.sealed_secret.clone())
        .bind(self.created_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Writes what may change of an issuer.
    pub(crate) async fn rewrite(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query("UPDATE viewer_issuers SET name = $1, origins = $2 WHERE id = $3 AND revoked_at IS NULL")
            .bind(self.name.clone())
            .bind(self.written_origins()?)
            .bind(self.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Ends an issuer, and with it all of its tokens.
    pub(crate) async fn revoke(
        &self,
        connection: &mut AnyConnection,
        now: Timestamp,
    ) -> Result<(), ControlError> {
        query("UPDATE viewer_issuers SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL")
            .bind(now.as_micros())
            .bind(self.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    fn written_origins(&self) -> Result<String, ControlError> {
        serde_json::to_string(&self.origins).map_err(super::unwritable)
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let origins: String = row.try_get("origins")?;
        Ok(Self {
            id: row.try_get("id")?,
            organization_id: row.try_get("organization_id")?,
            name: row.try_get("name")?,
            origins: serde_json::from_str(&origins)
                .map_err(|error| ControlError::Unknown(format!("an issuer's origins ({error})")))?,
            sealed_secret: row.try_get("secret")?,
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
        })
    }
}
