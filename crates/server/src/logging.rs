//! Logs: one JSON object a line on standard error, the level from `EVIDENT_LOG`.
//!
//! No secret and no event ever goes into a log line; panics are logged like anything else.

use tracing_subscriber::EnvFilter;

/// The variable that sets the level: `info`, or by module such as `info,evident::http=debug`.
const LEVEL_VARIABLE: &str = "EVIDENT_LOG";
const DEFAULT_LEVEL: &str = "info";

/// The level cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{LEVEL_VARIABLE} is not a level: {0}; give error, warn, info, debug or trace")]
pub(crate) struct LoggingError(String);

/// Starts logging. Called once, by commands that run long.
pub(crate) fn start() -> Result<(), LoggingError> {
    let directives = std::env::var(LEVEL_VARIABLE).unwrap_or_else(|_| DEFAULT_LEVEL.to_owned());
    let filter = EnvFilter::try_new(directives).map_err(|error| LoggingError(error.to_string()))?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_writer(std::io::stderr)
        .with_env_filter(filter)
        .init();
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panicked: {}", payload_text(panic.payload()));
    }));
    Ok(())
}

/// What a panic said.
pub(crate) fn payload_text(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no message)")
}
