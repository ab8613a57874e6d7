//! The server as its clients meet it: the real binary, over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod anchor;
mod catalog;
mod cli;
mod cli_check;
mod cli_completions;
mod cli_config;
mod cli_connection;
mod cli_errors;
mod cli_ingest;
mod cli_query;
mod cli_tail;
mod cli_verify;
mod client;
mod completions;
mod consistency;
mod contract;
mod demo;
mod encodings;
mod export;
mod facets;
mod faults;
mod histogram;
mod kill;
mod lifecycle;
mod limits;
mod monitor;
mod pages;
mod proofs;
mod published;
mod record;
mod redaction;
mod repeat;
mod settings;
mod slow;
mod tail;
mod wait;
mod walks;
