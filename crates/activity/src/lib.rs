//! Believable activity of an AI platform: what the demo shows and what the benchmark's events are made of.
//!
//! It must hold that:
//!
//! - nothing here reads a clock, a file, a socket or a source of randomness: all of it follows from a seed and
//!   the times that are handed in, byte for byte, on every machine;
//! - nobody real is meant: names are put together by number, addresses are those reserved for documentation,
//!   companies and models are made up.

pub mod demo;
pub mod names;
pub mod random;
