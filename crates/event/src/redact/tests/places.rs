//! Where secrets are looked for, where not, and how far an event may grow.

use super::*;

#[test]
fn identifiers_of_the_record_are_left_alone() {
    let token = ["ghp_", &"a1B2".repeat(9)].concat();
    let event = json!({
        "action": "a.b", "attempt_id": token, "id": token, "organization_id": token, "project_id": token,
        "context": {"session_id": token, "run_id": token, "trace_id": token, "span_id": token},
        "actor": {"type": token},
    });
    assert_eq!(cleaned_by(&redactor(), &event), (event, 0));
}

#[test]
fn what_identifies_is_searched_for_credentials_alone() {
    let card = ["41111111", "11111111"].concat();
    let party =
        json!({"id": card, "name": "password=hunter2", "email": "token: a1b2c3d4@example.com"});
    let event =
        json!({"actor": party, "targets": [party], "context": {"user_agent": "x password=y"}});
    assert_eq!(cleaned_by(&redactor(), &event), (event, 0));
    let event = cleaned(&json!({"targets": [{"id": "postgres://u:p@h"}]}));
    let expected = format!("postgres://u:{}@h", placeholder_of("p"));
    assert_eq!(event["targets"][0]["id"], json!(expected));
}

#[test]
fn names_that_become_equal_are_told_apart() {
    let token = ["ghp_", &"a1B2".repeat(9)].concat();
    let placeholder = placeholder_of(&token);
    let second = format!("{placeholder} (2)");
    let event = json!({"metadata": {&token: 1, &placeholder: 2, &second: 3, "a": 4, "z": 5}});
    let (once, count) = cleaned_by(&redactor(), &event);
    let members = once["metadata"].as_object().unwrap();
    assert_eq!((members.len(), count), (5, 1));
    assert!(!once.to_string().contains(&token));
    assert_eq!(cleaned_by(&redactor(), &once), (once, 0));
}

#[test]
fn a_text_that_outgrows_its_bound_goes_as_a_whole() {
    let name = "redis://:p@h ".repeat(60);
    let event = cleaned(&json!({
        "actor": {"name": name}, "reason": "pwd=a ".repeat(400), "request": {"path": format!("/{}", "&pwd=a".repeat(200))},
    }));
    for value in [
        &event["actor"]["name"],
        &event["reason"],
        &event["request"]["path"],
    ] {
        assert!(placeholder::is(value.as_str().unwrap()), "{value}");
    }
    assert_eq!(cleaned(&event), event);
}

#[test]
fn bytes_that_are_not_utf8_hide_nothing_in_a_path() {
    let of = placeholder_of;
    for (sent, kept) in [
        (
            "/a?q=token%3Dabc+%ff",
            format!("/a?q=token%3D{}%20%25FF", of("abc")),
        ),
        (
            "/%C3+token%3Dabc",
            format!("/%25C3%20token%3D{}", of("abc")),
        ),
        (
            "/a?b%ff=c&tok%65n=%ff",
            format!("/a?b%ff=c&tok%65n={}", of("%FF")),
        ),
        (
            "/Coo+kie:3/sig=%D0",
            format!("/Coo%20kie:{}", of("3/sig=%D0")),
        ),
    ] {
        assert_eq!(cleaned_path(sent), kept);
        assert_eq!(cleaned_path(&kept), kept);
    }
}

#[test]
fn an_event_has_no_more_secrets_than_it_may() {
    let catalog = catalog();
    let clean = |secrets: usize| {
        let text = json!({"request": {"body": {"token": vec![1; secrets]}}}).to_string();
        let Json::Object(mut members) = json::parse(text.as_bytes(), MAX_DEPTH).unwrap() else {
            panic!("no object");
        };
        redactor().clean(&mut members, catalog.get("a.b"))
    };
    assert_eq!(clean(MAX_REPLACEMENTS), Ok(MAX_REPLACEMENTS));
    assert_eq!(clean(MAX_REPLACEMENTS + 1), Err(TooManySecrets));
}

/// Texts that a careless scanner reads again and again. A quadratic one would take hours, not tests.
#[test]
fn hostile_texts_take_linear_time() {
    const BYTES: usize = 1 << 22;
    for unit in [
        "sk-",
        "eyJ-",
        "eyJa.",
        "token:",
        "token=",
        "--token ",
        "://",
        "a://b:c/",
        "=\\",
        ":\\\"",
        "a,",
        "\\",
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY",
        "bearer ",
        "basic a",
        "4111 ",
        "4111-",
        "41",
        "12345678:AA",
        "[redacted:",
        "xoxb-",
        "\"token\":{",
        "\"token\":[",
        "glpat-",
        "evident_read_",
        "%41",
        "a b: ",
        "SK",
        "\"password\":\"\\",
        "hooks.slack.com/services/",
        "cookie:",
        "x'",
        ";pwd=",
    ] {
        let text = unit.repeat(BYTES / unit.len());
        for reading in [Reading::Text, Reading::Identifier] {
            let spans = shapes::find(&text, reading, &redactor());
            assert!(spans.is_sorted_by(|a, b| a.end <= b.start), "{unit}");
        }
    }
}
