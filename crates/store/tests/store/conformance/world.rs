//! A subject, what was put into it, and the ways to ask it.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use evident_event::catalog::Catalog;
use evident_event::id::EventId;
use evident_event::query::{Aliases, Field, Query, Scope};
use evident_event::record::{Door, Sender, admit};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;
use evident_event::time::buckets::{Buckets, Interval};
use evident_store::append::NewEvent;
use evident_store::index::{
    Answer, Completing, EventIndex, IndexError, Listing, MAX_PAGE_EVENTS, PagePlace, PageRequest,
    Place, StoredEvent, WalkedEvent,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::model::log::{Log, Row};
use super::subject::{Subject, scope};
pub use crate::world::ORGANIZATION;

/// Another organization of the same subject.
pub const OTHER_ORGANIZATION: &str = "org_other";
/// A Friday. Whatever is asked is asked now, and events come in now.
pub const NOW: &str = "2026-02-13T10:28:22.000000Z";
/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);
/// When a test gives up on an answer that does not heed its deadline.
const ALL_PATIENCE: Duration = Duration::from_secs(60);
/// Events of a piece, where a walk is taken in pieces.
const PIECE: usize = 3;

/// Makes a subject without events.
pub type Make = fn() -> Box<dyn Subject>;

static REDACTOR: LazyLock<Redactor> =
    LazyLock::new(|| Redactor::new(RedactionKey::new([7; 32]), &Rules::default()));

pub struct World {
    pub make: Make,
    pub subject: Box<dyn Subject>,
    /// What was put into it.
    pub logs: BTreeMap<String, Log>,
    /// The numbers that events were recorded by, by organization and index.
    numbers: BTreeMap<String, Vec<u64>>,
    pub runtime: Runtime,
}

pub fn now() -> Timestamp {
    Timestamp::parse_rfc3339(NOW).unwrap()
}

/// Waits for whatever must come.
#[track_caller]
pub fn wait<T>(runtime: &Runtime, coming: impl Future<Output = T>) -> T {
    let coming = async { tokio::time::timeout(ALL_PATIENCE, coming).await };
    runtime.block_on(coming).expect("an answer, in time or not")
}

/// A deadline that no answer misses.
pub fn in_time() -> Instant {
    Instant::now() + PATIENCE
}

/// A deadline that every answer misses.
pub fn too_late() -> Instant {
    Instant::now()
        .checked_sub(Duration::from_millis(1))
        .unwrap()
}

/// The id of the event with a number, the same in every organization.
pub fn id_of(number: u64) -> EventId {
    EventId::from_idempotency_key("conformance", "", number)
}

/// The organization that most cases are about, all of it.
pub fn everyone() -> Scope {
    scope(ORGANIZATION, None)
}

/// What an event is made of that says no more than the members given.
fn usual(number: u64) -> Value {
    json!({
        "action": "test.done",
        "actor": {"type": "user", "id": "u"},
        "description": "",
        "occurred_at": format!("2026-02-13T10:{:02}:{:02}Z", number / 60, number % 60),
    })
}

/// An event as it comes out of the door, with a number for its id.
pub fn admitted(organization_id: &str, number: u64, members: &Value) -> NewEvent {
    let mut event = usual(number);
    let all = event.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        all.insert(name.clone(), value.clone());
    }
    all.insert("id".to_owned(), json!(id_of(number).to_string()));
    let door = Door {
        catalog: Catalog::embedded().unwrap(),
        organization_id,
        received_at: now(),
        fallback_id: id_of(number),
        strict: false,
        redactor: &REDACTOR,
        // Who may record everything.
        levels: &[],
        sender: Sender::Evident,
    };
    let admitted = match admit(event.to_string().as_bytes(), &door) {
        Ok(admitted) => admitted,
        Err(refusals) => panic!("{event}: {refusals:?}"),
    };
    NewEvent {
        id: admitted.id,
        received_at: now(),
        occurred_at: admitted.occurred_at,
        carried: admitted.carried,
        canonical: Bytes::from(admitted.canonical),
    }
}

