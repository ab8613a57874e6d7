//! The parser: recursive descent over text that is known to be UTF-8.
//!
//! Constraints:
//!
//! - The text is validated as UTF-8 once, as a whole; everything after that slices a `str`.
//! - The items of an array and the members of an object gather on two stacks that all levels
//!   share, and leave them in one allocation of the exact size when their container ends. A level
//!   always leaves the stacks as it found them, or the parse fails.
//! - Errors carry no pointer until they occur: each level adds its token on the way out.

use std::borrow::Cow;

use super::error::Fault;
use super::{Json, JsonError, JsonErrorKind, MAX_SAFE_INTEGER, Members, order, scan, shown};

/// The deepest nesting that a caller can ask for, in levels: it bounds the parser's recursion.
const MAX_RECURSION: usize = 512;
/// From here on RFC 8785 writes numbers with an exponent, which reads as a double again.
const FIRST_EXPONENT_FORM: f64 = 1e21;
/// Integer literals of at most this many digits cannot overflow an `i64`.
const MAX_I64_DIGITS: usize = 18;

/// How many members an event usually has while its last object ends: room is made for them at once.
const USUAL_MEMBERS: usize = 24;
/// A member takes at least about so many bytes of text.
const BYTES_PER_MEMBER: usize = 16;

const VALUE: &str = "a JSON value";
const HEX: &str = "four hexadecimal digits";

/// Parses one JSON value that fills the whole text, but for white space around it.
///
/// `max_depth` is the number of levels that arrays and objects may nest (never more than 512 are
/// allowed); [`super::MAX_DEPTH`] is what events may have.
pub fn parse(text: &[u8], max_depth: usize) -> Result<Json<'_>, JsonError> {
    match std::str::from_utf8(text) {
        Ok(text) => Parser::new(text, max_depth).document(),
        Err(error) => {
            let valid = text.get(..error.valid_up_to()).unwrap_or_default();
            Err(refuse_invalid_utf8(valid, max_depth))
        }
    }
    .map_err(Fault::into_error)
}

/// The error for a text that is UTF-8 only up to `valid`: parsing the valid part finds the pointer
/// of the value that the bad bytes are in, unless there is an error before them.
#[cold]
fn refuse_invalid_utf8(valid: &[u8], max_depth: usize) -> Fault {
    let end = valid.len();
    let prefix = std::str::from_utf8(valid).unwrap_or_default();
    match Parser::new(prefix, max_depth).document() {
        Err(fault) if !fault.is_end() => fault,
        Err(fault) => fault.because(JsonErrorKind::InvalidUtf8).at(end),
        Ok(_) => Fault::new(JsonErrorKind::InvalidUtf8, end),
    }
}

