//! Classes of bytes, and where words begin and end.

/// Letters and digits.
pub(super) const ALNUM: u8 = 1;
/// `_`
pub(super) const UNDERSCORE: u8 = 1 << 1;
/// `-`
pub(super) const DASH: u8 = 1 << 2;
/// `.`
pub(super) const DOT: u8 = 1 << 3;
/// Digits and `a` to `f`.
pub(super) const HEX: u8 = 1 << 4;
/// Digits and capital letters.
pub(super) const CAPITAL: u8 = 1 << 5;
/// `+`, `/`, `=`, `~`: with the above, what bearer tokens and base64 are made of.
pub(super) const BASE64: u8 = 1 << 6;
/// `/`
pub(super) const SLASH: u8 = 1 << 7;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [0; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        classes[at] = match byte {
            b'0'..=b'9' => ALNUM | HEX | CAPITAL,
            b'a'..=b'f' => ALNUM | HEX,
            b'g'..=b'z' => ALNUM,
            b'A'..=b'Z' => ALNUM | CAPITAL,
            b'_' => UNDERSCORE,
            b'-' => DASH,
            b'.' => DOT,
            b'/' => BASE64 | SLASH,
            b'+' | b'=' | b'~' => BASE64,
            _ => 0,
        };
        at += 1;
    }
    classes
}

/// Whether a byte is of any of the classes.
#[inline]
pub(super) fn is(byte: u8, classes: u8) -> bool {
    CLASSES[usize::from(byte)] & classes != 0
}

/// Where the run of bytes of these classes that begins at `from` ends.
#[inline]
pub(super) fn run_end(bytes: &[u8], from: usize, classes: u8) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| is(**byte, classes)).count()
}

/// Whether a word can begin at `at`: behind no letter or digit, unless that is the end of an escape
/// of JSON (`\n`, `\u0026`) or of a URL (`%3D`).
#[inline]
pub(super) fn begins_word(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default();
    match before.last() {
        Some(last) if is(*last, ALNUM) => escape_at_end(before) > 0,
        _ => true,
    }
}

/// Whether neither `-` nor `_` stands before `at`.
pub(super) fn stands_alone(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(..at).unwrap_or_default().last();
    !before.is_some_and(|byte| is(*byte, UNDERSCORE | DASH))
}

/// The length of the escape that a text ends with, 0 if with none.
pub(super) fn escape_at_end(text: &[u8]) -> usize {
    match text {
        [.., b'\\', b'n' | b't' | b'r' | b'b' | b'f'] => 2,
        [.., b'\\', b'u', a, b, c, d] if [a, b, c, d].iter().all(|hex| hex.is_ascii_hexdigit()) => {
            6
        }
        [.., b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => 3,
        _ => 0,
    }
}

/// Whether no letter or digit follows.
pub(super) fn ends_word(bytes: &[u8], end: usize) -> bool {
    !bytes.get(end).is_some_and(|byte| is(*byte, ALNUM))
}

/// Whether a text has both letters and digits.
pub(super) fn is_mixed(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic)
}

/// Whether a text looks drawn at random: digits among letters, or capitals among small letters.
pub(super) fn looks_random(bytes: &[u8]) -> bool {
    let inner = bytes.get(1..).unwrap_or_default();
    let capitals = inner
        .iter()
        .filter(|byte| byte.is_ascii_uppercase())
        .count();
    is_mixed(bytes) || (capitals > 1 && inner.iter().any(u8::is_ascii_lowercase))
}
