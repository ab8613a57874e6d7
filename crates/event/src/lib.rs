//! What an audit event is.
//!
//! This crate knows the record, its canonical bytes, the catalog of event types and the model of
//! a query. It must hold that:
//!
//! - nothing here reads a clock, a file, a socket or a source of randomness: the same input gives
//!   the same output, for ever;
//! - bytes from outside are hostile: every parser is bounded in depth, size and time, and returns
//!   an error that says where and why;
//! - the canonical bytes of an event are RFC 8785: parsing them and writing them again gives the
//!   same bytes.

pub mod canonical;
pub mod catalog;
mod fold;
pub mod id;
pub mod json;
pub mod nearest;
pub mod query;
pub mod record;
pub mod redact;
pub mod time;
