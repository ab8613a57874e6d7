//! The store: what numbering, writing, hashing, finding and sealing an event costs, by thread.
//!
//! The store runs in this process and is given events that have passed the door, so what it costs is
//! seen without clients and connections, by threads that have names, and by tools that look at one
//! process. One append follows the other's answer, so the threads are in each other's way as little as
//! can be.

use std::path::Path;
use std::time::Instant;

use bytes::Bytes;
use evident_activity::random::mix;
use evident_event::catalog::Catalog;
use evident_event::id::EventId;
use evident_event::record::{Door, Sender, admit};
use evident_event::redact::{RedactionKey, Redactor, Rules};
use evident_event::time::Timestamp;
use evident_ledger::note::SigningKey;
use evident_store::Store;
use evident_store::append::{Append, NewEvent};

use crate::events::{Events, Ids, SEED};
use crate::report::grouped;
use crate::server::threads;

pub const ORGANIZATION: &str = "org_bench";
/// When all events were received.
const RECEIVED_AT: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);
/// Events in an append.
const BATCH: u64 = 1_000;

pub fn run(arguments: &[String]) -> Result<(), String> {
    let (data, count) = match arguments {
        [at, data, events, count] if at == "--data" && events == "--events" => {
            (Path::new(data), count.parse().map_err(|_| crate::USAGE)?)
        }
        _ => return Err(crate::USAGE.to_owned()),
    };
    let store = make_store(data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("caller")
        .build()
        .map_err(|error| error.to_string())?;
    let mut source = Source::new(count)?;
    let (mut waited, mut bytes, mut number) = (0.0, 0, 0);
    while number < count {
        let events = source.batch(number..count.min(number + BATCH), &|_| RECEIVED_AT)?;
        number += events.len() as u64;
        bytes += events
            .iter()
            .map(|event| event.canonical.len())
            .sum::<usize>();
        let append = Append {
            organization_id: ORGANIZATION.into(),
            events,
            partial: false,
        };
        let started = Instant::now();
        let outcomes = runtime.block_on(store.append(append));
        outcomes.map_err(|error| error.to_string())?;
        waited += started.elapsed().as_secs_f64();
    }
    store.settle();
    println!(
        "{} events of {} canonical bytes on average, appended by {BATCH}: {} events/s but for making them\n",
        grouped(count),
        bytes / count as usize,
        grouped((count as f64 / waited) as u64)
    );
    println!("| thread | CPU µs/event |\n| --- | ---: |");
    for (name, seconds) in threads("self")? {
        if name != "evident-bench" {
            println!("| {name} | {:.2} |", seconds * 1e6 / count as f64);
        }
    }
    store.close();
    Ok(())
}

/// A store on a fresh directory, with one log.
pub fn make_store(data: &Path) -> Result<Store, String> {
    std::fs::create_dir_all(data).map_err(|error| error.to_string())?;
    let store = Store::open(data, evident_store::Options::default());
    let store = store.map_err(|error| error.to_string())?;
    let key = SigningKey::from_seed("evident.localhost/org_bench", [7; 32]);
    let key = key.map_err(|error| error.to_string())?;
    let made = store.create_log(ORGANIZATION, key);
    made.map_err(|error| error.to_string())?;
    Ok(store)
}

/// Makes events and has them admitted.
pub struct Source {
    events: Events,
    redactor: Redactor,
    catalog: &'static Catalog,
}

impl Source {
    pub fn new(count: u64) -> Result<Self, String> {
        Ok(Self {
            events: Events::new(SEED, count)?,
            redactor: Redactor::new(RedactionKey::new([7; 32]), &Rules::default()),
            catalog: Catalog::embedded().map_err(|error| error.to_string())?,
        })
    }

    /// The events with these numbers, each received when it is said.
    pub fn batch(
        &mut self,
        numbers: std::ops::Range<u64>,
        received: &dyn Fn(u64) -> Timestamp,
    ) -> Result<Vec<NewEvent>, String> {
        let mut text = Vec::new();
        numbers
            .map(|number| {
                text.clear();
                let received_at = received(number);
                let draw = self.events.draw(number);
                self.events.write(&draw, Ids::Half, &mut text);
                let mut random = [0; 10];
                random[..8].copy_from_slice(&mix(number).to_le_bytes());
                let door = Door {
                    catalog: self.catalog,
                    organization_id: ORGANIZATION,
                    received_at,
                    fallback_id: EventId::v7(received_at.as_micros(), random),
                    strict: false,
                    redactor: &self.redactor,
                    sender: Sender::Client,
                    levels: &[],
                };
                let admitted = admit(&text, &door);
                let admitted = admitted.map_err(|refusals| format!("refused: {refusals:?}"))?;
                Ok(NewEvent {
                    id: admitted.id,
                    received_at,
                    occurred_at: admitted.occurred_at,
                    carried: admitted.carried,
                    canonical: Bytes::from(admitted.canonical),
                })
            })
            .collect()
    }
}
