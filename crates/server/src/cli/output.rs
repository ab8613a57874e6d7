//! Standard output, as the client commands write it.
//!
//! What must always hold:
//!
//! - a reader that has seen enough, as `head` has, ends the command quietly and with success;
//! - a terminal is never given a character that it would obey or hide (see [`super::sanitize`]);
//! - into a file or a pipe goes exactly what the server sent.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, StdoutLock, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde::Serialize;

use super::sanitize::{self, Lines};

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 64 * 1024;
/// Columns that are filled where no terminal says how many it has.
const USUAL_WIDTH_COLUMNS: usize = 100;
/// Most columns that are filled.
const MAX_WIDTH_COLUMNS: usize = 1_000;

/// Goes back to the beginning of a terminal's line, and empties it.
const CLEAR_LINE: &str = "\r\x1b[K";

/// Why nothing more can be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutputError {
    /// Whoever read has seen enough.
    #[error("standard output has been closed")]
    Closed,
    /// The disk is full, or the like.
    #[error("standard output cannot be written: {0}; what was written before is there")]
    Failed(io::Error),
}

impl From<io::Error> for OutputError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Failed(error),
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Also into a file or a pipe
    Always,
    /// Not at all
    Never,
}

/// Whether what is said beside the output is JSON, an object a line.
static REMARKS_ARE_JSON: AtomicBool = AtomicBool::new(false);

/// From now on what is said beside the output is JSON. Called once, before anything is said.
pub(super) fn say_in_json() {
    REMARKS_ARE_JSON.store(true, Ordering::Relaxed);
}

/// Whether it is.
pub(super) fn says_in_json() -> bool {
    REMARKS_ARE_JSON.load(Ordering::Relaxed)
}

/// What is said beside the output, and how grave it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// It is good to know.
    Note,
    /// It may turn out badly.
    Warning,
    /// It could not be done.
    Error,
}

impl Tone {
    const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What is said of a note, a warning or an error, in its JSON.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Remark {
    /// What it is, and the next step.
    pub(super) message: String,
    /// The HTTP status of a server that refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u16>,
    /// The code of the server's problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) code: Option<String>,
}

impl Remark {
    /// One that is said in words alone.
    pub(super) fn of(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            ..Self::default()
        }
    }
}

/// Says something beside the output. Nothing depends on whether anybody hears it.
pub(super) fn remark(text: &str) {
    say(Tone::Note, &Remark::of(text));
}

/// Warns of something.
pub(super) fn warn(text: &str) {
    say(Tone::Warning, &Remark::of(text));
}

/// Says something in this tone.
pub(super) fn say(tone: Tone, remark: &Remark) {
    let line = if says_in_json() {
        // Names and numbers always become JSON.
        let remark = serde_json::to_string(remark).unwrap_or_default();
        sanitize::json(&format!("{{\"{}\":{remark}}}", tone.name())).into_owned()
    } else if tone == Tone::Note {
        remark.message.clone()
    } else {
        format!("{}: {}", tone.name(), remark.message)
    };
    let _ = writeln!(io::stderr(), "{line}");
}

/// How far long work has come: a line on a terminal, gone once the work is done. Where the output
/// itself is on the terminal it shows enough.
pub(super) struct Progress {
    is_shown: bool,
    has_line: bool,
}

impl Progress {
    /// Progress of work that writes to this output.
    pub(super) fn beside(output: &Output) -> Self {
        Self {
            is_shown: !output.is_terminal && io::stderr().is_terminal(),
            has_line: false,
        }
    }

    /// Progress of work that writes nothing before its end.
    pub(super) fn alone() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            has_line: false,
        }
    }

    /// Shows a short text in place of the one before.
    pub(super) fn say(&mut self, text: &str) {
        if self.is_shown {
            self.has_line = true;
            let _ = write!(io::stderr(), "{CLEAR_LINE}{text}");
        }
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.has_line) {
            let _ = write!(io::stderr(), "{CLEAR_LINE}");
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

/// Standard output.
pub(super) struct Output {
    to: BufWriter<StdoutLock<'static>>,
    is_terminal: bool,
    lines: Lines,
}

impl Output {
    /// Takes standard output for as long as the command runs.
    pub(super) fn standard() -> Self {
        let stdout = io::stdout().lock();
        Self {
            is_terminal: stdout.is_terminal(),
            to: BufWriter::with_capacity(BUFFER_BYTES, stdout),
            lines: Lines::default(),
        }
    }

    /// The width that lines should keep to, if they are for eyes. A file or a pipe has them whole.
    pub(super) fn width_of_terminal(&self) -> Option<usize> {
        self.is_terminal.then(|| self.width())
    }

    /// Whether words may be coloured.
    pub(super) fn is_colored(&self, wanted: Color) -> bool {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        match wanted {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                self.is_terminal
                    && !is_set("NO_COLOR")
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }

    /// How many columns a line may have: what `COLUMNS` says, else the terminal.
    pub(super) fn width(&self) -> usize {
        let asked = std::env::var("COLUMNS").ok();
        let asked = asked.and_then(|columns| columns.parse().ok());
        let of_terminal = || {
            let size = rustix::termios::tcgetwinsize(self.to.get_ref()).ok()?;
            Some(usize::from(size.ws_col))
        };
        asked
            .or_else(|| of_terminal().filter(|_| self.is_terminal))
            .filter(|columns| *columns > 0)
            .unwrap_or(USUAL_WIDTH_COLUMNS)
            .min(MAX_WIDTH_COLUMNS)
    }

    /// Writes what has been made fit for a terminal already.
    pub(super) fn write(&mut self, text: &str) -> Result<(), OutputError> {
        Ok(self.to.write_all(text.as_bytes())?)
    }

    /// Writes JSON, or a part of it that begins and ends between two tokens.
    pub(super) fn write_json(&mut self, json: &str) -> Result<(), OutputError> {
        if self.is_terminal {
            return self.write(&sanitize::json(json));
        }
        self.write(json)
    }

    /// Writes a piece of lines of text.
    pub(super) fn write_lines(&mut self, piece: &[u8]) -> Result<(), OutputError> {
        if self.is_terminal {
            let safe = self.lines.feed(piece);
            return self.write(&safe);
        }
        Ok(self.to.write_all(piece)?)
    }

    /// Hands over what has been collected.
    pub(super) fn flush(&mut self) -> Result<(), OutputError> {
        Ok(self.to.flush()?)
    }

    /// Fails if nobody reads any more, which a command that has nothing to write would not notice.
    pub(super) fn check(&self) -> Result<(), OutputError> {
        let mut waiting = [PollFd::new(self.to.get_ref(), PollFlags::empty())];
        let now = Timespec::default();
        match poll(&mut waiting, Some(&now)) {
            Ok(1..)
                if waiting[0]
                    .revents()
                    .intersects(PollFlags::ERR | PollFlags::HUP) =>
            {
                Err(OutputError::Closed)
            }
            // Writing will tell.
            _ => Ok(()),
        }
    }
}
