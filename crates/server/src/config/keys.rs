//! What there is to configure: every key with its unit and its meaning, once for all who tell of it.
//!
//! What must always hold: a value that a key accepts can be worked with. A number is no larger than what
//! the server counts with, so none overflows or panics where it is used.
//!
//! A test holds the list to the fields of [`super::Config`], and the documentation to the list.

use serde_json::Value;

use super::address::is_address;
use super::urls;
use crate::mail;
use crate::retention::rules::MAX_DAYS;

/// The largest number of things: as many files as Linux lets a process have open, unless it is told
/// otherwise. Each connection is one, and each request, tail and export has a connection.
const MOST_THINGS: u64 = 1_048_576;
/// The largest number of bytes, in memory or on a disk: a pebibyte, which is more than machines have.
const MOST_BYTES: u64 = 1 << 50;
/// The longest time: a week, in milliseconds. What waits for longer waits for good.
const MOST_MILLISECONDS: u64 = 7 * 24 * 60 * 60 * 1_000;
/// The longest time in minutes: thirty days. Who is idle for longer is gone.
const MOST_MINUTES: u64 = 30 * 24 * 60;
/// The longest time in days: a year.
const MOST_DAYS: u64 = 365;
/// The longest time that events are kept, in days, unless for ever.
const MOST_DAYS_KEPT: u64 = MAX_DAYS as u64;

/// A key of the configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Its name in the file; in the environment it is in upper case behind `EVIDENT_`.
    pub(crate) name: &'static str,
    /// What kind of value it has.
    pub(crate) unit: Unit,
    /// What it is about, in one line.
    pub(crate) meaning: &'static str,
    /// The flag that sets it, if one does.
    pub(crate) flag: Option<&'static str>,
    /// Whether its value is shown nowhere: not by `evident config`, and not where it is refused.
    pub(crate) is_secret: bool,
}

/// What values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// The path of a directory.
    Directory,
    /// A host and a port.
    Address,
    /// A command and its arguments.
    List,
    /// A number of things.
    Count,
    /// A number of bytes.
    Bytes,
    /// A time in milliseconds.
    Milliseconds,
    /// A time in minutes.
    Minutes,
    /// A time in days.
    Days,
    /// A time in days that events are kept.
    DaysKept,
    /// Yes or no.
    Switch,
    /// The URL of this server.
    PublicUrl,
    /// Networks and addresses.
    Networks,
    /// The URL of a PostgreSQL database.
    Database,
    /// The URL of a mail server.
    MailServer,
    /// Who mail is from.
    Sender,
    /// A bucket, and what stands before the names of files in it.
    Bucket,
    /// The URL of an S3-compatible store.
    Endpoint,
    /// One word.
    Word,
}

impl Unit {
    /// Its name behind a number; nothing where there is none.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Bytes => Some("bytes"),
            Self::Milliseconds => Some("ms"),
            Self::Minutes => Some("min"),
            Self::Days | Self::DaysKept => Some("days"),
            _ => None,
        }
    }

    /// The largest number, if these are numbers.
    pub(super) const fn at_most(self) -> Option<u64> {
        match self {
            Self::Count => Some(MOST_THINGS),
            Self::Bytes => Some(MOST_BYTES),
            Self::Milliseconds => Some(MOST_MILLISECONDS),
            Self::Minutes => Some(MOST_MINUTES),
            Self::Days => Some(MOST_DAYS),
            Self::DaysKept => Some(MOST_DAYS_KEPT),
            _ => None,
        }
    }

    /// What to give.
    const fn expected(self) -> &'static str {
        match self {
            Self::Directory => "a directory",
            Self::Address => {
                "an address and a port, such as 127.0.0.1:8700, [::1]:8700 or localhost:8700"
            }
            Self::List => "a list of texts, such as [\"/usr/local/bin/keep\", \"-v\"]",
            Self::Count => "a whole number",
            Self::Bytes => "a whole number of bytes",
            Self::Milliseconds => "a whole number of milliseconds",
            Self::Minutes => "a whole number of minutes",
            Self::Days | Self::DaysKept => "a whole number of days",
            Self::Switch => "true or false",
            Self::PublicUrl => {
                "a URL such as https://audit.example.com, with nothing behind host and port; \
                 http only for this machine, such as http://localhost:8700"
            }
            Self::Networks => {
                "a list of addresses and networks, such as [\"10.0.0.7\", \"192.168.0.0/16\"]; \
                 none may have all addresses in it"
            }
            Self::Database => {
                "a URL such as postgres://user:password@db.example.com/evident, with what is special \
                 in user and password percent-encoded"
            }
            Self::MailServer => mail::EXPECTED_SERVER,
            Self::Sender => "a mail address, such as audit@example.com",
            Self::Bucket => "a bucket, such as s3://acme-audit/evident",
            Self::Endpoint => {
                "an https URL such as https://s3.example.com, or http://localhost:9000 on this machine"
            }
            Self::Word => "a word without blanks",
        }
    }
}

