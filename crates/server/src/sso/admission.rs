//! Who of the people that a provider vouches for is which person here, and in which role.
//!
//! What must always hold:
//!
//! - a person is known by the provider's subject; by e-mail address only the first time, and then only a member of
//!   this very organization, whom the provider did not know by another subject before;
//! - somebody who is known here and is no member of it is not taken over: they must be invited by the organization;
//! - the last admin stays one, whatever the provider says;
//! - a group whose role is not there lets nobody in: what it gave may have been less than what comes after it in the
//!   list, and less than the default role;
//! - all of it is decided with the organization locked, by the provider and the roles as they are then.

use evident_event::time::Timestamp;
use sqlx::AnyConnection;

use super::{SingleSignOn, SsoError, policy};
use crate::acts::{Act, Author, Deed};
use crate::auth::oidc::{Admitted, Identity, OidcError};
use crate::control::{ControlError, Level, Role, Settings, Sso, SsoPerson, locked_organization};
use crate::edge;

/// Most members that an organization can come to have by its provider.
const MAX_MEMBERS: i64 = 10_000;

const NO_MEMBER: &str = "a person with this address is known here and does not belong to the organization: invite \
     them, and let them sign in again once they have accepted";
const OTHER_SUBJECT: &str = "the member with this address is somebody else at the provider (by another subject): \
     remove the member first if the address was given to somebody new";
const ARCHIVED: &str = "the organization is archived, so nobody new comes in: bring it back first";
const NO_ROLE: &str = "the first group in the list that the person is in gives a role that is not there any more: give the group \
     another role, or take it out of the list (group_roles)";
const FULL: &str = "the organization has as many members as it can have: remove those who are gone";
const TAKEN: &str = "somebody took the address at this moment: sign in again";
const LAST_ADMIN: &str =
    "this is the organization's last admin, who keeps the role: give it to somebody else first";

/// What is known when somebody stands at the door.
struct Door<'d> {
    sso: &'d Sso,
    settings: &'d Settings,
    identity: &'d Identity,
    admitted: &'d Admitted,
    now: Timestamp,
}

impl SingleSignOn {
    /// The person that a provider vouches for, made or changed as the policy says.
    pub(super) async fn admit(
        &self,
        asked: &Sso,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<SsoPerson, SsoError> {
        let organization_id = &asked.organization_id;
        let mut act = self.means.acts.begin(Author::evident()).await?;
        let organizations = act.organizations();
        let connection = act.connection();
        if !locked_organization(connection, organization_id).await? {
            return Err(SsoError::NotSetUp);
        }
        let sso = Sso::find(connection, organization_id).await?;
        let sso = sso.filter(|sso| sso.enabled).ok_or(SsoError::NotSetUp)?;
        if sso.issuer != asked.issuer || sso.client_id != asked.client_id {
            return Err(OidcError::ProviderChanged.into());
        }
        let settings = organizations
            .settings_within(connection, organization_id)
            .await?
            .ok_or(SsoError::NotSetUp)?;
        let policy = policy(&sso).map_err(|error| SsoError::Misconfigured(error.to_string()))?;
        let admitted = policy.admit(identity)?;
        let door = Door {
            sso: &sso,
            settings: &settings,
            identity,
            admitted: &admitted,
            now,
        };
        let person = door.person(&mut act).await?;
        act.commit().await?;
        Ok(person)
    }
}

impl Door<'_> {
    async fn person(&self, act: &mut Act) -> Result<SsoPerson, SsoError> {
        let (organization_id, subject) = (&self.settings.id, &self.identity.subject);
        let known = SsoPerson::by_subject(act.connection(), organization_id, subject).await?;
        if let Some(member) = known {
            return self.with_role(member, act).await;
        }
        let email = self.admitted.email.to_lowercase();
        let known = SsoPerson::by_email(act.connection(), organization_id, &email).await?;
        match known {
            None => self.newcomer(email, act).await,
            Some(person) if person.role.is_none() => Err(SsoError::Refused(NO_MEMBER)),
            Some(person) if person.subject.is_some() => Err(SsoError::Refused(OTHER_SUBJECT)),
            Some(member) => {
                self.link(&member, act).await?;
                self.with_role(member, act).await
            }
        }
    }

