//! Proofs and checkpoints, whole and with every byte of them changed.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evident_event::id::EventId;
use evident_event::time::Timestamp;
use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::entry::{Entry, Opening, Salt, commitment};
use evident_ledger::hash::leaf_hash;
use evident_ledger::note::{SigningKey, VerifierKey};
use evident_ledger::proof::{consistency, inclusion};
use evident_ledger::proof_text::{ConsistencyProof, InclusionProof};
use evident_ledger::tree::{HashReader, Tree};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;

const ORIGIN: &str = "audit.example.com/org_1";
const ID: &str = "0198c5f0-7c1e-7a3b-9f52-3d1e5a6b7c8d";
const RECEIVED_AT: &str = "2026-01-02T03:04:05.000006Z";
const INDEX: u64 = 4;
const SIZE: u64 = 11;

struct Leaves(Vec<Hash>);

impl HashReader for Leaves {
    type Error = ();

    fn read(&self, level: u8, index: u64) -> Result<Hash, ()> {
        let hash = self.0.get(usize::try_from(index).unwrap());
        hash.filter(|_| level == 0).copied().ok_or(())
    }
}

/// A log with one event that is known, and what was given out of it.
struct Scene {
    files: TempDir,
    key: SigningKey,
    leaves: Leaves,
    opening: Opening,
}

fn canonical() -> String {
    format!(
        r#"{{"action":"role.created","actor":{{"id":"usr_1","type":"user"}},"id":"{ID}","metadata":{{"n":10}},"organization_id":"org_1","received_at":"{RECEIVED_AT}"}}"#
    )
}

