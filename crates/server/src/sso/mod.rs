//! Single sign-on: people come in by their organization's provider.
//!
//! [`SingleSignOn::start`] sends a browser to the provider, [`SingleSignOn::finish`] takes what it brings back and
//! gives it a session. What must always hold:
//!
//! - who comes back is who went: the state is found once and not for long, and the browser has the cookie that it
//!   was given with it;
//! - what an organization's provider says opens nothing but this organization: neither another one that the person
//!   belongs to, nor what is for the instance's owners. Somebody whom it does not know as a member of its own stays
//!   out, whatever address the provider vouches for ([`admission`]);
//! - whoever is refused is told the same, whatever the reason; the reason is on the organization's log.

mod admission;
mod change;
mod refusals;
mod return_to;
mod setup;
mod standing;

use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use evident_event::time::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::acts::{ActError, Acts, Author, Deed};
use crate::auth::Visit;
use crate::auth::oidc::{
    Denial, Expected, GroupRole, Identity, Oidc, OidcError, Policy, PolicyError, Provider,
    ProviderError, ProviderSettings, Reach, Returned,
};
use crate::auth::throttle::Network;
use crate::auth::token::{Purpose, Token};
use crate::control::{
    Attempt, Control, ControlError, Organizations, Session, SignInMethod, Sso, SsoPerson,
};
use crate::edge::{self, NoRandomness};
use crate::secrets::{SecretError, Secrets};
use refusals::Refusals;

pub(crate) use change::{SecretChange, SsoChange};
pub(crate) use setup::{SetUp, SetUpError};

/// Where a provider sends people back to.
pub(crate) const CALLBACK: &str = "/v1/auth/oidc/callback";
/// How long somebody may take at the provider.
pub(crate) const ATTEMPT_AT_MOST: Duration = Duration::from_secs(10 * 60);
/// Longest state that is looked at, in bytes.
const MAX_STATE_BYTES: usize = 256;
/// Most characters that are repeated of an error's code.
const MAX_ERROR_CHARS: usize = 100;
/// What providers' secrets are sealed for.
const PROVIDERS: &str = "providers of single sign-on";
/// What sign-ins that are on their way are sealed for.
const ATTEMPTS: &str = "attempts of single sign-on";

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SsoError {
    /// There is no such way in.
    #[error("this organization has no single sign-on: check its id, or sign in with a password")]
    NotSetUp,
    /// The way back leads elsewhere.
    #[error(
        "return_to is no path of this server: give one such as /events, with one slash in front"
    )]
    ReturnTo,
    /// Nobody is waited for.
    #[error(
        "this sign-in is not known here: it took more than 10 minutes, was ended before, or was begun in another \
         browser; start it again"
    )]
    Unknown,
    /// The provider sends the person away.
    #[error(
        "your organization's sign-in service did not sign you in: start again, or ask your administrator"
    )]
    Cancelled(String),
    /// The provider did not do its part.
    #[error("{}", .0.for_person())]
    Provider(#[from] OidcError),
    /// The provider does not let this person in.
    #[error("{}", .0.for_person())]
    Denied(#[from] Denial),
    /// The person may not come in this way.
    #[error("You cannot sign in here with this account. Ask your administrator to let you in.")]
    Refused(&'static str),
    /// What was configured does not work.
    #[error("this organization's single sign-on is not set up right: ask your administrator")]
    Misconfigured(String),
    /// Its changes could not be made.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The control database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// What is sealed does not open.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// There are no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl SsoError {
    /// The status and the stable word for it; without one it is the server's own trouble.
    pub(crate) const fn code(&self) -> Option<(StatusCode, &'static str)> {
        Some(match self {
            Self::NotSetUp => (StatusCode::NOT_FOUND, "sso_not_set_up"),
            Self::ReturnTo => (StatusCode::BAD_REQUEST, "bad_return_to"),
            Self::Unknown => (StatusCode::BAD_REQUEST, "sso_unknown_attempt"),
            Self::Cancelled(_) => (StatusCode::FORBIDDEN, "sso_cancelled"),
            Self::Provider(_) | Self::Misconfigured(_) => {
                (StatusCode::BAD_GATEWAY, "sso_provider_failed")
            }
            Self::Denied(_) | Self::Refused(_) => (StatusCode::FORBIDDEN, "sso_refused"),
            Self::Act(_) | Self::Control(_) | Self::Secrets(_) | Self::NoRandomness(_) => {
                return None;
            }
        })
    }

    /// Why, for the organization's administrators; nothing where it is not theirs to know.
    fn reason(&self) -> Option<String> {
        match self {
            Self::Cancelled(error) => Some(format!("the provider answered with the error {error}")),
            Self::Provider(error) => Some(error.to_string()),
            Self::Denied(denial) => Some(denial.to_string()),
            Self::Refused(reason) => Some((*reason).to_owned()),
            Self::Misconfigured(reason) => Some(reason.clone()),
            _ => None,
        }
    }
}

/// What a provider's answer is held to, as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    issuer: String,
    nonce: String,
    pkce_verifier: String,
}

/// What a browser brings back from a provider.
#[derive(Default)]
pub(crate) struct Comeback {
    /// `state`.
    pub(crate) state: Option<String>,
    /// `code`.
    pub(crate) code: Option<String>,
    /// `iss`.
    pub(crate) issuer: Option<String>,
    /// `error`.
    pub(crate) error: Option<String>,
}

/// The browser that brings it.
pub(crate) struct Browser<'b> {
    /// The cookie that it was given when it went.
    pub(crate) cookie: Option<&'b str>,
    /// The session that it has so far.
    pub(crate) session: Option<&'b str>,
    /// Where it comes from.
    pub(crate) visit: &'b Visit,
}

