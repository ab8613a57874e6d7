//! The server as its clients meet it: the real binary, over HTTP.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../harness/mod.rs"]
mod harness;

mod access;
mod anchor;
mod api_keys;
mod audited;
mod catalog;
mod cli;
mod cli_check;
mod cli_completions;
mod cli_config;
mod cli_connection;
mod cli_errors;
mod cli_ingest;
mod cli_keys;
mod cli_query;
mod cli_tail;
mod cli_verify;
mod client;
mod completions;
mod consistency;
mod contract;
mod databases;
mod demo;
mod encodings;
mod export;
mod facets;
mod faults;
mod histogram;
mod invitations;
mod kill;
mod lifecycle;
mod limits;
mod members;
mod members_people;
mod monitor;
mod organizations;
mod organizations_people;
mod outbox;
mod pages;
mod people;
mod projects;
mod proofs;
mod published;
mod reads;
mod record;
mod redaction;
mod repeat;
mod roles;
mod scopes;
mod settings;
mod setup;
mod signing_in;
mod slow;
mod sso;
mod sso_misuse;
mod sso_settings;
mod tail;
mod viewers;
mod views;
mod wait;
mod walks;
