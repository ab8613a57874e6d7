//! What is said of events that were not recorded.

use axum::http::StatusCode;
use evident_event::record::Refusal;
use evident_store::append::{AppendError, Conflict};

use super::super::super::limits::MAX_FURTHER_ERRORS;
use super::super::super::problem::{Problem, ProblemEntry};
use crate::capture::{CaptureError, Refused, Why};

/// One entry for each refused event, and the further reasons as long as there is room.
pub(super) fn entries(refused: &[Refused]) -> Vec<ProblemEntry> {
    let mut room = MAX_FURTHER_ERRORS;
    let mut entries = Vec::new();
    for Refused { position, why } in refused {
        match why {
            // The request as a whole was refused for it.
            Why::BeyondRequest => {}
            Why::OutsideProject => entries.push(outside_project(*position)),
            Why::Conflict(conflict) => entries.push(conflict_entry(*position, conflict)),
            Why::Refusals(refusals) => {
                let kept = refusals.len().min(1 + room);
                room -= kept.saturating_sub(1);
                let kept = refusals.iter().take(kept);
                entries.extend(kept.map(|refusal| ProblemEntry::of(*position, refusal)));
            }
        }
    }
    entries
}

fn outside_project(position: usize) -> ProblemEntry {
    let reason = "the event is not of the project that the key is limited to: set project_id";
    ProblemEntry::new(position, "/project_id", "forbidden_project", reason, None)
}

fn conflict_entry(position: usize, conflict: &Conflict) -> ProblemEntry {
    let fields = match conflict.fields.as_slice() {
        [] => String::new(),
        fields => format!(" in {}", fields.join(", ")),
    };
    let reason = format!(
        "the id {} is taken by an event that differs{fields}: send the corrected event under a new id",
        conflict.id,
    );
    ProblemEntry::new(position, "/id", "conflict", &reason, None)
}

impl From<CaptureError> for Problem {
    fn from(error: CaptureError) -> Self {
        let detail = error.to_string();
        let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
        match error {
            CaptureError::Malformed(error) => {
                let entry = ProblemEntry::new(
                    0,
                    &error.pointer,
                    error.kind.code(),
                    &error.to_string(),
                    None,
                );
                Self::bad_request("malformed_json", detail).with_errors(vec![entry])
            }
            CaptureError::Empty => Self::new(unprocessable, "empty_batch", detail),
            CaptureError::TooMany => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_many_events", detail)
            }
            CaptureError::TooLarge => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large_recorded", detail)
            }
            CaptureError::RefusedSingle(refusals) => refused_single(&refusals),
            CaptureError::Refused { refused, .. } => {
                Self::new(unprocessable, "invalid_events", detail).with_errors(entries(&refused))
            }
            CaptureError::OutsideProjects { positions, .. } => {
                let entries = positions.into_iter().map(outside_project).collect();
                Self::new(StatusCode::FORBIDDEN, "forbidden_project", detail).with_errors(entries)
            }
            CaptureError::Archived => {
                Self::new(StatusCode::FORBIDDEN, "organization_archived", detail)
            }
            CaptureError::Conflict(conflicts) => {
                let entry = |conflict: &Conflict| conflict_entry(conflict.position, conflict);
                Self::new(StatusCode::CONFLICT, "conflict", detail)
                    .with_errors(conflicts.iter().map(entry).collect())
            }
            CaptureError::Store(error) => store_problem(error),
            CaptureError::NoRandomness(_) | CaptureError::Abandoned(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}

/// The only event of a request: what is no JSON is a bad request, what is too large is 413.
fn refused_single(refusals: &[Refusal]) -> Problem {
    let problem = match refusals {
        [refusal] if refusal.code == "event_too_large" => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "event_too_large",
            refusal.message.clone(),
        ),
        [refusal] if matches!(refusal.code, "invalid_json" | "invalid_utf8") => {
            let detail = format!("the body is not acceptable JSON: {}", refusal.message);
            Problem::bad_request("malformed_json", detail)
        }
        _ => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid_events",
            "the event is not acceptable, so nothing was recorded: correct it and send it again",
        ),
    };
    let entries = refusals.iter().map(|refusal| ProblemEntry::of(0, refusal));
    problem.with_errors(entries.collect())
}

fn store_problem(error: AppendError) -> Problem {
    let detail = error.to_string();
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    match error {
        AppendError::QueueFull => Problem::too_many("queue_full", detail),
        AppendError::NoSpace => Problem::new(StatusCode::INSUFFICIENT_STORAGE, "no_space", detail),
        // Why is in the server's log: paths and offsets are the operator's, not every client's.
        AppendError::Stopped(_) => Problem::new(
            unavailable,
            "not_accepting",
            "events are not being accepted: what was sent is not recorded; send it again once the \
             server has been restarted or repaired",
        ),
        AppendError::ShuttingDown => {
            Problem::new(unavailable, "shutting_down", detail).with_retry()
        }
        AppendError::Conflict(_)
        | AppendError::UnknownOrganization(_)
        | AppendError::Invalid(_) => {
            tracing::error!("an append that should be acceptable was not: {detail}");
            Problem::internal()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::response::IntoResponse;

    use super::*;

    fn refusals(count: usize) -> Why {
        let refusal = |at| Refusal {
            pointer: format!("/{at}"),
            code: "unknown_field",
            message: String::new(),
            suggestion: None,
        };
        Why::Refusals((0..count).map(refusal).collect())
    }

    #[test]
    fn every_refused_event_has_an_entry_and_further_reasons_are_bounded() {
        let refused: Vec<_> = (0..5_000)
            .map(|position| Refused {
                position,
                why: refusals(16),
            })
            .collect();
        let entries = entries(&refused);
        assert_eq!(entries.len(), 5_000 + MAX_FURTHER_ERRORS);
        let positions: std::collections::HashSet<_> =
            entries.iter().map(|entry| entry.position).collect();
        assert_eq!(positions.len(), 5_000);
    }

    #[test]
    fn what_the_store_refuses_has_a_status_of_its_own() {
        let stopped = AppendError::Stopped("a sync failed".to_owned());
        for (error, status, retries) in [
            (AppendError::QueueFull, 429, true),
            (AppendError::NoSpace, 507, false),
            (stopped, 503, false),
            (AppendError::ShuttingDown, 503, true),
            (AppendError::Invalid("x".to_owned()), 500, false),
        ] {
            let response = Problem::from(CaptureError::Store(error)).into_response();
            assert_eq!(response.status(), status);
            let retry = response.headers().contains_key("retry-after");
            assert_eq!(retry, retries, "{status}");
        }
    }
}