    async fn newcomer(&self, email: String, act: &mut Act) -> Result<SsoPerson, SsoError> {
        let organization_id = &self.settings.id;
        if self.settings.archived {
            return Err(SsoError::Refused(ARCHIVED));
        }
        if SsoPerson::members(act.connection(), organization_id).await? >= MAX_MEMBERS {
            return Err(SsoError::Refused(FULL));
        }
        let wanted = self.wanted_role(None, act.connection()).await?;
        let role = match wanted {
            Some(role) => role,
            None => self.default_role(act.connection()).await?,
        };
        let person = SsoPerson {
            id: edge::prefixed_id("usr", self.now)?,
            email,
            name: self.identity.name.clone().unwrap_or_default(),
            role: Some(role.id.clone()),
            subject: None,
        };
        let added = person
            .add(act.connection(), organization_id, &role.id, self.now)
            .await?;
        if !added {
            return Err(SsoError::Refused(TAKEN));
        }
        let added = self.deed("organisation.user.added", &person);
        act.did(organization_id, added);
        let assigned = self
            .deed("organisation.user.role.assigned", &person)
            .saying("role_id", role.id)
            .saying("role_name", role.name);
        act.did(organization_id, assigned);
        self.link(&person, act).await?;
        Ok(person)
    }

    /// Notes which subject somebody is from now on.
    async fn link(&self, person: &SsoPerson, act: &mut Act) -> Result<(), SsoError> {
        let organization_id = &self.settings.id;
        let subject = &self.identity.subject;
        person
            .link(act.connection(), organization_id, subject)
            .await?;
        let deed = self.deed("settings.changed", person).changing(
            "sso_subject",
            serde_json::Value::Null,
            subject.as_str(),
        );
        act.did(organization_id, deed);
        Ok(())
    }

    /// The member, in the role that the provider's word gives now.
    async fn with_role(&self, mut member: SsoPerson, act: &mut Act) -> Result<SsoPerson, SsoError> {
        let organization_id = &self.settings.id;
        if self.settings.archived {
            return Ok(member);
        }
        let before = member.role.clone().unwrap_or_default();
        let wanted = self.wanted_role(Some(&before), act.connection()).await?;
        let Some(role) = wanted.filter(|role| role.id != before) else {
            return Ok(member);
        };
        let deed = self
            .deed("organisation.user.role.changed", &member)
            .changing("role", before.as_str(), role.id.as_str())
            .saying("role_name", role.name);
        if member
            .is_last_admin(act.connection(), organization_id)
            .await?
        {
            act.did(organization_id, deed.but("denied", LAST_ADMIN));
            return Ok(member);
        }
        member
            .give_role(act.connection(), organization_id, &role.id)
            .await?;
        act.did(organization_id, deed);
        member.role = Some(role.id);
        Ok(member)
    }

    /// The role that the provider's word gives: by a group, or, where groups give roles at all, the default one.
    /// Where none do, roles are not the provider's.
    async fn wanted_role(
        &self,
        before: Option<&str>,
        connection: &mut AnyConnection,
    ) -> Result<Option<Role>, SsoError> {
        let Some(id) = &self.admitted.role_id else {
            let is_mapped = !self.sso.policy.group_roles.is_empty();
            return match is_mapped || before.is_none() {
                true => Ok(Some(self.default_role(connection).await?)),
                false => Ok(None),
            };
        };
        // Roles are not deleted while a group gives them, and were before: nobody knows what such a one allowed.
        let role = self.role(connection, id).await?;
        role.map(Some).ok_or(SsoError::Refused(NO_ROLE))
    }

    /// The role that new members begin with.
    async fn default_role(&self, connection: &mut AnyConnection) -> Result<Role, ControlError> {
        if let Some(role) = self.role(connection, &self.settings.default_role).await? {
            return Ok(role);
        }
        let member = self.role(connection, Role::MEMBER).await?;
        member.ok_or_else(|| ControlError::Unknown("no role for members".to_owned()))
    }

    async fn role(
        &self,
        connection: &mut AnyConnection,
        id: &str,
    ) -> Result<Option<Role>, ControlError> {
        let role = Role::find(connection, &self.settings.id, id).await?;
        Ok(role.filter(|role| role.is_for(Level::Organization)))
    }

    fn deed(&self, action: &'static str, person: &SsoPerson) -> Deed {
        let name = match person.name.is_empty() {
            true => &person.email,
            false => &person.name,
        };
        Deed::new(action)
            .to("user", &person.id, name)
            .saying("identity_provider", self.identity.issuer.as_str())
    }
}
