//! Validation and normalization of one event, in place, along the tables in `shape`.
//!
//! What is checked here needs no catalog. A member that is null is removed where null is no value;
//! ids, times and IP addresses take their one form; all else stays as it was sent.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::net::IpAddr;

use crate::id::EventId;
use crate::json::{Json, Members, compare_names, shown};
use crate::nearest::nearest;
use crate::query::READ_ACTION;
use crate::time::Timestamp;

use super::carried::Carried;
use super::limits::{MAX_ACTION_BYTES, MAX_FUTURE_MICROS, MAX_METADATA_LEAVES, MAX_TERM_BYTES};
use super::refusal::{At, Findings};
use super::shape::{self, Member, Rule, Shape};
use super::{Door, Sender};

const MIN_STATUS: i64 = 100;
const MAX_STATUS: i64 = 599;

/// What checking an event brings to light.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) id: Option<EventId>,
    pub(super) occurred_at: Option<Timestamp>,
    pub(super) carried: Carried,
}

/// The state of checking one event.
pub(super) struct Check<'c> {
    door: &'c Door<'c>,
    findings: &'c mut Findings,
    id: Option<EventId>,
    occurred_at: Option<Timestamp>,
    leaves: usize,
}

impl<'c> Check<'c> {
    /// Checks and normalizes the members of an event.
    pub(super) fn event(
        members: &mut Members<'_>,
        door: &'c Door<'c>,
        findings: &'c mut Findings,
    ) -> Checked {
        let mut check = Self {
            door,
            findings,
            id: None,
            occurred_at: None,
            leaves: 0,
        };
        let carried = check.object(members, &shape::EVENT, &At::Event);
        if check.leaves > MAX_METADATA_LEAVES {
            let found = check.leaves;
            check.findings.refuse(&At::Event, "too_many_metadata_leaves", || {
                format!(
                    "expected at most {MAX_METADATA_LEAVES} values in all metadata of the event \
                     together, found {found}: send what is large as request.body or request.response"
                )
            });
        }
        Checked {
            id: check.id,
            occurred_at: check.occurred_at,
            carried: Carried::from_bits(carried),
        }
    }

    /// Checks members against a shape. Returns the shape's members that are there, as bits.
    fn object(&mut self, members: &mut Members<'_>, shape: &'static Shape, at: &At<'_>) -> u32 {
        let mut present = 0;
        let mut bit = 0;
        members.retain_mut(|(name, value)| {
            while let Some(rule) = shape.members.get(bit) {
                match compare_names(rule.name, name) {
                    Ordering::Less => self.absent(rule, shape, at),
                    Ordering::Greater => break,
                    Ordering::Equal => {
                        bit += 1;
                        let kept = *value != Json::Null || matches!(rule.rule, Rule::Any);
                        if kept {
                            present |= 1 << (bit - 1);
                            self.value(value, &rule.rule, &At::Member(at, rule.name));
                        } else {
                            self.absent(rule, shape, at);
                        }
                        return kept;
                    }
                }
                bit += 1;
            }
            self.unknown(name, shape, at);
            true
        });
        for rule in shape.members.iter().skip(bit) {
            self.absent(rule, shape, at);
        }
        present
    }

    fn absent(&mut self, member: &Member, shape: &Shape, at: &At<'_>) {
        if member.required {
            let at = At::Member(at, member.name);
            self.findings.refuse(&at, "missing_field", || {
                format!("expected {} to have {:?}: add it", shape.what, member.name)
            });
        }
    }

    #[cold]
    fn unknown(&mut self, name: &str, shape: &'static Shape, at: &At<'_>) {
        let here = At::Member(at, name);
        if matches!(at, At::Event) && shape::SET_BY_SERVER.contains(&name) {
            self.findings.refuse(&here, "server_field", || {
                format!("expected no {name:?}, which is set by the server: leave it out")
            });
            return;
        }
        let names = shape.members.iter().map(|member| member.name);
        let near = || nearest(name, names.clone()).map(str::to_owned);
        self.findings
            .refuse_suggesting(&here, "unknown_field", near, || {
                let known: Vec<&str> = names.clone().collect();
                format!(
                    "{} has no {:?}, only {}: rename it, or put what is your own under metadata",
                    shape.what,
                    shown(name),
                    known.join(", ")
                )
            });
    }

