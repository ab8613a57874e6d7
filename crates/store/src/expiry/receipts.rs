//! When events count as received.
//!
//! What must hold: an event counts as received no earlier than any before it in the store of which something is still
//! there, so that a clock that was behind for a while takes nothing away early; and it never counts as received earlier than it says.
//! Records stay as they are.
//!
//! Positions are in the order of receipt, whatever the organization. Of segments it is known when the first and the last
//! of their rows were received, and that is enough for those behind them; within a segment, rows are read only where a rule
//! cuts through it. A time that is still to come is that of a clock that ran ahead: it says nothing of other events.

use crate::check::row::RowFacts;
use crate::segment::error::SegmentError;
use crate::segment::rows::Line;
use crate::segment::sealed::Parts;

use super::plan::malformed;

/// The latest time at which something was received, as one goes along the positions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Latest {
    /// Times after this one do not count.
    as_of: i64,
    time: i64,
}

impl Latest {
    /// Before the first event.
    pub(super) const fn new(as_of: i64) -> Self {
        Self {
            as_of,
            time: i64::MIN,
        }
    }

    fn saw(&mut self, time: i64) {
        if time <= self.as_of {
            self.time = self.time.max(time);
        }
    }

    /// When an event counts as received that says so of itself, and comes next.
    pub(super) fn next(&mut self, received_at: i64) -> i64 {
        self.saw(received_at);
        self.time.max(received_at)
    }

    /// The same of the first and the last time within a segment.
    pub(super) fn during(&self, (first, last): (i64, i64)) -> (i64, i64) {
        (self.time.max(first), self.time.max(last))
    }

    /// Goes past a segment.
    pub(super) fn pass(&mut self, received: Option<(i64, i64)>) {
        if let Some((first, last)) = received {
            self.saw(first);
            self.saw(last);
        }
    }
}

/// When the events of a segment count as received, by their places; what is in other places says nothing.
pub(super) struct Receipts(Vec<i64>);

impl Receipts {
    /// Reads all rows of a segment; `latest` is of those before it.
    pub(super) fn read(parts: &Parts, mut latest: Latest) -> Result<Self, SegmentError> {
        let mut times = Vec::with_capacity(parts.meta.rows as usize);
        for number in 0..parts.rows.frame_count() {
            for line in parts.rows.frame(number)?.rows() {
                times.push(match Line::read(line)? {
                    Line::Event(canonical) => {
                        let facts = RowFacts::read(canonical).map_err(malformed)?;
                        latest.next(facts.received_at.as_micros())
                    }
                    Line::Stub(stub) => {
                        latest.saw(stub.entry.received_at_micros);
                        i64::MAX
                    }
                    Line::Nothing => i64::MAX,
                });
            }
        }
        Ok(Self(times))
    }

    /// When the event in a place counts as received; one that is nowhere stays.
    pub(super) fn of(&self, place: u32) -> i64 {
        self.0.get(place as usize).copied().unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_counts_as_received_before_what_is_before_it() {
        let mut latest = Latest::new(100);
        let counted = [10, 50, 20, 60, 300, 70].map(|time| latest.next(time));
        // 300 is still to come.
        assert_eq!(counted, [10, 50, 50, 60, 300, 70]);
        assert_eq!(latest.during((5, 90)), (70, 90));
        latest.pass(Some((80, 400)));
        assert_eq!(latest.next(1), 80);
        latest.pass(None);
        latest.pass(Some((85, 99)));
        assert_eq!(latest.next(1), 99);
    }

    #[test]
    fn of_no_time_everything_says_for_itself() {
        let mut latest = Latest::new(i64::MIN);
        assert_eq!([10, 5].map(|time| latest.next(time)), [10, 5]);
    }
}
