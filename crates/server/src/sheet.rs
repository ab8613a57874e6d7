//! Events as a sheet: RFC 4180, in UTF-8, lines ended by CRLF.
//!
//! What clients recorded ends up in the spreadsheets of people, so it must hold that no cell is a
//! formula to any of the programs that open such files, whatever an event says: a cell that begins
//! like one gets an apostrophe in front.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{Terminator, WriterBuilder};
use evident_event::query::row::{Columns, NotCanonical, Places};
use evident_event::query::{Column, QueryError};
use evident_event::time::zone::Zone;
use evident_store::index::{IndexError, WalkedEvent};

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
/// The same for each byte.
const MAY_CUT: [bool; 256] = {
    let mut cuts = [false; 256];
    let mut at = 0;
    while at < CUTS_CELLS.len() {
        cuts[CUTS_CELLS[at] as usize] = true;
        at += 1;
    }
    cuts
};
/// Bytes of a piece that are gathered before they are added to it.
const PIECE_BUFFER_BYTES: usize = 8 * 1024;

/// A column's title, and what it shows.
pub(crate) type Titled = (String, Column);

/// Why a row could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RowError {
    /// What is kept of an event is none.
    #[error("the event with index {index} cannot be read: {source}")]
    Unreadable { index: u64, source: NotCanonical },
    /// It could not be written down.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl RowError {
    /// Makes the error of this event.
    pub(crate) fn of(index: u64) -> impl Fn(NotCanonical) -> Self {
        move |source| Self::Unreadable { index, source }
    }
}

impl From<RowError> for IndexError {
    fn from(error: RowError) -> Self {
        Self::Failed(error.to_string())
    }
}

/// The columns with these names, each its own title.
pub(crate) fn columns(names: Vec<String>) -> Result<Vec<Titled>, QueryError> {
    if names.len() > MAX_COLUMNS {
        let count = names.len();
        return Err(QueryError::too_long_a_list(
            "too_many_columns",
            PARAMETER,
            count,
            MAX_COLUMNS,
        ));
    }
    let columns = names.into_iter().map(|name| {
        let column = Column::parse(PARAMETER, &name)?;
        Ok((name, column))
    });
    columns.collect()
}

/// The columns of sheets for which none are asked for.
pub(crate) fn usual_columns() -> Result<Vec<Titled>, QueryError> {
    let columns = USUAL_COLUMNS.map(|(title, name)| {
        let column = Column::parse(PARAMETER, name)?;
        Ok((title.to_owned(), column))
    });
    columns.into_iter().collect()
}

/// Which columns a sheet has, and how it writes them.
#[derive(Debug)]
pub(crate) struct Sheet {
    titles: Vec<String>,
    columns: Columns,
    zone: Zone,
}

impl Sheet {
    /// The sheet with these columns, or the usual ones if there are none; times are as a clock of
    /// the zone shows them.
    pub(crate) fn new(names: Vec<String>, zone: &Zone) -> Result<Self, QueryError> {
        let titled = match names.is_empty() {
            true => usual_columns()?,
            false => columns(names)?,
        };
        Ok(Self::of(titled, zone))
    }

    /// The sheet with these columns.
    pub(crate) fn of(titled: Vec<Titled>, zone: &Zone) -> Self {
        Self {
            columns: Columns::new(titled.iter().map(|(_, column)| column)),
            titles: titled.into_iter().map(|(title, _)| title).collect(),
            zone: zone.clone(),
        }
    }

    /// The titles of the columns.
    pub(crate) fn header(&self) -> Result<Vec<u8>, IndexError> {
        let mut lines = Lines::new(Vec::new(), PIECE_BUFFER_BYTES);
        lines.header(self)?;
        Ok(lines.finish()?)
    }

    /// Adds the rows of events to a piece of a file, until they are all there or the piece has about
    /// so many bytes.
    pub(crate) fn fill(
        &self,
        piece: Vec<u8>,
        max_bytes: usize,
        events: &mut impl Iterator<Item = WalkedEvent>,
    ) -> Result<Vec<u8>, IndexError> {
        let mut lines = Lines::new(piece, PIECE_BUFFER_BYTES);
        while lines.written().len() < max_bytes
            && let Some(event) = events.next()
        {
            lines.row(self, &event)?;
        }
        Ok(lines.finish()?)
    }
}

/// Lines of a sheet as they are written.
pub(crate) struct Lines<W: Write> {
    lines: csv::Writer<W>,
    places: Places,
    cell: String,
}

impl<W: Write> Lines<W> {
    /// Lines that follow what there is, and are handed on whenever there are about so many bytes.
    pub(crate) fn new(into: W, buffer_bytes: usize) -> Self {
        let mut builder = WriterBuilder::new();
        builder
            .terminator(Terminator::CRLF)
            .buffer_capacity(buffer_bytes);
        Self {
            lines: builder.from_writer(into),
            places: Places::default(),
            cell: String::new(),
        }
    }

    /// What was handed on.
    fn written(&self) -> &W {
        self.lines.get_ref()
    }

    /// Writes the titles of a sheet.
    pub(crate) fn header(&mut self, sheet: &Sheet) -> Result<(), RowError> {
        for title in &sheet.titles {
            self.lines
                .write_field(harmless(title).as_bytes())
                .map_err(io_error)?;
        }
        self.end()
    }

    /// Writes the row of an event.
    pub(crate) fn row(&mut self, sheet: &Sheet, event: &WalkedEvent) -> Result<(), RowError> {
        let unreadable = RowError::of(event.index);
        let row = sheet
            .columns
            .row(event.index, &event.canonical, &mut self.places)
            .map_err(&unreadable)?;
        for column in 0..sheet.titles.len() {
            let cell = row
                .text(column, &sheet.zone, &mut self.cell)
                .map_err(&unreadable)?;
            self.lines
                .write_field(harmless(cell).as_bytes())
                .map_err(io_error)?;
        }
        self.end()
    }

