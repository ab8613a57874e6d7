//! The door: what parsing, checking and canonicalizing one event costs, part by part.
//!
//! Each part runs over the same events several times; the fastest pass is reported, as the one
//! that other work on the machine disturbed least.

use std::hint::black_box;
use std::time::Instant;

use evident_event::canonical;
use evident_event::catalog::Catalog;
use evident_event::id::EventId;
use evident_event::json::{self, Json, MAX_DEPTH, split};
use evident_event::record::{Door, Sender, admit};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;

use crate::events::{Events, Ids, SEED};

/// Passes over the events for each part.
const PASSES: usize = 15;
/// Events in the bodies that are cut into events.
const BATCH_EVENTS: usize = 1000;

pub fn run(arguments: &[String]) -> Result<(), String> {
    let count = match arguments {
        [] => 20_000,
        [name, value] if name == "--events" => value.parse().map_err(|_| crate::USAGE)?,
        _ => return Err(crate::USAGE.to_owned()),
    };
    let events = Events::new(SEED, count as u64)?;
    let texts: Vec<Vec<u8>> = (0..count as u64)
        .map(|number| {
            let mut text = Vec::new();
            events.write(&events.draw(number), Ids::Half, &mut text);
            text
        })
        .collect();
    let bytes: usize = texts.iter().map(Vec::len).sum();
    println!("{count} events of {} bytes on average\n", bytes / count);
    println!("| part | ns an event |\n| --- | ---: |");
    let mut made = Vec::new();
    report(
        "make it (the load generator, not the server)",
        count,
        || {
            for number in 0..count as u64 {
                made.clear();
                events.write(&events.draw(number), Ids::Half, &mut made);
                black_box(&made);
            }
        },
    );
    let batches = texts.chunks(BATCH_EVENTS);
    let bodies: Vec<Vec<u8>> = batches
        .clone()
        .map(|events| [br#"{"events":["#, &*events.join(&b','), b"]}"].concat())
        .collect();
    report("cut a JSON batch into events", count, || {
        for body in &bodies {
            let _ = black_box(split::envelope(black_box(body)));
        }
    });
    let bodies: Vec<Vec<u8>> = batches.map(|events| events.join(&b'\n')).collect();
    report("cut lines into events", count, || {
        for body in &bodies {
            black_box(split::ndjson_lines(black_box(body)).count());
        }
    });
    let values: Vec<Json<'_>> = texts
        .iter()
        .map(|text| json::parse(text, MAX_DEPTH).map_err(|error| error.to_string()))
        .collect::<Result<_, _>>()?;
    report("parse", count, || {
        for text in &texts {
            let _ = black_box(json::parse(black_box(text), MAX_DEPTH));
        }
    });
    let mut members: Vec<_> = values
        .iter()
        .filter_map(|value| value.as_object().map(<[_]>::to_vec))
        .collect();
    let mut out = Vec::new();
    report("write the canonical bytes", count, || {
        for value in &values {
            out.clear();
            canonical::write(black_box(value), &mut out);
            black_box(&out);
        }
    });
    let received_at = Timestamp::from_micros(1_790_000_000_000_000);
    let redactor = Redactor::new(RedactionKey::new([7; 32]), &Rules::default());
    report("find secrets (hardly any)", count, || {
        for value in &mut members {
            let _ = black_box(redactor.clean(black_box(value), None));
        }
    });
    let door = Door {
        catalog: Catalog::embedded().map_err(|error| error.to_string())?,
        organization_id: "org_bench",
        received_at,
        fallback_id: EventId::v7(received_at.as_micros(), [7; 10]),
        strict: false,
        redactor: &redactor,
        sender: Sender::Client,
        levels: &[],
    };
    if let Err(refusals) = admit(&texts[0], &door) {
        return Err(format!("the event is refused: {refusals:?}"));
    }
    report(
        "admit: parse, check, find secrets, complete, write",
        count,
        || {
            for text in &texts {
                let _ = black_box(admit(black_box(text), &door));
            }
        },
    );
    Ok(())
}

fn report(part: &str, count: usize, mut pass: impl FnMut()) {
    let fastest = (0..PASSES)
        .map(|_| {
            let started = Instant::now();
            pass();
            started.elapsed()
        })
        .min()
        .unwrap_or_default();
    println!(
        "| {part} | {:.0} |",
        fastest.as_nanos() as f64 / count as f64
    );
}
