//! What a run remembers, so that another one goes on where it ended.
//!
//! What must always hold:
//!
//! - all before the place in it is answered, and nothing behind it is relied on: it is replaced as a
//!   whole, so that a kill at any moment leaves the one or the other;
//! - it is of one input, one server, one key and one mapping; with another it is refused, because half
//!   of the events would be somewhere else, or something else;
//! - one run at a time has it; and no key is in it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::batch::{Place, Run};
use super::rest::Rest;
use super::source::{Identity, hex};
use crate::cli::kept::{KeptError, KeptFile};
use crate::cli::sanitize;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// Most bytes of a state.
const MAX_STATE_BYTES: u64 = 64 * 1024;

/// Why a state cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum StateError {
    #[error(transparent)]
    Kept(#[from] KeptError),
    #[error(
        "{} holds no state of an ingest ({what}): name another --state, or begin anew with --restart; {HARMLESS}",
        path.display()
    )]
    Garbage { path: PathBuf, what: String },
    #[error("{} is of another run: {what}", path.display())]
    Other { path: PathBuf, what: String },
}

/// How the usual format is called.
pub(super) const NDJSON: &str = "ndjson";
/// What beginning anew comes to.
pub(super) const HARMLESS: &str =
    "what is sent again as it was is answered as duplicate, and not recorded twice";

/// What a run is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    pub(super) url: String,
    /// The public part of the key.
    pub(super) key_id: Option<String>,
    /// Of the file as it lies on the disk; nothing for standard input.
    pub(super) input_bytes: Option<u64>,
    pub(super) input_head_sha256: String,
    pub(super) format: String,
    pub(super) mapping_sha256: Option<String>,
    /// What was given by --run.
    pub(super) run_name: Option<String>,
}

/// How often what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Counts {
    pub(super) sent: u64,
    pub(super) recorded: u64,
    pub(super) duplicates: u64,
    pub(super) refused: u64,
    pub(super) with_warnings: u64,
}

/// What is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    version: u32,
    pub(super) subject: Subject,
    /// Makes the ids of events that have none.
    run: String,
    /// All before this is answered.
    pub(super) answered_bytes: u64,
    pub(super) answered_lines: u64,
    pub(super) counts: Counts,
    pub(super) dead_letters: PathBuf,
    /// How much of that file is of this run.
    pub(super) dead_letters_bytes: u64,
    /// Of those bytes, in hex.
    pub(super) dead_letters_sha256: String,
    pub(super) last_index: Option<u64>,
    pub(super) started_at: String,
    pub(super) finished_at: Option<String>,
}

impl Subject {
    /// Says what is other than it was, and what to do.
    fn differs_from(&self, other: &Self) -> Option<String> {
        if self.input_bytes != other.input_bytes
            || self.input_head_sha256 != other.input_head_sha256
        {
            return Some("the input has changed since".to_owned());
        }
        if self.url != other.url {
            return Some(format!("it was sent to {}", sanitize::message(&self.url)));
        }
        if self.key_id != other.key_id {
            let id = self.key_id.as_deref().unwrap_or("another one");
            return Some(format!(
                "it was sent with the key {}",
                sanitize::message(id)
            ));
        }
        if self.format != other.format || self.mapping_sha256 != other.mapping_sha256 {
            return Some("the format or the mapping has changed since".to_owned());
        }
        (self.run_name != other.run_name).then(|| "--run was another".to_owned())
    }

    /// Whether the input is the same.
    fn is_same_input(&self, other: &Self) -> bool {
        self.input_head_sha256 == other.input_head_sha256 && self.input_bytes == other.input_bytes
    }
}

impl State {
    /// A run that has sent nothing yet.
    pub(super) fn new(subject: Subject, run: Run, dead_letters: &Path, now: String) -> Self {
        Self {
            version: VERSION,
            subject,
            run: hex(&run.0),
            answered_bytes: 0,
            answered_lines: 0,
            counts: Counts::default(),
            dead_letters: dead_letters.to_owned(),
            dead_letters_bytes: 0,
            dead_letters_sha256: String::new(),
            last_index: None,
            started_at: now,
            finished_at: None,
        }
    }

    /// Whether nothing is answered yet.
    const fn is_untouched(&self) -> bool {
        self.answered_bytes == 0 && self.finished_at.is_none()
    }

    /// All before this is answered.
    pub(super) const fn place(&self) -> Place {
        Place {
            bytes: self.answered_bytes,
            lines: self.answered_lines,
        }
    }

    /// What makes ids. Nothing if what is remembered is none.
    pub(super) fn run(&self) -> Option<Run> {
        let mut run = [0; 32];
        if self.run.len() != 2 * run.len() {
            return None;
        }
        for (at, byte) in run.iter_mut().enumerate() {
            *byte = u8::from_str_radix(self.run.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Run(run))
    }
}

/// The identity that makes ids of an input's events, which follows from what it holds: so a run whose
/// state is lost, or that begins anew, makes the same ids. The name tells inputs apart that a person
/// knows to be two, although they are equal.
pub(super) fn run_of(identity: &Identity, name: Option<&str>) -> Run {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(b"evident/ingest-run/v1");
    hash.update(identity.bytes.unwrap_or(u64::MAX).to_le_bytes());
    hash.update(identity.head_sha256.as_bytes());
    hash.update(name.unwrap_or_default().as_bytes());
    Run(hash.finalize().into())
}

/// The file of a state. Nobody else has it until this is dropped.
pub(super) struct StateFile(KeptFile);

impl StateFile {
    /// Takes the file, which need not be there yet.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        Ok(Self(KeptFile::open(path, "ingest")?))
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    /// What is remembered of this subject; nothing before the first run.
    pub(super) fn load(
        &self,
        subject: &Subject,
        rest: &Rest<'_>,
    ) -> Result<Option<State>, StateError> {
        let path = self.path();
        let Some(text) = self.0.read(MAX_STATE_BYTES)? else {
            return Ok(None);
        };
        let garbage = |what: String| StateError::Garbage {
            path: path.clone(),
            what,
        };
        let state: State =
            serde_json::from_str(&text).map_err(|error| garbage(error.to_string()))?;
        if state.version != VERSION || state.run().is_none() {
            return Err(garbage(format!("its version is {}", state.version)));
        }
        let Some(what) = state.subject.differs_from(subject) else {
            return Ok(Some(state));
        };
        if !state.is_untouched() {
            let next = next_step(&state, subject, rest);
            let what = format!("{what}; {next}");
            return Err(StateError::Other { path, what });
        }
        // Nothing is bound to what was tried then, such as a key that may not record; but to what the
        // ids are made of, since what was under way may have arrived.
        if !state.subject.is_same_input(subject) {
            return Ok(None);
        }
        let subject = subject.clone();
        let state = State { subject, ..state };
        Ok(Some(state))
    }

