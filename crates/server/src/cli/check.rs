//! `evident check`: whether a data directory is what it was, and making anew what can be.
//!
//! It needs no server, and no server may run: the directory's lock is held while it is read.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use evident_store::check::{self, Finding, Rebuilt, Report};
use serde::Serialize;

use super::output::{Output, OutputError, Progress};
use super::{CommandError, failure};

/// Time between two looks at how far it has come.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// What scripts are told: nothing is damaged.
const WELL: u8 = 0;
/// Something is.
const DAMAGED: u8 = 1;
/// It could not be found out.
const NOT_CHECKED: u8 = 2;

/// Check a data directory for damage; needs no server, and none may run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Check {
    /// The data directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Make anew what the events give again: indexes, hashes of the logs, the list of segments
    #[arg(long)]
    rebuild: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Every byte of the events, their indexes and their logs is read: checksums, that
indexes are those of the events, and that the events lead to the roots that were
signed. Without --rebuild nothing is written. With it, nothing is made that
contradicts a signed root, and events are never changed.

Exit codes: 0 when nothing is damaged, 1 when something is (with --rebuild:
still is), 2 when it could not be checked.

Examples:
  evident check ./data
  evident check /var/lib/evident --rebuild
  evident check ./data --json |
      jq -r '.findings[] | select(.remedy == \"backup\") | .file'";

/// What is printed with `--json`.
#[derive(Serialize)]
struct Told<'a> {
    is_clean: bool,
    findings: Vec<ToldFinding<'a>>,
    checked: ToldCounts,
    /// With `--rebuild` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    rebuilt: Option<ToldRebuilt<'a>>,
}

#[derive(Serialize)]
struct ToldFinding<'a> {
    severity: &'static str,
    file: String,
    byte: Option<u64>,
    what: &'a str,
    remedy: &'static str,
}

#[derive(Serialize)]
struct ToldCounts {
    segments: u64,
    rows: u64,
    removed: u64,
    bytes: u64,
    leaves: u64,
    logs: u64,
}

#[derive(Serialize)]
struct ToldRebuilt<'a> {
    made: &'a [String],
    refused: &'a [String],
}

impl Check {
    /// Checks, and tells what was found.
    pub(super) fn run(self) -> ExitCode {
        let mut output = Output::standard();
        let told = self.look().and_then(|(report, rebuilt)| {
            self.tell(&mut output, &report, rebuilt.as_ref())?;
            Ok(report.is_clean())
        });
        let code = match told {
            Ok(true) => WELL,
            Ok(false) => DAMAGED,
            Err(error) => {
                // Whoever reads has seen enough, but not that all is well.
                if !matches!(error.downcast_ref(), Some(OutputError::Closed)) {
                    failure::complain(&*error);
                }
                NOT_CHECKED
            }
        };
        ExitCode::from(code)
    }

    fn look(&self) -> Result<(Report, Option<Rebuilt>), CommandError> {
        let shown = Mutex::new((Progress::alone(), Instant::now()));
        let progress = |now: check::Progress| {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.1.elapsed() >= PROGRESS_INTERVAL {
                shown.1 = Instant::now();
                shown.0.say(&percent(now));
            }
        };
        let rebuilt = match self.rebuild {
            true => Some(check::rebuild(&self.directory, &progress)?),
            false => None,
        };
        let report = match rebuilt {
            // What was made is checked as what was found was.
            Some(ref rebuilt) if rebuilt.made.is_empty() => rebuilt.before.clone(),
            _ => check::check(&self.directory, &progress)?,
        };
        Ok((report, rebuilt))
    }

    fn tell(
        &self,
        output: &mut Output,
        report: &Report,
        rebuilt: Option<&Rebuilt>,
    ) -> Result<(), CommandError> {
        if self.json {
            output.write_json(&serde_json::to_string(&told(report, rebuilt))?)?;
            output.write("\n")?;
        } else {
            output.write_lines(self.in_words(report, rebuilt).as_bytes())?;
        }
        Ok(output.flush()?)
    }

    fn in_words(&self, report: &Report, rebuilt: Option<&Rebuilt>) -> String {
        let mut lines: Vec<String> = Vec::new();
        if let Some(rebuilt) = rebuilt {
            lines.extend(rebuilt.made.iter().map(|what| format!("made anew: {what}")));
            lines.extend(
                rebuilt
                    .refused
                    .iter()
                    .map(|what| format!("not made anew: {what}")),
            );
        }
        lines.extend(report.findings.iter().map(Finding::to_string));
        let counts = report.counts;
        let damage = match report.damage().count() {
            0 => "nothing is damaged".to_owned(),
            1 => "1 finding of damage".to_owned(),
            count => format!("{count} findings of damage"),
        };
        let removed = match counts.removed {
            0 => String::new(),
            removed => format!("; {removed} rows were removed before"),
        };
        lines.push(format!(
            "{}: {damage}; checked {} bytes, {} rows, {} segments, {} leaves of {} logs{removed}",
            self.directory.display(),
            counts.bytes,
            counts.rows,
            counts.segments,
            counts.leaves,
            counts.logs,
        ));
        lines.push(String::new());
        lines.join("\n")
    }
}

fn percent(now: check::Progress) -> String {
    let percent = now.done_bytes.saturating_mul(100) / now.total_bytes.max(1);
    format!("{percent} % of {} MB checked", now.total_bytes / 1_000_000)
}

fn told<'a>(report: &'a Report, rebuilt: Option<&'a Rebuilt>) -> Told<'a> {
    let counts = report.counts;
    let findings = report.findings.iter().map(|finding| ToldFinding {
        severity: finding.severity.name(),
        file: finding.file.display().to_string(),
        byte: finding.offset,
        what: &finding.what,
        remedy: finding.remedy.name(),
    });
    Told {
        is_clean: report.is_clean(),
        findings: findings.collect(),
        checked: ToldCounts {
            segments: counts.segments,
            rows: counts.rows,
            removed: counts.removed,
            bytes: counts.bytes,
            leaves: counts.leaves,
            logs: counts.logs,
        },
        rebuilt: rebuilt.map(|rebuilt| ToldRebuilt {
            made: &rebuilt.made,
            refused: &rebuilt.refused,
        }),
    }
}
