//! What is told of exports: a row each, all there is to tell of one, and how far one is.
//!
//! It must hold that what others have named reaches the terminal as fit characters only.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::NoFile;
use crate::cli::formats::grouped;
use crate::cli::sanitize::{columns, shown};

/// Between two columns.
const GAP: &str = "  ";
/// Stands for what there is not.
const NOTHING: &str = "-";
/// Columns that a cell is shown in at most.
const MAX_CELL_COLUMNS: usize = 40;
/// Columns of a bar.
const BAR_COLUMNS: usize = 24;

/// A page of exports. They are kept as they came, to be printed so.
#[derive(Deserialize)]
pub(super) struct ExportPage {
    pub(super) data: Vec<Value>,
    pub(super) next_cursor: Option<String>,
}

/// An export, as a server tells of it.
#[derive(Deserialize)]
pub(super) struct Told {
    /// As the server says it.
    #[serde(rename = "id")]
    pub(super) raw_id: String,
    name: String,
    pub(super) format: String,
    status: String,
    created_at: String,
    expires_at: Option<String>,
    progress: Progress,
    rows: Option<u64>,
    pub(super) size: Option<u64>,
    pub(super) sha256: Option<String>,
    pub(super) file_name: String,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Progress {
    rows_done: u64,
    rows_total: Option<u64>,
    percent: Option<u8>,
    estimated_seconds_left: Option<u64>,
}

/// A text as a terminal may have it.
pub(super) fn fit(text: &str) -> String {
    shown(text).collect()
}

impl Told {
    /// Its id, as a terminal may have it.
    pub(super) fn id(&self) -> String {
        fit(&self.raw_id)
    }

    /// Whether its file is there.
    pub(super) fn is_complete(&self) -> bool {
        self.status == "complete"
    }

    /// Whether its file may still come.
    pub(super) fn is_unfinished(&self) -> bool {
        matches!(self.status.as_str(), "queued" | "running")
    }

    /// That there is no file, and why.
    pub(super) fn no_file(&self) -> NoFile {
        let why = self.error.as_deref().map(|why| format!(": {}", fit(why)));
        NoFile {
            id: self.id(),
            status: fit(&self.status),
            why: why.unwrap_or_default(),
        }
    }

    /// How far it is, in one line.
    pub(super) fn bar(&self) -> String {
        let Progress {
            rows_done,
            rows_total,
            percent,
            estimated_seconds_left,
        } = &self.progress;
        let filled = usize::from(percent.unwrap_or_default()) * BAR_COLUMNS / 100;
        let bar: String = (0..BAR_COLUMNS)
            .map(|at| if at < filled { '#' } else { '.' })
            .collect();
        let total = rows_total.map(|total| format!(" of {}", grouped(total)));
        let left = estimated_seconds_left.map(|seconds| format!(", {seconds} s left"));
        format!(
            "{} [{bar}] {}{} events{}",
            fit(&self.status),
            grouped(*rows_done),
            total.unwrap_or_default(),
            left.unwrap_or_default()
        )
    }

    /// What there is in its file.
    pub(super) fn in_short(&self) -> String {
        let number = |number: Option<u64>| number.map_or_else(|| NOTHING.to_owned(), grouped);
        let sha256 = self.sha256.as_deref().unwrap_or(NOTHING);
        format!(
            "{} events, {} bytes, SHA-256 {}",
            number(self.rows),
            number(self.size),
            fit(sha256)
        )
    }

    /// All there is to tell, a line each.
    pub(super) fn in_words(&self) -> String {
        let number = |number: Option<u64>| number.map(grouped);
        let progress = self.is_unfinished().then(|| self.bar());
        let facts = [
            ("id", Some(self.raw_id.clone())),
            ("name", Some(self.name.clone())),
            ("format", Some(self.format.clone())),
            ("status", Some(self.status.clone())),
            ("progress", progress),
            ("created", Some(self.created_at.clone())),
            ("expires", self.expires_at.clone()),
            ("events", number(self.rows)),
            ("bytes", number(self.size)),
            ("SHA-256", self.sha256.clone()),
            ("file", Some(self.file_name.clone())),
            ("error", self.error.clone()),
        ];
        let mut text = String::new();
        for (name, fact) in facts {
            let Some(fact) = fact else { continue };
            // Writing into a string does not fail.
            let _ = writeln!(text, "{name:12}{GAP}{}", fit(&fact));
        }
        text
    }
}

/// A row for each export.
pub(super) fn table(exports: &[Told]) -> String {
    let head = ["ID", "STATUS", "FORMAT", "EVENTS", "CREATED", "NAME"].map(str::to_owned);
    let rows = exports.iter().map(|export| {
        let rows = export.rows.map_or_else(|| NOTHING.to_owned(), grouped);
        [
            export.id(),
            fit(&export.status),
            fit(&export.format),
            rows,
            fit(&export.created_at),
            fit(&export.name),
        ]
    });
    let rows: Vec<[String; 6]> = std::iter::once(head).chain(rows).collect();
    let width = |text: &str| text.chars().map(columns).sum::<usize>();
    let widths: Vec<usize> = (0..6)
        .map(|at| rows.iter().map(|row| width(&row[at])).max().unwrap_or(0))
        .map(|width| width.min(MAX_CELL_COLUMNS))
        .collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, most) in row.iter().zip(&widths) {
            line.push_str(cell);
            let gap = most.saturating_sub(width(cell));
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(GAP);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_bar_shows_how_much_is_done_and_nothing_that_a_terminal_obeys() {
        let told: Told = serde_json::from_value(json!({
            "id": "exp_1", "name": "\u{1b}[2J", "format": "csv", "status": "running",
            "created_at": "2026-11-22T00:00:00Z", "expires_at": null,
            "progress": {"rows_done": 1500, "rows_total": 3000, "percent": 50, "estimated_seconds_left": 4},
            "rows": null, "size": null, "sha256": null, "file_name": "x", "error": null,
        }))
        .unwrap();
        let bar = told.bar();
        assert!(
            bar.contains("[############............] 1,500 of 3,000 events, 4 s left"),
            "{bar}"
        );
        assert!(!told.in_words().contains('\u{1b}'));
        assert!(!table(&[told]).contains('\u{1b}'));
    }
}
