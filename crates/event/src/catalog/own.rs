//! Event types of an organization's own: read as they are sent, and kept as they are.
//!
//! What an administrator sends obeys the rules of the files (see [`super`]), and bounds, since it
//! is not reviewed by us. Two further rules keep secrets from slipping into the log by an oversight,
//! because the catalog never shows which fields are secret, and a field that it describes as no
//! secret is kept as it is sent, whatever its name:
//!
//! - a field whose name the built-in list holds to be secret must say whether it is;
//! - a field that was secret must say whether it still is.

use std::collections::HashSet;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::document::{Findings, Object, Part};
use super::{Catalog, Entry, EventType, Field, FieldType, Level, TemplateError, source};
use crate::fold::fold;
use crate::json::{Json, shown};
use crate::record::{MAX_ACTION_BYTES, Refusal};
use crate::redact::{RedactionKey, Redactor, Rules};

/// A name, alias, category, badge or label of an own event type, in bytes.
pub const MAX_OWN_NAME_BYTES: usize = 200;
/// A description or template of an own event type, in bytes.
pub const MAX_OWN_SENTENCE_BYTES: usize = 1000;
/// Aliases of an own event type.
pub const MAX_OWN_ALIASES: usize = 32;
/// Metadata fields of an own event type.
pub const MAX_OWN_FIELDS: usize = 64;
/// The key of a metadata field of an own event type, in bytes.
pub const MAX_OWN_KEY_BYTES: usize = 100;

const MEMBERS: [&str; 10] = [
    "action",
    "name",
    "aliases",
    "category",
    "event_type",
    "badge",
    "level",
    "description",
    "template",
    "metadata",
];
const FIELD_MEMBERS: [&str; 5] = ["key", "label", "type", "required", "secret"];

/// An event type of an organization's own.
///
/// Serializes as it is kept: like the entry, with the template and the fields that are secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition(Entry);

/// What a definition is read against.
struct Place<'c> {
    /// The entries beside this one.
    others: &'c Catalog,
    /// What it replaces.
    before: Option<&'c Entry>,
}

impl Definition {
    /// Reads what an administrator sent.
    ///
    /// `action` is that of the address, if it names one; the document may then leave it out.
    /// `others` are all entries but the one that is replaced, which is `before`. That the action is
    /// free is not checked here.
    ///
    /// # Errors
    /// All that is wrong, by pointer.
    pub fn read(
        document: &Json<'_>,
        action: Option<&str>,
        others: &Catalog,
        before: Option<&Entry>,
    ) -> Result<Definition, Vec<Refusal>> {
        let mut findings = Findings::default();
        let place = Place { others, before };
        match read(document, action, &place, &mut findings) {
            Some(entry) if findings.is_empty() => Ok(Definition(entry)),
            _ => Err(findings.into_refusals()),
        }
    }

    /// The action that a document names, if it names one that can be read.
    #[must_use]
    pub fn action_of<'d>(document: &'d Json<'_>) -> Option<&'d str> {
        document.get("action")?.as_str()
    }

    /// The entry.
    #[must_use]
    pub fn entry(&self) -> &Entry {
        &self.0
    }

    /// The entry.
    #[must_use]
    pub fn into_entry(self) -> Entry {
        self.0
    }
}

fn read(
    document: &Json<'_>,
    action: Option<&str>,
    place: &Place<'_>,
    findings: &mut Findings,
) -> Option<Entry> {
    let object = Part::whole(document).object(&MEMBERS, findings)?;
    let words = |name: &str, max: usize, findings: &mut Findings| {
        let part = object.required(name, findings)?;
        part.words(max, findings).map(str::to_owned)
    };
    let action = read_action(&object, action, findings);
    let name = words("name", MAX_OWN_NAME_BYTES, findings);
    let aliases = read_aliases(&object, name.as_deref(), findings);
    let category = words("category", MAX_OWN_NAME_BYTES, findings);
    let event_type = object.required("event_type", findings);
    let event_type =
        event_type.and_then(|part| part.one_of(&EventType::ALL, EventType::as_str, findings));
    let badge = words("badge", MAX_OWN_NAME_BYTES, findings);
    let level = object.required("level", findings);
    let level = level.and_then(|part| part.one_of(&Level::ALL, Level::as_str, findings));
    let description = words("description", MAX_OWN_SENTENCE_BYTES, findings);
    let metadata = read_metadata(&object, place, findings);
    let template = words("template", MAX_OWN_SENTENCE_BYTES, findings);
    let template = match (&metadata, template) {
        (Some(metadata), Some(text)) => match source::template(&text, metadata) {
            Ok(template) => Some(template),
            Err(error) => {
                refuse_template(&error, metadata, findings);
                None
            }
        },
        _ => None,
    };
    let entry = Entry {
        action: action?,
        name: name?,
        aliases: aliases?,
        category: category?,
        event_type: event_type?,
        badge: badge?,
        level: level?,
        description: description?,
        template: template?,
        metadata: metadata?,
    };
    check_names(&entry, place.others, findings);
    Some(entry)
}

