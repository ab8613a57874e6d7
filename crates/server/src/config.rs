//! The configuration of `evident serve`: a file, the environment and flags, each overriding the
//! one before.
//!
//! What must always hold:
//!
//! - a key that nobody knows is refused with its name and place, so that a misspelt bound is not
//!   silently the default;
//! - a value that the server could not work with is refused here, before anything is opened;
//! - every default is a named constant with its unit;
//! - there is one loader: what `evident config` shows is what `evident serve` would do;
//! - the value of a key that is a secret is shown nowhere: only that it is set, or not.
//!
//! The arguments of `anchor_command` are shown as they are: they are no place for
//! secrets, since everybody on a machine can read the arguments of its processes.

mod address;
mod keys;
mod layers;
mod mistakes;
mod secret;
#[cfg(test)]
mod secret_tests;
#[cfg(test)]
mod tests;
mod urls;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evident_store::anchor::{AnchorCommand, AnchorPlace};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::keys::{KEYS, Key};
use self::layers::Layers;
pub(crate) use self::layers::Source;
pub(crate) use self::mistakes::ConfigError;
pub(crate) use self::secret::Secret;
pub(crate) use self::urls::is_loopback;

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
const DEFAULT_AUDIT_READS: bool = true;
const DEFAULT_ANCHOR_PAUSE_MS: u64 = 30_000;
const DEFAULT_ANCHOR_TIMEOUT_MS: u64 = 30_000;
const DEFAULT_SESSION_IDLE_MINUTES: u64 = 12 * 60;
const DEFAULT_SESSION_MAX_DAYS: u64 = 30;
const DEFAULT_SSO_ALLOW_LOOPBACK: bool = false;
const DEFAULT_EXPORT_JOBS: usize = 1;
const DEFAULT_EXPORT_DAYS: u64 = 7;
const DEFAULT_EXPORT_MAX_BYTES: u64 = 16 * 1024 * 1024 * 1024;
const DEFAULT_EXPORT_KEEP_FREE_BYTES: u64 = 1024 * 1024 * 1024;
const DEFAULT_EXPORT_MAX_MINUTES: u64 = 6 * 60;

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
    /// The URL that people reach the server by: links and redirects are made of it.
    pub(crate) public_url: Option<String>,
    /// Networks of proxies, whose word for a client's address is taken.
    pub(crate) trusted_proxies: Vec<String>,
    /// The PostgreSQL database of the control plane; without it SQLite in the data directory.
    pub(crate) control_database: Option<Secret>,
    /// The server that mail is sent by.
    pub(crate) smtp_url: Option<Secret>,
    /// Who mail is from.
    pub(crate) mail_from: Option<String>,
    /// Whether reading the log leaves records in it.
    pub(crate) audit_reads: bool,
    /// How long a session lasts without a request.
    pub(crate) session_idle_minutes: u64,
    /// How long a session lasts at most.
    pub(crate) session_max_days: u64,
    /// Whether a provider of single sign-on may be on this machine.
    pub(crate) sso_allow_loopback: bool,
    /// How many days events are kept where an organization has set nothing; without it for ever.
    pub(crate) retention_default_days: Option<u32>,
    /// Exports in the background at once. Further ones wait.
    pub(crate) export_jobs: usize,
    /// How long the file of an export in the background is kept.
    pub(crate) export_days: u64,
    /// The largest file of an export in the background.
    pub(crate) export_max_bytes: u64,
    /// Bytes of the disk that background exports leave free, for recording.
    pub(crate) export_keep_free_bytes: u64,
    /// How long an export in the background may take.
    pub(crate) export_max_minutes: u64,
    /// The bucket where files of exports are kept; without it a folder of the data directory.
    pub(crate) export_store: Option<String>,
    /// The address of an S3-compatible store that is not Amazon's.
    pub(crate) export_store_endpoint: Option<String>,
    /// The bucket's region.
    pub(crate) export_store_region: Option<String>,
    /// The id of the key to the bucket; without it that of the environment.
    pub(crate) export_store_key_id: Option<String>,
    /// The key to the bucket.
    pub(crate) export_store_key: Option<Secret>,
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
            public_url: None,
            trusted_proxies: Vec::new(),
            control_database: None,
            smtp_url: None,
            mail_from: None,
            audit_reads: DEFAULT_AUDIT_READS,
            session_idle_minutes: DEFAULT_SESSION_IDLE_MINUTES,
            session_max_days: DEFAULT_SESSION_MAX_DAYS,
            sso_allow_loopback: DEFAULT_SSO_ALLOW_LOOPBACK,
            retention_default_days: None,
            export_jobs: DEFAULT_EXPORT_JOBS,
            export_days: DEFAULT_EXPORT_DAYS,
            export_max_bytes: DEFAULT_EXPORT_MAX_BYTES,
            export_keep_free_bytes: DEFAULT_EXPORT_KEEP_FREE_BYTES,
            export_max_minutes: DEFAULT_EXPORT_MAX_MINUTES,
            export_store: None,
            export_store_endpoint: None,
            export_store_region: None,
            export_store_key_id: None,
            export_store_key: None,
        }
    }
}

