//! A mapping's TOML.
//!
//! It is walked by hand, so that every mistake is told by the name of the key that it is in.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value as Json;
use toml::{Table, Value};

use super::cell::{Kind, Rule, Time};
use super::path::{FieldPath, Step};
use super::{Column, Mapping, MappingError};
use crate::cli::sanitize;

const KEYS: [&str; 6] = [
    "delimiter",
    "header",
    "zone",
    "unguard",
    "constants",
    "columns",
];
const COLUMN_KEYS: [&str; 7] = [
    "to",
    "type",
    "time",
    "zone",
    "values",
    "otherwise",
    "default",
];

/// Reads a mapping's text.
pub(super) fn parse(path: &Path, text: &str) -> Result<Mapping, MappingError> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| {
            let before = text.get(..span.start).unwrap_or(text);
            before.matches('\n').count() + 1
        });
        MappingError::NotToml {
            path: path.to_owned(),
            message: format!("line {line}: {}", sanitize::message(error.message())),
        }
    })?;
    known(&table, "", &KEYS)?;
    let zone = zone(&table, "zone")?.unwrap_or(TimeZone::UTC);
    let mut mapping = Mapping {
        delimiter: delimiter(&table)?,
        header: header(&table)?,
        unguard: flag(&table, "unguard")?,
        ..Mapping::default()
    };
    if let Some(constants) = table.get("constants") {
        let constants = section(constants, "constants")?;
        for (name, value) in constants {
            let place = format!("constants.{}", sanitize::message(name));
            constant(&mut mapping, &place, FieldPath::parse(&place, name)?, value)?;
        }
    }
    if let Some(columns) = table.get("columns") {
        for (name, value) in section(columns, "columns")? {
            let place = format!("columns.{:?}", sanitize::message(name));
            let several = value.as_array().map(Vec::as_slice);
            for value in several.unwrap_or(std::slice::from_ref(value)) {
                let (to, rule) = column(&place, value, &zone)?;
                let name = name.clone();
                mapping.columns.push(Column { name, to, rule });
            }
        }
    }
    if mapping.columns.is_empty() {
        let message = "say which columns go where, as in `login = \"actor.id\"`";
        return Err(MappingError::wrong("columns", message));
    }
    Ok(mapping)
}

/// What is nested is what a dotted key is made of.
fn constant(
    mapping: &mut Mapping,
    place: &str,
    path: FieldPath,
    value: &Value,
) -> Result<(), MappingError> {
    if let Value::Table(members) = value
        && !members.is_empty()
    {
        for (name, value) in members {
            let place = format!("{place}.{}", sanitize::message(name));
            let mut path = path.clone();
            path.0.push(Step::Member(name.clone()));
            path.check(&place)?;
            constant(mapping, &place, path, value)?;
        }
        return Ok(());
    }
    let value = json(value).ok_or_else(|| not_json(place))?;
    mapping.constants.push((path, value));
    Ok(())
}

fn column(place: &str, value: &Value, zone: &TimeZone) -> Result<(FieldPath, Rule), MappingError> {
    let wrong = |message: &str| MappingError::wrong(place, message);
    let table = match value {
        Value::String(to) => {
            let path = FieldPath::parse(place, to)?;
            let rule = Rule::usual(&path);
            return Ok((path, rule));
        }
        Value::Table(table) => table,
        _ => {
            return Err(wrong(
                "expected a path such as \"actor.id\", or a table such as { to = \"actor.id\" }, or an array of these",
            ));
        }
    };
    known(table, place, &COLUMN_KEYS)?;
    let to = text(table, place, "to")?;
    let to = to.ok_or_else(|| wrong("`to` is missing: the path that the column goes to"))?;
    let path = FieldPath::parse(place, to)?;
    let mut rule = Rule::usual(&path);
    let own_zone =
        self::zone(table, "zone").map_err(|error| MappingError::wrong(place, error.to_string()))?;
    let time = text(table, place, "time")?;
    match (text(table, place, "type")?, time) {
        (Some(_), Some(_)) => return Err(wrong("`type` and `time` exclude each other: keep one")),
        (Some(name), None) => rule.kind = kind(place, name)?,
        (None, Some(time)) => {
            rule.kind = self::time(place, time, own_zone.as_ref().unwrap_or(zone))?
        }
        (None, None) => {}
    }
    if own_zone.is_some() && time.is_none() {
        return Err(wrong("`zone` is for a `time`: add that, or leave it out"));
    }
    let given = |key: &str| {
        let value = table.get(key).map(json);
        value
            .map(|value| value.ok_or_else(|| not_json(place)))
            .transpose()
    };
    rule.default = given("default")?;
    rule.otherwise = given("otherwise")?;
    if let Some(values) = table.get("values") {
        rule.values = Some(self::values(place, values)?);
    } else if rule.otherwise.is_some() {
        return Err(wrong(
            "`otherwise` is for what `values` does not list: add these",
        ));
    }
    Ok((path, rule))
}

