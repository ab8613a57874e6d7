//! A log as no honest server would serve it: made of `evident_ledger` alone, over plain sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::entry::{Entry, Opening, Salt, commitment};
use evident_ledger::hash::leaf_hash;
use evident_ledger::note::SigningKey;
use evident_ledger::proof::inclusion;
use evident_ledger::proof_text::InclusionProof;
use evident_ledger::tile::{MAX_LEVELS, Tile, TileKind};
use evident_ledger::tree::{HashReader, Tree, root_at};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::harness::PATIENCE;

pub(crate) const ORIGIN: &str = "audit.example.com/org_1";

/// The key of the log, or another one of the same name.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, [seed; 32]).unwrap()
}

/// An event, and what commits to it.
#[derive(Clone)]
pub(crate) struct Event {
    pub(crate) canonical: String,
    pub(crate) entry: Entry,
    pub(crate) salt: Salt,
}

impl Event {
    /// Event `index` of the history of this name.
    fn new(history: &str, index: u64) -> Self {
        let digest: [u8; 32] = Sha256::digest(format!("{history} {index}")).into();
        let mut event_id = [0; 16];
        event_id.copy_from_slice(&digest[..16]);
        let mut salt = [0; 16];
        salt.copy_from_slice(&digest[16..]);
        let id = Uuid::from_bytes(event_id);
        let canonical = format!(
            r#"{{"action":"{history}","id":"{id}","received_at":"1970-01-01T00:00:00.{index:06}Z"}}"#
        );
        let entry = Entry {
            event_id,
            received_at_micros: index.try_into().unwrap(),
            commitment: commitment(&Salt(salt), canonical.as_bytes()),
        };
        Self {
            canonical,
            entry,
            salt: Salt(salt),
        }
    }
}

/// What a log holds: entries, the hashes over them, and perhaps their events.
pub(crate) struct History {
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) events: Vec<Event>,
    levels: Vec<Vec<Hash>>,
}

impl History {
    /// Events that are those of `name` from `fork` on, and everybody's before.
    pub(crate) fn new(name: &str, fork: u64, size: u64) -> Arc<Self> {
        let name = |index| if index < fork { "login" } else { name };
        let events: Vec<Event> = (0..size)
            .map(|index| Event::new(name(index), index))
            .collect();
        let entries = events.iter().map(|event| event.entry.to_bytes().to_vec());
        let mut history = Self::of_entries(entries.collect());
        history.events = events;
        Arc::new(history)
    }

    /// A log of whatever entries.
    pub(crate) fn of_entries(entries: Vec<Vec<u8>>) -> Self {
        let mut levels = vec![Vec::new(); usize::from(MAX_LEVELS)];
        let mut tree = Tree::new();
        for entry in &entries {
            tree.append(leaf_hash(entry), &mut |level, _, hash| {
                levels[usize::from(level)].push(hash);
            });
        }
        Self {
            entries,
            events: Vec::new(),
            levels,
        }
    }

    pub(crate) fn root(&self, size: u64) -> Hash {
        root_at(size, self).unwrap()
    }

    /// The signed checkpoint of the first `size` entries.
    pub(crate) fn note(&self, size: u64) -> String {
        let checkpoint = Checkpoint::new(ORIGIN, size, self.root(size));
        checkpoint.sign(&key(1)).unwrap()
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        let range = tile.range().unwrap();
        let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
        match tile.kind {
            TileKind::Hashes(level) => self.levels[usize::from(level)][range]
                .iter()
                .flat_map(|hash| hash.0)
                .collect(),
            TileKind::Entries => bundle(&self.entries[range]),
        }
    }

    /// The proof of an event under the checkpoint of a size, with its salt or without.
    pub(crate) fn proof(&self, index: u64, size: u64, with_salt: bool) -> InclusionProof {
        let event = &self.events[usize::try_from(index).unwrap()];
        let opening = Opening {
            entry: event.entry,
            salt: with_salt.then_some(event.salt),
        };
        InclusionProof {
            extra: Some(opening.to_bytes()),
            index,
            hashes: inclusion(index, size, self).unwrap().unwrap(),
            checkpoint: self.note(size),
        }
    }

