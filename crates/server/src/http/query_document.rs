//! A query in a JSON document: its parameters as members, and the columns of a sheet.
//!
//! It must hold that a document says what a URL would: what is a parameter there is the member of its name here, with a
//! text, or a list of texts where a URL may repeat it; and columns are read as `columns` is.

use std::collections::BTreeMap;

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::query::{Column, QueryError};

use crate::sheet::MAX_COLUMNS;

/// Most values of one parameter.
const MAX_VALUES: usize = 64;
/// Longest value that is looked at, in bytes. Each parameter has a bound of its own below it.
const MAX_VALUE_BYTES: usize = 4 * 1024;

/// The columns of a sheet, each of them once. There must be one.
pub(super) fn read_columns(part: &Part<'_>, findings: &mut Findings) -> Option<Vec<String>> {
    let items = part.items(MAX_COLUMNS, findings)?;
    if items.is_empty() {
        findings.refuse(
            part.pointer(),
            "empty_value",
            "expected a column, found none: name one",
        );
        return None;
    }
    let mut columns: Vec<String> = Vec::with_capacity(items.len());
    for item in items {
        let name = item.words(MAX_VALUE_BYTES, findings)?;
        if columns.iter().any(|column| column == name) {
            let message = "expected each column once, found this one again: leave it out";
            findings.refuse(item.pointer(), "repeated_value", message);
        } else if let Err(error) = Column::parse("columns", name) {
            let QueryError {
                code,
                message,
                suggestion,
                ..
            } = error;
            findings.refuse_suggesting(item.pointer(), code, message, suggestion);
        }
        columns.push(name.to_owned());
    }
    Some(columns)
}

/// The parameters of these names, each with its values.
pub(super) fn read_parameters(
    object: &Object<'_>,
    names: impl IntoIterator<Item = &'static str>,
    findings: &mut Findings,
) -> Option<BTreeMap<String, Vec<String>>> {
    let mut parameters = BTreeMap::new();
    for name in names {
        let Some(part) = object.given(name) else {
            continue;
        };
        let values = read_values(&part, findings)?;
        if !values.is_empty() {
            parameters.insert(name.to_owned(), values);
        }
    }
    Some(parameters)
}

/// A text, or a list of them.
fn read_values(part: &Part<'_>, findings: &mut Findings) -> Option<Vec<String>> {
    let mut no_list = Findings::default();
    let parts = match part.items(MAX_VALUES, &mut no_list) {
        Some(items) => items,
        None if part.text(&mut Findings::default()).is_some() => vec![part.clone()],
        None => part.items(MAX_VALUES, findings)?,
    };
    let mut values = Vec::with_capacity(parts.len());
    for part in parts {
        let text = part.text(findings)?;
        if text.len() > MAX_VALUE_BYTES {
            let message = format!(
                "expected at most {MAX_VALUE_BYTES} bytes, found {}: shorten it",
                text.len()
            );
            findings.refuse(part.pointer(), "too_long", message);
            return None;
        }
        values.push(text.to_owned());
    }
    Some(values)
}

/// The text of a member, if it is given.
pub(super) fn text_of(object: &Object<'_>, name: &str, findings: &mut Findings) -> Option<String> {
    let part = object.member(name)?;
    part.text(findings).map(str::to_owned)
}