/// Somebody on the way to a provider.
pub(crate) struct Started {
    /// The provider's page.
    pub(crate) url: String,
    /// What the browser keeps meanwhile.
    pub(crate) cookie: Token,
}

/// Somebody who has come in.
pub(crate) struct Finished {
    /// The session.
    pub(crate) session: Token,
    /// Where the browser goes.
    pub(crate) return_to: String,
}

/// What single sign-on is done with.
pub(crate) struct Means {
    /// Where providers and attempts are.
    pub(crate) control: Control,
    /// What changes are made and recorded by.
    pub(crate) acts: Arc<Acts>,
    /// The organizations.
    pub(crate) organizations: Arc<Organizations>,
    /// What providers' secrets are sealed with.
    pub(crate) secrets: Arc<Secrets>,
    /// How far the server may go to ask a provider.
    pub(crate) reach: Reach,
    /// Where people reach this server, if that is configured.
    pub(crate) origin: Option<String>,
    /// How long a session lasts at most.
    pub(crate) session_max: Duration,
    /// How long a session may rest.
    pub(crate) session_idle: Duration,
}

/// Signs people in by their organization's provider.
pub(crate) struct SingleSignOn {
    means: Means,
    oidc: Oidc,
    refusals: Refusals,
}

impl SingleSignOn {
    /// With these means.
    pub(crate) fn new(means: Means) -> Self {
        let oidc = Oidc::new(means.reach);
        Self {
            means,
            oidc,
            refusals: Refusals::default(),
        }
    }

    /// Where providers send people back to, if it is known where people reach this server.
    pub(crate) fn redirect_url(&self) -> Option<String> {
        let origin = self.means.origin.as_ref()?;
        Some(format!("{origin}{CALLBACK}"))
    }

    /// How long a session lasts at most.
    pub(crate) const fn session_max(&self) -> Duration {
        self.means.session_max
    }

    /// The provider of an organization, on or off.
    pub(crate) async fn of(&self, organization_id: &str) -> Result<Option<Sso>, ControlError> {
        let mut connection = self.means.control.reading().await?;
        Sso::find(&mut connection, organization_id).await
    }

    /// The organizations, by id and name, whose providers serve the domain of an address.
    pub(crate) async fn serving(&self, email: &str) -> Result<Vec<(String, String)>, ControlError> {
        let domain = email.rsplit_once('@').map(|(_, domain)| domain);
        let Some(domain) = domain.and_then(crate::auth::oidc::Domain::parse) else {
            return Ok(Vec::new());
        };
        let mut connection = self.means.control.reading().await?;
        Sso::serving(&mut connection, domain.as_str()).await
    }

    /// Sends a browser to an organization's provider.
    pub(crate) async fn start(
        &self,
        organization_id: &str,
        return_to: Option<&str>,
        visit: &Visit,
        now: Timestamp,
    ) -> Result<Started, SsoError> {
        let return_to = return_to.unwrap_or(return_to::HOME);
        if !return_to::is_own_path(return_to) {
            return Err(SsoError::ReturnTo);
        }
        let sso = self.enabled(organization_id).await?;
        let begun = self.oidc.begin(&self.provider(&sso)?, now).await?;
        let cookie = Token::generate(Purpose::SingleSignOn)?;
        let kept = Kept {
            issuer: begun.expected.issuer,
            nonce: begun.expected.nonce,
            pkce_verifier: begun.expected.pkce_verifier,
        };
        let kept = serde_json::to_vec(&kept)
            .map_err(|error| SsoError::Misconfigured(error.to_string()))?;
        let attempt = Attempt {
            state_digest: Sha256::digest(&begun.state).into(),
            organization_id: organization_id.to_owned(),
            network: Network::of(visit.address).to_string(),
            browser_digest: cookie.digest().to_vec(),
            expected: self.means.secrets.seal(ATTEMPTS, &kept)?,
            return_to: return_to.to_owned(),
            expires_at: after(now, ATTEMPT_AT_MOST),
        };
        self.means.control.attempt(&attempt, now).await?;
        Ok(Started {
            url: begun.url,
            cookie,
        })
    }

