//! CSV: an event a row.
//!
//! What must always hold: what was read of a row can be told as it stands in the file, whatever its
//! quotes; and a quote that is never closed ends the command, before it fills the memory and before the rows
//! behind it become one event.

use std::io::{self, BufRead, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::batch::{Batch, Origin, Place, Run};
use super::letters::Letter;
use super::lines::BYTE_ORDER_MARK;
use super::mapping::{Mapping, MappingError, Plan};
use super::records::{ReadError, Records, Taken};

/// Longest row, in bytes.
const MAX_ROW_BYTES: usize = 4 * 1024 * 1024;
/// Bytes that are read at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// Reads rows.
pub(super) struct Rows {
    reader: Reader<Kept>,
    delimiter: u8,
    record: ByteRecord,
    plan: Plan,
    notes: Vec<String>,
    /// Where the run goes on: rows before it are not taken.
    at: Place,
}

impl Rows {
    /// Reads the header, and rows from a place on.
    pub(super) fn open(
        reader: Box<dyn BufRead + Send>,
        delimiter: u8,
        mapping: Option<&Mapping>,
        at: Place,
    ) -> Result<Self, ReadError> {
        let kept = Kept {
            inner: reader,
            bytes: Vec::new(),
            given: 0,
            start: 0,
            is_over: false,
        };
        let given = mapping.and_then(|mapping| mapping.delimiter);
        let delimiter = given.unwrap_or(delimiter);
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(CHUNK_BYTES)
            .from_reader(kept);
        let given = mapping.and_then(|mapping| mapping.header.clone());
        let header = match given {
            Some(header) => header,
            None => read_header(&mut reader, delimiter)?,
        };
        let (plan, notes) = match mapping {
            Some(mapping) => {
                let plan = Plan::new(mapping, &header)?;
                let unused = plan.unused().join(", ");
                let note = format!("columns that the mapping does not use: {unused}");
                let notes = if unused.is_empty() {
                    Vec::new()
                } else {
                    vec![note]
                };
                (plan, notes)
            }
            None => {
                let (mapping, notes) = Mapping::of_header(&header)?;
                (Plan::new(&mapping, &header)?, notes)
            }
        };
        Ok(Self {
            reader,
            delimiter,
            record: ByteRecord::new(),
            plan,
            notes,
            at,
        })
    }

    /// Reads a row: where it stands, and what is read of it. Nothing at the end.
    fn read(&mut self) -> Result<Option<(Origin, Vec<u8>)>, ReadError> {
        let line = self.reader.position().line();
        let is_there = self
            .reader
            .read_byte_record(&mut self.record)
            .map_err(|error| unreadable(error, line))?;
        let end = self.reader.position().byte();
        let (start, text, is_last) = self.reader.get_mut().take_until(end);
        if !is_there {
            return Ok(None);
        }
        // Blank lines, and the second half of the end of the row before.
        let blank = text
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        let breaks = text[..blank].iter().filter(|byte| **byte == b'\n').count();
        let origin = Origin {
            line: line + breaks as u64,
            offset: start + blank as u64,
        };
        // The parser closes at the end what is not closed.
        if is_last && ends_in_quotes(start, text, self.delimiter) {
            return Err(ReadError::Unclosed { line: origin.line });
        }
        let row = text[blank..].trim_ascii_end();
        Ok(Some((origin, row.to_vec())))
    }
}

fn read_header(reader: &mut Reader<Kept>, delimiter: u8) -> Result<Vec<String>, ReadError> {
    let mut record = ByteRecord::new();
    let is_there = reader
        .read_byte_record(&mut record)
        .map_err(|error| unreadable(error, 1))?;
    let end = reader.position().byte();
    let (start, text, is_last) = reader.get_mut().take_until(end);
    if !is_there {
        return Err(ReadError::NoHeader);
    }
    if is_last && ends_in_quotes(start, text, delimiter) {
        return Err(ReadError::Unclosed { line: 1 });
    }
    let name = |cell: &[u8]| {
        let name = std::str::from_utf8(cell).map(str::to_owned);
        name.map_err(|_| MappingError::Wrong {
            place: "the header".to_owned(),
            message:
                "it is not UTF-8: convert the file, as in `iconv -f WINDOWS-1252 -t UTF-8 FILE`"
                    .to_owned(),
        })
    };
    let names: Result<Vec<String>, _> = record.iter().map(name).collect();
    Ok(names?)
}

/// Where in a cell a row ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    /// Before its first character.
    Start,
    /// Outside of quotes.
    Plain,
    /// In quotes.
    Quoted,
    /// Behind a quote that closes, or is the first of two that stand for one.
    Closing,
}

