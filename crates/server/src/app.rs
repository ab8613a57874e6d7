//! The one place that wires: what a server is made of, and in what order it starts and ends.
//!
//! It starts from the ground up: the store, which takes the directory's lock and recovers, then
//! the control plane, then what answers requests, and the listener last. It ends in the opposite
//! order: nothing more is accepted, requests come to their end, and then the store records what it
//! had accepted and signs the last checkpoints.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use evident_event::catalog::{Catalog, CatalogError};
use evident_store::anchor::AnchorPlace;
use evident_store::{OpenError, Options, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::auth::Keyring;
use crate::budget::{Answers, Budget};
use crate::capture::Capture;
use crate::config::Config;
use crate::control::{Control, ControlError, Organizations};
use crate::demo::{self, DemoError};
use crate::edge;
use crate::http::connections::{self, ListenError};
use crate::http::{self, Services};
use crate::metrics::Metrics;
use crate::prover::Prover;
use crate::query::{Exports, Questions, Tails};
use crate::vitals::Vitals;
use crate::workers::Workers;

/// Why the server did not start, or did not end well.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The directory has not been set up.
    #[error(
        "{} has no organization yet: set it up first with\n  evident init --data {} --organization \
         \"Acme AI\" --email you@example.com --password-stdin\nor look around in a made-up one\n  \
         evident serve --demo --data ./demo-data", .0.display(), .0.display()
    )]
    NotInitialized(PathBuf),
    /// An organization has lost its log.
    #[error(
        "the organization {0} has no log in this directory, so it is not whole: restore the \
         directory from one backup, all of it"
    )]
    NoLog(String),
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The control plane did not open.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The demo cannot be served so.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The address is not free.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The catalog cannot be read. A test rules this out.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The OpenAPI document could not be written.
    #[error("the OpenAPI document cannot be written: {0}")]
    Document(#[from] serde_json::Error),
    /// The operating system refused something.
    #[error("the operating system refused to {0}: {1}")]
    System(&'static str, io::Error),
    /// The store's thread panicked.
    #[error("opening the store was abandoned; the log says why")]
    Abandoned,
}

/// Serves a directory until SIGTERM or SIGINT. A demo's is set up if it is not there. Says on standard
/// output where, in words or as JSON.
pub(crate) async fn serve(
    config: Config,
    wanted: Option<demo::Wanted>,
    json: bool,
) -> Result<(), ServeError> {
    // Installed first: a signal during recovery must not find the default, which is to die.
    let stopping = stop_on_signals()?;
    if wanted.is_some() {
        demo::refuse_others(&config).await?;
        // Let go again: a first start takes its time before it listens, and makes nothing if it cannot.
        for address in [&config.listen].into_iter().chain(&config.metrics_listen) {
            connections::bind(address).await?;
        }
    }
    if !Control::exists(&config.data) {
        Control::refuse_if_lost(&config.data)?;
        if wanted.is_none() {
            return Err(ServeError::NotInitialized(config.data));
        }
    }
    let store = open_store(&config.data, config.anchor()).await?;
    let control = Control::open(&config.data).await?;
    let result = match as_wanted(&config, &store, &control, wanted).await {
        Ok(demo) => serve_from(&config, json, &store, &control, demo, stopping).await,
        Err(error) => Err(error.into()),
    };
    control.close().await;
    // Records what was accepted and signs the last checkpoints; nothing is accepted any more.
    let closing = tokio::task::spawn_blocking(move || store.close());
    closing.await.map_err(|_| ServeError::Abandoned)?;
    if result.is_ok() {
        tracing::info!("stopped");
    }
    result
}

/// The OpenAPI document of what is served.
pub(crate) fn openapi_text() -> serde_json::Result<String> {
    http::openapi_text()
}

/// Opens the store of a directory, off the runtime's threads: recovery takes its time.
pub(crate) async fn open_store(
    directory: &Path,
    anchor: Option<AnchorPlace>,
) -> Result<Arc<Store>, ServeError> {
    let directory = directory.to_owned();
    let options = Options {
        anchor,
        ..Options::default()
    };
    let opening = tokio::task::spawn_blocking(move || Store::open(&directory, options));
    let store = opening.await.map_err(|_| ServeError::Abandoned)??;
    Ok(Arc::new(store))
}

/// The demo, if it is wanted; and never where it is not.
async fn as_wanted(
    config: &Config,
    store: &Arc<Store>,
    control: &Control,
    wanted: Option<demo::Wanted>,
) -> Result<Option<demo::Prepared>, DemoError> {
    match wanted {
        Some(wanted) => {
            let prepared = demo::prepare(&config.data, store, control, wanted).await?;
            Ok(Some(prepared))
        }
        None => {
            demo::refuse_unasked(&config.data, control).await?;
            Ok(None)
        }
    }
}

async fn serve_from(
    config: &Config,
    json: bool,
    store: &Arc<Store>,
    control: &Control,
    prepared: Option<demo::Prepared>,
    stopping: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let organizations = Arc::new(organizations(config, store, control).await?);
    let ids = organizations.ids().map(str::to_owned).collect();
    let vitals = Arc::new(Vitals::new(Arc::clone(store), ids));
    let base = Base {
        config,
        store,
        control,
        stopping: stopping.clone(),
    };
    let services = services(base, organizations, Arc::clone(&vitals)).await?;
    if let Some(prepared) = &prepared {
        prepared.authorize(&services.keyring)?;
    }
    let metrics = Arc::clone(&services.metrics);
    let recording = (Arc::clone(&services.keyring), Arc::clone(&services.capture));
    let router = http::router(services, config)?;

    let listener = connections::bind(&config.listen).await?;
    let metrics_listener = match &config.metrics_listen {
        Some(address) => Some(connections::bind(address).await?),
        None => None,
    };
    let address = announce(&listener, metrics_listener.as_ref(), json)?;
    let demo_recorded = {
        let (keyring, capture) = recording;
        let stopping = stopping.clone();
        async move {
            if let Some(prepared) = prepared {
                demo::run(demo::Parts {
                    prepared,
                    keyring,
                    capture,
                    control,
                    address,
                    json,
                    stopping,
                })
                .await;
            }
        }
    };
    let metrics_served = {
        let stopping = stopping.clone();
        async move {
            if let Some(listener) = metrics_listener {
                let router = http::metrics_router(metrics, config);
                connections::serve(listener, router, config, stopping).await;
            }
        }
    };
    let unready = mark_stopping(vitals, stopping.clone());
    let served = connections::serve(listener, router, config, stopping);
    tokio::join!(served, metrics_served, demo_recorded, unready);
    Ok(())
}

/// The organizations, each of which must have its log.
async fn organizations(
    config: &Config,
    store: &Store,
    control: &Control,
) -> Result<Organizations, ServeError> {
    let organizations = Organizations::load(control, Catalog::embedded()?).await?;
    if organizations.ids().next().is_none() {
        return Err(ServeError::NotInitialized(config.data.clone()));
    }
    if let Some(id) = organizations.ids().find(|id| !store.has_log(id)) {
        return Err(ServeError::NoLog(id.to_owned()));
    }
    Ok(organizations)
}

/// What services stand on.
struct Base<'b> {
    config: &'b Config,
    store: &'b Arc<Store>,
    control: &'b Control,
    stopping: watch::Receiver<bool>,
}

