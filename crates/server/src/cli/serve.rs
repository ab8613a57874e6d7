//! `evident serve`: the server.

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::CommandError;
use super::serve_flags::ServeFlags;
use crate::demo::Wanted;
use crate::{app, logging};

/// Serve a data directory, or with `--demo` a made-up one.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    flags: ServeFlags,
    /// Serve the demo: a made-up company's year, and more every few seconds. Sets the directory up if
    /// it is empty; listens on this machine only
    #[arg(long)]
    demo: bool,
    /// What the demo is made from: another number tells another year [default: 42]
    #[arg(long, value_name = "N", requires = "demo")]
    demo_seed: Option<u32>,
    /// About how many events the demo's year has, for tests
    #[arg(long, value_name = "N", requires = "demo", hide = true)]
    demo_events: Option<u32>,
    /// Print where the server listens as JSON; errors too
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Flags override the environment, which overrides the file. `evident config` shows
all keys, and what comes of them.

Examples:
  evident serve
  evident serve --demo --data ./demo-data
  evident serve --data /var/lib/evident --listen 0.0.0.0:8700
  EVIDENT_LISTEN=[::1]:8700 EVIDENT_LOG=debug evident serve
  evident serve --config /etc/evident.toml    # with, for example:
      data = \"/var/lib/evident\"
      listen = \"127.0.0.1:8700\"
      metrics_listen = \"127.0.0.1:9700\"    # /metrics without a key
      max_connections = 4096
      body_timeout_ms = 60000
      anchor_command = [\"/usr/local/bin/keep-checkpoint\"]

The log goes to standard error, a JSON object a line. One line on standard
output says where the server listens. A directory without an organization is set
up in a browser: then the link for that follows, or is \"setup\" with --json.
SIGTERM and SIGINT let requests that have begun come to their end.";

impl Serve {
    /// Serves until a signal.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let config = self.flags.load()?.config;
        let demo = self.demo.then_some(Wanted {
            seed: self.demo_seed,
            year_events: self.demo_events,
        });
        logging::start()?;
        allow_open_files();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let result = runtime.block_on(app::serve(config, demo, self.json));
        // Work that was abandoned when its time was over must not hold up the end.
        runtime.shutdown_background();
        Ok(result?)
    }
}

/// Files and connections that may be open at once, if the system lets us have as many: each connection
/// is one, and each segment is two.
const WANTED_OPEN_FILES: u64 = 65_536;

/// Asks for as many as there may be. Many systems give less at first, for the sake of programs of old.
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let Some(current) = limit.current.filter(|current| *current < WANTED_OPEN_FILES) else {
        return;
    };
    let wanted = WANTED_OPEN_FILES.min(limit.maximum.unwrap_or(WANTED_OPEN_FILES));
    let new = Rlimit {
        current: Some(wanted),
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, new) {
        tracing::warn!(current, %error, "no more files may be open");
    }
}
