//! Who somebody is: the claims of an ID token, checked, and what the userinfo endpoint adds.
//!
//! The library checks signature, issuer, audience, expiry and nonce; here stand the rules that it
//! leaves to its caller. What must always hold:
//!
//! - a token is signed by RS256, ES256 or EdDSA with a key that the provider publishes;
//! - it was made for us alone and lately, as of a time that is passed in;
//! - an address and whether it is verified come from the same place.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use evident_event::time::Timestamp;
use openidconnect::core::{CoreGenderClaim, CoreJsonWebKey, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, ClaimsVerificationError, EndUserName,
    IdTokenClaims, IdTokenVerifier, LocalizedClaim, Nonce, SignatureVerificationError,
    UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::{OidcError, quoted};
use super::provider::{Metadata, PersonToken, Provider};

/// How far a provider's clock may differ from ours.
pub(super) const CLOCK_SKEW: Duration = Duration::from_secs(60);
/// How long ago a token may have been made. It is asked for right before.
const TOKEN_AT_MOST: Duration = Duration::from_secs(10 * 60);
/// Most bytes of a subject (OpenID Connect Core, section 2).
const MAX_SUBJECT_BYTES: usize = 255;
/// Most bytes of an e-mail address.
const MAX_EMAIL_BYTES: usize = 254;
/// Most characters of a name. The rest is cut.
const MAX_NAME_CHARS: usize = 200;
/// Most groups of a person.
const MAX_GROUPS: usize = 2000;

/// The claims that the standard does not name.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(super) struct OtherClaims(Map<String, Value>);

impl AdditionalClaims for OtherClaims {}

pub(super) type TokenClaims = IdTokenClaims<OtherClaims, CoreGenderClaim>;
pub(super) type MoreClaims = UserInfoClaims<OtherClaims, CoreGenderClaim>;

/// Somebody, as a provider vouches for them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// Who vouches.
    pub(crate) issuer: String,
    /// Who it is there: together with the issuer, the only name that lasts.
    pub(crate) subject: String,
    /// The e-mail address, as the provider writes it.
    pub(crate) email: Option<String>,
    /// Whether the provider says that it has verified the address.
    pub(crate) email_verified: bool,
    /// What to call them.
    pub(crate) name: Option<String>,
    /// The groups that they are in there.
    pub(crate) groups: Vec<String>,
}

// Personal data are not for logs.
impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("issuer", &self.issuer)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// The claims of a token that holds.
pub(super) fn verify<'t>(
    token: &'t PersonToken,
    access_token: &AccessToken,
    provider: &Provider,
    metadata: &Metadata,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<&'t TokenClaims, OidcError> {
    let now = system_time(now);
    // Not known to have a secret, so that it never takes a signature by one.
    let verifier = IdTokenVerifier::new_public_client(
        provider.client_id.clone(),
        provider.issuer.clone(),
        metadata.jwks().clone(),
    )
    .set_allowed_algs([
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EdDsa,
    ])
    .set_time_fn(move || now.checked_sub(CLOCK_SKEW).unwrap_or(now).into())
    .set_issue_time_verifier_fn(move |made_at| is_of_now(made_at.into(), now));
    let claims = token.claims(&verifier, nonce).map_err(token_error)?;
    if let Some(party) = claims.authorized_party()
        && *party != provider.client_id
    {
        return Err(bad("it is for another client (azp): check the client's id"));
    }
    check_access_token(token, claims, access_token, &verifier)?;
    if !is_subject(claims.subject().as_str()) {
        return Err(bad(
            "its subject is empty, longer than 255 bytes or not of fit characters",
        ));
    }
    Ok(claims)
}

fn bad(what: &str) -> OidcError {
    let what = what.to_owned();
    OidcError::BadIdToken { what }
}

fn system_time(time: Timestamp) -> SystemTime {
    let micros = u64::try_from(time.as_micros()).unwrap_or(0);
    UNIX_EPOCH + Duration::from_micros(micros)
}

