//! The configuration of `evident serve`: a file, the environment and flags, each overriding the
//! one before.
//!
//! A key that nobody knows is refused with its name, wherever it stands, so that a misspelt bound
//! is not silently the default. Every default is a named constant with its unit.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evident_store::anchor::{AnchorCommand, AnchorPlace};
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

/// Begins the names of environment variables: `EVIDENT_LISTEN` sets `listen`.
const ENVIRONMENT_PREFIX: &str = "EVIDENT_";
/// Variables with that prefix that are no configuration keys: the log level, this file's place,
/// and what the client commands read.
const OTHER_VARIABLES: [&str; 4] = ["log", "config", "url", "api_key"];
/// Container platforms set variables such as `EVIDENT_SERVICE_HOST` and `EVIDENT_PORT_8700_TCP`
/// beside a service that is called "evident". They are theirs, not ours.
const PLATFORM_PREFIXES: [&str; 2] = ["service_", "port"];

const DEFAULT_DATA: &str = "./data";
const DEFAULT_LISTEN: &str = "127.0.0.1:8700";
const DEFAULT_MAX_CONNECTIONS: usize = 4_096;
const DEFAULT_MAX_CONCURRENT_REQUESTS: usize = 1_024;
const DEFAULT_MAX_BODY_BYTES_IN_FLIGHT: usize = 256 * 1024 * 1024;
const DEFAULT_MAX_ANSWER_BYTES_IN_FLIGHT: usize = 256 * 1024 * 1024;
const DEFAULT_HEADER_TIMEOUT_MS: u64 = 30_000;
const DEFAULT_BODY_IDLE_TIMEOUT_MS: u64 = 10_000;
const DEFAULT_BODY_TIMEOUT_MS: u64 = 60_000;
const DEFAULT_WRITE_TIMEOUT_MS: u64 = 30_000;
const DEFAULT_SHUTDOWN_TIMEOUT_MS: u64 = 20_000;
const DEFAULT_QUERY_TIMEOUT_MS: u64 = 10_000;
const DEFAULT_MAX_TAILS: usize = 256;
const DEFAULT_MAX_EXPORTS: usize = 8;
const DEFAULT_ANCHOR_PAUSE_MS: u64 = 30_000;
const DEFAULT_ANCHOR_TIMEOUT_MS: u64 = 30_000;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file named by `--config` is not there.
    #[error("there is no configuration file {}: correct --config, or leave it out", .0.display())]
    NoFile(PathBuf),
    /// A key or a value is not acceptable.
    #[error("the configuration is not acceptable: {0}")]
    Figment(Box<figment::Error>),
    /// A number that must not be zero is.
    #[error("the configuration key {0} is 0, which would refuse everything: give at least 1")]
    Zero(&'static str),
    /// Two anchors.
    #[error("anchor_directory and anchor_command are both given: choose one")]
    TwoAnchors,
}

/// The configuration of `evident serve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The data directory.
    pub(crate) data: PathBuf,
    /// The address to listen on.
    pub(crate) listen: String,
    /// A second address, for `/metrics` without a key.
    pub(crate) metrics_listen: Option<String>,
    /// Connections at once. Further ones wait in the kernel's queue.
    pub(crate) max_connections: usize,
    /// Requests at once. Further ones are answered 429.
    pub(crate) max_concurrent_requests: usize,
    /// Bytes of request bodies in memory at once, over all requests.
    pub(crate) max_body_bytes_in_flight: usize,
    /// Bytes of answers with events in memory at once, over all requests.
    pub(crate) max_answer_bytes_in_flight: usize,
    /// How long a client may take for a request's head, or stay idle between requests.
    pub(crate) header_timeout_ms: u64,
    /// How long a client may send nothing in the middle of a body.
    pub(crate) body_idle_timeout_ms: u64,
    /// How long a client may take for a whole body.
    pub(crate) body_timeout_ms: u64,
    /// How long a client may take nothing of an answer.
    pub(crate) write_timeout_ms: u64,
    /// How long requests may go on after SIGTERM or SIGINT.
    pub(crate) shutdown_timeout_ms: u64,
    /// How long a query may take, or one piece of an answer that comes in pieces.
    pub(crate) query_timeout_ms: u64,
    /// Tails at once. Further ones are answered 429.
    pub(crate) max_tails: usize,
    /// Exports that are downloaded at once. Further ones are answered 429.
    pub(crate) max_exports: usize,
    /// A directory outside of the data directory that remembers the newest checkpoints.
    pub(crate) anchor_directory: Option<PathBuf>,
    /// A command that remembers them, with its first arguments.
    pub(crate) anchor_command: Vec<String>,
    /// How long the command rests between two rounds.
    pub(crate) anchor_pause_ms: u64,
    /// How long the command may take each time.
    pub(crate) anchor_timeout_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from(DEFAULT_DATA),
            listen: DEFAULT_LISTEN.to_owned(),
            metrics_listen: None,
            max_connections: DEFAULT_MAX_CONNECTIONS,
            max_concurrent_requests: DEFAULT_MAX_CONCURRENT_REQUESTS,
            max_body_bytes_in_flight: DEFAULT_MAX_BODY_BYTES_IN_FLIGHT,
            max_answer_bytes_in_flight: DEFAULT_MAX_ANSWER_BYTES_IN_FLIGHT,
            header_timeout_ms: DEFAULT_HEADER_TIMEOUT_MS,
            body_idle_timeout_ms: DEFAULT_BODY_IDLE_TIMEOUT_MS,
            body_timeout_ms: DEFAULT_BODY_TIMEOUT_MS,
            write_timeout_ms: DEFAULT_WRITE_TIMEOUT_MS,
            shutdown_timeout_ms: DEFAULT_SHUTDOWN_TIMEOUT_MS,
            query_timeout_ms: DEFAULT_QUERY_TIMEOUT_MS,
            max_tails: DEFAULT_MAX_TAILS,
            max_exports: DEFAULT_MAX_EXPORTS,
            anchor_directory: None,
            anchor_command: Vec::new(),
            anchor_pause_ms: DEFAULT_ANCHOR_PAUSE_MS,
            anchor_timeout_ms: DEFAULT_ANCHOR_TIMEOUT_MS,
        }
    }
}

