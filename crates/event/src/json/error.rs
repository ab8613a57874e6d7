//! Why a text is refused, and where: the kind, an RFC 6901 pointer and a byte offset.
//!
//! Messages repeat at most [`MAX_SHOWN_CHARS`] characters of what came, and never a number or a
//! string value: those may be secrets. Member names are shown; the pointer has them anyway.

use std::fmt;

/// How much of a text a message repeats.
const MAX_SHOWN_CHARS: usize = 64;

/// A text that is not acceptable JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// The value in which it is wrong, as an RFC 6901 pointer; empty for the whole text.
    pub pointer: String,
    /// Where in the text, in bytes from its start.
    pub offset: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// The text ends too early.
    UnexpectedEnd {
        /// What should have come.
        expected: &'static str,
    },
    /// Something else came than the grammar allows.
    Unexpected {
        /// What should have come.
        expected: &'static str,
        /// The character that came.
        found: char,
    },
    /// A control character stands unescaped in a string.
    ControlCharacter {
        /// Its byte.
        byte: u8,
    },
    /// Half of a UTF-16 surrogate pair is escaped without the other half.
    LoneSurrogate {
        /// The code unit.
        unit: u16,
    },
    /// Two members of an object have the same name.
    DuplicateName {
        /// The name, unescaped and shortened.
        name: String,
    },
    /// A number has a zero before other digits.
    LeadingZero,
    /// A number is too large for a double.
    NumberOverflow,
    /// A number is, or would be written as, an integer beyond ±(2^53−1).
    IntegerOutOfRange,
    /// Values are nested too deeply.
    TooDeep {
        /// The levels allowed.
        max: usize,
    },
    /// The body is an array rather than an object.
    BareArray,
    /// `events` is no array.
    EventsNotArray,
    /// Members stand beside `events`.
    BesideEvents {
        /// Their names, shortened, the first few.
        names: Vec<String>,
    },
    /// A batch has too many events.
    TooManyEvents {
        /// The number allowed.
        max: usize,
    },
}

impl JsonErrorKind {
    /// A stable name of the kind, for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidUtf8 => "invalid_utf8",
            Self::LoneSurrogate { .. } => "lone_surrogate",
            Self::DuplicateName { .. } => "duplicate_key",
            Self::NumberOverflow | Self::IntegerOutOfRange => "number_out_of_range",
            Self::TooDeep { .. } => "too_deep",
            Self::TooManyEvents { .. } => "too_many_events",
            Self::BareArray | Self::EventsNotArray | Self::BesideEvents { .. } => "invalid_batch",
            Self::UnexpectedEnd { .. }
            | Self::Unexpected { .. }
            | Self::ControlCharacter { .. }
            | Self::LeadingZero => "invalid_json",
        }
    }
}

impl fmt::Display for JsonErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidUtf8 => write!(
                f,
                "expected UTF-8, found bytes that are not: send JSON as UTF-8"
            ),
            Self::UnexpectedEnd { expected } => {
                write!(f, "expected {expected}, found the end of the text")
            }
            Self::Unexpected { expected, found } => {
                write!(f, "expected {expected}, found {found:?}")
            }
            Self::ControlCharacter { byte } => write!(
                f,
                "expected control characters in strings to be escaped, found byte 0x{byte:02x}: write it as \\u{byte:04x}"
            ),
            Self::LoneSurrogate { unit } => write!(
                f,
                "expected a surrogate pair, found \\u{unit:04x} alone: it is no character, remove or replace it"
            ),
            Self::DuplicateName { name } => write!(
                f,
                "expected every member name once, found {name:?} again: keep one of them"
            ),
            Self::LeadingZero => write!(
                f,
                "expected a number without leading zeros, found a digit after 0: remove the zeros"
            ),
            Self::NumberOverflow => write!(
                f,
                "expected a number that a double can hold, found a larger one: send it as a string"
            ),
            Self::IntegerOutOfRange => write!(
                f,
                "expected an integer within ±9007199254740991, found one beyond, which doubles would round: send it as a string"
            ),
            Self::TooDeep { max } => write!(
                f,
                "expected at most {max} levels of nesting, found more: flatten the value or send it as a string"
            ),
            Self::BareArray => write!(
                f,
                "expected an object, found an array: wrap it as {{\"events\": [...]}}"
            ),
            Self::EventsNotArray => write!(
                f,
                "expected \"events\" to be an array of events: wrap a single event in [ ]"
            ),
            Self::BesideEvents { names } => write!(
                f,
                "expected nothing beside \"events\", found {names:?}: put such members into each event"
            ),
            Self::TooManyEvents { max } => write!(
                f,
                "expected at most {max} events in a request, found more: send several requests"
            ),
        }
    }
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (byte {})", self.kind, self.offset)
    }
}

impl std::error::Error for JsonError {}

/// An error on its way out of nested values; each level adds its token.
pub(super) struct Fault(Box<FaultParts>);

struct FaultParts {
    kind: JsonErrorKind,
    offset: usize,
    /// Tokens from the innermost to the outermost.
    tokens: Vec<String>,
}

impl Fault {
    #[cold]
    pub(super) fn new(kind: JsonErrorKind, offset: usize) -> Self {
        Self(Box::new(FaultParts {
            kind,
            offset,
            tokens: Vec::new(),
        }))
    }

    /// The same error, seen from the value around it.
    #[cold]
    pub(super) fn within(mut self, token: String) -> Self {
        self.0.tokens.push(token);
        self
    }

    pub(super) fn is_end(&self) -> bool {
        matches!(self.0.kind, JsonErrorKind::UnexpectedEnd { .. })
    }

    /// The same place, another reason.
    pub(super) fn because(mut self, kind: JsonErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error, at another offset.
    pub(super) fn at(mut self, offset: usize) -> Self {
        self.0.offset = offset;
        self
    }

    pub(super) fn into_error(self) -> JsonError {
        let mut pointer = String::new();
        for token in self.0.tokens.iter().rev() {
            push_token(&mut pointer, token);
        }
        JsonError {
            kind: self.0.kind,
            pointer,
            offset: self.0.offset,
        }
    }
}

/// Appends one reference token to an RFC 6901 pointer.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for c in token.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(c),
        }
    }
}

/// The text as messages show it: at most [`MAX_SHOWN_CHARS`] characters.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
