//! Proofs as texts: against `tlog-proof`, `tlog-witness` and texts that Go has put together and signed;
//! and that no byte of one can be another.

use crate::files::Files;
use crate::vectors::{ORIGIN, list, log_events, private_key, text};
use evident_ledger::Hash;
use evident_ledger::checkpoint::{Checkpoint, CheckpointError};
use evident_ledger::entry::{ENTRY_BYTES, EntryError, Opening, SALT_BYTES};
use evident_ledger::hash::EMPTY_ROOT;
use evident_ledger::note::{NoteError, SigningKey, VerifierKey};
use evident_ledger::proof::{ProofError, consistency, inclusion};
use evident_ledger::proof_text::{ConsistencyProof, InclusionProof, ProofTextError};
use evident_ledger::tree::{Tree, root_at};
use serde_json::Value;

const GO: &str = include_str!("../../../../spec/vectors/ledger-go.json");
const WITNESS: &str = "witness.example.org";

/// The log of Go's vectors, built again.
struct Log {
    vectors: Value,
    events: Vec<(String, Opening)>,
    files: Files,
    key: SigningKey,
}

impl Log {
    fn new() -> Self {
        let vectors = crate::vectors::parse(GO);
        let events = log_events(&vectors);
        let (mut files, mut tree) = (Files::default(), Tree::new());
        for (_, opening) in &events {
            files.append(&mut tree, opening.entry.leaf_hash());
        }
        let key = SigningKey::from_text(private_key(&vectors, ORIGIN)).unwrap();
        Self {
            vectors,
            events,
            files,
            key,
        }
    }

    fn size(&self) -> u64 {
        self.events.len() as u64
    }

    fn event(&self, index: u64) -> &(String, Opening) {
        &self.events[usize::try_from(index).unwrap()]
    }

    fn leaf(&self, index: u64) -> Hash {
        self.event(index).1.entry.leaf_hash()
    }

    fn at(&self, size: u64) -> Checkpoint {
        Checkpoint::new(ORIGIN, size, root_at(size, &self.files).unwrap())
    }

    fn verifier(&self) -> &VerifierKey {
        self.key.verifier()
    }

    fn other_verifier(&self) -> VerifierKey {
        let key = SigningKey::from_text(private_key(&self.vectors, WITNESS));
        key.unwrap().verifier().clone()
    }

    fn inclusion(&self, index: u64, extra: Option<Vec<u8>>) -> InclusionProof {
        let size = self.size();
        InclusionProof {
            extra,
            index,
            hashes: inclusion(index, size, &self.files).unwrap().unwrap(),
            checkpoint: self.at(size).sign(&self.key).unwrap(),
        }
    }

    fn consistency(&self, old_size: u64) -> ConsistencyProof {
        let size = self.size();
        ConsistencyProof {
            old_size,
            hashes: consistency(old_size, size, &self.files).unwrap().unwrap(),
            checkpoint: self.at(size).sign(&self.key).unwrap(),
        }
    }

    /// All that `spec/ledger.md` has a verifier do who was given an event and a proof.
    fn is_shown(&self, canonical: &str, proof: &[u8]) -> bool {
        let Ok(proof) = InclusionProof::parse(proof) else {
            return false;
        };
        let Some(Ok(opening)) = proof.extra.as_deref().map(Opening::from_bytes) else {
            return false;
        };
        let leaf = opening.entry.leaf_hash();
        proof.verify(leaf, self.verifier()).is_ok()
            && opening.opens_to(canonical.as_bytes()) == Some(true)
    }
}

/// All that a slip makes of a text: each bit changed, each byte gone, twice, and the last one.
fn slips(text: &str) -> impl Iterator<Item = (usize, Vec<u8>)> {
    let bytes = text.as_bytes();
    (0..bytes.len()).flat_map(move |at| {
        let flipped = (0..8).map(move |bit| {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << bit;
            changed
        });
        let gone = [&bytes[..at], &bytes[at + 1..]].concat();
        let twice = [&bytes[..=at], &bytes[at..]].concat();
        let cut_off = bytes[..at].to_vec();
        let slips = flipped.chain([gone, twice, cut_off]);
        slips.map(move |changed| (at, changed))
    })
}

