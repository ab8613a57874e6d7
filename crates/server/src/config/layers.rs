//! The layers of the configuration: defaults, file, environment, flags; and which of them a value is from.
//!
//! What must always hold: the source of a value is what the loader itself remembers of it, not a second
//! look at the file or the environment; and a layer has each key once, so that there is one source to name.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::providers::Serialized;
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};

use super::keys::{Key, Unit};
use super::mistakes::{self, ConfigError};
use super::{Config, Flags};

/// Begins the names of environment variables: `EVIDENT_LISTEN` sets `listen`.
const ENVIRONMENT_PREFIX: &str = "EVIDENT_";
/// Variables with that prefix that are no configuration keys: the log level, the file's place,
/// and what the client commands read.
const OTHER_VARIABLES: [&str; 4] = ["log", "config", "url", "api_key"];
/// Container platforms set variables such as `EVIDENT_SERVICE_HOST` and `EVIDENT_PORT_8700_TCP`
/// beside a service that is called "evident". They are theirs, not ours.
const PLATFORM_PREFIXES: [&str; 2] = ["service_", "port"];

/// What sets a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// Nothing does.
    Default,
    /// A key in this file.
    File(PathBuf),
    /// The variable of this name.
    Environment(String),
    /// This flag.
    Flag(&'static str),
}

impl Source {
    /// The layer's name.
    pub(crate) const fn layer(&self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File(_) => "file",
            Self::Environment(_) => "environment",
            Self::Flag(_) => "flag",
        }
    }

    /// What to look for within the layer.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Default => None,
            Self::File(path) => Some(path.display().to_string()),
            Self::Environment(variable) => Some(variable.clone()),
            Self::Flag(flag) => Some((*flag).to_owned()),
        }
    }

    /// What to correct, if the value of a key is wrong.
    pub(super) fn place(&self, key: &str) -> String {
        match self {
            Self::Default => key.to_owned(),
            Self::File(path) => format!("{key} in {}", path.display()),
            Self::Environment(variable) => variable.clone(),
            Self::Flag(flag) => (*flag).to_owned(),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            // Their names tell what they are.
            Self::Environment(variable) => f.write_str(variable),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// A layer's values, under a name that the values keep.
struct Layer {
    name: &'static str,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Profile::Default.collect(self.values.clone()))
    }
}

/// All layers, the later over the earlier ones.
pub(super) struct Layers {
    figment: Figment,
    file: Option<PathBuf>,
    /// The names of the variables as they are set, by their keys.
    variables: BTreeMap<String, String>,
}

impl Layers {
    /// Reads them.
    pub(super) fn read(file: Option<&Path>, flags: &Flags) -> Result<Self, ConfigError> {
        let mut layers = Self {
            figment: Figment::from(Serialized::defaults(Config::default())),
            file: file.map(Path::to_owned),
            variables: BTreeMap::new(),
        };
        if let Some(path) = file {
            layers.add("file", of_file(path)?);
        }
        let (mut values, mut names) = (Dict::new(), BTreeMap::new());
        for (variable, key, value) in variables()? {
            if let Some(other) = names.insert(key.clone(), variable.clone()) {
                return Err(twice(other, variable));
            }
            values.insert(key, value);
        }
        layers.variables = names;
        layers.add("environment", values);
        let flags = flags.iter();
        let flags = flags.map(|(key, text)| ((*key).to_owned(), Value::from(text.as_str())));
        layers.add("flag", flags.collect());
        Ok(layers)
    }

    fn add(&mut self, name: &'static str, values: Dict) {
        let figment = std::mem::take(&mut self.figment);
        self.figment = figment.merge(Layer { name, values });
    }

    /// The configuration that they make.
    pub(super) fn extract(&self) -> Result<Config, ConfigError> {
        self.figment
            .extract()
            .map_err(|error| mistakes::of(error, self))
    }

    /// What sets a key.
    pub(super) fn source(&self, key: &Key) -> Source {
        self.source_of(key.name, key.flag)
    }

    /// What sets a key that may be unknown.
    pub(super) fn source_of(&self, name: &str, flag: Option<&'static str>) -> Source {
        let metadata = self.figment.find_metadata(name);
        match (metadata.map(|layer| layer.name.as_ref()), &self.file, flag) {
            (Some("file"), Some(path), _) => Source::File(path.clone()),
            (Some("environment"), ..) => Source::Environment(self.variable(name)),
            (Some("flag"), _, Some(flag)) => Source::Flag(flag),
            _ => Source::Default,
        }
    }

    /// A value as it was given.
    pub(super) fn given(&self, name: &str) -> Option<Value> {
        self.figment.find_value(name).ok()
    }

    /// The name of a key's variable, as it is set.
    fn variable(&self, key: &str) -> String {
        let set = self.variables.get(key).cloned();
        set.unwrap_or_else(|| variable_of(key))
    }
}

/// The variable of a key.
pub(super) fn variable_of(key: &str) -> String {
    format!("{ENVIRONMENT_PREFIX}{}", key.to_ascii_uppercase())
}

/// That two variables set one key, in an order that the environment's has no part in.
fn twice(one: String, other: String) -> ConfigError {
    let (first, second) = if one < other {
        (one, other)
    } else {
        (other, one)
    };
    ConfigError::Twice { first, second }
}

fn of_file(path: &Path) -> Result<Dict, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })?;
    let syntax = |error: toml::de::Error| ConfigError::syntax(path, &text, &error);
    let table: toml::Table = text.parse().map_err(syntax)?;
    let other = |error| ConfigError::Other(Box::new(error));
    table
        .into_iter()
        .map(|(key, value)| Ok((key, Value::serialize(value).map_err(other)?)))
        .collect()
}