fn values(place: &str, values: &Value) -> Result<BTreeMap<String, Json>, MappingError> {
    let values = values.as_table().filter(|values| !values.is_empty());
    let values = values.ok_or_else(|| {
        MappingError::wrong(
            place,
            "`values` is a table of what cells stand for, such as { ok = \"success\" }",
        )
    })?;
    let value = |(cell, value): (&String, &Value)| {
        let value = json(value).ok_or_else(|| not_json(place))?;
        Ok((cell.clone(), value))
    };
    values.iter().map(value).collect()
}

fn kind(place: &str, name: &str) -> Result<Kind, MappingError> {
    match name {
        "text" => Ok(Kind::Text),
        "number" => Ok(Kind::Number),
        "boolean" => Ok(Kind::Boolean),
        "json" => Ok(Kind::Json),
        _ => Err(MappingError::wrong(
            place,
            "`type` is text, number, boolean or json; times have `time`",
        )),
    }
}

fn time(place: &str, name: &str, zone: &TimeZone) -> Result<Kind, MappingError> {
    Ok(Kind::Time(match name {
        "rfc3339" => Time::Rfc3339,
        "seconds" => Time::Epoch { per_second: 1 },
        "milliseconds" => Time::Epoch { per_second: 1_000 },
        "microseconds" => Time::Epoch {
            per_second: 1_000_000,
        },
        pattern if pattern.contains('%') => Time::Pattern {
            pattern: pattern.to_owned(),
            zone: zone.clone(),
        },
        _ => {
            return Err(MappingError::wrong(
                place,
                "`time` is rfc3339, seconds, milliseconds or microseconds (since 1970), or a pattern such as \"%d.%m.%Y %H:%M:%S\"",
            ));
        }
    }))
}

fn known(table: &Table, place: &str, keys: &[&str]) -> Result<(), MappingError> {
    match table.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => {
            let key = sanitize::message(key);
            let place = if place.is_empty() {
                key.clone()
            } else {
                place.to_owned()
            };
            let message = format!("there is no key {key:?}, only {}", keys.join(", "));
            Err(MappingError::wrong(place, message))
        }
    }
}

fn section<'v>(value: &'v Value, name: &str) -> Result<&'v Table, MappingError> {
    let message = format!("expected a table, begun by [{name}]");
    value
        .as_table()
        .ok_or_else(|| MappingError::wrong(name, message))
}

fn text<'t>(table: &'t Table, place: &str, key: &str) -> Result<Option<&'t str>, MappingError> {
    match table.get(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(MappingError::wrong(
            place,
            format!("`{key}` is a text in quotes"),
        )),
    }
}

fn flag(table: &Table, key: &str) -> Result<bool, MappingError> {
    match table.get(key) {
        None => Ok(false),
        Some(Value::Boolean(value)) => Ok(*value),
        Some(_) => Err(MappingError::wrong(key, "expected true or false")),
    }
}

