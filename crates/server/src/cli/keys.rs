//! `evident keys`: API keys, on a server.
//!
//! What must always hold:
//!
//! - a key that is made stands alone on standard output, once; all else that is said of it goes beside it;
//! - no key is an argument, or is kept anywhere by this command.

mod told;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Map, Value, json};

use super::client::{ANSWER_SILENCE, Client, ClientError, Connection};
use super::output::{Output, remark};
use super::{CommandError, Misused};

use told::{Key, KeyPage, MadeKey};

/// Most pages of a list that are turned. A server has fewer.
const MAX_PAGES: usize = 10_000;
/// Where keys are, on a server.
const PATH: &str = "/v1/api-keys";

/// List, make, rotate and revoke API keys, on a server.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Keys {
    /// Print JSON, as the API has it
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
It takes an admin key; one of a project manages the keys of its project.
A key that is made is printed alone on standard output, once; what there is to
say of it goes to standard error.

Examples:
  evident keys list
  evident keys create Build --kind ingest --expires-in-days 90 > key.txt
  evident keys create Grafana --kind read --allow 192.0.2.0/24 --json
  evident keys rotate key_0198c5f07c1e7a3b9f523d1e5a6b7c8d --overlap-hours 2
  evident keys revoke key_0198c5f07c1e7a3b9f523d1e5a6b7c8d";

#[derive(Debug, Subcommand)]
enum Command {
    /// List keys, without their secrets
    List(List),
    /// Make a key
    Create(Create),
    /// Show one key, without its secret
    Show(One),
    /// Make a key that takes the place of another
    Rotate(Rotate),
    /// Revoke a key, for good
    Revoke(One),
}

#[derive(Debug, Args)]
struct List {
    /// Also keys that were revoked
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct Create {
    /// What the key is called
    #[arg(value_name = "NAME")]
    name: String,
    /// What it is for
    #[arg(long, value_enum)]
    kind: Kind,
    /// The only project that it may touch
    #[arg(long, value_name = "ID")]
    project_id: Option<String>,
    /// Where it may be used from, an address or a network; may be repeated
    #[arg(long, value_name = "ADDRESS")]
    allow: Vec<String>,
    #[command(flatten)]
    end: End,
    #[command(flatten)]
    connection: Connection,
}

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Recording events
    Ingest,
    /// Reading
    Read,
    /// All there is to do
    Admin,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

/// When a key stops working.
#[derive(Debug, Args)]
struct End {
    /// In how many days it stops working
    #[arg(long, value_name = "DAYS")]
    expires_in_days: Option<u16>,
    /// When it stops working, such as 2027-01-31T00:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in_days")]
    expires_at: Option<String>,
}

impl End {
    fn write(&self, document: &mut Map<String, Value>) {
        if let Some(days) = self.expires_in_days {
            document.insert("expires_in_days".to_owned(), days.into());
        }
        if let Some(time) = &self.expires_at {
            document.insert("expires_at".to_owned(), time.as_str().into());
        }
    }
}

#[derive(Debug, Args)]
struct One {
    /// The key's id, key_…
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Args)]
struct Rotate {
    /// The id of the key that is replaced, key_…
    #[arg(value_name = "ID")]
    id: String,
    /// For how many hours the old key works on; 24 unless it is said
    #[arg(long, value_name = "HOURS")]
    overlap_hours: Option<u16>,
    #[command(flatten)]
    end: End,
    #[command(flatten)]
    connection: Connection,
}

impl Keys {
    /// Does what is asked.
    pub(super) fn run(self) -> Result<(), CommandError> {
        match self.command {
            Command::List(list) => list.run(self.json),
            Command::Create(create) => create.run(self.json),
            Command::Show(one) => one.show(self.json),
            Command::Rotate(rotate) => rotate.run(self.json),
            Command::Revoke(one) => one.revoke(self.json),
        }
    }
}

impl List {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let keys = listed(&self.connection.client(ANSWER_SILENCE)?)?;
        let shown = keys.into_iter();
        let shown: Vec<Value> = shown
            .filter(|key| self.all || key["revoked_at"].is_null())
            .collect();
        let mut output = Output::standard();
        if json {
            output.write_json(&format!("{}\n", json!({ "data": shown })))?;
        } else {
            let keys: Result<Vec<Key>, _> = shown.into_iter().map(serde_json::from_value).collect();
            output.write(&told::table(&keys?))?;
        }
        Ok(output.flush()?)
    }
}

