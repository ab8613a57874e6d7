//! The paths that a file names, followed through its `use` declarations.
//!
//! `use std::fs as disk; disk::write(…)` names `std::fs::write`, and `super::query::plan` inside
//! `capture` names `crate::query::plan`. What this cannot see are names that come in through a
//! glob of one of our own modules, or out of a macro; a glob of a foreign one is itself a name
//! (`std::fs::*`), which the rules refuse.

use crate::rust::Code;

/// Longest chain of renamings that is followed; a bound, so that a circle ends.
const MAX_RENAMES: usize = 4;

/// A path that the code names, in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Segments joined by `::`. Begins with `crate` for the file's own crate.
    pub path: String,
    /// Where, in bytes.
    pub offset: usize,
}

impl Mention {
    /// Whether the path is `prefix` or lies in it.
    pub fn is_in(&self, prefix: &str) -> bool {
        let rest = self.path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    PathSeparator,
    Sign(char),
}

/// Every path of two or more segments, and every single word that a `use` stands behind, that the
/// code of the module `module` (such as `["query", "plan"]`) in the crate `crate_name` names.
pub fn mentions(code: &Code, crate_name: &str, module: &[String]) -> Vec<Mention> {
    let mut scan = Scan {
        tokens: tokens(&code.text),
        at: 0,
        module: module.to_vec(),
        found: Vec::new(),
        names: Vec::new(),
    };
    scan.run();
    let Scan { found, names, .. } = scan;
    let own = format!("{}::", crate_name.replace('-', "_"));
    let mut mentions = Vec::new();
    for (written, offset) in found {
        for path in resolved(&written, &names) {
            if path.contains("::") {
                let path = match path.strip_prefix(&own) {
                    Some(rest) => format!("crate::{rest}"),
                    None => path,
                };
                mentions.push(Mention { path, offset });
            }
        }
    }
    mentions
}

/// The words of the code, each with its offset and whether a dot stands before it.
pub fn words(code: &Code) -> Vec<(&str, usize, bool)> {
    let tokens = tokens(&code.text);
    let mut words = Vec::new();
    let mut after_dot = false;
    for (token, offset) in tokens {
        if let Token::Word(word) = token {
            words.push((word, offset, after_dot));
        }
        after_dot = token == Token::Sign('.');
    }
    words
}

fn tokens(text: &str) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_alphanumeric() || c == '_' {
            let mut end = start + c.len_utf8();
            while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                end = at + c.len_utf8();
            }
            if let Some(word) = text.get(start..end) {
                tokens.push((Token::Word(word), start));
            }
        } else if c == ':' && chars.next_if(|(_, c)| *c == ':').is_some() {
            tokens.push((Token::PathSeparator, start));
        } else if !c.is_whitespace() {
            tokens.push((Token::Sign(c), start));
        }
    }
    tokens
}

struct Scan<'a> {
    tokens: Vec<(Token<'a>, usize)>,
    at: usize,
    /// The module that the scan stands in: the file's, then inline ones.
    module: Vec<String>,
    found: Vec<(String, usize)>,
    /// What a word means in this file.
    names: Vec<(String, String)>,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).map(|(token, _)| *token)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(_, offset)| *offset)
    }

    fn take(&mut self, token: Token<'_>) -> bool {
        let taken = self.peek() == Some(token);
        self.at += usize::from(taken);
        taken
    }

    fn word(&mut self) -> Option<&'a str> {
        let Some(Token::Word(word)) = self.peek() else {
            return None;
        };
        self.at += 1;
        Some(word)
    }

    fn run(&mut self) {
        let mut depth = 0_usize;
        let mut inline: Vec<usize> = Vec::new();
        let mut after_dot = false;
        while let Some(token) = self.peek() {
            match token {
                Token::Sign('{') => depth += 1,
                Token::Sign('}') => {
                    if inline.last() == Some(&depth) {
                        inline.pop();
                        self.module.pop();
                    }
                    depth = depth.saturating_sub(1);
                }
                Token::Word("mod") => {
                    self.at += 1;
                    if self.module_item() {
                        depth += 1;
                        inline.push(depth);
                    }
                    continue;
                }
                Token::Word("use") => {
                    self.at += 1;
                    if self.peek() != Some(Token::Sign('<')) {
                        self.take(Token::PathSeparator);
                        self.use_tree(&mut Vec::new());
                    }
                    continue;
                }
                Token::Word(_) if !after_dot => {
                    self.plain_path();
                    continue;
                }
                _ => {}
            }
            after_dot = token == Token::Sign('.');
            self.at += 1;
        }
    }

    /// After `mod`: notes its name, and enters it if it is inline.
    fn module_item(&mut self) -> bool {
        let Some(name) = self.word() else {
            return false;
        };
        let mut path = vec!["crate".to_owned()];
        path.extend(self.module.iter().cloned());
        path.push(name.to_owned());
        self.names.push((name.to_owned(), path.join("::")));
        let enters = self.take(Token::Sign('{'));
        if enters {
            self.module.push(name.to_owned());
        }
        enters
    }

    fn use_tree(&mut self, path: &mut Vec<String>) {
        let before = path.len();
        let offset = self.offset();
        loop {
            if self.take(Token::Sign('{')) {
                while self.peek().is_some() && !self.take(Token::Sign('}')) {
                    let place = self.at;
                    self.use_tree(path);
                    self.take(Token::Sign(','));
                    // Not a `use` after all (a macro's text): go on behind it.
                    self.at += usize::from(self.at == place);
                }
                break;
            }
            if self.take(Token::Sign('*')) {
                path.push("*".to_owned());
                self.imported(path, "*", offset);
                break;
            }
            let Some(word) = self.word() else {
                break;
            };
            path.push(word.to_owned());
            if !self.take(Token::PathSeparator) {
                if word == "self" && path.len() > 1 {
                    path.pop();
                }
                let renamed = self.take(Token::Word("as")).then(|| self.word()).flatten();
                let name = renamed.map(str::to_owned).or_else(|| path.last().cloned());
                self.imported(path, &name.unwrap_or_default(), offset);
                break;
            }
        }
        path.truncate(before);
    }

    fn imported(&mut self, path: &[String], name: &str, offset: usize) {
        let path = self.absolute(path.to_vec());
        self.names.push((name.to_owned(), path.clone()));
        self.found.push((path, offset));
    }

    fn plain_path(&mut self) {
        let offset = self.offset();
        let mut path = Vec::new();
        while let Some(word) = self.word() {
            path.push(word.to_owned());
            if !self.take(Token::PathSeparator) {
                break;
            }
        }
        let path = self.absolute(path);
        self.found.push((path, offset));
    }

    /// With `self` and `super` at its head replaced by what they mean here.
    fn absolute(&self, path: Vec<String>) -> String {
        let is_relative = |word: &&String| matches!(word.as_str(), "self" | "super");
        let heads = path.iter().take_while(is_relative).count();
        if heads == 0 || path.len() == heads {
            return path.join("::");
        }
        let ups = path.iter().take(heads).filter(|word| *word == "super");
        let kept = self.module.len().saturating_sub(ups.count());
        let own = self.module.iter().take(kept);
        let all = std::iter::once("crate").chain(own.map(String::as_str));
        let rest = path.iter().skip(heads).map(String::as_str);
        all.chain(rest).collect::<Vec<_>>().join("::")
    }
}

