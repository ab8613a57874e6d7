//! Each way in which a catalog can be wrong is refused, by the error that names it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::*;

const VERSION: (&str, &str) = ("version.toml", "version = \"7\"");

const HEAD: &str = "category = \"Kites\"\nevent_type = \"User Actions\"\nbadge = \"Kite Change\"\nlevel = \"project\"\n";

const EVENT: &str = "[[event]]\naction = \"kite.flown\"\nname = \"Kite flown\"\n\
    description = \"A kite was flown.\"\ntemplate = \"{actor} flew a kite\"\n";

const FIELDS: &str = "[fields]\nkite_id = { label = \"Kite ID\", type = \"string\" }\n";

fn parse(category: &str) -> Result<Catalog, CatalogError> {
    Catalog::parse(&[VERSION, ("kites.toml", category)])
}

fn refusal(category: &str) -> CatalogError {
    let error = parse(category).expect_err(category);
    assert!(!error.to_string().is_empty());
    error
}

/// The event with one of its lines replaced.
fn event_with(key: &str, value: &str) -> String {
    let lines = EVENT.lines().map(|line| {
        if line.starts_with(key) {
            format!("{key} = {value}\n")
        } else {
            format!("{line}\n")
        }
    });
    lines.collect()
}

#[test]
fn a_good_category_is_read() {
    let text = format!(
        "{HEAD}{FIELDS}{EVENT}level = \"tool\"\nbadge = \"Wind\"\nrequired = [\"kite_id\"]\n"
    );
    let catalog = parse(&text).unwrap();
    assert_eq!(catalog.version(), "7");
    let entry = catalog.get("kite.flown").unwrap();
    assert_eq!(
        (entry.category.as_str(), entry.level),
        ("Kites", Level::Tool)
    );
    assert_eq!(
        (entry.badge.as_str(), entry.event_type),
        ("Wind", EventType::UserActions)
    );
    assert!(entry.aliases.is_empty());
    assert!(entry.field("kite_id").unwrap().required);
    assert!(entry.field("wind").is_none());
    assert!(catalog.get("kite.lost").is_none());
}

#[test]
fn syntax() {
    for text in [
        "category = ",
        &format!("{HEAD}colour = \"red\"\n{EVENT}"),
        &format!("{HEAD}{EVENT}colour = \"red\"\n"),
        &format!("{}{EVENT}", HEAD.replace("User Actions", "Kite Actions")),
        &format!("{}{EVENT}", HEAD.replace("project", "sky")),
        HEAD,
    ] {
        assert!(
            matches!(refusal(text), CatalogError::Syntax { .. }),
            "{text}"
        );
    }
    let version = Catalog::parse(&[("version.toml", "version = 7")]);
    assert!(matches!(version, Err(CatalogError::Syntax { .. })));
}

#[test]
fn no_version() {
    assert_eq!(Catalog::parse(&[]).unwrap_err(), CatalogError::NoVersion);
}

#[test]
fn blank() {
    for text in [
        format!("{HEAD}{}", event_with("name", "\"\"")),
        format!("{HEAD}{}", event_with("description", "\" \"")),
        format!("{HEAD}{}", event_with("template", "\"\"")),
        format!("{HEAD}{EVENT}aliases = [\"\"]\n"),
        format!("{HEAD}{EVENT}badge = \"\"\n"),
        format!("{}{EVENT}", HEAD.replace("Kites", " Kites")),
        format!("{HEAD}{}{EVENT}", FIELDS.replace("Kite ID", "")),
    ] {
        assert!(
            matches!(refusal(&text), CatalogError::Blank { .. }),
            "{text}"
        );
    }
}

#[test]
fn action_spelling() {
    for action in [
        "kite",
        "Kite.flown",
        "kite..flown",
        ".flown",
        "kite.",
        "kite flown.x",
        "_a.b",
    ] {
        let error = refusal(&format!(
            "{HEAD}{}",
            event_with("action", &format!("{action:?}"))
        ));
        assert!(
            matches!(error, CatalogError::ActionSpelling { .. }),
            "{action}"
        );
    }
}

