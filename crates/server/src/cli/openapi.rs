//! `evident openapi`: the document, as it is served and committed.

use std::io::Write;

use super::CommandError;
use crate::app;

/// Prints the document.
pub(super) fn run() -> Result<(), CommandError> {
    let text = app::openapi_text()?;
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