/// What flags set, by the name of its key.
pub(crate) type Flags = BTreeMap<&'static str, String>;

impl Config {
    /// Reads the file (if one is named), the environment, and the flags over them.
    pub(crate) fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::NoFile(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let config: Self = figment
            .merge(environment())
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| ConfigError::Figment(Box::new(error)))?;
        config.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let bounds = [
            ("max_connections", self.max_connections as u64),
            (
                "max_concurrent_requests",
                self.max_concurrent_requests as u64,
            ),
            (
                "max_body_bytes_in_flight",
                self.max_body_bytes_in_flight as u64,
            ),
            (
                "max_answer_bytes_in_flight",
                self.max_answer_bytes_in_flight as u64,
            ),
            ("header_timeout_ms", self.header_timeout_ms),
            ("body_idle_timeout_ms", self.body_idle_timeout_ms),
            ("body_timeout_ms", self.body_timeout_ms),
            ("write_timeout_ms", self.write_timeout_ms),
            ("query_timeout_ms", self.query_timeout_ms),
            ("max_tails", self.max_tails as u64),
            ("max_exports", self.max_exports as u64),
            ("anchor_pause_ms", self.anchor_pause_ms),
            ("anchor_timeout_ms", self.anchor_timeout_ms),
        ];
        if self.anchor_directory.is_some() && !self.anchor_command.is_empty() {
            return Err(ConfigError::TwoAnchors);
        }
        match bounds.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::Zero(name)),
            None => Ok(self),
        }
    }

    /// Where the anchor is, if there is one.
    pub(crate) fn anchor(&self) -> Option<AnchorPlace> {
        if let Some(directory) = &self.anchor_directory {
            return Some(AnchorPlace::Directory(directory.clone()));
        }
        (!self.anchor_command.is_empty()).then(|| {
            AnchorPlace::Command(AnchorCommand {
                command: self.anchor_command.clone(),
                timeout: Duration::from_millis(self.anchor_timeout_ms),
                pause: Duration::from_millis(self.anchor_pause_ms),
            })
        })
    }

    /// [`Self::header_timeout_ms`] as a duration.
    pub(crate) fn header_timeout(&self) -> Duration {
        Duration::from_millis(self.header_timeout_ms)
    }

    /// [`Self::body_idle_timeout_ms`] as a duration.
    pub(crate) fn body_idle_timeout(&self) -> Duration {
        Duration::from_millis(self.body_idle_timeout_ms)
    }

    /// [`Self::body_timeout_ms`] as a duration.
    pub(crate) fn body_timeout(&self) -> Duration {
        Duration::from_millis(self.body_timeout_ms)
    }

    /// [`Self::write_timeout_ms`] as a duration.
    pub(crate) fn write_timeout(&self) -> Duration {
        Duration::from_millis(self.write_timeout_ms)
    }

    /// [`Self::query_timeout_ms`] as a duration.
    pub(crate) fn query_timeout(&self) -> Duration {
        Duration::from_millis(self.query_timeout_ms)
    }

    /// [`Self::shutdown_timeout_ms`] as a duration.
    pub(crate) fn shutdown_timeout(&self) -> Duration {
        Duration::from_millis(self.shutdown_timeout_ms)
    }
}

