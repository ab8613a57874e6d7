//! What a run says: how far it has come, and what came of it.
//!
//! What must always hold: the numbers are of what is answered, not of what was sent; and standard output
//! has the summary alone.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::state::{Counts, State};
use crate::cli::formats::grouped;
use crate::cli::output::{Output, OutputError, Progress, remark};
use crate::cli::sanitize;

/// Between two looks of the progress line on a terminal.
const REDRAW: Duration = Duration::from_millis(200);
/// Between two lines of progress where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(10);
/// What the file of what is refused is called.
const LETTERS: &str = "dead letters";
/// How long the speed is looked back at.
const SPEED_OVER: Duration = Duration::from_secs(5);

/// How far a run has come.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Standing {
    pub(super) counts: Counts,
    /// Of the input as it lies on the disk.
    pub(super) read_bytes: u64,
    pub(super) total_bytes: Option<u64>,
}

/// Says how far a run has come.
pub(super) struct Teller {
    line: Progress,
    is_terminal: bool,
    said_at: Option<Instant>,
    /// When how many events were answered, for the speed.
    marks: Vec<(Instant, u64)>,
    /// Why it waits, while it does.
    waiting: Option<String>,
}

impl Teller {
    /// Tells of a run of which so much has been sent before.
    pub(super) fn new(sent: u64) -> Self {
        Self {
            line: Progress::alone(),
            is_terminal: std::io::stderr().is_terminal(),
            said_at: None,
            marks: vec![(Instant::now(), sent)],
            waiting: None,
        }
    }

    /// Takes the line of progress away.
    pub(super) fn clear(&mut self) {
        self.line.clear();
    }

    /// Says something that stays.
    pub(super) fn remark(&mut self, text: &str) {
        self.line.clear();
        remark(text);
    }

    /// It waits for the server.
    pub(super) fn waiting(&mut self, why: String, give_up_after: Duration) {
        let at_most = lasting(give_up_after);
        self.remark(&format!("waiting: {why}; trying again for {at_most}"));
        self.waiting = Some(why);
    }

    /// It does not wait any more.
    pub(super) fn goes_on(&mut self) {
        if self.waiting.take().is_some() {
            self.remark("going on: the server takes events again");
        }
    }

    /// How long until it should be told again.
    pub(super) const fn interval(&self) -> Duration {
        if self.is_terminal { REDRAW } else { LINE_EVERY }
    }

    /// Says how far it has come, if it is time to.
    pub(super) fn tell(&mut self, standing: &Standing) {
        let now = Instant::now();
        let interval = self.interval();
        let is_due = |said: Instant| now.duration_since(said) >= interval;
        let said_at = *self.said_at.get_or_insert(now);
        if !is_due(said_at) {
            return;
        }
        self.said_at = Some(now);
        let per_second = self.speed(now, standing.counts.sent);
        let text = text(standing, per_second, self.waiting.is_some());
        match self.is_terminal {
            true => self.line.say(&text),
            false => remark(&text),
        }
    }

    fn speed(&mut self, now: Instant, answered: u64) -> f64 {
        self.marks.push((now, answered));
        let is_old = |(at, _): &(Instant, u64)| now.duration_since(*at) > SPEED_OVER;
        let old = self.marks.iter().filter(|mark| is_old(mark)).count();
        // One that is old is where the looking back begins.
        self.marks.drain(..old.saturating_sub(1));
        let Some((since, before)) = self.marks.first() else {
            return 0.0;
        };
        let seconds = now.duration_since(*since).as_secs_f64();
        if seconds > 0.0 {
            (answered - before) as f64 / seconds
        } else {
            0.0
        }
    }
}

/// One line of progress.
fn text(standing: &Standing, per_second: f64, is_waiting: bool) -> String {
    let counts = &standing.counts;
    let mut parts = vec![format!("{} events", grouped(counts.sent))];
    let total = standing.total_bytes.filter(|total| *total > 0);
    let part = total.map(|total| standing.read_bytes.min(total) as f64 / total as f64);
    if let Some(part) = part {
        parts.push(format!("{:.0} %", (part * 100.0).floor()));
    }
    parts.push(format!("{}/s", grouped(per_second as u64)));
    if counts.refused > 0 {
        parts.push(format!("{} refused", grouped(counts.refused)));
    }
    if is_waiting {
        parts.push("waiting for the server".to_owned());
    } else if let Some(part) = part
        && part > 0.0
        && per_second > 0.0
    {
        let seconds = counts.sent as f64 / per_second * (1.0 - part) / part;
        parts.push(format!(
            "{} left",
            lasting(Duration::from_secs_f64(seconds.min(1e9)))
        ));
    }
    parts.join(" · ")
}

