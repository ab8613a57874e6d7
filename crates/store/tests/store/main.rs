//! Tests of the store through its public face: what is acknowledged stays.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

mod anchors;
mod appends;
mod conformance;
mod crash;
mod damage;
mod disk;
mod expiry;
mod faults;
mod groups;
mod history;
mod lives;
mod proofs;
mod round_trip;
mod segments;
mod tails;
mod world;
