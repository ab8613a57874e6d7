//! Checkpoints, against the C2SP format and ones that Go's note package signed.

use crate::vectors::{ORIGIN, log_events, private_key, text};
use evident_ledger::Hash;
use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::hash::{EMPTY_ROOT, HashError};
use evident_ledger::note::{MAX_NOTE_BYTES, NoteError, SigningKey, VerifierKey, open};
use evident_ledger::tree::Tree;

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");

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
fn the_specifications_example_is_one_of_gos_checksum_database() {
    // The document shows it under another name. Under its own, with the key that every Go has, it opens.
    let key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    let key = VerifierKey::parse(key).unwrap();
    let signature = "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=";
    let text = "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let note = format!("{text}\n\u{2014} sum.golang.org {signature}\n");
    let known = [key.clone()];
    assert_eq!(open(note.as_bytes(), &known).unwrap().text, text);
    // It is no checkpoint of ours: its origin is not the key's name.
    let (origin, name) = ("go.sum database tree".to_owned(), key.name().to_owned());
    let refused = CheckpointError::Origin { origin, key: name };
    assert_eq!(Checkpoint::open(note.as_bytes(), &key), Err(refused));
    let other = note.replace("20852163", "20852164");
    assert!(open(other.as_bytes(), &known).is_err());
}

#[test]
fn go_agrees_from_events_to_the_signed_checkpoint() {
    let file = crate::vectors::parse(GO);
    let log = &file["log"];
    let mut tree = Tree::new();
    for (_, opening) in log_events(&file) {
        tree.append(opening.entry.leaf_hash(), &mut |_, _, _| {});
    }
    assert_eq!(tree.root().to_base64(), text(log, "root"));
    let key = SigningKey::from_text(private_key(&file, ORIGIN)).unwrap();
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
