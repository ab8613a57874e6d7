//! What becomes of one cell: text, a number, a time, or what a list of values says.
//!
//! It must hold that a cell is taken as it was meant or not at all: one that does not fit is refused with
//! the column and what was expected, and what the cell holds, which may be a secret, is not repeated but
//! where a list of values says what it may be.

use std::collections::BTreeMap;

use evident_event::catalog::Catalog;
use evident_event::time::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde_json::Value;
use serde_json::value::RawValue;

use super::path::FieldPath;
use crate::cli::sanitize;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;
/// What the server's sheets put between several values.
const SEVERAL: &str = "; ";
/// Most characters of a cell that are repeated.
const SHOWN_CHARS: usize = 40;
/// Members that are objects or arrays, so that a cell for them is JSON.
const JSON_MEMBERS: [&[&str]; 14] = [
    &["actor"],
    &["actor", "metadata"],
    &["on_behalf_of"],
    &["on_behalf_of", "metadata"],
    &["targets"],
    &["targets", "metadata"],
    &["changes"],
    &["changes", "old"],
    &["changes", "new"],
    &["context"],
    &["request"],
    &["request", "body"],
    &["request", "response"],
    &["metadata"],
];

/// How a cell is read.
#[derive(Debug, Clone)]
pub(in super::super) enum Kind {
    Text,
    Number,
    Boolean,
    Json,
    Time(Time),
    /// The action whose display name it is.
    Action,
    /// Text, of which the server's sheets put several into one cell.
    One,
}

/// How a time is written.
#[derive(Debug, Clone)]
pub(in super::super) enum Time {
    Rfc3339,
    /// A number of parts since 1970, of which a second has so many.
    Epoch {
        per_second: i64,
    },
    /// As strftime writes it, in a zone unless it has an offset.
    Pattern {
        pattern: String,
        zone: TimeZone,
    },
}

/// What becomes of a column's cells.
#[derive(Debug, Clone)]
pub(in super::super) struct Rule {
    pub(super) kind: Kind,
    /// What each cell stands for.
    pub(super) values: Option<BTreeMap<String, Value>>,
    /// What all others stand for.
    pub(super) otherwise: Option<Value>,
    /// What an empty one stands for; otherwise it is left out.
    pub(super) default: Option<Value>,
}

impl Rule {
    /// How cells for a member are read unless the mapping says otherwise.
    pub(super) fn usual(path: &FieldPath) -> Self {
        let names = path.names();
        let is_json = JSON_MEMBERS.contains(&names.as_slice())
            || matches!(path.0.as_slice(), [_, super::path::Step::Item(_)]);
        Self::of(match names.as_slice() {
            _ if is_json => Kind::Json,
            ["request", "status"] => Kind::Number,
            _ => Kind::Text,
        })
    }

    pub(super) const fn of(kind: Kind) -> Self {
        Self {
            kind,
            values: None,
            otherwise: None,
            default: None,
        }
    }

    /// Appends the JSON of a cell. Says whether there was anything; an error says what was expected.
    pub(super) fn write(&self, cell: &str, out: &mut Vec<u8>) -> Result<bool, String> {
        if cell.trim().is_empty() {
            return match &self.default {
                Some(value) => put(value, out).map(|()| true),
                None => Ok(false),
            };
        }
        if let Some(values) = &self.values {
            let value = values.get(cell).or_else(|| values.get(cell.trim()));
            if let Some(value) = value.or(self.otherwise.as_ref()) {
                return put(value, out).map(|()| true);
            }
            let known: Vec<&str> = values.keys().map(String::as_str).collect();
            return Err(format!(
                "expected one of its values ({}), found {:?}: add it to them, or an `otherwise`",
                known.join(", "),
                shown(cell)
            ));
        }
        self.kind.write(cell, out).map(|()| true)
    }
}

