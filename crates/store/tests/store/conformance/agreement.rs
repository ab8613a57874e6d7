//! One question, asked of an index and of the model, with every answer compared.

use evident_event::json;
use evident_event::query::Query;
use evident_event::time::Timestamp;
use evident_event::time::buckets::{Buckets, Interval};
use evident_store::index::{
    Completing, IndexError, Listing, MAX_PAGE_EVENTS, PagePlace, PageRequest, Place, StoredEvent,
    ValueCount,
};

use super::model::answers::{Counted, PageAt, Question};
use super::model::ask::Ask;
use super::model::field::FieldPath;
use super::model::limits::Limits;
use super::model::log::Log;
use super::subject::limited_scope;
use super::world::{World, field, in_time, now};

/// The most buckets that the model counts in, so that it ends in time.
const MAX_MODEL_BUCKETS: usize = 120;

/// A question, and what it is asked of.
pub struct Asked<'w> {
    pub world: &'w World,
    /// The question as the model takes it.
    pub question: Question<'w>,
    /// The same, as the parser made it of its parameters.
    pub query: Query,
    /// All that was recorded.
    pub log: Log,
    /// For messages.
    parameters: Vec<String>,
}

/// Which buckets a histogram is asked of.
#[derive(Debug, Clone, Copy)]
pub struct BucketsAsked {
    pub interval: Interval,
    pub first_micros: i64,
    pub last_micros: i64,
}

impl<'w> Asked<'w> {
    pub fn new(
        world: &'w World,
        organization_id: &'w str,
        limits: &'w Limits,
        ask: &'w Ask,
    ) -> Self {
        let parameters: Vec<String> = ask
            .parameters()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let given: Vec<&str> = parameters.iter().map(String::as_str).collect();
        Self {
            world,
            question: Question {
                ask,
                limits,
                now: now().as_micros(),
            },
            query: world.query(limited_scope(organization_id, limits), &given),
            log: world.log(organization_id),
            parameters,
        }
    }

    /// Events are these of the log, as they were recorded.
    #[track_caller]
    fn assert_events(&self, events: &[StoredEvent], indexes: &[u64], what: &str) {
        let found: Vec<u64> = events.iter().map(|event| event.index).collect();
        assert_eq!(found, indexes, "{what} by {:?}", self.parameters);
        for event in events {
            let row = &self.log.rows[usize::try_from(event.index).unwrap()];
            let value = json::parse(&event.canonical, json::MAX_DEPTH).unwrap();
            assert!(self.query.scope().allows(&value), "{what}: {value:?}");
            assert_eq!(event.id, row.id);
            assert_eq!(event.canonical, row.canonical);
            assert_eq!(event.leaf_hash, row.leaf_hash);
            assert_eq!(event.occurred_at.as_micros(), row.micros);
        }
    }

    /// The indexes of the list.
    pub fn indexes(&self, as_of: u64) -> Vec<u64> {
        let rows = self.question.listed(&self.log, as_of);
        rows.iter().map(|row| row.index).collect()
    }

    /// The size that is meant: all of the log where none is said.
    fn size(&self, as_of: Option<u64>) -> u64 {
        as_of.unwrap_or(self.log.size())
    }

    /// A page, after it was compared.
    #[track_caller]
    pub fn page(&self, as_of: Option<u64>, at: PageAt, limit: usize) -> Listing {
        let place = |(micros, index): (i64, u64)| Place {
            occurred_at: Timestamp::from_micros(micros),
            index,
        };
        let asked = match at {
            PageAt::First => PagePlace::First,
            PageAt::After(at) => PagePlace::After(place(at)),
            PageAt::Before(at) => PagePlace::Before(place(at)),
            PageAt::Around(at) => PagePlace::Around(place(at)),
        };
        let page = self.world.page(&self.query, as_of, asked, limit);
        let size = self.size(as_of);
        let expected = self.question.page(&self.log, size, at, limit);
        let what = format!("the page {at:?} of {limit} as of {as_of:?}");
        self.assert_events(&page.events, &expected.indexes, &what);
        let total = self.question.found(&self.log, size).len() as u64;
        assert_eq!(
            (page.total, page.as_of, page.more_before, page.more_after),
            (total, size, expected.more_before, expected.more_after),
            "total, as_of, more before, more after of {what} by {:?}",
            self.parameters
        );
        page
    }

    /// The whole list.
    #[track_caller]
    pub fn list(&self, as_of: Option<u64>) {
        self.page(as_of, PageAt::First, MAX_PAGE_EVENTS);
    }

    #[track_caller]
    pub fn walk(&self, as_of: Option<u64>, piece: usize) {
        let index = self.world.index();
        let walk = self.world.answer(index.walk(&self.query, as_of, in_time()));
        assert_eq!(walk.as_of(), self.size(as_of));
        let walked = self.world.walk(&self.query, as_of, piece);
        let expected = self.indexes(self.size(as_of));
        self.assert_events(&walked, &expected, &format!("walked in pieces of {piece}"));
    }

    #[track_caller]
    pub fn follow(&self, from: u64, limit: usize) {
        let (followed, _) = self.world.follow(&self.query, from, limit);
        let found = self.question.found(&self.log, self.log.size());
        let found = found.iter().map(|row| row.index);
        let expected: Vec<u64> = found.filter(|index| *index >= from).collect();
        self.assert_events(
            &followed,
            &expected,
            &format!("followed from {from} by {limit}"),
        );
    }

