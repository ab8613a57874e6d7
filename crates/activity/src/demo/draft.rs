//! An event while it is being thought up, and its text as a client would send it.

use evident_event::id::EventId;
use evident_event::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::DemoEvent;

/// An actor, a target, or somebody in a chain of authority.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Party {
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    pub(super) id: String,
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) metadata: Map<String, Value>,
}

impl Party {
    /// One of whom only this is known.
    pub(super) fn new(kind: &'static str, id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind,
            id: id.into(),
            name: name.into(),
            email: None,
            metadata: Map::new(),
        }
    }
}

/// A field that has another value than before.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Change {
    pub(super) field: &'static str,
    pub(super) old: Value,
    pub(super) new: Value,
}

/// Where an event came from.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Context {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user_agent: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) trace_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) span_id: Option<String>,
}

/// The call that an event was made by.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Value>,
}

/// An event but for its id.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Draft {
    /// When it happens, in microseconds since 1970.
    #[serde(skip)]
    pub(super) at: i64,
    pub(super) action: &'static str,
    pub(super) actor: Party,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) on_behalf_of: Vec<Party>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) targets: Vec<Party>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) project_id: Option<&'static str>,
    pub(super) result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) changes: Vec<Change>,
    pub(super) context: Context,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request: Option<Request>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attempt_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) phase: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub(super) metadata: Map<String, Value>,
}

impl Draft {
    /// Something that somebody did, with success.
    pub(super) fn new(at: i64, action: &'static str, actor: Party) -> Self {
        Self {
            at,
            action,
            actor,
            on_behalf_of: Vec::new(),
            targets: Vec::new(),
            project_id: None,
            result: "success",
            reason: None,
            changes: Vec::new(),
            context: Context::default(),
            request: None,
            attempt_id: None,
            phase: None,
            metadata: Map::new(),
        }
    }

    /// With another result, and why.
    pub(super) fn ended(mut self, result: &'static str, reason: Option<&'static str>) -> Self {
        self.result = result;
        self.reason = reason;
        self
    }

    /// As a part of an attempt and its outcome.
    pub(super) fn part_of(mut self, attempt_id: &str, phase: &'static str) -> Self {
        self.attempt_id = Some(attempt_id.to_owned());
        self.phase = Some(phase);
        self
    }

    /// The event of this draft under an id made of its time and these bytes.
    pub(super) fn into_event(self, random: [u8; 10]) -> DemoEvent {
        #[derive(Serialize)]
        struct Sent<'a> {
            id: String,
            occurred_at: String,
            #[serde(flatten)]
            draft: &'a Draft,
        }
        let id = EventId::v7(self.at, random);
        let sent = Sent {
            id: String::from_utf8_lossy(&id.to_ascii()).into_owned(),
            occurred_at: Timestamp::from_micros(self.at).to_string(),
            draft: &self,
        };
        // Strings, numbers and objects with string keys: there is nothing that could not be written.
        let text = serde_json::to_string(&sent).unwrap_or_default();
        DemoEvent {
            occurred_at: self.at,
            id,
            text,
        }
    }
}
