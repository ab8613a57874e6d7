//! Content encodings: gzip and zstd, decoded within the bound of a body.
//!
//! The decoded bytes are counted as they come out, and each step takes them from the budget before
//! the next is decoded; so a bomb costs one step more than the bound. Decoders themselves are
//! bounded: gzip has a window of 32 KiB, zstd's is limited to what RFC 9659 allows in HTTP, and no
//! more of them run at once than there are cores.

use std::io::{self, Read};

use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;

use super::body::{BodyError, Received};
use super::limits::{DECOMPRESSION_STEP_BYTES, MAX_BODY_BYTES, MAX_ZSTD_WINDOW_LOG};
use super::problem::Problem;
use crate::budget::Claim;

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As it is.
    Identity,
    /// `gzip`
    Gzip,
    /// `zstd`
    Zstd,
}

/// Why a body cannot be decoded.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EncodingError {
    /// Another encoding, or several.
    #[error("the content encoding is not understood: send gzip, zstd or none")]
    Unsupported,
    /// The bytes are not what the header says.
    #[error("the body is not the {0} that its content-encoding says: compress it again, whole")]
    Malformed(&'static str),
    /// Too long, or no room.
    #[error(transparent)]
    Body(#[from] BodyError),
}

impl From<EncodingError> for Problem {
    fn from(error: EncodingError) -> Self {
        let detail = error.to_string();
        match error {
            EncodingError::Unsupported => Self::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_encoding",
                detail,
            )
            .with_header(ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd")),
            EncodingError::Malformed(_) => Self::bad_request("malformed_encoding", detail),
            EncodingError::Body(error) => error.into(),
        }
    }
}

impl Encoding {
    /// The encoding that the headers name.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, EncodingError> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let encoding = match values.next().map(HeaderValue::as_bytes) {
            None => Self::Identity,
            Some(name) if name.eq_ignore_ascii_case(b"identity") => Self::Identity,
            Some(name) if name.eq_ignore_ascii_case(b"gzip") => Self::Gzip,
            Some(name) if name.eq_ignore_ascii_case(b"zstd") => Self::Zstd,
            Some(_) => return Err(EncodingError::Unsupported),
        };
        match values.next() {
            None => Ok(encoding),
            Some(_) => Err(EncodingError::Unsupported),
        }
    }

    /// The body as it was before it was encoded. Keeps a core busy: called on a worker.
    pub(crate) fn decode(self, received: Received) -> Result<Received, EncodingError> {
        let Received { bytes, mut claim } = received;
        let decoded = match self {
            Self::Identity => return Ok(Received { bytes, claim }),
            Self::Gzip => {
                let decoder = flate2::bufread::MultiGzDecoder::new(&bytes[..]);
                read_bounded(decoder, &mut claim, "gzip")?
            }
            Self::Zstd => {
                let decoder = zstd_decoder(&bytes).map_err(|_| EncodingError::Malformed("zstd"))?;
                read_bounded(decoder, &mut claim, "zstd")?
            }
        };
        Ok(Received {
            bytes: Bytes::from(decoded),
            claim,
        })
    }
}