impl World {
    pub fn new(make: Make) -> Self {
        Self {
            make,
            subject: make(),
            logs: BTreeMap::new(),
            numbers: BTreeMap::new(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap(),
        }
    }

    /// Records events, each a number and the members in which it differs from the usual. Events
    /// happen in the order of their numbers, unless they say otherwise.
    pub fn record(&mut self, events: &[(u64, Value)]) {
        self.record_in(ORGANIZATION, events);
    }

    pub fn record_in(&mut self, organization_id: &str, events: &[(u64, Value)]) {
        if events.is_empty() {
            return;
        }
        let new = events
            .iter()
            .map(|(number, members)| admitted(organization_id, *number, members));
        let new: Vec<NewEvent> = new.collect();
        let leaves = self.subject.append(organization_id, new.clone());
        assert_eq!(leaves.len(), new.len());
        let log = self.logs.entry(organization_id.to_owned()).or_default();
        for (event, leaf_hash) in new.into_iter().zip(leaves) {
            let index = log.size();
            log.rows
                .push(Row::new(index, event.id, event.canonical, leaf_hash));
        }
        let numbers = self.numbers.entry(organization_id.to_owned()).or_default();
        numbers.extend(events.iter().map(|(number, _)| *number));
        self.subject.shake();
    }

    pub fn restart(&mut self) {
        self.subject.restart();
        self.subject.shake();
    }

    pub fn log(&self, organization_id: &str) -> Log {
        self.logs.get(organization_id).cloned().unwrap_or_default()
    }

    /// How many events were recorded.
    pub fn size_of(&self, organization_id: &str) -> u64 {
        self.logs.get(organization_id).map_or(0, Log::size)
    }

    /// The index as it is now.
    pub fn index(&self) -> Arc<dyn EventIndex> {
        self.subject.index()
    }

    /// What it answers.
    #[track_caller]
    pub fn answer<T>(&self, answer: Answer<'_, T>) -> T {
        self.try_answer(answer).unwrap()
    }

    #[track_caller]
    pub fn try_answer<T>(&self, answer: Answer<'_, T>) -> Result<T, IndexError> {
        wait(&self.runtime, answer)
    }

    /// The page at a place.
    pub fn page(
        &self,
        query: &Query,
        as_of: Option<u64>,
        place: PagePlace,
        limit: usize,
    ) -> Listing {
        let page = PageRequest {
            as_of,
            place,
            limit,
        };
        self.answer(self.index().list(query, page, in_time()))
    }

    /// All of the answer, by a walk in pieces of so many events, or of few bytes.
    pub fn walk(&self, query: &Query, as_of: Option<u64>, piece: usize) -> Vec<StoredEvent> {
        let size = self.size_of(query.scope().organization_id());
        let mut walk = self.answer(self.index().walk(query, as_of, in_time()));
        let mut all = Vec::new();
        loop {
            // Now for as much as there is, then for no more than one.
            let max_bytes = [usize::MAX, 2_000, 0][all.len() % 3];
            let events = self.answer(walk.next(piece, max_bytes, in_time()));
            assert!(events.len() <= piece);
            if events.is_empty() {
                return all;
            }
            all.extend(self.recorded(query.scope().organization_id(), &events));
            assert!(all.len() as u64 <= size, "the walk does not end");
        }
    }

    /// The events that a walk came by, as they were recorded.
    pub fn recorded(&self, organization_id: &str, walked: &[WalkedEvent]) -> Vec<StoredEvent> {
        let recorded = |event: &WalkedEvent| {
            let row = &self.logs[organization_id].rows[usize::try_from(event.index).unwrap()];
            assert_eq!(event.canonical, row.canonical);
            StoredEvent {
                index: row.index,
                id: row.id,
                occurred_at: Timestamp::from_micros(row.micros),
                leaf_hash: row.leaf_hash,
                canonical: row.canonical.clone(),
            }
        };
        walked.iter().map(recorded).collect()
    }

    /// All that follows an index, asked for a few at a time. Gives also where to go on.
    pub fn follow(&self, query: &Query, from: u64, limit: usize) -> (Vec<StoredEvent>, u64) {
        let size = self.size_of(query.scope().organization_id());
        let index = self.index();
        let (mut all, mut next) = (Vec::new(), from);
        while next < size {
            let followed = self.answer(index.follow(query, next, limit, in_time()));
            assert!(followed.events.len() <= limit);
            let is_between = |event: &StoredEvent| (next..followed.next).contains(&event.index);
            assert!(
                followed.events.iter().all(is_between),
                "{followed:?} from {next}"
            );
            assert!(followed.next > next, "it must get on: {followed:?}");
            next = followed.next;
            all.extend(followed.events);
        }
        (all, next)
    }
}

/// A field as a client writes it.
pub fn field(path: &str) -> Field {
    Field::parse("field", path).unwrap()
}

pub fn place_of(event: &StoredEvent) -> Place {
    Place {
        occurred_at: event.occurred_at,
        index: event.index,
    }
}

/// The query of these parameters, by what names and aliases mean to whoever asks.
pub fn parsed(scope: Scope, parameters: &[&str], aliases: Aliases<'_>) -> Query {
    let given = parameters
        .iter()
        .map(|given| given.split_once('=').unwrap());
    match Query::parse(scope, given, now(), aliases) {
        Ok((query, _)) => query,
        Err(error) => panic!("{parameters:?}: {error}"),
    }
}

/// Asking as the cases do.
impl World {
    /// The query of these parameters, each `name=value`.
    pub fn query(&self, scope: Scope, parameters: &[&str]) -> Query {
        let aliases = |text: &str| {
            let catalog = Catalog::embedded().unwrap();
            catalog.name_for_alias(text).map(str::to_owned)
        };
        parsed(scope, parameters, &aliases)
    }

