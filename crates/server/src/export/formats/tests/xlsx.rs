//! Workbooks: what Excel would find in them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used)]

use std::io::{Cursor, Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::xlsx::{Cell, Limits, XlsxFile, broken, cut, number, serial, written_bytes};
use super::*;
use evident_event::time::Timestamp;

/// A part of a workbook.
fn part(file: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut text = String::new();
    archive
        .by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

fn parts(file: &[u8]) -> Vec<String> {
    let archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let names = archive.file_names().map(Result::unwrap);
    names.map(|name| name.into_owned()).collect()
}

fn sheet(names: &[&str], events: &[WalkedEvent]) -> String {
    let file = write(Format::Xlsx, names, "UTC", events);
    part(&file, "xl/worksheets/sheet1.xml")
}

/// A workbook with other limits, and how many files its scratch directory has at the end.
fn limited(rows: u64, sheet_rows: u32, sheets: usize) -> Result<Vec<u8>, FormatError> {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("file");
    let scratch = directory.path().join("scratch");
    fs::create_dir(&scratch).unwrap();
    let columns = asked(Format::Xlsx, &["index", "occurred_at"], "UTC");
    let limits = Limits { sheet_rows, sheets };
    let out = File::create(&path).unwrap();
    let mut file = XlsxFile::begin(columns, out, &scratch, limits)?;
    let events: Vec<WalkedEvent> = (0..rows).map(|index| walked(index, "{}")).collect();
    for piece in events.chunks(5) {
        file.write(piece)?;
    }
    Box::new(file).finish(&|| true)?;
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
    Ok(fs::read(path).unwrap())
}

#[test]
fn a_text_is_a_text_whatever_it_looks_like() {
    for (text, written) in [
        ("=1+1", "=1+1"),
        ("{=1+1}", "{=1+1}"),
        ("-5", "-5"),
        ("007", "007"),
        ("TRUE", "TRUE"),
        ("http://example.com/", "http://example.com/"),
        ("<b>&", "&lt;b&gt;&amp;"),
        ("a\u{0}b\rc", "a_x0000_b_x000D_c"),
        ("_x0041_", "_x005F_x0041_"),
        ("\u{ffff}", "_xFFFF_"),
        ("\u{202e}exe", "\u{202e}exe"),
    ] {
        let event = serde_json::json!({"description": text}).to_string();
        let sheet = sheet(&["description"], &[walked(0, &event)]);
        let cell = format!("<c r=\"A2\" t=\"inlineStr\"><is><t>{written}</t></is></c>");
        assert!(sheet.contains(&cell), "{text:?}: {sheet}");
    }
    let all = write(Format::Xlsx, &[], "UTC", &corpus::events());
    let parts = parts(&all);
    assert!(!part(&all, "xl/worksheets/sheet1.xml").contains("<f>"));
    assert!(
        !parts.iter().any(|name| name.contains("worksheets/_rels")),
        "a link: {parts:?}"
    );
}

#[test]
fn numbers_and_booleans_of_events_are_such() {
    let event =
        r#"{"metadata":{"b":true,"big":123456789012345680,"f":-0.25,"huge":1.7e+308,"s":"5"}}"#;
    let names = [
        "index",
        "metadata.b",
        "metadata.f",
        "metadata.s",
        "metadata.big",
        "metadata.huge",
    ];
    let sheet = sheet(&names, &[walked(41, event)]);
    for cell in [
        r#"<c r="A2"><v>41</v></c>"#,
        r#"<c r="B2" t="b"><v>1</v></c>"#,
        r#"<c r="C2"><v>-0.25</v></c>"#,
        r#"<c r="D2" t="inlineStr"><is><t>5</t></is></c>"#,
        r#"<c r="E2" t="inlineStr"><is><t>123456789012345680</t></is></c>"#,
        r#"<c r="F2" t="inlineStr"><is><t>1.7e+308</t></is></c>"#,
    ] {
        assert!(sheet.contains(cell), "{cell}: {sheet}");
    }
}

#[test]
fn a_number_is_one_where_excel_holds_the_very_same() {
    for text in [
        "0",
        "-1",
        "0.1",
        "9007199254740991",
        "1e+21",
        "2.2250738585072014e-308",
    ] {
        let held = text.parse().map(Cell::Number).ok();
        assert_eq!(number(text), held, "{text}");
    }
    for text in [
        "9007199254740993",
        "1.7976931348623157e+308",
        "5e-324",
        "18446744073709551615",
        "x",
    ] {
        assert_eq!(number(text), None, "{text}");
    }
}

#[test]
fn instants_are_the_days_that_excel_counts() {
    for (instant, zone, days) in [
        ("1900-03-01T00:00:00Z", "UTC", Some(61.0)),
        ("1970-01-01T00:00:00Z", "UTC", Some(25_569.0)),
        ("2026-02-13T18:00:00Z", "UTC", Some(46_066.75)),
        ("2026-02-13T18:00:00Z", "Asia/Tokyo", Some(46_067.125)),
        ("9999-12-31T12:00:00Z", "UTC", Some(2_958_465.5)),
        ("1900-02-28T23:59:59.999999Z", "UTC", None),
        (
            "1900-02-28T23:59:59.999999Z",
            "Asia/Tokyo",
            Some(61.375 - 0.001 / 86_400.0),
        ),
        ("1899-12-31T23:59:59.999999Z", "UTC", None),
        ("9999-12-31T12:00:00Z", "Pacific/Kiritimati", None),
        ("0001-01-01T00:00:00Z", "America/New_York", None),
    ] {
        let at = Timestamp::parse_rfc3339(instant).unwrap();
        let zone = Zone::named(zone).unwrap();
        assert_eq!(serial(at, &zone), days, "{instant}");
    }
    // Cut to milliseconds, and not rounded into the next day.
    let late = Timestamp::parse_rfc3339("2026-02-13T23:59:59.999999Z").unwrap();
    let day = serial(late, &Zone::utc()).unwrap();
    assert!(day < 46_067.0 && ((day - 46_066.0) * 86_400_000.0).round() == 86_399_999.0);
}

#[test]
fn a_date_is_a_number_with_the_format_of_its_column_and_older_ones_are_texts() {
    let at = |at: &str| format!(r#"{{"occurred_at":"{at}"}}"#);
    let events = [
        walked(0, &at("2026-02-13T18:00:00.000000Z")),
        walked(1, &at("1815-06-18T11:35:00.000000Z")),
    ];
    let file = write(Format::Xlsx, &["occurred_at"], "UTC", &events);
    let (sheet, styles) = (
        part(&file, "xl/worksheets/sheet1.xml"),
        part(&file, "xl/styles.xml"),
    );
    assert!(sheet.contains("<v>46066.75</v>"), "{sheet}");
    assert!(
        sheet.contains("<t>1815-06-18T11:35:00.000000Z</t>"),
        "{sheet}"
    );
    assert!(sheet.contains("<t>occurred_at (UTC)</t>"), "{sheet}");
    assert!(
        styles.contains(r#"formatCode="yyyy\-mm\-dd\ hh:mm:ss.000""#)
            || styles.contains("yyyy-mm-dd hh:mm:ss.000"),
        "{styles}"
    );
}

#[test]
fn a_text_too_long_for_a_cell_is_cut_with_a_mark_and_counted() {
    let units = |text: &str| text.encode_utf16().count();
    for fits in ["x".repeat(32_767), "é".repeat(32_767), "😀".repeat(16_383)] {
        assert_eq!(cut(&fits), None);
    }
    for long in ["x".repeat(32_768), "é".repeat(40_000), "😀".repeat(16_384)] {
        let cut = cut(&long).unwrap();
        // A character of two units may leave one free.
        assert!((32_766..=32_767).contains(&units(&cut)));
        let (kept, mark) = cut.split_once(" … ").unwrap();
        assert!(long.starts_with(kept) && mark == "[cut here: a cell holds 32,767 characters]");
    }
    let file = write(Format::Xlsx, &[], "UTC", &corpus::events());
    let custom = part(&file, "docProps/custom.xml");
    // The description and the actor's name of every second one.
    assert!(
        custom.contains("Cut cells") && custom.contains("<vt:i4>6</vt:i4>"),
        "{custom}"
    );
}

#[test]
fn rows_go_on_in_another_sheet_with_a_header_of_its_own() {
    let file = limited(10, 4, 4).unwrap();
    let workbook = part(&file, "xl/workbook.xml");
    for name in ["\"Events\"", "\"Events 2\"", "\"Events 3\"", "\"Events 4\""] {
        assert!(
            workbook.contains(&format!("<sheet name={name}")),
            "{workbook}"
        );
    }
    for (at, indexes) in [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7, 8], vec![9]]
        .iter()
        .enumerate()
    {
        let sheet = part(&file, &format!("xl/worksheets/sheet{}.xml", at + 1));
        assert!(
            sheet.contains("<t>index</t>") && sheet.contains("state=\"frozen\""),
            "{sheet}"
        );
        let last = indexes.len() + 1;
        assert!(
            sheet.contains(&format!("<autoFilter ref=\"A1:B{last}\"")),
            "{sheet}"
        );
        for (row, index) in indexes.iter().enumerate() {
            let cell = format!("<c r=\"A{}\"><v>{index}</v></c>", row + 2);
            assert!(sheet.contains(&cell), "{cell}: {sheet}");
        }
    }
    // One that is just full has no empty one after it.
    assert!(!part(&limited(3, 4, 4).unwrap(), "xl/workbook.xml").contains("Events 2"));
}

#[test]
fn more_than_all_sheets_hold_is_too_large() {
    assert!(limited(6, 4, 2).is_ok());
    match limited(7, 4, 2) {
        Err(FormatError::TooLarge { limit }) => assert_eq!(limit, "6 events"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_document_tells_who_made_it_and_neither_when_nor_where() {
    let file = write(Format::Xlsx, &[], "Asia/Tokyo", &[]);
    let core = part(&file, "docProps/core.xml");
    assert!(
        core.contains("<dc:creator>Evident</dc:creator>") && core.contains("Asia/Tokyo"),
        "{core}"
    );
    assert!(core.contains("1980-01-01T00:00:00Z"), "{core}");
    assert!(!core.contains("202"), "{core}");
    let sheet = part(&file, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("<autoFilter ref=\"A1:F1\""), "{sheet}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_scratch_directory_is_a_full_disk() {
    let panic = std::panic::catch_unwind(|| {
        let mut full = File::options().write(true).open("/dev/full").unwrap();
        // As the library does it.
        write!(full, "<row>").expect("Couldn't write to xml file");
    });
    match broken(&*panic.unwrap_err()) {
        FormatError::Io(error) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
        other => panic!("{other:?}"),
    }
    let other = broken(&"something else" as &(dyn std::any::Any + Send));
    assert!(other.to_string().contains("something else"), "{other}");
}

#[test]
fn the_bytes_of_a_text_are_never_underestimated() {
    for event in corpus::events() {
        let value: serde_json::Value = serde_json::from_slice(&event.canonical).unwrap();
        let text = value["description"].as_str().unwrap().to_owned();
        let text = cut(&text).map_or(text.clone(), |cut| cut.into_owned());
        let event = serde_json::json!({"description": text}).to_string();
        let with = sheet(&["description"], &[walked(0, &event)]).len();
        let without = sheet(&["description"], &[walked(0, "{}")]).len();
        assert!(
            (with - without) as u64 <= written_bytes(&text) + 160,
            "{text:?}"
        );
    }
}

#[test]
fn a_workbook_that_is_not_wanted_any_more_is_not_put_together() {
    let scratch = TempDir::new().unwrap();
    let out = tempfile::tempfile().unwrap();
    let columns = asked(Format::Xlsx, &["index", "occurred_at"], "UTC");
    let mut file = XlsxFile::begin(columns, out, scratch.path(), Limits::default()).unwrap();
    let events: Vec<WalkedEvent> = (0..2_000).map(|index| walked(index, "{}")).collect();
    file.write(&events).unwrap();
    let writes = AtomicUsize::new(0);
    let is_wanted = || writes.fetch_add(1, Ordering::Relaxed) < 3;
    let error = Box::new(file).finish(&is_wanted).unwrap_err();
    assert!(matches!(error, FormatError::Io(_)), "{error}");
    let writes = writes.into_inner();
    assert!(writes < 10, "it goes on for {writes} writes");
}
