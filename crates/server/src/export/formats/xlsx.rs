//! XLSX: a workbook that Excel and its like open as one of their own.
//!
//! Cells have types here, so a text is written as a text, and `=1+1` stays those four characters:
//! nothing is a formula or a link that was not written as one, and nothing here is. That is why no
//! apostrophe stands in front, as it must in a CSV file, where the program that opens it decides what
//! a cell is.
//!
//! It must hold that:
//!
//! - rows go to files in the scratch directory as they come, and from there into the workbook;
//! - a number or a date is one only if Excel can hold it, else it is a text;
//! - nothing in the file says when or on which machine it was made.

use std::any::Any;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use evident_event::json::MAX_SAFE_INTEGER;
use evident_event::query::ColumnKind;
use evident_event::query::row::{self, Places, Row};
use evident_event::time::Timestamp;
use evident_event::time::zone::Zone;
use evident_store::index::WalkedEvent;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Columns, FILE_BUFFER_BYTES, FileWriter, FormatError};

/// Most rows of a sheet, with its header.
const MAX_SHEET_ROWS: u32 = 1_048_576;
/// Most sheets of a workbook: each has a file open until the end.
const MAX_SHEETS: usize = 64;
/// Most UTF-16 units of a cell.
const MAX_CELL_UNITS: usize = 32_767;
/// What a cell that was cut ends with.
const CUT_MARK: &str = " … [cut here: a cell holds 32,767 characters]";
/// The property of the document that counts such cells.
const CUT_PROPERTY: &str = "Cut cells";
/// How instants are shown.
const DATE_FORMAT: &str = "yyyy-mm-dd hh:mm:ss.000";
/// How hard the workbook is compressed, of 9.
const COMPRESSION_LEVEL: u8 = 3;
/// A part of a workbook that may become longer is written in the way of ZIP64, which some programs
/// cannot read. Some bytes are left for what surrounds the rows.
const MAX_PLAIN_PART_BYTES: u64 = u32::MAX as u64 - 1024 * 1024;
/// Most bytes that are written around the text of a cell or a row.
const MARKUP_BYTES: u64 = 80;
/// Most bytes that are written for one of a text: `_x0000_` for a control character.
const ESCAPED_BYTES: u64 = 7;

/// The largest and the smallest magnitude of numbers that Excel holds.
const LARGEST_NUMBER: f64 = 9.999_999_999_999_99e307;
const SMALLEST_NUMBER: f64 = 2.225_073_858_507_201_4e-308;

/// How much goes into a workbook.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most rows of a sheet, with its header.
    pub(super) sheet_rows: u32,
    /// Most sheets.
    pub(super) sheets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            sheet_rows: MAX_SHEET_ROWS,
            sheets: MAX_SHEETS,
        }
    }
}

/// A workbook that is being written.
pub(super) struct XlsxFile {
    workbook: Workbook,
    header: Vec<Header>,
    columns: row::Columns,
    limits: Limits,
    rows: Rows,
    sheets: usize,
    /// The row to be written next.
    next_row: u32,
    out: File,
}

/// What each sheet begins with.
struct Header {
    title: String,
    kind: ColumnKind,
    width: f64,
}

/// What writing a row needs, whatever the sheet.
struct Rows {
    zone: Zone,
    places: Places,
    text: String,
    cut_cells: u32,
    /// Most bytes that the rows of the present sheet have.
    sheet_bytes: u64,
    /// The same of the longest sheet.
    longest_sheet_bytes: u64,
}

impl XlsxFile {
    pub(super) fn begin(
        columns: Columns,
        out: File,
        scratch: &Path,
        limits: Limits,
    ) -> Result<Self, FormatError> {
        let header = columns.titled.iter().map(|(title, column)| {
            let width = width(title, column.kind());
            // A date in a cell has no offset, so the title says whose clock it is.
            let title = match column.kind() {
                ColumnKind::Instant => format!("{title} ({})", columns.zone.name()),
                _ => title.clone(),
            };
            let kind = column.kind();
            Header { title, kind, width }
        });
        let mut file = Self {
            workbook: Workbook::new(),
            header: header.collect(),
            columns: row::Columns::new(columns.each()),
            limits,
            rows: Rows {
                zone: columns.zone.clone(),
                places: Places::default(),
                text: String::new(),
                cut_cells: 0,
                sheet_bytes: 0,
                longest_sheet_bytes: 0,
            },
            sheets: 0,
            next_row: 0,
            out,
        };
        guarded(|| {
            file.workbook.set_tempdir(scratch).map_err(failed)?;
            file.begin_sheet()
        })?;
        Ok(file)
    }

