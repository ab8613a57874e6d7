//! A provider as an organization has configured it, and what the library must know of it.

use std::fmt;

use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
    CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreSubjectIdentifierType, CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthType, Client, ClientId, ClientSecret, EmptyExtraTokenFields,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IdToken, IdTokenFields, IssuerUrl,
    ProviderMetadata, RedirectUrl, StandardErrorResponse, StandardTokenResponse,
};
use serde::{Deserialize, Serialize};

use super::identity::OtherClaims;
use super::reach::{Reach, Refusal};

/// Most bytes of an address.
pub(crate) const MAX_URL_BYTES: usize = 1024;
/// Most bytes of a client's id, a secret, a scope or the name of a claim.
pub(crate) const MAX_WORD_BYTES: usize = 512;
/// Most scopes that are asked for beside `openid`.
pub(crate) const MAX_SCOPES: usize = 20;

/// What is told of a provider in its description beside what the library knows.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
pub(super) struct MoreMetadata {
    /// Whether each answer names its issuer (RFC 9207).
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for MoreMetadata {}

/// A provider's description.
pub(super) type Metadata = ProviderMetadata<
    MoreMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The token that tells who somebody is.
pub(super) type PersonToken = IdToken<
    OtherClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;

/// What a token endpoint answers.
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// The library's client of one provider.
pub(super) type ProviderClient = Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider that cannot be configured so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProviderError {
    /// The issuer must not be asked.
    #[error("the issuer's address cannot be used: {0}")]
    Issuer(Refusal),
    /// The issuer is no plain address.
    #[error(
        "the issuer is not an address such as https://login.acme.example/realm: give it exactly as the provider does, without user, query or fragment"
    )]
    IssuerForm,
    /// There is nowhere to come back to.
    #[error("the redirect URL is no address: check the server's own public address")]
    RedirectUrl,
    /// Something is empty or too long.
    #[error(
        "{what} is empty, longer than {MAX_WORD_BYTES} bytes or has characters that it cannot have"
    )]
    Word {
        /// What it is.
        what: &'static str,
    },
    /// There are too many scopes.
    #[error(
        "there are more than {MAX_SCOPES} scopes: leave out those that the sign-in does not need"
    )]
    Scopes,
}

/// A provider, as an organization's administrator gives it.
pub(crate) struct ProviderSettings {
    /// Its issuer, exactly as it names itself.
    pub(crate) issuer: String,
    /// Our id there.
    pub(crate) client_id: String,
    /// Our secret there; a public client has none.
    pub(crate) client_secret: Option<String>,
    /// Where it sends people back to.
    pub(crate) redirect_url: String,
    /// The claim that lists a person's groups.
    pub(crate) groups_claim: String,
    /// What is asked for beside `openid`, such as `email`, `profile` and `groups`.
    pub(crate) scopes: Vec<String>,
}

/// A provider that can be asked.
#[derive(Clone)]
pub(crate) struct Provider {
    pub(super) issuer: IssuerUrl,
    pub(super) client_id: ClientId,
    pub(super) client_secret: Option<ClientSecret>,
    pub(super) redirect_url: RedirectUrl,
    pub(super) groups_claim: String,
    pub(super) scopes: Vec<String>,
}

// Without the secret.
impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.issuer.as_str())
            .field("client_id", &self.client_id.as_str())
            .finish_non_exhaustive()
    }
}

impl Provider {
    /// Checks what was given, without asking anybody.
    pub(crate) fn new(settings: ProviderSettings, reach: Reach) -> Result<Self, ProviderError> {
        let issuer = check_issuer(settings.issuer, reach)?;
        word("the client's id", &settings.client_id)?;
        word("the groups' claim", &settings.groups_claim)?;
        if let Some(secret) = &settings.client_secret {
            word("the client's secret", secret)?;
        }
        if settings.scopes.len() > MAX_SCOPES {
            return Err(ProviderError::Scopes);
        }
        for scope in &settings.scopes {
            word("a scope", scope)?;
            if scope.contains(' ') {
                return Err(ProviderError::Word { what: "a scope" });
            }
        }
        if settings.redirect_url.len() > MAX_URL_BYTES {
            return Err(ProviderError::RedirectUrl);
        }
        let redirect_url = RedirectUrl::new(settings.redirect_url);
        Ok(Self {
            issuer,
            client_id: ClientId::new(settings.client_id),
            client_secret: settings.client_secret.map(ClientSecret::new),
            redirect_url: redirect_url.map_err(|_| ProviderError::RedirectUrl)?,
            groups_claim: settings.groups_claim,
            scopes: settings.scopes,
        })
    }

    /// Who vouches for people.
    pub(crate) fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// The library's client.
    pub(super) fn client(&self, metadata: &Metadata) -> ProviderClient {
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        ProviderClient::from_provider_metadata(metadata.clone(), id, secret)
            .set_auth_type(auth_type(metadata))
            .set_redirect_uri(self.redirect_url.clone())
    }
}

fn check_issuer(issuer: String, reach: Reach) -> Result<IssuerUrl, ProviderError> {
    if issuer.len() > MAX_URL_BYTES || issuer.contains(['?', '#']) {
        return Err(ProviderError::IssuerForm);
    }
    let uri = issuer.parse().map_err(|_| ProviderError::IssuerForm)?;
    reach.check(&uri).map_err(ProviderError::Issuer)?;
    IssuerUrl::new(issuer).map_err(|_| ProviderError::IssuerForm)
}

fn word(what: &'static str, text: &str) -> Result<(), ProviderError> {
    let is_fit = !text.is_empty() && text.len() <= MAX_WORD_BYTES;
    if is_fit && !text.chars().any(char::is_control) {
        Ok(())
    } else {
        Err(ProviderError::Word { what })
    }
}

/// In the header, which every provider must take, but where a provider says that it takes the secret
/// in the form alone.
fn auth_type(metadata: &Metadata) -> AuthType {
    let methods = metadata.token_endpoint_auth_methods_supported();
    let takes = |method| methods.is_none_or(|methods| methods.contains(&method));
    if !takes(CoreClientAuthMethod::ClientSecretBasic)
        && takes(CoreClientAuthMethod::ClientSecretPost)
    {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}
