//! Single sign-on by OpenID Connect: the code flow with PKCE, state and nonce.
//!
//! [`Oidc::begin`] tells where to send the browser and what to remember; [`Oidc::finish`] takes what the
//! browser brings back and tells who it is. Whether that person may come in is [`Policy`]'s to say.
//! What must always hold:
//!
//! - nobody is anybody but by an ID token that this sign-in asked for: its nonce, its code's PKCE
//!   verifier and its issuer are those that were remembered;
//! - the caller remembers them for one sign-in of one browser, compares the state first
//!   ([`Begun::state`], kept and found by its digest), and forgets them before it calls [`Oidc::finish`];
//! - a provider is not trusted beyond what it vouches for: what it answers is bounded in time and
//!   size, and it cannot make the server ask what it must not ([`Reach`]);
//! - no code, token, verifier or secret is in an error or in what `Debug` writes.

mod error;
mod identity;
mod known;
mod mapping;
mod provider;
mod reach;
#[cfg(test)]
mod tests;
mod transport;

use std::fmt;
use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evident_event::time::Timestamp;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AccessToken, AuthorizationCode, CsrfToken, Nonce, OAuth2TokenResponse, PkceCodeChallenge,
    PkceCodeVerifier, Scope, TokenResponse,
};
use subtle::ConstantTimeEq;

pub(crate) use error::OidcError;
pub(crate) use identity::Identity;
pub(crate) use mapping::{
    Admitted, Denial, Domain, GroupRole, MAX_DOMAINS, MAX_GROUP_ROLES, Policy, PolicyError,
};
pub(crate) use provider::{
    MAX_SCOPES, MAX_URL_BYTES, MAX_WORD_BYTES, Provider, ProviderError, ProviderSettings,
};
pub(crate) use reach::Reach;

use crate::edge::{self, NoRandomness};
use identity::MoreClaims;
use known::{Issuer, Known};
use provider::{Metadata, ProviderClient};
use transport::Transport;

/// Random bytes of a state, a nonce and a verifier.
const SECRET_BYTES: usize = 32;
/// Most bytes of a code that are passed on.
const MAX_CODE_BYTES: usize = 8 * 1024;
/// How long all questions of one step may take together.
const STEP_AT_MOST: Duration = Duration::from_secs(30);

/// What is remembered of a sign-in until the browser is back.
#[derive(Clone)]
pub(crate) struct Expected {
    /// Who was asked.
    pub(crate) issuer: String,
    /// What the token must repeat.
    pub(crate) nonce: String,
    /// What the code is bound to.
    pub(crate) pkce_verifier: String,
}

/// A sign-in that has begun.
pub(crate) struct Begun {
    /// Where to send the browser.
    pub(crate) url: String,
    /// What the browser must bring back, and what ties the sign-in to it.
    pub(crate) state: String,
    /// What to remember.
    pub(crate) expected: Expected,
}

/// What the browser brings back, beside the state.
#[derive(Clone, Copy)]
pub(crate) struct Returned<'a> {
    /// The `code`.
    pub(crate) code: &'a str,
    /// The `iss`, if there is one.
    pub(crate) issuer: Option<&'a str>,
}

// Without what is secret, which is all of it but the issuer.
impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expected")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun")
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Returned<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Returned")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

/// Signs people in by their organization's provider.
#[derive(Debug)]
pub(crate) struct Oidc {
    transport: Transport,
    known: Known,
}

impl Oidc {
    /// Asks only providers that `reach` permits.
    pub(crate) fn new(reach: Reach) -> Self {
        Self::with_transport(Transport::new(reach))
    }

    fn with_transport(transport: Transport) -> Self {
        let known = Known::default();
        Self { transport, known }
    }

