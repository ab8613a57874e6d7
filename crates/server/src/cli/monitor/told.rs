//! What a round is told as: a line for people, an object for scripts, metrics for Prometheus.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use evident_event::time::Timestamp;
use serde::Serialize;

use super::state::State;
use super::trouble::{Alarm, Kind, Trouble};

/// All is well.
pub(super) const WELL: u8 = 0;
/// The log misbehaves.
pub(super) const MISBEHAVES: u8 = 1;
/// It could not be found out.
pub(super) const UNCHECKED: u8 = 2;
/// The log has not grown for too long.
pub(super) const SILENT: u8 = 3;

/// What came of a round.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) origin: String,
    /// What is remembered after it.
    pub(super) state: Option<State>,
    /// How many leaves the head gained.
    pub(super) grown_by: u64,
    pub(super) below: Below,
    pub(super) trouble: Option<Trouble>,
    pub(super) took: Duration,
}

/// What was found below the head.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// How many events were newly found to be erased.
    pub(super) erased: u64,
    /// The ids of the newest of them.
    pub(super) erased_ids: Vec<String>,
    /// How many entries the log had newly removed before they were read.
    pub(super) pruned: u64,
    /// Whether the round ended before all was read, for lack of time.
    pub(super) is_behind: bool,
}

/// A report as an object.
#[derive(Serialize)]
struct Told<'a> {
    status: &'static str,
    origin: &'a str,
    size: Option<u64>,
    grown_by: u64,
    root: Option<String>,
    entries_verified: Option<u64>,
    events_verified: Option<u64>,
    events_erased: Option<u64>,
    erased_ids: &'a [String],
    /// Entries that were removed before they were read. They count as verified.
    entries_pruned: Option<u64>,
    behind: bool,
    first_seen_at: Option<String>,
    grown_at: Option<String>,
    checked_at: Option<String>,
    took_ms: u128,
    /// What is wrong, and what to do.
    detail: Option<&'a str>,
    evidence: &'a [PathBuf],
}

impl Report {
    /// What scripts are told.
    pub(super) fn code(&self) -> u8 {
        match &self.trouble {
            None => WELL,
            Some(Trouble::Unchecked(_)) => UNCHECKED,
            Some(Trouble::Alarm(alarm)) if alarm.kind == Kind::Silence => SILENT,
            Some(Trouble::Alarm(_)) => MISBEHAVES,
        }
    }

    fn alarm(&self) -> Option<&Alarm> {
        match &self.trouble {
            Some(Trouble::Alarm(alarm)) => Some(alarm),
            _ => None,
        }
    }

