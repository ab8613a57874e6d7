//! An organization's own event types: what is read, what is refused and how, and what becomes of
//! the catalog.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::*;
use crate::record::{MAX_REFUSALS, Refusal};

fn embedded() -> Arc<Catalog> {
    Arc::new(Catalog::embedded().unwrap().clone())
}

fn invoice() -> Value {
    json!({
        "action": "invoice.paid",
        "name": "Invoice paid",
        "aliases": ["Bill paid"],
        "category": "Invoices",
        "event_type": "User Actions",
        "badge": "Invoice",
        "level": "project",
        "description": "An invoice was paid.",
        "template": "{actor} paid [invoice {metadata.invoice_id}|an invoice]",
        "metadata": [
            {"key": "invoice_id", "label": "Invoice ID", "type": "string", "required": true},
            {"key": "amount", "label": "Amount", "type": "number"},
        ],
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut document = invoice();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(items) => items.push(value),
        parent => parent[name] = value,
    }
    document
}

fn read(document: &Value, others: &Catalog, before: Option<&Entry>) -> Result<Entry, Vec<Refusal>> {
    let text = document.to_string();
    let json = crate::json::parse(text.as_bytes(), 64).unwrap();
    Definition::read(&json, None, others, before).map(Definition::into_entry)
}

fn good(document: &Value) -> Entry {
    read(document, &embedded(), None).unwrap_or_else(|refusals| panic!("{refusals:#?}"))
}

/// The only refusal, by pointer and code.
#[track_caller]
fn refused(document: &Value, pointer: &str, code: &str) -> Refusal {
    let refusals = read(document, &embedded(), None).expect_err(&document.to_string());
    let [refusal] = refusals.as_slice() else {
        panic!("one refusal: {refusals:#?}");
    };
    assert_eq!(
        (refusal.pointer.as_str(), refusal.code),
        (pointer, code),
        "{refusal:?}"
    );
    assert!(refusal.message.starts_with("expected ") || code == "invalid_template");
    refusal.clone()
}

#[test]
fn a_good_document_is_read_whole() {
    let entry = good(&invoice());
    assert_eq!(entry.action, "invoice.paid");
    assert_eq!(entry.aliases, ["Bill paid"]);
    assert_eq!(
        (entry.event_type, entry.level),
        (EventType::UserActions, Level::Project)
    );
    assert!(entry.field("invoice_id").unwrap().required);
    let amount = entry.field("amount").unwrap();
    assert_eq!(amount.kind, FieldType::Number);
    assert!(!amount.required && !amount.secret);
    let lookup = |path: &str| (path == "metadata.invoice_id").then_some("i_7".into());
    assert_eq!(entry.render(&lookup), "Someone paid invoice i_7");
}

#[test]
fn aliases_and_metadata_may_be_left_out_or_null() {
    for value in [Value::Null, json!([])] {
        let mut document = invoice();
        document["aliases"] = value.clone();
        document["metadata"] = value;
        document["template"] = json!("{actor} paid an invoice");
        let entry = good(&document);
        assert!(entry.aliases.is_empty() && entry.metadata.is_empty());
        assert_eq!(serde_json::to_value(&entry).unwrap()["aliases"], json!([]));
    }
}

#[test]
fn names_and_aliases_mean_their_entry_in_any_case() {
    let mut document = invoice();
    document["aliases"] = json!(["Straße bezahlt"]);
    let catalog = embedded().with_own(vec![good(&document)], 1);
    for text in ["STRASSE BEZAHLT", "straße bezahlt", "INVOICE paid"] {
        assert_eq!(catalog.name_for_alias(text), Some("Invoice paid"), "{text}");
    }
    refused(
        &with("/aliases/-", json!("INVOICE PAID")),
        "/aliases/1",
        "repeated_value",
    );
}

#[test]
fn each_mistake_has_its_pointer_and_its_code() {
    let long = |bytes: usize| json!("x".repeat(bytes));
    for (pointer, value, code) in [
        ("/name", json!(null), "missing_field"),
        ("/name", json!(7), "wrong_type"),
        ("/name", json!("  "), "empty_value"),
        ("/name", json!("a\nb"), "invalid_value"),
        ("/name", long(MAX_OWN_NAME_BYTES + 1), "too_long"),
        ("/category", json!(" Invoices"), "invalid_value"),
        ("/badge", json!(""), "empty_value"),
        ("/description", json!({}), "wrong_type"),
        ("/description", long(MAX_OWN_SENTENCE_BYTES + 1), "too_long"),
        ("/action", json!("paid"), "invalid_action"),
        ("/action", json!("-a.b"), "invalid_action"),
        ("/event_type", json!("Kite Events"), "invalid_value"),
        ("/level", json!("sky"), "invalid_value"),
        ("/level", json!(null), "missing_field"),
        ("/aliases", json!("Bill paid"), "wrong_type"),
        (
            "/aliases",
            json!(vec!["x"; MAX_OWN_ALIASES + 1]),
            "too_many_items",
        ),
        (
            "/template",
            json!("{actor} paid {metadata.invoice_id}"),
            "invalid_template",
        ),
        (
            "/template",
            json!("{actor} paid [for {metadata.nothing}]"),
            "invalid_template",
        ),
        ("/template", json!("{actor} [paid"), "invalid_template"),
        ("/metadata", json!({}), "wrong_type"),
        ("/metadata/0/key", json!("user_id"), "reserved_key"),
        ("/metadata/0/type", json!("money"), "invalid_value"),
        ("/metadata/0/required", json!("yes"), "wrong_type"),
        ("/metadata/0/label", json!(null), "missing_field"),
        ("/metadata/0/key", long(MAX_OWN_KEY_BYTES + 1), "too_long"),
        ("/metadata/0/secret", json!(1), "wrong_type"),
    ] {
        refused(&with(pointer, value), pointer, code);
    }
    refused(&json!([]), "", "wrong_type");
    let repeated = json!({"key": "amount", "label": "Amount", "type": "any"});
    refused(
        &with("/metadata/-", repeated),
        "/metadata/2/key",
        "repeated_value",
    );
    refused(
        &with("/aliases/-", json!("BILL PAID")),
        "/aliases/1",
        "repeated_value",
    );
    refused(
        &with("/aliases/-", json!("invoice paid")),
        "/aliases/1",
        "repeated_value",
    );
    refused(
        &with("/aliases/-", json!("bill.paid")),
        "/aliases/1",
        "invalid_alias",
    );
    let fields: Vec<Value> = (0..=MAX_OWN_FIELDS)
        .map(|at| json!({"key": format!("k{at}"), "label": "K", "type": "any"}))
        .collect();
    refused(
        &with("/metadata", json!(fields)),
        "/metadata",
        "too_many_items",
    );
}

#[test]
fn what_was_meant_is_suggested() {
    for (pointer, value, meant) in [
        ("/action", json!("Invoice Paid"), "invoice.paid"),
        ("/level", json!("Project"), "project"),
        ("/event_type", json!("user actions"), "User Actions"),
        ("/name", json!(" Invoice paid "), "Invoice paid"),
        ("/metadata/1/key", json!("totalAmount"), "total_amount"),
        ("/metadata/1/type", json!("numbr"), "number"),
        (
            "/template",
            json!("{actor} paid [{metadata.invoiceid}]"),
            "{metadata.invoice_id}",
        ),
    ] {
        let refusals = read(&with(pointer, value), &embedded(), None).unwrap_err();
        assert_eq!(refusals[0].pointer, pointer);
        assert_eq!(refusals[0].suggestion.as_deref(), Some(meant));
    }
    let refusal = refused(
        &with("/descripton", json!("x")),
        "/descripton",
        "unknown_field",
    );
    assert_eq!(refusal.suggestion.as_deref(), Some("description"));
    let mut document = invoice();
    document["metadata"][0]["lable"] = json!("x");
    let refusal = refused(&document, "/metadata/0/lable", "unknown_field");
    assert_eq!(refusal.suggestion.as_deref(), Some("label"));
}

#[test]
fn all_mistakes_are_named_at_once_up_to_a_bound() {
    let refusals = read(&json!({}), &embedded(), None).unwrap_err();
    let pointers: Vec<&str> = refusals.iter().map(|r| r.pointer.as_str()).collect();
    let required = [
        "/action",
        "/name",
        "/category",
        "/event_type",
        "/badge",
        "/level",
        "/description",
        "/template",
    ];
    assert_eq!(pointers, required);
    let mut many = serde_json::Map::new();
    for at in 0..10_000 {
        many.insert(format!("descriptio{at}"), Value::Null);
    }
    let refusals = read(&Value::Object(many), &embedded(), None).unwrap_err();
    assert_eq!(refusals.len(), MAX_REFUSALS);
}

#[test]
fn an_action_in_the_address_need_not_be_said_again_but_may_not_differ() {
    let embedded = embedded();
    let read = |document: &Value| {
        let text = document.to_string();
        let json = crate::json::parse(text.as_bytes(), 64).unwrap();
        Definition::read(&json, Some("invoice.paid"), &embedded, None)
    };
    assert!(read(&invoice()).is_ok());
    let without = read(&with("/action", Value::Null)).unwrap();
    assert_eq!(without.entry().action, "invoice.paid");
    let refusals = read(&with("/action", json!("invoice.payed"))).unwrap_err();
    assert_eq!(refusals[0].code, "invalid_action");
    assert_eq!(refusals[0].suggestion.as_deref(), Some("invoice.paid"));
}

#[test]
fn a_name_that_means_something_else_is_refused_and_the_same_name_is_not() {
    let refusal = refused(
        &with("/aliases", json!(["Guardrail Created"])),
        "/aliases/0",
        "ambiguous_name",
    );
    assert_eq!(refusal.suggestion.as_deref(), Some("Guardrail created"));
    refused(
        &with("/name", json!("created guardrail for agent")),
        "/name",
        "ambiguous_name",
    );
    refused(
        &with("/name", json!("GUARDRAIL CREATED")),
        "/name",
        "ambiguous_name",
    );
    good(&with("/name", json!("Guardrail created")));
}

#[test]
fn a_field_that_may_hold_secrets_must_say_whether_it_does() {
    let field = |key: &str, secret: Value| {
        let field = json!({"key": key, "label": "K", "type": "string", "secret": secret});
        with("/metadata/-", field)
    };
    for key in ["password", "api_key", "access_token"] {
        refused(
            &field(key, Value::Null),
            "/metadata/2/secret",
            "missing_field",
        );
        for secret in [true, false] {
            let entry = good(&field(key, json!(secret)));
            assert_eq!(entry.field(key).unwrap().secret, secret);
        }
    }
    for key in ["tokens_consumed", "key_id"] {
        assert!(!good(&field(key, Value::Null)).field(key).unwrap().secret);
    }
    let before = good(&field("handshake", json!(true)));
    let refusals = read(&field("handshake", Value::Null), &embedded(), Some(&before)).unwrap_err();
    assert_eq!(refusals[0].pointer, "/metadata/2/secret");
    let after = read(
        &field("handshake", json!(false)),
        &embedded(),
        Some(&before),
    )
    .unwrap();
    assert!(!after.field("handshake").unwrap().secret);
}

#[test]
fn a_template_never_shows_a_secret() {
    let mut document = with("/metadata/0/secret", json!(true));
    let refusal = refused(&document, "/template", "invalid_template");
    assert!(refusal.message.contains("secret"), "{refusal:?}");
    document["template"] = json!("{actor} paid an invoice");
    good(&document);
}

#[test]
fn own_entries_stand_beside_those_of_the_files() {
    let embedded = embedded();
    let catalog = embedded.with_own(vec![good(&invoice())], 3);
    assert_eq!(catalog.version(), format!("{}+3", embedded.version()));
    assert_eq!(catalog.entries().count(), embedded.entries().count() + 1);
    assert_eq!(catalog.entries().last().unwrap().action, "invoice.paid");
    assert_eq!(catalog.own().len(), 1);
    assert!(embedded.own().is_empty());
    assert!(catalog.get("role.created").is_some());
    assert_eq!(catalog.get("invoice.paid").unwrap().name, "Invoice paid");
    assert!(embedded.get("invoice.paid").is_none());
    assert_eq!(catalog.name_for_alias("bill PAID"), Some("Invoice paid"));
    assert_eq!(embedded.name_for_alias("bill PAID"), None);
    assert_eq!(catalog.closest_action("invoice.payd"), Some("invoice.paid"));
    assert_eq!(catalog.closest_action("Bill paid"), Some("invoice.paid"));
    assert_eq!(catalog.closest_action("role.creatd"), Some("role.created"));
    let body = serde_json::to_value(&catalog).unwrap();
    assert_eq!(body["version"], catalog.version());
    let events = body["events"].as_array().unwrap();
    assert_eq!(events.len(), catalog.entries().count());
    let mut members: Vec<&String> = events.last().unwrap().as_object().unwrap().keys().collect();
    members.sort_unstable();
    let expected = [
        "action",
        "aliases",
        "badge",
        "category",
        "description",
        "event_type",
        "level",
        "metadata",
        "name",
    ];
    assert_eq!(members, expected, "neither the template nor what is secret");
}

#[test]
fn what_the_files_say_counts_where_a_newer_catalog_says_it_too() {
    let mut action = good(&invoice());
    action.action = "role.created".to_owned();
    let mut name = good(&invoice());
    name.aliases = vec!["Role created".to_owned()];
    let embedded = embedded();
    let catalog = embedded.with_own(vec![action, name.clone(), name], 3);
    assert_eq!(catalog.own().len(), 1, "an action is there once");
    assert_eq!(catalog.get("role.created"), embedded.get("role.created"));
    assert_eq!(catalog.name_for_alias("role created"), Some("Role created"));
    assert_eq!(catalog.name_for_alias("invoice paid"), Some("Invoice paid"));
}

#[test]
fn what_is_kept_reads_back_equal_with_template_and_secrets() {
    let mut document = with("/metadata/1/secret", json!(true));
    document["metadata"][1]["key"] = json!("card");
    let text = document.to_string();
    let json = crate::json::parse(text.as_bytes(), 64).unwrap();
    let definition = Definition::read(&json, None, &embedded(), None).unwrap();
    let kept = serde_json::to_string(&definition).unwrap();
    assert!(kept.contains("template"), "{kept}");
    let back: Definition = serde_json::from_str(&kept).unwrap();
    assert_eq!(back, definition);
    assert!(back.entry().field("card").unwrap().secret);
    let broken = kept.replace("{actor}", "{nobody}");
    assert!(serde_json::from_str::<Definition>(&broken).is_err());
}
