//! Dead letters: what was refused, with the reasons, so that it can be repaired and sent again.
//!
//! What must always hold:
//!
//! - a letter is written once: those of a run are written in the order of the lines, before the state
//!   that counts them, and what a killed run wrote beyond its state is cut off by the next, but only of
//!   a file that is to that place what the run has left;
//! - the file is made when there is the first one, and what a person may have repaired in one that an
//!   earlier run has left is not written over.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use evident_event::record::MAX_EVENT_BYTES;
use evident_store::durable::{Durable, DurableError, DurableFile};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::batch::Origin;
use super::source::hex;
use crate::cli::kept::place;

/// Most bytes that are kept of what was refused. An event that is refused for anything but its length
/// is kept whole.
const MAX_TEXT_BYTES: usize = MAX_EVENT_BYTES;

/// Why dead letters cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum LettersError {
    /// The path names no file.
    #[error("{} names no file: give --dead-letters a path such as ./refused.ndjson", .0.display())]
    NoFile(PathBuf),
    /// It cannot be written.
    #[error("{0}; name another place by --dead-letters")]
    Unwritten(#[from] DurableError),
    /// It cannot be looked at.
    #[error("{} cannot be read: {source}; name another file by --dead-letters", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    /// There is one from before.
    #[error(
        "{} is there already, from an earlier run: move it away, or name another by --dead-letters",
        .0.display()
    )]
    Taken(PathBuf),
    /// It is not what the state remembers.
    #[error(
        "{} is not as the run has left it: put it back as it was, or move it away (it can be repaired there) to have further dead letters in a new file",
        .0.display()
    )]
    Changed(PathBuf),
}

/// One reason why an event was refused, as the server gives them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reason {
    pub(super) pointer: String,
    pub(super) code: String,
    pub(super) reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) suggestion: Option<String>,
}

impl Reason {
    pub(super) fn new(pointer: &str, code: &str, reason: String) -> Self {
        Self {
            pointer: pointer.to_owned(),
            code: code.to_owned(),
            reason,
            suggestion: None,
        }
    }
}

/// Something that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) origin: Origin,
    pub(super) reasons: Vec<Reason>,
    text: Vec<u8>,
    is_cut: bool,
}

/// The same as it stands in the file.
#[derive(Serialize)]
struct Written<'l> {
    line: u64,
    offset: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'l str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    truncated: bool,
    reasons: &'l [Reason],
}

impl Letter {
    pub(super) fn new(origin: Origin, text: &[u8], reasons: Vec<Reason>) -> Self {
        let is_cut = text.len() > MAX_TEXT_BYTES;
        let mut end = text.len().min(MAX_TEXT_BYTES);
        // Not within a character.
        while is_cut && end > 0 && text[end] & 0xc0 == 0x80 {
            end -= 1;
        }
        Self {
            origin,
            reasons,
            text: text[..end].to_vec(),
            is_cut,
        }
    }

    /// What was read, as far as it is kept.
    #[cfg(test)]
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The bytes that it holds.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// It in one line.
    fn line(&self) -> Result<Vec<u8>, serde_json::Error> {
        let text = std::str::from_utf8(&self.text).ok();
        let mut line = serde_json::to_vec(&Written {
            line: self.origin.line,
            offset: self.origin.offset,
            text,
            base64: text.is_none().then(|| BASE64_STANDARD.encode(&self.text)),
            truncated: self.is_cut,
            reasons: &self.reasons,
        })?;
        line.push(b'\n');
        Ok(line)
    }
}

/// The file of dead letters.
pub(super) struct Letters {
    directory: Durable,
    name: PathBuf,
    /// Once there is something in it.
    file: Option<DurableFile>,
    bytes: u64,
    /// Of those bytes.
    hash: Sha256,
}

/// What to do with a file that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Before {
    /// It has so many bytes of this run, with this SHA-256; what comes behind them is a killed run's.
    Resumed(u64, String),
    /// There should be none.
    None,
    /// It is begun anew.
    Discarded,
    /// It goes on.
    Appended,
}

