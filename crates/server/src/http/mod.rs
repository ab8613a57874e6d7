//! HTTP: the table of contents.
//!
//! Every operation is registered once, here, together with its place in the OpenAPI document. What
//! must always hold:
//!
//! - an operation that needs a right names it in its handler's signature ([`crate::auth`]); those
//!   without are the open paths of the contract;
//! - every wait, size and count that a client can influence has a bound ([`limits`], [`body`],
//!   [`encoding`], [`connections`]);
//! - every response has an `x-request-id`, and every error is a problem ([`exchange`]).

mod body;
mod catalog;
pub(crate) mod connections;
mod document;
mod encoding;
mod events;
mod exchange;
mod limits;
mod log;
mod negotiation;
mod operations;
mod organizations;
mod parameters;
mod problem;
mod proofs;
mod schema;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::http::HeaderValue;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::auth::Keyring;
use crate::budget::{Answers, Budget};
use crate::capture::Capture;
use crate::config::Config;
use crate::control::Organizations;
use crate::metrics::Metrics;
use crate::prover::Prover;
use crate::query::{Exports, Questions, Tails};
use crate::vitals::Vitals;
use crate::workers::Workers;

use body::BodyReader;
use exchange::Exchange;
use operations::Document;

/// The media type of JSON answers.
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// Where the documentation is, and the document that it shows.
const DOCS: &str = "/docs";
const OPENAPI: &str = "/openapi.json";
/// How many requests may be worked on for each one that may wait for a checkpoint meanwhile: while none
/// comes, those that do not wait for any still have their turns.
const WAITING_SHARE: usize = 4;

/// All that handlers work with.
pub(crate) struct Services {
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) organizations: Arc<Organizations>,
    pub(crate) capture: Arc<Capture>,
    pub(crate) questions: Arc<Questions>,
    pub(crate) tails: Arc<Tails>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) prover: Prover,
    pub(crate) vitals: Arc<Vitals>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) workers: Workers,
    pub(crate) budget: Budget,
    pub(crate) answers: Answers,
}

/// What handlers are given. Every request has it cloned, more than once.
#[derive(Clone)]
struct Shared(Arc<Parts>);

impl std::ops::Deref for Shared {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// The services, and what HTTP itself needs.
struct Parts {
    services: Services,
    reader: BodyReader,
    /// A permit for each request that may wait for a checkpoint.
    waiting: Arc<Semaphore>,
    document: Document,
}

fn operations() -> OpenApiRouter<Shared> {
    let operations = OpenApiRouter::with_openapi(schema::Contract::openapi())
        .routes(routes!(events::record_events, events::list_events))
        .routes(routes!(events::event_histogram))
        .routes(routes!(events::event_facets))
        .routes(routes!(events::event_completions))
        .routes(routes!(events::tail_events))
        .routes(routes!(events::export_events))
        .routes(routes!(events::get_event))
        .routes(routes!(events::get_event_proof))
        .routes(routes!(catalog::get_catalog, catalog::add_event_type))
        .routes(routes!(
            catalog::get_event_type,
            catalog::replace_event_type
        ))
        .routes(routes!(
            organizations::get_organization,
            organizations::change_organization
        ))
        .routes(routes!(log::get_log))
        .routes(routes!(log::list_checkpoints))
        .routes(routes!(log::log_consistency))
        .routes(routes!(log::checkpoint))
        .routes(routes!(operations::health))
        .routes(routes!(operations::readiness))
        .routes(routes!(operations::metrics))
        .routes(routes!(operations::openapi));
    let operations = log::with_tiles(operations, routes!(log::tile));
    log::with_tiles(operations, routes!(log::entry_bundle))
}

/// The OpenAPI document.
pub(crate) fn openapi() -> OpenApi {
    operations().into_openapi()
}

/// The OpenAPI document as it is served and committed.
pub(crate) fn openapi_text() -> serde_json::Result<String> {
    Ok(openapi().to_pretty_json()? + "\n")
}

/// The service.
pub(crate) fn router(services: Services, config: &Config) -> serde_json::Result<Router> {
    let exchange = Exchange::new(&services.metrics, config.max_concurrent_requests);
    let waiting = config.max_concurrent_requests.div_ceil(WAITING_SHARE);
    let parts = Parts {
        waiting: Arc::new(Semaphore::new(waiting)),
        reader: BodyReader {
            budget: services.budget.clone(),
            idle: config.body_idle_timeout(),
            total: config.body_timeout(),
        },
        document: Document(openapi_text()?.into()),
        services,
    };
    // Without this the page would send the document's address to a validator elsewhere.
    let docs = utoipa_swagger_ui::Config::from(OPENAPI).validator_url("none");
    let docs = SwaggerUi::new(DOCS).config(docs);
    let docs = Router::from(docs).layer(axum::middleware::from_fn(operations::docs_policy));
    let (routes, _) = operations().split_for_parts();
    let routes = routes.with_state(Shared(Arc::new(parts))).merge(docs);
    Ok(within_exchange(routes, exchange))
}

/// The metrics alone, without a key: for a listener of the operator's own.
pub(crate) fn metrics_router(metrics: Arc<Metrics>, config: &Config) -> Router {
    let exchange = Exchange::new(&metrics, config.max_concurrent_requests);
    let routes = Router::new()
        .route("/metrics", axum::routing::get(operations::open_metrics))
        .with_state(metrics);
    within_exchange(routes, exchange)
}

fn within_exchange(routes: Router, exchange: Exchange) -> Router {
    routes
        .fallback(exchange::no_route)
        .method_not_allowed_fallback(exchange::no_method)
        .layer(CatchPanicLayer::custom(exchange::panicked))
        .layer(axum::middleware::from_fn_with_state(
            exchange,
            exchange::exchange,
        ))
}

macro_rules! shared_with_handlers {
    ($($part:ty: $($path:ident).+),* $(,)?) => {
        $(impl FromRef<Shared> for $part {
            fn from_ref(shared: &Shared) -> Self {
                shared.$($path).+.clone()
            }
        })*
    };
}

shared_with_handlers! {
    Arc<Keyring>: services.keyring,
    Arc<Organizations>: services.organizations,
    Arc<Questions>: services.questions,
    Arc<Tails>: services.tails,
    Arc<Exports>: services.exports,
    Prover: services.prover,
    Arc<Vitals>: services.vitals,
    Arc<Metrics>: services.metrics,
    Workers: services.workers,
    Answers: services.answers,
    BodyReader: reader,
    Document: document,
}
