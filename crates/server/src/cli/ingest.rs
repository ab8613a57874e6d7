//! `evident ingest`: events from a file or standard input to a server, each exactly once.
//!
//! What must always hold:
//!
//! - every event has an id before it is sent, and the same one whenever it is sent again, so that
//!   whatever breaks in between, it is recorded once;
//! - what was read is either recorded or told in the dead letters, and never neither;
//! - the memory is bounded, however large the input, a line of it, or the server's silence.

mod answer;
mod batch;
mod broken;
mod letters;
mod lines;
mod mapping;
mod offline;
mod prefix;
mod queue;
mod records;
mod rest;
mod rows;
mod run;
mod scan;
mod sending;
mod source;
mod state;
mod told;

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use evident_event::json::split::MAX_BATCH_EVENTS;

use super::client::{ANSWER_SILENCE, Client, ClientError, Connection};
use super::clock::duration;
use super::kept::suffixed;
use super::output::{Output, remark};
use super::{CommandError, Misused};
use batch::{Place, Run};
use lines::Lines;
use mapping::MappingFile;
use records::{Batches, Records};
use rows::Rows;
use sending::Encoding;
use source::{Consumed, Input, Source};

/// The exit code when all is done, but some events are in the dead letters.
const SOME_REFUSED: u8 = 3;
/// Most connections that are used at once.
const MAX_CONNECTIONS: i64 = 8;
/// Most events of a batch.
const MAX_BATCH: i64 = MAX_BATCH_EVENTS as i64;

/// Send events from a file or standard input to a server, each exactly once.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Ingest {
    /// The file, which may be compressed by gzip or zstd; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    safety: Safety,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    connection: Connection,
}

/// What is in the file.
#[derive(Debug, Args)]
#[command(next_help_heading = "Input")]
struct What {
    /// How events are told apart [default: csv or tsv by the file's ending, else ndjson]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// A TOML file that says which column goes where; docs/ingest.md describes it
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Check all events here, without a server, and send nothing
    #[arg(long, visible_alias = "dry-run")]
    check: bool,
    /// Show the first N events as they would be sent, and send nothing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    show: Option<u64>,
}

/// What is remembered.
#[derive(Debug, Args)]
#[command(next_help_heading = "Exactly once")]
struct Safety {
    /// Where to remember how far it has come [default: FILE.evident-state; none for standard input]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Begin anew; what is as it was is answered as duplicate, and not recorded twice
    #[arg(long)]
    restart: bool,
    /// Make other ids than for the same file without it, or with another name, to record it again
    #[arg(long, value_name = "NAME")]
    run: Option<String>,
    /// Where to write what is refused [default: FILE.dead-letters.ndjson]
    #[arg(long, value_name = "FILE")]
    dead_letters: Option<PathBuf>,
    /// Stop at the first event that is refused
    #[arg(long, visible_alias = "strict")]
    stop_on_refusal: bool,
}

/// How it is sent.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sending and output")]
struct How {
    /// Events that are sent at once, at most
    #[arg(long, value_name = "N", default_value = "1000", value_parser = clap::value_parser!(i64).range(1..=MAX_BATCH))]
    batch: i64,
    /// Requests under way at once
    #[arg(long, value_name = "N", default_value = "2", value_parser = clap::value_parser!(i64).range(1..=MAX_CONNECTIONS))]
    connections: i64,
    /// How to compress requests; auto: zstd, but not to this machine itself
    #[arg(long, value_name = "HOW", default_value = "auto")]
    compress: Compress,
    /// How long to wait for a server that takes nothing, such as 30s, 10m or 2h
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    give_up_after: Duration,
    /// Print the summary as a JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A JSON event a line
    Ndjson,
    /// Comma-separated values with a header
    Csv,
    /// The same, separated by tabs
    Tsv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compress {
    Auto,
    Zstd,
    Gzip,
    None,
}

const EXAMPLES: &str = "\
It may be ended or killed at any time: run it again as it was, and it goes on.
So it does with standard input that has a --run NAME (or a --state FILE);
without one, what is piped again is recorded again.

What the server refuses is written to the dead letters with the reasons, and the
rest goes on. While the server cannot be reached or is busy, it waits.

Exit codes: 0 when all is recorded, be it before; 1 when it could not be done,
and standard error says what to do; 2 when the arguments are wrong; 3 when it is
done, but some events are refused; 130 after Ctrl-C.

Examples:
  export EVIDENT_API_KEY=evident_ingest_…
  evident ingest events.ndjson
  evident ingest events.ndjson.gz --json
  jq -c '.[]' events.json | evident ingest - --run july
  evident ingest users.csv --mapping users.toml --show 3
  evident ingest users.csv --mapping users.toml --check
  evident ingest users.csv --mapping users.toml
  jq -r .text events.ndjson.dead-letters.ndjson > repaired.ndjson
  evident ingest repaired.ndjson --api-key-file ./ingest.key \\
      --url https://audit.example.com";

/// Why nothing could be sent.
#[derive(Debug, thiserror::Error)]
enum IngestError {
    #[error(
        "there is no API key: put one that may record into the environment as EVIDENT_API_KEY, or name a file that holds it by --api-key-file; `evident init` prints the first ones"
    )]
    NoKey,
}

