//! Templates: how an event gets a description when its sender gave none.
//!
//! A template is a sentence with holes:
//!
//! - `{actor}` is filled with the first known of the paths it lists: `{target.name|target.id}`;
//! - `[role {target.name}|a role]` is filled with the first alternative whose holes are all known.
//!   What follows the last `|` is taken when none is; without a second alternative that is nothing.
//!
//! What must hold: a rendered sentence never has a gap in it. So only `{actor}` may stand outside
//! of brackets (an unknown actor is "Someone"), and the last alternative of brackets with several
//! has no holes. Values come from outside: each is cut to a bound and loses its control characters.

use std::borrow::Cow;

/// What is known of one event: the text at a path, if there is any.
pub type Lookup<'f, 'e> = &'f dyn Fn(&str) -> Option<Cow<'e, str>>;

/// A value longer than this is cut, with an ellipsis.
const MAX_VALUE_CHARS: usize = 200;

/// How much longer than its template a sentence usually is at most, in bytes.
const USUAL_VALUES_BYTES: usize = 32;

/// What an actor of whom nothing is known is called.
const UNKNOWN_ACTOR: &str = "Someone";

/// The path that is always filled.
const ACTOR: &str = "actor";

/// The paths that may be named beside `metadata.<key>`.
const RECORD_PATHS: [&str; 5] = [
    ACTOR,
    "target.name",
    "target.id",
    "target.type",
    "project_id",
];

/// Where metadata paths begin.
const METADATA: &str = "metadata.";

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Piece(Piece),
    /// The first alternative that is wholly known.
    Choice(Vec<Vec<Piece>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    /// The first path that is known.
    Hole(Vec<String>),
}

/// Why a template is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A bracket or brace has no partner.
    #[error("{0:?} has no partner: close what is opened, and put no brackets within brackets")]
    Unbalanced(char),
    /// A hole outside of brackets that may stay empty.
    #[error("{{{0}}} may be unknown: write it as [… {{{0}}}|words without it]")]
    Unguarded(String),
    /// The last alternative may be unknown too.
    #[error("the last alternative of [{0}] has a hole in it: end with words alone")]
    NoLastResort(String),
    /// A path that no event has.
    #[error(
        "{{{0}}} is no path of the record: use actor, target.name, target.id, target.type, project_id or metadata.<key>"
    )]
    UnknownPath(String),
    /// A metadata field that the entry does not have.
    #[error(
        "{{metadata.{0}}} is not among the entry's metadata: add the field, or leave it out here"
    )]
    UnknownField(String),
    /// A metadata field whose value must not be shown.
    #[error("{{metadata.{0}}} is secret: leave it out")]
    Secret(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// See [`TemplateError`]. Whether the metadata fields exist is for the entry to check:
    /// [`Template::metadata_keys`].
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['[', ']']) {
            let (before, after) = rest.split_at(at);
            if after.starts_with(']') {
                return Err(TemplateError::Unbalanced(']'));
            }
            outside(before, &mut parts)?;
            let inside = &after[1..];
            let end = inside
                .find(['[', ']'])
                .ok_or(TemplateError::Unbalanced('['))?;
            let (choice, closing) = inside.split_at(end);
            rest = closing
                .strip_prefix(']')
                .ok_or(TemplateError::Unbalanced('['))?;
            parts.push(Part::Choice(alternatives(choice)?));
        }
        outside(rest, &mut parts)?;
        Ok(Template {
            text: text.to_owned(),
            parts,
        })
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The metadata keys that it names.
    pub fn metadata_keys(&self) -> impl Iterator<Item = &str> {
        self.paths().filter_map(|path| path.strip_prefix(METADATA))
    }

    /// Fills it. See [`super::Entry::render`] for what `lookup` is asked.
    #[must_use]
    pub fn render(&self, lookup: Lookup<'_, '_>) -> String {
        let mut sentence = String::with_capacity(self.text.len() + USUAL_VALUES_BYTES);
        for part in &self.parts {
            match part {
                Part::Piece(Piece::Literal(text)) => sentence.push_str(text),
                Part::Piece(Piece::Hole(paths)) => {
                    if !fill(paths, lookup, &mut sentence) {
                        sentence.push_str(UNKNOWN_ACTOR);
                    }
                }
                Part::Choice(alternatives) => choose(alternatives, lookup, &mut sentence),
            }
        }
        sentence.push_str(what_became_of_it(lookup));
        sentence
    }

    fn paths(&self) -> impl Iterator<Item = &str> {
        let pieces = self.parts.iter().flat_map(|part| match part {
            Part::Piece(piece) => std::slice::from_ref(piece).iter().collect::<Vec<_>>(),
            Part::Choice(alternatives) => alternatives.iter().flatten().collect(),
        });
        pieces
            .filter_map(|piece| match piece {
                Piece::Hole(paths) => Some(paths),
                Piece::Literal(_) => None,
            })
            .flatten()
            .map(String::as_str)
    }
}

