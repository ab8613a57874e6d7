//! Exports: all of an answer as a sheet, piece by piece.
//!
//! A piece is made when the client has taken the one before it, so an export holds a bounded number
//! of events and bytes however long it is, and however slow its client. It must hold that an export
//! that has an end has all of its rows: what fails in the middle is an error, never an end.

use std::sync::Arc;
use std::time::Instant;

use evident_store::index::{IndexError, Walk, WalkedEvent};

use super::asker::Asker;
use super::{AskError, Question, Questions};
use crate::auth::{Authorized, ExportEvents};
use crate::places::{Place, Places};
use crate::sheet::Sheet;

/// Events that are taken from a walk at once, and the bytes that it may hold for them.
const EVENTS_AT_ONCE: usize = 512;
const BYTES_AT_ONCE: usize = 512 * 1024;
/// A piece is done once it has about this many bytes. It may have more by one row.
const PIECE_BYTES: usize = 64 * 1024;

/// Most exports of one key.
const MAX_EXPORTS_PER_KEY: usize = 3;

/// Begins exports, and knows how many there are.
pub(crate) struct Exports {
    places: Arc<Places>,
}

impl Exports {
    /// At most so many exports at once.
    pub(crate) fn new(max: usize) -> Self {
        let code = "too_many_exports";
        Self {
            places: Places::new("exports", code, max, MAX_EXPORTS_PER_KEY),
        }
    }

    /// Begins the export of all that matches.
    pub(crate) async fn begin(
        &self,
        reader: &Authorized<ExportEvents>,
        questions: &Questions,
        question: Question,
        sheet: Sheet,
    ) -> Result<Export, AskError> {
        let place = self.places.enter(&reader.caller().credential_id())?;
        Export::begin(questions.asker.clone(), question, sheet, place).await
    }
}

/// What there is still to be exported.
struct Left {
    /// Taken from the walk, and not yet in a piece.
    events: std::vec::IntoIter<WalkedEvent>,
    walk: Box<dyn Walk>,
}

impl From<Box<dyn Walk>> for Left {
    fn from(walk: Box<dyn Walk>) -> Self {
        let events = Vec::new().into_iter();
        Self { events, walk }
    }
}

/// An export that has begun.
pub(crate) struct Export {
    asker: Asker,
    question: Question,
    sheet: Arc<Sheet>,
    ready: Option<Vec<u8>>,
    /// `None` after the last piece, or an error.
    left: Option<Left>,
    _place: Place,
}

impl Export {
    async fn begin(
        asker: Asker,
        question: Question,
        sheet: Sheet,
        place: Place,
    ) -> Result<Self, AskError> {
        let sheet = Arc::new(sheet);
        let (query, as_of, deadline) = (question.query.clone(), question.as_of, question.deadline);
        let columns = Arc::clone(&sheet);
        // The first piece is made before there is an answer: what fails in it has a status.
        let begun = asker.ask(&question.query, deadline, async move |index| {
            let walk = index.walk(&query, as_of, deadline).await?;
            piece(walk.into(), &columns, columns.header()?, deadline).await
        });
        let (ready, left) = begun.await?;
        Ok(Self {
            asker,
            question,
            sheet,
            ready: Some(ready),
            left,
            _place: place,
        })
    }

    /// An export in its middle: what is left is in the walk.
    #[cfg(test)]
    pub(super) fn of(
        asker: Asker,
        question: Question,
        sheet: Arc<Sheet>,
        walk: Box<dyn Walk>,
        place: Place,
    ) -> Self {
        Self {
            asker,
            question,
            sheet,
            ready: None,
            left: Some(walk.into()),
            _place: place,
        }
    }

    /// The next piece. `None`: there have been all. After an error there is nothing more.
    pub(crate) async fn next(&mut self) -> Option<Result<Vec<u8>, AskError>> {
        if let Some(ready) = self.ready.take() {
            return Some(Ok(ready));
        }
        let left = self.left.take()?;
        let sheet = Arc::clone(&self.sheet);
        let deadline = self.asker.deadline();
        let made = self
            .asker
            .ask(&self.question.query, deadline, async move |_| {
                piece(left, &sheet, Vec::new(), deadline).await
            });
        match made.await {
            // The walk was at its end already.
            Ok((piece, None)) if piece.is_empty() => None,
            Ok((piece, left)) => {
                self.left = left;
                Some(Ok(piece))
            }
            Err(error) => Some(Err(error)),
        }
    }
}