impl Key {
    const fn new(name: &'static str, unit: Unit, meaning: &'static str) -> Self {
        Self {
            name,
            unit,
            meaning,
            flag: None,
            is_secret: false,
        }
    }

    const fn secret(self) -> Self {
        Self {
            is_secret: true,
            ..self
        }
    }

    const fn with_flag(self, flag: &'static str) -> Self {
        Self {
            flag: Some(flag),
            ..self
        }
    }

    /// The key of this name.
    pub(super) fn of(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    /// The least number that makes sense. To stop at once is sensible; to allow nothing is not.
    pub(super) fn at_least(&self) -> u64 {
        u64::from(self.name != "shutdown_timeout_ms")
    }

    /// What to give.
    pub(super) fn expected(&self) -> String {
        let what = self.unit.expected();
        match self.unit.at_most() {
            Some(most) => format!("{what} from {} to {most}", self.at_least()),
            None => what.to_owned(),
        }
    }

    /// Whether a value of the right kind can be worked with. None at all can.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.accepts_text(text),
            Value::Array(networks) if self.unit == Unit::Networks => networks
                .iter()
                .all(|network| network.as_str().and_then(urls::network).is_some()),
            Value::Array(command) => command.first().is_none_or(|program| program != ""),
            Value::Number(number) => number.as_u64() <= self.unit.at_most(),
            _ => true,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self.unit {
            Unit::Address => is_address(text),
            Unit::PublicUrl => urls::public_origin(text).is_some(),
            Unit::Database => urls::is_database(text),
            Unit::MailServer => mail::is_server(text),
            Unit::Sender => mail::is_sender(text),
            Unit::Bucket => urls::bucket(text).is_some(),
            Unit::Endpoint => urls::is_endpoint(text),
            Unit::Word => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()),
            _ => !text.is_empty(),
        }
    }
}

