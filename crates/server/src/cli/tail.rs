//! `evident tail`: events as they are recorded, from a server.
//!
//! What must always hold:
//!
//! - an event counts as shown once its message is whole; a new connection goes on after the last
//!   id, so that none is missed and none is shown twice;
//! - a connection that is lost is tried again for as long as it takes, ever less often up to a
//!   bound. But until there has been one, and where the server says no, there is nothing to wait
//!   for, and the command ends.

use std::io::Read;
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::value::RawValue;
use ureq::http::StatusCode;
use ureq::{Body, http::Response};

use super::CommandError;
use super::client::{Client, ClientError, Connection};
use super::clock::Clock;
use super::event::Event;
use super::formats::in_one_line;
use super::output::{Color, Output, OutputError, remark, warn};
use super::parameters::Filters;
use super::sanitize;
use super::sse::{Message, Reader, SseError};
use super::table::Table;

const TAIL: &str = "/v1/events/tail";
/// How long a server may be silent. It sends a sign of life more often than that.
const SILENCE: Duration = Duration::from_secs(60);
/// How long to wait before the first new connection, unless the server says another time.
const USUAL_PAUSE: Duration = Duration::from_secs(1);
/// The bounds of what the server may say, and of what waiting grows to.
const MIN_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// Bytes that are taken from the stream at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Show events as they are recorded.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Tail {
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    connection: Connection,
}

/// Where it begins and ends, and how it is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Shape {
    /// Begin after the event of this index, instead of with the next one to be recorded; -1 begins
    /// with the first event of all
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(i64).range(-1..))]
    last_event_id: Option<i64>,
    /// End after so many events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_events: Option<u64>,
    /// How to show the events
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// The same as --format ndjson
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// When the table has colours; NO_COLOR in the environment turns auto off
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line an event, as wide as the terminal
    Table,
    /// A JSON object a line, as recorded
    Ndjson,
}

const EXAMPLES: &str = "\
Ctrl-C ends it. A lost connection is made again by itself and goes on where it
broke off.

Exit codes: 0 after --max-events, and when nobody reads the output any more; 1
when the server refuses, or cannot be reached at the beginning; 2 when the flags
are wrong.

Examples:
  export EVIDENT_API_KEY=evident_read_…
  evident tail
  evident tail --result denied --result failed --event-type 'Security Events'
  evident tail --action 'role.*' --json | jq -r .description
  evident tail --last-event-id 20000 --max-events 100 --json > hundred.ndjson";

/// Why a connection came to its end.
#[derive(Debug, thiserror::Error)]
enum Ended {
    /// As many events as were wanted have been shown.
    #[error("there are enough")]
    Enough,
    /// There is no use in another one.
    #[error(transparent)]
    ForGood(CommandError),
    /// Another one may do better.
    #[error("{reason}")]
    Lost {
        reason: String,
        /// How long the server wants to be left alone.
        retry_after: Option<Duration>,
    },
}

impl From<OutputError> for Ended {
    fn from(error: OutputError) -> Self {
        Self::ForGood(error.into())
    }
}

impl From<SseError> for Ended {
    fn from(error: SseError) -> Self {
        Self::ForGood(format!("the stream cannot be read: {error}; check --url").into())
    }
}

impl From<ClientError> for Ended {
    fn from(error: ClientError) -> Self {
        let retry_after = match &error {
            ClientError::Unreachable { .. } | ClientError::BrokenOff { .. } => None,
            ClientError::Refused {
                status,
                retry_after,
                ..
            } if is_passing(*status) => *retry_after,
            _ => return Self::ForGood(error.into()),
        };
        Self::Lost {
            reason: error.to_string(),
            retry_after,
        }
    }
}

/// Whether a server that says this may say something else later.
fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}

impl Tail {
    /// Shows events until there are enough, or there is no going on.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let client = self.connection.client(SILENCE)?;
        let mut printer = Printer::new(&self, Output::standard());
        let mut reader = Reader::after(
            &self
                .shape
                .last_event_id
                .map_or_else(String::new, |id| id.to_string()),
        );
        let mut pauses = Pauses::default();
        let mut has_been_connected = false;
        loop {
            let parameters = self.filters.parameters();
            let connected = client.get(TAIL, &parameters, "text/event-stream", reader.last_id());
            let ended = match connected {
                Ok(stream) => {
                    say_connected(&client, has_been_connected, reader.last_id());
                    has_been_connected = true;
                    follow(&client, stream, &mut reader, &mut printer, &mut pauses)
                }
                Err(error) if !has_been_connected => return Err(error.into()),
                Err(error) => error.into(),
            };
            match ended {
                Ended::Enough => return Ok(()),
                Ended::ForGood(error) => return Err(error),
                Ended::Lost {
                    reason,
                    retry_after,
                } => {
                    let pause = pauses.next(retry_after);
                    say_lost(&reason, pause);
                    thread::sleep(pause);
                    printer.output.check()?;
                }
            }
        }
    }
}

fn say_connected(client: &Client, again: bool, last_id: &str) {
    let after = match last_id {
        "" | "-1" => String::new(),
        id => format!(", after event {}", sanitize::message(id)),
    };
    let again = if again { " again" } else { "" };
    remark(&format!("following {}{again}{after}", client.url()));
    // Where it broke off is only known by an id.
    if !again.is_empty() && last_id.is_empty() {
        warn("events that were recorded meanwhile may be missing");
    }
}