fn delimiter(table: &Table) -> Result<Option<u8>, MappingError> {
    match text(table, "delimiter", "delimiter")?.map(str::as_bytes) {
        None => Ok(None),
        Some(&[byte]) if byte.is_ascii() && !matches!(byte, b'"' | b'\r' | b'\n') => Ok(Some(byte)),
        Some(_) => Err(MappingError::wrong(
            "delimiter",
            "expected one ASCII character such as \";\" or \"\\t\"",
        )),
    }
}

fn header(table: &Table) -> Result<Option<Vec<String>>, MappingError> {
    let Some(header) = table.get("header") else {
        return Ok(None);
    };
    let wrong = || {
        MappingError::wrong(
            "header",
            "expected the names of all columns, as [\"login\", \"when\"]",
        )
    };
    let names = header.as_array().filter(|names| !names.is_empty());
    let names = names.ok_or_else(wrong)?.iter();
    let names: Option<Vec<String>> = names.map(|name| Some(name.as_str()?.to_owned())).collect();
    names.ok_or_else(wrong).map(Some)
}

fn zone(table: &Table, key: &str) -> Result<Option<TimeZone>, MappingError> {
    let Some(name) = text(table, key, key)? else {
        return Ok(None);
    };
    let zone = TimeZoneDatabase::bundled().get(name).map_err(|_| {
        let name = sanitize::message(name);
        let message = format!(
            "{name:?} is not an IANA time zone: expected a name such as Europe/Berlin or UTC"
        );
        MappingError::wrong(key, message)
    })?;
    Ok(Some(zone))
}

fn not_json(place: &str) -> MappingError {
    MappingError::wrong(
        place,
        "expected a text, number, boolean, array or table; a date or time is written in quotes",
    )
}

