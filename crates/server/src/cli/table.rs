//! Events as rows of a table that fits the terminal.
//!
//! What must always hold:
//!
//! - no line is wider than the width, whatever the events say, and none has a character that a
//!   terminal would obey or hide;
//! - a colour never says anything that a word does not.
//!
//! Columns are measured once, by the first events, so that rows can be shown as they come.

use std::borrow::Cow;

use jiff::tz::Offset;

use super::clock::{self, Clock, TIME_COLUMNS};
use super::event::Event;
use super::sanitize::{columns, shown};

/// Between two columns.
const GAP: &str = "  ";
/// Stands for the rest of a cell that was cut.
const CUT: char = '…';
/// Ends a colour.
const PLAIN: &str = "\x1b[0m";

/// The columns, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Time,
    Event,
    User,
    Result,
    Type,
    Target,
    Description,
}

const COLUMNS: [Column; 7] = [
    Column::Time,
    Column::Event,
    Column::User,
    Column::Result,
    Column::Type,
    Column::Target,
    Column::Description,
];

/// What a narrow table does without, first to last. The time stays.
const EXPENDABLE: [Column; 6] = [
    Column::Target,
    Column::Type,
    Column::Description,
    Column::Result,
    Column::User,
    Column::Event,
];

/// The widths of columns, in terminal columns.
type Widths = [usize; COLUMNS.len()];

/// What a column has at least, unless its cells need less or the table is narrower still.
const LEAST: Widths = [TIME_COLUMNS, 12, 8, 8, 16, 10, 16];
/// What a column has at most. The description takes what is left.
const MOST: Widths = [TIME_COLUMNS, 32, 26, 8, 16, 30, usize::MAX];
/// What the columns of a table are taken to need where its rows are not known beforehand.
const USUAL: Widths = [TIME_COLUMNS, 26, 20, 8, 16, 26, 60];

impl Column {
    const fn head(self) -> &'static str {
        match self {
            Self::Time => "TIME",
            Self::Event => "EVENT",
            Self::User => "USER",
            Self::Result => "RESULT",
            Self::Type => "TYPE",
            Self::Target => "TARGET",
            Self::Description => "DESCRIPTION",
        }
    }

    fn cell<'e>(self, event: &'e Event, time: &'e str) -> Cow<'e, str> {
        match self {
            Self::Time => time.into(),
            Self::Event => event.name.as_str().into(),
            Self::User => event.user().into(),
            Self::Result => event.result.as_str().into(),
            Self::Type => event.event_type.as_str().into(),
            Self::Target => event.target().into(),
            Self::Description => event.description.as_deref().unwrap_or_default().into(),
        }
    }

    /// The colour of a word. What is not known has none.
    fn color(self, word: &str) -> Option<&'static str> {
        match (self, word) {
            (Self::Result, "success" | "approved" | "allowed") => Some("\x1b[32m"),
            (Self::Result, "failed" | "denied") => Some("\x1b[31m"),
            (Self::Result, "warning") => Some("\x1b[33m"),
            (Self::Type, "Agent Operations") => Some("\x1b[36m"),
            (Self::Type, "Policy Changes") => Some("\x1b[35m"),
            (Self::Type, "User Actions") => Some("\x1b[34m"),
            (Self::Type, "Security Events") => Some("\x1b[31m"),
            (Self::Type, "System Events") => Some("\x1b[90m"),
            _ => None,
        }
    }
}

/// Writes rows.
#[derive(Debug)]
pub(super) struct Table {
    columns: Vec<(Column, usize)>,
    is_colored: bool,
    clock: Clock,
    /// The offset that the head says; nothing before there is one.
    head: Option<Option<Offset>>,
}

impl Table {
    /// A table whose columns suit these events.
    pub(super) fn measured(events: &[Event], width: usize, is_colored: bool, clock: Clock) -> Self {
        let mut needed = Widths::default();
        for (needed, column) in needed.iter_mut().zip(COLUMNS) {
            let cells = events.iter().map(|event| match column {
                Column::Time => TIME_COLUMNS,
                _ => measure(&column.cell(event, ""), width),
            });
            *needed = cells.max().unwrap_or_default().max(column.head().len());
        }
        Self::new(needed, width, is_colored, clock)
    }