async fn services(
    base: Base<'_>,
    organizations: Arc<Organizations>,
    vitals: Arc<Vitals>,
) -> Result<Services, ServeError> {
    let Base {
        config,
        store,
        control,
        stopping,
    } = base;
    let workers = Workers::new();
    let budget = Budget::new(config.max_body_bytes_in_flight);
    let capture = Capture::new(
        Arc::clone(store),
        Arc::clone(&organizations),
        workers.clone(),
    );
    // Questions have workers of their own, so that long ones do not hold up ingest.
    let questions = Questions::new(
        store.index(),
        Arc::clone(&organizations),
        Workers::new(),
        config.query_timeout(),
    );
    let keyring = Arc::new(Keyring::load(control).await?);
    let tails = Tails::new(
        &questions,
        Arc::clone(&keyring),
        stopping,
        edge::now,
        config.max_tails,
    );
    Ok(Services {
        keyring,
        capture: Arc::new(capture),
        questions: Arc::new(questions),
        tails: Arc::new(tails),
        exports: Arc::new(Exports::new(config.max_exports)),
        prover: Prover::new(store),
        organizations,
        vitals,
        metrics: Arc::new(Metrics::new().watching(Arc::clone(store), budget.clone())),
        workers,
        budget,
        answers: Answers(Budget::new(config.max_answer_bytes_in_flight)),
    })
}

/// Becomes true at SIGTERM or SIGINT.
fn stop_on_signals() -> Result<watch::Receiver<bool>, ServeError> {
    let install = |kind| signal(kind).map_err(|error| ServeError::System("watch signals", error));
    let mut terminate = install(SignalKind::terminate())?;
    let mut interrupt = install(SignalKind::interrupt())?;
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let name = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        };
        tracing::info!(
            signal = name,
            "stopping: requests that have begun come to their end"
        );
        sender.send_replace(true);
    });
    Ok(receiver)
}

async fn mark_stopping(vitals: Arc<Vitals>, mut stopping: watch::Receiver<bool>) {
    // An error means that the sender is gone, which it is only after it has sent.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    vitals.stop();
}

/// Says where the server listens: in the log, and as a plain line for scripts.
fn announce(
    listener: &TcpListener,
    metrics: Option<&TcpListener>,
    json: bool,
) -> Result<SocketAddr, ServeError> {
    let address = |listener: &TcpListener| {
        let address = listener.local_addr();
        address.map_err(|error| ServeError::System("name the address", error))
    };
    let listen = address(listener)?;
    let metrics = metrics
        .map(address)
        .transpose()?
        .map(|address| address.to_string());
    tracing::info!(
        listen = %listen,
        metrics_listen = metrics,
        version = env!("CARGO_PKG_VERSION"),
        "listening"
    );
    let metrics = metrics.map(|metrics| format!("http://{metrics}/metrics"));
    let lines = if json {
        let listening = format!("http://{listen}");
        let line = serde_json::json!({ "listening": listening, "metrics": metrics });
        format!("{line}\n")
    } else {
        let metrics = metrics.map(|metrics| format!("metrics on {metrics}\n"));
        format!(
            "listening on http://{listen}\n{}",
            metrics.unwrap_or_default()
        )
    };
    let mut output = io::stdout().lock();
    // Whoever started the server may have closed its output; that is no reason not to serve.
    let _ = output
        .write_all(lines.as_bytes())
        .and_then(|()| output.flush());
    Ok(listen)
}
