//! A run: reading, sending and remembering, each on threads of its own.
//!
//! What must always hold: what is remembered is what is answered without a gap, with its dead letters
//! written before; so a kill between any two steps leaves nothing out, and nothing twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::batch::Run;
use super::letters::{Before, Letter, Letters};
use super::mapping::MappingFile;
use super::offline::say_refused;
use super::prefix::Prefix;
use super::queue::Queue;
use super::records::Batches;
use super::rest::Rest;
use super::sending::{Outcome, Report, Sending};
use super::source::{Consumed, HEAD_BYTES, Identity, Input};
use super::state::{self, Counts, State, StateError, StateFile, Subject};
use super::told::{Standing, Status, Summary, Teller};
use super::{Ingest, SOME_REFUSED};
use crate::cli::CommandError;
use crate::cli::client::Client;
use crate::cli::formats::grouped;
use crate::cli::output::{self, Output, OutputError, remark};
use crate::cli::sanitize;
use crate::cli::signals::{self, Signal};
use crate::edge;

/// Batches between being read and being answered without a gap, for each connection.
const WINDOW_PER_CONNECTION: usize = 4;
/// How often it is remembered how far it has come.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// Bytes of dead letters that are gathered before they are written.
const MAX_LETTERS_BYTES: usize = 8 * 1024 * 1024;
/// How many refused events are told while it runs.
const MAX_TOLD: usize = 5;
/// What shells show for a process that this signal ended.
const INTERRUPTED: u8 = 130;
const TERMINATED: u8 = 143;
const FAILED: u8 = 1;

/// Sends all of the input that has not been sent, and says what came of it.
pub(super) fn run(ingest: &Ingest) -> Result<u8, CommandError> {
    let began = Instant::now();
    let client = ingest.client()?;
    let mapping = ingest.mapping()?;
    let consumed = Consumed::default();
    // Before the state, so that nothing is left beside a file that is not there.
    let (source, identity) = ingest.input().open(is_known_again(ingest), &consumed)?;
    let file = ingest
        .state_path()
        .map(|path| StateFile::open(&path))
        .transpose()?;
    let rest = Rest {
        format: ingest.format().name(),
        compression: source.compression,
        has_header: mapping
            .as_ref()
            .is_none_or(|file| file.mapping.header.is_none()),
    };
    let total_bytes = identity.as_ref().and_then(|identity| identity.bytes);
    let subject = subject(ingest, &client, mapping.as_ref(), identity.as_ref());
    let mut memory = match Begun::new(ingest, file, subject, identity.as_ref(), &rest)? {
        Begun::Over(state) => return over(ingest, &state),
        Begun::Ready(memory) => *memory,
    };
    let at = memory.state.place();
    let records = ingest.records(source, mapping.as_ref(), at)?;
    for note in records.notes() {
        remark(note);
    }
    if at.lines > 0 {
        remark(&format!("going on after line {}", grouped(at.lines)));
    }
    memory.save()?;
    let connections = usize::try_from(ingest.how.connections).unwrap_or(1);
    let sending = Arc::new(Sending {
        encoding: ingest.encoding(&client),
        client,
        queue: Queue::new(connections * WINDOW_PER_CONNECTION),
        give_up_after: ingest.how.give_up_after,
        has_answered: AtomicBool::new(false),
        waiting: AtomicU64::new(0),
    });
    let (reports, heard) = mpsc::channel();
    stop_on_signals(reports.clone())?;
    for _ in 0..connections {
        let (sending, reports) = (Arc::clone(&sending), reports.clone());
        thread::spawn(move || {
            sending.run(&reports);
            // Nobody hears it if the command has ended.
            let _ = reports.send(Report::Left);
        });
    }
    let batches = Batches::new(records, memory.run, ingest.batch(), at);
    read(batches, Arc::clone(&sending), reports);
    let coordinator = Coordinator {
        ingest,
        sending,
        sent_before: memory.state.counts.sent,
        teller: Teller::new(memory.state.counts.sent),
        memory,
        prefix: Prefix::default(),
        consumed,
        total_bytes,
        saved_at: Instant::now(),
        letters: Vec::new(),
        letters_bytes: 0,
        told: 0,
        senders: connections,
        status: Status::Finished,
        why: None,
        is_final: false,
        rest,
        signal: None,
    };
    coordinator.run(&heard, began)
}

