//! The formats that an answer is shown in, page by page.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::clock::Clock;
use super::event::Event;
use super::output::{Color, Output, OutputError, remark};
use super::sanitize;
use super::table::Table;

/// A page as the server sends it.
#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) data: Vec<&'a RawValue>,
    pub(super) next_cursor: Option<String>,
    prev_cursor: Option<String>,
    pub(super) total: u64,
    as_of: u64,
    took_ms: u64,
}

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum PrintError {
    Output(OutputError),
    /// It is not of the shape that it should be of.
    Shape(String),
}

impl From<OutputError> for PrintError {
    fn from(error: OutputError) -> Self {
        Self::Output(error)
    }
}

/// Shows pages in one of the formats.
pub(super) trait Printer {
    /// Shows a page. The text is all of the server's answer.
    fn page(
        &mut self,
        output: &mut Output,
        text: &str,
        page: &Page<'_>,
        is_last: bool,
    ) -> Result<(), PrintError>;

    /// Tells what there is to know beside the events.
    fn end(&mut self, _shown: u64, _last: &Page<'_>) {}
}

/// `--format ndjson`.
pub(super) struct Lines;

impl Printer for Lines {
    fn page(
        &mut self,
        output: &mut Output,
        _text: &str,
        page: &Page<'_>,
        _is_last: bool,
    ) -> Result<(), PrintError> {
        for event in &page.data {
            output.write_json(&in_one_line(event.get()))?;
            output.write("\n")?;
        }
        Ok(())
    }
}

/// JSON without ends of lines, which can only be white space between its tokens.
pub(super) fn in_one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        json.replace(['\n', '\r'], " ").into()
    } else {
        json.into()
    }
}

/// `--format json`.
#[derive(Default)]
pub(super) struct Joined {
    /// What the pages before have told, if there were any.
    before: Option<Before>,
}

struct Before {
    prev_cursor: Option<String>,
    took_ms: u64,
}

/// What stands after the events, in the order that the server has it in.
#[derive(Serialize)]
struct Rest<'a> {
    next_cursor: Option<&'a str>,
    prev_cursor: Option<&'a str>,
    total: u64,
    as_of: u64,
    took_ms: u64,
}

impl Printer for Joined {
    fn page(
        &mut self,
        output: &mut Output,
        text: &str,
        page: &Page<'_>,
        is_last: bool,
    ) -> Result<(), PrintError> {
        if is_last && self.before.is_none() {
            output.write_json(text.trim_end())?;
            return Ok(output.write("\n")?);
        }
        output.write(match self.before {
            None => r#"{"data":["#,
            Some(_) => ",",
        })?;
        for (at, event) in page.data.iter().enumerate() {
            if at > 0 {
                output.write(",")?;
            }
            output.write_json(event.get())?;
        }
        let before = self.before.get_or_insert_with(|| Before {
            prev_cursor: page.prev_cursor.clone(),
            took_ms: 0,
        });
        before.took_ms += page.took_ms;
        if is_last {
            let rest = serde_json::to_string(&Rest {
                next_cursor: page.next_cursor.as_deref(),
                prev_cursor: before.prev_cursor.as_deref(),
                total: page.total,
                as_of: page.as_of,
                took_ms: before.took_ms,
            });
            let rest = rest.map_err(|error| PrintError::Shape(error.to_string()))?;
            output.write("],")?;
            output.write_json(rest.get(1..).unwrap_or_default())?;
            output.write("\n")?;
        }
        Ok(())
    }
}

/// `--format table`.
pub(super) struct Rows {
    width: usize,
    is_colored: bool,
    clock: Clock,
    /// There once the first page has been measured.
    table: Option<Table>,
}

impl Rows {
    /// Rows that suit this output.
    pub(super) fn new(output: &Output, color: Color, clock: Clock) -> Self {
        Self {
            width: output.width(),
            is_colored: output.is_colored(color),
            clock,
            table: None,
        }
    }
}

impl Printer for Rows {
    fn page(
        &mut self,
        output: &mut Output,
        _text: &str,
        page: &Page<'_>,
        _is_last: bool,
    ) -> Result<(), PrintError> {
        let events: Result<Vec<Event>, _> = page
            .data
            .iter()
            .map(|event| serde_json::from_str(event.get()))
            .collect();
        let events = events.map_err(|error| {
            let error = sanitize::message(&error.to_string());
            PrintError::Shape(format!("what it calls an event is none ({error})"))
        })?;
        let table = self.table.get_or_insert_with(|| {
            Table::measured(&events, self.width, self.is_colored, self.clock.clone())
        });
        let mut row = String::new();
        for event in &events {
            row.clear();
            table.row(event, &mut row);
            output.write(&row)?;
        }
        Ok(())
    }

    fn end(&mut self, shown: u64, last: &Page<'_>) {
        let as_of = grouped(last.as_of);
        if last.total == 0 {
            remark(&format!("no events match (as of {as_of})"));
            return;
        }
        let next = match &last.next_cursor {
            Some(cursor) => format!(" · next page: --cursor {}", sanitize::message(cursor)),
            None => String::new(),
        };
        let events = if last.total == 1 { "event" } else { "events" };
        let (shown, total) = (grouped(shown), grouped(last.total));
        remark(&format!(
            "{shown} of {total} {events} (as of {as_of}){next}"
        ));
    }
}

/// A number with its thousands apart.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        let numbers = [0, 7, 999, 1_000, 12_345, 123_456, 1_000_000];
        let texts = numbers.map(grouped);
        assert_eq!(
            texts,
            ["0", "7", "999", "1,000", "12,345", "123,456", "1,000,000"]
        );
    }

    #[test]
    fn a_json_line_is_one_line() {
        assert_eq!(in_one_line("{\n\"a\":\r\n1}"), "{ \"a\":  1}");
        assert!(matches!(in_one_line("{\"a\":\"\\n\"}"), Cow::Borrowed(_)));
    }
}
