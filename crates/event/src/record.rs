//! The record: what a client sends, made into the bytes that are kept.