/// Whether an input must be known by what it begins with. Standard input that is remembered need not if
/// its run has a name; else its beginning is waited for.
fn is_known_again(ingest: &Ingest) -> bool {
    let is_remembered = ingest.state_path().is_some() && ingest.safety.run.is_none();
    if is_remembered && matches!(ingest.input(), Input::Standard) {
        remark(&format!(
            "note: nothing is sent until {} KiB of standard input have come, or its end, to know it again by; with --run NAME it is known by the name",
            HEAD_BYTES / 1024
        ));
    }
    is_remembered
}

/// What this run is of.
fn subject(
    ingest: &Ingest,
    client: &Client,
    mapping: Option<&MappingFile>,
    identity: Option<&Identity>,
) -> Subject {
    Subject {
        url: client.url().to_owned(),
        key_id: client.key_id(),
        input_bytes: identity.and_then(|identity| identity.bytes),
        input_head_sha256: identity
            .map(|identity| identity.head_sha256.clone())
            .unwrap_or_default(),
        format: ingest.format().name().to_owned(),
        mapping_sha256: mapping.map(|file| file.sha256.clone()),
        run_name: ingest.safety.run.clone(),
    }
}

/// Says of a run that is over when it was.
fn over(ingest: &Ingest, state: &State) -> Result<u8, CommandError> {
    let finished = state.finished_at.as_deref().unwrap_or_default();
    let finished = sanitize::message(finished);
    let mut output = Output::standard();
    if ingest.how.json {
        let summary = Summary::of(state, Status::AlreadyFinished, ingest.state_path());
        summary.print(&mut output, true)?;
    } else {
        let is_named = matches!(ingest.input(), Input::Standard);
        let said = match ingest.safety.run.as_deref().filter(|_| is_named) {
            // Nobody has looked at what is piped: it may be something else.
            Some(run) => format!(
                "nothing to do: the run {:?} was finished on {finished}, and nothing was read; to send something else, give it another --run and --state",
                sanitize::message(run)
            ),
            None => format!(
                "nothing to do: {} was finished on {finished}; to send it anew, add --restart",
                sanitize::message(&ingest.input().name())
            ),
        };
        output.write(&format!("{said}\n"))?;
        if state.counts.refused > 0 {
            let refused = grouped(state.counts.refused);
            let path = sanitize::message(&state.dead_letters.display().to_string());
            output.write(&format!("refused then: {refused}; they are in {path}\n"))?;
        }
        output.flush()?;
    }
    Ok(code(&state.counts))
}

/// How a run ends in which all is answered.
const fn code(counts: &Counts) -> u8 {
    if counts.refused > 0 { SOME_REFUSED } else { 0 }
}

