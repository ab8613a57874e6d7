//! Redaction: secrets are replaced before anything is hashed or written.
//!
//! An audit log is read by many people and can never be rewritten, so a token that reaches it has
//! leaked for good. This module stands between validation and the canonical bytes. Each secret
//! becomes `[redacted:<keyed hash>]`: equal secrets of one organization have equal placeholders, so
//! that one can still ask where a leaked key was used, and without the organization's key nobody can
//! try guesses against the hash. `spec/redaction.md` says what counts as a secret.
//!
//! A secret is known by the name it stands under (`names`, and the catalog and the organization's
//! [`Rules`] above it), or by its own shape (`shapes`).
//!
//! It must hold that:
//!
//! - the result depends on the event, its catalog entry, the key and the rules alone;
//! - cleaning what was cleaned changes nothing, so that a retry compares equal to what is stored;
//! - of a text only the secret parts change, and members stay sorted with every name once;
//! - time is linear in the size of the event, and the event grows by at most
//!   [`MAX_REPLACEMENTS`] placeholders.

mod event;
mod names;
mod path;
mod placeholder;
mod rules;
mod shapes;
mod walk;

use std::borrow::Cow;

use crate::catalog::Entry;
use crate::json::Members;

pub use placeholder::{PLACEHOLDER_BYTES, RedactionKey};
pub use rules::{
    MAX_RULE_BYTES, MAX_RULE_EXCEPTIONS, MAX_RULE_NAMES, MAX_RULE_SEGMENTS, Rules, RulesError,
};

use names::Names;
use shapes::Span;

/// Secrets that are replaced in one event. What is above it is refused: a placeholder is longer
/// than the shortest secret, and an event must not grow beyond what may be kept.
pub const MAX_REPLACEMENTS: usize = 2048;

/// How often a text is looked at again after secrets in it were replaced.
const MAX_PASSES: usize = 4;

/// The event has more secrets than one event may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected at most {MAX_REPLACEMENTS} secrets in an event, found more: leave the secrets out, or \
     send several events"
)]
pub struct TooManySecrets;

/// What replaces the secrets of one organization: made once, shared by all of its requests.
#[derive(Debug)]
pub struct Redactor {
    key: RedactionKey,
    names: Names,
    exceptions: rules::Exceptions,
}

impl Redactor {
    /// Prepares an organization's key and rules.
    #[must_use]
    pub fn new(key: RedactionKey, rules: &Rules) -> Self {
        Self {
            key,
            names: Names::with(rules.names()),
            exceptions: rules.prepare(),
        }
    }

    /// Replaces the secrets of a valid event, given as its top-level members. `entry` is the
    /// catalog's, if it knows the action. Returns how many replacements were made.
    ///
    /// # Errors
    /// If there are more than [`MAX_REPLACEMENTS`]. The event must then not be kept.
    pub fn clean(
        &self,
        members: &mut Members<'_>,
        entry: Option<&Entry>,
    ) -> Result<usize, TooManySecrets> {
        let mut cleaning = Cleaning {
            redactor: self,
            count: 0,
        };
        event::clean(&mut cleaning, members, entry)?;
        Ok(cleaning.count)
    }
}

/// How much of a text is searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Free text and data: every shape.
    Text,
    /// The same, where digits are known to be no card number.
    NoCards,
    /// What identifies somebody or something: only what can be nothing but a credential.
    Identifier,
}

/// The cleaning of one event.
#[derive(Debug)]
struct Cleaning<'r> {
    redactor: &'r Redactor,
    count: usize,
}

impl Cleaning<'_> {
    fn counted(&mut self) -> Result<(), TooManySecrets> {
        self.count += 1;
        if self.count > MAX_REPLACEMENTS {
            return Err(TooManySecrets);
        }
        Ok(())
    }

    /// The placeholder of a value that is secret as a whole, unless there is nothing to replace.
    fn whole(&mut self, text: &str) -> Result<Option<String>, TooManySecrets> {
        if text.is_empty() || placeholder::is(text) {
            return Ok(None);
        }
        self.counted()?;
        let secret = shapes::credential(text);
        if placeholder::is(secret) {
            return Ok(Some(secret.to_owned()));
        }
        Ok(Some(self.redactor.key.placeholder(secret)))
    }

    /// Replaces the secret parts of a text. A replacement may part what stood beside it, so the
    /// result is looked at again.
    #[inline]
    fn text(&mut self, text: &mut Cow<'_, str>, reading: Reading) -> Result<(), TooManySecrets> {
        if !shapes::may_have(text, reading) {
            return Ok(());
        }
        for _ in 0..MAX_PASSES {
            let spans = shapes::find(text, reading, self.redactor);
            if spans.is_empty() {
                break;
            }
            *text = Cow::Owned(self.replaced(text, &spans)?);
        }
        Ok(())
    }

    /// The same for a text that may have at most `max` bytes.
    fn bounded_text(
        &mut self,
        text: &mut Cow<'_, str>,
        reading: Reading,
        max: usize,
    ) -> Result<(), TooManySecrets> {
        if shapes::may_have(text, reading) {
            let sent = text.clone();
            self.text(text, reading)?;
            self.within(text, &sent, max);
        }
        Ok(())
    }

    /// Replaces a text as a whole if its placeholders have made it longer than it may be.
    fn within(&self, text: &mut Cow<'_, str>, sent: &str, max: usize) {
        if text.len() > max {
            *text = Cow::Owned(self.redactor.key.placeholder(sent));
        }
    }

    fn replaced(&mut self, text: &str, spans: &[Span]) -> Result<String, TooManySecrets> {
        let mut out = String::with_capacity(text.len() + spans.len() * PLACEHOLDER_BYTES);
        let mut done = 0;
        for span in spans {
            self.counted()?;
            // Spans begin and end beside ASCII. Were one not to, all of the text would go.
            let (Some(before), Some(secret)) = (text.get(done..span.start), text.get(span.clone()))
            else {
                debug_assert!(false, "{span:?} splits a character");
                return Ok(self.redactor.key.placeholder(text));
            };
            out.push_str(before);
            out.push_str(&self.redactor.key.placeholder(secret));
            done = span.end;
        }
        out.push_str(text.get(done..).unwrap_or_default());
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
