//! The bounds of a record. Each is listed in `spec/event.md` under the same name.

/// The text of one event as it was sent, in bytes.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;
/// The canonical bytes of one event. Not checked but implied by the other bounds: a number grows
/// at most from `1e15,` to `1000000000000000,`, and what is added is bounded.
pub const MAX_CANONICAL_BYTES: usize = 1024 * 1024;
/// Scalars and empty containers in all the free-form metadata of an event, together.
pub const MAX_METADATA_LEAVES: usize = 256;
/// Reasons that a refused event is given.
pub const MAX_REFUSALS: usize = 16;
/// A string that becomes one index term: types, ids, names, e-mail addresses, `context`, in bytes.
pub const MAX_TERM_BYTES: usize = 1024;
/// `action`, in bytes.
pub const MAX_ACTION_BYTES: usize = 200;
/// `reason`, in bytes.
pub const MAX_REASON_BYTES: usize = 16 * 1024;
/// `description`, in bytes.
pub const MAX_DESCRIPTION_BYTES: usize = 16 * 1024;
/// `request.path`, in bytes.
pub const MAX_PATH_BYTES: usize = 8 * 1024;
/// Links in the chain `on_behalf_of`.
pub const MAX_ON_BEHALF_OF: usize = 32;
/// Items of `targets`.
pub const MAX_TARGETS: usize = 256;
/// Items of `changes`.
pub const MAX_CHANGES: usize = 1024;
/// How far `occurred_at` may lie after the receipt, in microseconds: 24 hours.
pub const MAX_FUTURE_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
