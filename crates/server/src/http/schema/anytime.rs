//! Answers that have nothing to do with what an operation does.

use utoipa::IntoResponses;

use super::super::problem::ProblemBody;

/// What every operation but the probes may answer.
#[derive(IntoResponses)]
pub(crate) enum Anytime {
    /// The path and query are too long
    #[response(status = 414, content_type = "application/problem+json")]
    TooLong(ProblemBody),
    /// Too much at once; try again after `retry-after`
    #[response(
        status = 429,
        content_type = "application/problem+json",
        headers(("retry-after" = u64, description = "In how many seconds"))
    )]
    TooMuch(ProblemBody),
}
