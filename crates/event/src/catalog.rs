//! The catalog: the event types that are known, and what is known about each.
//!
//! The files under `catalog/` at the root of the repository are the only place where an event type
//! is described; they are compiled in. What must always hold, and [`Catalog::parse`] refuses:
//!
//! - an action names one entry, and an entry has one action;
//! - a display name or alias, whatever its case, means one display name. Several entries may share
//!   a display name ("API Key created" of a model, of a prompt); an alias never leads to two;
//! - aliases are display names: nothing that is spelled like an action is an alias;
//! - metadata keys are snake case, and never say again who acted or from where: that is
//!   `actor.*` and `context.ip`;
//! - a template names only fields that its entry has, and none that is secret.
//!
//! `name`, `category`, `event_type`, `badge` and `level` are frozen into each event together with
//! [`Catalog::version`]: a changed catalog needs a new version, and a test holds to that.
//!
//! An organization may add entries of its own ([`Catalog::with_own`]). They never change what an
//! entry of the files says: of two entries with one action, or one name, the files' own counts.

pub mod document;
mod embedded;
mod kinds;
mod own;
mod source;
mod template;

use crate::fold::fold;
use crate::nearest::{MAX_GUESSED_BYTES, nearest};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub use kinds::{EventType, FieldType, Level};
pub use own::{
    Definition, MAX_OWN_ALIASES, MAX_OWN_FIELDS, MAX_OWN_KEY_BYTES, MAX_OWN_NAME_BYTES,
    MAX_OWN_SENTENCE_BYTES,
};
pub use template::{Lookup, Template, TemplateError};

/// What is known about every action, in the stable order of the embedded files.
///
/// Serializes as the body of `GET /catalog`.
#[derive(Debug, Clone)]
pub struct Catalog {
    version: String,
    /// What the entries are added to. It counts where both say something.
    base: Option<Arc<Catalog>>,
    entries: Vec<Entry>,
    by_action: HashMap<String, usize>,
    /// Lower-cased display names and aliases, each to the first entry that it means.
    by_name: HashMap<String, usize>,
}

/// One event type.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// The dotted, lower-case name that clients send.
    pub action: String,
    /// The display name.
    pub name: String,
    /// Other display names of the same event.
    pub aliases: Vec<String>,
    /// The module or kind of thing that the event is about.
    pub category: String,
    /// The widest grouping.
    pub event_type: EventType,
    /// The short label shown beside the event type.
    pub badge: String,
    /// The scope that the event belongs to.
    pub level: Level,
    /// What the event means.
    pub description: String,
    /// Makes the description of an event whose sender gave none.
    #[serde(skip)]
    pub template: Template,
    /// The metadata that is known for this event. Others may be sent too.
    pub metadata: Vec<Field>,
}

/// One metadata field of an event type.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Field {
    /// The key under `metadata`, in snake case.
    pub key: String,
    /// The name that people see.
    pub label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Whether an event without it is incomplete.
    pub required: bool,
    /// Whether the value must be replaced before anything is kept.
    #[serde(skip)]
    pub secret: bool,
}