impl Kind {
    fn write(&self, cell: &str, out: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Text => put(cell, out),
            Self::Number => {
                let number: Result<&RawValue, _> = serde_json::from_str(cell.trim());
                match number.map(RawValue::get) {
                    Ok(text) if text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => {
                        out.extend_from_slice(text.as_bytes());
                        Ok(())
                    }
                    _ => Err(
                        "expected a number such as 12, -0.5 or 1e3: correct the cell, or map it as text"
                            .to_owned(),
                    ),
                }
            }
            Self::Boolean => match cell.trim().to_ascii_lowercase().as_str() {
                "true" | "t" | "yes" | "y" | "1" => put(&true, out),
                "false" | "f" | "no" | "n" | "0" => put(&false, out),
                _ => Err(
                    "expected true or false (or yes, no, 1, 0): correct the cell, or give `values`"
                        .to_owned(),
                ),
            },
            Self::Json => match serde_json::from_str::<&RawValue>(cell) {
                // An event is one line.
                Ok(value) => {
                    let bytes = value.get().bytes();
                    out.extend(bytes.map(|byte| {
                        if byte == b'\n' || byte == b'\r' {
                            b' '
                        } else {
                            byte
                        }
                    }));
                    Ok(())
                }
                Err(error) => Err(format!("expected JSON ({error}): correct the cell")),
            },
            Self::Time(time) => {
                let instant = time.read(cell.trim())?;
                put(&instant.to_string(), out)
            }
            Self::Action => put(action(cell)?, out),
            Self::One if cell.contains(SEVERAL) => Err(format!(
                "the cell holds several values ({SEVERAL:?} between them): export the whole member, such as targets, which is written as JSON"
            )),
            Self::One => put(cell, out),
        }
    }
}

impl Time {
    fn read(&self, cell: &str) -> Result<Timestamp, String> {
        match self {
            Self::Rfc3339 => Timestamp::parse_rfc3339(cell).map_err(|error| error.to_string()),
            Self::Epoch { per_second } => epoch(cell, *per_second).ok_or_else(|| {
                "expected a number of seconds (or parts of them, as `time` says) since 1970, such as 1770978502: correct the cell or `time`".to_owned()
            }),
            Self::Pattern { pattern, zone } => local(cell, pattern, zone),
        }
    }
}

/// An instant from a decimal number of parts of a second, without the errors of a float.
fn epoch(cell: &str, per_second: i64) -> Option<Timestamp> {
    let micros_each = MICROS.checked_div(per_second)?;
    let (whole, fraction) = cell.split_once('.').unwrap_or((cell, ""));
    let whole: i64 = whole.parse().ok()?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut parts = 0;
    let mut unit = micros_each;
    for digit in fraction.bytes() {
        unit /= 10;
        parts += i64::from(digit - b'0') * unit;
    }
    let parts = if cell.starts_with('-') { -parts } else { parts };
    let micros = whole.checked_mul(micros_each)?.checked_add(parts)?;
    let instant = Timestamp::from_micros(micros);
    (instant.as_micros() == micros).then_some(instant)
}

fn local(cell: &str, pattern: &str, zone: &TimeZone) -> Result<Timestamp, String> {
    let wrong = |error: jiff::Error| {
        let error = sanitize::message(&error.to_string());
        format!("expected a time as {pattern:?} ({error}): correct the cell or `time`")
    };
    let parsed = strtime::parse(pattern, cell).map_err(wrong)?;
    let instant = match parsed.offset() {
        Some(_) => parsed.to_timestamp().map_err(wrong)?,
        // An hour that a clock shows twice is the first one. What it never shows is no time.
        None => {
            let shown = parsed.to_datetime().map_err(wrong)?;
            let meant = zone.to_ambiguous_timestamp(shown);
            if matches!(meant.offset(), AmbiguousOffset::Gap { .. }) {
                let zone = zone.iana_name().unwrap_or("this zone");
                return Err(format!(
                    "expected a time that clocks in {zone} show, and this one they skip as they are put forward: correct the cell or `zone`"
                ));
            }
            meant.compatible().map_err(wrong)?
        }
    };
    Ok(Timestamp::from_micros(instant.as_microsecond()))
}

