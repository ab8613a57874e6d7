//! The rules of the house, as code: what a reviewer would otherwise have to say again and again.
//!
//! `tests/house.rs` applies every rule to this repository, and to a good and a bad example of its
//! own. It must hold that:
//!
//! - a rule is a pure function from files to findings; only [`tree`] touches the disk, and only to
//!   read;
//! - a rule sees code as the compiler does, as far as a scan can: comments and literals do not
//!   count, a path is followed through the `use` that renamed it, code under `#[cfg(test)]` is told
//!   from the product;
//! - there is no list of exceptions. A rule that is wrong is changed here, for everybody.

use std::fmt;

pub mod paths;
pub mod rules;
pub mod rust;
pub mod tree;

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the repository, with `/`.
    pub file: String,
    /// Counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// What stands there.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}