/// Why a catalog is refused. Each names the file and what to change in it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CatalogError {
    /// The file is not TOML, or not in the shape of a category.
    #[error("{file}: {source}")]
    Syntax {
        /// The file.
        file: String,
        /// Where, and what was expected there.
        source: toml::de::Error,
    },
    /// No file states the version.
    #[error("no version: add version.toml with `version = \"1\"`")]
    NoVersion,
    /// Something that must say something is blank.
    #[error("{file}: {what} is empty: write it, or leave the entry out")]
    Blank {
        /// The file.
        file: String,
        /// What is blank.
        what: String,
    },
    /// An action is not spelled as actions are.
    #[error(
        "{file}: action {action:?}: write lower-case segments of a-z, 0-9, _ and -, joined by dots"
    )]
    ActionSpelling {
        /// The file.
        file: String,
        /// The action.
        action: String,
    },
    /// Two entries have the same action.
    #[error("{file}: action {action:?} is described twice: make one entry of them")]
    ActionTwice {
        /// The file of the second.
        file: String,
        /// The action.
        action: String,
    },
    /// An alias is spelled like an action.
    #[error(
        "{file}: {action}: alias {alias:?} is spelled like an action: aliases are display names"
    )]
    AliasIsAction {
        /// The file.
        file: String,
        /// The entry's action.
        action: String,
        /// The alias.
        alias: String,
    },
    /// An alias repeats the entry's own name, or another of its aliases.
    #[error("{file}: {action}: alias {alias:?} is there already: remove it")]
    AliasTwice {
        /// The file.
        file: String,
        /// The entry's action.
        action: String,
        /// The alias.
        alias: String,
    },
    /// A display name or alias means two different display names.
    #[error("{text:?} means both {first} and {second}: spell their names alike, or drop the alias")]
    Ambiguous {
        /// The name or alias.
        text: String,
        /// The action of one entry.
        first: String,
        /// The action of the other.
        second: String,
    },
    /// A metadata key is not snake case.
    #[error("{file}: metadata key {key:?}: write snake case, beginning with a letter")]
    KeySpelling {
        /// The file.
        file: String,
        /// The key.
        key: String,
    },
    /// A metadata key says again what the record says elsewhere.
    #[error("{file}: metadata key {key:?}: the record has that as {instead}: leave the key out")]
    KeyOfRecord {
        /// The file.
        file: String,
        /// The key.
        key: String,
        /// Where the record has it.
        instead: &'static str,
    },
    /// An entry lists a key that the file's `[fields]` does not describe.
    #[error("{file}: {action}: metadata key {key:?} is not described: add it to [fields]")]
    KeyUnknown {
        /// The file.
        file: String,
        /// The entry's action.
        action: String,
        /// The key.
        key: String,
    },
    /// An entry lists a key twice.
    #[error("{file}: {action}: metadata key {key:?} is listed twice: keep one")]
    KeyTwice {
        /// The file.
        file: String,
        /// The entry's action.
        action: String,
        /// The key.
        key: String,
    },
    /// `[fields]` describes a key that no entry lists.
    #[error("{file}: metadata key {key:?} is described, but no entry lists it: remove it")]
    KeyUnused {
        /// The file.
        file: String,
        /// The key.
        key: String,
    },
    /// The template cannot be read, or names what it must not.
    #[error("{file}: {action}: template: {source}")]
    Template {
        /// The file.
        file: String,
        /// The entry's action.
        action: String,
        /// What is wrong with it.
        source: TemplateError,
    },
}

static EMBEDDED: LazyLock<Result<Catalog, CatalogError>> =
    LazyLock::new(|| Catalog::parse(embedded::SOURCES));

