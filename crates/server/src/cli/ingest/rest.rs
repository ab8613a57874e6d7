//! What is left of an input of which a part has been sent, and may not be sent again.
//!
//! What must always hold: the command that is advised hands over what comes behind the lines that are
//! answered, all of it and nothing before it, as the format and the compression of the input need it; and
//! it names its run, so that it may be repeated itself.

use super::source::Compression;
use super::state::NDJSON;

/// What a command that hands over the rest of an input depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest<'i> {
    /// As `--format` names it.
    pub(super) format: &'i str,
    pub(super) compression: Option<Compression>,
    /// Whether the first line names the columns.
    pub(super) has_header: bool,
}

impl Rest<'_> {
    /// The command that sends what comes behind so many lines.
    pub(super) fn command(&self, lines: u64) -> String {
        let from = lines + 1;
        let unpack = self.compression.map(Compression::unpacker);
        let tail = match unpack {
            Some(unpack) => format!("{unpack} FILE | tail -n +{from}"),
            None => format!("tail -n +{from} FILE"),
        };
        if self.format == NDJSON {
            return format!("`{tail} | evident ingest - --run NAME`");
        }
        let head = match unpack {
            Some(unpack) => format!("{unpack} FILE | head -n 1"),
            None => "head -n 1 FILE".to_owned(),
        };
        let text = match self.has_header {
            true => format!("({head}; {tail})"),
            false => tail,
        };
        format!(
            "`{text} | evident ingest - --format {} --run NAME`, with the same --mapping",
            self.format
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_handed_over_as_the_input_needs_it() {
        let command = |format, compression, has_header| {
            let rest = Rest {
                format,
                compression,
                has_header,
            };
            rest.command(7)
        };
        for (advised, expected) in [
            (
                command("ndjson", None, false),
                "`tail -n +8 FILE | evident ingest - --run NAME`",
            ),
            (
                command("ndjson", Some(Compression::Gzip), false),
                "`zcat FILE | tail -n +8 | evident ingest - --run NAME`",
            ),
            (
                command("tsv", None, true),
                "`(head -n 1 FILE; tail -n +8 FILE) | evident ingest - --format tsv --run NAME`, with the same --mapping",
            ),
            (
                command("csv", None, false),
                "`tail -n +8 FILE | evident ingest - --format csv --run NAME`, with the same --mapping",
            ),
            (
                command("csv", Some(Compression::Zstd), true),
                "`(zstdcat FILE | head -n 1; zstdcat FILE | tail -n +8) | evident ingest - --format csv --run NAME`, with the same --mapping",
            ),
        ] {
            assert_eq!(advised, expected);
        }
    }
}
