//! How commands say that something went wrong: in words, or with `--json` as an object a line.
//!
//! What must always hold: standard output carries data alone; with `--json` every line that a command
//! writes on standard error is a JSON object with one member, `error`, `warning` or `note`.

use std::error::Error;
use std::ffi::OsStr;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command};

use super::Misused;
use super::client::ClientError;
use super::output::{self, OutputError, Remark, Tone};

/// What the process says when its arguments are wrong.
const MISUSED: u8 = 2;
/// The flag that asks for JSON.
const JSON_FLAG: &str = "--json";
/// The values of `--format` that are the same as that.
const JSON_FORMATS: [&str; 2] = ["json", "ndjson"];

/// Whether a command was asked for JSON, by `--json` or by a `--format` that is the same.
pub(super) fn wants_json(matches: &ArgMatches) -> bool {
    let Some((_, matches)) = matches.subcommand() else {
        return false;
    };
    let flag = matches.try_get_one("json").ok().flatten();
    let format = matches.try_get_raw("format").ok().flatten();
    flag.copied().unwrap_or(false)
        || format
            .into_iter()
            .flatten()
            .any(|format| JSON_FORMATS.iter().any(|json| format == OsStr::new(json)))
}

/// Whether arguments that could not be read ask for JSON.
fn asks_for_json() -> bool {
    std::env::args_os()
        .take_while(|argument| argument != "--")
        .any(|argument| argument == JSON_FLAG)
}

/// Shows help where that was asked for, and else what is wrong with the arguments.
pub(super) fn misused(error: &clap::Error) -> ExitCode {
    let is_json = output::says_in_json() || asks_for_json();
    if !error.use_stderr() || !is_json {
        error.exit();
    }
    let text = error.render().to_string();
    let remark = Remark {
        message: in_one_line(&text),
        ..Remark::default()
    };
    output::say_in_json();
    output::say(Tone::Error, &remark);
    ExitCode::from(MISUSED)
}

/// What is wrong with the arguments, without the usage: the line that says so, what it lists, and tips.
fn in_one_line(text: &str) -> String {
    let mut message = String::new();
    for line in text.lines().take_while(|line| !line.starts_with("Usage:")) {
        let part = line.trim();
        if part.is_empty() || part.starts_with("For more information") {
            continue;
        }
        message.push_str(match part {
            _ if message.is_empty() => "",
            _ if message.ends_with(':') || part.starts_with('[') => " ",
            _ if part.starts_with("tip:") => "; ",
            _ if line.starts_with(' ') => ", ",
            _ => " ",
        });
        message.push_str(part);
    }
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    message.to_owned()
}

/// Says why the command of this name could not do what it should.
pub(super) fn failed(
    error: &(dyn Error + 'static),
    mut command: Command,
    name: Option<&str>,
) -> ExitCode {
    if let Some(Misused(what)) = error.downcast_ref() {
        command.build();
        let command = match name {
            Some(name) => command.find_subcommand_mut(name),
            None => None,
        };
        let error = match command {
            Some(command) => command.error(ErrorKind::ArgumentConflict, what),
            None => clap::Error::raw(ErrorKind::ArgumentConflict, what),
        };
        return misused(&error);
    }
    // Whoever reads has seen enough, as `head` has.
    if let Some(OutputError::Closed) = error.downcast_ref() {
        return ExitCode::SUCCESS;
    }
    complain(error);
    ExitCode::FAILURE
}

/// Says an error, with what a server that refused said for programs.
pub(super) fn complain(error: &(dyn Error + 'static)) {
    let mut remark = Remark {
        message: error.to_string(),
        ..Remark::default()
    };
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(ClientError::Refused { status, code, .. }) = error.downcast_ref() {
            remark.status = Some(status.as_u16());
            remark.code.clone_from(code);
        }
        cause = error.source();
    }
    output::say(Tone::Error, &remark);
}

#[cfg(test)]
mod tests {
    use super::in_one_line;

    #[test]
    fn what_is_wrong_stands_apart_from_the_tips_and_the_usage_is_left_out() {
        let text = "\
error: unexpected argument '--bad' found

  tip: to pass '--bad' as a value, use '-- --bad'
  tip: a similar argument exists: '--bid'

Usage: evident check [OPTIONS] <DIR>

For more information, try '--help'.
";
        let expected = "unexpected argument '--bad' found; \
            tip: to pass '--bad' as a value, use '-- --bad'; \
            tip: a similar argument exists: '--bid'";
        assert_eq!(in_one_line(text), expected);
    }

    #[test]
    fn lists_read_as_lists() {
        let missing = "\
error: the following required arguments were not provided:
  --state <FILE>
  <URL>

Usage: evident monitor --state <FILE> <URL>
";
        let expected = "the following required arguments were not provided: --state <FILE>, <URL>";
        assert_eq!(in_one_line(missing), expected);
        let wrong = "\
error: invalid value 'x' for '--format <FORMAT>'
  [possible values: table, json]

For more information, try '--help'.
";
        let expected = "invalid value 'x' for '--format <FORMAT>' [possible values: table, json]";
        assert_eq!(in_one_line(wrong), expected);
    }
}
