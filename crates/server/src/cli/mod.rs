//! The command line: one binary, a command a task, help that teaches by examples.

mod catalog;
mod check;
mod client;
mod clock;
mod completions;
mod config;
mod event;
mod export;
mod failure;
mod formats;
#[cfg(test)]
mod help_tests;
mod ingest;
mod init;
mod kept;
mod keys;
mod monitor;
mod openapi;
mod output;
mod parameters;
mod query;
mod retention;
mod sanitize;
mod serve;
mod serve_flags;
mod signals;
mod sse;
mod table;
mod tail;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// Evident: the audit log for AI platforms.
///
/// Who did what, when, to which resource, on whose authority, and with what result: recorded
/// durably, found in milliseconds, provable to an outsider.
#[derive(Debug, Parser)]
#[command(name = "evident", version, max_term_width = 100, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Exit codes:
  0  it was done; check, verify and monitor: all is well
  1  it could not be done; check: something is damaged; verify: something does
     not hold; monitor: the log misbehaves
  2  the arguments are wrong; check, verify and monitor: also when it could not
     be found out
  3  monitor: the log has been silent for too long; ingest: it was done, but
     some events were refused

With --json, errors are JSON too: {\"error\": {\"message\": …}}, a line on standard
error.

Examples:
  Look around in the year of a made-up company:
    evident serve --demo --data ./demo-data

  Set up a directory, then serve it:
    head -c 18 /dev/urandom | base64 > password.txt
    evident init --data ./data --organization \"Acme AI\" \\
        --email you@example.com --password-stdin < password.txt
    evident serve --data ./data

  Record an event and find it again, with the keys that init printed:
    curl http://127.0.0.1:8700/v1/events \\
        -H \"Authorization: Bearer $INGEST_KEY\" --json '{
          \"action\": \"guardrail.updated\",
          \"actor\": {\"type\": \"user\", \"id\": \"usr_1\"}}'
    export EVIDENT_API_KEY=$READ_KEY
    evident query --action 'guardrail.*'
    evident tail";

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a data directory: its first organization, owner, keys and log.
    Init(init::Init),
    /// Serve a data directory, or with `--demo` a made-up one.
    Serve(serve::Serve),
    /// Check a data directory for damage; needs no server, and none may run.
    Check(check::Check),
    /// Verify a data directory, a proof or checkpoints; needs no server and no network.
    Verify(verify::Verify),
    /// Send events from a file or standard input to a server, each exactly once.
    Ingest(Box<ingest::Ingest>),
    /// Find events, on a server.
    Query(Box<query::Query>),
    /// Have events made into a file, on a server, and download it.
    Export(Box<export::Export>),
    /// Show events as they are recorded, on a server.
    Tail(Box<tail::Tail>),
    /// List, make, rotate and revoke API keys, on a server.
    Keys(Box<keys::Keys>),
    /// See and set how long events are kept, on a server.
    Retention(Box<retention::Retention>),
    /// Watch a log as an outsider: that it only ever grows, and holds what it signed.
    Monitor(Box<monitor::Monitor>),
    /// Show the event types that are built in; needs no server.
    Catalog(catalog::ShowCatalog),
    /// Show the configuration of `evident serve`, and where each value is from.
    Config(config::ShowConfig),
    /// Print what a shell needs to complete commands, flags and their values.
    Completions(completions::Completions),
    /// Print the OpenAPI document; needs no server.
    Openapi(openapi::Openapi),
}

/// An error of any command, as it is shown.
type CommandError = Box<dyn std::error::Error>;

/// Flags that do not go together, said as the other mistakes in arguments are.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misused(String);

/// Does what the arguments say.
pub(crate) fn run() -> ExitCode {
    let read = Arguments::command().try_get_matches().and_then(|matches| {
        let arguments = Arguments::from_arg_matches(&matches)?;
        Ok((matches, arguments))
    });
    let (matches, arguments) = match read {
        Ok(read) => read,
        Err(error) => return failure::misused(&error),
    };
    if failure::wants_json(&matches) {
        output::say_in_json();
    }
    let result = match arguments.command {
        Command::Init(init) => init.run(),
        Command::Serve(serve) => serve.run(),
        Command::Check(check) => return check.run(),
        Command::Verify(verify) => return verify.run(),
        Command::Monitor(monitor) => return monitor.run(),
        Command::Ingest(ingest) => match ingest.run() {
            Ok(code) => return ExitCode::from(code),
            Err(error) => Err(error),
        },
        Command::Query(query) => query.run(),
        Command::Export(export) => export.run(),
        Command::Tail(tail) => tail.run(),
        Command::Keys(keys) => keys.run(),
        Command::Retention(retention) => retention.run(),
        Command::Catalog(catalog) => catalog.run(),
        Command::Config(config) => config.run(),
        Command::Completions(completions) => completions.run(Arguments::command()),
        Command::Openapi(openapi) => openapi.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::failed(&*error, Arguments::command(), matches.subcommand_name()),
    }
}
