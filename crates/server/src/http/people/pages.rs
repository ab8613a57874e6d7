//! Pages of members: in the order in which they joined, a bounded number at a time.

use axum::http::Uri;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::ORGANIZATION_ID;
use super::errors::PeopleError;
use crate::control::members::Place;
use crate::http::parameters;
use crate::http::problem::Problem;

/// Members of a page unless the request says otherwise.
const DEFAULT_LIMIT: u64 = 100;
/// Members of a page, at most.
pub(super) const MAX_LIMIT: u64 = 500;

/// Which page is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Behind which member it begins.
    pub(super) after: Place,
    /// How many members it has, at most.
    limit: usize,
}

impl Page {
    /// Reads `limit` and `cursor`.
    pub(super) fn of(uri: &Uri) -> Result<Self, Problem> {
        let [limit, cursor, _] = parameters::only(uri, ["limit", "cursor", ORGANIZATION_ID])?;
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(text) => {
                let number = text.bytes().all(|byte| byte.is_ascii_digit());
                let number = number.then(|| text.parse().ok()).flatten();
                number
                    .filter(|number| (1..=MAX_LIMIT).contains(number))
                    .ok_or(PeopleError::BadLimit(MAX_LIMIT))?
            }
        };
        let after = match cursor {
            None => Place::start(),
            Some(cursor) => read(&cursor).ok_or(PeopleError::BadCursor)?,
        };
        Ok(Self {
            after,
            limit: usize::try_from(limit).unwrap_or(1),
        })
    }

    /// How many rows to read: one more than are shown tells whether there are more.
    pub(super) fn rows(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(1) + 1
    }

    /// The page of these rows, and where the next one begins.
    pub(super) fn cut<T>(
        &self,
        mut rows: Vec<T>,
        place: impl Fn(&T) -> Place,
    ) -> (Vec<T>, Option<String>) {
        if rows.len() <= self.limit {
            return (rows, None);
        }
        rows.truncate(self.limit);
        let cursor = rows.last().map(|last| write(&place(last)));
        (rows, cursor)
    }
}

fn write(place: &Place) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", place.joined_at, place.user_id))
}

fn read(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (joined_at, user_id) = text.split_once('.')?;
    if user_id.contains('\0') {
        return None;
    }
    Some(Place {
        joined_at: joined_at.parse().ok()?,
        user_id: user_id.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_and_what_is_none_is_refused() {
        let place = Place {
            joined_at: -7,
            user_id: "usr_1.2".to_owned(),
        };
        assert_eq!(read(&write(&place)), Some(place));
        for bad in ["", "x", "LQ", "MQ", "MS4A", "é"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_page_has_no_more_than_was_asked_for_and_says_if_there_are_more() {
        let page = Page::of(&Uri::from_static("/x?limit=2")).unwrap();
        let place = |n: &i64| Place {
            joined_at: *n,
            user_id: String::new(),
        };
        assert_eq!(page.rows(), 3);
        let (rows, cursor) = page.cut(vec![1, 2, 3], place);
        assert_eq!((rows, cursor), (vec![1, 2], Some(write(&place(&2)))));
        assert_eq!(page.cut(vec![1, 2], place), (vec![1, 2], None));
        for bad in [
            "limit=0",
            "limit=501",
            "limit=%2B1",
            "limit=",
            "cursor=!",
            "c=1",
        ] {
            let uri: Uri = format!("/x?{bad}").parse().unwrap();
            assert!(Page::of(&uri).is_err(), "{bad}");
        }
    }
}
