//! What the parser accepts, and that serde_json reads the same.

use super::*;

fn ok(text: &str) -> Json<'_> {
    parse(text.as_bytes(), MAX_DEPTH).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn scalars() {
    assert_eq!(ok(" null "), Json::Null);
    assert_eq!(ok("true"), Json::Bool(true));
    assert_eq!(ok("false\n"), Json::Bool(false));
    assert_eq!(
        ok(r#""a\n\u00e9\ud83d\ude00\/""#),
        Json::String("a\né😀/".into())
    );
}

#[test]
fn a_string_without_escapes_is_borrowed() {
    assert!(matches!(
        ok("\"plain é\""),
        Json::String(Cow::Borrowed("plain é"))
    ));
    assert!(matches!(ok(r#""esc\t""#), Json::String(Cow::Owned(_))));
}

#[test]
fn numbers_with_an_integral_value_are_integers() {
    for (text, value) in [
        ("0", 0),
        ("-0", 0),
        ("-0.0", 0),
        ("1.0", 1),
        ("1e2", 100),
        ("-12.50e1", -125),
        ("1E+3", 1000),
        ("1e-400", 0),
        ("9007199254740991", MAX_SAFE_INTEGER),
        ("-9007199254740991", -MAX_SAFE_INTEGER),
        ("9007199254740991.0", MAX_SAFE_INTEGER),
        ("9.007199254740991e15", MAX_SAFE_INTEGER),
    ] {
        assert_eq!(ok(text), Json::Int(value), "{text}");
    }
}

#[test]
fn other_numbers_are_doubles() {
    for text in [
        "0.1",
        "1E30",
        "1e21",
        "-1e21",
        "1.7976931348623157e308",
        "5e-324",
        "333333333.33333329",
    ] {
        assert_eq!(ok(text), Json::Float(text.parse().unwrap()), "{text}");
    }
}

#[test]
fn depth_counts_brackets() {
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(parse(nested(64).as_bytes(), MAX_DEPTH).is_ok());
    assert!(parse(b"[[1]]", 2).is_ok());
    assert!(parse(b"1", 0).is_ok());
    assert!(parse(nested(512).as_bytes(), usize::MAX).is_ok());
}

#[test]
fn members_are_sorted_by_utf16_code_units() {
    let object = ok(
        "{\"\u{ffff}\":1,\"\u{10000}\":2,\"\u{e000}\":3,\"\u{d7ff}\":4,\"a\":5,\"\":6,\"aa\":7}",
    );
    let names: Vec<&str> = object
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, _)| &**name)
        .collect();
    assert_eq!(
        names,
        [
            "",
            "a",
            "aa",
            "\u{d7ff}",
            "\u{10000}",
            "\u{e000}",
            "\u{ffff}"
        ]
    );
}

#[test]
fn accessors() {
    let object = ok(r#"{"s":"x","n":1.5,"i":-3,"t":true,"z":null,"a":[1],"o":{"k":"v"}}"#);
    assert_eq!(object.get("s").and_then(Json::as_str), Some("x"));
    assert_eq!(
        object.get("a").and_then(Json::as_array).map(<[_]>::len),
        Some(1)
    );
    assert_eq!(object.get("missing"), None);
    assert_eq!(Json::Null.get("s"), None);
    let text = |name| object.get(name).unwrap().scalar_text();
    assert_eq!(text("s").as_deref(), Some("x"));
    assert_eq!(text("n").as_deref(), Some("1.5"));
    assert_eq!(text("i").as_deref(), Some("-3"));
    assert_eq!(text("t").as_deref(), Some("true"));
    assert_eq!((text("z"), text("a"), text("o")), (None, None, None));
    assert_eq!(object.clone().into_owned(), object);
}

#[test]
fn a_value_stays_small() {
    assert!(
        size_of::<Json<'_>>() <= 32,
        "bodies are parsed into many of them"
    );
}

#[test]
fn many_members_in_the_worst_order_are_sorted() {
    let members: Vec<String> = (0..20_000)
        .rev()
        .map(|number| format!("\"{number:06}\":{number}"))
        .collect();
    let text = format!("{{{}}}", members.join(","));
    let object = ok(&text);
    let numbers = object
        .as_object()
        .unwrap()
        .iter()
        .map(|(_, value)| value.clone());
    assert!(numbers.eq((0..20_000).map(Json::Int)));
}

proptest! {
    #[test]
    fn names_compare_as_their_utf16_code_units(a: String, b: String) {
        let expected = a.encode_utf16().cmp(b.encode_utf16());
        prop_assert_eq!(compare_names(&a, &b), expected);
        let (a, b) = (format!("{b}{a}"), format!("{b}{b}"));
        prop_assert_eq!(compare_names(&a, &b), a.encode_utf16().cmp(b.encode_utf16()));
    }

    #[test]
    fn names_around_the_surrogates_compare_as_utf16(
        a in "[\u{d7f0}-\u{d7ff}\u{e000}\u{fffd}\u{10000}😀\u{10ffff}z]{0,3}",
        b in "[\u{d7f0}-\u{d7ff}\u{e000}\u{fffd}\u{10000}😀\u{10ffff}z]{0,3}",
    ) {
        prop_assert_eq!(compare_names(&a, &b), a.encode_utf16().cmp(b.encode_utf16()));
    }

    #[test]
    fn members_are_found_in_small_and_large_objects(
        names in prop::collection::btree_set("[a-c\u{e000}😀]{0,4}", 0..80),
        other in "[a-c]{0,4}",
    ) {
        let text = serde_json::to_string(&names.iter().map(|name| (name, 1)).collect::<std::collections::HashMap<_, _>>()).unwrap();
        let value = parse(text.as_bytes(), 1).unwrap();
        for name in &names {
            prop_assert_eq!(value.get(name), Some(&Json::Int(1)));
        }
        prop_assert_eq!(value.get(&other).is_some(), names.contains(&other));
    }

    #[test]
    fn every_special_byte_is_seen_wherever_it_stands(length in 1..40_usize, at: prop::sample::Index) {
        for special in (0..0x20).chain(*b"\"\\") {
            let mut bytes = vec![b'!'; length];
            prop_assert!(scan::is_plain(&bytes));
            bytes[at.index(length)] = special;
            prop_assert!(!scan::is_plain(&bytes));
        }
    }

    #[test]
    fn scanning_finds_the_first_special_byte(bytes in prop::collection::vec(
        prop_oneof![4 => 0x20..=0xffu8, 1 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\')], 0..40))
    {
        let special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..0x20);
        let plain = bytes.iter().position(special).unwrap_or(bytes.len());
        prop_assert_eq!(scan::plain_run(&bytes), plain);
        prop_assert_eq!(scan::is_plain(&bytes), plain == bytes.len());
        let quoted = |byte: &u8| matches!(byte, b'"' | b'\\');
        let unquoted = bytes.iter().position(quoted).unwrap_or(bytes.len());
        prop_assert_eq!(scan::unquoted_run(&bytes), unquoted);
    }

    #[test]
    fn doubles_are_read_exactly(value: f64) {
        prop_assume!(value.is_finite());
        let text = format!("{value:e}");
        match parse(text.as_bytes(), 0) {
            Ok(Json::Float(read)) => prop_assert_eq!(read, value),
            Ok(Json::Int(read)) => prop_assert_eq!(read as f64, value),
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(error) => {
                prop_assert_eq!(error.kind, JsonErrorKind::IntegerOutOfRange);
                prop_assert!(value.abs() >= 9_007_199_254_740_992.0 && value.abs() < 1e21);
            }
        }
    }

    #[test]
    fn serde_json_reads_what_we_read(text in almost_json()) {
        let theirs = serde_json::from_slice::<Value>(&text);
        match (parse(&text, MAX_DEPTH), theirs) {
            (Ok(ours), Ok(theirs)) => prop_assert!(agree(&ours, &theirs), "{:?} {}", ours, theirs),
            (Ok(ours), Err(error)) => prop_assert!(false, "{:?} but {}", ours, error),
            (Err(error), Ok(_)) => prop_assert!(
                matches!(
                    error.kind,
                    JsonErrorKind::DuplicateName { .. }
                        | JsonErrorKind::IntegerOutOfRange
                        | JsonErrorKind::TooDeep { .. }
                ),
                "{}", error
            ),
            (Err(error), Err(_)) => prop_assert!(error.offset <= text.len()),
        }
    }

    #[test]
    fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, MAX_DEPTH);
        let _ = split::envelope(&bytes);
        let _ = split::ndjson_lines(&bytes).count();
    }

    #[test]
    fn valid_text_of_faithful_numbers_is_accepted(value in values(), seed: u64) {
        let text = noisy_text(&value, seed);
        match parse(text.as_bytes(), MAX_DEPTH) {
            Ok(ours) => prop_assert!(agree(&ours, &serde_json::from_str(&text).unwrap())),
            Err(error) => prop_assert_eq!(error.kind, JsonErrorKind::IntegerOutOfRange),
        }
    }
}