fn zstd_decoder(bytes: &[u8]) -> io::Result<zstd::stream::read::Decoder<'static, &[u8]>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
    decoder.window_log_max(MAX_ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

fn read_bounded(
    mut decoder: impl Read,
    claim: &mut Claim,
    name: &'static str,
) -> Result<Vec<u8>, EncodingError> {
    let mut decoded = Vec::new();
    let mut step = vec![0; DECOMPRESSION_STEP_BYTES];
    loop {
        let count = match decoder.read(&mut step) {
            Ok(0) => return Ok(decoded),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(EncodingError::Malformed(name)),
        };
        if decoded.len() + count > MAX_BODY_BYTES {
            return Err(BodyError::TooLarge.into());
        }
        claim.grow(count).map_err(BodyError::from)?;
        decoded.extend_from_slice(&step[..count]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;
    use crate::budget::Budget;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(encoding: Encoding, bytes: Vec<u8>) -> Result<Bytes, EncodingError> {
        let received = Received {
            bytes: Bytes::from(bytes),
            claim: Budget::new(64 * 1024 * 1024).claim(),
        };
        encoding.decode(received).map(|received| received.bytes)
    }

    #[test]
    fn both_encodings_decode_also_in_several_members() {
        let text = b"{\"action\":\"a.b\"}".repeat(10_000);
        let zstd = zstd::encode_all(&text[..], 3).unwrap();
        assert_eq!(decode(Encoding::Gzip, gzip(&text)).unwrap(), text);
        assert_eq!(decode(Encoding::Zstd, zstd.clone()).unwrap(), text);
        let twice = text.repeat(2);
        assert_eq!(
            decode(Encoding::Gzip, gzip(&text).repeat(2)).unwrap(),
            twice
        );
        assert_eq!(decode(Encoding::Zstd, zstd.repeat(2)).unwrap(), twice);
    }

    #[test]
    fn a_bomb_is_refused_at_the_bound() {
        let zeros = vec![0; MAX_BODY_BYTES + 1];
        let too_large = EncodingError::Body(BodyError::TooLarge);
        assert_eq!(decode(Encoding::Gzip, gzip(&zeros)).unwrap_err(), too_large);
        let zstd = zstd::encode_all(&zeros[..], 3).unwrap();
        assert_eq!(decode(Encoding::Zstd, zstd).unwrap_err(), too_large);
        let exact = gzip(&zeros[1..]);
        assert_eq!(decode(Encoding::Gzip, exact).unwrap().len(), MAX_BODY_BYTES);
    }

    #[test]
    fn cut_or_damaged_bytes_are_malformed() {
        let text = b"some text that is long enough to be cut".repeat(10);
        let zstd = zstd::encode_all(&text[..], 3).unwrap();
        let gzip = gzip(&text);
        let cut = |bytes: &[u8]| bytes[..bytes.len() - 3].to_vec();
        let malformed = EncodingError::Malformed;
        assert_eq!(
            decode(Encoding::Gzip, cut(&gzip)).unwrap_err(),
            malformed("gzip")
        );
        assert_eq!(
            decode(Encoding::Zstd, cut(&zstd)).unwrap_err(),
            malformed("zstd")
        );
        assert_eq!(
            decode(Encoding::Gzip, text.clone()).unwrap_err(),
            malformed("gzip")
        );
        assert_eq!(decode(Encoding::Zstd, text).unwrap_err(), malformed("zstd"));
    }

    #[test]
    fn a_zstd_window_beyond_the_bound_is_refused_before_it_is_allocated() {
        // Magic, a descriptor without sizes, a window of 2^31 bytes, one raw block of one byte.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x09, 0, 0, b'x'];
        let malformed = EncodingError::Malformed("zstd");
        assert_eq!(
            decode(Encoding::Zstd, frame.to_vec()).unwrap_err(),
            malformed
        );
        // The same with the smallest window is good.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0, 0x09, 0, 0, b'x'];
        assert_eq!(decode(Encoding::Zstd, frame.to_vec()).unwrap(), "x");
    }

    #[test]
    fn headers_name_one_known_encoding() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(value));
            }
            Encoding::of(&headers)
        };
        assert_eq!(of(&[]), Ok(Encoding::Identity));
        assert_eq!(of(&["identity"]), Ok(Encoding::Identity));
        assert_eq!(of(&["GZIP"]), Ok(Encoding::Gzip));
        assert_eq!(of(&["zstd"]), Ok(Encoding::Zstd));
        for bad in [&["br"][..], &["gzip, zstd"], &["gzip", "gzip"], &[""]] {
            assert_eq!(of(bad), Err(EncodingError::Unsupported));
        }
    }
}
