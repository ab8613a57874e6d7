//! The gate: from a request's credentials to who is asking.
//!
//! What must always hold:
//!
//! - a request has credentials of one kind: where there is an `Authorization` header, cookies are not looked at;
//! - API keys are in memory, a session is looked up at each request: what has ended does not work any more;
//! - a session counts only for requests that our own pages can have made, but for reading by following a link;
//! - nobody acts in an organization but by a key or a viewer token of it or as a member of it;
//! - a viewer token reads for as long as its issuer is there, and for pages of the origins that this lists only.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use evident_event::time::Timestamp;

use super::caller::{Caller, Client, Person, Visit, Who};
use super::client_address::{Scheme, TrustedProxies};
use super::cookies::Cookie;
use super::keyring::bearer;
use super::refused::{KeyRefusal, RefusedSlot};
use super::same_origin::{self, CookieUse, Origin};
use super::token::{Purpose, Token};
use super::{AuthError, Authorized, Held, Keyring, Right, viewer_token};
use crate::config::Config;
use crate::control::{Control, ControlError, Holdings, Organizations, Session};
use crate::edge;

/// How long after it was last noted the use of a session is noted again.
const SEEN_AGAIN: i64 = 60_000_000;
/// The parameter that says which organization a person acts in.
const ORGANIZATION_ID: &str = "organization_id";

/// What the gate is set up with.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    /// How long a session may rest.
    pub(crate) session_idle: Duration,
    /// The origin that people reach this server by, if it is configured.
    pub(crate) public_origin: Option<Origin>,
}

impl Doors {
    /// As configured.
    pub(crate) fn of(config: &Config) -> Self {
        let public = config.public_origin();
        Self {
            session_idle: config.session_idle(),
            public_origin: public.as_deref().and_then(Origin::parse),
        }
    }
}

/// Where a request comes from, by way of these proxies.
pub(crate) fn client(proxies: &TrustedProxies, peer: IpAddr, headers: &HeaderMap) -> Client {
    let found = proxies.client(peer, Scheme::Http, headers);
    Client {
        address: found.address,
        secure: found.scheme == Scheme::Https,
    }
}

/// Lets callers in.
pub(crate) struct Gate {
    pub(super) keyring: Arc<Keyring>,
    control: Control,
    organizations: Arc<Organizations>,
    doors: Doors,
}

impl Gate {
    /// Lets in by these keys, and by the sessions of this control plane.
    pub(crate) fn new(
        keyring: Arc<Keyring>,
        control: Control,
        organizations: Arc<Organizations>,
        doors: Doors,
    ) -> Self {
        Self {
            keyring,
            control,
            organizations,
            doors,
        }
    }

