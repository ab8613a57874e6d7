//! What an index is told of an event, held to what conditions ask of events.

use std::collections::BTreeSet;

use super::*;
use crate::canonical;
use crate::query::terms::{self, FOLDED, Term, has_terms, path_name};
use crate::query::{field, fold, names};

/// A term that owns its texts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Value(String, String),
    Folded(String, String),
    Word(String),
    Name(String),
    Shown(String, String),
    Id(&'static str, String),
}

fn kept(event: &Json<'_>) -> BTreeSet<Kept> {
    let mut all = BTreeSet::new();
    for (name, value) in event.as_object().unwrap() {
        let mut written = Vec::new();
        canonical::write(value, &mut written);
        terms::of_member(name, &written, &mut |term| {
            all.insert(match term {
                Term::Value(path, value) => Kept::Value(path.to_owned(), value.to_owned()),
                Term::Folded(path, value) => Kept::Folded(path.to_owned(), value.to_owned()),
                Term::Word(word) => Kept::Word(word.to_owned()),
                Term::Name(name) => Kept::Name(name.to_owned()),
                Term::Shown(field, value) => Kept::Shown(field.to_owned(), value.to_owned()),
                Term::Trace(id) => Kept::Id("context.trace_id", id.to_owned()),
                Term::Span(id) => Kept::Id("context.span_id", id.to_owned()),
            });
        });
    }
    all
}

const RECORDED: &str = r#"{
    "action": "role.updated", "actor": {"type": "user", "id": "U1", "name": "", "email": "Ada@x.io",
        "metadata": {"team": {"a.b": [1, [2, null]]}, "": 3}},
    "category": "Access", "changes": [{"field": "role", "old": "x", "new": {"y": 1}}],
    "context": {"ip": "10.0.0.1", "trace_id": "t1", "span_id": "s1", "session_id": "z"},
    "description": "Ada did it", "id": "0190a1b2-0000-7000-8000-000000000001",
    "metadata": {"n": 1.5, "deep": {"er": [true, "T"]}}, "name": "Role UPDATED",
    "occurred_at": "2026-02-13T10:00:00.000000Z",
    "on_behalf_of": [{"type": "agent", "id": "g"}, {"type": "user", "id": "U2", "name": "Grace"}],
    "request": {"method": "POST", "path": "/v1", "status": 200, "body": {"k": "v"}, "response": "r"},
    "targets": [{"type": "doc", "id": "d-1", "name": "Plan B"}, {"type": "doc", "id": "d-2"}]
}"#;

#[test]
fn the_terms_of_an_event_are_the_values_words_and_names_that_conditions_ask_for() {
    let event = json(RECORDED);
    let kept = kept(&event);
    let candidate = Candidate {
        event: &event,
        index: 7,
        has_outcome: false,
    };

    let mut expected = BTreeSet::new();
    for name in names::of(&event).into_iter().filter(|name| name != "index") {
        let asked = Field::parse("field", &name).unwrap();
        for keys in asked.paths() {
            let path = path_name(keys);
            let alone = Field::parse("field", &path.replacen("targets", "target", 1)).unwrap();
            for value in field::values_of(&alone, &candidate) {
                if FOLDED.contains(&path.as_str()) {
                    expected.insert(Kept::Folded(path.clone(), fold(&value)));
                }
                match path.as_str() {
                    "context.trace_id" => {
                        expected.insert(Kept::Id("context.trace_id", value.into()))
                    }
                    "context.span_id" => expected.insert(Kept::Id("context.span_id", value.into())),
                    path if has_terms(path) => {
                        expected.insert(Kept::Value(path.to_owned(), value.into()))
                    }
                    _ => false,
                };
            }
        }
        expected.insert(Kept::Name(name));
    }
    for name in ["user", "authority"] {
        let asked = Field::parse("field", name).unwrap();
        let shown = field::shown(&asked, &candidate);
        expected.extend(
            shown
                .into_iter()
                .map(|v| Kept::Shown(name.to_owned(), v.into_owned())),
        );
    }
    let words = [
        "ada", "did", "it", "role", "updated", "x", "io", "plan", "b", "d", "1", "2",
    ];
    expected.extend(words.map(|word| Kept::Word(word.to_owned())));
    assert_eq!(kept, expected);
}

#[test]
fn the_searched_paths_are_those_of_the_searched_texts() {
    assert_eq!(
        text::SEARCHED.map(|path| path.join(".")),
        text::SEARCHED_PATHS
    );
}

#[test]
fn words_are_shown_as_they_are_listed() {
    for text in [
        "",
        "Ada did it",
        "a-b_C..9 ",
        "Ünïcode ÇA va",
        "x\u{1}y",
        "  _ ",
    ] {
        let mut shown = Vec::new();
        text::each_word(text, |word| shown.push(word.to_owned()));
        assert_eq!(shown, text::words(text).collect::<Vec<_>>(), "{text:?}");
    }
}

#[test]
fn bodies_and_old_and_new_values_have_no_terms() {
    let event = json(RECORDED);
    let all = format!("{:?}", kept(&event));
    assert!(
        !all.contains("body") && !all.contains("\"v\"") && !all.contains(".old"),
        "{all}"
    );
}

#[test]
fn the_folded_paths_are_those_of_the_fields_that_ignore_case() {
    let mut paths = BTreeSet::new();
    for name in names::known() {
        let field = Field::parse("field", &name).unwrap();
        if field.ignores_case() {
            paths.extend(field.paths().iter().map(|keys| path_name(keys)));
        }
    }
    assert_eq!(
        paths,
        FOLDED.iter().map(|path| (*path).to_owned()).collect()
    );
}
