//! What holds for every text and every event.

use proptest::prelude::*;

use super::corpus::samples;
use super::*;

/// Pieces that scanners look for, glued in any order with anything between.
fn fragment() -> impl Strategy<Value = String> {
    let samples: Vec<String> = samples().iter().map(corpus::Sample::text).collect();
    let announcing = [
        "password=",
        "token: ",
        "\"api_key\": \"",
        "\\\"pwd\\\":\\\"",
        "Bearer ",
        "Basic ",
        "://",
        "@",
        ":",
        "=",
        "--secret ",
        "Cookie: ",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "sk-",
        "eyJ",
        "ghp_",
        "4111 1111 ",
        "\\",
        "\\n",
        "\\u0026",
        "%20",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        ";",
        "&",
        " ",
        "[redacted:",
        "[redacted:00112233445566778899aabbccddeeff]",
        "é",
        "🔑",
        "\n",
        "-",
        "_",
        ".",
        "(",
        ")",
        "x",
        "7",
        "Z",
        "https",
        "user",
        "postgres://u:",
        "null",
        "true",
        "Authorization: Token ",
    ];
    prop_oneof![
        3 => prop::sample::select(announcing.map(str::to_owned).to_vec()),
        2 => prop::sample::select(samples),
        1 => "[a-zA-Z0-9+/_.-]{1,24}",
        1 => ".{0,6}",
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..12).prop_map(|parts| parts.concat())
}

fn value() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        text(),
        prop::sample::select(vec![
            "token",
            "password",
            "name",
            "value",
            "key",
            "credentials",
            "a",
            "order_id"
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        text().prop_map(Value::from),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn is_placeholder_or_kept(spans: &[Span], text: &str, cleaned: &str) -> bool {
    let mut rest = cleaned;
    let mut from = 0;
    for span in spans {
        let placeholder = placeholder_of(&text[span.clone()]);
        let Some(behind) = rest
            .strip_prefix(&text[from..span.start])
            .and_then(|rest| rest.strip_prefix(placeholder.as_str()))
        else {
            return false;
        };
        rest = behind;
        from = span.end;
    }
    rest == &text[from..]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn cleaning_again_changes_nothing(text in text()) {
        let once = cleaned_text(&text);
        prop_assert_eq!(cleaned_text(&once), once);
    }

    #[test]
    fn cleaning_a_path_again_changes_nothing(text in text()) {
        let once = cleaned_path(&text);
        prop_assert_eq!(cleaned_path(&once), once.clone());
        let once = cleaned_path(&format!("/a?b={text}"));
        prop_assert_eq!(cleaned_path(&once), once);
    }

    #[test]
    fn what_is_no_secret_stays(text in text()) {
        let redactor = redactor();
        for reading in [Reading::Text, Reading::NoCards, Reading::Identifier] {
            let spans = shapes::find(&text, reading, &redactor);
            prop_assert!(spans.is_sorted_by(|a, b| a.end <= b.start));
            let mut cleaning = Cleaning { redactor: &redactor, count: 0 };
            let once = cleaning.replaced(&text, &spans).unwrap();
            prop_assert!(is_placeholder_or_kept(&spans, &text, &once), "{} {:?} {}", text, spans, once);
        }
    }

    #[test]
    fn any_text_is_read(text in ".{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = cleaned_text(&text);
        let _ = cleaned_path(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_sample_is_found_between_spaces(before in text(), at in 0..samples().len(), after in "[a-z ]{0,20}") {
        let sample = &samples()[at];
        let cleaned = cleaned_text(&format!("{before} {} {after}", sample.text()));
        prop_assert!(!cleaned.contains(&format!(" {} ", sample.text())), "{}", cleaned);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn cleaning_an_event_again_changes_nothing(value in value(), other in value()) {
        let event = json!({
            "action": "model.called",
            "metadata": {"x": value, "token": other},
            "changes": [{"field": "a.password", "old": value, "new": other}, {"field": "b", "new": value}],
            "request": {"body": other, "response": value},
        });
        let (once, _) = cleaned_by(&redactor(), &event);
        let (twice, count) = cleaned_by(&redactor(), &once);
        prop_assert_eq!((twice, count), (once, 0));
    }
}
