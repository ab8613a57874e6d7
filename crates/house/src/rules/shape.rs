//! Files that can be read: short, and saying at their head why they exist.

use super::{Repository, report};
use crate::Finding;

/// Lines that a source file may have.
pub const MAX_FILE_LINES: usize = 600;

/// Lines up to which a module may go without a word about itself.
pub const MAX_UNDOCUMENTED_LINES: usize = 40;

/// Extensions of what is written by hand and read by people.
const SOURCES: [&str; 6] = ["rs", "ts", "tsx", "py", "go", "css"];

/// How the names of declarations end: they are made, from an API's document for example.
const MADE: &str = ".d.ts";

/// Source files over the limit.
pub fn length(repository: &Repository) -> Vec<Finding> {
    let sources = repository.files.iter();
    let sources =
        sources.filter(|file| SOURCES.contains(&file.extension()) && !file.path.ends_with(MADE));
    let long = sources.filter_map(|file| {
        let lines = file.text.lines().count();
        (lines > MAX_FILE_LINES).then(|| Finding {
            file: file.path.clone(),
            line: 0,
            what: format!("{lines} lines"),
        })
    });
    report(long.collect())
}

/// Modules of more than a few lines that do not open with `//!`.
pub fn module_docs(repository: &Repository) -> Vec<Finding> {
    let is_module = |path: &str| path.starts_with("crates/") && path.contains("/src/");
    let modules = repository.files.iter();
    let modules = modules.filter(|file| file.extension() == "rs" && is_module(&file.path));
    let bare = modules.filter(|file| {
        file.text.lines().count() > MAX_UNDOCUMENTED_LINES
            && !file.text.trim_start().starts_with("//!")
    });
    let findings = bare.map(|file| Finding {
        file: file.path.clone(),
        line: 1,
        what: "does not open with a `//!` comment".to_owned(),
    });
    report(findings.collect())
}
