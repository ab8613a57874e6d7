//! The rules, each a function from the repository to the places that break it.

use std::collections::BTreeMap;

use crate::Finding;
use crate::paths::{self, Mention};
use crate::rust::Code;
use crate::tree::File;

pub mod durable;
pub mod layers;
pub mod shape;
pub mod words;

/// The repository as the rules see it.
#[derive(Debug)]
pub struct Repository {
    /// Every text file.
    pub files: Vec<File>,
    /// Every Rust file under `crates/`.
    pub modules: Vec<Module>,
}

/// One Rust file of a crate.
#[derive(Debug)]
pub struct Module {
    /// Path of the file, from the root.
    pub file: String,
    /// The crate's folder, such as `store`.
    pub folder: String,
    /// Place in the crate, such as `["query", "plan"]`; empty for the crate's root.
    pub place: Vec<String>,
    /// Whether the file belongs to the crate's library or binary, not to its tests.
    pub in_product: bool,
    /// The code.
    pub code: Code,
    /// The paths that it names.
    pub mentions: Vec<Mention>,
}

impl Repository {
    /// Reads the Rust of the given files.
    pub fn of(files: Vec<File>) -> Self {
        let mut modules: Vec<Module> = files.iter().filter_map(Module::of).collect();
        let tests = test_files(&modules);
        for module in &mut modules {
            let is_below = |test: &String| {
                let rest = module.file.strip_prefix(test.as_str());
                rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            };
            module.in_product &= !tests.iter().any(is_below);
        }
        Self { files, modules }
    }

    /// The manifests: the root's under `""`, the others under their crate's folder.
    pub fn manifests(&self) -> BTreeMap<&str, &File> {
        let found = self.files.iter();
        found
            .filter_map(|file| Some((manifest_folder(&file.path)?, file)))
            .collect()
    }
}

impl Module {
    fn of(file: &File) -> Option<Self> {
        if file.extension() != "rs" {
            return None;
        }
        let (folder, inner) = file.path.strip_prefix("crates/")?.split_once('/')?;
        let place = match inner.strip_prefix("src/") {
            Some(inner) => place(inner),
            None => Vec::new(),
        };
        let code = Code::of(&file.text);
        let mentions = paths::mentions(&code, &format!("evident-{folder}"), &place);
        Some(Self {
            file: file.path.clone(),
            folder: folder.to_owned(),
            place,
            in_product: inner.starts_with("src/") || inner == "build.rs",
            code,
            mentions,
        })
    }

    /// Whether the code at `offset` ends up in a library or binary.
    pub fn is_product(&self, offset: usize) -> bool {
        self.in_product && !self.code.is_test(offset)
    }

    /// A finding at `offset`.
    pub fn finding(&self, offset: usize, what: impl Into<String>) -> Finding {
        Finding {
            file: self.file.clone(),
            line: self.code.line(offset),
            what: what.into(),
        }
    }
}

/// The crate's folder if the file is its manifest, nothing for the root's.
fn manifest_folder(path: &str) -> Option<&str> {
    if path == "Cargo.toml" {
        return Some("");
    }
    let folder = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
    (!folder.contains('/')).then_some(folder)
}

/// The module that a file under `src/` is.
fn place(inner: &str) -> Vec<String> {
    if inner.starts_with("bin/") {
        return Vec::new();
    }
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    let mut place: Vec<String> = inner.split('/').map(str::to_owned).collect();
    let root = ["lib", "main"].map(|name| place.as_slice() == [name]);
    if root.contains(&true) || place.last().is_some_and(|last| last == "mod") {
        place.pop();
    }
    place
}

/// The files, without `.rs`, that some module declares under `#[cfg(test)]`.
fn test_files(modules: &[Module]) -> Vec<String> {
    let mut found = Vec::new();
    for module in modules {
        let words = paths::words(&module.code);
        for pair in words.windows(2) {
            if let [("mod", offset, _), (name, _, _)] = pair
                && module.code.is_test(*offset)
            {
                let mut parts = vec!["crates", &module.folder, "src"];
                parts.extend(module.place.iter().map(String::as_str));
                parts.push(name);
                found.push(parts.join("/"));
            }
        }
    }
    found
}

/// Sorted, each once.
fn report(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings.dedup();
    findings
}