/// All keys, those first that are changed most.
pub(crate) const KEYS: [Key; 39] = [
    Key::new("data", Unit::Directory, "The data directory").with_flag("--data"),
    Key::new("listen", Unit::Address, "The address to listen on").with_flag("--listen"),
    Key::new(
        "metrics_listen",
        Unit::Address,
        "A second address, for /metrics without a key",
    ),
    Key::new(
        "max_connections",
        Unit::Count,
        "Connections at once; further ones wait",
    ),
    Key::new(
        "max_concurrent_requests",
        Unit::Count,
        "Requests at once; further ones get 429",
    ),
    Key::new(
        "max_body_bytes_in_flight",
        Unit::Bytes,
        "Request bodies in memory, of all requests",
    ),
    Key::new(
        "max_answer_bytes_in_flight",
        Unit::Bytes,
        "Answers with events in memory, of all requests",
    ),
    Key::new(
        "header_timeout_ms",
        Unit::Milliseconds,
        "Time for a request's head, or idling before it",
    ),
    Key::new(
        "body_idle_timeout_ms",
        Unit::Milliseconds,
        "Time for a pause within a request's body",
    ),
    Key::new(
        "body_timeout_ms",
        Unit::Milliseconds,
        "Time for a request's whole body",
    ),
    Key::new(
        "write_timeout_ms",
        Unit::Milliseconds,
        "Time for a client to take some of its answer",
    ),
    Key::new(
        "shutdown_timeout_ms",
        Unit::Milliseconds,
        "Time for requests to end at a stop; may be 0",
    ),
    Key::new(
        "query_timeout_ms",
        Unit::Milliseconds,
        "Time for a query, or a piece of a long answer",
    ),
    Key::new(
        "max_tails",
        Unit::Count,
        "Tails at once; further ones get 429",
    ),
    Key::new(
        "max_exports",
        Unit::Count,
        "Exports at once; further ones get 429",
    ),
    Key::new(
        "anchor_directory",
        Unit::Directory,
        "A directory elsewhere that keeps checkpoints",
    )
    .with_flag("--anchor"),
    Key::new(
        "anchor_command",
        Unit::List,
        "A command that keeps them, with its arguments",
    ),
    Key::new(
        "anchor_pause_ms",
        Unit::Milliseconds,
        "Time between two rounds of that command",
    ),
    Key::new(
        "anchor_timeout_ms",
        Unit::Milliseconds,
        "Time for one run of that command",
    ),
    Key::new(
        "public_url",
        Unit::PublicUrl,
        "The URL that people reach this server by",
    ),
    Key::new(
        "trusted_proxies",
        Unit::Networks,
        "Proxies that may name the client's address",
    ),
    Key::new(
        "control_database",
        Unit::Database,
        "PostgreSQL instead of SQLite; a secret",
    )
    .secret(),
    Key::new(
        "smtp_url",
        Unit::MailServer,
        "The server that sends mail; a secret",
    )
    .secret(),
    Key::new("mail_from", Unit::Sender, "The address that mail is from"),
    Key::new(
        "audit_reads",
        Unit::Switch,
        "Whether reading the log is recorded in it",
    ),
    Key::new(
        "session_idle_minutes",
        Unit::Minutes,
        "Time until an idle session ends",
    ),
    Key::new(
        "session_max_days",
        Unit::Days,
        "Time until any session ends",
    ),
    Key::new(
        "sso_allow_loopback",
        Unit::Switch,
        "Whether sign-on providers may be on loopback",
    ),
    Key::new(
        "retention_default_days",
        Unit::DaysKept,
        "Time that events are kept; unset: for ever",
    ),
    Key::new(
        "export_jobs",
        Unit::Count,
        "Background exports at once; further ones wait",
    ),
    Key::new(
        "export_days",
        Unit::Days,
        "Time until a background export's file goes",
    ),
    Key::new(
        "export_max_bytes",
        Unit::Bytes,
        "The largest file of a background export",
    ),
    Key::new(
        "export_keep_free_bytes",
        Unit::Bytes,
        "Room on the disk that exports leave free",
    ),
    Key::new(
        "export_max_minutes",
        Unit::Minutes,
        "Time for a background export",
    ),
    Key::new(
        "export_store",
        Unit::Bucket,
        "A bucket for exports instead of a folder",
    ),
    Key::new(
        "export_store_endpoint",
        Unit::Endpoint,
        "A store for exports that is not Amazon's",
    ),
    Key::new(
        "export_store_region",
        Unit::Word,
        "The region of that bucket",
    ),
    Key::new(
        "export_store_key_id",
        Unit::Word,
        "The id of the key to that bucket",
    ),
    Key::new(
        "export_store_key",
        Unit::Word,
        "The key to that bucket; a secret",
    )
    .secret(),
];
