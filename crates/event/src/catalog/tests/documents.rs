//! Holds the catalog to `docs/catalog-sources.md`, which holds it to the documents.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::super::*;
use super::names::*;

/// How many lines each document has.
const LINES: [(char, usize); 5] = [('A', 150), ('B', 288), ('C', 121), ('D', 328), ('E', 71)];

/// What the documents list only for some events of a category: if there is a timeout, for some
/// models. It cannot be required.
const CONDITIONAL: [(&str, &str); 4] = [
    ("Tool Management", "timeout_value"),
    ("Workflow Management", "timeout_value"),
    ("Models", "deployment_name"),
    ("Models", "connection_name"),
];

/// Fields that stand in the path of the one request that is shown, not in a list of metadata.
const FROM_A_PATH: [(&str, [&str; 2]); 2] = [
    ("guardrail.created", ["agent_id", "guardrail_id"]),
    ("guardrail.updated", ["agent_id", "guardrail_id"]),
];

/// A row of the tables.
struct Row {
    document: char,
    lines: (usize, usize),
    /// Name, action and keys, if the lines name an event.
    event: Option<(String, String, BTreeSet<String>)>,
}

fn sources() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalog-sources.md");
    std::fs::read_to_string(path).unwrap()
}

/// Name and keys of what no document lists, by action.
fn own() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let text = sources();
    let (_, section) = text.split_once("\n## Evident's own\n").unwrap();
    let unquoted = |cell: &str| cell.trim_matches(['`', '*']).to_owned();
    let mut own = BTreeMap::new();
    for line in section.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let ["", action, name, keys, ""] = cells[..]
            && action.starts_with('`')
        {
            let keys = keys.split(", ").map(unquoted).collect();
            own.insert(unquoted(action), (unquoted(name), keys));
        }
    }
    own
}

fn rows() -> Vec<Row> {
    let text = sources();
    let mut document = None;
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            document = heading
                .split_once(": ")
                .and_then(|(letter, _)| letter.chars().next());
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, lines, named, entry, keys, _] = cells[..] else {
            continue;
        };
        if !lines.starts_with(|first: char| first.is_ascii_digit()) {
            continue;
        }
        let (first, last) = lines.split_once('–').unwrap_or((lines, lines));
        let unquoted = |cell: &str| cell.trim_matches('`').to_owned();
        let event = (!entry.is_empty()).then(|| {
            let name = named
                .strip_prefix("**")
                .and_then(|name| name.strip_suffix("**"));
            let keys = keys
                .split(", ")
                .map(unquoted)
                .filter(|key| !key.is_empty())
                .collect();
            (name.expect(line).to_owned(), unquoted(entry), keys)
        });
        rows.push(Row {
            document: document.expect("a table stands under a document's heading"),
            lines: (first.parse().unwrap(), last.parse().unwrap()),
            event,
        });
    }
    rows
}

#[test]
fn the_tables_cover_each_line_of_each_document() {
    let rows = rows();
    for (document, count) in LINES {
        let mut covered = (0, 0);
        for row in rows.iter().filter(|row| row.document == document) {
            let follows = row.lines.0 == covered.1 + 1;
            assert!(
                follows || row.lines == covered,
                "{document} {:?}",
                row.lines
            );
            covered = row.lines;
        }
        assert_eq!(covered.1, count, "{document}");
    }
}

#[test]
fn each_name_in_the_tables_leads_to_its_entry() {
    let catalog = Catalog::embedded().unwrap();
    for (name, action, _) in rows().into_iter().filter_map(|row| row.event) {
        let entry = catalog
            .get(&action)
            .unwrap_or_else(|| panic!("{action}: no such entry"));
        assert_eq!(
            catalog.name_for_alias(&name),
            Some(entry.name.as_str()),
            "{name} of {action}"
        );
    }
}

#[test]
fn the_tables_name_what_the_documents_name() {
    let tabled = |document: char| -> BTreeSet<String> {
        let rows = rows().into_iter().filter(|row| row.document == document);
        rows.filter_map(|row| row.event)
            .map(|(name, ..)| name)
            .collect()
    };
    for (document, names) in [
        ('A', &NAMES_OF_A[..]),
        ('B', &NAMES_OF_B),
        ('D', &NAMES_OF_D),
        ('E', &NAMES_OF_E),
    ] {
        // One spelling of A stands in a heading, one event of E in the path of a request.
        let mut expected: BTreeSet<String> = names.iter().map(ToString::to_string).collect();
        expected.remove("Versions restored");
        let mut found = tabled(document);
        found.remove("Guardrail updated");
        assert_eq!(found, expected, "{document}");
    }
}