fn read_action(
    object: &Object<'_>,
    addressed: Option<&str>,
    findings: &mut Findings,
) -> Option<String> {
    let part = match (object.member("action"), addressed) {
        (None, Some(addressed)) => return Some(addressed.to_owned()),
        (None, None) => object.required("action", findings)?,
        (Some(part), _) => part,
    };
    let text = part.words(MAX_ACTION_BYTES, findings)?;
    if let Some(addressed) = addressed
        && text != addressed
    {
        let message = format!(
            "expected the action of the address, {addressed:?}, found {:?}: an action is never \
             renamed, so make a new event type",
            shown(text)
        );
        let meant = Some(addressed.to_owned());
        findings.refuse_suggesting(part.pointer(), "invalid_action", message, meant);
        return None;
    }
    if !source::is_action(text) {
        let message = format!(
            "expected two or more lower-case segments of a-z, 0-9, _ and -, each beginning with a \
             letter or digit, joined by dots, such as invoice.paid; found {:?}",
            shown(text)
        );
        let meant = dotted(text);
        findings.refuse_suggesting(part.pointer(), "invalid_action", message, meant);
        return None;
    }
    Some(text.to_owned())
}

/// The action that a text would be in lower case and with dots, if that makes it one.
fn dotted(text: &str) -> Option<String> {
    let separators = |letter: char| matches!(letter, '.' | ' ' | '/' | ':');
    let lower = text.to_ascii_lowercase();
    let segments: Vec<&str> = lower.split(separators).filter(|s| !s.is_empty()).collect();
    Some(segments.join(".")).filter(|action| source::is_action(action))
}

/// The metadata key that a text would be in snake case, if that makes it one.
fn snake_case(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut after_lower = false;
    for letter in text.chars() {
        if letter.is_ascii_uppercase() && after_lower {
            key.push('_');
        }
        after_lower = letter.is_ascii_lowercase() || letter.is_ascii_digit();
        key.push(match letter {
            ' ' | '-' | '.' => '_',
            other => other.to_ascii_lowercase(),
        });
    }
    Some(key).filter(|key| source::is_key(key))
}

fn read_aliases(
    object: &Object<'_>,
    name: Option<&str>,
    findings: &mut Findings,
) -> Option<Vec<String>> {
    let Some(part) = object.member("aliases") else {
        return Some(Vec::new());
    };
    let mut seen = HashSet::new();
    seen.extend(name.map(fold));
    let mut aliases = Vec::new();
    for part in part.items(MAX_OWN_ALIASES, findings)? {
        let Some(alias) = part.words(MAX_OWN_NAME_BYTES, findings) else {
            continue;
        };
        if source::is_action(alias) {
            let message = "expected a display name, found what is spelled like an action: aliases \
                           are display names, and an action has no other";
            findings.refuse(part.pointer(), "invalid_alias", message);
        } else if !seen.insert(fold(alias)) {
            let message = "expected each name once, found one again: remove it";
            findings.refuse(part.pointer(), "repeated_value", message);
        } else {
            aliases.push(alias.to_owned());
        }
    }
    Some(aliases)
}

fn read_metadata(
    object: &Object<'_>,
    place: &Place<'_>,
    findings: &mut Findings,
) -> Option<Vec<Field>> {
    let Some(part) = object.member("metadata") else {
        return Some(Vec::new());
    };
    let parts = part.items(MAX_OWN_FIELDS, findings)?;
    let count = parts.len();
    let mut fields: Vec<Field> = Vec::with_capacity(count);
    for part in parts {
        let Some(field) = read_field(&part, place, findings) else {
            continue;
        };
        if fields.iter().any(|other| other.key == field.key) {
            let pointer = format!("{}/key", part.pointer());
            let message = "expected each key once, found one again: remove it";
            findings.refuse(&pointer, "repeated_value", message);
        }
        fields.push(field);
    }
    // Of fields of which some cannot be read nothing is said about the template.
    (fields.len() == count).then_some(fields)
}

fn read_field(part: &Part<'_>, place: &Place<'_>, findings: &mut Findings) -> Option<Field> {
    let object = part.object(&FIELD_MEMBERS, findings)?;
    let key = object.required("key", findings);
    let key = key.and_then(|part| read_key(&part, findings));
    let label = object.required("label", findings);
    let label = label.and_then(|part| part.words(MAX_OWN_NAME_BYTES, findings));
    let kind = object.required("type", findings);
    let kind = kind.and_then(|part| part.one_of(&FieldType::ALL, FieldType::as_str, findings));
    let required = match object.member("required") {
        None => Some(false),
        Some(part) => part.flag(findings),
    };
    let secret = match (object.member("secret"), &key) {
        (Some(part), _) => part.flag(findings),
        (None, Some(key)) => unsaid(key, part, place, findings),
        (None, None) => None,
    };
    Some(Field {
        key: key?,
        label: label?.to_owned(),
        kind: kind?,
        required: required?,
        secret: secret?,
    })
}