/// Reads the string literal that `token` is, quotes included.
pub(super) fn string_literal(token: &[u8]) -> Result<Cow<'_, str>, JsonError> {
    match parse(token, 0)? {
        Json::String(text) => Ok(text),
        _ => Err(JsonError {
            kind: JsonErrorKind::UnexpectedEnd {
                expected: "a string",
            },
            pointer: String::new(),
            offset: 0,
        }),
    }
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    max_depth: usize,
    items: Vec<Json<'a>>,
    members: Members<'a>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, max_depth: usize) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            max_depth: max_depth.min(MAX_RECURSION),
            items: Vec::new(),
            members: Vec::with_capacity((text.len() / BYTES_PER_MEMBER).min(USUAL_MEMBERS)),
        }
    }

    fn document(&mut self) -> Result<Json<'a>, Fault> {
        self.skip_space();
        let value = self.value(1)?;
        self.skip_space();
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(self.unexpected("the end of the text")),
        }
    }

    /// Parses the value that begins here; an array or object would be at `level`.
    fn value(&mut self, level: usize) -> Result<Json<'a>, Fault> {
        match self.peek() {
            Some(b'"') => Ok(Json::String(self.string()?)),
            Some(b'{') => self.object(level),
            Some(b'[') => self.array(level),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal("true", Json::Bool(true)),
            Some(b'f') => self.literal("false", Json::Bool(false)),
            Some(b'n') => self.literal("null", Json::Null),
            _ => Err(self.unexpected(VALUE)),
        }
    }

    fn array(&mut self, level: usize) -> Result<Json<'a>, Fault> {
        self.enter(level)?;
        if self.closes(b']') {
            return Ok(Json::Array(Vec::new()));
        }
        let base = self.items.len();
        loop {
            let index = self.items.len() - base;
            match self.value(level + 1) {
                Ok(item) => self.items.push(item),
                Err(fault) => return Err(fault.within(index.to_string())),
            }
            if !self.continues(b']', "',' or ']' after an array item")? {
                return Ok(Json::Array(gathered(&mut self.items, base)));
            }
        }
    }

    fn object(&mut self, level: usize) -> Result<Json<'a>, Fault> {
        let start = self.at;
        self.enter(level)?;
        if self.closes(b'}') {
            return Ok(Json::Object(Vec::new()));
        }
        let base = self.members.len();
        loop {
            let name = self.member_name()?;
            match self.value(level + 1) {
                Ok(value) => self.members.push((name, value)),
                Err(fault) => return Err(fault.within(name.into_owned())),
            }
            if !self.continues(b'}', "',' or '}' after a member")? {
                break;
            }
        }
        let mut members = gathered(&mut self.members, base);
        match order::sort_members(&mut members) {
            Ok(()) => Ok(Json::Object(members)),
            Err(name) => Err(self.duplicate(start, level, name)),
        }
    }

    /// A member's name and the colon after it.
    #[inline(always)]
    fn member_name(&mut self) -> Result<Cow<'a, str>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a member name in quotes"));
        }
        let name = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self
                .unexpected("':' after a member name")
                .within(name.into_owned()));
        }
        self.at += 1;
        self.skip_space();
        Ok(name)
    }

    /// The error for an object that has `name` twice, pointing at the second. Sorting lost the
    /// place, so the object is read once more: it is well-formed, and the parse ends with this.
    #[cold]
    fn duplicate(&mut self, start: usize, level: usize, name: String) -> Fault {
        self.at = start + 1;
        self.skip_space();
        let mut seen = 0;
        let mut place = start;
        while seen < 2 {
            place = self.at;
            match self.member_name() {
                Ok(member) if member == name => seen += 1,
                Ok(_) => {}
                Err(_) => break,
            }
            let next = self
                .value(level + 1)
                .and_then(|_| self.continues(b'}', VALUE));
            if !matches!(next, Ok(true)) {
                break;
            }
        }
        let kind = JsonErrorKind::DuplicateName { name: shown(&name) };
        Fault::new(kind, place).within(name)
    }

    /// Steps over an opening bracket at `level`, and the space after it.
    fn enter(&mut self, level: usize) -> Result<(), Fault> {
        if level > self.max_depth {
            let max = self.max_depth;
            return Err(Fault::new(JsonErrorKind::TooDeep { max }, self.at));
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn closes(&mut self, bracket: u8) -> bool {
        let closes = self.peek() == Some(bracket);
        self.at += usize::from(closes);
        closes
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

    fn literal(&mut self, word: &'static str, value: Json<'a>) -> Result<Json<'a>, Fault> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.unexpected(word));
            }
            self.at += 1;
        }
        Ok(value)
    }

    #[inline(always)]
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.at += 1;
        let start = self.at;
        self.skip_plain();
        if self.peek() == Some(b'"') {
            let text = self.slice(start);
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        self.escaped_string(start)
    }

    /// The rest of a string that is not plain to its end.
    #[cold]
    fn escaped_string(&mut self, start: usize) -> Result<Cow<'a, str>, Fault> {
        let mut text = self.slice(start).to_owned();
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(byte) if byte < 0x20 => {
                    return Err(Fault::new(
                        JsonErrorKind::ControlCharacter { byte },
                        self.at,
                    ));
                }
                Some(_) => {
                    let run = self.at;
                    self.skip_plain();
                    text.push_str(self.slice(run));
                }
                None => return Err(self.unexpected("'\"' at the end of a string")),
            }
        }
    }

    /// One escape sequence, from its backslash.
    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        self.at += 1;
        let c = match self.peek() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape(start);
            }
            _ => return Err(self.unexpected("one of \" \\ / b f n r t u after a backslash")),
        };
        self.at += 1;
        Ok(c)
    }

    /// What `\u` and its digits stand for; a leading surrogate takes the trailing one with it.
    fn unicode_escape(&mut self, start: usize) -> Result<char, Fault> {
        let unit = self.hex4()?;
        let lone = || Fault::new(JsonErrorKind::LoneSurrogate { unit }, start);
        if let Some(c) = char::from_u32(u32::from(unit)) {
            return Ok(c);
        }
        if unit >= 0xDC00 || !self.bytes[self.at..].starts_with(b"\\u") {
            return Err(lone());
        }
        self.at += 2;
        let trail = self.hex4()?;
        match char::decode_utf16([unit, trail]).next() {
            Some(Ok(c)) => Ok(c),
            _ => Err(lone()),
        }
    }

    fn hex4(&mut self) -> Result<u16, Fault> {
        let mut unit = 0;
        for _ in 0..4 {
            let digit = match self.peek() {
                Some(byte @ b'0'..=b'9') => byte - b'0',
                Some(byte @ b'a'..=b'f') => byte - b'a' + 10,
                Some(byte @ b'A'..=b'F') => byte - b'A' + 10,
                _ => return Err(self.unexpected(HEX)),
            };
            unit = unit << 4 | u16::from(digit);
            self.at += 1;
        }
        Ok(unit)
    }

    fn number(&mut self) -> Result<Json<'a>, Fault> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading = self.peek();
        let digits = self.digits("a digit")?;
        if leading == Some(b'0') && digits > 1 {
            return Err(Fault::new(JsonErrorKind::LeadingZero, start));
        }
        if !matches!(self.peek(), Some(b'.' | b'e' | b'E')) {
            return self.integer(start, digits);
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("a digit after the decimal point")?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits("a digit in the exponent")?;
        }
        // The grammar above is a part of what `f64` accepts.
        match self.slice(start).parse::<f64>() {
            Ok(number) => faithful(number).map_err(|kind| Fault::new(kind, start)),
            Err(_) => Err(Fault::new(JsonErrorKind::NumberOverflow, start)),
        }
    }

    fn integer(&self, start: usize, digits: usize) -> Result<Json<'a>, Fault> {
        let number = match self.slice(start).parse::<i64>() {
            Ok(number) if digits <= MAX_I64_DIGITS => number,
            _ => i64::MAX,
        };
        if (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&number) {
            Ok(Json::Int(number))
        } else {
            Err(Fault::new(JsonErrorKind::IntegerOutOfRange, start))
        }
    }

    /// Steps over at least one digit; how many there were.
    fn digits(&mut self, expected: &'static str) -> Result<usize, Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        match self.at - start {
            0 => Err(self.unexpected(expected)),
            count => Ok(count),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The text from `start` to here. Both are beside ASCII bytes, so they split no character.
    fn slice(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn skip_plain(&mut self) {
        self.at += scan::plain_run(&self.bytes[self.at..]);
    }

    #[cold]
    fn unexpected(&self, expected: &'static str) -> Fault {
        let kind = match self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next())
        {
            Some(found) => JsonErrorKind::Unexpected { expected, found },
            None => JsonErrorKind::UnexpectedEnd { expected },
        };
        Fault::new(kind, self.at)
    }
}

/// Takes what lies on a stack above `base`, in one allocation of the exact size.
fn gathered<T>(stack: &mut Vec<T>, base: usize) -> Vec<T> {
    if base > 0 {
        return stack.split_off(base);
    }
    // The stack keeps what it has allocated: `split_off` would give that away.
    let mut all = Vec::with_capacity(stack.len());
    all.append(stack);
    all
}

/// The value of a literal with a fraction or exponent: an integer where its canonical form is one.
fn faithful<'a>(number: f64) -> Result<Json<'a>, JsonErrorKind> {
    const BOUND: f64 = MAX_SAFE_INTEGER as f64;
    let size = number.abs();
    if !number.is_finite() {
        Err(JsonErrorKind::NumberOverflow)
    } else if size > BOUND {
        if size < FIRST_EXPONENT_FORM {
            return Err(JsonErrorKind::IntegerOutOfRange);
        }
        Ok(Json::Float(number))
    } else if number.trunc() == number {
        Ok(Json::Int(number as i64))
    } else {
        Ok(Json::Float(number))
    }
}
