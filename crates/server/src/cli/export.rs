//! `evident export`: files of events that a server makes in the background.
//!
//! What must always hold: nothing has a file's final name that is not the whole file, as its SHA-256 tells.

mod download;
mod told;

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::client::{ANSWER_SILENCE, Client, ClientError, Connection};
use super::output::{Output, Progress, remark};
use super::parameters::Filters;
use super::{CommandError, Misused};

use download::Target;
use told::{ExportPage, Told};

/// Where exports are, on a server.
const PATH: &str = "/v1/exports";
/// Most pages of a list that are turned. A server has fewer.
const MAX_PAGES: usize = 1_000;
/// How long it is waited before a server is asked again how far an export is, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const MAX_PAUSE: Duration = Duration::from_secs(2);
/// How long a server may be away while an export is waited for: it goes on with it after a restart.
const MAX_AWAY: Duration = Duration::from_mins(2);

/// Have events made into a file, on a server, and download it.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct Export {
    /// Print JSON, as the API has it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    new: New,
}

const EXAMPLES: &str = "\
The server makes the file in the background. It holds what matches now; events
that are recorded later are not in it. The path of the file is printed once it
is there whole, as its SHA-256 tells; a download that breaks off goes on where
it was.

Exit codes: 0 when it was done; 1 when the server refuses, cannot be reached or
the export failed; 2 when the flags are wrong.

Examples:
  evident export --range last_30_days --output events.csv
  evident export --format xlsx --name \"Failed sign-ins\" --action user.login \\
      --result failed --tz Europe/Berlin
  evident export --format parquet --no-wait
  evident export list
  evident export status exp_0198c5f07c1e7a3b9f523d1e5a6b7c8d --json
  evident export download exp_0198c5f07c1e7a3b9f523d1e5a6b7c8d --output all.csv
  evident export cancel exp_0198c5f07c1e7a3b9f523d1e5a6b7c8d";

#[derive(Debug, Subcommand)]
enum Command {
    /// List exports, the newest first
    List(List),
    /// Show one export, and how far it has come
    Status(One),
    /// Download the file of an export, waiting for it if need be
    Download(Download),
    /// Cancel an export, or delete it with its file
    Cancel(One),
}

#[derive(Debug, Args)]
struct New {
    #[command(flatten)]
    filters: Filters,
    /// What the export is called
    #[arg(long, value_name = "NAME", default_value = "Export")]
    name: String,
    /// The format of the file
    #[arg(
        long = "format",
        id = "file_format",
        value_name = "FORMAT",
        default_value = "csv"
    )]
    format: FileFormat,
    /// The columns, separated by commas, instead of the usual ones
    #[arg(long, value_name = "COLUMNS")]
    columns: Option<String>,
    /// desc (the newest first) or asc
    #[arg(long, value_name = "ORDER")]
    order: Option<String>,
    /// Where to put the file; without it, here under the name that the server gives it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only ask for it, and print its id
    #[arg(long, conflicts_with = "output")]
    no_wait: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FileFormat {
    /// Comma-separated values
    Csv,
    /// A workbook for spreadsheets
    Xlsx,
    /// A JSON object a line
    Ndjson,
    /// Apache Parquet
    Parquet,
}

