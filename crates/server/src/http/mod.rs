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
//!
//! What is not the API's is the [`console`]'s: it has no operations.

mod api_keys;
mod attachment;
mod audit;
mod auth;
mod body;
mod catalog;
pub(crate) mod connections;
mod console;
mod cors;
mod document;
mod encoding;
mod events;
mod exchange;
mod exports;
mod instance;
mod limits;
mod log;
mod negotiation;
mod operations;
mod organizations;
mod parameters;
mod people;
mod problem;
mod projects;
mod proofs;
mod query_document;
mod retention;
mod schema;
pub(crate) mod set_up_mode;
mod sso;
mod sso_sign_in;
mod viewers;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::handler::Handler as _;
use axum::http::HeaderValue;
use tokio::sync::Semaphore;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::acts::Acts;
use crate::auth::{Gate, Keyring};
use crate::budget::{Answers, Budget};
use crate::capture::Capture;
use crate::config::Config;
use crate::control::{Control, Organizations};
use crate::export::ExportJobs;
use crate::founding::Founder;
use crate::inviting::Inviting;
use crate::metrics::Metrics;
use crate::prover::Prover;
use crate::query::{Exports, Questions, Tails};
use crate::reads::Reads;
use crate::retention::Retention;
use crate::secrets::Secrets;
use crate::signing_in::SigningIn;
use crate::sso::SingleSignOn;
use crate::vitals::Vitals;
use crate::workers::Workers;

use body::BodyReader;
use console::Console;
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
    pub(crate) gate: Arc<Gate>,
    pub(crate) keyring: Arc<Keyring>,
    pub(crate) control: Control,
    pub(crate) acts: Arc<Acts>,
    pub(crate) founder: Founder,
    pub(crate) inviting: Arc<Inviting>,
    pub(crate) reads: Arc<Reads>,
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) signing_in: Arc<SigningIn>,
    pub(crate) sso: Arc<SingleSignOn>,
    pub(crate) retention: Arc<Retention>,
    pub(crate) organizations: Arc<Organizations>,
    pub(crate) capture: Arc<Capture>,
    pub(crate) questions: Arc<Questions>,
    pub(crate) tails: Arc<Tails>,
    pub(crate) exports: Arc<Exports>,
    pub(crate) export_jobs: Arc<ExportJobs>,
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
            organizations::list_organizations,
            organizations::create_organization
        ))
        .routes(routes!(
            organizations::get_organization,
            organizations::change_organization,
            organizations::delete_organization
        ))
        .routes(routes!(projects::list_projects, projects::create_project))
        .routes(routes!(
            projects::get_project,
            projects::change_project,
            projects::delete_project
        ))
        .routes(routes!(api_keys::list_api_keys, api_keys::create_api_key))
        .routes(routes!(
            api_keys::get_api_key,
            api_keys::change_api_key,
            api_keys::revoke_api_key
        ))
        .routes(routes!(api_keys::rotate_api_key))
        .routes(routes!(
            viewers::list_viewer_issuers,
            viewers::create_viewer_issuer
        ))
        .routes(routes!(
            viewers::change_viewer_issuer,
            viewers::revoke_viewer_issuer
        ))
        .routes(routes!(viewers::issue_viewer_token))
        .routes(routes!(instance::list_owners, instance::add_owner))
        .routes(routes!(instance::remove_owner))
        .routes(routes!(auth::get_setup, auth::set_up))
        .routes(routes!(auth::sign_in))
        .routes(routes!(auth::sign_out))
        .routes(routes!(auth::get_session))
        .routes(routes!(auth::list_sessions, auth::end_other_sessions))
        .routes(routes!(auth::end_session))
        .routes(routes!(auth::change_profile))
        .routes(routes!(auth::change_password))
        .routes(routes!(auth::begin_second_factor, auth::end_second_factor))
        .routes(routes!(auth::confirm_second_factor))
        .routes(routes!(auth::renew_recovery_codes))
        .routes(routes!(auth::reset_password))
        .routes(routes!(auth::make_password_reset))
        .routes(routes!(auth::end_sessions_of_member))
        .routes(routes!(people::roles::list_permissions))
        .routes(routes!(
            people::roles::list_roles,
            people::roles::create_role
        ))
        .routes(routes!(
            people::roles::get_default_role,
            people::roles::set_default_role
        ))
        .routes(routes!(
            people::roles::get_role,
            people::roles::change_role,
            people::roles::delete_role
        ))
        .routes(routes!(people::members::list_members))
        .routes(routes!(people::members::change_members))
        .routes(routes!(
            people::members::get_member,
            people::members::change_member,
            people::members::remove_member
        ))
        .routes(routes!(people::project_members::list_project_members))
        .routes(routes!(
            people::project_members::set_project_member,
            people::project_members::remove_project_member
        ))
        .routes(routes!(
            people::invitations::list_invitations,
            people::invitations::create_invitation
        ))
        .routes(routes!(people::invitations::revoke_invitation))
        .routes(routes!(people::invitations::renew_invitation))
        .routes(routes!(people::accepting::look_up_invitation))
        .routes(routes!(people::accepting::accept_invitation))
        .routes(routes!(sso::get_sso, sso::set_sso, sso::delete_sso))
        .routes(routes!(sso_sign_in::list_sso_providers))
        .routes(routes!(sso_sign_in::start_sso))
        .routes(routes!(sso_sign_in::finish_sso))
        .routes(routes!(retention::get_retention, retention::set_retention))
        .routes(routes!(
            retention::projects::get_project_retention,
            retention::projects::set_project_retention,
            retention::projects::delete_project_retention
        ))
        .routes(routes!(retention::runs::preview_retention))
        .routes(routes!(retention::runs::run_retention))
        .routes(routes!(views::list_views, views::create_view))
        .routes(routes!(
            views::get_view,
            views::change_view,
            views::delete_view
        ))
        .routes(routes!(exports::list_exports, exports::create_export))
        .routes(routes!(exports::get_export, exports::delete_export))
        .routes(routes!(exports::download_export))
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
    let mut document = operations().into_openapi();
    audit::describe(&mut document);
    document
}

