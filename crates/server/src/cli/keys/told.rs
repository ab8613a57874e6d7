//! What is told of keys: a row each, or all there is to tell of one.
//!
//! It must hold that what others have named reaches the terminal as fit characters only.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::sanitize::{columns, shown};

/// Between two columns.
const GAP: &str = "  ";
/// Stands for what there is not.
const NOTHING: &str = "-";
/// Columns that a cell is shown in at most; of names there is no more.
const MAX_CELL_COLUMNS: usize = 40;

/// A page of keys. They are kept as they came, to be printed so.
#[derive(Deserialize)]
pub(super) struct KeyPage {
    pub(super) data: Vec<Value>,
    pub(super) next_cursor: Option<String>,
}

/// A key, as a server tells of it.
#[derive(Deserialize)]
pub(super) struct Key {
    id: String,
    name: String,
    kind: String,
    project_id: Option<String>,
    created_at: String,
    created_by: Option<String>,
    expires_at: Option<String>,
    allowed_addresses: Vec<String>,
    last_used_at: Option<String>,
    revoked_at: Option<String>,
    replaced_by: Option<String>,
}

/// A key that was just made.
#[derive(Deserialize)]
pub(super) struct MadeKey {
    #[serde(flatten)]
    pub(super) about: Key,
    key: String,
}

impl MadeKey {
    /// The key itself.
    pub(super) fn key(&self) -> String {
        shown(&self.key).collect()
    }
}

impl Key {
    /// Its id, and its name if it has one.
    pub(super) fn in_short(&self) -> String {
        let name = match self.name.is_empty() {
            true => String::new(),
            false => format!(" ({})", self.name),
        };
        shown(&format!("{}{name}", self.id)).collect()
    }

    /// All there is to tell, a line each.
    pub(super) fn in_words(&self) -> String {
        let addresses = self.allowed_addresses.join(", ");
        let facts = [
            ("id", Some(&self.id)),
            ("name", Some(&self.name)),
            ("kind", Some(&self.kind)),
            ("project", self.project_id.as_ref()),
            ("created", Some(&self.created_at)),
            ("created by", self.created_by.as_ref()),
            ("expires", self.expires_at.as_ref()),
            ("allowed from", Some(&addresses)),
            ("last used", self.last_used_at.as_ref()),
            ("revoked", self.revoked_at.as_ref()),
            ("replaced by", self.replaced_by.as_ref()),
        ];
        let mut text = String::new();
        for (name, fact) in facts {
            let fact: String = shown(told(fact)).collect();
            // Writing into a string does not fail.
            let _ = writeln!(text, "{name:12}{GAP}{fact}");
        }
        text
    }

    fn cells(&self) -> [&str; 7] {
        [
            &self.id,
            told(Some(&self.name)),
            &self.kind,
            told(self.project_id.as_ref()),
            told(self.expires_at.as_ref()),
            told(self.last_used_at.as_ref()),
            told(self.revoked_at.as_ref()),
        ]
    }
}

/// What there is, or what stands for nothing.
fn told(text: Option<&String>) -> &str {
    text.filter(|text| !text.is_empty())
        .map_or(NOTHING, String::as_str)
}

/// A row for each key. Where none of them says anything of a thing, there is no column for it.
pub(super) fn table(keys: &[Key]) -> String {
    const HEAD: [&str; 7] = [
        "ID",
        "NAME",
        "KIND",
        "PROJECT",
        "EXPIRES",
        "LAST USED",
        "REVOKED",
    ];
    let fit = |row: [&str; 7]| row.map(fitting);
    let rows: Vec<[String; 7]> = keys.iter().map(|key| fit(key.cells())).collect();
    let is_told = |at: &usize| rows.iter().any(|row| row[*at] != NOTHING);
    let told: Vec<usize> = (0..HEAD.len()).filter(is_told).collect();
    let rows: Vec<[String; 7]> = std::iter::once(fit(HEAD)).chain(rows).collect();
    let widest = |at: usize| rows.iter().map(|row| width(&row[at])).max();
    let mut text = String::new();
    for row in rows.iter().filter(|_| !keys.is_empty()) {
        let mut line = String::new();
        for at in &told {
            let gap = widest(*at).unwrap_or_default() - width(&row[*at]);
            line.push_str(&row[*at]);
            line.extend(std::iter::repeat_n(' ', gap));
            line.push_str(GAP);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// A text as a cell of a table.
fn fitting(text: &str) -> String {
    let mut left = MAX_CELL_COLUMNS;
    let mut cell = String::new();
    for c in shown(text) {
        match left.checked_sub(columns(c)) {
            Some(rest) => left = rest,
            None => {
                cell.push('…');
                break;
            }
        }
        cell.push(c);
    }
    cell
}

fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    fn key(id: &str, name: &str, last_used_at: Option<&str>) -> Key {
        let key = json!({
            "id": id, "name": name, "kind": "read", "project_id": null, "created_at": "2026-01-01T00:00:00Z",
            "created_by": null, "expires_at": null, "allowed_addresses": [], "last_used_at": last_used_at,
            "revoked_at": null, "replaced_by": null,
        });
        serde_json::from_value(key).unwrap()
    }

    #[test]
    fn columns_stand_below_each_other_and_those_that_say_nothing_are_left_out() {
        let keys = [
            key("key_1", "Bücher", Some("today")),
            key("key_22", "", None),
        ];
        assert_eq!(
            table(&keys),
            "ID      NAME    KIND  LAST USED\n\
             key_1   Bücher  read  today\n\
             key_22  -       read  -\n"
        );
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn a_name_gives_the_terminal_no_orders_and_takes_no_more_than_its_place() {
        let long = format!("\u{1b}[2J\n{}", "x".repeat(300));
        let key = key("key_1", &long, None);
        for text in [table(&[key]), self::key("key_1", &long, None).in_words()] {
            assert!(!text.contains('\u{1b}'), "{text:?}");
        }
        let table = table(&[self::key("key_1", &long, None)]);
        assert_eq!(table.lines().count(), 2);
        assert!(table.lines().all(|line| width(line) < 80), "{table}");
    }
}
