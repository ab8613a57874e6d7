//! What is told about a person, a session, and what a person may do.

use serde::Serialize;
use utoipa::ToSchema;

use crate::control::{Organizations, Permissions, Role, Session};
use crate::signing_in::Standing;

/// Who is signed in, and what that person may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignedInAs {
    /// The person.
    user: OwnAccount,
    /// The session.
    session: SessionInfo,
    /// The organizations that the person acts in by this session.
    organizations: Vec<OwnOrganization>,
}

/// A person's own account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnAccount {
    /// Its id, `usr_…`.
    id: String,
    /// The address.
    email: String,
    /// The person's name; may be empty.
    name: String,
    /// Whether the person is an owner of the instance.
    instance_owner: bool,
    /// Whether there is a password.
    password: bool,
    /// Whether a second factor is in use.
    second_factor: bool,
    /// How many recovery codes there are still.
    recovery_codes: usize,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionInfo {
    /// Its id, `ses_…`.
    id: String,
    /// How it was begun: `password` or `sso`.
    method: &'static str,
    /// The only organization that it reaches, if there is such a limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    organization_id: Option<String>,
    /// The address that it was begun from.
    address: String,
    /// What the browser said it is; may be empty.
    user_agent: String,
    /// Whether it is the session of this request.
    current: bool,
    /// When it was begun, in UTC.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last used, give or take a minute, in UTC.
    #[schema(format = DateTime)]
    last_seen_at: String,
    /// When it ends in any case, in UTC. It ends sooner when it rests for too long.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl SessionInfo {
    pub(super) fn of(session: &Session, current: &str) -> Self {
        Self {
            id: session.id.clone(),
            method: session.method.as_str(),
            organization_id: session.organization_id.clone(),
            address: session.address.clone(),
            user_agent: session.user_agent.clone(),
            current: session.id == current,
            created_at: session.created_at.to_string(),
            last_seen_at: session.last_seen_at.to_string(),
            expires_at: session.expires_at.to_string(),
        }
    }
}

/// An organization that a person belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnOrganization {
    /// Its id, `org_…`.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is archived.
    archived: bool,
    /// The role in it.
    role: Option<OwnRole>,
    /// What the role permits.
    permissions: Vec<&'static str>,
    /// The projects that the person has a role in.
    projects: Vec<OwnProject>,
}

/// A project that a person has a role in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnProject {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// Whether it is archived.
    archived: bool,
    /// The role in it.
    role: Option<OwnRole>,
    /// What the role permits.
    permissions: Vec<&'static str>,
}

/// A role that a person has.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OwnRole {
    /// A built-in role's name, or the id of one of the organization's own.
    id: String,
    /// Its name.
    name: String,
}

impl OwnRole {
    fn of(role: &Role) -> Self {
        Self {
            id: role.id.clone(),
            name: role.name.clone(),
        }
    }
}

fn names(permissions: Option<Permissions>) -> Vec<&'static str> {
    let permissions = permissions.unwrap_or(Permissions::NONE);
    permissions
        .iter()
        .map(|permission| permission.as_str())
        .collect()
}

impl SignedInAs {
    pub(super) fn new(session: &Session, standing: &Standing, all: &Organizations) -> Self {
        let account = &standing.account;
        let mut organizations = Vec::with_capacity(standing.organizations.len());
        for held in &standing.organizations {
            let Some(settings) = all.settings(&held.organization_id) else {
                continue;
            };
            let projects = held.projects.iter().filter_map(|(id, role)| {
                let project = settings.projects.iter().find(|project| project.id == *id)?;
                Some(OwnProject {
                    id: id.clone(),
                    name: project.name.clone(),
                    archived: project.archived,
                    role: role.as_ref().map(OwnRole::of),
                    permissions: names(
                        role.as_ref()
                            .map(|role| role.permissions.within_a_project()),
                    ),
                })
            });
            organizations.push(OwnOrganization {
                id: settings.id.clone(),
                name: settings.name.clone(),
                archived: settings.archived,
                role: held.role.as_ref().map(OwnRole::of),
                permissions: names(held.role.as_ref().map(|role| role.permissions)),
                projects: projects.collect(),
            });
        }
        Self {
            user: OwnAccount {
                id: account.id.clone(),
                email: account.email.clone(),
                name: account.name.clone(),
                instance_owner: account.is_instance_owner && session.organization_id.is_none(),
                password: account.password_hash.is_some(),
                second_factor: account.totp_confirmed,
                recovery_codes: standing.recovery_codes,
            },
            session: SessionInfo::of(session, &session.id),
            organizations,
        }
    }
}

/// The sessions of a person.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// The newest first.
    pub(super) data: Vec<SessionInfo>,
}

/// How many sessions were ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EndedSessions {
    /// So many.
    pub(super) ended: u64,
}