fn environment() -> Env {
    Env::prefixed(ENVIRONMENT_PREFIX).filter(|key| {
        let key = key.as_str().to_ascii_lowercase();
        let platform = PLATFORM_PREFIXES
            .iter()
            .any(|prefix| key.starts_with(prefix));
        !platform && !OTHER_VARIABLES.contains(&key.as_str())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::result_large_err)]

    use figment::Jail;

    use super::*;

    fn load(file: Option<&str>, flags: &[(&'static str, &str)]) -> Result<Config, String> {
        let flags = flags
            .iter()
            .map(|(key, value)| (*key, (*value).to_owned()))
            .collect();
        Config::load(file.map(Path::new), &flags).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_override_the_environment_which_overrides_the_file() {
        Jail::expect_with(|jail| {
            jail.create_file(
                "evident.toml",
                "data = \"file\"\nlisten = \"file:1\"\nmax_connections = 7\n",
            )?;
            jail.set_env("EVIDENT_DATA", "environment");
            jail.set_env("EVIDENT_LISTEN", "environment:1");
            let config = load(Some("evident.toml"), &[("data", "flag")]).unwrap();
            assert_eq!(config.data, Path::new("flag"));
            assert_eq!(config.listen, "environment:1");
            assert_eq!(config.max_connections, 7);
            assert_eq!(config.body_timeout_ms, DEFAULT_BODY_TIMEOUT_MS);
            Ok(())
        });
    }

    #[test]
    fn an_unknown_key_is_refused_by_its_name_in_file_and_environment() {
        Jail::expect_with(|jail| {
            jail.create_file("evident.toml", "max_conections = 7\n")?;
            let error = load(Some("evident.toml"), &[]).unwrap_err();
            assert!(error.contains("max_conections"), "{error}");
            jail.set_env("EVIDENT_LISTENN", "x");
            let error = load(None, &[]).unwrap_err();
            assert!(error.contains("listenn"), "{error}");
            Ok(())
        });
    }

    #[test]
    fn variables_of_clients_and_platforms_are_left_alone() {
        Jail::expect_with(|jail| {
            for name in [
                "LOG",
                "URL",
                "API_KEY",
                "SERVICE_HOST",
                "PORT_8700_TCP_ADDR",
                "PORT",
            ] {
                jail.set_env(format!("EVIDENT_{name}"), "x");
            }
            assert_eq!(load(None, &[]).unwrap(), Config::default());
            Ok(())
        });
    }

    #[test]
    fn an_anchor_is_a_directory_or_a_command_and_not_both() {
        Jail::expect_with(|jail| {
            assert_eq!(load(None, &[]).unwrap().anchor(), None);
            jail.create_file(
                "evident.toml",
                "anchor_command = [\"/bin/keep\", \"-v\"]\nanchor_pause_ms = 5\n",
            )?;
            let anchor = load(Some("evident.toml"), &[]).unwrap().anchor();
            let expected = AnchorPlace::Command(AnchorCommand {
                command: vec!["/bin/keep".to_owned(), "-v".to_owned()],
                timeout: Duration::from_millis(DEFAULT_ANCHOR_TIMEOUT_MS),
                pause: Duration::from_millis(5),
            });
            assert_eq!(anchor, Some(expected));
            let directory = [("anchor_directory", "/mnt/anchor")];
            let anchor = load(None, &directory).unwrap().anchor();
            assert_eq!(anchor, Some(AnchorPlace::Directory("/mnt/anchor".into())));
            let error = load(Some("evident.toml"), &directory).unwrap_err();
            assert!(error.contains("choose one"), "{error}");
            jail.set_env("EVIDENT_ANCHOR_COMMAND", "[\"/bin/other\"]");
            let config = load(Some("evident.toml"), &[]).unwrap();
            assert_eq!(config.anchor_command, ["/bin/other"]);
            Ok(())
        });
    }

    #[test]
    fn a_missing_file_a_wrong_type_and_a_zero_are_refused() {
        Jail::expect_with(|jail| {
            assert!(
                load(Some("nowhere.toml"), &[])
                    .unwrap_err()
                    .contains("nowhere.toml")
            );
            jail.set_env("EVIDENT_MAX_CONNECTIONS", "many");
            let error = load(None, &[]).unwrap_err().to_lowercase();
            assert!(error.contains("max_connections"), "{error}");
            jail.set_env("EVIDENT_MAX_CONNECTIONS", "0");
            assert!(
                load(None, &[])
                    .unwrap_err()
                    .contains("max_connections is 0")
            );
            Ok(())
        });
    }
}
