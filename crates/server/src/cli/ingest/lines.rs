//! NDJSON: an event a line.
//!
//! What must always hold: no line is kept that is longer than an event may be, however long it is; and a
//! file that is JSON but has no event a line is told from one whose lines are wrong, before anything is
//! sent.

use std::io::{self, BufRead, Read};
use std::sync::atomic::Ordering;

use evident_event::record::MAX_EVENT_BYTES;

use super::batch::{Batch, Origin, Place, Run};
use super::letters::{Letter, Reason};
use super::records::{ReadError, Records, Taken};
use super::source::Source;

/// What a text may begin with, and is no part of.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Bytes of white space that may stand around an event beside its own.
const SLACK_BYTES: usize = 64;
/// What gzip and zstd begin with, and no text does.
const COMPRESSED: [&[u8]; 2] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd]];

/// Reads lines.
pub(super) struct Lines {
    source: Source,
    at: Place,
    /// The line that is being read.
    line: Vec<u8>,
    /// How many bytes of it have been skipped, if it is too long.
    skipped: u64,
    is_begun: bool,
}

impl Lines {
    /// Reads from a place on, which the source is at.
    pub(super) fn new(source: Source, at: Place) -> Self {
        Self {
            source,
            at,
            line: Vec::new(),
            skipped: 0,
            is_begun: false,
        }
    }

    /// Reads to the end of the line. Nothing at the end of all lines.
    fn read(&mut self) -> io::Result<Option<()>> {
        let most = MAX_EVENT_BYTES + SLACK_BYTES;
        if self.skipped == 0 {
            let room = (most + 1).saturating_sub(self.line.len()) as u64;
            let mut reader = (&mut self.source.reader).take(room);
            reader.read_until(b'\n', &mut self.line)?;
        }
        if self.line.len() > most && self.line.last() != Some(&b'\n') {
            self.skip()?;
        }
        Ok((!self.line.is_empty()).then_some(()))
    }

    /// Skips the rest of a line that is too long.
    fn skip(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.source.reader.fill_buf()?;
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let length = end.map_or(chunk.len(), |end| end + 1);
            self.source.reader.consume(length);
            self.skipped += length as u64;
            if end.is_some() || length == 0 {
                return Ok(());
            }
        }
    }

    /// What the beginning of all says of the rest.
    fn check_beginning(&mut self) -> Result<(), ReadError> {
        self.is_begun = true;
        if self.at != Place::default() {
            return Ok(());
        }
        if COMPRESSED.iter().any(|magic| self.line.starts_with(magic)) {
            return Err(ReadError::Compressed);
        }
        let text = self.line.strip_prefix(BYTE_ORDER_MARK);
        let text = text.unwrap_or(&self.line).trim_ascii();
        match text {
            [b'[', ..] => Err(ReadError::Array),
            // An object that does not end where the line does.
            b"{" => Err(ReadError::Spread),
            _ if text.contains(&b',') && !text.contains(&b'{') => Err(ReadError::Cells),
            _ => Ok(()),
        }
    }
}

impl Records for Lines {
    fn take(&mut self, batch: &mut Batch, run: &Run) -> Result<Taken, ReadError> {
        let is_impatient = !batch.is_empty();
        let impatience = &self.source.is_impatient;
        impatience.store(is_impatient, Ordering::Relaxed);
        match self.read() {
            Ok(Some(())) => {}
            Ok(None) => return Ok(Taken::End),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Taken::Idle),
            Err(error) => return Err(ReadError::of(error)),
        }
        if !self.is_begun {
            self.check_beginning()?;
        }
        let origin = Origin {
            line: self.at.lines + 1,
            offset: self.at.bytes,
        };
        let length = self.line.len() as u64 + std::mem::take(&mut self.skipped);
        let is_first = self.at.bytes == 0;
        self.at.bytes += length;
        self.at.lines += 1;
        let text = self.line.strip_suffix(b"\n").unwrap_or(&self.line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let unmarked = text.strip_prefix(BYTE_ORDER_MARK).filter(|_| is_first);
        let text = unmarked.unwrap_or(text);
        if text.len() > MAX_EVENT_BYTES {
            batch
                .letters
                .push(Letter::new(origin, text, vec![too_long(length)]));
        } else if !text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r')) {
            batch.push_line(origin, text, run);
        }
        self.line.clear();
        batch.end = self.at;
        Ok(Taken::Record)
    }
}

