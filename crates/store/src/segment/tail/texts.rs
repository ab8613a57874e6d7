//! Texts and what is known of each, for the many that a tail meets.
//!
//! A text is kept once, behind the one that came before it, in a few large pieces of memory: an
//! allocation for each would cost more than looking it up does. What must hold: a text keeps its number,
//! and numbers are given in the order in which the texts came.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Bytes of the first piece, at least.
const FIRST_PIECE_BYTES: usize = 64;
/// Bytes of a piece, but for one that a longer text has for itself.
const PIECE_BYTES: usize = 256 << 10;

/// Something for each of many texts.
pub(crate) struct TextMap<T> {
    /// Each as long as it was made, at most: a piece is never moved.
    pieces: Vec<Vec<u8>>,
    entries: Vec<Entry<T>>,
    numbers: HashTable<Slot>,
    hasher: DefaultHashBuilder,
}

struct Entry<T> {
    piece: u32,
    start: u32,
    length: u32,
    value: T,
}

/// Where a text's number is looked up: with enough of its hash that other texts are seldom looked at.
#[derive(Clone, Copy)]
struct Slot {
    hash: u32,
    number: u32,
}

impl Slot {
    /// As many bits as the table wants.
    fn spread(hash: u32) -> u64 {
        u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }
}

impl<T> Default for TextMap<T> {
    fn default() -> Self {
        Self {
            pieces: Vec::new(),
            entries: Vec::new(),
            numbers: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
        }
    }
}

impl<T> TextMap<T> {
    /// The number of a text that is there.
    pub(super) fn number(&self, text: &[u8]) -> Option<u32> {
        self.numbered(self.hash(text), text)
    }

    /// The number of a text, which is put there if it is not, and whether it was.
    pub(super) fn number_or_insert(
        &mut self,
        text: &[u8],
        make: impl FnOnce() -> T,
    ) -> (u32, bool) {
        let hash = self.hash(text);
        if let Some(number) = self.numbered(hash, text) {
            return (number, false);
        }
        let number = self.entries.len() as u32;
        let (piece, start) = self.keep(text);
        self.entries.push(Entry {
            piece,
            start,
            length: text.len() as u32,
            value: make(),
        });
        let slot = Slot { hash, number };
        self.numbers
            .insert_unique(Slot::spread(hash), slot, |slot| Slot::spread(slot.hash));
        (number, true)
    }

    /// What is known of a text.
    pub(crate) fn get(&self, text: &[u8]) -> Option<&T> {
        self.at(self.number(text)?)
    }

    /// What is known of the text of a number.
    pub(super) fn at(&self, number: u32) -> Option<&T> {
        Some(&self.entries.get(number as usize)?.value)
    }

    /// The same, to be changed.
    pub(super) fn at_mut(&mut self, number: u32) -> Option<&mut T> {
        Some(&mut self.entries.get_mut(number as usize)?.value)
    }

    /// All texts, in the order in which they came.
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], &T)> {
        let entries = self.entries.iter();
        entries.map(|entry| (self.text(entry), &entry.value))
    }

    fn hash(&self, text: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text);
        (hasher.finish() >> 32) as u32
    }

    fn numbered(&self, hash: u32, text: &[u8]) -> Option<u32> {
        let is_it = |slot: &Slot| {
            let entry = self.entries.get(slot.number as usize);
            slot.hash == hash && entry.is_some_and(|entry| self.text(entry) == text)
        };
        let found = self.numbers.find(Slot::spread(hash), is_it);
        found.map(|slot| slot.number)
    }

    fn text(&self, entry: &Entry<T>) -> &[u8] {
        let (start, length) = (entry.start as usize, entry.length as usize);
        let piece = self.pieces.get(entry.piece as usize);
        piece
            .and_then(|piece| piece.get(start..start + length))
            .unwrap_or_default()
    }

    /// Puts a text behind the others: its piece, and where in it.
    fn keep(&mut self, text: &[u8]) -> (u32, u32) {
        let has_room = |piece: &Vec<u8>| piece.capacity() - piece.len() >= text.len();
        if !self.pieces.last().is_some_and(has_room) {
            let before = self.pieces.last().map_or(0, Vec::capacity);
            let bytes = (2 * before).clamp(FIRST_PIECE_BYTES, PIECE_BYTES);
            self.pieces.push(Vec::with_capacity(bytes.max(text.len())));
        }
        let number = self.pieces.len().saturating_sub(1) as u32;
        let Some(piece) = self.pieces.last_mut() else {
            return (0, 0);
        };
        let start = piece.len() as u32;
        piece.extend_from_slice(text);
        (number, start)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_is_found_by_itself_and_no_other_is(
            texts in proptest::collection::vec(proptest::collection::vec(0_u8..3, 0..6), 0..300),
        ) {
            let mut map = TextMap::default();
            let mut model: HashMap<Vec<u8>, u32> = HashMap::new();
            for text in &texts {
                let next = model.len() as u32;
                let is_new = !model.contains_key(text);
                let number = *model.entry(text.clone()).or_insert(next);
                prop_assert_eq!(map.number_or_insert(text, || 0), (number, is_new));
                *map.at_mut(number).unwrap() += 1;
            }
            prop_assert_eq!(map.iter().len(), model.len());
            for (number, (text, count)) in map.iter().enumerate() {
                prop_assert_eq!(model[text] as usize, number);
                prop_assert_eq!(*count, texts.iter().filter(|other| *other == text).count());
                prop_assert_eq!(map.get(text), Some(count));
            }
            prop_assert_eq!(map.get(&[9]), None);
        }
    }

    #[test]
    fn texts_longer_than_a_piece_and_many_pieces_stay_whole() {
        let mut map = TextMap::default();
        let text =
            |number: u32| vec![number as u8; number as usize * 1_009 % (PIECE_BYTES + 1_000)];
        for number in 0..2_000_u32 {
            let text = [&number.to_le_bytes()[..], &text(number)].concat();
            assert_eq!(map.number_or_insert(&text, || number), (number, true));
        }
        for number in 0..2_000_u32 {
            let text = [&number.to_le_bytes()[..], &text(number)].concat();
            assert_eq!(map.get(&text), Some(&number));
        }
    }
}
