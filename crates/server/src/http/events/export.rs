//! `GET /v1/events/export.csv`: all events that match, as a sheet.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::IntoResponse;
use bytes::Bytes;
use evident_event::query::Times;
use evident_event::query::own::Parameter;
use futures_util::stream;

use super::super::attachment;
use super::super::parameters::{self, Parameter as Given};
use super::super::problem::{Problem, ProblemBody};
use super::super::schema;
use super::MAX_LIST_BYTES;
use crate::acts::{ActError, Acts, Author, Deed};
use crate::auth::{Authorized, ExportEvents};
use crate::control::Organizations;
use crate::edge;
use crate::query::{AskError, Export, Exports, Questions};
use crate::sheet::{Sheet, USUAL_COLUMNS};

const COLUMNS: &str = "columns";
const OWN: &[Parameter] = &[(COLUMNS, Times::Repeated, MAX_LIST_BYTES)];

const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
/// Whose file it is, where it is not a project's.
const ACCOUNT: &str = "Account";
/// Longest id of a project that an event can have, in bytes.
const MAX_PROJECT_BYTES: usize = 1024;

/// All events that match, as a CSV file.
///
/// Rows are in the query's order, all of them, whatever `limit` says. The file comes as it is made;
/// if something fails on the way the connection breaks before the end of the answer. Cells that a
/// spreadsheet would take for a formula have an apostrophe in front; several values are joined by
/// `; `; times are in `tz`.
#[utoipa::path(
    get, path = "/v1/events/export.csv", tag = "events", operation_id = "export_events",
    security(("api_key" = []), ("session" = [])),
    params(
        schema::QueryParameters,
        ("columns" = Option<Vec<String>>, Query, nullable = false, min_items = 1, max_items = 64, example = json!(["occurred_at", "action", "changes"]),
         description = "The columns, given several times or with commas between them: fields, and members that are written as JSON, such as `changes` or `request.body`. `\\,` is a comma of a key's own"),
    ),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv",
         headers(("Content-Disposition" = String, description = "The file's name"))),
        (status = 400, description = "The query or a column is not understood", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No credentials that work", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "They may not read, or not this project", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no event of the id in `around`", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The answer took too long to begin: narrow the query; or the export cannot be recorded on the log", body = ProblemBody, content_type = "application/problem+json"),
        schema::Anytime,
    ),
)]
pub(crate) async fn export_events(
    State(questions): State<Arc<Questions>>,
    State(exports): State<Arc<Exports>>,
    State(organizations): State<Arc<Organizations>>,
    State(acts): State<Arc<Acts>>,
    reader: Authorized<ExportEvents>,
    uri: Uri,
) -> Result<impl IntoResponse, Problem> {
    let now = edge::now();
    let (own, query) = parameters::split(&uri, OWN)?;
    let scope = reader.scope();
    let project = scope.only_project().map(str::to_owned);
    let project = project.or_else(|| asked_project(&query));
    let question = questions.question(scope, query, now).await?;
    // Whoever may not see the project has been refused by now.
    let project = project.map(|id| named(&organizations, reader.caller().organization_id(), id));
    let zone = question.zone();
    let sheet = Sheet::new(own.list(COLUMNS), zone)?;
    let today = zone.day_of(now).to_string();
    let disposition = attachment::disposition(&file_name(project.as_deref(), &today));
    let export = exports.begin(&reader, &questions, question, sheet).await?;
    // Before the first byte: what cannot be recorded does not leave the server.
    let deed = deed(&uri, own.list(COLUMNS), project.as_deref());
    let author = Author::of(reader.caller(), reader.visit());
    let organization_id = reader.caller().organization_id();
    let recorded = acts.record(organization_id, &author, deed).await;
    recorded.map_err(|error| unrecorded(&error))?;
    let headers = [(CONTENT_TYPE, CSV), (CONTENT_DISPOSITION, disposition)];
    Ok((headers, body(export)))
}

/// What the log is to say of an export: all that it was asked for.
fn deed(uri: &Uri, columns: Vec<String>, project: Option<&str>) -> Deed {
    let query = parameters::parameters(uri).filter(|(name, _)| name != COLUMNS);
    let query: Vec<String> = query
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let columns = match columns.is_empty() {
        true => USUAL_COLUMNS.map(|(_, name)| name.to_owned()).into(),
        false => columns,
    };
    let project = project.filter(|id| (1..=MAX_PROJECT_BYTES).contains(&id.len()));
    let deed = Deed::new("audit_log.exported")
        .in_project(project)
        .saying("format", "csv")
        .saying("columns", columns);
    match query.is_empty() {
        true => deed,
        false => deed.saying("query", query.join("&")),
    }
}

/// There is no record of what would leave the server, so it does not.
pub(crate) fn unrecorded(error: &ActError) -> Problem {
    tracing::error!("an export was refused, since it could not be recorded: {error}");
    let detail = "the export cannot be recorded on the log at the moment, so there is none: the server's log and \
                  /readyz say why; try again once events are accepted";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "export_unrecorded", detail).with_retry()
}

