//! `/v1/events`: recording and reading events.

mod list;
mod one;
mod record;

pub(crate) use list::*;
pub(crate) use one::*;
pub(crate) use record::*;

use axum::http::StatusCode;
use evident_store::index::IndexError;

use super::problem::Problem;

impl From<IndexError> for Problem {
    fn from(error: IndexError) -> Self {
        let detail = error.to_string();
        match error {
            IndexError::DeadlinePassed => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "query_deadline", detail)
            }
            IndexError::Failed(_) => {
                tracing::error!("{detail}");
                Self::internal()
            }
        }
    }
}
