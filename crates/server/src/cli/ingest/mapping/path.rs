//! Paths into an event: `actor.id`, `targets[0].name`, `metadata.model_id`.
//!
//! It must hold that a path that is accepted leads to a member that events have.

use std::fmt;

use evident_event::query::Column;

use super::MappingError;
use crate::cli::sanitize;

/// The members of an event that its sender may set.
const ROOTS: [&str; 17] = [
    "id",
    "action",
    "occurred_at",
    "actor",
    "on_behalf_of",
    "targets",
    "organization_id",
    "project_id",
    "result",
    "reason",
    "description",
    "changes",
    "context",
    "request",
    "attempt_id",
    "phase",
    "metadata",
];
/// Those that are arrays.
const LISTS: [&str; 3] = ["targets", "on_behalf_of", "changes"];
/// What the server sets.
const SET_BY_SERVER: [&str; 9] = [
    "index",
    "received_at",
    "catalog_version",
    "name",
    "event",
    "category",
    "event_type",
    "badge",
    "level",
];
/// Most steps of a path. Events nest less deep.
const MAX_STEPS: usize = 32;
/// Highest number of an item.
const MAX_ITEM: usize = 1_023;

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Step {
    Member(String),
    Item(usize),
}

/// The way from an event to one of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct FieldPath(pub(super) Vec<Step>);

/// Whether the server sets the member of this name.
pub(super) fn is_set_by_server(name: &str) -> bool {
    SET_BY_SERVER.contains(&name)
}

impl FieldPath {
    /// Reads a path.
    pub(super) fn parse(place: &str, text: &str) -> Result<Self, MappingError> {
        let wrong = |message: String| MappingError::wrong(place, message);
        let shown = sanitize::message(text);
        let steps = steps(text).ok_or_else(|| {
            wrong(format!(
                "{shown:?} is no path into an event: expected one such as actor.id, targets[0].name or metadata.model_id"
            ))
        })?;
        let path = Self(steps);
        path.check(place)?;
        Ok(path)
    }

    /// Whether events have such a member.
    pub(super) fn check(&self, place: &str) -> Result<(), MappingError> {
        let wrong = |message: String| MappingError::wrong(place, message);
        let Some(Step::Member(root)) = self.0.first() else {
            return Err(wrong("a path begins with a member's name".to_owned()));
        };
        let shown = sanitize::message(root);
        if is_set_by_server(root) {
            return Err(wrong(format!(
                "{shown:?} is set by the server: leave it out"
            )));
        }
        if !ROOTS.contains(&root.as_str()) {
            return Err(wrong(format!(
                "an event has no {shown:?}, only {}; what is your own goes under metadata",
                ROOTS.join(", ")
            )));
        }
        let is_list = LISTS.contains(&root.as_str());
        let mut names = vec![escaped(root)];
        for (at, step) in self.0.iter().enumerate().skip(1) {
            match step {
                Step::Item(_) if is_list && at == 1 => {}
                Step::Item(_) => {
                    return Err(wrong(format!(
                        "{self}: only {} have items: for an array elsewhere give the column that has it as JSON, with type = \"json\"",
                        LISTS.join(", ")
                    )));
                }
                Step::Member(_) if is_list && at == 1 => {
                    return Err(wrong(format!(
                        "{self}: {root} is an array: say which item, as in {root}[0]"
                    )));
                }
                Step::Member(name) => names.push(escaped(name)),
            }
        }
        // A sheet's columns are what can be read of an event, under the same names.
        let column = Column::parse(place, &names.join("."));
        match column {
            Ok(_) => Ok(()),
            Err(error) => {
                let meant = error
                    .suggestion
                    .map(|name| format!("; did you mean {name:?}?"));
                Err(wrong(format!(
                    "{self}: {}{}",
                    error.message,
                    meant.unwrap_or_default()
                )))
            }
        }
    }

    /// The names on it, without the numbers of items.
    pub(super) fn names(&self) -> Vec<&str> {
        let names = self.0.iter().filter_map(|step| match step {
            Step::Member(name) => Some(name.as_str()),
            Step::Item(_) => None,
        });
        names.collect()
    }

    /// It as an RFC 6901 pointer, as the server names members.
    pub(super) fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Member(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Item(number) => format!("/{number}"),
        };
        self.0.iter().map(step).collect()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Member(name) if at == 0 => f.write_str(&sanitize::message(name))?,
                Step::Member(name) => write!(f, ".{}", sanitize::message(name))?,
                Step::Item(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}

fn escaped(name: &str) -> String {
    let escaped = name.replace('\\', "\\\\");
    escaped.replace('.', "\\.").replace(':', "\\:")
}

/// Cuts a path at its dots and brackets; `\` takes the next character as it is.
fn steps(text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let mut name = String::new();
        let mut characters = rest.char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => name.push(characters.next()?.1),
                '.' | '[' => {
                    end = at;
                    break;
                }
                _ => name.push(c),
            }
        }
        if name.is_empty() {
            return None;
        }
        steps.push(Step::Member(name));
        rest = &rest[end..];
        while let Some(item) = rest.strip_prefix('[') {
            let (number, behind) = item.split_once(']')?;
            let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
            let number = number.parse().ok().filter(|number| *number <= MAX_ITEM);
            steps.push(Step::Item(number.filter(|_| is_number)?));
            rest = behind;
        }
        if steps.len() > MAX_STEPS {
            return None;
        }
        if rest.is_empty() {
            return Some(steps);
        }
        rest = rest.strip_prefix('.')?;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn path(text: &str) -> FieldPath {
        FieldPath::parse("x", text).unwrap()
    }

    #[test]
    fn a_path_leads_to_what_events_have() {
        for text in [
            "id",
            "action",
            "actor",
            "actor.id",
            "actor.metadata",
            "actor.metadata.team",
            "targets",
            "targets[0]",
            "targets[12].metadata.a.b",
            "on_behalf_of[1].type",
            "changes[0].old",
            "context.ip",
            "request.body",
            "request.status",
            "metadata",
            "metadata.model_id",
            "metadata.a b/c",
        ] {
            assert_eq!(path(text).to_string(), text);
        }
        assert_eq!(path("targets[0].name").pointer(), "/targets/0/name");
        assert_eq!(path("metadata.a/b~c").pointer(), "/metadata/a~1b~0c");
        assert_eq!(path("metadata.a\\.b").names(), ["metadata", "a.b"]);
    }

    #[test]
    fn other_paths_are_refused_with_what_is_wrong() {
        for (text, what) in [
            ("", "no path"),
            ("actor.", "no path"),
            (".id", "no path"),
            ("targets[", "no path"),
            ("targets[-1]", "no path"),
            ("targets[x].id", "no path"),
            ("targets[9999].id", "no path"),
            ("metadata.x\\", "no path"),
            ("actor..id", "no path"),
            ("index", "set by the server"),
            ("category", "set by the server"),
            ("user", "an event has no \"user\""),
            ("acotr.id", "an event has no \"acotr\""),
            ("actor.nmae", "name"),
            ("context.ipp", "ip"),
            ("targets.id", "targets[0]"),
            (
                "actor[0].id",
                "only targets, on_behalf_of, changes have items",
            ),
            ("metadata.a[0]", "have items"),
        ] {
            let error = FieldPath::parse("x", text).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
    }
}
