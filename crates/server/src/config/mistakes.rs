//! What can be wrong with a configuration, said with the place to correct and the next step.

use std::path::{Path, PathBuf};

use figment::error::Kind;

use super::keys::{KEYS, Key};
use super::layers::{Layers, Source, variable_of};

/// Most edits between a key and what was probably meant by another word: a third of its letters.
const LETTERS_PER_EDIT: usize = 3;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file named by `--config` cannot be read.
    #[error(
        "the configuration file {} cannot be read: {source}; correct --config or EVIDENT_CONFIG, or leave it out",
        .path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error(
        "{} is not TOML at line {line}: {what}; write one `key = value` a line, texts in quotes",
        .path.display()
    )]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where in the file, from 1.
        line: usize,
        /// What the parser says.
        what: String,
    },
    /// A variable holds bytes that are no text.
    #[error("{0} is not UTF-8: give it another value, or unset it")]
    NotText(String),
    /// A key that nobody knows.
    #[error("{place} is not a configuration key: {advice}")]
    Unknown {
        /// The key, and where it is.
        place: String,
        /// What to do.
        advice: String,
    },
    /// Two variables set the same key.
    #[error("{first} and {second} are both set, and are the same key: unset one of them")]
    Twice {
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },
    /// A value of the wrong kind or form, or a number that is too large.
    #[error("{place} is {given}: give {expected}")]
    Value {
        /// The key's place.
        place: String,
        /// What was given.
        given: String,
        /// What it must be.
        expected: String,
    },
    /// A secret of the wrong form, which is therefore not repeated.
    #[error("the value of {place} is not usable (it is a secret, and not shown): give {expected}")]
    Secret {
        /// The key's place.
        place: String,
        /// What it must be.
        expected: String,
    },
    /// A mail server without a sender.
    #[error("{place} is given without mail_from: give the address that mail is from as well")]
    NoSender {
        /// Where the mail server is given.
        place: String,
    },
    /// A number that must not be zero is.
    #[error("{place} is 0, which would refuse everything: give at least 1")]
    Zero {
        /// The key's place.
        place: String,
    },
    /// Two anchors.
    #[error(
        "anchor_directory (by {directory}) and anchor_command (by {command}) are both given: choose one"
    )]
    TwoAnchors {
        /// Where the directory is given.
        directory: String,
        /// Where the command is given.
        command: String,
    },
    /// Anything else that the loader refuses.
    #[error(
        "the configuration is not acceptable: {0}; `evident config --help` tells how it is given"
    )]
    Other(Box<figment::Error>),
}

impl ConfigError {
    /// What the parser says of a file, in one line.
    pub(super) fn syntax(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        let before = text.get(..offset).unwrap_or_default();
        Self::Syntax {
            path: path.to_owned(),
            line: 1 + before.matches('\n').count(),
            what: error.message().replace('\n', ", "),
        }
    }
}

/// What the loader says, in the words of those who configure.
pub(super) fn of(error: figment::Error, layers: &Layers) -> ConfigError {
    let key = error.path.first().and_then(|name| Key::of(name));
    match (&error.kind, key) {
        (Kind::UnknownField(name, _), _) => unknown(name, layers),
        (Kind::InvalidType(..) | Kind::InvalidValue(..), Some(key)) => wrong_value(key, layers),
        _ => ConfigError::Other(Box::new(error)),
    }
}

/// That the value of a key is not what it must be.
pub(super) fn wrong_value(key: &Key, layers: &Layers) -> ConfigError {
    let (place, expected) = (layers.source(key).place(key.name), key.expected());
    if key.is_secret {
        return ConfigError::Secret { place, expected };
    }
    let given = layers.given(key.name);
    let given = given.and_then(|given| serde_json::to_string(&given).ok());
    ConfigError::Value {
        place,
        given: given.unwrap_or_default(),
        expected,
    }
}

fn unknown(name: &str, layers: &Layers) -> ConfigError {
    let source = layers.source_of(name, None);
    let shown = |key: &str| match source {
        Source::Environment(_) => variable_of(key),
        _ => key.to_owned(),
    };
    let advice = match nearest(name) {
        Some(near) => format!("did you mean {}?", shown(near)),
        None => {
            let all: Vec<String> = KEYS.iter().map(|key| shown(key.name)).collect();
            format!("correct or remove it; there are {}", all.join(", "))
        }
    };
    ConfigError::Unknown {
        place: source.place(name),
        advice,
    }
}

/// The key that was probably meant.
fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    let distances = KEYS
        .iter()
        .map(|key| (strsim::osa_distance(&name, key.name), key.name));
    let (edits, key) = distances.min()?;
    (edits <= key.len() / LETTERS_PER_EDIT).then_some(key)
}