/// All that a written path can mean: a name may stand for different things in different blocks.
fn resolved(written: &str, names: &[(String, String)]) -> Vec<String> {
    let mut paths = vec![written.to_owned()];
    for _ in 0..MAX_RENAMES {
        let mut next = Vec::new();
        let mut changed = false;
        for path in paths {
            let (head, rest) = match path.split_once("::") {
                Some((head, rest)) => (head, Some(rest)),
                None => (path.as_str(), None),
            };
            let meanings = names
                .iter()
                .filter(|(name, full)| name == head && !starts_with_itself(full, head));
            let mut known = false;
            for (_, full) in meanings {
                known = true;
                let path = rest.map_or_else(|| full.clone(), |rest| format!("{full}::{rest}"));
                if !next.contains(&path) {
                    next.push(path);
                }
            }
            changed |= known;
            if !known && !next.contains(&path) {
                next.push(path);
            }
        }
        paths = next;
        if !changed {
            break;
        }
    }
    paths
}

fn starts_with_itself(full: &str, name: &str) -> bool {
    full.split("::").next() == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(module: &[&str], source: &str) -> Vec<String> {
        let module: Vec<String> = module.iter().map(|part| (*part).to_owned()).collect();
        let found = mentions(&Code::of(source), "evident-server", &module);
        found.into_iter().map(|mention| mention.path).collect()
    }

    fn names(module: &[&str], source: &str, path: &str) -> bool {
        named(module, source).iter().any(|named| named == path)
    }

    #[test]
    fn groups_renamings_and_globs_are_followed() {
        assert!(names(
            &[],
            "use std::{io, fs::{self, File}}; fn a() { fs::write(b) }",
            "std::fs::write"
        ));
        assert!(names(
            &[],
            "use std::fs::{self, File}; File::create(x)",
            "std::fs::File::create"
        ));
        assert!(names(
            &[],
            "use std::fs as disk; disk::write(a)",
            "std::fs::write"
        ));
        assert!(names(
            &[],
            "use std as s; use s::fs as d; d::write(a)",
            "std::fs::write"
        ));
        assert!(names(&[], "use std::fs::*;", "std::fs::*"));
        assert!(names(
            &[],
            "use ::tokio::time::sleep; sleep(a)",
            "tokio::time::sleep"
        ));
        assert!(names(&[], "std::fs::read::<P>(a)", "std::fs::read"));
    }

    #[test]
    fn self_super_and_crate_are_resolved_where_they_stand() {
        assert!(names(
            &["capture"],
            "use super::query::plan;",
            "crate::query::plan"
        ));
        assert!(names(
            &["capture", "door"],
            "super::super::query::a()",
            "crate::query::a"
        ));
        assert!(names(
            &["capture"],
            "mod t { use super::query; }",
            "crate::capture::query"
        ));
        assert!(names(
            &["capture"],
            "mod t { mod u {} } use super::query;",
            "crate::query"
        ));
        assert!(names(
            &["capture"],
            "use self::door::Door;",
            "crate::capture::door::Door"
        ));
        assert!(names(
            &[],
            "mod query; fn main() { query::run() }",
            "crate::query::run"
        ));
        assert!(names(
            &[],
            "evident_server::query::run()",
            "crate::query::run"
        ));
    }

    #[test]
    fn methods_fields_and_words_of_the_file_are_no_paths() {
        assert!(named(&[], "a.fs.write(b); let fs = 1; fs + 1").is_empty());
        assert!(!names(&[], "use std::fs; a.fs()", "std::fs::fs"));
        assert_eq!(named(&[], "impl Trait + use<'a, T>"), Vec::<String>::new());
    }

    #[test]
    fn a_circle_of_names_ends() {
        let found = named(&[], "use a::b; use b::a; a::c(); b::c();");
        assert!(found.len() < 20, "{found:?}");
    }
}
