//! Capture: from the body of a request to events on the log.
//!
//! What must always hold:
//!
//! - all events of a request have one organization, the caller's, and one time of receipt;
//! - unless part of it is good enough (`partial`), a request is recorded whole or not at all;
//! - a key that is limited to a project records nothing outside of it;
//! - nothing is recorded in an organization that is archived;
//! - every refused event is named by its position, with the reasons;
//! - parsing happens on the request's own time: a large body is cut into pieces that the cores
//!   share, and never keeps the connections' threads busy.

mod admission;
mod answer;

use std::sync::Arc;

use bytes::Bytes;
use evident_event::id::EventId;
use evident_event::json::JsonError;
use evident_event::record::Refusal;
use evident_event::time::Timestamp;
use evident_store::Store;
use evident_store::append::{Append, AppendError, Conflict, MAX_EVENTS_PER_APPEND, Outcome};

use crate::auth::{Authorized, Ingest, Reach};
use crate::control::{Organizations, Settings};
use crate::edge::{self, NoRandomness};
use crate::workers::{Abandoned, Workers};

use admission::{Admission, MAX_ADMITTED_BYTES, Pieces};
use answer::Place;
pub(crate) use answer::{Answer, Received, Refused, Why};

/// Most projects that a refusal names.
const MAX_NAMED_PROJECTS: usize = 5;

/// How the events of a body are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON event, or `{"events": [...]}`.
    Json,
    /// One JSON event a line.
    Ndjson,
}

/// The events of a request, as they came.
#[derive(Debug)]
pub(crate) struct Submission {
    /// The body, decoded.
    pub(crate) text: Bytes,
    /// How its events are told apart.
    pub(crate) form: Form,
    /// What ids are made of where events have none.
    pub(crate) idempotency_key: Option<String>,
    /// Keep the good ones when others are not.
    pub(crate) partial: bool,
    /// When it was received.
    pub(crate) received_at: Timestamp,
}

/// Why nothing of a request was recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaptureError {
    /// The body is no envelope of events.
    #[error("the body is not acceptable JSON: {0}")]
    Malformed(JsonError),
    /// There is no event in it.
    #[error("there is no event in the request: send at least one")]
    Empty,
    /// There are too many.
    #[error(
        "a request has at most {MAX_EVENTS_PER_APPEND} events: send the rest in further requests"
    )]
    TooMany,
    /// They are too large together, once they are filled in.
    #[error(
        "the events of a request have at most {MAX_ADMITTED_BYTES} bytes once they are filled in and \
         secrets are replaced, and these have more: send fewer at once"
    )]
    TooLarge,
    /// The only event is not acceptable.
    #[error("the event is not acceptable")]
    RefusedSingle(Vec<Refusal>),
    /// Events are not acceptable.
    #[error("{} of {count} events are not acceptable, so none was recorded: correct them{}",
            refused.len(),
            if refused.len() < *count { ", or send the request with ?partial=true to keep the others" } else { "" })]
    Refused {
        /// Those that are not.
        refused: Vec<Refused>,
        /// How many events there are.
        count: usize,
    },
    /// Events lie outside of the projects that the caller is limited to.
    #[error(
        "the key is limited to project {projects:?}: give every event that project_id, or use another key"
    )]
    OutsideProjects {
        /// The project, or the first of them.
        projects: String,
        /// The events.
        positions: Vec<usize>,
    },
    /// The organization has been archived since the caller was let in.
    #[error("the organization is archived: nothing is recorded in it until it is brought back")]
    Archived,
    /// Ids are taken by events that differ.
    #[error("{} of the ids are taken by events that differ, so nothing was recorded: send corrected \
             events under new ids", .0.len())]
    Conflict(Vec<Conflict>),
    /// The store did not take them.
    #[error(transparent)]
    Store(AppendError),
    /// No ids could be made.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// Parsing panicked.
    #[error(transparent)]
    Abandoned(#[from] Abandoned),
}

/// The events of a request, of which those that are acceptable are ready to be recorded.
pub(crate) struct Admitted {
    append: Append,
    /// Where in the request they stood, and what is to be said of each.
    places: Vec<Place>,
    /// The others.
    refused: Vec<Refused>,
    /// The caller is limited to projects.
    limited: bool,
}

impl Admitted {
    /// How many events there are to be recorded.
    pub(crate) fn count(&self) -> usize {
        self.append.events.len()
    }
}

/// Records events.
pub(crate) struct Capture {
    store: Arc<Store>,
    organizations: Arc<Organizations>,
    workers: Workers,
}

impl Capture {
    /// Records into a store.
    pub(crate) fn new(
        store: Arc<Store>,
        organizations: Arc<Organizations>,
        workers: Workers,
    ) -> Self {
        Self {
            store,
            organizations,
            workers,
        }
    }

