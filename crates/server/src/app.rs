//! The one place that wires: what a server is made of, and in what order it starts and ends.
//!
//! It starts from the ground up: the store, which takes the directory's lock and recovers, then
//! the control plane, then what answers requests, and the listener last. It ends in the opposite
//! order: nothing more is accepted, requests come to their end, and then the store records what it
//! had accepted and signs the last checkpoints.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use axum::Router;
use evident_event::catalog::{Catalog, CatalogError};
use evident_store::anchor::AnchorPlace;
use evident_store::{OpenError, Options, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, oneshot, watch};

use crate::acts::{ActError, Acts};
use crate::auth::oidc::Reach;
use crate::auth::token::Token;
use crate::auth::{Doors, Gate, Keyring};
use crate::budget::{Answers, Budget};
use crate::capture::Capture;
use crate::config::{Config, Secret};
use crate::control::{Control, ControlError, Organizations, Place};
use crate::demo::{self, DemoError};
use crate::edge::{self, NoRandomness};
use crate::export::{Bounds, ExportJobs, Files, FilesError, Means as ExportMeans, NoWorkshop};
use crate::founding::Founder;
use crate::http::connections::{self, ListenError};
use crate::http::{self, Services, set_up_mode};
use crate::inviting::Inviting;
use crate::mail::{MailError, Mailer};
use crate::metrics::Metrics;
use crate::prover::Prover;
use crate::query::{Exports, Questions, Tails};
use crate::reads::{Reads, Recorder};
use crate::retention::Retention;
use crate::secrets::{SecretError, Secrets};
use crate::setting_up::SettingUp;
use crate::signing_in::{Lasting, SigningIn};
use crate::sso::{Means, SingleSignOn};
use crate::vitals::Vitals;
use crate::workers::Workers;