    /// Begins a sign-in.
    pub(crate) async fn begin(
        &self,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<Begun, OidcError> {
        in_time(self.begin_step(provider, now)).await
    }

    /// Ends a sign-in: who it is.
    pub(crate) async fn finish(
        &self,
        provider: &Provider,
        expected: &Expected,
        returned: Returned<'_>,
        now: Timestamp,
    ) -> Result<Identity, OidcError> {
        in_time(self.finish_step(provider, expected, returned, now)).await
    }

    async fn begin_step(&self, provider: &Provider, now: Timestamp) -> Result<Begun, OidcError> {
        let issuer = self.known.issuer(&provider.issuer, now);
        let metadata = issuer
            .description(&self.transport, &provider.issuer, now)
            .await?;
        let (state, nonce, pkce_verifier) = (secret()?, secret()?, secret()?);
        let verifier = PkceCodeVerifier::new(pkce_verifier.clone());
        let client = provider.client(&metadata);
        let request = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        // The scope `openid` is the library's to add.
        let scopes = provider.scopes.iter().filter(|scope| *scope != "openid");
        let (url, state, nonce) = request
            .add_scopes(scopes.cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok(Begun {
            url: url.into(),
            state: state.into_secret(),
            expected: Expected {
                issuer: provider.issuer.to_string(),
                nonce: nonce.secret().clone(),
                pkce_verifier,
            },
        })
    }

    async fn finish_step(
        &self,
        provider: &Provider,
        expected: &Expected,
        returned: Returned<'_>,
        now: Timestamp,
    ) -> Result<Identity, OidcError> {
        if expected.issuer != provider.issuer() {
            return Err(OidcError::ProviderChanged);
        }
        let code = returned.code;
        if code.is_empty() || code.len() > MAX_CODE_BYTES || code.chars().any(char::is_control) {
            return Err(OidcError::NoCode);
        }
        let issuer = self.known.issuer(&provider.issuer, now);
        let metadata = issuer
            .description(&self.transport, &provider.issuer, now)
            .await?;
        check_sender(provider, &metadata, returned.issuer)?;
        let client = provider.client(&metadata);
        let line = issuer.line(&self.transport);
        let tokens = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|_| OidcError::NoProvider {
                what: "it names no token_endpoint".to_owned(),
            })?
            .set_pkce_verifier(PkceCodeVerifier::new(expected.pkce_verifier.clone()))
            .request_async(&line)
            .await?;
        let token = tokens.id_token().ok_or(OidcError::NoIdToken)?;
        let nonce = Nonce::new(expected.nonce.clone());
        let access = tokens.access_token();
        let verify =
            |metadata: &Metadata| identity::verify(token, access, provider, metadata, &nonce, now);
        let claims = match verify(&metadata) {
            Err(OidcError::UnknownKey) => {
                let newer = issuer
                    .with_newer_keys(&self.transport, &metadata, now)
                    .await?;
                let newer = newer.ok_or(OidcError::UnknownKey)?;
                verify(&newer)?
            }
            verified => verified?,
        };
        let more = if identity::is_wanting(claims, provider) {
            self.ask_more(&issuer, &client, access, claims.subject().clone())
                .await?
        } else {
            None
        };
        identity::identity(provider, claims, more.as_ref())
    }

    /// What the userinfo endpoint says of this subject, if there is one.
    async fn ask_more(
        &self,
        issuer: &Issuer,
        client: &ProviderClient,
        access: &AccessToken,
        subject: openidconnect::SubjectIdentifier,
    ) -> Result<Option<MoreClaims>, OidcError> {
        // The library takes it for granted that the token can stand in a header.
        if !access.secret().bytes().all(|byte| byte.is_ascii_graphic()) {
            let what = "the access token has characters that none can have".to_owned();
            return Err(OidcError::NoToken { what });
        }
        let Ok(request) = client.user_info(access.clone(), Some(subject)) else {
            return Ok(None);
        };
        Ok(Some(
            request.request_async(&issuer.line(&self.transport)).await?,
        ))
    }
}

/// That the answer is of the provider that was asked (RFC 9207).
fn check_sender(
    provider: &Provider,
    metadata: &Metadata,
    sender: Option<&str>,
) -> Result<(), OidcError> {
    let always_told = metadata
        .additional_metadata()
        .authorization_response_iss_parameter_supported;
    match sender {
        Some(sender) if sender == provider.issuer() => Ok(()),
        None if !always_told => Ok(()),
        _ => Err(OidcError::MixedUp),
    }
}

async fn in_time<T>(step: impl Future<Output = Result<T, OidcError>>) -> Result<T, OidcError> {
    let step = tokio::time::timeout(STEP_AT_MOST, step).await;
    step.unwrap_or(Err(OidcError::Slow))
}

/// Fresh randomness as text that fits in an address.
fn secret() -> Result<String, NoRandomness> {
    let bytes: [u8; SECRET_BYTES] = edge::random()?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
