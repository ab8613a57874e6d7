//! The demo: a directory with a year of a made-up company, and what goes on there while it is served.
//!
//! What must always hold:
//!
//! - a demo's directory is never served as a real one, nor a real one as a demo: the mark is in the control
//!   database, made with the founding and never changed ([`crate::control::DemoMark`]);
//! - its keys are in a file that is there before they work, so that none of them is ever lost;
//! - it listens on this machine alone, since everybody who can reach it may learn its keys from its output;
//! - events take the way that everybody's take, through [`crate::capture`], with the demo's own ingest key:
//!   validated, redacted, hashed, synced. Nothing is recorded twice, however often it is stopped, since ids follow
//!   from the mark.

mod feed;
mod recorder;
mod told;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use evident_activity::demo::{DEFAULT_SEED, Demo, ORGANIZATION, YEAR_EVENTS};
use evident_event::time::Timestamp;
use evident_store::Store;
use evident_store::durable::{Durable, DurableError, FileMode};
use serde::{Deserialize, Serialize};

use crate::auth::{AuthError, Authorized, Ingest, Keyring, PasswordError, Visit, hash_password};
use crate::config::Config;
use crate::control::{Control, ControlError, DemoMark, FirstProject, Place, ProjectKind};
use crate::edge::{self, NoRandomness};
use crate::founding::{self, DEFAULT_INSTANCE, Founded, FoundingError, Plan};
use crate::secrets;

pub(crate) use recorder::{Parts, run};

/// The file with the demo's keys, in the data directory.
const KEYS_FILE: &str = "demo.json";
/// What may be in a directory that has no control plane yet: the parts of one whose first start was interrupted, and
/// what a file system of its own begins with.
const OWN_ENTRIES: [&str; 9] = [
    "lock",
    "keys",
    "log",
    "seeds",
    "segments",
    "wal",
    KEYS_FILE,
    secrets::FILE_NAME,
    "lost+found",
];
/// The owner's address, which can belong to nobody.
const OWNER: &str = "owner@quillmere.example";
/// Random bytes of the owner's password.
const PASSWORD_BYTES: usize = 18;

/// Why a directory is not served as it was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// An address that others can reach.
    #[error(
        "{key} is {address}, which other machines may reach, and the demo's keys are for everybody to see: \
         give an address of this machine such as 127.0.0.1:8700"
    )]
    NotLoopback {
        /// Which configuration key.
        key: &'static str,
        /// Its value.
        address: String,
    },
    /// The address means nothing.
    #[error("{key} is {address}, which cannot be looked up: {source}")]
    Address {
        /// Which configuration key.
        key: &'static str,
        /// Its value.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The directory is real.
    #[error(
        "{} holds a real organization, which the demo's events must not get into: serve it without --demo, or \
         give the demo a directory of its own\n  {} serve --demo --data ./demo-data", .0.display(), told::command()
    )]
    Real(PathBuf),
    /// The directory is a demo's.
    #[error(
        "{} was made for the demo: go on with it by\n  {evident} serve --demo --data {}\nor begin a real one \
         elsewhere\n  {evident} init --data ./evident-data --organization 'Acme AI' --email you@example.com \
         --password-stdin\n  {evident} serve --data ./evident-data", .0.display(), told::quoted_path(.0),
        evident = told::command()
    )]
    Demo(PathBuf),
    /// The directory has somebody's files.
    #[error(
        "{} is not empty, and what is in it is not a demo: give the demo a directory of its own\n  {} serve \
         --demo --data ./demo-data", .0.display(), told::command()
    )]
    Foreign(PathBuf),
    /// Another story was asked for than the directory has.
    #[error(
        "{} tells the demo of the seed {}: leave --demo-seed out, or give another --data", .0.display(), .1
    )]
    OtherSeed(PathBuf, u32),
    /// The keys are gone.
    #[error(
        "the demo's keys cannot be read from {}: {what}; put the file back, or remove the directory and start \
         the demo anew", path.display()
    )]
    NoKeys {
        /// The file.
        path: PathBuf,
        /// What is the matter with it.
        what: String,
    },
    /// The keys are another directory's.
    #[error(
        "the ingest key in {} is not let in: {source}; put the directory's own file back, or remove the directory \
         and start the demo anew", path.display()
    )]
    OtherKeys {
        /// The file.
        path: PathBuf,
        /// Why.
        source: AuthError,
    },
    /// The directory could not be set up.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// The control plane refused.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The owner's password could not be made.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// No password could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// The keys could not be written.
    #[error(transparent)]
    Unwritten(#[from] DurableError),
}

/// What the demo is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// What all of it is drawn from. Without one, what the directory has, or else [`DEFAULT_SEED`].
    pub(crate) seed: Option<u32>,
    /// About how many events the year has, without the incidents.
    pub(crate) year_events: Option<u32>,
}

/// The file of keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeysFile {
    #[serde(flatten)]
    founded: Founded,
    /// Kept for signing in.
    password: String,
}

/// A demo that is ready to go on.
pub(crate) struct Prepared {
    directory: PathBuf,
    keys: founding::Keys,
    /// The owner's.
    password: String,
    demo: Arc<Demo>,
    recorded_until: Timestamp,
}

