//! The files of the repository: what git tracks or would track, else what a walk finds.
//!
//! Paths are relative to the root and use `/`. Files with a zero byte are taken for binary and
//! left out: no rule applies to them. The order is that of the paths, so reports do not shuffle.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, io};

/// Folders that hold results, not sources, wherever they stand.
const NOT_SOURCES: [&str; 5] = [".git", "target", "data", "node_modules", "dist"];

/// One text file.
#[derive(Debug, Clone)]
pub struct File {
    /// Path from the root, with `/`.
    pub path: String,
    /// The whole text; bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl File {
    /// The part of the file's name after its last dot, or nothing.
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }
}

/// Reads every text file of the repository at `root`.
pub fn read(root: &Path) -> io::Result<Vec<File>> {
    let mut paths = match listed_by_git(root) {
        Some(paths) => paths,
        None => walked(root)?,
    };
    paths.sort();
    paths.dedup();
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let place = root.join(&path);
        // A link's target is either in the list itself or not ours; a path that git still knows
        // may have been deleted since.
        if !place.symlink_metadata().is_ok_and(|entry| entry.is_file()) {
            continue;
        }
        let bytes = fs::read(&place)?;
        if !bytes.contains(&0) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            files.push(File { path, text });
        }
    }
    Ok(files)
}

/// Tracked files and new ones that are not ignored; nothing when git cannot say.
fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    let output = Command::new("git")
        // A checkout owned by another user is normal in a container; listing it is harmless.
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .args(["--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let paths: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect();
    // An unpacked archive inside somebody else's repository: git answers, but not about us.
    paths
        .iter()
        .any(|path| path == "Cargo.toml")
        .then_some(paths)
}

fn walked(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                let name = entry.file_name();
                if !NOT_SOURCES.iter().any(|skipped| name == *skipped) {
                    open.push(entry.path());
                }
            } else if kind.is_file()
                && let Ok(path) = entry.path().strip_prefix(root)
            {
                let parts = path.iter().map(|part| part.to_string_lossy());
                found.push(parts.collect::<Vec<_>>().join("/"));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn git_and_the_walk_find_this_file_and_no_results() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut lists = vec![walked(&root).unwrap()];
        lists.extend(listed_by_git(&root));
        for paths in lists {
            assert!(paths.iter().any(|path| path == "crates/house/src/tree.rs"));
            assert!(!paths.iter().any(|path| path.starts_with(".git/")));
            assert!(!paths.iter().any(|path| path.starts_with("target/")));
        }
    }
}
