//! `evident serve`: the server.

use std::path::PathBuf;

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::CommandError;
use crate::config::{Config, Flags};
use crate::{app, logging};

/// Serve a data directory.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    /// The data directory, set up by `evident init` [default: ./data]
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// The address to listen on; port 0 takes a free one [default: 127.0.0.1:8700]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// A directory on another disk or machine that remembers the newest checkpoints, so that an
    /// older copy of the data directory is known to be one
    #[arg(long, value_name = "DIR")]
    anchor: Option<String>,
    /// A TOML file with the same keys as the environment, in lower case
    #[arg(long, value_name = "FILE", env = "EVIDENT_CONFIG")]
    config: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Flags override the environment, which overrides the file.

Examples:
  evident serve
  evident serve --data /var/lib/evident --listen 0.0.0.0:8700
  EVIDENT_LISTEN=[::1]:8700 EVIDENT_LOG=debug evident serve
  evident serve --config /etc/evident.toml, with for example
      data = \"/var/lib/evident\"
      listen = \"127.0.0.1:8700\"
      metrics_listen = \"127.0.0.1:9700\"    # /metrics without a key
      max_connections = 4096
      body_timeout_ms = 60000
      anchor_command = [\"/usr/local/bin/keep-checkpoint\"]    # or anchor_directory = \"/mnt/…\"

The log goes to standard error, a JSON object a line. One line on standard output says where the
server listens. SIGTERM and SIGINT let requests that have begun come to their end.";

impl Serve {
    /// Serves until a signal.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let mut flags = Flags::new();
        flags.extend(self.data.map(|data| ("data", data)));
        flags.extend(self.listen.map(|listen| ("listen", listen)));
        flags.extend(self.anchor.map(|anchor| ("anchor_directory", anchor)));
        let config = Config::load(self.config.as_deref(), &flags)?;
        logging::start()?;
        allow_open_files();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let result = runtime.block_on(app::serve(config));
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
