//! A mapping held against a header: a tree that has the shape of the event, with cells at its leaves.
//!
//! It must hold that what is empty leaves nothing behind: neither an object without members, nor an item
//! of an array of which only constants are left.

use csv::ByteRecord;
use serde_json::Value;

use super::cell::Rule;
use super::guard::unguarded;
use super::path::{FieldPath, Step};
use super::{Mapping, MappingError};
use crate::cli::ingest::letters::Reason;
use crate::cli::sanitize;

/// Most columns that an error lists.
const MAX_COLUMNS_SHOWN: usize = 30;

/// What is written for each row.
#[derive(Debug)]
pub(in super::super) struct Plan {
    root: Node,
    /// How many cells a row has.
    cells: usize,
    unguard: bool,
    /// Columns that nothing is made of.
    unused: Vec<String>,
}

#[derive(Debug)]
enum Node {
    Object(Vec<(String, Node)>),
    /// Items by their numbers, which may have gaps.
    List(Vec<(usize, Node)>),
    Constant(Vec<u8>),
    Cell(Box<Cell>),
}

#[derive(Debug)]
struct Cell {
    column: usize,
    name: String,
    pointer: String,
    rule: Rule,
}

/// What a row became.
pub(in super::super) struct Row {
    /// The event.
    pub(in super::super) event: Vec<u8>,
    /// Whether it has an id.
    pub(in super::super) has_id: bool,
}

/// What writing a part of an event came to.
#[derive(Debug, Clone, Copy, Default)]
struct Wrote {
    /// Anything at all.
    something: bool,
    /// Something of a cell.
    of_cells: bool,
}

impl Plan {
    /// Holds a mapping against the names of the columns.
    pub(in super::super) fn new(
        mapping: &Mapping,
        header: &[String],
    ) -> Result<Self, MappingError> {
        let mut root = Node::Object(Vec::new());
        for (path, value) in &mapping.constants {
            let text = value.to_string().into_bytes();
            root.put(&path.0, Node::Constant(text))
                .ok_or_else(|| twice(path))?;
        }
        let mut columns = Vec::with_capacity(mapping.columns.len());
        for column in &mapping.columns {
            columns.push((place(&column.name, header)?, column));
        }
        // A mapping's own order is lost, so events have the table's.
        columns.sort_by_key(|(at, _)| *at);
        let mut is_used = vec![false; header.len()];
        for (at, column) in columns {
            is_used[at] = true;
            let cell = Cell {
                column: at,
                name: sanitize::message(&column.name),
                pointer: column.to.pointer(),
                rule: column.rule.clone(),
            };
            root.put(&column.to.0, Node::Cell(Box::new(cell)))
                .ok_or_else(|| twice(&column.to))?;
        }
        let unused = header.iter().zip(is_used);
        let unused = unused.filter(|(_, is_used)| !is_used);
        Ok(Self {
            root,
            cells: header.len(),
            unguard: mapping.unguard,
            unused: unused.map(|(name, _)| sanitize::message(name)).collect(),
        })
    }

    /// Columns that nothing is made of.
    pub(in super::super) fn unused(&self) -> &[String] {
        &self.unused
    }

    /// Makes an event of a row.
    pub(in super::super) fn row(&self, record: &ByteRecord) -> Result<Row, Vec<Reason>> {
        if record.len() != self.cells {
            let reason = format!(
                "the row has {} cells, and the header {}: look whether a cell that has the separator in it lacks quotes",
                record.len(),
                self.cells
            );
            return Err(vec![Reason::new("", "bad_row", reason)]);
        }
        let mut row = Row {
            event: Vec::new(),
            has_id: false,
        };
        let mut writing = Writing {
            record,
            unguard: self.unguard,
            out: &mut row.event,
            reasons: Vec::new(),
        };
        if !writing.node(&self.root).something {
            writing.out.extend_from_slice(b"{}");
        }
        let reasons = writing.reasons;
        if !reasons.is_empty() {
            return Err(reasons);
        }
        row.has_id = matches!(
            super::super::scan::id(&row.event),
            super::super::scan::Id::Given
        );
        Ok(row)
    }
}

impl Node {
    /// Puts a leaf at a path. Nothing if something is there already.
    fn put(&mut self, path: &[Step], leaf: Self) -> Option<()> {
        let (step, rest) = path.split_first()?;
        let slot = match (self, step) {
            (Self::Object(members), Step::Member(name)) => {
                let at = members.iter().position(|(known, _)| known == name);
                let at = at.unwrap_or_else(|| {
                    members.push((name.clone(), Self::begun(rest)));
                    members.len() - 1
                });
                &mut members.get_mut(at)?.1
            }
            (Self::List(items), Step::Item(number)) => {
                let found = items.binary_search_by_key(number, |(known, _)| *known);
                let at = found.unwrap_or_else(|at| {
                    items.insert(at, (*number, Self::begun(rest)));
                    at
                });
                &mut items.get_mut(at)?.1
            }
            _ => return None,
        };
        if !rest.is_empty() {
            return slot.put(rest, leaf);
        }
        // Fresh if nothing has been put below it.
        let is_fresh = matches!(slot, Self::Object(members) if members.is_empty());
        is_fresh.then(|| *slot = leaf)
    }

