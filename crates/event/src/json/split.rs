//! A request's body cut into the texts of its events, without a tree for all of them at once.
//!
//! Every slice is parsed strictly afterwards, so the scanner here only has to find where values
//! end: it knows strings and brackets, and leaves the rest to the parser. Constraints:
//!
//! - One pass, no recursion; open brackets are kept as bits of a fixed size.
//! - It never mis-splits: brackets must match in kind, and between two events stands nothing but a
//!   comma. So if every slice is a JSON value, the body is JSON and these are its events.

use super::error::Fault;
use super::{JsonError, JsonErrorKind, parse, push_token, scan, shown};

/// Events in one request.
pub const MAX_BATCH_EVENTS: usize = 10_000;

/// Levels that the scanner follows. Far more than an event may have, so that one event that is too
/// deep is refused at its own place rather than with its whole batch.
const MAX_SCAN_DEPTH: usize = 1024;
/// How many names of members beside `events` an error lists.
const MAX_NAMES_SHOWN: usize = 8;

const EVENTS: &str = "events";
const COLON: &str = "':' after a member name";

/// What the body of a request holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// One event: the whole text.
    One(&'a [u8]),
    /// The texts of the items of `{"events": [...]}`, in order.
    Many(Vec<&'a [u8]>),
}

/// Cuts a JSON body: an object whose only member is `events` is a batch, any other object is one
/// event. An array is refused with the advice to wrap it.
///
/// Text that is malformed before a member `events` has been seen is returned as one event: the
/// parser says precisely what is wrong with it.
pub fn envelope(text: &[u8]) -> Result<Body<'_>, JsonError> {
    let mut scanner = Scanner { bytes: text, at: 0 };
    scanner.skip_space();
    match scanner.peek() {
        Some(b'[') => Err(refuse(JsonErrorKind::BareArray, "", scanner.at)),
        Some(b'{') => {
            let mut seen = Seen::default();
            match scanner.object(&mut seen) {
                Err(error) if seen.events.is_some() => Err(error.into_error()),
                Err(_) => Ok(Body::One(text)),
                Ok(()) => body(text, seen),
            }
        }
        _ => Ok(Body::One(text)),
    }
}

/// Cuts newline-delimited JSON: lines end with `\n` or `\r\n`, the last one may end without;
/// lines of white space only are skipped.
pub fn ndjson_lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(text);
    let lines = std::iter::from_fn(move || {
        let text = rest?;
        match memchr::memchr(b'\n', text).and_then(|end| text.split_at_checked(end)) {
            Some((line, after)) => {
                rest = after.get(1..);
                Some(line)
            }
            None => rest.take(),
        }
    });
    lines
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')))
}

/// What the members of the outermost object turned out to be.
#[derive(Default)]
struct Seen<'a> {
    /// The value of `events` and where it begins; no items if it is no array.
    events: Option<(Option<Vec<&'a [u8]>>, usize)>,
    /// The first other members: name and place.
    others: Vec<(String, usize)>,
}

fn body<'a>(text: &'a [u8], seen: Seen<'a>) -> Result<Body<'a>, JsonError> {
    let Some((events, start)) = seen.events else {
        return Ok(Body::One(text));
    };
    if let Some((first, offset)) = seen.others.first() {
        let names = seen.others.iter().map(|(name, _)| shown(name)).collect();
        return Err(refuse(
            JsonErrorKind::BesideEvents { names },
            first,
            *offset,
        ));
    }
    match events {
        Some(events) => Ok(Body::Many(events)),
        None => Err(refuse(JsonErrorKind::EventsNotArray, EVENTS, start)),
    }
}