/// The same value as JSON. Dates have none, nor has what is no number.
fn json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::String(text) => Json::from(text.as_str()),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) => Json::Number(serde_json::Number::from_f64(*number)?),
        Value::Boolean(value) => Json::from(*value),
        Value::Array(items) => Json::Array(items.iter().map(json).collect::<Option<_>>()?),
        Value::Table(members) => {
            let member = |(name, value): (&String, &Value)| Some((name.clone(), json(value)?));
            Json::Object(members.iter().map(member).collect::<Option<_>>()?)
        }
        Value::Datetime(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use csv::ByteRecord;
    use serde_json::json;

    use super::super::Plan;
    use super::*;

    fn mapping(text: &str) -> Result<Mapping, MappingError> {
        parse(Path::new("m.toml"), text)
    }

    fn event(mapping: &str, header: &[&str], row: &[&str]) -> Json {
        let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
        let plan = Plan::new(&self::mapping(mapping).unwrap(), &header).unwrap();
        let row = plan
            .row(&ByteRecord::from(row.to_vec()))
            .map_err(|reasons| reasons[0].reason.clone());
        serde_json::from_slice(&row.unwrap().event).unwrap()
    }

    const LOGINS: &str = r#"
        delimiter = ";"
        zone = "Europe/Berlin"
        [constants]
        action = "user.login"
        actor.type = "user"
        metadata = { source = "crm", level = 3 }
        "targets[0].type" = "host"
        [columns]
        login = "actor.id"
        "Full name" = ["actor.name", "description"]
        at = { to = "occurred_at", time = "%d.%m.%Y %H:%M" }
        state = { to = "result", values = { ok = "success", ko = "failed" }, otherwise = "warning" }
        ms = { to = "metadata.duration_ms", type = "number", default = 0 }
        host = "targets[0].id"
    "#;
    const HEADER: [&str; 6] = ["login", "Full name", "at", "state", "ms", "host"];

    #[test]
    fn a_row_becomes_the_event_that_the_mapping_says() {
        assert_eq!(
            event(
                LOGINS,
                &HEADER,
                &[
                    "ada",
                    "Ada \"A\"",
                    "13.02.2026 11:28",
                    "ko",
                    "12.5",
                    "web-1"
                ]
            ),
            json!({
                "action": "user.login", "actor": {"type": "user", "id": "ada", "name": "Ada \"A\""},
                "metadata": {"source": "crm", "level": 3, "duration_ms": 12.5},
                "targets": [{"type": "host", "id": "web-1"}], "description": "Ada \"A\"",
                "occurred_at": "2026-02-13T10:28:00.000000Z", "result": "failed",
            })
        );
        assert_eq!(
            event(LOGINS, &HEADER, &["ada", "", "", "?", "", ""]),
            json!({
                "action": "user.login", "actor": {"type": "user", "id": "ada"},
                "metadata": {"source": "crm", "level": 3, "duration_ms": 0}, "result": "warning",
            }),
            "what is empty leaves nothing behind"
        );
    }

    #[test]
    fn a_mistake_is_told_by_the_name_of_its_key() {
        for (text, what) in [
            ("x = 1", "x: there is no key \"x\""),
            (
                "[columns]\na = { to = \"id\", tpye = \"text\" }",
                "columns.\"a\": there is no key \"tpye\"",
            ),
            ("[columns]\na = \"actor.nmae\"", "columns.\"a\": actor.nmae"),
            ("[columns]\na = 1", "columns.\"a\": expected a path"),
            ("[columns]\na = { type = \"text\" }", "`to` is missing"),
            (
                "[columns]\na = { to = \"id\", type = \"date\" }",
                "`type` is text",
            ),
            (
                "[columns]\na = { to = \"occurred_at\", time = \"ISO\" }",
                "`time` is rfc3339",
            ),
            (
                "[columns]\na = { to = \"id\", zone = \"UTC\" }",
                "`zone` is for a `time`",
            ),
            (
                "[columns]\na = { to = \"id\", otherwise = 1 }",
                "`otherwise` is for",
            ),
            (
                "[columns]\na = { to = \"id\", values = 1 }",
                "`values` is a table",
            ),
            (
                "[columns]\na = { to = \"id\", default = 2026-01-01 }",
                "in quotes",
            ),
            (
                "zone = \"Berlin\"\n[columns]\na = \"id\"",
                "zone: \"Berlin\" is not",
            ),
            (
                "delimiter = \";;\"\n[columns]\na = \"id\"",
                "delimiter: expected one",
            ),
            ("header = []\n[columns]\na = \"id\"", "header: expected"),
            ("unguard = 1\n[columns]\na = \"id\"", "unguard: expected"),
            ("[constants]\nindex = 1", "constants.index"),
            ("[constants]\nactor.nmae = \"x\"", "constants.actor.nmae"),
            ("[constants]\naction = \"a.b\"", "columns: say which"),
            ("columns = 1", "begun by [columns]"),
            ("\n\n[columns", "m.toml: line 3"),
        ] {
            let error = mapping(text).unwrap_err().to_string();
            assert!(error.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn a_mapping_must_fit_the_header() {
        let plan = |text: &str, header: &[&str]| {
            let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
            Plan::new(&mapping(text).unwrap(), &header).map(|plan| plan.unused().to_vec())
        };
        let one = "[columns]\na = \"actor.id\"";
        assert_eq!(plan(one, &["a", "b", "c"]).unwrap(), ["b", "c"]);
        let error = |text: &str, header: &[&str]| plan(text, header).unwrap_err().to_string();
        assert!(error(one, &["x", "y"]).contains("no such column, only x, y"));
        assert!(error(one, &["a", "a"]).contains("several columns"));
        for twice in [
            "[columns]\na = \"actor.id\"\nb = \"actor.id\"",
            "[columns]\na = \"actor\"\nb = \"actor.id\"",
            "[columns]\na = \"actor.id\"\nb = \"actor\"",
            "[constants]\nactor.id = \"x\"\n[columns]\na = \"actor.id\"",
            "[columns]\na = \"targets\"\nb = \"targets[0].id\"",
        ] {
            assert!(error(twice, &["a", "b"]).contains("set twice"), "{twice}");
        }
    }
}
