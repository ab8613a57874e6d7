//! Whatever is admitted can be kept, read back, and hashed to the same leaf from what is on the disk.

use evident_event::canonical;
use evident_event::json::{self, Json, MAX_DEPTH};
use evident_store::append::NewEvent;
use proptest::prelude::*;

use crate::world::*;

/// Free-form JSON as a client may send it: any text, numbers of every size, nesting.
fn free_form() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i32>().prop_map(|number| number.to_string()),
        any::<f32>()
            .prop_filter("JSON has no infinities", |number| number.is_finite())
            .prop_map(|number| format!("{number:e}")),
    ];
    let text = any::<String>().prop_map(|text| quoted(&text));
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        number,
        text,
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|members| {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, value)| format!("{}:{value}", quoted(name)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn quoted(text: &str) -> String {
    let mut bytes = Vec::new();
    canonical::write_str(text, &mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// Whether a number may stand in it that is written with an exponent.
fn has_exponent(body: &str) -> bool {
    body.as_bytes()
        .windows(2)
        .any(|pair| pair[0].is_ascii_digit() && pair[1] == b'e')
}

fn admitted(number: usize, body: &str) -> Option<NewEvent> {
    let members = format!(
        r#""request":{{"body":{body}}},"changes":[{{"field":"x","old":{body},"new":null}}],"#
    );
    try_event_of(ORGANIZATION, number as u64, "any", &members)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_admitted_is_read_back_and_hashed_to_the_same_bytes(
        bodies in prop::collection::vec(free_form(), 1..8),
    ) {
        let events: Vec<NewEvent> = bodies
            .iter()
            .enumerate()
            .filter_map(|(number, body)| admitted(number, body))
            .collect();
        // Refused is only what RFC 8785 cannot carry: numbers whose form would be such an integer.
        prop_assert!(events.len() == bodies.len() || bodies.iter().any(|body| has_exponent(body)));
        if events.is_empty() {
            return Ok(());
        }
        let directory = memory_directory();
        let store = open(directory.path(), options());
        let given = receipts(append(&store, events.clone()).unwrap());
        drop(store);
        // The leaves are made anew from the bytes in the WAL.
        let store = open(directory.path(), options());
        let stored = all(&store, ORGANIZATION);
        prop_assert_eq!(stored.len(), events.len());
        for ((found, receipt), event) in stored.iter().zip(&given).zip(&events) {
            prop_assert_eq!(&found.canonical, &event.canonical);
            prop_assert_eq!(found.leaf_hash, receipt.leaf_hash);
            let value: Json<'_> = json::parse(&found.canonical, MAX_DEPTH).unwrap();
            let mut again = Vec::new();
            canonical::write(&value, &mut again);
            prop_assert_eq!(&again[..], &found.canonical[..]);
        }
        // And sent again, each is the same event.
        let again = receipts(append(&store, events).unwrap());
        prop_assert!(again.iter().all(|receipt| receipt.duplicate));
    }
}