/// Reads on a thread of its own, which nobody waits for: standard input may be silent for ever.
fn read(mut batches: Batches, sending: Arc<Sending>, reports: Sender<Report>) {
    thread::spawn(move || {
        let why = loop {
            match batches.next() {
                Ok(Some(batch)) => {
                    if !sending.queue.push(batch) {
                        break None;
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let _ = reports.send(Report::Read { why });
        sending.queue.close();
    });
}

/// Says when to stop. Another signal ends the process at once.
fn stop_on_signals(reports: Sender<Report>) -> std::io::Result<()> {
    let mut is_first = true;
    signals::watch(move |signal| {
        if !is_first {
            std::process::exit(code_after(signal).into());
        }
        is_first = false;
        // Nobody hears it if the command has ended.
        let _ = reports.send(Report::Signal(signal));
    })
}

/// The exit code after a signal.
const fn code_after(signal: Signal) -> u8 {
    match signal {
        Signal::Interrupt => INTERRUPTED,
        Signal::Terminate => TERMINATED,
    }
}

/// What is known when a run begins.
enum Begun {
    /// All has been sent.
    Over(Box<State>),
    Ready(Box<Memory>),
}

/// What is remembered of a run, and where.
struct Memory {
    /// Nothing for standard input, unless it was given.
    file: Option<StateFile>,
    state: State,
    letters: Letters,
    run: Run,
}

impl Begun {
    fn new(
        ingest: &Ingest,
        file: Option<StateFile>,
        subject: Subject,
        identity: Option<&Identity>,
        rest: &Rest<'_>,
    ) -> Result<Self, CommandError> {
        let found = match &file {
            Some(file) if !ingest.safety.restart => file.load(&subject, rest)?,
            _ => None,
        };
        let (before, state) = match found {
            Some(state) if state.finished_at.is_some() => return Ok(Self::Over(Box::new(state))),
            Some(state) => {
                let given = ingest.safety.dead_letters.as_ref();
                if given.is_some_and(|given| *given != state.dead_letters) {
                    let path = sanitize::message(&state.dead_letters.display().to_string());
                    remark(&format!(
                        "note: dead letters go on in {path}, where the run has begun them"
                    ));
                }
                let sha256 = state.dead_letters_sha256.clone();
                (Before::Resumed(state.dead_letters_bytes, sha256), state)
            }
            None => {
                let before = match &file {
                    None => Before::Appended,
                    Some(_) if ingest.safety.restart => Before::Discarded,
                    Some(_) => Before::None,
                };
                let name = ingest.safety.run.as_deref();
                let run = match (identity, name) {
                    (Some(identity @ Identity { bytes: Some(_), .. }), name) => {
                        state::run_of(identity, name)
                    }
                    (_, Some(name)) => state::run_of(&Identity::default(), Some(name)),
                    // Of what is only piped, nobody knows whether it is the same again.
                    (_, None) => Run(edge::random()?),
                };
                let letters = ingest.letters_path();
                let now = edge::now().to_string();
                (before, State::new(subject, run, &letters, now))
            }
        };
        let run = state.run().ok_or("the state names no run")?;
        Ok(Self::Ready(Box::new(Memory {
            letters: Letters::open(&state.dead_letters, before)?,
            file,
            state,
            run,
        })))
    }
}

impl Memory {
    /// Remembers it durably.
    fn save(&mut self) -> Result<(), StateError> {
        self.state.dead_letters_bytes = self.letters.bytes();
        self.state.dead_letters_sha256 = self.letters.sha256();
        match &self.file {
            Some(file) => file.save(&self.state),
            None => Ok(()),
        }
    }
}

/// The one thread that counts, remembers and tells.
struct Coordinator<'i> {
    ingest: &'i Ingest,
    sending: Arc<Sending>,
    memory: Memory,
    prefix: Prefix<Outcome>,
    teller: Teller,
    consumed: Consumed,
    total_bytes: Option<u64>,
    saved_at: Instant,
    /// Of what is answered without a gap, but not written yet.
    letters: Vec<Letter>,
    letters_bytes: usize,
    /// How many refused events have been told.
    told: usize,
    senders: usize,
    sent_before: u64,
    status: Status,
    /// What went wrong.
    why: Option<String>,
    /// Whether it is in the input, so that the same again would fail again.
    is_final: bool,
    /// How what comes behind is sent alone.
    rest: Rest<'i>,
    signal: Option<Signal>,
}

impl Coordinator<'_> {
    fn run(mut self, heard: &Receiver<Report>, began: Instant) -> Result<u8, CommandError> {
        while self.senders > 0 {
            match heard.recv_timeout(self.teller.interval().min(SAVE_EVERY)) {
                Ok(report) => self.hear(report),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.saved_at.elapsed() >= SAVE_EVERY || self.letters_bytes >= MAX_LETTERS_BYTES {
                self.save();
            }
            let standing = Standing {
                counts: self.memory.state.counts,
                read_bytes: self.consumed.bytes(),
                total_bytes: self.total_bytes,
            };
            self.teller.tell(&standing);
        }
        if self.status == Status::Finished {
            self.memory.state.finished_at = Some(edge::now().to_string());
        }
        self.save();
        self.end(began)
    }

    fn hear(&mut self, report: Report) {
        match report {
            Report::Answered(outcome) => {
                let ready = self.prefix.take(outcome.number, outcome);
                self.sending.queue.settle(ready.len());
                for outcome in ready {
                    self.count(outcome);
                }
            }
            Report::Waiting { why } => {
                self.teller.waiting(why, self.ingest.how.give_up_after);
            }
            Report::GoesOn => self.teller.goes_on(),
            Report::Failed { why } => self.stop(Status::Failed, Some(why)),
            // What was read before is sent still.
            Report::Read { why: Some(why) } => {
                self.status = Status::Failed;
                self.is_final = why.is_final();
                self.why.get_or_insert(why.to_string());
            }
            Report::Read { why: None } => {}
            Report::Signal(signal) => {
                self.signal = Some(signal);
                self.teller
                    .remark("stopping: waiting for what is under way; once more ends it at once");
                self.stop(Status::Interrupted, None);
            }
            Report::Left => self.senders -= 1,
        }
    }

    /// Nothing more is sent, but for what is under way. The first reason counts.
    fn stop(&mut self, status: Status, why: Option<String>) {
        self.sending.queue.stop();
        if self.status == Status::Finished {
            self.status = status;
            self.why = why;
        }
    }

    /// A batch is answered, and all before it.
    fn count(&mut self, outcome: Outcome) {
        // What comes behind the first refused event was under way; it counts as what was sent.
        let state = &mut self.memory.state;
        state.answered_bytes = outcome.end.bytes;
        state.answered_lines = outcome.end.lines;
        state.counts.sent += outcome.events;
        state.counts.recorded += outcome.verdicts.recorded;
        state.counts.duplicates += outcome.verdicts.duplicates;
        state.counts.with_warnings += outcome.verdicts.with_warnings;
        state.counts.refused += outcome.letters.len() as u64;
        state.last_index = state.last_index.max(outcome.verdicts.last_index);
        for letter in outcome.letters {
            if self.told < MAX_TOLD {
                self.teller.clear();
                say_refused(letter.origin.line, &letter.reasons);
            } else if self.told == MAX_TOLD {
                self.teller
                    .remark("further refused events are in the dead letters alone");
            }
            self.told += 1;
            self.letters_bytes += letter.bytes();
            self.letters.push(letter);
            if self.ingest.safety.stop_on_refusal {
                self.stop(Status::Stopped, None);
            }
        }
    }

    /// Writes what is refused, and then how far it has come.
    fn save(&mut self) {
        self.saved_at = Instant::now();
        let letters = std::mem::take(&mut self.letters);
        self.letters_bytes = 0;
        let written = self
            .memory
            .letters
            .append(&letters)
            .map_err(|error| error.to_string());
        let saved = written.and_then(|()| self.memory.save().map_err(|error| error.to_string()));
        if let Err(why) = saved {
            // What was not written is sent again by the next run.
            self.stop(Status::Failed, Some(why));
            self.status = Status::Failed;
        }
    }

    /// What to do after a run that is not over.
    fn how_to_go_on(&self) -> Option<String> {
        if matches!(self.status, Status::Finished | Status::AlreadyFinished) {
            return None;
        }
        let lines = self.memory.state.answered_lines;
        let answered = match lines {
            0 => "nothing is answered yet".to_owned(),
            lines => format!("all up to line {} is answered", grouped(lines)),
        };
        let next = match (self.is_final, &self.memory.file, &self.ingest.safety.run) {
            (true, ..) if lines == 0 => "mend the input first".to_owned(),
            (true, ..) => format!(
                "once the input is mended, send what comes behind: {}",
                self.rest.command(lines)
            ),
            (false, Some(_), _) => "run it again as it was to go on".to_owned(),
            (false, None, Some(_)) => {
                "give the same again with the same --run: what is recorded is answered as duplicate"
                    .to_owned()
            }
            (false, None, None) if lines == 0 => {
                "what was under way may be recorded nevertheless; name a run by --run, so that it can be run again".to_owned()
            }
            (false, None, None) => format!(
                "standard input is not remembered without --run or --state, so running it again records these again, but for events with an id of their own: leave them out, as in {}",
                self.rest.command(lines)
            ),
        };
        Some(format!("{answered}; {next}"))
    }

    fn end(mut self, began: Instant) -> Result<u8, CommandError> {
        self.teller.clear();
        let state = &self.memory.state;
        let path = self.memory.file.as_ref().map(StateFile::path);
        let how_to_go_on = self.how_to_go_on();
        if let Some(why) = &self.why {
            output::say(output::Tone::Error, &output::Remark::of(why));
        }
        if let Some(how) = how_to_go_on {
            remark(&how);
        }
        let mut summary = Summary::of(state, self.status, path);
        summary.seconds = began.elapsed().as_secs_f64();
        summary.sent_now = state.counts.sent - self.sent_before;
        let letters = &self.memory.letters;
        summary.dead_letters = (!letters.is_empty()).then(|| state.dead_letters.clone());
        let has_failed_at_once = self.status == Status::Failed && state.answered_lines == 0;
        let printed = match has_failed_at_once && !self.ingest.how.json {
            // There is nothing to sum up.
            true => Ok(()),
            false => summary.print(&mut Output::standard(), self.ingest.how.json),
        };
        match printed {
            Ok(()) | Err(OutputError::Closed) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(match self.status {
            Status::Finished | Status::AlreadyFinished => code(&state.counts),
            Status::Stopped => SOME_REFUSED,
            Status::Interrupted => self.signal.map_or(INTERRUPTED, code_after),
            Status::Failed => FAILED,
        })
    }
}
