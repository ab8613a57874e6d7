//! Free text: which texts of an event are searched, and what their words are.
//!
//! A word is a run of Unicode letters, digits and `_`, folded. Words are found in any of the texts,
//! a phrase in one of them, its words one just after the other, whatever stands between two words.

use super::fold;
use crate::json::Json;

/// The texts of an event that are searched: paths from the record down.
pub const SEARCHED: [&[&str]; 7] = [
    &["description"],
    &["name"],
    &["action"],
    &["actor", "name"],
    &["actor", "email"],
    &["targets", "name"],
    &["targets", "id"],
];

/// The same, as terms spell paths.
pub(super) const SEARCHED_PATHS: [&str; 7] = [
    "description",
    "name",
    "action",
    "actor.name",
    "actor.email",
    "targets.name",
    "targets.id",
];

/// A word that is looked for, folded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word {
    /// The word.
    pub text: String,
    /// Words that begin with it will do.
    pub is_prefix: bool,
}

/// Words that are looked for next to each other. At least two.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Phrase {
    /// The words, in order.
    pub words: Vec<Word>,
}

/// Whether a character is part of a word.
fn is_of_a_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The words of a text, as they are written, in order.
fn written(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_of_a_word(c))
        .filter(|word| !word.is_empty())
}

/// The words of a text, folded, in order.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    written(text).map(fold)
}

/// Shows the words of a text, folded, in order. The same as [`words`], without a text for each.
pub fn each_word(text: &str, mut each: impl FnMut(&str)) {
    if !text.is_ascii() {
        return words(text).for_each(|word| each(&word));
    }
    let folded = text.to_ascii_lowercase();
    let is_of_a_word =
        |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'_';
    let mut start = 0;
    for run in folded.as_bytes().split(|byte| !is_of_a_word(byte)) {
        let end = start + run.len();
        if let Some(word) = folded.get(start..end).filter(|word| !word.is_empty()) {
            each(word);
        }
        start = end + 1;
    }
}

impl Word {
    /// Whether a folded word is the one that is looked for.
    pub fn fits(&self, word: &str) -> bool {
        match self.is_prefix {
            true => word.starts_with(&self.text),
            false => word == self.text,
        }
    }

    /// The same of a word as it is written. Most words are told apart by their first letter, and
    /// are not folded.
    fn fits_written(&self, word: &str) -> bool {
        let (first, own) = (word.as_bytes().first(), self.text.as_bytes().first());
        let differs = |a: &u8, b: &u8| a.is_ascii() && b.is_ascii() && !a.eq_ignore_ascii_case(b);
        let is_other = first.zip(own).is_some_and(|(a, b)| differs(a, b));
        !is_other && self.fits(&fold(word))
    }

    /// Whether a text has it.
    pub fn is_in(&self, text: &str) -> bool {
        written(text).any(|word| self.fits_written(word))
    }
}

impl Phrase {
    /// Whether a text has it.
    pub fn is_in(&self, text: &str) -> bool {
        let found: Vec<String> = words(text).collect();
        let fits = |run: &[String]| run.iter().zip(&self.words).all(|(word, w)| w.fits(word));
        found.windows(self.words.len().max(1)).any(fits)
    }
}

/// Whether one of an event's searched texts is as wanted.
pub fn searched(event: &Json<'_>, wanted: impl Fn(&str) -> bool) -> bool {
    SEARCHED
        .iter()
        .any(|path| any_text(event, path, &mut |text| wanted(text)))
}

/// Whether one of the texts at a path is as wanted; none is looked at after that one. Recurses as
/// deep as the path is long, and as arrays are nested.
fn any_text(value: &Json<'_>, path: &[&str], wanted: &mut dyn FnMut(&str) -> bool) -> bool {
    if let Some(items) = value.as_array() {
        return items.iter().any(|item| any_text(item, path, wanted));
    }
    match path.split_first() {
        None => value.as_str().is_some_and(wanted),
        Some((key, rest)) => value
            .get(key)
            .is_some_and(|inner| any_text(inner, rest, wanted)),
    }
}
