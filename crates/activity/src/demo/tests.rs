//! What the demo promises: the same bytes every time, people who sleep, a strict organization that takes it all, and
//! incidents that are found.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{HashMap, HashSet};

use evident_event::catalog::Catalog;
use evident_event::json;
use evident_event::query::{Candidate, Query, Scope, outcome_of};
use evident_event::record::{Door, Sender, admit};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;
use serde_json::Value;

use super::*;

/// 2026-09-21T14:13:20Z: not the beginning of an hour.
const END: i64 = 1_790_000_000_000_000;
const WEEK: i64 = 7 * DAY;

fn demo() -> Demo {
    Demo::new(DEFAULT_SEED, END, YEAR_EVENTS)
}

fn texts(demo: &Demo, from: i64, to: i64) -> Vec<String> {
    let events = demo.events_between(from, to);
    events.map(|event| event.text).collect()
}

#[test]
fn a_seed_gives_the_same_bytes_every_time_and_another_seed_gives_others() {
    let (from, to) = (demo().start() + 40 * DAY, demo().start() + 43 * DAY);
    let one = texts(&demo(), from, to);
    assert_eq!(one, texts(&demo(), from, to));
    assert!(one.len() > 500, "{}", one.len());
    let other = Demo::new(DEFAULT_SEED + 1, END, YEAR_EVENTS);
    let other: HashSet<String> = texts(&other, from, to).into_iter().collect();
    assert!(one.iter().all(|text| !other.contains(text)));
}

#[test]
fn spans_joined_are_the_whole_wherever_they_are_cut() {
    let demo = demo();
    // Over the end of the year, from within an hour to within an hour.
    let (from, to) = (
        demo.year_end() - 30 * HOUR - 17,
        demo.year_end() + 9 * HOUR + 11,
    );
    let whole = texts(&demo, from, to);
    let mut random = Random::of(7, 7, 7);
    let (mut joined, mut at) = (Vec::new(), from);
    while at < to {
        let next = to.min(at + 1 + random.below(2 * HOUR as u64) as i64);
        joined.extend(texts(&demo, at, next));
        at = next;
    }
    assert_eq!(joined, whole);
}

#[test]
fn the_year_has_its_events_in_order_grows_and_begins_where_it_says() {
    let demo = demo();
    let (mut count, mut bytes, mut before) = (0_u64, 0, demo.start());
    let (mut first, mut last) = (0, 0);
    let mut ids = HashSet::new();
    for event in demo.events_between(i64::MIN, demo.year_end()) {
        assert!(event.occurred_at >= before, "out of order: {}", event.text);
        before = event.occurred_at;
        assert!(ids.insert(event.id), "an id comes twice: {}", event.text);
        count += 1;
        bytes += event.text.len() as u64;
        first += u64::from(event.occurred_at < demo.start() + 4 * WEEK);
        last += u64::from(event.occurred_at >= demo.year_end() - 4 * WEEK);
    }
    assert!((270_000..330_000).contains(&count), "{count}");
    assert!((550..700).contains(&(bytes / count)), "{}", bytes / count);
    assert!(
        (5 * first..10 * first).contains(&last),
        "{first} and {last}"
    );
    assert_eq!(demo.year_end() % HOUR, 0);
    assert!((0..HOUR).contains(&(END - demo.year_end())));
}

#[test]
fn a_smaller_demo_has_about_as_many_events_as_asked_for_and_all_incidents() {
    let small = Demo::new(DEFAULT_SEED, END, 3_000);
    let count = small.events_between(i64::MIN, small.year_end()).count();
    let planted = small.planted.len();
    assert!(
        (2_400..3_600).contains(&(count - planted)),
        "{count}, {planted}"
    );
    assert_eq!(planted, demo().planted.len());
}

