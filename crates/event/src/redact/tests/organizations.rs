//! Keys and rules of organizations.

use super::*;

#[test]
fn placeholders_are_the_first_half_of_an_hmac() {
    // RFC 4231, test case 1, has a key of 20 bytes: HMAC pads it with zeros, and so does this.
    let mut key = [0; RedactionKey::BYTES];
    key[..20].fill(0x0b);
    let key = RedactionKey::new(key);
    let expected = "[redacted:b0344c61d8db38535ca8afceaf0bf12b]";
    assert_eq!(key.placeholder("Hi There"), expected);
}

#[test]
fn other_organizations_have_other_placeholders() {
    let event = json!({"metadata": {"token": "a", "note": "password=a"}});
    let (one, _) = cleaned_by(&redactor_with(1, &Rules::default()), &event);
    let (two, _) = cleaned_by(&redactor_with(2, &Rules::default()), &event);
    assert_ne!(one["metadata"]["token"], two["metadata"]["token"]);
    let token = one["metadata"]["token"].as_str().unwrap();
    assert_eq!(one["metadata"]["note"], json!(format!("password={token}")));
}

#[test]
fn nothing_shows_the_key() {
    let shown = format!("{:?}", redactor_with(0xAB, &Rules::default()));
    assert!(shown.contains("RedactionKey(hidden)"), "{shown}");
    assert!(
        !shown.contains("171, 171") && !shown.to_lowercase().contains("abab"),
        "{shown}"
    );
}

#[test]
fn own_names_are_secret_too() {
    let rules = rules(&["Hardware-Type", "max_tokens", "Schlüssel", "pass2"], &[]);
    let event = json!({"action": "model.called", "metadata": {
        "hardware_type": "gpu", "max_tokens": 5, "SCHLÜSSEL": "x", "note": "pass2=abc", "pass2": "abc",
    }});
    let (event, count) = cleaned_by(&redactor_with(7, &rules), &event);
    let of = |secret: &str| json!(placeholder_of(secret));
    assert_eq!(count, 5);
    assert_eq!(
        event["metadata"],
        json!({
            "hardware_type": of("gpu"), "max_tokens": of("5"), "SCHLÜSSEL": of("x"), "pass2": of("abc"),
            "note": format!("pass2={}", placeholder_of("abc")),
        })
    );
}

#[test]
fn exceptions_go_by_name_and_by_path() {
    let rules = rules(
        &["reference"],
        &[
            "token",
            "request.body.user.password",
            r"metadata.app\.key.secret",
            "metadata.reference",
            "changes.auth.pin",
            "credentials.user",
            "targets.metadata.pwd",
            "request.path.pass",
        ]
        .map(|path| {
            if path == "credentials.user" {
                "request.body.credentials.user"
            } else {
                path
            }
        }),
    );
    let event = json!({
        "action": "model.called",
        "changes": [{"field": "auth.pin", "new": "a"}, {"field": "pin", "new": "b"}],
        "metadata": {
            "token": "c", "app.key": {"secret": "d"}, "reference": "e", "access_token": "f",
            "note": "token=x1 password=y1",
        },
        "targets": [{"metadata": {"pwd": "g"}}, {"metadata": {"x": {"pwd": "h"}}}],
        "request": {
            "path": "/a?token=1&pass=2&pwd=3",
            "body": {
                "user": {"password": "i", "pwd": "j"}, "password": "k", "reference": "l",
                "credentials": {"User": "m", "other": "n", "token": {"o": "p"}},
            },
        },
    });
    let (event, _) = cleaned_by(&redactor_with(7, &rules), &event);
    let of = |secret: &str| json!(placeholder_of(secret));
    assert_eq!(
        event,
        json!({
            "action": "model.called",
            "changes": [{"field": "auth.pin", "new": "a"}, {"field": "pin", "new": of("b")}],
            "metadata": {
                "token": "c", "app.key": {"secret": "d"}, "reference": "e", "access_token": of("f"),
                "note": format!("token=x1 password={}", placeholder_of("y1")),
            },
            "targets": [{"metadata": {"pwd": "g"}}, {"metadata": {"x": {"pwd": of("h")}}}],
            "request": {
                "path": format!("/a?token=1&pass=2&pwd={}", placeholder_of("3")),
                "body": {
                    "user": {"password": "i", "pwd": of("j")}, "password": of("k"), "reference": of("l"),
                    "credentials": {"User": "m", "other": of("n"), "token": {"o": "p"}},
                },
            },
        })
    );
}

