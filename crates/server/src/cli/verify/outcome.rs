//! What a verification came to, in words for a report and as JSON for programs.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::CommandError;
use super::super::output::Output;
use super::{DOES_NOT_HOLD, HOLDS, NOT_VERIFIED};

/// Something that does not hold.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    /// A short name of what it is.
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) byte: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) size: Option<u64>,
    /// The whole in words.
    pub(super) what: String,
}

impl Found {
    pub(super) fn new(kind: &'static str, what: impl ToString) -> Self {
        Self {
            kind,
            file: None,
            byte: None,
            organization_id: None,
            index: None,
            event_id: None,
            size: None,
            what: what.to_string(),
        }
    }
}

/// What a verification came to.
#[derive(Debug)]
pub(super) struct Outcome {
    /// What was verified, in a word.
    pub(super) kind: &'static str,
    pub(super) findings: Vec<Found>,
    /// Findings that are not listed.
    pub(super) more: u64,
    /// Nothing is known to differ, but not all of it could be read.
    pub(super) is_unknown: bool,
    /// Events that are under no signature. Without a finding of them, that is as it was expected.
    pub(super) unsigned: u64,
    /// What was verified: names and numbers.
    pub(super) verified: Map<String, Value>,
    /// The same in words, a line each.
    pub(super) lines: Vec<String>,
}

/// What is printed with `--json`.
#[derive(Serialize)]
struct Told<'a> {
    holds: bool,
    kind: &'static str,
    findings: &'a [Found],
    /// Findings that are not listed.
    more_findings: u64,
    verified: &'a Map<String, Value>,
}

impl Outcome {
    pub(super) fn new(kind: &'static str) -> Self {
        Self {
            kind,
            findings: Vec::new(),
            more: 0,
            is_unknown: false,
            unsigned: 0,
            verified: Map::new(),
            lines: Vec::new(),
        }
    }

    pub(super) fn find(&mut self, kind: &'static str, what: impl ToString) {
        self.findings.push(Found::new(kind, what));
    }

    /// Says something that was verified: for programs under a name, for people behind a label.
    pub(super) fn say(&mut self, name: &str, label: &str, value: impl Into<Value>) {
        let value = value.into();
        let shown = match &value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        self.lines.push(format!("  {label:<13} {shown}"));
        self.verified.insert(name.to_owned(), value);
    }

    fn holds(&self) -> bool {
        self.findings.is_empty() && self.more == 0
    }

    pub(super) fn code(&self) -> u8 {
        match (self.holds(), self.is_unknown) {
            (true, _) => HOLDS,
            (false, false) => DOES_NOT_HOLD,
            (false, true) => NOT_VERIFIED,
        }
    }

    pub(super) fn tell(&self, output: &mut Output, json: bool) -> Result<(), CommandError> {
        if json {
            let told = Told {
                holds: self.holds(),
                kind: self.kind,
                findings: &self.findings,
                more_findings: self.more,
                verified: &self.verified,
            };
            output.write_json(&serde_json::to_string(&told)?)?;
            output.write("\n")?;
        } else {
            output.write_lines(self.in_words().as_bytes())?;
        }
        Ok(output.flush()?)
    }

    fn in_words(&self) -> String {
        let verdict = match (self.code(), self.unsigned) {
            (HOLDS, 0) => "all holds".to_owned(),
            (HOLDS, unsigned) => {
                format!("all that is signed holds; {unsigned} events are under no signature")
            }
            (DOES_NOT_HOLD, _) => "DOES NOT HOLD".to_owned(),
            _ => "could not be verified".to_owned(),
        };
        let mut lines = vec![format!("{}: {verdict}", self.kind)];
        let found = self
            .findings
            .iter()
            .map(|found| format!("- {}", found.what));
        lines.extend(found);
        if self.more > 0 {
            lines.push(format!("- and {} more findings", self.more));
        }
        lines.extend(self.lines.iter().cloned());
        lines.push(String::new());
        lines.join("\n")
    }
}
