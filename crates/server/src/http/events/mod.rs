//! `/v1/events`: recording and reading events.

mod completions;
mod export;
mod facets;
mod histogram;
mod list;
mod one;
mod record;
mod tail;

pub(crate) use completions::*;
pub(crate) use export::*;
pub(crate) use facets::*;
pub(crate) use histogram::*;
pub(crate) use list::*;
pub(crate) use one::*;
pub(crate) use record::*;
pub(crate) use tail::*;

use std::io;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use bytes::Bytes;
use serde::Serialize;

use super::JSON;
use super::body::BodyError;
use super::problem::Problem;
use crate::budget::Budget;
use crate::query::{AskError, CursorError};

/// Longest list in one of an operation's own parameters, in bytes: as long as a request target.
const MAX_LIST_BYTES: usize = super::limits::MAX_URI_BYTES;

type HeldJson = ([(HeaderName, HeaderValue); 1], Bytes);

/// An answer as JSON, whose bytes are taken from the budget before there are any.
fn held_json<T: Serialize>(budget: &Budget, answer: &T) -> Result<HeldJson, Problem> {
    let mut length = Length(0);
    serde_json::to_writer(&mut length, answer).map_err(|_| Problem::internal())?;
    let mut claim = budget.claim();
    claim.grow(length.0).map_err(BodyError::from)?;
    let mut body = Vec::with_capacity(length.0);
    serde_json::to_writer(&mut body, answer).map_err(|_| Problem::internal())?;
    Ok(([(CONTENT_TYPE, JSON)], claim.hold(body)))
}

/// Counts bytes and keeps none.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
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
            AskError::TooMany { code, .. } => Self::too_many(code, detail),
            AskError::Index(_) | AskError::Abandoned(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}