impl Format {
    const fn name(self) -> &'static str {
        match self {
            Self::Ndjson => state::NDJSON,
            Self::Csv => "csv",
            Self::Tsv => "tsv",
        }
    }
}

impl Ingest {
    /// Sends, checks or shows events; the exit code.
    pub(super) fn run(self) -> Result<u8, CommandError> {
        match (self.what.show, self.what.check) {
            (None, false) => {
                self.misuse()?;
                run::run(&self)
            }
            (show, check) => self.offline(show, check),
        }
    }

    fn misuse(&self) -> Result<(), Misused> {
        let is_standard = matches!(self.input(), Input::Standard);
        if is_standard && self.safety.restart && self.safety.state.is_none() {
            let what = "--restart does not go with standard input, which is not remembered without --state: leave it out";
            return Err(Misused(what.to_owned()));
        }
        Ok(())
    }

    fn offline(&self, show: Option<u64>, check: bool) -> Result<u8, CommandError> {
        let mut output = Output::standard();
        let mut is_clean = true;
        let mapping = self.mapping()?;
        let open = || -> Result<Batches, CommandError> {
            let (source, identity) = self.input().open(false, &Consumed::default())?;
            let records = self.records(source, mapping.as_ref(), Place::default())?;
            for note in records.notes() {
                remark(note);
            }
            let run = match &identity {
                Some(identity) => state::run_of(identity, self.safety.run.as_deref()),
                None => Run([0; 32]),
            };
            // No more is read than is shown: what comes behind may be wrong.
            let most = show.filter(|_| !check);
            let most = most.and_then(|most| usize::try_from(most).ok());
            let most = most.unwrap_or(usize::MAX).min(self.batch());
            Ok(Batches::new(records, run, most, Place::default()))
        };
        let mut batches = open()?;
        if let Some(most) = show {
            is_clean = offline::show(&mut batches, most, &mut output)?;
        }
        if check {
            // A file is read from its beginning once more.
            if show.is_some() && matches!(self.input(), Input::File(_)) {
                batches = open()?;
            }
            let checked = offline::check(&mut batches)?;
            is_clean = checked.is_clean();
            offline::tell(&checked, self.how.json, &mut output)?;
        }
        Ok(if is_clean { 0 } else { SOME_REFUSED })
    }

    fn input(&self) -> Input {
        Input::of(&self.file)
    }

    fn batch(&self) -> usize {
        usize::try_from(self.how.batch).unwrap_or(1)
    }

    fn format(&self) -> Format {
        self.what
            .format
            .unwrap_or_else(|| match self.input().ending().as_deref() {
                Some("csv") => Format::Csv,
                Some("tsv") => Format::Tsv,
                _ => Format::Ndjson,
            })
    }

    fn mapping(&self) -> Result<Option<MappingFile>, CommandError> {
        let Some(path) = self.what.mapping.as_deref() else {
            return Ok(None);
        };
        if self.format() == Format::Ndjson {
            let what = "--mapping is for tables: add --format csv, or leave it out";
            return Err(Box::new(Misused(what.to_owned())));
        }
        Ok(Some(MappingFile::read(path)?))
    }

    /// The records of an input from a place on.
    fn records(
        &self,
        mut source: Source,
        mapping: Option<&MappingFile>,
        at: Place,
    ) -> Result<Box<dyn Records>, CommandError> {
        let mapping = mapping.map(|file| &file.mapping);
        let table = |reader, delimiter| Rows::open(reader, delimiter, mapping, at);
        Ok(match self.format() {
            Format::Ndjson => {
                self.input().skip(&mut *source.reader, at.bytes)?;
                Box::new(Lines::new(source, at))
            }
            Format::Csv => Box::new(table(source.reader, b',')?),
            Format::Tsv => Box::new(table(source.reader, b'\t')?),
        })
    }

    fn client(&self) -> Result<Client, CommandError> {
        match self.connection.client(ANSWER_SILENCE) {
            Err(ClientError::NoKey) => Err(IngestError::NoKey.into()),
            other => Ok(other?),
        }
    }

    fn encoding(&self, client: &Client) -> Encoding {
        match self.how.compress {
            Compress::Auto if client.is_loopback() => Encoding::Identity,
            Compress::Auto | Compress::Zstd => Encoding::Zstd,
            Compress::Gzip => Encoding::Gzip,
            Compress::None => Encoding::Identity,
        }
    }

    fn state_path(&self) -> Option<PathBuf> {
        let given = self.safety.state.clone();
        given.or_else(|| self.beside(".evident-state"))
    }

    fn letters_path(&self) -> PathBuf {
        let given = self.safety.dead_letters.clone();
        let beside = || self.beside(".dead-letters.ndjson");
        given
            .or_else(beside)
            .unwrap_or_else(|| PathBuf::from("stdin.dead-letters.ndjson"))
    }

    fn beside(&self, suffix: &str) -> Option<PathBuf> {
        match self.input() {
            Input::File(path) => Some(suffixed(Path::new(&path), suffix)),
            Input::Standard => None,
        }
    }
}
