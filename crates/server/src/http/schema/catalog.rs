//! The catalog.

use utoipa::ToSchema;

use super::recorded::{EventType, Level};

/// What is known of every action.
#[derive(ToSchema)]
pub(crate) struct Catalog {
    /// What events record as `catalog_version`.
    #[schema(example = "1+3")]
    version: String,
    /// The built-in event types, then the organization's own.
    events: Vec<CatalogEntry>,
}

/// An event type.
#[derive(ToSchema)]
pub(crate) struct CatalogEntry {
    /// What clients send.
    #[schema(example = "guardrail.updated")]
    action: String,
    /// The display name.
    name: String,
    /// Other display names of the same.
    aliases: Vec<String>,
    /// The kind of thing that it is about.
    category: String,
    /// The widest grouping.
    event_type: EventType,
    /// The short label beside the event type.
    badge: String,
    /// The scope that it belongs to.
    level: Level,
    /// What it means.
    description: String,
    /// The metadata that is known. Other keys may be sent too.
    metadata: Vec<CatalogField>,
}

/// Metadata that is known of an event type.
#[derive(ToSchema)]
pub(crate) struct CatalogField {
    /// The key under `metadata`.
    key: String,
    /// The name that people see.
    label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    kind: FieldType,
    /// Whether an event without it is incomplete: a warning, an error in a strict organization.
    required: bool,
}

/// What values a metadata field takes.
#[derive(ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FieldType {
    String,
    Integer,
    Number,
    Boolean,
    YesNo,
    Duration,
    StringList,
    Any,
}

/// An event type to be made. Lengths are in bytes of UTF-8.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "action": "invoice.paid", "name": "Invoice paid", "category": "Invoices",
    "event_type": "User Actions", "badge": "Invoice", "level": "project",
    "description": "An invoice was paid.",
    "template": "{actor} paid [invoice {metadata.invoice_id}|an invoice]",
    "metadata": [{"key": "invoice_id", "label": "Invoice ID", "type": "string", "required": true}]
}))]
pub(crate) struct NewEventType {
    /// Two or more segments of a-z, 0-9, `_` and `-`, joined by dots. Never renamed.
    #[schema(
        max_length = 200,
        pattern = r"^[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)+$"
    )]
    action: String,
    /// The display name. Where another event type has that name or alias, it is the name of both.
    #[schema(value_type = Words)]
    name: String,
    /// Other display names of the same: none that is spelled like an action, each once, whatever its
    /// case.
    #[schema(max_items = 32, value_type = Option<Vec<Words>>)]
    aliases: Option<Vec<String>>,
    /// The kind of thing that it is about.
    #[schema(value_type = Words)]
    category: String,
    /// The widest grouping.
    event_type: EventType,
    /// The short label beside the event type.
    #[schema(value_type = Words)]
    badge: String,
    /// The scope that it belongs to.
    level: Level,
    /// What it means.
    #[schema(value_type = Sentence)]
    description: String,
    /// Makes the description of an event that comes without one.
    #[schema(value_type = Sentence)]
    template: String,
    /// The metadata that is known, each key once.
    #[schema(max_items = 64)]
    metadata: Option<Vec<NewCatalogField>>,
}

/// An event type as it is to be. Lengths are in bytes of UTF-8.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplacedEventType {
    /// That of the address, if it is given at all.
    action: Option<String>,
    /// The display name. Where another event type has that name or alias, it is the name of both.
    #[schema(value_type = Words)]
    name: String,
    /// Other display names of the same: none that is spelled like an action, each once, whatever its
    /// case.
    #[schema(max_items = 32, value_type = Option<Vec<Words>>)]
    aliases: Option<Vec<String>>,
    /// The kind of thing that it is about.
    #[schema(value_type = Words)]
    category: String,
    /// The widest grouping.
    event_type: EventType,
    /// The short label beside the event type.
    #[schema(value_type = Words)]
    badge: String,
    /// The scope that it belongs to.
    level: Level,
    /// What it means.
    #[schema(value_type = Sentence)]
    description: String,
    /// Makes the description of an event that comes without one.
    #[schema(value_type = Sentence)]
    template: String,
    /// The metadata that is known, each key once.
    #[schema(max_items = 64)]
    metadata: Option<Vec<NewCatalogField>>,
}

/// Metadata of an event type to be made.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCatalogField {
    /// The key under `metadata`, in snake case. What the record has a place for is no metadata.
    #[schema(max_length = 100, pattern = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$")]
    key: String,
    /// The name that people see.
    #[schema(value_type = Words)]
    label: String,
    /// What values it takes.
    #[serde(rename = "type")]
    kind: FieldType,
    /// Whether an event without it is incomplete; `false` by default.
    required: Option<bool>,
    /// Whether its values are replaced before anything is kept. Must be said where the key is a name
    /// of secrets, or where it has been secret.
    secret: Option<bool>,
}

/// One line of text, without white space around it.
#[derive(ToSchema)]
#[schema(
    max_length = 200,
    pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
)]
pub(crate) struct Words(String);

/// One longer line of text, without white space around it.
#[derive(ToSchema)]
#[schema(
    max_length = 1000,
    pattern = r"^[^\s\x00-\x1F\x7F-\x9F]([^\x00-\x1F\x7F-\x9F]*[^\s\x00-\x1F\x7F-\x9F])?$"
)]
pub(crate) struct Sentence(String);
