//! Reading the body of a request: bounded in bytes, in time and in what all of them hold.
//!
//! Bytes are counted as they come, so a body that is too long is refused at the byte that is too
//! many, and one that does not come is given up. A body that a refusal leaves unread is still read
//! for a moment, into nothing ([`Lingering`]): closing on a client that is sending would destroy
//! the answer that it is about to read.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, timeout, timeout_at};

use super::limits::{self, MAX_BODY_BYTES};
use super::problem::Problem;
use crate::budget::{Budget, Claim, OverBudget};

/// What was read, and the claim on the budget that it needs.
#[derive(Debug)]
pub(crate) struct Received {
    /// The body as it was sent.
    pub(crate) bytes: Bytes,
    /// What it takes of the budget.
    pub(crate) claim: Claim,
}

/// Why there is no body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    /// Over the bound, which is [`MAX_BODY_BYTES`] for events.
    #[error(
        "a request has at most {MAX_BODY_BYTES} bytes, also after decompression: send fewer events at once"
    )]
    TooLarge,
    /// The client took too long.
    #[error("the body did not come in time: send it without pauses, or send fewer events at once")]
    TooSlow,
    /// The connection broke, or what came on it was no body.
    #[error("the body ended early or is not framed as HTTP asks: send the request again")]
    Broken,
    /// All requests together hold too much.
    #[error("too many bytes of requests are being worked on: try again in a second")]
    OverBudget,
}

impl From<OverBudget> for BodyError {
    fn from(_: OverBudget) -> Self {
        Self::OverBudget
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", detail)
            }
            BodyError::TooSlow => Self::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow", detail),
            BodyError::Broken => Self::bad_request("broken_body", detail),
            BodyError::OverBudget => Self::too_many("too_many_bytes", detail),
        }
    }
}

/// How bodies are read: the budget that they share and the client's time.
#[derive(Debug, Clone)]
pub(crate) struct BodyReader {
    /// What all bodies together may hold.
    pub(crate) budget: Budget,
    /// How long nothing may come.
    pub(crate) idle: Duration,
    /// How long all of it may take.
    pub(crate) total: Duration,
}

impl BodyReader {
    /// Reads a body to its end.
    pub(crate) async fn read(
        &self,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Received, BodyError> {
        self.read_within(headers, body, MAX_BODY_BYTES).await
    }

    /// The same, of at most `max` bytes.
    pub(crate) async fn read_within(
        &self,
        headers: &HeaderMap,
        mut body: Body,
        max: usize,
    ) -> Result<Received, BodyError> {
        if declared_length(headers).is_some_and(|length| length > max as u64) {
            return Err(BodyError::TooLarge);
        }
        let deadline = Instant::now() + self.total;
        let mut claim = self.budget.claim();
        let mut gathered = Gathered::default();
        loop {
            let wait = deadline.min(Instant::now() + self.idle);
            let frame = match timeout_at(wait, body.frame()).await {
                Err(_) => return Err(BodyError::TooSlow),
                Ok(None) => break,
                Ok(Some(Err(_))) => return Err(BodyError::Broken),
                Ok(Some(Ok(frame))) => frame,
            };
            // Trailers say nothing here.
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if gathered.len() + data.len() > max {
                return Err(BodyError::TooLarge);
            }
            claim.grow(data.len())?;
            gathered.push(data);
        }
        Ok(Received {
            bytes: gathered.into_bytes(),
            claim,
        })
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The bytes so far. A body that comes in one piece is not copied.
#[derive(Default)]
struct Gathered {
    first: Option<Bytes>,
    all: Vec<u8>,
}

impl Gathered {
    fn len(&self) -> usize {
        self.first.as_ref().map_or(self.all.len(), Bytes::len)
    }

    fn push(&mut self, data: Bytes) {
        if self.first.is_none() && self.all.is_empty() {
            self.first = Some(data);
            return;
        }
        if let Some(first) = self.first.take() {
            self.all.extend_from_slice(&first);
        }
        self.all.extend_from_slice(&data);
    }

    fn into_bytes(self) -> Bytes {
        self.first.unwrap_or_else(|| Bytes::from(self.all))
    }
}

/// A body that, when it is dropped unread, is read for a moment longer. See the module.
pub(crate) struct Lingering {
    inner: Body,
    over: bool,
}

impl Lingering {
    /// The same body, if there is anything to read.
    pub(crate) fn wrap(body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        Body::new(Self {
            inner: body,
            over: false,
        })
    }
}

impl HttpBody for Lingering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.over = true;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

impl Drop for Lingering {
    fn drop(&mut self) {
        if self.over || self.inner.is_end_stream() {
            return;
        }
        let rest = std::mem::take(&mut self.inner);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                // Whether the rest came or not, nobody is waiting for it.
                let _ = timeout(limits::LINGER, read_into_nothing(rest)).await;
            });
        }
    }
}

async fn read_into_nothing(mut body: Body) {
    let mut left = limits::LINGER_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
