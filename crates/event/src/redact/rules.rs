//! What an organization says itself about its secrets.
//!
//! Rules come from an administrator, so they are checked when they are made: whoever has a [`Rules`]
//! has rules that can be obeyed. An exception lifts what only a name or the digits of a card number
//! say; no rule lets through what is a credential by its shape, or secret by the catalog.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::names::{Table, normalized};

/// Key names that an organization may add.
pub const MAX_RULE_NAMES: usize = 256;
/// Exceptions that an organization may make.
pub const MAX_RULE_EXCEPTIONS: usize = 256;
/// A name or an exception, in bytes.
pub const MAX_RULE_BYTES: usize = 256;
/// Keys in a dotted path: as many as an event has levels.
pub const MAX_RULE_SEGMENTS: usize = 64;

/// The members of an event that a dotted path can begin with.
const ROOTS: [&str; 6] = [
    "actor",
    "changes",
    "metadata",
    "on_behalf_of",
    "request",
    "targets",
];

/// The rules of an organization.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Rules {
    names: Vec<String>,
    exceptions: Vec<String>,
}

/// Why rules are refused. Positions count from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// There are too many of a list.
    #[error("expected at most {max} {list}, found {found}: remove some")]
    TooMany {
        /// `names` or `exceptions`.
        list: &'static str,
        /// How many there may be.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// An entry is too long.
    #[error(
        "{list}[{position}]: expected at most {MAX_RULE_BYTES} bytes, found {found}: shorten it"
    )]
    TooLong {
        /// `names` or `exceptions`.
        list: &'static str,
        /// Which entry.
        position: usize,
        /// How long it is, in bytes.
        found: usize,
    },
    /// An entry, or a part of a path, has neither letters nor digits.
    #[error(
        "{list}[{position}]: {text:?} names no key: write the key's name, or for an exception a path \
         such as request.body.token"
    )]
    Blank {
        /// `names` or `exceptions`.
        list: &'static str,
        /// Which entry.
        position: usize,
        /// The entry.
        text: String,
    },
    /// A path begins where no secrets are looked for.
    #[error(
        "exceptions[{position}]: {text:?} begins with no member that is searched: begin with {}, or \
         write \\. for a dot within a key",
        ROOTS.join(", ")
    )]
    UnknownRoot {
        /// Which entry.
        position: usize,
        /// The entry.
        text: String,
    },
    /// A path has more keys than an event has levels.
    #[error(
        "exceptions[{position}]: expected at most {MAX_RULE_SEGMENTS} keys, found {found}: shorten it"
    )]
    TooDeep {
        /// Which entry.
        position: usize,
        /// How many keys it has.
        found: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    exceptions: Vec<String>,
}

impl TryFrom<Unchecked> for Rules {
    type Error = RulesError;

    fn try_from(unchecked: Unchecked) -> Result<Self, RulesError> {
        Self::new(unchecked.names, unchecked.exceptions)
    }
}

impl Rules {
    /// Rules with these further names of secret keys, and these exceptions: names of keys, or dotted
    /// paths from the top of the event. Arrays are no step of a path, `\.` is a dot within a key.
    ///
    /// # Errors
    /// See [`RulesError`].
    pub fn new(names: Vec<String>, exceptions: Vec<String>) -> Result<Self, RulesError> {
        check_list("names", &names, MAX_RULE_NAMES)?;
        check_list("exceptions", &exceptions, MAX_RULE_EXCEPTIONS)?;
        for (position, name) in names.iter().enumerate() {
            not_blank("names", position, name, name)?;
        }
        for (position, exception) in exceptions.iter().enumerate() {
            check_exception(position, exception)?;
        }
        Ok(Self { names, exceptions })
    }

    /// The names that are secret beside the built-in ones.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names and paths that are not secret by name.
    #[must_use]
    pub fn exceptions(&self) -> &[String] {
        &self.exceptions
    }

    pub(super) fn prepare(&self) -> Exceptions {
        let keys: Vec<Vec<String>> = self.exceptions.iter().map(|text| segments(text)).collect();
        let (names, paths): (Vec<_>, Vec<_>) = keys.into_iter().partition(|keys| keys.len() == 1);
        Exceptions {
            names: Table::of(names.iter().flatten().map(String::as_str)),
            ends: Table::of(
                paths
                    .iter()
                    .filter_map(|keys| keys.last())
                    .map(String::as_str),
            ),
            paths: paths.iter().map(|keys| normalized_path(keys)).collect(),
        }
    }
}

fn check_list(list: &'static str, entries: &[String], max: usize) -> Result<(), RulesError> {
    if entries.len() > max {
        let found = entries.len();
        return Err(RulesError::TooMany { list, max, found });
    }
    for (position, entry) in entries.iter().enumerate() {
        if entry.len() > MAX_RULE_BYTES {
            return Err(RulesError::TooLong {
                list,
                position,
                found: entry.len(),
            });
        }
    }
    Ok(())
}

fn not_blank(
    list: &'static str,
    position: usize,
    entry: &str,
    key: &str,
) -> Result<(), RulesError> {
    if normalized(key).is_empty() {
        return Err(RulesError::Blank {
            list,
            position,
            text: entry.to_owned(),
        });
    }
    Ok(())
}

fn check_exception(position: usize, exception: &str) -> Result<(), RulesError> {
    let keys = segments(exception);
    if keys.len() > MAX_RULE_SEGMENTS {
        return Err(RulesError::TooDeep {
            position,
            found: keys.len(),
        });
    }
    for key in &keys {
        not_blank("exceptions", position, exception, key)?;
    }
    match keys.as_slice() {
        [root, _, ..] if !ROOTS.contains(&root.as_str()) => Err(RulesError::UnknownRoot {
            position,
            text: exception.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The keys of a dotted path. `\` takes the character behind it as it is.
pub(super) fn segments(path: &str) -> Vec<String> {
    let mut keys = vec![String::new()];
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        match character {
            '.' => keys.push(String::new()),
            _ => {
                let literal = if character == '\\' {
                    characters.next()
                } else {
                    Some(character)
                };
                if let (Some(literal), Some(key)) = (literal, keys.last_mut()) {
                    key.push(literal);
                }
            }
        }
    }
    keys
}

/// The exceptions, prepared.
#[derive(Debug)]
pub(super) struct Exceptions {
    names: Table,
    /// The last keys of the paths: what is called otherwise needs no second look.
    ends: Table,
    paths: HashSet<Vec<String>>,
}

impl Exceptions {
    /// Whether that name is excepted wherever it stands.
    pub(super) fn has_name(&self, key: &str) -> bool {
        !self.names.is_empty() && self.names.has(key)
    }

    /// Whether some path ends with that name.
    pub(super) fn may_have_path_to(&self, key: &str) -> bool {
        !self.ends.is_empty() && self.ends.has(key)
    }

    /// Whether the value at the end of these keys, from the top of the event, is excepted.
    pub(super) fn has_path(&self, keys: &[&str]) -> bool {
        self.paths.contains(&normalized_path(keys))
    }
}

fn normalized_path(keys: &[impl AsRef<str>]) -> Vec<String> {
    let normal = keys.iter().map(|key| normalized(key.as_ref()).into_owned());
    normal.collect()
}
