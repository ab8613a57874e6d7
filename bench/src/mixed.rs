//! Mixed: questions while events come in, beside each of them alone.
//!
//! Events are due at fixed times, and an acknowledgement is measured from when its event was due: a
//! server that stops for a second is not asked less in it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::events::{Events, Ids, SEED};
use crate::fill::check_total;
use crate::filled::Filled;
use crate::options::Options;
use crate::query::asked;
use crate::query::questions::{Line, Way, pages};
use crate::report::{Times, grouped};
use crate::server::Server;

/// Single events that are sent.
const EVENTS_PER_SECOND: u64 = 5_000;
const CONNECTIONS: u64 = 64;

/// What one part of the run measured.
#[derive(Debug)]
struct Part {
    seconds: f64,
    acks: Times,
    pages: Times,
    cpu_seconds: f64,
}

pub fn run(options: &Options) -> Result<(), String> {
    let mut filled = Filled::load(&options.data, options.events)?;
    let events = Events::new(SEED, options.events)?;
    // Others than those that are there: another seed, and they happen now.
    let others = Events::new(SEED + 1 + filled.others, options.events)?;
    let lines: Vec<Line> = pages(&events)
        .into_iter()
        .filter(|line| line.way == Way::Once && line.is_of_pages())
        .collect();
    let server = filled.serve(&options.server)?;
    server.wait_until_ready()?;
    let next = AtomicU64::new(0);
    println!(
        "{} events there; {CONNECTIONS} connections send {} single events a second\n\n\
         | | acknowledged/s | ack p50 ms | p99 ms | max ms | pages/s | page p50 ms | p99 ms | max ms | server cores |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        grouped(filled.events + filled.others),
        grouped(EVENTS_PER_SECOND)
    );
    let before = filled.others;
    for (name, ingest, query) in [
        ("pages alone", false, true),
        ("ingest alone", true, false),
        ("both", true, true),
    ] {
        let lines = if query { &lines[..] } else { &[] };
        let sent = ingest.then_some((&others, &next));
        let part = measure(&server, sent, lines, options.seconds)?;
        filled.others = before + next.load(Ordering::Relaxed);
        filled.note()?;
        part.print(name);
    }
    check_total(&mut server.reader()?, filled.events + filled.others)
}

fn measure(
    server: &Server,
    sent: Option<(&Events, &AtomicU64)>,
    lines: &[Line],
    seconds: f64,
) -> Result<Part, String> {
    let cpu = server.usage()?.cpu_seconds;
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(seconds);
    let stop = AtomicBool::new(false);
    let (acks, pages) = std::thread::scope(|scope| {
        let stop = &stop;
        let asker = scope.spawn(move || ask_until(server, lines, until));
        let senders: Vec<_> = (0..CONNECTIONS)
            .filter_map(|connection| {
                let (events, next) = sent?;
                Some(scope.spawn(move || {
                    let sent = send_until(server, events, next, connection, started, until, stop);
                    // One that failed ends the others.
                    stop.fetch_or(sent.is_err(), Ordering::Relaxed);
                    sent
                }))
            })
            .collect();
        let mut acks = Vec::new();
        for sender in senders {
            acks.extend(sender.join().map_err(|_| "a sender failed")??);
        }
        let pages = asker.join().map_err(|_| "the asker failed")??;
        Ok::<_, String>((acks, pages))
    })?;
    Ok(Part {
        seconds: started.elapsed().as_secs_f64(),
        acks: Times::of(acks),
        pages: Times::of(pages),
        cpu_seconds: server.usage()?.cpu_seconds - cpu,
    })
}

fn send_until(
    server: &Server,
    events: &Events,
    next: &AtomicU64,
    connection: u64,
    started: Instant,
    until: Instant,
    stop: &AtomicBool,
) -> Result<Vec<Duration>, String> {
    let mut client = server.recorder()?;
    let each = Duration::from_secs(CONNECTIONS) / EVENTS_PER_SECOND as u32;
    // The connections take turns.
    let mut due = started + each * connection as u32 / CONNECTIONS as u32;
    let mut acks = Vec::new();
    let mut body = Vec::new();
    while due < until && !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        if due > now {
            std::thread::sleep(due - now);
        }
        let mut draw = events.draw(next.fetch_add(1, Ordering::Relaxed));
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        draw.at(now.map_err(|error| error.to_string())?.as_micros() as i64);
        body.clear();
        events.write(&draw, Ids::Half, &mut body);
        let (status, answer) = client.send("POST", "/v1/events", "application/json", &body)?;
        if status != 201 {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("expected 201, got {status}: {answer}"));
        }
        acks.push(due.elapsed());
        due += each;
    }
    Ok(acks)
}

/// Asks one question of each line, then the next of each.
fn ask_until(server: &Server, lines: &[Line], until: Instant) -> Result<Vec<Duration>, String> {
    let mut client = server.reader()?;
    let mut times = Vec::new();
    for round in 0.. {
        for line in lines {
            if Instant::now() >= until {
                return Ok(times);
            }
            let question = &line.questions[round % line.questions.len()];
            asked(&mut client, line.way, question, &mut times)?;
        }
        if lines.is_empty() {
            break;
        }
    }
    Ok(times)
}

impl Part {
    fn print(&self, name: &str) {
        let rate = |times: &Times| times.count() as f64 / self.seconds;
        let times = |times: &Times| match times.count() {
            0 => "| – | – | – ".to_owned(),
            _ => format!(
                "| {:.2} | {:.2} | {:.2} ",
                times.millis(0.5),
                times.millis(0.99),
                times.millis(1.0)
            ),
        };
        println!(
            "| {name} | {:.0} {}| {:.0} {}| {:.2} |",
            rate(&self.acks),
            times(&self.acks),
            rate(&self.pages),
            times(&self.pages),
            self.cpu_seconds / self.seconds
        );
    }
}