fn read_key(part: &Part<'_>, findings: &mut Findings) -> Option<String> {
    let key = part.words(MAX_OWN_KEY_BYTES, findings)?;
    if let Some(instead) = source::place_in_record(key) {
        let message = format!(
            "expected a key of its own, found {key:?}, which the record has as {instead}: leave the \
             field out"
        );
        findings.refuse(part.pointer(), "reserved_key", message);
        return None;
    }
    if !source::is_key(key) {
        let message = format!(
            "expected snake case of a-z, 0-9 and _, beginning with a letter, found {:?}",
            shown(key)
        );
        findings.refuse_suggesting(part.pointer(), "invalid_key", message, snake_case(key));
        return None;
    }
    Some(key.to_owned())
}

/// What is meant by a field that does not say whether it is secret: that it is not, unless there is
/// reason to ask.
fn unsaid(key: &str, part: &Part<'_>, place: &Place<'_>, findings: &mut Findings) -> Option<bool> {
    let was = place.before.and_then(|before| before.field(key));
    let reason = if was.is_some_and(|field| field.secret) {
        "the field has been secret so far"
    } else if is_name_of_secrets(key) {
        "that is a name of secrets"
    } else {
        return Some(false);
    };
    let message = format!(
        "expected {key:?} to say whether it is secret, since {reason}: write \"secret\": true, or \
         false to have its values kept as they are sent"
    );
    let pointer = format!("{}/secret", part.pointer());
    findings.refuse(&pointer, "missing_field", message);
    None
}

/// Whether what stands under this key in metadata that no catalog knows is replaced for its name.
fn is_name_of_secrets(key: &str) -> bool {
    let redactor = Redactor::new(
        RedactionKey::new([0; RedactionKey::BYTES]),
        &Rules::default(),
    );
    let probe = Json::Object(vec![(key.into(), Json::String("x".into()))]);
    let mut members = vec![("metadata".into(), probe)];
    redactor
        .clean(&mut members, None)
        .is_ok_and(|count| count > 0)
}

fn refuse_template(error: &TemplateError, metadata: &[Field], findings: &mut Findings) {
    let near = match error {
        TemplateError::UnknownField(key) => {
            let keys = metadata.iter().map(|field| field.key.as_str());
            let near = crate::nearest::nearest(key, keys);
            near.map(|key| format!("{{metadata.{key}}}"))
        }
        _ => None,
    };
    findings.refuse_suggesting("/template", "invalid_template", error.to_string(), near);
}

/// A name means one name, whatever its case, and an alias never leads to two.
fn check_names(entry: &Entry, others: &Catalog, findings: &mut Findings) {
    let aliases = entry.aliases.iter().enumerate();
    let aliases = aliases.map(|(at, alias)| (format!("/aliases/{at}"), alias));
    let names = std::iter::once(("/name".to_owned(), &entry.name));
    for (pointer, text) in names.chain(aliases) {
        if let Some(meant) = others.name_for_alias(text)
            && meant != entry.name
        {
            let message = format!(
                "expected a name that is free, found {text:?}, which means {meant:?} already: give \
                 both event types that name, or choose another"
            );
            let meant = Some(meant.to_owned());
            findings.refuse_suggesting(&pointer, "ambiguous_name", message, meant);
        }
    }
}

/// A definition as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    action: String,
    name: String,
    aliases: Vec<String>,
    category: String,
    event_type: EventType,
    badge: String,
    level: Level,
    description: String,
    template: String,
    metadata: Vec<KeptField>,
}

#[derive(Serialize, Deserialize)]
struct KeptField {
    key: String,
    label: String,
    #[serde(rename = "type")]
    kind: FieldType,
    required: bool,
    secret: bool,
}

impl Serialize for Definition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entry = self.0.clone();
        let field = |field: Field| KeptField {
            key: field.key,
            label: field.label,
            kind: field.kind,
            required: field.required,
            secret: field.secret,
        };
        let kept = Kept {
            action: entry.action,
            name: entry.name,
            aliases: entry.aliases,
            category: entry.category,
            event_type: entry.event_type,
            badge: entry.badge,
            level: entry.level,
            description: entry.description,
            template: entry.template.as_str().to_owned(),
            metadata: entry.metadata.into_iter().map(field).collect(),
        };
        kept.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Definition {
    /// Reads what was kept. The bounds of today are not asked for: they may have been others.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        let field = |field: KeptField| Field {
            key: field.key,
            label: field.label,
            kind: field.kind,
            required: field.required,
            secret: field.secret,
        };
        let metadata: Vec<Field> = kept.metadata.into_iter().map(field).collect();
        let template = source::template(&kept.template, &metadata).map_err(D::Error::custom)?;
        Ok(Definition(Entry {
            action: kept.action,
            name: kept.name,
            aliases: kept.aliases,
            category: kept.category,
            event_type: kept.event_type,
            badge: kept.badge,
            level: kept.level,
            description: kept.description,
            template,
            metadata,
        }))
    }
}