/// What a strict organization makes of the events, and what is found in them.
#[test]
fn every_event_is_admitted_without_a_warning_and_queries_find_the_incidents() {
    let demo = demo();
    let redactor = Redactor::new(RedactionKey::new([7; 32]), &Rules::default());
    let door = door(demo.year_end(), &redactor);
    let queries: Vec<Query> = demo
        .incidents()
        .iter()
        .map(|incident| query(incident, door.received_at))
        .collect();
    let mut found = vec![0; queries.len()];
    let (mut actions, mut secrets) = (HashSet::new(), 0);
    // Outcomes come within two hours of their attempt; what is open is looked at again at the end.
    let (mut attempts, mut outcomes) = (Vec::new(), HashSet::new());
    for event in demo.events_between(i64::MIN, demo.year_end()) {
        let admitted =
            admit(event.text.as_bytes(), &door).unwrap_or_else(|e| panic!("{e:?}: {}", event.text));
        assert!(
            admitted.warnings.is_empty(),
            "{:?}: {}",
            admitted.warnings,
            event.text
        );
        assert_eq!(
            (admitted.id, admitted.occurred_at.as_micros()),
            (event.id, event.occurred_at)
        );
        let parsed = json::parse(&admitted.canonical, json::MAX_DEPTH).unwrap();
        if let Some(attempt) = outcome_of(&parsed) {
            outcomes.insert(attempt.to_owned());
        }
        actions.insert(parsed.get("action").unwrap().as_str().unwrap().to_owned());
        let kept = String::from_utf8_lossy(&admitted.canonical);
        if kept.contains("[redacted:") {
            let is_planted = demo.planted.iter().any(|planted| planted.id == event.id);
            assert!(
                is_planted || event.text.contains("\"access_token\""),
                "{kept}"
            );
            secrets += u64::from(is_planted);
        }
        for (query, found) in queries.iter().zip(&mut found) {
            let candidate = Candidate {
                event: &parsed,
                index: 0,
                has_outcome: false,
            };
            if query.matches(&candidate) && query.asks_for_outcomes() {
                let attempt = parsed.get("attempt_id").unwrap().as_str().unwrap();
                attempts.push(attempt.to_owned());
            } else if query.matches(&candidate) {
                *found += 1;
            }
        }
    }
    attempts.retain(|attempt| !outcomes.contains(attempt));
    for (incident, found) in demo.incidents().iter().zip(found) {
        let is_open = incident.parameters.contains(&("attempt", "open"));
        let found = if is_open {
            attempts.len() as u64
        } else {
            found
        };
        assert_eq!(found, incident.events, "{}", incident.title);
    }
    // The script that has the key in it, and the first call of the thief.
    assert_eq!(secrets, 2);
    let known = door.catalog.entries().count();
    assert!(actions.len() > 160, "{} of {known} actions", actions.len());
}

/// Somebody may ask at any moment: whoever waits for an outcome then is no incident either.
#[test]
fn what_goes_on_after_the_year_is_found_by_no_query_of_an_incident() {
    let demo = demo();
    let end = demo.year_end();
    let redactor = Redactor::new(RedactionKey::new([7; 32]), &Rules::default());
    let door = door(end + DAY, &redactor);
    let queries: Vec<Query> = demo
        .incidents()
        .iter()
        .map(|incident| query(incident, door.received_at))
        .collect();
    let mut announced = 0;
    for event in demo.events_between(end, end + DAY) {
        announced += u32::from(event.text.contains("\"attempt\""));
        let admitted = admit(event.text.as_bytes(), &door).unwrap();
        let parsed = json::parse(&admitted.canonical, json::MAX_DEPTH).unwrap();
        let candidate = Candidate {
            event: &parsed,
            index: 0,
            has_outcome: false,
        };
        let finder = queries.iter().position(|query| query.matches(&candidate));
        assert_eq!(finder, None, "{}", event.text);
    }
    assert!(announced > 100, "{announced}");
}

fn door<'a>(now: i64, redactor: &'a Redactor) -> Door<'a> {
    Door {
        catalog: Catalog::embedded().unwrap(),
        organization_id: "org_demo",
        received_at: Timestamp::from_micros(now),
        fallback_id: EventId::v7(END, [7; 10]),
        strict: true,
        redactor,
        levels: &[],
        sender: Sender::Client,
    }
}

fn query(incident: &Incident, now: Timestamp) -> Query {
    let scope = Scope::organization("org_demo");
    let aliases = |text: &str| {
        Catalog::embedded()
            .unwrap()
            .name_for_alias(text)
            .map(str::to_owned)
    };
    let parsed = Query::parse(scope, incident.parameters.iter().copied(), now, &aliases);
    parsed.unwrap().0
}

