//! The ledger as its callers see it, against the specifications and other implementations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checkpoint;
mod entry;
mod note;
mod tree;
mod vectors;
