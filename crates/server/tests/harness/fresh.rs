//! Directories that nobody has set up, and servers that wait on them.

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::people::FOUNDER;
use super::{AUDIT_READS, Organization, Reply, Server, evident, postgres, run};

/// A directory that nobody has set up; removed when dropped.
pub struct Fresh {
    temporary: TempDir,
    /// Where its control plane is, if not in the directory.
    control_database: Option<String>,
}

impl Fresh {
    /// A directory that is not even there.
    pub fn new() -> Self {
        Self {
            temporary: tempfile::tempdir().unwrap(),
            control_database: super::postgres_is_wanted().then(postgres::database),
        }
    }

    pub fn path(&self) -> PathBuf {
        self.temporary.path().join("data")
    }

    /// `evident serve` on it and a free port.
    pub fn serve_command(&self) -> Command {
        let mut command = self.command();
        command.env(AUDIT_READS, "false");
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.path());
        command
    }

    /// A server on it, which may wait to be set up.
    pub fn serve(&self) -> Server {
        self.serve_with(|_| ())
    }

    fn serve_with(&self, change: impl FnOnce(&mut Command)) -> Server {
        let nobody = Organization {
            id: String::new(),
            ingest: String::new(),
            read: String::new(),
            admin: String::new(),
        };
        let mut command = self.serve_command();
        change(&mut command);
        Server::start(command, nobody)
    }

    /// A server that waits to be set up, and its link's token.
    pub fn serve_waiting(&self) -> (Server, String) {
        self.serve_waiting_with(|_| ())
    }

    /// The same, with changes to its command first.
    pub fn serve_waiting_with(&self, change: impl FnOnce(&mut Command)) -> (Server, String) {
        let server = self.serve_with(change);
        let start = format!("  {}", server.url("/setup#"));
        let token = server.said(&start);
        (server, token)
    }

    /// `evident init` on it.
    pub fn init(&self) -> Output {
        let mut command = self.command();
        command.args(["init", "--organization", "Acme AI", "--email", FOUNDER.0]);
        command
            .args(["--password-stdin", "--data"])
            .arg(self.path());
        run(&mut command, FOUNDER.1)
    }

    fn command(&self) -> Command {
        let mut command = evident();
        if let Some(url) = &self.control_database {
            command.env("EVIDENT_CONTROL_DATABASE", url);
        }
        command
    }
}

/// What the page of the link sends.
pub fn wishes(token: &str, organization: &str) -> Value {
    json!({"token": token, "organization": organization, "name": "Ada Obi",
           "email": FOUNDER.0, "password": FOUNDER.1})
}

impl Server {
    /// Sets the directory up.
    pub fn set_up(&self, wishes: &Value) -> Reply {
        let headers = [("content-type", "application/json")];
        let body = wishes.to_string();
        self.request("POST", "/v1/setup", None, &headers, body.as_bytes())
    }
}