    /// Remembers this from now on.
    pub(super) fn save(&self, state: &State) -> Result<(), StateError> {
        Ok(self.0.save(state)?)
    }
}

/// What to do about a state of something else.
fn next_step(state: &State, subject: &Subject, rest: &Rest<'_>) -> String {
    if state.subject.is_same_input(subject) {
        return format!("give what was given then, or begin anew with --restart: {HARMLESS}");
    }
    let lines = state.answered_lines;
    let added = rest.command(lines);
    format!(
        "its first {lines} lines have been sent. If only lines were added, send those, with a name of their own: {added}; to send all of what it is now, add --restart: events without an id of their own are recorded again then"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const REST: Rest<'_> = Rest {
        format: NDJSON,
        compression: None,
        has_header: false,
    };

    fn subject() -> Subject {
        Subject {
            url: "http://127.0.0.1:8700".to_owned(),
            key_id: Some("1".to_owned()),
            input_bytes: Some(100),
            input_head_sha256: "00".to_owned(),
            format: "ndjson".to_owned(),
            mapping_sha256: None,
            run_name: None,
        }
    }

    fn state() -> State {
        let now = "2026-01-01T00:00:00.000000Z".to_owned();
        State::new(subject(), Run([9; 32]), Path::new("d"), now)
    }

    #[test]
    fn what_is_remembered_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s");
        let file = StateFile::open(&path).unwrap();
        assert_eq!(file.load(&subject(), &REST).unwrap(), None);
        let mut state = state();
        state.answered_bytes = 50;
        file.save(&state).unwrap();
        let found = file.load(&subject(), &REST).unwrap().unwrap();
        assert_eq!(found, state);
        assert_eq!(found.run().unwrap(), Run([9; 32]));
        let second = StateFile::open(&path).err().unwrap();
        assert!(matches!(second, StateError::Kept(KeptError::InUse { .. })));
    }

    #[test]
    fn a_state_of_something_else_is_refused_with_the_next_step() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::open(&directory.path().join("s")).unwrap();
        let mut kept = state();
        kept.answered_lines = 7;
        kept.answered_bytes = 70;
        file.save(&kept).unwrap();
        let refused = |change: fn(&mut Subject)| {
            let mut other = subject();
            change(&mut other);
            file.load(&other, &REST).unwrap_err().to_string()
        };
        let grown = refused(|subject| subject.input_bytes = Some(101));
        assert!(
            grown.contains("has changed")
                && grown.contains("tail -n +8 FILE | evident ingest - --run NAME"),
            "{grown}"
        );
        let url = refused(|subject| subject.url = "http://x".to_owned());
        assert!(url.contains("8700") && url.contains("--restart"), "{url}");
        for change in [
            (|subject| subject.key_id = None) as fn(&mut Subject),
            |subject| subject.mapping_sha256 = Some("1".to_owned()),
            |subject| subject.format = "csv".to_owned(),
            |subject| subject.run_name = Some("x".to_owned()),
            |subject| subject.input_head_sha256 = "01".to_owned(),
        ] {
            assert!(refused(change).contains("--restart"));
        }
        for garbage in [
            "",
            "{}",
            "x",
            &serde_json::to_string(&state())
                .unwrap()
                .replace("\"version\":1", "\"version\":2"),
        ] {
            std::fs::write(file.path(), garbage).unwrap();
            let error = file.load(&subject(), &REST).unwrap_err();
            assert!(matches!(error, StateError::Garbage { .. }), "{garbage}");
        }
    }

    #[test]
    fn what_has_answered_nothing_binds_to_nothing_but_its_ids() {
        let directory = tempfile::tempdir().unwrap();
        let file = StateFile::open(&directory.path().join("s")).unwrap();
        file.save(&state()).unwrap();
        let mut other_key = subject();
        other_key.key_id = Some("2".to_owned());
        let found = file.load(&other_key, &REST).unwrap().unwrap();
        assert_eq!((found.run(), found.subject), (state().run(), other_key));
        let mut other_input = subject();
        other_input.input_bytes = Some(7);
        assert_eq!(file.load(&other_input, &REST).unwrap(), None);
    }

    #[test]
    fn a_run_follows_from_the_input_and_the_name() {
        let identity = |bytes, head: &str| Identity {
            bytes,
            head_sha256: head.to_owned(),
        };
        let one = run_of(&identity(Some(1), "a"), None);
        assert_eq!(one, run_of(&identity(Some(1), "a"), None));
        assert_ne!(one, run_of(&identity(Some(2), "a"), None));
        assert_ne!(one, run_of(&identity(Some(1), "b"), None));
        assert_ne!(one, run_of(&identity(Some(1), "a"), Some("x")));
    }
}
