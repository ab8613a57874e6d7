//! The writer against the vectors of RFC 8785, and as a fixed point of parsing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use proptest::prelude::*;

use super::*;
use crate::json::tests::{noisy_text, values};
use crate::json::{MAX_DEPTH, parse};

const NUMBERS: &str = include_str!("../../../../spec/vectors/jcs-numbers.tsv");
const VALUES: (&str, &str) = (
    include_str!("../../../../spec/vectors/jcs-values.json"),
    include_str!("../../../../spec/vectors/jcs-values.canonical.json"),
);
const SORTING: (&str, &str) = (
    include_str!("../../../../spec/vectors/jcs-sorting.json"),
    include_str!("../../../../spec/vectors/jcs-sorting.canonical.json"),
);

fn canonical(text: &[u8]) -> String {
    let mut out = Vec::new();
    write(&parse(text, MAX_DEPTH).unwrap(), &mut out);
    String::from_utf8(out).unwrap()
}

fn number(value: f64) -> String {
    let mut out = Vec::new();
    write_f64(value, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn numbers_of_rfc_8785_appendix_b() {
    let mut rows = 0;
    for line in NUMBERS.lines().filter(|line| !line.starts_with('#')) {
        let (bits, expected) = line.split_once('\t').unwrap();
        let value = f64::from_bits(u64::from_str_radix(bits, 16).unwrap());
        let mut out = Vec::new();
        match write_f64(value, &mut out) {
            Ok(()) => assert_eq!(String::from_utf8(out).unwrap(), expected, "{bits}"),
            Err(NotFinite) => {
                assert_eq!(expected, "error", "{bits}");
                assert_eq!(out, b"", "nothing is written");
            }
        }
        rows += 1;
    }
    assert_eq!(rows, 26);
}

#[test]
fn values_of_rfc_8785_section_3_2_2() {
    assert_eq!(canonical(VALUES.0.as_bytes()), VALUES.1);
}

#[test]
fn sorting_of_rfc_8785_section_3_2_3() {
    assert_eq!(canonical(SORTING.0.as_bytes()), SORTING.1);
}

#[test]
fn exponents_are_those_of_ecmascript() {
    for (value, expected) in [
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.25e-9, "-1.25e-9"),
        (123_456_789_012_345_680_000.0, "123456789012345680000"),
        (0.1, "0.1"),
        (-0.0, "0"),
        (100.0, "100"),
    ] {
        assert_eq!(number(value), expected);
    }
}

#[test]
fn strings_are_escaped_only_where_json_demands_it() {
    let every_control: String = (0..0x20).map(char::from).collect();
    let mut out = Vec::new();
    write_str(&every_control, &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\"\\u0000\\u0001\\u0002\\u0003\\u0004\\u0005\\u0006\\u0007\\b\\t\\n\\u000b\\f\\r\\u000e\\u000f\
         \\u0010\\u0011\\u0012\\u0013\\u0014\\u0015\\u0016\\u0017\\u0018\\u0019\\u001a\\u001b\\u001c\
         \\u001d\\u001e\\u001f\""
    );
    let mut out = Vec::new();
    write_str("a\"b\\c/\u{7f}\u{80}\u{2028}é😀<>&", &mut out);
    assert_eq!(
        String::from_utf8(out).unwrap(),
        "\"a\\\"b\\\\c/\u{7f}\u{80}\u{2028}é😀<>&\""
    );
}

#[test]
fn integers_are_written_in_full() {
    for value in [0, 7, -1, 10, 1_000_000, MAX_SAFE_INTEGER, -MAX_SAFE_INTEGER] {
        let mut out = Vec::new();
        write_i64(value, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
    }
    let mut out = Vec::new();
    write_u64(u64::MAX, &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), u64::MAX.to_string());
}

proptest! {
    #[test]
    fn parsing_and_writing_is_a_fixed_point(value in values(), seed: u64) {
        let text = noisy_text(&value, seed);
        let Ok(first) = parse(text.as_bytes(), MAX_DEPTH) else {
            // Numbers that RFC 8785 cannot carry: the parser's own tests say which.
            return Ok(());
        };
        let mut once = Vec::new();
        write(&first, &mut once);
        let second = parse(&once, MAX_DEPTH).unwrap();
        prop_assert_eq!(&first, &second);
        let mut twice = Vec::new();
        write(&second, &mut twice);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn every_finite_double_parses_back_to_itself(bits: u64) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        prop_assert_eq!(number(value).parse::<f64>().unwrap(), value);
    }

    #[test]
    fn strings_are_what_serde_json_reads_and_writes(text: String) {
        let mut out = Vec::new();
        write_str(&text, &mut out);
        prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text.as_str());
        prop_assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&text).unwrap());
    }
}
