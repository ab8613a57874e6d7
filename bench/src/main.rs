//! Measures the `evident` binary over loopback, as a client sees it.
//!
//! The load generator shares the machine with the server, so events/s say what both reach together
//! and the server's own CPU time for an event stands beside them. Answers are checked; times are
//! reported and never judged.

mod client;
mod door;
mod events;
mod ingest;
mod server;

use std::process::ExitCode;

/// The server's allocator, so that the parts cost here what they cost there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
usage: evident-bench door [--events N]
       evident-bench ingest SERVER [--data DIR] [--seconds N] [--connections N] [--batches A,B,…]

door measures what it costs to admit one event, part by part, in this process.

ingest starts SERVER (the evident binary) on a fresh directory under DIR (default: the system's temporary
directory), sends events over loopback in batches of each size, and prints a table.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.split_first() {
        Some((command, rest)) if command == "ingest" => {
            ingest::Plan::parse(rest).and_then(|plan| plan.run())
        }
        Some((command, rest)) if command == "door" => door::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
