//! Saved views: columns, a query, a range and an order under a name.
//!
//! What must always hold:
//!
//! - a view is its owner's, a person or a key; nobody else is given one that is not shared;
//! - what is stored has been understood: definitions are read strictly before they come here;
//! - how many there are is counted under the organization's lock, by whoever writes.

use std::collections::BTreeMap;

use evident_event::time::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query, query_scalar};
use utoipa::ToSchema;

use super::{ControlError, unwritable};

/// A view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    /// Its id, `view_…`.
    pub(crate) id: String,
    /// Whose organization's it is.
    pub(crate) organization_id: String,
    /// The person or the key that made it.
    pub(crate) owner_id: String,
    /// Its name.
    pub(crate) name: String,
    /// Whether others have it too.
    pub(crate) shared: bool,
    /// What it shows.
    pub(crate) definition: ViewDefinition,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was last changed.
    pub(crate) updated_at: Timestamp,
}

/// What a view shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ViewDefinition {
    /// The columns, in order: fields, and members that are written as JSON, such as `changes`.
    pub(crate) columns: Vec<String>,
    /// The query's parameters, each with its values as they are in a URL, but for those of time, order and place.
    pub(crate) query: BTreeMap<String, Vec<String>>,
    /// The range of time; null for all time.
    #[schema(required)]
    pub(crate) range: Option<ViewRange>,
    /// The time zone of local days, an IANA name; null for that of whoever looks.
    #[schema(required)]
    pub(crate) tz: Option<String>,
    /// The order, by time.
    pub(crate) sort: ViewSort,
}

/// A view's range of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ViewRange {
    /// By name, such as `last_30_days`.
    Named(String),
    /// From and to, as the parameters of these names are.
    Between(ViewSpan),
}

/// A range of time by its ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) struct ViewSpan {
    /// From this instant or date on; null for the first event.
    #[schema(required)]
    pub(crate) from: Option<String>,
    /// Before this instant or date; null for now.
    #[schema(required)]
    pub(crate) to: Option<String>,
}

/// A view's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ViewSort {
    /// The newest first.
    #[default]
    Desc,
    /// The oldest first.
    Asc,
}

impl ViewSort {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Desc, Self::Asc];

    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Desc => "desc",
            Self::Asc => "asc",
        }
    }
}

impl ViewDefinition {
    /// The project that all that it shows belongs to, if it is limited to one.
    pub(crate) fn project_id(&self) -> Option<&str> {
        let values = self.query.get("project_id")?;
        values.first().map(String::as_str)
    }
}

const COLUMNS: &str = "SELECT id, organization_id, owner_id, name, shared, definition, created_at, updated_at \
     FROM views WHERE organization_id = $1";

impl View {
    /// An owner's own views and those that are shared, in the order in which they were made.
    pub(crate) async fn of_owner(
        connection: &mut AnyConnection,
        organization_id: &str,
        owner_id: &str,
    ) -> Result<Vec<Self>, ControlError> {
        let statement = format!("{COLUMNS} AND (owner_id = $2 OR shared = 1)");
        // Fixed texts.
        let rows = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(owner_id.to_owned())
            .fetch_all(connection)
            .await?;
        let views: Result<Vec<Self>, _> = rows.iter().map(Self::of_row).collect();
        let mut views = views?;
        views.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(views)
    }

    /// The view of an id in an organization.
    pub(crate) async fn find(
        connection: &mut AnyConnection,
        organization_id: &str,
        id: &str,
    ) -> Result<Option<Self>, ControlError> {
        let statement = format!("{COLUMNS} AND id = $2");
        let row = query(sqlx::AssertSqlSafe(statement))
            .bind(organization_id.to_owned())
            .bind(id.to_owned())
            .fetch_optional(connection)
            .await?;
        row.as_ref().map(Self::of_row).transpose()
    }

    /// How many views an owner has to itself.
    pub(crate) async fn count_private(
        connection: &mut AnyConnection,
        organization_id: &str,
        owner_id: &str,
    ) -> Result<i64, ControlError> {
        let count = query_scalar(
            "SELECT count(*) FROM views WHERE organization_id = $1 AND owner_id = $2 AND shared = 0",
        );
        let count = count.bind(organization_id.to_owned());
        Ok(count
            .bind(owner_id.to_owned())
            .fetch_one(connection)
            .await?)
    }

    /// How many views an organization shares.
    pub(crate) async fn count_shared(
        connection: &mut AnyConnection,
        organization_id: &str,
    ) -> Result<i64, ControlError> {
        let count =
            query_scalar("SELECT count(*) FROM views WHERE organization_id = $1 AND shared = 1");
        let count = count.bind(organization_id.to_owned());
        Ok(count.fetch_one(connection).await?)
    }

    /// Keeps a new view, or what has become of one.
    pub(crate) async fn write(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query(
            "INSERT INTO views (id, organization_id, owner_id, name, shared, definition, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET \
             name = excluded.name, shared = excluded.shared, definition = excluded.definition, \
             updated_at = excluded.updated_at",
        )
        .bind(self.id.clone())
        .bind(self.organization_id.clone())
        .bind(self.owner_id.clone())
        .bind(self.name.clone())
        .bind(i64::from(self.shared))
        .bind(serde_json::to_string(&self.definition).map_err(unwritable)?)
        .bind(self.created_at.as_micros())
        .bind(self.updated_at.as_micros())
        .execute(connection)
        .await?;
        Ok(())
    }

    /// Deletes it.
    pub(crate) async fn delete(&self, connection: &mut AnyConnection) -> Result<(), ControlError> {
        query("DELETE FROM views WHERE organization_id = $1 AND id = $2")
            .bind(self.organization_id.clone())
            .bind(self.id.clone())
            .execute(connection)
            .await?;
        Ok(())
    }

    fn of_row(row: &AnyRow) -> Result<Self, ControlError> {
        let id: String = row.try_get("id")?;
        let definition: String = row.try_get("definition")?;
        let definition = serde_json::from_str(&definition)
            .map_err(|error| ControlError::Unknown(format!("the view {id} ({error})")))?;
        Ok(Self {
            id,
            organization_id: row.try_get("organization_id")?,
            owner_id: row.try_get("owner_id")?,
            name: row.try_get("name")?,
            shared: row.try_get::<i64, _>("shared")? == 1,
            definition,
            created_at: Timestamp::from_micros(row.try_get("created_at")?),
            updated_at: Timestamp::from_micros(row.try_get("updated_at")?),
        })
    }
}
