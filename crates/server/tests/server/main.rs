//! The server as its clients meet it: the real binary, over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod catalog;
mod cli;
mod contract;
mod encodings;
mod faults;
mod kill;
mod lifecycle;
mod limits;
mod pages;
mod record;
mod redaction;
mod repeat;
mod settings;
mod slow;
