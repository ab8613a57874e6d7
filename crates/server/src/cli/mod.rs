//! The command line: one binary, a command a task, help that teaches by examples.

mod catalog;
mod check;
mod client;
mod clock;
mod event;
mod formats;
mod init;
mod monitor;
mod openapi;
mod output;
mod parameters;
mod query;
mod sanitize;
mod serve;
mod sse;
mod table;
mod tail;
mod verify;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use output::OutputError;

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
Exit codes: 0 when it was done, 1 when it could not be, 2 when the arguments are wrong; those of
check, verify and monitor are in their help.

Examples:
  Set up a directory, then serve it:
    pwgen 20 1 | evident init --data ./data --organization \"Acme AI\" \\
        --email you@example.com --password-stdin
    evident serve --data ./data

  Record an event and find it again, with the keys that init printed:
    curl http://127.0.0.1:8700/v1/events -H \"Authorization: Bearer $INGEST_KEY\" \\
        --json '{\"action\":\"guardrail.updated\",\"actor\":{\"type\":\"user\",\"id\":\"usr_1\"}}'
    export EVIDENT_API_KEY=$READ_KEY
    evident query --action 'guardrail.*'
    evident tail";

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a data directory: its first organization, owner, keys and log.
    Init(init::Init),
    /// Serve a data directory.
    Serve(serve::Serve),
    /// Check a data directory for damage; needs no server, and none may run.
    Check(check::Check),
    /// Verify a data directory, a proof or checkpoints; needs no server and no network.
    Verify(verify::Verify),
    /// Find events, on a server.
    Query(Box<query::Query>),
    /// Show events as they are recorded, on a server.
    Tail(Box<tail::Tail>),
    /// Watch a log as an outsider: that it only ever grows, and holds what it signed.
    Monitor(Box<monitor::Monitor>),
    /// Show the event types that are built in; needs no server.
    Catalog(catalog::ShowCatalog),
    /// Print the OpenAPI document.
    Openapi,
}

/// An error of any command, as it is shown.
type CommandError = Box<dyn std::error::Error>;

/// Flags that do not go together, said as the other mistakes in arguments are.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Misused(String);

/// Does what the arguments say.
pub(crate) fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Init(init) => init.run(),
        Command::Serve(serve) => serve.run(),
        Command::Check(check) => return check.run(),
        Command::Verify(verify) => return verify.run(),
        Command::Monitor(monitor) => return monitor.run(),
        Command::Query(query) => query.run(),
        Command::Tail(tail) => tail.run(),
        Command::Catalog(catalog) => catalog.run(),
        Command::Openapi => openapi::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&*error),
    }
}

fn failed(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    if let Some(Misused(what)) = error.downcast_ref() {
        Arguments::command()
            .error(ErrorKind::ArgumentConflict, what)
            .exit();
    }
    // Whoever reads has seen enough, as `head` has.
    if let Some(OutputError::Closed) = error.downcast_ref() {
        return ExitCode::SUCCESS;
    }
    output::remark(&format!("error: {error}"));
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
