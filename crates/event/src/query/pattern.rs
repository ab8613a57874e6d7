//! Patterns: `*` stands for any run of characters, all else for itself.
//!
//! Patterns come from outside, so matching must not backtrack. It does not need to: where the
//! parts between stars are taken from left to right, each at its first place after the one before
//! it, no other choice could leave more room for the rest. Each byte of the text is therefore
//! passed once, by a substring search that is itself linear (two-way), and matching a text of `n`
//! bytes against a pattern of `m` takes `O(n + m)`.

use super::{QueryError, fold};

/// The longest pattern of an action, in bytes. The longest action has 200.
pub const MAX_PATTERN_BYTES: usize = 256;

/// A pattern in which any run of characters, also an empty one, may stand between two parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    /// At least one. Only the first and the last may be empty.
    parts: Vec<String>,
}

impl Pattern {
    /// Reads a pattern, the value of `parameter`: a star stands between two parts.
    pub fn parse(parameter: &str, text: &str) -> Result<Self, QueryError> {
        if text.is_empty() {
            return Err(QueryError::new(
                "bad_pattern",
                parameter,
                "the pattern is empty: give one such as role.* or leave the parameter out",
            ));
        }
        if text.len() > MAX_PATTERN_BYTES {
            return Err(QueryError::new(
                "value_too_long",
                parameter,
                format!(
                    "the pattern has {} bytes: give at most {MAX_PATTERN_BYTES}",
                    text.len()
                ),
            ));
        }
        Ok(Self::of_parts(text.split('*').map(str::to_owned).collect()))
    }

    /// The pattern of these parts, with a star between any two.
    pub(super) fn of_parts(mut parts: Vec<String>) -> Self {
        if parts.is_empty() {
            parts.push(String::new());
        }
        let last = parts.len() - 1;
        let mut at = 0;
        parts.retain(|part| {
            let is_inner = at > 0 && at < last;
            at += 1;
            !(is_inner && part.is_empty())
        });
        Self { parts }
    }

    /// What stands between its stars. A single part is the only text that fits.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }

    /// The pattern that texts are held to when both are folded.
    #[must_use]
    pub(super) fn folded(&self) -> Self {
        Self {
            parts: self.parts.iter().map(|part| fold(part)).collect(),
        }
    }

    /// The only text that fits, if the pattern has no star.
    pub fn exact(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What every text that fits begins with.
    pub fn prefix(&self) -> &str {
        self.parts.first().map_or("", String::as_str)
    }

    /// Whether all of a text fits.
    pub fn matches(&self, text: &str) -> bool {
        let (first, middle, last) = match self.parts.as_slice() {
            [] => return text.is_empty(),
            [only] => return only == text,
            [first, middle @ .., last] => (first, middle, last),
        };
        let Some(mut left) = text
            .strip_prefix(first.as_str())
            .and_then(|text| text.strip_suffix(last.as_str()))
        else {
            return false;
        };
        for part in middle {
            match left.find(part.as_str()) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}