fn action(cell: &str) -> Result<&str, String> {
    let catalog = Catalog::embedded().map_err(|error| error.to_string())?;
    let mut named = catalog.entries().filter(|entry| entry.name == cell);
    match (named.next(), named.next()) {
        (Some(entry), None) => Ok(&entry.action),
        (Some(_), Some(_)) => Err(format!(
            "{:?} is the name of several event types: export the column action as well",
            shown(cell)
        )),
        // Types that a catalog does not know have their action as name.
        (None, _) if cell.contains('.') && !cell.contains(' ') => Ok(cell),
        (None, _) => Err(format!(
            "{:?} is the name of no built-in event type: export the column action as well",
            shown(cell)
        )),
    }
}

fn put(value: &(impl serde::Serialize + ?Sized), out: &mut Vec<u8>) -> Result<(), String> {
    serde_json::to_writer(out, value).map_err(|error| error.to_string())
}

fn shown(cell: &str) -> String {
    let mut text: String = cell.chars().take(SHOWN_CHARS).collect();
    if text.len() < cell.len() {
        text.push('…');
    }
    sanitize::message(&text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn written(rule: &Rule, cell: &str) -> Result<Option<Value>, String> {
        let mut out = Vec::new();
        let is_there = rule.write(cell, &mut out)?;
        Ok(is_there.then(|| serde_json::from_slice(&out).unwrap()))
    }

    fn of(kind: Kind, cell: &str) -> Result<Value, String> {
        written(&Rule::of(kind), cell).map(Option::unwrap)
    }

    #[test]
    fn cells_become_what_they_are_said_to_be() {
        assert_eq!(of(Kind::Text, " 5 \"\n").unwrap(), " 5 \"\n");
        assert_eq!(of(Kind::Number, " -1.50 ").unwrap(), json!(-1.5));
        assert_eq!(of(Kind::Boolean, "Yes").unwrap(), true);
        assert_eq!(of(Kind::Boolean, "0").unwrap(), false);
        assert_eq!(of(Kind::Json, "{\"a\":\n[1]}").unwrap(), json!({"a": [1]}));
        for (kind, cell) in [
            (Kind::Number, "1,5"),
            (Kind::Number, "+1"),
            (Kind::Number, "01"),
            (Kind::Number, "\"1\""),
            (Kind::Number, "NaN"),
            (Kind::Boolean, "maybe"),
            (Kind::Json, "{a}"),
            (Kind::Json, "{} {}"),
        ] {
            let error = of(kind, cell).unwrap_err();
            assert!(error.contains("expected"), "{cell}: {error}");
        }
    }

    #[test]
    fn empty_cells_are_left_out_unless_there_is_a_default() {
        let mut rule = Rule::of(Kind::Number);
        assert_eq!(written(&rule, "").unwrap(), None);
        assert_eq!(written(&rule, "  ").unwrap(), None);
        rule.default = Some(json!("none"));
        assert_eq!(written(&rule, " ").unwrap(), Some(json!("none")));
        assert_eq!(written(&rule, "7").unwrap(), Some(json!(7)));
    }

    #[test]
    fn values_say_what_cells_stand_for() {
        let mut rule = Rule::of(Kind::Text);
        rule.values = Some(BTreeMap::from([
            ("ok".to_owned(), json!("success")),
            ("7".to_owned(), json!(true)),
        ]));
        assert_eq!(written(&rule, "ok ").unwrap(), Some(json!("success")));
        assert_eq!(written(&rule, "7").unwrap(), Some(json!(true)));
        let error = written(&rule, "nok").unwrap_err();
        assert!(
            error.contains("(7, ok)") && error.contains("\"nok\""),
            "{error}"
        );
        rule.otherwise = Some(json!("failed"));
        assert_eq!(written(&rule, "nok").unwrap(), Some(json!("failed")));
    }

    #[test]
    fn times_are_instants_of_their_zone() {
        let pattern = |pattern: &str, zone: &str| {
            let zone = TimeZone::get(zone).unwrap();
            let pattern = pattern.to_owned();
            Kind::Time(Time::Pattern { pattern, zone })
        };
        let german = pattern("%d.%m.%Y %H:%M", "Europe/Berlin");
        for (kind, cell, expected) in [
            (
                german.clone(),
                "13.02.2026 11:28",
                "2026-02-13T10:28:00.000000Z",
            ),
            (
                german.clone(),
                "13.07.2026 11:28",
                "2026-07-13T09:28:00.000000Z",
            ),
            // Shown twice.
            (
                german.clone(),
                "25.10.2026 02:30",
                "2026-10-25T00:30:00.000000Z",
            ),
            (
                pattern("%Y-%m-%d %H:%M:%S%.f %z", "UTC"),
                "2026-02-13 11:28:22.5 +0100",
                "2026-02-13T10:28:22.500000Z",
            ),
            (
                pattern("%Y%m%d", "UTC"),
                "20260213",
                "2026-02-13T00:00:00.000000Z",
            ),
            (
                Kind::Time(Time::Rfc3339),
                "2026-02-13T11:28:22+01:00",
                "2026-02-13T10:28:22.000000Z",
            ),
        ] {
            assert_eq!(of(kind, cell).unwrap(), expected, "{cell}");
        }
        assert!(of(german, "02/13/2026").unwrap_err().contains("%d.%m.%Y"));
    }

    #[test]
    fn a_time_that_clocks_skip_is_none() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let pattern = "%d.%m.%Y %H:%M".to_owned();
        let german = Kind::Time(Time::Pattern { pattern, zone });
        let error = of(german.clone(), "29.03.2026 02:30").unwrap_err();
        assert!(error.contains("Europe/Berlin show"), "{error}");
        for (cell, expected) in [
            ("29.03.2026 01:59", "2026-03-29T00:59:00.000000Z"),
            ("29.03.2026 03:00", "2026-03-29T01:00:00.000000Z"),
        ] {
            assert_eq!(of(german.clone(), cell).unwrap(), expected, "{cell}");
        }
    }

    #[test]
    fn seconds_since_1970_lose_no_digit() {
        let at = |cell: &str, per_second| epoch(cell, per_second).map(|at| at.to_string());
        let expected = Some("2026-02-13T10:28:22.123456Z".to_owned());
        assert_eq!(at("1770978502.123456", 1), expected);
        assert_eq!(at("1770978502.1234569", 1), expected);
        assert_eq!(at("1770978502123.456", 1_000), expected);
        assert_eq!(at("1770978502123456", 1_000_000), expected);
        assert_eq!(
            at("-0.5", 1).as_deref(),
            Some("1969-12-31T23:59:59.500000Z")
        );
        for bad in [
            "",
            "x",
            "1.x",
            "1e9",
            "99999999999999999999",
            "9999999999999",
        ] {
            assert_eq!(at(bad, 1), None, "{bad}");
        }
    }

    #[test]
    fn a_name_is_taken_back_to_its_action() {
        assert_eq!(
            of(Kind::Action, "Guardrail updated").unwrap(),
            "guardrail.updated"
        );
        assert_eq!(of(Kind::Action, "kite.flown").unwrap(), "kite.flown");
        assert!(
            of(Kind::Action, "No such thing")
                .unwrap_err()
                .contains("column action")
        );
        assert_eq!(of(Kind::One, "a;b").unwrap(), "a;b");
        assert!(of(Kind::One, "a; b").unwrap_err().contains("several"));
    }

    proptest! {
        #[test]
        fn text_is_taken_as_it_is(cell in "\\PC{1,40}") {
            prop_assume!(!cell.trim().is_empty());
            prop_assert_eq!(of(Kind::Text, &cell).unwrap(), cell);
        }

        #[test]
        fn no_cell_breaks_the_line_or_the_json(cell in "[ -~\n\r\té\"]{0,30}") {
            for kind in [Kind::Number, Kind::Boolean, Kind::Json, Kind::Time(Time::Rfc3339)] {
                let mut out = Vec::new();
                if let Ok(true) = Rule::of(kind).write(&cell, &mut out) {
                    prop_assert!(serde_json::from_slice::<Value>(&out).is_ok());
                    prop_assert!(!out.contains(&b'\n'));
                }
            }
        }
    }
}