fn shown() -> String {
    canonical().replacen('{', &format!(r#"{{"index":{INDEX},"#), 1)
}

impl Scene {
    fn new() -> Self {
        let key = SigningKey::from_seed(ORIGIN, [5; 32]).unwrap();
        let salt = Salt([9; 16]);
        let entry = Entry {
            event_id: *EventId::parse(ID).unwrap().as_bytes(),
            received_at_micros: Timestamp::parse_rfc3339(RECEIVED_AT).unwrap().as_micros(),
            commitment: commitment(&salt, canonical().as_bytes()),
        };
        let mut leaves: Vec<Hash> = (0..SIZE)
            .map(|leaf| leaf_hash(&leaf.to_le_bytes()))
            .collect();
        leaves[INDEX as usize] = entry.leaf_hash();
        Self {
            files: tempfile::tempdir().unwrap(),
            key,
            leaves: Leaves(leaves),
            opening: Opening {
                entry,
                salt: Some(salt),
            },
        }
    }

    fn note(&self, size: u64) -> String {
        let mut tree = Tree::new();
        for leaf in self.leaves.0.iter().take(size as usize) {
            tree.append(*leaf, &mut |_, _, _| ());
        }
        Checkpoint::new(ORIGIN, size, tree.root())
            .sign(&self.key)
            .unwrap()
    }

    fn proof(&self) -> InclusionProof {
        InclusionProof {
            extra: Some(self.opening.to_bytes()),
            index: INDEX,
            hashes: inclusion(INDEX, SIZE, &self.leaves).unwrap().unwrap(),
            checkpoint: self.note(SIZE),
        }
    }

    fn json(&self) -> Value {
        let proof = self.proof();
        let hashes: Vec<String> = proof.hashes.iter().map(Hash::to_base64).collect();
        json!({
            "origin": ORIGIN,
            "index": INDEX,
            "leaf_hash": self.opening.entry.leaf_hash().to_base64(),
            "entry": STANDARD.encode(self.opening.entry.to_bytes()),
            "salt": STANDARD.encode(self.opening.salt.unwrap().0),
            "size": SIZE,
            "hashes": hashes,
            "checkpoint": proof.checkpoint,
        })
    }

    fn extends(&self, old: u64, new: u64) -> String {
        let proof = ConsistencyProof {
            old_size: old,
            hashes: consistency(old, new, &self.leaves).unwrap().unwrap(),
            checkpoint: self.note(new),
        };
        proof.to_text()
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// What the command comes to with these paths and, if it is there, this event.
    fn code(&self, paths: &[&Path], event: Option<&Path>) -> u8 {
        self.outcome(paths, event)
            .map_or(NOT_VERIFIED, |outcome| outcome.code())
    }

    fn outcome(&self, paths: &[&Path], event: Option<&Path>) -> Result<Outcome, String> {
        let key = VerifierKey::parse(&self.key.verifier_key()).unwrap();
        let verify = Verify {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            keys: vec![key],
            event: event.map(Path::to_owned),
            checkpoints: Vec::new(),
            allow_unsigned: false,
            json: false,
        };
        verify.look().map_err(|error| error.to_string())
    }
}

/// Every text that differs from this one by one byte: another, none, or one more.
fn mutations(text: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let flips = (0..text.len()).flat_map(move |at| {
        [0x01, 0x04, 0x80].map(|bit| {
            let mut changed = text.to_vec();
            changed[at] ^= bit;
            (at, changed)
        })
    });
    let without = (0..text.len()).map(move |at| {
        let mut changed = text.to_vec();
        changed.remove(at);
        (at, changed)
    });
    let twice = (0..text.len()).map(move |at| {
        let mut changed = text.to_vec();
        changed.insert(at, text[at]);
        (at, changed)
    });
    flips.chain(without).chain(twice)
}

#[test]
fn a_proof_holds_in_both_forms_with_its_event_however_that_is_written() {
    let scene = Scene::new();
    let text = scene.file("text", scene.proof().to_text());
    let json = scene.file("json", scene.json().to_string());
    let indented = scene.file(
        "indented",
        serde_json::to_vec_pretty(&scene.json()).unwrap(),
    );
    let value: Value = serde_json::from_str(&shown()).unwrap();
    let event = scene.file("event", shown());
    let pretty = scene.file("pretty", serde_json::to_vec_pretty(&value).unwrap());
    for proof in [&text, &json, &indented] {
        for event in [&event, &pretty] {
            let outcome = scene.outcome(&[proof], Some(event)).unwrap();
            assert_eq!(outcome.code(), HOLDS, "{:?}", outcome.findings);
            assert_eq!(outcome.verified["event_compared"], true);
            assert_eq!(outcome.verified["event_id"], ID);
        }
        let outcome = scene.outcome(&[proof], None).unwrap();
        assert_eq!(outcome.code(), HOLDS);
        assert_eq!(outcome.verified["event_compared"], false);
        assert!(
            outcome
                .lines
                .last()
                .unwrap()
                .contains("no event was compared")
        );
    }
}

#[test]
fn no_byte_of_a_proof_can_be_another() {
    let scene = Scene::new();
    let event = scene.file("event", shown());
    for text in [scene.proof().to_text(), scene.json().to_string()] {
        for (at, changed) in mutations(text.as_bytes()) {
            let path = scene.file("proof", &changed);
            let code = scene.code(&[&path], Some(&event));
            assert_ne!(
                code,
                HOLDS,
                "byte {at} of {text}: {}",
                String::from_utf8_lossy(&changed)
            );
        }
    }
}

#[test]
fn no_byte_of_an_event_can_be_another() {
    let scene = Scene::new();
    let proof = scene.file("proof", scene.proof().to_text());
    for (at, changed) in mutations(shown().as_bytes()) {
        let path = scene.file("event", &changed);
        let code = scene.code(&[&proof], Some(&path));
        assert_ne!(
            code,
            HOLDS,
            "byte {at}: {}",
            String::from_utf8_lossy(&changed)
        );
    }
}

#[test]
fn an_event_is_compared_by_its_number_too() {
    let scene = Scene::new();
    let proof = scene.file("proof", scene.proof().to_text());
    let other = scene.file("other", shown().replace(r#""index":4"#, r#""index":5"#));
    let none = scene.file("none", canonical());
    for event in [&other, &none] {
        let outcome = scene.outcome(&[&proof], Some(event)).unwrap();
        assert_eq!(outcome.code(), DOES_NOT_HOLD);
        assert!(
            outcome.findings[0].what.contains("index is not 4"),
            "{:?}",
            outcome.findings
        );
    }
}

#[test]
fn a_proof_of_an_erased_event_shows_its_entry_and_is_compared_with_none() {
    let mut scene = Scene::new();
    scene.opening.salt = None;
    let text = scene.file("proof", scene.proof().to_text());
    let event = scene.file("event", shown());
    assert_eq!(scene.code(&[&text], None), HOLDS);
    let refused = scene.outcome(&[&text], Some(&event)).unwrap_err();
    assert!(refused.contains("erased"), "{refused}");
}

#[test]
fn json_that_does_not_agree_with_itself_does_not_hold() {
    let scene = Scene::new();
    let event = scene.file("event", shown());
    let zeros = Hash([0; 32]).to_base64();
    let changes = [
        ("size", json!(10)),
        ("root", json!(zeros)),
        ("leaf_hash", json!(zeros)),
        ("origin", json!("other/org_1")),
        ("more", json!(1)),
    ];
    for (name, value) in changes {
        let mut proof = scene.json();
        proof[name] = value;
        let path = scene.file("proof", proof.to_string());
        assert_eq!(scene.code(&[&path], Some(&event)), DOES_NOT_HOLD, "{name}");
    }
    let mut proof = scene.json();
    proof.as_object_mut().unwrap().remove("salt");
    let path = scene.file("proof", proof.to_string());
    assert_eq!(scene.code(&[&path], None), DOES_NOT_HOLD);
}

#[test]
fn a_checkpoint_is_signed_or_does_not_hold() {
    let scene = Scene::new();
    let note = scene.note(SIZE);
    let path = scene.file("note", &note);
    assert_eq!(scene.code(&[&path], None), HOLDS);
    for (at, changed) in mutations(note.as_bytes()) {
        let path = scene.file("changed", &changed);
        assert_ne!(scene.code(&[&path], None), HOLDS, "byte {at}");
    }
}

#[test]
fn two_checkpoints_are_compared_or_it_is_told_how_to_get_the_proof() {
    let scene = Scene::new();
    let (old, new) = (
        scene.file("old", scene.note(6)),
        scene.file("new", scene.note(SIZE)),
    );
    assert_eq!(scene.code(&[&old, &old], None), HOLDS);
    let hint = "/v1/log/consistency?from=6";
    let refused = scene.outcome(&[&old, &new], None).unwrap_err();
    assert!(
        refused.contains(hint) && !refused.contains("first;"),
        "{refused}"
    );
    let refused = scene.outcome(&[&new, &old], None).unwrap_err();
    assert!(
        refused.contains(hint) && refused.contains("older checkpoint first"),
        "{refused}"
    );
    let fork = Checkpoint::new(ORIGIN, 6, Hash([1; 32]))
        .sign(&scene.key)
        .unwrap();
    let fork = scene.file("fork", fork);
    let outcome = scene.outcome(&[&old, &fork], None).unwrap();
    assert_eq!(
        (outcome.code(), outcome.findings[0].kind),
        (DOES_NOT_HOLD, "fork")
    );
}

#[test]
fn a_consistency_proof_holds_and_no_byte_of_it_can_be_another() {
    let scene = Scene::new();
    let old = scene.file("old", scene.note(6));
    let text = scene.extends(6, SIZE);
    let path = scene.file("proof", &text);
    assert_eq!(scene.code(&[&old, &path], None), HOLDS);
    for (at, changed) in mutations(text.as_bytes()) {
        let path = scene.file("changed", &changed);
        assert_ne!(scene.code(&[&old, &path], None), HOLDS, "byte {at}");
    }
    // Of another older checkpoint: another size, and the same size with another root.
    let other = scene.file("other", scene.note(7));
    assert_eq!(scene.code(&[&other, &path], None), DOES_NOT_HOLD);
    let fork = Checkpoint::new(ORIGIN, 6, Hash([1; 32]))
        .sign(&scene.key)
        .unwrap();
    let fork = scene.file("fork", fork);
    assert_eq!(scene.code(&[&fork, &path], None), DOES_NOT_HOLD);
    assert_eq!(scene.code(&[&path], None), NOT_VERIFIED);
}

#[test]
fn a_newer_checkpoint_is_the_one_that_the_proof_leads_to() {
    let scene = Scene::new();
    let old = scene.file("old", scene.note(6));
    let new = scene.file("new", scene.note(SIZE));
    let proof = scene.file("proof", scene.extends(6, SIZE));
    assert_eq!(scene.code(&[&old, &new, &proof], None), HOLDS);
    // The proof alone holds in each of these: it is the named checkpoint that is another.
    let other = scene.file("other", scene.note(SIZE - 1));
    assert_eq!(scene.code(&[&old, &other, &proof], None), DOES_NOT_HOLD);
    let fork = Checkpoint::new(ORIGIN, SIZE, Hash([1; 32]))
        .sign(&scene.key)
        .unwrap();
    let fork = scene.file("fork", fork);
    let outcome = scene.outcome(&[&old, &fork, &proof], None).unwrap();
    assert_eq!(
        (outcome.code(), outcome.findings[0].kind),
        (DOES_NOT_HOLD, "fork")
    );
    let hint = format!("from=6&to={SIZE}");
    let refused = scene.outcome(&[&old, &new], None).unwrap_err();
    assert!(refused.contains(&hint), "{refused}");
}

#[test]
fn a_download_that_went_wrong_is_no_log_that_did() {
    let scene = Scene::new();
    for (text, says) in [
        (
            r#"{"type":"about:blank","status":404,"code":"not_found","detail":"there is no such event"}"#,
            "there is no such event",
        ),
        (
            r#"{"origin":"a/b","verifier_key":"k","size":3}"#,
            "is no data directory, proof or checkpoint",
        ),
        ("{}", "is no data directory, proof or checkpoint"),
    ] {
        let path = scene.file("answer", text);
        let refused = scene.outcome(&[&path], None).unwrap_err();
        assert!(refused.contains(says), "{refused}");
    }
    // What was meant to be a proof and was changed is one.
    let mut json = scene.json();
    json["detail"] = "changed".into();
    let path = scene.file("proof", json.to_string());
    assert_eq!(scene.code(&[&path], None), DOES_NOT_HOLD);
}

#[test]
fn of_several_keys_of_one_name_the_one_that_signed_is_taken() {
    let scene = Scene::new();
    let right = VerifierKey::parse(&scene.key.verifier_key()).unwrap();
    let other = SigningKey::from_seed(ORIGIN, [77; 32]).unwrap();
    let other = VerifierKey::parse(&other.verifier_key()).unwrap();
    let note = scene.note(SIZE);
    for keys in [
        [right.clone(), other.clone()],
        [other.clone(), right.clone()],
    ] {
        let (_, key) = Keys(&keys).open(note.as_bytes()).unwrap().unwrap();
        assert_eq!(*key, right);
    }
    assert!(Keys(&[other]).open(note.as_bytes()).unwrap().is_err());
}