fn say_lost(reason: &str, pause: Duration) {
    let seconds = pause.as_secs_f64();
    warn(&format!("{reason}; trying again in {seconds} s"));
}

/// Shows what one connection brings.
fn follow(
    client: &Client,
    mut stream: Response<Body>,
    reader: &mut Reader,
    printer: &mut Printer,
    pauses: &mut Pauses,
) -> Ended {
    // What an earlier connection began is not gone on with.
    *reader = Reader::after(reader.last_id());
    let mut body = stream.body_mut().with_config().limit(u64::MAX).reader();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = match body.read(&mut chunk) {
            Ok(0) => {
                return Ended::Lost {
                    reason: format!("{} ended the stream", client.url()),
                    retry_after: None,
                };
            }
            Ok(length) => length,
            Err(error) => return client.broken_off(&error).into(),
        };
        let heard = reader.feed(&chunk[..length], |message| printer.show(client, message));
        pauses.heard(reader.retry());
        // What came is shown before anything is waited for, also what came before an error.
        let handed_over = printer.output.flush().and_then(|()| printer.output.check());
        match (heard, handed_over) {
            (Err(ended), Ok(())) => return ended,
            (_, Err(error)) => return error.into(),
            (Ok(()), Ok(())) => {}
        }
    }
}

/// Shows events.
struct Printer {
    output: Output,
    /// There for `--format table`.
    table: Option<Table>,
    row: String,
    /// How many more are wanted, if that is bounded.
    left: Option<u64>,
}

impl Printer {
    fn new(tail: &Tail, output: Output) -> Self {
        let is_table = tail.shape.format == Format::Table && !tail.shape.json;
        let table = is_table.then(|| {
            let is_colored = output.is_colored(tail.shape.color);
            Table::unmeasured(output.width(), is_colored, Clock::new(tail.filters.zone()))
        });
        Self {
            output,
            table,
            row: String::new(),
            left: tail.shape.max_events,
        }
    }

    fn show(&mut self, client: &Client, message: Message<'_>) -> Result<(), Ended> {
        // Other kinds may come to be; they are no events.
        if message.kind != "message" {
            return Ok(());
        }
        let not_an_event = |error: serde_json::Error| {
            let error = sanitize::message(&error.to_string());
            Ended::from(client.not_evident(format!("what it calls an event is none ({error})")))
        };
        match &mut self.table {
            Some(table) => {
                let event: Event = serde_json::from_str(message.data).map_err(not_an_event)?;
                self.row.clear();
                table.row(&event, &mut self.row);
                self.output.write(&self.row)?;
            }
            None => {
                let event: &RawValue = serde_json::from_str(message.data).map_err(not_an_event)?;
                self.output.write_json(&in_one_line(event.get()))?;
                self.output.write("\n")?;
            }
        }
        match &mut self.left {
            Some(left) => {
                *left -= 1;
                if *left == 0 {
                    Err(Ended::Enough)
                } else {
                    Ok(())
                }
            }
            None => Ok(()),
        }
    }
}

/// How long to wait before a new connection: longer each time that one comes to nothing.
#[derive(Debug, Default)]
struct Pauses {
    /// What the server said last.
    asked: Option<Duration>,
    /// How many in a row came to nothing.
    failures: u32,
}

impl Pauses {
    /// The connection brings something.
    fn heard(&mut self, asked: Option<Duration>) {
        self.failures = 0;
        self.asked = asked.or(self.asked);
    }

    /// How long to wait now, at least as long as the server says.
    fn next(&mut self, retry_after: Option<Duration>) -> Duration {
        let first = self.asked.unwrap_or(USUAL_PAUSE).max(MIN_PAUSE);
        let grown = first.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        grown.max(retry_after.unwrap_or_default()).min(MAX_PAUSE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_begin_anew_once_something_is_heard() {
        let mut pauses = Pauses::default();
        let seen: Vec<u64> = (0..7).map(|_| pauses.next(None).as_secs()).collect();
        assert_eq!(seen, [1, 2, 4, 8, 16, 30, 30]);
        for _ in 0..100 {
            assert_eq!(pauses.next(None), MAX_PAUSE);
        }
        pauses.heard(None);
        assert_eq!(pauses.next(None), seconds(1));
    }

    #[test]
    fn the_server_says_how_long_within_bounds() {
        let mut pauses = Pauses::default();
        pauses.heard(Some(seconds(3)));
        pauses.heard(None);
        assert_eq!(pauses.next(None), seconds(3));
        assert_eq!(pauses.next(None), seconds(6));
        assert_eq!(pauses.next(Some(seconds(20))), seconds(20));
        assert_eq!(pauses.next(Some(seconds(3600))), MAX_PAUSE);
        pauses.heard(Some(Duration::ZERO));
        assert_eq!(pauses.next(None), MIN_PAUSE);
        pauses.heard(Some(seconds(3600)));
        assert_eq!(pauses.next(None), MAX_PAUSE);
    }

    #[test]
    fn only_what_may_pass_is_waited_for() {
        for status in [500, 502, 503, 429] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert!(is_passing(status), "{status}");
        }
        for status in [400, 401, 403, 404, 408, 422] {
            let status = StatusCode::from_u16(status).unwrap_or_default();
            assert!(!is_passing(status), "{status}");
        }
    }
}