/// The variables that are ours: their names, keys and values. An empty one counts as not set.
fn variables() -> Result<Vec<(String, String, Value)>, ConfigError> {
    let mut found = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str().filter(|_| !value.is_empty()) else {
            continue;
        };
        let Some((prefix, key)) = name.split_at_checked(ENVIRONMENT_PREFIX.len()) else {
            continue;
        };
        let key = key.to_ascii_lowercase();
        let is_other = OTHER_VARIABLES.contains(&key.as_str())
            || PLATFORM_PREFIXES.iter().any(|start| key.starts_with(start));
        if is_other || !prefix.eq_ignore_ascii_case(ENVIRONMENT_PREFIX) {
            continue;
        }
        let Some(text) = value.to_str() else {
            return Err(ConfigError::NotText(name.to_owned()));
        };
        found.push((name.to_owned(), key.clone(), of_variable(&key, text)));
    }
    Ok(found)
}

/// A variable's value: as the key wants it if it can be read so, else the text, which is then refused
/// as a value of the wrong kind. A text is taken as it is, though it be "2026".
fn of_variable(key: &str, text: &str) -> Value {
    let read = Key::of(key).and_then(|key| match key.unit {
        Unit::List | Unit::Networks => list(text),
        Unit::Count
        | Unit::Bytes
        | Unit::Milliseconds
        | Unit::Minutes
        | Unit::Days
        | Unit::DaysKept => text.trim().parse::<u64>().ok().map(Value::from),
        Unit::Switch => text.trim().parse::<bool>().ok().map(Value::from),
        Unit::Directory
        | Unit::Address
        | Unit::PublicUrl
        | Unit::Database
        | Unit::MailServer
        | Unit::Sender
        | Unit::Bucket
        | Unit::Endpoint
        | Unit::Word => None,
    });
    read.unwrap_or_else(|| Value::from(text))
}

/// A list as the file would have it, which includes those of JSON.
fn list(text: &str) -> Option<Value> {
    let table: toml::Table = format!("list = {}", text.trim()).parse().ok()?;
    let value = table.into_iter().next()?.1;
    value.is_array().then(|| Value::serialize(value).ok())?
}
