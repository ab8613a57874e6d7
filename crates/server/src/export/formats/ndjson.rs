//! NDJSON: a JSON object a line, of an event as the API shows it or of the columns asked for.
//!
//! It must hold that a line is one object and nothing else, and that without columns it has the bytes
//! that were recorded, with the index in front.

use std::fs::File;
use std::io::{BufWriter, Write};

use evident_event::query::row::{self, NotCanonical, Places};
use evident_event::{canonical, record};
use evident_store::index::WalkedEvent;

use super::{Columns, FILE_BUFFER_BYTES, FileWriter, FormatError};

/// Lines that are being written.
pub(super) struct NdjsonFile {
    out: BufWriter<File>,
    columns: Option<Named>,
    line: Vec<u8>,
}

/// The members of a line's object.
struct Named {
    columns: row::Columns,
    /// Each name in quotes, with what stands before and after it.
    names: Vec<Vec<u8>>,
    places: Places,
}

impl NdjsonFile {
    pub(super) fn begin(columns: Columns, out: File) -> Self {
        let named = (!columns.titled.is_empty()).then(|| Named::new(&columns));
        Self {
            out: BufWriter::with_capacity(FILE_BUFFER_BYTES, out),
            columns: named,
            line: Vec::new(),
        }
    }
}

impl Named {
    fn new(columns: &Columns) -> Self {
        let names = columns.names().enumerate().map(|(at, name)| {
            let mut written = vec![if at == 0 { b'{' } else { b',' }];
            canonical::write_str(name, &mut written);
            written.push(b':');
            written
        });
        Self {
            names: names.collect(),
            columns: row::Columns::new(columns.each()),
            places: Places::default(),
        }
    }

    fn write(&mut self, event: &WalkedEvent, line: &mut Vec<u8>) -> Result<(), NotCanonical> {
        let row = self
            .columns
            .row(event.index, &event.canonical, &mut self.places)?;
        for (column, name) in self.names.iter().enumerate() {
            line.extend_from_slice(name);
            // Every line has every member, so that whoever reads one knows them all.
            if !row.json(column, line)? {
                line.extend_from_slice(b"null");
            }
        }
        line.push(b'}');
        Ok(())
    }
}

impl FileWriter for NdjsonFile {
    fn write(&mut self, events: &[WalkedEvent]) -> Result<(), FormatError> {
        for event in events {
            self.line.clear();
            match &mut self.columns {
                Some(named) => named
                    .write(event, &mut self.line)
                    .map_err(FormatError::of(event.index))?,
                None if is_object(&event.canonical) => {
                    record::with_index(&event.canonical, event.index, &mut self.line);
                }
                None => return Err(FormatError::of(event.index)(NotCanonical)),
            }
            self.line.push(b'\n');
            self.out.write_all(&self.line)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, _: &(dyn Fn() -> bool + Sync)) -> Result<(), FormatError> {
        Ok(self.out.flush()?)
    }
}

/// Whether bytes may be an object on one line. That it is one was seen when they were recorded.
fn is_object(canonical: &[u8]) -> bool {
    matches!(canonical, [b'{', .., b'}']) && !canonical.contains(&b'\n')
}
