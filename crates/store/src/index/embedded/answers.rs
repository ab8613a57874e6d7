//! The questions of [`EventIndex`], handed to whoever answers them.

use std::sync::Arc;
use std::time::Instant;

use evident_event::id::EventId;
use evident_event::query::{Field, Query, Scope};
use evident_event::time::buckets::Buckets;

use super::walk::Walked;
use super::{Cut, EmbeddedIndex, off_the_reactor};
use crate::index::{
    Answer, Completing, EventIndex, Facet, Followed, Histogram, Listing, PageRequest, Span,
    StoredEvent, ValueCount, Walk,
};

/// The embedded index as others hold it.
pub(crate) struct Embedded(pub(crate) Arc<EmbeddedIndex>);

impl EventIndex for Embedded {
    fn list<'a>(
        &'a self,
        query: &'a Query,
        page: PageRequest,
        deadline: Instant,
    ) -> Answer<'a, Listing> {
        self.0
            .answer(query, page.as_of, deadline, move |cut, query| {
                cut.list(query, page)
            })
    }

    fn walk<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Answer<'a, Box<dyn Walk>> {
        self.0.answer(query, as_of, deadline, |cut, query| {
            Ok(Box::new(Walked::new(cut, query)?) as Box<dyn Walk>)
        })
    }

    fn follow<'a>(
        &'a self,
        query: &'a Query,
        from: u64,
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Followed> {
        let follow = move |cut: Cut, query: &Query| cut.follow(query, from, limit);
        self.0.answer_from(query, from, None, deadline, follow)
    }

    fn span<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        deadline: Instant,
    ) -> Answer<'a, Span> {
        self.0
            .answer(query, as_of, deadline, |cut, query| cut.span(query))
    }

    fn histogram<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        buckets: &'a Buckets,
        split_by: Option<&'a Field>,
        deadline: Instant,
    ) -> Answer<'a, Histogram> {
        let (buckets, split_by) = (buckets.clone(), split_by.cloned());
        self.0.answer(query, as_of, deadline, move |cut, query| {
            cut.histogram(query, &buckets, split_by.as_ref())
        })
    }

    fn facets<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        fields: &'a [Field],
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Vec<Facet>> {
        let fields = fields.to_vec();
        self.0.answer(query, as_of, deadline, move |cut, query| {
            cut.facets(query, &fields, limit)
        })
    }

    fn completions<'a>(
        &'a self,
        query: &'a Query,
        as_of: Option<u64>,
        completing: &'a Completing,
        prefix: &'a str,
        limit: usize,
        deadline: Instant,
    ) -> Answer<'a, Vec<ValueCount>> {
        let (completing, prefix) = (completing.clone(), prefix.to_owned());
        self.0.answer(query, as_of, deadline, move |cut, query| {
            cut.completions(query, &completing, &prefix, limit)
        })
    }

    fn get<'a>(&'a self, scope: &'a Scope, id: EventId) -> Answer<'a, Option<StoredEvent>> {
        let (index, scope) = (Arc::clone(&self.0), scope.clone());
        Box::pin(off_the_reactor(move || index.get_blocking(&scope, id)))
    }

    fn applied_through<'a>(&'a self, organization_id: &'a str) -> Answer<'a, u64> {
        Box::pin(async move { Ok(self.0.view().size(organization_id)) })
    }

    fn applied_beyond<'a>(
        &'a self,
        organization_id: &'a str,
        index: u64,
        deadline: Instant,
    ) -> Answer<'a, u64> {
        let mut applied = self.0.watch(organization_id);
        Box::pin(async move {
            let more = applied.wait_for(|applied| *applied > index);
            // Past the deadline, or with the index gone, the number is what it is now.
            let _ = tokio::time::timeout_at(deadline.into(), more).await;
            let applied = *applied.borrow();
            Ok(applied)
        })
    }
}
