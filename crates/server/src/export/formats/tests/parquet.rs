//! Parquet: read back by the library that wrote it; others read it in `e2e/formats`.

#![allow(clippy::unwrap_used, clippy::panic)]

use ::parquet::basic::{LogicalType, Repetition, TimeUnit, Type};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::record::Field;
use bytes::Bytes;
use evident_event::query::names;

use super::super::parquet::{Limits, ParquetFile, all_columns};
use super::*;

fn read(file: Vec<u8>) -> SerializedFileReader<Bytes> {
    SerializedFileReader::new(Bytes::from(file)).unwrap()
}

/// The rows of a file, each its fields.
fn rows(file: Vec<u8>) -> Vec<Vec<Field>> {
    let read = read(file);
    let rows = read.get_row_iter(None).unwrap().map(Result::unwrap);
    rows.map(|row| {
        row.into_columns()
            .into_iter()
            .map(|(_, field)| field)
            .collect()
    })
    .collect()
}

fn limited(events: &[WalkedEvent], limits: Limits) -> Result<Vec<u8>, FormatError> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("file");
    let columns = asked(Format::Parquet, &["index", "description"], "UTC");
    let mut file = ParquetFile::begin(columns, File::create(&path).unwrap(), limits)?;
    for piece in events.chunks(5) {
        file.write(piece)?;
    }
    Box::new(file).finish(&|| true)?;
    Ok(fs::read(path).unwrap())
}

/// How many rows each row group has.
fn groups(file: Vec<u8>) -> Vec<i64> {
    let read = read(file);
    let groups = read.metadata().row_groups().iter();
    groups.map(|group| group.num_rows()).collect()
}

#[test]
fn the_usual_columns_are_all_that_an_event_can_have() {
    let all = all_columns();
    for name in names::known() {
        let root = name.split('.').next().unwrap();
        let is_there = all.contains(&name)
            || all
                .iter()
                .any(|column| column == root || column == &format!("{root}s"));
        // The same by other names.
        let is_other = ["event", "user", "authority"].contains(&root);
        assert!(is_there || is_other, "{name}");
    }
    for whole in [
        "metadata",
        "changes",
        "targets",
        "on_behalf_of",
        "request",
        "actor.metadata",
    ] {
        assert!(all.iter().any(|name| name == whole), "{whole}");
    }
    assert!(Columns::new(Vec::new(), Format::Parquet, &Zone::utc()).is_ok());
}

#[test]
fn columns_have_types() {
    let names = [
        "index",
        "occurred_at",
        "request.status",
        "description",
        "metadata.k",
        "targets",
        "target.id",
    ];
    let file = read(write(Format::Parquet, &names, "Asia/Tokyo", &[]));
    let schema = file.metadata().file_metadata().schema_descr();
    let types: Vec<_> = schema
        .columns()
        .iter()
        .map(|column| {
            (
                column.name().to_owned(),
                column.physical_type(),
                column.logical_type_ref().cloned(),
            )
        })
        .collect();
    let instant = LogicalType::timestamp(true, TimeUnit::MICROS);
    let expected = [
        ("index", Type::INT64, None),
        ("occurred_at", Type::INT64, Some(instant)),
        ("request.status", Type::INT64, None),
        ("description", Type::BYTE_ARRAY, Some(LogicalType::String)),
        ("metadata.k", Type::BYTE_ARRAY, Some(LogicalType::String)),
        ("targets", Type::BYTE_ARRAY, Some(LogicalType::Json)),
        ("target.id", Type::BYTE_ARRAY, Some(LogicalType::Json)),
    ];
    let expected = expected.map(|(name, physical, logical)| (name.to_owned(), physical, logical));
    assert_eq!(types, expected);
    let repetition = |at: usize| schema.column(at).self_type().get_basic_info().repetition();
    assert_eq!(
        (repetition(0), repetition(1)),
        (Repetition::REQUIRED, Repetition::OPTIONAL)
    );
    assert_eq!(
        file.metadata().file_metadata().created_by(),
        Some("Evident")
    );
}