    fn begin_sheet(&mut self) -> Result<(), FormatError> {
        if self.sheets == self.limits.sheets {
            let rows = self.limits.sheets as u64 * u64::from(self.limits.sheet_rows - 1);
            return Err(FormatError::TooLarge {
                limit: format!("{rows} events"),
            });
        }
        self.sheets += 1;
        let sheet = self.workbook.add_worksheet_with_constant_memory();
        let sheet = sheet.map_err(failed)?;
        write_header(sheet, self.sheets, &self.header).map_err(failed)?;
        self.next_row = 1;
        self.rows.sheet_bytes = 0;
        Ok(())
    }

    /// Ends the present sheet.
    fn end_sheet(&mut self) -> Result<(), FormatError> {
        let last = (self.next_row - 1, last_column(&self.header));
        let sheet = self.workbook.worksheet_from_index(self.sheets - 1);
        let filtered = sheet.and_then(|sheet| sheet.autofilter(0, 0, last.0, last.1).map(|_| ()));
        self.rows.longest_sheet_bytes = self.rows.longest_sheet_bytes.max(self.rows.sheet_bytes);
        filtered.map_err(failed)
    }

    fn add(&mut self, events: &[WalkedEvent]) -> Result<(), FormatError> {
        let mut left = events;
        while !left.is_empty() {
            if self.next_row == self.limits.sheet_rows {
                self.end_sheet()?;
                self.begin_sheet()?;
            }
            let room = (self.limits.sheet_rows - self.next_row) as usize;
            let (now, later) = left.split_at(room.min(left.len()));
            let sheet = self.workbook.worksheet_from_index(self.sheets - 1);
            let sheet = sheet.map_err(failed)?;
            for event in now {
                self.rows
                    .write(&self.columns, event, sheet, self.next_row)?;
                self.next_row += 1;
            }
            left = later;
        }
        Ok(())
    }

    fn save(mut self, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), FormatError> {
        self.end_sheet()?;
        let properties = properties(&self.rows).map_err(failed)?;
        let is_long = self.rows.longest_sheet_bytes > MAX_PLAIN_PART_BYTES;
        self.workbook.set_properties(&properties);
        self.workbook.set_zip_compression_level(COMPRESSION_LEVEL);
        self.workbook.use_zip_large_file(is_long);
        let mut out = Watched {
            out: BufWriter::with_capacity(FILE_BUFFER_BYTES, &self.out),
            is_wanted,
        };
        self.workbook.save_to_writer(&mut out).map_err(failed)?;
        Ok(out.flush()?)
    }
}

impl FileWriter for XlsxFile {
    fn write(&mut self, events: &[WalkedEvent]) -> Result<(), FormatError> {
        guarded(|| self.add(events))
    }

    fn finish(self: Box<Self>, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), FormatError> {
        guarded(|| self.save(is_wanted))
    }
}

/// The workbook while it is put together from its sheets, which takes about half as long as writing them.
struct Watched<'w> {
    out: BufWriter<&'w File>,
    is_wanted: &'w (dyn Fn() -> bool + Sync),
}

impl Write for Watched<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match (self.is_wanted)() {
            true => self.out.write(bytes),
            false => Err(io::Error::other("it is not wanted any more")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.out.seek(to)
    }
}

/// The library panics where it cannot write to its files in the scratch directory, as when the disk is
/// full. That must end this file only, and say why.
fn guarded<T>(write: impl FnOnce() -> Result<T, FormatError>) -> Result<T, FormatError> {
    catch_unwind(AssertUnwindSafe(write)).unwrap_or_else(|panic| Err(broken(&*panic)))
}

