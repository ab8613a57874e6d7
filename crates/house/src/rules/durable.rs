//! One small module of the store writes and syncs; everything else asks it to.
//!
//! To write one needs a handle opened for writing or a function that opens one itself, so these
//! are what the rule refuses, and not `write_all`, which sockets and buffers have too. A build script
//! is no part of what runs: what it writes is the compiler's.

use super::{Module, Repository, report};
use crate::Finding;

/// The one place: this file, or the folder of this name.
const DURABLE: &str = "crates/store/src/durable";

/// The build script of a crate, in the crate's folder.
const BUILD_SCRIPT: &str = "build.rs";

/// Functions and types that create, write, replace, sync or remove, or that bring them in unseen.
const WRITERS: [&str; 26] = [
    "std::*",
    "std::fs::*",
    "std::fs::DirBuilder",
    "std::fs::File::create",
    "std::fs::File::create_buffered",
    "std::fs::File::create_new",
    "std::fs::File::options",
    "std::fs::OpenOptions",
    "std::fs::copy",
    "std::fs::create_dir",
    "std::fs::create_dir_all",
    "std::fs::hard_link",
    "std::fs::remove_dir",
    "std::fs::remove_dir_all",
    "std::fs::remove_file",
    "std::fs::rename",
    "std::fs::set_permissions",
    "std::fs::soft_link",
    "std::fs::write",
    "std::os::unix::fs::OpenOptionsExt",
    "std::os::unix::fs::DirBuilderExt",
    "std::os::unix::fs::symlink",
    "tokio::fs",
    "rustix::fs::open",
    "rustix::fs::*",
    "tempfile",
];

/// Names that mean nothing else, called in whatever way. (`write_at` is not among them: it is what
/// the durable files themselves offer. Nor has memory a `set_len` that safe code may call.)
const WORDS: [&str; 15] = [
    "OFlags",
    "fallocate",
    "fdatasync",
    "fsync",
    "ftruncate",
    "linkat",
    "mkdirat",
    "openat",
    "pwrite",
    "renameat",
    "set_len",
    "sync_all",
    "sync_data",
    "syncfs",
    "unlinkat",
];

/// Writes outside the one place.
pub fn writes(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    let elsewhere = |module: &&Module| {
        let rest = module.file.strip_prefix(DURABLE);
        let is_durable = rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'));
        !is_durable && module.file != format!("crates/{}/{BUILD_SCRIPT}", module.folder)
    };
    for module in repository.modules.iter().filter(elsewhere) {
        for mention in &module.mentions {
            let writes = WRITERS.iter().any(|path| mention.is_in(path));
            if writes && module.is_product(mention.offset) {
                findings.push(module.finding(mention.offset, mention.path.as_str()));
            }
        }
        for (word, offset, _) in crate::paths::words(&module.code) {
            if WORDS.contains(&word) && module.is_product(offset) {
                findings.push(module.finding(offset, word));
            }
        }
    }
    report(findings)
}
