//! Patterns for actions: `*` stands for any run of characters, all else for itself.
//!
//! Patterns come from outside, so matching must not backtrack. It does not need to: where the
//! parts between stars are taken from left to right, each at its first place after the one before
//! it, no other choice could leave more room for the rest. Each byte of the text is therefore
//! passed once, by a substring search that is itself linear (two-way), and matching a text of `n`
//! bytes against a pattern of `m` takes `O(n + m)`.

use super::QueryError;

/// The longest pattern, in bytes. The longest action has 200.
pub const MAX_PATTERN_BYTES: usize = 256;

/// A pattern in which `*` stands for any run of characters, also an empty one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pattern {
    text: String,
}

impl Pattern {
    /// Reads a pattern, the value of `parameter`. Runs of stars become one star.
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
        let mut short = String::with_capacity(text.len());
        for c in text.chars() {
            if c != '*' || !short.ends_with('*') {
                short.push(c);
            }
        }
        Ok(Self { text: short })
    }

    /// The pattern, without superfluous stars.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The only text that fits, if the pattern has no star.
    pub fn exact(&self) -> Option<&str> {
        (!self.text.contains('*')).then_some(self.text.as_str())
    }

    /// What every text that fits begins with.
    pub fn prefix(&self) -> &str {
        self.text.split('*').next().unwrap_or_default()
    }

    /// Whether all of a text fits.
    pub fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.text.split_once('*') else {
            return self.text == text;
        };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(mut left) = text
            .strip_prefix(first)
            .and_then(|text| text.strip_suffix(last))
        else {
            return false;
        };
        for part in middle.split('*') {
            match left.find(part) {
                Some(at) => left = &left[at + part.len()..],
                None => return false,
            }
        }
        true
    }
}
