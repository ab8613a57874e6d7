//! Records of the input, gathered into batches.
//!
//! What must always hold: a batch is bounded in events and bytes, whatever the input; and what the input
//! has is in exactly one batch, in its order.

use std::io;

use super::batch::{Batch, Place, Run};
use super::broken::Broken;
use super::mapping::MappingError;

/// Bytes at which a batch is full. A server takes 16 MiB at once.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// Why the input cannot be read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// It cannot be read.
    #[error("the input cannot be read: {0}")]
    Input(io::Error),
    /// The file is not what it was, or not whole.
    #[error(transparent)]
    Broken(Broken),
    /// JSON, but one value.
    #[error(
        "the input is a JSON array, not an event a line: hand it over with jq, as in `jq -c '.[]' FILE | evident ingest -`"
    )]
    Array,
    /// JSON, but over several lines.
    #[error(
        "the input has its events over several lines, not an event a line: hand it over with jq, as in `jq -c . FILE | evident ingest -`"
    )]
    Spread,
    /// No JSON.
    #[error(
        "the first line is no JSON, but looks like the header of a table: add --format csv, perhaps with a --mapping"
    )]
    Cells,
    /// It would have to be decompressed.
    #[error(
        "standard input is compressed, which only files may be: hand it over decompressed, as in `zcat FILE | evident ingest -`"
    )]
    Compressed,
    /// A row without end.
    #[error(
        "the row that begins in line {line} has more than {at_most} bytes: look whether a quote in it is not closed; if the file uses quotes as ordinary characters, double them and put the cell in quotes"
    )]
    Endless { line: u64, at_most: u64 },
    /// A row that the end of the input is in.
    #[error(
        "the row that begins in line {line} has a quote that is not closed before the input ends, so that all behind it would be one cell: close it; if the file uses quotes as ordinary characters, double them and put the cell in quotes"
    )]
    Unclosed { line: u64 },
    /// It is not what it was.
    #[error(
        "the input ends before byte {at}, up to which it has been sent: give what it was, or begin anew with --restart"
    )]
    TooShort { at: u64 },
    /// There is no header.
    #[error(
        "the table has no header: its first line names the columns; or name them by `header` in a --mapping"
    )]
    NoHeader,
    /// The header does not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl ReadError {
    /// What reading met.
    pub(super) fn of(error: io::Error) -> Self {
        match Broken::of(error) {
            Ok(broken) => Self::Broken(broken),
            Err(error) => Self::Input(error),
        }
    }

    /// Whether the same input can never be read on, however often it is tried.
    pub(super) const fn is_final(&self) -> bool {
        !matches!(self, Self::Input(_))
    }
}

/// What has been taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// A record.
    Record,
    /// Nothing has come for a while.
    Idle,
    /// There is nothing more.
    End,
}

/// What is read record by record.
pub(super) trait Records: Send {
    /// Adds the next record to a batch. Records that are no events, such as blank lines, only move its
    /// end.
    fn take(&mut self, batch: &mut Batch, run: &Run) -> Result<Taken, ReadError>;

    /// What a person should know of the whole before it is sent.
    fn notes(&self) -> &[String] {
        &[]
    }
}

/// Gathers records.
pub(super) struct Batches {
    records: Box<dyn Records>,
    run: Run,
    max_events: usize,
    number: u64,
    end: Place,
    is_over: bool,
    /// What ended the reading, once what was read before it has been given.
    failed: Option<ReadError>,
}

impl Batches {
    pub(super) fn new(records: Box<dyn Records>, run: Run, max_events: usize, at: Place) -> Self {
        Self {
            records,
            run,
            max_events,
            number: 0,
            end: at,
            is_over: false,
            failed: None,
        }
    }

    /// The next batch; the last one may have nothing but an end. Nothing after it.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, ReadError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.is_over {
            return Ok(None);
        }
        let mut batch = Batch::new(self.number, self.end);
        while batch.len() + batch.letters.len() < self.max_events && batch.bytes() < BATCH_BYTES {
            match self.records.take(&mut batch, &self.run) {
                Ok(Taken::Record) => {}
                Ok(Taken::Idle) => break,
                Ok(Taken::End) => {
                    self.is_over = true;
                    break;
                }
                Err(error) => {
                    self.is_over = true;
                    self.failed = Some(error);
                    break;
                }
            }
        }
        self.number += 1;
        self.end = batch.end;
        Ok(Some(batch))
    }
}
