//! What is printed once the demo is filled: keys, lines to paste, and what to look for.
//!
//! It must hold that every line works as it stands, in a shell on this machine, as soon as it is printed.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use evident_activity::demo::{Incident, ORGANIZATION, YEAR_DAYS};

use super::{KEYS_FILE, OWNER, Prepared};

/// Where the clients look for a server unless they are told.
const USUAL_ADDRESS: &str = "127.0.0.1:8700";

/// All of it.
pub(super) fn text(prepared: &Prepared, address: SocketAddr) -> String {
    let data = prepared.directory.display();
    let keys = prepared.directory.join(KEYS_FILE);
    let evident = command();
    let mut text = format!(
        "
The demo is ready: {YEAR_DAYS} days of {ORGANIZATION}, a made-up company, and more every few seconds.
It is served on http://{address}, to this machine only; its data is in {data}.

  read key     {read}
  ingest key   {ingest}
  all keys     {keys}

The newest of the exports that a leaked key was denied:

  curl -sS 'http://{address}/v1/events?filter=context.ip:is:192.0.2.66&result=denied&limit=1' -H 'authorization: Bearer {read}'

Its owner, {OWNER}, signs in as a browser does:

  curl -sS 'http://{address}/v1/auth/login' -H 'sec-fetch-site: same-origin' -H 'content-type: application/json' -d '{{\"email\": \"{OWNER}\", \"password\": \"{password}\"}}'

From another terminal, on the command line:

{url}  export EVIDENT_API_KEY={read}
  {evident} query --range last_24_hours --result denied
  {evident} tail

What happened in the year, and the query that shows it:
",
        read = prepared.keys.read,
        ingest = prepared.keys.ingest,
        keys = keys.display(),
        password = prepared.password,
        url = url(address),
    );
    for incident in prepared.demo.incidents() {
        let _ = write!(
            text,
            "\n  {}\n    {evident} query{}\n",
            incident.title,
            flags(incident)
        );
    }
    let _ = write!(
        text,
        "
docs/demo.md tells the stories. To begin for real, in a directory of its own:

  head -c 18 /dev/urandom | base64 | tee password.txt | {evident} init --data ./evident-data --organization 'Acme AI' --email you@example.com --password-stdin
  {evident} serve --data ./evident-data

"
    );
    text
}

/// What programs want to know of it, in a line.
pub(super) fn json(prepared: &Prepared, address: SocketAddr) -> String {
    let ready = serde_json::json!({"demo": {
        "url": format!("http://{address}"),
        "organization": ORGANIZATION,
        "data": prepared.directory,
        "keys": {"read": prepared.keys.read, "ingest": prepared.keys.ingest},
        "owner": {"email": OWNER, "password": prepared.password},
        "keys_file": prepared.directory.join(KEYS_FILE),
    }});
    format!("{ready}\n")
}

/// How this program is called: as it was called to get here.
pub(super) fn command() -> String {
    let name = std::env::args_os().next();
    let name = name.map(|name| name.to_string_lossy().into_owned());
    name.map_or_else(|| "evident".to_owned(), |name| quoted(&name))
}

/// A line that says where the server is, unless clients look there anyway.
fn url(address: SocketAddr) -> String {
    match address.to_string().as_str() {
        USUAL_ADDRESS => String::new(),
        address => format!("  export EVIDENT_URL=http://{address}\n"),
    }
}

/// The flags of the query that shows an incident.
fn flags(incident: &Incident) -> String {
    let mut flags = String::new();
    for (name, value) in &incident.parameters {
        let _ = write!(flags, " --{} {}", name.replace('_', "-"), quoted(value));
    }
    flags
}

/// A path as a shell reads it back. One that begins with a dash is not taken for a flag.
pub(super) fn quoted_path(path: &Path) -> String {
    let path = path.to_string_lossy();
    match path.starts_with('-') {
        true => quoted(&format!("./{path}")),
        false => quoted(&path),
    }
}

/// A word as a shell reads it back.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::super::DemoError;
    use super::{command, quoted, quoted_path};

    #[test]
    fn lines_of_refusals_can_be_pasted_whatever_the_directory_is_called() {
        let told = DemoError::Demo(PathBuf::from("./it's mine")).to_string();
        let line = format!(r"  {} serve --demo --data './it'\''s mine'", command());
        assert!(told.lines().any(|told| told == line), "{told}");
        assert_eq!(quoted_path(Path::new("-x")), "./-x");
        let told = DemoError::Real(PathBuf::from("data")).to_string();
        let line = format!("  {} serve --demo --data ./demo-data", command());
        assert!(told.lines().any(|told| told == line), "{told}");
    }

    #[test]
    fn a_shell_reads_a_word_back_as_it_was() {
        assert_eq!(
            quoted("context.ip:is:192.0.2.66"),
            "context.ip:is:192.0.2.66"
        );
        assert_eq!(quoted("user:is:Oscar Lund"), "'user:is:Oscar Lund'");
        assert_eq!(quoted("role.*"), "'role.*'");
        assert_eq!(quoted("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quoted(""), "''");
    }
}
