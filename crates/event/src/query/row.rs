//! Rows: what columns show of an event, found in its canonical bytes.
//!
//! A file of many events has a few columns of each. A tree of the whole event would take several
//! times as long as stepping over what is not asked for.
//!
//! It must hold that:
//!
//! - a cell has exactly the text that [`Column::cell`] makes of the parsed event;
//! - of bytes that were cut short nothing is shown: they are an error;
//! - whatever the bytes are, the work is bounded by their length times their nesting, which is
//!   bounded too.

use std::borrow::Cow;

use crate::canonical;
use crate::json::MAX_DEPTH;
use crate::json::members::{items, members, scalar_text};
use crate::time::Timestamp;
use crate::time::zone::Zone;

use super::column::{Column, ColumnKind, SEPARATOR, Shows};

/// What is kept of an event is not the canonical form of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not in canonical form: check the data directory with `evident check`")]
pub struct NotCanonical;

/// Columns, made ready to be found in many events.
#[derive(Debug, Clone)]
pub struct Columns {
    columns: Vec<Reads>,
    /// The names of the record's members that they stand in.
    members: Vec<Vec<u8>>,
}

/// Room for where an event has its members: for the next event it is used again.
#[derive(Debug, Clone, Default)]
pub struct Places(Vec<Option<(usize, usize)>>);

/// One event as columns see it.
#[derive(Debug, Clone, Copy)]
pub struct Row<'r> {
    columns: &'r [Reads],
    index: u64,
    canonical: &'r [u8],
    places: &'r [Option<(usize, usize)>],
}

/// A column, and where it finds what it shows.
#[derive(Debug, Clone)]
struct Reads {
    what: What,
    kind: ColumnKind,
    is_list: bool,
    /// Of parties, those of one member of the record stand together.
    paths: Vec<Path>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Index,
    Time,
    Parties,
    Values,
    Members,
}

#[derive(Debug, Clone)]
struct Path {
    /// Which of [`Columns::members`] it begins at.
    member: usize,
    /// The names of the members below, as they are written between their quotes.
    keys: Vec<Vec<u8>>,
}

/// The values of a column; nearly always there is one at most.
#[derive(Debug, Default)]
struct Values<'r> {
    first: Option<&'r [u8]>,
    others: Vec<&'r [u8]>,
    /// A list was on the way to one of them.
    in_list: bool,
}

impl<'r> Values<'r> {
    fn add(&mut self, value: &'r [u8]) {
        match self.first {
            None => self.first = Some(value),
            Some(_) => self.others.push(value),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &'r [u8]> {
        self.first.into_iter().chain(self.others.iter().copied())
    }
}

impl Columns {
    /// Makes columns ready.
    pub fn new<'c>(columns: impl IntoIterator<Item = &'c Column>) -> Self {
        let mut members = Vec::new();
        let columns = columns
            .into_iter()
            .map(|column| Reads::new(column, &mut members));
        Self {
            columns: columns.collect(),
            members,
        }
    }

    /// Finds them in the event of this number and these canonical bytes.
    pub fn row<'r>(
        &'r self,
        index: u64,
        canonical: &'r [u8],
        places: &'r mut Places,
    ) -> Result<Row<'r>, NotCanonical> {
        let places = &mut places.0;
        places.clear();
        places.resize(self.members.len(), None);
        let mut all = members(canonical);
        for member in all.by_ref() {
            let wanted = self.members.iter().position(|name| name == member.name);
            if let Some(place) = wanted.and_then(|wanted| places.get_mut(wanted)) {
                let start = member.value.as_ptr().addr() - canonical.as_ptr().addr();
                *place = Some((start, start + member.value.len()));
            }
        }
        match all.is_at_end() {
            true => Ok(Row {
                columns: &self.columns,
                index,
                canonical,
                places,
            }),
            false => Err(NotCanonical),
        }
    }
}

