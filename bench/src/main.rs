//! Measures the `evident` binary over loopback, as a client sees it.
//!
//! The load generator shares the machine with the server, so events/s say what both reach together
//! and the server's own CPU time for an event stands beside them. Answers are checked; times are
//! reported and never judged.

mod client;
mod disk;
mod door;
mod events;
mod expire;
mod fill;
mod filled;
mod ingest;
mod mixed;
mod options;
mod query;
mod report;
mod server;
mod start;
mod store;

use std::process::ExitCode;

use options::Options;

/// The server's allocator, so that the parts cost here what they cost there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
usage: evident-bench door [--events N]
       evident-bench store --data DIR --events N
       evident-bench expire --data DIR --events N
       evident-bench ingest SERVER [--data DIR] [--seconds N] [--connections N] [--batches A,B,…]
                            [--rate N]
       evident-bench fill SERVER --data DIR --events N [--batch N] [--connections N]
       evident-bench start SERVER --data DIR --events N
       evident-bench query SERVER --data DIR --events N [--seconds N] [--mixed]
       evident-bench small SERVER --data DIR --events N

door measures what it costs to admit one event, part by part, in this process.

store measures what keeping events costs, thread by thread, in this process, on a fresh directory DIR.

expire fills a store in this process on a fresh directory DIR, removes events by rules, by project and by
age, and says how long that takes, what it frees, and what appends and pages beside it notice.

ingest starts SERVER (the evident binary) on a fresh directory under DIR (default: the system's temporary
directory), sends events over loopback in batches of each size, and prints a table. With --rate so many
events a second are sent, and times count from when an event was due.

fill makes the data in DIR, which must be empty, sends N events in batches, waits for the work in the
background and says what they take on the disk. The server is killed afterwards.

start measures how long the server takes until it answers on what fill has made.

query measures each kind of question on it, so many seconds each, and checks answers; with --mixed pages
while events come in. These events stay: query without --mixed then wants DIR filled anew.

small runs fill, start and query, each as short as can be: to see that they run and the answers are true.";

/// How long each line is measured when it only matters that it runs.
const SMALL_SECONDS: f64 = 0.05;
const SMALL_MIXED_SECONDS: f64 = 0.5;
const SMALL_BATCH: u64 = 250;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((command, rest)) => run(command, rest),
        None => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, rest: &[String]) -> Result<(), String> {
    match command {
        "door" => door::run(rest),
        "store" => store::run(rest),
        "expire" => expire::run(rest),
        "ingest" => ingest::Plan::parse(rest)?.run(),
        "fill" => fill::run(&Options::parse(rest, &["--batch", "--connections"])?),
        "start" => start::run(&Options::parse(rest, &[])?),
        "query" => {
            let options = Options::parse(rest, &["--seconds", "--mixed"])?;
            match options.mixed {
                true => mixed::run(&options),
                false => query::run(&options),
            }
        }
        "small" => small(Options::parse(rest, &[])?),
        _ => Err(USAGE.to_owned()),
    }
}

fn small(mut options: Options) -> Result<(), String> {
    options.batch = SMALL_BATCH;
    fill::run(&options)?;
    println!();
    start::run(&options)?;
    println!();
    options.seconds = SMALL_SECONDS;
    query::run(&options)?;
    println!();
    options.seconds = SMALL_MIXED_SECONDS;
    mixed::run(&options)
}
