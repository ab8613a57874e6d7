//! Without regard to case.

use proptest::prelude::*;

use super::*;

#[test]
fn texts_that_differ_in_case_only_fold_alike() {
    for (a, b) in [
        ("Guardrails", "GUARDRAILS"),
        ("Straße", "STRASSE"),
        ("STRAẞE", "strasse"),
        ("ΟΔΟΣ", "οδος"),
        ("οδοσ", "οδος"),
        ("ﬁle", "FILE"),
        ("µ", "Μ"),
        ("K", "k"),
        ("ДОМ", "дом"),
        ("İ", "i\u{307}"),
    ] {
        assert_eq!(fold(a), fold(b), "{a} {b}");
    }
}

#[test]
fn texts_that_differ_in_more_do_not() {
    for (a, b) in [("ı", "i"), ("ä", "a"), ("日", "曰"), ("a", "а"), ("", " ")] {
        assert_ne!(fold(a), fold(b), "{a} {b}");
    }
}

#[test]
fn folding_again_changes_nothing() {
    for c in '\0'..=char::MAX {
        let once = fold(&c.to_string());
        assert_eq!(fold(&once), once, "U+{:04X}", u32::from(c));
    }
}

proptest! {
    #[test]
    fn folding_works_character_by_character(a in "\\PC{0,8}", b in "\\PC{0,8}") {
        prop_assert_eq!(fold(&format!("{a}{b}")), fold(&a) + &fold(&b));
    }
}