/// All keys, page by page.
fn listed(client: &Client) -> Result<Vec<Value>, ClientError> {
    let mut keys = Vec::new();
    let mut parameters = Vec::new();
    for _ in 0..MAX_PAGES {
        let text = client.json(PATH, &parameters)?;
        let page: KeyPage = read(client, &text)?;
        keys.extend(page.data);
        match page.next_cursor {
            Some(cursor) => parameters = vec![("cursor", cursor)],
            None => return Ok(keys),
        }
    }
    Err(client.not_evident("its list of keys has no end"))
}

impl Create {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let mut document = Map::new();
        document.insert("name".to_owned(), self.name.as_str().into());
        document.insert("kind".to_owned(), self.kind.as_str().into());
        if let Some(id) = &self.project_id {
            document.insert("project_id".to_owned(), id.as_str().into());
        }
        if !self.allow.is_empty() {
            document.insert("allowed_addresses".to_owned(), json!(self.allow));
        }
        self.end.write(&mut document);
        let client = self.connection.client(ANSWER_SILENCE)?;
        let text = client.change("POST", PATH, Some(&Value::Object(document)))?;
        let made: MadeKey = read(&client, &text)?;
        let told = format!("{}: made; it is not shown again", made.about.in_short());
        show_made(json, &text, &made, &told)
    }
}

impl Rotate {
    fn run(&self, json: bool) -> Result<(), CommandError> {
        let mut document = Map::new();
        if let Some(hours) = self.overlap_hours {
            document.insert("overlap_hours".to_owned(), hours.into());
        }
        self.end.write(&mut document);
        let path = format!("{}/rotate", path_of(&self.id)?);
        let client = self.connection.client(ANSWER_SILENCE)?;
        let text = client.change("POST", &path, Some(&Value::Object(document)))?;
        let made: MadeKey = read(&client, &text)?;
        let told = format!(
            "{}: made in place of {}, which `evident keys show` tells the end of; it is not shown again",
            made.about.in_short(),
            self.id
        );
        show_made(json, &text, &made, &told)
    }
}

/// Prints a key that was made: alone, or as the server said it.
fn show_made(json: bool, text: &str, made: &MadeKey, told: &str) -> Result<(), CommandError> {
    let mut output = Output::standard();
    if json {
        output.write_json(text)?;
        output.write("\n")?;
    } else {
        output.write(&format!("{}\n", made.key()))?;
        output.flush()?;
        remark(told);
    }
    Ok(output.flush()?)
}

impl One {
    fn show(&self, json: bool) -> Result<(), CommandError> {
        let path = path_of(&self.id)?;
        let client = self.connection.client(ANSWER_SILENCE)?;
        let text = client.json(&path, &[])?;
        let key: Key = read(&client, &text)?;
        let mut output = Output::standard();
        match json {
            true => output.write_json(&format!("{text}\n"))?,
            false => output.write(&key.in_words())?,
        }
        Ok(output.flush()?)
    }

    fn revoke(&self, json: bool) -> Result<(), CommandError> {
        let path = path_of(&self.id)?;
        let client = self.connection.client(ANSWER_SILENCE)?;
        client.change("DELETE", &path, None)?;
        if !json {
            remark(&format!("{}: revoked", self.id));
            return Ok(());
        }
        let mut output = Output::standard();
        output.write_json(&format!("{}\n", json!({ "revoked": self.id })))?;
        Ok(output.flush()?)
    }
}

fn path_of(id: &str) -> Result<String, Misused> {
    let mut bytes = id.bytes();
    if !id.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Ok(format!("{PATH}/{id}"));
    }
    let advice = "ID: give a key's id such as key_0198c5f07c1e7a3b9f523d1e5a6b7c8d, which `evident keys list` \
                  shows; not the key itself";
    Err(Misused(advice.to_owned()))
}

fn read<T: serde::de::DeserializeOwned>(client: &Client, text: &str) -> Result<T, ClientError> {
    serde_json::from_str(text)
        .map_err(|_| client.not_evident("what it says of keys is not understood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_within_its_segment_of_the_path() {
        assert_eq!(path_of("key_1").ok().as_deref(), Some("/v1/api-keys/key_1"));
        for bad in ["", "../x", "a/b", "a?b", "é", "a b"] {
            assert!(path_of(bad).is_err(), "{bad}");
        }
    }
}