pub(super) fn broken(panic: &(dyn Any + Send)) -> FormatError {
    let said = panic.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
    match said {
        // The error is written into the message, as `Debug` has it.
        Some(said) if said.contains("StorageFull") => {
            FormatError::Io(io::ErrorKind::StorageFull.into())
        }
        said => FormatError::Failed {
            format: super::Format::Xlsx.name(),
            message: said.unwrap_or("it could not be written").to_owned(),
        },
    }
}

fn failed(error: XlsxError) -> FormatError {
    match error {
        XlsxError::IoError(error) | XlsxError::TempFileError(_, error) => FormatError::Io(error),
        XlsxError::ZipError(error) => FormatError::Io(error.into()),
        error => FormatError::Failed {
            format: super::Format::Xlsx.name(),
            message: error.to_string(),
        },
    }
}

fn write_header(sheet: &mut Worksheet, number: usize, header: &[Header]) -> Result<(), XlsxError> {
    let name = match number {
        1 => "Events".to_owned(),
        number => format!("Events {number}"),
    };
    sheet.set_name(name)?;
    sheet.set_freeze_panes(1, 0)?;
    let (bold, date) = (
        Format::new().set_bold(),
        Format::new().set_num_format(DATE_FORMAT),
    );
    for (column, shown) in (0..).zip(header) {
        sheet.set_column_width(column, shown.width)?;
        if shown.kind == ColumnKind::Instant {
            sheet.set_column_format(column, &date)?;
        }
        let title = cut(&shown.title);
        sheet.write_string_with_format(
            0,
            column,
            title.unwrap_or(shown.title.as_str().into()),
            &bold,
        )?;
    }
    Ok(())
}

/// The number of columns is bounded far below what this holds.
fn last_column(header: &[Header]) -> u16 {
    u16::try_from(header.len().saturating_sub(1)).unwrap_or(u16::MAX)
}

/// How wide a column is, in characters: enough for most of what it shows, and for its title beside the
/// button of the filter.
fn width(title: &str, kind: ColumnKind) -> f64 {
    let usual = match kind {
        ColumnKind::Index | ColumnKind::Integer => 10.0,
        ColumnKind::Instant => 24.0,
        ColumnKind::Text if title.eq_ignore_ascii_case("description") => 70.0,
        ColumnKind::Text => 28.0,
        ColumnKind::Json => 50.0,
    };
    let title_chars = title.chars().take(40).count() as f64;
    f64::max(usual, title_chars + 4.0)
}

fn properties(rows: &Rows) -> Result<DocProperties, XlsxError> {
    // The instant that the entries of the archive have as well: that of making it is not told.
    let created = ExcelDateTime::from_ymd(1980, 1, 1)?;
    let comment = format!(
        "Events of the audit log. Times are as clocks of {} show them.",
        rows.zone.name()
    );
    let cut_cells = i32::try_from(rows.cut_cells).unwrap_or(i32::MAX);
    let properties = DocProperties::new()
        .set_title("Audit log")
        .set_author("Evident")
        .set_comment(comment)
        .set_creation_datetime(&created)
        .set_custom_property(CUT_PROPERTY, cut_cells);
    Ok(properties)
}

/// What a cell holds.
#[derive(Debug, PartialEq)]
pub(super) enum Cell<'c> {
    Number(f64),
    Boolean(bool),
    Text(&'c str),
}

/// What the cell of a row's column holds.
fn cell<'c>(
    row: &Row<'c>,
    (column, kind): (usize, ColumnKind),
    zone: &Zone,
    text: &'c mut String,
) -> Result<Cell<'c>, row::NotCanonical> {
    let typed = match kind {
        ColumnKind::Index => row
            .integer(column)?
            .and_then(|index| number(&index.to_string())),
        ColumnKind::Instant => {
            let instant = row.instant(column)?;
            instant
                .and_then(|instant| serial(instant, zone))
                .map(Cell::Number)
        }
        ColumnKind::Integer | ColumnKind::Text => {
            row.only_plain(column).and_then(|plain| match plain {
                b"true" => Some(Cell::Boolean(true)),
                b"false" => Some(Cell::Boolean(false)),
                plain => number(std::str::from_utf8(plain).ok()?),
            })
        }
        ColumnKind::Json => None,
    };
    match typed {
        Some(typed) => Ok(typed),
        None => row.text(column, zone, text).map(Cell::Text),
    }
}

