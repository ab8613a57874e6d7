//! `evident query`: the events that match, from a server.
//!
//! Pages are shown as they arrive. All of them are cut at the log's size of the first, as the
//! cursors see to, so that a long answer is of one moment.

use std::io::Read;

use super::client::{ANSWER_SILENCE, Client, ClientError, Connection, Parameter};
use super::clock::Clock;
use super::formats::{Joined, Lines, Page, PrintError, Printer, Rows, grouped};
use super::output::{Color, Output, Progress};
use super::parameters::Filters;
use super::sanitize;
use super::{CommandError, Misused};
use clap::{Args, ValueEnum};

const EVENTS: &str = "/v1/events";
const EVENTS_CSV: &str = "/v1/events/export.csv";
/// Most events that a server gives at once.
const MAX_PAGE_EVENTS: u64 = 500;
/// Bytes of an export that are handed on at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Find events.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Query {
    #[command(flatten)]
    filters: Filters,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    shape: Shape,
    #[command(flatten)]
    connection: Connection,
}

/// Which of the events that match, in what order.
#[derive(Debug, Args)]
#[command(next_help_heading = "Order and pages")]
struct Pages {
    /// desc (the newest first) or asc
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// At most so many events, over as many pages as that takes [default: the server's, 50]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// All events that match
    #[arg(long, conflicts_with_all = ["limit", "around"])]
    all: bool,
    /// Go on where an earlier answer ended, with the same filters
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
    /// The page around the event of this id
    #[arg(long, value_name = "ID", conflicts_with = "cursor")]
    around: Option<String>,
}

/// How the answer is shown.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
struct Shape {
    /// How to show the events
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// The columns of --format csv, separated by commas, instead of the usual ones
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// When the table has colours; NO_COLOR in the environment turns auto off
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line an event, as wide as the terminal
    Table,
    /// The API's answer, its pages joined
    Json,
    /// A JSON object a line, as recorded
    Ndjson,
    /// Comma-separated values of all that matches
    Csv,
}

const EXAMPLES: &str = "\
Values are handed to the server as they are; docs/query.md tells what they mean.
A word that begins with a hyphen stands after `--`, or as --q=-word.

Exit codes: 0 also when nothing matches; 1 when the server refuses, cannot be
reached or breaks off; 2 when the flags are wrong.

Examples:
  export EVIDENT_API_KEY=evident_read_…
  evident query
  evident query --range last_7_days --tz Europe/Berlin --result denied
  evident query --filter category:is:Roles --filter user:is_not:ada@example.com
  evident query 'user:\"Ada Obi\" action:role.* -result:success'
  evident query --action 'role.*' --all --format ndjson | jq -r .description
  evident query --from 2026-02-01 --to 2026-03-01 --format csv > february.csv
  evident query --url https://audit.example.com --api-key-file ./read.key";

/// The answer ended before all pages were there.
#[derive(Debug, thiserror::Error)]
#[error("{source} ({shown} events have been written; --cursor {cursor} goes on after them)")]
struct Interrupted {
    source: ClientError,
    shown: String,
    cursor: String,
}

