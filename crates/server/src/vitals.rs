//! Whether the server is alive and ready.
//!
//! Alive means that a restart would not help: only a stopped store, which recovers by restart, is
//! not. Ready means that requests may be sent: every organization's checkpoint can be served, and
//! the server is not stopping. A full disk makes a server neither dead nor unready, since reads go
//! on; the answer says what is wrong.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use evident_store::Store;
use evident_store::health::Condition;
use serde::Serialize;
use utoipa::ToSchema;

use crate::control::Organizations;

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct VitalSigns {
    /// Requests may be sent.
    pub(crate) ready: bool,
    /// Whether events are accepted: `accepting`, `no_space`, `stopped` or `damaged`.
    store: &'static str,
    /// How many organizations' checkpoints cannot be served yet. Anybody may ask, so none is named.
    without_checkpoint: usize,
    /// The server is shutting down.
    stopping: bool,
}

impl VitalSigns {
    /// Those of a server that waits to be set up: it is well, and there is nothing to ask of it.
    pub(crate) const fn before_set_up() -> Self {
        Self {
            ready: false,
            store: "accepting",
            without_checkpoint: 0,
            stopping: false,
        }
    }
}

/// Looks after the server's vital signs.
pub(crate) struct Vitals {
    store: Arc<Store>,
    organizations: Arc<Organizations>,
    stopping: AtomicBool,
}

impl Vitals {
    /// The vital signs of a server with these organizations.
    pub(crate) fn new(store: Arc<Store>, organizations: Arc<Organizations>) -> Self {
        Self {
            store,
            organizations,
            stopping: AtomicBool::new(false),
        }
    }

    /// From now on the server is shutting down.
    pub(crate) fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// A restart would not help.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.store.health(), Condition::Stopped(_))
    }

    /// How the server is now.
    pub(crate) fn signs(&self) -> VitalSigns {
        let stopping = self.stopping.load(Ordering::Relaxed);
        let ids = self.organizations.ids();
        let without = |id: &&String| self.store.checkpoint(id).is_none();
        let without_checkpoint = ids.iter().filter(without).count();
        VitalSigns {
            ready: without_checkpoint == 0 && !stopping,
            store: match self.store.health() {
                Condition::Accepting => "accepting",
                Condition::NoSpace => "no_space",
                Condition::Stopped(_) => "stopped",
                Condition::Damaged(_) => "damaged",
            },
            without_checkpoint,
            stopping,
        }
    }
}
