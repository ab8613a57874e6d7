//! Answers that are read while they come: Server-Sent Events.

use std::io::{BufRead, BufReader, Read};

use serde_json::Value;
use ureq::http::HeaderMap;

use super::{Reply, Server, get_request};

/// A message of a tail.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    pub id: Option<i64>,
    /// The event; a heartbeat has none.
    pub event: Option<Value>,
}

/// A tail that has been opened. Closed when dropped.
pub struct Tail {
    pub headers: HeaderMap,
    lines: BufReader<Box<dyn Read + Send>>,
    /// The id of the last message that had one.
    pub last_id: Option<i64>,
}

impl Server {
    /// Opens a tail of the query with a key, after an index (-1: from the first event on); or else
    /// the refusal.
    pub fn tail(&self, query: &str, key: &str, after: Option<i64>) -> Result<Tail, Box<Reply>> {
        let after = after.map(|id| id.to_string());
        let headers = after.iter().map(|id| ("last-event-id", id.as_str()));
        let headers: Vec<(&str, &str)> = headers.collect();
        self.tail_with(query, key, &headers)
    }

    /// The same with these headers, of which `last-event-id` is one.
    pub fn tail_with(
        &self,
        query: &str,
        key: &str,
        headers: &[(&str, &str)],
    ) -> Result<Tail, Box<Reply>> {
        let url = self.url(&format!("/v1/events/tail{query}"));
        let request = get_request(&url, Some(key), headers);
        let response = self.agent.run(request).unwrap();
        if response.status() != 200 {
            return Err(Box::new(Reply::read(response).unwrap()));
        }
        let (parts, body) = response.into_parts();
        Ok(Tail {
            headers: parts.headers,
            lines: BufReader::new(Box::new(body.into_reader())),
            last_id: after(headers),
        })
    }
}

/// The index that a tail begins after, if its request says one.
fn after(headers: &[(&str, &str)]) -> Option<i64> {
    let named = headers.iter().find(|(name, _)| *name == "last-event-id");
    named.map(|(_, id)| id.parse().unwrap())
}

impl Tail {
    /// The lines of the next message, without the empty one that ends it. `None`: the tail has
    /// ended, by itself or with its connection.
    pub fn next_lines(&mut self) -> Option<Vec<String>> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            match self.lines.read_line(&mut line) {
                Ok(0) | Err(_) => return None,
                Ok(_) if line == "\n" => return Some(lines),
                Ok(_) => lines.push(line.strip_suffix('\n')?.to_owned()),
            }
        }
    }

    /// The next message that says something.
    pub fn next(&mut self) -> Option<Message> {
        loop {
            let lines = self.next_lines()?;
            let value = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name));
            let id = value("id: ").map(|id| id.parse().unwrap());
            let event = value("data: ").map(|text| serde_json::from_str(text).unwrap());
            self.last_id = id.or(self.last_id);
            if id.is_some() || event.is_some() {
                return Some(Message { id, event });
            }
        }
    }

    /// The next event.
    pub fn next_event(&mut self) -> Option<Value> {
        loop {
            if let Some(event) = self.next()?.event {
                return Some(event);
            }
        }
    }

    /// The next so many events, as the ids of their actors.
    pub fn next_actors(&mut self, count: usize) -> Vec<String> {
        (0..count)
            .map(|_| {
                let event = self.next_event().expect("the tail has ended");
                event["actor"]["id"].as_str().unwrap().to_owned()
            })
            .collect()
    }
}