    /// What a way goes on through, before anything is put there.
    fn begun(rest: &[Step]) -> Self {
        match rest.first() {
            Some(Step::Item(_)) => Self::List(Vec::new()),
            Some(Step::Member(_)) | None => Self::Object(Vec::new()),
        }
    }

    /// Whether anything below is of a cell.
    fn has_cells(&self) -> bool {
        match self {
            Self::Object(members) => members.iter().any(|(_, node)| node.has_cells()),
            Self::List(items) => items.iter().any(|(_, node)| node.has_cells()),
            Self::Constant(_) => false,
            Self::Cell(_) => true,
        }
    }
}

/// A row on its way to an event.
struct Writing<'w> {
    record: &'w ByteRecord,
    unguard: bool,
    out: &'w mut Vec<u8>,
    reasons: Vec<Reason>,
}

impl Writing<'_> {
    /// Recurses as deep as paths are long, which is bounded.
    fn node(&mut self, node: &Node) -> Wrote {
        match node {
            Node::Constant(text) => {
                self.out.extend_from_slice(text);
                Wrote {
                    something: true,
                    of_cells: false,
                }
            }
            Node::Cell(cell) => {
                let is_there = self.cell(cell);
                Wrote {
                    something: is_there,
                    of_cells: is_there,
                }
            }
            Node::Object(members) => {
                let start = self.out.len();
                let mut wrote = Wrote::default();
                for (name, node) in members {
                    let before = self.out.len();
                    self.out.push(if wrote.something { b',' } else { b'{' });
                    self.out
                        .extend(Value::from(name.as_str()).to_string().bytes());
                    self.out.push(b':');
                    let member = self.node(node);
                    if member.something {
                        wrote.something = true;
                        wrote.of_cells |= member.of_cells;
                    } else {
                        self.out.truncate(before);
                    }
                }
                if wrote.something {
                    self.out.push(b'}');
                } else {
                    self.out.truncate(start);
                }
                wrote
            }
            Node::List(items) => self.list(items),
        }
    }

    fn list(&mut self, items: &[(usize, Node)]) -> Wrote {
        let start = self.out.len();
        let mut wrote = Wrote::default();
        for (_, node) in items {
            let before = self.out.len();
            self.out.push(if wrote.something { b',' } else { b'[' });
            let item = self.node(node);
            if item.something && (item.of_cells || !node.has_cells()) {
                wrote.something = true;
                wrote.of_cells |= item.of_cells;
            } else {
                self.out.truncate(before);
            }
        }
        if wrote.something {
            self.out.push(b']');
        } else {
            self.out.truncate(start);
        }
        wrote
    }

    fn cell(&mut self, cell: &Cell) -> bool {
        let before = self.out.len();
        let bytes = self.record.get(cell.column).unwrap_or_default();
        let wrote = match std::str::from_utf8(bytes) {
            Ok(text) if self.unguard => cell.rule.write(&unguarded(text), self.out),
            Ok(text) => cell.rule.write(text, self.out),
            Err(_) => Err(
                "the cell is not UTF-8: convert the file, as in `iconv -f WINDOWS-1252 -t UTF-8`"
                    .to_owned(),
            ),
        };
        match wrote {
            Ok(is_there) => is_there,
            Err(what) => {
                self.out.truncate(before);
                let reason = format!("column {:?}: {what}", cell.name);
                let reason = Reason::new(&cell.pointer, "bad_cell", reason);
                self.reasons.push(reason);
                false
            }
        }
    }
}

/// Which column has a name.
fn place(name: &str, header: &[String]) -> Result<usize, MappingError> {
    let mut found = header
        .iter()
        .enumerate()
        .filter(|(_, known)| *known == name);
    let shown = sanitize::message(name);
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Ok(at),
        (Some(_), Some(_)) => {
            let message = "several columns have this name: give them names of their own";
            Err(MappingError::wrong(format!("column {shown:?}"), message))
        }
        (None, _) => Err(no_such(&shown, header)),
    }
}

fn twice(path: &FieldPath) -> MappingError {
    MappingError::wrong(
        path.to_string(),
        "it is set twice, or both as a whole and in part: keep one of them",
    )
}

fn no_such(name: &str, header: &[String]) -> MappingError {
    let known: Vec<String> = header
        .iter()
        .take(MAX_COLUMNS_SHOWN)
        .map(|name| sanitize::message(name))
        .collect();
    let more = if header.len() > MAX_COLUMNS_SHOWN {
        ", …"
    } else {
        ""
    };
    MappingError::wrong(
        format!("column {name:?}"),
        format!(
            "the table has no such column, only {}{more}: correct the name, or `delimiter` if these are not the columns",
            known.join(", ")
        ),
    )
}