/// Whether a row, with the blank lines before it, ends within a cell that is in quotes.
fn ends_in_quotes(start: u64, row: &[u8], delimiter: u8) -> bool {
    let unmarked = row.strip_prefix(BYTE_ORDER_MARK).filter(|_| start == 0);
    let row = unmarked.unwrap_or(row);
    let mut within = Within::Start;
    for byte in row {
        within = match (within, *byte) {
            (Within::Start | Within::Closing, b'"') => Within::Quoted,
            (Within::Quoted, b'"') => Within::Closing,
            (Within::Quoted, _) => Within::Quoted,
            (Within::Start, b'\n' | b'\r') => Within::Start,
            (_, byte) if byte == delimiter => Within::Start,
            _ => Within::Plain,
        };
    }
    within == Within::Quoted
}

fn unreadable(error: csv::Error, line: u64) -> ReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let at_most = MAX_ROW_BYTES as u64;
            ReadError::Endless { line, at_most }
        }
        csv::ErrorKind::Io(error) => ReadError::of(error),
        other => ReadError::Input(io::Error::other(format!("{other:?}"))),
    }
}

impl Records for Rows {
    fn take(&mut self, batch: &mut Batch, run: &Run) -> Result<Taken, ReadError> {
        let Some((origin, row)) = self.read()? else {
            let end = self.end();
            if end.bytes < self.at.bytes {
                return Err(ReadError::TooShort { at: self.at.bytes });
            }
            batch.end = end;
            return Ok(Taken::End);
        };
        if origin.offset < self.at.bytes {
            return Ok(Taken::Record);
        }
        match self.plan.row(&self.record) {
            Ok(made) => batch.push_row(origin, &row, &made.event, made.has_id, run),
            Err(reasons) => batch.letters.push(Letter::new(origin, &row, reasons)),
        }
        batch.end = self.end();
        Ok(Taken::Record)
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }
}

impl Rows {
    fn end(&self) -> Place {
        let position = self.reader.position();
        Place {
            bytes: position.byte(),
            lines: position.line() - 1,
        }
    }
}

/// What the parser has read ahead, kept until it is known where a row ends.
struct Kept {
    inner: Box<dyn BufRead + Send>,
    bytes: Vec<u8>,
    /// How many of them have been given away.
    given: usize,
    /// The place of the first of them.
    start: u64,
    /// Whether there is nothing behind them.
    is_over: bool,
}

impl Kept {
    /// What was read before this place, where it began, and whether the input is known to end with it.
    fn take_until(&mut self, end: u64) -> (u64, &[u8], bool) {
        let from = self.given;
        let length = usize::try_from(end.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.given = length.clamp(from, self.bytes.len());
        let is_last = self.is_over && self.given == self.bytes.len();
        let start = self.start + from as u64;
        (start, &self.bytes[from..self.given], is_last)
    }
}

impl Read for Kept {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.bytes.drain(..self.given);
        self.start += self.given as u64;
        self.given = 0;
        if self.bytes.len() > MAX_ROW_BYTES {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let length = self.inner.read(into)?;
        self.is_over = length == 0;
        self.bytes.extend_from_slice(&into[..length]);
        Ok(length)
    }
}
