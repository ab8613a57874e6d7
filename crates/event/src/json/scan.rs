//! Runs of ordinary string bytes, found eight at a time.
//!
//! Most bytes of an event lie inside strings, so both the parser and the writer spend their time
//! here. A string's special bytes are the quote, the backslash and the controls below 0x20; all
//! are ASCII, and in UTF-8 no byte of a longer character looks like them.

const LANES: usize = size_of::<u64>();
const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;
const FIRST_PLAIN: u64 = 0x20;

/// How many bytes from the start of `bytes` are neither quote, backslash nor control.
#[inline]
pub(crate) fn plain_run(bytes: &[u8]) -> usize {
    run(bytes, |word| {
        equal(word, b'"') | equal(word, b'\\') | below_space(word)
    })
}

/// How many bytes from the start of `bytes` are neither quote nor backslash.
#[inline]
pub(crate) fn unquoted_run(bytes: &[u8]) -> usize {
    run(bytes, |word| equal(word, b'"') | equal(word, b'\\'))
}

/// The lanes where `marks` sets the high bit end the run. The lowest mark is exact: a borrow in
/// the arithmetic below only reaches the lanes above a marked one.
#[inline(always)]
fn run(bytes: &[u8], marks: impl Fn(u64) -> u64) -> usize {
    let (words, rest) = bytes.as_chunks::<LANES>();
    for (at, word) in words.iter().enumerate() {
        let found = marks(u64::from_le_bytes(*word));
        if found != 0 {
            return at * LANES + lowest_lane(found);
        }
    }
    if rest.is_empty() {
        return bytes.len();
    }
    // The last word overlaps the one before it, whose bytes are known to end no run.
    if let Some(last) = bytes.last_chunk::<LANES>() {
        let found = marks(u64::from_le_bytes(*last));
        return if found == 0 {
            bytes.len()
        } else {
            bytes.len() - LANES + lowest_lane(found)
        };
    }
    let mut padded = [b' '; LANES];
    for (lane, byte) in padded.iter_mut().zip(rest) {
        *lane = *byte;
    }
    let found = marks(u64::from_le_bytes(padded));
    if found == 0 {
        bytes.len()
    } else {
        lowest_lane(found)
    }
}

fn lowest_lane(marks: u64) -> usize {
    (marks.trailing_zeros() / u8::BITS) as usize
}

fn equal(word: u64, byte: u8) -> u64 {
    let differing = word ^ (ONES * u64::from(byte));
    differing.wrapping_sub(ONES) & !differing & HIGHS
}

fn below_space(word: u64) -> u64 {
    word.wrapping_sub(ONES * FIRST_PLAIN) & !word & HIGHS
}
