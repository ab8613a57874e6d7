//! Every secret of the corpus, in every context that it may come in.

use super::corpus::{Sample, samples};
use super::*;

/// Checks that the secret is gone from the value and its placeholder is there.
fn assert_gone(sample: &Sample, context: &str, value: &Value) {
    let text = value.to_string();
    let escaped = json!(sample.secret).to_string();
    let escaped = escaped.trim_matches('"');
    for form in [sample.secret.as_str(), escaped] {
        assert!(!text.contains(form), "{} {context}: {text}", sample.family);
    }
    assert!(
        text.contains("[redacted:"),
        "{} {context}: {text}",
        sample.family
    );
}

#[test]
fn alone() {
    for sample in samples() {
        let cleaned = cleaned_text(&sample.text());
        let placeholder = placeholder_of(&sample.secret);
        let expected = format!("{}{placeholder}{}", sample.before, sample.after);
        assert_eq!(cleaned, expected, "{}", sample.family);
    }
}

#[test]
fn in_a_sentence() {
    for sample in samples() {
        for (before, after) in [
            ("We saw ", " in the log, twice."),
            ("Löschen (", ") — später"),
            ("it was: ", "\nand then?"),
            ("`", "`"),
        ] {
            let cleaned = cleaned_text(&format!("{before}{}{after}", sample.text()));
            assert_gone(&sample, "in a sentence", &json!(cleaned));
            assert!(cleaned.starts_with(before), "{cleaned}");
            // Where spaces belong to a value, as in a connection string, more is taken.
            if sample.after.is_empty() && !sample.before.contains(';') {
                let placeholder = placeholder_of(&sample.secret);
                let expected = format!("{before}{}{placeholder}{after}", sample.before);
                assert_eq!(cleaned, expected, "{}", sample.family);
            }
        }
    }
}

#[test]
fn in_json_within_a_string() {
    for sample in samples() {
        let mut text = json!({"a": [1, sample.text()], "z": "x"}).to_string();
        for _ in 0..3 {
            assert_gone(&sample, "in JSON", &json!(cleaned_text(&text)));
            text = json!({"log": text, "n": 1}).to_string();
        }
    }
}

#[test]
fn behind_an_escape() {
    for sample in samples() {
        for before in ["line\\n", "a\\u0026", "x\\t", "x%0A", "x%3D"] {
            let cleaned = cleaned_text(&format!("{before}{}", sample.text()));
            assert_gone(&sample, before, &json!(cleaned));
        }
    }
}

fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match byte {
            byte if plain(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

#[test]
fn in_a_query() {
    for sample in samples() {
        let value = percent_encoded(&sample.text());
        let path = cleaned_path(&format!("/v1/search?q={value}&limit=50"));
        assert_gone(&sample, "in a query", &json!(path));
        assert!(!path.contains(&percent_encoded(&sample.secret)), "{path}");
        assert!(
            path.starts_with("/v1/search?q=") && path.ends_with("&limit=50"),
            "{path}"
        );
        assert!(path.contains(&placeholder_of(&sample.secret)), "{path}");
        assert_eq!(cleaned_path(&path), path, "{}", sample.family);
    }
}

#[test]
fn in_a_nested_object() {
    for sample in samples() {
        let nested = json!({"a": [[{"b": {"c": [null, sample.text()]}}]]});
        let event = json!({
            "description": sample.text(),
            "reason": sample.text(),
            "changes": [{"field": "f", "old": nested, "new": sample.text()}],
            "metadata": nested,
            "actor": {"metadata": nested},
            "on_behalf_of": [{"metadata": nested}],
            "targets": [{"metadata": nested}],
            "request": {"body": nested, "response": sample.text()},
        });
        let (cleaned, count) = cleaned_by(&redactor(), &event);
        assert_gone(&sample, "nested", &cleaned);
        assert_eq!(count, 10, "{}: {cleaned}", sample.family);
    }
}

#[test]
fn as_the_name_of_a_member_or_of_somebody() {
    for sample in samples().iter().filter(|sample| sample.before.is_empty()) {
        if sample
            .secret
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b" -".contains(&byte))
        {
            continue;
        }
        let secret = &sample.secret;
        let event = json!({
            "actor": {"type": "api_key", "id": secret, "name": secret},
            "context": {"user_agent": format!("agent/1.0 {secret}")},
            "request": {"body": {"use": {secret: 12, "a": 1}}},
            "targets": [{"type": "api_key", "id": secret}],
        });
        let cleaned = cleaned(&event);
        assert_gone(sample, "as a name", &cleaned);
        let placeholder = placeholder_of(secret);
        assert_eq!(cleaned["actor"]["id"], json!(placeholder));
        assert_eq!(cleaned["request"]["body"]["use"][&placeholder], json!(12));
    }
}
