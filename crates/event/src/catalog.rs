//! The catalog: the event types that are known.
