//! Ingest: how fast events become durable and how long an acknowledgement takes, by batch size.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::events::{Events, Ids, SEED};
use crate::fill::check_total;
use crate::report::Times;
use crate::server::Server;

/// Bodies that are made before the clock starts, for each connection; sent again and again. Events
/// without an id are new ones each time.
const BODIES_PER_CONNECTION: usize = 16;

/// What is measured.
pub struct Plan {
    server: PathBuf,
    data: PathBuf,
    seconds: u64,
    connections: usize,
    batches: Vec<usize>,
    /// Events a second over all connections, if they are not sent as fast as can be.
    rate: Option<u64>,
}

/// When a connection sends.
#[derive(Debug, Clone, Copy)]
struct Pace {
    began: Instant,
    until: Instant,
    /// Between two requests, if that is given.
    pause: Option<Duration>,
}

impl Plan {
    pub fn parse(arguments: &[String]) -> Result<Self, String> {
        let (server, options) = arguments.split_first().ok_or(crate::USAGE)?;
        let mut plan = Self {
            server: server.into(),
            data: std::env::temp_dir(),
            seconds: 5,
            connections: 0,
            batches: vec![1, 10, 100, 1000],
            rate: None,
        };
        for option in options.chunks(2) {
            let [name, value] = option else {
                return Err(crate::USAGE.to_owned());
            };
            let number = || value.parse().map_err(|_| format!("{name} takes a number"));
            match name.as_str() {
                "--data" => plan.data = value.into(),
                "--seconds" => plan.seconds = number()?,
                "--connections" => plan.connections = number()? as usize,
                "--rate" => plan.rate = Some(number()?),
                "--batches" => {
                    plan.batches = value
                        .split(',')
                        .map(|size| size.parse().map_err(|_| format!("{name}: {size}?")))
                        .collect::<Result<_, _>>()?;
                }
                _ => return Err(crate::USAGE.to_owned()),
            }
        }
        Ok(plan)
    }

    pub fn run(&self) -> Result<(), String> {
        println!(
            "| batch | connections | events/s | ack p50 ms | p99 ms | server CPU µs/event | events/sync | resident MB |"
        );
        println!("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        for &batch in &self.batches {
            let many = if batch == 1 { 64 } else { 4 };
            let connections = match self.connections {
                0 => vec![1, many],
                given => vec![given],
            };
            for connections in connections {
                self.measure(batch, connections)?;
            }
        }
        Ok(())
    }

    fn measure(&self, batch: usize, connections: usize) -> Result<(), String> {
        let server = Server::start(&self.server, &self.data)?;
        let bodies = (connections * BODIES_PER_CONNECTION) as u64;
        let events = Events::new(SEED, bodies * batch as u64)?;
        let cpu_before = server.usage()?.cpu_seconds;
        let started = Instant::now();
        let pause = self
            .rate
            .map(|rate| Duration::from_secs_f64((connections * batch) as f64 / rate.max(1) as f64));
        let acks = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..connections)
                .map(|number| {
                    let (server, events) = (&server, &events);
                    // They do not all send at the same moment.
                    let offset = pause.map(|pause| pause * number as u32 / connections as u32);
                    let pace = Pace {
                        began: started + offset.unwrap_or_default(),
                        until: started + Duration::from_secs(self.seconds),
                        pause,
                    };
                    scope.spawn(move || send_until(server, events, batch, number, pace))
                })
                .collect();
            let mut acks = Vec::new();
            for thread in threads {
                acks.extend(thread.join().map_err(|_| "a sender failed")??);
            }
            Ok::<_, String>(acks)
        })?;
        let seconds = started.elapsed().as_secs_f64();
        let cpu = server.usage()?.cpu_seconds - cpu_before;
        let events = acks.len() * batch;
        let acks = Times::of(acks);
        let commits = check_and_count(&server, events)?;
        println!(
            "| {batch} | {connections} | {:.0} | {:.2} | {:.2} | {:.1} | {:.1} | {} |",
            events as f64 / seconds,
            acks.millis(0.5),
            acks.millis(0.99),
            cpu * 1e6 / events as f64,
            events as f64 / commits,
            server.usage()?.resident_bytes >> 20,
        );
        Ok(())
    }
}

fn send_until(
    server: &Server,
    events: &Events,
    batch: usize,
    connection: usize,
    pace: Pace,
) -> Result<Vec<Duration>, String> {
    let first = connection * BODIES_PER_CONNECTION;
    let bodies: Vec<_> = (first..first + BODIES_PER_CONNECTION)
        .map(|body| {
            let from = (body * batch) as u64;
            events.body(from..from + batch as u64, Ids::None)
        })
        .collect();
    let mut client = server.recorder()?;
    let mut acks = Vec::new();
    for (number, (body, content_type)) in (0..).zip(bodies.iter().cycle()) {
        // Where there is a pace, an answer that is late makes those behind it late, and that counts.
        let sent = match pace.pause {
            Some(pause) => pace.began + pause * number,
            None => Instant::now(),
        };
        if sent >= pace.until && !acks.is_empty() {
            break;
        }
        std::thread::sleep(sent.saturating_duration_since(Instant::now()));
        let (status, answer) = client.send("POST", "/v1/events", content_type, body)?;
        acks.push(sent.elapsed());
        if status != 201 {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("expected 201, got {status}: {answer}"));
        }
    }
    Ok(acks)
}

/// The server has exactly what was acknowledged; how many syncs that took.
fn check_and_count(server: &Server, events: usize) -> Result<f64, String> {
    let mut client = server.reader()?;
    check_total(&mut client, events as u64)?;
    let commits = server.metric(&mut client, "evident_store_commits_total")?;
    commits.ok_or_else(|| "the server's metrics do not say how many commits it made".to_owned())
}
