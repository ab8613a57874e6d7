//! Templates: what is refused, and that every sentence of the catalog reads well.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::borrow::Cow;

use proptest::prelude::*;

use super::super::*;

/// What is known of an event.
fn knowing<'a>(known: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<Cow<'a, str>> {
    move |path| {
        let (_, value) = known.iter().find(|(known, _)| *known == path)?;
        Some(Cow::Borrowed(*value))
    }
}

fn rendered(action: &str, known: &[(&str, &str)]) -> String {
    Catalog::embedded()
        .unwrap()
        .get(action)
        .unwrap()
        .render(&knowing(known))
}

#[test]
fn the_best_known_name_is_taken() {
    let ada = ("actor", "Ada Obi");
    let id = ("metadata.role_id", "r_7");
    assert_eq!(rendered("role.created", &[ada]), "Ada Obi created a role");
    assert_eq!(
        rendered("role.created", &[ada, id]),
        "Ada Obi created role r_7"
    );
    assert_eq!(
        rendered(
            "role.created",
            &[id, ada, ("metadata.role_name", "Reviewer")]
        ),
        "Ada Obi created role Reviewer"
    );
    assert_eq!(
        rendered("role.created", &[id, ada, ("target.name", "Editor")]),
        "Ada Obi created role Editor"
    );
    assert_eq!(rendered("role.created", &[]), "Someone created a role");
}

#[test]
fn what_may_be_left_out_is_left_out() {
    let ada = ("actor", "Ada Obi");
    assert_eq!(rendered("user.login", &[ada]), "Ada Obi signed in");
    assert_eq!(
        rendered("user.login", &[ada, ("metadata.login_method", "SSO")]),
        "Ada Obi signed in with SSO"
    );
    assert_eq!(
        rendered(
            "workspace.default_role.configured",
            &[
                ada,
                (
                    "metadata.status_message",
                    "Default role for new users changed"
                )
            ]
        ),
        "Ada Obi configured the default role for new users: Default role for new users changed"
    );
}

#[test]
fn what_did_not_happen_is_not_said_to_have() {
    let ada = ("actor", "Ada Obi");
    for (known, expected) in [
        (("result", "denied"), "Ada Obi created a role (denied)"),
        (("result", "failed"), "Ada Obi created a role (failed)"),
        (("phase", "attempt"), "Ada Obi created a role (attempt)"),
        (("result", "success"), "Ada Obi created a role"),
        (("result", "approved"), "Ada Obi created a role"),
        (("phase", "outcome"), "Ada Obi created a role"),
    ] {
        assert_eq!(rendered("role.created", &[ada, known]), expected);
    }
}

#[test]
fn values_are_cut_and_lose_their_control_characters() {
    let long = "é".repeat(100_000);
    let sentence = rendered(
        "role.created",
        &[("actor", "A\n\u{1b}[31mB "), ("target.name", &long)],
    );
    assert_eq!(
        sentence,
        format!("A  [31mB created role {}…", "é".repeat(200))
    );
    let exactly = "x".repeat(200);
    assert!(rendered("role.created", &[("target.name", &exactly)]).ends_with(&exactly));
}

#[test]
fn a_value_is_never_read_as_a_template() {
    let sentence = rendered(
        "role.created",
        &[("actor", "{actor}[|]"), ("target.name", "{x|y}")],
    );
    assert_eq!(sentence, "{actor}[|] created role {x|y}");
}

#[test]
fn every_sentence_reads_well_with_everything_known_and_with_nothing() {
    for entry in Catalog::embedded().unwrap().entries() {
        let bare = entry.render(&|_| None);
        let full = entry.render(&|path| Some(Cow::Owned(format!("<{path}>"))));
        for sentence in [&bare, &full] {
            assert!(!sentence.contains(['{', '}', '[', ']', '|']), "{sentence}");
            assert!(
                !sentence.contains("  ") && sentence.trim() == sentence,
                "{sentence}"
            );
            assert!(!sentence.ends_with('.'), "{sentence}");
            assert!(sentence.len() > "Someone ".len(), "{sentence}");
        }
        assert!(bare.contains("Someone"), "{}: {bare}", entry.action);
        assert!(full.contains("<actor>"), "{}: {full}", entry.action);
        for key in entry.template.metadata_keys() {
            assert!(
                entry.field(key).is_some_and(|field| !field.secret),
                "{} {key}",
                entry.action
            );
        }
    }
}

#[test]
fn wrong_templates_are_refused() {
    use TemplateError as E;
    let owned = str::to_owned;
    for (text, error) in [
        ("{actor} [a", E::Unbalanced('[')),
        ("{actor} a]", E::Unbalanced(']')),
        ("{actor} [a [b]]", E::Unbalanced('[')),
        ("{actor", E::Unbalanced('{')),
        ("actor}", E::Unbalanced('}')),
        ("{actor} [{target.id]", E::Unbalanced('{')),
        ("{target.name} left", E::Unguarded(owned("target.name"))),
        (
            "{actor|target.name} left",
            E::Unguarded(owned("actor|target.name")),
        ),
        (
            "{actor} [a|{target.name}]",
            E::NoLastResort(owned("a|{target.name}")),
        ),
        (
            "{actor} [{target.colour}|x]",
            E::UnknownPath(owned("target.colour")),
        ),
        (
            "{actor} [{metadata.}|x]",
            E::UnknownPath(owned("metadata.")),
        ),
        ("{} left", E::UnknownPath(String::new())),
    ] {
        assert_eq!(Template::parse(text).expect_err(text), error, "{text}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn a_template_is_what_it_was_written_as() {
    let text = "{target.name|actor} left[ {metadata.a|project_id}, {metadata.b}|x {actor}|y]";
    let template = Template::parse(text).unwrap();
    assert_eq!(template.as_str(), text);
    assert_eq!(template.metadata_keys().collect::<Vec<_>>(), ["a", "b"]);
    let known = |known: &[(&str, &str)]| template.render(&knowing(known));
    assert_eq!(
        known(&[("metadata.b", "B"), ("project_id", "P")]),
        "Someone left P, B"
    );
    assert_eq!(
        known(&[("metadata.b", "B"), ("actor", "Al")]),
        "Al leftx Al"
    );
    assert_eq!(known(&[("target.name", " ")]), "Someone lefty");
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused_and_then_rendered(text in r"([a-z \[\]{}|é]|\{actor\}|\{target\.id\}){0,40}") {
        if let Ok(template) = Template::parse(&text) {
            let full = template.render(&|_| Some(Cow::Borrowed("v")));
            let bare = template.render(&|_| None);
            for sentence in [full, bare] {
                let left_over = sentence.find(['{', '}', '[', ']']);
                prop_assert_eq!(left_over, None, "{}", sentence);
            }
        }
    }
}
