//! Ingest: how fast events become durable and how long an acknowledgement takes, by batch size.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::client::Client;
use crate::events::Events;
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
        let cpu_before = server.cpu_seconds()?;
        let started = Instant::now();
        let until = started + Duration::from_secs(self.seconds);
        let mut acks = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..connections)
                .map(|number| {
                    let server = &server;
                    scope.spawn(move || send_until(server, batch, number, until))
                })
                .collect();
            let mut acks = Vec::new();
            for thread in threads {
                acks.extend(thread.join().map_err(|_| "a sender failed")??);
            }
            Ok::<_, String>(acks)
        })?;
        let seconds = started.elapsed().as_secs_f64();
        let cpu = server.cpu_seconds()? - cpu_before;
        let events = acks.len() * batch;
        acks.sort_unstable();
        let at = |part: f64| acks[((acks.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
        let commits = check_and_count(&server, events)?;
        println!(
            "| {batch} | {connections} | {:.0} | {:.2} | {:.2} | {:.1} | {:.1} | {} |",
            events as f64 / seconds,
            at(0.5),
            at(0.99),
            cpu * 1e6 / events as f64,
            events as f64 / commits as f64,
            server.resident_bytes()? >> 20,
        );
        Ok(())
    }
}

fn send_until(
    server: &Server,
    batch: usize,
    number: usize,
    until: Instant,
) -> Result<Vec<Duration>, String> {
    let mut events = Events::new(number as u64 + 1);
    let bodies: Vec<_> = (0..BODIES_PER_CONNECTION)
        .map(|_| events.body(batch))
        .collect();
    let mut client = Client::connect(&server.address, &server.ingest_key)?;
    let mut acks = Vec::new();
    for (body, content_type) in bodies.iter().cycle() {
        let sent = Instant::now();
        if sent >= until && !acks.is_empty() {
            break;
        }
        let (status, answer) = client.send("POST", "/v1/events", content_type, body.as_bytes())?;
        acks.push(sent.elapsed());
        if status != 201 {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("expected 201, got {status}: {answer}"));
        }
    }
    Ok(acks)
}

/// The server has exactly what was acknowledged; how many syncs that took.
fn check_and_count(server: &Server, events: usize) -> Result<u64, String> {
    let mut client = Client::connect(&server.address, &server.read_key)?;
    let (status, body) = client.send("GET", "/v1/events?limit=1", "application/json", b"")?;
    let body = String::from_utf8_lossy(&body);
    if status != 200 || !body.contains(&format!("\"total\":{events},")) {
        let start: String = body
            .chars()
            .rev()
            .take(200)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        return Err(format!(
            "{events} events were acknowledged; the server says {status} …{start}"
        ));
    }
    let (_, metrics) = client.send("GET", "/metrics", "text/plain", b"")?;
    let metrics = String::from_utf8_lossy(&metrics);
    metrics
        .lines()
        .find_map(|line| line.strip_prefix("evident_store_commits_total "))
        .and_then(|count| count.trim().parse().ok())
        .ok_or_else(|| "the server's metrics do not say how many commits it made".to_owned())
}
