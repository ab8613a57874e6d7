//! Signed notes: the C2SP format `signed-note`, with Ed25519 keys (type 0x01).
//!
//! A note is a text, a blank line and signature lines. This module makes and
//! opens them; what a text means is for others to say.
//!
//! What must always hold:
//!
//! - A text leaves [`open`] only if a known key's signature on it is valid and
//!   no known key's signature on it is invalid.
//! - Whatever [`SigningKey::sign`] returns, [`open`] opens.
//! - Encodings are canonical: base64 with padding and zero trailing bits, key
//!   ids in lower-case hex. A changed byte changes the meaning or is refused.
//! - Reading takes linear time, bounded by [`MAX_NOTE_BYTES`] and
//!   [`MAX_SIGNATURES`]; private keys are never printed, and wiped when dropped.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SIGNATURE_LENGTH, Signature, Signer as _, VerifyingKey};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// Most bytes in a note, signatures included.
pub const MAX_NOTE_BYTES: usize = 1024 * 1024;
/// Most signature lines in a note. The format asks for 16 at least.
pub const MAX_SIGNATURES: usize = 100;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = SIGNATURE_LENGTH;

const KEY_BYTES: usize = 32;
const KEY_ID_BYTES: usize = 4;
const KEY_ID_HEX_DIGITS: usize = 2 * KEY_ID_BYTES;
const ED25519: u8 = 0x01;
const PRIVATE_KEY_PREFIX: &str = "PRIVATE+KEY+";
const SIGNATURE_PREFIX: &str = "\u{2014} ";

/// A key that cannot be read or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The name is not one that a note can carry.
    #[error("a key's name must not be empty nor have spaces, '+' or control characters: rename it")]
    Name,
    /// The text has not the parts of a key.
    #[error("not a key: copy the whole line, parts joined by '+', as it was given out")]
    Malformed,
    /// The key is of another type.
    #[error("key type {0:#04x} is not supported: use an Ed25519 key (0x01)")]
    Algorithm(u8),
    /// The id does not belong to name and key.
    #[error("the key's id does not match its name and key: get the key again from its source")]
    IdMismatch,
    /// The bytes are not a point, or a weak one.
    #[error("not a usable Ed25519 public key: get the key again from its source")]
    PublicKey,
}

/// A note that cannot be made or trusted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoteError {
    /// Over [`MAX_NOTE_BYTES`].
    #[error("a note has at most {MAX_NOTE_BYTES} bytes: shorten it")]
    TooLong,
    /// Not UTF-8, or control characters.
    #[error("a note is UTF-8 without control characters but newline: fetch it again as it is")]
    Characters,
    /// The text does not end in a newline.
    #[error("a note's text must end in a newline: add it")]
    Text,
    /// No blank line followed by signature lines.
    #[error("the note has no signatures after a blank line: fetch it again, whole")]
    Unsigned,
    /// Over [`MAX_SIGNATURES`].
    #[error("a note has at most {MAX_SIGNATURES} signatures: remove those you do not need")]
    TooManySignatures,
    /// A line that is not a signature line; counted from 1 after the blank line.
    #[error("signature line {0} of the note is malformed: fetch the note again as it is")]
    SignatureLine(usize),
    /// Two known keys share name and id, so a signature cannot be told to be of one.
    #[error("two known keys are called {name}+{id:08x}: remove the one that you do not trust")]
    AmbiguousKey {
        /// The keys' name.
        name: String,
        /// The keys' id.
        id: u32,
    },
    /// A known key's signature does not fit the text.
    #[error("the signature of {name}+{id:08x} is invalid: do not trust the note, ask its source")]
    InvalidSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
    /// No signature is by a known key.
    #[error("no known key has signed the note: check that you have the right verifier key")]
    NoKnownSignature,
}