impl Letters {
    /// The file at a path, which need not be there.
    pub(super) fn open(path: &Path, before: Before) -> Result<Self, LettersError> {
        let (directory, name) = place(path).ok_or_else(|| LettersError::NoFile(path.to_owned()))?;
        let directory = Durable::open(directory, None)?;
        let found = match std::fs::metadata(directory.path(&name)) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(source) => {
                let path = path.to_owned();
                return Err(LettersError::Unreadable { path, source });
            }
        };
        let bytes = match before {
            // Moved away: further ones come into a new file.
            Before::Resumed(..) if found == 0 => 0,
            Before::Resumed(kept, _) if kept <= found => kept,
            Before::Resumed(..) => return Err(LettersError::Changed(path.to_owned())),
            Before::None if found > 0 => return Err(LettersError::Taken(path.to_owned())),
            Before::None | Before::Discarded => 0,
            Before::Appended => found,
        };
        let hash = match bytes {
            0 => Sha256::new(),
            bytes => hash(path, bytes)?,
        };
        if let Before::Resumed(_, known) = before
            && bytes > 0
            && sha256(&hash) != known
        {
            return Err(LettersError::Changed(path.to_owned()));
        }
        let mut letters = Self {
            directory,
            name,
            file: None,
            bytes,
            hash,
        };
        if found > bytes {
            let file = letters.file()?;
            file.truncate(bytes)?;
            file.sync()?;
        }
        Ok(letters)
    }

    fn file(&mut self) -> Result<&mut DurableFile, DurableError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = self.directory.open_derived(&self.name)?;
                self.directory.sync_directory(Path::new(""))?;
                file
            }
        };
        Ok(self.file.insert(file))
    }

    /// How many bytes are written durably.
    pub(super) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What these bytes are known by.
    pub(super) fn sha256(&self) -> String {
        sha256(&self.hash)
    }

    /// Whether there are any.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Writes these durably.
    pub(super) fn append(&mut self, letters: &[Letter]) -> Result<(), LettersError> {
        if letters.is_empty() {
            return Ok(());
        }
        let mut text = Vec::new();
        for letter in letters {
            let line = letter.line().map_err(|error| LettersError::Unreadable {
                path: self.directory.path(&self.name),
                source: error.into(),
            })?;
            text.extend(line);
        }
        let at = self.bytes;
        let file = self.file()?;
        file.write_at(at, &text)?;
        file.sync()?;
        self.bytes += text.len() as u64;
        self.hash.update(&text);
        Ok(())
    }
}

/// The hash of a file's first bytes.
fn hash(path: &Path, bytes: u64) -> Result<Sha256, LettersError> {
    let unreadable = |source| LettersError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut hash = Sha256::new();
    let file = File::open(path).map_err(unreadable)?;
    let mut reader = BufReader::new(file.take(bytes));
    loop {
        let chunk = reader.fill_buf().map_err(unreadable)?;
        let length = chunk.len();
        if length == 0 {
            return Ok(hash);
        }
        hash.update(chunk);
        reader.consume(length);
    }
}

fn sha256(hash: &Sha256) -> String {
    hex(&hash.clone().finalize())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn letter(line: u64, text: &[u8]) -> Letter {
        let reason = Reason::new("/actor", "missing_field", "add it".to_owned());
        Letter::new(Origin { line, offset: 5 }, text, vec![reason])
    }

    fn parsed(letter: &Letter) -> Value {
        serde_json::from_slice(&letter.line().unwrap()).unwrap()
    }

    #[test]
    fn a_letter_has_the_text_or_its_bytes() {
        let reasons = json!([{"pointer": "/actor", "code": "missing_field", "reason": "add it"}]);
        assert_eq!(
            parsed(&letter(7, "{\"é\":\n".as_bytes())),
            json!({"line": 7, "offset": 5, "text": "{\"é\":\n", "reasons": reasons})
        );
        assert_eq!(parsed(&letter(7, b"\xff\x00"))["base64"], "/wA=");
        let long = "é".repeat(MAX_TEXT_BYTES);
        let cut = parsed(&letter(7, format!("x{long}").as_bytes()));
        assert_eq!(cut["truncated"], true);
        assert_eq!(cut["text"].as_str().unwrap().len(), MAX_TEXT_BYTES - 1);
    }

    #[test]
    fn what_a_killed_run_wrote_beyond_its_state_is_cut_off() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        let mut first = Letters::open(&path, Before::None).unwrap();
        assert!(!path.exists(), "there is none yet");
        first.append(&[letter(1, b"a")]).unwrap();
        let (kept, sha256) = (first.bytes(), first.sha256());
        first.append(&[letter(2, b"b")]).unwrap();
        let mut second = Letters::open(&path, Before::Resumed(kept, sha256)).unwrap();
        second.append(&[letter(3, b"c")]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            (&lines[0]["line"], &lines[1]["line"]),
            (&json!(1), &json!(3))
        );
    }

    #[test]
    fn what_somebody_may_have_repaired_is_not_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("d");
        std::fs::write(&path, "repaired\n").unwrap();
        let opened = |before| Letters::open(&path, before);
        assert!(matches!(opened(Before::None), Err(LettersError::Taken(_))));
        assert!(matches!(
            opened(Before::Resumed(10, String::new())),
            Err(LettersError::Changed(_))
        ));
        // Longer, as what a killed run left would be; but the beginning is another.
        let of_others = sha256(&Sha256::new_with_prefix("refused\n"));
        assert!(matches!(
            opened(Before::Resumed(8, of_others)),
            Err(LettersError::Changed(_))
        ));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "repaired\n");
        let mut appended = opened(Before::Appended).unwrap();
        appended.append(&[letter(1, b"a")]).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("repaired\n{\"line\":1,"), "{text}");
        assert!(opened(Before::Discarded).unwrap().is_empty());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
    }
}
