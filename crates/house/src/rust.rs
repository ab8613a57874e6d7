//! Rust source with comments and literals blanked out, and the parts of it that are tests.
//!
//! Not a parser: it must only never take text inside a comment or a literal for code, nor the other
//! way round. Everything keeps its offset, so a line number found here is that of the file.

use std::ops::Range;

/// The code of one file.
#[derive(Debug)]
pub struct Code {
    /// The source, as long as the file, with a space for every byte of a comment or literal.
    pub text: String,
    /// Where `#[cfg(test)]` reigns, in order of their starts.
    pub tests: Vec<Range<usize>>,
}

impl Code {
    /// Reads one file.
    pub fn of(source: &str) -> Self {
        let text = blanked(source);
        let tests = test_regions(&text);
        Self { text, tests }
    }

    /// Whether the code at `offset` is compiled for tests only.
    pub fn is_test(&self, offset: usize) -> bool {
        self.tests.iter().any(|region| region.contains(&offset))
    }

    /// The line of `offset`, from 1.
    pub fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

fn blanked(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match skipped(bytes, at) {
            Some(end) => end,
            None => {
                at += 1;
                continue;
            }
        };
        for byte in out.get_mut(at..end).into_iter().flatten() {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The end of the comment or literal that starts at `at`, if one does.
fn skipped(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let length = match rest {
        [b'/', b'/', ..] => position(rest, |byte| byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment(rest),
        [b'"', ..] => quoted(rest, b'"'),
        [b'\'', ..] => character(rest)?,
        [b'r' | b'b' | b'c', ..] if !at.checked_sub(1).is_some_and(|i| is_word(bytes, i)) => {
            raw_string(rest)?
        }
        _ => return None,
    };
    Some((at + length).min(bytes.len()))
}

fn position(bytes: &[u8], found: impl Fn(u8) -> bool) -> Option<usize> {
    bytes.iter().position(|byte| found(*byte))
}

fn is_word(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at)
        .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80)
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(pair) = rest.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A character literal, but not a lifetime.
fn character(rest: &[u8]) -> Option<usize> {
    let first = *rest.get(1)?;
    if first == b'\\' {
        return Some(quoted(rest, b'\''));
    }
    let width = match first {
        0x00..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        _ => 4,
    };
    (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
}

/// `r"…"`, `r#"…"#`, `br"…"`, `cr"…"`; raw identifiers are none.
fn raw_string(rest: &[u8]) -> Option<usize> {
    let prefix = match rest {
        [b'r', ..] => 1,
        [b'b' | b'c', b'r', ..] => 2,
        _ => return None,
    };
    let hashes = position(rest.get(prefix..)?, |byte| byte != b'#')?;
    let open = prefix + hashes;
    if rest.get(open) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = rest.get(open + 1..)?;
    let length = body.windows(close.len()).position(|part| part == close);
    Some(length.map_or(rest.len(), |length| open + 1 + length + close.len()))
}

fn test_regions(text: &str) -> Vec<Range<usize>> {
    let mut regions = Vec::new();
    let mut from = 0;
    while let Some(found) = text.get(from..).and_then(|rest| rest.find('#')) {
        let start = from + found;
        from = start + 1;
        let Some((attribute, end)) = attribute(text, start) else {
            continue;
        };
        if attribute == "#![cfg(test)]" {
            return vec![Range {
                start: 0,
                end: text.len(),
            }];
        }
        if attribute == "#[cfg(test)]" || attribute.starts_with("#[cfg(all(test,") {
            let end = item_end(text, end);
            regions.push(start..end);
            from = end;
        }
    }
    regions
}

/// The attribute that starts at `start`, without its spaces, and where it ends.
fn attribute(text: &str, start: usize) -> Option<(String, usize)> {
    let rest = text.get(start..)?;
    let body = rest.trim_start_matches(['#', '!']).trim_start();
    if !body.starts_with('[') {
        return None;
    }
    let open = start + (rest.len() - body.len());
    let end = group_end(text.as_bytes(), open);
    let written = text.get(start..end)?;
    Some((written.split_whitespace().collect(), end))
}

/// Just past the bracket that closes the one at `open`.
fn group_end(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

/// Words that start an item or statement, which ends with its block or semicolon; anything else
/// under an attribute is a field, a variant, an argument or an arm, which ends with its comma.
const ITEM_WORDS: [&str; 16] = [
    "async",
    "const",
    "enum",
    "extern",
    "fn",
    "impl",
    "let",
    "macro_rules",
    "mod",
    "static",
    "struct",
    "trait",
    "type",
    "union",
    "unsafe",
    "use",
];

/// Where the item ends that begins at `start`, its further attributes included.
fn item_end(text: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        at += rest.len() - rest.trim_start().len();
        match attribute(text, at) {
            Some((_, end)) => at = end,
            None => break,
        }
    }
    let head = text.get(at..).unwrap_or_default();
    let is_item = first_word(after_visibility(head)).is_some_and(|word| ITEM_WORDS.contains(&word));
    let bytes = text.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' if is_item => return group_end(bytes, at),
            b'(' | b'[' | b'{' => at = group_end(bytes, at),
            b';' => return at + 1,
            b',' if !is_item => return at + 1,
            b')' | b']' | b'}' => return at,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn after_visibility(head: &str) -> &str {
    let Some(rest) = head.strip_prefix("pub") else {
        return head;
    };
    if !rest.starts_with([' ', '\n', '\t', '(']) {
        return head;
    }
    let rest = rest.trim_start();
    let restricted = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    restricted.map_or(rest, |(_, rest)| rest).trim_start()
}

fn first_word(text: &str) -> Option<&str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        let code = Code::of(source);
        assert_eq!(code.text.len(), source.len(), "offsets must not move");
        code.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn product(source: &str) -> String {
        let code = Code::of(source);
        let kept = code
            .text
            .char_indices()
            .filter(|(at, _)| !code.is_test(*at));
        let kept: String = kept.map(|(_, c)| c).collect();
        kept.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_and_literals_are_blanked() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g"), "a c g");
        assert_eq!(code(r#"a("b // \" c") d"#), "a( ) d");
        assert_eq!(code("a r#\"b \" c\"# d br\"e\\\" f b\"g\" h"), "a d f b h");
        assert_eq!(code("'\"' a '\\'' b 'é' c b'x' d"), "a b c b d");
        assert_eq!(code("\"unclosed\n a"), "");
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        assert_eq!(code("fn a<'b>(c: &'b str) {}"), "fn a<'b>(c: &'b str) {}");
        assert_eq!(code("r#type + bar\"x\""), "r#type + bar");
    }

    #[test]
    fn what_only_tests_compile_is_told_from_the_product() {
        assert_eq!(product("a; #[cfg(test)] mod t { b(); { c } } d"), "a; d");
        assert_eq!(product("#[cfg(test)]\n#[x(y)]\nuse a::{b, c}; d"), "; d");
        assert_eq!(
            product("#[cfg(test)] pub(crate) fn a<B, C>() -> [u8; 2] { d } e"),
            "e"
        );
        assert_eq!(
            product("struct A { #[cfg(test)] b: B<1>, c: C }"),
            "struct A { c: C }"
        );
        assert_eq!(product("#[cfg(all(test, unix))] mod t; a"), "a");
        assert_eq!(product("#![cfg(test)] a"), "");
    }

    #[test]
    fn what_the_product_compiles_too_is_no_test() {
        assert_eq!(
            product("#[cfg(not(test))] fn a() {}"),
            "#[cfg(not(test))] fn a() {}"
        );
        let either = "#[cfg(any(test, feature))] fn a() {}";
        assert_eq!(product(either), either);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        let code = Code::of("/* one\ntwo */ three\nfour");
        assert_eq!(code.text.find("three").map(|at| code.line(at)), Some(2));
        assert_eq!(code.text.find("four").map(|at| code.line(at)), Some(3));
    }
}