    fn value(&mut self, value: &mut Json<'_>, rule: &Rule, at: &At<'_>) {
        match (rule, value) {
            (Rule::Any, _) => {}
            (Rule::Metadata, Json::Object(members)) => {
                self.leaves += members
                    .iter()
                    .map(|(_, value)| leaves(value))
                    .sum::<usize>();
            }
            (Rule::Object(shape), Json::Object(members)) => {
                self.object(members, shape, at);
            }
            (Rule::List(shape, max), Json::Array(items)) => self.list(items, shape, *max, at),
            (Rule::Status, value) => self.status(value, at),
            (
                Rule::Term
                | Rule::Text(_)
                | Rule::OneOf(_)
                | Rule::Id
                | Rule::Action
                | Rule::Time
                | Rule::Organization
                | Rule::Ip,
                Json::String(text),
            ) => self.text(text, rule, at),
            (Rule::Metadata | Rule::Object(_), other) => self.wrong_type(at, "an object", other),
            (Rule::List(..), other) => self.wrong_type(at, "an array of objects", other),
            (_, other) => self.wrong_type(at, "a string", other),
        }
    }

    fn list(&mut self, items: &mut [Json<'_>], shape: &'static Shape, max: usize, at: &At<'_>) {
        if items.len() > max {
            let found = items.len();
            self.findings.refuse(at, "too_many_items", || {
                format!("expected at most {max} items, found {found}: send several events")
            });
            return;
        }
        for (index, item) in items.iter_mut().enumerate() {
            let at = At::Item(at, index);
            match item {
                Json::Object(members) => {
                    self.object(members, shape, &at);
                }
                other => self.wrong_type(&at, "an object", other),
            }
        }
    }

    fn text(&mut self, text: &mut Cow<'_, str>, rule: &Rule, at: &At<'_>) {
        match rule {
            Rule::Term => self.term(text, at),
            Rule::Text(max) => self.length(text, *max, at),
            Rule::OneOf(options) => self.one_of(text, options, at),
            Rule::Id => self.id(text, at),
            Rule::Action => self.action(text, at),
            Rule::Time => self.time(text, at),
            Rule::Organization => self.organization(text, at),
            Rule::Ip => self.ip(text, at),
            Rule::Status | Rule::Metadata | Rule::Any | Rule::Object(_) | Rule::List(..) => {}
        }
    }

    fn term(&mut self, text: &str, at: &At<'_>) {
        if text.is_empty() {
            self.findings.refuse(at, "empty_value", || {
                "expected text, found an empty string: give a value, or leave it out if it is \
                 optional"
                    .to_owned()
            });
        }
        self.length(text, MAX_TERM_BYTES, at);
    }

    fn length(&mut self, text: &str, max: usize, at: &At<'_>) {
        if text.len() > max {
            self.findings.refuse(at, "too_long", || {
                format!(
                    "expected at most {max} bytes, found {}: shorten it",
                    text.len()
                )
            });
        }
    }

    fn one_of(&mut self, text: &str, options: &[&str], at: &At<'_>) {
        if !options.contains(&text) {
            let near = || nearest(text, options.iter().copied()).map(str::to_owned);
            self.findings
                .refuse_suggesting(at, "invalid_value", near, || {
                    format!(
                        "expected one of {}, found {:?}: choose one",
                        options.join(", "),
                        shown(text)
                    )
                });
        }
    }

    fn id(&mut self, text: &mut Cow<'_, str>, at: &At<'_>) {
        match EventId::parse(text) {
            Ok(id) => {
                self.id = Some(id);
                normalize(text, &id.to_ascii());
            }
            Err(error) => self.findings.refuse(at, "invalid_id", || error.to_string()),
        }
    }

    fn action(&mut self, text: &str, at: &At<'_>) {
        if text == READ_ACTION && self.door.sender == Sender::Client {
            return self.findings.refuse(at, "reserved_action", || {
                format!(
                    "{READ_ACTION:?} is what Evident records when the log is read, and queries leave \
                     it out by default: choose another action"
                )
            });
        }
        if is_action(text) {
            return self.length(text, MAX_ACTION_BYTES, at);
        }
        self.findings.refuse_suggesting(
            at,
            "invalid_action",
            || dotted(text),
            || {
                format!(
                    "expected two or more lower-case segments of a-z, 0-9, _ and -, each beginning \
                 with a letter or digit, joined by dots, such as role.created; found {:?}",
                    shown(text)
                )
            },
        );
    }

    fn time(&mut self, text: &mut Cow<'_, str>, at: &At<'_>) {
        let time = match Timestamp::parse_rfc3339(text) {
            Ok(time) => time,
            Err(error) => {
                return self
                    .findings
                    .refuse(at, "invalid_time", || error.to_string());
            }
        };
        let received = self.door.received_at;
        if time.as_micros().saturating_sub(received.as_micros()) > MAX_FUTURE_MICROS {
            return self.findings.refuse(at, "occurred_at_in_future", || {
                format!(
                    "expected a time at most 24 hours after the receipt at {received}, found \
                     {time}: correct the sender's clock"
                )
            });
        }
        self.occurred_at = Some(time);
        normalize(text, &time.to_ascii());
    }

    fn organization(&mut self, text: &str, at: &At<'_>) {
        let expected = self.door.organization_id;
        if text != expected {
            self.findings.refuse(at, "organization_mismatch", || {
                format!(
                    "expected the organization of the credentials, {expected:?}, found {:?}: \
                     leave it out, or use a key of that organization",
                    shown(text)
                )
            });
        }
    }

    fn ip(&mut self, text: &mut Cow<'_, str>, at: &At<'_>) {
        match text.parse::<IpAddr>() {
            // An IPv4 address has one form only that parses.
            Ok(IpAddr::V4(_)) => {}
            Ok(IpAddr::V6(address)) => normalize(text, address.to_string().as_bytes()),
            Err(_) => self.findings.refuse(at, "invalid_ip", || {
                format!(
                    "expected an IPv4 or IPv6 address without port or zone, found {:?}: correct \
                     it, or leave it out",
                    shown(text)
                )
            }),
        }
    }

    fn status(&mut self, value: &Json<'_>, at: &At<'_>) {
        match value {
            Json::Int(status) if (MIN_STATUS..=MAX_STATUS).contains(status) => {}
            Json::Int(_) | Json::Float(_) => self.findings.refuse(at, "invalid_value", || {
                format!(
                    "expected an HTTP status from {MIN_STATUS} to {MAX_STATUS}, found another \
                     number: correct it, or leave it out"
                )
            }),
            other => self.wrong_type(at, "an integer", other),
        }
    }

    fn wrong_type(&mut self, at: &At<'_>, expected: &str, found: &Json<'_>) {
        self.findings.refuse(at, "wrong_type", || {
            format!(
                "expected {expected}, found {}: send {expected}",
                found.kind()
            )
        });
    }
}

/// Puts a value's one form in place of the form that was sent, if they differ. Forms are ASCII.
fn normalize(text: &mut Cow<'_, str>, form: &[u8]) {
    if text.as_bytes() != form {
        *text = Cow::Owned(String::from_utf8_lossy(form).into_owned());
    }
}

/// Values without values of their own: scalars, null, empty arrays and objects.
fn leaves(value: &Json<'_>) -> usize {
    match value {
        Json::Array(items) if !items.is_empty() => items.iter().map(leaves).sum(),
        Json::Object(members) if !members.is_empty() => {
            members.iter().map(|(_, value)| leaves(value)).sum()
        }
        _ => 1,
    }
}

fn is_action(text: &str) -> bool {
    let mut segments = 0;
    let mut all = text.as_bytes().split(|byte| *byte == b'.');
    all.all(|segment| {
        segments += 1;
        is_segment(segment)
    }) && segments > 1
}

fn is_segment(segment: &[u8]) -> bool {
    let mut bytes = segment.iter();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit())
        && bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-'))
}

/// The action that a text would be in lower case and with dots, if that makes it one.
fn dotted(text: &str) -> Option<String> {
    if text.len() > MAX_ACTION_BYTES {
        return None;
    }
    let separators = |c: char| matches!(c, '.' | ' ' | '/' | ':');
    let lower = text.to_ascii_lowercase();
    let segments: Vec<&str> = lower
        .split(separators)
        .filter(|part| !part.is_empty())
        .collect();
    let joined = segments.join(".");
    if is_action(&joined) {
        return Some(joined);
    }
    // `role_created` and `role-created`: the last separator parts the thing from what was done.
    let (thing, done) = joined.rsplit_once(['_', '-'])?;
    let action = format!("{thing}.{done}");
    is_action(&action).then_some(action)
}