    /// Takes what a browser brings back, and signs the person in.
    pub(crate) async fn finish(
        &self,
        comeback: &Comeback,
        browser: &Browser<'_>,
        now: Timestamp,
    ) -> Result<Finished, SsoError> {
        let attempt = self.attempt(comeback, browser, now).await?;
        let organization_id = attempt.organization_id.clone();
        let mut identity = None;
        let finished = self
            .finish_attempt(attempt, comeback, browser, &mut identity, now)
            .await;
        if let Err(error) = &finished
            && let Some(reason) = error.reason()
        {
            let refused = Refused {
                organization_id: &organization_id,
                email: identity
                    .as_ref()
                    .and_then(|one: &Identity| one.email.as_deref()),
                reason,
            };
            self.record(refused, browser.visit, now).await;
        }
        finished
    }

    /// The attempt that a browser comes back from. It is gone from then on, whatever comes of it.
    async fn attempt(
        &self,
        comeback: &Comeback,
        browser: &Browser<'_>,
        now: Timestamp,
    ) -> Result<Attempt, SsoError> {
        let state = comeback.state.as_deref().unwrap_or_default();
        if state.is_empty() || state.len() > MAX_STATE_BYTES {
            return Err(SsoError::Unknown);
        }
        let digest = Sha256::digest(state).into();
        let attempt = self.means.control.take_attempt(digest).await?;
        let attempt = attempt.ok_or(SsoError::Unknown)?;
        let cookie = browser
            .cookie
            .and_then(|cookie| Token::parse(cookie, Purpose::SingleSignOn));
        let is_same = cookie.is_some_and(|cookie| cookie.matches(&attempt.browser_digest));
        if is_same && is_in_time(attempt.expires_at, now) {
            Ok(attempt)
        } else {
            Err(SsoError::Unknown)
        }
    }

    async fn finish_attempt(
        &self,
        attempt: Attempt,
        comeback: &Comeback,
        browser: &Browser<'_>,
        identity: &mut Option<Identity>,
        now: Timestamp,
    ) -> Result<Finished, SsoError> {
        if let Some(error) = &comeback.error {
            let error = error.escape_debug().take(MAX_ERROR_CHARS).collect();
            return Err(SsoError::Cancelled(error));
        }
        let sso = self.enabled(&attempt.organization_id).await?;
        let provider = self.provider(&sso)?;
        let expected = self.expected(&attempt)?;
        let returned = Returned {
            code: comeback.code.as_deref().unwrap_or_default(),
            issuer: comeback.issuer.as_deref(),
        };
        let found = self
            .oidc
            .finish(&provider, &expected, returned, now)
            .await?;
        let found = identity.insert(found);
        let person = self.admit(&sso, found, now).await?;
        let session = self.begin_session(&sso, &person, browser, now).await?;
        Ok(Finished {
            session,
            return_to: attempt.return_to,
        })
    }

    fn expected(&self, attempt: &Attempt) -> Result<Expected, SsoError> {
        let kept = self.means.secrets.open(ATTEMPTS, &attempt.expected)?;
        let kept: Kept = serde_json::from_slice(&kept)
            .map_err(|_| SsoError::Secrets(SecretError::Unopened(ATTEMPTS)))?;
        Ok(Expected {
            issuer: kept.issuer,
            nonce: kept.nonce,
            pkce_verifier: kept.pkce_verifier,
        })
    }

    /// The provider of an organization that is there, if it lets people in.
    async fn enabled(&self, organization_id: &str) -> Result<Sso, SsoError> {
        let is_there = self.means.organizations.settings(organization_id).is_some();
        let sso = self.of(organization_id).await?;
        sso.filter(|sso| sso.enabled && is_there)
            .ok_or(SsoError::NotSetUp)
    }

    fn provider(&self, sso: &Sso) -> Result<Provider, SsoError> {
        let redirect_url = self.redirect_url().ok_or_else(|| {
            let reason = "public_url is not configured, so the provider cannot send anybody back";
            SsoError::Misconfigured(reason.to_owned())
        })?;
        let secret = match &sso.client_secret {
            None => None,
            Some(sealed) => {
                let secret = self.means.secrets.open(PROVIDERS, sealed)?;
                let unopened = |_| SecretError::Unopened(PROVIDERS);
                Some(String::from_utf8(secret).map_err(unopened)?)
            }
        };
        let settings = ProviderSettings {
            issuer: sso.issuer.clone(),
            client_id: sso.client_id.clone(),
            client_secret: secret,
            redirect_url,
            groups_claim: sso.policy.groups_claim.clone(),
            scopes: sso.policy.scopes.clone(),
        };
        let misconfigured = |error: ProviderError| SsoError::Misconfigured(error.to_string());
        Provider::new(settings, self.means.reach).map_err(misconfigured)
    }

