//! Serving: the `evident` binary.
//!
//! `http` and `cli` call features ([`auth`], [`capture`], [`query`], [`vitals`]), features call
//! the store and [`control`], and do not import each other but for `auth`; [`app`] alone wires.
//! [`demo`] is a caller of features as `http` is, with a key of its own.

#![allow(
    dead_code,
    unused_imports,
    reason = "while the control plane is being put together"
)]

mod acts;
mod app;
mod auth;
mod budget;
mod capture;
mod cli;
mod config;
mod control;
mod demo;
mod edge;
mod export;
mod founding;
mod http;
mod inviting;
mod logging;
mod mail;
mod metrics;
mod places;
mod prover;
mod query;
mod reads;
mod retention;
mod secrets;
mod setting_up;
mod sheet;
mod signing_in;
mod sso;
mod vitals;
mod workers;

use std::process::ExitCode;

/// Parsing and keeping events is mostly small allocations that one thread makes and another frees,
/// which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Whatever is made in the data directory is for its owner alone.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    cli::run()
}
