#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use std::collections::{HashMap, HashSet};

use evident_event::record::{Door, Sender, admit};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;

const MANY: u64 = 40_000;

fn text(events: &Events, number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    events.write(&events.draw(number), Ids::Half, &mut out);
    out
}

#[test]
fn every_event_is_admitted_without_a_warning_and_they_have_600_bytes() {
    let events = Events::new(SEED, MANY).unwrap();
    let redactor = Redactor::new(RedactionKey::new([7; 32]), &Rules::default());
    let received_at = Timestamp::from_micros(YEAR_END);
    let door = Door {
        catalog: Catalog::embedded().unwrap(),
        organization_id: "org_bench",
        received_at,
        fallback_id: evident_event::id::EventId::v7(YEAR_END, [7; 10]),
        strict: true,
        redactor: &redactor,
        sender: Sender::Client,
        levels: &[],
    };
    let (mut bytes, mut requests, mut ids) = (0, 0, HashSet::new());
    for number in 0..MANY {
        let text = text(&events, number);
        let admitted = admit(&text, &door)
            .unwrap_or_else(|e| panic!("{e:?}: {}", String::from_utf8_lossy(&text)));
        let shown = || String::from_utf8_lossy(&text).into_owned();
        assert!(
            admitted.warnings.is_empty(),
            "{:?} {}",
            admitted.warnings,
            shown()
        );
        let draw = events.draw(number);
        assert_eq!(admitted.occurred_at.as_micros(), draw.occurred_at);
        assert_eq!(admitted.id_given, draw.id_given);
        if draw.id_given {
            assert_eq!(admitted.id, events.id(&draw));
            assert!(ids.insert(admitted.id), "an id comes twice");
        }
        let kept = String::from_utf8(admitted.canonical).unwrap();
        let credential = shown().contains("\"access_token\"");
        assert_eq!(kept.contains("[redacted:"), credential, "{}", shown());
        bytes += text.len() as u64;
        requests += u64::from(kept.contains("\"request\":{\"body\":{"));
    }
    let mean = bytes / MANY;
    assert!((580..=630).contains(&mean), "{mean}");
    assert!(
        (MANY * 19 / 100..MANY * 21 / 100).contains(&requests),
        "{requests}"
    );
    let given = ids.len() as u64;
    assert!(
        (MANY * 48 / 100..MANY * 52 / 100).contains(&given),
        "{given}"
    );
}

#[test]
fn the_same_seed_and_number_give_the_same_event_and_others_give_others() {
    let (one, same) = (Events::new(1, MANY).unwrap(), Events::new(1, MANY).unwrap());
    let other = Events::new(2, MANY).unwrap();
    for number in 0..1000 {
        assert_eq!(text(&one, number), text(&same, number));
        assert_ne!(text(&one, number), text(&other, number));
    }
    let first = String::from_utf8(text(&one, 0)).unwrap();
    assert!(
        first.contains("\"occurred_at\":\"2025-01-01T00:"),
        "{first}"
    );
}

#[test]
fn times_rise_but_for_the_late_one_in_a_hundred() {
    let events = Events::new(SEED, MANY).unwrap();
    let (mut latest, mut late) = (0, 0);
    for number in 0..MANY {
        let at = events.draw(number).occurred_at;
        assert!((YEAR_START..YEAR_END).contains(&at));
        // Within a minute is the clients' precision and chance within a gap, not lateness.
        late += u64::from(at + 60_000_000 < latest);
        latest = latest.max(at);
    }
    assert!(
        (MANY * 7 / 1000..MANY * 12 / 1000).contains(&late),
        "{late}"
    );
    assert!(latest > YEAR_END - DAY_MICROS);
}

#[test]
fn an_outcome_follows_its_attempt_and_says_the_same() {
    let many = 10 * MANY;
    let events = Events::new(SEED, many).unwrap();
    let (mut attempts, mut open) = (HashMap::new(), 0);
    for number in 0..many {
        let draw = events.draw(number);
        match draw.phase {
            Phase::Alone => assert_eq!(draw.core, number),
            Phase::Attempt { open: true } => open += 1,
            Phase::Attempt { open: false } => {
                attempts.insert(number, draw);
            }
            Phase::Outcome => {
                let attempt = attempts
                    .remove(&draw.core)
                    .expect("its attempt came before");
                assert_eq!((attempt.actor, attempt.action), (draw.actor, draw.action));
                assert_eq!(
                    (attempt.target, attempt.project),
                    (draw.target, draw.project)
                );
            }
        }
    }
    assert!(
        attempts.is_empty(),
        "an attempt that is not open has an outcome"
    );
    assert!((140..260).contains(&open), "{open} of 10,000 attempts");
}

#[test]
fn words_of_targets_stand_nowhere_else_in_what_is_searched() {
    let events = Events::new(SEED, MANY).unwrap();
    let mut others: HashSet<String> = HashSet::new();
    let mut add = |text: &str| {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        others.extend(words.map(str::to_lowercase));
    };
    for action in &events.actions_known {
        let entry = action.entry;
        add(&entry.name);
        add(&entry.action);
        add(&entry.render(&|_| None));
    }
    (0..ACTORS as u32).for_each(|actor| add(&actor_name(actor)));
    events.target_types.iter().for_each(|name| add(name));
    for word in words::ADJECTIVES {
        assert!(!others.contains(word), "{word}");
    }
    for noun in words::NOUNS {
        let prefix = &noun[..words::PREFIX_LETTERS];
        let other = others.iter().find(|other| other.starts_with(prefix));
        assert_eq!(other, None, "{noun}");
        let adjective = words::ADJECTIVES
            .iter()
            .find(|other| other.starts_with(prefix));
        assert_eq!(adjective, None, "{noun}");
    }
}

/// FNV-1a, which is enough to notice that a byte is another.
fn fingerprint(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[test]
fn the_events_of_a_seed_are_those_that_were_measured_before() {
    let events = Events::new(1, 1_000_000).unwrap();
    // From everywhere in the year, so that every table is met.
    let bytes = (0..2_000).flat_map(|step| text(&events, step * 499));
    assert_eq!(fingerprint(bytes), 0x24e8_74dd_9c0b_9e51);
}