#[test]
fn an_exception_lets_no_credential_through() {
    let card = ["41111111", "11111111"].concat();
    let rules = rules(&[], &["token", "number"]);
    let redactor = redactor_with(7, &rules);
    let event = json!({"metadata": {"token": "https://a:b@c", "number": card, "other": card}});
    let (event, _) = cleaned_by(&redactor, &event);
    let expected = format!("https://a:{}@c", placeholder_of("b"));
    assert_eq!(event["metadata"]["token"], json!(expected));
    assert_eq!(event["metadata"]["number"], json!(card));
    assert_eq!(event["metadata"]["other"], json!(placeholder_of(&card)));
    // What the catalog calls secret is secret whatever the rules say.
    let redactor = redactor_with(7, &super::rules(&[], &["access_token", "opener", "inner"]));
    let event = json!({"action": "model.called", "metadata": {"access_token": "a", "opener": {"inner": "b"}}});
    let (event, _) = cleaned_by(&redactor, &event);
    assert_eq!(
        event["metadata"]["access_token"],
        json!(placeholder_of("a"))
    );
    assert_eq!(
        event["metadata"]["opener"]["inner"],
        json!(placeholder_of("b"))
    );
}

#[test]
fn rules_are_checked() {
    let refused =
        |names: Vec<String>, exceptions: Vec<String>| Rules::new(names, exceptions).unwrap_err();
    let one = |text: &str| vec![text.to_owned()];
    let many = vec!["a".to_owned(); MAX_RULE_NAMES + 1];
    let found = MAX_RULE_NAMES + 1;
    assert_eq!(
        refused(many.clone(), vec![]),
        RulesError::TooMany {
            list: "names",
            max: MAX_RULE_NAMES,
            found
        }
    );
    assert_eq!(
        refused(vec![], many),
        RulesError::TooMany {
            list: "exceptions",
            max: MAX_RULE_EXCEPTIONS,
            found
        }
    );
    let long = "a".repeat(MAX_RULE_BYTES + 1);
    let too_long = RulesError::TooLong {
        list: "names",
        position: 0,
        found: MAX_RULE_BYTES + 1,
    };
    assert_eq!(refused(one(&long), vec![]), too_long);
    for blank in ["", "_-", " "] {
        let error = RulesError::Blank {
            list: "names",
            position: 0,
            text: blank.to_owned(),
        };
        assert_eq!(refused(one(blank), vec![]), error);
    }
    for blank in ["metadata..a", "metadata.", ".a", "", "metadata.a.-"] {
        let error = RulesError::Blank {
            list: "exceptions",
            position: 0,
            text: blank.to_owned(),
        };
        assert_eq!(refused(vec![], one(blank)), error);
    }
    let error = refused(vec![], vec!["token".to_owned(), "meta.token".to_owned()]);
    assert_eq!(
        error,
        RulesError::UnknownRoot {
            position: 1,
            text: "meta.token".to_owned()
        }
    );
    assert_eq!(
        error.to_string(),
        "exceptions[1]: \"meta.token\" begins with no member that is searched: begin with actor, changes, \
         metadata, on_behalf_of, request, targets, or write \\. for a dot within a key"
    );
    let deep = format!("metadata{}", ".a".repeat(MAX_RULE_SEGMENTS));
    assert_eq!(
        refused(vec![], one(&deep)),
        RulesError::TooDeep {
            position: 0,
            found: MAX_RULE_SEGMENTS + 1
        }
    );
}

#[test]
fn rules_are_read_and_written() {
    let text = r#"{"names":["reference"],"exceptions":["request.body.token"]}"#;
    let read: Rules = serde_json::from_str(text).unwrap();
    assert_eq!(read, rules(&["reference"], &["request.body.token"]));
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
    assert_eq!(
        serde_json::from_str::<Rules>("{}").unwrap(),
        Rules::default()
    );
    for wrong in [r#"{"name":[]}"#, r#"{"names":[""]}"#, r#"{"names":"a"}"#] {
        assert!(serde_json::from_str::<Rules>(wrong).is_err(), "{wrong}");
    }
}
