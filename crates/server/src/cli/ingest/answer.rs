//! What a server says to a batch, event by event.
//!
//! What must always hold: an event counts as recorded, or as refused, only if the answer says so of it.
//! An answer that leaves one out, or says both, is no answer.

use serde::Deserialize;
use serde::de::IgnoredAny;
use ureq::http::StatusCode;

use super::letters::Reason;
use crate::cli::client::post::Answered;
use crate::cli::sanitize;

/// What became of the events of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Verdicts {
    pub(super) recorded: u64,
    pub(super) duplicates: u64,
    pub(super) with_warnings: u64,
    /// The highest index of an event.
    pub(super) last_index: Option<u64>,
    /// The refused events by position, in order.
    pub(super) refused: Vec<(usize, Vec<Reason>)>,
}

/// What an answer means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// Each event has its verdict.
    Done(Verdicts),
    /// It was too much at once.
    TooMuch { detail: String },
    /// The request as a whole is refused, for what sending it again does not mend.
    Refused { detail: String },
    /// No server says this.
    Nonsense { what: String },
}

#[derive(Deserialize)]
struct Receipts {
    receipts: Vec<Receipt>,
    #[serde(default)]
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Receipt {
    position: Option<usize>,
    index: u64,
    duplicate: bool,
    #[serde(default)]
    warnings: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Entry {
    position: usize,
    #[serde(flatten)]
    reason: Reason,
}

#[derive(Deserialize)]
struct Problem {
    detail: String,
    #[serde(default)]
    errors: Vec<Entry>,
}

/// What an answer says of so many events.
pub(super) fn read(answered: &Answered, events: usize) -> Meaning {
    match answered.status {
        StatusCode::CREATED | StatusCode::MULTI_STATUS => receipts(&answered.body, events),
        StatusCode::PAYLOAD_TOO_LARGE => {
            let problem: Option<Problem> = serde_json::from_str(&answered.body).ok();
            let detail = problem.map(|problem| sanitize::message(&problem.detail));
            Meaning::TooMuch {
                detail: detail.unwrap_or_else(|| "what was sent is too large".to_owned()),
            }
        }
        _ => problem(&answered.body, events),
    }
}

fn receipts(body: &str, events: usize) -> Meaning {
    let answer: Receipts = match serde_json::from_str(body) {
        Ok(answer) => answer,
        Err(error) => return nonsense(&format!("its receipts cannot be read ({error})")),
    };
    let mut verdicts = Verdicts::default();
    let mut is_recorded = vec![false; events];
    for (at, receipt) in answer.receipts.iter().enumerate() {
        let position = receipt.position.unwrap_or(at);
        match is_recorded.get_mut(position) {
            Some(seen) if !*seen => *seen = true,
            _ => return nonsense("its receipts are of other events than were sent"),
        }
        match receipt.duplicate {
            true => verdicts.duplicates += 1,
            false => verdicts.recorded += 1,
        }
        verdicts.with_warnings += u64::from(!receipt.warnings.is_empty());
        verdicts.last_index = verdicts.last_index.max(Some(receipt.index));
    }
    let refused = match by_position(answer.errors, events) {
        Some(refused) => refused,
        None => return nonsense("it refuses other events than were sent"),
    };
    for (seen, reasons) in is_recorded.iter().zip(&refused) {
        if *seen != reasons.is_empty() {
            return nonsense("it does not say of each event what became of it");
        }
    }
    verdicts.refused = only_refused(refused);
    Meaning::Done(verdicts)
}

fn problem(body: &str, events: usize) -> Meaning {
    let Ok(problem) = serde_json::from_str::<Problem>(body) else {
        return nonsense("a problem that says nothing");
    };
    match by_position(problem.errors, events) {
        // All are refused, each for a reason of its own.
        Some(refused) if events > 0 && refused.iter().all(|reasons| !reasons.is_empty()) => {
            Meaning::Done(Verdicts {
                refused: only_refused(refused),
                ..Verdicts::default()
            })
        }
        _ => Meaning::Refused {
            detail: sanitize::message(&problem.detail),
        },
    }
}

/// The reasons of each event; nothing if there are some of what was not sent.
fn by_position(entries: Vec<Entry>, events: usize) -> Option<Vec<Vec<Reason>>> {
    let mut reasons = vec![Vec::new(); events];
    for entry in entries {
        reasons.get_mut(entry.position)?.push(entry.reason);
    }
    Some(reasons)
}

fn only_refused(reasons: Vec<Vec<Reason>>) -> Vec<(usize, Vec<Reason>)> {
    let refused = reasons.into_iter().enumerate();
    refused.filter(|(_, reasons)| !reasons.is_empty()).collect()
}

fn nonsense(what: &str) -> Meaning {
    Meaning::Nonsense {
        what: sanitize::message(what),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn meaning(status: u16, body: &Value, events: usize) -> Meaning {
        let answered = Answered {
            status: StatusCode::from_u16(status).unwrap_or_default(),
            body: body.to_string(),
        };
        read(&answered, events)
    }

    fn receipt(position: u64, index: u64, duplicate: bool) -> Value {
        json!({"position": position, "id": "x", "index": index, "leaf_hash": "", "duplicate": duplicate, "warnings": [{}]})
    }

    fn error(position: u64) -> Value {
        json!({"position": position, "pointer": "/a", "code": "c", "reason": "r"})
    }

    #[test]
    fn each_event_has_its_verdict() {
        let body = json!({
            "receipts": [receipt(0, 7, false), receipt(3, 4, true)], "errors": [error(1), error(2), error(1)],
        });
        let Meaning::Done(verdicts) = meaning(207, &body, 4) else {
            unreachable!("it is an answer")
        };
        assert_eq!((verdicts.recorded, verdicts.duplicates), (1, 1));
        assert_eq!((verdicts.with_warnings, verdicts.last_index), (2, Some(7)));
        let refused: Vec<(usize, usize)> = verdicts
            .refused
            .iter()
            .map(|(at, reasons)| (*at, reasons.len()))
            .collect();
        assert_eq!(refused, [(1, 2), (2, 1)]);
    }

    #[test]
    fn an_answer_that_leaves_an_event_out_or_says_both_is_none() {
        for (receipts, errors) in [
            (vec![receipt(0, 1, false)], vec![]),
            (vec![receipt(0, 1, false), receipt(0, 1, false)], vec![]),
            (vec![receipt(0, 1, false), receipt(2, 1, false)], vec![]),
            (
                vec![receipt(0, 1, false), receipt(1, 1, false)],
                vec![error(1)],
            ),
            (vec![receipt(0, 1, false)], vec![error(2)]),
        ] {
            let body = json!({"receipts": receipts, "errors": errors});
            let meaning = meaning(207, &body, 2);
            assert!(
                matches!(meaning, Meaning::Nonsense { .. }),
                "{body}: {meaning:?}"
            );
        }
        assert!(matches!(
            meaning(201, &json!({}), 1),
            Meaning::Nonsense { .. }
        ));
    }

    #[test]
    fn a_problem_refuses_its_events_or_the_request() {
        let body = json!({"detail": "d", "code": "x", "errors": [error(0), error(1)]});
        for status in [403, 409, 422] {
            let Meaning::Done(verdicts) = meaning(status, &body, 2) else {
                unreachable!("each event is refused")
            };
            assert_eq!(verdicts.refused.len(), 2);
            let detail = "d".to_owned();
            assert_eq!(meaning(status, &body, 3), Meaning::Refused { detail });
        }
        let bare = json!({"detail": "no", "code": "forbidden"});
        assert!(matches!(meaning(403, &bare, 1), Meaning::Refused { .. }));
        assert!(matches!(meaning(413, &bare, 1), Meaning::TooMuch { .. }));
        assert!(matches!(
            meaning(422, &json!(1), 1),
            Meaning::Nonsense { .. }
        ));
    }
}
