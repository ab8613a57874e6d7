//! Why something about people or roles was not done.

use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};

use crate::auth::hasher::HasherError;
use crate::auth::throttle::TooMany;
use crate::control::Level;
use crate::control::invitations::MAX_INVITATIONS;
use crate::control::members::{MAX_MEMBERS, MAX_PROJECTS_A_MEMBER};
use crate::control::own_roles::{Holders, MAX_OWN_ROLES};
use crate::edge::NoRandomness;
use crate::http::problem::{Problem, shortened};

/// Why something about people or roles was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum PeopleError {
    #[error("there is no such {0}: check its id and your credentials")]
    NotFound(&'static str),
    #[error("there is no role {role:?}: GET /v1/roles lists them, with their ids")]
    UnknownRole {
        role: String,
        suggestion: Option<String>,
    },
    #[error("the role {role:?} cannot be held in {}: choose another one", where_held(*level))]
    OtherLevel { role: String, level: Level },
    #[error(
        "the role {role:?} allows more than you may yourself ({}): ask somebody who has these permissions too",
        lacking.join(", ")
    )]
    BeyondOwn {
        role: String,
        lacking: Vec<&'static str>,
    },
    #[error(
        "an organization keeps an Organization Admin, and this is the last one: make somebody else one first"
    )]
    LastAdmin,
    #[error("{0:?} is a built-in role, which is the same for everybody: make one of your own")]
    BuiltInRole(String),
    #[error("there is a role called {0:?} already: choose another name")]
    RoleExists(String),
    #[error("{}: give them another one by ?replace_with=<the id of a role>", told(.0))]
    RoleInUse(Holders),
    #[error(
        "an organization has at most {MAX_OWN_ROLES} roles of its own: delete one that is not needed"
    )]
    TooManyRoles,
    #[error("an organization has at most {MAX_MEMBERS} members: remove those who are gone")]
    TooManyMembers,
    #[error(
        "a member has roles in at most {MAX_PROJECTS_A_MEMBER} projects: give a role in the organization instead"
    )]
    TooManyProjects,
    #[error(
        "an organization has at most {MAX_INVITATIONS} invitations that nobody has accepted: revoke some"
    )]
    TooManyInvitations,
    #[error("somebody with this address is a member already: change the member's role instead")]
    AlreadyMember,
    #[error("there is an invitation for this address already: renew it, or revoke it first")]
    AlreadyInvited,
    #[error("some of what was named is not there")]
    UnknownMembers(Vec<usize>),
    #[error(
        "this invitation is not valid: it was accepted, revoked or renewed, or has expired; ask for a new one"
    )]
    NoInvitation,
    #[error("there is an account with the invited address: sign in with it, then accept")]
    SignInNeeded,
    #[error("the invitation is for another address: sign out, and sign in with the invited one")]
    OtherPerson,
    #[error("the person is new here: send a name and a password")]
    NewcomerExpected,
    #[error("too many invitations were tried that are not valid: try again in {} seconds", .0.retry_after_seconds())]
    Throttled(TooMany),
    #[error(transparent)]
    Hasher(#[from] HasherError),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error("cursor: it is none of this list: begin without one")]
    BadCursor,
    #[error("limit: give a number from 1 to {0}")]
    BadLimit(u64),
}

fn where_held(level: Level) -> &'static str {
    match level {
        Level::Organization => "the organization as a whole",
        Level::Project => "a project",
    }
}

fn told(holders: &Holders) -> String {
    let Holders {
        people,
        invitations,
        groups,
        is_default,
    } = holders;
    let default = match is_default {
        true => " and new members begin with it",
        false => "",
    };
    let given = match groups {
        0 => String::new(),
        groups => format!(", {groups} groups of single sign-on give it"),
    };
    format!("{people} members hold the role, {invitations} invitations are to it{given}{default}")
}

impl From<PeopleError> for Problem {
    fn from(error: PeopleError) -> Self {
        use PeopleError as E;
        let detail = shortened(&error.to_string());
        let conflict = |code| Self::new(StatusCode::CONFLICT, code, &*detail);
        let forbidden = |code| Self::new(StatusCode::FORBIDDEN, code, &*detail);
        let unacceptable = |code| Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, &*detail);
        match error {
            E::NotFound(_) => Self::not_found(detail),
            E::UnknownRole { suggestion, .. } => {
                unacceptable("unknown_role").with_suggestion(suggestion.as_deref())
            }
            E::OtherLevel { .. } => unacceptable("role_of_other_level"),
            E::BeyondOwn { .. } => forbidden("beyond_own_permissions"),
            E::LastAdmin => conflict("last_admin"),
            E::BuiltInRole(_) => conflict("built_in_role"),
            E::RoleExists(_) => conflict("role_exists"),
            E::RoleInUse(_) => conflict("role_in_use"),
            E::TooManyRoles => conflict("too_many_roles"),
            E::TooManyMembers => conflict("too_many_members"),
            E::TooManyProjects => conflict("too_many_projects"),
            E::TooManyInvitations => conflict("too_many_invitations"),
            E::AlreadyMember => conflict("already_member"),
            E::AlreadyInvited => conflict("already_invited"),
            E::UnknownMembers(positions) => unknown_members(&positions),
            E::NoInvitation => Self::new(StatusCode::NOT_FOUND, "invitation_not_valid", detail),
            E::SignInNeeded => Self::new(StatusCode::UNAUTHORIZED, "sign_in_needed", detail)
                .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            E::OtherPerson => forbidden("other_person"),
            E::NewcomerExpected => unacceptable("newcomer_expected"),
            E::Throttled(wait) => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
                    .with_header(RETRY_AFTER, HeaderValue::from(wait.retry_after_seconds()))
            }
            E::Hasher(HasherError::Busy) => Self::too_many("too_many_passwords", detail),
            E::Hasher(HasherError::Password(_)) => unacceptable("password_refused"),
            E::Hasher(HasherError::Abandoned) | E::NoRandomness(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
            E::BadCursor => Self::bad_request("bad_cursor", detail),
            E::BadLimit(_) => Self::bad_request("bad_parameter", detail),
        }
    }
}

fn unknown_members(positions: &[usize]) -> Problem {
    let findings: Vec<_> = positions
        .iter()
        .map(|position| evident_event::record::Refusal {
            pointer: format!("/user_ids/{position}"),
            code: "unknown_member",
            message: "expected the id of a member of the organization: leave it out".to_owned(),
            suggestion: None,
        })
        .collect();
    crate::http::document::refused(&findings)
}
