//! One round of a monitor: the newest head, whether it extends the one before, and what is new below it.
//!
//! What must always hold:
//!
//! - a head is remembered only once the log's hashes have shown that it extends the one before;
//! - after an alarm the verified head stays, so that the next round raises it again, until somebody has
//!   looked into it.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use evident_event::time::Timestamp;
use evident_ledger::note::VerifierKey;

use super::super::client::Client;
use super::super::output::Progress;
use super::entries::{CHUNK_ENTRIES, Entries};
use super::events::{self, CHUNK_EVENTS};
use super::heads::{Head, check_alone, check_extends, rollback};
use super::log::{Log, Tiles};
use super::state::{State, StateError, StateFile};
use super::told::Report;
use super::trouble::{Alarm, Kind, Trouble};

/// A log, and what of it is watched.
pub(super) struct Watch {
    pub(super) log: Log,
    pub(super) key: VerifierKey,
    pub(super) file: StateFile,
    pub(super) state: Option<State>,
    /// Whether entries are read.
    pub(super) entries: bool,
    /// The server that has the events, if they are looked at.
    pub(super) events: Option<Client>,
    /// How long the log may go without growing.
    pub(super) silence: Option<Duration>,
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        Self::Unchecked(error.to_string())
    }
}

impl Watch {
    /// Looks at the log once.
    pub(super) fn round(&mut self) -> Report {
        let began = Instant::now();
        let size_before = self.state.as_ref().map_or(0, |state| state.head.size());
        let mut erased = 0;
        let looked = self.mind_the_clock();
        let looked = looked.and_then(|()| self.look(&mut erased));
        let trouble = match looked.and_then(|()| self.finish()) {
            Ok(()) => self.silent().map(Trouble::Alarm),
            Err(Trouble::Alarm(mut alarm)) => {
                if let Err(error) = self.file.keep_evidence(&mut alarm) {
                    alarm.what = format!("{}; the evidence is not kept: {error}", alarm.what);
                }
                Some(Trouble::Alarm(alarm))
            }
            // To be unreachable for too long is to be silent.
            Err(Trouble::Unchecked(why)) => Some(match self.silent() {
                Some(mut alarm) => {
                    alarm.what = format!("{}; and now {why}", alarm.what);
                    Trouble::Alarm(alarm)
                }
                None => Trouble::Unchecked(why),
            }),
        };
        let size = self.state.as_ref().map_or(0, |state| state.head.size());
        Report {
            origin: self.key.name().to_owned(),
            state: self.state.clone(),
            grown_by: size.saturating_sub(size_before),
            erased,
            trouble,
            took: began.elapsed(),
        }
    }

    /// A clock that was set back would put off the alarm of silence for as long as it was ahead. What
    /// grew in the future is taken to have grown now, which puts it off once, and by `--silence` at most.
    fn mind_the_clock(&mut self) -> Result<(), Trouble> {
        let now = now();
        match self.state.clone() {
            Some(state) if state.grown_at > now => self.remember(State {
                grown_at: now,
                ..state
            }),
            _ => Ok(()),
        }
    }

    fn look(&mut self, erased: &mut u64) -> Result<(), Trouble> {
        let shown = Head::open(&self.log.checkpoint()?, &self.key)?;
        let state = match &self.state {
            None => self.first(&shown),
            Some(known) => self.grown(known.clone(), &shown),
        }?;
        if self.state.as_ref() != Some(&state) {
            self.remember(state)?;
        }
        match self.entries {
            true => self.read_entries(erased),
            false => Ok(()),
        }
    }

    /// What is remembered of a log that is seen for the first time.
    fn first(&self, shown: &Head) -> Result<State, Trouble> {
        check_alone(&Tiles::new(&self.log, shown.size()), shown)?;
        let now = now();
        Ok(State {
            head: shown.clone(),
            first_seen_at: now,
            grown_at: now,
            checked_at: None,
            entries_verified: 0,
            events_verified: 0,
        })
    }

    /// What is remembered of a log that was seen before.
    fn grown(&self, mut known: State, shown: &Head) -> Result<State, Trouble> {
        if shown.size() < known.head.size() {
            return Err(rollback(&known.head, shown).into());
        }
        check_extends(&self.log, &known.head, shown)?;
        if shown.size() > known.head.size() {
            known.head = shown.clone();
            known.grown_at = now();
        }
        Ok(known)
    }

    /// Reads what is new below the head, chunk by chunk.
    fn read_entries(&mut self, erased: &mut u64) -> Result<(), Trouble> {
        let Some(mut state) = self.state.clone() else {
            return Ok(());
        };
        let head = state.head.clone();
        let (from, chunk) = match &self.events {
            Some(_) => (state.events_verified, CHUNK_EVENTS),
            None => (state.entries_verified, CHUNK_ENTRIES),
        };
        if from == head.size() {
            return Ok(());
        }
        let mut progress = Progress::alone();
        let mut entries = Entries::after(&self.log, &head, from)?;
        while entries.position() < head.size() {
            let first = entries.position();
            progress.say(&format!("{first} of {} entries verified", head.size()));
            // Chunks end at multiples, so that bundles are not cut.
            let end = (first / chunk + 1).saturating_mul(chunk);
            let read = entries.next(end)?;
            state.entries_verified = state.entries_verified.max(entries.position());
            if let Some(server) = &self.events {
                let seen = events::check(server, &self.key, first, &read)?;
                *erased += seen.erased;
                for note in &seen.checkpoints {
                    self.check_seen(&head, note)?;
                }
                state.events_verified = entries.position();
            }
            self.file.save(&state)?;
            self.state = Some(state.clone());
        }
        Ok(())
    }

    /// Holds a checkpoint that a proof carried against the head.
    fn check_seen(&self, head: &Head, note: &str) -> Result<(), Trouble> {
        let seen = Head::open(note.as_bytes(), &self.key)?;
        match seen.size() < head.size() {
            true => check_extends(&self.log, &seen, head),
            false => check_extends(&self.log, head, &seen),
        }
    }

    /// All was checked.
    fn finish(&mut self) -> Result<(), Trouble> {
        if let Some(mut state) = self.state.clone() {
            state.checked_at = Some(now());
            self.remember(state)?;
        }
        Ok(())
    }

    fn remember(&mut self, state: State) -> Result<(), Trouble> {
        self.file.save(&state)?;
        self.state = Some(state);
        Ok(())
    }

    /// The alarm of a log that has not grown for too long. Before the first head nothing is known.
    fn silent(&self) -> Option<Alarm> {
        let (at_most, state) = (self.silence?, self.state.as_ref()?);
        let micros = now().as_micros() - state.grown_at.as_micros();
        let silent_for = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
        if silent_for <= at_most {
            return None;
        }
        let what = format!(
            "the log has not grown beyond size {} since {}, for longer than {} s: ask its operator",
            state.head.size(),
            state.grown_at,
            at_most.as_secs()
        );
        Some(Alarm::new(Kind::Silence, what))
    }
}

/// The time by this machine's clock. Only silence is judged by it.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}
