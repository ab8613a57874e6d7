//! `evident openapi`: the document, as it is served and committed.

use clap::Args;

use super::CommandError;
use super::output::Output;
use crate::app;

/// Print the OpenAPI document; needs no server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Openapi {
    /// Print JSON, which the document is anyway; errors too
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
A server gives the same at /openapi.json, and shows it to people at /docs.

Examples:
  evident openapi > openapi.json
  evident openapi | jq -r '.paths | keys[]'";

impl Openapi {
    /// Prints the document.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let text = app::openapi_text()?;
        let mut output = Output::standard();
        output.write_json(&text)?;
        Ok(output.flush()?)
    }
}