    /// Takes what a caller sent through the record's door. Nothing is recorded yet.
    pub(crate) async fn admit(
        &self,
        by: &Authorized<Ingest>,
        submission: Submission,
    ) -> Result<Admitted, CaptureError> {
        let caller = by.caller();
        let partial = submission.partial;
        let organization_id = caller.organization_id();
        let settings = self.recording_in(organization_id)?;
        let admission = Admission {
            settings,
            organization_id: Arc::clone(organization_id),
            reach: by.reach().clone(),
            admitted_bytes: Arc::default(),
            received_at: submission.received_at,
        };
        let pieces = self.split(&submission).await?;
        let single = pieces.is_single();
        let count = pieces.count();
        let ids = self.ids(&admission, &submission, count)?;
        let verdicts = admission::admit_all(admission, pieces, ids, &self.workers).await?;
        let (received, refused) = answer::sort(verdicts);
        if refused.iter().any(|r| matches!(r.why, Why::BeyondRequest)) {
            return Err(CaptureError::TooLarge);
        }
        if !refused.is_empty() && (!partial || received.is_empty()) {
            return Err(refusal(refused, count, single, by.reach()));
        }
        let (events, places) = received.into_iter().unzip();
        Ok(Admitted {
            append: Append {
                organization_id: Arc::clone(organization_id),
                events,
                partial,
            },
            places,
            refused,
            limited: *by.reach() != Reach::Organization,
        })
    }

    /// Records what was admitted. The answer comes once it is durable and can be found.
    pub(crate) async fn record(&self, admitted: Admitted) -> Result<Answer, CaptureError> {
        let Admitted {
            append,
            places,
            refused,
            limited,
        } = admitted;
        let partial = append.partial;
        // Once more: bodies take their time, and parsing too.
        self.recording_in(&append.organization_id)?;
        let outcomes = self
            .store
            .append(append)
            .await
            .map_err(|error| match error {
                AppendError::Conflict(conflicts) => CaptureError::Conflict(conflicts),
                other => CaptureError::Store(other),
            });
        let outcomes = discreet(outcomes, limited)?;
        answer::of(places, outcomes, refused, partial)
    }

    /// The settings of an organization that takes events.
    fn recording_in(&self, organization_id: &Arc<str>) -> Result<Arc<Settings>, CaptureError> {
        let settings = self.organizations.settings(organization_id);
        let unknown = || AppendError::UnknownOrganization(Arc::clone(organization_id));
        let settings = settings.ok_or_else(unknown).map_err(CaptureError::Store)?;
        match settings.archived {
            false => Ok(settings),
            true => Err(CaptureError::Archived),
        }
    }

    async fn split(&self, submission: &Submission) -> Result<Pieces, CaptureError> {
        let (text, form) = (submission.text.clone(), submission.form);
        if text.len() <= admission::INLINE_BYTES {
            return Pieces::split(text, form);
        }
        self.workers.run(move || Pieces::split(text, form)).await?
    }

    fn ids(
        &self,
        admission: &Admission,
        submission: &Submission,
        count: usize,
    ) -> Result<Vec<EventId>, CaptureError> {
        match &submission.idempotency_key {
            None => Ok(edge::event_ids(count, submission.received_at)?),
            Some(key) => {
                let organization = &*admission.organization_id;
                let id = |position| EventId::from_idempotency_key(organization, key, position);
                Ok((0..count as u64).map(id).collect())
            }
        }
    }
}

/// Without the names of the fields that differ, for a key that is limited to a project: the event
/// that has the id may be another project's, and its contents could be guessed field by field.
fn discreet(
    outcomes: Result<Vec<Outcome>, CaptureError>,
    limited: bool,
) -> Result<Vec<Outcome>, CaptureError> {
    let hide = |conflict: &mut Conflict| conflict.fields.clear();
    match outcomes {
        Ok(mut outcomes) if limited => {
            for outcome in &mut outcomes {
                if let Outcome::Conflict(conflict) = outcome {
                    hide(conflict);
                }
            }
            Ok(outcomes)
        }
        Err(CaptureError::Conflict(mut conflicts)) if limited => {
            conflicts.iter_mut().for_each(hide);
            Err(CaptureError::Conflict(conflicts))
        }
        other => other,
    }
}

/// What a request is told of which nothing is recorded.
fn refusal(refused: Vec<Refused>, count: usize, single: bool, reach: &Reach) -> CaptureError {
    let outside = |refused: &Refused| matches!(refused.why, Why::OutsideProject);
    if let Reach::Projects(projects) = reach
        && refused.iter().all(outside)
    {
        let named: Vec<&str> = projects
            .iter()
            .take(MAX_NAMED_PROJECTS)
            .map(|id| &**id)
            .collect();
        return CaptureError::OutsideProjects {
            projects: named.join(", "),
            positions: refused.iter().map(|refused| refused.position).collect(),
        };
    }
    match (single, refused.as_slice()) {
        (
            true,
            [
                Refused {
                    why: Why::Refusals(refusals),
                    ..
                },
            ],
        ) => CaptureError::RefusedSingle(refusals.clone()),
        _ => CaptureError::Refused { refused, count },
    }
}
