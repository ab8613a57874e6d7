//! Operations: probes, metrics, and the documentation of the API.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::{Problem, ProblemBody};
use super::{JSON, schema};
use crate::auth::{AuthError, Authorized, ReadMetrics};
use crate::control::Organizations;
use crate::metrics::{self, Metrics};
use crate::vitals::{VitalSigns, Vitals};

/// What Swagger UI needs: its own files, and pictures that its styles carry. Its components set
/// styles inline; scripts come from files alone.
const DOCS_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// Whether the process is alive.
///
/// 503 only when a restart would help.
#[utoipa::path(
    get, path = "/healthz", tag = "operations", operation_id = "health",
    responses(
        (status = 200, description = "Alive", body = String, content_type = "text/plain"),
        (status = 503, description = "A write failed: a restart recovers", body = ProblemBody, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn health(State(vitals): State<Arc<Vitals>>) -> Response {
    if vitals.is_alive() {
        return "ok\n".into_response();
    }
    let detail = "a write failed and no events are accepted: restart the server, which recovers";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "stopped", detail).into_response()
}

/// Whether requests may be sent.
#[utoipa::path(
    get, path = "/readyz", tag = "operations", operation_id = "readiness",
    responses(
        (status = 200, description = "Ready", body = VitalSigns),
        (status = 503, description = "Not yet, or not any more", body = VitalSigns),
    ),
)]
pub(crate) async fn readiness(State(vitals): State<Arc<Vitals>>) -> Response {
    let signs = vitals.signs();
    let status = if signs.ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(signs)).into_response()
}

/// Metrics in the OpenMetrics text format.
///
/// They are of the server as a whole: they name no organization, and their sums tell of all. So a key or a session
/// must be of the organization that the server was founded with.
#[utoipa::path(
    get, path = "/metrics", tag = "operations", operation_id = "metrics",
    security(("api_key" = []), ("session" = [])),
    responses(
        (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn metrics(
    State(metrics): State<Arc<Metrics>>,
    State(organizations): State<Arc<Organizations>>,
    reader: Authorized<ReadMetrics>,
) -> Result<impl IntoResponse, Problem> {
    if !organizations.is_home(reader.caller().organization_id()) {
        return Err(AuthError::NotHome.into());
    }
    open_metrics(State(metrics)).await
}

/// The same without a key, for the listener that the operator has set aside.
pub(crate) async fn open_metrics(
    State(metrics): State<Arc<Metrics>>,
) -> Result<impl IntoResponse + use<>, Problem> {
    let text = metrics.text().map_err(|_| Problem::internal())?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}

/// The text of the OpenAPI document, as it is served.
#[derive(Clone)]
pub(crate) struct Document(pub(crate) Arc<str>);

/// This document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "operations", operation_id = "openapi",
    responses(
        (status = 200, description = "The OpenAPI 3.1 document", body = Object),
        schema::Anytime,
    ),
)]
pub(crate) async fn openapi(State(document): State<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, JSON)], document.0.to_string())
}

/// Lets the pages of the documentation load what they need, and nothing from elsewhere.
pub(crate) async fn docs_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, DOCS_POLICY);
    response
}