/// The page of the link by which a directory is set up; its token follows. What is behind a `#` is sent to no server.
const SET_UP_PAGE: &str = "/setup#";

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
    /// The instance's secret is not there.
    #[error(transparent)]
    Secrets(#[from] SecretError),
    /// Mail cannot be sent as configured.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// The store of exports cannot be used.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// Exports cannot be made.
    #[error(transparent)]
    NoWorkshop(#[from] NoWorkshop),
    /// What was done could not be looked at.
    #[error(transparent)]
    Acts(#[from] ActError),
    /// The demo cannot be served so.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The address is not free.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The catalog cannot be read. A test rules this out.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// No link to set the directory up could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
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

/// Serves a directory until SIGTERM or SIGINT. A demo's is set up if it is not there; another is set up by whoever
/// opens the link that is said first. Says on standard output where, in words or as JSON.
pub(crate) async fn serve(
    config: Config,
    wanted: Option<demo::Wanted>,
    json: bool,
) -> Result<(), ServeError> {
    // Installed first: a signal during recovery must not find the default, which is to die.
    let stopping = stop_on_signals()?;
    if wanted.is_some() {
        demo::refuse_others(&config).await?;
    }
    let place = Place {
        directory: &config.data,
        url: config.control_database.as_ref().map(Secret::expose),
    };
    if !place.exists() {
        place.refuse_if_lost()?;
    }
    if wanted.is_some() || !place.exists() {
        // Let go again: a first start takes its time before it listens, and makes nothing if it cannot.
        for address in [&config.listen].into_iter().chain(&config.metrics_listen) {
            connections::bind(address).await?;
        }
    }
    let store = open_store(&config.data, config.anchor()).await?;
    let control = Control::open(place).await?;
    let result = serve_or_set_up(&config, json, &store, &control, wanted, stopping).await;
    control.close().await;
    // Records what was accepted and signs the last checkpoints; nothing is accepted any more.
    let closing = tokio::task::spawn_blocking(move || store.close());
    closing.await.map_err(|_| ServeError::Abandoned)?;
    if result.is_ok() {
        tracing::info!("stopped");
    }
    result
}

/// Serves what is there; where there is nothing yet, waits until it has been set up and goes on to that.
async fn serve_or_set_up(
    config: &Config,
    json: bool,
    store: &Arc<Store>,
    control: &Control,
    wanted: Option<demo::Wanted>,
    stopping: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let demo = as_wanted(config, store, control, wanted).await?;
    if control.is_founded().await? {
        return serve_from(config, json, store, control, demo, None, stopping).await;
    }
    let (setting_up, token) = SettingUp::begin(store, control)?;
    let (router, rest) = set_up_mode::router(&setting_up, config);
    let mut front = Front::open(config, json, Some(&token)).await?;
    front.serve(router, config, stopping.clone());
    tokio::select! {
        () = setting_up.founded() => tracing::info!("set up"),
        // It was stopped before anybody came.
        () = &mut front.serving => return Ok(()),
    }
    let front = Some((front, rest));
    serve_from(config, json, store, control, demo, front, stopping).await
}

/// What is listened on, and what serves it.
struct Front<'c> {
    listener: Option<TcpListener>,
    metrics: Option<TcpListener>,
    address: SocketAddr,
    serving: Pin<Box<dyn Future<Output = ()> + 'c>>,
}

impl<'c> Front<'c> {
    /// Listens, and says where; and by what link the directory is set up, if that is what is waited for.
    async fn open(config: &Config, json: bool, token: Option<&Token>) -> Result<Self, ServeError> {
        let listener = connections::bind(&config.listen).await?;
        let metrics = match &config.metrics_listen {
            Some(address) => Some(connections::bind(address).await?),
            None => None,
        };
        let address = announce(&listener, metrics.as_ref(), json, config, token)?;
        Ok(Self {
            listener: Some(listener),
            metrics,
            address,
            serving: Box::pin(std::future::pending()),
        })
    }

    /// Serves from now on.
    fn serve(&mut self, router: Router, config: &'c Config, stopping: watch::Receiver<bool>) {
        if let Some(listener) = self.listener.take() {
            self.serving = Box::pin(connections::serve(listener, router, config, stopping));
        }
    }
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
    waited: Option<(Front<'_>, set_up_mode::Rest)>,
    stopping: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let organizations = Arc::new(organizations(config, store, control).await?);
    let vitals = Arc::new(Vitals::new(Arc::clone(store), Arc::clone(&organizations)));
    let secrets = Arc::new(Secrets::of(&config.data)?);
    let keyring = Arc::new(Keyring::load(control, Arc::clone(&secrets)).await?);
    let base = Base {
        config,
        store,
        control,
        secrets,
        stopping: stopping.clone(),
    };
    let (services, reads_recorder) =
        services(base, organizations, &keyring, Arc::clone(&vitals)).await?;
    if let Some(prepared) = &prepared {
        prepared.authorize(&keyring)?;
    }
    let metrics = Arc::clone(&services.metrics);
    let acts = Arc::clone(&services.acts);
    let retention = Arc::clone(&services.retention);
    let exports_made = Arc::clone(&services.export_jobs).run(stopping.clone());
    let recording = (Arc::clone(&keyring), Arc::clone(&services.capture));
    let router = http::router(services, config)?;

    let front = match waited {
        Some((front, rest)) => {
            rest.is(router);
            front
        }
        None => {
            let mut front = Front::open(config, json, None).await?;
            front.serve(router, config, stopping.clone());
            front
        }
    };
    let Front {
        metrics: metrics_listener,
        address,
        serving,
        ..
    } = front;
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
    let uses_written = keyring.keep_writing_uses(control, stopping.clone());
    let unready = mark_stopping(vitals, stopping.clone());
    let retained = retention.run(stopping.clone());
    // What is recorded is recorded until the last request has been answered.
    let (last_answered, until_answered) = watch::channel(false);
    let recorded = acts.run(until_answered);
    let (answered, all_answered) = oneshot::channel::<()>();
    let reads_recorded = reads_recorder.run(all_answered);
    let served = async {
        serving.await;
        last_answered.send_replace(true);
        drop(answered);
    };
    tokio::join!(
        served,
        metrics_served,
        demo_recorded,
        unready,
        recorded,
        uses_written,
        retained,
        reads_recorded,
        exports_made
    );
    // Nobody comes any more: what was noted last.
    keyring.write_uses(control).await;
    Ok(())
}

/// The organizations, each of which must have its log.
async fn organizations(
    config: &Config,
    store: &Store,
    control: &Control,
) -> Result<Organizations, ServeError> {
    let organizations = Organizations::load(control, Catalog::embedded()?).await?;
    let ids = organizations.ids();
    if ids.is_empty() {
        return Err(ServeError::NotInitialized(config.data.clone()));
    }
    if let Some(id) = ids.into_iter().find(|id| !store.has_log(id)) {
        return Err(ServeError::NoLog(id));
    }
    Ok(organizations)
}

/// What services stand on.
struct Base<'b> {
    config: &'b Config,
    store: &'b Arc<Store>,
    control: &'b Control,
    secrets: Arc<Secrets>,
    stopping: watch::Receiver<bool>,
}

async fn services(
    base: Base<'_>,
    organizations: Arc<Organizations>,
    keyring: &Arc<Keyring>,
    vitals: Arc<Vitals>,
) -> Result<(Services, Recorder), ServeError> {
    let Base {
        config,
        store,
        control,
        secrets,
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
    let acts = Acts::new(control, store, &organizations, keyring).await?;
    let lasting = Lasting {
        idle: config.session_idle(),
        max: config.session_max(),
    };
    let signing_in = SigningIn::new(control, &acts, &secrets, lasting);
    let doors = Doors::of(config);
    let sso = SingleSignOn::new(Means {
        control: control.clone(),
        acts: Arc::clone(&acts),
        organizations: Arc::clone(&organizations),
        secrets: Arc::clone(&secrets),
        reach: match config.sso_allow_loopback {
            true => Reach::ThisMachineToo,
            false => Reach::Others,
        },
        origin: config.public_origin(),
        session_max: config.session_max(),
        session_idle: config.session_idle(),
    });
    let gate = Gate::new(
        Arc::clone(keyring),
        control.clone(),
        Arc::clone(&organizations),
        doors,
    );
    let gate = Arc::new(gate);
    let tails = Tails::new(
        &questions,
        Arc::clone(&gate),
        stopping,
        edge::now,
        config.max_tails,
    );
    let metrics = Metrics::new().watching(Arc::clone(store), budget.clone());
    let metrics = Arc::new(metrics);
    let wake_exports = Arc::new(Notify::new());
    let retention = Retention::new(
        control,
        &acts,
        store,
        &metrics,
        config.retention_default_days,
        &wake_exports,
    );
    let (reads, reads_recorder) = Reads::new(&acts, &organizations, &metrics, config.audit_reads);
    let exporting = ExportMeans {
        control: control.clone(),
        acts: Arc::clone(&acts),
        store: Arc::clone(store),
        files: Files::configured(config).await?,
        metrics: metrics.exports(),
        bounds: Bounds::of(config),
        wake: wake_exports,
        max_downloads: config.max_exports,
    };
    let export_jobs = ExportJobs::new(exporting, &config.data)?;
    let services = Services {
        gate,
        keyring: Arc::clone(keyring),
        founder: Founder::new(store, control),
        control: control.clone(),
        acts,
        inviting: Arc::new(Inviting::new(config.public_origin(), mailer(config)?)),
        reads,
        secrets,
        signing_in: Arc::new(signing_in),
        sso: Arc::new(sso),
        retention,
        capture: Arc::new(capture),
        questions: Arc::new(questions),
        tails: Arc::new(tails),
        exports: Arc::new(Exports::new(config.max_exports)),
        export_jobs,
        prover: Prover::new(store),
        organizations,
        vitals,
        metrics,
        workers,
        budget,
        answers: Answers(Budget::new(config.max_answer_bytes_in_flight)),
    };
    Ok((services, reads_recorder))
}

/// What sends mail, if that is set up.
fn mailer(config: &Config) -> Result<Option<Mailer>, MailError> {
    match (&config.smtp_url, &config.mail_from) {
        (Some(url), Some(from)) => Mailer::new(url.expose(), from).map(Some),
        _ => Ok(None),
    }
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

/// Says where the server listens: in the log, and as a plain line for scripts. The link to set it up is said to
/// whoever started it alone: it is in no log.
fn announce(
    listener: &TcpListener,
    metrics: Option<&TcpListener>,
    json: bool,
    config: &Config,
    token: Option<&Token>,
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
    let listening = format!("http://{listen}");
    let link = token.map(|token| {
        let origin = config.public_origin();
        let origin = origin.as_ref().unwrap_or(&listening);
        format!("{origin}{SET_UP_PAGE}{}", token.write())
    });
    let lines = if json {
        let line = serde_json::json!({ "listening": listening, "metrics": metrics, "setup": link });
        format!("{line}\n")
    } else {
        let metrics = metrics.map(|metrics| format!("metrics on {metrics}\n"));
        let waits = link.map(|link| waiting_in_words(&config.data, &link));
        format!(
            "listening on {listening}\n{}{}",
            metrics.unwrap_or_default(),
            waits.unwrap_or_default()
        )
    };
    let mut output = io::stdout().lock();
    // Whoever started the server may have closed its output; that is no reason not to serve.
    let _ = output
        .write_all(lines.as_bytes())
        .and_then(|()| output.flush());
    Ok(listen)
}

/// What whoever started the server has to know when nothing has been set up.
fn waiting_in_words(directory: &Path, link: &str) -> String {
    format!(
        "
{directory} has no organization yet. Open this link to set it up; whoever does so first
owns this server. It works once, and until the server is stopped:

  {link}

Or stop the server, and set it up in this terminal: evident init --help
",
        directory = directory.display()
    )
}
