//! Loose ends, and words that have no business in the repository.
//!
//! The words themselves are put together from pieces, so that this file does not break its own
//! rules.

use super::{Repository, report};
use crate::Finding;
use crate::tree::File;

/// Marks of unfinished work, as whole words.
const MARKS: [&str; 3] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
];

/// Extensions in which a mark is a mark; prose may speak of them.
const MARKED: [&str; 8] = ["rs", "ts", "tsx", "py", "go", "css", "sh", "toml"];

/// Folders of one machine. The product names its own by configuration.
const FOLDERS: [&str; 3] = [
    concat!("/ro", "ot/"),
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
];

/// Talk about how a change came about, in lower case. What the product itself speaks of (sessions,
/// agents, prompts) is not talk.
const TALK: [&str; 9] = [
    concat!("as ins", "tructed"),
    concat!("the br", "ief says"),
    concat!("per the br", "ief"),
    concat!("my br", "ief"),
    concat!("coding ses", "sion"),
    concat!("helper ses", "sion"),
    concat!("co-author", "ed-by"),
    concat!("as an ai lan", "guage model"),
    concat!("issue", " #"),
];

/// `todo!`, `unimplemented!`, `#[ignore]` and marks of unfinished work.
pub fn loose_ends(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for module in &repository.modules {
        let code: &str = &module.code.text;
        for (word, offset, _) in crate::paths::words(&module.code) {
            let before = code.get(..offset).unwrap_or_default();
            let after = code
                .get(offset + word.len()..)
                .unwrap_or_default()
                .trim_start();
            let what = match word {
                "todo" | "unimplemented" if after.starts_with('!') => format!("{word}!"),
                "ignore" if is_attribute(before) => "#[ignore]".to_owned(),
                _ => continue,
            };
            findings.push(module.finding(offset, what));
        }
    }
    let marked = |file: &&File| MARKED.contains(&file.extension()) || file.extension().is_empty();
    for file in repository.files.iter().filter(marked) {
        for (line, text) in numbered(&file.text) {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            for word in words.filter(|word| MARKS.contains(word)) {
                findings.push(place(file, line, word));
            }
        }
    }
    report(findings)
}

/// Whether what comes next is an attribute of its own, or one under a `cfg_attr`.
fn is_attribute(before: &str) -> bool {
    let open = before.rsplit_once('#').map(|(_, open)| open.trim());
    let inside = open.and_then(|open| open.strip_prefix('['));
    inside.is_some_and(|inside| {
        let conditional = inside.trim_start().starts_with("cfg_attr") && !inside.contains(']');
        inside.is_empty() || conditional
    })
}

/// Tests that wait for a time to pass instead of for what they need.
pub fn sleeping_tests(repository: &Repository) -> Vec<Finding> {
    const SLEEPS: [&str; 5] = [
        "std::thread::sleep",
        "std::thread::sleep_ms",
        "std::thread::sleep_until",
        "tokio::time::sleep",
        "tokio::time::sleep_until",
    ];
    let mut findings = Vec::new();
    for module in &repository.modules {
        for mention in &module.mentions {
            let sleeps = SLEEPS.contains(&mention.path.as_str());
            if sleeps && !module.is_product(mention.offset) {
                findings.push(module.finding(mention.offset, mention.path.as_str()));
            }
        }
    }
    report(findings)
}

/// Absolute paths into somebody's home or workplace.
pub fn machine_paths(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.files {
        for (line, text) in numbered(&file.text) {
            for folder in FOLDERS {
                let mut found = text.match_indices(folder);
                // Behind a name it is the middle of a longer path or of an address.
                if found.any(|(at, _)| !ends_in_name(text.get(..at).unwrap_or_default())) {
                    findings.push(place(file, line, folder));
                }
            }
        }
    }
    report(findings)
}

/// Talk that belongs in a conversation.
pub fn talk(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &repository.files {
        for (line, text) in numbered(&file.text) {
            let text = text.to_lowercase();
            for phrase in TALK.iter().filter(|phrase| text.contains(**phrase)) {
                findings.push(place(file, line, phrase));
            }
        }
    }
    report(findings)
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

fn ends_in_name(text: &str) -> bool {
    let last = text.chars().next_back();
    last.is_some_and(|c| c.is_alphanumeric() || "_-.~}$)".contains(c))
}

fn place(file: &File, line: usize, what: &str) -> Finding {
    Finding {
        file: file.path.clone(),
        line,
        what: what.to_owned(),
    }
}