    fn end(&mut self) -> Result<(), RowError> {
        let ended = self.lines.write_record(None::<&[u8]>);
        Ok(ended.map_err(io_error)?)
    }

    /// Hands on what is left.
    pub(crate) fn finish(self) -> Result<W, RowError> {
        let finished = self.lines.into_inner();
        Ok(finished.map_err(|error| error.into_error())?)
    }
}

/// The library's error as what it comes from: nothing else fails where rows may have any length.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// The cell, as no program takes it for a formula: neither as it is, nor where a program that cuts
/// lines at something else than commas cuts it.
fn harmless(cell: &str) -> Cow<'_, str> {
    // Nearly all cells begin like none and are cut nowhere.
    let begins = matches!(cell.as_bytes().first(), Some(byte) if !byte.is_ascii_alphanumeric());
    if !begins
        && !cell
            .bytes()
            .fold(false, |cuts, byte| cuts | MAY_CUT[usize::from(byte)])
    {
        return Cow::Borrowed(cell);
    }
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
        return Cow::Borrowed(cell);
    }
    written.push_str(&cell[copied..]);
    Cow::Owned(written)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use evident_event::query::Candidate;
    use evident_event::{canonical, json};
    use proptest::prelude::*;

    use super::*;
    use crate::query::fixtures;

    fn rows(columns: &[&str], event: &str) -> String {
        let names = columns.iter().map(|name| (*name).to_owned()).collect();
        let sheet = Sheet::new(names, &Zone::utc()).unwrap();
        let mut events = [fixtures::walked(3, event)].into_iter();
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

    /// The same as `harmless`, character by character.
    fn harmless_slowly(cell: &str) -> String {
        let mut written = String::new();
        let mut may_begin = true;
        for (at, c) in cell.char_indices() {
            let begins = BEGINS_FORMULAS.contains(&c) && (at == 0 || !CUTS_CELLS.contains(&c));
            if may_begin && begins {
                written.push('\'');
            }
            written.push(c);
            may_begin = CUTS_CELLS.contains(&c) || (may_begin && at > 0 && matches!(c, ' ' | '"'));
        }
        written
    }

    /// The row of an event by its tree, which takes several times as long.
    fn row_slowly(names: &[&str], event: &WalkedEvent, zone: &Zone) -> Vec<u8> {
        let event_of = json::parse(&event.canonical, json::MAX_DEPTH).unwrap();
        let candidate = Candidate {
            event: &event_of,
            index: event.index,
            has_outcome: false,
        };
        let mut builder = WriterBuilder::new();
        let mut line = builder.terminator(Terminator::CRLF).from_writer(Vec::new());
        for name in names {
            let column = Column::parse(PARAMETER, name).unwrap();
            let cell = column.cell(&candidate, zone);
            line.write_field(harmless_slowly(&cell)).unwrap();
        }
        line.write_record(None::<&[u8]>).unwrap();
        line.into_inner().unwrap()
    }

    fn texts() -> impl Strategy<Value = String> {
        let odd = "[=+@;\t\r\n\" '\\-＝－a,é\u{1}\\\\]{0,12}";
        prop_oneof![odd.prop_map(String::from), any::<String>()]
    }

    proptest! {
        #[test]
        fn a_row_has_the_bytes_that_the_tree_of_its_event_makes(
            texts in prop::collection::vec(texts(), 6), seconds in any::<u32>(), number in -1e6..1e6,
        ) {
            let [a, b, c, d, e, f] = &texts[..] else { unreachable!("there are six") };
            let occurred_at = evident_event::time::Timestamp::from_micros(i64::from(seconds) * 1_000_003);
            let event = serde_json::json!({
                "action": a, "actor": {"id": b, "name": c}, "category": d, "context": {"ip": e},
                "description": f, "metadata": {"n": number, "list": [a, b], "inner": {"k": c}},
                "name": d, "occurred_at": occurred_at.to_string(),
                "targets": [{"id": a}, {"id": b}, {"name": c}],
            });
            let event = event.to_string();
            let parsed = json::parse(event.as_bytes(), json::MAX_DEPTH).unwrap();
            let mut bytes = Vec::new();
            canonical::write(&parsed, &mut bytes);
            let event = fixtures::walked(3, std::str::from_utf8(&bytes).unwrap());
            let usual = USUAL_COLUMNS.map(|(_, name)| name);
            let others = ["index", "metadata", "metadata.n", "metadata.list", "metadata.inner", "target.id", "authority"];
            for zone in ["UTC", "Asia/Kolkata"] {
                let zone = Zone::named(zone).unwrap();
                for names in [&usual[..], &others[..], &["metadata.inner.k"]] {
                    let asked = names.iter().map(|name| (*name).to_owned()).collect();
                    let sheet = Sheet::new(asked, &zone).unwrap();
                    let row = sheet.fill(Vec::new(), 1, &mut [event.clone()].into_iter()).unwrap();
                    prop_assert_eq!(row, row_slowly(names, &event, &zone));
                }
            }
        }
    }

    #[test]
    fn an_event_that_cannot_be_read_is_an_error_that_names_it() {
        let sheet = Sheet::new(Vec::new(), &Zone::utc()).unwrap();
        for canonical in ["", "null", r#"{"name":"a""#, r#"{"name":"\ud800"}"#] {
            let mut events = [fixtures::walked(17, canonical)].into_iter();
            let error = sheet.fill(Vec::new(), 1, &mut events).unwrap_err();
            assert!(error.to_string().contains("index 17"), "{error}");
        }
    }
}
