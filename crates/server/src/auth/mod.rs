//! Who is asking, and what they may do.
//!
//! A handler names the right it needs in its signature, such as [`Authorized<Ingest>`] or
//! [`Authorized<ManageKeys>`], and is not called without it. What must always hold:
//!
//! - the only way to an [`Authorized`] is credentials that were checked for that right, now: an API key, the session
//!   of a person, or a viewer token. One function decides how far a right reaches ([`Held::reach`]);
//! - the only way to a query's scope is an [`Authorized`] that may read: it names one organization, and those
//!   projects of it that the right reaches;
//! - a right that reaches some projects changes nothing of the organization, and reads nothing that
//!   tells of other projects;
//! - a log under `/log` is open to all only while its organization has it public ([`LogReader`]);
//! - a session counts only for requests that our own pages can have made ([`gate`]);
//! - who is answered for longer than a moment is looked at again ([`Gate::still_holds`]);
//! - a request is told the same about credentials that do not exist, have expired, were revoked or have
//!   another secret; secrets are compared in constant time or by their digests, and are never logged.

mod base32;
mod caller;
pub(crate) mod client_address;
pub(crate) mod cookies;
pub(crate) mod device;
mod gate;
mod granted;
pub(crate) mod hasher;
mod held;
mod issuers;
mod kept_scope;
mod key_text;
mod keyring;
mod log_reader;
pub(crate) mod oidc;
pub(crate) mod password;
pub(crate) mod recovery;
pub(crate) mod refusals;
mod refused;
mod rights;
pub(crate) mod same_origin;
pub(crate) mod throttle;
pub(crate) mod token;
pub(crate) mod totp;
mod uses;
mod viewer_token;
mod whoever;

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use evident_event::query::{MAX_SCOPE_PROJECTS, Scope};

use crate::control::{KeyKind, Permission};
use crate::edge;

pub(crate) use caller::{Caller, Client, Person, Visit, Who};
pub(crate) use gate::{Doors, Gate, SignedIn, client};
pub(crate) use held::{Held, Reach};
pub(crate) use issuers::Issuers;
pub(crate) use kept_scope::KeptScope;
pub(crate) use key_text::{KeyText, Secret};
pub(crate) use keyring::Keyring;
pub(crate) use log_reader::LogReader;
pub(crate) use password::{PasswordError, hash_password};
pub(crate) use refused::{KeyRefusal, RefusedKey, RefusedSlot};
pub(crate) use rights::*;
pub(crate) use viewer_token::{MAX_LIMIT_BYTES, ViewerClaims};
pub(crate) use whoever::Whoever;

use held::Archived;