/// The number of this text, if Excel holds the very same.
pub(super) fn number(text: &str) -> Option<Cell<'static>> {
    let number: f64 = text.parse().ok()?;
    let magnitude = number.abs();
    let is_held = magnitude == 0.0 || (SMALLEST_NUMBER..=LARGEST_NUMBER).contains(&magnitude);
    // Integers beyond have the doubles of others.
    let is_exact = magnitude <= MAX_SAFE_INTEGER as f64 || text.contains(['.', 'e']);
    (is_held && is_exact).then_some(Cell::Number(number))
}

/// The number of days that is shown as what a zone's clock shows at an instant, to the millisecond.
///
/// Nothing after 9999, nor before March 1900: Excel has no dates before 1900 and a 29th of February in
/// that year, so that programs do not agree which days its first two months are.
pub(super) fn serial(instant: Timestamp, zone: &Zone) -> Option<f64> {
    const MICROS_PER_MILLI: i64 = 1_000;
    const MILLIS_PER_DAY: i64 = 86_400_000;
    /// 1900-03-01, 1970-01-01 and 9999-12-31, as days since 1899-12-30.
    const FIRST_DAY: i64 = 61;
    const EPOCH_DAY: i64 = 25_569;
    const LAST_DAY: i64 = 2_958_465;
    let clock = instant.as_micros() + zone.offset_micros(instant);
    let millis = clock.div_euclid(MICROS_PER_MILLI);
    let day = EPOCH_DAY + millis.div_euclid(MILLIS_PER_DAY);
    let of_day = millis.rem_euclid(MILLIS_PER_DAY) as f64 / MILLIS_PER_DAY as f64;
    let is_a_date = (FIRST_DAY..=LAST_DAY).contains(&day);
    is_a_date.then_some(day as f64 + of_day)
}

/// The text as a cell can hold it, if it is too long for one.
pub(super) fn cut(text: &str) -> Option<Cow<'_, str>> {
    if text.len() <= MAX_CELL_UNITS || text.encode_utf16().count() <= MAX_CELL_UNITS {
        return None;
    }
    let mut room = MAX_CELL_UNITS - CUT_MARK.encode_utf16().count();
    let end = text
        .char_indices()
        .find(|(_, c)| match room.checked_sub(c.len_utf16()) {
            Some(left) => {
                room = left;
                false
            }
            None => true,
        });
    let kept = &text[..end.map_or(text.len(), |(at, _)| at)];
    Some(Cow::Owned([kept, CUT_MARK].concat()))
}

impl Rows {
    /// Writes the row of an event into a sheet, as the row of this number.
    fn write(
        &mut self,
        columns: &row::Columns,
        event: &WalkedEvent,
        sheet: &mut Worksheet,
        number: u32,
    ) -> Result<(), FormatError> {
        let unreadable = FormatError::of(event.index);
        let row = columns.row(event.index, &event.canonical, &mut self.places);
        let row = row.map_err(&unreadable)?;
        self.sheet_bytes += MARKUP_BYTES;
        for (place, (at, kind)) in (0..).zip(row.kinds().enumerate()) {
            let cell = cell(&row, (at, kind), &self.zone, &mut self.text).map_err(&unreadable)?;
            self.sheet_bytes += MARKUP_BYTES;
            let written = match cell {
                Cell::Number(value) => sheet.write_number(number, place, value),
                Cell::Boolean(value) => sheet.write_boolean(number, place, value),
                Cell::Text("") => continue,
                Cell::Text(text) => {
                    let cut = cut(text);
                    self.cut_cells += u32::from(cut.is_some());
                    let text = cut.unwrap_or(Cow::Borrowed(text));
                    self.sheet_bytes += written_bytes(&text);
                    // Never `write`, which looks at what a text begins with.
                    sheet.write_string(number, place, text)
                }
            };
            written.map_err(failed)?;
        }
        Ok(())
    }
}

/// Most bytes that a text is written with.
pub(super) fn written_bytes(text: &str) -> u64 {
    let is_escaped = |byte: &u8| *byte < b' ' || matches!(byte, b'&' | b'<' | b'>' | b'_' | 0xEF);
    let escaped = text.bytes().filter(is_escaped).count();
    text.len() as u64 + escaped as u64 * ESCAPED_BYTES
}
