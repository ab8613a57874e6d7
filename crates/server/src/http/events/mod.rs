//! `/v1/events`: recording and reading events.

mod completions;
mod export;
mod facets;
mod histogram;
mod list;
mod one;
mod proof;
mod record;
mod tail;

pub(crate) use completions::*;
pub(crate) use export::*;
pub(crate) use facets::*;
pub(crate) use histogram::*;
pub(crate) use list::*;
pub(crate) use one::*;
pub(crate) use proof::*;
pub(crate) use record::*;
pub(crate) use tail::*;

use std::io;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use serde::Serialize;

use super::JSON;
use super::problem::Problem;
use crate::budget::{Budget, OverBudget};
use crate::query::{AskError, CursorError};

/// Longest list in one of an operation's own parameters, in bytes: as long as a request target.
const MAX_LIST_BYTES: usize = super::limits::MAX_URI_BYTES;

type HeldJson = ([(HeaderName, HeaderValue); 1], Bytes);

/// An answer as JSON, whose bytes are taken from the budget before there are any.
fn held_json<T: Serialize>(budget: &Budget, answer: &T) -> Result<HeldJson, Problem> {
    let mut length = Length {
        bytes: 0,
        max: budget.size(),
    };
    // Nothing but the bound makes this fail.
    serde_json::to_writer(&mut length, answer).map_err(|_| over_budget(OverBudget))?;
    let mut claim = budget.claim();
    claim.grow(length.bytes).map_err(over_budget)?;
    let mut body = Vec::with_capacity(length.bytes);
    serde_json::to_writer(&mut body, answer).map_err(|_| Problem::internal())?;
    Ok(([(CONTENT_TYPE, JSON)], claim.hold(body)))
}

/// There is no room for the answer now.
fn over_budget(_: OverBudget) -> Problem {
    let detail = "too many bytes are being answered at once: try again in a second, or ask for less, \
                  by a smaller limit, fewer fields or a longer interval";
    Problem::too_many("too_many_bytes", detail)
}

/// Counts bytes up to a bound and keeps none.
struct Length {
    bytes: usize,
    max: usize,
}

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        match self.bytes > self.max {
            true => Err(io::ErrorKind::FileTooLarge.into()),
            false => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        let detail = error.to_string();
        match error {
            AskError::Query(error) => error.into(),
            AskError::Cursor(CursorError::Malformed) => Self::bad_request("bad_cursor", detail),
            AskError::Cursor(CursorError::Foreign) => Self::bad_request("foreign_cursor", detail),
            AskError::Cursor(CursorError::Expired) => Self::bad_request("expired_cursor", detail),
            AskError::NothingAround => Self::not_found(detail),
            AskError::UnknownIndex { .. } => Self::bad_request("unknown_last_event_id", detail),
            AskError::Deadline { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "query_deadline", detail)
            }
            AskError::TooMany(refused) => Self::too_many(refused.code, detail),
            AskError::Index(_) | AskError::Abandoned(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::response::IntoResponse;

    use super::*;

    #[test]
    fn an_answer_that_is_too_long_is_refused_before_it_is_written() {
        let budget = Budget::new(10);
        let (_, body) = held_json(&budget, &"12345678").unwrap();
        assert_eq!(&body[..], br#""12345678""#);
        let refused = held_json(&budget, &"").unwrap_err().into_response();
        assert_eq!(refused.status(), 429, "all bytes are taken");
        drop(body);
        let refused = held_json(&budget, &"123456789").unwrap_err();
        assert_eq!(refused.into_response().status(), 429);
        assert!(held_json(&budget, &[1, 2]).is_ok(), "nothing was kept");
    }
}
