//! What a query means, as the most obvious program that says it.
//!
//! An event is its JSON, a log is a list of events, a question is a plain structure, and every
//! answer is a walk over the whole list. Nothing here is the product's: paths, case, words,
//! patterns and calendars are written once more, each in the way that is easiest to read. They may
//! be slow, and may know only the characters, numbers and zones that `generate` uses.

pub mod answers;
pub mod ask;
pub mod field;
pub mod limits;
pub mod log;
pub mod text;
pub mod time;
