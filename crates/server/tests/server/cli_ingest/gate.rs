//! A stand-in for a server that takes events, and fails as it is told.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};

use crate::client::bare;
use crate::harness::PATIENCE;

/// What is done with one request.
#[derive(Clone)]
pub(super) enum Turn {
    /// An answer of this status, with these headers and this body.
    Says(u16, &'static str, String),
    /// The events are taken, and the connection ends without an answer.
    TakesAndDrops,
    /// The connection ends.
    Drops,
    /// The events are taken, and the answer has one receipt too few.
    Forgets,
    /// The events are taken, if there are no more than so many.
    AtMost(usize),
}

impl Turn {
    pub(super) fn problem(status: u16, headers: &'static str) -> Self {
        let body = json!({"detail": format!("the gate says {status}"), "code": "x"});
        Self::Says(status, headers, body.to_string())
    }
}

#[derive(Default)]
struct Taken {
    turns: VecDeque<Turn>,
    /// How often each id was recorded, by the actor that it came with.
    ids: BTreeMap<String, String>,
    requests: usize,
}

/// A server of sorts; it ends with the test.
pub(super) struct Gate {
    pub(super) address: SocketAddr,
    taken: Arc<Mutex<Taken>>,
    /// Requests that have come, whether they wait or not.
    arrived: Arc<AtomicUsize>,
}

impl Gate {
    /// Gives the requests these turns, in the order that they come in, and takes all further ones.
    pub(super) fn new(turns: Vec<Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let taken = Arc::new(Mutex::new(Taken {
            turns: turns.into(),
            ..Taken::default()
        }));
        let arrived = Arc::new(AtomicUsize::new(0));
        let shared = (Arc::clone(&taken), Arc::clone(&arrived));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (taken, arrived) = shared.clone();
                thread::spawn(move || serve(stream.unwrap(), &taken, &arrived));
            }
        });
        Self {
            address,
            taken,
            arrived,
        }
    }

    /// The command for it.
    pub(super) fn ingest(&self, file: &std::path::Path, flags: &[&str]) -> Command {
        let mut command = bare(&["ingest", "--json"]);
        command
            .env("EVIDENT_URL", format!("http://{}", self.address))
            .env("EVIDENT_API_KEY", "evident_ingest_1_2")
            .arg(file)
            .args(flags);
        command
    }

    /// The actors of what was recorded, each once for each id.
    pub(super) fn actors(&self) -> BTreeMap<String, usize> {
        let mut actors = BTreeMap::new();
        for actor in self.taken.lock().unwrap().ids.values() {
            *actors.entry(actor.clone()).or_default() += 1;
        }
        actors
    }

    /// Lets all requests wait until this is dropped.
    pub(super) fn hold(&self) -> impl Drop {
        self.taken.lock().unwrap()
    }

    /// How many requests have come, those that wait included.
    pub(super) fn arrived(&self) -> usize {
        self.arrived.load(Ordering::SeqCst)
    }

    pub(super) fn requests(&self) -> usize {
        self.taken.lock().unwrap().requests
    }
}

fn serve(mut stream: TcpStream, taken: &Mutex<Taken>, arrived: &AtomicUsize) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    while let Some(body) = request(&mut stream) {
        arrived.fetch_add(1, Ordering::SeqCst);
        let mut taken = taken.lock().unwrap();
        taken.requests += 1;
        let turn = taken.turns.pop_front().unwrap_or(Turn::AtMost(usize::MAX));
        let events = body.lines().count();
        let (status, headers, said) = match turn {
            Turn::Says(status, headers, said) => (status, headers, said),
            Turn::Drops => return,
            Turn::TakesAndDrops => {
                taken.record(&body);
                return;
            }
            Turn::Forgets => {
                let mut receipts = taken.record(&body);
                receipts.pop();
                (201, "", json!({ "receipts": receipts }).to_string())
            }
            Turn::AtMost(most) if events > most => (
                413,
                "",
                json!({"detail": "too large", "code": "x"}).to_string(),
            ),
            Turn::AtMost(_) => {
                let receipts = taken.record(&body);
                (201, "", json!({ "receipts": receipts }).to_string())
            }
        };
        drop(taken);
        let kind = if status < 300 { "json" } else { "problem+json" };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/{kind}\r\n{headers}content-length: {}\r\n\r\n",
            said.len()
        );
        if stream
            .write_all(&[head.as_bytes(), said.as_bytes()].concat())
            .is_err()
        {
            return;
        }
    }
}

impl Taken {
    /// Records events as a server does: each id once. Gives the receipts.
    fn record(&mut self, body: &str) -> Vec<Value> {
        let mut receipts = Vec::new();
        for (position, line) in body.lines().enumerate() {
            let event: Value = serde_json::from_str(line).unwrap();
            let id = event["id"]
                .as_str()
                .expect("every event has an id")
                .to_owned();
            let actor = event["actor"]["id"].as_str().unwrap().to_owned();
            let index = self.ids.len();
            let before = self.ids.insert(id, actor);
            receipts.push(json!({"position": position, "index": index, "duplicate": before.is_some(), "warnings": []}));
        }
        receipts
    }
}

/// The body of the next request; nothing once there is none.
fn request(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    assert!(head.starts_with("post /v1/events?partial=true "), "{head}");
    assert!(
        head.contains("content-type: application/x-ndjson"),
        "{head}"
    );
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some(String::from_utf8(body).unwrap())
}
