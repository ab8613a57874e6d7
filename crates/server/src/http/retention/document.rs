//! Rules of retention as they are sent. What is given by `GET` can be sent again.

use std::collections::BTreeMap;

use evident_event::catalog::document::{Findings, Object, Part};
use evident_event::json::Json;
use evident_event::record::Refusal;

use crate::control::{Keep, MAX_PROJECT_ID_BYTES};
use crate::retention::rules::MAX_DAYS;
use crate::retention::{MAX_BROKEN_DOWN, Supposed};

const RULE_MEMBERS: [&str; 2] = ["keep", "days"];
const PROJECT_MEMBERS: [&str; 3] = ["project_id", "keep", "days"];
const PREVIEW_MEMBERS: [&str; 2] = ["rule", "projects"];

/// The words for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Days,
    Forever,
    Inherited,
}

impl Word {
    const ALL: [Self; 3] = [Self::Days, Self::Forever, Self::Inherited];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Forever => "forever",
            Self::Inherited => "inherited",
        }
    }
}

/// Reads a rule; `None`: it is inherited.
pub(super) fn rule(document: &Json<'_>) -> Result<Option<Keep>, Vec<Refusal>> {
    let mut findings = Findings::default();
    let rule = read_rule(&Part::whole(document), &mut findings);
    found(rule, findings)
}

/// Reads what is to be supposed.
pub(super) fn supposed(document: &Json<'_>) -> Result<Supposed, Vec<Refusal>> {
    let mut findings = Findings::default();
    let supposed = read_supposed(&Part::whole(document), &mut findings);
    found(supposed, findings)
}

fn found<T>(read: Option<T>, findings: Findings) -> Result<T, Vec<Refusal>> {
    match read {
        Some(read) if findings.is_empty() => Ok(read),
        _ => Err(findings.into_refusals()),
    }
}

fn read_rule(part: &Part<'_>, findings: &mut Findings) -> Option<Option<Keep>> {
    let object = part.object(&RULE_MEMBERS, findings)?;
    keep(&object, part.pointer(), findings)
}

/// How long, from the members of an object; `Some(None)`: inherited.
fn keep(object: &Object<'_>, pointer: &str, findings: &mut Findings) -> Option<Option<Keep>> {
    let word = object
        .required("keep", findings)?
        .one_of(&Word::ALL, Word::as_str, findings)?;
    let days = object.member("days");
    match (word, days) {
        (Word::Days, Some(days)) => {
            let days = days.whole_number(1, i64::from(MAX_DAYS), findings)?;
            let days = u32::try_from(days).ok()?;
            Some(Some(Keep::Days(days)))
        }
        (Word::Days, None) => {
            let message = format!("expected \"days\", a number from 1 to {MAX_DAYS}: add it");
            findings.refuse(&format!("{pointer}/days"), "missing_field", message);
            None
        }
        (word, Some(days)) => {
            let message = format!(
                "expected no days with \"keep\": {:?}: leave them out, or keep \"days\"",
                word.as_str()
            );
            findings.refuse(days.pointer(), "invalid_value", message);
            None
        }
        (Word::Forever, None) => Some(Some(Keep::Forever)),
        (Word::Inherited, None) => Some(None),
    }
}

fn read_supposed(part: &Part<'_>, findings: &mut Findings) -> Option<Supposed> {
    let object = part.object(&PREVIEW_MEMBERS, findings)?;
    let organization = object
        .given("rule")
        .and_then(|part| read_rule(&part, findings));
    let mut projects = BTreeMap::new();
    if let Some(list) = object.given("projects") {
        for part in list.items(MAX_BROKEN_DOWN, findings)? {
            let Some((id, keep)) = read_project(&part, findings) else {
                continue;
            };
            if projects.insert(id, keep).is_some() {
                let message = "expected each project once, found this one before: remove it";
                findings.refuse(part.pointer(), "duplicate", message);
            }
        }
    }
    // What could not be read was refused.
    Some(Supposed {
        organization,
        projects,
    })
}