fn refuse(kind: JsonErrorKind, member: &str, offset: usize) -> JsonError {
    let mut pointer = String::new();
    if !member.is_empty() {
        push_token(&mut pointer, member);
    }
    JsonError {
        kind,
        pointer,
        offset,
    }
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    /// Steps over the outermost object, noting its members, and demands the end of the text.
    fn object(&mut self, seen: &mut Seen<'a>) -> Result<(), Fault> {
        self.at += 1;
        self.skip_space();
        if self.peek() != Some(b'}') {
            loop {
                self.member(seen)?;
                if !self.continues(b'}', "',' or '}' after a member")? {
                    break;
                }
            }
        } else {
            self.at += 1;
        }
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected("the end of the text")),
        }
    }

    fn member(&mut self, seen: &mut Seen<'a>) -> Result<(), Fault> {
        let offset = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a member name in quotes"));
        }
        self.string()?;
        let name = parse::string_literal(&self.bytes[offset..self.at])
            .map_err(|error| Fault::new(error.kind, offset + error.offset))?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected(COLON));
        }
        self.at += 1;
        self.skip_space();
        let start = self.at;
        if name != EVENTS {
            if seen.others.len() < MAX_NAMES_SHOWN {
                seen.others.push((name.into_owned(), offset));
            }
            return self.value();
        }
        if seen.events.is_some() {
            let kind = JsonErrorKind::DuplicateName {
                name: EVENTS.to_owned(),
            };
            return Err(Fault::new(kind, offset).within(EVENTS.to_owned()));
        }
        // Noted before its end is known: errors from here on are those of a batch.
        seen.events = Some((None, start));
        if self.peek() != Some(b'[') {
            return self.value();
        }
        let items = self
            .items()
            .map_err(|fault| fault.within(EVENTS.to_owned()))?;
        seen.events = Some((Some(items), start));
        Ok(())
    }

    /// The items of the array that begins here, as slices.
    fn items(&mut self) -> Result<Vec<&'a [u8]>, Fault> {
        let mut items = Vec::new();
        self.at += 1;
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(items);
        }
        loop {
            if items.len() == MAX_BATCH_EVENTS {
                let max = MAX_BATCH_EVENTS;
                return Err(Fault::new(JsonErrorKind::TooManyEvents { max }, self.at));
            }
            let start = self.at;
            self.value()
                .map_err(|fault| fault.within(items.len().to_string()))?;
            items.push(&self.bytes[start..self.at]);
            if !self.continues(b']', "',' or ']' after an event")? {
                return Ok(items);
            }
        }
    }

    /// Steps over one value: a string, balanced brackets, or a run of anything else.
    fn value(&mut self) -> Result<(), Fault> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.balanced(),
            _ => {
                while !matches!(
                    self.peek(),
                    None | Some(
                        b',' | b']' | b'}' | b'[' | b'{' | b'"' | b' ' | b'\n' | b'\r' | b'\t'
                    )
                ) {
                    self.at += 1;
                }
                if self.at == start {
                    return Err(self.unexpected("a JSON value"));
                }
                Ok(())
            }
        }
    }

    /// Steps over brackets and all that they hold.
    fn balanced(&mut self) -> Result<(), Fault> {
        let mut open = Brackets::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => open.push(byte == b'{').ok_or_else(|| {
                    let max = MAX_SCAN_DEPTH;
                    Fault::new(JsonErrorKind::TooDeep { max }, self.at)
                })?,
                b'}' | b']' => {
                    if open.pop() != (byte == b'}') {
                        return Err(self.unexpected("the bracket that closes the last one opened"));
                    }
                    if open.depth == 0 {
                        self.at += 1;
                        return Ok(());
                    }
                }
                _ => {}
            }
            self.at += 1;
        }
        Err(self.unexpected("closing brackets"))
    }

    /// Steps over a string, whatever its escapes.
    #[inline]
    fn string(&mut self) -> Result<(), Fault> {
        let mut at = self.at + 1;
        while let Some(rest) = self.bytes.get(at..) {
            at += scan::unquoted_run(rest);
            if self.bytes.get(at) == Some(&b'"') {
                self.at = at + 1;
                return Ok(());
            }
            // A backslash and what it escapes; or beyond the end.
            at += 2;
        }
        self.at = self.bytes.len();
        Err(self.unexpected("'\"' at the end of a string"))
    }

    /// After an item: whether a comma says that another one follows.
    fn continues(&mut self, bracket: u8, expected: &'static str) -> Result<bool, Fault> {
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.skip_space();
                Ok(true)
            }
            Some(found) if found == bracket => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.utf8_chunks().next();
        let kind = match found.map(|chunk| chunk.valid().chars().next()) {
            Some(Some(found)) => JsonErrorKind::Unexpected { expected, found },
            Some(None) => JsonErrorKind::InvalidUtf8,
            None => JsonErrorKind::UnexpectedEnd { expected },
        };
        Fault::new(kind, self.at)
    }
}

/// The open brackets, one bit each: set for an object.
struct Brackets {
    bits: [u64; MAX_SCAN_DEPTH / 64],
    depth: usize,
}

impl Default for Brackets {
    fn default() -> Self {
        Self {
            bits: [0; MAX_SCAN_DEPTH / 64],
            depth: 0,
        }
    }
}

impl Brackets {
    /// Nothing if there is no room for one more.
    fn push(&mut self, object: bool) -> Option<()> {
        let word = self.bits.get_mut(self.depth / 64)?;
        let bit = 1 << (self.depth % 64);
        *word = if object { *word | bit } else { *word & !bit };
        self.depth += 1;
        Some(())
    }

    /// Whether the last one opened was an object. Only called while one is open.
    fn pop(&mut self) -> bool {
        self.depth -= 1;
        self.bits[self.depth / 64] >> (self.depth % 64) & 1 == 1
    }
}