/// Why a request may not do what it asks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AuthError {
    /// No credentials.
    #[error(
        "this needs an API key, sent as `Authorization: Bearer <key>`, or somebody who is signed in"
    )]
    Missing,
    /// Credentials that are none, or work no longer.
    #[error(
        "the API key or the session is not valid: check that it is whole, has not expired and was not revoked"
    )]
    Invalid,
    /// A session, in a request that another site may have made.
    #[error(
        "this request was not made by one of this server's own pages: sign in there, or use an API key"
    )]
    OtherSite,
    /// The request names an organization twice.
    #[error("organization_id: the parameter is given more than once: give it once")]
    RepeatedOrganization,
    /// The person belongs to several organizations.
    #[error(
        "you belong to more than one organization: say which one is meant by ?organization_id="
    )]
    WhichOrganization,
    /// A viewer token, in a request of a page that its issuer does not list.
    #[error("this viewer token is not for pages of this origin: its issuer does not list it")]
    OtherOrigin,
    /// The credentials are of another organization, or of none.
    #[error("these credentials give nothing in that organization: check its id")]
    OtherOrganization,
    /// They have not the right.
    #[error("this needs the permission {}: use {}, or ask an admin of the organization for a role that has it", .0.as_str(), keys_with(*.0))]
    Forbidden(Permission),
    /// They have the right within projects only.
    #[error("this needs the permission {} in the whole organization, and here it is limited to projects", .0.as_str())]
    LimitedToProjects(Permission),
    /// They have the right, and the organization is archived.
    #[error(
        "the organization is archived: it is read, what could do harm is taken away, and nothing else is recorded or \
         changed in it until an admin of it or an owner of the instance brings it back"
    )]
    OrganizationArchived,
    /// They have the right in projects that are archived.
    #[error(
        "the project is archived: it is read, and nothing is recorded or changed by those who are limited to it \
         until it is brought back"
    )]
    ProjectArchived,
    /// What they ask is of the instance as a whole.
    #[error(
        "this tells of every organization of the server: use a key of the organization that the server was founded \
         with, or the listener of its own that metrics_listen sets up"
    )]
    NotHome,
    /// They do not reach that project.
    #[error("this needs the permission {} in that project", .0.as_str())]
    OutsideProjects(Permission),
    /// The right is held in more projects than a query can be limited to.
    #[error(
        "you have roles in more than {MAX_SCOPE_PROJECTS} projects, too many for one query: ask for a role in the \
         organization"
    )]
    TooManyProjects,
    /// Only people do this.
    #[error("this is for people who are signed in, not for API keys")]
    PeopleOnly,
    /// The session is by one organization's provider.
    #[error(
        "this session is by an organization's own sign-in and reaches that organization alone: sign in with your \
         password to change what is yours"
    )]
    LimitedSession,
    /// Only owners of the instance do this.
    #[error("this is for the instance's owners: ask one of them")]
    OwnersOnly,
    /// The path names a log that is not there, or not the caller's.
    #[error("there is no such log: check the organization's id and your key")]
    NoLog,
    /// The control database did not say.
    #[error("the control database failed: try again; the server's log says why")]
    Unknown,
}

/// Which keys have a permission, in words that follow "use".
fn keys_with(permission: Permission) -> &'static str {
    let has = |kind| Held::by_key(kind, None).reach(permission) != Reach::Nothing;
    match (has(KeyKind::Ingest), has(KeyKind::Read)) {
        (true, _) => "an ingest or an admin key",
        (_, true) => "a read or an admin key",
        _ => "an admin key",
    }
}

/// A caller who has the right `R`.
#[derive(Debug, Clone)]
pub(crate) struct Authorized<R> {
    caller: Caller,
    visit: Arc<Visit>,
    reach: Reach,
    right: PhantomData<fn() -> R>,
}

impl<R: Right> Authorized<R> {
    fn of(caller: Caller, visit: Arc<Visit>) -> Result<Self, AuthError> {
        let caller = Caller {
            held: caller.held.for_taking(R::EVEN_ARCHIVED),
            ..caller
        };
        let reach = match R::PERMISSION {
            None => Reach::Organization,
            Some(permission) => {
                let reach = caller.held.reach(permission);
                if reach == Reach::Nothing && R::BEYOND_PROJECTS && caller.held.is_within_projects()
                {
                    return Err(AuthError::LimitedToProjects(permission));
                }
                if reach == Reach::Nothing {
                    return Err(match caller.held.archived(permission) {
                        Some(Archived::Organization) => AuthError::OrganizationArchived,
                        Some(Archived::Project) => AuthError::ProjectArchived,
                        None => AuthError::Forbidden(permission),
                    });
                }
                if matches!(&reach, Reach::Projects(ids) if ids.len() > MAX_SCOPE_PROJECTS) {
                    return Err(AuthError::TooManyProjects);
                }
                if !rights::suffices::<R>(&reach) {
                    return Err(AuthError::LimitedToProjects(permission));
                }
                reach
            }
        };
        Ok(Self {
            caller,
            visit,
            reach,
            right: PhantomData,
        })
    }

    /// Who it is.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Where the request came from.
    pub(crate) fn visit(&self) -> &Arc<Visit> {
        &self.visit
    }