    /// The id of an event, as it stands in paths.
    pub(crate) fn id(&self, index: usize) -> String {
        Uuid::from_bytes(self.events[index].entry.event_id).to_string()
    }
}

impl HashReader for History {
    type Error = std::convert::Infallible;

    fn read(&self, level: u8, index: u64) -> Result<Hash, Self::Error> {
        Ok(self.levels[usize::from(level)][usize::try_from(index).unwrap()])
    }
}

/// Entries behind their lengths.
pub(crate) fn bundle(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend(u16::try_from(entry.len()).unwrap().to_be_bytes());
        bytes.extend(entry);
    }
    bytes
}

/// What is answered.
#[derive(Clone)]
pub(crate) enum Answer {
    /// A status, headers of its own, and a body.
    Said(u16, String, Vec<u8>),
    /// A body that breaks off.
    CutOff(Vec<u8>),
    /// A body without end.
    Endless,
    /// Nothing, until the reader goes away.
    Nothing,
}

impl Answer {
    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::typed("application/octet-stream", bytes)
    }

    pub(crate) fn typed(media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        Self::Said(200, format!("content-type: {media_type}\r\n"), bytes.into())
    }

    pub(crate) fn text(bytes: impl Into<Vec<u8>>) -> Self {
        Self::typed("text/plain; charset=utf-8", bytes)
    }

    pub(crate) fn problem(status: u16, detail: &str) -> Self {
        let body = format!(r#"{{"detail":"{detail}","code":"x"}}"#);
        let headers = "content-type: application/problem+json\r\n".to_owned();
        Self::Said(status, headers, body.into_bytes())
    }

    /// The body of an answer that has one.
    pub(crate) fn body(self) -> Vec<u8> {
        match self {
            Self::Said(200, _, body) => body,
            _ => panic!("there is no body"),
        }
    }
}

/// What is answered instead, by path; `None` leaves it as it is.
pub(crate) type Twist = Box<dyn Fn(&str, &Served) -> Option<Answer> + Send>;

/// What is served.
pub(crate) struct Served {
    pub(crate) history: Arc<History>,
    /// How much of it the checkpoint covers.
    pub(crate) size: u64,
    twist: Option<Twist>,
    asked: Vec<String>,
    /// Whether any request since the last look had a key.
    was_keyed: bool,
}

impl Served {
    /// The first `size` entries of a history.
    pub(crate) fn of(history: &Arc<History>, size: u64) -> Self {
        Self {
            history: Arc::clone(history),
            size,
            twist: None,
            asked: Vec::new(),
            was_keyed: false,
        }
    }

