//! The members of an object, cut out of its canonical text without a tree.
//!
//! It is for text that was written by [`crate::canonical`]: no white space, and known to be JSON. Of
//! other text it gives something or nothing, in bounded time, but not necessarily its members.

use std::borrow::Cow;

use memchr::memchr;

use super::{Json, MAX_DEPTH, parse};

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
    Members {
        rest: object.strip_prefix(b"{").unwrap_or_default(),
    }
}

/// See [`members`].
#[derive(Debug, Clone)]
pub struct Members<'a> {
    /// What follows the last member and its comma; from the object's end on, if it was the last.
    rest: &'a [u8],
}

/// A member, or the members of one that is an object.
#[derive(Debug, Clone)]
pub enum Step<'a> {
    /// It was stepped over.
    Over(MemberText<'a>),
    /// The members of the one of this name.
    Into(&'a [u8], Members<'a>),
}

impl<'a> Members<'a> {
    /// The next member. If it is an object of one of some names, its members are given instead, so that
    /// its end is not looked for; whoever takes them goes on with [`Members::leave`].
    pub fn step(&mut self, goes_into: impl FnOnce(&[u8]) -> bool) -> Option<Step<'a>> {
        let text = std::mem::take(&mut self.rest);
        let name_end = string_end(text, 0)?;
        let name = text.get(1..name_end - 1)?;
        let value = match text.get(name_end..)? {
            [b':', value @ ..] => value,
            _ => return None,
        };
        if value.first() == Some(&b'{') && goes_into(name) {
            return Some(Step::Into(name, members(value)));
        }
        let end = name_end + 1 + value_end(value, 0)?;
        self.rest = after_comma(text, end)?;
        Some(Step::Over(MemberText {
            name,
            value: text.get(name_end + 1..end)?,
            whole: text.get(..end)?,
        }))
    }

    /// Whether the object ended where its last member did, once all members have been taken: text that was cut
    /// short does not.
    pub fn is_at_end(&self) -> bool {
        self.rest == b"}"
    }

    /// Goes on behind an object that was stepped into, all of whose members have been taken.
    pub fn leave(&mut self, inner: Members<'a>) {
        self.rest = match inner.rest {
            [b'}', b',', rest @ ..] => rest,
            [b'}', rest @ ..] => rest,
            _ => &[],
        };
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = MemberText<'a>;

    fn next(&mut self) -> Option<MemberText<'a>> {
        if !matches!(self.rest, [b'"', ..]) {
            return None;
        }
        match self.step(|_| false)? {
            Step::Over(member) => Some(member),
            Step::Into(..) => None,
        }
    }
}

/// The items of an array in canonical form, in order. Ends early where the text is none.
pub fn items(array: &[u8]) -> Items<'_> {
    let rest = array.strip_prefix(b"[").unwrap_or_default();
    Items { rest }
}

/// See [`items`].
#[derive(Debug, Clone)]
pub struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Items<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let text = std::mem::take(&mut self.rest);
        if matches!(text.first(), None | Some(b']')) {
            return None;
        }
        let end = value_end(text, 0)?;
        if let Some([b',', rest @ ..]) = text.get(end..) {
            self.rest = rest;
        }
        text.get(..end)
    }
}

/// The text of a scalar in canonical form, as [`Json::scalar_text`] has it. `None` if it is none.
pub fn scalar_text(value: &[u8]) -> Option<Cow<'_, str>> {
    match value.first()? {
        b'"' => string(value.strip_prefix(b"\"")?.strip_suffix(b"\"")?),
        b'[' | b'{' | b'n' => None,
        _ => std::str::from_utf8(value).ok().map(Cow::Borrowed),
    }
}

/// The text of a string, or of a member's name, that is written like this between its quotes.
pub fn string(written: &[u8]) -> Option<Cow<'_, str>> {
    if memchr(b'\\', written).is_none() {
        return std::str::from_utf8(written).ok().map(Cow::Borrowed);
    }
    let quoted = [b"\"", written, b"\""].concat();
    match parse(&quoted, MAX_DEPTH).ok()? {
        Json::String(text) => Some(Cow::Owned(text.into_owned())),
        _ => None,
    }
}

/// What follows a value that ends here, and the comma behind it if there is one.
fn after_comma(text: &[u8], end: usize) -> Option<&[u8]> {
    match text.get(end..)? {
        [] => None,
        [b',', rest @ ..] => Some(rest),
        rest => Some(rest),
    }
}

