//! Whoever asks about an organization that the path names, and not about the one that the request is made in.
//!
//! It must hold that the path decides nothing about rights: a key has them in its own organization alone, a person
//! in the organizations that the person belongs to, and an owner of the instance in none by that.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::gate::SignedIn;
use super::{AuthError, Authorized, Caller, CallerSlot, Gate, Member, Right};
use crate::edge;

/// Somebody with credentials that work, whatever the organization.
#[derive(Debug)]
pub(crate) enum Whoever {
    /// A key, which has one organization.
    Key(Authorized<Member>),
    /// A person who is signed in.
    Person(SignedIn),
}

impl Whoever {
    /// The right `R` in an organization. Of an organization that gives them nothing, people and keys learn nothing.
    pub(crate) async fn within<R: Right>(
        &self,
        gate: &Gate,
        organization_id: &str,
    ) -> Result<Authorized<R>, AuthError> {
        match self {
            Self::Key(key) => {
                let authorized = key.also()?;
                match **key.caller().organization_id() == *organization_id {
                    true => Ok(authorized),
                    false => Err(AuthError::OtherOrganization),
                }
            }
            Self::Person(signed_in) => {
                let person = signed_in.person().clone();
                let caller: Caller = gate.member(person, Some(organization_id)).await?;
                Authorized::of(caller, Arc::clone(signed_in.visit()))
            }
        }
    }

    /// The owner of the instance that it is, if it is one.
    pub(crate) fn owner(&self) -> Option<&SignedIn> {
        match self {
            Self::Person(signed_in) if signed_in.must_own_instance().is_ok() => Some(signed_in),
            Self::Person(_) | Self::Key(_) => None,
        }
    }
}

impl<S> FromRequestParts<S> for Whoever
where
    Arc<Gate>: FromRef<S>,
    S: Sync,
{
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            let signed_in = SignedIn::from_request_parts(parts, state).await?;
            return Ok(Self::Person(signed_in));
        }
        let gate = <Arc<Gate>>::from_ref(state);
        let caller = gate.caller(parts, edge::now()).await?;
        if let Some(slot) = parts.extensions.get::<CallerSlot>() {
            slot.fill(&caller);
        }
        let visit = Arc::new(super::Visit::of(parts));
        Ok(Self::Key(Authorized::of(caller, visit)?))
    }
}
