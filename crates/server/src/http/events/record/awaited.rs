//! `wait=checkpoint`: an answer with the proofs of what was recorded.
//!
//! What must always hold:
//!
//! - all proofs of an answer lead to the one checkpoint that is in it;
//! - the bytes that proofs take are taken from the budget of answers before anything is recorded, so
//!   that whoever is told to come again has recorded nothing;
//! - only so many wait at once, and the others are told before anything is recorded: while no checkpoint
//!   comes, recording without proofs goes on;
//! - once events are recorded the answer has their receipts, whatever else goes wrong: a client that
//!   took them for lost would record them twice;
//! - the salt of an event that had been recorded before is only for keys that may read it: a retry need
//!   not carry all of an event, and the salt would confirm guesses of the rest.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::super::super::JSON;
use super::super::super::problem::Problem;
use super::super::super::proofs::{LeafProof, NOT_COVERED_YET, note_text};
use super::problems;
use super::receipts::{Covering, receipts, written};
use crate::budget::{Answers, Claim};
use crate::capture::Answer;
use crate::prover::Prover;
use crate::workers::Workers;

/// How long an answer waits for the checkpoint. One comes within a second, unless it cannot be written.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes that a proof's hash takes: 32 as it is, and its text in base64 with quotes and a comma.
const BYTES_PER_HASH: usize = 32 + 47;
/// Bytes that a receipt takes beside its hashes, as it is and as JSON, about.
const BYTES_BESIDE_HASHES: usize = 768;
/// Hashes that a proof is taken to have at least: those of a log of 16 million events. No log outgrows
/// that from below, or doubles above it, while an answer waits.
const MIN_HASHES: u32 = 24;

/// What answers with proofs are made with.
pub(super) struct Awaiting {
    pub(super) prover: Prover,
    pub(super) workers: Workers,
    pub(super) answers: Answers,
    /// A permit for each request that may wait at once.
    pub(super) waiting: Arc<Semaphore>,
}

/// How an answer is asked for.
pub(super) struct Awaited {
    /// Good events were to be kept when others are refused.
    pub(super) partial: bool,
    /// The key may read events as well.
    pub(super) may_read: bool,
}

/// Bytes that are set aside for an answer.
pub(super) struct Room {
    /// Held until the answer is made.
    _turn: OwnedSemaphorePermit,
    claim: Claim,
    bytes: usize,
}

impl Awaiting {
    /// Sets aside what the proofs of so many events take.
    pub(super) fn room(&self, organization_id: &str, events: usize) -> Result<Room, Problem> {
        let size = self
            .prover
            .head(organization_id)
            .map_or(0, |head| head.size);
        let turn = Arc::clone(&self.waiting).try_acquire_owned();
        let turn = turn.map_err(|_| {
            let detail = "too many requests are waiting for a checkpoint, so nothing was recorded: send \
                          the request again in a second, or without wait=checkpoint";
            Problem::too_many("too_many_waiting", detail)
        })?;
        let bytes = events * bytes_per_proof(size);
        let mut claim = self.answers.0.claim();
        claim.grow(bytes).map_err(|_| {
            let detail = "too many bytes are being answered at once, so nothing was recorded: send the \
                          request again in a second, without wait=checkpoint, or with fewer events";
            Problem::too_many("too_many_bytes", detail)
        })?;
        Ok(Room {
            _turn: turn,
            claim,
            bytes,
        })
    }

    /// The answer to a request of which something was recorded, once a checkpoint covers that.
    pub(super) async fn answer(
        &self,
        organization_id: &str,
        answer: Answer,
        Awaited { partial, may_read }: Awaited,
        room: Room,
    ) -> Result<Response, Problem> {
        let received = answer.received.iter();
        let indexes = received.map(|received| received.receipt.index).collect();
        let mut covering = match self.covering(organization_id, indexes).await {
            Ok(covering) => covering,
            Err(problem) => return Err(nevertheless(problem, answer, partial)),
        };
        for (proof, received) in covering.proofs.iter_mut().zip(&answer.received) {
            if received.receipt.duplicate && !may_read {
                proof.salt = None;
            }
        }
        let Room {
            claim,
            bytes,
            _turn,
        } = room;
        let writing = move || written(answer, partial, Some(covering), bytes);
        let written = self.workers.run(writing).await;
        let (status, body) = written
            .map_err(|_| Problem::internal())?
            .map_err(|_| Problem::internal())?;
        Ok((status, [(CONTENT_TYPE, JSON)], claim.hold(body)).into_response())
    }

    /// The checkpoint that covers these leaves, and their proofs in its tree.
    async fn covering(
        &self,
        organization_id: &str,
        indexes: Vec<u64>,
    ) -> Result<Covering, Problem> {
        let deadline = Instant::now() + CHECKPOINT_PATIENCE;
        let last = indexes.iter().copied().max().unwrap_or_default();
        let head = self.prover.head_beyond(organization_id, last, deadline);
        let head = head.await?.ok_or_else(too_late)?;
        let proofs = self.prover.proofs(organization_id, indexes, head.size);
        let proofs = proofs.await?.into_iter();
        Ok(Covering {
            size: head.size,
            note: note_text(&head.note),
            proofs: proofs
                .map(|(opening, hashes)| LeafProof::new(opening, hashes))
                .collect(),
        })
    }
}

fn bytes_per_proof(size: u64) -> usize {
    let hashes = (u64::BITS - size.leading_zeros() + 1).max(MIN_HASHES);
    BYTES_BESIDE_HASHES + BYTES_PER_HASH * hashes as usize
}

/// It says nothing of when to come again: whoever did that with events without ids would record them
/// twice.
fn too_late() -> Problem {
    let detail = format!(
        "no checkpoint has covered the events within {} s",
        CHECKPOINT_PATIENCE.as_secs()
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, NOT_COVERED_YET, detail)
}

/// A problem that came after events had been recorded.
fn nevertheless(problem: Problem, answer: Answer, partial: bool) -> Problem {
    problem
        .adding(
            "The events of `receipts` are recorded. Get their proofs by GET /v1/events/{id}/proof, or \
             send them again with these ids; without them they would be recorded a second time",
        )
        .with_errors(problems::entries(&answer.refused))
        .with_receipts(receipts(answer.received, partial))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_a_proof_follow_the_depth_of_the_tree() {
        let bytes = |hashes: usize| BYTES_BESIDE_HASHES + hashes * BYTES_PER_HASH;
        assert_eq!(bytes_per_proof(0), bytes(24));
        assert_eq!(bytes_per_proof(1 << 20), bytes(24));
        // A tree of 2^30 leaves has proofs of 30 hashes, and one of twice that of 31.
        assert_eq!(bytes_per_proof(1 << 30), bytes(32));
        assert_eq!(bytes_per_proof(u64::MAX), bytes(65));
    }
}