/// Reads what stands outside of brackets.
fn outside(text: &str, parts: &mut Vec<Part>) -> Result<(), TemplateError> {
    for piece in pieces(text)? {
        match &piece {
            Piece::Hole(paths) if paths.last().is_none_or(|path| path != ACTOR) => {
                return Err(TemplateError::Unguarded(paths.join("|")));
            }
            _ => parts.push(Part::Piece(piece)),
        }
    }
    Ok(())
}

/// Reads what stands within brackets. A `|` within braces is the hole's own.
fn alternatives(text: &str) -> Result<Vec<Vec<Piece>>, TemplateError> {
    let mut within_braces = false;
    let alternatives = text
        .split(|letter| {
            match letter {
                '{' => within_braces = true,
                '}' => within_braces = false,
                _ => {}
            }
            letter == '|' && !within_braces
        })
        .map(pieces)
        .collect::<Result<Vec<_>, _>>()?;
    let may_be_unknown = |pieces: &Vec<Piece>| pieces.iter().any(|p| matches!(p, Piece::Hole(_)));
    if alternatives.len() > 1 && alternatives.last().is_some_and(may_be_unknown) {
        return Err(TemplateError::NoLastResort(text.to_owned()));
    }
    Ok(alternatives)
}

/// Reads words and holes.
fn pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        if !before.is_empty() {
            pieces.push(Piece::Literal(before.to_owned()));
        }
        let inside = after
            .strip_prefix('{')
            .ok_or(TemplateError::Unbalanced('}'))?;
        let (paths, behind) = inside
            .split_once('}')
            .ok_or(TemplateError::Unbalanced('{'))?;
        pieces.push(Piece::Hole(
            paths.split('|').map(path).collect::<Result<_, _>>()?,
        ));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Ok(pieces)
}

fn path(text: &str) -> Result<String, TemplateError> {
    let key = text.strip_prefix(METADATA).unwrap_or_default();
    if RECORD_PATHS.contains(&text) || !key.is_empty() {
        Ok(text.to_owned())
    } else {
        Err(TemplateError::UnknownPath(text.to_owned()))
    }
}

/// Appends the first alternative that is wholly known, or nothing.
fn choose(alternatives: &[Vec<Piece>], lookup: Lookup<'_, '_>, sentence: &mut String) {
    let start = sentence.len();
    for alternative in alternatives {
        let known = alternative.iter().all(|piece| match piece {
            Piece::Literal(text) => {
                sentence.push_str(text);
                true
            }
            Piece::Hole(paths) => fill(paths, lookup, sentence),
        });
        if known {
            return;
        }
        sentence.truncate(start);
    }
}

/// Appends the value of the first path that has one; says whether there was any.
fn fill(paths: &[String], lookup: Lookup<'_, '_>, sentence: &mut String) -> bool {
    for path in paths {
        let Some(value) = lookup(path) else { continue };
        let value = value.trim();
        if value.is_empty() {
            continue;
        }
        if is_plain(value) {
            sentence.push_str(value);
            return true;
        }
        let mut letters = value.chars();
        let kept = letters.by_ref().take(MAX_VALUE_CHARS);
        sentence.extend(kept.map(|letter| if letter.is_control() { ' ' } else { letter }));
        if letters.next().is_some() {
            sentence.push('…');
        }
        return true;
    }
    false
}

/// Whether a value is short enough and has no control characters, as nearly all have none.
fn is_plain(value: &str) -> bool {
    value.len() <= MAX_VALUE_CHARS && value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A description stands alone in exports: it must not say that something was done which was not.
fn what_became_of_it(lookup: Lookup<'_, '_>) -> &'static str {
    if lookup("phase").as_deref() == Some("attempt") {
        return " (attempt)";
    }
    match lookup("result").as_deref() {
        Some("failed") => " (failed)",
        Some("denied") => " (denied)",
        _ => "",
    }
}
