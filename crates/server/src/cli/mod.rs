//! The command line: one binary, a command a task, help that teaches by examples.

mod catalog;
mod init;
mod openapi;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
Examples:
  Set up a directory, then serve it:
    pwgen 20 1 | evident init --data ./data --organization \"Acme AI\" \\
        --email you@example.com --password-stdin
    evident serve --data ./data

  Record an event and find it again, with the keys that init printed:
    curl http://127.0.0.1:8700/v1/events -H \"Authorization: Bearer $INGEST_KEY\" \\
        --json '{\"action\":\"guardrail.updated\",\"actor\":{\"type\":\"user\",\"id\":\"usr_1\"}}'
    curl http://127.0.0.1:8700/v1/events -H \"Authorization: Bearer $READ_KEY\"";

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up a data directory: its first organization, owner, keys and log.
    Init(init::Init),
    /// Serve a data directory.
    Serve(serve::Serve),
    /// Show the event types that are built in; needs no server.
    Catalog(catalog::ShowCatalog),
    /// Print the OpenAPI document.
    Openapi,
}

/// An error of any command, as it is shown.
type CommandError = Box<dyn std::error::Error>;

/// Does what the arguments say.
pub(crate) fn run() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Init(init) => init.run(),
        Command::Serve(serve) => serve.run(),
        Command::Catalog(catalog) => catalog.run(),
        Command::Openapi => openapi::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
