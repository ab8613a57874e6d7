//! Runs of ordinary string bytes, found eight at a time.
//!
//! Most bytes of an event lie inside strings, so both the parser and the writer spend their time
//! here. A string's special bytes are the quote, the backslash and the controls below 0x20; all
//! are ASCII, and in UTF-8 no byte of a longer character looks like them.

const LANES: usize = size_of::<u64>();
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const FIRST_PLAIN: u8 = 0x20;

/// How many bytes from the start of `bytes` are neither quote, backslash nor control.
#[inline]
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    run(bytes, special, is_plain_byte)
}

/// How many bytes from the start of `bytes` are neither quote nor backslash.
#[inline]
pub(crate) fn unquoted_run(bytes: &[u8]) -> usize {
    run(bytes, enclosing, |byte| !matches!(byte, b'"' | b'\\'))
}

/// The length of the run that a mark in a word, or a byte that does not belong to it, ends.
#[inline(always)]
fn run(bytes: &[u8], marks: impl Fn(u64) -> u64, belongs: impl Fn(u8) -> bool) -> usize {
    let mut rest = bytes;
    while let Some((word, after)) = rest.split_first_chunk() {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return bytes.len() - rest.len() + lowest_lane(found);
        }
        rest = after;
    }
    let last = rest.iter().take_while(|byte| belongs(**byte)).count();
    bytes.len() - rest.len() + last
}

/// Whether none of `bytes` is a quote, backslash or control.
#[inline]
pub(crate) fn is_plain(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<LANES>();
    let marks = |word: &[u8; LANES]| special(u64::from_le_bytes(*word));
    if words.iter().any(|word| marks(word) != 0) {
        return false;
    }
    // What is left is read together with bytes that were seen before, which costs nothing.
    if let Some(last) = bytes.last_chunk() {
        return marks(last) == 0;
    }
    match (rest.first_chunk::<4>(), rest.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            let both = u64::from(u32::from_le_bytes(*first)) << 32;
            special(both | u64::from(u32::from_le_bytes(*last))) == 0
        }
        _ => rest.iter().all(|byte| is_plain_byte(*byte)),
    }
}

fn is_plain_byte(byte: u8) -> bool {
    byte >= FIRST_PLAIN && byte != b'"' && byte != b'\\'
}

/// Sets the high bit of lanes that hold a quote, a backslash or a control. The lowest mark is exact,
/// and there is none if no lane is special: a borrow only reaches the lanes above a marked one.
///
/// Flipping the bit 2 swaps the quote and the space, and keeps controls below the space; so a lane is
/// a quote or a control if it is then below 0x21.
#[inline(always)]
fn special(word: u64) -> u64 {
    let quote_or_control = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (quote_or_control | backslash) & !word & HIGHS
}

/// The same for quotes and backslashes alone.
#[inline(always)]
fn enclosing(word: u64) -> u64 {
    let quote = (word ^ (ONES * 0x22)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * 0x5C)).wrapping_sub(ONES);
    (quote | backslash) & !word & HIGHS
}

#[inline(always)]
fn lowest_lane(marks: u64) -> usize {
    (marks.trailing_zeros() / u8::BITS) as usize
}