    /// How far the right reaches.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Refuses where the right does not reach a project; `None` stands for the organization as a whole.
    pub(crate) fn must_reach(&self, project_id: Option<&str>) -> Result<(), AuthError> {
        let permission = R::PERMISSION.unwrap_or(Permission::ReadSettings);
        match project_id {
            Some(id) if self.reach.includes(id) => Ok(()),
            Some(_) => Err(AuthError::OutsideProjects(permission)),
            None if self.reach == Reach::Organization => Ok(()),
            None => Err(AuthError::LimitedToProjects(permission)),
        }
    }

    /// The right `Q` of the same caller, if there is it too.
    pub(crate) fn also<Q: Right>(&self) -> Result<Authorized<Q>, AuthError> {
        Authorized::of(self.caller.clone(), Arc::clone(&self.visit))
    }
}

/// Rights whose holders may ask about events.
pub(crate) trait Asking: Right {}

impl Asking for Read {}
impl Asking for ExportEvents {}

impl<R: Asking> Authorized<R> {
    /// All that the caller may see.
    pub(crate) fn scope(&self) -> Scope {
        let organization = &*self.caller.organization_id;
        let ids: &[Arc<str>] = match &self.reach {
            Reach::Projects(ids) => ids,
            Reach::Organization | Reach::Nothing => &[],
        };
        let mut scope = match &self.reach {
            Reach::Organization => Scope::organization(organization),
            Reach::Projects(_) | Reach::Nothing => {
                // So many projects were refused when the right was looked at ([`Self::of`]).
                let within = Scope::projects(organization, ids.iter().map(|id| id.to_string()));
                within.unwrap_or_else(|_| Scope::nothing(organization))
            }
        };
        if let Some(actor) = self.caller.held.actor() {
            scope = scope.only_actor(actor);
        }
        if let Some(target) = self.caller.held.target() {
            scope = scope.only_target(target);
        }
        scope
    }
}

impl<S, R> FromRequestParts<S> for Authorized<R>
where
    Arc<Gate>: FromRef<S>,
    S: Sync,
    R: Right,
{
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        let gate = <Arc<Gate>>::from_ref(state);
        let visit = Arc::new(Visit::of(parts));
        let caller = gate.caller(parts, edge::now()).await?;
        if let Some(slot) = parts.extensions.get::<CallerSlot>() {
            slot.fill(&caller);
        }
        let refused = keyring::refusal_of(&caller, KeyRefusal::LacksPermission);
        Self::of(caller, visit).inspect_err(|_| {
            if let Some(refused) = refused {
                RefusedSlot::of(parts).fill(refused);
            }
        })
    }
}

/// Where the exchange finds out who asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerSlot(Arc<std::sync::OnceLock<Caller>>);

impl CallerSlot {
    fn fill(&self, caller: &Caller) {
        // A handler with two extractors fills it twice, with the same caller.
        let _ = self.0.set(caller.clone());
    }

    /// Who asked, if the request came with credentials that work.
    pub(crate) fn get(&self) -> Option<&Caller> {
        self.0.get()
    }
}

#[cfg(test)]
impl Authorized<Read> {
    /// A reader of an organization, with the gate that lets its key in.
    pub(crate) async fn with_key_until(
        organization_id: &str,
        expires_at: evident_event::time::Timestamp,
    ) -> (Self, Arc<Gate>) {
        gate::tests::reader_until(organization_id, expires_at).await
    }

    /// Somebody who is signed in, with these roles in an organization.
    pub(crate) fn with_roles(
        organization_id: &str,
        holdings: crate::control::Holdings,
    ) -> Result<Self, AuthError> {
        let person = Person {
            id: "usr_1".to_owned(),
            email: "ada@example.com".to_owned(),
            name: String::new(),
            session_id: "ses_1".to_owned(),
            session_digest: [0; 32],
            method: crate::control::SignInMethod::Password,
            only_organization: None,
            is_instance_owner: false,
        };
        let caller = Caller {
            who: Who::Person(Arc::new(person)),
            organization_id: Arc::from(organization_id),
            held: Held::by_roles(holdings),
        };
        Self::of(caller, Arc::new(Visit::within()))
    }
}
