//! Keys and signed notes, against the C2SP specification's example and Go's note package.

use crate::vectors::{hex, list, private_key, text};
use evident_ledger::note::{
    KeyError, MAX_NOTE_BYTES, MAX_SIGNATURES, NoteError, SigningKey, VerifierKey, open,
};
use serde_json::Value;

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(name, [7; 32]).unwrap()
}

fn go_key(file: &Value, name: &str) -> SigningKey {
    SigningKey::from_text(private_key(file, name)).unwrap()
}

/// The base64 of the notes that are not all UTF-8, read by hand: the crate under test is not to be trusted with it.
fn bytes(value: &Value, name: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for digit in text(value, name).bytes().filter(|&byte| byte != b'=') {
        let digit = ALPHABET.iter().position(|&byte| byte == digit).unwrap();
        bits = bits << 6 | u32::try_from(digit).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    out
}

#[test]
fn the_specifications_example_opens() {
    let key = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    let key = VerifierKey::parse(key).unwrap();
    let note = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    let keys = [key.clone()];
    let opened = open(note.as_bytes(), &keys).unwrap();
    assert_eq!(opened.text, "This is an example message.\n");
    assert_eq!(opened.signers, [&key]);
}

#[test]
fn keys_are_those_of_go() {
    let file = crate::vectors::parse(GO);
    for vector in list(&file, "keys") {
        let (name, private) = (text(vector, "name"), text(vector, "private"));
        let seed = hex(vector, "seed").try_into().unwrap();
        let made = SigningKey::from_seed(name, seed).unwrap();
        assert_eq!(made.name(), name);
        assert_eq!(made.to_text().as_str(), private);
        // Room for a key file's newline: growing would leave a copy of the secret behind.
        assert!(made.to_text().capacity() > private.len());
        assert_eq!(made.verifier_key(), text(vector, "verifier"));
        let read = SigningKey::from_text(&format!("{private}\n")).unwrap();
        assert_eq!(read.to_text().as_str(), private);
        let verifier = VerifierKey::parse(text(vector, "verifier")).unwrap();
        assert_eq!(&verifier, made.verifier());
        assert_eq!(
            (verifier.name(), verifier.id()),
            (name, read.verifier().id())
        );
        assert!(!format!("{made:?}").contains(private.rsplit('+').next().unwrap()));
    }
}

#[test]
fn notes_are_those_of_go() {
    let file = crate::vectors::parse(GO);
    for vector in list(&file, "signed") {
        let key = go_key(&file, text(vector, "key"));
        let (content, note) = (text(vector, "text"), text(vector, "note"));
        assert_eq!(key.sign(content).unwrap(), note);
        let keys = [key.verifier().clone()];
        assert_eq!(open(note.as_bytes(), &keys).unwrap().text, content);
    }
}

#[test]
fn verdicts_are_those_of_go() {
    let file = crate::vectors::parse(GO);
    let names = ["audit.example.com/org_7f3k", "witness.example.org"];
    let keys = names.map(|name| go_key(&file, name).verifier().clone());
    for vector in list(&file, "opened") {
        let (label, note) = (text(vector, "label"), bytes(vector, "note"));
        let opened = open(&note, &keys);
        if !vector["opens"].as_bool().unwrap() {
            assert!(opened.is_err(), "{label}: {opened:?}");
            continue;
        }
        let opened = opened.unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(opened.text, text(vector, "text"), "{label}");
        let signers: Vec<&str> = opened.signers.iter().map(|key| key.name()).collect();
        assert_eq!(serde_json::json!(signers), vector["signers"], "{label}");
    }
}

#[test]
fn refusals_say_what_is_wrong() {
    let (key, other) = (key("k"), key("other"));
    let keys = [key.verifier().clone()];
    let note = key.sign("text\n").unwrap();
    let stranger = other.sign("text\n").unwrap();
    let refused = |note: &str| open(note.as_bytes(), &keys).unwrap_err();
    let line = note.strip_prefix("text\n\n").unwrap();

    assert_eq!(refused("text\n"), NoteError::Unsigned);
    assert_eq!(
        refused(&note.replace("text", "te\txt")),
        NoteError::Characters
    );
    assert_eq!(open(b"\xff\n\n", &keys), Err(NoteError::Characters));
    assert_eq!(refused(&stranger), NoteError::NoKnownSignature);
    assert_eq!(open(note.as_bytes(), &[]), Err(NoteError::NoKnownSignature));
    assert_eq!(refused(&format!("{note}x\n")), NoteError::SignatureLine(2));
    assert_eq!(
        refused(&format!("text\n\n{}", line.repeat(MAX_SIGNATURES + 1))),
        NoteError::TooManySignatures
    );
    assert_eq!(refused(&"x".repeat(MAX_NOTE_BYTES + 1)), NoteError::TooLong);
    let id = key.verifier().id();
    let name = "k".to_owned();
    assert_eq!(
        refused(&note.replace("text", "best")),
        NoteError::InvalidSignature { name, id }
    );
}

#[test]
fn a_second_signature_of_a_known_key_must_be_valid_too() {
    let key = key("k");
    let keys = [key.verifier().clone()];
    let note = key.sign("text\n").unwrap();
    let foreign = key.sign("other text\n").unwrap();
    let both = format!("{note}{}", foreign.strip_prefix("other text\n\n").unwrap());
    let refused = open(both.as_bytes(), &keys);
    assert!(matches!(refused, Err(NoteError::InvalidSignature { .. })));
}

#[test]
fn base64_has_one_reading() {
    // 68 bytes leave four trailing bits in the last digit before the padding.
    let key = key("k");
    let keys = [key.verifier().clone()];
    let note = key.sign("text\n").unwrap();
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let at = note.len() - "=\n".len() - 1;
    let mut opened = 0;
    for digit in digits.chars() {
        let mut other = note.clone();
        other.replace_range(at..=at, digit.encode_utf8(&mut [0; 4]));
        opened += usize::from(open(other.as_bytes(), &keys).is_ok());
    }
    assert_eq!(opened, 1);
}

#[test]
fn the_same_key_twice_is_no_ambiguity() {
    let key = key("k");
    let keys = [key.verifier().clone(), key.verifier().clone()];
    let note = key.sign("text\n").unwrap();
    assert_eq!(open(note.as_bytes(), &keys).unwrap().signers.len(), 1);
}

#[test]
fn only_texts_that_open_are_signed() {
    let key = key("k");
    assert_eq!(key.sign("no newline"), Err(NoteError::Text));
    assert_eq!(key.sign(""), Err(NoteError::Text));
    assert_eq!(key.sign("a\r\n"), Err(NoteError::Characters));
    assert_eq!(key.sign("a\0\n"), Err(NoteError::Characters));
    let overhead = key.sign("\n").unwrap().len() - 1;
    let longest = "x".repeat(MAX_NOTE_BYTES - overhead - 1) + "\n";
    let keys = [key.verifier().clone()];
    assert_eq!(
        open(key.sign(&longest).unwrap().as_bytes(), &keys)
            .unwrap()
            .text,
        longest
    );
    assert_eq!(key.sign(&format!("x{longest}")), Err(NoteError::TooLong));
}

#[test]
fn names_that_a_note_cannot_carry_are_refused() {
    for name in [
        "",
        " ",
        "a b",
        "a+b",
        "a\nb",
        "a\tb",
        "a\u{a0}b",
        "a\u{2028}b",
        "a\u{3000}",
        "a\u{1}b",
    ] {
        let refused = SigningKey::from_seed(name, [7; 32]).map(|_| ());
        assert_eq!(refused, Err(KeyError::Name), "{name:?}");
    }
    for name in ["a", "example.com/log42", "世界", "a\u{200b}b", "—"] {
        let key = key(name);
        let keys = [VerifierKey::parse(&key.verifier_key()).unwrap()];
        let note = key.sign("text\n").unwrap();
        assert_eq!(
            open(note.as_bytes(), &keys).unwrap().signers[0].name(),
            name
        );
    }
}

#[test]
fn every_changed_byte_of_a_key_is_refused() {
    let key = key("example.com/k");
    let (private, public) = (key.to_text(), key.verifier_key());
    assert!(SigningKey::from_text(&private).is_ok() && VerifierKey::parse(&public).is_ok());
    let mutations = |text: &str| -> Vec<String> {
        let one = |at: usize, byte: u8| {
            let mut bytes = text.as_bytes().to_vec();
            let changed = std::mem::replace(&mut bytes[at], byte) != byte;
            String::from_utf8(bytes).ok().filter(|_| changed)
        };
        (0..text.len())
            .flat_map(|at| (0..128).filter_map(move |byte| one(at, byte)))
            .collect()
    };
    assert!(mutations(&public).len() > 100 * public.len());
    for text in mutations(&public) {
        assert!(VerifierKey::parse(&text).is_err(), "{text:?}");
    }
    for text in mutations(&private) {
        assert!(SigningKey::from_text(&text).is_err(), "{text:?}");
    }
    for end in 0..private.len() {
        assert!(SigningKey::from_text(&private[..end]).is_err());
    }
    for end in 0..public.len() {
        assert!(VerifierKey::parse(&public[..end]).is_err());
    }
}

#[test]
fn keys_of_other_types_and_weak_keys_are_refused() {
    // The ids are right (computed with Python), so that the keys alone are refused.
    let cosigner = "k+d4e41b2d+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert_eq!(VerifierKey::parse(cosigner), Err(KeyError::Algorithm(4)));
    let identity_point = "k+d2df6d1a+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(VerifierKey::parse(identity_point), Err(KeyError::PublicKey));
    let upper_case = "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    assert_eq!(VerifierKey::parse(upper_case), Err(KeyError::Malformed));
}

#[test]
fn two_keys_of_one_name_and_id_are_refused() {
    // Found by trying small seeds: key ids have 32 bits and are no secure hash.
    let [first, second] = [75_083u32, 77_273].map(|number| {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_le_bytes());
        SigningKey::from_seed("k", seed).unwrap()
    });
    let keys = [first.verifier().clone(), second.verifier().clone()];
    assert_ne!(keys[0], keys[1]);
    let note = first.sign("text\n").unwrap();
    let (name, id) = ("k".to_owned(), 0xef57_b5ff);
    let refused = open(note.as_bytes(), &keys);
    assert_eq!(refused, Err(NoteError::AmbiguousKey { name, id }));
    assert!(open(note.as_bytes(), &keys[..1]).is_ok());
}

#[test]
fn a_signature_is_taken_out_of_a_note_and_put_back() {
    let file = crate::vectors::parse(GO);
    for case in list(&file, "signed") {
        let (text, signed) = (text(case, "text"), text(case, "note"));
        let key = go_key(&file, case["key"].as_str().unwrap());
        let key = key.verifier();
        let signature = key.signature_of(signed).unwrap();
        assert_eq!(key.note(text, &signature), signed);
        // Beside another's, before and behind it, it is still the key's own.
        let stranger = SigningKey::from_seed("stranger", [8; 32]).unwrap();
        let signed_by_other = stranger.sign(text).unwrap();
        let strangers = &signed_by_other[text.len() + 1..];
        let behind = format!("{signed}{strangers}");
        let before = signed.replacen(&format!("{text}\n"), &format!("{text}\n{strangers}"), 1);
        for note in [behind, before] {
            assert_eq!(key.signature_of(&note), Some(signature));
        }
        assert_eq!(stranger.verifier().signature_of(signed), None);
        assert_eq!(key.signature_of(text), None);
    }
}
