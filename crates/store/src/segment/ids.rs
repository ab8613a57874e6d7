//! Ranks by hashes of ids: event ids, trace ids and span ids.
//!
//! What must hold: every rank that was put in under a hash is found under it. More may be found, as
//! only 16 bits of a hash and its bucket are kept; the row tells.

use evident_event::json::members::MemberText;
use evident_event::query::terms::{self, Term};
use sha2::{Digest, Sha256};

use super::error::SegmentError;
use super::source::Source;

/// Number of entries, and the bits of a bucket's number.
const HEAD_BYTES: u64 = 8;
/// Where a bucket begins.
const START_BYTES: u64 = 4;
/// Fingerprint and rank.
const ENTRY_BYTES: usize = 5;
/// Entries that a bucket holds on average, at most.
const ENTRIES_PER_BUCKET: u64 = 8;
/// Bits of a bucket's number, at most: what is left of 64 beside fingerprint and rank.
const MAX_BUCKET_BITS: u32 = 24;
/// Bits of a fingerprint.
const FINGERPRINT_BITS: u32 = 16;
/// Bits of a rank.
const RANK_BITS: u32 = 24;
/// Entries read at a time: most buckets are one read.
const ENTRIES_PER_READ: u64 = 4096;

/// What an id is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdKind {
    /// The 16 bytes of an event's id.
    Event,
    /// The text of a trace id.
    Trace,
    /// The text of a span id.
    Span,
}

