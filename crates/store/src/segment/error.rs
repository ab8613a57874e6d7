//! Why a segment could not be read.

use std::path::PathBuf;

/// Why a segment could not be read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The operating system could not read it.
    #[error("could not read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// Its bytes are not the ones that were written.
    #[error("{} is damaged at byte {offset}: {what}; run `evident check`", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it the damage begins.
        offset: u64,
        /// What is wrong.
        what: String,
    },
    /// The checksums are right and the contents are not: a bug, or bytes made to deceive.
    #[error("the {part} of a segment does not hold: {what}; run `evident check`")]
    Malformed {
        /// The section or file.
        part: &'static str,
        /// What is wrong.
        what: &'static str,
    },
}

impl SegmentError {
    pub(crate) fn malformed(part: &'static str, what: &'static str) -> Self {
        Self::Malformed { part, what }
    }
}
