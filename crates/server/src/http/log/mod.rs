//! An organization's log: as it is published ([`tiles`]), and what a monitor asks of it ([`heads`]).

mod heads;
mod tiles;

pub(crate) use heads::*;
pub(crate) use tiles::*;

use axum::http::HeaderValue;

/// The media type of checkpoints and of proofs as text.
pub(crate) const PLAIN_TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
