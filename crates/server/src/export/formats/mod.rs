//! Files of events: one format each, written from a stream of events.
//!
//! Nothing here knows who asked for a file, or where the events come from. It must hold that:
//!
//! - memory is bounded, however many events there are;
//! - every event has its row, and every value of the columns is in it, or there is an error: what a
//!   format cannot hold is refused, or cut with a mark that says so;
//! - what clients recorded is never a formula, a link or markup to the programs that open a file;
//! - the same events with the same columns make the same bytes.

mod csv;
mod ndjson;
mod parquet;
#[cfg(test)]
mod tests;
mod xlsx;

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::path::Path;

use evident_event::query::row::NotCanonical;
use evident_event::query::{Column, QueryError};
use evident_event::time::zone::Zone;
use evident_store::index::WalkedEvent;

use crate::sheet::{RowError, Titled, columns, usual_columns};

/// The parameter that names columns.
const PARAMETER: &str = "columns";
/// Bytes that are gathered before they are written to a file.
const FILE_BUFFER_BYTES: usize = 256 * 1024;

/// What a file can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// RFC 4180, for spreadsheets.
    Csv,
    /// A workbook of Excel.
    Xlsx,
    /// A JSON object a line.
    Ndjson,
    /// Columns, for analysis.
    Parquet,
}

impl Format {
    /// All of them.
    pub(crate) const ALL: [Self; 4] = [Self::Csv, Self::Xlsx, Self::Ndjson, Self::Parquet];

    /// The format of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }

    /// What files of it are called after the dot.
    pub(crate) const fn extension(self) -> &'static str {
        self.name()
    }

    /// What a server calls it.
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Ndjson => "application/x-ndjson",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    /// Whether a column is found by its name in it, so that no two may have the same.
    const fn has_names(self) -> bool {
        matches!(self, Self::Ndjson | Self::Parquet)
    }
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FormatError {
    /// It could not be written down.
    #[error("the file cannot be written: {0}; see that its disk has room, and export again")]
    Io(#[from] io::Error),
    /// What is kept of an event is none.
    #[error("the event with index {index} cannot be read: {source}")]
    Unreadable {
        /// The event's.
        index: u64,
        /// What is wrong with it.
        source: NotCanonical,
    },
    /// The format cannot hold so many events.
    #[error("a file of this format holds {limit} at most: narrow the query, or export as ndjson")]
    TooLarge {
        /// How much it holds, and of what.
        limit: String,
    },
    /// What writes the format gave up.
    #[error("the {format} file cannot be made: {message}; export in another format")]
    Failed {
        /// The format's name.
        format: &'static str,
        /// What was said.
        message: String,
    },
}

impl FormatError {
    /// Makes the error of this event.
    fn of(index: u64) -> impl Fn(NotCanonical) -> Self {
        move |source| Self::Unreadable { index, source }
    }
}

impl From<RowError> for FormatError {
    fn from(error: RowError) -> Self {
        match error {
            RowError::Unreadable { index, source } => Self::Unreadable { index, source },
            RowError::Io(error) => Self::Io(error),
        }
    }
}

/// The columns of a file.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    /// None: events as they are, which only [`Format::Ndjson`] has.
    titled: Vec<Titled>,
    zone: Zone,
}

impl Columns {
    /// The columns with these names, or the usual ones of a format if there are none. Where times are
    /// for people, they are as a clock of the zone shows them.
    pub(crate) fn new(names: Vec<String>, format: Format, zone: &Zone) -> Result<Self, QueryError> {
        if format.has_names() {
            refuse_repeated(&names, format)?;
        }
        let titled = match (names.is_empty(), format) {
            (true, Format::Csv | Format::Xlsx) => usual_columns()?,
            (true, Format::Ndjson) => Vec::new(),
            (true, Format::Parquet) => columns(parquet::all_columns())?,
            (false, _) => columns(names)?,
        };
        Ok(Self {
            titled,
            zone: zone.clone(),
        })
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.titled.iter().map(|(name, _)| name.as_str())
    }

    fn each(&self) -> impl Iterator<Item = &Column> {
        self.titled.iter().map(|(_, column)| column)
    }
}

fn refuse_repeated(names: &[String], format: Format) -> Result<(), QueryError> {
    let mut seen = HashSet::new();
    let repeated = names.iter().find(|name| !seen.insert(name.as_str()));
    match repeated {
        None => Ok(()),
        Some(name) => Err(QueryError {
            code: "repeated_column",
            parameter: PARAMETER.to_owned(),
            message: format!(
                "{name:?} is there twice, and {} knows columns by their names: name it once",
                format.name()
            ),
            suggestion: None,
        }),
    }
}

/// A file that is being written, on a thread that may be blocked.
pub(crate) trait FileWriter: Send {
    /// Adds events. After an error the file is of no use.
    fn write(&mut self, events: &[WalkedEvent]) -> Result<(), FormatError>;

    /// Ends the file: all of its bytes are written then. Where that takes long it fails soon once the file is
    /// not wanted.
    fn finish(self: Box<Self>, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), FormatError>;
}

/// Begins a file. `out` is empty; `scratch` is an empty directory for what a format needs beside it.
pub(crate) fn begin(
    format: Format,
    columns: Columns,
    out: File,
    scratch: &Path,
) -> Result<Box<dyn FileWriter>, FormatError> {
    Ok(match format {
        Format::Csv => Box::new(csv::CsvFile::begin(columns, out)?),
        Format::Xlsx => {
            let limits = xlsx::Limits::default();
            Box::new(xlsx::XlsxFile::begin(columns, out, scratch, limits)?)
        }
        Format::Ndjson => Box::new(ndjson::NdjsonFile::begin(columns, out)),
        Format::Parquet => {
            let limits = parquet::Limits::default();
            Box::new(parquet::ParquetFile::begin(columns, out, limits)?)
        }
    })
}
