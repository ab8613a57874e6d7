//! CSV: the bytes that the streamed export has, since the same code writes them.

use std::fs::File;

use evident_store::index::WalkedEvent;

use super::{Columns, FILE_BUFFER_BYTES, FileWriter, FormatError};
use crate::sheet::{Lines, Sheet};

/// A sheet that is being written.
pub(super) struct CsvFile {
    sheet: Sheet,
    lines: Lines<File>,
}

impl CsvFile {
    pub(super) fn begin(columns: Columns, out: File) -> Result<Self, FormatError> {
        let sheet = Sheet::of(columns.titled, &columns.zone);
        let mut lines = Lines::new(out, FILE_BUFFER_BYTES);
        lines.header(&sheet)?;
        Ok(Self { sheet, lines })
    }
}

impl FileWriter for CsvFile {
    fn write(&mut self, events: &[WalkedEvent]) -> Result<(), FormatError> {
        for event in events {
            self.lines.row(&self.sheet, event)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>, _: &(dyn Fn() -> bool + Sync)) -> Result<(), FormatError> {
        self.lines.finish()?;
        Ok(())
    }
}
