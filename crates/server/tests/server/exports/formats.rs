//! Each format by way of the server. What is in the files cell by cell is told by the tests of the formats.

use std::io::Read;

use super::*;

/// Cells that programs would take for formulas.
const FORMULAS: [&str; 5] = ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1"];

fn fill_with_formulas(server: &Server) {
    for formula in FORMULAS {
        let mut sent = event(formula);
        sent["description"] = json!(formula);
        server.post("/v1/events", &sent).expect(201);
    }
}

fn file_of(server: &Server, format: &str) -> Reply {
    let path = asked(server, &document(format));
    let export = until(server, &path, "complete");
    let reply = download(server, &path, &[]);
    assert_eq!(export["sha256"], hex_of(&reply.body), "{format}");
    assert_eq!(export["rows"], FORMULAS.len(), "{format}");
    reply
}

#[test]
fn csv_of_the_background_is_the_one_that_is_streamed_and_has_no_formula() {
    let directory = Directory::init();
    let server = directory.serve();
    fill_with_formulas(&server);
    let made = file_of(&server, "csv");
    let streamed = server.get(&format!("/v1/events/export.csv?action={RECORDED}"));
    assert_eq!(made.text(), streamed.text());
    for formula in FORMULAS {
        // A mark of its own stands before each character that a formula may begin with.
        let begins = formula.chars().next().unwrap();
        let (harmless, harmful) = (format!(",'{begins}"), format!(",{begins}"));
        assert!(made.text().contains(&harmless), "{formula:?}");
        assert!(!made.text().contains(&harmful), "{formula:?}");
    }
}

#[test]
fn a_workbook_has_texts_and_no_formula() {
    let directory = Directory::init();
    let server = directory.serve();
    fill_with_formulas(&server);
    let made = file_of(&server, "xlsx");
    let mut workbook = zip::ZipArchive::new(std::io::Cursor::new(made.body.clone())).unwrap();
    let mut sheet = String::new();
    let mut part = workbook.by_name("xl/worksheets/sheet1.xml").unwrap();
    part.read_to_string(&mut sheet).unwrap();
    assert!(
        sheet.contains("=1+1") && sheet.contains("t=\"inlineStr\""),
        "{sheet}"
    );
    assert!(!sheet.contains("<f>"), "{sheet}");
    assert!(sheet.contains("<autoFilter") && sheet.contains("state=\"frozen\""));
}

#[test]
fn parquet_and_ndjson_are_what_they_are_called() {
    let directory = Directory::init();
    let server = directory.serve();
    fill_with_formulas(&server);
    let parquet = file_of(&server, "parquet");
    assert!(parquet.body.starts_with(b"PAR1") && parquet.body.ends_with(b"PAR1"));
    let rows = lines(&file_of(&server, "ndjson"));
    assert_eq!(rows, listed(&server, &format!("action={RECORDED}")));
}
