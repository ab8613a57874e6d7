//! Checkpoints, against the C2SP format and ones that Go's note package signed.

use crate::vectors::{hex, list, text};
use evident_ledger::Hash;
use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::entry::{Entry, GroupSeed, commitment};
use evident_ledger::hash::{EMPTY_ROOT, HashError};
use evident_ledger::note::{MAX_NOTE_BYTES, NoteError, SigningKey, VerifierKey};
use evident_ledger::tree::Tree;
use sha2::{Digest as _, Sha256};

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");
const ORIGIN: &str = "audit.example.com/org_7f3k";

fn key() -> SigningKey {
    SigningKey::from_seed(ORIGIN, [7; 32]).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(ORIGIN, 20_852_163, Hash([0xfb; 32]))
}

#[test]
fn the_specifications_example_reads() {
    let text =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint = Checkpoint::parse(text).unwrap();
    assert_eq!(checkpoint.origin, "example.com/behind-the-sofa");
    assert_eq!(checkpoint.size, 20_852_163);
    assert_eq!(
        checkpoint.root.to_base64(),
        "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    );
    assert_eq!(checkpoint.to_text(), text);
}

#[test]
fn go_agrees_from_events_to_the_signed_checkpoint() {
    let file = crate::vectors::parse(GO);
    let log = &file["log"];
    let seed = GroupSeed::new(hex(log, "seed").try_into().unwrap());
    let mut tree = Tree::new();
    for index in 0..log["size"].as_i64().unwrap() {
        let digest = Sha256::digest(format!("event {index}"));
        let event_id = digest[..16].try_into().unwrap();
        let canonical = format!(r#"{{"action":"guardrail.updated","metadata":{{"n":{index}}}}}"#);
        let salt = seed.salt(text(log, "organization"), &event_id);
        let entry = Entry {
            event_id,
            received_at_micros: 1_771_000_000_000_000 + 1_000_003 * index,
            commitment: commitment(&salt, canonical.as_bytes()),
        };
        tree.append(entry.leaf_hash(), &mut |_, _, _| {});
    }
    assert_eq!(tree.root().to_base64(), text(log, "root"));
    let key = list(&file, "keys")
        .iter()
        .find(|key| text(key, "name") == ORIGIN);
    let key = SigningKey::from_text(text(key.unwrap(), "private")).unwrap();
    let checkpoint = Checkpoint::new(ORIGIN, tree.size(), tree.root());
    let signed = text(log, "checkpoint");
    assert_eq!(checkpoint.sign(&key).unwrap(), signed);
    assert_eq!(
        Checkpoint::open(signed.as_bytes(), key.verifier()),
        Ok(checkpoint)
    );
}

#[test]
fn the_empty_log_has_a_checkpoint() {
    let empty = Checkpoint::new(ORIGIN, 0, Tree::new().root());
    assert_eq!(empty.root, EMPTY_ROOT);
    let signed = empty.sign(&key()).unwrap();
    assert_eq!(
        Checkpoint::open(signed.as_bytes(), key().verifier()),
        Ok(empty)
    );
    let wrong = Checkpoint::new(ORIGIN, 0, Hash([1; 32]));
    assert_eq!(wrong.sign(&key()), Err(CheckpointError::EmptyRoot));
}

#[test]
fn every_changed_byte_fails_to_open() {
    let (key, checkpoint) = (key(), checkpoint());
    let signed = checkpoint.sign(&key).unwrap().into_bytes();
    assert_eq!(Checkpoint::open(&signed, key.verifier()), Ok(checkpoint));
    for at in 0..signed.len() {
        for flip in 1..=u8::MAX {
            let mut other = signed.clone();
            other[at] ^= flip;
            let opened = Checkpoint::open(&other, key.verifier());
            assert!(
                opened.is_err(),
                "byte {at} changed by {flip:#04x}: {opened:?}"
            );
        }
        let mut shorter = signed.clone();
        shorter.remove(at);
        assert!(
            Checkpoint::open(&shorter, key.verifier()).is_err(),
            "byte {at} removed"
        );
        assert!(
            Checkpoint::open(&signed[..at], key.verifier()).is_err(),
            "cut at {at}"
        );
    }
}

#[test]
fn the_key_must_be_the_origins() {
    let other = SigningKey::from_seed("audit.example.com/org_other", [7; 32]).unwrap();
    let refused = checkpoint().sign(&other);
    assert!(matches!(refused, Err(CheckpointError::Origin { .. })));
    // Signed by a known key, but speaking of another log.
    let note = other.sign(&checkpoint().to_text()).unwrap();
    let refused = Checkpoint::open(note.as_bytes(), other.verifier());
    assert!(matches!(refused, Err(CheckpointError::Origin { .. })));
    // The same name with another key.
    let impostor = SigningKey::from_seed(ORIGIN, [8; 32]).unwrap();
    let note = checkpoint().sign(&impostor).unwrap();
    let refused = Checkpoint::open(note.as_bytes(), key().verifier());
    assert_eq!(refused, Err(NoteError::NoKnownSignature.into()));
}

#[test]
fn a_note_that_is_no_checkpoint_is_refused() {
    let note = key().sign("just\ntwo lines\n").unwrap();
    let refused = Checkpoint::open(note.as_bytes(), key().verifier());
    assert_eq!(refused, Err(CheckpointError::Lines));
}

#[test]
fn texts_are_read_strictly() {
    let root = EMPTY_ROOT.to_base64();
    let size = |size: &str| Checkpoint::parse(&format!("o\n{size}\n{root}\n"));
    assert_eq!(size("0").unwrap().size, 0);
    assert_eq!(size("18446744073709551615").unwrap().size, u64::MAX);
    let bad = [
        "00",
        "01",
        "+1",
        "-1",
        " 1",
        "1 ",
        "1_0",
        "0x1",
        "1e3",
        "1.0",
        "١",
        "18446744073709551616",
    ];
    for text in bad {
        assert_eq!(size(text), Err(CheckpointError::Size), "{text:?}");
    }
    for text in [
        "",
        "o\n",
        "o\n1\n",
        "\n1\nR\n",
        "o\n\nR\n",
        "o\n1\nR",
        "o\n1\n\n",
        "o\n1\nR\n\n",
        "o\n1\nR\n\nx\n",
        "\no\n1\nR\n",
    ] {
        let text = text.replace('R', &root);
        assert_eq!(
            Checkpoint::parse(&text),
            Err(CheckpointError::Lines),
            "{text:?}"
        );
    }
    let no_hash = Err(CheckpointError::Root(HashError));
    assert_eq!(Checkpoint::parse("o\n1\nAAAA\n"), no_hash);
    assert_eq!(Checkpoint::parse(&format!("o\n1\n{root} \n")), no_hash);
    let line = "x".repeat(MAX_NOTE_BYTES);
    let long = Checkpoint::parse(&format!("o\n1\n{root}\n{line}\n"));
    assert_eq!(long, Err(NoteError::TooLong.into()));
    let control = Checkpoint::parse(&format!("o\r\n1\n{root}\n"));
    assert_eq!(control, Err(NoteError::Characters.into()));
}

#[test]
fn extension_lines_are_kept_and_signed() {
    let text = format!(
        "{ORIGIN}\n1\n{}\nfirst\n second +\n",
        EMPTY_ROOT.to_base64()
    );
    let checkpoint = Checkpoint::parse(&text).unwrap();
    assert_eq!(checkpoint.extensions, ["first", " second +"]);
    assert_eq!(checkpoint.to_text(), text);
    let signed = checkpoint.sign(&key()).unwrap();
    assert_eq!(
        Checkpoint::open(signed.as_bytes(), key().verifier()),
        Ok(checkpoint)
    );
}

#[test]
fn fields_that_would_read_back_differently_are_not_signed() {
    let extended = |line: &str| {
        let mut checkpoint = checkpoint();
        checkpoint.extensions.push(line.to_owned());
        checkpoint.sign(&key())
    };
    assert!(extended("fine").is_ok());
    assert_eq!(extended(""), Err(CheckpointError::Lines));
    assert_eq!(extended("two\nlines"), Err(CheckpointError::Lines));
    assert_eq!(extended("a\tb"), Err(NoteError::Characters.into()));
}

#[test]
fn other_signatures_do_not_matter() {
    let signed = checkpoint().sign(&key()).unwrap();
    let witness = SigningKey::from_seed("witness.example.org", [9; 32]).unwrap();
    let note = witness.sign(&checkpoint().to_text()).unwrap();
    let line = note.lines().last().unwrap();
    let cosigned = format!("{signed}{line}\n");
    let verifier = VerifierKey::parse(&key().verifier_key()).unwrap();
    assert_eq!(
        Checkpoint::open(cosigned.as_bytes(), &verifier),
        Ok(checkpoint())
    );
}