/// A key that signs notes under a name.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl SigningKey {
    /// The key of a seed: 32 bytes from the system's source of randomness.
    ///
    /// # Errors
    /// When a note cannot carry `name`.
    pub fn from_seed(name: &str, seed: [u8; KEY_BYTES]) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(seed);
        let key = ed25519_dalek::SigningKey::from_bytes(&seed);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// Reads the private form, `PRIVATE+KEY+<name>+<key id>+<base64(0x01 ‖ seed)>`,
    /// with or without a newline after it.
    ///
    /// # Errors
    /// When the text is not such a key, whole and consistent.
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let text = text.strip_prefix(PRIVATE_KEY_PREFIX);
        let (name, id, seed) = split_key(text.ok_or(KeyError::Malformed)?)?;
        let key = Self::from_seed(name, *seed)?;
        if key.verifier.id != id {
            return Err(KeyError::IdMismatch);
        }
        Ok(key)
    }

    /// The private form, to be kept secret: what [`SigningKey::from_text`] reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let material = Zeroizing::new(typed(self.key.as_bytes()));
        let encoded = Zeroizing::new(STANDARD.encode(material.as_slice()));
        let VerifierKey { name, id, .. } = &self.verifier;
        // Reserved whole, with a key file's newline, so that growing leaves no copy behind.
        let parts = PRIVATE_KEY_PREFIX.len() + name.len() + KEY_ID_HEX_DIGITS + encoded.len();
        let mut text = Zeroizing::new(String::with_capacity(parts + "++\n".len()));
        text.push_str(PRIVATE_KEY_PREFIX);
        text.push_str(name);
        text.push_str(&format!("+{id:08x}+"));
        text.push_str(&encoded);
        text
    }

    /// The key's name, which its signatures carry.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    /// The public half.
    #[must_use]
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The public half as text: `<name>+<key id>+<base64(0x01 ‖ public key)>`.
    #[must_use]
    pub fn verifier_key(&self) -> String {
        self.verifier.to_string()
    }

    /// The note of `text` with this key's signature.
    ///
    /// # Errors
    /// When `text` does not end in a newline, has control characters or is too long.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_characters(text)?;
        if !text.ends_with('\n') {
            return Err(NoteError::Text);
        }
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let note = self.verifier.note(text, &signature);
        if note.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLong);
        }
        Ok(note)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, hidden)", self.verifier)
    }
}

/// A key that verifies notes under a name. `Display` is the form that [`VerifierKey::parse`] reads.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let digest: [u8; 32] = Sha256::new()
            .chain_update(name)
            .chain_update(b"\n")
            .chain_update(typed(key.as_bytes()))
            .finalize()
            .into();
        let [a, b, c, d, ..] = digest;
        Ok(Self {
            name: name.to_owned(),
            id: u32::from_be_bytes([a, b, c, d]),
            key,
        })
    }

    /// Reads `<name>+<key id>+<base64(0x01 ‖ public key)>`.
    ///
    /// # Errors
    /// When the text is not such a key, whole and consistent.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, key) = split_key(text)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::PublicKey)?;
        let verifier = Self::new(name, key)?;
        if verifier.id != id {
            return Err(KeyError::IdMismatch);
        }
        // A weak key would let one signature pass for many texts.
        if key.is_weak() {
            return Err(KeyError::PublicKey);
        }
        Ok(verifier)
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id, which with the name tells it from other keys; not a secure hash.
    #[must_use]
    pub const fn id(&self) -> u32 {
        self.id
    }

    /// The note of `text` with this signature of the key's, which is believed to be one.
    #[must_use]
    pub fn note(&self, text: &str, signature: &[u8; SIGNATURE_BYTES]) -> String {
        let mut material = self.id.to_be_bytes().to_vec();
        material.extend_from_slice(signature);
        let (name, encoded) = (&self.name, STANDARD.encode(material));
        format!("{text}\n{SIGNATURE_PREFIX}{name} {encoded}\n")
    }

    /// This key's signature on a note that was opened with it: what [`VerifierKey::note`] puts back.
    #[must_use]
    pub fn signature_of(&self, note: &str) -> Option<[u8; SIGNATURE_BYTES]> {
        let mut signatures = note
            .rsplit("\n\n")
            .next()?
            .lines()
            .filter_map(parse_signature);
        let (.., signature) =
            signatures.find(|(name, id, _)| *name == self.name && *id == self.id)?;
        signature.try_into().ok()
    }

    fn accepts(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let material = STANDARD.encode(typed(self.key.as_bytes()));
        write!(f, "{}+{:08x}+{material}", self.name, self.id)
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// A note that a known key has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedNote<'n, 'k> {
    /// The signed text, with its final newline.
    pub text: &'n str,
    /// The known keys whose signatures were verified, in the note's order, each once; at least one.
    pub signers: Vec<&'k VerifierKey>,
}