impl Reads {
    /// Reads a column, and adds the members that it stands in.
    fn new(column: &Column, members: &mut Vec<Vec<u8>>) -> Self {
        let mut path = |keys: &mut dyn Iterator<Item = &str>| {
            let mut keys = keys.map(written);
            let first = keys.next().unwrap_or_default();
            let known = members.iter().position(|member| *member == first);
            let member = known.unwrap_or_else(|| {
                members.push(first);
                members.len() - 1
            });
            let keys = keys.collect();
            Path { member, keys }
        };
        let (what, paths) = match &column.0 {
            Shows::Index => (What::Index, Vec::new()),
            Shows::Members(paths) => {
                let paths = paths.iter().map(|keys| path(&mut keys.iter().copied()));
                (What::Members, paths.collect())
            }
            Shows::Time(field) | Shows::Parties(field) | Shows::Values(field) => {
                let paths = field.paths().iter();
                let paths = paths.map(|keys| path(&mut keys.iter().map(String::as_str)));
                let what = match &column.0 {
                    Shows::Time(_) => What::Time,
                    Shows::Parties(_) => What::Parties,
                    _ => What::Values,
                };
                (what, paths.collect())
            }
        };
        Self {
            what,
            kind: column.kind(),
            is_list: column.is_list(),
            paths,
        }
    }
}

/// A name as it is written between its quotes.
fn written(name: &str) -> Vec<u8> {
    let mut quoted = Vec::new();
    canonical::write_str(name, &mut quoted);
    quoted.pop();
    quoted.remove(0);
    quoted
}

impl<'r> Row<'r> {
    /// What the values of each column are.
    pub fn kinds(&self) -> impl Iterator<Item = ColumnKind> {
        self.columns.iter().map(|column| column.kind)
    }