impl Query {
    /// Asks, and shows the answer.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let format = if self.shape.json {
            Format::Json
        } else {
            self.shape.format
        };
        self.check(format)?;
        let client = self.connection.client(ANSWER_SILENCE)?;
        let mut output = Output::standard();
        match format {
            Format::Csv => self.export(&client, &mut output)?,
            Format::Table => {
                let rows = Rows::new(&output, self.shape.color, Clock::new(self.filters.zone()));
                self.turn_pages(&client, &mut output, rows)?;
            }
            Format::Json => self.turn_pages(&client, &mut output, Joined::default())?,
            Format::Ndjson => self.turn_pages(&client, &mut output, Lines)?,
        }
        Ok(())
    }

    fn check(&self, format: Format) -> Result<(), Misused> {
        let pages = &self.pages;
        let paging = [
            ("--limit", pages.limit.is_some()),
            ("--all", pages.all),
            ("--cursor", pages.cursor.is_some()),
            ("--around", pages.around.is_some()),
        ];
        let paging = paging.iter().find(|(_, is_given)| *is_given);
        match (format, paging, &self.shape.columns) {
            (Format::Csv, Some((flag, _)), _) => Err(Misused(format!(
                "{flag} does not go with --format csv, which gives all that matches: leave it out, or use --format ndjson"
            ))),
            (Format::Table | Format::Json | Format::Ndjson, _, Some(_)) => Err(Misused(
                "--columns are those of --format csv: add that, or leave them out".to_owned(),
            )),
            _ => Ok(()),
        }
    }

    fn parameters(&self) -> Vec<Parameter> {
        let order = self.pages.order.clone();
        let order = order.map(|order| ("order", order));
        self.filters.parameters().into_iter().chain(order).collect()
    }

    fn page_parameters(&self, wanted: Wanted, cursor: Option<&str>) -> Vec<Parameter> {
        let limit = wanted.limit().map(|limit| ("limit", limit.to_string()));
        let around = self.pages.around.clone();
        let place = match cursor {
            Some(cursor) => Some(("cursor", cursor.to_owned())),
            None => around.map(|around| ("around", around)),
        };
        let parameters = self.parameters().into_iter();
        parameters.chain(limit).chain(place).collect()
    }

    fn export(&self, client: &Client, output: &mut Output) -> Result<(), CommandError> {
        let mut parameters = self.parameters();
        let columns = self.shape.columns.clone();
        parameters.extend(columns.map(|columns| ("columns", columns)));
        let mut answer = client.get(EVENTS_CSV, &parameters, "text/csv", "")?;
        let mut body = answer.body_mut().with_config().limit(u64::MAX).reader();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut progress = Progress::beside(output);
        let mut bytes = 0;
        loop {
            let read = body.read(&mut chunk);
            let length = read.map_err(|error| client.broken_off(&error))?;
            if length == 0 {
                break;
            }
            output.write_lines(&chunk[..length])?;
            bytes += length as u64;
            progress.say(&format!("{} bytes", grouped(bytes)));
        }
        Ok(output.flush()?)
    }

    fn turn_pages(
        &self,
        client: &Client,
        output: &mut Output,
        mut printer: impl Printer,
    ) -> Result<(), CommandError> {
        let mut wanted = Wanted::of(&self.pages);
        let mut cursor = self.pages.cursor.clone();
        let mut shown = 0;
        let mut progress = Progress::beside(output);
        loop {
            let parameters = self.page_parameters(wanted, cursor.as_deref());
            let text = client
                .json(EVENTS, &parameters)
                .map_err(|source| interrupted(source, shown, cursor))?;
            let page = read_page(client, &text)?;
            shown += page.data.len() as u64;
            wanted.take(page.data.len() as u64);
            let is_last = page.next_cursor.is_none() || wanted.is_enough();
            if page.data.is_empty() && !is_last {
                let what = "a page has no events, and yet there is a next one";
                return Err(client.not_evident(what).into());
            }
            printer
                .page(output, &text, &page, is_last)
                .map_err(|error| match error {
                    PrintError::Output(error) => CommandError::from(error),
                    PrintError::Shape(what) => client.not_evident(what).into(),
                })?;
            output.flush()?;
            if is_last {
                progress.clear();
                printer.end(shown, &page);
                return Ok(());
            }
            let (so_far, total) = (grouped(shown), grouped(page.total));
            progress.say(&format!("{so_far} of {total} events"));
            cursor = page.next_cursor;
        }
    }
}

fn read_page<'t>(client: &Client, text: &'t str) -> Result<Page<'t>, ClientError> {
    serde_json::from_str(text).map_err(|error| {
        let error = sanitize::message(&error.to_string());
        client.not_evident(format!("its JSON is no page of events ({error})"))
    })
}

/// Says how to go on, if something has been shown.
fn interrupted(source: ClientError, shown: u64, cursor: Option<String>) -> CommandError {
    match cursor {
        Some(cursor) if shown > 0 => Box::new(Interrupted {
            source,
            shown: grouped(shown),
            cursor: sanitize::message(&cursor),
        }),
        _ => source.into(),
    }
}

/// How many more events are wanted.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    /// What the server gives, or what it says about the limit; one page of it.
    Page(Option<u64>),
    /// So many, over several pages.
    UpTo(u64),
    /// All there are.
    All,
}

impl Wanted {
    fn of(pages: &Pages) -> Self {
        match (pages.limit, &pages.around) {
            _ if pages.all => Self::All,
            (Some(limit), None) => Self::UpTo(limit),
            (limit, _) => Self::Page(limit),
        }
    }

    /// How many to ask for.
    fn limit(self) -> Option<u64> {
        match self {
            Self::Page(limit) => limit,
            Self::UpTo(left) => Some(left.min(MAX_PAGE_EVENTS)),
            Self::All => Some(MAX_PAGE_EVENTS),
        }
    }

    fn take(&mut self, count: u64) {
        match self {
            Self::UpTo(left) => *left = left.saturating_sub(count),
            Self::Page(_) | Self::All => {}
        }
    }

    fn is_enough(self) -> bool {
        matches!(self, Self::Page(_) | Self::UpTo(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_asked_for_until_there_are_enough() {
        let mut wanted = Wanted::UpTo(1_100);
        let mut asked = Vec::new();
        while !wanted.is_enough() {
            asked.extend(wanted.limit());
            wanted.take(wanted.limit().unwrap_or_default());
        }
        assert_eq!(asked, [500, 500, 100]);
        assert_eq!(Wanted::All.limit(), Some(MAX_PAGE_EVENTS));
        assert!(!Wanted::All.is_enough());
        assert_eq!(Wanted::Page(None).limit(), None);
        // What the server will say to it is better than what could be said here.
        assert_eq!(Wanted::Page(Some(501)).limit(), Some(501));
        assert!(Wanted::Page(None).is_enough());
    }
}
