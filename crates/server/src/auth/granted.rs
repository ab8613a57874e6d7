//! What somebody holds who is not asking now: whoever made a link that others open later.
//!
//! It must hold that a link gives no more than its maker could give at the moment when it is opened: whoever has lost a
//! role, or the key, gives nothing by what was made before.

use evident_event::time::Timestamp;
use sqlx::AnyConnection;

use super::Held;
use crate::control::{ControlError, Holdings, living_key};

impl Held {
    /// What a person or a key holds in an organization now, by id. Nothing if there is no such person or key any more.
    pub(crate) async fn of_maker(
        connection: &mut AnyConnection,
        organization_id: &str,
        maker: &str,
        now: Timestamp,
    ) -> Result<Self, ControlError> {
        if let Some(holdings) = Holdings::of(connection, organization_id, maker).await? {
            return Ok(Self::by_roles(holdings));
        }
        let key = living_key(connection, organization_id, maker, now).await?;
        Ok(key.map_or_else(Self::default, |key| {
            Self::by_key(key.kind, key.project_id.as_deref())
        }))
    }
}
