//! What somebody who is signed in is told about the own account: where it belongs, and what it may do there.

use evident_event::time::Timestamp;

use super::{SignInError, SigningIn};
use crate::control::{Account, Level, Membership, Role, Session};

/// An account, and where its person belongs.
pub(crate) struct Standing {
    /// The account.
    pub(crate) account: Account,
    /// How many recovery codes there are still.
    pub(crate) recovery_codes: usize,
    /// The organizations, with the roles there.
    pub(crate) organizations: Vec<Held>,
}

/// What a person holds in an organization.
pub(crate) struct Held {
    /// The organization's id.
    pub(crate) organization_id: String,
    /// The role in it; nothing where it is not there any more.
    pub(crate) role: Option<Role>,
    /// The roles in its projects.
    pub(crate) projects: Vec<(String, Option<Role>)>,
}

impl SigningIn {
    /// What is told to a person, of one organization where the session reaches no other.
    pub(crate) async fn standing(
        &self,
        user_id: &str,
        only_organization: Option<&str>,
    ) -> Result<Standing, SignInError> {
        let mut connection = self.control.reading().await?;
        let account = Account::find(&mut connection, user_id).await?;
        let account = account.ok_or(SignInError::NoPerson)?;
        let recovery_codes = Account::recovery_digests(&mut connection, user_id)
            .await?
            .len();
        let mut organizations = Vec::new();
        for membership in Membership::of(&mut connection, user_id).await? {
            let id = membership.organization_id;
            if only_organization.is_some_and(|only| only != id) {
                continue;
            }
            let roles = Role::of_organization(&mut connection, &id).await?;
            let role = |role: &str, level| {
                let mut roles = roles.iter();
                roles
                    .find(|known| known.id == role && known.is_for(level))
                    .cloned()
            };
            let projects = membership.projects.iter();
            let projects = projects.map(|(id, held)| (id.clone(), role(held, Level::Project)));
            organizations.push(Held {
                role: role(&membership.role, Level::Organization),
                projects: projects.collect(),
                organization_id: id,
            });
        }
        Ok(Standing {
            account,
            recovery_codes,
            organizations,
        })
    }

    /// The sessions of a person that still work, the newest first.
    pub(crate) async fn sessions(
        &self,
        user_id: &str,
        now: Timestamp,
    ) -> Result<Vec<Session>, SignInError> {
        let mut connection = self.control.reading().await?;
        let mut sessions = Session::of_user(&mut connection, user_id).await?;
        sessions.retain(|session| session.works_at(now, self.lasting.idle));
        Ok(sessions)
    }
}