impl Catalog {
    /// The catalog that is compiled in.
    ///
    /// # Errors
    /// Only if the files it was compiled with are wrong, which a test rules out.
    pub fn embedded() -> Result<&'static Catalog, CatalogError> {
        EMBEDDED.as_ref().map_err(Clone::clone)
    }

    /// A catalog from files, each a name and its text. The file named `version.toml` states the
    /// version; every other one describes a category. Entries keep the order of the files.
    ///
    /// # Errors
    /// See [`CatalogError`].
    pub fn parse(sources: &[(&str, &str)]) -> Result<Catalog, CatalogError> {
        let mut version = None;
        let mut entries = Vec::new();
        for &(file, text) in sources {
            if file == source::VERSION_FILE {
                version = Some(source::version(file, text)?);
            } else {
                source::category(file, text, &mut entries)?;
            }
        }
        let version = version.ok_or(CatalogError::NoVersion)?;
        let by_action = source::index_actions(&entries)?;
        let by_name = source::index_names(&entries)?;
        let entries = entries.into_iter().map(|(_, entry)| entry).collect();
        Ok(Catalog {
            version,
            base: None,
            entries,
            by_action,
            by_name,
        })
    }

    /// This catalog and an organization's own entries, as they are after so many changes of them.
    ///
    /// An entry whose action is known already is left out, and a name that has a meaning keeps it:
    /// entries that were once accepted must not be in the way of a newer catalog.
    #[must_use]
    pub fn with_own(self: &Arc<Self>, own: Vec<Entry>, changes: u64) -> Catalog {
        let mut catalog = Catalog {
            version: format!("{}+{changes}", self.version),
            base: Some(Arc::clone(self)),
            entries: Vec::with_capacity(own.len()),
            by_action: HashMap::with_capacity(own.len()),
            by_name: HashMap::new(),
        };
        for entry in own {
            if catalog.get(&entry.action).is_some() {
                continue;
            }
            let position = catalog.entries.len();
            catalog.by_action.insert(entry.action.clone(), position);
            for text in std::iter::once(&entry.name).chain(&entry.aliases) {
                let position_of = catalog.by_name.entry(fold(text));
                position_of.or_insert(position);
            }
            catalog.entries.push(entry);
        }
        catalog
    }

    /// The version, frozen into every event as `catalog_version`. With own entries it is that of
    /// the files, `+`, and the number of changes.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Every entry, in a stable order, the organization's own last.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let base = self.base.iter().flat_map(|base| &base.entries);
        base.chain(&self.entries)
    }

    /// The organization's own entries. The catalog of the files has none.
    #[must_use]
    pub fn own(&self) -> &[Entry] {
        match self.base {
            Some(_) => &self.entries,
            None => &[],
        }
    }

    /// The entry of an action, spelled exactly.
    #[must_use]
    pub fn get(&self, action: &str) -> Option<&Entry> {
        let base = self.base.as_ref().and_then(|base| base.get(action));
        base.or_else(|| self.entries.get(*self.by_action.get(action)?))
    }

    /// The display name that a display name or an alias means, whatever its case.
    #[must_use]
    pub fn name_for_alias(&self, text: &str) -> Option<&str> {
        self.named(&fold(text)).map(|entry| entry.name.as_str())
    }

    /// The first entry that a folded display name or alias means.
    fn named(&self, folded: &str) -> Option<&Entry> {
        let base = self.base.as_ref().and_then(|base| base.named(folded));
        base.or_else(|| self.entries.get(*self.by_name.get(folded)?))
    }

    /// The action that was probably meant: the one whose display name or alias this is, else the
    /// one that is fewest edits away. None if nothing is near.
    #[must_use]
    pub fn closest_action(&self, text: &str) -> Option<&str> {
        if text.len() > MAX_GUESSED_BYTES {
            return None;
        }
        if let Some(entry) = self.named(&fold(text)) {
            return Some(&entry.action);
        }
        let actions = self.entries().map(|entry| entry.action.as_str());
        nearest(text, actions)
    }
}

impl Serialize for Catalog {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let events: Vec<&Entry> = self.entries().collect();
        let mut body = serializer.serialize_struct("Catalog", 2)?;
        body.serialize_field("version", &self.version)?;
        body.serialize_field("events", &events)?;
        body.end()
    }
}

impl Entry {
    /// The description of one event of this type, from what `lookup` knows of it.
    ///
    /// `lookup` answers for `actor` (the actor's name, else e-mail, else id), `target.name`,
    /// `target.id` and `target.type` (of the first target), `project_id`, `metadata.<key>`,
    /// `result` and `phase`. What it does not know is left out and the sentence stays readable;
    /// what did not happen, by `result` and `phase`, is said not to have.
    #[must_use]
    pub fn render(&self, lookup: Lookup<'_, '_>) -> String {
        self.template.render(lookup)
    }

    /// The metadata field with this key.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.metadata.iter().find(|field| field.key == key)
    }
}

#[cfg(test)]
mod tests;
