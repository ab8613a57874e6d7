//! The ledger as its callers see it, against the specifications and other implementations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checkpoint;
mod entry;
mod files;
mod note;
mod proof;
mod proof_claims;
mod proof_text;
mod proof_text_form;
mod rfc;
mod tile;
mod tree;
mod vectors;
