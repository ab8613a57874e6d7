//! Who is asking, and from where.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use evident_event::time::Timestamp;

use super::client_address::Scheme;
use super::held::Held;
use crate::control::{KeyKind, SignInMethod};

/// Longest user agent that is looked at, in bytes.
const MAX_USER_AGENT_BYTES: usize = 512;
/// Longest path that is kept, in bytes: no request is too long to be recorded.
const MAX_PATH_BYTES: usize = 4 * 1024;

/// Whose credentials a request came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// A program's key.
    Key {
        /// Its id, `key_…`.
        id: Arc<str>,
        /// Its name; may be empty.
        name: Arc<str>,
        /// What it is for.
        kind: KeyKind,
    },
    /// A person who is signed in.
    Person(Arc<Person>),
    /// Whoever was given a viewer token.
    Viewer {
        /// The token's id, which begins with its issuer's.
        id: Arc<str>,
        /// Its issuer's id, `vis_…`.
        issuer_id: Arc<str>,
        /// When the token ends.
        expires_at: Timestamp,
        /// The origin of the page that asks, if a page does.
        origin: Option<HeaderValue>,
    },
}

/// A person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// The person's id, `usr_…`.
    pub(crate) id: String,
    /// The person's address.
    pub(crate) email: String,
    /// The person's name; may be empty.
    pub(crate) name: String,
    /// The session's id, `ses_…`.
    pub(crate) session_id: String,
    /// SHA-256 of the session's secret.
    pub(crate) session_digest: [u8; 32],
    /// How the person signed in.
    pub(crate) method: SignInMethod,
    /// The only organization that the session reaches, if there is such a limit.
    pub(crate) only_organization: Option<String>,
    /// Whether the person is an owner of the instance.
    pub(crate) is_instance_owner: bool,
}

/// Who is asking: credentials, and what they give in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(super) who: Who,
    pub(super) organization_id: Arc<str>,
    pub(super) held: Held,
}

impl Caller {
    /// Whose credentials they are.
    pub(crate) fn who(&self) -> &Who {
        &self.who
    }

    /// The id of the credentials: of a key, a session or a viewer token. What places and records are counted by.
    pub(crate) fn credential_id(&self) -> Arc<str> {
        match &self.who {
            Who::Key { id, .. } | Who::Viewer { id, .. } => Arc::clone(id),
            Who::Person(person) => Arc::from(person.session_id.as_str()),
        }
    }

    /// The organization that the caller acts in.
    pub(crate) fn organization_id(&self) -> &Arc<str> {
        &self.organization_id
    }

    /// What the caller holds in it.
    pub(crate) fn held(&self) -> &Held {
        &self.held
    }

    /// The person, if it is one who is signed in.
    pub(crate) fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Person(person) => Some(person),
            Who::Key { .. } | Who::Viewer { .. } => None,
        }
    }
}

/// Where a request came from and what it asked for, as events say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Visit {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// Whether the client came by TLS, as far as is known.
    pub(crate) secure: bool,
    /// What the client says it is.
    pub(crate) user_agent: Option<String>,
    /// The method.
    pub(crate) method: Method,
    /// The path, without what follows it.
    pub(crate) path: String,
}

impl Visit {
    /// How the client came.
    pub(crate) fn scheme(&self) -> Scheme {
        match self.secure {
            true => Scheme::Https,
            false => Scheme::Http,
        }
    }

    /// A visit by the server itself.
    pub(crate) fn within() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            secure: false,
            user_agent: None,
            method: Method::GET,
            path: String::new(),
        }
    }

    /// What is known of a request.
    pub(crate) fn of(parts: &Parts) -> Self {
        let known = parts.extensions.get::<Client>();
        let agent = parts.headers.get(header::USER_AGENT);
        let agent = agent.map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
        Self {
            address: known.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.address),
            secure: known.is_some_and(|client| client.secure),
            user_agent: agent
                .filter(|agent| !agent.is_empty())
                .map(|agent| agent[..agent.floor_char_boundary(MAX_USER_AGENT_BYTES)].to_owned()),
            method: parts.method.clone(),
            path: parts.uri.path()[..parts.uri.path().floor_char_boundary(MAX_PATH_BYTES)]
                .to_owned(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(parts))
    }
}

/// The client of a connection, as the exchange has found out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    /// Its address.
    pub(crate) address: IpAddr,
    /// Whether it came by TLS.
    pub(crate) secure: bool,
}
