//! The proof side of Evident: what makes an organization's log tamper-evident.
//!
//! An event becomes a salted commitment, the commitment an [`entry`], the entry
//! a leaf of the organization's Merkle [`tree`] (RFC 6962), and the tree's root
//! a signed [`checkpoint`]. A [`proof`] shows that a leaf is under a checkpoint, or
//! that one checkpoint extends another. The bytes are specified in `spec/ledger.md`;
//! trees, checkpoints, signed notes and [proofs in files](proof_text) are exactly the
//! C2SP formats `tlog-tiles`, `tlog-checkpoint`, `signed-note`, `tlog-proof` and
//! `tlog-witness`.
//!
//! To read it whole: [`hash`], [`entry`], [`tree`], [`tile`], [`proof`], [`note`],
//! [`checkpoint`], [`proof_text`]. Each needs only those before it.
//!
//! What must always hold:
//!
//! - The crate is pure: no I/O, no async, no clock, no randomness. Seeds, times
//!   and stored hashes come from the caller, so every result can be repeated.
//! - Nothing here panics on bytes from a disk or a network.
//! - It is small enough that an auditor reads it in an hour.
//!
//! Cloudflare's `tlog_tiles` and `signed_note` were considered and not taken:
//! they bind ed25519-dalek 2, sha2 0.10, thiserror 1, url and serde, and Go's
//! interleaved index of stored hashes, while our level files are flat.

pub mod checkpoint;
pub mod entry;
pub mod hash;
pub mod note;
pub mod proof;
pub mod proof_text;
pub mod tile;
pub mod tree;

pub use hash::{HASH_BYTES, Hash};