/// The hash under which an id is kept.
pub(crate) fn hash(organization_id: &str, kind: IdKind, value: &[u8]) -> u64 {
    let kind = match kind {
        IdKind::Event => 0,
        IdKind::Trace => 1,
        IdKind::Span => 2,
    };
    let digest = Sha256::new()
        .chain_update(organization_id)
        .chain_update([0, kind])
        .chain_update(value)
        .finalize();
    let [a, b, c, d, e, f, g, h, ..] = digest.0;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The bits of a bucket's number for so many entries.
fn bucket_bits(entries: u64) -> u32 {
    entries
        .div_ceil(ENTRIES_PER_BUCKET)
        .max(1)
        .next_power_of_two()
        .trailing_zeros()
}

fn bucket_of(hash: u64, bits: u32) -> u64 {
    // A shift by 64 is none: with no bits, there is one bucket.
    hash.checked_shr(u64::BITS - bits).unwrap_or(0)
}

/// The section `ids` of hashes and ranks in any order.
///
/// # Errors
/// If a rank or the number of entries is more than the format has bits for.
pub(crate) fn encode(entries: &[(u64, u32)]) -> Result<Vec<u8>, SegmentError> {
    let bits = bucket_bits(entries.len() as u64);
    if bits > MAX_BUCKET_BITS || entries.iter().any(|(_, rank)| rank >> RANK_BITS != 0) {
        return Err(SegmentError::malformed(
            "ids",
            "there are more rows than a segment may have",
        ));
    }
    // Bucket, fingerprint and rank in one number, so that their order is that of numbers.
    let mut keys: Vec<u64> = entries
        .iter()
        .map(|(hash, rank)| {
            let fingerprint = hash & ((1 << FINGERPRINT_BITS) - 1);
            (bucket_of(*hash, bits) << FINGERPRINT_BITS | fingerprint) << RANK_BITS
                | u64::from(*rank)
        })
        .collect();
    keys.sort_unstable();

    let buckets = 1_usize << bits;
    let mut bytes = Vec::with_capacity(12 + 4 * buckets + ENTRY_BYTES * keys.len());
    // Fits: there are at most 8 × 2^24 entries.
    let count = keys.len() as u32;
    bytes.extend_from_slice(&count.to_le_bytes());
    bytes.extend_from_slice(&bits.to_le_bytes());
    let mut begun = 0;
    for (number, key) in (0_u32..).zip(&keys) {
        let bucket = key >> (FINGERPRINT_BITS + RANK_BITS);
        while begun <= bucket {
            bytes.extend_from_slice(&number.to_le_bytes());
            begun += 1;
        }
    }
    for _ in begun..=buckets as u64 {
        bytes.extend_from_slice(&count.to_le_bytes());
    }
    for key in &keys {
        let [r0, r1, r2, f0, f1, ..] = key.to_le_bytes();
        bytes.extend_from_slice(&[f0, f1, r0, r1, r2]);
    }
    Ok(bytes)
}

/// The section `ids`, of which nothing is held in memory.
#[derive(Debug)]
pub(crate) struct Ids<S: Source> {
    source: S,
    count: u32,
    bits: u32,
    /// Ranks are below this.
    rows: u32,
}

impl<S: Source> Ids<S> {
    pub(crate) fn open(source: S, rows: u32) -> Result<Self, SegmentError> {
        let mut head = Vec::new();
        source.read(0, HEAD_BYTES as usize, &mut head)?;
        let [count, bits] = pair(&head)?;
        if bits != bucket_bits(u64::from(count)) || bits > MAX_BUCKET_BITS {
            return Err(malformed(
                "the number of buckets is not that of the entries",
            ));
        }
        let ids = Self {
            source,
            count,
            bits,
            rows,
        };
        if ids.source.length() != ids.entry_offset(u64::from(count)) {
            return Err(malformed("its length is not that of its entries"));
        }
        Ok(ids)
    }

    /// Adds to `out` the ranks that may have the id of this hash, ascending.
    pub(crate) fn candidates(&self, hash: u64, out: &mut Vec<u32>) -> Result<(), SegmentError> {
        let fingerprint = (hash & ((1 << FINGERPRINT_BITS) - 1)) as u16;
        let mut buffer = Vec::new();
        let (mut next, end) = self.bucket(bucket_of(hash, self.bits), &mut buffer)?;
        let mut before = None;
        while next < end {
            let number = (end - next).min(ENTRIES_PER_READ);
            self.source.read(
                self.entry_offset(next),
                number as usize * ENTRY_BYTES,
                &mut buffer,
            )?;
            for [f0, f1, r0, r1, r2] in buffer.as_chunks::<ENTRY_BYTES>().0 {
                let entry = (
                    u16::from_le_bytes([*f0, *f1]),
                    u32::from_le_bytes([*r0, *r1, *r2, 0]),
                );
                if entry.1 >= self.rows {
                    return Err(malformed("a rank is not of a row"));
                }
                if before.is_some_and(|before| before > entry) {
                    return Err(malformed("its entries are not in order"));
                }
                if entry.0 > fingerprint {
                    return Ok(());
                }
                if entry.0 == fingerprint && before != Some(entry) {
                    out.push(entry.1);
                }
                before = Some(entry);
            }
            next += number;
        }
        Ok(())
    }

    /// The numbers of the first entry of a bucket, and of the one behind its last.
    fn bucket(&self, bucket: u64, buffer: &mut Vec<u8>) -> Result<(u64, u64), SegmentError> {
        self.source.read(
            HEAD_BYTES + bucket * START_BYTES,
            2 * START_BYTES as usize,
            buffer,
        )?;
        let [start, end] = pair(buffer)?;
        let first_is_right = bucket != 0 || start == 0;
        let last_is_right = bucket + 1 != 1 << self.bits || end == self.count;
        if start > end || end > self.count || !first_is_right || !last_is_right {
            return Err(malformed("a bucket is not among the entries"));
        }
        Ok((u64::from(start), u64::from(end)))
    }

    fn entry_offset(&self, number: u64) -> u64 {
        HEAD_BYTES + START_BYTES * ((1 << self.bits) + 1) + ENTRY_BYTES as u64 * number
    }
}

fn pair(bytes: &[u8]) -> Result<[u32; 2], SegmentError> {
    match bytes.as_chunks::<4>() {
        ([a, b], []) => Ok([u32::from_le_bytes(*a), u32::from_le_bytes(*b)]),
        _ => Err(malformed("two numbers are not there")),
    }
}

fn malformed(what: &'static str) -> SegmentError {
    SegmentError::malformed("ids", what)
}

/// Calls a function with the ids of traces and spans that a member of the context holds.
pub(crate) fn each_of_context(part: &MemberText<'_>, each: &mut dyn FnMut(IdKind, &str)) {
    let kind = match part.name {
        b"trace_id" => IdKind::Trace,
        b"span_id" => IdKind::Span,
        _ => return,
    };
    if let Some(text) = plain_text(part.value) {
        return each(kind, text);
    }
    // Anything but a plain string is rare: it is looked at as part of what it stands in.
    let context = [b"{", part.whole, b"}"].concat();
    terms::of_member("context", &context, &mut |term| match term {
        Term::Trace(text) => each(IdKind::Trace, text),
        Term::Span(text) => each(IdKind::Span, text),
        _ => {}
    });
}

/// The text of a string that is written without escapes.
pub(crate) fn plain_text(value: &[u8]) -> Option<&str> {
    let text = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    match memchr::memchr(b'\\', text) {
        None => std::str::from_utf8(text).ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests;