#[test]
fn people_work_by_their_own_clocks_and_only_who_is_on_call_does_at_night() {
    let demo = demo();
    let planted: HashSet<EventId> = demo.planted.iter().map(|event| event.id).collect();
    let by_id: HashMap<&str, &people::Person> = demo
        .people
        .all
        .iter()
        .map(|person| (&*person.id, person))
        .collect();
    let (mut at_night, mut hours) = (0, HashSet::new());
    let from = demo.start() + 20 * WEEK;
    for event in demo.events_between(from, from + 3 * WEEK) {
        let parsed: Value = serde_json::from_str(&event.text).unwrap();
        let actor = &parsed["actor"];
        if actor["type"] != "user" || planted.contains(&event.id) {
            continue;
        }
        let person = by_id[actor["id"].as_str().unwrap()];
        let local = demo.people.local(person, event.occurred_at);
        hours.insert(event.occurred_at.rem_euclid(DAY) / HOUR);
        if !local.is_workday || !(8..19).contains(&local.hour) {
            let on_call = demo.people.on_call(event.occurred_at - HOUR).id == person.id
                || demo.people.on_call(event.occurred_at).id == person.id;
            assert!(on_call, "{} at {}: {}", person.name, local.hour, event.text);
            at_night += 1;
        }
    }
    assert!(at_night > 5, "{at_night}");
    // Somebody is always at work somewhere.
    assert_eq!(hours.len(), 24);
}

#[test]
fn after_the_year_something_happens_every_few_seconds_and_always_within_twenty() {
    let demo = demo();
    let end = demo.year_end();
    let (mut before, mut busy, mut busy_hours) = (end, 0, HashSet::new());
    for event in demo.events_between(end, end + WEEK) {
        let gap = event.occurred_at - before;
        assert!(
            gap < 20 * clock::SECOND,
            "{gap} us of silence before {}",
            event.text
        );
        before = event.occurred_at;
        let hour = event.occurred_at.div_euclid(HOUR);
        // Days since a Thursday: neither Saturday nor Sunday.
        let is_weekday = !matches!(hour.div_euclid(24).rem_euclid(7), 2 | 3);
        if is_weekday && (8..17).contains(&hour.rem_euclid(24)) {
            busy += 1;
            busy_hours.insert(hour);
        }
    }
    let seconds = busy_hours.len() as f64 * 3600.0 / f64::from(busy);
    assert!((2.0..4.0).contains(&seconds), "every {seconds:.1} s");
}

#[test]
fn there_are_120_people_of_different_names_on_known_clocks() {
    let people = People::new(1);
    let names: HashSet<&str> = people.all.iter().map(|person| person.name).collect();
    let emails: HashSet<&str> = people.all.iter().map(|person| &*person.email).collect();
    assert_eq!(
        (people.all.len(), names.len(), emails.len()),
        (120, 120, 120)
    );
    let noon = 1_784_116_800 * clock::SECOND;
    let hours: HashSet<i8> = people
        .all
        .iter()
        .map(|person| people.local(person, noon).hour)
        .collect();
    // London and Lagos share one in summer. A zone that is not known would be UTC, where it is 12.
    assert_eq!(hours.len(), 8, "{hours:?}");
    assert!(!hours.contains(&12));
}

#[test]
fn nobody_has_an_address_that_could_be_real() {
    let demo = Demo::new(3, END, YEAR_EVENTS / 10);
    for event in demo.events_between(i64::MIN, demo.year_end()) {
        let parsed: Value = serde_json::from_str(&event.text).unwrap();
        let Some(ip) = parsed["context"]["ip"].as_str() else {
            continue;
        };
        let documented = ["192.0.2.", "198.51.100.", "203.0.113.", "2001:db8:"];
        assert!(documented.iter().any(|range| ip.starts_with(range)), "{ip}");
        let email = parsed["actor"]["email"]
            .as_str()
            .unwrap_or("@quillmere.example");
        assert!(email.ends_with("@quillmere.example"), "{email}");
    }
}
