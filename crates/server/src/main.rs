//! The `evident` binary.
fn main() {}