    /// Who asks, and in which organization.
    pub(super) async fn caller(&self, parts: &Parts, now: Timestamp) -> Result<Caller, AuthError> {
        let asked = asked_organization(parts)?;
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let caller = match viewer_text(header) {
                Some(text) => self.viewer(text, &parts.headers, now)?,
                None => {
                    let address = Visit::of(parts).address;
                    self.keyring
                        .caller(Some(header), address, now, &RefusedSlot::of(parts))?
                }
            };
            return match asked {
                Some(id) if id != *caller.organization_id => {
                    RefusedSlot::of(parts).fill_with(&caller, KeyRefusal::OtherOrganization);
                    Err(AuthError::OtherOrganization)
                }
                _ => self.frozen_or_gone(caller),
            };
        }
        let person = self.person(parts, now).await?;
        self.member(person, asked.as_deref()).await
    }

    /// Whoever has this viewer token.
    fn viewer(&self, text: &str, headers: &HeaderMap, now: Timestamp) -> Result<Caller, AuthError> {
        let verified = self.keyring.issuers().verified(text);
        let (claims, issuer) = verified.ok_or(AuthError::Invalid)?;
        if claims.expires_at() <= now {
            return Err(AuthError::Invalid);
        }
        if !issuer.admits(headers) {
            return Err(AuthError::OtherOrigin);
        }
        let held = Held::by_viewer_token(
            claims.project_id.as_deref(),
            claims.actor_id.as_deref(),
            claims.target_id.as_deref(),
        );
        Ok(Caller {
            who: Who::Viewer {
                id: Arc::from(claims.id()),
                expires_at: claims.expires_at(),
                // One at most: the issuer admits no more.
                origin: headers.get(ORIGIN).cloned(),
                issuer_id: Arc::from(claims.issuer_id),
            },
            organization_id: Arc::clone(&issuer.organization_id),
            held,
        })
    }

    /// The origin whose pages may read the answer to this request: it comes with a viewer token whose issuer lists
    /// the origin. Also where the token has ended, so that a page can tell.
    pub(crate) fn reading_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let text = viewer_text(headers.get(AUTHORIZATION)?)?;
        self.keyring.issuers().reading_origin(headers, text)
    }

    /// The origin that asks whether it may ask, if any issuer lists it. Such a request says nothing of its token.
    pub(crate) fn listed_origin(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        self.keyring.issuers().listed_origin(headers)
    }

    /// The person whose session a request comes with.
    async fn person(&self, parts: &Parts, now: Timestamp) -> Result<Person, AuthError> {
        let digest = self.presented(parts)?;
        let session = self.session(digest, now).await.map_err(unknown)?;
        let session = session.ok_or(AuthError::Invalid)?;
        if session.last_seen_at.as_micros().saturating_add(SEEN_AGAIN) < now.as_micros() {
            // A session whose use is not noted ends early, which is no reason to refuse it now.
            if let Err(error) = self.control.session_seen(&session.id, now).await {
                tracing::warn!("the use of a session was not noted: {error}");
            }
        }
        Ok(Person {
            id: session.user_id,
            email: session.email,
            name: session.user_name,
            session_id: session.id,
            session_digest: digest,
            method: session.method,
            only_organization: session.organization_id,
            is_instance_owner: session.is_instance_owner,
        })
    }

    /// The digest of the session's secret that a request's cookie holds, if the cookie counts.
    fn presented(&self, parts: &Parts) -> Result<[u8; 32], AuthError> {
        let scheme = Visit::of(parts).scheme();
        let cookie = Cookie::Session.read(&parts.headers, scheme);
        let cookie = cookie.ok_or(AuthError::Missing)?;
        match self.cookies_of(parts)? {
            CookieUse::Ignored => Err(AuthError::Missing),
            CookieUse::Counted => {
                let token = Token::parse(cookie, Purpose::Session);
                Ok(token.ok_or(AuthError::Invalid)?.digest())
            }
        }
    }

    /// What to make of the cookies of a request, and of a sign-in: another site that signs somebody in to an account
    /// of its own would see what that person does there.
    pub(crate) fn cookies_of(&self, parts: &Parts) -> Result<CookieUse, AuthError> {
        let own = self.own_origin(parts);
        let judged = same_origin::judge(&parts.method, &parts.headers, own.as_ref());
        judged.map_err(|_| AuthError::OtherSite)
    }

    /// The origin that a request's pages are of: as configured, or as the client says where it went.
    fn own_origin(&self, parts: &Parts) -> Option<Origin> {
        if self.doors.public_origin.is_some() {
            return self.doors.public_origin.clone();
        }
        let mut hosts = parts.headers.get_all(HOST).iter();
        let host = hosts.next()?.to_str().ok()?;
        match hosts.next() {
            None => Origin::new(Visit::of(parts).scheme(), host),
            Some(_) => None,
        }
    }

    /// A link to a page of this server, as whoever makes the request would reach it.
    pub(crate) fn link(&self, parts: &Parts, path_and_fragment: &str) -> String {
        let own = self.own_origin(parts);
        let own = own.map(|own| own.to_string()).unwrap_or_default();
        format!("{own}{path_and_fragment}")
    }

    async fn session(
        &self,
        digest: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<Session>, ControlError> {
        let mut connection = self.control.reading().await?;
        let session = Session::find(&mut connection, digest).await?;
        Ok(session.filter(|session| session.works_at(now, self.doors.session_idle)))
    }

    /// A person as a member of an organization: the one that is asked for, or the only one.
    pub(super) async fn member(
        &self,
        person: Person,
        asked: Option<&str>,
    ) -> Result<Caller, AuthError> {
        let only = person.only_organization.as_deref();
        let chosen = match (asked, only) {
            (Some(asked), Some(only)) if asked != only => {
                return Err(AuthError::OtherOrganization);
            }
            (Some(id), _) | (None, Some(id)) => id.to_owned(),
            (None, None) => self.only_organization(&person.id).await?,
        };
        let mut connection = self.control.reading().await.map_err(unknown)?;
        let holdings = Holdings::of(&mut connection, &chosen, &person.id).await;
        let holdings = holdings.map_err(unknown)?;
        let held = Held::by_roles(holdings.ok_or(AuthError::OtherOrganization)?);
        let settings = self.organizations.settings(&chosen);
        let settings = settings.ok_or(AuthError::OtherOrganization)?;
        let held = held.without_archived(|id| settings.projects.is_archived(id));
        Ok(Caller {
            who: Who::Person(Arc::new(person)),
            organization_id: Arc::from(chosen),
            held: held.frozen_if(settings.archived),
        })
    }

    async fn only_organization(&self, user_id: &str) -> Result<String, AuthError> {
        let mut connection = self.control.reading().await.map_err(unknown)?;
        let ids = Holdings::organizations_of(&mut connection, user_id).await;
        match ids.map_err(unknown)?.as_slice() {
            [id] => Ok(id.clone()),
            [] => Err(AuthError::OtherOrganization),
            _ => Err(AuthError::WhichOrganization),
        }
    }

    /// The caller of a key or viewer token as its organization and project are now.
    fn frozen_or_gone(&self, caller: Caller) -> Result<Caller, AuthError> {
        let settings = self.organizations.settings(&caller.organization_id);
        let settings = settings.ok_or(AuthError::Invalid)?;
        if let Who::Viewer { .. } = caller.who {
            // Keys of a project that is deleted are gone by themselves.
            let is_there = |id: &str| settings.projects.iter().any(|project| project.id == id);
            let (_, mut projects) = caller.held.permissions();
            if !projects.all(|(id, _)| is_there(id)) {
                return Err(AuthError::Invalid);
            }
        }
        let Caller {
            who,
            organization_id,
            held,
        } = caller;
        let held = held.without_archived(|id| settings.projects.is_archived(id));
        Ok(Caller {
            who,
            organization_id,
            held: held.frozen_if(settings.archived),
        })
    }

    /// Whether a caller still has the right, and the same limits, from where the request came, for those that are
    /// answered for longer than a moment.
    pub(crate) async fn still_holds<R: Right>(
        &self,
        authorized: &Authorized<R>,
        now: Timestamp,
    ) -> bool {
        let before = authorized.caller();
        let caller = match &before.who {
            Who::Key { id, .. } => {
                let address = authorized.visit().address;
                let caller = self.keyring.caller_with(id, address, now);
                caller.and_then(|caller| self.frozen_or_gone(caller).ok())
            }
            Who::Viewer {
                issuer_id,
                expires_at,
                origin,
                ..
            } => {
                let issuers = self.keyring.issuers();
                let admits = issuers.admits(issuer_id, origin.as_ref());
                let caller = (now < *expires_at && admits).then(|| before.clone());
                caller.and_then(|caller| self.frozen_or_gone(caller).ok())
            }
            Who::Person(person) => match self.session(person.session_digest, now).await {
                Ok(Some(_)) => {
                    let person = (**person).clone();
                    self.member(person, Some(&before.organization_id))
                        .await
                        .ok()
                }
                _ => None,
            },
        };
        let visit = Arc::clone(authorized.visit());
        let again = caller.and_then(|caller| Authorized::<R>::of(caller, visit).ok());
        again.is_some_and(|again| {
            again.reach() == authorized.reach()
                && again.caller.held == before.held
                && again.caller.organization_id == before.organization_id
        })
    }
}