#[test]
fn values_are_those_of_events_and_null_is_not_empty() {
    let names = [
        "index",
        "occurred_at",
        "description",
        "metadata.n",
        "targets",
        "target.id",
        "request.status",
    ];
    let event = r#"{"description":"","metadata":{"n":1.5},"occurred_at":"1969-12-31T23:59:59.999999Z","request":{"status":404},"targets":[{"id":"=1"}]}"#;
    let rows = rows(write(
        Format::Parquet,
        &names,
        "UTC",
        &[walked(7, event), walked(9, "{}")],
    ));
    let text = |text: &str| Field::Str(text.to_owned());
    assert_eq!(rows[0][0], Field::Long(7));
    assert_eq!(rows[0][1], Field::TimestampMicros(-1));
    assert_eq!((&rows[0][2], &rows[0][3]), (&text(""), &text("1.5")));
    let json = |field: &Field| match field {
        Field::Str(text) => text.clone(),
        Field::Bytes(bytes) => String::from_utf8(bytes.data().to_vec()).unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        (json(&rows[0][4]), json(&rows[0][5])),
        (r#"[{"id":"=1"}]"#.to_owned(), r#"["=1"]"#.to_owned())
    );
    assert_eq!(rows[0][6], Field::Long(404));
    assert_eq!(rows[1][0], Field::Long(9));
    assert!(
        rows[1][1..].iter().all(|field| *field == Field::Null),
        "{:?}",
        rows[1]
    );
}

#[test]
fn every_event_has_its_row_in_order() {
    let events = corpus::events();
    let names = ["index", "description", "metadata.text"];
    let rows = rows(write(Format::Parquet, &names, "UTC", &events));
    assert_eq!(rows.len(), events.len());
    for (row, event) in rows.iter().zip(&events) {
        let value: serde_json::Value = serde_json::from_slice(&event.canonical).unwrap();
        assert_eq!(row[0], Field::Long(event.index as i64));
        assert_eq!(
            row[1],
            Field::Str(value["description"].as_str().unwrap().to_owned())
        );
        let text = value["metadata"]["text"].as_str();
        assert_eq!(
            row[2],
            text.map_or(Field::Null, |text| Field::Str(text.to_owned()))
        );
    }
}

#[test]
fn row_groups_are_bounded_in_rows_and_in_bytes() {
    let of = |bytes: usize| format!(r#"{{"description":"{}"}}"#, "x".repeat(bytes));
    let events: Vec<_> = (0..10).map(|index| walked(index, &of(100))).collect();
    let limits = |group_rows, group_bytes| Limits {
        group_rows,
        group_bytes,
        groups: 10,
    };
    assert_eq!(
        groups(limited(&events, limits(4, 1 << 20)).unwrap()),
        [4, 4, 2]
    );
    // Each row has its text, where that ends, its index, and two levels.
    assert_eq!(
        groups(limited(&events, limits(1000, 3 * 120)).unwrap()),
        [3, 3, 3, 1]
    );
    assert_eq!(
        groups(limited(&events[..4], limits(4, 1 << 20)).unwrap()),
        [4]
    );
    assert_eq!(groups(limited(&[], limits(4, 1)).unwrap()), [0_i64; 0]);
}

#[test]
fn more_row_groups_than_programs_count_are_too_large() {
    let events: Vec<_> = (0..7).map(|index| walked(index, "{}")).collect();
    let limits = Limits {
        group_rows: 2,
        group_bytes: 1 << 20,
        groups: 3,
    };
    assert!(limited(&events[..6], limits).is_ok());
    let refused = limited(&events, limits);
    assert!(
        matches!(refused, Err(FormatError::TooLarge { .. })),
        "{refused:?}"
    );
}

#[test]
fn row_groups_say_what_lies_between_which_values() {
    let at = |day: u32| format!(r#"{{"occurred_at":"2026-02-{day:02}T00:00:00.000000Z"}}"#);
    let events: Vec<_> = (1..=9)
        .map(|day| walked(u64::from(day), &at(day)))
        .collect();
    let read = read(write(
        Format::Parquet,
        &["index", "occurred_at"],
        "UTC",
        &events,
    ));
    let group = read.metadata().row_group(0);
    for column in group.columns() {
        let statistics = column.statistics().unwrap();
        assert!(statistics.min_bytes_opt() < statistics.max_bytes_opt());
        assert_eq!(statistics.null_count_opt(), Some(0));
    }
}
