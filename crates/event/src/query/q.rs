//! `q`: the query as one line of text, as people type it.
//!
//! ```text
//! q      = terms between white space
//! term   = ["-"] field ":" value      the field's values are, or are not, this
//!        | '"' text '"'               its words, one just after the other
//!        | text                       each of its words
//! field  = a known field; "\ " and '\"' stand for a space and a quote in a key
//! value  = parts, some in '"'; "*" is any run of characters, white space ends what is not in quotes;
//!          in quotes '\"', '\\' and '\*' stand for '"', '\' and '*' themselves
//! ```
//!
//! It must hold that any text within the bounds is a query: what is no field, or has no value, is text, and a quote
//! that is still open ends with the text. Only what would be answered wrongly is refused: a field
//! that cannot be asked for, or not by a pattern. The last word outside of closed quotes may be the
//! beginning of a word, so that answers follow the typing.

use super::condition::Condition;
use super::field::Field;
use super::text::{self, Phrase, Word};
use super::{Aliases, Pattern, QueryError, filter};

/// The longest text, in bytes.
pub const MAX_Q_BYTES: usize = 2048;
/// Most words of a text, in quotes or not. Each is looked for in all texts of an event.
pub const MAX_Q_WORDS: usize = 64;

const PARAMETER: &str = "q";

/// What a text asks for.
pub(super) fn parse(text: &str, aliases: Aliases<'_>) -> Result<Condition, QueryError> {
    if text::words(text).nth(MAX_Q_WORDS).is_some() {
        let message = format!("there are too many words: give at most {MAX_Q_WORDS}");
        return Err(QueryError::new("too_many_words", PARAMETER, message));
    }
    let mut conditions = Vec::new();
    let mut last_word = None;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let after = match field_term(rest)? {
            Some((term, after)) => {
                conditions.push(term.condition(aliases)?);
                after
            }
            None => match rest.strip_prefix('"') {
                Some(quoted) => {
                    let quoted = Quoted::read(quoted);
                    let phrase = phrase(&quoted);
                    if phrase.is_some() && !quoted.is_closed {
                        conditions.extend(last_word.take().map(Condition::Word));
                    }
                    conditions.extend(phrase);
                    quoted.after
                }
                None => {
                    let end = rest.find(|c: char| c.is_whitespace() || c == '"');
                    let (plain, after) = rest.split_at(end.unwrap_or(rest.len()));
                    for word in text::words(plain) {
                        let is_prefix = false;
                        let word = Word {
                            text: word,
                            is_prefix,
                        };
                        conditions.extend(last_word.replace(word).map(Condition::Word));
                    }
                    after
                }
            },
        };
        rest = after.trim_start();
    }
    conditions.extend(last_word.map(|word| {
        let is_prefix = true;
        Condition::Word(Word { is_prefix, ..word })
    }));
    Ok(Condition::all(conditions))
}

/// A text in quotes, from behind the first.
struct Quoted<'t> {
    /// What stands between its stars.
    parts: Vec<String>,
    /// Its second quote is there.
    is_closed: bool,
    after: &'t str,
}

impl<'t> Quoted<'t> {
    fn read(text: &'t str) -> Self {
        let mut parts = Vec::new();
        let mut part = String::new();
        let mut chars = text.char_indices().peekable();
        let mut end = None;
        while let Some((at, c)) = chars.next() {
            match (c, chars.peek()) {
                ('"', _) => {
                    end = Some(at);
                    break;
                }
                ('*', _) => parts.push(std::mem::take(&mut part)),
                ('\\', Some(&(_, escaped @ ('"' | '\\' | '*')))) => {
                    chars.next();
                    part.push(escaped);
                }
                (c, _) => part.push(c),
            }
        }
        parts.push(part);
        Self {
            parts,
            is_closed: end.is_some(),
            after: end.map_or("", |end| &text[end + 1..]),
        }
    }
}

/// The words of a text in quotes, next to each other.
fn phrase(quoted: &Quoted<'_>) -> Option<Condition> {
    let texts = quoted.parts.iter().flat_map(|part| text::words(part));
    let mut words: Vec<Word> = texts
        .map(|text| Word {
            text,
            is_prefix: false,
        })
        .collect();
    if let Some(last) = words.last_mut() {
        last.is_prefix = !quoted.is_closed;
    }
    match words.len() {
        0 | 1 => words.pop().map(Condition::Word),
        _ => Some(Condition::Phrase(Phrase { words })),
    }
}

/// `field:value`, understood but for what its names mean.
struct FieldTerm {
    is_negated: bool,
    field: Field,
    /// What stands between the stars of the value.
    parts: Vec<String>,
}

impl FieldTerm {
    fn condition(self, aliases: Aliases<'_>) -> Result<Condition, QueryError> {
        let condition = match self.parts.as_slice() {
            [value] => filter::is(PARAMETER, self.field, value, aliases)?,
            _ if self.field.is_exact_only() => {
                let message = format!(
                    "{} takes whole values only: write it out, without *",
                    self.field.name()
                );
                return Err(QueryError::new("exact_only", PARAMETER, message));
            }
            _ => Condition::like(self.field, Pattern::of_parts(self.parts)),
        };
        Ok(match self.is_negated {
            true => condition.negated(),
            false => condition,
        })
    }
}

/// The field and value that a text begins with, if it does, and what follows them.
fn field_term(text: &str) -> Result<Option<(FieldTerm, &str)>, QueryError> {
    let (is_negated, positive) = match text.strip_prefix('-') {
        Some(positive) => (true, positive),
        None => (false, text),
    };
    let Some((path, value)) = path(positive) else {
        return Ok(None);
    };
    let field = match Field::parse(PARAMETER, &path) {
        Ok(field) => field,
        Err(error) if error.code == "not_indexed" => return Err(error),
        Err(_) => return Ok(None),
    };
    let Some((parts, after)) = value_parts(value) else {
        return Ok(None);
    };
    let term = FieldTerm {
        is_negated,
        field,
        parts,
    };
    Ok(Some((term, after)))
}

/// A path that a colon ends, and what follows the colon.
fn path(text: &str) -> Option<(String, &str)> {
    let mut path = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ':' => return Some((path, &text[at + 1..])),
            '\\' => match chars.next()?.1 {
                escaped if escaped.is_whitespace() || escaped == '"' => path.push(escaped),
                escaped => path.extend(['\\', escaped]),
            },
            c if c.is_whitespace() || c == '"' => return None,
            c => path.push(c),
        }
    }
    None
}

/// What stands between the stars of the value that a text begins with, and what follows the value;
/// `None` if there is no value, not even an empty one in quotes.
fn value_parts(text: &str) -> Option<(Vec<String>, &str)> {
    let mut parts = vec![String::new()];
    let mut rest = text;
    while let Some(c) = rest.chars().next().filter(|c| !c.is_whitespace()) {
        let after = &rest[c.len_utf8()..];
        let last = parts.last_mut()?;
        rest = match c {
            '"' => {
                let quoted = Quoted::read(after);
                let mut quoted_parts = quoted.parts.into_iter();
                last.extend(quoted_parts.next());
                parts.extend(quoted_parts);
                quoted.after
            }
            '*' => {
                parts.push(String::new());
                after
            }
            c => {
                last.push(c);
                after
            }
        };
    }
    (rest.len() < text.len()).then_some((parts, rest))
}
