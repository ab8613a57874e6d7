//! Action patterns against an obvious matcher.

use super::*;
use proptest::prelude::*;

/// Tries everything that a star could stand for.
fn obvious(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skipped| obvious(rest, &text[skipped..])),
        Some((byte, rest)) => text.first() == Some(byte) && obvious(rest, &text[1..]),
    }
}

fn fits(pattern: &str, text: &str) -> bool {
    Pattern::parse("action", pattern).unwrap().matches(text)
}

#[test]
fn a_star_matches_any_run_of_characters() {
    for (pattern, text, expected) in [
        ("role.created", "role.created", true),
        ("role.created", "role.created.twice", false),
        ("role.*", "role.created", true),
        ("role.*", "role.", true),
        ("role.*", "role", false),
        ("*", "", true),
        ("*.deleted", "role.deleted", true),
        ("*.deleted", "role.deleted.not", false),
        ("*role*", "project.role.created", true),
        ("*member*role*", "organisation.member.role.changed", true),
        ("*member*role*", "organisation.role.member.changed", false),
        ("a*a", "a", false),
        ("a*a", "aa", true),
        ("ab*ba", "aba", false),
        ("Role.*", "role.created", false),
        ("r?le.*", "role.created", false),
        ("*é*", "café.opened", true),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn several_actions_mean_any() {
    assert!(finds(&[("action", "role.*"), ("action", "guardrail.*")]));
    assert!(!finds(&[
        ("action", "role.*"),
        ("action", "guardrail.created")
    ]));
}

#[test]
fn a_pattern_tells_what_an_index_can_use() {
    let pattern = |text| Pattern::parse("action", text).unwrap();
    assert_eq!(pattern("role.created").exact(), Some("role.created"));
    assert_eq!(pattern("role.*").exact(), None);
    assert_eq!(pattern("role.*ed*").prefix(), "role.");
    assert_eq!(pattern("*").prefix(), "");
    assert_eq!(pattern("a****b**").parts(), ["a", "b", ""]);
    assert_eq!(pattern("**"), pattern("*"));
}

#[test]
fn patterns_are_bounded_and_linear() {
    let stars = "*a".repeat(MAX_PATTERN_BYTES / 2);
    let text = "a".repeat(MAX_PATTERN_BYTES / 2 - 1);
    assert!(!fits(&stars, &text));
    assert!(fits(&stars, &format!("{text}a")));
    assert!(!fits(&stars, &format!("{}b", "a".repeat(1_000_000))));
    let error = Pattern::parse("action", &"a".repeat(MAX_PATTERN_BYTES + 1)).unwrap_err();
    assert_eq!(error.code, "value_too_long");
    assert_eq!(
        error.to_string(),
        "action: the pattern has 257 bytes: give at most 256"
    );
    assert_eq!(refused(&[("action", "")]).code, "bad_pattern");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn patterns_match_as_the_obvious_matcher_does(pattern in "[ab*]{1,9}", text in "[ab]{0,12}") {
        prop_assert_eq!(fits(&pattern, &text), obvious(pattern.as_bytes(), text.as_bytes()));
    }

    #[test]
    fn what_fits_begins_with_the_prefix(pattern in "[aé.*]{1,8}", text in "[aé.]{0,8}") {
        let parsed = Pattern::parse("action", &pattern).unwrap();
        prop_assert_eq!(parsed.matches(&text), obvious(pattern.as_bytes(), text.as_bytes()));
        prop_assert!(!parsed.matches(&text) || text.starts_with(parsed.prefix()));
        prop_assert!(parsed.exact().is_none_or(|exact| parsed.matches(&text) == (exact == text)));
    }
}
