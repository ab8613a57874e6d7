//! Sending to a server, for `evident ingest`.
//!
//! What must always hold: what may pass by itself is told apart from what a person must mend, because
//! the one is waited for and the other ends the command.

use std::io;
use std::time::Duration;

use ureq::http::StatusCode;
use ureq::http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};

use super::{Client, ClientError, MAX_ANSWER_BYTES, is_loopback};

/// What a server said to what it was sent, be it yes or no.
#[derive(Debug)]
pub(in crate::cli) struct Answered {
    pub(in crate::cli) status: StatusCode,
    /// JSON: the answer, or the problem.
    pub(in crate::cli) body: String,
}

/// Why there is no answer to what was sent.
#[derive(Debug)]
pub(in crate::cli) enum PostError {
    /// It may be otherwise later. The server may have said how much later.
    Passing {
        error: ClientError,
        retry_after: Option<Duration>,
    },
    /// What answers does not speak HTTP: another thing than a server, or one that was just ended.
    Garbled(ClientError),
    /// Somebody must mend it.
    Lasting(ClientError),
}

impl Client {
    /// Sends a body. Gives back what the server says of it; all other answers are errors.
    pub(in crate::cli) fn post(
        &self,
        path_and_query: &str,
        media_type: &str,
        encoding: Option<&str>,
        body: &[u8],
    ) -> Result<Answered, PostError> {
        let mut request = self
            .agent
            .post(format!("{}{path_and_query}", self.url))
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, media_type);
        if let Some(encoding) = encoding {
            request = request.header(CONTENT_ENCODING, encoding);
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send(body).map_err(|error| self.unsent(&error))?;
        let status = response.status();
        let found = self.media_type(response.headers());
        let is_answer = match status {
            StatusCode::CREATED | StatusCode::MULTI_STATUS => found == "application/json",
            // Each of these says something of the events, or of how they were sent.
            StatusCode::FORBIDDEN
            | StatusCode::CONFLICT
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNPROCESSABLE_ENTITY => found == "application/problem+json",
            _ => false,
        };
        if is_answer {
            return match self.text(response, MAX_ANSWER_BYTES) {
                Ok(body) => Ok(Answered { status, body }),
                Err(error) => Err(sorted(error)),
            };
        }
        // Not Evident's own, such as that of a proxy in front: all there is to know is the status.
        if status == StatusCode::PAYLOAD_TOO_LARGE {
            let body = String::new();
            return Ok(Answered { status, body });
        }
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let error = self.other(status, &found, response);
        if is_passing(status) {
            return Err(PostError::Passing {
                error,
                retry_after: retry_after.map(Duration::from_secs),
            });
        }
        Err(sorted(error))
    }

    /// The id of the key that it asks with, if that is one of Evident's. It is no secret.
    pub(in crate::cli) fn key_id(&self) -> Option<String> {
        let key = self.authorization.as_ref()?.to_str().ok()?;
        let mut parts = key.strip_prefix("Bearer evident_")?.split('_');
        let (_kind, id, secret) = (parts.next()?, parts.next()?, parts.next());
        secret.map(|_| id.to_owned())
    }

    /// Whether the server is on this machine.
    pub(in crate::cli) fn is_loopback(&self) -> bool {
        self.url.parse().is_ok_and(|url| is_loopback(&url))
    }

    fn unsent(&self, error: &ureq::Error) -> PostError {
        let told = self.unreachable(error);
        match error {
            ureq::Error::Io(error) if is_certificate(error) => PostError::Lasting(told),
            ureq::Error::Io(_)
            | ureq::Error::Timeout(_)
            | ureq::Error::HostNotFound
            | ureq::Error::ConnectionFailed => PostError::Passing {
                error: told,
                retry_after: None,
            },
            ureq::Error::Protocol(_) => PostError::Garbled(told),
            _ => PostError::Lasting(told),
        }
    }
}

/// Whether an answer of this status may be another one later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

fn sorted(error: ClientError) -> PostError {
    match error {
        ClientError::Unreachable { .. } | ClientError::BrokenOff { .. } => PostError::Passing {
            error,
            retry_after: None,
        },
        error => PostError::Lasting(error),
    }
}

/// Whether it is a certificate that is not trusted, which no waiting mends.
fn is_certificate(error: &io::Error) -> bool {
    let inner = error.get_ref();
    let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(
        inner,
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_waited_for() {
        for status in [408, 429, 500, 502, 503, 504, 507] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert!(is_passing(status), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 409, 413, 415, 422] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert!(!is_passing(status), "{status}");
        }
    }
}
