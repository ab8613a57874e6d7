//! Server-Sent Events, as WHATWG's HTML standard has them ("9.2.6 Interpreting an event stream").
//!
//! A [`Reader`] is given the bytes as they come, in pieces of any size, and calls back for every
//! message that is whole. What must always hold:
//!
//! - a message counts once its blank line has come: one that was broken off is as if it had never
//!   begun, and its id is not taken, so that going on after [`Reader::last_id`] misses nothing;
//! - memory is bounded, whatever is sent.
//!
//! It is stricter than the standard in two things: bytes that are not UTF-8 are an error and not
//! replaced, since an event must be what was recorded or nothing; and lines have a bound.

use std::time::Duration;

/// Most bytes of a line. An event has at most 256 KiB as it is sent.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes of a message's data, over all its lines.
const MAX_DATA_BYTES: usize = 8 * 1024 * 1024;
/// Most bytes of an id. Evident's are numbers.
const MAX_ID_BYTES: usize = 256;
/// What a stream may begin with.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";
/// The type of messages that say none.
const USUAL_KIND: &str = "message";

/// The stream is none that can be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SseError {
    /// A line, or the lines of a message together, are too long.
    #[error("a message is longer than {0} bytes")]
    TooLong(usize),
    /// A line is not UTF-8.
    #[error("a line is not UTF-8")]
    NotUtf8,
}

/// A message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message<'m> {
    /// Its type; `message` unless it says another.
    pub(super) kind: &'m str,
    /// Its data: the `data` lines, joined by line feeds.
    pub(super) data: &'m str,
    /// The id that it brought, or the last one before.
    pub(super) id: &'m str,
}

/// Reads a stream.
#[derive(Debug, Default)]
pub(super) struct Reader {
    line: Vec<u8>,
    /// Whether the first line is over.
    has_begun: bool,
    /// Whether the last byte was a carriage return, whose line feed may follow.
    after_return: bool,
    kind: String,
    data: String,
    has_data: bool,
    id: String,
    last_id: String,
    retry: Option<Duration>,
}

impl Reader {
    /// Reads a stream that goes on after this id, or from wherever it begins if that is empty.
    pub(super) fn after(last_id: &str) -> Self {
        Self {
            id: last_id.to_owned(),
            last_id: last_id.to_owned(),
            ..Self::default()
        }
    }

    /// The id of the last message that was whole. It may have had no data.
    pub(super) fn last_id(&self) -> &str {
        &self.last_id
    }