/// The OpenAPI document as it is served and committed.
pub(crate) fn openapi_text() -> serde_json::Result<String> {
    Ok(openapi().to_pretty_json()? + "\n")
}

/// The service.
pub(crate) fn router(services: Services, config: &Config) -> serde_json::Result<Router> {
    let exchange = Exchange::new(&services.metrics, config);
    let noted = axum::middleware::from_fn_with_state(Arc::clone(&services.reads), audit::noted);
    let waiting = config.max_concurrent_requests.div_ceil(WAITING_SHARE);
    let gate = Arc::clone(&services.gate);
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
    let routes = routes.with_state(Shared(Arc::new(parts))).layer(noted);
    let routes = routes.merge(docs);
    let preflight = axum::middleware::from_fn_with_state(Arc::clone(&gate), cors::preflight);
    let routes = routes
        .fallback_service(console::serve.with_state(Console::load()))
        .method_not_allowed_fallback(exchange::no_method);
    let routes = within_exchange(routes.layer(preflight), exchange);
    // Outside of the exchange: pages may read its refusals, too.
    let readable = axum::middleware::from_fn_with_state(gate, cors::readable);
    Ok(routes.layer(readable))
}

/// The metrics alone, without a key: for a listener of the operator's own.
pub(crate) fn metrics_router(metrics: Arc<Metrics>, config: &Config) -> Router {
    let exchange = Exchange::new(&metrics, config);
    let routes = Router::new()
        .route("/metrics", axum::routing::get(operations::open_metrics))
        .fallback(exchange::no_route)
        .method_not_allowed_fallback(exchange::no_method)
        .with_state(metrics);
    within_exchange(routes, exchange)
}

fn within_exchange(routes: Router, exchange: Exchange) -> Router {
    routes
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
    Arc<Gate>: services.gate,
    Arc<Keyring>: services.keyring,
    Control: services.control,
    Arc<Acts>: services.acts,
    Founder: services.founder,
    Arc<Inviting>: services.inviting,
    Arc<Secrets>: services.secrets,
    Arc<SigningIn>: services.signing_in,
    Arc<SingleSignOn>: services.sso,
    Arc<Retention>: services.retention,
    Arc<Organizations>: services.organizations,
    Arc<Questions>: services.questions,
    Arc<Tails>: services.tails,
    Arc<Exports>: services.exports,
    Arc<ExportJobs>: services.export_jobs,
    Prover: services.prover,
    Arc<Vitals>: services.vitals,
    Arc<Metrics>: services.metrics,
    Workers: services.workers,
    Answers: services.answers,
    BodyReader: reader,
    Document: document,
}
