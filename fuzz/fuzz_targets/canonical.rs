//! JSON: what is parsed has one canonical form, which means what serde_json reads too.

#![no_main]

use evident_event::canonical;
use evident_event::json::{self, Json, JsonErrorKind, MAX_DEPTH};
use evident_fuzz::{is_sorted, same};
use libfuzzer_sys::fuzz_target;

/// Fewer levels than most texts have.
const SHALLOW: usize = 3;

fn bytes_of(value: &Json<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    canonical::write(value, &mut bytes);
    bytes
}

fuzz_target!(|text: &[u8]| {
    let shallow = json::parse(text, SHALLOW);
    let value = match json::parse(text, MAX_DEPTH) {
        Ok(value) => value,
        Err(error) => {
            assert!(error.offset <= text.len(), "{error:?}");
            assert!(error.pointer.is_empty() || error.pointer.starts_with('/'));
            assert!(shallow.is_err(), "accepted with fewer levels only");
            return;
        }
    };
    match shallow {
        Ok(shallow) => assert_eq!(shallow, value),
        Err(error) => assert_eq!(error.kind, JsonErrorKind::TooDeep { max: SHALLOW }),
    }

    assert!(is_sorted(&value));
    let once = bytes_of(&value);
    let again = json::parse(&once, MAX_DEPTH).expect("canonical bytes are accepted");
    assert_eq!(again, value);
    assert_eq!(bytes_of(&again), once);
    assert_eq!(bytes_of(&value.clone().into_owned()), once);

    for bytes in [text, &once] {
        let theirs = serde_json::from_slice(bytes).expect("serde_json accepts what we do");
        assert!(same(&value, &theirs), "{value:?} is not {theirs:?}");
    }
});
