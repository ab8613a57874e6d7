//! `evident catalog`: the built-in event types, without a server.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};

use clap::Args;
use evident_event::catalog::{Catalog, Entry};
use serde::Serialize;

use super::CommandError;

/// Show the event types that are built in; needs no server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ShowCatalog {
    /// Only this action, with its metadata
    #[arg(value_name = "ACTION")]
    action: Option<String>,
    /// Print JSON, as GET /v1/catalog has it
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
An organization's own event types are not shown: ask its server for /v1/catalog.

Examples:
  evident catalog
  evident catalog guardrail.deployed
  evident catalog --json | jq -r '.events[].action'";

/// The catalog does not know an action.
#[derive(Debug, thiserror::Error)]
#[error("the built-in catalog does not know {action:?}: {advice}")]
struct UnknownAction {
    action: String,
    advice: String,
}

impl ShowCatalog {
    /// Prints the catalog, or one entry.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let catalog = Catalog::embedded()?;
        let text = match &self.action {
            None if self.json => to_json(catalog)?,
            None => table(catalog),
            Some(action) => {
                let entry = catalog
                    .get(action)
                    .ok_or_else(|| unknown(catalog, action))?;
                if self.json {
                    to_json(entry)?
                } else {
                    in_words(entry)
                }
            }
        };
        let mut output = std::io::stdout().lock();
        match output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush())
        {
            // Whoever reads has seen enough, as `head` has.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            result => Ok(result?),
        }
    }
}

fn unknown(catalog: &Catalog, action: &str) -> UnknownAction {
    let advice = match catalog.closest_action(action) {
        Some(near) => format!("did you mean {near}?"),
        None => "`evident catalog` lists what it knows".to_owned(),
    };
    UnknownAction {
        action: action.to_owned(),
        advice,
    }
}

fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

/// A line for each event type, in columns.
fn table(catalog: &Catalog) -> String {
    const HEAD: [&str; 5] = ["ACTION", "NAME", "CATEGORY", "EVENT TYPE", "LEVEL"];
    let rows: Vec<[&str; 5]> = std::iter::once(HEAD)
        .chain(catalog.entries().map(columns))
        .collect();
    aligned(&rows)
}

fn columns(entry: &Entry) -> [&str; 5] {
    [
        &entry.action,
        &entry.name,
        &entry.category,
        entry.event_type.as_str(),
        entry.level.as_str(),
    ]
}

/// Rows with columns of one width, two spaces apart.
fn aligned<const N: usize>(rows: &[[&str; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            // Writing into a string does not fail.
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// All that is known of one event type.
fn in_words(entry: &Entry) -> String {
    let aliases = entry.aliases.join(", ");
    let mut facts = vec![
        ["action", entry.action.as_str()],
        ["name", &entry.name],
        ["category", &entry.category],
        ["event type", entry.event_type.as_str()],
        ["badge", &entry.badge],
        ["level", entry.level.as_str()],
    ];
    if !aliases.is_empty() {
        facts.insert(2, ["also called", &aliases]);
    }
    let mut text = aligned(&facts);
    let _ = write!(text, "\n{}\n", entry.description);
    if !entry.metadata.is_empty() {
        let mut rows = vec![["METADATA", "LABEL", "TYPE", ""]];
        rows.extend(entry.metadata.iter().map(|field| {
            let remark = match (field.required, field.secret) {
                (true, true) => "required, secret",
                (true, false) => "required",
                (false, true) => "secret",
                (false, false) => "",
            };
            [
                field.key.as_str(),
                &field.label,
                field.kind.as_str(),
                remark,
            ]
        }));
        text.push('\n');
        text.push_str(&aligned(&rows));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let text = aligned(&[["a", "bé", "c"], ["dd", "e", ""]]);
        assert_eq!(text, "a   bé  c\ndd  e\n");
    }

    #[test]
    fn secret_metadata_is_marked() {
        let catalog = Catalog::embedded().unwrap();
        let text = in_words(catalog.get("tool.api_async.enabled").unwrap());
        let line = text.lines().find(|line| line.starts_with("access_token"));
        assert!(line.unwrap().ends_with("secret"), "{text}");
    }
}