fn is_of_now(made_at: SystemTime, now: SystemTime) -> Result<(), String> {
    match now.duration_since(made_at) {
        Ok(ago) if ago > TOKEN_AT_MOST + CLOCK_SKEW => {
            Err("it was made long ago (iat): check the clocks of both machines".to_owned())
        }
        Err(ahead) if ahead.duration() > CLOCK_SKEW => {
            Err("it was made in the future (iat): check the clocks of both machines".to_owned())
        }
        _ => Ok(()),
    }
}

fn token_error(error: ClaimsVerificationError) -> OidcError {
    match error {
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey,
        ) => OidcError::UnknownKey,
        ClaimsVerificationError::SignatureVerification(why) => {
            let what = quoted(&format!("its signature does not hold: {why}"));
            OidcError::BadIdToken { what }
        }
        error => OidcError::BadIdToken {
            what: quoted(&error.to_string()),
        },
    }
}

/// That the access token was given together with the ID token, if that one tells.
fn check_access_token(
    token: &PersonToken,
    claims: &TokenClaims,
    access_token: &AccessToken,
    verifier: &IdTokenVerifier<'_, CoreJsonWebKey>,
) -> Result<(), OidcError> {
    let Some(told) = claims.access_token_hash() else {
        return Ok(());
    };
    let unreadable = |_| bad("its at_hash cannot be checked");
    let algorithm = token.signing_alg().map_err(unreadable)?;
    let key = token.signing_key(verifier).map_err(unreadable)?;
    let found = AccessTokenHash::from_token(access_token, algorithm, key)
        .map_err(|_| bad("its at_hash cannot be checked"))?;
    if found == *told {
        Ok(())
    } else {
        Err(bad("it was given for another access token (at_hash)"))
    }
}

fn is_subject(subject: &str) -> bool {
    let is_fit = !subject.is_empty() && subject.len() <= MAX_SUBJECT_BYTES;
    is_fit && !subject.chars().any(char::is_control)
}

/// Whether the userinfo endpoint may add something.
pub(super) fn is_wanting(claims: &TokenClaims, provider: &Provider) -> bool {
    let other = &claims.additional_claims().0;
    claims.email().is_none() || !other.contains_key(&provider.groups_claim)
}

/// Who it is, by a token that holds and what the userinfo endpoint says of the same subject.
pub(super) fn identity(
    provider: &Provider,
    claims: &TokenClaims,
    more: Option<&MoreClaims>,
) -> Result<Identity, OidcError> {
    let of_more = || more.map(|more| (more.email(), more.email_verified()));
    let (email, email_verified) = match claims.email() {
        Some(email) => (Some(email), claims.email_verified()),
        None => of_more().unwrap_or_default(),
    };
    let name = claims.name().or_else(|| more?.name());
    let groups = claims.additional_claims().0.get(&provider.groups_claim);
    let groups = groups.or_else(|| more?.additional_claims().0.get(&provider.groups_claim));
    let email = email.map(|email| email.as_str());
    Ok(Identity {
        issuer: provider.issuer.to_string(),
        subject: claims.subject().to_string(),
        email: email
            .filter(|email| email.len() <= MAX_EMAIL_BYTES)
            .map(str::to_owned),
        email_verified: email_verified.unwrap_or(false),
        name: name.and_then(plain_name),
        groups: groups.map_or(Ok(Vec::new()), group_names)?,
    })
}

/// The name that is in no particular language, else any, in one line.
fn plain_name(names: &LocalizedClaim<EndUserName>) -> Option<String> {
    let name = names
        .get(None)
        .or_else(|| names.iter().next().map(|(_, name)| name))?;
    let fit = name.chars().filter(|c| !c.is_control());
    let name: String = fit.take(MAX_NAME_CHARS).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Some providers write a single group without a list.
fn group_names(claim: &Value) -> Result<Vec<String>, OidcError> {
    match claim {
        Value::String(group) => Ok(vec![group.clone()]),
        Value::Array(groups) if groups.len() > MAX_GROUPS => Err(OidcError::TooManyGroups {
            at_most: MAX_GROUPS,
        }),
        Value::Array(groups) => {
            let names = groups.iter().filter_map(Value::as_str);
            Ok(names.map(str::to_owned).collect())
        }
        _ => Ok(Vec::new()),
    }
}
