//! The query: one model for every way of asking.
