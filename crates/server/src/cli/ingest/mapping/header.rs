//! A table without a mapping: the names of its columns say where they go.
//!
//! They are paths into the event, or the titles and names of the server's own sheets. It must hold that
//! what cannot be taken back is said, and nothing is guessed silently.

use serde_json::Value;

use super::cell::{Kind, Rule};
use super::path::{FieldPath, is_set_by_server};
use super::{Column, Mapping, MappingError};
use crate::cli::sanitize;
use crate::sheet::USUAL_COLUMNS;

/// Members of which a sheet joins those of all items, and the first item's.
const JOINED: [(&str, &str); 4] = [
    ("target.", "targets[0]."),
    ("targets.", "targets[0]."),
    ("on_behalf_of.", "on_behalf_of[0]."),
    ("changes.", "changes[0]."),
];
/// What an actor is taken for where a sheet only says what it is known by.
const ACTOR_TYPE: &str = "user";

impl Mapping {
    /// The mapping that a header means, and what is to be said of it.
    pub(in super::super) fn of_header(
        header: &[String],
    ) -> Result<(Self, Vec<String>), MappingError> {
        let is_usual = header.iter().eq(USUAL_COLUMNS.map(|(title, _)| title));
        let names: Vec<&str> = match is_usual {
            true => USUAL_COLUMNS.iter().map(|(_, name)| *name).collect(),
            false => header.iter().map(|name| name.trim()).collect(),
        };
        let mut reading = Reading {
            header,
            names: &names,
            mapping: Self {
                unguard: true,
                ..Self::default()
            },
            left: Vec::new(),
            notes: Vec::new(),
        };
        for at in 0..names.len() {
            reading.column(at)?;
        }
        Ok(reading.end())
    }
}

struct Reading<'h> {
    header: &'h [String],
    names: &'h [&'h str],
    mapping: Mapping,
    /// Columns that the server makes anew.
    left: Vec<String>,
    notes: Vec<String>,
}

impl Reading<'_> {
    fn column(&mut self, at: usize) -> Result<(), MappingError> {
        let (title, name) = (&self.header[at], self.names[at]);
        let place = format!("column {:?}", sanitize::message(title));
        match name {
            "event" | "name" if !self.has("action") => {
                self.notes.push(format!(
                    "{place}: each name is taken for the action of the built-in event type that has it"
                ));
                self.put(at, "action", Some(Kind::Action))
            }
            "user" if !self.has("actor.id") && !self.has("actor") => {
                let mut what = "actor.id".to_owned();
                if !self.has("actor.type") {
                    let path = FieldPath::parse(&place, "actor.type")?;
                    self.mapping.constants.push((path, Value::from(ACTOR_TYPE)));
                    what = format!("actor.id, of actors of type {ACTOR_TYPE}");
                }
                self.notes.push(format!("{place} is taken for {what}"));
                self.put(at, "actor.id", None)
            }
            "user" | "authority" => {
                self.left.push(sanitize::message(title));
                Ok(())
            }
            _ if is_set_by_server(name) => {
                self.left.push(sanitize::message(title));
                Ok(())
            }
            _ => {
                let joined = JOINED.iter().find_map(|(prefix, first)| {
                    Some(format!("{first}{}", name.strip_prefix(prefix)?))
                });
                match joined {
                    Some(path) => self.joined(at, &path),
                    None => self.put(at, name, None),
                }
            }
        }
    }

    fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// A column that may have the values of several items.
    fn joined(&mut self, at: usize, path: &str) -> Result<(), MappingError> {
        self.put(at, path, None)?;
        if let Some(column) = self.mapping.columns.last_mut()
            && matches!(column.rule.kind, Kind::Text)
        {
            column.rule = Rule::of(Kind::One);
        }
        Ok(())
    }

    fn put(&mut self, at: usize, path: &str, kind: Option<Kind>) -> Result<(), MappingError> {
        let name = self.header[at].clone();
        let place = format!("column {:?}", sanitize::message(&name));
        let to = FieldPath::parse(&place, path).map_err(|error| match error {
            MappingError::Wrong { place, message } => {
                let message = format!("{message}; or say by a --mapping where the columns go");
                MappingError::Wrong { place, message }
            }
            error => error,
        })?;
        let rule = kind.map_or_else(|| Rule::usual(&to), Rule::of);
        self.mapping.columns.push(Column { name, to, rule });
        Ok(())
    }

    fn end(mut self) -> (Mapping, Vec<String>) {
        if !self.left.is_empty() {
            self.notes.push(format!(
                "not taken over, because the server makes it anew or it is in other columns: {}",
                self.left.join(", ")
            ));
        }
        let is_export = !self.notes.is_empty();
        if is_export && !self.has("id") {
            self.notes.push(
                "there is no column id: events that this server has already are recorded again"
                    .to_owned(),
            );
        }
        (self.mapping, self.notes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use csv::ByteRecord;
    use serde_json::json;

    use super::super::Plan;
    use super::*;

    fn event(header: &[&str], row: &[&str]) -> (Value, Vec<String>) {
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let (mapping, notes) = Mapping::of_header(&header).unwrap();
        let plan = Plan::new(&mapping, &header).unwrap();
        let row = plan.row(&ByteRecord::from(row.to_vec()));
        let row = row.map_err(|reasons| reasons[0].reason.clone()).unwrap();
        (serde_json::from_slice(&row.event).unwrap(), notes)
    }

    #[test]
    fn names_that_are_paths_go_there() {
        let header = [
            "id",
            "action",
            "actor.id",
            "metadata.n",
            "metadata.m",
            "targets",
            "request.status",
        ];
        let row = ["x", "a.b", "'-5", "7", "", "[{\"id\":1}]", "200"];
        let (event, notes) = event(&header, &row);
        assert_eq!(
            event,
            json!({
                "id": "x", "action": "a.b", "actor": {"id": "-5"}, "metadata": {"n": "7"},
                "targets": [{"id": 1}], "request": {"status": 200},
            })
        );
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn the_titles_of_the_servers_sheet_are_known_and_what_is_lost_is_said() {
        let header = USUAL_COLUMNS.map(|(title, _)| title);
        let row = [
            "2026-02-13T10:28:22Z",
            "Guardrail updated",
            "Guardrails",
            "'=x",
            "Ada",
            "::1",
        ];
        let (event, notes) = event(&header, &row);
        assert_eq!(
            event,
            json!({
                "occurred_at": "2026-02-13T10:28:22Z", "action": "guardrail.updated",
                "description": "=x", "actor": {"type": "user", "id": "Ada"}, "context": {"ip": "::1"},
            })
        );
        let notes = notes.join("\n");
        for said in [
            "Event Category",
            "actors of type user",
            "recorded again",
            "Event Name",
        ] {
            assert!(notes.contains(said), "{said}: {notes}");
        }
    }

    #[test]
    fn what_the_server_makes_is_left_and_what_events_have_not_is_refused() {
        let (event, notes) = event(
            &["index", "name", "action", "target.id"],
            &["3", "N", "a.b", "t"],
        );
        assert_eq!(event, json!({"action": "a.b", "targets": [{"id": "t"}]}));
        assert!(notes[0].ends_with("index, name"), "{notes:?}");
        let error = Mapping::of_header(&["Login".to_owned()])
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("column \"Login\"") && error.contains("--mapping"),
            "{error}"
        );
    }
}
