//! `GET /v1/api-keys`: the keys there are, and those that there were.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use evident_event::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::parameters;
use super::super::problem::{Problem, ProblemBody};
use super::super::schema;
use super::Key;
use crate::auth::{Authorized, EvenArchived, Keyring, ManageKeys, Reach};
use crate::control::{AfterKey, ApiKey, Control};

/// How many keys a page has unless it is said.
const USUAL_PAGE: u64 = 100;
/// How many keys a page has at most.
const MAX_PAGE: u64 = 500;
/// Longest cursor that is looked at, in bytes.
const MAX_CURSOR_BYTES: usize = 100;
/// Between the parts of a cursor.
const CURSOR_SEPARATOR: char = '.';

/// A page of keys in the order in which they were made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyPage {
    /// The keys.
    #[schema(max_items = 500)]
    data: Vec<Key>,
    /// What `cursor` must be to go on; null on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The keys, without their secrets.
///
/// All of them, also those that have expired or were revoked, in the order in which they were made. Who manages
/// keys in some projects only sees those of these projects.
#[utoipa::path(
    get, path = "/v1/api-keys", tag = "api keys", operation_id = "list_api_keys",
    security(("api_key" = []), ("session" = [])),
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 500, description = "How many keys; 100 by default"),
        ("cursor" = Option<String>, Query, max_length = 100, description = "Where to go on: `next_cursor` of an earlier page"),
    ),
    responses(
        (status = 200, description = "The keys", body = KeyPage),
        (status = 400, description = "The request is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The caller may not manage keys", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The control database failed", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn list_api_keys(
    State(control): State<Control>,
    State(keyring): State<Arc<Keyring>>,
    manager: Authorized<EvenArchived<ManageKeys>>,
    uri: Uri,
) -> Result<Json<KeyPage>, Problem> {
    let [limit, cursor, _] = parameters::only(&uri, ["limit", "cursor", "organization_id"])?;
    let limit = limit.map(|limit| page_size(&limit)).transpose()?;
    let limit = limit.unwrap_or(USUAL_PAGE);
    let after = cursor.map(|cursor| read_cursor(&cursor)).transpose()?;
    let projects: Option<Vec<String>> = match manager.reach() {
        Reach::Organization => None,
        Reach::Projects(ids) => Some(ids.iter().map(|id| id.to_string()).collect()),
        Reach::Nothing => Some(Vec::new()),
    };
    let mut connection = control.reading().await?;
    // One more tells whether there is another page.
    let more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let organization_id = manager.caller().organization_id();
    let page = ApiKey::page(
        &mut connection,
        organization_id,
        projects.as_deref(),
        after.as_ref(),
        more,
    );
    let mut keys = page.await?;
    let shown = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = keys.len() <= shown;
    keys.truncate(shown);
    Ok(Json(KeyPage {
        next_cursor: keys.last().filter(|_| !is_last).map(cursor_after),
        data: keys.iter().map(|key| Key::new(key, &keyring)).collect(),
    }))
}

fn page_size(text: &str) -> Result<u64, Problem> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let size = text
        .parse()
        .ok()
        .filter(|size| (1..=MAX_PAGE).contains(size));
    size.filter(|_| digits).ok_or_else(|| {
        let detail = format!("limit: give a whole number from 1 to {MAX_PAGE}");
        Problem::bad_request("bad_parameter", detail)
    })
}

fn cursor_after(key: &ApiKey) -> String {
    let made = key.created_at.as_micros();
    format!("{made}{CURSOR_SEPARATOR}{}", key.record.id)
}

fn read_cursor(text: &str) -> Result<AfterKey, Problem> {
    let read = || {
        let (made, id) = text.split_once(CURSOR_SEPARATOR)?;
        let is_id = id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        (text.len() <= MAX_CURSOR_BYTES && is_id).then_some(())?;
        Some(AfterKey {
            created_at: Timestamp::from_micros(made.parse().ok()?),
            id: id.to_owned(),
        })
    };
    read().ok_or_else(|| {
        let detail = "cursor: give next_cursor of an earlier page as it is, or leave it out";
        Problem::bad_request("bad_cursor", detail)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_cursor_that_no_page_gave_is_refused() {
        let after = read_cursor("1700.key_0a").unwrap();
        assert_eq!(after.created_at, Timestamp::from_micros(1700));
        assert_eq!(after.id, "key_0a");
        let long = format!("1.{}", "a".repeat(MAX_CURSOR_BYTES));
        for bad in ["", "1700", "x.key", "1.key\0", "1.a.b", "1.é", &long] {
            assert!(read_cursor(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_has_at_least_one_key_and_no_more_than_there_may_be() {
        assert_eq!(page_size("500").unwrap(), MAX_PAGE);
        for bad in ["", "0", "501", "+1", "-1", "1.0", "x"] {
            assert!(page_size(bad).is_err(), "{bad}");
        }
    }
}
