//! What a request is answered: receipts, and what was refused, by position.

use evident_event::record::{Refusal, Warning};
use evident_store::append::{Conflict, NewEvent, Outcome, Receipt};

use super::CaptureError;
use super::admission::Verdict;

/// An event that was recorded, or had been.
#[derive(Debug)]
pub(crate) struct Received {
    /// Its place in the request, from 0.
    pub(crate) position: usize,
    /// Its place on the log.
    pub(crate) receipt: Receipt,
    /// What its sender should know.
    pub(crate) warnings: Vec<Warning>,
}

/// An event that was not recorded.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Its place in the request, from 0.
    pub(crate) position: usize,
    /// Why.
    pub(crate) why: Why,
}

/// Why an event was not recorded.
#[derive(Debug)]
pub(crate) enum Why {
    /// It is not acceptable.
    Refusals(Vec<Refusal>),
    /// It is not of the project that the key is limited to.
    OutsideProject,
    /// Its id is taken by an event that differs.
    Conflict(Conflict),
    /// The request's events together are too large to be recorded at once.
    BeyondRequest,
}

/// What became of a request of which something was recorded.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The recorded events, in order.
    pub(crate) received: Vec<Received>,
    /// The others, in order. Only if the request allows for it.
    pub(crate) refused: Vec<Refused>,
}

/// A place in the request and what is to be said beside the receipt.
pub(super) type Place = (usize, Vec<Warning>);

/// Tells the events that may be recorded from those that may not.
pub(super) fn sort(verdicts: Vec<Verdict>) -> (Vec<(NewEvent, Place)>, Vec<Refused>) {
    let mut received = Vec::with_capacity(verdicts.len());
    let mut refused = Vec::new();
    for (position, verdict) in verdicts.into_iter().enumerate() {
        match verdict {
            Ok((event, warnings)) => received.push((event, (position, warnings))),
            Err(why) => refused.push(Refused { position, why }),
        }
    }
    (received, refused)
}

/// Joins what the store says of each event with its place in the request.
pub(super) fn of(
    places: Vec<Place>,
    outcomes: Vec<Outcome>,
    mut refused: Vec<Refused>,
    partial: bool,
) -> Result<Answer, CaptureError> {
    debug_assert_eq!(places.len(), outcomes.len());
    let count = places.len() + refused.len();
    let mut received = Vec::with_capacity(outcomes.len());
    for ((position, warnings), outcome) in places.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Recorded(receipt) => received.push(Received {
                position,
                receipt,
                warnings,
            }),
            Outcome::Conflict(conflict) => refused.push(Refused {
                position,
                why: Why::Conflict(conflict),
            }),
        }
    }
    debug_assert!(partial || refused.is_empty());
    if received.is_empty() {
        return Err(CaptureError::Refused { refused, count });
    }
    refused.sort_by_key(|refused| refused.position);
    Ok(Answer { received, refused })
}
