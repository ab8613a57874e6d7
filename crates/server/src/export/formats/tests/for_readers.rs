//! Files for the readers of other people: `scripts/formats` has this write them, and `e2e/formats` reads
//! them. Without that they are written all the same, and counted.

#![allow(clippy::unwrap_used)]

use std::path::PathBuf;

use super::super::xlsx::{Limits, XlsxFile};
use super::*;

/// The directory that they are written into.
const DIRECTORY: &str = "EVIDENT_FORMATS_DIR";
/// The zone of the files' clocks.
const ZONE: &str = "Europe/Berlin";
/// Columns of every kind.
const NAMES: [&str; 22] = [
    "index",
    "occurred_at",
    "received_at",
    "description",
    "event",
    "user",
    "authority",
    "context.ip",
    "metadata.text",
    "metadata.value",
    "metadata",
    "actor.metadata.team",
    "target.id",
    "targets",
    "changes",
    "changes.new",
    "on_behalf_of",
    "request",
    "request.status",
    "request.body",
    "id",
    "reason",
];
/// Rows of a sheet of the workbook with several.
const SHEET_ROWS: u32 = 9;

#[test]
fn every_format_is_written_for_other_readers() {
    let scratch = TempDir::new().unwrap();
    let directory = std::env::var_os(DIRECTORY).map_or(scratch.path().to_owned(), PathBuf::from);
    let save = |name: &str, bytes: &[u8]| fs::write(directory.join(name), bytes).unwrap();
    let events = corpus::events();
    let mut expected = Vec::new();
    for event in &events {
        let canonical = std::str::from_utf8(&event.canonical).unwrap();
        expected.push(format!("{{\"index\":{},{}\n", event.index, &canonical[1..]));
    }
    save("expected.ndjson", expected.concat().as_bytes());
    for format in Format::ALL {
        for (name, columns, events) in [
            ("usual", &[][..], &events[..]),
            ("named", &NAMES[..], &events[..]),
            ("empty", &[][..], &[][..]),
        ] {
            let file = write(format, columns, ZONE, events);
            assert_eq!(
                file.is_empty(),
                format == Format::Ndjson && events.is_empty()
            );
            save(&format!("{name}.{}", format.extension()), &file);
        }
    }
    let out = File::create(directory.join("sheets.xlsx")).unwrap();
    let columns = asked(Format::Xlsx, &["index", "description"], ZONE);
    let sheets = events.len().div_ceil(SHEET_ROWS as usize - 1);
    let limits = Limits {
        sheet_rows: SHEET_ROWS,
        sheets,
    };
    let mut file = XlsxFile::begin(columns, out, scratch.path(), limits).unwrap();
    file.write(&events).unwrap();
    Box::new(file).finish(&|| true).unwrap();
}
