//! Which fields there are, and which values an event has for them.

use super::*;
use crate::query::field;

fn values(path: &str) -> Vec<String> {
    let field = Field::parse("filter", path).unwrap();
    let event = json(EVENT);
    let found = field::values(&field, &event);
    found.into_iter().map(|value| value.into_owned()).collect()
}

fn wrong(path: &str) -> QueryError {
    Field::parse("filter", path).unwrap_err()
}

#[test]
fn every_member_of_the_record_is_a_field() {
    for (path, expected) in [
        ("id", "01980000-0000-7000-8000-000000000001"),
        ("action", "guardrail.updated"),
        ("occurred_at", "2026-02-13T10:28:22.120000Z"),
        ("received_at", "2026-02-13T10:28:22.130000Z"),
        ("actor.type", "user"),
        ("actor.id", "usr_1"),
        ("actor.name", "Ada Obi"),
        ("actor.email", "ada@example.com"),
        ("actor.metadata.team", "red"),
        ("on_behalf_of.id", "usr_9|agt_3"),
        ("on_behalf_of.name", "Bo Li"),
        ("target.id", "g_7|agt_3"),
        ("targets.id", "g_7|agt_3"),
        ("target.type", "guardrail|agent"),
        ("target.metadata.shade", "dark"),
        ("organization_id", "org_1"),
        ("project_id", "prj_1"),
        ("result", "success"),
        ("reason", ""),
        ("description", "Created guardrail for agent: now"),
        ("changes.field", "threshold|mode"),
        ("context.ip", "2001:db8::7"),
        ("context.user_agent", "curl/8"),
        ("context.session_id", "ses_1"),
        ("context.run_id", "run_1"),
        ("context.trace_id", "tr_1"),
        ("context.span_id", "sp_1"),
        ("request.method", "PUT"),
        ("request.path", "/agent/7/guardrails/7"),
        ("request.status", "200"),
        ("attempt_id", "att_1"),
        ("phase", "outcome"),
        ("name", "Guardrail Updated"),
        ("event", "Guardrail Updated"),
        ("category", "Guardrails"),
        ("event_type", "Policy Changes"),
        ("badge", "Guardrail Change"),
        ("level", "project"),
        ("catalog_version", "1"),
    ] {
        assert_eq!(values(path).join("|"), expected, "{path}");
    }
}

#[test]
fn every_member_of_the_event_has_a_root() {
    let event = json(EVENT);
    for (name, _) in event.as_object().unwrap() {
        let known = match Field::parse("filter", name) {
            Ok(_) => true,
            Err(error) => !error.message.starts_with("there is no field"),
        };
        assert!(known, "{name}");
    }
}

#[test]
fn user_is_the_actors_name_email_or_id() {
    assert_eq!(values("user"), ["Ada Obi", "ada@example.com", "usr_1"]);
}

#[test]
fn authority_is_the_actor_or_anyone_in_on_behalf_of() {
    let all = [
        "Ada Obi",
        "ada@example.com",
        "usr_1",
        "Bo Li",
        "usr_9",
        "agt_3",
    ];
    assert_eq!(
        sorted(values("authority")),
        sorted(all.map(str::to_owned).to_vec())
    );
    assert_eq!(values("authority.id"), ["usr_1", "usr_9", "agt_3"]);
    assert_eq!(values("authority.metadata.team"), ["red"]);
}

fn sorted(mut values: Vec<String>) -> Vec<String> {
    values.sort();
    values
}

#[test]
fn an_unknown_root_is_unknown_field() {
    for (path, meant) in [
        ("catagory", Some("category")),
        ("Action", Some("action")),
        ("ip", Some("context.ip")),
        ("email", Some("actor.email")),
        ("trace_id", Some("context.trace_id")),
        ("weather", None),
        ("weather.in.lagos", None),
    ] {
        let error = wrong(path);
        assert_eq!(error.code, "unknown_field", "{path}");
        assert_eq!(error.suggestion.as_deref(), meant, "{path}");
    }
    let error = wrong("catagory");
    assert_eq!(
        error.to_string(),
        "filter: there is no field \"catagory\": fields begin with id, index, action, event, name, \
         category, event_type, badge, level, catalog_version, occurred_at, received_at, \
         organization_id, project_id, result, reason, description, attempt_id, phase, user, actor, \
         authority, on_behalf_of, target, changes, context, request, metadata; did you mean \
         \"category\"?"
    );
}

