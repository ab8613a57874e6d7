"""Other people's readers over the files that exports make: Python's csv, openpyxl, pyarrow and DuckDB.

What must hold: every cell is what the event says, by expected.py; types are those of the format; in
workbooks nothing is a formula or a link, headers are frozen and bold, and every sheet can be filtered.

    check.py <directory>

The directory is what the server's test `every_format_is_written_for_other_readers` has filled: the
events in expected.ndjson, and for each format the files `usual`, `named` and `empty`.
"""

import csv
import json
import re
import sys
import traceback
from datetime import datetime, timezone
from pathlib import Path

import duckdb
import openpyxl
import pyarrow
import pyarrow.parquet

import expected

ZONE = "Europe/Berlin"
USUAL = {
    "Date and Time": "occurred_at",
    "Event Name": "event",
    "Event Category": "category",
    "Description": "description",
    "User/App Name": "user",
    "IP Address": "context.ip",
}
DATE_FORMAT = "yyyy-mm-dd hh:mm:ss.000"
# Most UTF-16 units of a cell, and what a cell that was cut ends with.
CELL_UNITS = 32_767
CUT_MARK = " … [cut here: a cell holds 32,767 characters]"
# Programs do not agree on the days before.
FIRST_DATE = datetime(1900, 3, 1)
# What Excel holds of a number.
NUMBERS = (2.2250738585072014e-308, 9.99999999999999e307)
# Rows of each sheet of sheets.xlsx, without the header.
SHEET_ROWS = 8
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

DIRECTORY = Path(sys.argv[1])
EVENTS = expected.events((DIRECTORY / "expected.ndjson").read_text("utf-8"))


def same(found, wanted, *where):
    if found != wanted or isinstance(found, bool) != isinstance(wanted, bool):
        raise AssertionError(f"{where}: found {found!r:.300}, expected {wanted!r:.300}")


