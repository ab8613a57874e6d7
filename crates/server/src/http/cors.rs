//! Pages of other origins: who may ask from them, and read the answers.
//!
//! What must always hold:
//!
//! - nobody, but with a viewer token, from a page of an origin that the token's issuer lists; what browsers send by
//!   themselves, such as cookies, is never let count;
//! - the answer is for that one origin by its name, and says to caches that others get another one;
//! - a page may read a refusal, too, so that it can tell its user.
//!
//! Before a page's request browsers ask whether it may be made, without its token: they are told so for what viewer
//! tokens are for, if any issuer lists the origin. That tells nobody more than that.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, VARY,
};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::auth::Gate;

/// What viewer tokens are for: these, and what is below them.
const READABLE: [&str; 2] = ["/v1/events", "/v1/catalog"];
/// What pages may send beside what every page may.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static("authorization, last-event-id");
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET");
/// What pages may read beside what every page may.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("x-request-id, retry-after");
/// For how long browsers need not ask again, in seconds: not much longer than an issuer may be gone.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("600");
const VARY_ORIGIN: HeaderValue = HeaderValue::from_static("origin");

/// Answers browsers that ask whether a page may ask. All else goes on.
pub(crate) async fn preflight(
    State(gate): State<Arc<Gate>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = is_preflight(&request)
        .then(|| gate.listed_origin(request.headers()))
        .flatten();
    let Some(origin) = origin else {
        return next.run(request).await;
    };
    let headers = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        (ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS),
        (ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
        (ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS),
        (VARY, VARY_ORIGIN),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn is_preflight(request: &Request) -> bool {
    let asks_for = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD);
    let path = request.uri().path();
    let is_readable = READABLE.iter().any(|readable| {
        let below = path.strip_prefix(readable);
        below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
    });
    request.method() == Method::OPTIONS
        && asks_for.is_some_and(|method| method.as_bytes() == b"GET")
        && is_readable
}

/// Lets pages read the answer that may.
pub(crate) async fn readable(
    State(gate): State<Arc<Gate>>,
    request: Request,
    next: Next,
) -> Response {
    let origin = gate.reading_origin(request.headers());
    let mut response = next.run(request).await;
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        headers.append(VARY, VARY_ORIGIN);
    }
    response
}