/// Refuses addresses that are not this machine's own, and a directory of somebody else's files, before anything is
/// made.
pub(crate) async fn refuse_others(config: &Config) -> Result<(), DemoError> {
    let addresses = [
        ("listen", Some(&config.listen)),
        ("metrics_listen", config.metrics_listen.as_ref()),
    ];
    for (key, address) in addresses {
        let Some(address) = address else {
            continue;
        };
        let found = tokio::net::lookup_host(address).await;
        let found = found.map_err(|source| DemoError::Address {
            key,
            address: address.clone(),
            source,
        })?;
        let found: Vec<SocketAddr> = found.collect();
        if !found.iter().all(|found| found.ip().is_loopback()) {
            return Err(DemoError::NotLoopback {
                key,
                address: address.clone(),
            });
        }
    }
    match Place::within(&config.data).exists() || !has_others(&config.data) {
        true => Ok(()),
        false => Err(DemoError::Foreign(config.data.clone())),
    }
}

/// Whether a directory has what no first start makes that was interrupted. What cannot be read is refused later, with
/// the reason.
fn has_others(directory: &Path) -> bool {
    let Ok(mut entries) = std::fs::read_dir(directory) else {
        return false;
    };
    entries.any(|entry| {
        entry.is_ok_and(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !OWN_ENTRIES.contains(&&*name)
        })
    })
}

/// Refuses to serve a demo's directory as if it were real.
pub(crate) async fn refuse_unasked(directory: &Path, control: &Control) -> Result<(), DemoError> {
    match control.demo().await? {
        Some(_) => Err(DemoError::Demo(directory.to_owned())),
        None => Ok(()),
    }
}

/// Sets the directory up for the demo, or finds it as it was left.
pub(crate) async fn prepare(
    directory: &Path,
    store: &Arc<Store>,
    control: &Control,
    wanted: Wanted,
) -> Result<Prepared, DemoError> {
    if !control.is_founded().await? {
        found(directory, store, control, wanted).await?;
    }
    let Some(mark) = control.demo().await? else {
        return Err(DemoError::Real(directory.to_owned()));
    };
    if wanted.seed.is_some_and(|seed| seed != mark.seed) {
        return Err(DemoError::OtherSeed(directory.to_owned(), mark.seed));
    }
    let keys = read_keys(directory)?;
    Ok(Prepared {
        directory: directory.to_owned(),
        keys: keys.founded.keys,
        password: keys.password,
        demo: Arc::new(demo_of(&mark)),
        recorded_until: mark.recorded_until,
    })
}

fn demo_of(mark: &DemoMark) -> Demo {
    Demo::new(mark.seed, mark.year_ends_at.as_micros(), mark.year_events)
}

async fn found(
    directory: &Path,
    store: &Arc<Store>,
    control: &Control,
    wanted: Wanted,
) -> Result<(), DemoError> {
    let password = URL_SAFE_NO_PAD.encode(edge::random::<PASSWORD_BYTES>()?);
    let plan = Plan {
        organization: ORGANIZATION.to_owned(),
        owner_name: String::new(),
        email: OWNER.to_owned(),
        password_hash: hash_password(&password)?,
        instance: DEFAULT_INSTANCE.to_owned(),
    };
    let (mut founding, founded) = founding::prepare(store, control, plan).await?;
    let mut mark = DemoMark {
        seed: wanted.seed.unwrap_or(DEFAULT_SEED),
        year_ends_at: founding.now,
        year_events: wanted.year_events.unwrap_or(YEAR_EVENTS),
        recorded_until: founding.now,
    };
    mark.recorded_until = Timestamp::from_micros(demo_of(&mark).start());
    founding.demo = Some(mark);
    founding.projects = first_projects();
    // Before the keys work: whatever ends the process in between, they are not lost.
    write_keys(directory, &KeysFile { founded, password })?;
    control.found(&founding).await?;
    Ok(())
}

/// The projects that events of the demo belong to.
fn first_projects() -> Vec<FirstProject> {
    evident_activity::demo::projects()
        .filter_map(|project| {
            let kind = ProjectKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == project.kind)?;
            Some(FirstProject {
                id: project.id,
                name: project.name,
                kind,
            })
        })
        .collect()
}

fn write_keys(directory: &Path, keys: &KeysFile) -> Result<(), DemoError> {
    let unwritable = |error: serde_json::Error| DemoError::NoKeys {
        path: directory.join(KEYS_FILE),
        what: error.to_string(),
    };
    let mut text = serde_json::to_string_pretty(keys).map_err(unwritable)?;
    text.push('\n');
    let directory = Durable::open(directory, None)?;
    directory.replace(Path::new(KEYS_FILE), text.as_bytes(), FileMode::Secret)?;
    Ok(())
}

fn read_keys(directory: &Path) -> Result<KeysFile, DemoError> {
    let path = directory.join(KEYS_FILE);
    let read = std::fs::read(&path).map_err(|error| error.to_string());
    let parsed = read.and_then(|bytes| {
        serde_json::from_slice(&bytes)
            .map_err(|error| format!("it is not what was written: {error}"))
    });
    parsed.map_err(|what| DemoError::NoKeys { path, what })
}

impl Prepared {
    /// The demo's own ingest key, let in as everybody's is.
    pub(crate) fn authorize(&self, keyring: &Keyring) -> Result<Authorized<Ingest>, DemoError> {
        let authorized = keyring.authorize(&self.keys.ingest, Visit::within(), edge::now());
        authorized.map_err(|source| DemoError::OtherKeys {
            path: self.directory.join(KEYS_FILE),
            source,
        })
    }
}