fn asked_project(query: &[Given<'_>]) -> Option<String> {
    let mut named = query.iter().filter(|(name, _)| name == "project_id");
    named.next().map(|(_, id)| id.clone().into_owned())
}

/// A project's name; its id where it is not registered.
fn named(organizations: &Organizations, organization_id: &str, id: String) -> String {
    let settings = organizations.settings(organization_id);
    let name = settings.and_then(|settings| Some(settings.projects.get(&id)?.name.clone()));
    name.unwrap_or(id)
}

/// The stream of an export's pieces. An error breaks the connection.
fn body(export: Export) -> Body {
    Body::from_stream(stream::unfold(export, |mut export| async move {
        let piece = export.next().await?.map(Bytes::from);
        let piece = piece.inspect_err(|error: &AskError| {
            tracing::error!("an export was broken off: {error}");
        });
        Some((piece, export))
    }))
}

/// The file's name.
fn file_name(project: Option<&str>, today: &str) -> String {
    let whose = project.map_or_else(|| ACCOUNT.to_owned(), attachment::part_of_name);
    format!("{whose}_Audit_Logs_{today}.csv")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::future::ready;
    use std::time::Instant;

    use axum::Router;
    use axum::routing::get;
    use evident_store::index::{Answer, IndexError, Walk, WalkedEvent};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;
    use tokio::sync::watch;

    use super::*;
    use crate::config::Config;
    use crate::http::connections;
    use crate::query::fixtures;

    /// Finds so many events, and then ends or fails.
    struct Ending {
        left: u64,
        fails: bool,
    }

    impl Walk for Ending {
        fn as_of(&self) -> u64 {
            0
        }

        fn next(&mut self, _: usize, _: usize, _: Instant) -> Answer<'_, Vec<WalkedEvent>> {
            let found = match (self.left.checked_sub(1), self.fails) {
                (None, true) => Err(IndexError::Failed("on purpose".to_owned())),
                (None, false) => Ok(Vec::new()),
                (Some(left), _) => {
                    self.left = left;
                    Ok(vec![fixtures::walked(left, &fixtures::event("a reason"))])
                }
            };
            Box::pin(ready(found))
        }
    }

    /// What a client gets of an export, to the last byte on the connection.
    async fn downloaded(left: u64, fails: bool) -> String {
        let walk = move || fixtures::export(Box::new(Ending { left, fails }));
        let router = Router::new().route("/", get(move || async move { body(walk()) }));
        let listener = connections::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            connections::serve(listener, router, &Config::default(), stopping).await;
        });
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut received = Vec::new();
        client.read_to_end(&mut received).await.unwrap();
        String::from_utf8(received).unwrap()
    }

    #[tokio::test]
    async fn a_file_that_is_not_whole_does_not_look_whole() {
        const LAST_CHUNK: &str = "\r\n0\r\n\r\n";
        // More than one piece, so that the answer has begun long before it fails.
        const ROWS: u64 = 20_000;
        let whole = downloaded(ROWS, false).await;
        assert!(whole.starts_with("HTTP/1.1 200 "));
        assert!(whole.ends_with(LAST_CHUNK));
        let broken = downloaded(ROWS, true).await;
        assert!(broken.starts_with("HTTP/1.1 200 "));
        assert!(broken.contains("a reason\r\n"));
        assert!(!broken.ends_with(LAST_CHUNK));
    }

    #[test]
    fn the_file_is_named_after_the_project_and_the_day() {
        for (project, expected) in [
            (None, "filename=\"Account_Audit_Logs_2026-11-21.csv\""),
            (
                Some("prj_1"),
                "filename=\"prj_1_Audit_Logs_2026-11-21.csv\"",
            ),
            (
                Some("a\"b\r\n/..\\c"),
                "filename=\"a_b___.._c_Audit_Logs_2026-11-21.csv\"",
            ),
            (Some(".."), "filename=\"__Audit_Logs_2026-11-21.csv\""),
            (
                Some("Büro"),
                "filename=\"B_ro_Audit_Logs_2026-11-21.csv\"; \
                 filename*=UTF-8''B%C3%BCro_Audit_Logs_2026-11-21.csv",
            ),
            (
                Some("x\u{202e}fdp"),
                "filename=\"x_fdp_Audit_Logs_2026-11-21.csv\"",
            ),
        ] {
            let header = attachment::disposition(&file_name(project, "2026-11-21"));
            let expected = format!("attachment; {expected}");
            assert_eq!(header.to_str().unwrap(), expected, "{project:?}");
        }
        let long = file_name(Some(&"é".repeat(1000)), "2026-11-21");
        let long = attachment::disposition(&long);
        assert!(long.len() < 1024);
    }
}
