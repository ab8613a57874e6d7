//! Fill: how fast very many events become durable, whether that falls off, and what they take.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::disk::Disk;
use crate::events::{Events, Ids, SEED};
use crate::filled::Filled;
use crate::options::Options;
use crate::report::{Times, grouped};
use crate::server::{Server, Use};

/// How often the server's use of memory and CPU is looked at.
const SAMPLE_EVERY: Duration = Duration::from_millis(50);
/// How often the server is asked whether its work in the background is done.
const SETTLE_POLL: Duration = Duration::from_millis(100);
/// How often in a row it must say so: between two pieces of work it rests for a moment.
const IDLE_LOOKS: u32 = 5;
const SETTLE_WITHIN: Duration = Duration::from_secs(3600);
/// Says that sealing and compacting is going on.
const BACKGROUND_WORK: &str = "evident_store_background_work";
/// How long a sender waits when the server has no room.
const REFUSED_PAUSE: Duration = Duration::from_millis(20);
const TOO_MANY: u16 = 429;
const PARTS: u64 = 10;

/// A batch that was acknowledged.
#[derive(Debug, Clone, Copy)]
struct Ack {
    at: Instant,
    took: Duration,
    events: u64,
}

/// What the server used at a time.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    used: Use,
}

pub fn run(options: &Options) -> Result<(), String> {
    let events = Events::new(SEED, options.events)?;
    let mut filled = Filled::fresh(&options.server, &options.data)?;
    let server = filled.serve(&options.server)?;
    server.wait_until_ready()?;
    let before = server.usage()?;
    let started = Instant::now();
    let refused = AtomicU64::new(0);
    let (mut acks, samples) = send_all(&server, &events, options, &refused)?;
    acks.sort_unstable_by_key(|ack| ack.at);
    let after = server.usage()?;
    let seconds = started.elapsed().as_secs_f64();
    let mut client = server.reader()?;
    check_total(&mut client, options.events)?;

    println!(
        "{} events in batches of {} over {} connections\n",
        grouped(options.events),
        options.batch,
        options.connections
    );
    let cpu = after.cpu_seconds - before.cpu_seconds;
    print_whole(options.events, seconds, cpu, &acks, &samples, &after);
    let refused = refused.into_inner();
    if refused > 0 {
        println!("\n{refused} requests were refused with 429 and sent again.");
    }
    print_parts(options.events, started, &before, &acks, &samples);
    settle(&server, &mut client, options.events, &after)?;
    check_total(&mut client, options.events)?;
    Disk::of(&filled.data())?.print(options.events);
    drop(server);
    filled.events = options.events;
    filled.note()
}

fn send_all(
    server: &Server,
    events: &Events,
    options: &Options,
    refused: &AtomicU64,
) -> Result<(Vec<Ack>, Vec<Sample>), String> {
    let next = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sampler = scope.spawn(|| sample_until(server, &done));
        let senders: Vec<_> = (0..options.connections)
            .map(|_| scope.spawn(|| send(server, events, options, &next, refused)))
            .collect();
        let mut acks = Vec::new();
        let mut failed = None;
        for sender in senders {
            match sender.join() {
                Ok(Ok(some)) => acks.extend(some),
                Ok(Err(message)) => failed = Some(message),
                Err(_) => failed = Some("a sender failed".to_owned()),
            }
        }
        done.store(true, Ordering::Relaxed);
        let samples = sampler.join().map_err(|_| "the sampler failed")??;
        match failed {
            Some(message) => Err(message),
            None => Ok((acks, samples)),
        }
    })
}

fn send(
    server: &Server,
    events: &Events,
    options: &Options,
    next: &AtomicU64,
    refused: &AtomicU64,
) -> Result<Vec<Ack>, String> {
    let mut client = server.recorder()?;
    let mut acks = Vec::new();
    loop {
        let from = next.fetch_add(options.batch, Ordering::Relaxed);
        if from >= options.events {
            return Ok(acks);
        }
        let to = options.events.min(from + options.batch);
        let (body, content_type) = events.body(from..to, Ids::Half);
        let sent = Instant::now();
        loop {
            let (status, answer) = client.send("POST", "/v1/events", content_type, &body)?;
            match status {
                201 => break,
                TOO_MANY => {
                    refused.fetch_add(1, Ordering::Relaxed);
                    std::thread::sleep(REFUSED_PAUSE);
                }
                _ => {
                    let answer = String::from_utf8_lossy(&answer);
                    return Err(format!("expected 201, got {status}: {answer}"));
                }
            }
        }
        let at = Instant::now();
        let took = at - sent;
        let events = to - from;
        acks.push(Ack { at, took, events });
    }
}

