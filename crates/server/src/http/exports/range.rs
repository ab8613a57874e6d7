//! Which part of a file is asked for, as RFC 9110, section 14, has it.
//!
//! It must hold that a part is only given of the file that the client has a part of already: `If-Range` must name this
//! very file, or all of it is sent. One range is understood; several, and what is none, mean the whole file.

use axum::http::HeaderMap;
use axum::http::header::{IF_RANGE, RANGE};

/// What is to be sent of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// These bytes, the end excluded.
    Bytes(std::ops::Range<u64>),
    /// Bytes that it does not have.
    Beyond,
}

impl Part {
    /// What headers ask of a file of this size and entity tag.
    pub(super) fn of(headers: &HeaderMap, size: u64, etag: &str) -> Self {
        let mut ranges = headers.get_all(RANGE).iter();
        let (Some(range), None) = (ranges.next(), ranges.next()) else {
            return Self::Whole;
        };
        if headers.get(IF_RANGE).is_some_and(|known| known != etag) {
            return Self::Whole;
        }
        let range = range.to_str().ok().and_then(|text| read(text, size));
        range.unwrap_or(Self::Whole)
    }
}

/// Reads a range; `None` where it is none.
fn read(text: &str, size: u64) -> Option<Part> {
    let (unit, range) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = range.trim().split_once('-')?;
    let part = match (first.trim(), last.trim()) {
        ("", suffix) => {
            let length = number(suffix)?;
            size.saturating_sub(length)..size
        }
        (first, "") => number(first)?..size,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            first..last.saturating_add(1).min(size)
        }
    };
    Some(match part.start < part.end {
        true => Part::Bytes(part),
        false => Part::Beyond,
    })
}

/// A number in digits; one that is too large is larger than any file.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn part(range: &str, if_range: Option<&str>, size: u64) -> Part {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, range.parse().unwrap());
        if let Some(known) = if_range {
            headers.insert(IF_RANGE, known.parse().unwrap());
        }
        Part::of(&headers, size, "\"abc\"")
    }

    #[test]
    fn one_range_is_understood_and_what_is_none_means_everything() {
        for (range, expected) in [
            ("bytes=0-", Part::Bytes(0..10)),
            ("bytes=3-5", Part::Bytes(3..6)),
            ("BYTES = 3-5", Part::Bytes(3..6)),
            ("bytes=9-", Part::Bytes(9..10)),
            ("bytes=5-99999999999999999999999", Part::Bytes(5..10)),
            ("bytes=-4", Part::Bytes(6..10)),
            ("bytes=-99", Part::Bytes(0..10)),
            ("bytes=10-", Part::Beyond),
            ("bytes=99999999999999999999999-", Part::Beyond),
            ("bytes=-0", Part::Beyond),
            ("bytes=5-3", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=a-", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes", Part::Whole),
            ("lines=0-1", Part::Whole),
        ] {
            assert_eq!(part(range, None, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", None, 0), Part::Beyond);
    }

    #[test]
    fn a_part_is_only_of_the_file_that_the_client_knows() {
        assert_eq!(part("bytes=3-", Some("\"abc\""), 10), Part::Bytes(3..10));
        for other in [
            "\"abd\"",
            "W/\"abc\"",
            "abc",
            "Sun, 22 Nov 2026 00:00:00 GMT",
        ] {
            assert_eq!(part("bytes=3-", Some(other), 10), Part::Whole, "{other}");
        }
        assert_eq!(Part::of(&HeaderMap::new(), 10, "\"abc\""), Part::Whole);
    }
}
