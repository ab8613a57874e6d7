//! The options of the commands that share a filled directory.

use std::path::PathBuf;
use std::str::FromStr;

/// `SERVER --data DIR --events N` and what else a command takes.
#[derive(Debug, Clone)]
pub struct Options {
    pub server: PathBuf,
    pub data: PathBuf,
    pub events: u64,
    pub batch: u64,
    pub connections: usize,
    /// How long each line is measured.
    pub seconds: f64,
    /// Queries beside ingest.
    pub mixed: bool,
}

impl Options {
    pub fn parse(arguments: &[String], allowed: &[&str]) -> Result<Self, String> {
        let (server, rest) = arguments.split_first().ok_or(crate::USAGE)?;
        let mut options = Self {
            server: server.into(),
            data: PathBuf::new(),
            events: 0,
            batch: 1000,
            connections: 4,
            seconds: 3.0,
            mixed: false,
        };
        let mut rest = rest.iter();
        while let Some(name) = rest.next() {
            if !["--data", "--events"].contains(&name.as_str()) && !allowed.contains(&name.as_str())
            {
                return Err(format!("{name}?\n{}", crate::USAGE));
            }
            if name == "--mixed" {
                options.mixed = true;
                continue;
            }
            let value = rest.next().ok_or_else(|| format!("{name} takes a value"))?;
            match name.as_str() {
                "--data" => options.data = value.into(),
                "--events" => options.events = number(name, value)?,
                "--batch" => options.batch = number(name, value)?,
                "--connections" => options.connections = number(name, value)?,
                "--seconds" => options.seconds = number(name, value)?,
                _ => return Err(crate::USAGE.to_owned()),
            }
        }
        if options.data.as_os_str().is_empty() || options.events == 0 {
            return Err(format!("--data and --events are needed\n{}", crate::USAGE));
        }
        if options.batch == 0 || options.connections == 0 {
            return Err("--batch and --connections take at least 1".to_owned());
        }
        Ok(options)
    }
}

fn number<T: FromStr>(name: &str, value: &str) -> Result<T, String> {
    let value: String = value.chars().filter(|&c| c != '_').collect();
    value.parse().map_err(|_| format!("{name} takes a number"))
}
