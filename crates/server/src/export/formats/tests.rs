//! What must hold of every format, of CSV and of NDJSON.

#![allow(clippy::unwrap_used, clippy::panic)]

mod corpus;
mod for_readers;
mod parquet;
mod xlsx;

use std::fs;

use tempfile::TempDir;

use super::*;
use crate::query::fixtures::walked;
use crate::sheet::{MAX_COLUMNS, USUAL_COLUMNS};

/// A file in a directory of its own, as a format writes it.
fn write(format: Format, names: &[&str], zone: &str, events: &[WalkedEvent]) -> Vec<u8> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("file");
    let scratch = directory.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let out = File::create(&path).unwrap();
    let mut writer = begin(format, asked(format, names, zone), out, &scratch).unwrap();
    // In pieces of any size, as they come.
    for piece in events.chunks(7) {
        writer.write(piece).unwrap();
    }
    writer.finish(&|| true).unwrap();
    fs::read(path).unwrap()
}

fn asked(format: Format, names: &[&str], zone: &str) -> Columns {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Columns::new(names, format, &Zone::named(zone).unwrap()).unwrap()
}

fn lines(bytes: &[u8]) -> Vec<serde_json::Value> {
    let text = std::str::from_utf8(bytes).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

#[test]
fn a_format_is_known_by_its_name_alone() {
    for format in Format::ALL {
        assert_eq!(Format::parse(format.name()), Some(format));
        assert!(!format.media_type().is_empty() && !format.extension().contains('.'));
    }
    for other in ["", "CSV", "csv ", "json", "evidence"] {
        assert_eq!(Format::parse(other), None, "{other}");
    }
}

#[test]
fn columns_are_bounded_and_found_by_name_where_names_are_all_there_is() {
    for format in Format::ALL {
        let new = |names: Vec<String>| Columns::new(names, format, &Zone::utc()).map(|_| ());
        let many = |count| (0..count).map(|at| format!("metadata.k{at}")).collect();
        assert_eq!(new(many(MAX_COLUMNS)), Ok(()));
        assert_eq!(
            new(many(MAX_COLUMNS + 1)).unwrap_err().code,
            "too_many_columns"
        );
        assert_eq!(
            new(vec!["nowhere".to_owned()]).unwrap_err().code,
            "unknown_field"
        );
        let twice = new(vec!["action".to_owned(); 2]);
        match format {
            Format::Csv | Format::Xlsx => assert_eq!(twice, Ok(())),
            Format::Ndjson | Format::Parquet => {
                assert_eq!(twice.unwrap_err().code, "repeated_column");
            }
        }
    }
}

#[test]
fn the_same_events_make_the_same_bytes() {
    let events = corpus::events();
    for format in Format::ALL {
        let file = || write(format, &[], "Europe/Berlin", &events);
        assert!(file() == file(), "{format:?}");
    }
}

#[test]
fn an_event_that_cannot_be_read_is_an_error_that_names_it() {
    for format in Format::ALL {
        let directory = TempDir::new().unwrap();
        let out = File::create(directory.path().join("file")).unwrap();
        let columns = asked(format, &[], "UTC");
        let mut writer = begin(format, columns, out, directory.path()).unwrap();
        writer.write(&[walked(1, "{}")]).unwrap();
        match writer.write(&[walked(2, "{}"), walked(17, r#"{"name":"a""#)]) {
            Err(FormatError::Unreadable { index: 17, .. }) => {}
            other => panic!("{format:?}: {other:?}"),
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_of_the_file() {
    for format in Format::ALL {
        let directory = TempDir::new().unwrap();
        let out = File::options().write(true).open("/dev/full").unwrap();
        let written = begin(format, asked(format, &[], "UTC"), out, directory.path())
            .and_then(|mut writer| writer.write(&corpus::events()).map(|()| writer))
            .and_then(|writer| writer.finish(&|| true));
        match written {
            Err(FormatError::Io(error)) => {
                assert_eq!(error.kind(), io::ErrorKind::StorageFull, "{format:?}");
            }
            other => panic!("{format:?}: {other:?}"),
        }
    }
}

#[test]
fn csv_has_a_row_for_each_event_and_reads_back() {
    let events = corpus::events();
    let names = ["index", "description", "metadata.text", "targets"];
    let file = write(Format::Csv, &names, "UTC", &events);
    let mut reader = ::csv::Reader::from_reader(&file[..]);
    assert_eq!(reader.headers().unwrap(), &names[..]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), events.len());
    for (row, event) in rows.iter().zip(&events) {
        let value: serde_json::Value = serde_json::from_slice(&event.canonical).unwrap();
        let expected = value["description"].as_str().unwrap();
        assert_eq!(&row[0], event.index.to_string());
        assert!(row[1] == *expected || row[1].replace('\'', "") == expected.replace('\'', ""));
        assert!(
            !row[1].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']),
            "{:?}",
            &row[1]
        );
    }
}

#[test]
fn csv_has_the_usual_titles_also_without_events() {
    let file = write(Format::Csv, &[], "UTC", &[]);
    let titles = USUAL_COLUMNS.map(|(title, _)| title).join(",");
    assert_eq!(file, format!("{titles}\r\n").into_bytes());
}

#[test]
fn ndjson_without_columns_is_what_the_api_shows() {
    let events = corpus::events();
    let mut expected = Vec::new();
    for event in &events {
        evident_event::record::with_index(&event.canonical, event.index, &mut expected);
        expected.push(b'\n');
    }
    assert!(write(Format::Ndjson, &[], "Asia/Tokyo", &events) == expected);
    assert_eq!(write(Format::Ndjson, &[], "UTC", &[]), b"");
}

#[test]
fn ndjson_with_columns_has_values_and_no_display_texts() {
    let event = r#"{"metadata":{"n":1.5,"on":true,"q\"":"x"},"occurred_at":"2026-02-13T10:28:22.120000Z","targets":[{"id":"t"}]}"#;
    let names = [
        "targets",
        "target.id",
        "metadata.n",
        "metadata.on",
        "metadata.q\"",
        "reason",
        "occurred_at",
        "index",
    ];
    let file = write(Format::Ndjson, &names, "Asia/Tokyo", &[walked(3, event)]);
    let expected = r#"{"targets":[{"id":"t"}],"target.id":["t"],"metadata.n":1.5,"metadata.on":true,"metadata.q\"":"x","reason":null,"occurred_at":"2026-02-13T10:28:22.120000Z","index":3}"#;
    assert_eq!(String::from_utf8(file).unwrap(), format!("{expected}\n"));
}

#[test]
fn ndjson_lines_are_objects_whatever_events_say() {
    let events = corpus::events();
    let whole = lines(&write(Format::Ndjson, &[], "UTC", &events));
    let named = lines(&write(
        Format::Ndjson,
        &["metadata.text", "changes"],
        "UTC",
        &events,
    ));
    assert_eq!((whole.len(), named.len()), (events.len(), events.len()));
    for (whole, named) in whole.iter().zip(&named) {
        assert_eq!(named["metadata.text"], whole["metadata"]["text"]);
        assert_eq!(named["changes"], whole["changes"]);
    }
}