#[test]
fn inclusion_proofs_are_those_of_go() {
    let log = Log::new();
    let proofs = list(&log.vectors["texts"], "inclusion");
    let mut openings = Vec::new();
    for vector in proofs {
        let (text, index) = (text(vector, "text"), vector["index"].as_u64().unwrap());
        let proof = InclusionProof::parse(text.as_bytes()).unwrap();
        assert_eq!(proof.to_text(), text);
        let head = proof.verify(log.leaf(index), log.verifier()).unwrap();
        assert_eq!(head, log.at(log.size()));

        let extra = proof.extra.as_deref();
        let opening = extra.map(|extra| Opening::from_bytes(extra).unwrap());
        openings.push(opening.map(|opening| {
            let (canonical, made) = log.event(index);
            assert_eq!(opening.entry, made.entry);
            opening.opens_to(canonical.as_bytes())
        }));
        let mut made = log.inclusion(index, proof.extra.clone());
        if proof.checkpoint.contains(WITNESS) {
            // Another's signature beside the log's changes nothing.
            assert!(proof.checkpoint.starts_with(&made.checkpoint));
            made.checkpoint.clone_from(&proof.checkpoint);
        } else if opening.is_some() {
            made.extra = Some(log.event(index).1.to_bytes());
        }
        assert_eq!(made.to_text(), text);
    }
    // With what opens the event, without anything, and with the entry of an erased one.
    let opened = Some(Some(true));
    assert_eq!(openings, [opened, None, opened, Some(None)]);
}

#[test]
fn consistency_proofs_are_those_of_go() {
    let log = Log::new();
    for vector in list(&log.vectors["texts"], "consistency") {
        let (text, old) = (text(vector, "text"), vector["old"].as_u64().unwrap());
        assert_eq!(log.consistency(old).to_text(), text, "from {old}");
        let proof = ConsistencyProof::parse(text.as_bytes()).unwrap();
        assert_eq!(proof, log.consistency(old));
        let older = log.at(old);
        assert_eq!(older.root.to_base64(), vector["old_root"]);
        assert_eq!(proof.verify(&older, log.verifier()), Ok(log.at(log.size())));
    }
}

#[test]
fn every_slip_in_an_inclusion_proof_is_refused() {
    let log = Log::new();
    // Without extra data, the leaf being known from elsewhere.
    let proof = log.inclusion(2, None).to_text();
    let (canonical, _) = log.event(2);
    let leads_to = |leaf, proof: &[u8]| {
        InclusionProof::parse(proof).is_ok_and(|proof| proof.verify(leaf, log.verifier()).is_ok())
    };
    assert!(leads_to(log.leaf(2), proof.as_bytes()));
    for (at, changed) in slips(&proof) {
        assert!(!leads_to(log.leaf(2), &changed), "byte {at}");
    }

    // With extra data, under which the leaf and the event stand.
    let extra = log.event(2).1.to_bytes();
    let proof = log.inclusion(2, Some(extra)).to_text();
    assert!(log.is_shown(canonical, proof.as_bytes()));
    let from = proof.find("extra ").unwrap() + "extra ".len();
    let to = from + proof[from..].find('\n').unwrap();
    let mut other_extra = 0;
    for (at, changed) in slips(&proof) {
        assert!(!log.is_shown(canonical, &changed), "byte {at}");
        // No signature covers the extra data: the leaf, when known, is still shown to be there. All
        // other bytes are as good as signed.
        let leads = leads_to(log.leaf(2), &changed);
        assert!(!leads || (from..to).contains(&at), "byte {at}");
        other_extra += usize::from(leads);
    }
    assert!(
        other_extra > to - from,
        "{other_extra} slips of {}",
        to - from
    );
}

#[test]
fn every_slip_in_a_consistency_proof_is_refused() {
    let log = Log::new();
    for old in [0, 1, 100, 256, log.size()] {
        let older = log.at(old);
        let proof = log.consistency(old).to_text();
        let is_shown = |proof: &[u8]| {
            ConsistencyProof::parse(proof)
                .is_ok_and(|proof| proof.verify(&older, log.verifier()).is_ok())
        };
        assert!(is_shown(proof.as_bytes()));
        for (at, changed) in slips(&proof) {
            assert!(!is_shown(&changed), "byte {at} of the proof from {old}");
        }
    }
}

#[test]
fn an_inclusion_proof_shows_one_leaf_to_the_logs_own_key() {
    let log = Log::new();
    let proof = log.inclusion(100, None);
    for index in 0..log.size() {
        let verified = proof.verify(log.leaf(index), log.verifier());
        let refused = Err(ProofTextError::Proof(ProofError::NotIncluded));
        match index {
            100 => assert_eq!(verified, Ok(log.at(log.size()))),
            _ => assert_eq!(verified, refused, "leaf {index}"),
        }
    }
    let refused = ProofTextError::Checkpoint(NoteError::NoKnownSignature.into());
    let verified = proof.verify(log.leaf(100), &log.other_verifier());
    assert_eq!(verified, Err(refused));
    for index in (0..log.size() + 2).filter(|&index| index != 100) {
        let proof = InclusionProof {
            index,
            ..proof.clone()
        };
        let verified = proof.verify(log.leaf(100), log.verifier());
        assert!(verified.is_err(), "as leaf {index}");
    }
    // Of a smaller tree, though signed and true, it is another proof.
    let checkpoint = log.at(299).sign(&log.key).unwrap();
    let proof = InclusionProof {
        checkpoint,
        ..proof
    };
    let refused = Err(ProofTextError::Proof(ProofError::NotIncluded));
    assert_eq!(proof.verify(log.leaf(100), log.verifier()), refused);
}

