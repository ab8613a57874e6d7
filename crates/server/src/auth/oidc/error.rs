//! Why a sign-in came to nothing, in two texts.
//!
//! The error itself is for the organization's administrator, who can mend it: it goes to the log. Who
//! wanted to sign in reads [`OidcError::for_person`], which says only what that person can do, and
//! nothing of the configuration. What must always hold: neither names a code, a token, a verifier or
//! a secret, and what a provider has written is cut short and has no control characters.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{DiscoveryError, RequestTokenError, StandardErrorResponse, UserInfoError};

use super::transport::TransportError;
use crate::edge::NoRandomness;

/// Most characters that are repeated of what a provider has written.
const MAX_QUOTED_CHARS: usize = 200;

/// Why nobody was signed in.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum OidcError {
    /// There are no random bytes.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The provider gave no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// All the questions together took too long.
    #[error("the provider answers too slowly: check how it is, and try again")]
    Slow,
    /// What the issuer's address tells is no provider's description.
    #[error(
        "there is no OpenID provider at the issuer's address: {what}; check that <issuer>/.well-known/openid-configuration is there"
    )]
    NoProvider {
        /// What is wrong with it.
        what: String,
    },
    /// The description is of another issuer.
    #[error(
        "the provider calls itself by another name than the issuer that is configured: {what}; write the issuer exactly as the provider does, the last slash included"
    )]
    OtherIssuer {
        /// The two names.
        what: String,
    },
    /// The sign-in began with another provider than is configured now.
    #[error("the provider was changed during the sign-in: sign in again")]
    ProviderChanged,
    /// The answer came from somebody else than the provider that was asked (RFC 9207).
    #[error(
        "the answer names another issuer than the one that was asked, or none though the provider always does: somebody may try to mix up two providers; sign in again from the start"
    )]
    MixedUp,
    /// What came back with the browser cannot be a code.
    #[error("what the browser brought back is no authorization code: sign in again from the start")]
    NoCode,
    /// The provider refuses the code.
    #[error("the provider refuses to give a token, by the error {code}: {}", token_hint(.code))]
    TokenRefused {
        /// The code of its error.
        code: String,
    },
    /// The token endpoint answers something else.
    #[error("the provider's token endpoint does not answer as OAuth 2.0 says: {what}")]
    NoToken {
        /// What is wrong with it.
        what: String,
    },
    /// There is no ID token.
    #[error("the provider gives no ID token: allow the scope openid for this client")]
    NoIdToken,
    /// The ID token does not hold.
    #[error("the provider's ID token is not accepted: {what}")]
    BadIdToken {
        /// Why.
        what: String,
    },
    /// No key of the provider fits the token.
    #[error(
        "the ID token is signed with a key that the provider does not publish: check the keys at its jwks_uri, or try again in a minute if they were just changed"
    )]
    UnknownKey,
    /// The userinfo endpoint does not tell about the person.
    #[error("the provider's userinfo endpoint gives no answer that can be used: {what}")]
    BadUserInfo {
        /// Why.
        what: String,
    },
    /// There are too many groups.
    #[error(
        "the provider names more than {at_most} groups of the person: let it send only the groups that roles are given for"
    )]
    TooManyGroups {
        /// How many there may be.
        at_most: usize,
    },
}

fn token_hint(code: &str) -> &'static str {
    match code {
        "invalid_client" | "unauthorized_client" => "check the client's id and secret",
        "invalid_grant" => {
            "the code was used, has expired, or is of another sign-in or redirect URL; sign in again"
        }
        _ => "check how the client is set up there",
    }
}

impl OidcError {
    /// What whoever wanted to sign in is told.
    pub(crate) const fn for_person(&self) -> &'static str {
        match self {
            Self::Transport(_) | Self::Slow | Self::NoRandomness(_) => {
                "Your organization's sign-in service cannot be asked right now. Try again in a minute."
            }
            Self::ProviderChanged | Self::NoCode | Self::MixedUp | Self::TokenRefused { .. } => {
                "The sign-in did not work. Start it again; if that does not help, ask your administrator."
            }
            _ => {
                "The sign-in did not work. Ask your administrator; the server's log tells them the reason."
            }
        }
    }
}

/// Some of what a provider has written, in one line of fit characters.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted: String = text.escape_debug().take(MAX_QUOTED_CHARS).collect();
    if text.escape_debug().nth(MAX_QUOTED_CHARS).is_some() {
        quoted.push('…');
    }
    quoted
}

impl From<DiscoveryError<TransportError>> for OidcError {
    fn from(error: DiscoveryError<TransportError>) -> Self {
        let what = match error {
            DiscoveryError::Request(error) => return Self::Transport(error),
            DiscoveryError::Validation(what) => {
                return Self::OtherIssuer {
                    what: quoted(&what),
                };
            }
            DiscoveryError::Parse(error) => quoted(&format!("its {error}")),
            DiscoveryError::Response(status, _, _) => format!("it answers {status}"),
            error => quoted(&error.to_string()),
        };
        Self::NoProvider { what }
    }
}

type Refused = StandardErrorResponse<CoreErrorResponseType>;

impl From<RequestTokenError<TransportError, Refused>> for OidcError {
    fn from(error: RequestTokenError<TransportError, Refused>) -> Self {
        match error {
            RequestTokenError::Request(error) => Self::Transport(error),
            RequestTokenError::ServerResponse(refused) => Self::TokenRefused {
                code: quoted(refused.error().as_ref()),
            },
            // Neither the error's text nor the answer: there may be tokens in them.
            RequestTokenError::Parse(error, _) => Self::NoToken {
                what: format!("it is wrong at {}", quoted(&error.path().to_string())),
            },
            RequestTokenError::Other(_) => Self::NoToken {
                what: "the answer is empty or of another media type".to_owned(),
            },
        }
    }
}

impl From<UserInfoError<TransportError>> for OidcError {
    fn from(error: UserInfoError<TransportError>) -> Self {
        let what = match error {
            UserInfoError::Request(error) => return Self::Transport(error),
            UserInfoError::ClaimsVerification(error) => quoted(&error.to_string()),
            UserInfoError::Parse(error) => {
                format!("it is wrong at {}", quoted(&error.path().to_string()))
            }
            UserInfoError::Response(status, _, _) => format!("it answers {status}"),
            _ => "it cannot be read".to_owned(),
        };
        Self::BadUserInfo { what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_writes_is_one_short_line() {
        assert_eq!(quoted("a\nb\u{202e}c"), "a\\nb\\u{202e}c");
        assert_eq!(
            quoted(&"x".repeat(1000)).chars().count(),
            MAX_QUOTED_CHARS + 1
        );
    }

    #[test]
    fn a_person_is_not_told_what_is_configured() {
        let error = OidcError::OtherIssuer {
            what: "https://login.acme.example".to_owned(),
        };
        assert!(!error.for_person().contains("acme"));
    }
}
