//! Which segments become one.
//!
//! What must hold: only segments whose positions follow each other without a gap, two or more of them,
//! and only within a span of positions. A span that no more rows come into is compacted once. One that is
//! not complete is compacted when it has [`MANY`] segments: rows that are sealed early, again and again,
//! would else leave one each time. What compaction made is never compacted alone.

use std::ops::Range;

/// Segments of a span that become one although more will come.
const MANY: usize = 32;

/// The first segments that are to become one: all those of a span between two gaps. They are given by
/// their positions, in order; spans begin at the multiples of `span`, and the rows before `through` are
/// all sealed. Whether a run is fit is asked by its first position.
pub(super) fn next_run(
    segments: &[Range<u64>],
    span: u64,
    through: u64,
    is_fit: impl Fn(u64) -> bool,
) -> Option<Range<usize>> {
    let spans = |segment: &Range<u64>| (segment.start / span, segment.end.saturating_sub(1) / span);
    let mut next = 0;
    let follow = |a: &Range<u64>, b: &Range<u64>| a.end == b.start && spans(a) == spans(b);
    for run in segments.chunk_by(follow) {
        let numbers = next..next + run.len();
        next = numbers.end;
        let Some(first) = run.first().filter(|_| run.len() > 1) else {
            continue;
        };
        let (begins_in, ends_in) = spans(first);
        let is_complete = (ends_in + 1).saturating_mul(span) <= through;
        let is_due = is_complete || run.len() >= MANY;
        if begins_in == ends_in && is_due && is_fit(first.start) {
            return Some(numbers);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is compacted one after the other, spans of eight positions, until there is nothing more.
    fn compacted(mut segments: Vec<Range<u64>>, through: u64) -> (Vec<Range<u64>>, usize) {
        let mut made = 0;
        while let Some(run) = next_run(&segments, 8, through, |_| true) {
            assert!(run.len() > 1, "one is never compacted alone");
            let whole = segments[run.start].start..segments[run.end - 1].end;
            segments.splice(run, [whole]);
            made += 1;
            assert!(made < 100, "it does not end");
        }
        (segments, made)
    }

    fn alone(segment: Range<u64>) -> Vec<Range<u64>> {
        std::iter::once(segment).collect()
    }

    #[test]
    fn each_span_becomes_one_segment_once_it_is_complete() {
        let all = |end: u64| (0..end).map(|first| first..first + 1).collect();
        assert_eq!(compacted(all(7), 7).1, 0, "more rows may come into it");
        // The last row of the span is there, and not sealed.
        assert_eq!(compacted(all(7), 7).0.len(), 7);
        assert_eq!(compacted(all(8), 8), (alone(0..8), 1));
        let (segments, made) = compacted(all(19), 19);
        assert_eq!((segments.len(), made), (5, 2));
        assert_eq!(segments[..3], [0..8, 8..16, 16..17]);
    }

    #[test]
    fn many_small_segments_become_one_before_their_span_is_complete() {
        let small: Vec<_> = (0..MANY as u64).map(|first| first..first + 1).collect();
        let few = &small[1..];
        assert_eq!(next_run(few, 1 << 20, 32, |_| true), None);
        assert_eq!(next_run(&small, 1 << 20, 32, |_| true), Some(0..MANY));
    }

    #[test]
    fn segments_of_any_size_become_one() {
        let segments = vec![0..3, 3..4, 4..8, 8..16, 16..18, 18..24];
        assert_eq!(compacted(segments, 24), (vec![0..8, 8..16, 16..24], 2));
    }

    #[test]
    fn segments_on_both_sides_of_a_gap_stay_apart() {
        let segments = vec![0..1, 1..2, 3..5, 5..8, 9..10, 12..13, 13..16];
        let expected = vec![0..2, 3..8, 9..10, 12..16];
        assert_eq!(compacted(segments, 16), (expected, 3));
        // Complete it is also where its last rows are gone.
        assert_eq!(compacted(vec![0..2, 2..4], 16), (alone(0..4), 1));
        assert_eq!(compacted(vec![0..2, 2..4], 7).1, 0);
    }

    #[test]
    fn a_segment_that_lies_in_two_spans_is_left_alone() {
        let segments = vec![0..4, 4..20, 20..22, 22..24];
        assert_eq!(compacted(segments, 24), (vec![0..4, 4..20, 20..24], 1));
        assert_eq!(compacted(vec![4..20, 20..36], 40).1, 0);
    }

    #[test]
    fn what_is_not_fit_does_not_hold_up_what_follows() {
        let segments = [0..4, 4..8, 8..12, 12..16];
        let found = next_run(&segments, 8, 16, |first| first != 0);
        assert_eq!(found, Some(2..4));
        assert_eq!(next_run(&segments, 8, 16, |_| false), None);
    }
}
