//! What counts the events that match: histograms, facets, completions.

use std::time::Instant;

use evident_event::query::{Field, Query, QueryError};
use evident_event::time::Timestamp;
use evident_event::time::buckets::{Buckets, Interval};
use evident_store::index::{Completing, EventIndex, Facet, Histogram, IndexError, ValueCount};

use super::{AskError, Question, Questions};

/// How the events that match spread over time.
#[derive(Debug)]
pub(crate) struct Spread {
    /// How long the buckets are.
    pub(crate) interval: Interval,
    /// The buckets; `None` where there is no time to spread over.
    pub(crate) buckets: Option<Buckets>,
    /// What is in them.
    pub(crate) histogram: Histogram,
}

impl Questions {
    /// How the events that match spread over the range, or over the time from the first to the last
    /// of them where the range is open. Without an interval, one is chosen that people can read.
    pub(crate) async fn histogram(
        &self,
        question: Question,
        interval: Option<Interval>,
        split_by: Option<Field>,
    ) -> Result<Spread, AskError> {
        let Question {
            query,
            as_of,
            deadline,
            ..
        } = question;
        let asked = query.clone();
        let spread = self.asker.ask(&query, deadline, async move |index| {
            let (ends, as_of) = ends(index, &asked, as_of, deadline).await?;
            let (zone, week_start) = (asked.zone(), asked.week_start());
            let Some((first, last)) = ends else {
                return Ok(Ok(Spread {
                    // What a moment would be cut into.
                    interval: interval.unwrap_or(Interval::Minute),
                    buckets: None,
                    histogram: Histogram {
                        counts: Vec::new(),
                        split: None,
                    },
                }));
            };
            let interval =
                interval.unwrap_or_else(|| Interval::auto(first, last, zone, week_start));
            let buckets = match Buckets::cover(interval, first, last, zone, week_start) {
                Ok(buckets) => buckets,
                Err(error) => return Ok(Err(QueryError::too_many_buckets("interval", &error))),
            };
            let histogram = index
                .histogram(&asked, as_of, &buckets, split_by.as_ref(), deadline)
                .await?;
            Ok(Ok(Spread {
                interval,
                buckets: Some(buckets),
                histogram,
            }))
        });
        Ok(spread.await??)
    }

    /// The values of fields among the events that match.
    pub(crate) async fn facets(
        &self,
        question: Question,
        fields: Vec<Field>,
    ) -> Result<Vec<Facet>, AskError> {
        let Question {
            query,
            as_of,
            limit,
            deadline,
            ..
        } = question;
        let asked = query.clone();
        let facets = self.asker.ask(&query, deadline, async move |index| {
            index.facets(&asked, as_of, &fields, limit, deadline).await
        });
        facets.await
    }

    /// The values of a field, or the names of fields, that begin with a prefix.
    pub(crate) async fn completions(
        &self,
        question: Question,
        completing: Completing,
        prefix: String,
    ) -> Result<Vec<ValueCount>, AskError> {
        let Question {
            query,
            as_of,
            limit,
            deadline,
            ..
        } = question;
        let asked = query.clone();
        let completions = self.asker.ask(&query, deadline, async move |index| {
            index
                .completions(&asked, as_of, &completing, &prefix, limit, deadline)
                .await
        });
        completions.await
    }
}

/// The first and the last instant of a histogram, and where it is cut.
///
/// An open side of the range is the first or last match. So that what is counted afterwards is what
/// was looked at here, both are cut at the same size.
async fn ends(
    index: &dyn EventIndex,
    query: &Query,
    as_of: Option<u64>,
    deadline: Instant,
) -> Result<(Option<(Timestamp, Timestamp)>, Option<u64>), IndexError> {
    let range = query.range().map(|range| range.as_micros());
    let from = range.as_ref().map(|range| range.start);
    let to = range.as_ref().map(|range| range.end);
    let from = from.filter(|from| *from > Timestamp::MIN.as_micros());
    let to = to.filter(|to| *to <= Timestamp::MAX.as_micros());
    let first = from.map(Timestamp::from_micros);
    let last = to.map(|to| Timestamp::from_micros(to.saturating_sub(1)));
    if let (Some(first), Some(last)) = (first, last) {
        return Ok(((first <= last).then_some((first, last)), as_of));
    }
    let span = index.span(query, as_of, deadline).await?;
    let ends = span
        .ends
        .map(|(earliest, latest)| (first.unwrap_or(earliest), last.unwrap_or(latest)));
    Ok((ends, Some(span.as_of)))
}
