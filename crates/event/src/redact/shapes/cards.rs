//! Payment card numbers: digits alone or in the groups that are printed on cards, of a known range
//! and length, with the right check digit.
//!
//! One number in ten has a right check digit, so the rest must be strict. Times in milliseconds and
//! microseconds begin with 1, which no range does. Thirteen digits beginning with 4 are not taken:
//! such cards are no longer issued, while article numbers and ids of that form are everywhere. JSON
//! numbers are never read as cards, only strings: ids are numbers, card numbers hardly ever.

use super::Span;
use super::bytes::{self, ALNUM, UNDERSCORE};

const MIN_DIGITS: usize = 14;
const MAX_DIGITS: usize = 19;
/// Groups as they are printed, by the lengths of the groups.
const GROUPINGS: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 4, 4, 4, 3], &[4, 6, 5], &[4, 6, 4]];

/// The card number that begins at `at`, the first of some digits.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<Span> {
    let first = digits_end(bytes, at) - at;
    if (first < MIN_DIGITS && first != GROUPINGS[0][0]) || first > MAX_DIGITS {
        return None;
    }
    let before = bytes.get(..at)?;
    if before.last().is_some_and(|byte| joins(*byte)) && bytes::escape_at_end(before) == 0 {
        return None;
    }
    if first >= MIN_DIGITS {
        return is_card(bytes, at..at + first).then_some(at..at + first);
    }
    let mut grouped = GROUPINGS
        .iter()
        .filter_map(|groups| grouped(bytes, at, groups));
    grouped.rfind(|span| is_card(bytes, span.clone()))
}

/// Whether digits behind this byte are part of something longer.
fn joins(byte: u8) -> bool {
    bytes::is(byte, ALNUM | UNDERSCORE) || matches!(byte, b'.' | b'-' | b'+') || !byte.is_ascii()
}

fn digits_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest
        .iter()
        .take(MAX_DIGITS + 1)
        .take_while(|byte| byte.is_ascii_digit())
        .count()
}

/// The digits in these groups, all parted by the same space or dash.
fn grouped(bytes: &[u8], at: usize, groups: &[usize]) -> Option<Span> {
    let mut end = at;
    let mut separator = None;
    for length in groups {
        if end > at {
            let parted_by = bytes.get(end).filter(|byte| matches!(byte, b' ' | b'-'))?;
            if *separator.get_or_insert(*parted_by) != *parted_by {
                return None;
            }
            end += 1;
        }
        let group = digits_end(bytes, end) - end;
        if group != *length {
            return None;
        }
        end += group;
    }
    Some(at..end)
}

fn is_card(bytes: &[u8], span: Span) -> bool {
    let after = bytes.get(span.end..).unwrap_or_default();
    let goes_on = match after {
        [b'-' | b'.', next, ..] => bytes::is(*next, ALNUM),
        [next, ..] => bytes::is(*next, ALNUM | UNDERSCORE) || !next.is_ascii(),
        [] => false,
    };
    if goes_on {
        return false;
    }
    let mut digits = [0; MAX_DIGITS];
    let mut count = 0;
    for byte in bytes.get(span).unwrap_or_default() {
        if byte.is_ascii_digit()
            && let Some(digit) = digits.get_mut(count)
        {
            *digit = byte - b'0';
            count += 1;
        }
    }
    digits
        .get(..count)
        .is_some_and(|digits| is_issued(digits) && has_check_digit(digits))
}

/// Whether a network issues numbers of this range with this many digits.
fn is_issued(digits: &[u8]) -> bool {
    let lead = digits
        .iter()
        .take(4)
        .fold(0_u16, |lead, digit| lead * 10 + u16::from(*digit));
    match digits.len() {
        14 => matches!(lead, 3000..=3059 | 3095 | 3600..=3699 | 3800..=3999),
        15 => matches!(lead, 3400..=3499 | 3700..=3799),
        16 => matches!(
            lead,
            2200..=2204 | 2221..=2720 | 3528..=3589 | 4000..=4999 | 5018 | 5020 | 5038 | 5100..=5599
                | 5893 | 6011 | 6200..=6299 | 6304 | 6440..=6599 | 6759 | 6761..=6763
        ),
        17 | 18 => matches!(lead, 6200..=6299),
        19 => matches!(lead, 4000..=4999 | 6011 | 6200..=6299 | 6440..=6599),
        _ => false,
    }
}

/// Luhn's check, ISO/IEC 7812-1.
fn has_check_digit(digits: &[u8]) -> bool {
    let weighed = digits.iter().rev().enumerate().map(|(place, digit)| {
        let weighed = if place % 2 == 1 { digit * 2 } else { *digit };
        u32::from(if weighed > 9 { weighed - 9 } else { weighed })
    });
    weighed.sum::<u32>() % 10 == 0
}