/// Where the string that begins at a place ends.
fn string_end(text: &[u8], start: usize) -> Option<usize> {
    if text.get(start) != Some(&b'"') {
        return None;
    }
    let mut at = start + 1;
    loop {
        at = quote(text, at)?;
        let before = text.get(start + 1..at)?;
        at += 1;
        if before.last() != Some(&b'\\') || backslashes_at_end(before).is_multiple_of(2) {
            return Some(at);
        }
    }
}

fn backslashes_at_end(text: &[u8]) -> usize {
    let from_end = text.iter().rev();
    from_end.take_while(|byte| **byte == b'\\').count()
}

/// Where the next quote is. Most strings are shorter than what a search by `memchr` is made for, so the
/// first words are looked at here.
#[inline]
fn quote(text: &[u8], start: usize) -> Option<usize> {
    const WORDS: usize = 4;
    const ONES: u64 = 0x0101_0101_0101_0101;
    let mut at = start;
    for _ in 0..WORDS {
        let Some(word) = text.get(at..)?.first_chunk::<8>() else {
            break;
        };
        let differences = u64::from_le_bytes(*word) ^ (ONES * b'"' as u64);
        // Of a byte that is zero the highest bit is set here, and of none before it.
        let zeros = differences.wrapping_sub(ONES) & !differences & (ONES << 7);
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    memchr(b'"', text.get(at..)?).map(|found| at + found)
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
        fn items_and_scalars_are_those_that_the_parser_finds(value in values()) {
            let text = serde_json::json!([value, [value], "a\"\\b\u{1}é", {"x": value}]).to_string();
            let Ok(parsed) = parse(text.as_bytes(), MAX_DEPTH) else {
                return Ok(());
            };
            let canonical = written(&parsed);
            let found: Vec<&[u8]> = items(&canonical).collect();
            let expected = parsed.as_array().unwrap();
            prop_assert_eq!(found.len(), expected.len());
            for (item, expected) in found.iter().zip(expected) {
                prop_assert_eq!(*item, &written(expected)[..]);
                prop_assert_eq!(scalar_text(item), expected.scalar_text());
            }
        }

        #[test]
        fn a_string_ends_at_the_quote_that_is_not_escaped(
            text in "[a-z\"\\\\\u{80}-\u{ff}]{0,80}", after in ".{0,20}",
        ) {
            let quoted = serde_json::json!(text).to_string();
            let written = [&quoted, "\"", &after].concat();
            prop_assert_eq!(string_end(written.as_bytes(), 0), Some(quoted.len()));
            let open = &quoted.as_bytes()[..quoted.len() - 1];
            prop_assert!(string_end(open, 0).is_none_or(|end| end < open.len()), "{:?}", quoted);
        }

        #[test]
        fn stepping_into_objects_shows_what_stepping_over_them_does(value in values(), empty in any::<bool>()) {
            let object = if empty { serde_json::json!({}) } else { serde_json::json!({"x": value, "y": 1}) };
            let text = serde_json::json!({"a": value, "in": object, "z": object}).to_string();
            let Ok(parsed) = parse(text.as_bytes(), MAX_DEPTH) else {
                return Ok(());
            };
            let canonical = written(&parsed);
            let mut shown = Vec::new();
            let mut outer = members(&canonical);
            while let Some(step) = outer.step(|name| name == b"in" || name == b"z") {
                match step {
                    Step::Over(member) => shown.push(member),
                    Step::Into(_, mut inner) => {
                        shown.extend(inner.by_ref());
                        outer.leave(inner);
                    }
                }
            }
            let over: Vec<_> = members(&canonical)
                .flat_map(|member| match member.name {
                    b"in" | b"z" => members(member.value).collect(),
                    _ => vec![member],
                })
                .collect();
            prop_assert_eq!(shown, over);
        }

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
        fn only_whole_text_is_at_its_end(value in values(), cut in any::<prop::sample::Index>()) {
            let text = serde_json::json!({"a": value, "b": {"c": value}}).to_string();
            let Ok(parsed) = parse(text.as_bytes(), MAX_DEPTH) else {
                return Ok(());
            };
            let canonical = written(&parsed);
            let mut whole = members(&canonical);
            whole.by_ref().for_each(drop);
            prop_assert!(whole.is_at_end());
            let mut cut = members(&canonical[..cut.index(canonical.len())]);
            cut.by_ref().for_each(drop);
            prop_assert!(!cut.is_at_end());
        }

        #[test]
        fn other_text_ends_it_without_harm(bytes in "[{}\\[\\]\",:\\\\a1]{0,40}") {
            prop_assert!(members(bytes.as_bytes()).count() <= bytes.len());
            prop_assert!(items(bytes.as_bytes()).count() <= bytes.len());
            let _ = scalar_text(bytes.as_bytes());
        }
    }
}