impl FileFormat {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
        }
    }
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct One {
    /// The export's id, exp_…
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct Download {
    #[command(flatten)]
    one: One,
    /// Where to put the file; without it, here under the name that the server gives it
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// An export came to nothing.
#[derive(Debug, thiserror::Error)]
#[error("the export {id} is {status}{why}")]
struct NoFile {
    id: String,
    status: String,
    why: String,
}

impl Export {
    /// Does what is asked.
    pub(super) fn run(self) -> Result<(), CommandError> {
        match self.command {
            None => self.new.run(self.json),
            Some(Command::List(list)) => list.run(self.json),
            Some(Command::Status(one)) => one.status(self.json),
            Some(Command::Download(download)) => download.run(self.json),
            Some(Command::Cancel(one)) => one.cancel(self.json),
        }
    }
}

impl New {
    fn run(&self, is_json: bool) -> Result<(), CommandError> {
        // Behind a flag it would be taken for a word to look for.
        if let Some(text) = self.filters.text()
            && Command::has_subcommand(text)
        {
            let advice = format!(
                "put flags behind the command, as in `evident export {text} --json`; to look for the word give --q {text}"
            );
            return Err(Box::new(Misused(advice)));
        }
        let client = self.connection.client(ANSWER_SILENCE)?;
        let document = Value::Object(self.document());
        let text = client.change("POST", PATH, Some(&document))?;
        let made: Told = read(&client, &text)?;
        if self.no_wait {
            let mut output = Output::standard();
            match is_json {
                true => output.write_json(&format!("{text}\n"))?,
                false => output.write(&format!("{}\n", made.id()))?,
            }
            return Ok(output.flush()?);
        }
        if !is_json {
            remark(&format!(
                "{}: asked for; if this is broken off, `evident export download` goes on with it",
                made.id()
            ));
        }
        fetch(&client, &made.raw_id, self.output.clone(), is_json)
    }

    fn document(&self) -> Map<String, Value> {
        let mut document = Map::new();
        document.insert("name".to_owned(), self.name.as_str().into());
        document.insert("format".to_owned(), self.format.as_str().into());
        if let Some(columns) = &self.columns {
            document.insert("columns".to_owned(), json!(split_list(columns)));
        }
        let order = self.order.clone().map(|order| ("order", order));
        for (name, value) in self.filters.parameters().into_iter().chain(order) {
            match document.get_mut(name) {
                Some(Value::Array(values)) => values.push(value.into()),
                _ => {
                    document.insert(name.to_owned(), json!([value]));
                }
            }
        }
        document
    }
}

/// A list as the API has it in a URL: with commas between, and `\,` for a comma.
fn split_list(text: &str) -> Vec<String> {
    let mut items = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let Some(item) = items.last_mut() else { break };
        match c {
            '\\' if chars.peek() == Some(&',') => item.extend(chars.next()),
            ',' => items.push(String::new()),
            c => item.push(c),
        }
    }
    items
        .into_iter()
        .map(|item| item.trim().to_owned())
        .collect()
}

/// Waits for an export, downloads its file, and says where it is.
fn fetch(
    client: &Client,
    id: &str,
    output: Option<PathBuf>,
    is_json: bool,
) -> Result<(), CommandError> {
    let (told, text) = completed(client, id)?;
    let target = Target::new(output, &told)?;
    let path = path_of(id)?;
    target.download(client, &format!("{path}/download"), &told)?;
    let mut output = Output::standard();
    if is_json {
        let mut export: Value = read(client, &text)?;
        if let Some(export) = export.as_object_mut() {
            let path = target.path().to_string_lossy().into_owned();
            export.insert("path".to_owned(), path.into());
        }
        output.write_json(&format!("{export}\n"))?;
    } else {
        output.write(&format!("{}\n", target.path().display()))?;
        output.flush()?;
        remark(&told.in_short());
    }
    Ok(output.flush()?)
}

/// Waits until an export has come to its end.
fn completed(client: &Client, id: &str) -> Result<(Told, String), CommandError> {
    let path = path_of(id)?;
    let mut progress = Progress::alone();
    let (mut pause, mut answered) = (FIRST_PAUSE, Instant::now());
    loop {
        match client.json(&path, &[]) {
            Ok(text) => {
                answered = Instant::now();
                let told: Told = read(client, &text)?;
                if told.is_complete() {
                    return Ok((told, text));
                }
                if !told.is_unfinished() {
                    return Err(Box::new(told.no_file()));
                }
                progress.say(&told.bar());
            }
            Err(error) if is_passing(&error) && answered.elapsed() < MAX_AWAY => {
                progress.say(&format!("{}: waiting for the server", told::fit(id)));
            }
            Err(error) => return Err(error.into()),
        }
        thread::sleep(pause);
        pause = (pause * 2).min(MAX_PAUSE);
    }
}

/// Whether a server that says so may say otherwise in a moment.
fn is_passing(error: &ClientError) -> bool {
    match error {
        ClientError::Unreachable { .. } | ClientError::BrokenOff { .. } => true,
        ClientError::Refused { status, .. } => status.is_server_error() || status.as_u16() == 429,
        _ => false,
    }
}

impl List {
    fn run(&self, is_json: bool) -> Result<(), CommandError> {
        let client = self.connection.client(ANSWER_SILENCE)?;
        let exports = listed(&client)?;
        let mut output = Output::standard();
        if is_json {
            output.write_json(&format!("{}\n", json!({ "data": exports })))?;
        } else {
            let exports: Result<Vec<Told>, _> =
                exports.into_iter().map(serde_json::from_value).collect();
            output.write(&told::table(&exports?))?;
        }
        Ok(output.flush()?)
    }
}

/// All exports, page by page.
fn listed(client: &Client) -> Result<Vec<Value>, ClientError> {
    let mut exports = Vec::new();
    let mut parameters = Vec::new();
    for _ in 0..MAX_PAGES {
        let text = client.json(PATH, &parameters)?;
        let page: ExportPage = read(client, &text)?;
        exports.extend(page.data);
        match page.next_cursor {
            Some(cursor) => parameters = vec![("cursor", cursor)],
            None => return Ok(exports),
        }
    }
    Err(client.not_evident("its list of exports has no end"))
}

impl One {
    fn status(&self, is_json: bool) -> Result<(), CommandError> {
        let path = path_of(&self.id)?;
        let client = self.connection.client(ANSWER_SILENCE)?;
        let text = client.json(&path, &[])?;
        let told: Told = read(&client, &text)?;
        let mut output = Output::standard();
        match is_json {
            true => output.write_json(&format!("{text}\n"))?,
            false => output.write(&told.in_words())?,
        }
        Ok(output.flush()?)
    }

    fn cancel(&self, is_json: bool) -> Result<(), CommandError> {
        let path = path_of(&self.id)?;
        let client = self.connection.client(ANSWER_SILENCE)?;
        client.change("DELETE", &path, None)?;
        if !is_json {
            remark(&format!("{}: cancelled, or deleted with its file", self.id));
            return Ok(());
        }
        let mut output = Output::standard();
        output.write_json(&format!("{}\n", json!({ "cancelled": self.id })))?;
        Ok(output.flush()?)
    }
}

impl Download {
    fn run(self, is_json: bool) -> Result<(), CommandError> {
        path_of(&self.one.id)?;
        let client = self.one.connection.client(ANSWER_SILENCE)?;
        fetch(&client, &self.one.id, self.output, is_json)
    }
}

fn path_of(id: &str) -> Result<String, Misused> {
    let mut bytes = id.bytes();
    if !id.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(format!("{PATH}/{id}"));
    }
    let advice = "ID: give an export's id such as exp_0198c5f07c1e7a3b9f523d1e5a6b7c8d, which `evident export list` \
                  shows";
    Err(Misused(advice.to_owned()))
}

fn read<T: serde::de::DeserializeOwned>(client: &Client, text: &str) -> Result<T, ClientError> {
    serde_json::from_str(text)
        .map_err(|_| client.not_evident("what it says of exports is not understood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_within_its_segment_of_the_path() {
        assert_eq!(path_of("exp_1").ok().as_deref(), Some("/v1/exports/exp_1"));
        for bad in ["", "../x", "a/b", "a?b", "é", "a b"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn columns_are_cut_at_commas_that_are_no_part_of_a_key() {
        assert_eq!(split_list("action"), ["action"]);
        assert_eq!(split_list("action, result"), ["action", "result"]);
        assert_eq!(split_list(r"metadata.a\,b,id"), ["metadata.a,b", "id"]);
    }
}
