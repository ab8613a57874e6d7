//! Why an event is refused, and what is worth a warning.
//!
//! Codes are stable and listed in `spec/event.md`. A message says what was expected, what came and
//! what to do; of what came it repeats names, actions, times and the like, shortened, but never a
//! free-form value, which may be a secret.

use crate::json::{JsonError, push_token};

use super::limits::{MAX_EVENT_BYTES, MAX_REFUSALS};

/// One reason why an event is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The value in question, as an RFC 6901 pointer into the event.
    pub pointer: String,
    /// A stable name of the reason.
    pub code: &'static str,
    /// What was expected, what came, what to do.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Something about an accepted event that its sender should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The value in question, as an RFC 6901 pointer into the event.
    pub pointer: String,
    /// A stable name of the reason.
    pub code: &'static str,
    /// What was expected, what came, what to do.
    pub message: String,
}

/// The way to a value, rendered only if something is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(super) enum At<'p> {
    Event,
    Member(&'p At<'p>, &'p str),
    Item(&'p At<'p>, usize),
}

impl At<'_> {
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.render(&mut pointer);
        pointer
    }

    /// Recursion is bounded by the depth of the record's shape.
    fn render(&self, pointer: &mut String) {
        match self {
            At::Event => {}
            At::Member(parent, name) => {
                parent.render(pointer);
                push_token(pointer, name);
            }
            At::Item(parent, index) => {
                parent.render(pointer);
                push_token(pointer, &index.to_string());
            }
        }
    }
}

/// What has been found about one event so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    refusals: Vec<Refusal>,
    warnings: Vec<Warning>,
}

impl Findings {
    pub(super) fn refuse(
        &mut self,
        at: &At<'_>,
        code: &'static str,
        message: impl FnOnce() -> String,
    ) {
        self.refuse_suggesting(at, code, || None, message);
    }

    /// Refusals beyond [`MAX_REFUSALS`] are not kept, and neither message nor suggestion is made
    /// for them: an event of nothing but errors must not cost more than a good one.
    #[cold]
    pub(super) fn refuse_suggesting(
        &mut self,
        at: &At<'_>,
        code: &'static str,
        suggestion: impl FnOnce() -> Option<String>,
        message: impl FnOnce() -> String,
    ) {
        if self.refusals.len() < MAX_REFUSALS {
            let (pointer, suggestion, message) = (at.pointer(), suggestion(), message());
            self.refusals.push(Refusal {
                pointer,
                code,
                message,
                suggestion,
            });
        }
    }

    pub(super) fn warn(&mut self, at: &At<'_>, code: &'static str, message: String) {
        self.warnings.push(Warning {
            pointer: at.pointer(),
            code,
            message,
        });
    }

    /// The warnings, if nothing is refused.
    pub(super) fn into_warnings(self) -> Result<Vec<Warning>, Vec<Refusal>> {
        if self.refusals.is_empty() {
            Ok(self.warnings)
        } else {
            Err(self.refusals)
        }
    }
}

pub(super) fn event_too_large(bytes: usize) -> Refusal {
    Refusal {
        pointer: String::new(),
        code: "event_too_large",
        message: format!(
            "expected an event of at most {MAX_EVENT_BYTES} bytes, found {bytes}: shorten \
             request.body, request.response or changes, or keep them elsewhere and refer to them"
        ),
        suggestion: None,
    }
}

pub(super) fn not_an_object(kind: &str) -> Refusal {
    Refusal {
        pointer: String::new(),
        code: "not_an_object",
        message: format!("expected an event, which is an object, found {kind}"),
        suggestion: None,
    }
}

pub(super) fn not_json(error: JsonError) -> Refusal {
    Refusal {
        code: error.kind.code(),
        message: error.to_string(),
        pointer: error.pointer,
        suggestion: None,
    }
}
