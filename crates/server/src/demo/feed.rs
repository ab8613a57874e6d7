//! The demo's events in the order of time, made somewhat ahead of when they are wanted.
//!
//! It must hold that events leave in order, each once, and that memory is bounded: a batch and what a few hours
//! of the demo have.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use evident_activity::demo::{Demo, DemoEvent};

/// Events of a batch.
pub(super) const BATCH_EVENTS: usize = 4_000;
/// What is made at once, in microseconds: an hour, and where the past is caught up with a day.
const HOUR: i64 = 3_600_000_000;
const DAY: i64 = 24 * HOUR;

/// Events that are due together.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    /// An event a line.
    pub(super) text: Bytes,
    /// How many.
    pub(super) events: usize,
    /// Everything before this moment is in this batch or an earlier one.
    pub(super) until: i64,
}

/// What comes next.
pub(super) struct Feed {
    demo: Arc<Demo>,
    /// Up to when events were made.
    made_until: i64,
    made: VecDeque<DemoEvent>,
}

impl Feed {
    /// All that happens from a moment on.
    pub(super) fn from(demo: Arc<Demo>, from: i64) -> Self {
        Self {
            made_until: from.max(demo.start()),
            demo,
            made: VecDeque::new(),
        }
    }

    /// Makes events until there are enough for a batch, or all that happens in the hour after `now`.
    pub(super) async fn make(&mut self, now: i64) {
        while self.made.len() <= BATCH_EVENTS && self.made_until <= now + HOUR {
            let span = if self.made_until < now - DAY {
                DAY
            } else {
                HOUR
            };
            let (from, to) = (self.made_until, self.made_until + span);
            let demo = Arc::clone(&self.demo);
            let making = move || demo.events_between(from, to).collect::<Vec<_>>();
            match tokio::task::spawn_blocking(making).await {
                Ok(events) => self.made.extend(events),
                // Only the end of the server keeps it from being made.
                Err(_) => return,
            }
            self.made_until = to;
        }
    }

    /// When the next event happens, if it was made.
    pub(super) fn next_at(&self) -> Option<i64> {
        self.made.front().map(|event| event.occurred_at)
    }

    /// What has happened by `now` and is not taken yet, up to a batch.
    pub(super) fn take(&mut self, now: i64) -> Option<Batch> {
        let due = self.made.partition_point(|event| event.occurred_at <= now);
        let mut count = due.min(BATCH_EVENTS);
        // Events of one moment stay together, since a batch ends at a moment.
        while count > 0 && count < due && self.same_moment(count - 1, count) {
            count += 1;
        }
        let last = self.made.get(count.checked_sub(1)?)?.occurred_at;
        let mut text = String::new();
        for event in self.made.drain(..count) {
            text.push_str(&event.text);
            text.push('\n');
        }
        Some(Batch {
            text: Bytes::from(text),
            events: count,
            until: last + 1,
        })
    }

    fn same_moment(&self, one: usize, other: usize) -> bool {
        let at = |place: usize| self.made.get(place).map(|event| event.occurred_at);
        at(one) == at(other)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const END: i64 = 1_790_000_000_000_000;

    #[tokio::test]
    async fn every_event_leaves_once_and_in_order_and_none_before_its_time() {
        let demo = Arc::new(Demo::new(1, END, 100_000));
        let now = demo.start() + 40 * DAY + 12_345;
        let mut feed = Feed::from(Arc::clone(&demo), 0);
        let mut text = String::new();
        loop {
            feed.make(now).await;
            let Some(batch) = feed.take(now) else {
                break;
            };
            assert!(batch.until <= now + 1 && batch.events >= 1);
            assert_eq!(
                batch.text.iter().filter(|byte| **byte == b'\n').count(),
                batch.events
            );
            text.push_str(std::str::from_utf8(&batch.text).unwrap());
        }
        let expected = demo
            .events_between(0, now + 1)
            .map(|event| event.text + "\n");
        assert_eq!(text, expected.collect::<String>());
        assert!(feed.next_at().unwrap() > now);
    }

    #[tokio::test]
    async fn a_feed_goes_on_where_a_batch_ended() {
        let demo = Arc::new(Demo::new(1, END, 300_000));
        let now = demo.year_end();
        let mut feed = Feed::from(Arc::clone(&demo), now - 20 * DAY);
        feed.make(now).await;
        let first = feed.take(now).unwrap();
        assert_eq!(first.events, BATCH_EVENTS);
        let mut again = Feed::from(demo, first.until);
        again.make(now).await;
        feed.make(now).await;
        assert_eq!(again.take(now).unwrap().text, feed.take(now).unwrap().text);
    }
}
