//! The nearest of some names, for "did you mean".
//!
//! The text comes from outside: its length and the distance are bounded, so a guess costs at most
//! a narrow band of the distance table for each name.

/// Longer texts are not guessed at.
pub const MAX_GUESSED_BYTES: usize = 200;

/// Names further away than this are not meant.
const MAX_EDITS: usize = 3;

/// At least this many bytes for each edit, so that short texts do not turn into anything.
const BYTES_PER_EDIT: usize = 2;

/// The candidate that is the fewest edits away, the first of equals. Case, and the choice of `-`,
/// space or `_`, are no edits.
#[must_use]
pub fn nearest<'a>(text: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if text.len() > MAX_GUESSED_BYTES {
        return None;
    }
    let mut limit = MAX_EDITS.min(text.len() / BYTES_PER_EDIT);
    let mut best = None;
    for candidate in candidates {
        if let Some(edits) = edits_within(text.as_bytes(), candidate.as_bytes(), limit) {
            best = Some(candidate);
            if edits == 0 {
                break;
            }
            limit = edits - 1;
        }
    }
    best
}

fn folded(byte: u8) -> u8 {
    match byte {
        b'-' | b' ' => b'_',
        _ => byte.to_ascii_lowercase(),
    }
}

/// The edit distance (insert, delete, replace a byte, swap two neighbours), if it is at most `limit`.
fn edits_within(left: &[u8], right: &[u8], limit: usize) -> Option<usize> {
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let beyond = limit + 1;
    // Rows of the distance table, clamped to `beyond`; only the band around the diagonal can stay
    // within the limit.
    let mut before_previous = vec![beyond; right.len() + 1];
    let mut previous: Vec<usize> = (0..=right.len()).map(|cost| cost.min(beyond)).collect();
    let mut current = vec![beyond; right.len() + 1];
    for row in 0..left.len() {
        let first = row.saturating_sub(limit);
        let last = right.len().min(row + 1 + limit);
        current[first] = if first == 0 {
            (row + 1).min(beyond)
        } else {
            beyond
        };
        for column in first..last {
            let same = folded(left[row]) == folded(right[column]);
            let replaced = previous[column] + usize::from(!same);
            let mut cost = replaced.min(previous[column + 1].min(current[column]) + 1);
            if row > 0 && column > 0 && is_swap(&left[row - 1..=row], &right[column - 1..=column]) {
                cost = cost.min(before_previous[column - 1] + 1);
            }
            current[column + 1] = cost.min(beyond);
        }
        if last < right.len() {
            current[last + 1] = beyond;
        }
        std::mem::swap(&mut before_previous, &mut previous);
        std::mem::swap(&mut previous, &mut current);
    }
    Some(previous[right.len()]).filter(|&edits| edits <= limit)
}

fn is_swap(left: &[u8], right: &[u8]) -> bool {
    folded(left[0]) == folded(right[1]) && folded(left[1]) == folded(right[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The whole table, with nothing left out.
    fn edits(left: &[u8], right: &[u8]) -> usize {
        let mut table = vec![vec![0; right.len() + 1]; left.len() + 1];
        for i in 0..=left.len() {
            for j in 0..=right.len() {
                table[i][j] = if i == 0 || j == 0 {
                    i + j
                } else {
                    let replaced = table[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
                    let plain = replaced.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                    let swapped = i > 1
                        && j > 1
                        && left[i - 1] == right[j - 2]
                        && left[i - 2] == right[j - 1];
                    if swapped {
                        plain.min(table[i - 2][j - 2] + 1)
                    } else {
                        plain
                    }
                };
            }
        }
        table[left.len()][right.len()]
    }

    proptest! {
        #[test]
        fn the_band_agrees_with_the_whole_table(left in "[abc]{0,9}", right in "[abc]{0,9}", limit in 0usize..6) {
            let whole = edits(left.as_bytes(), right.as_bytes());
            prop_assert_eq!(
                edits_within(left.as_bytes(), right.as_bytes(), limit),
                Some(whole).filter(|&edits| edits <= limit)
            );
        }
    }

    #[test]
    fn the_nearest_wins_and_the_far_are_not_guessed() {
        let names = [
            "role.created",
            "role.deleted",
            "tool.created",
            "category",
            "actor.email",
        ];
        for (text, meant) in [
            ("role.creatd", Some("role.created")),
            ("rolle.created", Some("role.created")),
            ("tool.creates", Some("tool.created")),
            ("Role-Created", Some("role.created")),
            ("CATEGORY", Some("category")),
            ("Actor.Emial", Some("actor.email")),
            ("ro", None),
            ("", None),
            ("something.else", None),
        ] {
            assert_eq!(nearest(text, names), meant, "{text}");
        }
        assert_eq!(nearest(&"category".repeat(100_000), names), None);
    }

    #[test]
    fn case_and_separators_are_no_edits() {
        let names = ["occurred_at", "metadata"];
        for text in ["occurredAt", "Occurred-At", "OCCURRED AT", "ocurred_at"] {
            assert_eq!(nearest(text, names), Some("occurred_at"), "{text}");
        }
        assert_eq!(nearest("meta_data", names), Some("metadata"));
    }
}