#[test]
fn an_unknown_key_under_a_known_member_is_unknown_field() {
    for (path, message, meant) in [
        (
            "actor.emial",
            "actor has no field \"emial\": it has type, id, name, email, metadata",
            Some("actor.email"),
        ),
        (
            "context.ip.x",
            "context.ip is one value and has no fields of its own",
            Some("context.ip"),
        ),
        (
            "action.x",
            "action is one value and has no fields of its own",
            Some("action"),
        ),
        (
            "user.email",
            "user is one value and has no fields of its own",
            Some("actor.email"),
        ),
        (
            "actor",
            "actor has several fields: name one of type, id, name, email, metadata",
            Some("actor.id"),
        ),
        (
            "target",
            "target has several fields: name one of type, id, name, email, metadata",
            Some("target.id"),
        ),
        (
            "metadata",
            "metadata holds keys of your own: name one, such as metadata.model_id",
            None,
        ),
    ] {
        let error = wrong(path);
        assert_eq!(
            (error.code, error.message.as_str()),
            ("unknown_field", message),
            "{path}"
        );
        assert_eq!(error.suggestion.as_deref(), meant, "{path}");
    }
}

#[test]
fn an_unknown_key_under_metadata_is_merely_absent() {
    for path in [
        "metadata.no_such_key",
        "metadata.hardware_type.deeper",
        "actor.metadata.no_such_key",
        "target.metadata.no_such_key.deeper",
    ] {
        assert_eq!(values(path), Vec::<String>::new(), "{path}");
    }
}

#[test]
fn inside_a_key_dot_colon_and_backslash_escape() {
    assert_eq!(values(r"metadata.a\.b\:c\\d"), ["odd"]);
    assert!(passes(r"metadata.a\.b\:c\\d:is:odd"));
    assert!(!passes(r"metadata.a\.b\:c\\d:is_not:odd"));
    let field = Field::parse("filter", r"metadata.a\.b\:c\\d").unwrap();
    assert_eq!(field.paths(), [["metadata", r"a.b:c\d"]]);
    assert_eq!(field.name(), r"metadata.a\.b\:c\\d");
    for path in [
        r"metadata.a\b",
        r"metadata.a\",
        "metadata.",
        ".metadata",
        "metadata..a",
        "",
    ] {
        assert_eq!(wrong(path).code, "bad_field", "{path}");
    }
    assert_eq!(
        wrong(r"metadata.a\b").message,
        r#""metadata.a\\b" is not a field: a backslash must stand before . : or \"#
    );
}

#[test]
fn paths_are_bounded() {
    let longest = format!("metadata.{}", "k".repeat(field::MAX_PATH_BYTES - 9));
    assert!(Field::parse("filter", &longest).is_ok());
    let error = wrong(&format!("{longest}k"));
    assert_eq!(error.code, "bad_field");
    assert!(error.message.len() < 300);
}

#[test]
fn null_counts_as_absent() {
    assert_eq!(values("metadata.off"), Vec::<String>::new());
}

#[test]
fn arrays_are_stepped_through() {
    assert_eq!(values("metadata.tags"), ["x", "y", "z"]);
    assert_eq!(values("metadata.steps.name"), ["one", "two"]);
    assert_eq!(values("metadata.steps.other"), ["3"]);
    assert_eq!(values("metadata.none"), Vec::<String>::new());
}

#[test]
fn scalars_that_are_not_strings_are_their_json_text() {
    assert_eq!(values("metadata.count"), ["5"]);
    assert_eq!(values("metadata.ratio"), ["0.5"]);
    assert_eq!(values("metadata.huge"), ["1e+30"]);
    assert_eq!(values("metadata.on"), ["true"]);
}

#[test]
fn bodies_and_changed_values_are_not_indexed() {
    for path in [
        "request.body",
        "request.body.a",
        "request.response",
        "changes.old",
        "changes.new",
        "changes.new.deeper",
    ] {
        assert_eq!(wrong(path).code, "not_indexed", "{path}");
    }
    assert_eq!(
        wrong("request.body.a").message,
        "request.body is kept with the event but not indexed: filter by another field, such as \
         action or target.id"
    );
}

#[test]
fn ids_of_events_traces_and_spans_take_exact_values_only() {
    let exact_only = |path| Field::parse("filter", path).unwrap().is_exact_only();
    assert!(
        ["id", "context.trace_id", "context.span_id"]
            .into_iter()
            .all(exact_only)
    );
    assert!(
        !["actor.id", "target.id", "context.run_id", "action"]
            .into_iter()
            .any(exact_only)
    );
}

#[test]
fn two_spellings_of_a_field_are_one_field() {
    let parse = |path| Field::parse("filter", path).unwrap();
    assert_eq!(parse("targets.id"), parse("target.id"));
    assert_eq!(parse(r"metadata.a\:b"), parse("metadata.a:b"));
    assert_ne!(parse(r"metadata.a\.b"), parse("metadata.a.b"));
    assert_ne!(parse("name"), parse("event"));
}
