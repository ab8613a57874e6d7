//! Random questions about random logs: every answer is the model's.
//!
//! `PROPTEST_CASES` makes more of them.

use evident_event::time::buckets::Interval;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use super::agreement::{Asked, BucketsAsked};
use super::generate::Vocabulary;
use super::generate::asks::{ask, field, prefix};
use super::generate::events::{event, log, micros, short_log};
use super::generate::limits::{limits, narrow, within};
use super::model::answers::PageAt;
use super::model::ask::Ask;
use super::model::field::FieldPath;
use super::model::limits::Limits;
use super::on_every_index;
use super::world::{ORGANIZATION, OTHER_ORGANIZATION, World};

on_every_index![
    every_answer_is_the_models,
    nothing_beyond_a_scope_is_shown_or_counted,
    pages_of_every_size_glue_to_the_list_from_any_place,
    answers_stay_the_same_whatever_arrives,
    followers_of_a_growing_log_see_every_match_once,
];

/// Runs a property on worlds of its own.
fn hold<S: Strategy>(
    world: &World,
    cases: u32,
    strategy: &S,
    property: impl Fn(&mut World, &S::Value),
) {
    let mut config = Config {
        // What failed once is better kept as a case that says what it is about.
        failure_persistence: None,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    let make = world.make;
    let held = TestRunner::new(config).run(strategy, |input| {
        property(&mut World::new(make), &input);
        Ok::<(), TestCaseError>(())
    });
    if let Err(failure) = held {
        panic!("{failure}");
    }
}

/// A question, who asks it, and what else is asked beside the list.
#[derive(Debug, Clone)]
struct Inquiry {
    ask: Ask,
    limits: Limits,
    /// As of so many events ago, if there are as many.
    ago: Option<u64>,
    limit: usize,
    fields: Vec<FieldPath>,
    prefix: String,
    buckets: BucketsAsked,
}

fn inquiry(words: &Vocabulary) -> impl Strategy<Value = Inquiry> + use<> {
    inquiry_by(words, limits(words))
}

/// An inquiry of a caller with such limits.
fn inquiry_by<L: Strategy<Value = Limits>>(
    words: &Vocabulary,
    who: L,
) -> impl Strategy<Value = Inquiry> + use<L> {
    let buckets = (select(&Interval::ALL[..]), micros(), micros());
    let buckets = buckets.prop_map(|(interval, first_micros, last_micros)| BucketsAsked {
        interval,
        first_micros,
        last_micros,
    });
    let ago = option::of(prop_oneof![3 => 0..4_u64, 1 => 0..20_u64]);
    let limit = prop_oneof![1..5_usize, Just(50)];
    let fields = vec(field(words), 1..4);
    (ask(words), who, ago, limit, fields, prefix(words), buckets).prop_map(
        |(ask, limits, ago, limit, fields, prefix, buckets)| {
            Inquiry {
                // Another project than one's own is refused.
                ask: within(&ask, &limits),
                limits,
                ago,
                limit,
                fields,
                prefix,
                buckets,
            }
        },
    )
}

/// Events with numbers from `first` on.
fn numbered(events: &[Value], first: u64) -> Vec<(u64, Value)> {
    (first..).zip(events.iter().cloned()).collect()
}

impl World {
    /// Records events under the numbers that follow.
    fn record_more(&mut self, organization_id: &str, events: &[Value]) {
        let first = self.size_of(organization_id);
        self.record_in(organization_id, &numbered(events, first));
    }
}

/// Everything that one inquiry asks.
fn inquire(world: &World, organization_id: &str, inquiry: &Inquiry, as_of: Option<u64>) {
    let Inquiry {
        limit,
        fields,
        prefix,
        buckets,
        ..
    } = inquiry;
    let asked = Asked::new(world, organization_id, &inquiry.limits, &inquiry.ask);
    asked.list(as_of);
    asked.walk(as_of, *limit);
    asked.span(as_of);
    let of_the_answer = asked
        .question
        .span(&asked.log, as_of.unwrap_or(asked.log.size()));
    asked.histogram(as_of, *buckets, None);
    asked.histogram(as_of, *buckets, fields.first());
    if let Some((first_micros, last_micros)) = of_the_answer {
        let interval = buckets.interval;
        let buckets = BucketsAsked {
            interval,
            first_micros,
            last_micros,
        };
        asked.histogram(as_of, buckets, fields.last());
    }
    asked.facets(as_of, fields, *limit);
    asked.values(as_of, &fields[0], "", *limit);
    asked.values(as_of, &fields[0], prefix, *limit);
    asked.names(as_of, prefix, *limit);
    asked.names(as_of, "", 200);
}

/// Records events of two organizations by turns, in several appends.
fn record_by_turns(world: &mut World, events: &[Value], others: &[Value]) {
    for start in (0..events.len().max(others.len())).step_by(5) {
        let piece = |events: &[Value]| -> Vec<Value> {
            events.iter().skip(start).take(5).cloned().collect()
        };
        world.record_more(ORGANIZATION, &piece(events));
        world.record_more(OTHER_ORGANIZATION, &piece(others));
    }
}

/// All that can be asked about one inquiry, in both organizations.
fn inquire_everywhere(world: &mut World, inquiry: &Inquiry) {
    for organization_id in [ORGANIZATION, OTHER_ORGANIZATION] {
        world.subject.shake();
        let size = world.size_of(organization_id);
        let as_of = inquiry.ago.map(|ago| size.saturating_sub(ago));
        inquire(world, organization_id, inquiry, as_of);
        let asked = Asked::new(world, organization_id, &inquiry.limits, &inquiry.ask);
        asked.follow(0, inquiry.limit);
        asked.follow(as_of.unwrap_or(1).min(size), 1);
        asked.get();
        asked.beyond();
    }
}

fn every_answer_is_the_models(world: &mut World) {
    let strategy = Vocabulary::any()
        .prop_flat_map(|words| (log(&words), log(&words), vec(inquiry(&words), 3..8)));
    hold(
        world,
        200,
        &strategy,
        |world, (events, others, inquiries)| {
            record_by_turns(world, events, others);
            for inquiry in inquiries {
                inquire_everywhere(world, inquiry);
            }
        },
    );
}

fn nothing_beyond_a_scope_is_shown_or_counted(world: &mut World) {
    let strategy = Vocabulary::any().prop_flat_map(|words| {
        let inquiries = vec(inquiry_by(&words, narrow(&words)), 3..8);
        (log(&words), log(&words), inquiries)
    });
    hold(
        world,
        100,
        &strategy,
        |world, (events, others, inquiries)| {
            record_by_turns(world, events, others);
            for inquiry in inquiries {
                inquire_everywhere(world, inquiry);
                // The most that can be asked for is all.
                let everything = Inquiry {
                    ask: Ask::everything(),
                    ..inquiry.clone()
                };
                inquire_everywhere(world, &everything);
            }
        },
    );
}

fn pages_of_every_size_glue_to_the_list_from_any_place(world: &mut World) {
    let strategy = Vocabulary::any()
        .prop_flat_map(|words| (short_log(&words), ask(&words), limits(&words), micros()));
    hold(
        world,
        60,
        &strategy,
        |world, (events, ask, limits, micros)| {
            world.record_more(ORGANIZATION, events);
            for ascending in [true, false] {
                world.subject.shake();
                let ask = Ask {
                    ascending,
                    ..within(ask, limits)
                };
                let asked = Asked::new(world, ORGANIZATION, limits, &ask);
                let size = asked.log.size();
                let listed = asked.indexes(size);
                for as_of in 0..=size {
                    asked.list(Some(as_of));
                    asked.walk(Some(as_of), 2);
                    asked.follow(as_of, 1);
                    asked.follow(as_of, 3);
                }
                for limit in 1..=listed.len() + 1 {
                    assert_eq!(glued_forward(&asked, limit), listed);
                    assert_eq!(glued_backward(&asked, limit), listed);
                    // From every event, whether it is in the list or not, and from where there is none.
                    let places = asked.log.rows.iter().map(|row| row.place());
                    for place in places.chain([(*micros, 3)]) {
                        asked.page(None, PageAt::After(place), limit);
                        asked.page(None, PageAt::Before(place), limit);
                        asked.page(None, PageAt::Around(place), limit);
                    }
                }
            }
        },
    );
}

/// The place of an event of a page.
fn place_at(asked: &Asked<'_>, index: u64) -> (i64, u64) {
    asked.log.rows[usize::try_from(index).unwrap()].place()
}

fn glued_forward(asked: &Asked<'_>, limit: usize) -> Vec<u64> {
    let mut page = asked.page(None, PageAt::First, limit);
    let mut glued = Vec::new();
    loop {
        glued.extend(page.events.iter().map(|event| event.index));
        match (page.more_after, page.events.last()) {
            (true, Some(last)) => {
                page = asked.page(None, PageAt::After(place_at(asked, last.index)), limit);
            }
            _ => return glued,
        }
    }
}

fn glued_backward(asked: &Asked<'_>, limit: usize) -> Vec<u64> {
    let Some(last) = asked.indexes(asked.log.size()).last().copied() else {
        return Vec::new();
    };
    let mut glued = vec![last];
    loop {
        let first = place_at(asked, glued[0]);
        let page = asked.page(None, PageAt::Before(first), limit);
        glued.splice(0..0, page.events.iter().map(|event| event.index));
        if !page.more_before {
            return glued;
        }
    }
}

/// Something that happens to an index between two questions.
#[derive(Debug, Clone)]
enum Change {
    Arrival(Vec<Value>),
    ArrivalElsewhere(Vec<Value>),
    Restart,
}

fn change(words: &Vocabulary) -> impl Strategy<Value = Change> + use<> {
    let events = || vec(event(words), 1..4);
    prop_oneof![
        5 => events().prop_map(Change::Arrival),
        1 => events().prop_map(Change::ArrivalElsewhere),
        2 => Just(Change::Restart),
    ]
}

impl World {
    fn change(&mut self, change: &Change) {
        match change {
            Change::Arrival(events) => self.record_more(ORGANIZATION, events),
            Change::ArrivalElsewhere(events) => self.record_more(OTHER_ORGANIZATION, events),
            Change::Restart => self.restart(),
        }
        self.subject.shake();
    }
}

fn answers_stay_the_same_whatever_arrives(world: &mut World) {
    let strategy = Vocabulary::any().prop_flat_map(|words| {
        (
            short_log(&words),
            inquiry(&words),
            1..4_usize,
            vec(change(&words), 1..6),
        )
    });
    hold(
        world,
        100,
        &strategy,
        |world, (events, inquiry, limit, changes)| {
            world.record_more(ORGANIZATION, events);
            let as_of = world.size_of(ORGANIZATION);
            let expected = {
                let asked = Asked::new(world, ORGANIZATION, &inquiry.limits, &inquiry.ask);
                asked.indexes(as_of)
            };
            let mut changes = changes.iter();
            let mut glued: Vec<u64> = Vec::new();
            let mut at = PageAt::First;
            loop {
                let asked = Asked::new(world, ORGANIZATION, &inquiry.limits, &inquiry.ask);
                // The first page does not say which log it wants.
                let page = match at {
                    PageAt::First => asked.page(None, at, *limit),
                    _ => asked.page(Some(as_of), at, *limit),
                };
                assert_eq!((page.as_of, page.total), (as_of, expected.len() as u64));
                glued.extend(page.events.iter().map(|event| event.index));
                let Some(last) = page.events.last().filter(|_| page.more_after) else {
                    break;
                };
                at = PageAt::After(place_at(&asked, last.index));
                if let Some(change) = changes.next() {
                    world.change(change);
                }
            }
            assert_eq!(glued, expected);
            changes.for_each(|change| world.change(change));
            inquire(world, ORGANIZATION, inquiry, Some(as_of));
            inquire(world, ORGANIZATION, inquiry, None);
        },
    );
}

fn followers_of_a_growing_log_see_every_match_once(world: &mut World) {
    let strategy = Vocabulary::any()
        .prop_flat_map(|words| (inquiry(&words), 1..4_usize, vec(change(&words), 1..8)));
    hold(world, 100, &strategy, |world, (inquiry, limit, changes)| {
        // Whether an attempt is open is judged when it is looked at.
        let ask = Ask {
            open_attempts: false,
            ..inquiry.ask.clone()
        };
        let (mut seen, mut next) = (Vec::new(), 0);
        for change in changes {
            world.change(change);
            let asked = Asked::new(world, ORGANIZATION, &inquiry.limits, &ask);
            let (followed, to) = world.follow(&asked.query, next, *limit);
            assert_eq!(to, world.size_of(ORGANIZATION), "all was looked at");
            seen.extend(followed.iter().map(|event| event.index));
            next = to;
        }
        let asked = Asked::new(world, ORGANIZATION, &inquiry.limits, &ask);
        let found = asked
            .question
            .found(&asked.log, world.size_of(ORGANIZATION));
        let expected: Vec<u64> = found.iter().map(|row| row.index).collect();
        assert_eq!(seen, expected);
    });
}
