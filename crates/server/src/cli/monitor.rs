//! `evident monitor`: watching a log from outside, trusting nothing but its key.
//!
//! It knows only what everybody can know: the read interface of `spec/ledger.md`, and the log's verifier
//! key. What must always hold:
//!
//! - the key comes from whoever runs it: nothing is trusted for being met first;
//! - that a log misbehaves and that it could not be looked at are told apart, and never taken for success;
//! - what was verified is remembered durably, so that a log cannot take back what it once signed,
//!   however often this command is ended or killed.

mod entries;
mod events;
mod heads;
mod log;
mod round;
mod state;
mod told;
mod trouble;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap::Args;
use evident_ledger::note::{KeyError, VerifierKey};
use rustix::fs::Mode;

use super::client::Client;
use super::clock::duration;
use super::output::{Output, OutputError, remark};
use super::signals;
use super::{CommandError, failure};
use events::Events;
use log::Log;
use round::{CATCH_UP, Watch};
use state::StateFile;
use told::{MISBEHAVES, Report, UNCHECKED, WELL};

/// How long one answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The shortest time between two rounds.
const MIN_INTERVAL: Duration = Duration::from_millis(100);
/// Most bytes of a file that holds a verifier key.
const MAX_KEY_FILE_BYTES: u64 = 4_096;
/// What stands between a server's address and a log's id.
const LOG_SEGMENT: &str = "/log/";

/// Watch a log as an outsider: that it only ever grows, and holds what it signed.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Monitor {
    /// The log's prefix, such as https://audit.example.com/log/org_…; any C2SP tlog-tiles log has one
    #[arg(value_name = "URL")]
    url: String,
    /// The log's verifier key, name+id+base64, or @FILE for a file that holds it
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// Where to remember what was verified; made by the first round
    #[arg(long, value_name = "FILE")]
    state: PathBuf,
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    how: How,
}

/// What is looked at besides the head.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is checked")]
struct What {
    /// Read every new entry, and hold it against the signed root; on with an API key
    #[arg(long)]
    entries: bool,
    /// Fetch every new event too, and hold it against its entry; needs an API key that may read
    #[arg(long)]
    events: bool,
    /// Events may be erased, or removed when their time is over: count them, do not alarm
    #[arg(long, requires = "events")]
    erasures: bool,
    /// Alarm when the log has not grown for so long, or could not be reached, such as 2h or 30m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    silence: Option<Duration>,
    /// A file that holds an API key; without it, EVIDENT_API_KEY in the environment may, for a URL that
    /// ends in /log/org_ and 32 hex digits
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

/// How often, and how it is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rounds and output")]
struct How {
    /// Go on, round after round, until SIGTERM or Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Time between two rounds
    #[arg(long, value_name = "DURATION", value_parser = interval, default_value = "10s", requires = "follow")]
    interval: Duration,
    /// How long a round may read what is new below the head; tests have no time to wait
    #[arg(long, value_name = "DURATION", value_parser = duration, hide = true)]
    catch_up: Option<Duration>,
    /// Print a JSON object a round
    #[arg(long)]
    json: bool,
    /// Also write metrics to this file, for Prometheus' textfile collector
    #[arg(long, value_name = "FILE")]
    metrics: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Each round takes the newest checkpoint, checks its signature, and has the log's
own hashes show that it extends the one before. A log that signs two histories,
or goes back behind what it signed, is found out.

Exit codes: 0 when all is well; 1 when the log misbehaves: a fork, a rollback,
an entry, event or hash that is not what was signed, a checkpoint that is not
signed by the key; 2 when it could not be checked: arguments, state, network, an
error of the server's; 3 when the log has been silent for too long. With
--follow: 1 at once when the log misbehaves, else how the last round ended.

After 1 the state keeps the head that was verified, and each round alarms again.
What contradicts it is kept beside the state, in FILE.evidence-….

Examples:
  evident monitor https://audit.example.com/log/org_… \\
      --key @acme.vkey --state acme.state
  export EVIDENT_API_KEY=evident_read_…
  evident monitor https://audit.example.com/log/org_… --key @acme.vkey \\
      --state acme.state --events --silence 2h --follow --json";

/// Why there is nothing to watch.
#[derive(Debug, thiserror::Error)]
enum MonitorError {
    #[error(
        "--key is needed, since nothing is trusted for being met first: `evident init` prints a log's verifier key, GET /v1/log shows it to its readers; get it from its operator by another way than from the server that you watch"
    )]
    NoKey,
    #[error("the verifier key cannot be read from {}: {source}; correct --key", path.display())]
    KeyFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("--key is {0}")]
    Key(#[from] KeyError),
    #[error(
        "--events needs an API key that may read: put it into the environment as EVIDENT_API_KEY, or name a file that holds it by --api-key-file; the environment's goes only to a URL that ends in /log/org_ and 32 hex digits"
    )]
    NoApiKey,
    #[error(
        "--events is for Evident's logs, whose addresses end in /log/ and the organization's id: correct the URL"
    )]
    NoEvents,
}

/// What the thread that tells waits for.
enum Heard {
    Round(Box<Report>),
    Stop,
}

impl Monitor {
    /// Watches, and tells what was found.
    pub(super) fn run(self) -> ExitCode {
        // Nothing secret is written, and whoever collects the metrics must be able to read them.
        rustix::process::umask(Mode::RWXO | Mode::WGRP);
        let code = match self.watch() {
            Ok(watch) if self.how.follow => self.follow(watch),
            Ok(mut watch) => Ok(self.tell(&mut Output::standard(), &watch.round()).0),
            Err(error) => Err(error),
        };
        let code = code.unwrap_or_else(|error| {
            failure::complain(&*error);
            UNCHECKED
        });
        ExitCode::from(code)
    }

