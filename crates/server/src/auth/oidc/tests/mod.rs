//! Sign-ins against a real provider, and against a forger for what a real one does not do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod browser;
mod discovery;
mod forged;
mod real;
mod rig;
mod transport;