def csv_rows(name):
    csv.field_size_limit(1 << 24)
    with (DIRECTORY / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def csv_cells_are_the_events_values(name):
    header, *rows = csv_rows(name)
    same(len(rows), len(EVENTS), name)
    for row, event in zip(rows, EVENTS):
        same(len(row), len(header), name)
        for title, cell in zip(header, row):
            column = USUAL.get(title, title)
            wanted = expected.harmless(expected.display(event, column, ZONE))
            same(cell, wanted, name, event["index"], title)
            assert cell[:1] not in tuple("=+-@\t\r\n＝＋－＠"), cell


def test_csv_has_the_usual_columns():
    same(csv_rows("usual.csv")[0], list(USUAL))
    csv_cells_are_the_events_values("usual.csv")


def test_csv_has_named_columns():
    csv_cells_are_the_events_values("named.csv")


def test_csv_without_events_has_a_header():
    same(csv_rows("empty.csv"), [list(USUAL)])


def test_duckdb_reads_csv_as_python_does():
    path = str(DIRECTORY / "named.csv")
    read = "select * from read_csv(?, header=true, all_varchar=true, delim=',', quote='\"', escape='\"', \
        max_line_size=8388608, nullstr='<none>', new_line='\\r\\n', auto_detect=false, columns=?)"
    header, *rows = csv_rows("named.csv")
    found = duckdb.execute(read, [path, {title: "VARCHAR" for title in header}]).fetchall()
    same([list(row) for row in found], rows)


def unescaped(text):
    """A text as Excel shows it: what XML cannot hold is written as _xHHHH_."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda found: chr(int(found[1], 16)), text)


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text):
    if units(text) <= CELL_UNITS:
        return text
    room = CELL_UNITS - units(CUT_MARK)
    kept = text.encode("utf-16-le")[: 2 * room].decode("utf-16-le", "ignore")
    return kept + CUT_MARK


def wanted_cell(event, column):
    """The type and the value that a cell of a workbook must have."""
    display = expected.display(event, column, ZONE)
    if column in expected.TIMES and display:
        shown = expected.clock(event[column], ZONE)
        if shown and shown[0] >= FIRST_DATE:
            clock = shown[0]
            return "d", clock.replace(microsecond=clock.microsecond // 1000 * 1000)
    if column not in expected.JSON and column not in expected.TIMES:
        leaves = [leaf for value in expected.values(event, column) for leaf in expected.leaves(value)]
        match leaves:
            case [bool(value)]:
                return "b", value
            case [expected.Number() as number]:
                value = float(number)
                if value == 0 or NUMBERS[0] <= abs(value) <= NUMBERS[1]:
                    return "n", value
    return ("s", cut(display)) if display else ("n", None)


def check_sheet(sheet, titles, events):
    header, *rows = sheet.iter_rows()
    columns = [USUAL.get(title, title) for title in titles]
    with_zone = lambda title, column: f"{title} ({ZONE})" if column in expected.TIMES else title
    same([cell.value for cell in header], list(map(with_zone, titles, columns)), sheet.title)
    assert all(cell.font.bold for cell in header)
    same(sheet.freeze_panes, "A2", sheet.title)
    last = openpyxl.utils.get_column_letter(len(titles))
    same(sheet.auto_filter.ref, f"A1:{last}{len(events) + 1}", sheet.title)
    assert all(sheet.column_dimensions[cell.column_letter].width >= 10 for cell in header)
    # Rows at the end that have no cell are not in the file.
    rows += [()] * (len(events) - len(rows))
    for row, event in zip(rows, events, strict=True):
        for cell, column in zip(row, columns):
            kind, value = wanted_cell(event, column)
            where = (sheet.title, event["index"], column)
            found = unescaped(cell.value) if cell.data_type == "s" else cell.value
            same(cell.data_type, kind, *where)
            same(found, value, *where)
            assert cell.hyperlink is None, where
            if kind == "d":
                same(cell.number_format.replace("\\", ""), DATE_FORMAT, *where)


def workbook(name):
    return openpyxl.load_workbook(DIRECTORY / name)


def test_xlsx_has_the_usual_columns():
    book = workbook("usual.xlsx")
    same(book.sheetnames, ["Events"])
    check_sheet(book["Events"], list(USUAL), EVENTS)


def test_xlsx_has_named_columns_with_types():
    check_sheet(workbook("named.xlsx")["Events"], csv_rows("named.csv")[0], EVENTS)


def test_xlsx_without_events_has_a_header():
    check_sheet(workbook("empty.xlsx")["Events"], list(USUAL), [])


def test_xlsx_goes_on_in_more_sheets():
    book = workbook("sheets.xlsx")
    pieces = [EVENTS[at : at + SHEET_ROWS] for at in range(0, len(EVENTS), SHEET_ROWS)]
    same(book.sheetnames, ["Events", *(f"Events {at}" for at in range(2, len(pieces) + 1))])
    assert len(pieces) > 2
    for sheet, piece in zip(book, pieces, strict=True):
        check_sheet(sheet, ["index", "description"], piece)


def test_xlsx_tells_what_was_cut_and_not_who_made_it():
    book = workbook("usual.xlsx")
    properties = book.properties
    same((properties.creator, properties.lastModifiedBy), ("Evident", "Evident"))
    same(properties.created.replace(tzinfo=None), datetime(1980, 1, 1))
    displays = [expected.display(event, column, ZONE) for event in EVENTS for column in USUAL.values()]
    same(book.custom_doc_props["Cut cells"].value, sum(units(text) > CELL_UNITS for text in displays))


def ndjson(name):
    text = (DIRECTORY / name).read_text("utf-8")
    assert not text or text.endswith("\n")
    # Only a line feed ends a line, whatever Python's splitlines thinks of U+2028.
    return expected.events(text)


def test_ndjson_has_whole_events():
    same(ndjson("usual.ndjson"), EVENTS)
    same((DIRECTORY / "usual.ndjson").read_bytes(), (DIRECTORY / "expected.ndjson").read_bytes())
    same((DIRECTORY / "empty.ndjson").read_bytes(), b"")


def test_ndjson_has_named_columns_with_values():
    rows = ndjson("named.ndjson")
    same(len(rows), len(EVENTS))
    for row, event in zip(rows, EVENTS):
        same(list(row), csv_rows("named.csv")[0])
        for column, value in row.items():
            same(value, expected.typed(event, column), event["index"], column)


def test_duckdb_reads_ndjson():
    read = "select count(*), count(distinct \"index\") from read_ndjson(?, maximum_object_size=8388608)"
    found = duckdb.execute(read, [str(DIRECTORY / "usual.ndjson")]).fetchone()
    same(found, (len(EVENTS), len(EVENTS)))


def wanted_value(event, column):
    """What a program is given for a column of Parquet; instants as microseconds."""
    value = expected.typed(event, column)
    if value is None and column not in expected.JSON:
        return None
    if column in expected.TIMES:
        since = datetime.fromisoformat(value) - EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if column in expected.INTEGERS:
        return int(value)
    return expected.text(event, column)


def parquet_type(column):
    if column in expected.TIMES:
        return "instant"
    if column in expected.INTEGERS:
        return "integer"
    return "json" if column in expected.JSON else "text"


def check_pyarrow(name, columns, events):
    file = pyarrow.parquet.ParquetFile(DIRECTORY / name, arrow_extensions_enabled=True)
    same(file.metadata.created_by, "Evident", name)
    same(file.schema_arrow.names, columns, name)
    types = {
        "instant": pyarrow.timestamp("us", "UTC"),
        "integer": pyarrow.int64(),
        "json": pyarrow.json_(),
        "text": pyarrow.string(),
    }
    table = file.read()
    same(table.num_rows, len(events), name)
    for column in columns:
        field = table.schema.field(column)
        same(field.type, types[parquet_type(column)], name, column)
        same(field.nullable, column != "index", name, column)
        values = table[column]
        if column in expected.TIMES:
            values = values.cast(pyarrow.int64())
        for event, value in zip(events, values.to_pylist()):
            same(value, wanted_value(event, column), name, event["index"], column)
    for group in range(file.metadata.num_row_groups):
        for at in range(len(columns)):
            column = file.metadata.row_group(group).column(at)
            same(column.compression, "ZSTD", name, columns[at])
            assert column.is_stats_set, columns[at]


def all_columns():
    return pyarrow.parquet.read_schema(DIRECTORY / "usual.parquet").names


def test_pyarrow_reads_all_of_an_event():
    columns = all_columns()
    check_pyarrow("usual.parquet", columns, EVENTS)
    # What is one level down is there by its whole name, or with all of what holds it.
    for event in EVENTS:
        for member, value in event.items():
            inner = [f"{member}.{key}" for key in value] if isinstance(value, dict) else []
            assert member in columns or (inner and all(name in columns for name in inner)), member


def test_pyarrow_reads_named_columns():
    check_pyarrow("named.parquet", csv_rows("named.csv")[0], EVENTS)


def test_pyarrow_reads_a_file_without_events():
    check_pyarrow("empty.parquet", all_columns(), [])


def check_duckdb(name, columns):
    path = str(DIRECTORY / name)
    described = duckdb.execute("describe select * from read_parquet(?)", [path]).fetchall()
    types = {"instant": "TIMESTAMP WITH TIME ZONE", "integer": "BIGINT", "json": "JSON", "text": "VARCHAR"}
    same([row[:2] for row in described], [(name, types[parquet_type(name)]) for name in columns])
    quoted = [f'epoch_us("{name}")' if name in expected.TIMES else f'"{name}"' for name in columns]
    read = f"select {', '.join(quoted)} from read_parquet(?)"
    rows = duckdb.execute(read, [path]).fetchall()
    same(len(rows), len(EVENTS), name)
    for row, event in zip(rows, EVENTS):
        for column, value in zip(columns, row):
            same(value, wanted_value(event, column), name, event["index"], column)


def test_duckdb_reads_all_of_an_event():
    check_duckdb("usual.parquet", all_columns())


def test_duckdb_reads_named_columns_and_asks_for_what_is_in_json():
    check_duckdb("named.parquet", csv_rows("named.csv")[0])
    path = str(DIRECTORY / "named.parquet")
    read = "select json_extract_string(targets, '$[1].id') from read_parquet(?) where targets is not null"
    found = duckdb.execute(read, [path]).fetchall()
    same(found, [("m2",)] * sum("targets" in event for event in EVENTS))


def test_duckdb_finds_by_time():
    path = str(DIRECTORY / "usual.parquet")
    read = "select count(*) from read_parquet(?) where occurred_at >= timestamptz '2026-01-01 00:00:00+00'"
    found = duckdb.execute(read, [path]).fetchone()
    same(found, (sum(event["occurred_at"] >= "2026" for event in EVENTS),))


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith("test_")]
    failed = 0
    for name, test in tests:
        try:
            test()
            print(f"test {name.removeprefix('test_')} ... ok")
        except Exception:
            failed += 1
            traceback.print_exc(file=sys.stdout, limit=-4)
            print(f"test {name.removeprefix('test_')} ... FAILED")
    word = "FAILED" if failed else "ok"
    print(f"\ntest result: {word}. {len(tests) - failed} passed; {failed} failed; 0 ignored; formats")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
