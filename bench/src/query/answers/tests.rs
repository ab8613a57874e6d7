#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::filter::Condition;
use super::super::recount::{Wanted, recount};
use super::*;
use crate::events::{DAY_MICROS, Ids, SEED, YEAR_START, rfc3339};
use serde_json::json;

const MANY: u64 = 500;

fn events() -> Events {
    Events::new(SEED, MANY).unwrap()
}

/// What a true server would show of an event.
fn shown(events: &Events, number: u64) -> Value {
    let draw = events.draw(number);
    let mut text = Vec::new();
    events.write(&draw, Ids::Half, &mut text);
    let mut event: Value = serde_json::from_slice(&text).unwrap();
    event["index"] = json!(number);
    event["occurred_at"] = json!(rfc3339(draw.occurred_at));
    event["category"] = json!(events.action(&draw).entry.category);
    event
}

fn newest_first(events: &Events, filter: &Filter) -> Vec<Value> {
    let numbers =
        (0..MANY).filter(|&n| super::super::filter::holds(filter, events, &events.draw(n)));
    let mut all: Vec<Value> = numbers.map(|number| shown(events, number)).collect();
    all.sort_by_key(|event| (event["occurred_at"].to_string(), event["index"].as_u64()));
    all.reverse();
    all
}

#[test]
fn a_true_page_passes_and_each_lie_is_found() {
    let events = events();
    let filter = vec![Condition::Category(events.action(&events.draw(0)).category)];
    let all = newest_first(&events, &filter);
    let total = all.len() as u64;
    assert!(total >= 3);
    let answer = json!({"data": all, "total": total});
    let judged = |answer: &Value| page(&events, &filter, answer, total, 500, false);
    judged(&answer).unwrap();

    let mut lie = answer.clone();
    lie["total"] = json!(total + 1);
    judged(&lie).unwrap_err();
    let mut lie = answer.clone();
    lie["data"].as_array_mut().unwrap().pop();
    judged(&lie).unwrap_err();
    let mut lie = answer.clone();
    lie["data"].as_array_mut().unwrap().swap(0, 1);
    judged(&lie).unwrap_err();
    let mut lie = answer.clone();
    lie["data"][1] = lie["data"][0].clone();
    judged(&lie).unwrap_err();
    let mut lie = answer.clone();
    lie["data"][0]["category"] = json!("Another");
    judged(&lie).unwrap_err();
    page(&events, &filter, &answer, total, 500, true).unwrap_err();
}

#[test]
fn a_condition_is_seen_in_an_event_where_the_generator_says_so() {
    let events = events();
    for number in 0..MANY {
        let (draw, event) = (events.draw(number), shown(&events, number));
        for other in [number, (number + 1) % MANY] {
            let other = events.draw(other);
            let (adjective, noun) = crate::events::target_words(other.target);
            for condition in [
                Condition::Actor(other.actor),
                Condition::ActorType(other.actor_type()),
                Condition::Action(other.action),
                Condition::Project(other.project.unwrap_or_default()),
                Condition::Target(other.action, other.target),
                Condition::Model(other.model),
                Condition::Team(other.team.unwrap_or_default()),
                Condition::Trace(other.number),
                Condition::Between(other.occurred_at, other.occurred_at + DAY_MICROS),
                Condition::Noun(noun),
                Condition::Phrase(adjective, noun),
                Condition::Not(Box::new(Condition::Adjective(adjective))),
            ] {
                let expected = condition.holds(&events, &draw);
                let found = condition.shown_by(&events, &event);
                assert_eq!(found, expected, "{condition:?} of {event}");
            }
        }
    }
}

#[test]
fn a_false_count_of_a_value_is_found() {
    let events = events();
    const FIELDS: &[Field] = &[Field::ActorType];
    let nothing = Vec::new();
    let counts = recount(&events, &[(&nothing, Wanted::Values(FIELDS))]).unwrap();
    let mut true_values: Vec<_> = counts[0]
        .values(0, FIELDS[0], &events)
        .into_iter()
        .collect();
    true_values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let list = |values: &[(String, u64)]| -> Value {
        let values = values.iter();
        values
            .map(|(value, count)| json!({"value": value, "count": count}))
            .collect()
    };
    let judged = |values: Value, missing: u64| {
        let distinct = true_values.len();
        let facet = json!({"values": values, "distinct": distinct, "missing": missing});
        let answer = json!({"facets": {"actor.type": facet}});
        facets(&events, FIELDS, &answer, &counts[0])
    };
    judged(list(&true_values), 0).unwrap();
    judged(list(&true_values), 1).unwrap_err();
    judged(list(&true_values[1..]), 0).unwrap_err();
    let mut lie = true_values.clone();
    lie[0].1 -= 1;
    judged(list(&lie), 0).unwrap_err();
    let mut lie = true_values.clone();
    (lie[0].0, lie[1].0) = (lie[1].0.clone(), lie[0].0.clone());
    judged(list(&lie), 0).unwrap_err();
}

#[test]
fn a_false_bucket_is_found() {
    let events = events();
    let nothing = Vec::new();
    let counts = recount(&events, &[(&nothing, Wanted::Days)]).unwrap();
    let middle = YEAR_START + 100 * DAY_MICROS;
    let end = YEAR_START + 365 * DAY_MICROS;
    let bucket = |from: i64, to: i64| {
        let split = counts[0].in_days(from, to, &events);
        let count: u64 = split.values().sum();
        json!({"start": rfc3339(from), "end": rfc3339(to), "count": count, "split": split})
    };
    let answer = json!({"buckets": [bucket(YEAR_START, middle), bucket(middle, end)]});
    histogram(&events, &answer, &counts[0]).unwrap();
    let mut lie = answer.clone();
    lie["buckets"].as_array_mut().unwrap().pop();
    histogram(&events, &lie, &counts[0]).unwrap_err();
    let mut lie = answer.clone();
    lie["buckets"][0]["start"] = json!(rfc3339(YEAR_START + 50 * DAY_MICROS));
    histogram(&events, &lie, &counts[0]).unwrap_err();
    let mut lie = answer;
    let split = lie["buckets"][0]["split"].as_object_mut().unwrap();
    let (name, _) = split.iter().next().unwrap();
    let name = name.clone();
    split.remove(&name);
    histogram(&events, &lie, &counts[0]).unwrap_err();
}
