//! What two heads of a log say of each other.
//!
//! What must always hold:
//!
//! - a fork is only called one where two signed heads show it: hashes that lead to the newer root give
//!   another older root. Hashes that lead nowhere are wrong hashes, and may be a cache's fault;
//! - no head is believed for being signed: the hashes that the log shows must lead to its root.

use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::note::VerifierKey;
use evident_ledger::proof::{self, ProofError};
use evident_ledger::tree::root_at;

use super::super::sanitize;
use super::log::{Log, Tiles};
use super::trouble::{Alarm, Kind, Trouble};

/// A head of a log that its key has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The signed note, byte for byte.
    pub(super) note: String,
    /// What it says.
    pub(super) checkpoint: Checkpoint,
}

impl Head {
    /// Opens what a log shows as its checkpoint.
    pub(super) fn open(note: &[u8], key: &VerifierKey) -> Result<Self, Alarm> {
        let refused = |why: String| {
            let why = sanitize::message(&why);
            let what = format!("what the log shows as its checkpoint does not hold: {why}");
            Alarm::new(Kind::Signature, what)
        };
        let checkpoint = Checkpoint::open(note, key).map_err(|error| refused(error.to_string()))?;
        // What opens is UTF-8.
        let note = String::from_utf8(note.to_vec()).map_err(|error| refused(error.to_string()))?;
        Ok(Self { note, checkpoint })
    }

    pub(super) const fn size(&self) -> u64 {
        self.checkpoint.size
    }
}

/// Checks that the log's hashes lead to the root of a head.
pub(super) fn check_alone(tiles: &Tiles<'_>, head: &Head) -> Result<(), Trouble> {
    match root_at(head.size(), tiles)? == head.checkpoint.root {
        true => Ok(()),
        false => Err(wrong_tiles(head).into()),
    }
}

/// Checks that `new` extends `old`, which was verified before.
pub(super) fn check_extends(log: &Log, old: &Head, new: &Head) -> Result<(), Trouble> {
    let (old_size, new_size) = (old.size(), new.size());
    if old_size == new_size {
        return match old.checkpoint.root == new.checkpoint.root {
            true => Ok(()),
            false => Err(fork(old, new).into()),
        };
    }
    let tiles = Tiles::new(log, new_size);
    if old_size == 0 {
        return check_alone(&tiles, new);
    }
    let begins_with = root_at(old_size, &tiles)?;
    let proof = proof::consistency(old_size, new_size, &tiles)?;
    let shown = proof.and_then(|proof| {
        let new_tree = (new_size, new.checkpoint.root);
        proof::verify_consistency((old_size, begins_with), new_tree, &proof)
    });
    match shown {
        Ok(()) if begins_with == old.checkpoint.root => Ok(()),
        Ok(()) => Err(fork(old, new).into()),
        Err(ProofError::Shrunk { .. }) => Err(rollback(old, new).into()),
        Err(_) => Err(wrong_tiles(new).shown_by([&old.note]).into()),
    }
}

/// Two heads of one log that contradict each other.
fn fork(old: &Head, new: &Head) -> Alarm {
    let (old_size, new_size) = (old.size(), new.size());
    let (old_root, new_root) = (&old.checkpoint.root, &new.checkpoint.root);
    let what = if old_size == new_size {
        format!(
            "the log signed two roots for size {new_size}: {} was verified, {} is shown now",
            old_root.to_base64(),
            new_root.to_base64()
        )
    } else {
        format!(
            "the log signed size {new_size} with a history that is not that of size {old_size}, which was verified before"
        )
    };
    let what = format!("{what}; keep the evidence, and ask its operator and others who watch it");
    Alarm::new(Kind::Fork, what).shown_by([&new.note, &old.note])
}

/// A head that the log had been beyond.
pub(super) fn rollback(old: &Head, new: &Head) -> Alarm {
    let (old_size, new_size) = (old.size(), new.size());
    let what = format!(
        "the log shows size {new_size} and had signed {old_size}: it was rolled back; keep the evidence, and ask its operator"
    );
    Alarm::new(Kind::Rollback, what).shown_by([&new.note, &old.note])
}

/// Hashes that do not lead to the root of a head.
pub(super) fn wrong_tiles(head: &Head) -> Alarm {
    let what = format!(
        "the hashes that the log shows do not lead to the root that it signed for size {}: ask its operator, and whether a cache in between is at fault",
        head.size()
    );
    Alarm::new(Kind::Tile, what).shown_by([&head.note])
}