/// Adds rows to a piece until it is done, and says what is left, if there may be anything.
async fn piece(
    mut left: Left,
    sheet: &Sheet,
    mut piece: Vec<u8>,
    deadline: Instant,
) -> Result<(Vec<u8>, Option<Left>), IndexError> {
    while piece.len() < PIECE_BYTES {
        if left.events.len() == 0 {
            let events = left
                .walk
                .next(EVENTS_AT_ONCE, BYTES_AT_ONCE, deadline)
                .await?;
            if events.is_empty() {
                return Ok((piece, None));
            }
            left.events = events.into_iter();
        }
        piece = sheet.fill(piece, PIECE_BYTES, &mut left.events)?;
    }
    Ok((piece, Some(left)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::ready;

    use evident_store::index::Answer;
    use evident_store::index::memory::MemoryIndex;

    use super::super::fixtures;
    use super::*;

    /// Finds the same event again and again; after so many, it fails or ends.
    struct Repeating {
        left: usize,
        largest: usize,
        fails: bool,
        canonical: String,
    }

    impl Walk for Repeating {
        fn as_of(&self) -> u64 {
            0
        }

        fn next(&mut self, limit: usize, _: usize, _: Instant) -> Answer<'_, Vec<WalkedEvent>> {
            let count = self.left.min(limit);
            self.left -= count;
            self.largest = self.largest.max(count);
            let events = vec![fixtures::walked(7, &self.canonical); count];
            Box::pin(ready(match count == 0 && self.fails {
                true => Err(IndexError::Failed("on purpose".to_owned())),
                false => Ok(events),
            }))
        }
    }

    fn repeating(left: usize, reason_bytes: usize, fails: bool) -> Export {
        fixtures::export(Box::new(Repeating {
            left,
            largest: 0,
            fails,
            canonical: fixtures::event(&"x".repeat(reason_bytes)),
        }))
    }

    #[tokio::test]
    async fn an_export_comes_in_pieces_of_bounded_bytes_and_has_every_row() {
        for reason_bytes in [10, 1_000, 200_000] {
            let mut export = repeating(1_000, reason_bytes, false);
            let mut rows = 0;
            while let Some(piece) = export.next().await {
                let piece = piece.unwrap();
                assert!(!piece.is_empty());
                // What is still gathered, and one row.
                assert!(piece.len() <= PIECE_BYTES + 8 * 1024 + reason_bytes + 2);
                rows += piece.split(|byte| *byte == b'\n').count() - 1;
            }
            assert_eq!(rows, 1_000, "of {reason_bytes} bytes");
            assert!(export.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn a_failure_in_the_middle_is_an_error_and_no_end() {
        for rows in [0, 1, 100, 100_000] {
            let mut export = repeating(rows, 10, true);
            let last = loop {
                match export.next().await.unwrap() {
                    Ok(piece) => assert!(!piece.is_empty()),
                    Err(error) => break error,
                }
            };
            assert!(last.to_string().contains("on purpose"), "{last}");
            assert!(export.next().await.is_none());
        }
    }

    #[tokio::test]
    async fn exports_have_so_many_places_in_all_and_for_a_key_and_give_them_back() {
        let index = Arc::new(MemoryIndex::new());
        fixtures::record(&index, 0, &["a"]);
        let asker = fixtures::asker(index);
        let begin = async |exports: &Exports, key: &str| {
            let place = exports.places.enter(&Arc::from(key))?;
            let sheet = Sheet::new(Vec::new(), &evident_event::time::zone::Zone::utc())?;
            Export::begin(asker.clone(), fixtures::question(&[]), sheet, place).await
        };
        let refused = |begun: Result<Export, AskError>| match begun {
            Err(AskError::TooMany(refused)) => assert_eq!(refused.code, "too_many_exports"),
            _ => unreachable!("there are as many as there may be"),
        };
        let exports = Exports::new(MAX_EXPORTS_PER_KEY + 1);
        let mut open = Vec::new();
        for _ in 0..MAX_EXPORTS_PER_KEY {
            open.push(begin(&exports, "key_1").await.unwrap());
        }
        refused(begin(&exports, "key_1").await);
        open.push(begin(&exports, "key_2").await.unwrap());
        refused(begin(&exports, "key_3").await);
        drop(open);
        assert!(exports.places.are_free());
        let mut again = begin(&exports, "key_3").await.unwrap();
        let header = again.next().await.unwrap().unwrap();
        assert!(header.starts_with(b"Date and Time,"));
    }
}
