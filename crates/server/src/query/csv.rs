//! Events as a sheet: RFC 4180, in UTF-8, lines ended by CRLF.
//!
//! What clients recorded ends up in the spreadsheets of people, so it must hold that no cell is a
//! formula to any of the programs that open such files, whatever an event says: a cell that begins
//! like one gets an apostrophe in front.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};
use evident_event::json;
use evident_event::query::{Candidate, Column, QueryError};
use evident_event::time::zone::Zone;
use evident_store::index::{IndexError, StoredEvent};

/// Most columns of a sheet.
pub(crate) const MAX_COLUMNS: usize = 64;
/// The columns of a sheet for which none are asked for: each its title and its field.
pub(crate) const USUAL_COLUMNS: [(&str, &str); 6] = [
    ("Date and Time", "occurred_at"),
    ("Event Name", "event"),
    ("Event Category", "category"),
    ("Description", "description"),
    ("User/App Name", "user"),
    ("IP Address", "context.ip"),
];
/// The parameter that names columns.
const PARAMETER: &str = "columns";
/// What a formula, or a command to the program, begins with; also in the full width that some
/// programs take for the same.
const BEGINS_FORMULAS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Where programs may cut a line into cells that are set to another separator than the comma; what
/// follows is the beginning of a cell there, behind blanks and quotes.
const CUTS_CELLS: [char; 4] = [';', '\t', '\r', '\n'];

/// Which columns a sheet has, and how it writes them.
#[derive(Debug)]
pub(crate) struct Sheet {
    columns: Vec<(String, Column)>,
    zone: Zone,
}

impl Sheet {
    /// The sheet with these columns, or the usual ones if there are none; times are as a clock of
    /// the zone shows them.
    pub(crate) fn new(names: Vec<String>, zone: &Zone) -> Result<Self, QueryError> {
        if names.len() > MAX_COLUMNS {
            let count = names.len();
            return Err(QueryError::too_long_a_list(
                "too_many_columns",
                PARAMETER,
                count,
                MAX_COLUMNS,
            ));
        }
        let named: Vec<(String, String)> = match names.is_empty() {
            true => USUAL_COLUMNS
                .map(|(title, name)| (title.to_owned(), name.to_owned()))
                .into(),
            false => names.into_iter().map(|name| (name.clone(), name)).collect(),
        };
        let columns = named.into_iter().map(|(title, name)| {
            let column = Column::parse(PARAMETER, &name)?;
            Ok((title, column))
        });
        Ok(Self {
            columns: columns.collect::<Result<_, QueryError>>()?,
            zone: zone.clone(),
        })
    }

    /// The titles of the columns.
    pub(super) fn header(&self) -> Result<Vec<u8>, IndexError> {
        let mut lines = Lines::after(Vec::new());
        lines.write(self.columns.iter().map(|(title, _)| title.as_str().into()))?;
        lines.finish()
    }

    /// Adds the rows of events to a piece of a file, until they are all there or the piece has about
    /// so many bytes.
    pub(super) fn fill(
        &self,
        piece: Vec<u8>,
        max_bytes: usize,
        events: &mut impl Iterator<Item = StoredEvent>,
    ) -> Result<Vec<u8>, IndexError> {
        let mut lines = Lines::after(piece);
        while lines.written() < max_bytes
            && let Some(event) = events.next()
        {
            self.row(&event, &mut lines)?;
        }
        lines.finish()
    }

    fn row(&self, event: &StoredEvent, lines: &mut Lines) -> Result<(), IndexError> {
        let parsed = json::parse(&event.canonical, json::MAX_DEPTH);
        let parsed = parsed.map_err(|error| {
            let index = event.index;
            IndexError::Failed(format!("the event with index {index} is not JSON: {error}"))
        })?;
        let candidate = Candidate {
            event: &parsed,
            index: event.index,
            // No column shows it.
            has_outcome: false,
        };
        let cells = self.columns.iter();
        lines.write(cells.map(|(_, column)| column.cell(&candidate, &self.zone)))
    }
}

/// Lines of a file as they are written.
struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    /// Lines that follow others.
    fn after(others: Vec<u8>) -> Self {
        let mut builder = WriterBuilder::new();
        Self(builder.terminator(Terminator::CRLF).from_writer(others))
    }

    /// How many bytes there are, but for a few that are still gathered.
    fn written(&self) -> usize {
        self.0.get_ref().len()
    }

    fn write<'c>(&mut self, cells: impl Iterator<Item = Cow<'c, str>>) -> Result<(), IndexError> {
        for cell in cells {
            let cell = harmless(cell);
            self.0.write_field(cell.as_bytes()).map_err(failed)?;
        }
        self.0.write_record(None::<&[u8]>).map_err(failed)
    }

    fn finish(self) -> Result<Vec<u8>, IndexError> {
        self.0
            .into_inner()
            .map_err(|error| failed(error.into_error()))
    }
}

