//! `evident init`: a data directory's first organization, owner, keys and log.
//!
//! A directory either has an organization whose log and keys work, or none; then `init` may be run
//! again ([`founding`]).

use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use evident_store::Store;

use super::CommandError;
use crate::app;
use crate::auth::hash_password;
use crate::auth::password::check_new;
use crate::control::{Control, MAX_NAME_BYTES, Place};
use crate::founding::{self, DEFAULT_INSTANCE, Founded, Plan};

/// Most bytes that are read from standard input.
const MAX_INPUT_BYTES: u64 = 4096;

/// Set up a data directory: its first organization, owner, keys and log.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    /// The data directory; made if it is not there
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The organization's name
    #[arg(long, value_name = "NAME")]
    organization: String,
    /// The owner's e-mail address
    #[arg(long, value_name = "E")]
    email: String,
    /// Read the owner's password from standard input, up to the first line's end
    #[arg(long, required = true)]
    password_stdin: bool,
    /// The instance's name, such as a host name: logs are called <instance>/<organization id>
    #[arg(long, value_name = "NAME", default_value = DEFAULT_INSTANCE)]
    instance: String,
    /// A PostgreSQL server for the control plane, which is in the data directory otherwise. Best given by the
    /// environment, since everybody on a machine can read the arguments of its processes
    #[arg(
        long,
        value_name = "URL",
        env = "EVIDENT_CONTROL_DATABASE",
        hide_env_values = true
    )]
    control_database: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
The keys are printed once and kept as digests only: store them now.

Examples:
  head -c 18 /dev/urandom | base64 > password.txt
  evident init --data ./data --organization \"Acme AI\" \\
      --email you@example.com --password-stdin < password.txt
  evident init --data /var/lib/evident --organization Acme \\
      --email ada@acme.example --instance audit.acme.example \\
      --password-stdin --json < password > first-run.json";

/// What is not acceptable about the arguments.
#[derive(Debug, thiserror::Error)]
enum InitError {
    #[error(
        "--organization is empty, longer than {MAX_NAME_BYTES} bytes or has control characters: give its name, such as \"Acme AI\""
    )]
    Organization,
    #[error("--email is not an e-mail address: give one such as you@example.com")]
    Email,
    #[error(
        "--instance is not a name for logs: give a host name such as audit.example.com, in lower-case letters, digits, '.', '-' and '/'"
    )]
    Instance,
    #[error("the password is not UTF-8 or is too long: give one line of text")]
    Password,
}

impl Init {
    /// Sets the directory up and prints what it was given.
    pub(super) fn run(self) -> Result<(), CommandError> {
        self.check()?;
        let password = read_password()?;
        let password_hash = hash_password(&password)?;
        check_new(&password, &[&self.email, &self.organization])?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let founded = runtime.block_on(self.found(password_hash))?;
        let mut output = std::io::stdout().lock();
        if self.json {
            serde_json::to_writer(&mut output, &founded)?;
            writeln!(output)?;
        } else {
            output.write_all(self.in_words(&founded).as_bytes())?;
        }
        output.flush()?;
        Ok(())
    }

    fn check(&self) -> Result<(), InitError> {
        let is_name = |name: &str| {
            !name.trim().is_empty()
                && name.len() <= MAX_NAME_BYTES
                && !name.chars().any(char::is_control)
        };
        let is_email = is_name(&self.email)
            && !self.email.contains(char::is_whitespace)
            && self
                .email
                .split_once('@')
                .is_some_and(|(local, host)| !local.is_empty() && !host.is_empty());
        let is_instance = is_name(&self.instance)
            && self.instance.split('/').all(|part| !part.is_empty())
            && self.instance.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-/".contains(&byte)
            });
        match (is_name(&self.organization), is_email, is_instance) {
            (false, ..) => Err(InitError::Organization),
            (_, false, _) => Err(InitError::Email),
            (.., false) => Err(InitError::Instance),
            _ => Ok(()),
        }
    }

    async fn found(&self, password_hash: String) -> Result<Founded, CommandError> {
        let place = Place {
            directory: &self.data,
            url: self.control_database.as_deref(),
        };
        place.refuse_if_lost()?;
        let store = app::open_store(&self.data, None).await?;
        let control = Control::open(place).await?;
        let founded = self.found_in(&store, &control, password_hash).await;
        control.close().await;
        tokio::task::spawn_blocking(move || store.close()).await?;
        founded
    }

    async fn found_in(
        &self,
        store: &Arc<Store>,
        control: &Control,
        password_hash: String,
    ) -> Result<Founded, CommandError> {
        let plan = Plan {
            organization: self.organization.clone(),
            owner_name: String::new(),
            email: self.email.clone(),
            password_hash,
            instance: self.instance.clone(),
        };
        let (founding, founded) = founding::prepare(store, control, plan).await?;
        control.found(&founding).await?;
        Ok(founded)
    }

    fn in_words(&self, founded: &Founded) -> String {
        let data = self.data.display();
        format!(
            "\
{data} is set up.

organization  {name} ({organization})
owner         {email}
log           {origin}
verifier key  {verifier_key}

These keys are shown once; store them now:
ingest        {ingest}
read          {read}
admin         {admin}

Start the server:
  evident serve --data {data}
",
            name = self.organization,
            organization = founded.organization_id,
            email = founded.owner.email,
            origin = founded.log.origin,
            verifier_key = founded.log.verifier_key,
            ingest = founded.keys.ingest,
            read = founded.keys.read,
            admin = founded.keys.admin,
        )
    }
}

/// The first line of standard input.
fn read_password() -> Result<String, CommandError> {
    let mut input = Vec::new();
    std::io::stdin()
        .lock()
        .take(MAX_INPUT_BYTES + 1)
        .read_to_end(&mut input)?;
    if input.len() as u64 > MAX_INPUT_BYTES {
        return Err(InitError::Password.into());
    }
    let text = String::from_utf8(input).map_err(|_| InitError::Password)?;
    let line = text.split('\n').next().unwrap_or_default();
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
