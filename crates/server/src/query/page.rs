//! Pages of the events that match.

use std::cmp::Ordering;

use evident_event::query::Order;
use evident_store::index::{Listing, PagePlace, PageRequest, StoredEvent};

use super::cursor::Cursor;
use super::{AskError, Question, Questions, place};

/// Most canonical bytes of a page. A page that would have more ends early, and its cursors go on
/// from there.
const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;

/// A page of an answer.
#[derive(Debug)]
pub(crate) struct EventPage {
    /// The events, in order.
    pub(crate) events: Vec<StoredEvent>,
    /// Goes on after the last of them.
    pub(crate) next_cursor: Option<String>,
    /// Goes back before the first of them.
    pub(crate) prev_cursor: Option<String>,
    /// How many events match in all.
    pub(crate) total: u64,
    /// The log's size that the answer is cut at.
    pub(crate) as_of: u64,
}

impl Questions {
    /// The page that is asked for.
    pub(crate) async fn page(&self, question: Question) -> Result<EventPage, AskError> {
        let Question {
            query,
            fingerprint,
            place: at,
            as_of,
            limit,
            deadline,
        } = question;
        let page = PageRequest {
            as_of,
            place: at,
            limit,
        };
        let asked = query.clone();
        let listing = self.asker.ask(&query, deadline, async move |index| {
            index.list(&asked, page, deadline).await
        });
        let mut listing = listing.await?;
        keep_within_bytes(&mut listing, at, query.order());
        let cursor = |edge: Option<&StoredEvent>, more: bool, of: fn(_) -> PagePlace| {
            let cursor = Cursor {
                fingerprint,
                range: query.range(),
                as_of: listing.as_of,
                place: of(place(edge.filter(|_| more)?)),
            };
            cursor.to_text()
        };
        let next = cursor(listing.events.last(), listing.more_after, PagePlace::After);
        let prev = cursor(
            listing.events.first(),
            listing.more_before,
            PagePlace::Before,
        );
        Ok(EventPage {
            next_cursor: next,
            prev_cursor: prev,
            total: listing.total,
            as_of: listing.as_of,
            events: listing.events,
        })
    }
}

/// Drops events from the far ends of a page until it is small enough; one is always left.
fn keep_within_bytes(listing: &mut Listing, at: PagePlace, order: Order) {
    let sizes: Vec<usize> = sizes(&listing.events).collect();
    let near = match at {
        PagePlace::First | PagePlace::After(_) => 0,
        PagePlace::Before(_) => sizes.len(),
        PagePlace::Around(around) => listing.events.partition_point(|event| {
            let (here, there) = (place(event), around);
            let here = (here.occurred_at, here.index);
            order.compare(here, (there.occurred_at, there.index)) == Ordering::Less
        }),
    };
    let kept = fitting_around(&sizes, near, MAX_PAGE_BYTES);
    listing.more_after |= kept.end < sizes.len();
    listing.more_before |= kept.start > 0;
    listing.events.truncate(kept.end);
    listing.events.drain(..kept.start);
}

/// How large events are.
pub(super) fn sizes(events: &[StoredEvent]) -> impl Iterator<Item = usize> {
    events.iter().map(|event| event.canonical.len())
}

/// How many of the first of these sizes fit into so many bytes; one always does.
pub(super) fn fitting(sizes: impl Iterator<Item = usize>, max: usize) -> usize {
    let mut bytes = 0;
    sizes
        .enumerate()
        .take_while(|(at, size)| {
            bytes += size;
            *at == 0 || bytes <= max
        })
        .count()
}

/// Which of these sizes, from the one at `near` on to both sides in turn, fit into so many bytes;
/// one always does.
fn fitting_around(sizes: &[usize], near: usize, max: usize) -> std::ops::Range<usize> {
    let near = near.min(sizes.len().saturating_sub(1));
    let mut kept = near..(near + 1).min(sizes.len());
    let mut bytes: usize = sizes.get(near).copied().unwrap_or_default();
    let mut takes = |size: Option<&usize>| match size {
        Some(size) if bytes + size <= max => {
            bytes += size;
            true
        }
        _ => false,
    };
    let (mut before, mut after) = (true, true);
    while before || after {
        before = before && takes(kept.start.checked_sub(1).and_then(|at| sizes.get(at)));
        kept.start -= usize::from(before);
        after = after && takes(sizes.get(kept.end));
        kept.end += usize::from(after);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_cut_where_its_bytes_end_and_never_empty() {
        assert_eq!(fitting([].into_iter(), 9), 0);
        assert_eq!(fitting([10, 1].into_iter(), 9), 1);
        assert_eq!(fitting([8, 1, 1].into_iter(), 9), 2);
        assert_eq!(fitting([1, 2, 3].into_iter(), 9), 3);
    }

    #[test]
    fn a_page_keeps_what_is_near_the_place_that_was_asked_for() {
        for (sizes, near, kept) in [
            (&[][..], 0, 0..0),
            (&[4, 4, 4], 0, 0..2),
            (&[4, 4, 4], 3, 1..3),
            (&[4, 4, 4], 1, 0..2),
            (&[1, 1, 1, 1, 1], 2, 0..5),
            (&[5, 3, 3, 3, 5], 2, 1..4),
            (&[9, 1, 9, 1, 9], 2, 2..3),
            (&[9, 2, 3, 1, 1], 2, 1..5),
            (&[10, 10], 0, 0..1),
            (&[10, 10], 2, 1..2),
        ] {
            assert_eq!(
                fitting_around(sizes, near, 9),
                kept,
                "{sizes:?} near {near}"
            );
        }
    }
}
