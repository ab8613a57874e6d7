//! Expire: what it takes to remove events for good, and what others notice of it.
//!
//! The store runs in this process. It is filled with events that were received a second apart; then rules
//! remove a part of them, once by age, which drops whole segments, and once by projects, which takes
//! rows out of the middle of every segment. Before and meanwhile events are appended at a steady rate
//! and pages asked for, so that the difference is what removal costs them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use evident_event::query::{Query, Scope};
use evident_event::time::Timestamp;
use evident_store::Store;
use evident_store::append::Append;
use evident_store::expiry::Expiry;
use evident_store::index::{PagePlace, PageRequest};

use crate::disk::Disk;
use crate::events::{PROJECTS, actor_id, project_id};
use crate::report::{Times, grouped};
use crate::store::{ORGANIZATION, Source, make_store};

/// Events in an append while the store is filled.
const FILL_BATCH: u64 = 1_000;
/// Events in an append while it is measured.
const BATCH: u64 = 50;
/// Events that are appended in a second meanwhile.
const RATE: u64 = 5_000;
/// Events that may be appended meanwhile.
const MEANWHILE: u64 = 10_000_000;
/// Time over which others are measured before anything is removed.
const BEFORE: Duration = Duration::from_secs(5);
/// Of so many events one is removed by age, in percent.
const PERCENT: u64 = 30;
const DEADLINE: Duration = Duration::from_secs(30);
/// When the first event was received: after all of them happened.
const FIRST_RECEIPT_MICROS: i64 = 1_800_000_000_000_000;

