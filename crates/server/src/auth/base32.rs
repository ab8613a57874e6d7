//! Five bits a character: how secrets are written that a person may have to type.
//!
//! The alphabet is the caller's. No padding is written; the last character is filled up with zero
//! bits where the bytes do not come out even.

/// Bits of one character.
const BITS: u32 = 5;

/// As many characters as it takes to write `bytes`.
pub(super) fn encode(bytes: &[u8], alphabet: &[u8; 32]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(BITS as usize));
    let (mut held, mut held_bits) = (0_u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        held_bits += 8;
        while held_bits >= BITS {
            held_bits -= BITS;
            text.push(character(held >> held_bits, alphabet));
        }
    }
    if held_bits > 0 {
        text.push(character(held << (BITS - held_bits), alphabet));
    }
    text
}

fn character(bits: u32, alphabet: &[u8; 32]) -> char {
    char::from(alphabet[(bits & 0x1f) as usize])
}

/// The `N` bytes of exactly as many characters as it takes to write them, given as their values.
/// `None` if there are more or fewer, or the filled up bits are not zero.
pub(super) fn decode<const N: usize>(values: &[u8]) -> Option<[u8; N]> {
    if values.len() != (N * 8).div_ceil(BITS as usize) {
        return None;
    }
    let mut bytes = Vec::with_capacity(N);
    let (mut held, mut held_bits) = (0_u32, 0);
    for value in values {
        held = held << BITS | u32::from(value & 0x1f);
        held_bits += BITS;
        if held_bits >= 8 {
            held_bits -= 8;
            bytes.push((held >> held_bits & 0xff) as u8);
        }
    }
    let rest = held & ((1 << held_bits) - 1);
    let bytes = bytes.try_into().ok()?;
    (rest == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const STANDARD: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    #[test]
    fn the_vectors_of_rfc_4648_hold_without_their_padding() {
        let vectors = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (bytes, text) in vectors {
            assert_eq!(encode(bytes.as_bytes(), STANDARD), text);
        }
    }

    fn values(text: &str) -> Vec<u8> {
        let place = |c| STANDARD.iter().position(|known| *known == c).unwrap();
        text.bytes().map(|c| place(c) as u8).collect()
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(bytes: [u8; 10], odd: [u8; 7]) {
            prop_assert_eq!(decode(&values(&encode(&bytes, STANDARD))), Some(bytes));
            prop_assert_eq!(decode(&values(&encode(&odd, STANDARD))), Some(odd));
        }
    }

    #[test]
    fn another_length_or_a_second_spelling_is_refused() {
        assert_eq!(decode::<1>(&values("MY")), Some([b'f']));
        assert_eq!(decode::<1>(&values("MZ")), None);
        assert_eq!(decode::<1>(&values("M")), None);
        assert_eq!(decode::<1>(&values("MYA")), None);
    }
}
