//! People and roles: who belongs to an organization, what they may do, and who is invited.
//!
//! What must always hold:
//!
//! - what a change is decided by is read under the organization's lock, also what the caller holds: whoever has
//!   lost a role a moment ago changes nothing by it ([`Standing`]);
//! - nobody gives, changes or takes away what allows more than they may themselves ([`Standing::may_touch`]);
//! - an organization keeps an admin;
//! - what is out of the caller's reach is as absent as what never was;
//! - a secret is in an answer once, and nowhere else: what is kept is its digest.

pub(super) mod accepting;
mod errors;
pub(super) mod invitations;
pub(super) mod members;
mod pages;
pub(super) mod project_members;
pub(super) mod roles;

use std::sync::Arc;

use axum::http::Uri;
use evident_event::nearest::nearest;

use crate::acts::{Act, Acts, Author, Deed};
use crate::auth::{AuthError, Authorized, Caller, Held, Reach, Right};
use crate::control::{
    Holdings, Level, MemberAccount as Account, Permission, Role, Settings, locked_organization,
};

use super::parameters;
use super::problem::Problem;
use errors::PeopleError;

/// The parameter by which people say which organization they act in.
const ORGANIZATION_ID: &str = "organization_id";

/// What a change is decided by, as it is under the lock.
struct Standing {
    held: Held,
    settings: Settings,
    roles: Vec<Role>,
}

impl Standing {
    /// Reads what there is in the caller's organization, which nobody else changes since the act was begun.
    async fn of(act: &mut Act, caller: &Caller) -> Result<Self, Problem> {
        let id: &str = caller.organization_id();
        let organizations = act.organizations();
        let settings = organizations.settings_within(act.connection(), id).await?;
        let settings = settings.ok_or(PeopleError::NotFound("organization"))?;
        let roles = Role::of_organization(act.connection(), id).await?;
        let mut held = match caller.person() {
            None => caller.held().clone(),
            Some(person) => {
                let holdings = Holdings::of(act.connection(), id, &person.id).await?;
                Held::by_roles(holdings.ok_or(AuthError::OtherOrganization)?)
            }
        };
        held = held
            .without_archived(|id| settings.projects.is_archived(id))
            .for_taking(caller.held().takes());
        Ok(Self {
            held: held.frozen_if(settings.archived),
            settings,
            roles,
        })
    }

    /// Refuses who has not the permission: in a project, or in the whole organization.
    fn must_have(&self, permission: Permission, project_id: Option<&str>) -> Result<(), Problem> {
        let reach = self.held.reach(permission);
        match project_id {
            _ if reach == Reach::Nothing => Err(AuthError::Forbidden(permission).into()),
            Some(id) if reach.includes(id) => self.project(id),
            Some(_) => Err(PeopleError::NotFound("project").into()),
            None if reach == Reach::Organization => Ok(()),
            None => Err(AuthError::LimitedToProjects(permission).into()),
        }
    }

    fn project(&self, id: &str) -> Result<(), Problem> {
        match self
            .settings
            .projects
            .iter()
            .any(|project| project.id == id)
        {
            true => Ok(()),
            false => Err(PeopleError::NotFound("project").into()),
        }
    }

    /// The role of an id.
    fn role(&self, id: &str) -> Result<&Role, PeopleError> {
        let found = self.roles.iter().find(|role| role.id == id);
        found.ok_or_else(|| {
            let named = self.roles.iter().find(|role| role.is_called(id));
            let near = || nearest(id, self.roles.iter().map(|role| role.id.as_str()));
            let meant = named.map(|role| role.id.as_str()).or_else(near);
            PeopleError::UnknownRole {
                role: id.to_owned(),
                suggestion: meant.map(str::to_owned),
            }
        })
    }

    /// A role that is to be given, in a project or in the organization.
    fn given(&self, id: &str, project_id: Option<&str>) -> Result<&Role, PeopleError> {
        let role = self.role(id)?;
        let level = match project_id {
            Some(_) => Level::Project,
            None => Level::Organization,
        };
        if !role.is_for(level) {
            return Err(PeopleError::OtherLevel {
                role: role.name.clone(),
                level,
            });
        }
        self.may_touch(role, project_id)?;
        Ok(role)
    }

    /// Refuses who may do less than a role allows: whoever gives it, takes it away or changes it must have all of
    /// it.
    fn may_touch(&self, role: &Role, project_id: Option<&str>) -> Result<(), PeopleError> {
        let needed = match project_id {
            Some(_) => role.permissions.within_a_project(),
            None => role.permissions,
        };
        if self.held.may_give(needed, project_id) {
            return Ok(());
        }
        let lacking = needed.iter().filter(|permission| {
            !self
                .held
                .may_give([*permission].into_iter().collect(), project_id)
        });
        Err(PeopleError::BeyondOwn {
            role: role.name.clone(),
            lacking: lacking.map(Permission::as_str).collect(),
        })
    }

    /// The same for a role that somebody holds. One that is not there allows nothing.
    fn may_take(&self, id: &str, project_id: Option<&str>) -> Result<(), PeopleError> {
        match self.roles.iter().find(|role| role.id == id) {
            Some(role) => self.may_touch(role, project_id),
            None => Ok(()),
        }
    }

    /// What a role is called; its id, if there is none.
    fn name_of<'r>(&'r self, id: &'r str) -> &'r str {
        let found = self.roles.iter().find(|role| role.id == id);
        found.map_or(id, |role| role.name.as_str())
    }
}

/// Begins a change by a caller.
async fn begin<R: Right>(
    acts: &Arc<Acts>,
    authorized: &Authorized<R>,
) -> Result<(Act, Standing), Problem> {
    let author = Author::of(authorized.caller(), authorized.visit());
    let mut act = acts.begin(author).await?;
    let standing = Standing::of(&mut act, authorized.caller()).await?;
    Ok((act, standing))
}

/// Refuses every parameter but that which says which organization is meant.
fn no_parameters(uri: &Uri) -> Result<(), Problem> {
    parameters::only(uri, [ORGANIZATION_ID]).map(|_| ())
}

/// What people are called in events: by their names, or their addresses.
fn called(account: &Account) -> &str {
    match account.name.is_empty() {
        true => &account.email,
        false => &account.name,
    }
}

/// The same deed, done to a person.
fn to_person(deed: Deed, account: &Account) -> Deed {
    deed.to("user", &account.id, called(account))
}

/// The deed of giving a member of the organization a role in place of another: assigned to a plain member, changed
/// otherwise.
fn role_given(account: &Account, before: &str, before_name: &str, role: &Role) -> Deed {
    let action = match before {
        Role::MEMBER => "organisation.user.role.assigned",
        _ => "organisation.user.role.changed",
    };
    to_person(Deed::new(action), account)
        .to("role", &role.id, &role.name)
        .changing("role", before_name, role.name.as_str())
        .saying("role_name", role.name.as_str())
}