    /// What a cell shows, as [`Column::cell`] does; columns are counted from 0.
    pub fn text<'b>(
        &self,
        column: usize,
        zone: &Zone,
        buffer: &'b mut String,
    ) -> Result<&'b str, NotCanonical>
    where
        'r: 'b,
    {
        buffer.clear();
        let Some(reads) = self.columns.get(column) else {
            return Ok(buffer);
        };
        if reads.what == What::Index {
            buffer.push_str(&self.index.to_string());
            return Ok(buffer);
        }
        let leaves = self.leaves(reads)?;
        if let (Some(only), []) = (leaves.first, &leaves.others[..])
            && reads.what != What::Time
        {
            return Ok(match text_of(reads.what, only)? {
                Cow::Borrowed(text) => text,
                Cow::Owned(text) => {
                    *buffer = text;
                    buffer
                }
            });
        }
        for (at, leaf) in leaves.iter().enumerate() {
            if at > 0 {
                buffer.push_str(SEPARATOR);
            }
            let text = text_of(reads.what, leaf)?;
            match Timestamp::parse_rfc3339(&text) {
                Ok(instant) if reads.what == What::Time => zone.push_rfc3339(instant, buffer),
                _ => buffer.push_str(&text),
            }
        }
        Ok(buffer)
    }

    /// The only value that a cell shows, as it is written, if it is one that is not text: a number or a
    /// boolean.
    pub fn only_plain(&self, column: usize) -> Option<&'r [u8]> {
        let reads = self.columns.get(column)?;
        let leaves = match reads.what {
            What::Values => self.leaves(reads).ok()?,
            _ => return None,
        };
        let only = leaves.first.filter(|_| leaves.others.is_empty())?;
        (!matches!(only.first(), Some(b'"' | b'{' | b'['))).then_some(only)
    }

    /// The instant that a column of them has.
    pub fn instant(&self, column: usize) -> Result<Option<Timestamp>, NotCanonical> {
        self.read(column, |text| Timestamp::parse_rfc3339(text).ok())
    }

    /// The number that a column of integers has, or that of the leaf.
    pub fn integer(&self, column: usize) -> Result<Option<i64>, NotCanonical> {
        match self.columns.get(column).map(|reads| reads.what) {
            Some(What::Index) => i64::try_from(self.index)
                .map(Some)
                .map_err(|_| NotCanonical),
            _ => self.read(column, |text| text.parse().ok()),
        }
    }

    /// Reads the only value of a column, which must be there as such or not at all.
    fn read<T>(
        &self,
        column: usize,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, NotCanonical> {
        let Some(reads) = self.columns.get(column) else {
            return Ok(None);
        };
        let leaves = self.leaves(reads)?;
        match (leaves.first, &leaves.others[..]) {
            (None, _) => Ok(None),
            (Some(only), []) => {
                let text = text_of(reads.what, only)?;
                read(&text).map(Some).ok_or(NotCanonical)
            }
            _ => Err(NotCanonical),
        }
    }

    /// The text of a column's value for programs: of a string its text, of anything else its JSON
    /// text. Nothing where there is no value, or null.
    pub fn value_text<'b>(
        &self,
        column: usize,
        buffer: &'b mut String,
    ) -> Result<Option<&'b str>, NotCanonical>
    where
        'r: 'b,
    {
        let Some(reads) = self.columns.get(column) else {
            return Ok(None);
        };
        if matches!(reads.what, What::Values | What::Time) && !reads.is_list {
            let values = self.values(reads);
            if let (Some(only), [], false) = (values.first, &values.others[..], values.in_list) {
                return Ok(match scalar(only)? {
                    None if only == b"null" => None,
                    None => Some(utf8(only)?),
                    Some(Cow::Borrowed(text)) => Some(text),
                    Some(Cow::Owned(text)) => {
                        *buffer = text;
                        Some(buffer)
                    }
                });
            }
        }
        if reads.what == What::Parties && !reads.is_list {
            let text = self.text(column, &Zone::utc(), buffer)?;
            return Ok(Some(text).filter(|text| !text.is_empty()));
        }
        let mut json = std::mem::take(buffer).into_bytes();
        json.clear();
        let is_there = self.json(column, &mut json)?;
        *buffer = String::from_utf8(json).map_err(|_| NotCanonical)?;
        Ok(is_there.then_some(buffer))
    }

    /// Appends a column's value as JSON, as it is in the event: instants in UTC, several values as an
    /// array, also where a list happens to have one. Says whether there is a value.
    pub fn json(&self, column: usize, out: &mut Vec<u8>) -> Result<bool, NotCanonical> {
        let Some(reads) = self.columns.get(column) else {
            return Ok(false);
        };
        if reads.what == What::Index {
            canonical::write_u64(self.index, out);
            return Ok(true);
        }
        let values = match reads.what {
            What::Parties => self.parties(reads)?,
            _ => self.values(reads),
        };
        let Some(first) = values.first else {
            return Ok(false);
        };
        if !(reads.is_list || values.in_list) && values.others.is_empty() {
            out.extend_from_slice(first);
            return Ok(true);
        }
        for (at, value) in values.iter().enumerate() {
            out.push(if at == 0 { b'[' } else { b',' });
            out.extend_from_slice(value);
        }
        out.push(b']');
        Ok(true)
    }

    /// The value of a member that columns stand in.
    fn member(&self, member: usize) -> Option<&'r [u8]> {
        let (start, end) = (*self.places.get(member)?)?;
        self.canonical.get(start..end)
    }

    /// The values at the end of a column's paths, as they are.
    fn values(&self, reads: &Reads) -> Values<'r> {
        let mut values = Values::default();
        for path in &reads.paths {
            if let Some(value) = self.member(path.member) {
                walk(value, &path.keys, MAX_DEPTH, false, &mut values);
            }
        }
        values
    }

    /// What a cell shows one after the other.
    fn leaves(&self, reads: &Reads) -> Result<Values<'r>, NotCanonical> {
        match reads.what {
            What::Index => Ok(Values::default()),
            What::Parties => self.parties(reads),
            What::Members => Ok(self.values(reads)),
            What::Time | What::Values => {
                let values = self.values(reads);
                if values.iter().all(is_text) {
                    return Ok(values);
                }
                let mut leaves = Values::default();
                for value in values.iter() {
                    leaf(value, reads.what, MAX_DEPTH, &mut leaves);
                }
                Ok(leaves)
            }
        }
    }

    /// What parties are known by: sorted by its text, each once.
    fn parties(&self, reads: &Reads) -> Result<Values<'r>, NotCanonical> {
        let mut found = Values::default();
        for known_by in reads.paths.chunk_by(|a, b| a.member == b.member) {
            let place = known_by.first().and_then(|path| self.member(path.member));
            let mut party = |party| {
                let mut known_by = known_by.iter();
                let shown = known_by.find_map(|path| first_text(party, &path.keys, MAX_DEPTH));
                shown.into_iter().for_each(|shown| found.add(shown));
            };
            match place {
                Some(there) if there.first() == Some(&b'[') => items(there).for_each(party),
                Some(there) => party(there),
                None => {}
            }
        }
        if found.others.is_empty() {
            return Ok(found);
        }
        let texts = found
            .iter()
            .map(|value| Ok((text_of(What::Parties, value)?, value)));
        let mut texts = texts.collect::<Result<Vec<_>, NotCanonical>>()?;
        texts.sort_unstable();
        texts.dedup_by(|a, b| a.0 == b.0);
        let mut sorted = Values::default();
        texts.iter().for_each(|(_, value)| sorted.add(value));
        Ok(sorted)
    }
}