    /// How long the server wants to be left alone before a new connection, if it said so.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Reads the next bytes, and hands over the messages that end in them.
    pub(super) fn feed<E: From<SseError>>(
        &mut self,
        mut bytes: &[u8],
        mut hear: impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if let (true, Some((first, rest))) = (self.after_return, bytes.split_first()) {
            self.after_return = false;
            if *first == b'\n' {
                bytes = rest;
            }
        }
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
            let (line, rest) = bytes.split_at(end);
            self.extend(line)?;
            self.end_line(&mut hear)?;
            bytes = match rest {
                [b'\r', b'\n', rest @ ..] => rest,
                [b'\r'] => {
                    self.after_return = true;
                    &[]
                }
                _ => rest.get(1..).unwrap_or_default(),
            };
        }
        Ok(self.extend(bytes)?)
    }

    fn extend(&mut self, part: &[u8]) -> Result<(), SseError> {
        if self.line.len() + part.len() > MAX_LINE_BYTES {
            return Err(SseError::TooLong(MAX_LINE_BYTES));
        }
        self.line.extend_from_slice(part);
        Ok(())
    }

    fn end_line<E: From<SseError>>(
        &mut self,
        hear: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        let mut text: &[u8] = &line;
        if !self.has_begun {
            self.has_begun = true;
            text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        }
        if text.is_empty() {
            self.end_message(hear)?;
        } else {
            self.field(text)?;
        }
        // The line's memory is kept for the next one.
        self.line = line;
        self.line.clear();
        Ok(())
    }

    fn field(&mut self, line: &[u8]) -> Result<(), SseError> {
        let line = std::str::from_utf8(line).map_err(|_| SseError::NotUtf8)?;
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if self.data.len() + value.len() >= MAX_DATA_BYTES {
                    return Err(SseError::TooLong(MAX_DATA_BYTES));
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.has_data = true;
                self.data.push_str(value);
            }
            "id" if value.len() > MAX_ID_BYTES => return Err(SseError::TooLong(MAX_ID_BYTES)),
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "event" => value.clone_into(&mut self.kind),
            "retry" if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis);
            }
            // A comment has an empty name; what is not known is left out.
            _ => {}
        }
        Ok(())
    }

    fn end_message<E: From<SseError>>(
        &mut self,
        hear: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.id.clone_into(&mut self.last_id);
        let has_data = std::mem::take(&mut self.has_data);
        // As the standard has it, a message whose data is empty is none.
        let heard = if has_data && !self.data.is_empty() {
            hear(Message {
                kind: match self.kind.as_str() {
                    "" => USUAL_KIND,
                    kind => kind,
                },
                data: &self.data,
                id: &self.last_id,
            })
        } else {
            Ok(())
        };
        self.data.clear();
        self.kind.clear();
        heard
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    /// The messages as `kind|data|id`, of a stream that comes in pieces of this size.
    fn heard_in(stream: &[u8], size: usize) -> (Vec<String>, Reader) {
        let mut reader = Reader::default();
        let mut messages = Vec::new();
        for piece in stream.chunks(size) {
            reader
                .feed(piece, |Message { kind, data, id }| {
                    messages.push(format!("{kind}|{data}|{id}"));
                    Ok::<_, SseError>(())
                })
                .unwrap();
        }
        (messages, reader)
    }

    /// The same, after checking that the pieces make no difference.
    fn heard(stream: &str) -> (Vec<String>, Reader) {
        let whole = heard_in(stream.as_bytes(), usize::MAX);
        for size in 1..stream.len().min(8) {
            assert_eq!(heard_in(stream.as_bytes(), size).0, whole.0, "by {size}");
        }
        whole
    }

    fn error_of(stream: &[u8]) -> Option<SseError> {
        let mut reader = Reader::default();
        reader.feed(stream, |_| Ok::<_, SseError>(())).err()
    }

    #[test]
    fn messages_end_with_a_blank_line_however_lines_end() {
        for end in ["\n", "\r", "\r\n"] {
            let stream = "id: 7\ndata: {\"a\":1}\n\nid:8\ndata:{}\n\n".replace('\n', end);
            assert_eq!(heard(&stream).0, ["message|{\"a\":1}|7", "message|{}|8"]);
        }
        let mixed = "data: a\r\r\ndata: b\n\rdata: c\r\n\n";
        assert_eq!(heard(mixed).0, ["message|a|", "message|b|", "message|c|"]);
    }

    #[test]
    fn data_is_joined_by_line_feeds_and_loses_one_space() {
        assert_eq!(
            heard("data:  a\ndata\ndata: b:c\n\n").0,
            ["message| a\n\nb:c|"]
        );
        // Two empty data lines are one line feed: a message; a single one is none.
        assert_eq!(heard("data\ndata\n\ndata:\n\n").0, ["message|\n|"]);
    }

    #[test]
    fn a_heartbeat_is_no_message_but_its_id_counts() {
        let (messages, reader) = heard(": still here\n\nid: 41\n\n:\n\n");
        assert!(messages.is_empty());
        assert_eq!(reader.last_id(), "41");
        let (messages, _) = heard("id: 41\n\ndata: x\n\n");
        assert_eq!(messages, ["message|x|41"], "the id stays until another");
    }

    #[test]
    fn a_message_that_was_broken_off_never_was() {
        let (messages, reader) = heard("id: 1\ndata: a\n\nid: 2\ndata: b\n");
        assert_eq!(messages, ["message|a|1"]);
        assert_eq!(reader.last_id(), "1");
    }

    #[test]
    fn a_new_connection_keeps_the_id_of_the_old_one() {
        let mut reader = Reader::after("9");
        reader.feed(b":\n\n", |_| Ok::<_, SseError>(())).unwrap();
        assert_eq!(reader.last_id(), "9");
        reader.feed(b"id\n\n", |_| Ok::<_, SseError>(())).unwrap();
        assert_eq!(reader.last_id(), "", "an empty id takes it back");
    }

    #[test]
    fn a_byte_order_mark_is_left_out_at_the_beginning_only() {
        assert_eq!(heard("\u{feff}data: a\n\n").0, ["message|a|"]);
        assert_eq!(heard("\u{feff}\ndata: a\n\n").0, ["message|a|"]);
        assert!(heard("\n\u{feff}data: a\n\n").0.is_empty());
    }

    #[test]
    fn kinds_hold_for_one_message_and_unknown_fields_for_none() {
        let stream = "event: note\ndata: a\n\nfoo: bar\ndata: b\n\nevent: x\n\ndata: c\n\n";
        assert_eq!(heard(stream).0, ["note|a|", "message|b|", "message|c|"]);
    }

    #[test]
    fn an_id_with_a_nul_is_left_out() {
        assert_eq!(heard("id: 1\nid: 2\0\ndata: a\n\n").0, ["message|a|1"]);
    }

    #[test]
    fn only_digits_say_when_to_come_again() {
        assert_eq!(
            heard("retry: 1500\n\n").1.retry(),
            Some(Duration::from_millis(1500))
        );
        for other in [
            "retry: 1.5\n\n",
            "retry: -1\n\n",
            "retry:\n\n",
            "retry: +1\n\n",
        ] {
            assert_eq!(heard(other).1.retry(), None, "{other:?}");
        }
    }

    #[test]
    fn what_is_too_long_or_not_utf8_is_an_error() {
        let long = vec![b'x'; MAX_LINE_BYTES + 1];
        assert_eq!(error_of(&long), Some(SseError::TooLong(MAX_LINE_BYTES)));
        assert_eq!(error_of(&long[1..]), None);
        let line = format!("data: {}\n", "x".repeat(MAX_LINE_BYTES - 6));
        assert_eq!(
            error_of(line.repeat(3).as_bytes()),
            Some(SseError::TooLong(MAX_DATA_BYTES))
        );
        assert_eq!(error_of(line.as_bytes()), None);
        assert_eq!(error_of(b"data: \xff\n"), Some(SseError::NotUtf8));
        let id = format!("id: {}\n", "1".repeat(MAX_ID_BYTES + 1));
        assert_eq!(
            error_of(id.as_bytes()),
            Some(SseError::TooLong(MAX_ID_BYTES))
        );
    }

    #[test]
    fn what_the_listener_says_stops_the_reading() {
        let mut reader = Reader::default();
        let mut heard = 0;
        let stopped = reader.feed(b"data: a\n\ndata: b\n\n", |_| {
            heard += 1;
            Err(SseError::NotUtf8)
        });
        assert!(stopped.is_err());
        assert_eq!(heard, 1);
    }
}