#[test]
fn action_twice() {
    let error = refusal(&format!("{HEAD}{EVENT}{EVENT}"));
    assert!(matches!(error, CatalogError::ActionTwice { .. }));
}

#[test]
fn alias_is_action() {
    let error = refusal(&format!("{HEAD}{EVENT}aliases = [\"kite.risen\"]\n"));
    assert!(matches!(error, CatalogError::AliasIsAction { .. }));
}

#[test]
fn alias_twice() {
    for aliases in ["[\"kite FLOWN\"]", "[\"Up\", \"up\"]"] {
        let error = refusal(&format!("{HEAD}{EVENT}aliases = {aliases}\n"));
        assert!(
            matches!(error, CatalogError::AliasTwice { .. }),
            "{aliases}"
        );
    }
}

#[test]
fn ambiguous() {
    let lost = EVENT.replace("flown", "lost");
    for text in [
        format!("{HEAD}{EVENT}{lost}aliases = [\"KITE FLOWN\"]\n"),
        format!("{HEAD}{EVENT}aliases = [\"Gone\"]\n{lost}aliases = [\"Gone\"]\n"),
        format!("{HEAD}{EVENT}{}", lost.replace("Kite lost", "KITE flown")),
    ] {
        assert!(
            matches!(refusal(&text), CatalogError::Ambiguous { .. }),
            "{text}"
        );
    }
    let same_name = lost.replace("Kite lost", "Kite flown");
    parse(&format!(
        "{HEAD}{EVENT}aliases = [\"Up\"]\n{same_name}aliases = [\"Up\"]\n"
    ))
    .unwrap();
}

#[test]
fn key_spelling() {
    for key in ["Kite", "kite-id", "kite__id", "kite_", "_kite", "1kite"] {
        let error = refusal(&format!("{HEAD}{}{EVENT}", FIELDS.replace("kite_id", key)));
        assert!(matches!(error, CatalogError::KeySpelling { .. }), "{key}");
    }
}

#[test]
fn key_of_record() {
    for key in ["user_id", "user_name", "email_id", "ip_address"] {
        let error = refusal(&format!("{HEAD}{}{EVENT}", FIELDS.replace("kite_id", key)));
        assert!(matches!(error, CatalogError::KeyOfRecord { .. }), "{key}");
    }
}

#[test]
fn key_unknown_twice_or_unused() {
    let unknown = refusal(&format!("{HEAD}{EVENT}optional = [\"kite_id\"]\n"));
    assert!(matches!(unknown, CatalogError::KeyUnknown { .. }));
    let twice =
        format!("{HEAD}{FIELDS}{EVENT}required = [\"kite_id\"]\noptional = [\"kite_id\"]\n");
    assert!(matches!(refusal(&twice), CatalogError::KeyTwice { .. }));
    let unused = refusal(&format!("{HEAD}{FIELDS}{EVENT}"));
    assert!(matches!(unused, CatalogError::KeyUnused { .. }));
}

#[test]
fn templates_name_only_fields_of_their_entry_that_may_be_shown() {
    let event = event_with("template", "\"{actor} flew [{metadata.kite_id}|a kite]\"");
    let refused = |text: &str| match refusal(text) {
        CatalogError::Template { source, .. } => source,
        other => panic!("{other}"),
    };
    assert_eq!(
        refused(&format!("{HEAD}{event}")),
        TemplateError::UnknownField("kite_id".to_owned())
    );
    let secret = FIELDS.replace(" }", ", secret = true }");
    assert_eq!(
        refused(&format!("{HEAD}{secret}{event}required = [\"kite_id\"]\n")),
        TemplateError::Secret("kite_id".to_owned())
    );
    parse(&format!("{HEAD}{FIELDS}{event}required = [\"kite_id\"]\n")).unwrap();
}