fn too_long(length: u64) -> Reason {
    let reason = format!(
        "an event has at most {MAX_EVENT_BYTES} bytes, and the line has {length}: shorten it, or send several events"
    );
    Reason::new("", "event_too_large", reason)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::{BufReader, Cursor};

    use proptest::prelude::*;

    use super::*;

    fn lines(text: &[u8], chunk: usize) -> Lines {
        let reader = BufReader::with_capacity(chunk, Cursor::new(text.to_vec()));
        let source = Source {
            reader: Box::new(reader),
            is_impatient: std::sync::Arc::default(),
            compression: None,
        };
        Lines::new(source, Place::default())
    }

    fn all(text: &[u8], chunk: usize) -> Result<Batch, ReadError> {
        let mut batch = Batch::default();
        let mut lines = lines(text, chunk);
        while let Taken::Record = lines.take(&mut batch, &Run([0; 32]))? {}
        Ok(batch)
    }

    #[test]
    fn lines_are_counted_and_blank_ones_left_out() {
        let text = b"\xef\xbb\xbf{\"id\":1}\r\n\n  \t\r\n{\"id\":2}\n{\"id\":3}";
        let batch = all(text, 7).unwrap();
        let sent: Vec<(u64, u64, &[u8])> = batch
            .sent()
            .map(|(origin, text)| (origin.line, origin.offset, text))
            .collect();
        assert_eq!(
            sent,
            [
                (1, 0, b"{\"id\":1}".as_slice()),
                (4, 19, b"{\"id\":2}"),
                (5, 28, b"{\"id\":3}")
            ]
        );
        let lines = 5;
        let bytes = text.len() as u64;
        assert_eq!(batch.end, Place { bytes, lines });
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_one_read() {
        let long = "x".repeat(3 * MAX_EVENT_BYTES);
        let text = format!("{{\"id\":1}}\n{long}\n{{\"id\":2}}\n{long}");
        let batch = all(text.as_bytes(), 1_000).unwrap();
        assert_eq!(batch.len(), 2);
        let places: Vec<(u64, u64)> = batch
            .letters
            .iter()
            .map(|letter| (letter.origin.line, letter.origin.offset))
            .collect();
        // Behind `{"id":1}`, the long line, `{"id":2}`, and their ends.
        let last = 9 + 3 * MAX_EVENT_BYTES as u64 + 1 + 9;
        assert_eq!(places, [(2, 9), (4, last)]);
        assert_eq!(batch.end.bytes, text.len() as u64);
        let longest = "y".repeat(MAX_EVENT_BYTES);
        for end in ["", "\n", "\r\n"] {
            let batch = all(format!("{longest}{end}").as_bytes(), 1_000).unwrap();
            assert_eq!((batch.len(), batch.letters.len()), (1, 0));
            let batch = all(format!("{longest}y{end}").as_bytes(), 1_000).unwrap();
            assert_eq!((batch.len(), batch.letters.len()), (0, 1));
        }
    }

    #[test]
    fn what_has_no_event_a_line_is_told_by_its_beginning() {
        let error = |text: &[u8]| all(text, 100).map(drop).unwrap_err().to_string();
        assert!(error(b" [ {}]").contains("jq -c '.[]'"));
        assert!(error(b"{\n  \"action\": 1\n}\n").contains("jq -c ."));
        assert!(error(b"user,action\n1,2\n").contains("--format csv"));
        assert!(error(b"\x1f\x8b\x08\0").contains("zcat"));
        assert!(all(b"{}\n[\n", 100).is_ok(), "only the beginning is judged");
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_same_is_read(
            lines in prop::collection::vec("[ -~é]{0,30}", 1..20),
            chunk in 1_usize..50,
        ) {
            let text = format!("{{}}\n{}", lines.join("\n"));
            let batch = all(text.as_bytes(), chunk).unwrap();
            let expected = lines.iter().filter(|line| !line.trim_matches(' ').is_empty()).count();
            prop_assert_eq!(batch.len(), expected + 1);
            prop_assert_eq!(batch.end.bytes, text.len() as u64);
            for (origin, _) in batch.sent() {
                let start = usize::try_from(origin.offset).unwrap();
                prop_assert!(start == 0 || text.as_bytes()[start - 1] == b'\n');
            }
        }
    }
}