/// The viewer token in an `Authorization` header, if it is meant to be one.
fn viewer_text(header: &HeaderValue) -> Option<&str> {
    bearer(header).filter(|text| viewer_token::is_meant(text))
}

fn unknown(error: ControlError) -> AuthError {
    tracing::error!("who is asking could not be looked up: {error}");
    AuthError::Unknown
}

/// The organization that a request says it is about: one, or none.
fn asked_organization(parts: &Parts) -> Result<Option<String>, AuthError> {
    let query = parts.uri.query().unwrap_or_default();
    let parameters = form_urlencoded::parse(query.as_bytes());
    let mut named = parameters.filter(|(name, _)| name == ORGANIZATION_ID);
    let id = named.next().map(|(_, id)| id.replace('\0', ""));
    match named.next() {
        None => Ok(id),
        Some(_) => Err(AuthError::RepeatedOrganization),
    }
}

/// A person who is signed in, whatever the organization.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    person: Person,
    visit: Arc<Visit>,
}

impl SignedIn {
    /// Who it is.
    pub(crate) fn person(&self) -> &Person {
        &self.person
    }

    /// Where the request came from.
    pub(crate) fn visit(&self) -> &Arc<Visit> {
        &self.visit
    }

    /// Refuses sessions that one organization's provider vouches for: what is the person's alone, such as the
    /// password, is not the provider's to change.
    pub(crate) fn must_be_unlimited(&self) -> Result<(), AuthError> {
        match self.person.only_organization {
            None => Ok(()),
            Some(_) => Err(AuthError::LimitedSession),
        }
    }

    /// Refuses those who do not own the instance, and sessions that one organization's provider vouches for.
    pub(crate) fn must_own_instance(&self) -> Result<(), AuthError> {
        let owns = self.person.is_instance_owner && self.person.only_organization.is_none();
        if owns {
            Ok(())
        } else {
            Err(AuthError::OwnersOnly)
        }
    }
}

impl<S> FromRequestParts<S> for SignedIn
where
    Arc<Gate>: FromRef<S>,
    S: Sync,
{
    type Rejection = AuthError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, AuthError> {
        let gate = <Arc<Gate>>::from_ref(state);
        let visit = Arc::new(Visit::of(parts));
        asked_organization(parts)?;
        if let Some(header) = parts.headers.get(AUTHORIZATION) {
            let refused = RefusedSlot::of(parts);
            let caller = gate
                .keyring
                .caller(Some(header), visit.address, edge::now(), &refused)?;
            refused.fill_with(&caller, KeyRefusal::PeopleOnly);
            return Err(AuthError::PeopleOnly);
        }
        let person = gate.person(parts, edge::now()).await?;
        Ok(Self { person, visit })
    }
}

#[cfg(test)]
pub(super) mod tests;
