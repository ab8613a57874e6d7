//! Retention: events are kept as long as their organization or project says, and then they are removed.
//!
//! What must always hold:
//!
//! - which events go is decided by the rules alone ([`rules`]), when they were received and the UTC day; the store
//!   removes them and knows what it has ever removed, durably with the removal;
//! - what was removed is told on the organization's log, once: the database keeps how much was told, and the
//!   difference to what the store says is told in the transaction that moves this number ([`report`]), after every
//!   run and at every start. So a crash between removal and record loses nothing and doubles nothing;
//! - one run at a time, be it the day's or one that somebody asked for ([`runner`]);
//! - once a change of a rule is answered, nothing goes that only the rule before it let go;
//! - a clock that has leapt far ahead removes nothing by itself, for a day ([`doubt`]);
//! - a dry run changes nothing ([`preview`]).

mod clock;
mod doubt;
mod hold;
mod preview;
mod report;
pub(crate) mod rules;
mod runner;
mod settings;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use evident_event::time::Timestamp;
use evident_store::Store;
use evident_store::expiry::ExpireError;
use tokio::sync::{Mutex, Notify, Semaphore, mpsc};

use crate::acts::{ActError, Acts};
use crate::control::{ChangeError, Control, ControlError, Keep};
use crate::metrics::Metrics;

pub(crate) use preview::{Going, GoingOfProject, MAX_BROKEN_DOWN, Previewed, Supposed};
pub(crate) use settings::{RetainedIn, Standing};

use runner::{MAX_ASKED, Requested, ToRun};

/// Most projects of an organization that have a rule of their own. All of them are looked at for every event.
pub(crate) const MAX_PROJECT_RULES: usize = 1_000;
/// Dry runs at once, of the whole server: each reads much.
const MAX_PREVIEWS: usize = 1;

/// Why something about retention was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RetentionError {
    /// There is no such project.
    #[error("there is no such project: GET /v1/projects lists those that you see")]
    UnknownProject,
    /// There are too many rules.
    #[error(
        "an organization has at most {MAX_PROJECT_RULES} projects with a rule of their own: let one of them follow \
         the organization again, by DELETE /v1/retention/projects/{{id}}"
    )]
    TooManyRules,
    /// A run is under way.
    #[error(
        "retention runs on this server already: look at `last_run` of GET /v1/retention, and ask again once it has \
         ended"
    )]
    Running,
    /// The rules changed again and again while it ran.
    #[error(
        "the rules changed again and again while retention ran: what is left goes by the next run"
    )]
    KeepsChanging,
    /// All is kept for ever.
    #[error(
        "everything of the organization is kept for ever, so there is nothing to run: set a rule by PUT \
         /v1/retention first"
    )]
    NothingInForce,
    /// A dry run is under way.
    #[error("another preview is made at the moment: try again once it has ended")]
    Previewing,
    /// A dry run took too long.
    #[error(
        "the preview took too long: ask for fewer `projects` at once, or when the server has less to do"
    )]
    PreviewTooSlow,
    /// The server is being stopped.
    #[error("the server is stopping: try again once it has been started")]
    Stopping,
    /// The organization takes no changes.
    #[error(transparent)]
    Organization(#[from] ChangeError),
    /// The change could not be made or recorded.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The control database failed.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] ExpireError),
}

/// Knows the rules, and sees to it that they are followed.
pub(crate) struct Retention {
    control: Control,
    acts: Arc<Acts>,
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    /// What is in force where an organization has set nothing.
    default: Keep,
    /// When the last event was received that was there when the server started, if that is known.
    last_event_at: Option<Timestamp>,
    /// Whoever holds it runs.
    turn: Arc<Mutex<()>>,
    asked: mpsc::Sender<Requested>,
    /// Taken by [`Self::run`].
    to_run: Mutex<ToRun>,
    previews: Semaphore,
    /// Whoever keeps copies of events is woken when some were removed.
    removed: Arc<Notify>,
}

impl Retention {
    /// Retention in this server, with the instance's default in days; `None`: for ever.
    pub(crate) fn new(
        control: &Control,
        acts: &Arc<Acts>,
        store: &Arc<Store>,
        metrics: &Arc<Metrics>,
        default_days: Option<u32>,
        removed: &Arc<Notify>,
    ) -> Arc<Self> {
        let (asked, to_run) = mpsc::channel(MAX_ASKED);
        let turn: Arc<Mutex<()>> = Arc::default();
        let to_run = ToRun {
            asked: to_run,
            first_turn: Arc::clone(&turn).try_lock_owned().ok(),
        };
        let last_event_at = store.last_received_at().unwrap_or_else(|error| {
            tracing::warn!(%error, "when the last event was received cannot be told");
            None
        });
        Arc::new(Self {
            control: control.clone(),
            acts: Arc::clone(acts),
            store: Arc::clone(store),
            metrics: Arc::clone(metrics),
            default: default_days.map_or(Keep::Forever, Keep::Days),
            last_event_at,
            turn,
            asked,
            to_run: Mutex::new(to_run),
            previews: Semaphore::new(MAX_PREVIEWS),
            removed: Arc::clone(removed),
        })
    }

    /// What is in force where an organization has set nothing.
    pub(crate) fn default_keep(&self) -> Keep {
        self.default
    }

    /// When it is due next: at the next UTC midnight; since the last one, if it has not come to its end today.
    fn next_run(&self, done_on: Option<Timestamp>) -> Timestamp {
        let now = clock::now();
        match done_on == Some(rules::day_of(now)) {
            true => rules::day_after(now),
            false => rules::day_of(now),
        }
    }
}