pub fn run(arguments: &[String]) -> Result<(), String> {
    let (data, count) = match arguments {
        [at, data, events, count] if at == "--data" && events == "--events" => {
            let count = count.replace('_', "");
            (
                PathBuf::from(data),
                count.parse().map_err(|_| crate::USAGE)?,
            )
        }
        _ => return Err(crate::USAGE.to_owned()),
    };
    let store = make_store(&data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let mut bench = Bench {
        source: Source::new(count + MEANWHILE)?,
        runtime,
        store,
        next: 0,
        data,
    };
    bench.fill(count)?;
    println!(
        "| what | removed | canonical MB | seconds | events/s | MB on disk before | after | append p50 ms | p99 | page p50 ms | p99 |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    bench.beside("nothing removed", None)?;
    let by_age = Expiry {
        organization_id: ORGANIZATION.to_owned(),
        default: Some(received_at(count * PERCENT / 100)),
        projects: BTreeMap::new(),
        as_of: Timestamp::MAX,
    };
    bench.beside("the oldest 30 %", Some(by_age))?;
    let by_projects = bench.by_projects();
    bench.beside("every third project", Some(by_projects))?;
    bench.store.close();
    Ok(())
}

fn received_at(number: u64) -> Timestamp {
    Timestamp::from_micros(FIRST_RECEIPT_MICROS + number as i64 * 1_000_000)
}

struct Bench {
    source: Source,
    runtime: tokio::runtime::Runtime,
    store: Store,
    next: u64,
    data: PathBuf,
}

impl Bench {
    fn append(&mut self, events: u64) -> Result<(), String> {
        let numbers = self.next..self.next + events;
        let events = self.source.batch(numbers.clone(), &received_at)?;
        self.next = numbers.end;
        let append = Append {
            organization_id: ORGANIZATION.into(),
            events,
            partial: false,
        };
        let outcomes = self.runtime.block_on(self.store.append(append));
        outcomes.map(|_| ()).map_err(|error| error.to_string())
    }

    fn fill(&mut self, count: u64) -> Result<(), String> {
        let started = Instant::now();
        while self.next < count {
            self.append(FILL_BATCH.min(count - self.next))?;
        }
        self.store.settle();
        let seconds = started.elapsed().as_secs_f64();
        println!("{} events in {seconds:.0} s, compacted\n", grouped(count));
        Ok(())
    }

    /// A rule for every third of the projects that the generator knows.
    fn by_projects(&self) -> Expiry {
        let projects = (0..PROJECTS as u16).step_by(3);
        let all = Some(received_at(u64::MAX >> 24));
        Expiry {
            organization_id: ORGANIZATION.to_owned(),
            default: None,
            projects: projects.map(|number| (project_id(number), all)).collect(),
            as_of: Timestamp::MAX,
        }
    }

    /// Measures others, while something is removed or for a time.
    fn beside(&mut self, what: &str, rule: Option<Expiry>) -> Result<(), String> {
        self.store.settle();
        let before = Disk::of(&self.data)?.total();
        let is_done = AtomicBool::new(false);
        let (mut appends, mut pages) = (Vec::new(), Vec::new());
        let (store, source) = (&self.store, &mut self.source);
        let (runtime, next) = (&self.runtime, &mut self.next);
        let removed = std::thread::scope(|scope| -> Result<_, String> {
            let removing = scope.spawn(|| {
                let started = Instant::now();
                let removed = match rule {
                    Some(rule) => runtime
                        .block_on(store.expire(vec![rule], store.standing()))
                        .map_err(|error| error.to_string()),
                    None => {
                        std::thread::sleep(BEFORE);
                        Ok(Vec::new())
                    }
                };
                is_done.store(true, Ordering::Release);
                removed.map(|removed| (removed, started.elapsed()))
            });
            let asking = scope.spawn(|| ask(store, runtime, &is_done));
            let started = Instant::now();
            let mut due = Duration::ZERO;
            while !is_done.load(Ordering::Acquire) {
                let events = source.batch(*next..*next + BATCH, &received_at)?;
                *next += BATCH;
                if let Some(early) = due.checked_sub(started.elapsed()) {
                    std::thread::sleep(early);
                }
                let append = Append {
                    organization_id: ORGANIZATION.into(),
                    events,
                    partial: false,
                };
                let outcomes = runtime.block_on(store.append(append));
                outcomes.map_err(|error| error.to_string())?;
                // From when they were due: who waits behind a slow one waits as well.
                appends.push(started.elapsed().saturating_sub(due));
                due += Duration::from_micros(1_000_000 * BATCH / RATE);
            }
            pages = asking.join().map_err(|_| "asking failed")??;
            removing.join().map_err(|_| "removing failed")?
        })?;
        let (removed, took) = removed;
        let seconds = took.as_secs_f64();
        let events: u64 = removed.iter().map(|one| one.events).sum();
        let bytes: u64 = removed.iter().map(|one| one.bytes).sum();
        let (appends, pages) = (Times::of(appends), Times::of(pages));
        let after = Disk::of(&self.data)?.total();
        println!(
            "| {what} | {} | {} | {seconds:.1} | {} | {} | {} | {} | {} | {} | {} |",
            grouped(events),
            bytes >> 20,
            grouped((events as f64 / seconds) as u64),
            before >> 20,
            after >> 20,
            millis(&appends, 0.5),
            millis(&appends, 0.99),
            millis(&pages, 0.5),
            millis(&pages, 0.99),
        );
        Ok(())
    }
}

fn millis(times: &Times, part: f64) -> String {
    format!("{:.2}", times.millis(part))
}

/// Asks for filtered pages, one after another.
fn ask(
    store: &Store,
    runtime: &tokio::runtime::Runtime,
    is_done: &AtomicBool,
) -> Result<Vec<Duration>, String> {
    let index = store.index();
    let mut times = Vec::new();
    let mut actor = 0;
    while !is_done.load(Ordering::Acquire) {
        actor = (actor + 1) % 500;
        let filter = format!("actor.id:is:{}", actor_id(actor));
        let parameters = [("range", "all_time"), ("filter", filter.as_str())];
        let scope = Scope::organization(ORGANIZATION);
        let now = Timestamp::from_micros(FIRST_RECEIPT_MICROS);
        let query = Query::parse(scope, parameters.into_iter(), now, &|_: &str| None);
        let query = query.map_err(|error| error.to_string())?.0;
        let page = PageRequest {
            as_of: None,
            place: PagePlace::First,
            limit: 50,
        };
        let started = Instant::now();
        let listed = runtime.block_on(index.list(&query, page, started + DEADLINE));
        listed.map_err(|error| error.to_string())?;
        times.push(started.elapsed());
    }
    Ok(times)
}