    /// The log, and what is known of it.
    fn watch(&self) -> Result<Watch, CommandError> {
        let key = verifier_key(self.key.as_deref().ok_or(MonitorError::NoKey)?)?;
        let key_file = self.what.api_key_file.as_deref();
        let client = Client::of_address(&self.url, key_file, ANSWER_TIMEOUT, "the URL")?;
        let events = match self.what.events {
            true => Some(server(&client)?),
            false => None,
        };
        let file = StateFile::open(&self.state, key.clone())?;
        Ok(Watch {
            state: file.load()?,
            file,
            key,
            entries: self.what.entries || client.has_key(),
            log: Arc::new(Log::new(client)),
            events: events.map(Events::of),
            erasures: self.what.erasures,
            catch_up: self.how.catch_up.unwrap_or(CATCH_UP),
            silence: self.what.silence,
        })
    }

    /// Round after round. They run on a thread of their own, so that a signal is heard within one: what
    /// is remembered is whole at every moment.
    fn follow(&self, mut watch: Watch) -> Result<u8, CommandError> {
        let (sender, heard) = mpsc::channel();
        let stop = sender.clone();
        // Nobody hears it if the command has ended.
        signals::watch(move |_| {
            let _ = stop.send(Heard::Stop);
        })?;
        let interval = self.how.interval;
        thread::spawn(move || {
            while sender.send(Heard::Round(Box::new(watch.round()))).is_ok() {
                thread::sleep(interval);
            }
        });
        let mut output = Output::standard();
        let mut code = UNCHECKED;
        for heard in heard {
            let Heard::Round(report) = heard else { break };
            let goes_on;
            (code, goes_on) = self.tell(&mut output, &report);
            if code == MISBEHAVES || !goes_on {
                break;
            }
        }
        Ok(code)
    }

    /// Tells what came of a round: gives the exit code, and whether anybody still reads.
    fn tell(&self, output: &mut Output, report: &Report) -> (u8, bool) {
        let mut code = report.code();
        // What could not be told must not pass for success.
        let mut failed = |error: &(dyn std::error::Error + 'static)| {
            failure::complain(error);
            code = if code == WELL { UNCHECKED } else { code };
        };
        if let Some(path) = &self.how.metrics
            && let Err(error) = state::replace(path, &report.metrics())
        {
            failed(&error);
        }
        let printed = self.print(output, report);
        match printed {
            Ok(()) => {}
            Err(OutputError::Closed) => return (code, false),
            Err(ref error) => failed(error),
        }
        (code, printed.is_ok())
    }

    fn print(&self, output: &mut Output, report: &Report) -> Result<(), OutputError> {
        if self.how.json {
            let json = report.json();
            let json = json.map_err(|error| OutputError::Failed(error.into()))?;
            output.write_json(&json)?;
            output.write("\n")?;
        } else if let Some(complaint) = report.complaint() {
            // Beside the output, so that it is seen where that is thrown away.
            remark(&complaint);
        } else {
            output.write_lines(format!("{}\n", report.line()).as_bytes())?;
        }
        output.flush()
    }
}

/// The key of an argument, or of the file that it names.
fn verifier_key(argument: &str) -> Result<VerifierKey, MonitorError> {
    let Some(path) = argument.strip_prefix('@').map(Path::new) else {
        return Ok(VerifierKey::parse(argument.trim())?);
    };
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_KEY_FILE_BYTES).read_to_string(&mut text))
        .map_err(|source| MonitorError::KeyFile {
            path: path.to_owned(),
            source,
        })?;
    Ok(VerifierKey::parse(text.trim())?)
}

/// The server of a log, as the client of its events.
fn server(log: &Client) -> Result<Client, MonitorError> {
    match log.url().rsplit_once(LOG_SEGMENT) {
        Some((_, id)) if id.is_empty() || id.contains('/') => Err(MonitorError::NoEvents),
        Some(_) if !log.has_key() => Err(MonitorError::NoApiKey),
        Some((server, _)) => Ok(log.at(server.to_owned())),
        None => Err(MonitorError::NoEvents),
    }
}

fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    match interval >= MIN_INTERVAL {
        true => Ok(interval),
        false => Err(format!(
            "a round begins {} ms after the last one at the earliest: give more",
            MIN_INTERVAL.as_millis()
        )),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_are_written_with_their_units() {
        assert_eq!(duration("90s").unwrap(), Duration::from_secs(90));
        assert_eq!(duration("1h30m").unwrap(), Duration::from_secs(5_400));
        assert_eq!(duration("250ms").unwrap(), Duration::from_millis(250));
        for bad in ["", "10", "-1s", "soon", "1 fortnight"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
        assert!(interval("99ms").is_err());
        assert!(interval("100ms").is_ok());
    }

    #[test]
    fn events_are_asked_for_at_the_server_that_the_log_is_of() {
        let scratch = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(scratch.path(), "evident_read_1_2\n").unwrap();
        let client = |url: &str| {
            Client::of_address(url, Some(scratch.path()), ANSWER_TIMEOUT, "the URL").unwrap()
        };
        let base = |url: &str| server(&client(url)).map(|client| client.url().to_owned());
        assert_eq!(
            base("https://example.com/evident/log/org_1/").unwrap(),
            "https://example.com/evident"
        );
        assert_eq!(
            base("https://log.example.com/log/org_1").unwrap(),
            "https://log.example.com"
        );
        for elsewhere in [
            "https://example.com/log/",
            "https://example.com/",
            "https://example.com/log/a/b",
        ] {
            assert!(base(elsewhere).is_err(), "{elsewhere}");
        }
    }
}
