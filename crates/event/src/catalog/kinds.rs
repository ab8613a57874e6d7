//! The small closed vocabularies of the catalog: event types, levels, types of metadata.
//!
//! The spellings are part of the contract: they are sent, stored and filtered by.

use serde::{Deserialize, Serialize};

use crate::json::Json;

/// The widest grouping of events. Every entry has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventType {
    /// What is done to agents, and to the parts that they are made of.
    #[serde(rename = "Agent Operations")]
    AgentOperations,
    /// What changes the rules: policies and guardrails.
    #[serde(rename = "Policy Changes")]
    PolicyChanges,
    /// What people do to members, roles, settings and decisions.
    #[serde(rename = "User Actions")]
    UserActions,
    /// Sign-ins, credentials and what looks wrong.
    #[serde(rename = "Security Events")]
    SecurityEvents,
    /// What happens by itself.
    #[serde(rename = "System Events")]
    SystemEvents,
}

impl EventType {
    /// All of them, in the order in which they are offered.
    pub const ALL: [EventType; 5] = [
        EventType::AgentOperations,
        EventType::PolicyChanges,
        EventType::UserActions,
        EventType::SecurityEvents,
        EventType::SystemEvents,
    ];

    /// As it is written in an event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            EventType::AgentOperations => "Agent Operations",
            EventType::PolicyChanges => "Policy Changes",
            EventType::UserActions => "User Actions",
            EventType::SecurityEvents => "Security Events",
            EventType::SystemEvents => "System Events",
        }
    }

    /// The one that is written like this, exactly.
    #[must_use]
    pub fn parse(text: &str) -> Option<EventType> {
        EventType::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// The scope that an event belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The whole organization.
    Organization,
    /// One project.
    Project,
    /// One tool.
    Tool,
    /// One workflow.
    Workflow,
    /// One agent.
    Agent,
}

impl Level {
    /// All of them, the widest first.
    pub const ALL: [Level; 5] = [
        Level::Organization,
        Level::Project,
        Level::Tool,
        Level::Workflow,
        Level::Agent,
    ];

    /// As it is written in an event.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Organization => "organization",
            Level::Project => "project",
            Level::Tool => "tool",
            Level::Workflow => "workflow",
            Level::Agent => "agent",
        }
    }

    /// The one that is written like this, exactly.
    #[must_use]
    pub fn parse(text: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.as_str() == text)
    }
}

/// What values a metadata field takes.
///
/// Strict where the meaning fixes the type (a count is a number), lenient where platforms differ
/// (a delay is `300`, `"300s"` or `"5 minutes"`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A string.
    String,
    /// A whole number.
    Integer,
    /// Any number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// `true`, `false`, or "yes" or "no" in any case.
    YesNo,
    /// A number, or a string that says its unit.
    Duration,
    /// A string, or an array of strings.
    StringList,
    /// Any value.
    Any,
}

impl FieldType {
    /// All of them.
    pub const ALL: [FieldType; 8] = [
        FieldType::String,
        FieldType::Integer,
        FieldType::Number,
        FieldType::Boolean,
        FieldType::YesNo,
        FieldType::Duration,
        FieldType::StringList,
        FieldType::Any,
    ];

    /// As it is written in the catalog.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            FieldType::String => "string",
            FieldType::Integer => "integer",
            FieldType::Number => "number",
            FieldType::Boolean => "boolean",
            FieldType::YesNo => "yes_no",
            FieldType::Duration => "duration",
            FieldType::StringList => "string_list",
            FieldType::Any => "any",
        }
    }

    /// What is expected, in words that continue "expected".
    #[must_use]
    pub const fn expected(self) -> &'static str {
        match self {
            FieldType::String => "a string",
            FieldType::Integer => "a whole number",
            FieldType::Number => "a number",
            FieldType::Boolean => "true or false",
            FieldType::YesNo => "true, false, \"yes\" or \"no\"",
            FieldType::Duration => "a number, or a string with a unit such as \"30s\"",
            FieldType::StringList => "a string or an array of strings",
            FieldType::Any => "any value",
        }
    }

    /// Whether a value is of this type. `null` counts as absent, which every type takes.
    #[must_use]
    pub fn accepts(self, value: &Json<'_>) -> bool {
        match (self, value) {
            (_, Json::Null) | (FieldType::Any, _) => true,
            (FieldType::String | FieldType::Duration | FieldType::StringList, Json::String(_))
            | (FieldType::Integer | FieldType::Number | FieldType::Duration, Json::Int(_))
            | (FieldType::Number | FieldType::Duration, Json::Float(_))
            | (FieldType::Boolean | FieldType::YesNo, Json::Bool(_)) => true,
            (FieldType::YesNo, Json::String(text)) => {
                text.eq_ignore_ascii_case("yes") || text.eq_ignore_ascii_case("no")
            }
            (FieldType::StringList, Json::Array(items)) => {
                items.iter().all(|item| matches!(item, Json::String(_)))
            }
            _ => false,
        }
    }
}