/// Opens a note: verifies every signature by a known key, ignores those by unknown ones.
///
/// Each line must be well formed, an unknown key's too. Of a key that signed
/// more than once every signature is verified.
///
/// # Errors
/// When the note is malformed, a known key's signature is invalid, or there is none.
pub fn open<'n, 'k>(
    note: &'n [u8],
    known: &'k [VerifierKey],
) -> Result<OpenedNote<'n, 'k>, NoteError> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(NoteError::TooLong);
    }
    let note = str::from_utf8(note).map_err(|_| NoteError::Characters)?;
    check_characters(note)?;
    // The text may have blank lines of its own: the last one ends it.
    let blank = note.rfind("\n\n").ok_or(NoteError::Unsigned)?;
    let (text, signatures) = (&note[..=blank], &note[blank + 2..]);
    let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Unsigned)?;

    let mut signers: Vec<&VerifierKey> = Vec::new();
    for (at, line) in signatures.split('\n').enumerate() {
        if at == MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        let (name, id, signature) =
            parse_signature(line).ok_or(NoteError::SignatureLine(at + 1))?;
        let Some(key) = find_key(known, name, id)? else {
            continue;
        };
        if !key.accepts(text, &signature) {
            let name = name.to_owned();
            return Err(NoteError::InvalidSignature { name, id });
        }
        if !signers.contains(&key) {
            signers.push(key);
        }
    }
    if signers.is_empty() {
        return Err(NoteError::NoKnownSignature);
    }
    Ok(OpenedNote { text, signers })
}

/// Refuses what no note may have: control characters below U+0020, but for newline.
pub(crate) fn check_characters(text: &str) -> Result<(), NoteError> {
    if text.bytes().any(|byte| byte < b' ' && byte != b'\n') {
        return Err(NoteError::Characters);
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let refused = |c: char| c.is_whitespace() || c < ' ' || c == '+';
    !name.is_empty() && !name.contains(refused)
}

/// A key's bytes behind the byte that says their type.
fn typed(key: &[u8; KEY_BYTES]) -> [u8; 1 + KEY_BYTES] {
    let mut bytes = [ED25519; 1 + KEY_BYTES];
    bytes[1..].copy_from_slice(key);
    bytes
}

/// Splits `<name>+<key id>+<base64(type ‖ key)>`. The key may be a secret.
fn split_key(text: &str) -> Result<(&str, u32, Zeroizing<[u8; KEY_BYTES]>), KeyError> {
    // Names have no '+', base64 may.
    let (name, rest) = text.split_once('+').ok_or(KeyError::Malformed)?;
    let (id, material) = rest.split_once('+').ok_or(KeyError::Malformed)?;
    let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if id.len() != KEY_ID_HEX_DIGITS || !id.bytes().all(lower_hex) {
        return Err(KeyError::Malformed);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Malformed)?;
    let material = STANDARD.decode(material).map_err(|_| KeyError::Malformed)?;
    let material = Zeroizing::new(material);
    let (&algorithm, key) = material.split_first().ok_or(KeyError::Malformed)?;
    if algorithm != ED25519 {
        return Err(KeyError::Algorithm(algorithm));
    }
    let key = key.try_into().map_err(|_| KeyError::Malformed)?;
    Ok((name, id, Zeroizing::new(key)))
}

/// Name, key id and signature of `— <name> <base64(key id ‖ signature)>`.
fn parse_signature(line: &str) -> Option<(&str, u32, Vec<u8>)> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
    let mut bytes = STANDARD.decode(encoded).ok()?;
    let id = u32::from_be_bytes(*bytes.first_chunk()?);
    let signature = bytes.split_off(KEY_ID_BYTES);
    (is_name(name) && !signature.is_empty()).then_some((name, id, signature))
}

fn find_key<'k>(
    known: &'k [VerifierKey],
    name: &str,
    id: u32,
) -> Result<Option<&'k VerifierKey>, NoteError> {
    let mut named = known.iter().filter(|key| key.id == id && key.name == name);
    let found = named.next();
    // The same key listed twice is no ambiguity.
    if found.is_some_and(|found| named.any(|other| other != found)) {
        let name = name.to_owned();
        return Err(NoteError::AmbiguousKey { name, id });
    }
    Ok(found)
}