#[test]
fn each_entry_has_the_union_of_the_metadata_and_requires_what_all_list() {
    let mut listed: BTreeMap<String, BTreeMap<char, BTreeSet<String>>> = BTreeMap::new();
    for row in rows() {
        let Some((_, action, keys)) = row.event else {
            continue;
        };
        listed
            .entry(action)
            .or_default()
            .entry(row.document)
            .or_default()
            .extend(keys);
    }
    let own = own();
    for entry in Catalog::embedded().unwrap().entries() {
        let action = entry.action.as_str();
        let none = BTreeMap::new();
        let documents = listed.get(action).unwrap_or(&none);
        let own = own.get(action);
        assert!(
            !documents.is_empty() || own.is_some(),
            "{action} has no line"
        );
        let mut union: BTreeSet<String> = documents.values().flatten().cloned().collect();
        for (_, keys) in FROM_A_PATH.iter().filter(|(of, _)| *of == action) {
            union.extend(keys.map(str::to_owned));
        }
        if let Some((name, keys)) = own {
            assert_eq!(entry.name, *name, "{action}");
            assert!(union.is_disjoint(keys), "{action}");
            union.extend(keys.iter().cloned());
        }
        let keys: BTreeSet<String> = entry.metadata.iter().map(|f| f.key.clone()).collect();
        assert_eq!(keys, union, "{action}");
        for field in &entry.metadata {
            let by_all =
                !documents.is_empty() && documents.values().all(|keys| keys.contains(&field.key));
            let depends = CONDITIONAL.contains(&(entry.category.as_str(), field.key.as_str()));
            assert_eq!(field.required, by_all && !depends, "{action} {}", field.key);
        }
    }
}

#[test]
fn each_entry_of_evidents_own_is_in_the_catalog() {
    let own = own();
    assert!(own.contains_key(crate::query::READ_ACTION));
    for action in own.keys() {
        assert!(
            Catalog::embedded().unwrap().get(action).is_some(),
            "{action}"
        );
    }
}

#[test]
fn each_event_of_each_document_is_found_by_name_or_alias() {
    let catalog = Catalog::embedded().unwrap();
    let names = [&NAMES_OF_A[..], &NAMES_OF_B, &NAMES_OF_D, &NAMES_OF_E].concat();
    for name in names {
        let shown = catalog
            .name_for_alias(name)
            .unwrap_or_else(|| panic!("{name}: not found"));
        assert!(catalog.entries().any(|entry| entry.name == shown));
        assert_eq!(catalog.name_for_alias(&name.to_uppercase()), Some(shown));
    }
}

#[test]
fn the_51_dotted_actions_are_there_by_exactly_their_names() {
    let catalog = Catalog::embedded().unwrap();
    let actions: BTreeSet<&str> = ACTIONS_OF_C.iter().map(|(action, _)| *action).collect();
    assert_eq!(actions.len(), 51);
    for (action, meaning) in ACTIONS_OF_C {
        let entry = catalog
            .get(action)
            .unwrap_or_else(|| panic!("{action}: no such entry"));
        assert_eq!(
            catalog.name_for_alias(meaning),
            Some(entry.name.as_str()),
            "{action}"
        );
        assert!(
            entry.metadata.iter().all(|field| !field.required),
            "{action}"
        );
    }
}

#[test]
fn the_categories_of_the_documents_are_there() {
    let entries = Catalog::embedded().unwrap().entries();
    let found: BTreeSet<&str> = entries.map(|entry| entry.category.as_str()).collect();
    for category in CATEGORIES {
        assert!(found.contains(category), "{category}");
    }
}

#[test]
fn the_event_types_cover_what_document_e_says_that_they_cover() {
    let covers = [
        (
            EventType::AgentOperations,
            &[
                "agent.created",
                "agent.updated",
                "agent.deleted",
                "agent.blocked",
                "agent.trust_tier.changed",
            ][..],
        ),
        (
            EventType::PolicyChanges,
            &[
                "policy.created",
                "policy.updated",
                "policy.deleted",
                "policy.enabled",
                "policy.disabled",
                "guardrail.created",
            ],
        ),
        (
            EventType::UserActions,
            &[
                "organisation.user.invited",
                "organisation.user.role.changed",
                "approval.decided",
                "settings.changed",
            ],
        ),
        (
            EventType::SecurityEvents,
            &["user.login", "api_key.used", "security.suspicious_activity"],
        ),
        (
            EventType::SystemEvents,
            &[
                "agent.trust_score.changed",
                "system.scheduled_job.run",
                "system.operation",
            ],
        ),
    ];
    let catalog = Catalog::embedded().unwrap();
    for (event_type, actions) in covers {
        for action in actions {
            assert_eq!(
                catalog.get(action).map(|e| e.event_type),
                Some(event_type),
                "{action}"
            );
        }
    }
}