/// What flags set, by the name of its key.
pub(crate) type Flags = BTreeMap<&'static str, String>;

/// A configuration, and where each of its values is from.
pub(crate) struct Loaded {
    /// The configuration.
    pub(crate) config: Config,
    layers: Layers,
}

/// A key with its value, and where that is from.
pub(crate) struct Setting {
    /// The key.
    pub(crate) key: &'static Key,
    /// The value in effect.
    pub(crate) value: Value,
    /// The value if nothing sets it.
    pub(crate) default: Value,
    /// What sets it.
    pub(crate) source: Source,
}

impl Loaded {
    /// Reads the file (if one is named), the environment, and the flags over them.
    pub(crate) fn load(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let layers = Layers::read(file, flags)?;
        let config = layers.extract()?;
        let loaded = Self { config, layers };
        loaded.check()?;
        Ok(loaded)
    }

    /// Every key, in the order of [`KEYS`].
    pub(crate) fn settings(&self) -> Vec<Setting> {
        let (values, defaults) = (values_of(&self.config), values_of(&Config::default()));
        let of = |values: &Value, key: &Key| match values.get(key.name) {
            None | Some(Value::Null) if key.is_secret => Value::from(secret::NOT_SET),
            value => value.cloned().unwrap_or_default(),
        };
        KEYS.iter()
            .map(|key| Setting {
                key,
                value: of(&values, key),
                default: of(&defaults, key),
                source: self.layers.source(key),
            })
            .collect()
    }

    fn check(&self) -> Result<(), ConfigError> {
        let values = values_of(&self.config);
        for key in &KEYS {
            let Some(value) = values.get(key.name) else {
                continue;
            };
            if value.as_u64().is_some_and(|value| value < key.at_least()) {
                let place = self.layers.source(key).place(key.name);
                return Err(ConfigError::Zero { place });
            }
            let is_accepted = match self.config.secret(key) {
                Some(secret) => key.accepts(&Value::from(secret.expose())),
                None => key.accepts(value),
            };
            if !is_accepted {
                return Err(mistakes::wrong_value(key, &self.layers));
            }
        }
        let place = |name| Key::of(name).map(|key| self.layers.source(key).place(name));
        if self.config.smtp_url.is_some() && self.config.mail_from.is_none() {
            return Err(ConfigError::NoSender {
                place: place("smtp_url").unwrap_or_default(),
            });
        }
        if self.config.anchor_directory.is_some() && !self.config.anchor_command.is_empty() {
            return Err(ConfigError::TwoAnchors {
                directory: place("anchor_directory").unwrap_or_default(),
                command: place("anchor_command").unwrap_or_default(),
            });
        }
        Ok(())
    }
}

/// The values by their keys. All of them are text, numbers, switches and lists, which JSON has.
fn values_of(config: &Config) -> Value {
    serde_json::to_value(config).unwrap_or_default()
}

impl Config {
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

    /// The name and the prefix of the bucket for exports, if there is one.
    pub(crate) fn export_bucket(&self) -> Option<(String, String)> {
        self.export_store.as_deref().and_then(urls::bucket)
    }

    /// Whether [`Self::export_store_endpoint`] is on this machine, where there need be no TLS.
    pub(crate) fn export_store_is_here(&self) -> bool {
        let endpoint = self.export_store_endpoint.as_deref();
        endpoint.is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    /// The value of a key that is a secret and set.
    fn secret(&self, key: &Key) -> Option<&Secret> {
        match key.name {
            "control_database" => self.control_database.as_ref(),
            "smtp_url" => self.smtp_url.as_ref(),
            "export_store_key" => self.export_store_key.as_ref(),
            _ => None,
        }
    }

    /// [`Self::public_url`] without a slash at its end, to put a path behind.
    pub(crate) fn public_origin(&self) -> Option<String> {
        self.public_url.as_deref().and_then(urls::public_origin)
    }

    /// [`Self::trusted_proxies`] as networks, an address as one of its own.
    pub(crate) fn trusted_networks(&self) -> Vec<IpNet> {
        let texts = self.trusted_proxies.iter();
        texts.filter_map(|text| urls::network(text)).collect()
    }

    /// [`Self::session_idle_minutes`] as a duration.
    pub(crate) fn session_idle(&self) -> Duration {
        Duration::from_mins(self.session_idle_minutes)
    }

    /// [`Self::session_max_days`] as a duration.
    pub(crate) fn session_max(&self) -> Duration {
        Duration::from_hours(24 * self.session_max_days)
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
