//! `evident verify`: whether what somebody was given, or a whole data directory, is what a log signed.
//!
//! It asks no server and no network. What must always hold:
//!
//! - exit code 0 says that everything that was named was verified and holds, and nothing else does;
//! - what a path is, its contents say, not its name;
//! - nothing is believed for being in the same file as what it proves: keys are named by the caller,
//!   and where a directory's own are taken instead, the output says so.

mod directory;
mod heads;
mod inputs;
mod outcome;
mod proof;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use evident_ledger::note::VerifierKey;

use self::inputs::{Input, Keys};
use self::outcome::Outcome;
use super::output::{Output, OutputError};
use super::{CommandError, failure};

/// What scripts are told: all of it holds.
const HOLDS: u8 = 0;
/// Something does not.
const DOES_NOT_HOLD: u8 = 1;
/// It could not be found out.
const NOT_VERIFIED: u8 = 2;

/// Verify a data directory, a proof or checkpoints; needs no server and no network.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Verify {
    /// A data directory, a proof (.tlog-proof or JSON), a checkpoint, or an older and a newer checkpoint
    #[arg(value_name = "PATH", required = true, num_args = 1..=3)]
    paths: Vec<PathBuf>,
    /// The log's verifier key, from where you trust it; may be repeated
    #[arg(long = "key", value_name = "VERIFIERKEY", value_parser = VerifierKey::parse)]
    keys: Vec<VerifierKey>,
    /// With a proof: the event that it is to be of, as JSON; - is standard input
    #[arg(long, value_name = "FILE")]
    event: Option<PathBuf>,
    /// With a data directory: a checkpoint that you kept, which the log must still have; may be repeated
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// With a data directory: accept newest events that are under no signature, as a server that was killed leaves them
    #[arg(long)]
    allow_unsigned: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
A data directory: every event against its leaf, every tree against every
checkpoint that was published. The server must be stopped; a read-only copy will
do. Without --key the keys in the directory are used, which shows that it agrees
with itself, not whose it is. The newest events of a server that was killed may
be under no signature: start and stop it once, or say --allow-unsigned.

A proof: that its entry is in the log and, with --event, that the entry is this
event's.

A checkpoint: that the log signed it. An older checkpoint and the answer of GET
/v1/log/consistency: that the log extends it. An older one, a newer one and that
answer: that the newer extends the older.

Exit codes: 0 when all holds, 1 when something does not, 2 when it could not be
found out.

Examples:
  evident verify ./data --key \"$VERIFIER_KEY\" --checkpoint kept-in-march.txt
  curl -fsS $EVIDENT_URL/v1/events/$ID -H \"Authorization: Bearer $KEY\" \\
      > event.json
  curl -fsS $EVIDENT_URL/v1/events/$ID/proof -H \"Authorization: Bearer $KEY\" \\
      -H 'Accept: text/plain' > event.tlog-proof
  evident verify event.tlog-proof --event event.json --key \"$VERIFIER_KEY\"
  evident verify old-checkpoint.txt consistency.txt --key \"$VERIFIER_KEY\"";

impl Verify {
    /// Verifies, and tells what holds.
    pub(super) fn run(self) -> ExitCode {
        let mut output = Output::standard();
        let told = self.look().and_then(|outcome| {
            outcome.tell(&mut output, self.json)?;
            Ok(outcome.code())
        });
        ExitCode::from(told.unwrap_or_else(|error| {
            // Whoever reads has seen enough, but not that all holds.
            if !matches!(error.downcast_ref(), Some(OutputError::Closed)) {
                failure::complain(&*error);
            }
            NOT_VERIFIED
        }))
    }

    fn look(&self) -> Result<Outcome, CommandError> {
        let inputs: Vec<Input> = self
            .paths
            .iter()
            .map(|path| Input::read(path))
            .collect::<Result<_, _>>()?;
        let keys = Keys(&self.keys);
        let proof = inputs.iter().any(|input| matches!(input, Input::Proof(_)));
        let directory = inputs.iter().any(|input| matches!(input, Input::Directory));
        if self.event.is_some() && !proof {
            return Err("--event goes with a proof: name the .tlog-proof file as well".into());
        }
        if !self.checkpoints.is_empty() && !directory {
            return Err(
                "--checkpoint goes with a data directory: name checkpoints as paths instead".into(),
            );
        }
        if self.allow_unsigned && !directory {
            return Err("--allow-unsigned goes with a data directory: leave it out".into());
        }
        match (inputs.as_slice(), self.paths.as_slice()) {
            ([Input::Directory], [path]) => directory::verify(path, self),
            ([Input::Proof(proof)], _) => proof::verify(proof, self.event.as_deref(), &keys),
            ([Input::Checkpoint(note)], _) => heads::verify_one(note, &keys),
            ([Input::Checkpoint(old), Input::Checkpoint(new)], _) => {
                heads::verify_two(old, new, &keys)
            }
            ([Input::Checkpoint(old), Input::Consistency(proof)], _) => {
                heads::verify_extends(old, proof, &keys)
            }
            (
                [
                    Input::Checkpoint(old),
                    Input::Checkpoint(new),
                    Input::Consistency(proof),
                ],
                _,
            ) => heads::verify_between(old, new, proof, &keys),
            ([Input::Consistency(_)], _) => Err(
                "a consistency proof begins at an older checkpoint: name that one before it".into(),
            ),
            _ => Err(format!(
                "{} do not go together: name one data directory, one proof, or an older checkpoint, \
                 a newer one, and the consistency proof between them",
                shown(&self.paths)
            )
            .into()),
        }
    }
}

fn shown(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths.iter().map(|path| name_of(path)).collect();
    names.join(" and ")
}

/// A path, as messages name it.
fn name_of(path: &Path) -> String {
    path.display().to_string()
}
