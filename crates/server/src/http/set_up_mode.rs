//! What is served where there is no organization yet, until there is one.
//!
//! One listener and its connections go through both: requests are given to one router until the directory has been set
//! up, and to the other from then on. What must always hold:
//!
//! - there is no moment at which a connection is refused or broken off: requests that come between the founding and
//!   the first answers of all the rest wait for that moment;
//! - until then nothing is answered but probes, the console's files and the set-up itself, within the bounds of every other exchange.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::sync::SetOnce;
use tower::ServiceExt;

use super::body::BodyReader;
use super::console::Console;
use super::exchange::{self, Exchange};
use super::problem::Problem;
use super::{auth, within_exchange};
use crate::budget::Budget;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::setting_up::SettingUp;
use crate::vitals::VitalSigns;

/// What the handlers of a server that waits work with.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) setting_up: Arc<SettingUp>,
    pub(crate) reader: BodyReader,
    rest: Rest,
    console: Arc<Console>,
}

impl Waiting {
    /// Comes back when everything is served.
    pub(crate) async fn served(&self) {
        self.rest.0.wait().await;
    }
}

/// All that is served once there is an organization.
#[derive(Clone)]
pub(crate) struct Rest(Arc<SetOnce<Router>>);

impl Rest {
    /// From now on this is served.
    pub(crate) fn is(&self, router: Router) {
        // It is said once.
        let _ = self.0.set(router);
    }
}

/// Either of the two.
#[derive(Clone)]
struct Either {
    first: Router,
    setting_up: Arc<SettingUp>,
    rest: Rest,
}

/// The service of a directory that waits to be set up, and what it goes over to.
pub(crate) fn router(setting_up: &Arc<SettingUp>, config: &Config) -> (Router, Rest) {
    let rest = Rest(Arc::new(SetOnce::new()));
    let waiting = Waiting {
        setting_up: Arc::clone(setting_up),
        reader: BodyReader {
            budget: Budget::new(config.max_body_bytes_in_flight),
            idle: config.body_idle_timeout(),
            total: config.body_timeout(),
        },
        rest: rest.clone(),
        console: Console::load(),
    };
    let routes = Router::new()
        .route(
            "/v1/setup",
            get(auth::get_waiting).post(auth::set_up_waiting),
        )
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(unready))
        .fallback(page_or_set_up_needed)
        .method_not_allowed_fallback(exchange::no_method)
        .with_state(waiting);
    let exchange = Exchange::new(&Arc::new(Metrics::new()), config);
    let either = Either {
        first: within_exchange(routes, exchange),
        setting_up: Arc::clone(setting_up),
        rest: rest.clone(),
    };
    (Router::new().fallback(pass_on).with_state(either), rest)
}

async fn pass_on(State(either): State<Either>, request: Request) -> Response {
    let router = match either.setting_up.is_founded() {
        true => either.rest.0.wait().await,
        false => &either.first,
    };
    let answered = router.clone().oneshot(request).await;
    answered.unwrap_or_else(|never| match never {})
}

async fn unready() -> impl IntoResponse {
    (
        StatusCode::SERVICE_UNAVAILABLE,
        Json(VitalSigns::before_set_up()),
    )
}

async fn page_or_set_up_needed(State(waiting): State<Waiting>, request: Request) -> Response {
    match waiting.console.answer(&request) {
        Some(response) => response,
        None => set_up_needed().into_response(),
    }
}

fn set_up_needed() -> Problem {
    let detail = "this server has not been set up yet: open the link that it printed on standard output when it was \
                  started; a restart prints a new one";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "setup_needed", detail)
}
