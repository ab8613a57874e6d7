//! What the parts of a segment are read from.

use super::error::SegmentError;

/// Bytes that are read in pieces, verified.
pub(crate) trait Source: Send + Sync {
    /// How many there are.
    fn length(&self) -> u64;

    /// Replaces what is in `into` by the `length` bytes at an offset.
    fn read(&self, offset: u64, length: usize, into: &mut Vec<u8>) -> Result<(), SegmentError>;
}

#[cfg(test)]
impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, length: usize, into: &mut Vec<u8>) -> Result<(), SegmentError> {
        into.clear();
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = offset.saturating_add(length);
        match self.get(offset..end) {
            Some(bytes) => into.extend_from_slice(bytes),
            None => return Err(SegmentError::malformed("test", "read past its end")),
        }
        Ok(())
    }
}