/// A time for people.
fn lasting(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds @ 60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        seconds => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// All of the input is answered.
    Finished,
    /// It was before this run.
    AlreadyFinished,
    /// By a signal.
    Interrupted,
    /// At a refused event, as was asked for.
    Stopped,
    /// For what somebody must mend.
    Failed,
}

/// What came of a run.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) status: Status,
    #[serde(flatten)]
    pub(super) counts: Counts,
    pub(super) seconds: f64,
    pub(super) dead_letters: Option<PathBuf>,
    pub(super) last_index: Option<u64>,
    /// Up to which line all is answered.
    pub(super) answered_lines: u64,
    pub(super) state: Option<PathBuf>,
    /// What of it was sent since the command began.
    #[serde(skip)]
    pub(super) sent_now: u64,
}

impl Summary {
    /// What is remembered of a run.
    pub(super) fn of(state: &State, status: Status, path: Option<PathBuf>) -> Self {
        let has_letters = state.dead_letters_bytes > 0;
        Self {
            status,
            counts: state.counts,
            seconds: 0.0,
            dead_letters: has_letters.then(|| state.dead_letters.clone()),
            last_index: state.last_index,
            answered_lines: state.answered_lines,
            state: path,
            sent_now: 0,
        }
    }

    /// The object for scripts, or the table for people.
    pub(super) fn print(&self, output: &mut Output, is_json: bool) -> Result<(), OutputError> {
        let text = match is_json {
            true => {
                serde_json::to_string(self).map_err(|error| OutputError::Failed(error.into()))?
                    + "\n"
            }
            false => self.table(),
        };
        match is_json {
            true => output.write_json(&text)?,
            false => output.write(&text)?,
        }
        output.flush()
    }

    fn table(&self) -> String {
        let counts = &self.counts;
        let mut rows = vec![
            ("sent", grouped(counts.sent)),
            ("recorded", grouped(counts.recorded)),
            ("duplicates", grouped(counts.duplicates)),
            ("refused", grouped(counts.refused)),
        ];
        if counts.with_warnings > 0 {
            rows.push(("with warnings", grouped(counts.with_warnings)));
        }
        if let Some(last) = self.last_index {
            rows.push(("last index", grouped(last)));
        }
        let width = rows
            .iter()
            .map(|(_, number)| number.len())
            .max()
            .unwrap_or_default();
        let widest = self.dead_letters.as_ref().map(|_| LETTERS.len());
        let names = rows.iter().map(|(name, _)| name.len()).chain(widest);
        let names = names.max().unwrap_or_default();
        let mut text: String = rows
            .iter()
            .map(|(name, number)| format!("{name:<names$}  {number:>width$}\n"))
            .collect();
        if self.seconds >= 0.001 {
            let per_second = self.sent_now as f64 / self.seconds;
            text += &format!(
                "{:<names$}  {:.1} s ({}/s)\n",
                "took",
                self.seconds,
                grouped(per_second as u64)
            );
        }
        if let Some(path) = &self.dead_letters {
            let path = sanitize::message(&path.display().to_string());
            text += &format!("{LETTERS:<names$}  {path}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(sent: u64, refused: u64) -> Standing {
        Standing {
            counts: Counts {
                sent,
                refused,
                ..Counts::default()
            },
            read_bytes: 25,
            total_bytes: Some(100),
        }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long_still() {
        assert_eq!(
            text(&standing(12_000, 3), 100.0, false),
            "12,000 events · 25 % · 100/s · 3 refused · 6 min left"
        );
        assert_eq!(
            text(&standing(12_000, 0), 0.0, true),
            "12,000 events · 25 % · 0/s · waiting for the server"
        );
        let mut piped = standing(1, 0);
        piped.total_bytes = None;
        assert_eq!(text(&piped, 2.0, false), "1 events · 2/s");
    }

    #[test]
    fn the_summary_is_a_table_of_right_aligned_numbers() {
        let summary = Summary {
            status: Status::Finished,
            counts: Counts {
                sent: 1_200,
                recorded: 1_195,
                duplicates: 2,
                refused: 3,
                with_warnings: 0,
            },
            seconds: 0.5,
            dead_letters: Some(PathBuf::from("x.dead-letters.ndjson")),
            last_index: Some(7),
            answered_lines: 1_200,
            state: None,
            sent_now: 1_200,
        };
        assert_eq!(
            summary.table(),
            "sent          1,200\n\
             recorded      1,195\n\
             duplicates        2\n\
             refused           3\n\
             last index        7\n\
             took          0.5 s (2,400/s)\n\
             dead letters  x.dead-letters.ndjson\n"
        );
    }
}
