//! What the parser refuses, with code, pointer and offset.

use super::*;

fn refused(text: impl AsRef<[u8]>) -> (&'static str, String, usize) {
    let text = text.as_ref();
    let error = parse(text, MAX_DEPTH).expect_err(&String::from_utf8_lossy(text));
    assert!(!error.to_string().is_empty());
    (error.kind.code(), error.pointer, error.offset)
}

fn at(code: &'static str, pointer: &str, offset: usize) -> (&'static str, String, usize) {
    (code, pointer.to_owned(), offset)
}

#[test]
fn malformed_text() {
    for text in [
        "",
        " ",
        "nul",
        "nulll",
        "tru",
        "[",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\" 1}",
        "{1:1}",
        "]",
        "}",
        "[1}",
        "{\"a\":1]",
        "\"",
        "\"abc",
        "\"\\",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "--1",
        "0x10",
        "NaN",
        "Infinity",
        "'a'",
        "// c\n1",
        "\u{feff}1",
        "1 2",
        "{} {}",
        "\u{a0}1",
    ] {
        assert_eq!(refused(text).0, "invalid_json", "{text:?}");
    }
}

#[test]
fn messages_say_what_was_expected_and_what_came() {
    let message = |text: &str| parse(text.as_bytes(), MAX_DEPTH).unwrap_err().to_string();
    assert_eq!(
        message("[1 é]"),
        "expected ',' or ']' after an array item, found 'é' (byte 3)"
    );
    assert_eq!(
        message("{\"a\""),
        "expected ':' after a member name, found the end of the text (byte 4)"
    );
}

#[test]
fn places_are_pointers_and_offsets() {
    assert_eq!(
        refused(r#"{"a":[0,{"b/c~":tru}]}"#),
        at("invalid_json", "/a/1/b~1c~0", 19)
    );
    assert_eq!(refused(r#"{"a":{"b" 1}}"#), at("invalid_json", "/a/b", 10));
    assert_eq!(refused("[[],[1,2"), at("invalid_json", "/1", 8));
}

#[test]
fn leading_zeros() {
    for text in ["01", "-01", "00", "00.5", "007e1"] {
        assert_eq!(refused(text), at("invalid_json", "", 0), "{text}");
    }
}

#[test]
fn control_characters_in_strings() {
    assert_eq!(refused("[\"a\nb\"]"), at("invalid_json", "/0", 3));
    assert_eq!(refused("[\"\0\"]"), at("invalid_json", "/0", 2));
    assert_eq!(refused("{\"\t\":1}"), at("invalid_json", "", 2));
}

#[test]
fn invalid_utf8() {
    assert_eq!(
        refused(b"{\"a\":[\"x\xffy\"]}"),
        at("invalid_utf8", "/a/0", 8)
    );
    assert_eq!(refused(b"1 \xc3"), at("invalid_utf8", "", 2));
    assert_eq!(refused(b"\xed\xa0\x80"), at("invalid_utf8", "", 0));
    assert_eq!(refused(b"[01, \"\xff\"]"), at("invalid_json", "/0", 1));
}

#[test]
fn lone_surrogates() {
    for text in [
        r#"["\ud800"]"#,
        r#"["\udc00"]"#,
        r#"["\ud83dx"]"#,
        r#"["\ud83d\n"]"#,
        r#"["\ud83d\ud83d"]"#,
        r#"["\ud83d\u0041"]"#,
        r#"["\udfff\ud800"]"#,
    ] {
        assert_eq!(refused(text), at("lone_surrogate", "/0", 2), "{text}");
    }
}

#[test]
fn duplicate_names() {
    assert_eq!(
        refused(r#"{"b":1,"a":2,"b":3}"#),
        at("duplicate_key", "/b", 13)
    );
    assert_eq!(
        refused(r#"[{"x":{"a":[{"a":1,"b":2}],"\u0061":1}}]"#),
        at("duplicate_key", "/0/x/a", 27)
    );
    assert_eq!(refused(r#"{"":1,"":2}"#), at("duplicate_key", "/", 6));
    assert_eq!(
        refused(r#"{"a":1,"b":2,"a":3,"a":4}"#),
        at("duplicate_key", "/a", 13)
    );
}

#[test]
fn integers_beyond_what_a_double_carries() {
    for number in [
        "9007199254740992",
        "-9007199254740992",
        "9007199254740993",
        "18446744073709551616",
        "1000000000000000000000",
        "123456789012345678901234567890",
        "9007199254740992.0",
        "1e16",
        "9.999999999999999e20",
        "-1e20",
        "123456789012345678.5",
    ] {
        let text = format!("{{\"n\":{number}}}");
        assert_eq!(
            refused(&text),
            at("number_out_of_range", "/n", 5),
            "{number}"
        );
    }
}

#[test]
fn numbers_beyond_a_double() {
    for number in ["1e309", "-1e309", "1.8e308", "1e99999999999999999999"] {
        let error = parse(number.as_bytes(), 0).unwrap_err();
        assert_eq!(error.kind, JsonErrorKind::NumberOverflow, "{number}");
    }
}

#[test]
fn deep_nesting() {
    let mut pointer = "/0".repeat(64);
    assert_eq!(refused("[".repeat(65)), at("too_deep", &pointer, 64));
    assert_eq!(refused("[".repeat(16 << 20)), at("too_deep", &pointer, 64));
    pointer = "/".repeat(64);
    assert_eq!(
        refused("{\"\":".repeat(4 << 20)),
        at("too_deep", &pointer, 256)
    );
    let error = parse("[".repeat(100_000).as_bytes(), usize::MAX).unwrap_err();
    assert_eq!(error.kind, JsonErrorKind::TooDeep { max: 512 });
    assert_eq!(
        parse(b"[]", 0).unwrap_err().kind,
        JsonErrorKind::TooDeep { max: 0 }
    );
}

#[test]
fn a_message_is_bounded() {
    let name = "n".repeat(100_000);
    let error = parse(format!("{{\"{name}\":1,\"{name}\":2}}").as_bytes(), 1).unwrap_err();
    assert!(error.to_string().len() < 300);
    assert_eq!(error.pointer, format!("/{name}"));
}

#[test]
fn a_message_repeats_no_number_or_string_that_may_be_secret() {
    for text in [
        r#"{"t":12345678901234567890}"#,
        r#"{"t":"s3cr3t\ud800"}"#,
        "{\"t\":\"s3cr3t\n\"}",
    ] {
        let message = parse(text.as_bytes(), 1).unwrap_err().to_string();
        assert!(
            !message.contains("s3cr3t") && !message.contains("12345678901234567890"),
            "{message}"
        );
    }
}
