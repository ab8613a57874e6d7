//! A file that holds work at a place which the server knows, for as long as the file is there.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// It holds until it is released, or dropped.
pub struct Hold {
    _folder: TempDir,
    file: PathBuf,
}

impl Hold {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("hold");
        let hold = Self {
            _folder: folder,
            file,
        };
        hold.again();
        hold
    }

    pub fn again(&self) {
        std::fs::write(&self.file, b"").unwrap();
    }

    /// What the server is told by its variable.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Lets work go on, until it is held again or for good.
    pub fn release(&self) {
        std::fs::remove_file(&self.file).unwrap();
    }
}