fn sample_until(server: &Server, done: &AtomicBool) -> Result<Vec<Sample>, String> {
    let mut samples = Vec::new();
    while !done.load(Ordering::Relaxed) {
        let used = server.usage()?;
        let at = Instant::now();
        samples.push(Sample { at, used });
        std::thread::sleep(SAMPLE_EVERY);
    }
    Ok(samples)
}

fn print_whole(events: u64, seconds: f64, cpu: f64, acks: &[Ack], samples: &[Sample], after: &Use) {
    let times = Times::of(acks.iter().map(|ack| ack.took).collect());
    let anonymous = samples.iter().map(|sample| sample.used.anonymous_bytes);
    let anonymous = anonymous.max().unwrap_or(after.anonymous_bytes);
    println!(
        "| events/s | server CPU µs/event | ack p50 ms | p99 ms | max ms | peak resident MB | peak anonymous MB |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n\
         | {} | {:.2} | {:.1} | {:.1} | {:.1} | {} | {} |",
        grouped((events as f64 / seconds) as u64),
        cpu * 1e6 / events as f64,
        times.millis(0.5),
        times.millis(0.99),
        times.millis(1.0),
        after.peak_bytes >> 20,
        anonymous >> 20,
    );
}

/// Each tenth of the run by itself: what is flat stays flat.
fn print_parts(events: u64, started: Instant, before: &Use, acks: &[Ack], samples: &[Sample]) {
    println!(
        "\n| up to event | events/s | server CPU µs/event | ack p99 ms | anonymous MB |\n\
         | ---: | ---: | ---: | ---: | ---: |"
    );
    let (mut from, mut cpu_from, mut done) = (started, before.cpu_seconds, 0);
    let (mut part, mut in_part, mut took) = (1, 0, Vec::new());
    for ack in acks {
        done += ack.events;
        in_part += ack.events;
        took.push(ack.took);
        if done * PARTS < events * part {
            continue;
        }
        let seconds = (ack.at - from).as_secs_f64();
        let sample = samples.iter().find(|sample| sample.at >= ack.at);
        let Some(used) = sample.or(samples.last()).map(|sample| sample.used) else {
            return;
        };
        println!(
            "| {} | {} | {:.2} | {:.1} | {} |",
            grouped(done),
            grouped((in_part as f64 / seconds.max(1e-9)) as u64),
            (used.cpu_seconds - cpu_from) * 1e6 / in_part as f64,
            Times::of(std::mem::take(&mut took)).millis(0.99),
            used.anonymous_bytes >> 20,
        );
        (from, cpu_from, in_part) = (ack.at, used.cpu_seconds, 0);
        part = done * PARTS / events + 1;
    }
}

/// Waits until what goes on in the background is done, where the server says so.
fn settle(server: &Server, client: &mut Client, events: u64, after: &Use) -> Result<(), String> {
    let started = Instant::now();
    let (mut idle, mut ended, mut used) = (0, started, *after);
    let mut anonymous = after.anonymous_bytes;
    while idle < IDLE_LOOKS {
        let Some(work) = server.metric(client, BACKGROUND_WORK)? else {
            println!("\nThe server has no metric {BACKGROUND_WORK}: not waited for.");
            return Ok(());
        };
        if work > 0.0 {
            idle = 0;
        } else if idle == 0 {
            (idle, ended) = (1, Instant::now());
        } else {
            idle += 1;
        }
        if started.elapsed() > SETTLE_WITHIN {
            return Err(format!("{BACKGROUND_WORK} {work} after {SETTLE_WITHIN:?}"));
        }
        used = server.usage()?;
        anonymous = anonymous.max(used.anonymous_bytes);
        std::thread::sleep(SETTLE_POLL);
    }
    let cpu = used.cpu_seconds - after.cpu_seconds;
    println!(
        "\nWork in the background ended {:.1} s after the last acknowledgement and took {:.1} s of CPU, \
         {:.2} µs an event; {} MB were anonymous meanwhile. Then {} MB are resident, {} MB of them anonymous.",
        (ended - started).as_secs_f64(),
        cpu,
        cpu * 1e6 / events as f64,
        anonymous >> 20,
        used.resident_bytes >> 20,
        used.anonymous_bytes >> 20,
    );
    Ok(())
}

/// The server has exactly so many events.
pub fn check_total(client: &mut Client, events: u64) -> Result<(), String> {
    let (status, body) = client.send("GET", "/v1/events?limit=1", "application/json", b"")?;
    let answer: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let total = answer["total"].as_u64();
    if status == 200 && total == Some(events) {
        return Ok(());
    }
    Err(format!(
        "{events} events were acknowledged; the server says {status} and a total of {total:?}"
    ))
}