#[test]
fn a_consistency_proof_says_what_is_wrong() {
    let log = Log::new();
    let proof = log.consistency(100);
    let verified = |older: &Checkpoint| proof.verify(older, log.verifier());
    let older = log.at(100);
    assert_eq!(verified(&older), Ok(log.at(300)));

    let (proof_at, checkpoint) = (100, 99);
    let refused = ProofTextError::OldSize {
        proof: proof_at,
        checkpoint,
    };
    assert_eq!(verified(&log.at(99)), Err(refused));

    let forked = Checkpoint::new(ORIGIN, 100, Hash([1; 32]));
    let refused = ProofTextError::Proof(ProofError::OldRoot);
    assert_eq!(verified(&forked), Err(refused));

    let other = Checkpoint::new("audit.example.com/other", 100, older.root);
    let (origin, key) = (other.origin.clone(), ORIGIN.to_owned());
    let refused = CheckpointError::Origin { origin, key };
    assert_eq!(verified(&other), Err(refused.into()));

    let refused = ProofTextError::Checkpoint(NoteError::NoKnownSignature.into());
    let by_other = proof.verify(&older, &log.other_verifier());
    assert_eq!(by_other, Err(refused));

    // The log after it was put back from an older copy.
    let checkpoint = log.at(99).sign(&log.key).unwrap();
    let proof = ConsistencyProof {
        checkpoint,
        ..proof.clone()
    };
    let refused = ProofTextError::Proof(ProofError::Shrunk { old: 100, new: 99 });
    assert_eq!(proof.verify(&older, log.verifier()), Err(refused));

    // Two roots of one size, both signed.
    let forked = Checkpoint::new(ORIGIN, 100, Hash([1; 32]));
    let proof = ConsistencyProof {
        old_size: 100,
        hashes: Vec::new(),
        checkpoint: forked.sign(&log.key).unwrap(),
    };
    let refused = ProofTextError::Proof(ProofError::NewRoot);
    assert_eq!(proof.verify(&older, log.verifier()), Err(refused));
    assert_eq!(proof.verify(&forked, log.verifier()), Ok(forked.clone()));

    // An older checkpoint of no leaves that nobody can have signed.
    let proof = log.consistency(0);
    let empty = Checkpoint::new(ORIGIN, 0, EMPTY_ROOT);
    assert_eq!(proof.verify(&empty, log.verifier()), Ok(log.at(300)));
    let forged = Checkpoint::new(ORIGIN, 0, Hash([1; 32]));
    let refused = ProofTextError::Proof(ProofError::OldRoot);
    assert_eq!(proof.verify(&forged, log.verifier()), Err(refused));
}

#[test]
fn an_opening_is_an_entry_and_a_salt() {
    let log = Log::new();
    let (canonical, opening) = log.event(7);
    let bytes = opening.to_bytes();
    let salt = opening.salt.unwrap();
    assert_eq!(bytes, [&opening.entry.to_bytes()[..], &salt.0].concat());
    assert_eq!(bytes.len(), 57 + 16);
    assert_eq!(Opening::from_bytes(&bytes), Ok(*opening));
    assert_eq!(opening.opens_to(canonical.as_bytes()), Some(true));
    let (other, _) = log.event(8);
    assert_eq!(opening.opens_to(other.as_bytes()), Some(false));

    let (entry, salt) = (opening.entry, None);
    let erased = Opening { entry, salt };
    assert_eq!(erased.to_bytes(), entry.to_bytes());
    assert_eq!(Opening::from_bytes(&entry.to_bytes()), Ok(erased));
    assert_eq!(erased.opens_to(canonical.as_bytes()), None);
    assert!(!format!("{opening:?}").contains(&format!("{:?}", opening.salt.unwrap().0)));
}

#[test]
fn every_changed_byte_of_an_opening_opens_nothing() {
    let log = Log::new();
    let (canonical, opening) = log.event(7);
    let (leaf, bytes) = (log.leaf(7), opening.to_bytes());
    for (at, bit) in (0..bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
        let mut changed = bytes.clone();
        changed[at] ^= 1 << bit;
        let read = Opening::from_bytes(&changed);
        match at {
            0 => assert_eq!(read, Err(EntryError::Version(changed[0]))),
            1..ENTRY_BYTES => assert_ne!(read.unwrap().entry.leaf_hash(), leaf, "byte {at}"),
            _ => {
                let opens = read.unwrap().opens_to(canonical.as_bytes());
                assert_eq!(opens, Some(false), "byte {at}");
            }
        }
    }
    let longer = [&bytes[..], &bytes].concat();
    for length in 0..longer.len() {
        let read = Opening::from_bytes(&longer[..length]);
        let is_one = [ENTRY_BYTES, ENTRY_BYTES + SALT_BYTES].contains(&length);
        assert_eq!(read.is_ok(), is_one, "{length} bytes");
        assert!(is_one || read == Err(EntryError::Length(length)));
    }
}
