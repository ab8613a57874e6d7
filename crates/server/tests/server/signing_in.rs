//! Signing in with a password, sessions, and what strangers try with both.

mod passwords;
mod second_factor;
mod sessions;
mod strangers;
