//! A real mail server for tests: aiosmtpd, by `scripts/smtp`, which keeps what it takes for the test to read.
//!
//! What must always hold: it is gone with its test, since it ends with its standard input. Needs nothing
//! else of the harness: unit tests have it by `#[path]`.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(
    unreachable_pub,
    reason = "`pub` marks what tests use, whichever binary they are in"
)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long the server may take to start, or to tell of a message.
const PATIENCE: Duration = Duration::from_secs(60);

/// A mail server.
pub struct MailServer {
    child: Child,
    lines: Receiver<Value>,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

/// A message that it took.
#[derive(Debug)]
pub struct Mail {
    /// The address in the envelope that it is from.
    pub from: String,
    /// Those that it is for.
    pub to: Vec<String>,
    /// Whom the sender authenticated as.
    pub user: Option<String>,
    /// Whether it came by TLS.
    pub tls: bool,
    /// The lines of its head, unfolded.
    pub head: Vec<String>,
    /// Its text as it was sent, with LF.
    pub body: String,
}

impl MailServer {
    /// Starts one with these flags of `e2e/smtp/server.py`.
    pub fn start(flags: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/smtp");
        let mut child = Command::new(script)
            .args(flags)
            // Other tests of the process may change its own.
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap());
            }
        });
        let first: Value = lines
            .recv_timeout(PATIENCE)
            .expect("the mail server did not start: see above");
        Self {
            child,
            lines,
            port: u16::try_from(first["port"].as_u64().unwrap()).unwrap(),
        }
    }

    /// The next message.
    pub fn mail(&self) -> Mail {
        let line = self.lines.recv_timeout(PATIENCE).expect("no mail came");
        Mail::of(&line)
    }

    /// Whether every message has been read. What a client was told to be taken is here: the server says
    /// it before it answers.
    pub fn has_no_mail(&self) -> bool {
        self.lines.try_recv().is_err()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Mail {
    fn of(line: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let data = text(&line["data"]).replace("\r\n", "\n");
        let (head, body) = data.split_once("\n\n").unwrap();
        let head = head.replace("\n ", " ").replace("\n\t", " ");
        Self {
            from: text(&line["from"]),
            to: line["to"].as_array().unwrap().iter().map(text).collect(),
            user: line["user"].as_str().map(str::to_owned),
            tls: line["tls"].as_bool().unwrap(),
            head: head.lines().map(str::to_owned).collect(),
            body: body.to_owned(),
        }
    }

    /// The values of the headers of this name.
    pub fn header(&self, name: &str) -> Vec<&str> {
        let values = self.head.iter().filter_map(|line| line.split_once(": "));
        let values = values.filter(|(other, _)| other.eq_ignore_ascii_case(name));
        values.map(|(_, value)| value).collect()
    }
}