    /// Gives a session to somebody who may come in, in place of the one that the browser had.
    async fn begin_session(
        &self,
        sso: &Sso,
        person: &SsoPerson,
        browser: &Browser<'_>,
        now: Timestamp,
    ) -> Result<Token, SsoError> {
        let visit = browser.visit;
        let author = Author::user(&person.id, &person.name, &person.email, visit);
        let token = Token::generate(Purpose::Session)?;
        let session = Session {
            id: edge::prefixed_id("ses", now)?,
            user_id: person.id.clone(),
            email: person.email.clone(),
            user_name: person.name.clone(),
            method: SignInMethod::Sso,
            organization_id: Some(sso.organization_id.clone()),
            address: visit.address.to_string(),
            user_agent: visit.user_agent.clone().unwrap_or_default(),
            created_at: now,
            last_seen_at: now,
            expires_at: after(now, self.means.session_max),
            is_instance_owner: false,
        };
        let mut act = self.means.acts.begin(author).await?;
        standing::check(act.connection(), sso, person).await?;
        let before = browser
            .session
            .and_then(|text| Token::parse(text, Purpose::Session));
        if let Some(before) = before {
            act.replace_session(before.digest()).await?;
        }
        Session::make_room(act.connection(), &person.id, now, self.means.session_idle).await?;
        session.write(act.connection(), token.digest()).await?;
        let deed = Deed::new("user.login")
            .saying("login_method", SignInMethod::Sso.as_str())
            .saying("identity_provider", sso.issuer.as_str())
            .saying("session_id", session.id.as_str())
            .answered(303);
        act.did(&sso.organization_id, deed);
        act.commit().await?;
        Ok(token)
    }

    /// Writes a refused sign-in to the organization's log, unless there are too many of them.
    async fn record(&self, refused: Refused<'_>, visit: &Visit, now: Timestamp) {
        let Some(left_out) = self.refusals.note(refused.organization_id, now) else {
            return;
        };
        let author = Author::stranger(refused.email, visit);
        let mut deed = Deed::new("user.login")
            .but("failed", refused.reason)
            .saying("login_method", SignInMethod::Sso.as_str());
        if left_out > 0 {
            deed = deed.saying("left_out", left_out);
        }
        let recorded = self
            .means
            .acts
            .record(refused.organization_id, &author, deed);
        if let Err(error) = recorded.await {
            tracing::warn!("a refused sign-in was not recorded: {error}");
        }
    }
}

/// A sign-in that came to nothing.
struct Refused<'r> {
    organization_id: &'r str,
    /// Of the person, if the provider told.
    email: Option<&'r str>,
    reason: String,
}

/// Whom a provider lets in.
fn policy(sso: &Sso) -> Result<Policy, PolicyError> {
    let listed = sso.policy.group_roles.iter().map(|listed| GroupRole {
        group: listed.group.clone(),
        role_id: listed.role.clone(),
    });
    let require = sso.policy.require_group;
    Policy::new(&sso.policy.domains, listed.collect(), None, require)
}

fn after(now: Timestamp, time: Duration) -> Timestamp {
    let micros = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_add(micros))
}

/// Whether an attempt may still be ended. If the clock was set back since it began, nobody can tell.
fn is_in_time(expires_at: Timestamp, now: Timestamp) -> bool {
    now < expires_at && expires_at <= after(now, ATTEMPT_AT_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_lasts_ten_minutes_by_a_clock_that_goes_on() {
        let begun = Timestamp::from_micros(1_700_000_000_000_000);
        let expires_at = after(begun, ATTEMPT_AT_MOST);
        let at = |micros: i64| Timestamp::from_micros(begun.as_micros() + micros);
        assert!(is_in_time(expires_at, begun));
        assert!(is_in_time(expires_at, at(600_000_000 - 1)));
        assert!(!is_in_time(expires_at, at(600_000_000)));
        assert!(!is_in_time(expires_at, at(-1)), "the clock was set back");
    }

    #[test]
    fn whoever_is_refused_is_told_the_same() {
        let denied = SsoError::Denied(Denial::NoGroup);
        let refused = SsoError::Refused("a reason");
        assert_eq!(denied.to_string(), refused.to_string());
        assert_eq!(denied.code(), refused.code());
        assert_ne!(denied.reason(), refused.reason());
    }
}
