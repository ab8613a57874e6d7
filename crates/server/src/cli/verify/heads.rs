//! Checkpoints: that a log signed them, and that one extends the other.

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::VerifierKey;
use evident_ledger::proof_text::ConsistencyProof;

use super::super::CommandError;
use super::inputs::Keys;
use super::outcome::Outcome;

const KIND_ONE: &str = "checkpoint";
const KIND_TWO: &str = "consistency";

impl Outcome {
    /// Says what a checkpoint is.
    pub(super) fn say_head(&mut self, head: &Checkpoint, key: &VerifierKey) {
        self.say("origin", "log", head.origin.as_str());
        self.say("verifier_key", "verifier key", key.to_string());
        self.say("size", "size", head.size);
        self.say("root", "root", head.root.to_base64());
    }
}

/// One checkpoint: its signature.
pub(super) fn verify_one(note: &[u8], keys: &Keys<'_>) -> Result<Outcome, CommandError> {
    let mut outcome = Outcome::new(KIND_ONE);
    match keys.open(note)? {
        Ok((head, key)) => outcome.say_head(&head, key),
        Err(error) => outcome.find("checkpoint", error),
    }
    Ok(outcome)
}

/// Two checkpoints without a proof: their roots tell only if they are of one size.
pub(super) fn verify_two(old: &[u8], new: &[u8], keys: &Keys<'_>) -> Result<Outcome, CommandError> {
    let mut outcome = Outcome::new(KIND_TWO);
    let Some(heads) = open_two(&mut outcome, (old, "older"), (new, "newer"), keys)? else {
        return Ok(outcome);
    };
    let ((old, _), (new, key)) = heads;
    if old.origin != new.origin {
        let what = format!(
            "the checkpoints are of two logs: {} and {}",
            old.origin, new.origin
        );
        outcome.find("checkpoint", what);
        return Ok(outcome);
    }
    if old.size != new.size {
        return Err(unproved(&old, &new).into());
    }
    if old.root != new.root {
        let what = format!(
            "the log signed two roots of size {}, {} and {}: it has forked; keep both checkpoints",
            old.size,
            old.root.to_base64(),
            new.root.to_base64()
        );
        outcome.find("fork", what);
    }
    outcome.say_head(&new, key);
    outcome.say("old_size", "older size", old.size);
    Ok(outcome)
}

/// How to get the proof that is missing.
fn unproved(old: &Checkpoint, new: &Checkpoint) -> String {
    let (first, last) = (old.size.min(new.size), old.size.max(new.size));
    let swapped = match old.size > new.size {
        true => "name the older checkpoint first; ",
        false => "",
    };
    format!(
        "checkpoints of sizes {first} and {last} say nothing of each other without a proof: {swapped}get \
         it with `curl \"$EVIDENT_URL/v1/log/consistency?from={first}&to={last}\" -H 'Accept: \
         text/plain' -H \"Authorization: Bearer $EVIDENT_API_KEY\"` and name its answer behind them, or \
         verify both against a data directory with --checkpoint"
    )
}

/// Two checkpoints, and the proof that leads from the older one to the newer.
pub(super) fn verify_between(
    old: &[u8],
    new: &[u8],
    proof: &[u8],
    keys: &Keys<'_>,
) -> Result<Outcome, CommandError> {
    let mut outcome = verify_extends(old, proof, keys)?;
    let led_to = ConsistencyProof::parse(proof).ok();
    let led_to = led_to.and_then(|proof| keys.open(proof.checkpoint.as_bytes()).ok()?.ok());
    match (keys.open(new)?, led_to) {
        (Err(error), _) => outcome.find("checkpoint", format!("the newer checkpoint: {error}")),
        (Ok((new, _)), Some((led_to, _))) if new.size != led_to.size => {
            let what = format!(
                "the proof leads to size {}, and the newer checkpoint is of size {}: get the one with \
                 to={}",
                led_to.size, new.size, new.size
            );
            outcome.find("consistency", what);
        }
        (Ok((new, _)), Some((led_to, _))) if new.root != led_to.root => {
            let what = format!(
                "the log signed two roots of size {}, {} and {}: it has forked; keep both",
                new.size,
                new.root.to_base64(),
                led_to.root.to_base64()
            );
            outcome.find("fork", what);
        }
        // Without a proof that could be read there is a finding already.
        _ => {}
    }
    Ok(outcome)
}

type Opened<'k> = (Checkpoint, &'k VerifierKey);

/// Opens both, or finds which of them was not signed.
fn open_two<'k>(
    outcome: &mut Outcome,
    (old, old_name): (&[u8], &str),
    (new, new_name): (&[u8], &str),
    keys: &Keys<'k>,
) -> Result<Option<(Opened<'k>, Opened<'k>)>, CommandError> {
    let (old, new) = (keys.open(old)?, keys.open(new)?);
    for (opened, name) in [(&old, old_name), (&new, new_name)] {
        if let Err(error) = opened {
            outcome.find("checkpoint", format!("the {name} checkpoint: {error}"));
        }
    }
    Ok(old.ok().zip(new.ok()))
}

/// An older checkpoint, and the proof that a newer one extends it.
pub(super) fn verify_extends(
    old: &[u8],
    proof: &[u8],
    keys: &Keys<'_>,
) -> Result<Outcome, CommandError> {
    let mut outcome = Outcome::new(KIND_TWO);
    let (old, key) = match keys.open(old)? {
        Ok(opened) => opened,
        Err(error) => {
            outcome.find("checkpoint", format!("the older checkpoint: {error}"));
            return Ok(outcome);
        }
    };
    let verified = ConsistencyProof::parse(proof).and_then(|proof| proof.verify(&old, key));
    match verified {
        Ok(new) => {
            outcome.say_head(&new, key);
            outcome.say("old_size", "older size", old.size);
            outcome.say("old_root", "older root", old.root.to_base64());
        }
        Err(error) => outcome.find("consistency", error),
    }
    Ok(outcome)
}
