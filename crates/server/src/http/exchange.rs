//! What every exchange gets, whatever its route: a request id, bounds, safe headers, problems
//! instead of bare errors, a line in the access log, and its place in the metrics.
//!
//! The access log and the metrics name routes, never paths or query strings: those hold ids and
//! values. A route is one of a fixed few, so the number of time series is bounded.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::body::Lingering;
use super::connections::Peer;
use super::limits::{MAX_REQUEST_ID_BYTES, MAX_URI_BYTES};
use super::problem::Problem;
use crate::auth::client_address::TrustedProxies;
use crate::auth::{self, Caller, CallerSlot};
use crate::config::Config;
use crate::edge;
use crate::metrics::Metrics;

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Answers are data: nothing in them may be loaded, run or framed.
const DATA_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// The route in logs and metrics of a request that has none.
const NO_ROUTE: &str = "(none)";
/// No name has it, and databases do not agree on what to do with it.
const ESCAPED_NUL: &str = "%00";
/// For whose pages answers are: those of this server.
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// Probes must be answered also when there is too much to do.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];

/// What logs are served under.
const LOGS: &str = "/log/";
/// How many requests may be worked on for each one under [`LOGS`].
const LOG_SHARE: usize = 8;

/// The route in logs and metrics of what is answered without one: one word for many paths. An answer that has it is
/// in words already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label(pub(super) &'static str);

/// What the exchange is done with.
#[derive(Clone)]
pub(crate) struct Exchange {
    /// Counts and times requests.
    pub(crate) metrics: Arc<Metrics>,
    /// A permit for each request that may be worked on at once.
    pub(crate) turns: Arc<Semaphore>,
    /// The same for requests under `/log`, which are made without a key where a log is public: those
    /// that record and ask are not in their way, and they are in nobody's.
    pub(crate) log_turns: Arc<Semaphore>,
    /// Who is believed about where requests come from.
    pub(crate) proxies: Arc<TrustedProxies>,
}

impl Exchange {
    /// With turns for as many requests at once as configured, and for an eighth as many under `/log`.
    pub(crate) fn new(metrics: &Arc<Metrics>, config: &Config) -> Self {
        let turns = config.max_concurrent_requests;
        Self {
            metrics: Arc::clone(metrics),
            turns: Arc::new(Semaphore::new(turns)),
            log_turns: Arc::new(Semaphore::new(turns.div_ceil(LOG_SHARE))),
            proxies: Arc::new(TrustedProxies::new(&config.trusted_networks())),
        }
    }
}

/// The id of a request.
#[derive(Debug, Clone)]
struct RequestId(HeaderValue);

impl RequestId {
    /// The client's id if it is sane, else a fresh one.
    fn of(request: &Request) -> Self {
        let given = request.headers().get(X_REQUEST_ID);
        match given.filter(|id| is_sane(id.as_bytes())) {
            Some(id) => Self(id.clone()),
            None => Self(Self::fresh()),
        }
    }

    fn fresh() -> HeaderValue {
        edge::event_ids(1, edge::now())
            .ok()
            .and_then(|ids| HeaderValue::from_str(&ids.first()?.to_string()).ok())
            .unwrap_or(HeaderValue::from_static("none"))
    }

    fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Letters, digits and a few signs: nothing that means something to a log, a shell or a page.
fn is_sane(id: &[u8]) -> bool {
    (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(byte))
}

/// The middleware around all routes.
pub(crate) async fn exchange(
    State(exchange): State<Exchange>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = RequestId::of(&request);
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| NO_ROUTE.to_owned(), |path| path.as_str().to_owned());
    let caller = CallerSlot::default();
    let mut request = request.map(Lingering::wrap);
    request.extensions_mut().insert(caller.clone());
    if let Some(Peer(peer)) = request.extensions().get() {
        let client = auth::client(&exchange.proxies, peer.ip(), request.headers());
        request.extensions_mut().insert(client);
    }

    let mut response = match admit(&exchange, &request, &route) {
        Ok(turn) => {
            let response = next.run(request).await;
            drop(turn);
            response
        }
        Err(problem) => problem.into_response(),
    };
    if is_bare_error(&response) {
        response = with_problem(response);
    }
    protect(&mut response);
    response.headers_mut().insert(X_REQUEST_ID, id.0.clone());

    let route = match response.extensions().get::<Label>() {
        Some(Label(label)) => (*label).to_owned(),
        None => route,
    };
    let took = started.elapsed();
    let status = response.status();
    exchange
        .metrics
        .observe(method, &route, status.as_u16(), took);
    tracing::info!(
        request_id = id.as_str(),
        method,
        route,
        status = status.as_u16(),
        took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        credential = caller.get().map(Caller::credential_id).as_deref(),
        "request"
    );
    response
}

fn admit(
    exchange: &Exchange,
    request: &Request,
    route: &str,
) -> Result<Option<OwnedSemaphorePermit>, Problem> {
    let target = request.uri().path_and_query();
    if target.is_some_and(|target| target.as_str().len() > MAX_URI_BYTES) {
        let detail =
            format!("a request's path and query have at most {MAX_URI_BYTES} bytes: shorten it");
        return Err(Problem::new(
            StatusCode::URI_TOO_LONG,
            "uri_too_long",
            detail,
        ));
    }
    if request.uri().path().contains(ESCAPED_NUL) {
        return Err(not_found());
    }
    if PROBES.contains(&route) {
        return Ok(None);
    }
    let turns = match route.starts_with(LOGS) {
        true => &exchange.log_turns,
        false => &exchange.turns,
    };
    let turn = Arc::clone(turns).try_acquire_owned();
    turn.map(Some).map_err(|_| {
        let detail = "too many requests are being worked on: try again in a second";
        Problem::too_many("too_many_requests", detail)
    })
}

