//! Whether an author may still do what the request was let in for.
//!
//! It must hold that nothing is changed on the strength of what has been taken away: a request is let in when its head
//! has come, and its body may take its time. So the organization is locked first, as it is by whoever takes a role, a
//! key or a session away, and then the credentials are looked at once more, in the change's own transaction.

use evident_event::time::Timestamp;
use sqlx::AnyConnection;

use super::ActError;
use super::deed::{Author, Credentials};
use crate::auth::{AuthError, Caller, Held, Person, Who};
use crate::control::{Session, is_archived, locked_organization};

/// Refuses whoever has lost what the request was let in by.
pub(super) async fn check(
    connection: &mut AnyConnection,
    author: &Author,
    now: Timestamp,
) -> Result<(), ActError> {
    match author.credentials() {
        None => Ok(()),
        Some(Credentials::Person(person)) => session(connection, person).await,
        Some(Credentials::Caller(caller)) => held(connection, caller, now).await,
    }
}

async fn session(connection: &mut AnyConnection, person: &Person) -> Result<(), ActError> {
    // Begun with a write, as every change is.
    match Session::locked(connection, person.session_digest).await? {
        Some(is_owner) if is_owner || !person.is_instance_owner => Ok(()),
        _ => Err(AuthError::Invalid.into()),
    }
}

async fn held(
    connection: &mut AnyConnection,
    caller: &Caller,
    now: Timestamp,
) -> Result<(), ActError> {
    let organization_id = caller.organization_id();
    if !locked_organization(connection, organization_id).await? {
        return Err(ActError::NoOrganization);
    }
    let maker = match caller.who() {
        Who::Key { id, .. } => id.to_string(),
        Who::Person(person) => {
            session(connection, person).await?;
            person.id.clone()
        }
        Who::Viewer { .. } => return Err(AuthError::Invalid.into()),
    };
    let now_held = Held::of_maker(connection, organization_id, &maker, now).await?;
    if !now_held.covers(caller.held()) {
        return Err(AuthError::Invalid.into());
    }
    let knew_or_takes = caller.held().is_frozen() || caller.held().takes();
    if !knew_or_takes && is_archived(connection, organization_id).await? {
        return Err(AuthError::OrganizationArchived.into());
    }
    Ok(())
}