/// Writing into memory fails for no reason that is known.
fn failed(error: impl std::fmt::Display) -> IndexError {
    IndexError::Failed(format!("a row could not be written: {error}"))
}

/// The cell, as no program takes it for a formula: neither as it is, nor where a program that cuts
/// lines at something else than commas cuts it.
fn harmless(cell: Cow<'_, str>) -> Cow<'_, str> {
    let mut written = String::new();
    let mut copied = 0;
    let mut may_begin = true;
    for (at, c) in cell.char_indices() {
        let begins = BEGINS_FORMULAS.contains(&c) && (at == 0 || !CUTS_CELLS.contains(&c));
        if may_begin && begins {
            written.push_str(&cell[copied..at]);
            written.push('\'');
            copied = at;
        }
        may_begin = CUTS_CELLS.contains(&c) || (may_begin && at > 0 && matches!(c, ' ' | '"'));
    }
    if copied == 0 && written.is_empty() {
        return cell;
    }
    written.push_str(&cell[copied..]);
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::fixtures;
    use super::*;

    fn rows(columns: &[&str], event: &str) -> String {
        let names = columns.iter().map(|name| (*name).to_owned()).collect();
        let sheet = Sheet::new(names, &Zone::utc()).unwrap();
        let mut events = [fixtures::stored(3, event)].into_iter();
        String::from_utf8(sheet.fill(Vec::new(), 1, &mut events).unwrap()).unwrap()
    }

    #[test]
    fn the_usual_columns_have_their_titles_and_others_their_names() {
        let usual = Sheet::new(Vec::new(), &Zone::utc()).unwrap();
        assert_eq!(
            usual.header().unwrap(),
            b"Date and Time,Event Name,Event Category,Description,User/App Name,IP Address\r\n"
        );
        let names = vec!["targets.id".to_owned(), "metadata.a,b".to_owned()];
        let named = Sheet::new(names, &Zone::utc()).unwrap();
        assert_eq!(named.header().unwrap(), b"targets.id,\"metadata.a,b\"\r\n");
    }

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        let event = r#"{"description":"a \"b\", c","reason":"one\r\ntwo","result":"é; f"}"#;
        assert_eq!(
            rows(&["index", "description", "reason", "result", "name"], event),
            "3,\"a \"\"b\"\", c\",\"one\r\ntwo\",é; f,\r\n"
        );
        assert_eq!(rows(&["name"], "{}"), "\"\"\r\n", "an empty line is no row");
    }

    #[test]
    fn nothing_is_a_formula() {
        for formula in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\\t=1", "\\r=1", "\\n=1", "＝1", "＋1", "－1", "＠x",
        ] {
            let row = rows(&["reason"], &format!(r#"{{"reason":"{formula}"}}"#));
            let cell = row.trim_start_matches('"');
            assert!(cell.starts_with('\''), "{row}");
        }
        assert_eq!(rows(&["reason"], r#"{"reason":"1-1=0"}"#), "1-1=0\r\n");
        assert_eq!(rows(&["metadata.n"], r#"{"metadata":{"n":-5}}"#), "'-5\r\n");
        // Programs that are set to semicolons or tabs cut cells there.
        let several = r#"{"targets":[{"id":"a"},{"id":"=b"},{"id":"c"}]}"#;
        assert_eq!(rows(&["target.id"], several), "a; '=b; c\r\n");
        for (text, cell) in [
            ("x;=1", "x;'=1"),
            ("x;@y;z", "x;'@y;z"),
            ("é; -1", "é; '-1"),
            ("x;;+", "x;;'+"),
            ("a -b = c", "a -b = c"),
            ("a;b=c", "a;b=c"),
        ] {
            let row = rows(&["reason"], &format!(r#"{{"reason":"{text}"}}"#));
            assert_eq!(row, format!("{cell}\r\n"));
        }
        assert_eq!(rows(&["reason"], r#"{"reason":"x\t=1"}"#), "x\t'=1\r\n");
        let quoted = rows(&["reason"], r#"{"reason":"x;\"=1\""}"#);
        assert_eq!(quoted, "\"x;\"\"'=1\"\"\"\r\n");
    }

    #[test]
    fn columns_have_a_bound() {
        let names = |count| vec!["action".to_owned(); count];
        assert!(Sheet::new(names(MAX_COLUMNS), &Zone::utc()).is_ok());
        let error = Sheet::new(names(MAX_COLUMNS + 1), &Zone::utc()).unwrap_err();
        assert_eq!(error.code, "too_many_columns");
    }
}