/// An error that no handler of ours has put into words.
fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    // Ours are JSON: problems, and what `/readyz` tells.
    let is_ours = response.headers().get(CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes().starts_with(b"application/problem+json")
            || kind.as_bytes().starts_with(b"application/json")
    });
    let is_ours = is_ours || response.extensions().get::<Label>().is_some();
    (status.is_client_error() || status.is_server_error()) && !is_ours
}

fn with_problem(bare: Response) -> Response {
    let problem = match bare.status() {
        StatusCode::NOT_FOUND => not_found(),
        StatusCode::INTERNAL_SERVER_ERROR => Problem::internal(),
        status => Problem::new(
            status,
            "refused",
            "the request was refused as its status says",
        ),
    };
    problem.into_response()
}

fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path: /openapi.json lists what there is")
}

/// The answer where there is no route.
pub(crate) async fn no_route() -> Problem {
    not_found()
}

/// The answer where a route has not this method.
pub(crate) async fn no_method() -> Problem {
    let detail = "this path has not this method: the allow header lists those that it has";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// The answer where a handler panicked. The panic itself has been logged by then.
pub(crate) fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    Problem::internal().into_response()
}

fn protect(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(DATA_POLICY);
    headers
        .entry(RESOURCE_POLICY)
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// The method, or `OTHER`: clients may invent methods, time series must not grow with them.
fn method_label(method: &Method) -> &'static str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let at = known.iter().position(|known| known == method);
    at.and_then(|at| names.get(at)).copied().unwrap_or("OTHER")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use axum::Router;
    use axum::body::Body;
    use axum::routing::get;
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    use super::*;

    fn exchange_with(turns: usize) -> Exchange {
        let config = Config {
            max_concurrent_requests: turns,
            ..Config::default()
        };
        Exchange::new(&Arc::new(Metrics::new()), &config)
    }

    fn app(turns: usize) -> Router {
        let exchange = exchange_with(turns);
        Router::new()
            .route("/panics", get(|| async { panic!("on purpose") as &str }))
            .route("/bare", get(|| async { StatusCode::NOT_FOUND }))
            .route("/log/bare", get(|| async { "a tile" }))
            .route("/healthz", get(|| async { "ok" }))
            .route(
                "/readyz",
                get(|| async { (StatusCode::SERVICE_UNAVAILABLE, axum::Json(false)) }),
            )
            .fallback(no_route)
            .method_not_allowed_fallback(no_method)
            .layer(CatchPanicLayer::custom(panicked))
            .layer(axum::middleware::from_fn_with_state(
                exchange,
                super::exchange,
            ))
    }

    async fn ask(turns: usize, request: axum::http::request::Builder) -> Response {
        app(turns)
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap()
    }

    fn is_problem(response: &Response) -> bool {
        response.headers()[CONTENT_TYPE] == "application/problem+json"
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_with_a_request_id() {
        let response = ask(1, Request::get("/panics")).await;
        assert_eq!(response.status(), 500);
        assert!(is_problem(&response));
        assert!(!response.headers()[X_REQUEST_ID].is_empty());
    }

    #[tokio::test]
    async fn every_error_is_a_problem() {
        for (request, status) in [
            (Request::get("/nowhere"), 404),
            (Request::get("/bare"), 404),
            (Request::post("/healthz"), 405),
            (Request::get(format!("/{}", "x".repeat(MAX_URI_BYTES))), 414),
        ] {
            let response = ask(1, request).await;
            assert_eq!(response.status(), status);
            assert!(is_problem(&response), "{status}");
        }
    }

    #[tokio::test]
    async fn an_unready_server_tells_why() {
        let response = ask(1, Request::get("/readyz")).await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    }

    #[tokio::test]
    async fn without_a_turn_only_probes_are_answered() {
        let response = ask(0, Request::get("/bare")).await;
        assert_eq!(response.status(), 429);
        assert!(response.headers().contains_key("retry-after"));
        assert_eq!(ask(0, Request::get("/healthz")).await.status(), 200);
    }

    #[tokio::test]
    async fn who_reads_logs_takes_no_turn_of_those_who_do_not() {
        let exchange = exchange_with(16);
        let request = |path: &str| Request::get(path).body(Body::empty()).unwrap();
        let admitted = |path: &str| admit(&exchange, &request(path), path).ok().flatten();
        let reading: Vec<_> = (0..3).map_while(|_| admitted("/log/bare")).collect();
        assert_eq!(reading.len(), 2, "an eighth of all turns");
        let others: Vec<_> = (0..20).map_while(|_| admitted("/bare")).collect();
        assert_eq!(others.len(), 16, "all turns are there");
        drop(reading);
        assert!(admitted("/log/bare").is_some(), "whoever else is busy");
        assert_eq!(ask(0, Request::get("/log/bare")).await.status(), 429);
    }

    #[test]
    fn invented_methods_share_a_label() {
        let brew = Method::from_bytes(b"BREW").unwrap();
        assert_eq!(method_label(&brew), "OTHER");
        assert_eq!(method_label(&Method::DELETE), "DELETE");
    }

    #[tokio::test]
    async fn a_sane_request_id_is_kept_and_another_replaced() {
        let with = |id: &str| Request::get("/healthz").header(X_REQUEST_ID, id);
        let kept = ask(1, with("abc-123")).await;
        assert_eq!(kept.headers()[X_REQUEST_ID], "abc-123");
        for bad in ["", "a b", "<x>", &"x".repeat(MAX_REQUEST_ID_BYTES + 1)] {
            let response = ask(1, with(bad)).await;
            assert_eq!(response.headers()[X_REQUEST_ID].len(), 36, "{bad}");
        }
    }
}