fn read_project(part: &Part<'_>, findings: &mut Findings) -> Option<(String, Option<Keep>)> {
    let object = part.object(&PROJECT_MEMBERS, findings)?;
    let id = object
        .required("project_id", findings)
        .and_then(|part| part.words(MAX_PROJECT_ID_BYTES, findings));
    let keep = keep(&object, part.pointer(), findings);
    Some((id?.to_owned(), keep?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn parsed(text: &str) -> Json<'static> {
        evident_event::json::parse(text.as_bytes(), 16)
            .unwrap()
            .into_owned()
    }

    fn places(refusals: &[Refusal]) -> Vec<(&str, &str)> {
        let places = refusals.iter();
        places
            .map(|refusal| (refusal.pointer.as_str(), refusal.code))
            .collect()
    }

    #[test]
    fn a_rule_is_so_many_days_or_for_ever_or_inherited() {
        for (text, keep) in [
            (r#"{"keep":"days","days":1}"#, Some(Keep::Days(1))),
            (r#"{"keep":"days","days":36500}"#, Some(Keep::Days(36_500))),
            (r#"{"keep":"forever"}"#, Some(Keep::Forever)),
            (r#"{"days":null,"keep":"forever"}"#, Some(Keep::Forever)),
            (r#"{"keep":"inherited","days":null}"#, None),
        ] {
            assert_eq!(rule(&parsed(text)).unwrap(), keep, "{text}");
        }
    }

    #[test]
    fn each_mistake_in_a_rule_has_its_pointer_and_its_code() {
        for (text, pointer, code) in [
            ("[]", "", "wrong_type"),
            ("{}", "/keep", "missing_field"),
            (r#"{"keep":null}"#, "/keep", "missing_field"),
            (r#"{"keep":"for ever"}"#, "/keep", "invalid_value"),
            (r#"{"keep":true}"#, "/keep", "wrong_type"),
            (r#"{"keep":"days"}"#, "/days", "missing_field"),
            (r#"{"keep":"days","days":null}"#, "/days", "missing_field"),
            (r#"{"keep":"days","days":0}"#, "/days", "out_of_range"),
            (r#"{"keep":"days","days":-1}"#, "/days", "out_of_range"),
            (r#"{"keep":"days","days":36501}"#, "/days", "out_of_range"),
            (r#"{"keep":"days","days":1.5}"#, "/days", "out_of_range"),
            (r#"{"keep":"days","days":"30"}"#, "/days", "wrong_type"),
            (r#"{"keep":"forever","days":3}"#, "/days", "invalid_value"),
            (r#"{"keep":"inherited","days":3}"#, "/days", "invalid_value"),
            (r#"{"keep":"forever","dayz":3}"#, "/dayz", "unknown_field"),
        ] {
            let refusals = rule(&parsed(text)).unwrap_err();
            assert_eq!(places(&refusals), [(pointer, code)], "{text}");
        }
    }

    #[test]
    fn what_is_supposed_is_told_from_what_is_left_as_it_is() {
        let nothing = supposed(&parsed("{}")).unwrap();
        assert_eq!((nothing.organization, nothing.projects.len()), (None, 0));
        let text = r#"{"rule":{"keep":"inherited"},"projects":[
            {"project_id":"a","keep":"days","days":7},{"project_id":"b","keep":"inherited"}]}"#;
        let supposed = supposed(&parsed(text)).unwrap();
        assert_eq!(supposed.organization, Some(None));
        assert_eq!(supposed.projects["a"], Some(Keep::Days(7)));
        assert_eq!(supposed.projects["b"], None);
    }

    #[test]
    fn each_mistake_in_what_is_supposed_has_its_pointer_and_its_code() {
        let item = r#"{"project_id":"a","keep":"forever"}"#;
        let many = format!(r#"{{"projects":[{}]}}"#, vec![item; 51].join(","));
        for (text, expected) in [
            (
                r#"{"rules":{}}"#.to_owned(),
                vec![("/rules", "unknown_field")],
            ),
            (r#"{"rule":null}"#.to_owned(), vec![("/rule", "wrong_type")]),
            (
                r#"{"rule":{}}"#.to_owned(),
                vec![("/rule/keep", "missing_field")],
            ),
            (
                r#"{"projects":{}}"#.to_owned(),
                vec![("/projects", "wrong_type")],
            ),
            (
                r#"{"projects":[{"keep":"days"}]}"#.to_owned(),
                vec![
                    ("/projects/0/project_id", "missing_field"),
                    ("/projects/0/days", "missing_field"),
                ],
            ),
            (
                format!(r#"{{"projects":[{item},{item}]}}"#),
                vec![("/projects/1", "duplicate")],
            ),
            (many, vec![("/projects", "too_many_items")]),
        ] {
            let refusals = supposed(&parsed(&text)).unwrap_err();
            assert_eq!(places(&refusals), expected, "{text}");
        }
    }
}
