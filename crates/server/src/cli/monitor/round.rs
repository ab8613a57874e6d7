//! One round of a monitor: the newest head, whether it extends the one before, and what is new below it.
//!
//! What must always hold:
//!
//! - a head is remembered only once the log's hashes have shown that it extends the one before;
//! - a round comes to its end, however slow the log is with what is below the head: the next one looks at
//!   the head again, and silence is judged in each;
//! - after an alarm the verified head stays, so that the next round raises it again, until somebody has
//!   looked into it.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use evident_event::time::Timestamp;
use evident_ledger::entry::{Entry, EntryError};
use evident_ledger::note::VerifierKey;
use uuid::Uuid;

use super::super::output::Progress;
use super::entries::{CHUNK_ENTRIES, Entries, Next};
use super::events::{CHUNK_EVENTS, Events};
use super::heads::{Head, check_alone, check_extends, rollback};
use super::log::{Log, Tiles};
use super::state::{State, StateError, StateFile};
use super::told::{Below, Report};
use super::trouble::{Alarm, Kind, Trouble};

/// How long a round may read what is new below the head.
pub(super) const CATCH_UP: Duration = Duration::from_secs(60);
/// Most erased events that are named by their ids, the newest.
const MAX_ERASED_NAMED: usize = 10;

/// A log, and what of it is watched.
pub(super) struct Watch {
    pub(super) log: Arc<Log>,
    pub(super) key: VerifierKey,
    pub(super) file: StateFile,
    pub(super) state: Option<State>,
    /// Whether entries are read.
    pub(super) entries: bool,
    /// Where the events are, if they are looked at.
    pub(super) events: Option<Events>,
    /// Whether erased events are expected.
    pub(super) erasures: bool,
    /// How long a round may read what is new below the head.
    pub(super) catch_up: Duration,
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
        let mut below = Below::default();
        let looked = self.mind_the_clock();
        let looked = looked.and_then(|()| self.look(&mut below));
        let looked = looked.and_then(|()| match below.is_behind {
            true => Ok(()),
            false => self.finish(),
        });
        let trouble = match looked {
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
            below,
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

    fn look(&mut self, below: &mut Below) -> Result<(), Trouble> {
        let shown = Head::open(&self.log.checkpoint()?, &self.key)?;
        let mut state = match &self.state {
            None => self.first(&shown),
            Some(known) => self.grown(known.clone(), &shown),
        }?;
        state.mark(now());
        if self.state.as_ref() != Some(&state) {
            self.remember(state)?;
        }
        match self.entries {
            true => self.read_entries(below),
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
            events_erased: 0,
            entries_pruned: 0,
            mark: None,
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

    /// Reads what is new below the head, chunk by chunk, for as long as a round may take.
    fn read_entries(&mut self, below: &mut Below) -> Result<(), Trouble> {
        let until = Instant::now() + self.catch_up;
        let Some(state) = &self.state else {
            return Ok(());
        };
        let head = state.head.clone();
        let (from, chunk) = match &self.events {
            Some(_) => (state.events_verified, CHUNK_EVENTS),
            None => (state.entries_verified, CHUNK_ENTRIES),
        };
        if from >= head.size() {
            return Ok(());
        }
        if let Some(events) = &mut self.events {
            events.meet(self.key.name())?;
        }
        let log = Arc::clone(&self.log);
        let mut progress = Progress::alone();
        let mut entries = Entries::after(&log, &head, from)?;
        while entries.position() < head.size() && !below.is_behind {
            let first = entries.position();
            progress.say(&format!("{first} of {} entries verified", head.size()));
            // Chunks end at multiples, so that bundles are not cut.
            let end = (first / chunk + 1).saturating_mul(chunk);
            let read = match entries.next(end, until)? {
                Next::Verified(read) => read,
                Next::Pruned(minimum_index) => {
                    self.skip(first..minimum_index, below)?;
                    entries = Entries::after(&log, &head, minimum_index)?;
                    continue;
                }
            };
            let checked = self.check_events(first, &read, until, below)?;
            self.advance(|state| {
                state.entries_verified = state.entries_verified.max(entries.position());
                if let Some((verified, erased)) = checked {
                    state.events_verified = verified;
                    state.events_erased = state.events_erased.saturating_add(erased);
                }
            })?;
            let reached = checked.map_or(entries.position(), |(verified, _)| verified);
            let is_late = reached < entries.position() || Instant::now() >= until;
            below.is_behind = is_late && reached < head.size();
        }
        Ok(())
    }

    /// Goes on behind entries that the log says it has removed. An honest log removes none that came within
    /// the last day.
    fn skip(&mut self, range: Range<u64>, below: &mut Below) -> Result<(), Trouble> {
        let mark = self.state.as_ref().and_then(|state| state.mark);
        if let Some(mark) = mark.filter(|mark| mark.size < range.end) {
            let what = format!(
                "the log shows no entries below {} any more, and those from {} on came after {}, less than a day ago, so that they may not be removed: ask its operator",
                range.end, mark.size, mark.at
            );
            return Err(Alarm::new(Kind::Entry, what).into());
        }
        let looks_at_events = self.events.is_some();
        self.advance(|state| {
            let unread = range
                .end
                .saturating_sub(state.entries_verified.max(range.start));
            below.pruned += unread;
            state.entries_pruned = state.entries_pruned.saturating_add(unread);
            state.entries_verified = state.entries_verified.max(range.end);
            if looks_at_events {
                state.events_verified = range.end;
            }
        })
    }

    /// Holds the events of some entries against them, if events are looked at: how far that came, and how
    /// many of them are erased.
    fn check_events(
        &mut self,
        first: u64,
        read: &[Result<Entry, EntryError>],
        until: Instant,
        below: &mut Below,
    ) -> Result<Option<(u64, u64)>, Trouble> {
        let Some(events) = &mut self.events else {
            return Ok(None);
        };
        let state = self.state.as_ref();
        let has_shown = state.is_some_and(|state| state.events_verified > 0);
        let seen = events.check(&self.key, (first, read), until, (has_shown, self.erasures));
        let held = self.hold(&seen.checkpoints);
        let erased = seen.erased.len() as u64;
        below.add(&seen.erased);
        let unexpected = (erased > 0 && !self.erasures).then(|| below.unexpected().into());
        match graver([held.err(), seen.trouble, unexpected]) {
            Some(trouble) => Err(trouble),
            None => Ok(Some((first.saturating_add(seen.checked), erased))),
        }
    }

    /// Holds checkpoints that proofs carried against the head, also when not all else came: a log could
    /// show them there alone. The newest becomes the head, so that it cannot be taken back.
    fn hold(&mut self, notes: &HashSet<String>) -> Result<(), Trouble> {
        let held = notes.iter().map(|note| self.hold_one(note).err());
        graver(held.collect::<Vec<_>>()).map_or(Ok(()), Err)
    }

    fn hold_one(&mut self, note: &str) -> Result<(), Trouble> {
        let seen = Head::open(note.as_bytes(), &self.key)?;
        let Some(State { head, .. }) = &self.state else {
            return Ok(());
        };
        if seen.size() < head.size() {
            return check_extends(&self.log, &seen, head);
        }
        check_extends(&self.log, head, &seen)?;
        if seen.size() == head.size() {
            return Ok(());
        }
        self.advance(|state| {
            state.head = seen;
            state.grown_at = now();
        })
    }

    /// Changes what is remembered.
    fn advance(&mut self, change: impl FnOnce(&mut State)) -> Result<(), Trouble> {
        let Some(mut state) = self.state.clone() else {
            return Ok(());
        };
        change(&mut state);
        self.remember(state)
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

impl Below {
    /// Adds events that were found to be erased, by index.
    fn add(&mut self, erased: &BTreeMap<u64, Uuid>) {
        self.erased += erased.len() as u64;
        let newest = erased.values().rev().map(Uuid::to_string);
        let named: Vec<String> = newest.chain(self.erased_ids.drain(..)).collect();
        self.erased_ids = named.into_iter().take(MAX_ERASED_NAMED).collect();
    }

    fn unexpected(&self) -> Alarm {
        let what = format!(
            "events are gone together with what opens their entries ({} of them, the newest {}): find out who erased or removed them; if that is expected, give --erasures",
            self.erased,
            self.erased_ids.join(", ")
        );
        Alarm::new(Kind::Entry, what)
    }
}

/// Which trouble is told: that the log misbehaves before that something did not come.
fn graver(troubles: impl IntoIterator<Item = Option<Trouble>>) -> Option<Trouble> {
    let mut unchecked = None;
    for trouble in troubles.into_iter().flatten() {
        match trouble {
            Trouble::Alarm(_) => return Some(trouble),
            Trouble::Unchecked(_) => unchecked = unchecked.or(Some(trouble)),
        }
    }
    unchecked
}

/// The time by this machine's clock. Only silence is judged by it.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let micros = since.unwrap_or_default().as_micros();
    Timestamp::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}
