//! `evident verify`: what it says of a directory, a proof and checkpoints, and what scripts are told.

use std::path::{Path, PathBuf};

use evident_ledger::Hash;
use evident_ledger::checkpoint::Checkpoint;
use evident_ledger::entry::{Entry, GroupSeed, Opening, commitment};
use evident_ledger::note::SigningKey;
use evident_ledger::proof::{consistency, inclusion};
use evident_ledger::proof_text::{ConsistencyProof, InclusionProof};
use evident_ledger::tree::{HashReader, Tree};
use serde_json::Value;

use crate::harness::{Directory, batch, evident, run};

/// A directory with events, whose server has ended, and the event of one index as it showed it.
fn recorded(index: u64) -> (Directory, Value) {
    let directory = Directory::init();
    let server = directory.serve();
    server.post("/v1/events", &batch(0..40)).expect(201);
    let page = server.get("/v1/events?limit=200").expect(200);
    let mut events = page["data"].as_array().unwrap().iter();
    let shown = events.find(|event| event["index"] == index).unwrap();
    let id = shown["id"].as_str().unwrap();
    let event = server.get(&format!("/v1/events/{id}")).expect(200);
    assert!(server.terminate().success());
    (directory, event)
}

/// Runs the command: exit code, standard output, standard error.
fn verify(paths: &[&Path], flags: &[&str], input: &str) -> (i32, String, String) {
    let output = run(evident().arg("verify").args(paths).args(flags), input);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn report(paths: &[&Path], flags: &[&str]) -> (i32, Value) {
    let (code, output, error) = verify(paths, &[flags, &["--json"]].concat(), "");
    assert_eq!(error, "");
    assert!(output.ends_with("}\n"), "{output}");
    (code, serde_json::from_str(&output).unwrap())
}

/// The log of the directory's organization, from its files.
struct Log {
    directory: PathBuf,
    id: String,
    leaves: Vec<Hash>,
}

impl HashReader for Log {
    type Error = ();

    fn read(&self, level: u8, index: u64) -> Result<Hash, ()> {
        let hash = self.leaves.get(usize::try_from(index).unwrap());
        hash.filter(|_| level == 0).copied().ok_or(())
    }
}

impl Log {
    fn of(directory: &Directory) -> Self {
        let id = directory.organization.id.clone();
        let path = directory.path().to_owned();
        let bytes = std::fs::read(path.join("log").join(&id).join("0")).unwrap();
        let (hashes, _) = bytes.as_chunks();
        Self {
            directory: path,
            leaves: hashes.iter().map(|hash| Hash(*hash)).collect(),
            id,
        }
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    fn key(&self) -> SigningKey {
        let text = std::fs::read_to_string(self.directory.join("keys").join(&self.id)).unwrap();
        SigningKey::from_text(&text).unwrap()
    }

    /// A note of the log's at a size.
    fn note(&self, size: u64) -> String {
        let mut tree = Tree::new();
        for leaf in self.leaves.iter().take(usize::try_from(size).unwrap()) {
            tree.append(*leaf, &mut |_, _, _| ());
        }
        let key = self.key();
        let head = Checkpoint::new(key.name(), size, tree.root());
        head.sign(&key).unwrap()
    }

    /// What opens the leaf of an event whose position is its index, as with one organization it is.
    fn opening(&self, event: &Value) -> Opening {
        let mut canonical = event.clone();
        canonical.as_object_mut().unwrap().remove("index");
        // The names of these events' members are ASCII, whose order is that of the bytes.
        let canonical = serde_json::to_vec(&canonical).unwrap();
        let seed = std::fs::read(self.directory.join("seeds/0000000000000000")).unwrap();
        let seed = GroupSeed::new(seed[16..48].try_into().unwrap());
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let id = uuid::Uuid::parse_str(&text("id")).unwrap().into_bytes();
        let received_at = evident_event::time::Timestamp::parse_rfc3339(&text("received_at"));
        let salt = seed.salt(&self.id, &id);
        let entry = Entry {
            event_id: id,
            received_at_micros: received_at.unwrap().as_micros(),
            commitment: commitment(&salt, &canonical),
        };
        Opening {
            entry,
            salt: Some(salt),
        }
    }
}

#[test]
fn a_directory_holds_and_the_summary_names_what_was_verified() {
    let (directory, _) = recorded(3);
    let key = directory.founded["log"]["verifier_key"].as_str().unwrap();
    let (code, output, error) = verify(&[directory.path()], &["--key", key], "");
    assert_eq!((code, error.as_str()), (0, ""), "{output}");
    assert!(
        output.starts_with("data directory: all holds\n"),
        "{output}"
    );
    assert!(output.contains(key) && output.contains("root "), "{output}");
    assert!(!output.contains("keys of the directory itself"), "{output}");
    let (code, told) = report(&[directory.path()], &[]);
    assert_eq!((code, &told["holds"]), (0, &Value::Bool(true)));
    assert_eq!(told["findings"], serde_json::json!([]));
    let log = Log::of(&directory);
    assert_eq!(told["verified"]["events"], log.size());
    assert_eq!(told["verified"]["by_log"][0]["size"], log.size());
    assert_eq!(told["verified"]["by_log"][0]["removed"], 0);
    assert_eq!(told["verified"]["removed"], 0);
    assert_eq!(told["verified"]["by_log"][0]["key_was_given"], false);
}

#[test]
fn what_cannot_be_verified_ends_with_two() {
    let (directory, event) = recorded(3);
    let server = directory.serve();
    let (code, output, error) = verify(&[directory.path()], &[], "");
    assert_eq!((code, output.as_str()), (2, ""));
    assert!(error.contains("stop the server first"), "{error}");
    assert!(server.terminate().success());
    let nowhere = directory.path().join("nowhere");
    let other = directory.path().join("event.json");
    std::fs::write(&other, event.to_string()).unwrap();
    let note = directory.path().join("note");
    std::fs::write(&note, Log::of(&directory).note(5)).unwrap();
    let key = directory.founded["log"]["verifier_key"].as_str().unwrap();
    let kept = nowhere.to_str().unwrap();
    let mistakes: [(&[&Path], &[&str], &str); 9] = [
        (&[&nowhere], &[], "could not be read"),
        (&[&note], &[], "--key"),
        (&[&other], &[], "is no data directory, proof or checkpoint"),
        (
            &[&note, directory.path()],
            &["--key", key],
            "do not go together",
        ),
        (&[&note], &["--key", "nonsense"], "--key"),
        (
            &[&note],
            &["--key", key, "--event", "-"],
            "--event goes with a proof",
        ),
        (
            &[&note],
            &["--key", key, "--checkpoint", "x"],
            "--checkpoint goes with",
        ),
        (
            &[&note],
            &["--key", key, "--allow-unsigned"],
            "--allow-unsigned goes with",
        ),
        (
            &[directory.path()],
            &["--checkpoint", kept],
            "could not be read",
        ),
    ];
    for (paths, flags, part) in mistakes {
        let (code, output, error) = verify(paths, flags, "");
        assert_eq!((code, output.as_str()), (2, ""), "{part}");
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn damage_is_named_and_ends_with_one() {
    let (directory, _) = recorded(3);
    let id = &directory.organization.id;
    let name = format!("log/{id}/0");
    let path = directory.path().join(&name);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[3 * 32] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (code, told) = report(&[directory.path()], &[]);
    assert_eq!((code, &told["holds"]), (1, &Value::Bool(false)));
    let found = &told["findings"][0];
    assert_eq!(
        (&found["kind"], &found["file"]),
        (&"hashes".into(), &name.as_str().into())
    );
    assert_eq!((&found["byte"], &found["index"]), (&96.into(), &3.into()));
    let (code, output, _) = verify(&[directory.path()], &[], "");
    assert_eq!(code, 1);
    assert!(
        output.starts_with("data directory: DOES NOT HOLD\n- "),
        "{output}"
    );
}

#[test]
fn events_without_a_signature_end_with_one_unless_they_are_allowed() {
    let (directory, _) = recorded(3);
    let log = Log::of(&directory);
    let of_log = directory.path().join("log").join(&log.id);
    // As if the server had been killed before it signed anything but the empty log.
    let records = std::fs::read(of_log.join("checkpoints")).unwrap();
    std::fs::write(of_log.join("checkpoints"), &records[..128]).unwrap();
    std::fs::write(of_log.join("checkpoint"), log.note(0)).unwrap();
    let (size, last) = (log.size(), log.size() - 1);
    let (code, told) = report(&[directory.path()], &[]);
    assert_eq!((code, &told["holds"]), (1, &Value::Bool(false)));
    assert_eq!(told["findings"].as_array().unwrap().len(), 1, "{told}");
    let found = &told["findings"][0];
    assert_eq!(
        (&found["kind"], &found["index"]),
        (&"unsigned".into(), &0.into())
    );
    let what = format!("{size} events of {} (leaves 0 to {last})", log.id);
    assert!(
        found["what"].as_str().unwrap().starts_with(&what),
        "{found}"
    );
    let (code, output, error) = verify(&[directory.path()], &["--allow-unsigned"], "");
    assert_eq!((code, error.as_str()), (0, ""), "{output}");
    let headline =
        format!("data directory: all that is signed holds; {size} events are under no signature\n");
    assert!(output.starts_with(&headline), "{output}");
    assert!(output.contains(&format!("note: {what}")), "{output}");
    let (code, told) = report(&[directory.path()], &["--allow-unsigned"]);
    assert_eq!((code, &told["holds"]), (0, &Value::Bool(true)));
    assert_eq!(told["verified"]["not_covered"], size);
    // What the finding advises.
    assert!(directory.serve().terminate().success());
    let (code, output, _) = verify(&[directory.path()], &[], "");
    assert_eq!(code, 0, "{output}");
    assert!(
        output.starts_with("data directory: all holds\n"),
        "{output}"
    );
}

#[test]
fn a_checkpoint_that_was_kept_tells_of_a_rollback() {
    let (directory, _) = recorded(3);
    let log = Log::of(&directory);
    let kept = directory.path().join("kept");
    std::fs::write(&kept, log.note(log.size())).unwrap();
    let flags = ["--checkpoint", kept.to_str().unwrap()];
    let (code, told) = report(&[directory.path()], &flags);
    assert_eq!(
        (code, &told["verified"]["kept_checkpoints"]),
        (0, &1.into()),
        "{told}"
    );
    let key = log.key();
    let longer = Checkpoint::new(key.name(), log.size() + 1, Hash([1; 32]));
    std::fs::write(&kept, longer.sign(&key).unwrap()).unwrap();
    let (code, told) = report(&[directory.path()], &flags);
    assert_eq!(
        (code, &told["findings"][0]["kind"]),
        (1, &"rollback".into()),
        "{told}"
    );
    assert_eq!(told["findings"][0]["size"], log.size() + 1);
}

#[test]
fn an_event_of_the_server_is_verified_with_its_proof() {
    let (directory, event) = recorded(3);
    let log = Log::of(&directory);
    let key = directory.founded["log"]["verifier_key"].as_str().unwrap();
    let opening = log.opening(&event);
    assert_eq!(opening.entry.leaf_hash(), log.leaves[3]);
    let proof = InclusionProof {
        extra: Some(opening.to_bytes()),
        index: 3,
        hashes: inclusion(3, log.size(), &log).unwrap().unwrap(),
        checkpoint: log.note(log.size()),
    };
    let path = directory.path().join("event.tlog-proof");
    std::fs::write(&path, proof.to_text()).unwrap();
    let pretty = serde_json::to_string_pretty(&event).unwrap();
    let (code, output, error) = verify(&[&path], &["--key", key, "--event", "-"], &pretty);
    assert_eq!((code, error.as_str()), (0, ""), "{output}");
    assert!(
        output.contains("the one that the leaf commits to"),
        "{output}"
    );
    let (code, output, _) = verify(&[&path], &["--key", key], "");
    assert_eq!(code, 0);
    assert!(output.contains("no event was compared"), "{output}");
    let changed = pretty.replace("success", "denied_");
    assert_ne!(changed, pretty);
    let (code, output, _) = verify(&[&path], &["--key", key, "--event", "-"], &changed);
    assert_eq!(code, 1);
    assert!(output.contains("DOES NOT HOLD"), "{output}");
}

#[test]
fn an_older_checkpoint_and_a_proof_show_that_the_log_was_extended() {
    let (directory, _) = recorded(3);
    let log = Log::of(&directory);
    let key = directory.founded["log"]["verifier_key"].as_str().unwrap();
    let [old, new, proof] = ["old", "new", "proof"].map(|name| directory.path().join(name));
    std::fs::write(&old, log.note(7)).unwrap();
    std::fs::write(&new, log.note(log.size())).unwrap();
    let extends = ConsistencyProof {
        old_size: 7,
        hashes: consistency(7, log.size(), &log).unwrap().unwrap(),
        checkpoint: log.note(log.size()),
    };
    std::fs::write(&proof, extends.to_text()).unwrap();
    let (code, told) = report(&[&old, &proof], &["--key", key]);
    assert_eq!((code, &told["kind"]), (0, &"consistency".into()), "{told}");
    assert_eq!(
        (&told["verified"]["old_size"], &told["verified"]["size"]),
        (&7.into(), &log.size().into())
    );
    let (code, output, error) = verify(&[&old, &new], &["--key", key], "");
    assert_eq!((code, output.as_str()), (2, ""));
    assert!(error.contains("/v1/log/consistency?from=7"), "{error}");
    assert_eq!(verify(&[&old], &["--key", key], "").0, 0);
}