    /// What an honest server answers.
    pub(crate) fn honest(&self, path: &str) -> Answer {
        let missing = Answer::problem(404, "there is no such thing");
        if path == "/v1/log" {
            let head = format!(r#"{{"origin":"{ORIGIN}","public":true}}"#);
            return Answer::typed("application/json", head);
        }
        if let Some(path) = path.strip_prefix("/v1/events/") {
            return self.event(path).unwrap_or(missing);
        }
        let Some(path) = path.strip_prefix("/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6/") else {
            return missing;
        };
        if path == "checkpoint" {
            let note = self.history.note(self.size);
            return Answer::text(note);
        }
        let tile = path.strip_prefix("tile/").and_then(Tile::parse);
        match tile.filter(|tile| tile.is_in(self.size)) {
            Some(tile) => Answer::bytes(self.history.tile(tile)),
            None => missing,
        }
    }

    fn event(&self, path: &str) -> Option<Answer> {
        let (id, what) = path.split_once('/').unwrap_or((path, ""));
        let mut indexes = 0..usize::try_from(self.size).unwrap();
        let index = indexes.find(|index| self.history.id(*index) == id)?;
        if what == "proof" {
            let proof = self.history.proof(index as u64, self.size, true);
            return Some(Answer::typed("text/plain", proof.to_text()));
        }
        Some(Answer::typed("application/json", self.shown(index)))
    }

    /// An event as it is shown.
    pub(crate) fn shown(&self, index: usize) -> String {
        let canonical = &self.history.events[index].canonical;
        format!(r#"{{"index":{index},{}"#, &canonical[1..])
    }
}

/// A log server; it ends with the test.
pub(crate) struct FakeLog {
    pub(crate) address: SocketAddr,
    served: Arc<Mutex<Served>>,
}

impl FakeLog {
    pub(crate) fn new(history: &Arc<History>, size: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::new(Mutex::new(Served::of(history, size)));
        let shared = Arc::clone(&served);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let served = Arc::clone(&shared);
                thread::spawn(move || serve(&stream.unwrap(), &served));
            }
        });
        Self { address, served }
    }

    pub(crate) fn url(&self) -> String {
        format!(
            "http://{}/log/org_0190a1b2c3d4e5f60190a1b2c3d4e5f6",
            self.address
        )
    }

    /// Serves the first `size` entries of this history from now on.
    pub(crate) fn show(&self, history: &Arc<History>, size: u64) {
        let mut served = self.served.lock().unwrap();
        served.history = Arc::clone(history);
        served.size = size;
    }

    /// Serves more of the same history.
    pub(crate) fn grow(&self, size: u64) {
        self.served.lock().unwrap().size = size;
    }

    /// Answers otherwise from now on.
    pub(crate) fn twist(&self, twist: impl Fn(&str, &Served) -> Option<Answer> + Send + 'static) {
        self.served.lock().unwrap().twist = Some(Box::new(twist));
    }

    /// Answers one path otherwise.
    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        let wanted = path.to_owned();
        self.twist(move |path, _| (path == wanted).then(|| answer.clone()));
    }

    /// Is honest again.
    pub(crate) fn repent(&self) {
        self.served.lock().unwrap().twist = None;
    }

    /// Whether a key was sent since the last time.
    pub(crate) fn was_keyed(&self) -> bool {
        std::mem::take(&mut self.served.lock().unwrap().was_keyed)
    }

    /// The paths that were asked for since the last time.
    pub(crate) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.served.lock().unwrap().asked)
    }
}

fn serve(mut stream: &TcpStream, served: &Mutex<Served>) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    while let Some(head) = head(stream) {
        let path = head.split(' ').nth(1).unwrap().to_owned();
        let answer = {
            let mut served = served.lock().unwrap();
            let twisted = served
                .twist
                .as_ref()
                .and_then(|twist| twist(&path, &served));
            let answer = twisted.unwrap_or_else(|| served.honest(&path));
            served.asked.push(path);
            served.was_keyed |= head.to_lowercase().contains("\r\nauthorization:");
            answer
        };
        let goes_on = match answer {
            Answer::Said(status, headers, body) => {
                let length = body.len();
                let head = format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\n");
                stream
                    .write_all(&[head.as_bytes(), b"\r\n", &body].concat())
                    .is_ok()
            }
            Answer::CutOff(body) => {
                let length = body.len() + 1;
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\r\n"
                );
                let _ = stream.write_all(&[head.as_bytes(), &body].concat());
                false
            }
            Answer::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n");
                while stream.write_all(&[b'x'; 65_536]).is_ok() {}
                false
            }
            Answer::Nothing => {
                let _ = stream.read(&mut [0]);
                false
            }
        };
        if !goes_on {
            return;
        }
    }
}

/// The head of the next request; nothing once there is none.
fn head(mut stream: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => head.push(byte[0]),
            _ => return None,
        }
    }
    String::from_utf8(head).ok()
}
