//! `/v1/auth`: signing in and out, and what is a person's own.
//!
//! What must always hold: passwords, codes, tokens and links are in the body of a request or an answer and nowhere
//! else, and no answer may be kept by anybody on its way.

mod account;
mod answers;
mod factors;
mod login;
mod resets;
mod setup;

use axum::body::Body;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use evident_event::catalog::document::{Findings, Object, Part};

use super::body::BodyReader;
use super::document;
use super::problem::Problem;
use crate::control::MAX_EMAIL_BYTES;
use crate::signing_in::{AdminError, Moment, SignInError, is_email};

pub(crate) use account::*;
pub(crate) use answers::*;
pub(crate) use factors::*;
pub(crate) use login::*;
pub(crate) use resets::*;
pub(crate) use setup::*;

/// Longest password that is read, in bytes.
const MAX_PASSWORD_BYTES: usize = 1024;
/// Longest code that is read, in bytes.
const MAX_CODE_BYTES: usize = 64;
/// Longest token of a link that is read, in bytes.
const MAX_TOKEN_BYTES: usize = 128;

/// Reads the document of a request that has these members and no others.
async fn read<T>(
    reader: &BodyReader,
    headers: &HeaderMap,
    body: Body,
    known: &[&'static str],
    members: impl FnOnce(&Members<'_>, &mut Findings) -> Option<T>,
) -> Result<T, Problem> {
    let document = document::read(reader, headers, body).await?;
    let mut findings = Findings::default();
    let object = Part::whole(&document).object(known, &mut findings);
    let read = object.and_then(|object| members(&Members(object), &mut findings));
    match read {
        Some(read) if findings.is_empty() => Ok(read),
        _ => Err(document::refused(&findings.into_refusals())),
    }
}

/// The members of a document about an account.
struct Members<'d>(Object<'d>);

impl Members<'_> {
    /// A password, as it is.
    fn password(&self, name: &str, findings: &mut Findings) -> Option<String> {
        let part = self.0.required(name, findings)?;
        bounded(&part, MAX_PASSWORD_BYTES, findings)
    }

    /// A code, or nothing where none is given.
    fn optional_code(&self, findings: &mut Findings) -> Option<String> {
        let part = self.0.given("code")?;
        bounded(&part, MAX_CODE_BYTES, findings)
    }

    /// A code.
    fn code(&self, findings: &mut Findings) -> Option<String> {
        let part = self.0.required("code", findings)?;
        bounded(&part, MAX_CODE_BYTES, findings)
    }

    /// The token of a link.
    fn token(&self, findings: &mut Findings) -> Option<String> {
        let part = self.0.required("token", findings)?;
        bounded(&part, MAX_TOKEN_BYTES, findings)
    }

    /// An address, in lower case.
    fn email(&self, findings: &mut Findings) -> Option<String> {
        let part = self.0.required("email", findings)?;
        let text = part.words(MAX_EMAIL_BYTES, findings)?;
        if !is_email(text) {
            let message = "expected an e-mail address such as you@example.com: correct it";
            findings.refuse(part.pointer(), "invalid_value", message);
            return None;
        }
        Some(text.to_lowercase())
    }

    /// A name.
    fn name(&self, name: &str, max: usize, findings: &mut Findings) -> Option<String> {
        let part = self.0.required(name, findings)?;
        part.words(max, findings).map(str::to_owned)
    }
}

/// A text that is not repeated when it is refused.
fn bounded(part: &Part<'_>, max: usize, findings: &mut Findings) -> Option<String> {
    let text = part.text(findings)?;
    if text.len() > max {
        let message = format!("expected at most {max} bytes: shorten it");
        findings.refuse(part.pointer(), "too_long", message);
        return None;
    }
    Some(text.to_owned())
}

/// This moment.
fn moment() -> Moment {
    Moment {
        now: crate::edge::now(),
        instant: std::time::Instant::now(),
    }
}

impl From<SignInError> for Problem {
    fn from(error: SignInError) -> Self {
        use SignInError as E;
        let detail = error.to_string();
        let (status, code) = match error {
            E::Refused => (StatusCode::UNAUTHORIZED, "sign_in_refused"),
            E::CodeNeeded => (StatusCode::UNAUTHORIZED, "second_factor_needed"),
            E::TooMany(too_many) => {
                let seconds = HeaderValue::from(too_many.retry_after_seconds());
                return Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_sign_ins", detail)
                    .with_header(RETRY_AFTER, seconds);
            }
            E::Busy => return Self::too_many("too_many_requests", detail),
            E::WrongPassword => (StatusCode::FORBIDDEN, "wrong_password"),
            E::WrongCode => (StatusCode::FORBIDDEN, "wrong_code"),
            E::NewPassword(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unacceptable_password"),
            E::FactorOn => (StatusCode::CONFLICT, "second_factor_on"),
            E::FactorNotBegun => (StatusCode::CONFLICT, "second_factor_not_begun"),
            E::FactorOff => (StatusCode::CONFLICT, "second_factor_off"),
            E::LinkRefused => (StatusCode::FORBIDDEN, "link_refused"),
            E::NoPerson => return Self::not_found(detail),
            E::Control(error) => return error.into(),
            E::Act(error) => return error.into(),
            E::Secret(_) | E::NoRandomness(_) | E::Hasher(_) => {
                tracing::error!("{detail}");
                return Self::internal();
            }
        };
        Self::new(status, code, detail)
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        let detail = error.to_string();
        match error {
            AdminError::NoMember => Self::not_found(detail),
            AdminError::BeyondYou => Self::new(StatusCode::FORBIDDEN, "beyond_you", detail),
            AdminError::Failed(error) => error.into(),
        }
    }
}
