//! `evident retention`: how long events are kept, on a server.
//!
//! It must hold that nothing is removed by looking: only `set` and `run` change something.

mod told;

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::client::{ANSWER_SILENCE, Client, ClientError, Connection};
use super::output::Output;
use super::{CommandError, Misused};

use told::{OfProject, Preview, Run, Settings};

/// Where retention is, on a server.
const PATH: &str = "/v1/retention";
/// How long a server may be silent while it makes a preview: longer than it may take for one.
const PREVIEW_SILENCE: Duration = Duration::from_secs(90);

/// See and set how long events are kept, on a server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Retention {
    /// Print JSON, as the API has it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Looking takes a read key, all else an admin key; one of a project sees and sets
the rule of its project.

Examples:
  evident retention show
  evident retention preview --days 365
  evident retention set --days 365
  evident retention set --project-id support-bot --forever
  evident retention run";

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the rules, the last run, and what was removed
    Show(Show),
    /// Count what would be removed, by the rules that are set or by another one
    Preview(Previewing),
    /// Set how long events are kept
    Set(Set),
    /// Remove now what is to go, without waiting for the day's run
    Run(Running),
}

#[derive(Debug, Args)]
struct Show {
    /// Only the rule of this project
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct Previewing {
    /// The project that the rule is for, instead of the organization
    #[arg(long, value_name = "ID", requires = "rule")]
    project_id: Option<String>,
    #[command(flatten)]
    rule: Rule,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("needed").required(true).args(["days", "forever", "inherited"])))]
struct Set {
    /// The project whose events it is about, instead of the organization's
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    #[command(flatten)]
    rule: Rule,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct Running {
    #[command(flatten)]
    connection: Connection,
}

/// A rule, if one is given.
#[derive(Debug, Args)]
#[group(id = "rule", multiple = false)]
struct Rule {
    /// At least so many days after they were received
    #[arg(long, value_name = "DAYS")]
    days: Option<u32>,
    /// For ever
    #[arg(long)]
    forever: bool,
    /// As the organization says, or the instance's default
    #[arg(long)]
    inherited: bool,
}

impl Rule {
    fn document(&self) -> Option<Map<String, Value>> {
        let mut document = Map::new();
        let keep = match (self.days, self.forever, self.inherited) {
            (Some(days), ..) => {
                document.insert("days".to_owned(), days.into());
                "days"
            }
            (None, true, _) => "forever",
            (None, false, true) => "inherited",
            (None, false, false) => return None,
        };
        document.insert("keep".to_owned(), keep.into());
        Some(document)
    }
}

impl Retention {
    /// Does what is asked.
    pub(super) fn run(self) -> Result<(), CommandError> {
        let json = self.json;
        match self.command {
            Command::Show(show) => show.run(json),
            Command::Preview(preview) => preview.run(json),
            Command::Set(set) => set.run(json),
            Command::Run(run) => run.run(json),
        }
    }
}

impl Show {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let client = self.connection.client(ANSWER_SILENCE)?;
        let Some(id) = &self.project_id else {
            let text = client.json(PATH, &[])?;
            return print(json, &text, &client, Settings::in_words);
        };
        let text = client.json(&path_of(id)?, &[])?;
        print(json, &text, &client, OfProject::in_words)
    }
}

impl Previewing {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let document = match (self.rule.document(), &self.project_id) {
            (None, _) => json!({}),
            (Some(rule), None) => json!({ "rule": rule }),
            (Some(mut rule), Some(id)) => {
                rule.insert("project_id".to_owned(), id.as_str().into());
                json!({ "projects": [rule] })
            }
        };
        let client = self.connection.client(PREVIEW_SILENCE)?;
        let path = format!("{PATH}/preview");
        let text = client.change("POST", &path, Some(&document))?;
        print(json, &text, &client, Preview::in_words)
    }
}

impl Set {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let document = self.rule.document().unwrap_or_default();
        let document = Value::Object(document);
        let client = self.connection.client(ANSWER_SILENCE)?;
        let Some(id) = &self.project_id else {
            let text = client.change("PUT", PATH, Some(&document))?;
            return print(json, &text, &client, Settings::in_words);
        };
        let text = client.change("PUT", &path_of(id)?, Some(&document))?;
        print(json, &text, &client, OfProject::in_words)
    }
}

impl Running {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let client = self.connection.client(ANSWER_SILENCE)?;
        let text = client.change("POST", &format!("{PATH}/run"), None)?;
        print(json, &text, &client, Run::begun)
    }
}

/// Prints what a server said: as it said it, or in words.
fn print<T: DeserializeOwned>(
    json: bool,
    text: &str,
    client: &Client,
    in_words: fn(&T) -> String,
) -> Result<(), CommandError> {
    let mut output = Output::standard();
    if json {
        output.write_json(&format!("{text}\n"))?;
    } else {
        output.write(&in_words(&read(client, text)?))?;
    }
    Ok(output.flush()?)
}

fn path_of(project_id: &str) -> Result<String, Misused> {
    let is_known = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    // Dots alone are another path to whoever resolves it.
    let is_id = project_id.bytes().all(is_known) && project_id.bytes().any(|byte| byte != b'.');
    if is_id {
        return Ok(format!("{PATH}/projects/{project_id}"));
    }
    let advice = "--project-id: give a project's id, which has letters, digits and . _ : - in it";
    Err(Misused(advice.to_owned()))
}

fn read<T: DeserializeOwned>(client: &Client, text: &str) -> Result<T, ClientError> {
    serde_json::from_str(text)
        .map_err(|_| client.not_evident("what it says of retention is not understood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_within_its_segment_of_the_path() {
        let path = path_of("a.b_c:d-1").ok();
        assert_eq!(path.as_deref(), Some("/v1/retention/projects/a.b_c:d-1"));
        for bad in ["", ".", "..", "../x", "a/b", "a?b", "é", "a b", "%2e"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
    }
}