/// Adds the values at a path; lists on the way are stepped through.
fn walk<'r>(
    value: &'r [u8],
    keys: &[Vec<u8>],
    depth: usize,
    in_list: bool,
    found: &mut Values<'r>,
) {
    let (Some((key, rest)), Some(below)) = (keys.split_first(), depth.checked_sub(1)) else {
        if keys.is_empty() {
            found.add(value);
            found.in_list |= in_list;
        }
        return;
    };
    if value.first() == Some(&b'[') {
        items(value).for_each(|item| walk(item, keys, below, true, found));
    } else if let Some(member) = members(value).find(|member| member.name == key) {
        walk(member.value, rest, below, in_list, found);
    }
}

/// Adds what a cell shows of a value: each item of a list, an object where the column is not of
/// instants, and no null.
fn leaf<'r>(value: &'r [u8], what: What, depth: usize, found: &mut Values<'r>) {
    match (value.first(), depth.checked_sub(1)) {
        (Some(b'['), Some(below)) => {
            items(value).for_each(|item| leaf(item, what, below, found));
        }
        (None | Some(b'[' | b'n'), _) => {}
        (Some(b'{'), _) if what == What::Time => {}
        _ => found.add(value),
    }
}

/// The first text at a path that is not empty.
fn first_text<'r>(value: &'r [u8], keys: &[Vec<u8>], depth: usize) -> Option<&'r [u8]> {
    let below = depth.checked_sub(1)?;
    if value.first() == Some(&b'[') {
        return items(value).find_map(|item| first_text(item, keys, below));
    }
    match keys.split_first() {
        None => (!matches!(value, b"\"\"" | [] | [b'{' | b'n', ..])).then_some(value),
        Some((key, rest)) => members(value)
            .find(|member| member.name == key)
            .and_then(|member| first_text(member.value, rest, below)),
    }
}

fn is_text(value: &[u8]) -> bool {
    value.first() == Some(&b'"')
}

/// What a leaf shows: of a scalar its text, but members as they are.
fn text_of(what: What, leaf: &[u8]) -> Result<Cow<'_, str>, NotCanonical> {
    if what != What::Members
        && let Some(text) = scalar(leaf)?
    {
        return Ok(text);
    }
    utf8(leaf).map(Cow::Borrowed)
}

/// The text of a scalar; nothing of what is none.
fn scalar(value: &[u8]) -> Result<Option<Cow<'_, str>>, NotCanonical> {
    match value.first() {
        Some(b'{' | b'[' | b'n') => Ok(None),
        _ => scalar_text(value).map(Some).ok_or(NotCanonical),
    }
}

fn utf8(text: &[u8]) -> Result<&str, NotCanonical> {
    std::str::from_utf8(text).map_err(|_| NotCanonical)
}