    #[track_caller]
    pub fn span(&self, as_of: Option<u64>) {
        let index = self.world.index();
        let span = self.world.answer(index.span(&self.query, as_of, in_time()));
        let ends = span
            .ends
            .map(|(first, last)| (first.as_micros(), last.as_micros()));
        let size = self.size(as_of);
        let expected = self.question.span(&self.log, size);
        assert_eq!(
            (ends, span.as_of),
            (expected, size),
            "span by {:?}",
            self.parameters
        );
    }

    #[track_caller]
    pub fn histogram(&self, as_of: Option<u64>, asked: BucketsAsked, split_by: Option<&FieldPath>) {
        let Some(buckets) = self.buckets(asked) else {
            return;
        };
        let edges: Vec<(i64, i64)> = buckets
            .iter()
            .map(|(start, end)| (start.as_micros(), end.as_micros()))
            .collect();
        let parsed = split_by.map(|path| field(&path.text()));
        let index = self.world.index();
        let histogram = index.histogram(&self.query, as_of, &buckets, parsed.as_ref(), in_time());
        let histogram = self.world.answer(histogram);
        let size = self.size(as_of);
        let expected = self.question.histogram(&self.log, size, &edges);
        assert_eq!(
            histogram.counts, expected,
            "{asked:?} by {:?}",
            self.parameters
        );
        assert_eq!(histogram.split.is_some(), split_by.is_some());
        if let Some((split, path)) = histogram.split.zip(split_by) {
            let expected = self.question.split(&self.log, size, &edges, path);
            assert_eq!(
                (split.values, split.other, split.missing),
                (expected.values, expected.other, expected.missing),
                "{asked:?} split by {path:?} by {:?}",
                self.parameters
            );
        }
    }

    /// Buckets of the interval, or of a longer one where there would be too many for the model.
    fn buckets(&self, asked: BucketsAsked) -> Option<Buckets> {
        let instants = (asked.first_micros, asked.last_micros);
        let first = Timestamp::from_micros(instants.0.min(instants.1));
        let last = Timestamp::from_micros(instants.0.max(instants.1));
        let (zone, week_start) = (self.query.zone(), self.query.week_start());
        Interval::ALL
            .into_iter()
            .filter(|interval| *interval >= asked.interval)
            .filter_map(|interval| Buckets::cover(interval, first, last, zone, week_start).ok())
            .find(|buckets| buckets.len() <= MAX_MODEL_BUCKETS)
    }

    #[track_caller]
    pub fn facets(&self, as_of: Option<u64>, paths: &[FieldPath], limit: usize) {
        let fields: Vec<_> = paths.iter().map(|path| field(&path.text())).collect();
        let index = self.world.index();
        let facets = index.facets(&self.query, as_of, &fields, limit, in_time());
        let facets = self.world.answer(facets);
        assert_eq!(facets.len(), paths.len());
        for (facet, path) in facets.into_iter().zip(paths) {
            let expected = self
                .question
                .facet(&self.log, self.size(as_of), path, limit);
            assert_eq!(
                (counted(facet.values), facet.distinct, facet.missing),
                (expected.values, expected.distinct, expected.missing),
                "facet of {path:?} as of {as_of:?} by {:?}",
                self.parameters
            );
        }
    }

    #[track_caller]
    pub fn values(&self, as_of: Option<u64>, path: &FieldPath, prefix: &str, limit: usize) {
        let found = self.completions(
            as_of,
            &Completing::Values(field(&path.text())),
            prefix,
            limit,
        );
        let size = self.size(as_of);
        let expected = self.question.values(&self.log, size, path, prefix, limit);
        assert_eq!(
            found, expected,
            "{path:?} {prefix:?} by {:?}",
            self.parameters
        );
    }

    #[track_caller]
    pub fn names(&self, as_of: Option<u64>, prefix: &str, limit: usize) {
        let found = self.completions(as_of, &Completing::Names, prefix, limit);
        let size = self.size(as_of);
        let expected = self.question.names(&self.log, size, prefix, limit);
        assert_eq!(found, expected, "names {prefix:?} by {:?}", self.parameters);
    }

    fn completions(
        &self,
        as_of: Option<u64>,
        completing: &Completing,
        prefix: &str,
        limit: usize,
    ) -> Counted {
        let index = self.world.index();
        let found = index.completions(&self.query, as_of, completing, prefix, limit, in_time());
        counted(self.world.answer(found))
    }

    /// Every event of the log is there for those who may see it, and nothing for the others.
    #[track_caller]
    pub fn get(&self) {
        for row in &self.log.rows {
            let index = self.world.index();
            let found = self.world.answer(index.get(self.query.scope(), row.id));
            let found: Vec<StoredEvent> = found.into_iter().collect();
            let expected = self.question.may_see(row).then_some(row.index);
            self.assert_events(&found, expected.as_slice(), "get");
        }
    }

    /// A size that the log has not reached is refused.
    #[track_caller]
    pub fn beyond(&self) {
        let page = PageRequest {
            as_of: Some(self.log.size() + 1),
            place: PagePlace::First,
            limit: 1,
        };
        let refused = self.world.index();
        let refused = self
            .world
            .try_answer(refused.list(&self.query, page, in_time()));
        assert!(matches!(refused, Err(IndexError::Shrunk { .. })));
    }
}

fn counted(values: Vec<ValueCount>) -> Counted {
    values.into_iter().map(|v| (v.value, v.count)).collect()
}