    fn status(&self) -> &'static str {
        match &self.trouble {
            None => "ok",
            Some(Trouble::Alarm(alarm)) => alarm.kind.name(),
            Some(Trouble::Unchecked(_)) => "unchecked",
        }
    }

    /// The line for people, when all is well.
    pub(super) fn line(&self) -> String {
        let mut line = format!("ok {}", self.origin);
        if let Some(state) = &self.state {
            let root = state.head.checkpoint.root.to_base64();
            let (size, grown_by) = (state.head.size(), self.grown_by);
            let (entries, events) = (state.entries_verified, state.events_verified);
            // Writing to a string does not fail.
            let _ = write!(
                line,
                " size {size} (+{grown_by}) root {root} entries {entries} events {events}"
            );
        }
        let in_all = self.state.as_ref().map_or(0, |state| state.events_erased);
        if in_all > 0 {
            let _ = write!(line, " erased {in_all} (+{}", self.below.erased);
            for (at, id) in self.below.erased_ids.iter().enumerate() {
                let _ = write!(line, "{}{id}", if at == 0 { ": " } else { ", " });
            }
            line.push(')');
        }
        let pruned = self.state.as_ref().map_or(0, |state| state.entries_pruned);
        if pruned > 0 {
            let _ = write!(line, " pruned {pruned} (+{})", self.below.pruned);
        }
        if self.below.is_behind {
            line.push_str(" behind");
        }
        let _ = write!(line, " {:.1}s", self.took.as_secs_f64());
        line
    }

    /// The line for people, when something is not.
    pub(super) fn complaint(&self) -> Option<String> {
        let origin = &self.origin;
        match self.trouble.as_ref()? {
            Trouble::Unchecked(why) => Some(format!("error: {origin} could not be checked: {why}")),
            Trouble::Alarm(alarm) => {
                let kind = alarm.kind.name().to_uppercase();
                let mut line = format!("{kind} {origin}: {}", alarm.what);
                for (at, file) in alarm.evidence.iter().enumerate() {
                    let between = if at == 0 { "; evidence:" } else { "," };
                    let _ = write!(line, "{between} {}", file.display());
                }
                Some(line)
            }
        }
    }

    /// The object for scripts.
    pub(super) fn json(&self) -> Result<String, serde_json::Error> {
        let state = self.state.as_ref();
        let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let detail = match &self.trouble {
            None => None,
            Some(Trouble::Alarm(alarm)) => Some(alarm.what.as_str()),
            Some(Trouble::Unchecked(why)) => Some(why.as_str()),
        };
        serde_json::to_string(&Told {
            status: self.status(),
            origin: &self.origin,
            size: state.map(|state| state.head.size()),
            grown_by: self.grown_by,
            root: state.map(|state| state.head.checkpoint.root.to_base64()),
            entries_verified: state.map(|state| state.entries_verified),
            events_verified: state.map(|state| state.events_verified),
            events_erased: state.map(|state| state.events_erased),
            erased_ids: &self.below.erased_ids,
            entries_pruned: state.map(|state| state.entries_pruned),
            behind: self.below.is_behind,
            first_seen_at: time(state.map(|state| state.first_seen_at)),
            grown_at: time(state.map(|state| state.grown_at)),
            checked_at: time(state.and_then(|state| state.checked_at)),
            took_ms: self.took.as_millis(),
            detail,
            evidence: self.alarm().map_or(&[], |alarm| &alarm.evidence),
        })
    }

    /// The metrics, in Prometheus' text format.
    pub(super) fn metrics(&self) -> String {
        let mut text = Metrics::of(&self.origin);
        let is_checked = !matches!(self.trouble, Some(Trouble::Unchecked(_)));
        text.gauge(
            "up",
            "Whether the last round could check the log",
            u8::from(is_checked),
        );
        if let Some(state) = &self.state {
            text.gauge(
                "size",
                "Leaves of the newest verified head",
                state.head.size(),
            );
            text.gauge(
                "entries_verified",
                "Entries that were read and verified",
                state.entries_verified,
            );
            text.gauge(
                "events_verified",
                "Events that were held against their entries",
                state.events_verified,
            );
            text.gauge(
                "events_erased",
                "Events that were found to be erased, where that was expected",
                state.events_erased,
            );
            text.gauge(
                "entries_pruned",
                "Entries that the log had removed before they were read",
                state.entries_pruned,
            );
            text.gauge(
                "last_growth_timestamp_seconds",
                "When the log was last seen to have grown",
                seconds(state.grown_at),
            );
            if let Some(checked_at) = state.checked_at {
                text.gauge(
                    "last_success_timestamp_seconds",
                    "When all was last checked",
                    seconds(checked_at),
                );
            }
        }
        text.begin("alarm", "Whether the last round raised this alarm");
        for kind in Kind::ALL {
            let is_raised = self.alarm().is_some_and(|alarm| alarm.kind == kind);
            let label = format!(",kind=\"{}\"", kind.name());
            text.value("alarm", &label, u8::from(is_raised));
        }
        text.text
    }
}

fn seconds(time: Timestamp) -> String {
    const MICROS: i64 = 1_000_000;
    let micros = time.as_micros();
    let (whole, rest) = (micros.div_euclid(MICROS), micros.rem_euclid(MICROS));
    format!("{whole}.{rest:06}")
}

/// Metrics in Prometheus' text format.
struct Metrics {
    /// The origin as a label's value.
    origin: String,
    text: String,
}

impl Metrics {
    fn of(origin: &str) -> Self {
        // An origin has no control characters.
        let origin = origin.replace('\\', "\\\\").replace('"', "\\\"");
        let text = String::new();
        Self { origin, text }
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.begin(name, help);
        self.value(name, "", value);
    }

    fn begin(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP evident_monitor_{name} {help}.");
        let _ = writeln!(self.text, "# TYPE evident_monitor_{name} gauge");
    }

    fn value(&mut self, name: &str, labels: &str, value: impl std::fmt::Display) {
        let origin = &self.origin;
        let _ = writeln!(
            self.text,
            "evident_monitor_{name}{{origin=\"{origin}\"{labels}}} {value}"
        );
    }
}