    /// The numbers of the events that an answer holds.
    pub fn numbers(&self, organization_id: &str, events: &[StoredEvent]) -> Vec<u64> {
        let number = |event: &StoredEvent| {
            let row = &self.logs[organization_id].rows[usize::try_from(event.index).unwrap()];
            assert_eq!(event.id, row.id);
            assert_eq!(event.canonical, row.canonical);
            assert_eq!(event.leaf_hash, row.leaf_hash);
            self.numbers[organization_id][usize::try_from(event.index).unwrap()]
        };
        events.iter().map(number).collect()
    }

    /// Exactly these events match, whichever way they are asked for.
    #[track_caller]
    pub fn finds(&mut self, parameters: &[&str], expected: &[u64]) {
        self.finds_in(everyone(), parameters, expected);
    }

    #[track_caller]
    pub fn finds_in(&mut self, scope: Scope, parameters: &[&str], expected: &[u64]) {
        self.subject.shake();
        let query = self.query(scope, parameters);
        let mut found = self.listed(&query);
        found.sort_unstable();
        assert_eq!(found, expected, "found by {parameters:?}");
    }

    /// Exactly these events match, and are listed in this order.
    #[track_caller]
    pub fn lists(&mut self, parameters: &[&str], expected: &[u64]) {
        self.subject.shake();
        let listed = self.listed(&self.query(everyone(), parameters));
        assert_eq!(listed, expected, "listed by {parameters:?}");
    }

    /// The whole list, after it was held to every other answer.
    #[track_caller]
    pub fn listed(&self, query: &Query) -> Vec<u64> {
        let organization_id = query.scope().organization_id();
        let condition = query.condition();
        let listing = self.page(query, None, PagePlace::First, MAX_PAGE_EVENTS);
        assert_eq!(listing.total, listing.events.len() as u64, "{condition:?}");
        assert!(!listing.more_before && !listing.more_after);
        let listed = self.numbers(organization_id, &listing.events);

        let walked = self.walk(query, None, PIECE);
        assert_eq!(
            self.numbers(organization_id, &walked),
            listed,
            "walk: {condition:?}"
        );

        let (mut followed, _) = self.follow(query, 0, PIECE);
        assert!(followed.is_sorted_by_key(|event| event.index));
        followed.sort_by_key(place_of);
        let mut ascending = listing.events.clone();
        ascending.sort_by_key(place_of);
        assert_eq!(
            self.numbers(organization_id, &followed),
            self.numbers(organization_id, &ascending),
            "follow: {condition:?}"
        );
        self.assert_counted(query, &ascending);
        listed
    }

    /// Counts are of exactly these events, given in the order of time.
    #[track_caller]
    fn assert_counted(&self, query: &Query, expected: &[StoredEvent]) {
        let total = expected.len() as u64;
        let span = self.answer(self.index().span(query, None, in_time()));
        let ends = expected.first().zip(expected.last());
        assert_eq!(
            span.ends,
            ends.map(|(a, b)| (a.occurred_at, b.occurred_at)),
            "span"
        );
        // A span of more than five thousand months has no histogram.
        let (zone, week_start) = (query.zone(), query.week_start());
        let buckets = span
            .ends
            .map(|(first, last)| Buckets::cover(Interval::Month, first, last, zone, week_start));
        if let Some(Ok(buckets)) = buckets {
            let index = self.index();
            let histogram = index.histogram(query, None, &buckets, None, in_time());
            let histogram = self.answer(histogram);
            assert_eq!(histogram.counts.iter().sum::<u64>(), total, "histogram");
        }

        // Every event has an index of its own.
        let by_index = [field("index")];
        let mut indexes: Vec<String> = expected.iter().map(|e| e.index.to_string()).collect();
        indexes.sort_unstable();
        let facets = self.answer(self.index().facets(query, None, &by_index, 500, in_time()));
        let counted = facets[0].values.iter().map(|v| (v.value.clone(), v.count));
        let once = indexes.iter().map(|index| (index.clone(), 1));
        assert!(counted.eq(once.clone()), "facets: {facets:?}");
        assert_eq!((facets[0].distinct, facets[0].missing), (total, 0));

        let completing = Completing::Values(field("index"));
        let completions =
            self.answer(
                self.index()
                    .completions(query, None, &completing, "", 500, in_time()),
            );
        let completed = completions.into_iter().map(|v| (v.value, v.count));
        assert!(completed.eq(once), "completions");
    }

    /// The most frequent values of a field among the events that match, with their counts.
    #[track_caller]
    pub fn facet(&self, scope: Scope, parameters: &[&str], path: &str) -> FacetShown {
        let query = self.query(scope, parameters);
        let fields = [field(path)];
        let facets = self.answer(self.index().facets(&query, None, &fields, 500, in_time()));
        let facet = &facets[0];
        FacetShown {
            values: facet
                .values
                .iter()
                .map(|v| (v.value.clone(), v.count))
                .collect(),
            distinct: facet.distinct,
            missing: facet.missing,
        }
    }
}

/// A facet, to be compared with what a case expects.
#[derive(Debug, PartialEq, Eq)]
pub struct FacetShown {
    pub values: Vec<(String, u64)>,
    pub distinct: u64,
    pub missing: u64,
}
