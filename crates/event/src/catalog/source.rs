//! The shape of the catalog's files, and the checks that make entries of them.
//!
//! A file describes one category. What most of its entries share stands once at its head; its
//! `[fields]` describe each metadata key once, and entries list keys.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;

use super::{CatalogError, Entry, EventType, Field, FieldType, Level, Template, TemplateError};
use crate::fold::fold;

/// The file that states the version.
pub(super) const VERSION_FILE: &str = "version.toml";

/// Entries, each with the file that it comes from.
pub(super) type Sourced = Vec<(String, Entry)>;

/// Keys that would say again who acted and from where.
const KEYS_OF_RECORD: [(&str, &str); 7] = [
    ("user_id", "actor.id"),
    ("actor_id", "actor.id"),
    ("user_name", "actor.name"),
    ("email", "actor.email"),
    ("email_id", "actor.email"),
    ("ip", "context.ip"),
    ("ip_address", "context.ip"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionFile {
    version: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryFile {
    category: String,
    event_type: EventType,
    badge: String,
    level: Level,
    #[serde(default)]
    fields: BTreeMap<String, FieldShape>,
    event: Vec<EventShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldShape {
    label: String,
    #[serde(rename = "type")]
    kind: FieldType,
    #[serde(default)]
    secret: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EventShape {
    action: String,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    /// These three replace what the head of the file says.
    event_type: Option<EventType>,
    badge: Option<String>,
    level: Option<Level>,
    description: String,
    template: String,
    #[serde(default)]
    required: Vec<String>,
    #[serde(default)]
    optional: Vec<String>,
}

/// Reads the file that states the version.
pub(super) fn version(file: &str, text: &str) -> Result<String, CatalogError> {
    let VersionFile { version } = read(file, text)?;
    said(file, "version", &version)?;
    Ok(version)
}

/// Reads a category and appends its entries.
pub(super) fn category(file: &str, text: &str, entries: &mut Sourced) -> Result<(), CatalogError> {
    let mut shape: CategoryFile = read(file, text)?;
    said(file, "category", &shape.category)?;
    said(file, "badge", &shape.badge)?;
    for (key, field) in &shape.fields {
        check_key(file, key)?;
        said(file, key, &field.label)?;
    }
    let mut used = HashSet::new();
    for event in std::mem::take(&mut shape.event) {
        let entry = entry(file, event, &shape)?;
        used.extend(entry.metadata.iter().map(|field| field.key.clone()));
        entries.push((file.to_owned(), entry));
    }
    match shape.fields.into_keys().find(|key| !used.contains(key)) {
        Some(key) => Err(CatalogError::KeyUnused {
            file: file.to_owned(),
            key,
        }),
        None => Ok(()),
    }
}

/// Actions to positions.
pub(super) fn index_actions(entries: &Sourced) -> Result<HashMap<String, usize>, CatalogError> {
    let mut index = HashMap::new();
    for (position, (file, entry)) in entries.iter().enumerate() {
        if index.insert(entry.action.clone(), position).is_some() {
            return Err(CatalogError::ActionTwice {
                file: file.clone(),
                action: entry.action.clone(),
            });
        }
    }
    Ok(index)
}

/// Lower-cased names and aliases to the position of the first entry that they mean.
pub(super) fn index_names(entries: &Sourced) -> Result<HashMap<String, usize>, CatalogError> {
    let mut index: HashMap<String, usize> = HashMap::new();
    for (position, (_, entry)) in entries.iter().enumerate() {
        for text in std::iter::once(&entry.name).chain(&entry.aliases) {
            let first = *index.entry(fold(text)).or_insert(position);
            let (_, meant) = &entries[first];
            if meant.name != entry.name {
                return Err(CatalogError::Ambiguous {
                    text: text.clone(),
                    first: meant.action.clone(),
                    second: entry.action.clone(),
                });
            }
        }
    }
    Ok(index)
}

fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, CatalogError> {
    toml::from_str(text).map_err(|source| CatalogError::Syntax {
        file: file.to_owned(),
        source,
    })
}

fn entry(file: &str, event: EventShape, shape: &CategoryFile) -> Result<Entry, CatalogError> {
    if !is_action(&event.action) {
        return Err(CatalogError::ActionSpelling {
            file: file.to_owned(),
            action: event.action,
        });
    }
    for (what, text) in [("name", &event.name), ("description", &event.description)] {
        said(file, &format!("{what} of {}", event.action), text)?;
    }
    said(
        file,
        &format!("template of {}", event.action),
        &event.template,
    )?;
    check_aliases(file, &event)?;
    let metadata = metadata(file, &event, &shape.fields)?;
    let template =
        template(&event.template, &metadata).map_err(|source| CatalogError::Template {
            file: file.to_owned(),
            action: event.action.clone(),
            source,
        })?;
    let badge = event.badge.unwrap_or_else(|| shape.badge.clone());
    said(file, "badge", &badge)?;
    Ok(Entry {
        action: event.action,
        name: event.name,
        aliases: event.aliases,
        category: shape.category.clone(),
        event_type: event.event_type.unwrap_or(shape.event_type),
        badge,
        level: event.level.unwrap_or(shape.level),
        description: event.description,
        template,
        metadata,
    })
}

fn check_aliases(file: &str, event: &EventShape) -> Result<(), CatalogError> {
    let mut seen = HashSet::from([fold(&event.name)]);
    for alias in &event.aliases {
        said(file, &format!("an alias of {}", event.action), alias)?;
        let (file, action, alias) = (file.to_owned(), event.action.clone(), alias.clone());
        if is_action(&alias) {
            return Err(CatalogError::AliasIsAction {
                file,
                action,
                alias,
            });
        }
        if !seen.insert(fold(&alias)) {
            return Err(CatalogError::AliasTwice {
                file,
                action,
                alias,
            });
        }
    }
    Ok(())
}

/// The required fields, then the optional ones, each in the order listed.
fn metadata(
    file: &str,
    event: &EventShape,
    fields: &BTreeMap<String, FieldShape>,
) -> Result<Vec<Field>, CatalogError> {
    let required = event.required.iter().map(|key| (key, true));
    let optional = event.optional.iter().map(|key| (key, false));
    let mut metadata: Vec<Field> = Vec::new();
    for (key, required) in required.chain(optional) {
        let place = || (file.to_owned(), event.action.clone(), key.clone());
        let Some(shape) = fields.get(key) else {
            let (file, action, key) = place();
            return Err(CatalogError::KeyUnknown { file, action, key });
        };
        if metadata.iter().any(|field| field.key == *key) {
            let (file, action, key) = place();
            return Err(CatalogError::KeyTwice { file, action, key });
        }
        metadata.push(Field {
            key: key.clone(),
            label: shape.label.clone(),
            kind: shape.kind,
            required,
            secret: shape.secret,
        });
    }
    Ok(metadata)
}

/// A template that names only fields that there are and that may be shown.
pub(super) fn template(text: &str, metadata: &[Field]) -> Result<Template, TemplateError> {
    let template = Template::parse(text)?;
    for key in template.metadata_keys() {
        match metadata.iter().find(|field| field.key == key) {
            None => return Err(TemplateError::UnknownField(key.to_owned())),
            Some(field) if field.secret => return Err(TemplateError::Secret(key.to_owned())),
            Some(_) => {}
        }
    }
    Ok(template)
}

fn said(file: &str, what: &str, text: &str) -> Result<(), CatalogError> {
    if text.trim() == text && !text.is_empty() {
        return Ok(());
    }
    Err(CatalogError::Blank {
        file: file.to_owned(),
        what: what.to_owned(),
    })
}

/// Two segments or more of lower-case letters, digits, `_` and `-`, joined by dots.
pub(super) fn is_action(text: &str) -> bool {
    let is_segment = |segment: &str| {
        let first = segment.bytes().next();
        first.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            && segment.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
            })
    };
    text.contains('.') && text.split('.').all(is_segment)
}

fn check_key(file: &str, key: &str) -> Result<(), CatalogError> {
    if let Some(instead) = place_in_record(key) {
        return Err(CatalogError::KeyOfRecord {
            file: file.to_owned(),
            key: key.to_owned(),
            instead,
        });
    }
    if is_key(key) {
        return Ok(());
    }
    Err(CatalogError::KeySpelling {
        file: file.to_owned(),
        key: key.to_owned(),
    })
}

/// Where the record itself has what a metadata key would say again.
pub(super) fn place_in_record(key: &str) -> Option<&'static str> {
    let taken = KEYS_OF_RECORD.iter().find(|(taken, _)| *taken == key);
    taken.map(|(_, instead)| *instead)
}

/// Words of lower-case letters and digits joined by `_`, beginning with a letter.
pub(super) fn is_key(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.split('_').all(is_word)
}
