//! The fixed bounds of HTTP, each with its unit. Those that an operator may change are in
//! [`crate::config`].

use std::time::Duration;

/// Longest body of a request, in bytes, both as sent and after decompression.
pub(crate) const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// Longest document of an administrator, in bytes: redaction rules at their bounds, with room for
/// escapes.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Levels of nesting of a document.
pub(crate) const MAX_DOCUMENT_DEPTH: usize = 16;
/// Longest request target, in bytes.
pub(crate) const MAX_URI_BYTES: usize = 16 * 1024;
/// Longest head of a request, in bytes: beyond it the connection is answered 431 and closed.
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Most header fields of a request.
pub(crate) const MAX_HEADER_FIELDS: usize = 100;
/// Most bytes that are decompressed at once.
pub(crate) const DECOMPRESSION_STEP_BYTES: usize = 64 * 1024;
/// Largest window of a zstd frame, as a power of two: the 8 MiB that RFC 9659 allows in HTTP.
pub(crate) const MAX_ZSTD_WINDOW_LOG: u32 = 23;
/// How much of a refused request's body is still read, so that the client gets to the answer.
pub(crate) const LINGER_BYTES: usize = 32 * 1024 * 1024;
/// How long a refused request's body is still read.
pub(crate) const LINGER: Duration = Duration::from_secs(5);
/// Longest `Idempotency-Key`, in bytes.
pub(crate) const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;
/// Longest `x-request-id` that is taken over from a client, in bytes.
pub(crate) const MAX_REQUEST_ID_BYTES: usize = 128;
/// Most further entries of a problem's `errors`, beyond one for each refused event.
pub(crate) const MAX_FURTHER_ERRORS: usize = 1_000;
/// Longest pointer or reason that a problem repeats, in bytes.
pub(crate) const MAX_ERROR_TEXT_BYTES: usize = 1024;
/// When a client that was told 429 or 503 may come again.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How many new connections the kernel keeps waiting.
pub(crate) const ACCEPT_BACKLOG: u32 = 1024;
/// How long accepting pauses after it failed, for example for want of file descriptors.
pub(crate) const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