    /// A table whose columns suit most events.
    pub(super) fn unmeasured(width: usize, is_colored: bool, clock: Clock) -> Self {
        Self::new(USUAL, width, is_colored, clock)
    }

    fn new(needed: Widths, width: usize, is_colored: bool, clock: Clock) -> Self {
        Self {
            columns: layout(needed, width),
            is_colored,
            clock,
            head: None,
        }
    }

    /// Writes an event; before it the head, if there is none yet or the clock has changed.
    pub(super) fn row(&mut self, event: &Event, into: &mut String) {
        let time = self.clock.show(&event.occurred_at);
        if self.head != Some(time.offset) {
            self.head = Some(time.offset);
            self.write_head(time.offset, into);
        }
        self.write(into, |column| column.cell(event, &time.text));
    }

    fn write_head(&self, offset: Option<Offset>, into: &mut String) {
        self.write(into, |column| match (column, offset) {
            (Column::Time, Some(offset)) => {
                format!("{} ({})", column.head(), clock::in_words(offset)).into()
            }
            _ => column.head().into(),
        });
    }

    fn write<'c>(&self, into: &mut String, cell: impl Fn(Column) -> Cow<'c, str>) {
        let mut gap = 0;
        for (at, &(column, width)) in self.columns.iter().enumerate() {
            if at > 0 {
                into.push_str(GAP);
            }
            into.extend(std::iter::repeat_n(' ', gap));
            let cell = cell(column);
            let color = column.color(&cell).filter(|_| self.is_colored);
            into.push_str(color.unwrap_or_default());
            gap = width - fit(&cell, width, into);
            into.push_str(color.map_or("", |_| PLAIN));
        }
        let end = into.trim_end_matches(' ').len();
        into.truncate(end);
        into.push('\n');
    }
}

/// Which columns there are, and how wide, so that all of them and their gaps fit.
fn layout(needed: Widths, width: usize) -> Vec<(Column, usize)> {
    let at = |column| COLUMNS.iter().position(|other| *other == column);
    let most = |at: usize| needed[at].min(MOST[at]);
    let mut kept: Vec<usize> = (0..COLUMNS.len()).collect();
    let least = |at: usize| needed[at].min(LEAST[at]);
    let fits = |kept: &[usize]| {
        let cells: usize = kept.iter().map(|at| least(*at)).sum();
        cells + GAP.len() * kept.len().saturating_sub(1) <= width
    };
    for expendable in EXPENDABLE.map(at).into_iter().flatten() {
        if fits(&kept) {
            break;
        }
        kept.retain(|at| *at != expendable);
    }
    let mut widths: Vec<(usize, usize)> = kept.iter().map(|at| (*at, least(*at))).collect();
    let gaps = GAP.len() * kept.len().saturating_sub(1);
    let used: usize = widths.iter().map(|(_, width)| width).sum();
    let mut left = width.saturating_sub(used + gaps);
    // What is left goes round, a column at a time, to those that need more.
    loop {
        let before = left;
        for (at, width) in &mut widths {
            if left > 0 && *width < most(*at) {
                *width += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    let columns = widths.into_iter();
    // A terminal may be narrower than a time.
    columns
        .map(|(at, columns)| (COLUMNS[at], columns.min(width)))
        .collect()
}

/// The columns that a text takes, as far as they matter.
fn measure(text: &str, at_most: usize) -> usize {
    let mut width = 0;
    for c in shown(text) {
        width += columns(c);
        if width >= at_most {
            return at_most;
        }
    }
    width
}

/// Writes as much of a text as fits, and says how many columns that takes.
fn fit(text: &str, width: usize, into: &mut String) -> usize {
    let mut used = 0;
    // Up to where the text may be cut so that there is room for the mark.
    let mut cut = (into.len(), 0);
    for c in shown(text) {
        let columns = columns(c);
        if used + columns > width {
            into.truncate(cut.0);
            if width == 0 {
                return 0;
            }
            into.push(CUT);
            return cut.1 + 1;
        }
        into.push(c);
        used += columns;
        if used < width {
            cut = (into.len(), used);
        }
    }
    used
}

#[cfg(test)]
mod tests;
