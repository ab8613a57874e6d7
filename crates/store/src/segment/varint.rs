//! Numbers in as few bytes as they need: unsigned LEB128.
//!
//! Reading never goes past the end of what it is given, and takes no number that is too large.

/// Bytes of the longest varint.
const MAX_BYTES: usize = 10;

/// Appends a number.
pub(crate) fn push(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads the number at an offset and moves the offset behind it.
///
/// There is none if the bytes end within it, or if it does not fit in 64 bits.
#[inline]
pub(crate) fn read(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let first = *bytes.get(*at)?;
    if first < 0x80 {
        *at += 1;
        return Some(u64::from(first));
    }
    read_long(bytes, at)
}

fn read_long(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0;
    for (i, &byte) in bytes.get(*at..)?.iter().take(MAX_BYTES).enumerate() {
        let bits = u64::from(byte & 0x7f);
        if i == MAX_BYTES - 1 && bits > 1 {
            return None;
        }
        number |= bits << (7 * i);
        if byte < 0x80 {
            *at += i + 1;
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn pushed(number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        push(&mut out, number);
        out
    }

    #[test]
    fn numbers_have_the_bytes_of_leb128() {
        assert_eq!(pushed(0), [0]);
        assert_eq!(pushed(127), [0x7f]);
        assert_eq!(pushed(128), [0x80, 1]);
        assert_eq!(pushed(624_485), [0xe5, 0x8e, 0x26]);
        let mut largest = vec![0xff; 9];
        largest.push(1);
        assert_eq!(pushed(u64::MAX), largest);
    }

    #[test]
    fn what_was_pushed_is_read_and_the_offset_is_behind_it() {
        let mut numbers = vec![0, u64::MAX];
        for shift in 0..64 {
            numbers.extend([1 << shift, (1 << shift) - 1]);
        }
        let mut bytes = Vec::new();
        for &number in &numbers {
            push(&mut bytes, number);
        }
        let mut at = 0;
        for &number in &numbers {
            assert_eq!(read(&bytes, &mut at), Some(number));
        }
        assert_eq!(at, bytes.len());
        assert_eq!(read(&bytes, &mut at), None);
    }

    #[test]
    fn what_ends_too_early_or_is_too_large_is_no_number() {
        for length in 1..=9 {
            assert_eq!(read(&vec![0x80; length], &mut 0), None);
        }
        let mut too_large = vec![0xff; 9];
        too_large.push(2);
        assert_eq!(read(&too_large, &mut 0), None);
        assert_eq!(read(&[0x80; 11], &mut 0), None);
        assert_eq!(read(&[1], &mut 7), None);
    }
}
