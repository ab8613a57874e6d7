//! Reading what an administrator sends as JSON: event types and settings.
//!
//! Such a document is small, written by a person, and worth precise answers: every mistake that can
//! be found is reported at once, with its pointer, what was expected, what came and, where a word is
//! nearly right, the word that was probably meant. It must hold that:
//!
//! - a member that the reader does not know is refused, never ignored;
//! - no more than [`MAX_REFUSALS`] mistakes are kept, and looking for them ends there;
//! - of what came, names and words are repeated, shortened, but no other value.

use crate::json::{Json, push_token, shown};
use crate::nearest::nearest;
use crate::record::{MAX_REFUSALS, Refusal};

/// What is wrong with a document so far.
#[derive(Debug, Default)]
pub struct Findings {
    refusals: Vec<Refusal>,
}

impl Findings {
    /// Adds a mistake.
    pub fn refuse(&mut self, pointer: &str, code: &'static str, message: impl Into<String>) {
        self.refuse_suggesting(pointer, code, message, None);
    }

    /// Adds a mistake, and what was probably meant.
    pub fn refuse_suggesting(
        &mut self,
        pointer: &str,
        code: &'static str,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        if !self.is_full() {
            self.refusals.push(Refusal {
                pointer: pointer.to_owned(),
                code,
                message: message.into(),
                suggestion,
            });
        }
    }

    /// No more mistakes are kept.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.refusals.len() >= MAX_REFUSALS
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.refusals.is_empty()
    }

    /// The mistakes.
    #[must_use]
    pub fn into_refusals(self) -> Vec<Refusal> {
        self.refusals
    }
}

/// A value in a document, and the way to it.
#[derive(Debug, Clone)]
pub struct Part<'d> {
    value: &'d Json<'d>,
    pointer: String,
}

/// An object in a document, all of whose members are known to its reader.
#[derive(Debug, Clone)]
pub struct Object<'d> {
    part: Part<'d>,
}

impl<'d> Part<'d> {
    /// The whole document.
    #[must_use]
    pub fn whole(document: &'d Json<'d>) -> Self {
        Self {
            value: document,
            pointer: String::new(),
        }
    }

    /// The RFC 6901 pointer to it.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.pointer
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        *self.value == Json::Null
    }

    /// An object with no other members than these.
    pub fn object(&self, known: &[&'static str], findings: &mut Findings) -> Option<Object<'d>> {
        let Some(members) = self.value.as_object() else {
            self.wrong_type("an object", findings);
            return None;
        };
        for (name, _) in members {
            if findings.is_full() {
                break;
            }
            if !known.contains(&&**name) {
                let message = format!(
                    "expected one of the members {}, found {:?}: rename it or leave it out",
                    known.join(", "),
                    shown(name)
                );
                let near = nearest(name, known.iter().copied()).map(str::to_owned);
                let pointer = self.below(name);
                findings.refuse_suggesting(&pointer, "unknown_field", message, near);
            }
        }
        Some(Object { part: self.clone() })
    }

    /// The items of an array of at most `max`.
    pub fn items(&self, max: usize, findings: &mut Findings) -> Option<Vec<Part<'d>>> {
        let Some(items) = self.value.as_array() else {
            self.wrong_type("an array", findings);
            return None;
        };
        if items.len() > max {
            let found = items.len();
            let message = format!("expected at most {max} items, found {found}: remove some");
            findings.refuse(&self.pointer, "too_many_items", message);
            return None;
        }
        let items = items.iter().enumerate().map(|(at, value)| Part {
            value,
            pointer: self.below(&at.to_string()),
        });
        Some(items.collect())
    }

    /// A string, whatever it says.
    pub fn text(&self, findings: &mut Findings) -> Option<&'d str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.wrong_type("a string", findings);
        }
        text
    }

    /// A string that says something, in at most `max` bytes without control characters and without
    /// white space around it.
    pub fn words(&self, max: usize, findings: &mut Findings) -> Option<&'d str> {
        let text = self.text(findings)?;
        let trimmed = text.trim();
        if trimmed.is_empty() {
            let message = "expected a text, found nothing in it: write one";
            findings.refuse(&self.pointer, "empty_value", message);
        } else if text.len() > max {
            let found = text.len();
            let message = format!("expected at most {max} bytes, found {found}: shorten it");
            findings.refuse(&self.pointer, "too_long", message);
        } else if text.chars().any(char::is_control) {
            let message = "expected one line of text, found a control character: remove it";
            findings.refuse(&self.pointer, "invalid_value", message);
        } else if trimmed.len() < text.len() {
            let message = "expected no white space around the text, found some: remove it";
            let meant = Some(trimmed.to_owned());
            findings.refuse_suggesting(&self.pointer, "invalid_value", message, meant);
        } else {
            return Some(text);
        }
        None
    }

    /// `true` or `false`.
    pub fn flag(&self, findings: &mut Findings) -> Option<bool> {
        if let Json::Bool(flag) = self.value {
            return Some(*flag);
        }
        self.wrong_type("true or false", findings);
        None
    }

    /// A whole number within bounds, both included.
    pub fn whole_number(&self, least: i64, most: i64, findings: &mut Findings) -> Option<i64> {
        if let Json::Int(number) = self.value
            && (least..=most).contains(number)
        {
            return Some(*number);
        }
        if matches!(self.value, Json::Int(_) | Json::Float(_)) {
            let message = format!("expected a whole number from {least} to {most}: choose one");
            findings.refuse(&self.pointer, "out_of_range", message);
        } else {
            self.wrong_type("a whole number", findings);
        }
        None
    }

    /// One of a few words, which `spelled` spells.
    pub fn one_of<T: Copy>(
        &self,
        options: &[T],
        spelled: fn(T) -> &'static str,
        findings: &mut Findings,
    ) -> Option<T> {
        let text = self.text(findings)?;
        let found = options.iter().find(|option| spelled(**option) == text);
        if found.is_none() {
            let words: Vec<&str> = options.iter().map(|option| spelled(*option)).collect();
            let message = format!(
                "expected one of {}, found {:?}: choose one",
                words.join(", "),
                shown(text)
            );
            let near = nearest(text, words).map(str::to_owned);
            findings.refuse_suggesting(&self.pointer, "invalid_value", message, near);
        }
        found.copied()
    }

    fn wrong_type(&self, expected: &str, findings: &mut Findings) {
        let found = self.value.kind();
        let message = format!("expected {expected}, found {found}: send {expected}");
        findings.refuse(&self.pointer, "wrong_type", message);
    }

    fn below(&self, token: &str) -> String {
        let mut pointer = self.pointer.clone();
        push_token(&mut pointer, token);
        pointer
    }
}

impl<'d> Object<'d> {
    /// The member of this name, also if it is `null`.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<Part<'d>> {
        let value = self.part.value.get(name)?;
        Some(Part {
            value,
            pointer: self.part.below(name),
        })
    }

    /// The member of this name, unless it is `null`.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Part<'d>> {
        self.given(name).filter(|part| !part.is_null())
    }

    /// The member of this name, which must be there.
    pub fn required(&self, name: &str, findings: &mut Findings) -> Option<Part<'d>> {
        let member = self.member(name);
        if member.is_none() {
            let message = format!("expected {name:?}, found none: add it");
            findings.refuse(&self.part.below(name), "missing_field", message);
        }
        member
    }
}
