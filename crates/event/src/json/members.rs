//! The members of an object, cut out of its canonical text without a tree.
//!
//! It is for text that was written by [`crate::canonical`]: no white space, and known to be JSON. Of
//! other text it gives something or nothing, in bounded time, but not necessarily its members.

use memchr::memchr2;

/// A member as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberText<'a> {
    /// Its name as it is written between the quotes, escapes and all.
    pub name: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// Both, with the colon between them.
    pub whole: &'a [u8],
}

/// The members of an object in canonical form, in order. Ends early where the text is none.
pub fn members(object: &[u8]) -> Members<'_> {
    let rest = object.strip_prefix(b"{").unwrap_or_default();
    Members { rest }
}

/// See [`members`].
#[derive(Debug, Clone)]
pub struct Members<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Members<'a> {
    type Item = MemberText<'a>;

    fn next(&mut self) -> Option<MemberText<'a>> {
        let text = std::mem::take(&mut self.rest);
        let name_end = string_end(text, 0)?;
        if text.get(name_end) != Some(&b':') {
            return None;
        }
        let end = value_end(text, name_end + 1)?;
        self.rest = match text.get(end)? {
            b',' => text.get(end + 1..)?,
            _ => &[],
        };
        Some(MemberText {
            name: text.get(1..name_end - 1)?,
            value: text.get(name_end + 1..end)?,
            whole: text.get(..end)?,
        })
    }
}

/// Where the string that begins at a place ends.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    if text.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        at += memchr2(b'"', b'\\', text.get(at..)?)?;
        match text.get(at) {
            Some(b'"') => return Some(at + 1),
            _ => at += 2,
        }
    }
}

/// Where the value that begins at a place ends.
fn value_end(text: &[u8], start: usize) -> Option<usize> {
    match text.get(start)? {
        b'"' => string_end(text, start),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut at = start;
            loop {
                match text.get(at)? {
                    b'"' => {
                        at = string_end(text, at)?;
                        continue;
                    }
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => {
            let is_end = |byte: &u8| matches!(byte, b',' | b'}' | b']');
            Some(start + text.get(start..)?.iter().position(is_end)?)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;
    use crate::canonical;
    use crate::json::tests::values;
    use crate::json::{Json, MAX_DEPTH, parse};

    fn written(value: &Json<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        canonical::write(value, &mut bytes);
        bytes
    }

    proptest! {
        #[test]
        fn the_members_of_canonical_text_are_those_that_the_parser_finds(value in values()) {
            let text = serde_json::json!({"a": value, "b\"": [value], "c": {"d": value}}).to_string();
            // A number that doubles cannot carry is refused.
            let Ok(parsed) = parse(text.as_bytes(), MAX_DEPTH) else {
                return Ok(());
            };
            let canonical = written(&parsed);
            let found: Vec<MemberText<'_>> = members(&canonical).collect();
            let expected = parsed.as_object().unwrap();
            prop_assert_eq!(found.len(), expected.len());
            for (member, (name, value)) in found.iter().zip(expected) {
                let quoted = written(&Json::String(name.clone()));
                prop_assert_eq!(member.name, &quoted[1..quoted.len() - 1]);
                prop_assert_eq!(member.value, &written(value)[..]);
                let whole = [&quoted[..], b":", member.value].concat();
                prop_assert_eq!(member.whole, &whole[..]);
            }
        }

        #[test]
        fn other_text_ends_it_without_harm(bytes in "[{}\\[\\]\",:\\\\a1]{0,40}") {
            prop_assert!(members(bytes.as_bytes()).count() <= bytes.len());
        }
    }
}
