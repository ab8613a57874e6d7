//! What an auditor does with what a server gives out: everything is checked with the log's key alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evident_event::canonical;
use evident_event::json::{self, Json, MAX_DEPTH};
use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::entry::{Entry, Opening, Salt};
use evident_ledger::note::VerifierKey;
use evident_ledger::proof::verify_inclusion;
use serde_json::Value;

use super::{Directory, Server, wait_for};

impl Directory {
    /// The key that the log's checkpoints are checked with, as `init` printed it.
    pub fn verifier_key(&self) -> VerifierKey {
        let key = self.founded["log"]["verifier_key"].as_str().unwrap();
        VerifierKey::parse(key).unwrap()
    }
}

impl Server {
    /// The path of something of the organization's log as it is published.
    pub fn log_path(&self, rest: &str) -> String {
        format!("/log/{}/{rest}", self.organization.id)
    }

    /// The newest checkpoint, opened.
    pub fn checkpoint(&self, key: &VerifierKey) -> Checkpoint {
        let reply = self.get(&self.log_path("checkpoint"));
        assert_eq!(reply.status, 200);
        Checkpoint::open(&reply.body, key).unwrap()
    }

    /// The first checkpoint of this size that comes.
    pub fn checkpoint_of(&self, size: u64, key: &VerifierKey) -> Checkpoint {
        wait_for("a checkpoint", || {
            Some(self.checkpoint(key)).filter(|head| head.size == size)
        })
    }

    /// The canonical bytes of an event: what it is answered with, without its index.
    pub fn canonical(&self, id: &str) -> Vec<u8> {
        let reply = self.get(&format!("/v1/events/{id}"));
        assert_eq!(reply.status, 200);
        let Json::Object(mut members) = json::parse(&reply.body, MAX_DEPTH + 1).unwrap() else {
            panic!("an event is an object");
        };
        members.retain(|(name, _)| name != "index");
        let mut bytes = Vec::new();
        canonical::write(&Json::Object(members), &mut bytes);
        bytes
    }
}

pub fn bytes(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}

pub fn hash(text: &Value) -> Hash {
    Hash::from_base64(text.as_str().unwrap()).unwrap()
}

pub fn hashes(texts: &Value) -> Vec<Hash> {
    texts.as_array().unwrap().iter().map(hash).collect()
}

/// The opening in a proof as JSON.
pub fn opening(proof: &Value) -> Opening {
    Opening {
        entry: Entry::from_bytes(&bytes(&proof["entry"])).unwrap(),
        salt: Some(Salt(bytes(&proof["salt"]).try_into().unwrap())),
    }
}

/// Checks that a proof as JSON leads from the event of `canonical` to the signed checkpoint beside it.
#[track_caller]
pub fn verify(proof: &Value, index: u64, canonical: &[u8], note: &Value, key: &VerifierKey) {
    let head = Checkpoint::open(note.as_str().unwrap().as_bytes(), key).unwrap();
    let opening = opening(proof);
    assert_eq!(opening.opens_to(canonical), Some(true), "of another event");
    let leaf = opening.entry.leaf_hash();
    let hashes = hashes(&proof["hashes"]);
    verify_inclusion(leaf, index, head.size, head.root, &hashes).unwrap();
}
