//! The keeping side of Evident: what was acknowledged stays, exactly once, in order.
//!
//! The write-ahead log is the database; the index, the organizations' Merkle trees and their
//! published checkpoints are derived from it. What must always hold:
//!
//! - an append is acknowledged only after its frame is on stable storage and its rows can be found;
//! - start-up and steady state apply frames with the same code (`state.rs`);
//! - a checkpoint is signed only over durable leaves, and never two roots for one size;
//! - every byte that is written, synced, renamed or removed goes through [`durable`];
//! - after a failed write or sync nothing is acknowledged until the process starts anew.

pub mod anchor;
pub mod append;
pub mod check;
pub mod checkpoints;
mod compare;
pub mod durable;
pub mod expiry;
pub mod health;
pub mod index;
mod layout;
pub mod logs;
mod measure;
pub mod proofs;
mod publisher;
pub mod queue;
mod recover;
mod replay;
mod scrub;
pub mod seeds;
mod segment;
mod sequencer;
mod state;
mod store;
mod upkeep;
pub mod verify;
pub mod wal;

/// The tests' model of a disk, which names this crate as the tests outside of it do.
#[cfg(test)]
#[path = "../tests/store/disk.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
mod disk;
#[cfg(test)]
extern crate self as evident_store;

pub use layout::{MAX_ORGANIZATION_ID_BYTES, is_organization_id};
pub use measure::Measurements;
pub use recover::OpenError;
pub use store::{Options, Store};
pub use upkeep::SealError;
